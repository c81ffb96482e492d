"""Digital programmes: who was a Global Digital Exemplar, a fast follower, a Digital Aspirant.

Nobody publishes this as data. It is a register transcribed from the articles and announcements named row by row, in
three files of one edition: `programmes` (who was named, proposed or dropped, when and by whom), `accreditations`, and
`additions` (members found later). `coverage` says how many of the members of each role are held.
"""

import re
from typing import Any

import pandas as pd
import sqlalchemy as sa

from assets.contract import expectations, guards, prose, row
from assets.contract.columns import CARE_SETTINGS, EVIDENCE_GRADES
from assets.contract.parsed import Parsed, StructureError
from assets.contract.periods import first_day
from assets.contract.source import Coverage, Facts, counted, transcribed
from assets.reading.registers import graded
from assets.reading.structure import Record, Sheet, find_table, normal, read_csv, tidy

PROSE = prose.beside(__file__)
PROGRAMMES = (
    *("programme", "role", "care_setting", "wave", "trust_name_at_time", "ods_code_at_time"),
    *("partner_ods_code", "announced_on", "source_url", "note"),
)
ACCREDITATIONS = ("ods_code_at_time", "trust_name_at_time", "role", "fact", "as_of", "source_url", "seen")
ADDITIONS = (
    *("programme", "wave", "role", "ods_code", "trust_name_as_stated", "date", "source_url"),
    *("confidence", "note"),
)
CONFIRMED = {("RAP", "fast_follower"), ("R1L", "seed")}
"""Rows of the additions about members that the register has already, by code and role."""
CORRECTED = {("RLN", "2021-08"): "R0B"}
"""Accreditations (code and date) that are wrong, with the code the right one is under in the additions.

The trust's own page dates the accreditation of Sunderland to February 2020 (`source_url` of the addition); August 2021
was the month of an article about it.
"""
MEMBER = {right: wrong for (wrong, _), right in CORRECTED.items()}
FOLLOWED = re.compile(r"^fast follower of [^(]*\((R\w\w)\b")
"""Whom an added fast follower was paired with, as its note says."""
ADDED_PROGRAMMES = {"gde": "GDE", "gde accreditation": "GDE", "digital aspirant": "digital_aspirant"}
ROLES = {
    "exemplar": ("exemplar", "member"),
    "fast_follower": ("fast_follower", "member"),
    "fast_follower_withdrawn": ("fast_follower", "withdrawn"),
    "fast_follower_proposed": ("fast_follower", "proposed"),
    "aspirant": ("aspirant", "member"),
    "aspirant_seed": ("aspirant_seed", "member"),
}
"""Role and event for each role of the register."""
ROLE = {word: role for word, (role, _) in ROLES.items()}
EVENTS = ("member", "withdrawn", "proposed", "accredited")
PRECISION = {4: "year", 7: "month", 10: "day"}
MEMBERSHIP_INFERRED = re.compile(r"(confirmation|part of \w+ \d{4} \d+) INFERRED")
MEMBERS = {"fast_follower": 25, "exemplar": 26, "aspirant": 59}
"""Members each role had in all: 26 exemplars, 51 organisations with the fast followers, 59 Digital Aspirants."""

ROW = row.Row(
    row.given("event", sa.Text, allowed=EVENTS),
    row.given("programme", sa.Text, allowed=["GDE", "digital_aspirant"]),
    row.given("role", sa.Text, allowed=dict.fromkeys(ROLE.values())),
    row.given("care_setting", sa.Text, allowed=CARE_SETTINGS, nullable=True),
    row.given("wave", sa.Text, nullable=True),
    row.org_name("trust_name_at_time"),
    row.org_code("ods_code_at_time"),
    row.given("partner_org_codes", sa.Text, nullable=True),
    row.given("event_date", sa.Text),
    row.given("date_precision", sa.Text, allowed=["day", "month", "year"]),
    row.given("basis", sa.Text, allowed=["named", "inferred"]),
    row.text("source_url", "source_url", pattern="^https?://.+$"),
    row.given("evidence_grade", sa.Text, allowed=EVIDENCE_GRADES),
    row.text("note", "note", missing=""),
    prose=PROSE,
)
TABLE = ROW.staged("gde", own_headers=True)
NOTHING = dict.fromkeys(("care_setting", "wave", "partner_org_codes"))


def parse(content: bytes, edition: str) -> Parsed:  # noqa: ARG001 - every edition has the same layout
    """Read a register file, whose headers say which register it is: a row per event. Raises StructureError."""
    sheet, drift = read_csv(content, "")
    headers = {normal(cell) for cell in sheet.rows[0]}
    if "fact" in headers:
        return _accreditations(sheet, drift)
    if "confidence" in headers:
        return _additions(sheet, drift)
    return tidy(find_table(sheet, PROGRAMMES), _event, drift=drift)


def _accreditations(sheet: Sheet, drift: list[str]) -> Parsed:
    records = find_table(sheet, ACCREDITATIONS)
    found = [
        r for r in records if r.cells["fact"] == "gde_accredited" and r.cells["source_url"][:4] == "http"
    ]
    if not found:
        raise StructureError("expected rows with fact 'gde_accredited' and an address, found none")
    kept = [r for r in found if (r.cells["ods_code_at_time"], r.cells["as_of"]) not in CORRECTED]
    ignored = [f"{len(records) - len(found)} rows about suppliers or without an address anyone can open"]
    if corrected := len(found) - len(kept):
        ignored.append(f"{corrected} accreditations that the additions correct")
    return tidy(kept, _accreditation, drift=drift, ignored=ignored)


