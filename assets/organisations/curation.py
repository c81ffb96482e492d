"""The curated tables beside this module: facts in no publisher's file, each row with its source and grade."""

import csv
import hashlib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

CURATED = (
    "aliases",
    "care_trusts",
    "commissioners",
    "display_names",
    "icb_mergers",
    "icbs",
    "names",
    "regions",
    "renames",
    "resolutions",
    "reorganisations",
    "succession",
)


@dataclass(frozen=True)
class Curated:
    """A curated table: its rows as text (empty cells as None), and the SHA-256 of its file."""

    rows: tuple[dict[str, str | None], ...]
    sha256: str
    bytes: int


@cache
def curated(name: str) -> Curated:
    """Read a curated table."""
    content = (files("assets.organisations") / "curated" / f"{name}.csv").read_bytes()
    rows = csv.DictReader(content.decode().splitlines())
    cleaned = tuple({key: value or None for key, value in row.items()} for row in rows)
    return Curated(cleaned, hashlib.sha256(content).hexdigest(), len(content))


def day(text: str | None) -> date | None:
    """Return the day in a cell; None for an empty cell."""
    return date.fromisoformat(text) if text else None
