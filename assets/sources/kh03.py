"""Beds available overnight (KH03): the average number of general and acute beds of each trust in a quarter.

The layout of the publisher's quarterly workbooks has not been seen, so nothing is fetched. What is read is one table of
seven financial years that a re-user compiled from them, added by hand. Only one of its columns is used: its columns of
all beds are mis-parsed. The row of England bears the code `NAN`: the trusts of each quarter must add up to it.
"""

import re
from typing import Any

import pandas as pd
import sqlalchemy as sa

from assets.contract import expectations, guards, prose, row
from assets.contract.edition_shape import Editions
from assets.contract.notes import Coverage
from assets.contract.parsed import Parsed, StructureError
from assets.contract.periods import QUARTERS, over, quarter_days, year_of
from assets.contract.source import KNOWN_REPORTERS, Facts, Source
from assets.reading.structure import Record, Sheet, find_table, normal, read_csv, tidy

PROSE = prose.beside(__file__)
BEDS, OCCUPIED = "kh03_avail_ga_avg_beds", "kh03_occ_ga_avg_beds"
HEADERS = ("org_code", "period", "org_name", "financial_year", "fy_quarter", BEDS)
NUMBER = r"\d+(\.\d+)?"
MEASURE = "available_general_and_acute_beds"
ENGLAND = "NAN"
MOST_FULL = 0.1
"""Share of the rows in which more beds may be occupied than are available."""
NEAR = 0.5
"""Beds by which the trusts of a quarter may miss England."""

ROW = row.Row(
    row.org_code("org_code", "ODS code as compiled."),
    row.org_name("org_name", "Trust as compiled."),
    row.given(
        "quarter", sa.Text, "Quarter of the financial year that the beds were counted in.", allowed=QUARTERS
    ),
    row.number(MEASURE, BEDS, "Average number of beds.", "beds", (0, None), most=5_000, aggregation=None),
)
TABLE = ROW.staged(
    "kh03", "Average number of general and acute beds available overnight, by trust and quarter."
)


def parse(content: bytes, edition: str) -> Parsed:
    """Read the quarters of one financial year from the compiled table. Raises StructureError."""
    year_of(edition)
    year = edition.replace("/", "-")
    sheet, drift = read_csv(content, "")
    records = find_table(sheet, HEADERS)
    wanted = [record for record in records if record.cells["financial_year"].strip() == year]
    if not wanted:
        held = sorted({record.cells["financial_year"].strip() for record in records})
        found = f"{held[0]} to {held[-1]}" if held else "no rows"
        raise StructureError(f"expected rows of financial year {year}, found {found}; correct the edition")
    england = [record for record in wanted if record.cells["org_code"].strip() == ENGLAND]
    ignored = [
        f"{len(records) - len(wanted)} rows about other financial years",
        f"{len(england)} rows about England, which the trusts were compared with",
        "columns of all beds, which are mis-parsed, of other beds and of other collections",
    ]
    parsed = tidy([r for r in wanted if r not in england], _trust, drift=drift, ignored=ignored)
    _agree_with_england(parsed, england)
    _seldom_more_than_full(sheet, wanted)
    return parsed


def _trust(record: Record) -> dict[str, Any]:
    name, year = record.text("fy_quarter"), record.text("financial_year")
    if name not in QUARTERS or record.text("period") != f"{year} {name}":
        found = record.text("period")
        raise ValueError(
            f"column 'period': expected {year} and one of {', '.join(QUARTERS)}, found {found!r}"
        )
    return ROW.read(record, quarter=name)


def _agree_with_england(parsed: Parsed, england: list[Record]) -> None:
    """Refuse a table whose trusts do not add up to England; a rejected row is a reason why they may not."""
    held = parsed.rows.groupby("quarter")[MEASURE].sum()
    try:
        whole = {record.cells["fy_quarter"].strip(): record.number(BEDS, 0, 1e6) for record in england}
    except ValueError as error:
        raise StructureError(f"England: {error}") from error
    problems = [
        f"{name}: expected the trusts to add up to England's {whole[name]:.1f} beds, found {beds:.1f}"
        if name in whole
        else f"{name}: expected a row about England to compare the trusts with, found none"
        for name, beds in held.items()
        if name not in whole or (not parsed.rejected and abs(beds - whole[name]) > NEAR)
    ]
    if problems:
        raise StructureError(problems)


