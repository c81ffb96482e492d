"""A fact that a file tells twice: kept once where both tell the same, rejected altogether where they differ."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from assets.contract.parsed import Parsed, Rejected

PLACE = ["source_sheet", "source_row"]


def once(parsed: Parsed, key: Sequence[str]) -> Parsed:
    """Return what was parsed with `key` there once: of rows that tell the same the first stays, of others none.

    A publisher's row goes as a whole. Rows without a part of the key are left as they are, and all without a key.
    """
    rules = _rules(parsed.rows.dropna(subset=list(key)), list(key)) if key else {}
    if not rules:
        return parsed
    places = list(parsed.rows[PLACE].itertuples(index=False, name=None))
    broken = [place in rules for place in places]
    rejected = [
        _rejected(row, rules[row["source_sheet"], row["source_row"]], key)
        for row in parsed.rows[broken].drop_duplicates(PLACE).to_dict("records")
    ]
    everything = sorted([*parsed.rejected, *rejected], key=lambda one: (one.sheet, one.row))
    kept = parsed.rows[[not one for one in broken]].reset_index(drop=True)
    return Parsed(kept, parsed.rows_in, tuple(everything), parsed.drift, parsed.ignored)


def _rules(rows: pd.DataFrame, key: list[str]) -> dict[tuple[str, int], str]:
    """Return the rule that each publisher's row breaks, by its place; a row that breaks both is in conflict."""
    again = rows[rows.duplicated(key, keep=False)]
    told = again.drop_duplicates([name for name in again if name not in PLACE])
    differing = set(told.loc[told.duplicated(key), key].itertuples(index=False, name=None))
    conflict = [values in differing for values in again[key].itertuples(index=False, name=None)]
    repeated = ~again.index.isin(told.index)
    places = list(again[PLACE].itertuples(index=False, name=None))
    found = {place: "duplicate" for place, spare in zip(places, repeated, strict=True) if spare}
    return found | {place: "conflict" for place, differs in zip(places, conflict, strict=True) if differs}


def _rejected(row: dict[Any, Any], rule: str, key: Sequence[str]) -> Rejected:
    named = " ".join(str(row[name]) for name in key)
    found = "the same again" if rule == "duplicate" else "rows that differ"
    raw = " | ".join(str(value) for name, value in row.items() if name not in PLACE)
    return Rejected(
        row["source_sheet"], int(row["source_row"]), rule, f"expected {named} once, found {found}", raw
    )
