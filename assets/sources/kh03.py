"""Beds available overnight (KH03): the average number of general and acute beds of each trust in a quarter.

The publisher issues a workbook a quarter; its layout has not been seen, so nothing is fetched. What can be read is one
table of seven financial years that a re-user compiled from those workbooks, added by hand. Only one of its columns is
used: its columns of all beds are mis-parsed, and England's row bears the code `NAN`. England is not a trust: it is
what the trusts of each quarter must add up to.
"""

import re
from datetime import timedelta
from typing import Any

import pandas as pd
import sqlalchemy as sa

from assets.contract import expectations, guards
from assets.contract.columns import column, org_code, staged
from assets.contract.edition_shape import Editions
from assets.contract.notes import Coverage, caveats
from assets.contract.parsed import Parsed, StructureError
from assets.contract.periods import QUARTERS, over, quarter_days, year_of
from assets.contract.source import KNOWN_REPORTERS, OGL, OGL_ATTRIBUTION, Facts, Source
from assets.reading.structure import Record, Sheet, find_table, normal, read_csv, tidy

BEDS = "kh03_avail_ga_avg_beds"
HEADERS = ("org_code", "period", "org_name", "financial_year", "fy_quarter", BEDS)
NUMBER = r"\d+(\.\d+)?"
MEASURE = "available_general_and_acute_beds"
ENGLAND = "NAN"
MOST_BEDS = 5_000
OCCUPIED = "kh03_occ_ga_avg_beds"
MOST_FULL = 0.1
"""Share of the rows in which more beds may be occupied than are available."""
NEAR = 0.5
"""Beds by which the trusts of a quarter may miss England."""

