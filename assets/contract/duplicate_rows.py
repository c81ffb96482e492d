"""Facts that appear twice in a file: kept once if both rows are equal, rejected if they differ."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from assets.contract.parsed import Parsed, Rejected

PLACE = ["source_sheet", "source_row"]


def once(parsed: Parsed, key: Sequence[str]) -> Parsed:
    """Return `parsed` with each `key` at most once: the first of equal rows is kept, rows that differ are rejected.

    A publisher's row is rejected as a whole. Rows with an empty key column are not checked; without a key none are.
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
    """Return the rule that each publisher's row breaks, by its place; `conflict` wins where a row breaks both rules."""
    again = rows[rows.duplicated(key, keep=False)]
    distinct = again.drop_duplicates([name for name in again if name not in PLACE])
    differing = set(distinct.loc[distinct.duplicated(key), key].itertuples(index=False, name=None))
    conflict = [values in differing for values in again[key].itertuples(index=False, name=None)]
    repeated = ~again.index.isin(distinct.index)
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
