"""Income, cost and financial position of trusts from 2010/11 to 2018/19, as a research repository compiled them.

One table of nine years from the publications of NHS Improvement, Monitor and the Department of Health, in thousands of
pounds, by code and without names. It is older than the files of the accounts (`tac`) and not the same: its income and
cost have names of their own in `denominator` and are never put beside audited expenses in one column.
"""

import re
from typing import Any

import pandas as pd
import sqlalchemy as sa

from assets.contract import expectations, guards, prose, row
from assets.contract.columns import FINANCIAL_YEAR, open_all_period
from assets.contract.parsed import Parsed
from assets.contract.periods import over, year_days, year_of
from assets.contract.source import KNOWN_REPORTERS, Coverage, Editions, Facts, Source, counted
from assets.reading.rows import rows_about
from assets.reading.structure import Record, find_table, read_csv, tidy, unmapped

PROSE = prose.beside(__file__)
INCOME, COST, POSITION, YEAR = "OP_INCOME", "OP_COST", "FINANCIAL_POSITION", "YEAR"
YEARS = range(2010, 2019)
"""First calendar years of the financial years held."""
MOST = 5e6
"""More thousands of pounds than any trust has."""
USUAL = (0.75, 1.3)
"""Cost as a share of income: outside, the two do not fit each other."""
FAR, WITHOUT = "cost_far_from_income", "cost_without_income"
MEASURES = {
    "compiled_operating_income": "operating_income_gbp",
    "compiled_operating_cost": "operating_cost_gbp",
}
"""The measures of `denominator`, and the columns they are read from."""
LIMITS = {POSITION: (-MOST, MOST), INCOME: (0, MOST), COST: (-MOST, 0)}
AMOUNT: dict[str, Any] = {"unit": "GBP 000", "aggregation": "none", "nullable": True}
CUT = re.compile(r"-?\d\.\d+E\+\d+")


def _amount(record: Record, header: str) -> float | None:
    """Return an amount, cost as a positive number, or None where a spreadsheet has cut its digits."""
    if CUT.fullmatch(record.text_of_number(header)):
        return None
    least, most = LIMITS[header]
    return abs(record.number(header, least, most)) if header == COST else record.number(header, least, most)


ROW = row.Row(
    row.org_code("ORG_CODE"),
    row.given("financial_year", sa.Text, YEAR, pattern=FINANCIAL_YEAR),
    row.made("financial_position", sa.Double, POSITION, _amount, **AMOUNT),
    row.made("operating_income", sa.Double, INCOME, _amount, **AMOUNT),
    row.made("operating_cost", sa.Double, COST, _amount, **AMOUNT),
    row.given("margin", sa.Double, **AMOUNT),
    row.given("cost_pct_of_income", sa.Double, unit="percent", aggregation="none", nullable=True),
    row.given(row.NAME, sa.Text),
    prose=PROSE,
)
TABLE = ROW.staged("financial_position")


financial_position = ROW.fact(
    "financial_position",
    [
        *row.YEARS,
        *(
            row.given(f"{name}_gbp", sa.BigInteger, unit="GBP", aggregation="sum", nullable=True)
            for name in ("operating_income", "operating_cost", "financial_position")
        ),
        row.given("value_flag", sa.Text, nullable=True, allowed=(FAR, WITHOUT), gathers=True),
        open_all_period(),
    ],
    key=["org_code", "financial_year", "edition"],
    expectations=[expectations.filled("almost_every_trust_has_an_income", "operating_income_gbp", 0.98)],
)


def parse(content: bytes, edition: str) -> Parsed:
    """Read one financial year of the table: a row per trust. Raises StructureError."""
    start = year_of(edition)
    sheet, drift = read_csv(content, "")
    headers = (*ROW.headers,)
    records = find_table(sheet, headers)
    mine = rows_about(records, YEAR, str(start), f"year {start}")
    drift += unmapped(sheet, headers)
    ignored = [f"{len(records) - len(mine)} rows about other years"]
    return tidy(mine, lambda record: _row(record, edition), drift=drift, ignored=ignored)


def _row(record: Record, edition: str) -> dict[str, Any]:
    income, cost = _amount(record, INCOME), _amount(record, COST)
    margin = share = None
    if income is not None and cost is not None:
        margin = round(income - cost, 6)
        share = round(100 * cost / income, 6) if income else None
    worked_out = {"financial_year": edition, row.NAME: record.code("ORG_CODE")}
    return ROW.read(record, None, margin=margin, cost_pct_of_income=share, **worked_out)


