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
from itertools import takewhile
from typing import Any

import pandas as pd
import sqlalchemy as sa

from assets.contract import expectations, guards, prose, row
from assets.contract.columns import FINANCIAL_YEAR, provenance
from assets.contract.parsed import Parsed, StructureError
from assets.contract.periods import MONTHS, financial_year, month_days, over, year_days
from assets.contract.source import Editions, Facts, Overlap, Remote, Revision, Source
from assets.reading.structure import Record, Sheet, Workbook, find_table, normal, tidy

PROSE = prose.beside(__file__)
COLLECTION = "https://www.gov.uk/government/collections/gdp-deflators-at-market-prices-and-money-gdp"
PAGE = r"/statistics/gdp-deflators-at-market-prices-and-money-gdp-(?P<month>[a-z]+)-(?P<year>20(2[5-9]|[3-9]\d))(?P<rest>-[a-z0-9-]+)?$"
"""The page of an edition. Addresses before 2025 name months wrongly here and there, and only the newest is wanted."""
FILE = r"(?<![a-z])C?GDP[_ -]Deflators[^/]*\.xlsx$"
"""Such as GDP_Deflators_Budget_March_2020_update.xlsx; once the name began with CGDP."""
YEAR = "Financial year"
CALENDAR = "calendar year"
CHANGE = "per cent change on previous year"
BASE = re.compile(r"(\d{4})-(\d{2}) ?= ?100")
LABEL = re.compile(r"(\d{4})-(\d{2})((?: ?,? ?\(\d+\))*)")
"""A financial year; a footnote beside it marks a forecast."""
NUMBER = re.compile(r"-|-?\d[\d.,eE-]*")
"""A number as a cell shows it, or the dash in its place."""
BASE_TOLERANCE = 0.005
CHANGE_TOLERANCE = 0.02
"""Percentage points. In the workbook of March 2020 changes are those of the index to 14 digits; printed ones may be rounded."""
ROUNDED = (1, 2, 3, 4)
"""Decimals that an index may be rounded to; with more, rounding does not show in the changes."""
MOST_BEHIND = timedelta(days=150)
"""Days from the figures of the ONS to the end of the month of an edition: 49 in March 2020; figures come each quarter."""
OUTTURN = re.compile(rf"outturn data are .*?(\d{{1,2}}) ({'|'.join(MONTHS)}) (\d{{4}})")
DEFLATOR: dict[str, Any] = {"unit": "index, 100 in base_year", "aggregation": "none", "nullable": True}

ROW = row.Row(
    row.given("financial_year", sa.Text, YEAR, pattern=FINANCIAL_YEAR),
    row.given("fy_end_year", sa.Integer, minimum=1956),
    row.given("index_value", sa.Double, minimum=0, **DEFLATOR),
    row.given("base_year", sa.Text, pattern=FINANCIAL_YEAR),
    row.number("change_pct", CHANGE, "percent", (-50, 100), missing="-"),
    row.given("is_forecast", sa.Boolean),
    row.given("outturn_on", sa.Date, nullable=True),
    row.given("value_status", sa.Text, allowed=["published", "x"]),
    prose=PROSE,
)
TABLE = ROW.staged("deflator")

deflator = ROW.table(
    "deflator",
    [
        *ROW.columns(without=["value_status"]),
        row.given("is_newest_edition", sa.Boolean),
        *(c for c in provenance() if not c.name.startswith("org_")),
    ],
    key=["fy_end_year", "edition"],
)