TABLE = staged(
    "kh03",
    "Average number of general and acute beds available overnight, by trust and quarter.",
    [
        org_code("org_code_as_published", "ODS code as compiled."),
        column("org_name_as_published", sa.Text, "Trust as compiled.", header="org_name"),
        column(
            "quarter", sa.Text, "Quarter of the financial year that the segment is about.", allowed=QUARTERS
        ),
        column(MEASURE, sa.Double, "Average number of beds.", header=BEDS, unit="beds", minimum=0),
    ],
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
        told = f"{held[0]} to {held[-1]}" if held else "no rows"
        raise StructureError([f"expected rows of financial year {year}, found {told}; correct the edition"])
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


def _trust(record: Record) -> list[dict[str, Any]]:
    name, year = record.text("fy_quarter"), record.text("financial_year")
    if name not in QUARTERS or record.text("period") != f"{year} {name}":
        found = record.text("period")
        raise ValueError(
            f"column 'period': expected {year} and one of {', '.join(QUARTERS)}, found {found!r}"
        )
    return [
        {
            "org_code_as_published": record.code("org_code"),
            "org_name_as_published": record.text("org_name"),
            "quarter": name,
            MEASURE: record.number(BEDS, 0, MOST_BEDS),
        }
    ]


def _agree_with_england(parsed: Parsed, england: list[Record]) -> None:
    """Refuse a table whose trusts do not add up to England; a rejected row is a reason why they may not."""
    held = parsed.rows.groupby("quarter")[MEASURE].sum()
    try:
        told = {record.cells["fy_quarter"].strip(): record.number(BEDS, 0, 1e6) for record in england}
    except ValueError as error:
        raise StructureError([f"England: {error}"]) from error
    problems = [
        f"{name}: expected the trusts to add up to England's {told[name]:.1f} beds, found {beds:.1f}"
        if name in told
        else f"{name}: expected a row about England to compare the trusts with, found none"
        for name, beds in held.items()
        if name not in told or (not parsed.rejected and abs(beds - told[name]) > NEAR)
    ]
    if problems:
        raise StructureError(problems)


def _seldom_more_than_full(sheet: Sheet, wanted: list[Record]) -> None:
    """Refuse a table in which more beds are occupied than available in too many rows: the columns are exchanged."""
    if OCCUPIED not in {normal(cell) for cell in sheet.rows[0]}:
        return
    column = [normal(cell) for cell in sheet.rows[0]].index(OCCUPIED)
    pairs = [
        (float(beds), float(occupied))
        for record in wanted
        for beds, occupied in [(record.cells[BEDS].strip(), sheet.rows[record.row - 1][column].strip())]
        if re.fullmatch(NUMBER, beds) and re.fullmatch(NUMBER, occupied)
    ]
    full = sum(occupied > beds for beds, occupied in pairs)
    if full > MOST_FULL * len(pairs):
        raise StructureError(
            [
                f"expected more available than occupied beds in nearly every row, found {OCCUPIED!r} above {BEDS!r} in {full} of {len(pairs)}; the two columns are exchanged"
            ]
        )


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
    quarters = int(frame[["edition", "quarter"]].drop_duplicates().shape[0])
    return [
        Coverage(
            "quarters with beds by trust",
            quarters,
            None,
            "never fetched",
            "Read from a table that a re-user compiled. The layout of the publisher's own quarterly workbooks has not "
            "been seen, so none is fetched and none can be added by hand.",
        )
    ]


SOURCE = Source(
    name="kh03",
    title="Bed availability and occupancy: general and acute beds overnight",
    publisher="NHS England",
    landing_page="https://www.england.nhs.uk/statistics/statistical-work-areas/bed-availability-and-occupancy/",
    licence=OGL,
    attribution=OGL_ATTRIBUTION.format(publisher="NHS England, Bed Availability and Occupancy (KH03)"),
    editions=Editions(("financial_year",)),
    cadence="quarterly at the publisher's; here whenever a compiled table is added by hand",
    max_age=timedelta(days=3650),
    evidence_grade="administrative",
    table=TABLE,
    parse=parse,
    facts=facts,
    coverage=coverage,
    # trusts without beds make no return
    reports={"denominator": KNOWN_REPORTERS},
    expectations=(
        expectations.row_count(
            "about_as_many_rows_as_trusts_and_quarters",
            (150, 900),
            "Trusts with beds number about 185 to 210, in at most four quarters.",
        ),
        expectations.unique(
            "one_row_per_trust_and_quarter",
            ["org_code_as_published", "quarter"],
            "A trust has one average a quarter.",
        ),
        expectations.TRUST_CODES,
        expectations.statistic(
            "about_as_many_trusts_as_have_beds",
            "unique_value_count",
            "org_code_as_published",
            (170, 225),
            "Every trust with beds reports each quarter.",
        ),
        expectations.statistic(
            "mean_number_of_beds_is_plausible",
            "mean",
            MEASURE,
            (400, 700),
            "England had about 100,000 beds in 190 trusts; the mis-parsed columns are far from it.",
        ),
        expectations.statistic(
            "numbers_of_beds_are_spread", "stdev", MEASURE, (200, 900), "A constant column is a broken file."
        ),
    ),
    once=("org_code_as_published", "quarter"),
    guards=(
        guards.same_unit(MEASURE, by=("quarter",)),
        guards.not_doubled(MEASURE, by=("quarter",)),
        *guards.usual(MEASURE, order=0.9, level=(0.9, 1.1), by=("quarter",)),
        guards.same_order_everywhere(MEASURE, 0.7, by=("quarter",)),
        guards.no_copy(0.4, column=MEASURE, groups=("quarter",)),
        guards.no_repeat((MEASURE,), 0.4, by=("quarter",)),
        guards.same_sizes(("quarter",), may_be_absent=True),
        guards.even(
            "every_quarter_has_as_many_trusts", ("quarter",), 0.9, "The same trusts report each quarter."
        ),
        guards.nobody_gone(MEASURE),
        guards.everybody_open(),
    ),
    caveats=caveats(
        "denominator",
        {
            "kh03_compiled_by_a_re_user": "Beds are from a table that a re-user compiled from the publisher's quarterly workbooks. In each quarter the trusts add up to England as compiled; the workbooks themselves, and what was revised since, were not seen.",
            "kh03_zero_beds": "A trust with 0 reported no general and acute bed in the quarter: most are mental health and community trusts, and a trust may be listed with 0 for a quarter after it closed. Never divide by it.",
            "kh03_part_of_all_beds": "General and acute beds open overnight only: no maternity, mental illness, learning disability or day-only beds.",
        },
        measures={
            "kh03_compiled_by_a_re_user": MEASURE,
            "kh03_zero_beds": MEASURE,
            "kh03_part_of_all_beds": MEASURE,
        },
    ),
)
