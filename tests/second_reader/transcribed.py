"""Programmes and central funding: registers transcribed from articles, read again with the csv module.

Rules (`sources.md`, sections 2 and 7): proposed and withdrawn followers are candidates, never members; only exact and
rounded amounts may be summed; a total shared by several trusts has no organisation; a withdrawn award has no amount (z).
"""

import re
from collections.abc import Collection, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from . import files
from .core import Expected, Place

EDITION = "2026-07"
BASES = {
    "exact": "exact",
    "rounded": "rounded",
    "as published": "rounded",
    "up to": "up_to",
    "programme amount": "up_to",
    "shared total": "shared_total",
    "withdrawn": "withdrawn",
}
ADDED = {"GDE": "GDE", "Digital Aspirant": "digital_aspirant"}
PRECISIONS = {4: "year", 7: "month", 10: "day"}
Row = dict[str, Any]
CANDIDATES = {"fast_follower_proposed": "proposed", "fast_follower_withdrawn": "withdrawn"}


def funding(path: Path) -> Iterator[Expected]:
    for line in files.csv_lines(path):
        basis = next(found for words, found in BASES.items() if line.text("amount_basis").startswith(words))
        first, last = line.text("financial_years")[:4], line.text("financial_years").split("-")[-1][:4]
        amount = line.text("amount_gbp").replace(",", "")
        withdrawn = basis == "withdrawn"
        yield Expected(
            "digital_funding",
            files.place(path, line.row),
            {
                "edition": EDITION,
                "programme": line.text("programme"),
                "wave": line.text("wave"),
                "org_name_as_published": line.text("trust_name_as_published"),
            },
            {
                "amount_gbp": None if withdrawn else int(amount),
                "amount_basis": basis,
                "may_be_summed": basis in {"exact", "rounded"},
                "value_status": "z" if withdrawn else "published",
                "org_code": None if basis == "shared_total" else line.text("ods_code_at_time"),
                "financial_years": line.text("financial_years"),
                "fy_end_year": int(last) + 1,
                "period_start": date(int(first), 4, 1),
                "period_end": date(int(last) + 1, 3, 31),
                "source_url": line.text("source_url"),
            },
            {"amount_gbp": "amount_gbp", "amount_basis": "amount_basis", "org_code": "ods_code_at_time"},
        )


def accreditations(path: Path, additions: Path) -> dict[str, tuple[str, str]]:
    """Return day and address of each accreditation that an address proves, by code at the time.

    An addition replaces the day and the address of the first register: it knows the trust by its code of today.
    """
    found = {}
    newer = {line.text("ods_code"): line for line in _additions(additions, "GDE accreditation")}
    for line in files.csv_lines(path):
        if line.text("fact") == "gde_accredited" and line.text("source_url").startswith("http"):
            other = newer.get(line.text("current_ods_code_july_2026"))
            when = (other.text("date"), other.text("source_url")) if other else None
            found[line.text("ods_code_at_time")] = when or (line.text("as_of"), line.text("source_url"))
    return found


def _additions(path: Path, *wanted: str) -> Iterator[files.Line]:
    return (
        line for line in files.csv_lines(path) if line.text("programme") in wanted and line.text("ods_code")
    )


def added(path: Path, held: Collection[tuple[str, str, str]]) -> Iterator[Expected]:
    """Yield the members that the additions name and the first register (`held`: programme, role, code) does not.

    Whom a follower followed stands in the note.
    """
    for line in _additions(path, *ADDED):
        programme, code = ADDED[line.text("programme")], line.text("ods_code")
        role = {"seed": "aspirant_seed"}.get(line.text("role"), line.text("role"))
        if (programme, role, code) in held:
            continue
        key = {"edition": EDITION, "programme": programme, "role": role, "org_code": code}
        values = {
            "org_name_as_published": line.text("trust_name_as_stated"),
            "start_date": line.text("date"),
            "date_precision": PRECISIONS[len(line.text("date"))],
            "status": "member",
            "source_url": line.text("source_url"),
            "value_status": "published",
        }
        yield Expected("programme_membership", files.place(path, line.row), key, values)
        if exemplar := re.search(r"of [^(]*\((\w+)", line.text("note")):
            pair = {name: key[name] for name in ("edition", "programme", "org_code")}
            pair["exemplar_org_code"] = exemplar[1]
            yield Expected(
                "programme_pairing",
                files.place(path, line.row),
                pair,
                {"source_url": values["source_url"], "value_status": "published"},
            )


def programmes(path: Path, accredited: dict[str, tuple[str, str]]) -> Iterator[Expected]:
    for line in files.csv_lines(path):
        key = {
            "edition": EDITION,
            "programme": line.text("programme"),
            "org_code": line.text("ods_code_at_time"),
        }
        values = {
            "org_name_as_published": line.text("trust_name_at_time"),
            "period_start": date.fromisoformat(
                line.text("announced_on").ljust(10, "x").replace("xxx", "-01")
            ),
            "source_url": line.text("source_url"),
            "value_status": "published",
        }
        place = files.place(path, line.row)
        if line.text("role") in CANDIDATES:
            yield _candidate(line, key, values, place)
            continue
        yield _member(line, key, values, place, accredited)
        if line.text("role") == "fast_follower":
            pair = key | {"exemplar_org_code": line.text("partner_ods_code")}
            yield Expected("programme_pairing", place, pair, values)


def _member(
    line: files.Line, key: Row, values: Row, place: Place, accredited: dict[str, tuple[str, str]]
) -> Expected:
    when, address = accredited.get(line.text("ods_code_at_time"), (None, None))
    return Expected(
        "programme_membership",
        place,
        key | {"role": line.text("role")},
        values
        | {
            "care_setting": line.text("care_setting"),
            "wave": line.text("wave"),
            "start_date": line.text("announced_on"),
            "date_precision": PRECISIONS[len(line.text("announced_on"))],
            "status": "accredited" if when else "member",
            "accredited_on": when,
            "accreditation_url": address,
        },
    )


def _candidate(line: files.Line, key: Row, values: Row, place: Place) -> Expected:
    return Expected(
        "programme_candidate",
        place,
        key | {"role": "fast_follower"},
        values
        | {
            "care_setting": line.text("care_setting"),
            "status": CANDIDATES[line.text("role")],
            "announced_on": line.text("announced_on"),
            "date_precision": PRECISIONS[len(line.text("announced_on"))],
            "partner_org_code": line.text("partner_ods_code"),
        },
    )
