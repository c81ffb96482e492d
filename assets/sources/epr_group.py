"""Frontline Digitisation: how far NHS England judged each trust to be from an electronic patient record (EPR).

One list of May 2023, of management information that NHS England has not published: a copy lies in a public repository
of NHSX. Group 0 had no record, group 3 one with the core capabilities; the list names no supplier.
"""

from typing import Any

import pandas as pd
import sqlalchemy as sa

from assets.contract import expectations, guards, prose, row
from assets.contract.columns import snapshot
from assets.contract.parsed import Parsed
from assets.contract.periods import day_of, on_snapshot
from assets.contract.source import Editions, Facts, Revision, Source
from assets.reading.rows import csv_rows
from assets.reading.structure import Record

PROSE = prose.beside(__file__)
GROUPS = {f"group {number}": number for number in range(4)}
STATUSES = {
    "implementing a new": "implementing_new",
    "implementing shared": "implementing_shared",
    "extend": "extending",
    "optimising": "optimising",
    "already meets the core capabilities in the mdf": "meets_core_capabilities",
}
"""The publisher's words; the MDF is the minimum digital foundations that the programme asks of a record."""
REPORTED = "Bi_Weekly_Report_Date"
GROUP, STATUS, TYPE = "EPR_Group", "Current_EPR_Status", "Trust_Type"
IN_GROUPS: dict[str, Any] = {"unit": "group", "aggregation": "none", "minimum": 0, "maximum": 3}


def _group(record: Record, header: str) -> int:
    return int(record.one_of(header, GROUPS))


def _status(record: Record, header: str) -> Any:
    return record.one_of(header, STATUSES) if record.optional(header) else None


ROW = row.Row(
    row.org_code("trust_ods_code"),
    row.org_name("Organisation_Name"),
    row.text("trust_type_as_published", TYPE),
    row.made("epr_group", sa.Integer, GROUP, _group, **IN_GROUPS),
    row.made("epr_status", sa.Text, STATUS, _status, allowed=STATUSES.values(), nullable=True),
    prose=PROSE,
)
TABLE = ROW.staged("epr_group")
UNREAD = ("STP_Code", "date_updated")

epr_group = ROW.fact(
    "epr_group",
    ["epr_group", "epr_status", "trust_type_as_published", *snapshot("the list")],
    key=["org_code", "edition"],
)


def parse(content: bytes, edition: str) -> Parsed:
    """Read the list of `edition`, an ISO day: a row per trust. Raises StructureError; a row of another day is rejected."""
    day = day_of(edition)

    def of_the_day(record: Record) -> dict[str, Any]:
        if (found := record.day(REPORTED, "%Y-%m-%d")) != day:
            raise ValueError(f"column {REPORTED!r}: expected {day}, the day of the edition, found {found}")
        return {}

    return csv_rows(ROW, content, of_the_day, more=(REPORTED,), unread=UNREAD)


def facts(frame: pd.DataFrame) -> Facts:
    """Map staged rows to `epr_group`."""
    return {"epr_group": on_snapshot(frame).assign(value_status="published")}


BUYING, HAVING = ["implementing_new", "implementing_shared"], ["meets_core_capabilities"]
AMBULANCES = {"AMBULANCE": "Ambulance"}
SOURCE = Source(
    "epr_group",
    PROSE,
    editions=Editions(("day",)),
    table=TABLE,
    parse=parse,
    facts=facts,
    once=("org_code_as_published",),
    revision=Revision(groups=("epr_group", "trust_type_as_published")),
    expectations=(
        expectations.row_count("about_as_many_trusts_as_there_are", (195, 230)),
        expectations.unique("one_row_per_trust", ["org_code_as_published"]),
        expectations.TRUST_CODES,
        expectations.exactly("every_group_is_there", "epr_group", GROUPS.values()),
        expectations.filled("almost_every_trust_has_a_status", "epr_status", 0.95),
        expectations.where(
            ("epr_group", "==", 3),
            expectations.among("group_3_has_a_record", "epr_status", HAVING, mostly=0.9),
        ),
        expectations.where(
            ("epr_group", "==", 0),
            expectations.among("group_0_gets_a_record", "epr_status", BUYING, mostly=0.9),
        ),
    ),
    guards=(
        *guards.usual("epr_group", order=0.5, slipped=None),
        *guards.usual(("epr_status", "trust_type_as_published"), words=0.3),
        guards.no_repeat(("org_name_as_published", "epr_group", "epr_status"), 1),
        guards.as_named("trust_type_as_published", AMBULANCES),
        guards.nobody_gone(),
        guards.everybody_open(),
        guards.known_values("epr_group"),
    ),
)
