"""Registers of events (patient records, cyber incidents, validations), read again with the csv module.

Rules (`sources.md`, section 13): an upper bound and a date of publication say what had happened by then; a missed date
was planned; a season is three months, counted as meteorologists do. Affected through a supplier or the systems of
another trust is not breached. Bedford, Bromley and `ivanti_2025` are left out of the incidents; the list of WannaCry
is unverified.
"""

import calendar
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from . import files
from .core import Expected

EDITION = "2026-11"
SEASONS = {"spring": (3, 5), "summer": (6, 8), "autumn": (9, 11)}
OWN, SUPPLIER, ANOTHER = "own_systems", "through_supplier", "through_another_trust"
WAYS = {
    **dict.fromkeys(("advanced_2022", "synnovis_2024"), SUPPLIER),
    **dict.fromkeys(("wirral_2024", "barts_2017"), OWN),
    "wannacry_2017": "not_stated",
}
HOLDERS = {("alder_hey_2024", "RBS"), ("oracle_ebs_2025", "R1H")}
OFFICIAL = re.compile(r"https?://([^/]*\.)?(nhs\.uk|gov\.uk|parliament\.uk)/")


def when(line: files.Line) -> dict[str, Any]:
    """Return what a fact says of the date in a row."""
    text, words = line.text("date"), line.text("date_precision")
    if words.startswith("by "):
        text, words = words[3:], "year (upper bound)"
    if words == "not stated":
        first, last = span(EDITION)
        days = {"period_start": first, "period_end": last}
        return {"event_date": None, "date_precision": None, "date_basis": "not_stated", **days}
    first, last = span(text)
    latest = "upper bound" in words or "publication by" in words
    basis = "missed" if "missed" in words else "year_inferred" if "inferred" in words else "stated"
    return {
        "event_date": text,
        "date_precision": re.split(r"\W", words)[0],
        "date_basis": "latest" if latest else basis,
        "period_start": first,
        "period_end": last,
    }


def span(text: str) -> tuple[date, date]:
    year, *rest = text.split("-")
    if rest and rest[0] in SEASONS:
        first, last = SEASONS[rest[0]]
    else:
        first, last = (int(rest[0]), int(rest[0])) if rest else (1, 12)
    if len(rest) == 2:
        day = date(int(year), first, int(rest[1]))
        return day, day
    return date(int(year), first, 1), date(int(year), last, calendar.monthrange(int(year), last)[1])


def _common(line: files.Line) -> dict[str, Any]:
    official = OFFICIAL.match(line.text("source_url"))
    return {
        **when(line),
        "confidence": line.text("confidence"),
        "source_url": line.text("source_url"),
        "evidence_grade": "administrative" if official else "press-reported",
        "value_status": "published",
    }


def records(path: Path) -> Iterator[Expected]:
    for line in files.csv_lines(path):
        values = _common(line) | {
            "org_name_as_published": line.text("trust_name_as_stated"),
            "product": line.text("product") or None,
            "source_type": line.text("source_type"),
            "note": line.text("scope_or_note") or None,
        }
        if code := line.text("ods_code"):
            values["org_code"] = code
        if "encyclopedia" in line.text("source_type"):
            values["evidence_grade"] = "transcribed"
        key = {
            "edition": EDITION,
            "event": line.text("event"),
            "event_date": values["event_date"],
            "supplier": line.text("supplier"),
        }
        yield Expected("epr_event", files.place(path, line.row), key, values)


def validations(path: Path) -> Iterator[Expected]:
    for line in files.csv_lines(path):
        key = {
            "edition": EDITION,
            "org_code": line.text("ods_code"),
            "model": line.text("model"),
            "stage": int(line.text("stage")),
        }
        values = _common(line) | {
            "org_name_as_published": line.text("hospital_or_trust"),
            "note": line.text("note") or None,
        }
        yield Expected("emram_validation", files.place(path, line.row), key, values)


def incidents(path: Path) -> Iterator[Expected]:
    for line in files.csv_lines(path):
        incident, code, effect = (line.text(name) for name in ("incident_id", "ods_code", "effect"))
        if not code or incident == "ivanti_2025" or effect.startswith("NOT affected"):
            continue
        way = WAYS.get(incident) or (OWN if (incident, code) in HOLDERS else ANOTHER)
        yield Expected(
            "cyber_incident",
            files.place(path, line.row),
            {"edition": EDITION, "incident": incident, "org_code": code},
            _common(line)
            | {
                "org_name_as_published": line.text("organisation_as_stated"),
                "incident_title": line.text("incident"),
                "affected": way,
                "effect": effect,
                "source_type": line.text("source_type"),
            },
        )


def wannacry(path: Path) -> Iterator[Expected]:
    day = date(2017, 5, 12)
    for line in files.csv_lines(path):
        status = line.text("wannacry_status")
        yield Expected(
            "cyber_incident",
            files.place(path, line.row),
            {"edition": EDITION, "incident": "wannacry_2017", "org_code": line.text("ods_code")},
            {
                "org_name_as_published": line.text("organisation_name_2016"),
                "effect": status,
                "affected": OWN if status == "infected" else "not_stated",
                "evidence_grade": "unverified",
                "event_date": day.isoformat(),
                "period_start": day,
                "period_end": day,
                "source_url": f"https://github.com/{line.text('source').removesuffix(' (acute only)')}",
            },
        )
