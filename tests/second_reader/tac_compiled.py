"""Trust accounts as a re-user compiled them: places from the derived table, amounts from the re-user's own files.

Rules (`sources.md`, section 5): the re-user's files are in pounds, the derived table in thousands. Operating expenses
are `total`, staff costs with non-executive directors `staff_costs`, people by code of the staff note, a missing group
is nobody. Amortisation is the line EXP0250 of 2022/23; where the re-user scaled it, the derived table holds what was
computed back, which cannot be less. A value that was dropped is x.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from . import files
from .core import Expected
from .tac import STAFF

FILES = ("reuser_trust_breakdown", "reuser_staff_breakdown", "reuser_expense_lines")
MONEY = {
    "EXP0390": "operating_expenses",
    "EXP0130+EXP0140": "staff_costs_with_non_executives",
    "EXP0250": "amortisation_of_intangible_assets",
}
DROPPED, COMPUTED = "zero_or_negative_in_source", "recovered"
DOUBTFUL = ("recovered", "unrounded_maybe_scaled", "scaled_down_by_source")
PART_YEAR = ("RVY", 2024)
"""A trust that closed on 30 June 2023."""
HALF, ROUNDED = 0.5, 0.0005 + 1e-9
"""People by which a total, which is whole in the re-user's file, and a group, which is rounded in the table, may differ."""
Amounts = Mapping[tuple[str, str], float]


def facts(path: Path, *, reused: bool = True) -> Iterator[Expected]:
    """Yield the facts of both years; without `reused`, amounts too are those of the derived table."""
    measures = {**MONEY, **{code: name for name, code in STAFF.items()}}
    amounts = {year: _amounts(path.parent, year) for year in ("2022-23", "2023-24")} if reused else {}
    for line in files.csv_lines(path):
        code, sub_code, year = (line.text(name) for name in ("ods_code", "sub_code", "fy"))
        if sub_code not in measures:
            continue
        quality, scale = line.text("quality"), 1000 if sub_code in MONEY else 1
        value = round(float(line.text("value")) * scale, 6)
        if reused:
            value = _agreed(value, amounts[year].get((code, sub_code), 0), sub_code, quality)
        ends = int(year[:4]) + 1
        status = "x" if quality == DROPPED else "e" if quality in DOUBTFUL else "published"
        flag = "part_of_a_year" if (code, ends) == PART_YEAR else quality
        values = {
            "value": None if status == "x" else value,
            "value_status": status,
            "value_flag": None if flag.startswith("exact") else flag,
            "measure_unit": "GBP" if sub_code in MONEY else "WTE",
            "org_name_as_published": line.text("org_name"),
        }
        key: dict[str, Any] = {"edition": year.replace("-", "/"), "measure": measures[sub_code]}
        key |= {"period_end": date(ends, 3, 31), "org_code": code}
        yield Expected("denominator", files.place(path, line.row), key, values, {"value": "value"})


def _agreed(derived: float, own: float, sub_code: str, quality: str) -> float:
    """Return the amount to expect: the re-user's own, or the derived one where that is rounded or computed back."""
    if quality == COMPUTED:
        return max(derived, own)
    if sub_code in MONEY:
        return own
    return derived if abs(derived - own) <= (HALF if sub_code == STAFF["wte_total"] else ROUNDED) else own


def _amounts(folder: Path, year: str) -> Amounts:
    """Return the amounts in the re-user's files of a year, by code of the trust and of the line."""
    trusts = json.loads((folder / f"{FILES[0]}_{year}.json").read_text("utf-8"))
    staff = json.loads((folder / f"{FILES[1]}_{year}.json").read_text("utf-8"))
    found: dict[tuple[str, str], float] = {}
    for name, trust in trusts.items():
        code = trust["nhs_code"]
        found[code, "EXP0390"], found[code, "EXP0130+EXP0140"] = trust["total"], trust["staff_costs"]
        groups = {one["sta_code"]: one["fte"] for one in staff[name]["workforce_groups"]}
        found |= {(code, sub_code): people for sub_code, people in groups.items()}
        found[code, "STA0490"] = staff[name]["workforce_total_wte"]
    lines = folder / f"{FILES[2]}_{year}.json"
    if lines.exists():
        codes = {name: trust["nhs_code"] for name, trust in trusts.items()}
        tree = json.loads(lines.read_text("utf-8"))
        found |= {(codes[name], "EXP0250"): amount for name, amount in _amortisation(tree)}
    return found


def _amortisation(node: Mapping[str, Any], trust: str = "") -> Iterator[tuple[str, float]]:
    """Yield the trust and amount of each line of amortisation in a tree of sectors, trusts, groups and lines."""
    if node.get("_exp_codes") == ["EXP0250"]:
        yield trust, node["value"]
    for child in node.get("children", ()):
        below = trust or ("" if child["id"].startswith("nhs_") else child["name"])
        yield from _amortisation(child, below)
