"""The three layouts in which general and acute beds are published, and their common rows: trust x quarter x measure.

- `workbook`: the publisher's workbook of a quarter. Under one header, beds available, occupied and the share of them
  have columns of the same names; the row above says which is which.
- `history`: the publisher's long CSV files, one of beds available and one of beds occupied, all quarters, codes
  without names. Some cells are rounded to whole beds, and a spreadsheet has turned a few codes into numbers.
- `compiled`: a table of seven years that a re-user compiled. Only its columns of general and acute beds are used: its
  columns of all beds are mis-parsed. The row of England bears the code `NAN`.

Where a row about England is given, the trusts of a quarter must add up to it. In a workbook a trust has no more
general and acute beds than beds.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from assets.contract import periods, prose, row
from assets.contract.columns import FINANCIAL_YEAR
from assets.contract.parsed import Parsed, StructureError
from assets.reading.rows import rows_about
from assets.reading.structure import Record, Sheet, Workbook, find_table, normal, read_csv, tidy

PROSE = prose.beside(__file__)
AVAILABLE, OCCUPIED = "available_general_and_acute_beds", "occupied_general_and_acute_beds"
LAYOUTS = ("workbook", "history", "compiled")
MOST_BEDS = 5_000
NEAR = 0.5
"""Beds by which the trusts of a quarter may miss England, and general and acute beds may exceed all beds."""
SHEET = "NHS Trust by Sector"
WORKBOOK = ("Year", "Period End", "Org Code", "Org Name")
GENERAL_AND_ACUTE, ALL_BEDS = "General & Acute", "Total"
HISTORY = ("Organisation_Code", "Sector", "Number_Of_Beds", "Effective_Snapshot_Date")
COMPILED = ("org_code", "period", "org_name", "financial_year", "fy_quarter")
BEDS = {AVAILABLE: "kh03_avail_ga_avg_beds", OCCUPIED: "kh03_occ_ga_avg_beds"}
"""The columns of the compiled table."""
ENGLAND = "NAN"
"""The code of England in the compiled table."""
MANGLED = re.compile(r"\d\.\d+E\+\d+")
"""A code like 5E4 after a spreadsheet took it for a number."""

ROW = row.Row(
    row.org_code("Org Code"),
    row.text(row.NAME, "Org Name", missing=""),
    row.given("layout", sa.Text, allowed=LAYOUTS),
    row.given("financial_year", sa.Text, pattern=FINANCIAL_YEAR),
    row.given("quarter", sa.Text, allowed=periods.QUARTERS),
    row.given("measure", sa.Text, allowed=tuple(BEDS)),
    row.given("amount", sa.Double, unit="beds", aggregation="none", minimum=0),
    prose=PROSE,
)
TABLE = ROW.staged("kh03", key=("measure",))
Quarter = tuple[str, str]
"""Financial year and name of a quarter."""


def parse(content: bytes, edition: str, part: str) -> Parsed:
    """Read one file: the workbook of a quarter (no part), a long file (available, occupied), or a year of the compiled table.

    Returns a row per trust, quarter and measure. Raises StructureError.
    """
    if part == "compiled":
        return _compiled(content, edition)
    return _history(content, edition, part) if part else _workbook(content, edition)


def _staged(
    record: Record, code: str, name: str, beds: Mapping[str, str], **same: Any
) -> list[dict[str, Any]]:
    """Return a row for each measure; `beds` are their headers, `code` and `name` those of the organisation."""
    who = {row.CODE: record.code(code), row.NAME: record.text(name) if name else None}
    amounts = {measure: record.number(header, 0, MOST_BEDS) for measure, header in beds.items()}
    return [
        ROW.read(record, measure=measure, amount=amount, **who, **same) for measure, amount in amounts.items()
    ]


# The publisher's workbook of a quarter


def _workbook(content: bytes, edition: str) -> Parsed:
    start, name = periods.quarter_of(edition)
    book = Workbook(content)
    sheet = _distinguished(book.sheet(SHEET))
    headers = {measure: f"{GENERAL_AND_ACUTE}, {word}" for word, measure in WORDS.items()}
    totals = {header: f"{ALL_BEDS}, {word}" for word, header in zip(WORDS, headers.values(), strict=True)}
    printed = {normal(cell) for cells in sheet.rows for cell in cells}
    given = {part: whole for part, whole in totals.items() if normal(whole) in printed}
    records = find_table(sheet, (*WORKBOOK, *headers.values(), *given.values()))
    england = [one for one in records if normal(one.cells["Org Name"]) == "england"]
    quarter = (periods.financial_year(start), name)

    def trust(record: Record) -> list[dict[str, Any]]:
        if (found := _printed_quarter(record)) != quarter:
            raise ValueError(f"expected {' '.join(quarter)}, found {' '.join(found)}; correct the edition")
        for part, whole in given.items():
            _part_of_all(record, part, whole)
        when = {"financial_year": quarter[0], "quarter": name}
        return _staged(record, "Org Code", "Org Name", headers, layout="workbook", **when)

    ignored = [
        f"{len(england)} rows about England, which the trusts were compared with",
        "beds of other sectors, and shares of beds occupied",
        *(f"sheet {other!r} is not read" for other in book.names if other != sheet.name),
        *(f"sheet {other!r} is hidden" for other in book.hidden),
    ]
    trusts = [one for one in records if one not in england]
    parsed = tidy(trusts, trust, drift=sheet.drift, ignored=ignored)
    _agree_with_england(parsed, {quarter: england[0]} if england else {}, headers)
    return parsed


def _part_of_all(record: Record, part: str, whole: str) -> None:
    """Raise ValueError for a trust with more general and acute beds than beds; cells without a number are not compared."""
    try:
        beds = record.number(whole, 0, MOST_BEDS)
    except ValueError:
        return
    if record.number(part, 0, MOST_BEDS) > beds + NEAR:
        raise ValueError(
            f"column {part!r}: expected at most the {beds:g} of column {whole!r}, found {record.numbers.get(part, 0):g}"
        )


WORDS = {"available": AVAILABLE, "occupied": OCCUPIED}
"""What a column of beds is called in the row above the header."""


def _distinguished(sheet: Sheet) -> Sheet:
    """Return the sheet with columns `General & Acute` and `Total` named after the group above them, such as `..., occupied`.

    Where nothing stands above them, beds available come first and beds occupied second, as they do in every quarter.
    """
    wanted = {normal(header) for header in (*WORKBOOK, GENERAL_AND_ACUTE)}
    found = [at for at, cells in enumerate(sheet.rows) if wanted <= {normal(cell) for cell in cells}]
    if len(found) != 1:
        return sheet  # `find_table` says what is missing
    header = sheet.rows[found[0]]
    names: dict[int, str] = {}
    for column in (GENERAL_AND_ACUTE, ALL_BEDS):
        places = [place for place, cell in enumerate(header) if normal(cell) == normal(column)]
        groups = [_group(sheet.rows[max(0, found[0] - 3) : found[0]], place) for place in places]
        if not any(groups):
            groups = [*WORDS, *[""] * len(places)][: len(places)]
        named = zip(places, groups, strict=True)
        names |= {place: f"{column}, {group}" for place, group in named if group}
    cells = [names.get(place, cell) for place, cell in enumerate(header)]
    return replace(sheet, rows=[*sheet.rows[: found[0]], cells, *sheet.rows[found[0] + 1 :]])


def _group(above: Sequence[Sequence[str]], place: int) -> str:
    """Return the group of a column: the nearest cell at it or left of it, in the nearest row above that names groups."""
    for cells in reversed(above):
        labels = [normal(cell) for cell in cells[: place + 1] if normal(cell)]
        if labels:
            share = "%" in labels[-1] or "rate" in labels[-1].split()
            return "" if share else next((word for word in WORDS if word in labels[-1].split()), "")
    return ""


def _printed_quarter(record: Record) -> Quarter:
    """Return the quarter that a row names by financial year and last month: 2025-26 and June is Q1."""
    year = re.fullmatch(r"(\d{4})[-/](?:\d{2})?(\d{2})", record.text("Year"))
    end = record.text("Period End")
    dated = re.match(r"\d{4}-(\d{2})-\d{2}", end)
    month = int(dated[1]) if dated else periods.month_number(end.split()[0])
    last = {periods.quarter_days(2000, name)[1].month: name for name in periods.QUARTERS}
    if year is None or periods.financial_year(int(year[1]))[-2:] != year[2] or month not in last:
        found = f"{record.text('Year')[:20]!r} and {end[:20]!r}"
        ends = ", ".join(periods.MONTHS[one - 1].capitalize() for one in last)
        raise ValueError(
            f"columns 'Year' and 'Period End': expected a year like 2025-26 and one of {ends}, found {found}"
        )
    return periods.financial_year(int(year[1])), last[month]


# The publisher's long files


def _history(content: bytes, edition: str, part: str) -> Parsed:
    last = periods.day_of(edition)
    sheet, drift = read_csv(content, "")
    records = find_table(sheet, HISTORY)
    wanted = [one for one in records if _is_wanted(one)]
    others = Counter(" ".join(one.cells["Sector"].split()) for one in records if not _is_wanted(one))
    days = {name: periods.quarter_days(2000, name)[1] for name in periods.QUARTERS}

    def trust(record: Record) -> list[dict[str, Any]]:
        day = record.day("Effective_Snapshot_Date", "%d/%m/%Y")
        name = next((n for n, end in days.items() if (end.month, end.day) == (day.month, day.day)), None)
        if name is None or day > last:
            raise ValueError(
                f"column 'Effective_Snapshot_Date': expected the last day of a quarter up to {last}, found {day}"
            )
        year = periods.financial_year(day.year - (name == "Q4"))
        beds = {WORDS[part]: "Number_Of_Beds"}
        return _staged(record, HISTORY[0], "", beds, layout="history", financial_year=year, quarter=name)

    ignored = [f"{count} rows of sector {name!r}" for name, count in sorted(others.items())]
    parsed = tidy(wanted, trust, drift=drift, ignored=ignored)
    newest = max(zip(parsed.rows["financial_year"], parsed.rows["quarter"], strict=True))
    if periods.quarter_days(int(newest[0][:4]), newest[1])[1] != last:
        raise StructureError(
            f"expected quarters up to {last}, found {' '.join(newest)} as the newest; correct the edition"
        )
    return parsed


def _is_wanted(record: Record) -> bool:
    """Return whether a row is about general and acute beds, or its code cannot be read: such rows are rejected."""
    mangled = MANGLED.fullmatch(record.cells[HISTORY[0]].strip())
    return mangled is not None or normal(record.cells["Sector"]) == normal(GENERAL_AND_ACUTE)


# The compiled table


def _compiled(content: bytes, edition: str) -> Parsed:
    periods.year_of(edition)
    year = edition.replace("/", "-")
    sheet, drift = read_csv(content, "")
    records = find_table(sheet, (*COMPILED, *BEDS.values()))
    wanted = rows_about(records, "financial_year", year, f"financial year {year}")
    england = [record for record in wanted if record.cells["org_code"].strip() == ENGLAND]

    def trust(record: Record) -> list[dict[str, Any]]:
        name = record.text("fy_quarter")
        if name not in periods.QUARTERS or record.text("period") != f"{year} {name}":
            found = record.text("period")
            raise ValueError(
                f"column 'period': expected {year} and one of {', '.join(periods.QUARTERS)}, found {found!r}"
            )
        return _staged(
            record, "org_code", "org_name", BEDS, layout="compiled", financial_year=edition, quarter=name
        )

    ignored = [
        f"{len(records) - len(wanted)} rows about other financial years",
        f"{len(england)} rows about England, which the trusts were compared with",
        "columns of all beds, which are mis-parsed, of other beds and of other collections",
    ]
    parsed = tidy([r for r in wanted if r not in england], trust, drift=drift, ignored=ignored)
    quarters = {(edition, record.cells["fy_quarter"].strip()): record for record in england}
    _agree_with_england(parsed, quarters, BEDS)
    return parsed


def _agree_with_england(
    parsed: Parsed, england: Mapping[Quarter, Record], headers: Mapping[str, str]
) -> None:
    """Refuse a file whose trusts do not add up to England; a rejected row is a reason why they may not."""
    try:
        whole = {
            (*quarter, measure): record.number(header, 0, 1e6)
            for quarter, record in england.items()
            for measure, header in headers.items()
        }
    except ValueError as error:
        raise StructureError(f"England: {error}") from error
    sums = parsed.rows.groupby(["financial_year", "quarter", "measure"])["amount"].sum().to_dict()
    if problems := list(_misses(sums, whole, exact=not parsed.rejected)):
        raise StructureError(problems)


def _misses(sums: Mapping[Any, float], whole: Mapping[Any, float], *, exact: bool) -> Iterable[str]:
    for key, beds in sums.items():
        words = f"{key[1]}, {key[2].replace('_', ' ')}"
        if key not in whole:
            yield f"{words}: expected a row about England to compare the trusts with, found none"
        elif exact and abs(beds - whole[key]) > NEAR:
            yield f"{words}: expected the trusts to add up to England's {whole[key]:.1f}, found {beds:.1f}"