def _seldom_more_than_full(sheet: Sheet, wanted: list[Record]) -> None:
    """Refuse a table in which more beds are occupied than available in too many rows: the columns are exchanged."""
    headers = [normal(cell) for cell in sheet.rows[0]]
    if OCCUPIED not in headers:
        return
    column = headers.index(OCCUPIED)
    cells = [(record.cells[BEDS].strip(), sheet.rows[record.row - 1][column].strip()) for record in wanted]
    pairs = [pair for pair in cells if all(re.fullmatch(NUMBER, cell) for cell in pair)]
    full = sum(float(occupied) > float(beds) for beds, occupied in pairs)
    if full > MOST_FULL * len(pairs):
        problem = f"expected more available than occupied beds in nearly every row, found {OCCUPIED!r} above {BEDS!r} in {full} of {len(pairs)}; the two columns are exchanged"
        raise StructureError([problem])


def facts(frame: pd.DataFrame) -> Facts:
    """Map staged rows to `denominator`: an average over a quarter of three months."""
    starts = [year_of(edition) for edition in frame["edition"]]
    days = [quarter_days(start, name) for start, name in zip(starts, frame["quarter"], strict=True)]
    beds = over(frame, days).assign(
        measure=MEASURE,
        measure_unit="beds",
        aggregation="average",
        fy_end_year=[start + 1 for start in starts],
        value=frame[MEASURE],
        months_reported=3,
        value_status="published",
    )
    return {"denominator": beds.drop(columns=[MEASURE, "quarter"])}


def coverage(frame: pd.DataFrame) -> list[Coverage]:
    """Count the quarters held, and say why later ones are not."""
    quarters = len(frame[["edition", "quarter"]].drop_duplicates())
    return [Coverage("quarters with beds by trust", quarters, None, "never fetched", PROSE["quarters"])]


SOURCE = Source(
    "kh03",
    PROSE,
    max_age_days=3650,
    evidence_grade="administrative",
    editions=Editions(("financial_year",)),
    table=TABLE,
    parse=parse,
    facts=facts,
    coverage=coverage,
    # trusts without beds make no return
    reports={"denominator": KNOWN_REPORTERS},
    once=("org_code_as_published", "quarter"),
    expectations=(
        expectations.row_count("about_as_many_rows_as_trusts_and_quarters", (150, 900)),
        expectations.unique("one_row_per_trust_and_quarter", ["org_code_as_published", "quarter"]),
        expectations.TRUST_CODES,
        expectations.distinct("about_as_many_trusts_as_have_beds", "org_code_as_published", (170, 225)),
        expectations.statistic("mean_number_of_beds_is_plausible", "mean", MEASURE, (400, 700)),
        expectations.statistic("numbers_of_beds_are_spread", "stdev", MEASURE, (200, 900)),
    ),
    guards=(
        guards.same_unit(MEASURE, by=("quarter",)),
        guards.not_doubled(MEASURE, by=("quarter",)),
        *guards.usual(MEASURE, order=0.9, level=(0.9, 1.1), by=("quarter",)),
        guards.same_order_everywhere(MEASURE, 0.7, by=("quarter",)),
        guards.no_copy(0.4, column=MEASURE, groups=("quarter",)),
        guards.no_repeat((MEASURE,), 0.4, by=("quarter",)),
        guards.same_sizes(("quarter",), may_be_absent=True),
        guards.even("every_quarter_has_as_many_trusts", ("quarter",), 0.9),
        guards.nobody_gone(MEASURE),
        guards.everybody_open(),
    ),
)
