"""GDP deflator by financial year, for amounts of different years in the prices of one.

HM Treasury publishes it after every Quarterly National Accounts and fiscal event, from ONS series L8GG and forecasts
of the Office for Budget Responsibility. Each edition revises every year and may choose another base: one edition is
used at a time, the newest. What ONS serves as L8GG itself is by quarter and calendar year, so it is not read here.
https://www.gov.uk/government/collections/gdp-deflators-at-market-prices-and-money-gdp
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pandas as pd
import sqlalchemy as sa

from assets.contract import guards
from assets.contract.columns import FINANCIAL_YEAR, column, provenance, staged, table
from assets.contract.edition_shape import Editions
from assets.contract.expectations import Expectation
from assets.contract.held_rules import Overlap, Revision
from assets.contract.notes import Caveat
from assets.contract.parsed import Parsed, StructureError
from assets.contract.periods import financial_year, month_days
from assets.contract.remote import Remote
from assets.contract.source import OGL, OGL_ATTRIBUTION, Facts, Source
from assets.reading.structure import Record, Sheet, Workbook, find_table, normal, tidy

COLLECTION = "https://www.gov.uk/government/collections/gdp-deflators-at-market-prices-and-money-gdp"
PAGE = r"/statistics/gdp-deflators-at-market-prices-and-money-gdp-(?P<month>[a-z]+)-(?P<year>20(2[5-9]|[3-9]\d))(?P<rest>-[a-z0-9-]+)?$"
"""The page of an edition. Addresses before 2025 name months wrongly here and there, and only the newest is wanted."""
FILE = r"GDP[_ ]Deflators[^/]*\.xlsx$"
MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
YEAR = "Financial year"
YEARS = "financial_year"
CALENDAR = "calendar year"
CHANGE = "per cent change on previous year"
BASE = re.compile(r"(\d{4})-(\d{2}) ?= ?100")
LABEL = re.compile(r"(\d{4})-(\d{2})((?: ?,? ?\(\d+\))*)")
"""A financial year; a footnote beside it marks a forecast."""
BASE_TOLERANCE = 0.005
CHANGE_TOLERANCE = 0.02
"""Percentage points. In the workbook of March 2020 changes are those of the index to 14 digits; printed ones may be rounded."""
MOST_BEHIND = timedelta(days=150)
"""Days from the figures of the ONS to the end of the month of an edition: 49 in March 2020; figures come each quarter."""
NO_LEVEL = {"", "-"}
"""What is printed instead of an index: forecasts come as changes only."""
OUTTURN = re.compile(rf"outturn data are .*?(\d{{1,2}}) ({'|'.join(MONTHS)}) (\d{{4}})")


def _index() -> list[sa.Column[Any]]:
    """Return what an edition says of a year: the same in the staged and in the published table."""
    return [
        column(
            "financial_year",
            sa.Text,
            "Financial year, April to March.",
            header=YEAR,
            pattern=FINANCIAL_YEAR,
        ),
        column("fy_end_year", sa.Integer, "Year in which the financial year ends.", minimum=1956),
        column(
            "index_value",
            sa.Double,
            "GDP deflator at market prices; null for a forecast that is published as a change only.",
            unit="index, 100 in base_year",
            aggregation="none",
            nullable=True,
            minimum=0,
        ),
        column("base_year", sa.Text, "Financial year in which the index is 100.", pattern=FINANCIAL_YEAR),
        column(
            "change_pct",
            sa.Double,
            "Change of the deflator on the financial year before; null for the first year.",
            unit="percent",
            aggregation="none",
            header=CHANGE,
            nullable=True,
        ),
        column("is_forecast", sa.Boolean, "Whether the year is a forecast: never a base of real terms."),
        column(
            "outturn_on",
            sa.Date,
            "Day of the ONS figures that the edition rests on, where it says so.",
            nullable=True,
        ),
        column(
            "value_status",
            sa.Text,
            "x: [x] no index is published for the year.",
            allowed=["published", "x"],
        ),
    ]


TABLE = staged("deflator", "GDP deflator by financial year, as published in each edition.", _index())

deflator = table(
    "deflator",
    "GDP deflator. Grain: financial year x edition. Use one edition at a time: is_newest_edition.",
    [
        *_index()[:-1],
        column("is_newest_edition", sa.Boolean, "Whether this is the newest edition held."),
        *(c for c in provenance() if not c.name.startswith("org_")),
    ],
    key=["fy_end_year", "edition"],
    layer="facts",
)


def parse(content: bytes, edition: str) -> Parsed:
    """Read the workbook of `edition` (a month, 2026-06): a row per financial year. Raises StructureError."""
    if re.fullmatch(r"20\d{2}-(0[1-9]|1[0-2])", edition, re.ASCII) is None:
        raise StructureError([f"expected a month like 2026-06 as the edition, found {edition!r}"])
    book = Workbook(content)
    found = [one for sheet in map(book.sheet, book.names) for one in _tables(sheet)]
    if len(found) != 1:
        wanted = f"one header row with {YEAR!r} and a base such as '2024-25 = 100'"
        listed = ", ".join(map(repr, book.names))
        raise StructureError([f"expected {wanted}, found {len(found)} in sheets {listed}"])
    sheet, index, base = found[0]
    if not 0 <= int(edition[:4]) - int(base[:4]) - 1 <= 1:
        wanted = f"a base that ended in the year of edition {edition} or in the one before"
        raise StructureError([f"expected {wanted}, found {index!r}"])
    day = _outturn_on(book.sheet(sheet.name))
    parsed = tidy(
        find_table(sheet, (YEAR, index, CHANGE)),
        lambda record: [{**_year(record, index), "base_year": base, "outturn_on": day}],
        drift=sheet.drift,
        ignored=["money GDP", "calendar years", *(f"sheet {name!r} is hidden" for name in book.hidden)],
    )
    _is_one_series(parsed, base)
    _is_of_its_edition(day, edition)
    return parsed


def _is_of_its_edition(outturn_on: date | None, edition: str) -> None:
    """Refuse figures of a day that is not near the month of the edition: the workbook is that of another edition."""
    last = month_days(edition)[1]
    if outturn_on and not timedelta(0) <= last - outturn_on <= MOST_BEHIND:
        raise StructureError(
            [
                f"expected figures of the ONS of {last - MOST_BEHIND} to {last} in edition {edition}, found those of {outturn_on}; the workbook is that of another edition"
            ]
        )


def _tables(sheet: Sheet) -> Iterator[tuple[Sheet, str, str]]:
    """Yield tables of financial years, cut from the calendar years beside them, the header of the index, its base."""
    for row in sheet.rows:
        names = [normal(cell) for cell in row]
        if normal(YEAR) not in names:
            continue
        own = slice(names.index(normal(YEAR)), names.index(CALENDAR) if CALENDAR in names else None)
        cut = replace(
            sheet, rows=[line[own] for line in sheet.rows], numbers=[line[own] for line in sheet.numbers]
        )
        for header in row[own]:
            if match := BASE.fullmatch(normal(header)):
                yield cut, header, f"{match[1]}/{match[2]}"


def _label(start: str, end: str) -> tuple[str, int]:
    """Return the label of a financial year and the year it ends in: 1999 and 00 give 1999/00 and 2000."""
    label = financial_year(int(start))
    if label[-2:] != end:
        raise ValueError(f"column {YEAR!r}: expected two years in a row, found '{start}-{end}'")
    return label, int(start) + 1


def _outturn_on(sheet: Sheet) -> date | None:
    """Return the day of the ONS figures that a note above the table names."""
    notes = (OUTTURN.search(normal(cell)) for row in sheet.rows for cell in row)
    found = next(filter(None, notes), None)
    return date(int(found[3]), MONTHS.index(found[2]) + 1, int(found[1])) if found else None


def _year(record: Record, index: str) -> dict[str, Any]:
    """Return one financial year."""
    found = LABEL.fullmatch(" ".join(record.text(YEAR).split()))
    if found is None:
        raise ValueError(f"column {YEAR!r}: expected a year like 2023-24, found {record.text(YEAR)[:40]!r}")
    label, ended = _label(found[1], found[2])
    level = _number(record, index, 0.1, 1000)
    return {
        "financial_year": label,
        "fy_end_year": ended,
        "index_value": level,
        "change_pct": _number(record, CHANGE, -50, 100),
        "is_forecast": bool(found[3]) or level is None,
        "value_status": "x" if level is None else "published",
    }


def _number(record: Record, header: str, minimum: float, maximum: float) -> float | None:
    """Return the number in a cell, or None where nothing or a dash is printed."""
    return None if record.cells[header].strip() in NO_LEVEL else record.number(header, minimum, maximum)


def _is_one_series(parsed: Parsed, base: str) -> None:
    """Refuse years missing or out of order, forecasts among the outturn, and an index that is not 100 in its base."""
    rows = parsed.rows
    years = rows["fy_end_year"].tolist()
    index = dict(zip(rows["financial_year"], rows["index_value"], strict=True))
    problems = [f"row {row.row}: {row.reason}" for row in parsed.rejected]
    problems += _changes_that_differ(rows)
    if years != list(range(years[0], years[0] + len(years))):
        problems.append(
            f"expected every financial year once from {years[0]} on, found {len(years)} to {years[-1]}"
        )
    if not rows["is_forecast"].is_monotonic_increasing:
        problems.append("expected forecasts after the outturn only, found one among it")
    if not abs((index.get(base) or 0) - 100) <= BASE_TOLERANCE:
        problems.append(f"expected index 100 in {base}, found {index.get(base)}")
    if problems:
        raise StructureError(problems)


def _changes_that_differ(rows: pd.DataFrame) -> list[str]:
    """Say where a change is not that of the index: one of the two columns slipped, or the base changes on the way."""
    made = 100 * (rows["index_value"] / rows["index_value"].shift(1) - 1)
    differing = (made - rows["change_pct"]).abs() > CHANGE_TOLERANCE
    if not differing.any():
        return []
    shown = rows.assign(made=made)[differing].head(3)
    examples = "; ".join(
        f"{year} {change:g}, by the index {by_index:.3f}"
        for year, change, by_index in zip(
            shown["financial_year"], shown["change_pct"], shown["made"], strict=True
        )
    )
    return [
        f"expected each change to be that of the index within {CHANGE_TOLERANCE} percentage points, found {differing.sum()} of {made.notna().sum()} years that differ, such as {examples}"
    ]


def facts(frame: pd.DataFrame) -> Facts:
    """Map staged rows to `deflator`; no organisation is concerned."""
    ended = frame["fy_end_year"].astype(int)
    rows = frame.assign(
        is_newest_edition=frame["edition"] == frame["edition"].max(),
        period_start=[date(year - 1, 4, 1) for year in ended],
        period_end=[date(year, 3, 31) for year in ended],
        org_name_as_published="",
        resolve_on=None,
    )
    return {"deflator": rows}


def name(match: re.Match[str]) -> tuple[str, str] | None:
    """Return the edition of a page: `...-june-2026-quarterly-national-accounts` is 2026-06."""
    month = match["month"].lower()
    return (f"{match['year']}-{MONTHS.index(month) + 1:02d}", "") if month in MONTHS else None


def version(match: re.Match[str]) -> int:
    """Tell the later edition of a month: Quarterly National Accounts come at its end, after any fiscal event."""
    return int("quarterly" in (match["rest"] or "").lower())


SOURCE = Source(
    name="deflator",
    title="GDP deflators at market prices, and money GDP",
    publisher="HM Treasury",
    landing_page=COLLECTION,
    licence=OGL,
    attribution=OGL_ATTRIBUTION.format(publisher="HM Treasury"),
    editions=Editions(("month",)),
    cadence="quarterly",
    max_age=timedelta(days=150),
    evidence_grade="administrative",
    table=TABLE,
    parse=parse,
    facts=facts,
    remotes=(Remote(COLLECTION, link=PAGE, name=name, version=version, file=FILE),),
    hosts=frozenset({"assets.publishing.service.gov.uk"}),
    expectations=(
        Expectation(
            "as_many_years_as_the_series_has",
            "expect_table_row_count_to_be_between",
            {"min_value": 60, "max_value": 150},
            "The series begins in 1955-56; fewer years are a cut of a file.",
        ),
        Expectation(
            "a_year_is_there_once",
            "expect_column_values_to_be_unique",
            {"column": "fy_end_year"},
            "Two indices of one year would double what is joined to them.",
        ),
        Expectation(
            "most_years_have_an_index",
            "expect_column_values_to_not_be_null",
            {"column": "index_value", "mostly": 0.85},
            "Only the forecasts of a few years come without an index.",
        ),
        Expectation(
            "changes_are_plausible",
            "expect_column_values_to_be_between",
            {"column": "change_pct", "min_value": -10, "max_value": 40},
            "A change beyond these is a mis-read column.",
        ),
    ),
    revision=Revision(key=("financial_year",)),
    overlap=Overlap(
        "Each edition revises all years and may choose another base year: the index need not agree, the changes nearly "
        "do. With a column a year lower, 51.5 % of the changes of March 2020 would differ by more than one point.",
        key=("financial_year",),
        columns=("change_pct",),
        differing=0.25,
        within=1.0,
    ),
    guards=(
        guards.same_unit("index_value", 10, who=YEARS),
        *guards.usual("index_value", level=(0.5, 2), filled=0.95, who=YEARS),
        guards.still_filled("change_pct", 0.95, who=YEARS),
        guards.still_filled("is_forecast", 0.95, who=YEARS),
        guards.Guard(
            "years_are_still_listed",
            "kept",
            "",
            0.02,
            "The series begins in 1955-56 and grows: years that are gone are a cut of a file.",
            who=YEARS,
        ),
        guards.dates_advance("outturn_on", who=YEARS),
        guards.no_repeat(("index_value", "change_pct"), 1, who=YEARS),
        guards.not_constant("change_pct", by=("source_sheet",)),
    ),
    caveats=(
        Caveat(
            "deflator_one_edition_at_a_time",
            "deflator",
            "Every edition revises all years and may choose another base year: never divide an index of one edition by one of another.",
        ),
        Caveat(
            "deflator_is_general_inflation",
            "deflator",
            "The GDP deflator measures inflation in the whole economy, not of what the NHS or its suppliers charge.",
            "index_value",
        ),
    ),
)