def parse(content: bytes, edition: str) -> Parsed:
    """Read the workbook of `edition` (a month, 2026-06): a row per financial year. Raises StructureError."""
    if re.fullmatch(r"20\d{2}-(0[1-9]|1[0-2])", edition, re.ASCII) is None:
        raise StructureError(f"expected a month like 2026-06 as the edition, found {edition!r}")
    book = Workbook(content)
    found = [one for sheet in map(book.sheet, book.names) for one in _tables(sheet)]
    if len(found) != 1:
        wanted = f"one header row with {YEAR!r} and a base such as '2024-25 = 100'"
        listed = ", ".join(map(repr, book.names))
        raise StructureError(f"expected {wanted}, found {len(found)} in sheets {listed}")
    sheet, index, base = found[0]
    if not 0 <= int(edition[:4]) - int(base[:4]) - 1 <= 1:
        wanted = f"a base that ended in the year of edition {edition} or in the one before"
        raise StructureError(f"expected {wanted}, found {index!r}")
    day = _outturn_on(book.sheet(sheet.name))
    parsed = tidy(
        _above_the_footnotes(find_table(sheet, (YEAR, index, CHANGE)), index),
        lambda record: _year(record, index, base_year=base, outturn_on=day),
        drift=sheet.drift,
        ignored=["money GDP", "calendar years", *(f"sheet {name!r} is hidden" for name in book.hidden)],
    )
    _is_one_series(parsed, base)
    _is_of_its_edition(parsed.rows, day, edition)
    return parsed


def _is_of_its_edition(rows: pd.DataFrame, outturn_on: date | None, edition: str) -> None:
    """Refuse figures of a day far from the month of the edition, and outturn of a year that had not ended by then."""
    last = month_days(edition)[1]
    if outturn_on and not timedelta(0) <= last - outturn_on <= MOST_BEHIND:
        raise StructureError(
            f"expected figures of the ONS of {last - MOST_BEHIND} to {last} in edition {edition}, found those of {outturn_on}; the workbook is that of another edition"
        )
    known_on, what = (outturn_on, "the day of its figures") if outturn_on else (last, "the end of its month")
    outturn = rows[~rows["is_forecast"]]
    unfinished = outturn[[year_days(year - 1)[1] >= known_on for year in outturn["fy_end_year"].astype(int)]]
    if len(unfinished):
        raise StructureError(
            f"expected a forecast, marked with a footnote, in each year that had not ended before {known_on}, {what}; found {', '.join(unfinished['financial_year'])} as outturn"
        )


def _tables(sheet: Sheet) -> Iterator[tuple[Sheet, str, str]]:
    """Yield tables of financial years, cut from the calendar years beside them, the header of the index, its base."""
    for cells in sheet.rows:
        names = [normal(cell) for cell in cells]
        if normal(YEAR) not in names:
            continue
        own = slice(names.index(normal(YEAR)), names.index(CALENDAR) if CALENDAR in names else None)
        cut = replace(
            sheet, rows=[line[own] for line in sheet.rows], numbers=[line[own] for line in sheet.numbers]
        )
        for header in cells[own]:
            if match := BASE.fullmatch(normal(header)):
                yield cut, header, f"{match[1]}/{match[2]}"


def _above_the_footnotes(records: list[Record], index: str) -> list[Record]:
    """Return the rows down to the first whose year is no financial year: footnotes fill two columns or more.

    A row that is no year and yet holds a number is not a footnote; it stays and is rejected. Refuse years after that.
    """

    def is_footnote(record: Record) -> bool:
        cells = (record.cells[header].strip() for header in (index, CHANGE))
        return _labelled(record) is None and not any(NUMBER.fullmatch(cell) for cell in cells)

    years = list(takewhile(lambda record: not is_footnote(record), records))
    if late := [record for record in records[len(years) :] if _labelled(record)]:
        found = f"{late[0].cells[YEAR]!r} in row {late[0].row}"
        raise StructureError(f"expected only footnotes after the last financial year, found {found}")
    return years


def _labelled(record: Record) -> re.Match[str] | None:
    """Return the financial year that a row begins with."""
    return LABEL.fullmatch(" ".join(record.cells[YEAR].split()))


def _outturn_on(sheet: Sheet) -> date | None:
    """Return the day of the ONS figures that a note above the table names."""
    notes = (OUTTURN.search(normal(cell)) for row in sheet.rows for cell in row)
    found = next(filter(None, notes), None)
    return date(int(found[3]), MONTHS.index(found[2]) + 1, int(found[1])) if found else None


