"""Data Security and Protection Toolkit (DSPT): what trusts publish of their own assessment, one list per day.

The publisher's list is behind a button and shows the latest status only, so each list taken on a day is an edition.
It holds organisations of all kinds and its sector is unreliable ("NHS Trust" holds companies and councils): rows whose
code and name can be a trust's are staged, with commissioners beside them, and the table of organisations decides.
"""

import re
from datetime import date, timedelta
from typing import Any

import pandas as pd

from assets.contract import expectations, guards
from assets.contract.edition_shape import Editions
from assets.contract.held_rules import Revision
from assets.contract.notes import Coverage, another_instrument, caveats, comparison
from assets.contract.parsed import Parsed, StructureError
from assets.contract.periods import day_of, financial_year, on_snapshot
from assets.contract.source import OGL, Facts, Source
from assets.reading.days import day_in
from assets.reading.gzip_file import unpacked
from assets.reading.sniff import sniff
from assets.reading.structure import Record, Sheet, Workbook, find_table, normal, read_csv, tidy, unmapped
from assets.sources.dspt.statuses import read_status
from assets.sources.dspt.tables import TABLE
from assets.tables.status_words import missing, spelling

HEADERS = {
    "code": ("code", "odscode"),
    "name": ("organisation name", "organisationname"),
    "status": ("status", "latest status", "publicationstatus"),
    "date of publication": ("date of publication", "dateofpublication"),
    "sector": ("primary sector", "primarysector"),
}
"""The names that a column has or had, by its meaning, in normal form."""
UNREAD = (
    "CCG (from ODS and CQC)",
    "Commissioner (From ODS)",
    "Integrated Care Board (where available, from ODS)",
)
"""The publisher's column for where an organisation is: the organisation tables know better."""
RE_USERS = (
    "National Grouping",
    "High Level Health Geography",
    "lat",
    "long",
    "ICB23CD",
    "ICB23CDH",
    "ICB23NM",
)
"""Columns that a re-user added to cuts of the list."""
NEVER_READ = re.compile(
    r"unsupported|devices?\b|windows|servers?\b|operating system|end of (life|support)|vulnerab",
    re.IGNORECASE,
)
"""Headers of counts that tell how a trust may be attacked; one public spreadsheet holds them."""
TRUST_CODE = re.compile(r"[RT][A-Z0-9]{2}", re.IGNORECASE)
LATER_CODE = re.compile(r"[A-Z]\d[A-Z]\d[A-Z]", re.IGNORECASE)
CALLED_A_TRUST = re.compile(r"\btrust\b", re.IGNORECASE)
"""Codes of trusts given since 2020 have a form that organisations of every kind have too, persons who trade under their
own name among them: of those, only what is called a trust is kept."""
CAF_FROM = 2024
COMMISSIONERS = ("ccg", "ccg / integrated care board (icb)")


def parse(content: bytes, edition: str) -> Parsed:
    """Read a list (CSV, gzipped CSV or workbook) taken on `edition`, an ISO day: a row per trust or commissioner.

    Rows of other organisations are counted in `ignored`. Raises StructureError naming every column that is missing,
    and where the file holds more than the publisher's list.
    """
    day = day_of(edition)
    sheet, drift = _sheet(unpacked(content))
    headers = spelling(sheet, HEADERS)
    if headers is None:
        raise missing([sheet], HEADERS, "a row per organisation")
    records = find_table(sheet, list(headers.values()))
    headings = _headings(sheet, headers)
    _refuse_counts_of_devices(headings)
    present = set(map(normal, headings))
    added = [header for header in RE_USERS if normal(header) in present]
    known = [header for header in UNREAD if normal(header) in present]
    kept = [record for record in records if _may_be_ours(record, headers)]
    others = f"{len(records) - len(kept):,} rows that are not about a trust, by the form of the code and the name, nor about a commissioner, by the sector"
    re_users = f"columns {', '.join(added)}: added by a re-user of the list, not the publisher's"
    return tidy(
        kept,
        lambda record: [_listed(record, headers, day) | {"organisations_in_list": len(records)}],
        drift=[*drift, *unmapped(sheet, (*headers.values(), *known, *added))],
        ignored=[*([others] if len(kept) < len(records) else []), *([re_users] if added else [])],
    )


