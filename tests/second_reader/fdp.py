"""Federated Data Platform: the list that a re-user transcribed, read again with the csv module.

Rules (`sources.md`, section 13): organisations are matched by name; the re-user's codes are ignored. Twelve of the
boards listed ended on 31 March 2026.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

from . import files
from .core import Expected
from .ods import plain_name

DAY = date(2026, 6, 17)
ENDED = {
    *("QHG", "QUE", "QM7", "QH8", "QJG", "QMM", "QMJ", "QRV", "QU9", "QNQ", "QXU", "QNX"),
}
"""Boards that the mergers of April 2026 ended (`sources.md`, section 1)."""


def facts(
    path: Path,
    codes: Mapping[str, str] = MappingProxyType({}),
    boards: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Expected]:
    """Yield the trusts and boards that are live; `codes` and `boards` are their codes by name, where they are known."""
    for line in files.csv_lines(path):
        name = line.text("name")
        values: dict[str, Any] = {
            "org_name_as_published": name,
            "reporting_benefits": line.text("fdp_reporting_benefits") == "True",
            "as_of_date": DAY,
            "period_start": DAY,
            "period_end": DAY,
            "value_status": "published",
        }
        key = {"edition": DAY.isoformat()}
        if line.text("organisation_type") == "NHS trust":
            if code := codes.get(plain_name(name)):
                values["org_code"] = code
            yield Expected("fdp_status", files.place(path, line.row), key, values)
            continue
        if boards:
            code = next(code for full, code in boards.items() if _plain(full) == _plain(name))
            values |= {"icb_code": code, "open_on_snapshot": code not in ENDED}
        yield Expected("icb_fdp_status", files.place(path, line.row), key, values)


def _plain(name: str) -> str:
    short = name.lower().replace("integrated care board", "icb").replace(",", "").replace("-", " ")
    return " ".join(word for word in short.split() if word != "and")
