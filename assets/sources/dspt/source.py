"""Data Security and Protection Toolkit (DSPT): what trusts publish of their own assessment, one list per day.

The publisher's list is behind a button and shows the latest status only, so each list taken on a day is an edition.
It holds organisations of all kinds and its sector is unreliable ("NHS Trust" holds companies and councils): rows whose
code and name can be a trust's are staged, with commissioners beside them, and the table of organisations decides.
"""

import re
from datetime import date
from typing import Any

import pandas as pd
import sqlalchemy as sa

from assets.contract import expectations, guards, prose, row
from assets.contract.columns import snapshot
from assets.contract.parsed import Parsed, StructureError
from assets.contract.periods import day_of, financial_year, on_snapshot
from assets.contract.source import Coverage, Editions, Facts, Revision, Source, counted
from assets.reading.days import day_in
from assets.reading.gzip_file import unpacked
from assets.reading.header_names import missing, spelling
from assets.reading.security_statuses import STATUSES, read_status
from assets.reading.sniff import sniff
from assets.reading.structure import Record, Sheet, Workbook, find_table, normal, read_csv, tidy, unmapped
from assets.tables.security_standard import STATUS as STATUS_COLUMN
from assets.tables.security_standard import by_year, standard

PROSE = prose.beside(__file__)
HEADERS = {
    "Code": ("code", "odscode"),
    "Organisation Name": ("organisation name", "organisationname"),
    "Status": ("status", "latest status", "publicationstatus"),
    "Date Of Publication": ("date of publication", "dateofpublication"),
    "Primary Sector": ("primary sector", "primarysector"),
}
"""The names that a column has or had, in normal form."""
CODE, NAME, STATUS, DATE, SECTOR = HEADERS
UNREAD = (
    *("CCG (from ODS and CQC)", "Commissioner (From ODS)"),
    "Integrated Care Board (where available, from ODS)",
)
"""The publisher's column for where an organisation is: the organisation tables know better."""
RE_USERS = (
    *("National Grouping", "High Level Health Geography", "lat", "long"),
    *("ICB23CD", "ICB23CDH", "ICB23NM"),
)
"""Columns that a re-user added to cuts of the list."""
NEVER_READ = re.compile(
    r"unsupported|devices?\b|windows|servers?\b|operating system|end of (life|support)|vulnerab",
    re.IGNORECASE,
)
"""Headers of counts that show how a trust may be attacked; one public spreadsheet holds them."""
TRUST_CODE = re.compile(r"[RT][A-Z0-9]{2}", re.IGNORECASE)
LATER_CODE = re.compile(r"[A-Z]\d[A-Z]\d[A-Z]", re.IGNORECASE)
CALLED_A_TRUST = re.compile(r"\btrust\b", re.IGNORECASE)
"""Codes of trusts given since 2020 have a form that organisations of every kind have too, persons who trade under their
own name among them: of those, only what is called a trust is kept."""
SUPPORT_UNIT = "Commissioning Support Unit (CSU)"
COMMISSIONERS = ("ccg", "ccg / integrated care board (icb)", SUPPORT_UNIT.lower())
IN_LIST: dict[str, Any] = {"unit": "organisations", "aggregation": "none", "minimum": 1}

ROW = row.Row(
    row.org_code(CODE),
    row.org_name(NAME),
    row.text("status_as_published", STATUS, missing=""),
    STATUS_COLUMN,
    row.given("standard_year", sa.Text, pattern=r"^\d{4}/\d\d$", nullable=True),
    row.given("published_on", sa.Date, DATE, nullable=True),
    row.text("sector", SECTOR),
    row.given("organisations_in_list", sa.Integer, **IN_LIST),
    prose=PROSE,
)
TABLE = ROW.staged("dspt")

dspt_status = ROW.fact(
    "dspt_status",
    [
        *("status", "standard_year"),
        *standard(),
        *("status_as_published", "published_on", "sector"),
        *snapshot("the list"),
    ],
    key=["org_code", "edition"],
    expectations=[
        expectations.statistic("almost_every_listed_trust_was_open", "mean", "open_on_snapshot", (0.95, 1)),
        expectations.filled("almost_every_trust_has_published", "published_on", 0.95),
    ],
)


