"""Data Security and Protection Toolkit (DSPT): what trusts publish of their own assessment, one list per day.

The publisher's list is behind a button and shows the latest status only, so each list taken on a day is an edition.
It holds organisations of all kinds and its sector is unreliable ("NHS Trust" holds companies and councils): rows whose
code and name can be a trust's are staged, with commissioners beside them, and the table of organisations decides.
"""

import re
from datetime import date, timedelta
from typing import Any

import pandas as pd
import sqlalchemy as sa

from assets import expect
from assets.columns import column, figure, org_code, provenance, reading, snapshot, staged, table
from assets.meanings import missing, spelling
from assets.packed import unpacked
from assets.periods import day_of, on_snapshot
from assets.sniff import sniff
from assets.source import (
    OGL,
    Coverage,
    Facts,
    Parsed,
    Source,
    StructureError,
    caveats,
    comparison,
    financial_year,
)
from assets.structure import Record, Sheet, Workbook, find_table, normal, read_csv, tidy, unmapped

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
STATUSES = {
    "standards exceeded": "standards_exceeded",
    "standards met": "standards_met",
    "approaching standards": "approaching_standards",
    "standards not met": "standards_not_met",
    "standards not fully met (plan agreed)": "plan_agreed",
    "entry level": "entry_level",
    "baseline": "baseline",
    "not published": "not_published",
    "": "not_published",
}
TRUST_CODE = re.compile(r"[RT][A-Z0-9]{2}", re.IGNORECASE)
LATER_CODE = re.compile(r"[A-Z]\d[A-Z]\d[A-Z]", re.IGNORECASE)
CALLED_A_TRUST = re.compile(r"\btrust\b", re.IGNORECASE)
"""Codes of trusts given since 2020 have a form that organisations of every kind have too, persons who trade under their
own name among them: of those, only what is called a trust is kept."""
COMMISSIONERS = ("ccg", "ccg / integrated care board (icb)")
YEARS_PRINTED_FROM = date(2020, 4, 1)
FIRST_YEAR = 2018
"""Start of the first standard, 2018/19. Older lists print no year for it: the list of 2022-09-09 prints 18/19 beside
every assessment that the list of 2019-06-17 shows with the same code and day and without a year."""
CAF_FROM = 2024
_YEAR = r"(?:20)?(\d\d)[/-](\d\d)"
_STATUS = re.compile(rf"(?:{_YEAR} (?:\(version \d+\) )?(?:- )?)?(.*?)(?: \({_YEAR}\))?")
_ISO_DAY = re.compile(r"(\d{4}-\d\d-\d\d)( 00:00:00)?")

TABLE = staged(
    "dspt",
    "Published status of trusts and commissioners on the day of a list.",
    [
        org_code("org_code_as_published", "ODS code as listed."),
        column("org_name_as_published", sa.Text, "Organisation as listed.", header="Organisation Name"),
        column(
            "status_as_published",
            sa.Text,
            "Status as listed; null where it is blank.",
            header="Status",
            nullable=True,
        ),
        column("status", sa.Text, "Status in the project's words.", allowed=dict.fromkeys(STATUSES.values())),
        column(
            "standard_year",
            sa.Text,
            "Financial year of the standard; null where nothing was published.",
            pattern=r"^\d{4}/\d\d$",
            nullable=True,
        ),
        column(
            "published_on",
            sa.Date,
            "Day the organisation published.",
            header="Date Of Publication",
            nullable=True,
        ),
        column("sector", sa.Text, "Sector as listed.", header="Primary Sector"),
        figure(
            "organisations_in_list",
            "Rows of the list, staged or not.",
            "organisations",
            (1, None),
            type_=sa.Integer,
            nullable=False,
        ),
    ],
)

DSPT_STATUS = table(
    "dspt_status",
    "Published DSPT status of a trust on the day of a list. Grain: organisation x edition. Closed trusts are listed "
    "too: count where open_on_snapshot.",
    [
        *reading(),
        column(
            "status",
            sa.Text,
            "Status in the project's words; plan_agreed is `Standards not fully met (plan agreed)`.",
            allowed=dict.fromkeys(STATUSES.values()),
        ),
        column(
            "standard_year",
            sa.Text,
            "Financial year of the standard assessed against; older than the list where the trust has not published since.",
            pattern=r"^\d{4}/\d\d$",
            nullable=True,
        ),
        column(
            "fy_end_year", sa.Integer, "Year in which standard_year ends.", nullable=True, minimum=FIRST_YEAR
        ),
        column(
            "regime",
            sa.Text,
            "What the standard is made of: the ten data security standards, or from 2024/25 the Cyber Assessment "
            "Framework (CAF). Not comparable with each other.",
            allowed=["data_security_standards", "caf_aligned"],
            nullable=True,
        ),
        column("status_as_published", sa.Text, "Status exactly as listed; null where blank.", nullable=True),
        column("published_on", sa.Date, "Day the trust published its assessment.", nullable=True),
        column("sector", sa.Text, "Sector as listed; not a trust type."),
        *snapshot("the list"),
        *provenance(),
    ],
    key=["org_code", "edition"],
    layer="facts",
    expectations=(
        expect.statistic(
            "almost_every_listed_trust_was_open",
            "mean",
            "open_on_snapshot",
            (0.95, 1),
            "A list of trusts that had closed is the list of another day.",
        ),
        expect.filled(
            "almost_every_trust_has_published", "published_on", 0.95, "Every trust must publish every year."
        ),
    ),
)


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
    status, year = _status(published_as or "", day)
    published_on = _published_on(record, headers["date of publication"])
    if published_on is None and status != "not_published":
        raise ValueError(f"column {headers['date of publication']!r}: expected a day beside {published_as!r}")
    if published_on is not None and published_on > day:
        raise ValueError(
            f"column {headers['date of publication']!r}: expected a day up to {day}, that of the list, found {published_on}"
        )
    return {
        "org_code_as_published": record.code(headers["code"]),
        "org_name_as_published": record.text(headers["name"]),
        "status_as_published": published_as,
        "status": status,
        "standard_year": financial_year(year) if year else None,
        "published_on": published_on,
        "sector": record.text(headers["sector"]),
    }


