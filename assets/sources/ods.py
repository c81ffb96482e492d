"""Organisation Data Service: which trusts there are, where they are, when they opened and closed.

Two nightly reports without a header: `etr` (NHS trusts, Welsh ones among them) and `ect` (care trusts). The publisher
keeps no history of names, so every edition ever seen is kept: an edition is the day a report was retrieved, or the
financial year its content belongs to. Older copies have 24 columns and no quotes; newer ones have 27.
"""

import re

import pandas as pd
import sqlalchemy as sa

from assets.contract import expectations, guards, list_guards, prose, row
from assets.contract.columns import ORG_CODE
from assets.contract.parsed import Parsed, StructureError
from assets.contract.source import Coverage, Editions, Facts, Overlap, Remote, Revision, Source
from assets.organisations.curation import curated
from assets.reading.structure import Record, read_csv, safe_text, tidy

PROSE = prose.beside(__file__)
REPORT = "https://www.odsdatasearchandexport.nhs.uk/api/getReport?report={}"
FIELDS = {
    "code": 0,
    "name": 1,
    "region": 2,
    "geography": 3,
    "postcode": 9,
    "open date": 10,
    "close date": 11,
    "GOR": 23,
}
"""Places of the fields in the publisher's fixed layout (etr.pdf, "standard 27 field format")."""
WIDTHS = (24, 27)
REGIONS = (*(f"Y{number}" for number in range(54, 64)), "W00")


def _straight(name: str) -> str:
    """Return a name with straight apostrophes, as the publisher writes them; a program may have curled them."""
    return " ".join(name.replace("\u2018", "'").replace("\u2019", "'").split())


def _name(record: Record, header: str) -> str:
    return safe_text(_straight(record.text(header)), "name")


ROW = row.Row(
    row.org_code("code", name="org_code"),
    row.made("name", sa.Text, "name", _name),
    row.text("region_code", "region", missing="", pattern=r"^[YW]\d\d$"),
    row.text("icb_code", "geography", missing="", pattern=ORG_CODE),
    row.text("postcode", "postcode", missing=""),
    row.text("gor_code", "GOR", pattern="^[A-Z]$"),
    row.day("open_date", "open date", "%Y%m%d"),
    row.day("close_date", "close date", "%Y%m%d", optional=True),
    prose=PROSE,
)
TABLE = ROW.staged("ods", own_headers=True)


def parse(content: bytes, edition: str) -> Parsed:  # noqa: ARG001 - every edition has the same layout
    """Read an `etr` or `ect` report: a row per organisation. Raises StructureError for another width or alphabet."""
    sheet, drift = read_csv(content, "", encoding="ascii")
    widths = sorted({len(cells) for cells in sheet.rows})
    if len(widths) != 1 or widths[0] not in WIDTHS:
        expected, found = " or ".join(map(str, WIDTHS)), ", ".join(map(str, widths))
        raise StructureError(f"expected {expected} columns in every row, found {found}")
    first = sheet.rows[0][0]
    if not re.match(ORG_CODE, first):
        raise StructureError(f"row 1: expected an organisation code in column 1, found {first[:40]!r}")
    records = [
        Record("", number, {field: cells[place] for field, place in FIELDS.items()}, {})
        for number, cells in enumerate(sheet.rows, start=1)
    ]
    names = {record.row: _straight(record.cells["name"]) for record in records}
    if foreign := [(place, name) for place, name in names.items() if not name.isascii()]:
        place, name = foreign[0]
        raise StructureError(
            f"row {place}: expected a name in ASCII, found {name[:60]!r} ({len(foreign)} of {len(names)} rows); other letters can look the same"
        )
    return tidy(records, ROW.read, drift=drift)


def facts(frame: pd.DataFrame) -> Facts:
    """Map nothing: organisations are not facts about trusts but the trusts themselves (`assets.organisations`)."""
    del frame
    return {}


def coverage(frame: pd.DataFrame) -> list[Coverage]:
    """Say what of the service is not read: its report of succession."""
    del frame
    return [Coverage("succession report of the new service", 0, 1, "never fetched", PROSE["succession"])]


def _reorganised(column: str) -> tuple[tuple[str, str], ...]:
    """Return the first and last day of each time when a column was given new codes."""
    rows = curated("reorganisations").rows
    return tuple((str(row["first_day"]), str(row["last_day"])) for row in rows if row["column"] == column)


DATES = ("open_date", "close_date")
SOURCE = Source(
    "ods",
    PROSE,
    editions=Editions(("day", "financial_year"), parts=("etr", "ect")),
    remotes=tuple(Remote(REPORT.format(report), part=report) for report in ("etr", "ect")),
    table=TABLE,
    parse=parse,
    facts=facts,
    coverage=coverage,
    once=("org_code",),
    revision=Revision(groups=("region_code",)),
    overlap=Overlap(key=("org_code",), columns=("open_date",), differing=0.02),
    expectations=(
        expectations.unique("one_row_per_organisation", ["org_code"]),
        expectations.like("codes_are_trust_codes", "org_code", expectations.TRUST_CODE),
        expectations.like("names_are_trust_names", "name", "TRUST|HEALTH BOARD", mostly=0.98),
        expectations.above("closing_follows_opening", "close_date", "open_date", or_equal=True),
        expectations.row_count("as_many_organisations_as_a_report_holds", (3, 400)),
        expectations.among("regions_are_known", "region_code", REGIONS, severity="WARN"),
    ),
    # Each limit lies between the worst real pair of lists and the mutation: docs/reliability.md has both.
    guards=(
        guards.nobody_gone(who="org_code"),
        list_guards.still_listed(0.15),
        list_guards.steady("name", 0.03, per_year=0.04),
        list_guards.steady("postcode", 0.03, per_year=0.05),
        list_guards.steady("gor_code", 0.03, per_year=0.04),
        list_guards.steady("region_code", 0.03, per_year=0.01, days=_reorganised("region_code")),
        list_guards.steady("icb_code", 0.03, per_year=0.02, days=_reorganised("icb_code")),
        list_guards.steady("open_date", 0.01),
        list_guards.not_those_of_others("name"),
        list_guards.not_shared("name", *DATES),
        list_guards.never_undone("close_date"),
        list_guards.few_at_once("close_date", 6, per_year=5),
        list_guards.not_older(*DATES),
        list_guards.no_opening_ahead("open_date", days=92),
        list_guards.no_closing_far_ahead("close_date", days=366),
        list_guards.follows("icb_code", "region_code", 0.98),
        list_guards.follows("postcode", "gor_code", 0.94, pattern="^([A-Z]+)"),
    ),
)