def parse(content: bytes, edition: str, part: str = "") -> Parsed:
    """Read a list (CSV, gzipped CSV or workbook) taken on `edition`, an ISO day: a row per trust or commissioner.

    Rows of other organisations are counted in `ignored`. Raises StructureError naming every column that is missing,
    where the file holds more than the publisher's list, and where a `part` of commissioners holds others.
    """
    day = day_of(edition)
    sheet, drift = _sheet(unpacked(content))
    spelt = spelling(sheet, HEADERS)
    if spelt is None:
        raise missing([sheet], HEADERS, "a row per organisation")
    records = find_table(sheet, list(spelt.values()))
    headings = _headings(sheet, spelt)
    _refuse_counts_of_devices(headings)
    present = set(map(normal, headings))
    added = [header for header in RE_USERS if normal(header) in present]
    known = [header for header in UNREAD if normal(header) in present]
    kept = [record for record in records if _may_be_ours(record, spelt)]
    _refuse_others_than_commissioners(kept, spelt, part)
    ignored = []
    if others := len(records) - len(kept):
        ignored.append(
            f"{others:,} rows that are not about a trust, by the form of the code and the name, nor about a commissioner, by the sector"
        )
    if added:
        ignored.append(f"columns {', '.join(added)}: added by a re-user of the list, not the publisher's")
    return tidy(
        kept,
        lambda record: _listed(record, spelt, day) | {"organisations_in_list": len(records)},
        drift=[*drift, *unmapped(sheet, (*spelt.values(), *known, *added))],
        ignored=ignored,
    )


def _sheet(content: bytes) -> tuple[Sheet, list[str]]:
    """Return the list and the oddities tolerated; a workbook must hold it and nothing else, hidden sheets included."""
    if sniff(content) != "xlsx":
        return read_csv(content, "")
    book = Workbook(content)
    sheets = [*book.names, *book.hidden]
    if len(sheets) != 1 or book.hidden:
        raise StructureError(
            f"expected a workbook with one sheet, the publisher's list, found {', '.join(map(repr, sheets))}: what others add to the list is never read; ingest the publisher's own file"
        )
    return book.sheet(sheets[0]), []


def _headings(sheet: Sheet, spelt: dict[str, str]) -> list[str]:
    """Return the cells of the header row and of the rows above it."""
    depth = next(number for number, row in enumerate(sheet.rows, 1) if set(spelt.values()) <= set(row))
    return [cell for row in sheet.rows[:depth] for cell in row]


def _refuse_counts_of_devices(headings: list[str]) -> None:
    if found := [cell for cell in headings if NEVER_READ.search(cell)]:
        raise StructureError(
            [
                f"expected published statuses only, found column {cell[:60]!r}: counts of what a trust has left open to attack are never read; ingest the publisher's own list"
                for cell in found
            ]
        )


def _refuse_others_than_commissioners(kept: list[Record], spelt: dict[str, str], part: str) -> None:
    """Refuse trusts under the name of a list of commissioners, which would be compared with no list of trusts."""
    others = [one for one in kept if normal(one.cells[spelt[SECTOR]]) not in COMMISSIONERS]
    if part and others:
        raise StructureError(
            f"expected only commissioners in part {part!r}, found {len(others)} other organisations, such as {others[0].cells[spelt[CODE]][:40]!r} of sector {others[0].cells[spelt[SECTOR]][:40]!r}; a list of trusts has no part: correct --part"
        )


def _may_be_ours(record: Record, spelt: dict[str, str]) -> bool:
    """Return whether a row can be about a trust or is about a commissioner; an unreadable code is kept, to be rejected."""
    code = record.cells[spelt[CODE]].strip()
    if not code or not code.isascii() or TRUST_CODE.fullmatch(code):
        return True
    if normal(record.cells[spelt[SECTOR]]) in COMMISSIONERS:
        return True
    return bool(LATER_CODE.fullmatch(code) and CALLED_A_TRUST.search(record.cells[spelt[NAME]]))