def facts(frame: pd.DataFrame) -> Facts:
    """Map staged rows to `financial_position` and to two measures of `denominator`, in pounds; a 0 is not available."""
    starts = frame["financial_year"].str[:4].astype(int)
    rows = over(frame, [year_days(start) for start in starts])
    income, cost = _pounds(frame["operating_income"]), _pounds(frame["operating_cost"])
    # a surplus of 0 is one, unless the trust has neither income nor cost
    position = (frame["financial_position"].astype("float64") * 1000).round().astype("Int64")
    position = position.mask(income.isna() & cost.isna())
    lost = income.isna() | cost.isna() | position.isna()
    flag = pd.Series(None, index=frame.index, dtype=object).mask(_far(frame), FAR)
    flag = flag.mask((frame["operating_income"] == 0) & cost.notna(), WITHOUT)
    amounts = {"operating_income_gbp": income, "operating_cost_gbp": cost}
    whole = rows.assign(
        **amounts,
        financial_position_gbp=position,
        fy_end_year=starts + 1,
        value_flag=flag,
        value_status=pd.Series("published", index=frame.index).mask(lost, "x"),
    )
    measured = [_measure(whole, measure, column) for measure, column in MEASURES.items()]
    return {"financial_position": whole, "denominator": pd.concat(measured, ignore_index=True)}


def _far(frame: pd.DataFrame) -> "pd.Series[bool]":
    """Return whether cost and income, where both are known, do not fit each other."""
    share = frame["cost_pct_of_income"].astype("float64") / 100
    return share.notna() & ~share.between(*USUAL)


def _pounds(thousands: "pd.Series[float]") -> "pd.Series[int]":
    """Return thousands of pounds as whole pounds; missing for 0, which means not available."""
    return (thousands.astype("float64") * 1000).round().astype("Int64").mask(thousands == 0)


def _measure(whole: pd.DataFrame, measure: str, column_: str) -> pd.DataFrame:
    """Return the rows of `denominator` for a column."""
    lost = whole[column_].isna()
    found = {"measure": measure, "measure_unit": "GBP", "aggregation": "flow", "months_reported": None}
    return whole.assign(
        **found,
        value=whole[column_].astype("float64"),
        value_flag=whole["value_flag"].mask(lost, None),
        value_status=pd.Series("published", index=whole.index).mask(lost, "x"),
    )


def coverage(frame: pd.DataFrame) -> list[Coverage]:
    """Count the years held of the nine, and those trusts whose figures do not fit each other."""
    doubted = int(_far(frame).sum() + (frame["operating_income"] == 0).sum())
    years, fit = frame["financial_year"].nunique(), "income and cost that fit each other"
    return [
        counted("financial years with income and cost", years, len(YEARS), PROSE["years"]),
        Coverage(fit, len(frame) - doubted, len(frame), "partial", PROSE["fit"]),
    ]


SOURCE = Source(
    "financial_position",
    PROSE,
    editions=Editions(("financial_year",)),
    table=TABLE,
    parse=parse,
    facts=facts,
    coverage=coverage,
    reports=dict.fromkeys(("denominator", "financial_position"), KNOWN_REPORTERS),
    once=(row.CODE,),
    expectations=(
        expectations.row_count("about_as_many_rows_as_trusts", (200, 280)),
        expectations.unique("a_trust_has_one_row", [row.CODE]),
        expectations.TRUST_CODES,
        expectations.statistic("income_is_in_thousands", "median", "operating_income", (100_000, 500_000)),
        expectations.values("cost_fits_income", "cost_pct_of_income", (75, 130), mostly=0.97),
        expectations.statistic("trusts_about_break_even", "median", "cost_pct_of_income", (92, 108)),
    ),
    guards=(
        *(guards.same_unit(name) for name in ("operating_income", "operating_cost")),
        guards.not_doubled("operating_income"),
        *guards.usual(("operating_income", "operating_cost"), order=0.9, level=(0.9, 1.15)),
        *guards.usual("financial_position", order=0.4, slipped=None),
        guards.goes_with("cost_follows_income", ("operating_income", "operating_cost"), 0.95),
        guards.goes_with("the_position_follows_the_margin", ("margin", "financial_position"), 0.3),
        guards.same_order_everywhere("operating_income", 0.7),
        guards.no_repeat(("operating_income",), 0.3),
        guards.nobody_gone("operating_income"),
        guards.everybody_open(),
    ),
)
