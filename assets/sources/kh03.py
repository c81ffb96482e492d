"""Beds available overnight (KH03): the average number of general and acute beds of each trust in a quarter.

The publisher issues a workbook a quarter; its layout has not been seen, so nothing is fetched. What can be read is one
table of seven financial years that a re-user compiled from those workbooks, added by hand. Only one of its columns is
used: its columns of all beds are mis-parsed, and England's row bears the code `NAN`. England is not a trust: it is
what the trusts of each quarter must add up to.
"""

from datetime import date, timedelta
from typing import Any

import pandas as pd
import sqlalchemy as sa

from assets.columns import column, org_code, staged
from assets.source import (
    OGL,
    OGL_ATTRIBUTION,
    Caveat,
    Coverage,
    Expectation,
    Facts,
    Parsed,
    Source,
    StructureError,
)
from assets.structure import Record, find_table, read_csv, start_of_year, tidy

BEDS = "kh03_avail_ga_avg_beds"
HEADERS = ("org_code", "period", "org_name", "financial_year", "fy_quarter", BEDS)
MEASURE = "available_general_and_acute_beds"
ENGLAND = "NAN"
QUARTERS = {"Q1": (0, 4, 6, 30), "Q2": (0, 7, 9, 30), "Q3": (0, 10, 12, 31), "Q4": (1, 1, 3, 31)}
"""Each quarter: years after the start of the financial year, first month, last month, last day of that month."""
MOST_BEDS = 5_000
NEAR = 0.5
"""Beds by which the trusts of a quarter may miss England."""

TABLE = staged(
    "kh03",
    "Average number of general and acute beds available overnight, by trust and quarter.",
    [
        org_code("org_code_as_published", "ODS code as compiled."),
        column("org_name_as_published", sa.Text, "Trust as compiled.", header="org_name"),
        column("quarter", sa.Text, "Quarter of the financial year.", allowed=QUARTERS),
        column(MEASURE, sa.Double, "Average number of beds.", header=BEDS, unit="beds", minimum=0),
    ],
)


def parse(content: bytes, edition: str) -> Parsed:
    """Read the quarters of one financial year from the compiled table. Raises StructureError."""
    year = start_of_year(edition), edition.replace("/", "-")
    sheet, drift = read_csv(content, "")
    records = find_table(sheet, HEADERS)
    wanted = [record for record in records if record.cells["financial_year"].strip() == year[1]]
    if not wanted:
        held = sorted({record.cells["financial_year"].strip() for record in records})
        told = f"{held[0]} to {held[-1]}" if held else "no rows"
        raise StructureError(
            [f"expected rows of financial year {year[1]}, found {told}; correct the edition"]
        )
    england = [record for record in wanted if record.cells["org_code"].strip() == ENGLAND]
    ignored = [
        f"{len(records) - len(wanted)} rows about other financial years",
        f"{len(england)} rows about England, which the trusts were compared with",
        "columns of all beds, which are mis-parsed, of other beds and of other collections",
    ]
    parsed = tidy([r for r in wanted if r not in england], _trust, drift=drift, ignored=ignored)
    _agree_with_england(parsed, england)
    return parsed