def _sheet(content: bytes) -> tuple[Sheet, list[str]]:
    """Return the list and the oddities tolerated; a workbook must hold it and nothing else, hidden sheets included."""
    if sniff(content) != "xlsx":
        return read_csv(content, "")
    book = Workbook(content)
    sheets = [*book.names, *book.hidden]
    if len(sheets) != 1 or book.hidden:
        raise StructureError(
            [
                f"expected a workbook with one sheet, the publisher's list, found {', '.join(map(repr, sheets))}: what others add to the list is never read; ingest the publisher's own file"
            ]
        )
    return book.sheet(sheets[0]), []


def _headings(sheet: Sheet, headers: dict[str, str]) -> list[str]:
    """Return the cells of the header row and of the rows above it."""
    depth = next(number for number, row in enumerate(sheet.rows, 1) if set(headers.values()) <= set(row))
    return [cell for row in sheet.rows[:depth] for cell in row]


def _refuse_counts_of_devices(headings: list[str]) -> None:
    if found := [cell for cell in headings if NEVER_READ.search(cell)]:
        raise StructureError(
            [
                f"expected published statuses only, found column {cell[:60]!r}: counts of what a trust has left open to attack are never read; ingest the publisher's own list"
                for cell in found
            ]
        )


def _may_be_ours(record: Record, headers: dict[str, str]) -> bool:
    """Tell whether a row can be about a trust or is about a commissioner; an unreadable code is kept, to be rejected."""
    code = record.cells[headers["code"]].strip()
    if not code or not code.isascii() or TRUST_CODE.fullmatch(code):
        return True
    if normal(record.cells[headers["sector"]]) in COMMISSIONERS:
        return True
    return bool(LATER_CODE.fullmatch(code) and CALLED_A_TRUST.search(record.cells[headers["name"]]))


def _listed(record: Record, headers: dict[str, str], day: date) -> dict[str, Any]:
    published_as = record.optional(headers["status"])
    status, year = read_status(published_as or "", day)
    published_on = day_in(record, headers["date of publication"], until=day)
    if published_on is None and status != "not_published":
        raise ValueError(f"column {headers['date of publication']!r}: expected a day beside {published_as!r}")
    return {
        "org_code_as_published": record.code(headers["code"]),
        "org_name_as_published": record.text(headers["name"]),
        "status_as_published": published_as,
        "status": status,
        "standard_year": financial_year(year) if year else None,
        "published_on": published_on,
        "sector": record.text(headers["sector"]),
    }


def facts(frame: pd.DataFrame) -> Facts:
    """Map staged rows to `dspt_status`."""
    started = frame["standard_year"].str[:4].astype("Int64")
    regimes = {True: "caf_aligned", False: "data_security_standards"}
    return {
        "dspt_status": on_snapshot(frame).assign(
            fy_end_year=started + 1,
            regime=(started >= CAF_FROM).astype(object).map(regimes),
            value_status=(frame["status"] == "not_published").map({True: "x", False: "published"}),
        )
    }


def coverage(frame: pd.DataFrame) -> list[Coverage]:
    """Count the rows kept of each list beside all its rows."""
    return [
        Coverage(
            f"organisations kept of the list of {edition}",
            len(rows),
            int(rows["organisations_in_list"].iloc[0]),
            "complete" if len(rows) == rows["organisations_in_list"].iloc[0] else "not in scope",
            "The list holds organisations of all kinds; those that can be trusts by code and name are kept, and commissioners.",
        )
        for edition, rows in frame.groupby("edition", sort=True)
    ]


KNOWN = {
    "2023-10-17": {"RNK": "standards_not_met", "R0B": "standards_exceeded", "RXV": "standards_exceeded"},
}
"""Statuses that few have, so that a shifted column tells another."""


BEST_LAST = {
    "standards_not_met": 0,
    "plan_agreed": 1,
    "approaching_standards": 1,
    "standards_met": 2,
    "standards_exceeded": 3,
}
"""An order of the results of a year; a baseline, which all publish first, and no status have none."""


