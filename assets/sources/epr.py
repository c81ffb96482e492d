"""Primary electronic patient record supplier of each trust on 1 October 2024, disclosed under Freedom of Information.

The file name says 1 January 2024, the sheet says 1 October 2024: the sheet is right, and the edition is its date.
"""

from typing import Any

import pandas as pd
import sqlalchemy as sa

from assets.contract import expectations, guards, prose, row
from assets.contract.parsed import Parsed
from assets.contract.periods import day_of, on_snapshot, organisation_types
from assets.contract.source import Editions, Facts, Revision, Source
from assets.reading.structure import Record, Workbook, find_table, tidy, unmapped

PROSE = prose.beside(__file__)
SUPPLIER = "Supplier (Primary EPR)"
NO_EPR = "No EPR"
TRUST_TYPES = {
    "acute": "acute",
    "mental health": "mental_health",
    "mental health and community (combined)": "mental_health_and_community",
    "community": "community",
    "ambulance": "ambulance",
}
ROW = row.Row(
    row.org_code("Organisation Code"),
    row.org_name("Organisation"),
    row.word("trust_type", "Trust Type (Primary)", TRUST_TYPES),
    row.given("supplier", sa.Text, SUPPLIER, nullable=True),
    row.given("has_epr", sa.Boolean),
    prose=PROSE,
)
HEADERS = ROW.headers
TABLE = ROW.staged("epr")


def parse(content: bytes, edition: str) -> Parsed:
    """Read the workbook of `edition` (an ISO date): a row per trust. Raises StructureError."""
    book = Workbook(content)
    sheet = book.sheet(f"EPR Suppliers {day_of(edition):%d.%m.%y}")
    ignored = [f"sheet {name!r} is hidden" for name in book.hidden]
    return tidy(find_table(sheet, HEADERS), _trust, drift=unmapped(sheet, HEADERS), ignored=ignored)


def _trust(record: Record) -> dict[str, Any]:
    supplier = " ".join(record.text(SUPPLIER).split())
    has_epr = not supplier.startswith(NO_EPR)
    return ROW.read(record, supplier=supplier if has_epr else None, has_epr=has_epr)


def facts(frame: pd.DataFrame) -> Facts:
    """Map staged rows to `epr_supplier`, and the trust type to `organisation_type`."""
    dated = on_snapshot(frame)
    suppliers = dated.assign(value_status=frame["has_epr"].map({True: "published", False: "z"}))
    types = organisation_types(dated, "primary_type", "trust_type")
    return {"epr_supplier": suppliers, "organisation_type": types}


SOURCE = Source(
    "epr",
    PROSE,
    editions=Editions(("day",)),
    table=TABLE,
    parse=parse,
    facts=facts,
    once=("org_code_as_published",),
    revision=Revision(groups=("trust_type",)),
    expectations=(
        expectations.row_count("about_as_many_trusts_as_there_are", (195, 230)),
        expectations.unique("one_row_per_trust", ["org_code_as_published"]),
        expectations.TRUST_CODES,
        expectations.statistic("most_trusts_have_a_record", "mean", "has_epr", (0.8, 1)),
        expectations.distinct("suppliers_are_a_market", "supplier", (10, 60)),
    ),
    guards=(
        *guards.usual(("supplier", "trust_type"), words=0.4),
        *guards.usual("has_epr", words=0.2),
        guards.no_repeat(("org_name_as_published", "trust_type", "supplier"), 1),
        guards.as_named("trust_type", {"AMBULANCE": "ambulance"}),
        guards.nobody_gone(),
        guards.everybody_open(),
        guards.known_values("supplier"),
    ),
)
