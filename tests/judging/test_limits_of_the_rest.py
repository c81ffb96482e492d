"""The limits of accounts and deflator lie between real pairs of years and columns that slipped, on values that are held."""

from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from assets.contract.guards import Guard, no_exchange
from assets.sources import deflator
from assets.sources.tac.accounts_agreement import AGREEMENT, LIMITS, SIZES
from pipelines.judging import agreement
from pipelines.judging.sides import LEAST_COMPARED, Sides

MEASURES = {
    "operating_expenses": "operating_expenses",
    "staff_costs_incl_neds": "staff_costs",
    "average_wte": "wte_total",
    "wte_medical_dental": "wte_medical_and_dental",
    "wte_administration_estates": "wte_administration_and_estates",
    "wte_healthcare_assistants_support": "wte_healthcare_assistants_and_other_support",
    "wte_nursing_midwifery_hv": "wte_nursing_midwifery_and_health_visiting",
    "wte_scientific_therapeutic_technical": "wte_scientific_therapeutic_and_technical",
    "wte_healthcare_science": "wte_healthcare_science",
    "wte_ambulance_staff": "wte_ambulance",
    "wte_social_care": "wte_social_care",
    "wte_other": "wte_other",
}
"""Names of the re-user's, and of the product."""


@pytest.fixture(params=["FT", "Trust"])
def years(request: pytest.FixtureRequest, publisher_files: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the values of both years of one kind of trust, as staged rows, in the order of the names."""
    held = pd.read_csv(publisher_files / "tac/values_long_2022-23_2023-24_derived.csv")
    kind = held["org_name"].str.contains("Foundation", case=False) == (request.param == "FT")
    rows = held[kind & held["measure"].isin(MEASURES)].sort_values("org_name", key=lambda s: s.str.casefold())
    staged = rows.assign(measure=rows["measure"].map(MEASURES), period="CY").rename(
        columns={"ods_code": "org_code_as_published", "value": "amount"}
    )
    return staged[staged["fy"] == "2022-23"], staged[staged["fy"] == "2023-24"]


def _guards(ending: str) -> list[Guard]:
    return [guard for guard in AGREEMENT if guard.check.endswith(ending)]


def _compared(guard: Guard, now: pd.DataFrame, before: pd.DataFrame) -> Sides:
    measures = guard.where["measure"]
    now, before = (rows[rows["measure"].isin(measures)] for rows in (now, before))
    return Sides("2023/24", now, before, before.iloc[:0])


def test_real_years_agree_and_a_column_a_row_lower_does_not(years: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    before, now = years
    for guard in _guards("_belong_to_the_same_trusts"):
        assert not agreement.order(guard, _compared(guard, now, before)).beyond
    (sizes,) = (guard for guard in _guards("_belong_to_the_same_trusts") if guard.check.startswith("sizes"))
    assert sizes.threshold == LIMITS["sizes"][1]
    for measure in set(MEASURES.values()) & set(SIZES):
        column = now[now["measure"] == measure]
        lower = column.assign(amount=column["amount"].shift(1).fillna(column["amount"].iloc[-1]))
        found = agreement.order(sizes, _compared(sizes, lower, before))
        assert found.beyond, (measure, found.observed)
        assert f"({measure})" in found.observed


def test_real_years_keep_their_level(years: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    before, now = years
    for guard in _guards("_keep_their_level"):
        assert not agreement.level(guard, _compared(guard, now, before)).beyond
    expenses = [rows[rows["measure"] == "operating_expenses"] for rows in years]
    (growth,) = _guards("expenses_grow_by_little_in_a_year")
    plain = Guard("", "level", "amount", growth.threshold, "", least=growth.least)
    assert not agreement.level(plain, Sides("", expenses[1], expenses[0], now.iloc[:0])).beyond
    assert agreement.level(plain, Sides("", expenses[0], expenses[1], now.iloc[:0])).beyond


def test_no_real_measure_took_the_place_of_another(years: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    before, now = years
    guard = no_exchange(column="amount", groups=("measure",), where={"measure": tuple(MEASURES.values())})
    assert not agreement.exchanged(guard, _compared(guard, now, before)).beyond
    names = {"wte_medical_and_dental": "wte_administration_and_estates"}
    names |= {other: one for one, other in names.items()}
    swapped = now.assign(measure=now["measure"].replace(names))
    assert agreement.exchanged(guard, _compared(guard, swapped, before)).beyond


def test_accounts_of_nine_pairs_of_years_grow_within_the_limits(publisher_files: Path) -> None:
    """Operating costs of 2010/11 to 2018/19, all providers: the order and the growth of each pair of years."""
    held = pd.read_csv(publisher_files / "tac/financial_positions_2010-11_2018-19_by_reuser.csv")
    wide = (-held.set_index(["ORG_CODE", "YEAR"])["OP_COST"]).unstack()
    (growth,) = _guards("expenses_grow_by_little_in_a_year")
    for year in sorted(wide)[1:]:
        both = wide[[year - 1, year]].dropna()
        both = both[(both > 0).all(axis=1)]
        ranks = both.rank()
        assert len(both) > LEAST_COMPARED
        assert ranks[year].corr(ranks[year - 1]) > LIMITS["sizes"][1]
        assert growth.least < (both[year] / both[year - 1]).median() < growth.threshold


def test_changes_of_the_real_workbook_are_those_of_its_index_and_a_year_lower_they_contradict(
    publisher_files: Path,
) -> None:
    path = publisher_files / "deflator/GDP_Deflators_Budget_March_2020_update.xlsx"
    sheet = openpyxl.load_workbook(path, data_only=True).worksheets[0]
    cells = pd.DataFrame(
        [row[1:4] for row in sheet.iter_rows(min_row=8, max_row=77, values_only=True)],
        columns=["year", "index", "change"],
    )
    index = pd.to_numeric(cells["index"].replace("-", None))
    change = pd.to_numeric(cells["change"])
    assert index.sum() == pytest.approx(2864.515425)
    assert (change - 100 * (index / index.shift(1) - 1)).abs().max() < deflator.CHANGE_TOLERANCE
    rule = deflator.SOURCE.overlap
    apart = (change - change.shift(1)).abs().dropna()
    assert (apart > rule.within).mean() > 2 * rule.differing
