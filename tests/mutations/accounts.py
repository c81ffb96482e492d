"""Workbooks of accounts of half of the NHS trusts: real codes and names, artificial amounts with a spread.

A trust has a size, and each measure a share of it that differs between trusts; both stay from year to year and move a
little, as in real accounts. The year before in a file is the year of the file before, with a few restatements.
"""

import io
import random
from collections.abc import Mapping, Sequence
from functools import cache

from tac_workbook import HEADERS, LIFE, SHEETS, WHO, Provider, Row, ods_rows, write

from assets.sources.tac.measures import MEASURES, PERIODS, Measure

PROVIDERS = 56
REGIONS = ("East of England", "London", "Midlands", "North West", "South East", "South West")
SECTORS = ("Acute", "Acute", "Mental Health", "Community", "Acute", "Specialist")
SHARES = {
    "patient_care_income": 300_000,
    "other_operating_income": 30_000,
    "operating_expenses": 322_000,
    "staff_costs": 200_000,
    "net_book_value": 180_000,
    "surplus": 6_000,
    "amortisation": 2_500,
    "equipment_and_property_additions": 20_000,
    "intangible_additions": 3_000,
    "construction_additions": 6_000,
    "intangible_construction_additions": 800,
    "it_equipment_additions": 1_800,
    "software_additions": 600,
    "it_intangible_additions": 150,
    "it_equipment_gross_cost": 15_000,
    "software_gross_cost": 9_000,
    "it_intangible_gross_cost": 2_000,
    "it_equipment_reclassified": 900,
    "software_reclassified": 300,
    "it_intangible_reclassified": 80,
    "construction_reclassified": -5_000,
    "intangible_construction_reclassified": -600,
    "leased_it_liability": 40,
    "leased_it_paid_up_front": 5,
    "leased_it_direct_costs": 2,
    "leased_it_net_book_value": 90,
    "wte_medical_and_dental": 700,
    "wte_ambulance": 20,
    "wte_administration_and_estates": 1_300,
    "wte_healthcare_assistants_and_other_support": 900,
    "wte_nursing_midwifery_and_health_visiting": 1_900,
    "wte_nursing_midwifery_and_health_visiting_learners": 30,
    "wte_scientific_therapeutic_and_technical": 600,
    "wte_healthcare_science": 200,
    "wte_social_care": 25,
    "wte_other": 15,
}
"""Thousands of pounds, or people, of a trust of middle size."""
WORTH = {
    "it_equipment_net_book_value": ("it_equipment_gross_cost", 0.42),
    "software_net_book_value": ("software_gross_cost", 0.37),
    "it_intangible_net_book_value": ("it_intangible_gross_cost", 0.51),
}
VARYING = {"additions": 0.25, "reclassified": 0.8, "surplus": 0.3, "liability": 0.5, "costs": 0.1}
RESTATED = ("staff_costs", "net_book_value")
GROWTH = 1.06


@cache
def providers(gone: int = 0) -> tuple[Provider, ...]:
    """Return NHS trusts that every list from 2020 on holds as open, without the last few."""
    rows = ods_rows()
    rows = rows[
        rows["close_date"].isna() & (rows["gor_code"] != "W") & ~rows["name"].str.contains("FOUNDATION")
    ]
    lists = [set(mine["org_code"]) for edition, mine in rows.groupby("edition") if edition >= "2020"]
    newest = rows[rows["edition"] == rows["edition"].max()]
    held = newest[newest["org_code"].isin(set.intersection(*lists))].sort_values("name")
    return tuple(zip(held["org_code"], held["name"], strict=True))[: PROVIDERS - gone]


def rows_of(year: int, who: Sequence[Provider]) -> list[Row]:
    """Return the rows of accounts of the financial year that starts in `year`: thousands of pounds and people."""
    rows: list[Row] = []
    for code, name in who:
        values = {"CY": amounts(code, year), "PY": amounts(code, year - 1)}
        for cell in MEASURES.values():
            rows.extend(
                _row(name, cell, at, _restated(cell.name, values[period][cell.name], code, period))
                for at, period in enumerate(PERIODS)
                if cell.is_due(period, year)
            )
        rows.append((name, *LIFE))
    return rows


def _row(name: str, cell: Measure, at: int, value: float) -> Row:
    period = PERIODS[at]
    return (name, SHEETS[cell.sheet], cell.tables[at], cell.main_code(period), 12 + at, cell.sub_code, value)


def _restated(name: str, value: float, code: str, period: str) -> float:
    """Return an amount as it is printed: a few trusts restate the year before where no identity is touched."""
    return value + 3 if period == "PY" and name in RESTATED and code[-1] in "AB" else value


@cache
def amounts(code: str, year: int) -> Mapping[str, float]:
    """Return the amounts of a trust in a year; the identities of accounts hold."""
    size = 2 ** (2.4 * _noise(code))
    found = {name: _amount(name, size, code, year) for name in SHARES}
    found |= {name: round(found[gross] * share) for name, (gross, share) in WORTH.items()}
    care, other, spent = (
        found[name] for name in ("patient_care_income", "other_operating_income", "operating_expenses")
    )
    people = sum(value for name, value in found.items() if name.startswith("wte_"))
    return found | {
        "wte_total": round(people, 2),
        "operating_expenses_of_the_statement": -spent,
        "operating_surplus": care + other - spent,
        "patient_care_income_of_the_note": care,
        "other_operating_income_of_the_note": other,
        "operating_income_of_the_note": care + other,
    }


def _amount(name: str, size: float, code: str, year: int) -> float:
    own = 1 + 0.3 * _noise(code, name)
    varies = VARYING.get(name.rpartition("_")[2], 0.02)
    moved = GROWTH ** (year - 2020) * (1 + varies * _noise(code, name, str(year)))
    value = SHARES[name] * size * own * moved
    return round(value, 2 if name.startswith("wte_") else 0)


def _noise(*names: str) -> float:
    """Return a number from -1 to 1 that is the same each time."""
    return random.Random("|".join(names)).uniform(-1, 1)  # noqa: S311 - artificial amounts, no secret


def listed(who: Sequence[Provider]) -> list[Row]:
    """Return the rows of the list of providers."""
    return [
        WHO[:4],
        *(
            (name, code, REGIONS[place % len(REGIONS)], SECTORS[place % len(SECTORS)])
            for place, (code, name) in enumerate(who)
        ),
    ]


def workbook(rows: Sequence[Row], who: Sequence[Row]) -> bytes:
    """Return a workbook of rows of accounts and of the list of providers."""
    content = io.BytesIO()
    write(content, {"Introduction": [], "List of Providers": who, "All data": [HEADERS, *rows]})
    return content.getvalue()
