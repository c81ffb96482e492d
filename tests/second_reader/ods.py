"""Organisation Data Service: the lists of trusts, read again with the csv module.

Rules (`sources.md`, section 1): no header; column 1 code, 2 name, 3 region, 4 ICB of the postcode, 10 postcode, 11 open
date, 12 last legal day, 24 region of the country (W is Wales). The list of 2015/16 ends with two rows that its re-saver
added, without a region of the country. The newest list that holds an organisation describes it.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from . import files
from .core import Expected, Place

LISTS = {
    "etr_2015-16_resaved.csv": "2015/16",
    "etr_2020_legacy_resaved.csv": "2020/21",
    "ect_2023.csv": "2023/24",
    "etr_2025-07_legacy.csv": "2025-07-15",
    "etr_2025-12_dse.csv": "2025-12-29",
    "etr_2026-04_dse.csv": "2026-04-09",
    "etr_2026-07_dse.csv": "2026-07-08",
}
"""Edition of each list, oldest first; the one of care trusts is the only of its kind."""
CLOSED_SINCE = {"TAF": date(2024, 10, 31)}
"""Closings after the newest list that holds an organisation: the day before its successor opened."""
TODAY = date(2026, 7, 8)
REGIONS = {
    "Y56": "London",
    "Y58": "South West",
    "Y59": "South East",
    "Y60": "Midlands",
    "Y61": "East of England",
    "Y62": "North West",
    "Y63": "North East and Yorkshire",
}


@dataclass(frozen=True)
class Listed:
    """An organisation as one list has it."""

    place: Place
    edition: str
    code: str
    name: str
    region: str | None
    icb: str | None
    postcode: str | None
    opened: date
    closed: date | None
    welsh: bool

    def open_on(self, day: date) -> bool:
        return self.opened <= day and (self.closed is None or self.closed >= day)


def listed(path: Path, edition: str = "") -> Iterator[Listed]:
    """Yield the organisations of one list; rows without a region of the country are not the publisher's."""
    for number, row in enumerate(files.csv_rows(path), start=1):
        if len(row) > 23 and row[23]:
            yield Listed(
                files.place(path, number),
                edition,
                row[0],
                " ".join(row[1].split()),
                row[2] or None,
                row[3] or None,
                row[9] or None,
                _day(row[10]) or date.min,
                _day(row[11]),
                row[23] == "W",
            )


def _day(text: str) -> date | None:
    return date(int(text[:4]), int(text[4:6]), int(text[6:])) if text else None


def lists(folder: Path) -> list[list[Listed]]:
    """Return every list of trusts, oldest first."""
    return [list(listed(folder / name, edition)) for name, edition in LISTS.items()]


def newest(folder: Path) -> dict[str, Listed]:
    """Return each trust as the newest list that holds it has it, and when it has closed since."""
    found = {one.code: one for rows in lists(folder) for one in rows}
    closed = {code: replace(found[code], closed=day) for code, day in CLOSED_SINCE.items() if code in found}
    return found | closed


def facts(folder: Path) -> Iterator[Expected]:
    vintages = lists(folder)
    yield from _organisations(newest(folder))
    yield from _places(vintages)
    for rows in vintages:
        for one in rows:
            yield Expected(
                "organisation_type",
                one.place,
                {"edition": one.edition, "scheme": "legal_form", "org_code": one.code},
                {"type": _legal_form(one), "org_name_as_published": one.name},
                optional=True,
            )


def _organisations(found: dict[str, Listed]) -> Iterator[Expected]:
    for one in found.values():
        yield Expected(
            "organisation",
            one.place,
            {"org_code": one.code},
            {
                "org_name": one.name,
                "region_code": one.region,
                "region": REGIONS.get(one.region or ""),
                "icb_code": one.icb,
                "postcode": one.postcode,
                "open_date": one.opened,
                "close_date": one.closed,
                "legal_form": _legal_form(one),
                "is_current": one.open_on(TODAY),
                "in_scope": not one.welsh,
                "as_of_date": TODAY,
            },
        )


def _legal_form(one: Listed) -> str:
    if one.code.startswith("T"):
        return "care_trust"
    if "FOUNDATION TRUST" in one.name:
        return "foundation_trust"
    return "nhs_trust" if "TRUST" in one.name else "health_board"


def _places(vintages: list[list[Listed]]) -> Iterator[Expected]:
    """Yield a place wherever a list has an organisation elsewhere than the list before that holds it."""
    before: dict[str, tuple[Any, ...]] = {}
    for rows in vintages:
        for one in rows:
            where = (one.region, one.icb)
            if before.get(one.code) != where and any(where):
                before[one.code] = where
                yield Expected(
                    "organisation_geography",
                    one.place,
                    {"edition": one.edition, "relation": "hq_postcode"},
                    {
                        "org_code": one.code,
                        "region_code": one.region,
                        "region": REGIONS.get(one.region or ""),
                        "icb_code": one.icb,
                        "org_name_as_published": one.name,
                    },
                )


def names(folder: Path) -> Iterator[Expected]:
    """Yield every official name that a list prints for a code."""
    seen = set()
    for rows in lists(folder):
        for one in rows:
            if (one.code, one.name) not in seen:
                seen.add((one.code, one.name))
                yield Expected(
                    "organisation_name",
                    one.place,
                    {"org_code": one.code, "name": one.name},
                    {"kind": "official"},
                    optional=one.code.startswith("T"),  # an older page than the list may give the name too
                )


def boards(path: Path) -> dict[str, str]:
    """Return the codes of boards by their names in capitals, from the list of December 2024."""
    return {line.text("ICB24NM").upper(): line.text("ICB24CDH") for line in files.csv_lines(path)}


def plain_name(text: str) -> str:
    """Return a name without case, punctuation and the words that every trust bears."""
    words = re.sub("[^A-Z0-9 ]", "", text.upper().replace("&", " AND ").replace("-", " ")).split()
    return " ".join(word for word in words if word not in {"NHS", "FOUNDATION", "TRUST", "THE"})


def codes_by_name(folder: Path, day: date) -> dict[str, str]:
    """Return the code of each name that one trust alone, open on the day, bears in any list."""
    now = newest(folder)
    found: dict[str, set[str]] = defaultdict(set)
    for rows in [list(now.values()), *lists(folder)]:
        for one in rows:
            if now[one.code].open_on(day):
                found[plain_name(one.name)].add(one.code)
    return {name: next(iter(codes)) for name, codes in found.items() if len(codes) == 1}
