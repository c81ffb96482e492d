"""When trusts went live with an electronic patient record (EPR), planned to, put it off or switched it off.

A register transcribed from answers in Parliament, articles and announcements, each named row by row. Nobody publishes
such a list: a trust without an event may well have a system.
"""

from typing import Any

import pandas as pd

from assets.contract import expectations, guards, prose, row
from assets.contract.parsed import Parsed
from assets.contract.source import Facts, transcribed
from assets.reading import registers
from assets.reading.rows import csv_rows
from assets.reading.structure import Record

PROSE = prose.beside(__file__)
EVENTS = (
    *("supplier_chosen", "contract_announced", "contract_start", "planned_go_live", "deferred"),
    *("went_live", "live_by", "switched_off"),
)
ENCYCLOPEDIA = "encyclopedia"

ROW = row.Row(
    row.org_code("ods_code", optional=True),
    row.org_name("trust_name_as_stated"),
    row.word("event", "event", {word: word for word in EVENTS}),
    row.text("supplier", "supplier"),
    row.text("product", "product", missing=""),
    *registers.FIELDS,
    row.text("source_type", "source_type"),
    row.text("note", "scope_or_note", missing=""),
    prose=PROSE,
)
TABLE = ROW.staged("epr_event", own_headers=True)

epr_event = ROW.fact(
    "epr_event",
    ("event", "supplier", "product", *registers.PUBLISHED, "source_type", "note"),
    key=["org_code", "event", "event_date", "supplier", "edition"],
)


def _event(record: Record) -> dict[str, Any]:
    """Return the date of an event and its grade; what an encyclopedia says was transcribed from it."""
    found = registers.dated(record)
    if found["event_date"] is None:
        raise ValueError("column 'date': expected a date, found none: an event without one is no event here")
    copied = record.text("source_type").startswith(ENCYCLOPEDIA)
    grade = "transcribed" if copied else registers.graded(record.text("source_url"))
    return {**found, "evidence_grade": grade}


def parse(content: bytes, edition: str) -> Parsed:  # noqa: ARG001 - every edition has the same layout
    """Read the register: a row per event. Raises StructureError."""
    return csv_rows(ROW, content, _event, more=registers.HEADERS)


def facts(frame: pd.DataFrame) -> Facts:
    """Map staged rows to `epr_event`."""
    return {"epr_event": registers.on_their_days(frame)}


EVENT = ("org_code_as_published", "org_name_as_published", "event", "event_date", "supplier")
SOURCE = transcribed(
    "epr_event",
    PROSE,
    table=TABLE,
    parse=parse,
    facts=facts,
    absent={"epr_event": PROSE["absent"]},
    once=EVENT,
    expectations=(
        expectations.row_count("as_many_events_as_the_register_holds", (20, 2000)),
        expectations.unique("an_event_is_listed_once", EVENT),
        expectations.ADDRESSES,
        expectations.filled("almost_every_trust_has_a_code", "org_code_as_published", 0.9),
        expectations.distinct("events_differ", "event", (3, None)),
        expectations.distinct("suppliers_are_a_market", "supplier", (5, 60)),
    ),
    guards=(
        *guards.usual(("supplier", "confidence"), words=0.5, by=("event", "event_date")),
        guards.nobody_gone(),
    ),
)