def _trust(record: Record) -> list[dict[str, Any]]:
    quarter, year = record.text("fy_quarter"), record.text("financial_year")
    if quarter not in QUARTERS or record.text("period") != f"{year} {quarter}":
        found = record.text("period")
        raise ValueError(
            f"column 'period': expected {year} and one of {', '.join(QUARTERS)}, found {found!r}"
        )
    return [
        {
            "org_code_as_published": record.code("org_code"),
            "org_name_as_published": record.text("org_name"),
            "quarter": quarter,
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
        f"{quarter}: expected the trusts to add up to England's {told[quarter]:.1f} beds, found {beds:.1f}"
        if quarter in told
        else f"{quarter}: expected a row about England to compare the trusts with, found none"
        for quarter, beds in held.items()
        if quarter not in told or (not parsed.rejected and abs(beds - told[quarter]) > NEAR)
    ]
    if problems:
        raise StructureError(problems)


def facts(frame: pd.DataFrame) -> Facts:
    """Map staged rows to `denominator`: an average over a quarter of three months."""
    spans = [
        _span(edition, quarter) for edition, quarter in zip(frame["edition"], frame["quarter"], strict=True)
    ]
    first, last = (pd.Series(days, index=frame.index) for days in zip(*spans, strict=True))
    beds = frame.assign(
        measure=MEASURE,
        measure_unit="beds",
        aggregation="average",
        fy_end_year=[start_of_year(edition) + 1 for edition in frame["edition"]],
        value=frame[MEASURE],
        months_reported=3,
        period_start=first,
        period_end=last,
        resolve_on=last,
        value_status="published",
    )
    return {"denominator": beds.drop(columns=[MEASURE, "quarter"])}


def _span(edition: str, quarter: str) -> tuple[date, date]:
    """Return the first and the last day of a quarter of a financial year."""
    later, first, last, day = QUARTERS[quarter]
    year = start_of_year(edition) + later
    return date(year, first, 1), date(year, last, day)


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
    cadence="quarterly at the publisher's; here whenever a compiled table is added by hand",
    max_age=timedelta(days=3650),
    evidence_grade="administrative",
    table=TABLE,
    parse=parse,
    facts=facts,
    coverage=coverage,
    expectations=(
        Expectation(
            "about_as_many_rows_as_trusts_and_quarters",
            "expect_table_row_count_to_be_between",
            {"min_value": 150, "max_value": 900},
            "Trusts with beds number about 185 to 210, in at most four quarters.",
        ),
        Expectation(
            "one_row_per_trust_and_quarter",
            "expect_compound_columns_to_be_unique",
            {"column_list": ["org_code_as_published", "quarter"]},
            "A trust has one average a quarter.",
        ),
        Expectation(
            "codes_are_trust_codes",
            "expect_column_values_to_match_regex",
            {"column": "org_code_as_published", "regex": "^([RT][A-Z0-9]{2}|[A-Z][0-9][A-Z][0-9][A-Z])$"},
            "Trust codes have three characters, or five since April 2020; England's NAN is none.",
        ),
        Expectation(
            "about_as_many_trusts_as_have_beds",
            "expect_column_unique_value_count_to_be_between",
            {"column": "org_code_as_published", "min_value": 170, "max_value": 225},
            "Every trust with beds reports each quarter.",
        ),
        Expectation(
            "mean_number_of_beds_is_plausible",
            "expect_column_mean_to_be_between",
            {"column": MEASURE, "min_value": 400, "max_value": 700},
            "England had about 100,000 beds in 190 trusts; the mis-parsed columns are far from it.",
        ),
        Expectation(
            "numbers_of_beds_are_spread",
            "expect_column_stdev_to_be_between",
            {"column": MEASURE, "min_value": 200, "max_value": 900},
            "A constant column is a broken file.",
        ),
    ),
    caveats=(
        Caveat(
            "kh03_compiled_by_a_re_user",
            "denominator",
            "Beds are from a table that a re-user compiled from the publisher's quarterly workbooks. In each quarter the "
            "trusts add up to England as compiled; the workbooks themselves, and what was revised since, were not seen.",
            MEASURE,
        ),
        Caveat(
            "kh03_zero_beds",
            "denominator",
            "A trust with 0 reported no general and acute bed in the quarter: most are mental health and community "
            "trusts, and a trust may be listed with 0 for a quarter after it closed. Never divide by it.",
            MEASURE,
        ),
        Caveat(
            "kh03_part_of_all_beds",
            "denominator",
            "General and acute beds open overnight only: no maternity, mental illness, learning disability or day-only "
            "beds.",
            MEASURE,
        ),
    ),
)