def _additions(sheet: Sheet, drift: list[str]) -> Parsed:
    records = find_table(sheet, ADDITIONS)
    cells = ((r, r.cells["ods_code"], r.cells["role"]) for r in records)
    kept = [record for record, code, role in cells if code and (code, role) not in CONFIRMED]
    ignored = [f"{len(records) - len(kept)} rows that confirm a member of the register or name no trust"]
    return tidy(kept, _addition, drift=drift, ignored=ignored)


def _addition(record: Record) -> dict[str, Any]:
    accredited = record.text("programme") == "GDE accreditation"
    followed = FOLLOWED.match(record.optional("note") or "")
    return ROW.read(
        record,
        {"trust_name_at_time": "trust_name_as_stated", "ods_code_at_time": "ods_code"},
        **_dated(record, "date"),
        event="accredited" if accredited else "member",
        programme=record.one_of("programme", ADDED_PROGRAMMES),
        role=record.one_of("role", ROLE),
        # the members added so far are acute trusts of the first wave
        care_setting=None if accredited else "acute",
        wave=None if accredited else "1",
        partner_org_codes=followed[1] if followed else None,
        basis="named",
    )


def _event(record: Record) -> dict[str, Any]:
    if (word := record.text("role")) not in ROLES:
        raise ValueError(f"column 'role': expected one of {', '.join(ROLES)}, found {word[:40]!r}")
    role, event = ROLES[word]
    inferred = MEMBERSHIP_INFERRED.search(record.optional("note") or "")
    cells = {name: record.text(name) for name in ("programme", "care_setting", "wave")}
    partners = record.optional("partner_ods_code")
    basis = "inferred" if inferred else "named"
    dated = _dated(record, "announced_on")
    return ROW.read(
        record, None, **cells, **dated, event=event, role=role, partner_org_codes=partners, basis=basis
    )


def _accreditation(record: Record) -> dict[str, Any]:
    found = {"event": "accredited", "programme": "GDE", "role": record.one_of("role", ROLE), "basis": "named"}
    return ROW.read(record, {"note": "seen"}, **NOTHING, **found, **_dated(record, "as_of"))


def _dated(record: Record, when: str) -> dict[str, Any]:
    """Return the date of an event, its precision, and how well founded it is."""
    day = record.text(when)
    first_day(day)
    if len(day) not in PRECISION:
        raise ValueError(f"expected a day, month or year like 2016-09-07, found {day[:40]!r}")
    grade = graded(record.text("source_url"))
    return {"event_date": day, "date_precision": PRECISION[len(day)], "evidence_grade": grade}


def facts(frame: pd.DataFrame) -> Facts:
    """Map staged events to `programme_membership`, `programme_pairing` and `programme_candidate`."""
    day = pd.Series([first_day(text) for text in frame["event_date"]], index=frame.index)
    events = frame.assign(period_start=day, period_end=None, resolve_on=day, value_status="published")
    members = events[events["event"] == "member"]
    codes = members["org_code_as_published"]
    accredited = events[events["event"] == "accredited"]
    accredited = accredited.set_index(accredited["org_code_as_published"].replace(MEMBER))
    membership = members.assign(
        start_date=members["event_date"],
        end_date=None,
        status=codes.isin(accredited.index).map({True: "accredited", False: "member"}),
        accredited_on=codes.map(accredited["event_date"]),
        accreditation_url=codes.map(accredited["source_url"]),
    )
    followers = members[members["role"] == "fast_follower"]
    pairing = followers.assign(exemplar_org_code=followers["partner_org_codes"])
    candidates = events[events["event"].isin(["proposed", "withdrawn"])]
    candidate = candidates.assign(
        status=candidates["event"],
        announced_on=candidates["event_date"],
        partner_org_code=candidates["partner_org_codes"],
    )
    found = {"programme_membership": membership, "programme_pairing": pairing}
    return {**found, "programme_candidate": candidate}


def coverage(frame: pd.DataFrame) -> list[Coverage]:
    """Count the members held beside the number each role had in all."""
    roles = frame.loc[frame["event"] == "member", "role"].replace({"aspirant_seed": "aspirant"})
    return [
        counted(f"{role} held by name", (roles == role).sum(), expected, PROSE[role], "not published")
        for role, expected in MEMBERS.items()
    ]


EVENT = ("event", "programme", "role", "org_code_as_published")
SOURCE = transcribed(
    "gde",
    PROSE,
    parts=("accreditations", "additions", "programmes"),
    table=TABLE,
    parse=parse,
    facts=facts,
    coverage=coverage,
    absent=dict.fromkeys(
        ("programme_membership", "programme_pairing", "programme_candidate"), PROSE["absent"]
    ),
    once=EVENT,
    expectations=(
        expectations.row_count("as_many_rows_as_the_register_holds", (3, 200)),
        expectations.unique("a_trust_has_an_event_once", EVENT),
        expectations.ADDRESSES,
        expectations.like("dates_are_dates", "event_date", "^20[12]\\d(-[01]\\d(-[0-3]\\d)?)?$"),
    ),
    guards=(
        *guards.usual(("role", "care_setting"), words=0.5, by=("programme", "event")),
        guards.nobody_gone(),
    ),
)
