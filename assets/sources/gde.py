"""Digital programmes: who was a Global Digital Exemplar, a fast follower, a Digital Aspirant.

Nobody publishes this as data. It is a register transcribed from the articles and announcements named row by row, in
three files of one edition: `programmes` (who was named, proposed or dropped, when and by whom), `accreditations`, and
`additions` (members found later). What the register does not hold is published too: `coverage` says how many of the
members each role had are held here.
"""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pandas as pd
import sqlalchemy as sa

from assets.contract import expectations, guards
from assets.contract.columns import CARE_SETTINGS, EVIDENCE_GRADES, column, org_code, staged
from assets.contract.edition_shape import Editions
from assets.contract.notes import Coverage, caveats
from assets.contract.parsed import Parsed, StructureError
from assets.contract.periods import first_day
from assets.contract.source import TRANSCRIBED, Facts, Source
from assets.reading.structure import Record, Sheet, find_table, normal, read_csv, tidy

PROGRAMMES = (
    "programme",
    "role",
    "care_setting",
    "wave",
    "trust_name_at_time",
    "ods_code_at_time",
    "partner_ods_code",
    "announced_on",
    "source_url",
    "note",
)
ACCREDITATIONS = ("ods_code_at_time", "trust_name_at_time", "role", "fact", "as_of", "source_url", "seen")
ADDITIONS = (
    "programme",
    "wave",
    "role",
    "ods_code",
    "trust_name_as_stated",
    "date",
    "source_url",
    "confidence",
    "note",
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
EVENTS = ("member", "withdrawn", "proposed", "accredited")
PRECISION = {4: "year", 7: "month", 10: "day"}
MEMBERSHIP_INFERRED = re.compile(r"(confirmation|part of \w+ \d{4} \d+) INFERRED")
MEMBERS = {"fast_follower": 25, "exemplar": 26, "aspirant": 59}
"""Members each role had in all: 26 exemplars, 51 organisations with the fast followers, 59 Digital Aspirants."""

TABLE = staged(
    "gde",
    "Digital programme events by trust: named, proposed, withdrawn, accredited.",
    [
        column("event", sa.Text, "What happened.", allowed=EVENTS),
        column("programme", sa.Text, "Programme.", allowed=["GDE", "digital_aspirant"]),
        column(
            "role",
            sa.Text,
            "Role in the programme.",
            allowed=dict.fromkeys(role for role, _ in ROLES.values()),
        ),
        column("care_setting", sa.Text, "Care setting of the award.", allowed=CARE_SETTINGS, nullable=True),
        column("wave", sa.Text, "Wave of the programme.", nullable=True),
        column("org_name_as_published", sa.Text, "Trust at the time."),
        org_code("org_code_as_published", "ODS code, inferred from the name by the register."),
        column("partner_org_codes", sa.Text, "ODS codes of the trusts it was paired with.", nullable=True),
        column("event_date", sa.Text, "Date as precise as the source: day, month or year."),
        column("date_precision", sa.Text, "How precise it is.", allowed=["day", "month", "year"]),
        column("basis", sa.Text, "Whether the source names the trust.", allowed=["named", "inferred"]),
        column("source_url", sa.Text, "Article or announcement.", pattern="^https?://.+$"),
        column("evidence_grade", sa.Text, "How well founded it is.", allowed=EVIDENCE_GRADES),
        column("note", sa.Text, "What the transcriber noticed.", nullable=True),
    ],
)


def parse(content: bytes, edition: str) -> Parsed:  # noqa: ARG001 - every edition has the same layout
    """Read a register file, told apart by its headers: a row per event. Raises StructureError."""
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
        r for r in records if r.cells["fact"] == "gde_accredited" and r.cells["source_url"].startswith("http")
    ]
    if not found:
        raise StructureError(["expected rows with fact 'gde_accredited' and an address, found none"])
    kept = [r for r in found if (r.cells["ods_code_at_time"], r.cells["as_of"]) not in CORRECTED]
    corrected = len(found) - len(kept)
    ignored = [
        f"{len(records) - len(found)} rows about suppliers or without an address anyone can open",
        *([f"{corrected} accreditations that the additions correct"] if corrected else []),
    ]
    return tidy(kept, _accreditation, drift=drift, ignored=ignored)


