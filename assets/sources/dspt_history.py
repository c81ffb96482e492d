"""What each trust has published of its own assessment of data security since 2018/19: a page for every organisation.

The page of a trust has a table of all its publications, where the publisher's list has the latest only. No copy of a page
is held, only the table of one, so this is a contract with the description of it. Every page is an edition of the day on
which it was read, and its part is the code of the trust; the newest page of a trust replaces the older ones.
"""

import re
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd
import sqlalchemy as sa

from assets.contract import expectations, guards, list_guards, prose, row
from assets.contract.columns import ORG_CODE, snapshot
from assets.contract.edition_shape import Editions
from assets.contract.guards import Guard
from assets.contract.parsed import Parsed, StructureError
from assets.contract.periods import day_of, financial_year, on_snapshot
from assets.contract.remote import Crawl, Remote
from assets.contract.source import Facts, Source
from assets.organisations.open_trusts import open_trusts
from assets.reading.days import day_in
from assets.reading.header_names import missing, spelling
from assets.reading.page_tables import Page, read_page
from assets.reading.security_statuses import read_status
from assets.reading.sniff import sniff
from assets.reading.structure import Record, Sheet, find_table, read_csv, tidy, unmapped
from assets.tables.security_standard import STATUS as STATUS_COLUMN
from assets.tables.security_standard import by_year, standard

PROSE = prose.beside(__file__)
PAGES = "https://www.dsptoolkit.nhs.uk/OrganisationSearch"
HEADERS = {
    "Status": ("status", "latest status", "publication status"),
    "Date Published": ("date published", "date of publication", "published on", "published"),
}
"""The names that a column has or may have, in normal form."""
STATUS, DATE = HEADERS
PART = r"[RT][A-Z0-9]{2}|[A-Z]\d[A-Z]\d[A-Z]"
CODE = re.compile(r"(?i:(?<!post )\bcode)\b[\s:()-]{1,5}([A-Z0-9]{3,6})\b")
"""A code with its label, as in `Organisation code: RDY`; a postcode is not one."""
CALLED_A_TRUST = re.compile(r"\btrust\b", re.IGNORECASE)
COUNTED: dict[str, Any] = {"unit": "publications", "aggregation": "none", "minimum": 1}

ROW = row.Row(
    row.given(row.CODE, sa.Text, pattern=ORG_CODE),
    row.given(row.NAME, sa.Text, nullable=True),
    row.given("publication", sa.Integer, **COUNTED),
    row.text("status_as_published", STATUS),
    STATUS_COLUMN,
    row.given("standard_year", sa.Text, pattern=r"^\d{4}/\d\d$"),
    row.given("published_on", sa.Date, DATE),
    prose=PROSE,
)
TABLE = ROW.staged("dspt_history")

dspt_history = ROW.fact(
    "dspt_history",
    [
        *("publication", "status", "standard_year"),
        *standard(),
        *("status_as_published", "published_on"),
        *snapshot("the page"),
    ],
    key=["org_code", "publication"],
)


def parse(content: bytes, edition: str, part: str) -> Parsed:
    """Read the page of the trust `part` as it was on `edition`, an ISO day, or its table as CSV: a row per publication.

    Raises StructureError, also for the page of another organisation.
    """
    day = day_of(edition)
    if sniff(content) == "html":
        page = read_page(content)
        name, drift = _name(page, part)
        sheet = _table(page)
    else:
        name = None
        sheet, drift = read_csv(content, "")
    spelt = spelling(sheet, HEADERS)
    if spelt is None:
        raise missing([sheet], HEADERS, "a row per publication")
    headers = tuple(spelt.values())
    who = {row.CODE: part, row.NAME: name}
    return _numbered(
        tidy(
            find_table(sheet, headers, least=1),  # of two cells, one alone is no footnote
            lambda record: _published(record, spelt, day, who),
            drift=[*drift, *unmapped(sheet, headers)],
        )
    )