SOURCE = Source(
    name="dspt",
    title="Data Security and Protection Toolkit",
    publisher="NHS England",
    landing_page="https://www.dsptoolkit.nhs.uk/OrganisationSearch",
    licence=OGL,
    attribution="NHS England, Data Security and Protection Toolkit, list of organisations",
    editions=Editions(("day",), parts=("", "trusts", "icbs", "ccgs", "csus")),
    cadence="by hand: the list changes daily; trusts publish once a year, by 30 June",
    max_age=timedelta(days=400),
    evidence_grade="self-assessed",
    lists_others=True,
    table=TABLE,
    parse=parse,
    facts=facts,
    coverage=coverage,
    expectations=(
        expectations.row_count(
            "a_list_and_not_an_excerpt",
            (36, 2000),
            "A cut of the list holds all trusts (over 200) or all integrated care boards (36 at the least).",
        ),
        expectations.unique(
            "one_row_per_organisation",
            ["org_code_as_published"],
            "The list shows the latest status of an organisation, once.",
        ),
        expectations.statistic(
            "statuses_differ",
            "unique_value_count",
            "status",
            (2, 8),
            "One status everywhere is a broken column.",
        ),
        expectations.filled(
            "most_have_published",
            "published_on",
            0.8,
            "Trusts must publish every year; former commissioners are listed without a status.",
        ),
        expectations.statistic(
            "publications_are_spread_over_days",
            "unique_value_count",
            "published_on",
            (5, None),
            "Organisations publish when they are ready; one day everywhere is a broken column.",
        ),
        expectations.among(
            "most_meet_a_standard_or_come_near",
            "status",
            ["standards_exceeded", "standards_met", "approaching_standards", "plan_agreed"],
            "Nine in ten did in every list held; a jump needs a look.",
            severity="WARN",
            mostly=0.8,
        ),
    ),
    once=("org_code_as_published",),
    revision=Revision(groups=("sector",), ignored=("organisations_in_list",)),
    guards=(
        guards.nobody_gone(),
        guards.everybody_open(),
        guards.known_values("status", KNOWN),
        guards.same_order("status", 0.2, ranks=BEST_LAST, check="status_ranks_trusts_as_before"),
        guards.same_order(
            "status",
            0.9,
            ranks=BEST_LAST,
            by=("standard_year",),
            groups=(),
            check="status_of_the_same_year_is_as_before",
        ),
        guards.dates_advance("published_on"),
        guards.not_stale("published_on", 300),
        guards.no_repeat(("status_as_published", "published_on", "organisations_in_list"), 1),
    ),
    caveats=caveats(
        "dspt_status",
        {
            "dspt_self_assessed": "Organisations assess themselves and publish the result; a status says nothing about a particular system.",
            "dspt_closed_are_listed": "Lists hold trusts that had already closed on their day, with their last status: count where open_on_snapshot.",
            "dspt_revised_after_deadline": "Statuses are revised after the yearly deadline, and the publisher shows only the latest: each list held is the state of its day, not the result of its year.",
            "dspt_cuts": "The lists of October and November 2023 are cuts that a re-user made of the publisher's list, to trusts and to integrated care boards: what a cut left out is not known.",
            "dspt_caf_break": "From 2024/25 trusts are assessed against the Cyber Assessment Framework (https://dsptoolkit.nhs.uk/News/154): a break in the series (regime).",
            "dspt_first_year_without_year": "The list of June 2019 prints no year beside statuses of the first standard; they are of 2018/19, as the list of September 2022 shows for every assessment that is in both.",
            "dspt_old_names": "Names are those the organisation registered with and may be older than its code's present name. Where a name is not unique, the publisher appends the code in brackets.",
        },
        measures={"dspt_first_year_without_year": "standard_year"},
    ),
    comparability=(
        another_instrument(
            "DSPT", "status", "A status of data security is no score, and no part of the maturity assessment."
        ),
        comparison(
            ("DSPT", "status", "2024/25"),
            ("DSPT", "status", "2023/24"),
            comparable=False,
            why="From 2024/25 trusts are assessed against the Cyber Assessment Framework, with more requirements.",
        ),
        comparison(
            ("DSPT", "status", "2019/20"),
            ("DSPT", "status", "2018/19"),
            comparable=False,
            why="The categories differ: `Standards not fully met (plan agreed)` is in the list of June 2019 only, `Approaching Standards` in later lists only.",
        ),
    ),
)