def _year(record: Record, index: str, **same: Any) -> dict[str, Any]:
    """Return one financial year; `same` is what all years of the file have in common."""
    found = _labelled(record)
    if found is None:
        raise ValueError(f"column {YEAR!r}: expected a year like 2023-24, found {record.text(YEAR)[:40]!r}")
    start, end, footnote = found.groups()
    label = financial_year(int(start))
    if label[-2:] != end:
        raise ValueError(f"column {YEAR!r}: expected two years in a row, found '{start}-{end}'")
    level = None if record.cells[index].strip() in {"", "-"} else record.number(index, 0.1, 1000)
    known = {"is_forecast": bool(footnote) or level is None, "value_status": "published" if level else "x"}
    years = {"financial_year": label, "fy_end_year": int(start) + 1}
    return ROW.read(record, None, **years, **known, **same, index_value=level)


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
    """Say where a change is not that of the index: one of the two columns slipped, or the base changes on the way.

    An index printed to few decimals leaves more room: half a step of the last decimal in each of the two years.
    """
    before = rows["index_value"].shift(1)
    made = 100 * (rows["index_value"] / before - 1)
    rounding = 100 * _half_a_step(rows["index_value"]) / before * (1 + rows["index_value"] / before)
    differing = (made - rows["change_pct"]).abs() > CHANGE_TOLERANCE + rounding
    if not differing.any():
        return []
    shown = rows.assign(made=made)[differing].head(3)[["financial_year", "change_pct", "made"]]
    by_year = shown.itertuples(index=False)
    examples = "; ".join(f"{year} {change:g}, by the index {found:.3f}" for year, change, found in by_year)
    return [
        f"expected each change to be that of the index within {CHANGE_TOLERANCE} percentage points, found {differing.sum()} of {made.notna().sum()} years that differ, such as {examples}"
    ]


def _half_a_step(index: "pd.Series[float]") -> float:
    """Return half a step of the last decimal that all of an index is rounded to, 0 if to none or to whole numbers."""
    values = index.dropna().astype(float)
    if (values == values.round()).all():
        return 0
    printed = (places for places in ROUNDED if (values - values.round(places)).abs().max() < 1e-9)
    return next((0.5 * 10**-places for places in printed), 0)


def facts(frame: pd.DataFrame) -> Facts:
    """Map staged rows to `deflator`; no organisation is concerned."""
    dated = over(frame, [year_days(int(year) - 1) for year in frame["fy_end_year"]])
    newest = frame["edition"] == frame["edition"].max()
    rows = dated.assign(is_newest_edition=newest, org_name_as_published="", resolve_on=None)
    return {"deflator": rows}


def name(match: re.Match[str]) -> tuple[str, str] | None:
    """Return the edition of a page: `...-june-2026-quarterly-national-accounts` is 2026-06."""
    month = match["month"].lower()
    return (f"{match['year']}-{MONTHS.index(month) + 1:02d}", "") if month in MONTHS else None


def version(match: re.Match[str]) -> int:
    """Return which edition of a month is later: Quarterly National Accounts come at its end, after any fiscal event."""
    return int("quarterly" in (match["rest"] or "").lower())


EACH: dict[str, Any] = {"who": "financial_year"}
SOURCE = Source(
    "deflator",
    PROSE,
    editions=Editions(("month",)),
    remotes=(Remote(COLLECTION, link=PAGE, name=name, version=version, file=FILE, newest=True),),
    hosts=frozenset({"assets.publishing.service.gov.uk"}),
    table=TABLE,
    parse=parse,
    facts=facts,
    revision=Revision(key=("financial_year",)),
    overlap=Overlap(key=("financial_year",), columns=("change_pct",), differing=0.25, within=1.0),
    expectations=(
        expectations.row_count("as_many_years_as_the_series_has", (60, 150)),
        expectations.unique("a_year_is_there_once", ["fy_end_year"]),
        expectations.filled("most_years_have_an_index", "index_value", 0.85),
        expectations.values("changes_are_plausible", "change_pct", (-10, 40)),
    ),
    guards=(
        guards.same_unit("index_value", 10, **EACH),
        *guards.usual("index_value", level=(0.5, 2), filled=0.95, **EACH),
        guards.still_filled("change_pct", 0.95, **EACH),
        guards.still_filled("is_forecast", 0.95, **EACH),
        guards.Guard("years_are_still_listed", "kept", "", 0.02, **EACH),
        guards.dates_advance("outturn_on", **EACH),
        guards.no_repeat(("index_value", "change_pct"), 1, **EACH),
        guards.not_constant("change_pct", by=("source_sheet",)),
    ),
)