def _status(text: str, day: date) -> tuple[str, int | None]:
    """Return the status in the project's words and the year its standard starts; raise ValueError for anything else."""
    found = _STATUS.fullmatch(normal(text))
    if found is None or found[3] not in STATUSES:
        raise ValueError(f"column 'Status': expected a known status, found {text[:60]!r}")
    status = STATUSES[found[3]]
    start, end = (found[1] or found[4]), (found[2] or found[5])
    if start is None:
        if status == "not_published":
            return status, None
        if day >= YEARS_PRINTED_FROM:
            raise ValueError(f"column 'Status': expected a year like 22/23, found {text[:60]!r}")
        return status, FIRST_YEAR
    year = 2000 + int(start)
    if int(end) != (year + 1) % 100 or not FIRST_YEAR <= year <= day.year:
        raise ValueError(
            f"column 'Status': expected a year from {FIRST_YEAR % 100}/{FIRST_YEAR % 100 + 1} to that of the list, found {text[:60]!r}"
        )
    return status, year


def _published_on(record: Record, header: str) -> date | None:
    """Return a day written 2023-06-30 (perhaps with midnight, in workbooks) or 30/06/2023, or None for an empty cell."""
    text = record.optional(header)
    if text is None:
        return None
    iso = _ISO_DAY.fullmatch(text)
    return date.fromisoformat(iso[1]) if iso else record.day(header, "%d/%m/%Y")


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


SOURCE = Source(
    name="dspt",
    title="Data Security and Protection Toolkit",
    publisher="NHS England",
    landing_page="https://www.dsptoolkit.nhs.uk/OrganisationSearch",
    licence=OGL,
    attribution="NHS England, Data Security and Protection Toolkit, list of organisations",
    cadence="by hand: the list changes daily; trusts publish once a year, by 30 June",
    max_age=timedelta(days=400),
    evidence_grade="self-assessed",
    lists_others=True,
    table=TABLE,
    parse=parse,
    facts=facts,
    coverage=coverage,
    expectations=(
        expect.row_count(
            "a_list_and_not_an_excerpt",
            (36, 2000),
            "A cut of the list holds all trusts (over 200) or all integrated care boards (36 at the least).",
        ),
        expect.unique(
            "one_row_per_organisation",
            ["org_code_as_published"],
            "The list shows the latest status of an organisation, once.",
        ),
        expect.statistic(
            "statuses_differ",
            "unique_value_count",
            "status",
            (2, 8),
            "One status everywhere is a broken column.",
        ),
        expect.filled(
            "most_have_published",
            "published_on",
            0.8,
            "Trusts must publish every year; former commissioners are listed without a status.",
        ),
        expect.statistic(
            "publications_are_spread_over_days",
            "unique_value_count",
            "published_on",
            (5, None),
            "Organisations publish when they are ready; one day everywhere is a broken column.",
        ),
        expect.among(
            "most_meet_a_standard_or_come_near",
            "status",
            ["standards_exceeded", "standards_met", "approaching_standards", "plan_agreed"],
            "Nine in ten did in every list held; a jump needs a look.",
            severity="WARN",
            mostly=0.8,
        ),
    ),
    caveats=caveats(
        "dspt_status",
        {
            "dspt_self_assessed": "Organisations assess themselves and publish the result; a status says nothing about a particular system.",
            "dspt_closed_are_listed": "Lists hold trusts that had already closed on their day, with their last status: count where open_on_snapshot.",
            "dspt_revised_after_deadline": "Statuses are revised after the yearly deadline, and the publisher shows only the latest: each list held is the state of its day, not the result of its year.",
            "dspt_caf_break": "From 2024/25 trusts are assessed against the Cyber Assessment Framework (https://dsptoolkit.nhs.uk/News/154): a break in the series (regime).",
            "dspt_first_year_without_year": "The list of June 2019 prints no year beside statuses of the first standard; they are of 2018/19, as the list of September 2022 shows for every assessment that is in both.",
            "dspt_old_names": "Names are those the organisation registered with and may be older than its code's present name. Where a name is not unique, the publisher appends the code in brackets.",
        },
        measures={"dspt_first_year_without_year": "standard_year"},
    ),
    comparability=(
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
