"""Medical-records cost (ERIC): the publisher's file of a year, and the table a re-user compiled of seven years.

Rules (`sources.md`, section 10): a zero beside Mixed, Paper or Electronic is a reported zero; `Not Applicable` is z;
`No Data Provided` is x; no type is missing (x). The compiled table writes 0 for every number that is missing: without
a type, nothing but a cost above 0 is a number. A zero beside Mixed or Paper is flagged, and one sum on both sides.
Where a trust has two names, the first stands.
"""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from . import files
from .core import Expected, Place

ONSITE = "Medical Records cost - Onsite (£)"
OFFSITE = "Medical Records cost - Offsite (£)"
KIND = "Type of Medical Records (Select)"
RECORDS = {"Mixed": "mixed", "Paper": "paper", "Electronic": "electronic"}
COMPILED = range(2017, 2024)
OWN_FILE = 2018
"""The compiled year that the publisher's own file replaces."""


def _records(text: str) -> str | None:
    """Return what records are kept on: `3. Mixed` is Mixed; None where the cell says no kind."""
    return RECORDS.get(re.sub(r"^\d\. ?", "", text.strip()))


def _edition(start: int) -> str:
    return f"{start}/{(start + 1) % 100:02d}"


def publisher(path: Path, start: int) -> Iterator[Expected]:
    """Yield the facts of the publisher's file of the year that starts in April of `start`."""
    rows = files.csv_rows(path)
    for line in files.under(rows, files.header_row(rows, "Trust Code", "Trust Name", ONSITE)):
        code = line.text("Trust Code")
        if not code:
            continue
        costs = _missing([_cost(line.text(header)) for header in (ONSITE, OFFSITE)], line.text(KIND))
        place = files.place(path, line.row)
        name = line.text("Trust Name")
        headers = {"onsite_gbp": ONSITE, "offsite_gbp": OFFSITE, "records_type": KIND}
        yield _fact((place, code, name), start, costs, _records(line.text(KIND)), headers)
        yield from _types(place, code, start, line.text("Trust Type"))


def _cost(text: str) -> int | str:
    """Return whole pounds, or the status of the words that stand there instead."""
    words = {"not applicable": "z", "no data provided": "x", "": "x", "-": "x"}
    return words[text.lower()] if text.lower() in words else int(text.replace(",", ""))


def _missing(costs: list[int | str], kind: str) -> list[int | str]:
    """Return the costs; where both are 0 and no kind of records is named, what stands there says why there is none."""
    if costs == [0, 0] and _records(kind) is None:
        return ["z" if kind == "Not Applicable" else "x"] * 2
    return costs


def compiled(path: Path, *, without: tuple[int, ...] = (OWN_FILE,)) -> Iterator[Expected]:
    """Yield the facts of every year of the compiled table except those `without`."""
    for line in files.csv_lines(path):
        name = re.split(r"(?<=TRUST) *, ", line.text("trust_name"))[0]
        for start in COMPILED:
            if start in without:
                continue
            year = f"{start}{(start + 1) % 100:02d}"
            if f"mrc_on_{year}" not in line.cells:
                continue
            words = line.text(f"mrc_type_{year}")
            pounds = [int(float(line.text(f"mrc_{side}_{year}"))) for side in ("on", "off")]
            headers = {f"{side}site_gbp": f"mrc_{side}_{year}" for side in ("on", "off")}
            headers["records_type"] = f"mrc_type_{year}"
            costs = _missing([*pounds], words)
            place = files.place(path, line.row)
            yield _fact((place, line.text("trust_code"), name), start, costs, _records(words), headers)


def _fact(
    line: tuple[Place, str, str],
    start: int,
    costs: list[int | str],
    records: str | None,
    headers: dict[str, str],
) -> Expected:
    place, code, name = line
    numbers = [cost for cost in costs if isinstance(cost, int)]
    onsite, offsite = (cost if isinstance(cost, int) else None for cost in costs)
    total = sum(numbers) if numbers and "x" not in costs else None
    status = "published" if numbers else "x" if "x" in costs else "z"
    return Expected(
        "medical_records_cost",
        place,
        {"edition": _edition(start), "financial_year": _edition(start), "org_code": code},
        {
            "onsite_gbp": onsite,
            "offsite_gbp": offsite,
            "total_gbp": total,
            "records_type": records,
            "value_status": status,
            "cost_flag": _flag(onsite, offsite, total, records),
            "fy_end_year": start + 1,
            "period_start": date(start, 4, 1),
            "period_end": date(start + 1, 3, 31),
            "org_name_as_published": name,
        },
        headers,
    )


def _flag(onsite: int | None, offsite: int | None, total: int | None, records: str | None) -> str | None:
    """Return what to doubt: nothing spent on paper or mixed records, or one sum entered twice."""
    if total == 0 and records in {"paper", "mixed"}:
        return "implausible_zero"
    return "onsite_equals_offsite" if onsite and onsite == offsite else None


def _types(place: Place, code: str, start: int, words: str) -> Iterator[Expected]:
    """Yield the type of a trust on the last day of the year; an acute trust's subtype stands under its own scheme."""
    kind = re.sub(r"[^A-Z]+", "_", words).strip("_").lower()
    found = {"eric_trust_type": kind}
    if kind.startswith("acute_"):
        found["acute_subtype"] = kind.removeprefix("acute_")
    for scheme, value in found.items():
        yield Expected(
            "organisation_type",
            place,
            {"edition": _edition(start), "scheme": scheme, "org_code": code},
            {"type": value, "as_of_date": date(start + 1, 3, 31), "value_status": "published"},
            {"type": "Trust Type"},
        )
