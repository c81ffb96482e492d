"""Trust accounts (TAC): the cells of one workbook, added up again with openpyxl.

Rules (`sources.md`, section 5): a cell is MainCode x SubCode, the current year is `CY`, amounts are GBP 000 except
staff numbers; a provider's code stands in the list of providers. Narrow IT spend is IT equipment, software, internally
generated and third-party IT, and (from 2022/23) leased IT; broad adds assets under construction and reclassifications.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from . import files
from .core import Expected

EQUIPMENT, SOFTWARE, BUILT, LEASES = "A14CY08", "A13CY02", "A13CY05", "A14ACY05"
UNDER_CONSTRUCTION = ("A14CY05", "A13CY09")
BOUGHT = {
    "it_equipment_additions_gbp": (EQUIPMENT, "PPE0060"),
    "software_additions_gbp": (SOFTWARE, "INT0060"),
    "it_intangible_additions_gbp": (BUILT, "INT0060"),
}
LEASED = tuple((LEASES, code) for code in ("ROU0070", "ROU0071", "ROU0072"))
MORE = {
    "construction_additions_gbp": ("A14CY05", "PPE0060"),
    "intangible_construction_additions_gbp": ("A13CY09", "INT0060"),
    "it_equipment_reclassified_gbp": (EQUIPMENT, "PPE0150"),
    "software_reclassified_gbp": (SOFTWARE, "INT0150"),
    "it_intangible_reclassified_gbp": (BUILT, "INT0150"),
}
GONE_LIVE = {
    "construction_reclassified_gbp": ("A14CY05", "PPE0150"),
    "intangible_construction_reclassified_gbp": ("A13CY09", "INT0150"),
}
GROSS = ((EQUIPMENT, "PPE0190"), (SOFTWARE, "INT0190"), (BUILT, "INT0190"))
BOOK = ((EQUIPMENT, "PPE0420"), (SOFTWARE, "INT0360"), (BUILT, "INT0360"), (LEASES, "ROU0360"))
DENOMINATORS = {
    "operating_income": (("A02CY01", "SCI0100A"), ("A02CY01", "SCI0110A")),
    "operating_expenses": (("A08CY01", "EXP0390"),),
    "staff_costs": (("A08CY01", "EXP0130"),),
    "amortisation_of_intangible_assets": (("A08CY01", "EXP0250"),),
    "surplus": (("A02CY01", "SCI0240"),),
    "net_book_value": (("A14CY01", "PPE0420"),),
}
STAFF = {
    "wte_medical_and_dental": "STA0370",
    "wte_ambulance": "STA0380",
    "wte_administration_and_estates": "STA0390",
    "wte_healthcare_assistants_and_other_support": "STA0400",
    "wte_nursing_midwifery_and_health_visiting": "STA0410",
    "wte_nursing_midwifery_and_health_visiting_learners": "STA0420",
    "wte_scientific_therapeutic_and_technical": "STA0430",
    "wte_healthcare_science": "STA0440",
    "wte_social_care": "STA0450",
    "wte_other": "STA0480",
    "wte_total": "STA0490",
}
NEVER_NIL = {"operating_income", "operating_expenses", "staff_costs", "wte_total"}
"""What no provider lives without: a zero is not reported."""
FIRST_LEASES = 2022
Cells = Mapping[tuple[str, str], float]


def facts(path: Path, start: int) -> Iterator[Expected]:
    """Yield spend, assets and denominators of the current year of each provider."""
    book = files.sheets(path)
    listed = next(rows for name, rows in book.items() if name.lower() == "list of providers")
    codes = {line.text("Full name of Provider"): line.text("NHS code") for line in files.under(listed, 0)}
    sheet = next(name for name in book if name.lower() == "all data")
    cells: dict[str, dict[tuple[str, str], float]] = defaultdict(dict)
    first: dict[str, int] = {}
    for line in files.under(book[sheet], 0):
        who = line.text("OrganisationName")
        cells[who][line.text("MainCode"), line.text("SubCode")] = float(line.cells["Total"] or 0)
        first.setdefault(who, line.row)
    for who, found in cells.items():
        place = files.place(path, first[who], sheet)
        for table, measure, values in _facts(found, start):
            key: dict[str, Any] = {"edition": f"{start}/{(start + 1) % 100:02d}", "org_code": codes[who]}
            if measure:
                key |= {"measure": measure, "period_end": date(start + 1, 3, 31)}
            yield Expected(table, place, key, values | {"org_name_as_published": who})


def _facts(cells: Cells, start: int) -> Iterator[tuple[str, str, dict[str, Any]]]:
    leases = start >= FIRST_LEASES
    status = "b" if start == FIRST_LEASES else "published"
    bought = {name: _pounds(cells, code) for name, code in BOUGHT.items()}
    more = {name: _pounds(cells, code) for name, code in MORE.items()}
    leased = _pounds(cells, *LEASED) if leases else None
    narrow = sum(bought.values()) + (leased or 0)
    spend = bought | more | {name: _pounds(cells, code) for name, code in GONE_LIVE.items()}
    totals = {
        "leased_it_additions_gbp": leased,
        "narrow_gbp": narrow,
        "broad_gbp": narrow + sum(more.values()),
    }
    yield "it_spend", "", {**spend, **totals, "value_status": status}
    held = BOOK if leases else BOOK[:3]
    assets = {"gross_cost_gbp": _pounds(cells, *GROSS), "net_book_value_gbp": _pounds(cells, *held)}
    yield "it_asset", "", {**assets, "value_status": status}
    for measure, codes in DENOMINATORS.items():
        yield _denominator(measure, "GBP", _pounds(cells, *codes))
    for measure, code in STAFF.items():
        yield _denominator(measure, "WTE", cells["A09CY01", code])


def _denominator(measure: str, unit: str, value: float) -> tuple[str, str, dict[str, Any]]:
    lost = not value and measure in NEVER_NIL
    status = "x" if lost else "e" if measure == "operating_income" else "published"
    return (
        "denominator",
        measure,
        {"value": None if lost else value, "measure_unit": unit, "value_status": status},
    )


def _pounds(cells: Cells, *codes: tuple[str, str]) -> int:
    """Return the sum of some cells, which are in thousands, in pounds."""
    return round(sum(cells[code] for code in codes) * 1000)
