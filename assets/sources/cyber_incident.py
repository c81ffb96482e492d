"""Cyber incidents by trust: who was affected, how, and how well founded that is.

Two registers of one edition. `incidents` was transcribed from statements and articles, each named row by row.
`wannacry` holds the acute trusts that a public data set calls infected or affected by WannaCry, without saying how it
knows: its rows have the grade `unverified` and stay apart. Affected through a supplier is not breached.
"""

from typing import Any

import pandas as pd
import sqlalchemy as sa

from assets.contract import expectations, guards, prose, row
from assets.contract.columns import UNVERIFIED
from assets.contract.parsed import Parsed, StructureError
from assets.contract.source import Facts, transcribed
from assets.reading import registers
from assets.reading.structure import Record, find_table, normal, read_csv, tidy, unmapped

PROSE = prose.beside(__file__)
WAYS = ("own_systems", "through_supplier", "through_another_trust", "not_stated")
INCIDENTS = {
    "advanced_2022": "through_supplier",
    "alder_hey_2024": "own_systems",
    "barts_2017": "own_systems",
    "oracle_ebs_2025": "own_systems",
    "synnovis_2024": "through_supplier",
    "wannacry_2017": "not_stated",
    "wirral_2024": "own_systems",
}
"""How an incident affected the trusts of its rows, as their sources say."""
HOLDER = {"alder_hey_2024": "RBS", "oracle_ebs_2025": "R1H"}
"""The trust that held the systems of an incident; the other trusts of its rows were affected through them."""
UNCONFIRMED = ("ivanti_2025",)
"""Incidents whose trusts have not confirmed anything in what was read: left out."""
WANNACRY = {
    "incident": "wannacry_2017",
    "incident_title": "WannaCry",
    "event_date": "2017-05-12",
    "date_precision": "day",
    "date_basis": "stated",
    "confidence": "low",
    "evidence_grade": UNVERIFIED,
    "source_type": "public data set, origin not stated",
}
"""What all rows of the list of WannaCry have in common."""
SPELT_IN_LIST = {"organisation_as_stated": "organisation_name_2016", "effect": "wannacry_status"}
LIST_STATUSES = {"infected": "own_systems", "affected, not infected": "not_stated"}
LIST = ("ods_code", "organisation_name_2016", "wannacry_status", "source")

ROW = row.Row(
    row.org_code("ods_code"),
    row.org_name("organisation_as_stated"),
    row.text("incident", "incident_id"),
    row.text("incident_title", "incident"),
    row.given("affected", sa.Text, allowed=WAYS),
    row.text("effect", "effect"),
    *registers.FIELDS,
    row.text("source_type", "source_type"),
    prose=PROSE,
)
TABLE = ROW.staged("cyber_incident", own_headers=True)

cyber_incident = ROW.fact(
    "cyber_incident",
    ("incident", "incident_title", "affected", "effect", *registers.PUBLISHED, "source_type"),
    key=["incident", "org_code", "evidence_grade", "edition"],
)


def parse(content: bytes, edition: str) -> Parsed:  # noqa: ARG001 - every edition has the same layout
    """Read one of the two registers, whose headers say which: a row per incident and trust. Raises StructureError."""
    sheet, drift = read_csv(content, "")
    if not sheet.rows:
        raise StructureError("expected a register of incidents, found an empty file")
    if "wannacry_status" in map(normal, sheet.rows[0]):
        drift += unmapped(sheet, LIST, ("note",))
        return tidy(find_table(sheet, LIST), _listed, drift=drift)
    headers = (*ROW.headers, *registers.HEADERS)
    records = find_table(sheet, headers)
    why_not = {record.row: why for record in records if (why := _left_out(record))}
    kept = [record for record in records if record.row not in why_not]
    ignored = [f"row {number}: {why}" for number, why in why_not.items()]
    return tidy(kept, _affected, drift=[*drift, *unmapped(sheet, headers)], ignored=ignored)


def _left_out(record: Record) -> str:
    """Return why a row is about no trust that was affected for certain; empty for one that is."""
    if record.cells["incident_id"].strip() in UNCONFIRMED:
        return "the trusts have not confirmed it"
    if normal(record.cells["effect"]).startswith("not affected"):
        return "the trust was not affected"
    return "not about a trust" if "(not a trust)" in normal(record.cells["organisation_as_stated"]) else ""


def _affected(record: Record) -> dict[str, Any]:
    incident = record.text("incident_id")
    if incident not in INCIDENTS:
        known = ", ".join(INCIDENTS)
        raise ValueError(
            f"column 'incident_id': expected one of {known}, found {incident[:40]!r}: how it affected trusts is not known"
        )
    way = INCIDENTS[incident]
    if HOLDER.get(incident) not in {None, record.code("ods_code")}:
        way = "through_another_trust"
    grade = registers.graded(record.text("source_url"))
    return ROW.read(record, None, **registers.dated(record), affected=way, evidence_grade=grade)


def _listed(record: Record) -> dict[str, Any]:
    """Return the row of a trust in the list of WannaCry, whose origin is not stated: the address is of the data set."""
    way = record.one_of("wannacry_status", LIST_STATUSES)
    url = f"https://github.com/{record.text('source').split()[0]}"
    return ROW.read(record, SPELT_IN_LIST, **WANNACRY, affected=way, source_url=url)


def facts(frame: pd.DataFrame) -> Facts:
    """Map staged rows to `cyber_incident`."""
    return {"cyber_incident": registers.on_their_days(frame)}


AFFECTED = ("incident", "org_code_as_published")
SOURCE = transcribed(
    "cyber_incident",
    PROSE,
    parts=("incidents", "wannacry"),
    table=TABLE,
    parse=parse,
    facts=facts,
    absent={"cyber_incident": PROSE["absent"]},
    once=AFFECTED,
    expectations=(
        expectations.row_count("as_many_rows_as_a_register_holds", (20, 500)),
        expectations.unique("a_trust_is_affected_once", AFFECTED),
        expectations.TRUST_CODES,
        expectations.ADDRESSES,
        expectations.among("incidents_are_known", "incident", INCIDENTS),
        expectations.unlike("nobody_is_listed_as_not_affected", "effect", "^(?i:not affected)"),
    ),
    guards=(*guards.usual(("effect", "affected"), words=0.5, by=("incident",)), guards.nobody_gone()),
)