def _name(page: Page, part: str) -> tuple[str | None, list[str]]:
    """Return the name of the trust on its page and what is odd about it; raise StructureError for another's page."""
    labelled = sorted(set(CODE.findall(page.text)))
    if part not in labelled and (labelled or not re.search(rf"\b{re.escape(part)}\b", page.text)):
        found = f"that of {', '.join(labelled)}" if labelled else "a page without that code"
        raise StructureError(
            f"expected the page of {part}, found {found}; correct --part, or save the page again"
        )
    named = [heading for heading in page.headings if CALLED_A_TRUST.search(heading)]
    if not named:
        return None, ["no heading of the page names a trust"]
    return named[0], []


def _table(page: Page) -> Sheet:
    """Return the one table of a page that has the columns."""
    found = [sheet for sheet in page.tables if spelling(sheet, HEADERS)]
    if len(found) == 1:
        return found[0]
    if found or not page.tables:
        raise StructureError(
            f"expected one table with columns for {' and '.join(HEADERS)} on the page, found {len(found) or 'no table'}; save the page again"
        )
    raise missing(page.tables, HEADERS, "a table of publications")


def _published(record: Record, spelt: dict[str, str], day: date, who: dict[str, Any]) -> dict[str, Any]:
    text = record.text(spelt[STATUS])
    status, year = read_status(text, day)
    published_on = day_in(record, spelt[DATE], until=day)
    if year is None or published_on is None:
        raise ValueError(
            f"column {spelt[DATE]!r}: expected a published status and its day, found {text[:60]!r}"
        )
    if published_on.year < year:
        raise ValueError(
            f"column {spelt[DATE]!r}: expected a day from {year} on beside {text[:60]!r}, found {published_on}"
        )
    return ROW.read(
        record, spelt, **who, status=status, standard_year=financial_year(year), published_on=published_on
    )


def _numbered(parsed: Parsed) -> Parsed:
    """Return publications with their numbers, from the oldest, so that a new one changes no number."""
    ordered = parsed.rows.sort_values(["published_on", "source_row"], ascending=[True, False])
    numbers = pd.Series(range(1, len(ordered) + 1), index=ordered.index)
    return replace(parsed, rows=parsed.rows.assign(publication=numbers))


def facts(frame: pd.DataFrame) -> Facts:
    """Map staged rows to `dspt_history`: those of the newest page of each trust."""
    newest = frame[frame["edition"] == frame.groupby(row.CODE)["edition"].transform("max")]
    dated = on_snapshot(newest).assign(**by_year(newest["standard_year"]), value_status="published")
    return {"dspt_history": dated.assign(org_name_as_published=dated[row.NAME].fillna(dated[row.CODE]))}


def _stays(check: str, cell: str, severity: expectations.Severity = "ERROR") -> Guard:
    return Guard(check, "undone", "", 0, severity=severity, who="publication", cell=cell)


SOURCE = Source(
    "dspt_history",
    PROSE,
    editions=Editions(("day",), parts=(), pattern=PART, pattern_words="the code of a trust like RDY"),
    pages=tuple(Remote(f"{PAGES}/{code}", part=code, page=True) for code in open_trusts()),
    switch="DIGITAL_MATURITY_DSPT_CRAWL",
    crawl=Crawl(),
    table=TABLE,
    parse=parse,
    reads_part=True,
    facts=facts,
    absent={"dspt_history": PROSE["absent"]},
    once=(row.CODE, "publication"),
    expectations=(
        expectations.row_count("a_trust_has_published_a_few_times", (1, 200)),
        expectations.distinct("a_page_is_about_one_trust", row.CODE, (1, 1)),
        expectations.distinct("standards_are_of_the_years_since_2018", "standard_year", (1, 30)),
    ),
    guards=(
        guards.everybody_open(),
        _stays("publications_keep_their_days", "published_on"),
        _stays("publications_keep_their_statuses", "status", "WARN"),
        list_guards.not_older("published_on"),
    ),
)