def _additions(sheet: Sheet, drift: list[str]) -> Parsed:
    records = find_table(sheet, ADDITIONS)
    kept = [
        r for r in records if r.cells["ods_code"] and (r.cells["ods_code"], r.cells["role"]) not in CONFIRMED
    ]
    ignored = [f"{len(records) - len(kept)} rows that confirm a member of the register or name no trust"]
    return tidy(kept, _addition, drift=drift, ignored=ignored)


def _addition(record: Record) -> list[dict[str, Any]]:
    note = record.optional("note") or ""
    accredited = record.text("programme") == "GDE accreditation"
    followed = FOLLOWED.match(note)
    return [
        {
            **_dated(record, "date"),
            "org_name_as_published": record.text("trust_name_as_stated"),
            "org_code_as_published": record.code("ods_code"),
            "event": "accredited" if accredited else "member",
            "programme": record.one_of("programme", ADDED_PROGRAMMES),
            "role": record.one_of("role", {role: found for role, (found, _) in ROLES.items()}),
            # the members added so far are acute trusts of the first wave
            "care_setting": None if accredited else "acute",
            "wave": None if accredited else "1",
            "partner_org_codes": followed[1] if followed else None,
            "basis": "named",
            "note": note or None,
        }
    ]


def _event(record: Record) -> list[dict[str, Any]]:
    if record.text("role") not in ROLES:
        raise ValueError(
            f"column 'role': expected one of {', '.join(ROLES)}, found {record.text('role')[:40]!r}"
        )
    role, event = ROLES[record.text("role")]
    note = record.optional("note")
    return [
        {
            **_common(record, "announced_on"),
            "event": event,
            "programme": record.text("programme"),
            "role": role,
            "care_setting": record.text("care_setting"),
            "wave": record.text("wave"),
            "partner_org_codes": record.optional("partner_ods_code"),
            "basis": "inferred" if MEMBERSHIP_INFERRED.search(note or "") else "named",
            "note": note,
        }
    ]


def _accreditation(record: Record) -> list[dict[str, Any]]:
    return [
        {
            **_common(record, "as_of"),
            "event": "accredited",
            "programme": "GDE",
            "role": record.one_of("role", {role: found for role, (found, _) in ROLES.items()}),
            "care_setting": None,
            "wave": None,
            "partner_org_codes": None,
            "basis": "named",
            "note": record.optional("seen"),
        }
    ]


def _common(record: Record, when: str) -> dict[str, Any]:
    return {
        "org_name_as_published": record.text("trust_name_at_time"),
        "org_code_as_published": record.code("ods_code_at_time"),
        **_dated(record, when),
    }


def _dated(record: Record, when: str) -> dict[str, Any]:
    """Return the date of an event, where it is reported and how well founded that is."""
    day = record.text(when)
    url = record.text("source_url")
    official = str(urlsplit(url).hostname).endswith((".nhs.uk", ".gov.uk"))
    return {
        "event_date": day,
        "date_precision": _precision(day),
        "source_url": url,
        "evidence_grade": "administrative" if official else "press-reported",
    }


def _precision(day: str) -> str:
    """Return how precise a date is; raise ValueError where it is none."""
    first_day(day)
    if len(day) not in PRECISION:
        raise ValueError(f"expected a day, month or year like 2016-09-07, found {day[:40]!r}")
    return PRECISION[len(day)]


def facts(frame: pd.DataFrame) -> Facts:
    """Map staged events to `programme_membership`, `programme_pairing` and `programme_candidate`."""
    day = pd.Series([first_day(text) for text in frame["event_date"]], index=frame.index)
    events = frame.assign(period_start=day, period_end=None, resolve_on=day, value_status="published")
    dropped = ["event", "event_date", "partner_org_codes"]
    members = events[events["event"] == "member"]
    accredited = events[events["event"] == "accredited"]
    accredited = accredited.set_index(accredited["org_code_as_published"].replace(MEMBER))
    membership = members.assign(
        start_date=members["event_date"],
        end_date=None,
        status=members["org_code_as_published"]
        .isin(accredited.index)
        .map({True: "accredited", False: "member"}),
        accredited_on=members["org_code_as_published"].map(accredited["event_date"]),
        accreditation_url=members["org_code_as_published"].map(accredited["source_url"]),
    )
    followers = members[members["role"] == "fast_follower"]
    pairing = followers.assign(exemplar_org_code=followers["partner_org_codes"])
    candidates = events[events["event"].isin(["proposed", "withdrawn"])]
    candidate = candidates.assign(
        status=candidates["event"],
        announced_on=candidates["event_date"],
        partner_org_code=candidates["partner_org_codes"],
    )
    return {
        "programme_membership": membership.drop(columns=dropped),
        "programme_pairing": pairing.drop(
            columns=[*dropped, "role", "wave", "note", "date_precision", "care_setting"]
        ),
        "programme_candidate": candidate.drop(columns=[*dropped, "wave", "basis"]),
    }