def _listed(record: Record, spelt: dict[str, str], day: date) -> dict[str, Any]:
    published_as = record.optional(spelt[STATUS])
    status, year = read_status(published_as or "", day)
    published_on = day_in(record, spelt[DATE], until=day)
    if published_on is None and status != "not_published":
        raise ValueError(f"column {spelt[DATE]!r}: expected a day beside {published_as!r}")
    found = {"status_as_published": published_as, "status": status, "published_on": published_on}
    return ROW.read(record, spelt, **found, standard_year=financial_year(year) if year else None)


def facts(frame: pd.DataFrame) -> Facts:
    """Map staged rows to `dspt_status`."""
    return {
        "dspt_status": on_snapshot(frame).assign(
            **by_year(frame["standard_year"]),
            value_status=(frame["status"] == "not_published").map({True: "x", False: "published"}),
        )
    }


def coverage(frame: pd.DataFrame) -> list[Coverage]:
    """Count the rows kept of the lists of each day beside all their rows."""
    size = frame.drop_duplicates(["edition", "source_file_sha256"]).groupby("edition")[
        "organisations_in_list"
    ]
    why, everything = PROSE["organisations"], size.sum()
    return [
        counted(f"organisations kept of the list of {day}", held, everything[str(day)], why, "not in scope")
        for day, held in frame.groupby("edition", sort=True).size().items()
    ]


BEST_LAST = {
    "standards_not_met": 0,
    "plan_agreed": 1,
    "approaching_standards": 1,
    "standards_met": 2,
    "standards_exceeded": 3,
}
"""An order of the results of a year; a baseline, which all publish first, and no status have none."""
NEAR = ["standards_exceeded", "standards_met", "approaching_standards", "plan_agreed"]
PUBLISHED = tuple(sorted({*STATUSES.values()} - {"not_published", "standards_not_met"}))
"""Statuses that come from publishing: the toolkit sets the other two beside the old date where nobody published."""

SOURCE = Source(
    "dspt",
    PROSE,
    lists_others=True,
    editions=Editions(("day",), parts=("", "icbs", "ccgs", "csus")),
    reads_part=True,
    table=TABLE,
    parse=parse,
    facts=facts,
    coverage=coverage,
    once=("org_code_as_published",),
    revision=Revision(groups=("sector",), ignored=("organisations_in_list",)),
    expectations=(
        expectations.row_count("as_many_as_there_can_be", (4, 2000)),
        expectations.where(
            ("sector", "!=", SUPPORT_UNIT),
            expectations.values("a_list_and_not_an_excerpt", "organisations_in_list", (36, None)),
        ),
        expectations.unique("one_row_per_organisation", ["org_code_as_published"]),
        expectations.distinct("statuses_differ", "status", (2, 8)),
        expectations.filled("most_have_published", "published_on", 0.8),
        expectations.distinct("publications_are_spread_over_days", "published_on", (5, None)),
        expectations.among("most_meet_a_standard_or_come_near", "status", NEAR, severity="WARN", mostly=0.8),
    ),
    guards=(
        guards.nobody_gone(),
        guards.everybody_open(),
        guards.known_values("status"),
        guards.same_order("status", 0.2, ranks=BEST_LAST, check="status_ranks_trusts_as_before"),
        guards.same_order(
            "status",
            0.5,
            ranks=BEST_LAST,
            by=("standard_year",),
            groups=(),
            check="status_of_the_same_year_is_as_before",
        ),
        guards.same_while_dated(
            "published_on", ("status", "standard_year"), 0.02, where={"status": PUBLISHED}
        ),
        guards.still_filled("published_on"),
        guards.dates_advance("published_on"),
        guards.not_stale("published_on", 300),
        guards.no_repeat(("status_as_published", "published_on", "organisations_in_list"), 1),
    ),
)
