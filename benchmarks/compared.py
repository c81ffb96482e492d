"""Tables compared cell by cell, by their key: what a baseline wrote and what the release holds."""

import csv
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

KEYS = {
    "maturity_score": ("org_code", "care_setting", "measure", "period"),
    "maturity_change": ("org_code", "care_setting"),
    "trust_profile": ("org_code",),
}
ONLY = {"maturity_score": ("instrument", "DMA")}
"""The rows of a table that the baselines make too: its column and the value in it."""
Cells = Mapping[tuple[str, ...], Mapping[str, str]]


def read(
    path: Path, key: Sequence[str], column: str = "", value: str = ""
) -> dict[tuple[str, ...], dict[str, str]]:
    """Return the rows of a CSV (with `value` in `column`) by their key; raise RuntimeError where two have the same."""
    with path.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if not column or row[column] == value]
    found = {tuple(row[name] for name in key): row for row in rows}
    if len(found) != len(rows):
        raise RuntimeError(f"Reading {path.name}: expected each {', '.join(key)} once, found one again.")
    return found


def differences(theirs: Cells, ours: Cells) -> list[str]:
    """Return every cell of `theirs` that `ours` tells otherwise, and every row that only one of them has."""
    found = [f"{' '.join(key)}: only in one of the two" for key in {*theirs} ^ {*ours}]
    found += [
        f"{' '.join(key)}, {name}: {cell!r} instead of {ours[key][name]!r}"
        for key in {*theirs} & {*ours}
        for name, cell in theirs[key].items()
        if not same(cell, ours[key][name])
    ]
    return sorted(found)


def same(one: str, other: str) -> bool:
    """Tell whether two cells say the same, whatever a program writes of a number or a truth value."""
    if one.lower() == other.lower():
        return True
    try:
        return math.isclose(float(one), float(other), rel_tol=1e-12, abs_tol=2e-9)
    except ValueError:
        return False


def compare(theirs: Path, release: Path) -> int:
    """Return how many cells a baseline wrote, all of which the release holds; raise RuntimeError where one differs."""
    cells = 0
    for name, key in KEYS.items():
        column, value = ONLY.get(name, ("", ""))
        made = read(theirs / f"{name}.csv", key)
        published = read(release / "csv" / f"{name}.csv", key, column, value)
        if found := differences(made, published):
            raise RuntimeError(
                f"Comparing {name} of {theirs.name} with the release: expected the same cells, found {len(found)} others, the first: {found[0]}."
            )
        cells += sum(len(row) for row in made.values())
    return cells