def coverage(frame: pd.DataFrame) -> list[Coverage]:
    """Count the members held beside the number each role had in all."""
    members = frame[frame["event"] == "member"]
    roles = members["role"].replace({"aspirant_seed": "aspirant"})
    words = {
        "exemplar": "All exemplars are named: 16 acute, 7 mental health, 3 ambulance.",
        "fast_follower": "The evaluation counts 25 fast followers; the others are not held here. The mental health "
        "followers that are held were proposals only.",
        "aspirant": "59 Digital Aspirants were announced; held are two of wave 1, the seven main awards of wave 2 and "
        "one seed award. The 25 seed awards of March 2021 were named in an article of which only the beginning is held.",
    }
    return [
        Coverage(
            f"{role} held by name",
            held := int((roles == role).sum()),
            expected,
            "complete" if held == expected else "not published",
            words[role],
        )
        for role, expected in MEMBERS.items()
    ]


SOURCE = Source(
    name="gde",
    title="Digital programmes: Global Digital Exemplars, fast followers, Digital Aspirants",
    publisher="NHS England (announcements), transcribed",
    landing_page="",
    licence=TRANSCRIBED,
    attribution="Facts transcribed from the article or announcement named in source_url",
    editions=Editions(("month",), parts=("accreditations", "additions", "programmes")),
    cadence="closed: the programmes have ended",
    max_age=timedelta(days=3650),
    evidence_grade="press-reported",
    transcribed=True,
    table=TABLE,
    parse=parse,
    facts=facts,
    coverage=coverage,
    absent=dict.fromkeys(
        ("programme_membership", "programme_pairing", "programme_candidate"),
        "The register lists trusts that an article or announcement names: a trust without a row is in none that was "
        "read, which does not prove that it was in no programme.",
    ),
    expectations=(
        expectations.row_count(
            "as_many_rows_as_the_register_holds",
            (3, 200),
            "The register holds about 60 events and a handful of accreditations; an empty file is a broken one.",
        ),
        expectations.unique(
            "a_trust_has_an_event_once",
            ["event", "programme", "role", "org_code_as_published"],
            "A trust is named, proposed, withdrawn or accredited once per role.",
        ),
        expectations.ADDRESSES,
        expectations.like(
            "dates_are_dates",
            "event_date",
            "^20[12]\\d(-[01]\\d(-[0-3]\\d)?)?$",
            "Dates are ISO days, months or years.",
        ),
    ),
    once=("event", "programme", "role", "org_code_as_published"),
    guards=(
        *guards.usual("role", words=0.5, by=("programme", "event")),
        *guards.usual("care_setting", words=0.5, by=("programme", "event")),
        guards.nobody_gone(),
    ),
    caveats=(
        *caveats(
            "programme_membership",
            {
                "gde_followers_unknown": "10 of 25 fast followers and 49 of 59 Digital Aspirants are not held here, so a trust without a row is not known to have been outside the programmes: say no known programme, never neither.",
                "gde_no_programme_effect": "Exemplars were chosen because they were ahead. No comparison here shows an effect of the programme.",
                "gde_totals_conflict": "Programme totals of GBP 280, 302, 385 and 395 million are all in print; none is asserted here.",
            },
        ),
        *caveats(
            "programme_candidate",
            {
                "gde_candidates_are_not_members": "Proposed fast followers were subject to due diligence and some were not chosen; none is a member."
            },
        ),
    ),
)
