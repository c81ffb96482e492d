"""What a guard compares: rows of two sides, matched by organisation and by what else makes a value one value."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import pandas as pd

from assets.contract.guards import Guard, Wanted

LEAST_COMPARED = 20
"""Values: of fewer, neither an order nor a share says anything."""
WHOLE = frozenset({"filled", "sizes", "repeat", "keys"})
"""Kinds that look at rows without a value too."""


@dataclass(frozen=True)
class Found:
    """What a comparison found: whether it is beyond reason, in words, and the keys it is about."""

    beyond: bool
    observed: str
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sides:
    """The rows that are compared, the edition they are of, the keys that somebody acknowledged, and the edition before.

    `series` are the rows of the other files of the same series, of this edition and those before, where a guard needs them.
    """

    edition: str
    now: pd.DataFrame
    before: pd.DataFrame
    beside: pd.DataFrame
    excused: Collection[str] = ()
    since: str = ""
    series: Sequence[Mapping[str, Any]] = ()


NOTHING = Found(beyond=False, observed="too few to compare")


def rows_of(guard: Guard, frame: pd.DataFrame, where: Mapping[str, Wanted] | None = None) -> pd.DataFrame:
    """Return the rows a guard is about: those that `where` keeps (empty text: no value) and that hold a value."""
    kept = frame
    for column, value in (guard.where if where is None else where).items():
        wanted = [value] if isinstance(value, str) else list(value)
        kept = kept[kept[column].isna() if wanted == [""] else kept[column].isin(wanted)]
    held = list(guard.filled) or ([guard.column] if guard.column else [])
    return kept[kept[held].notna().any(axis=1)] if held and guard.kind not in WHOLE else kept


def text_of(rows: pd.DataFrame, names: Collection[str]) -> "pd.Series[str]":
    """Return several columns as one text, with bars between them; empty without columns."""
    texts = [rows[name].astype("string").fillna("") for name in names]
    if not texts:
        return pd.Series("", index=rows.index, dtype="string")
    return reduce(lambda key, text: key + "|" + text, texts)


def keys_of(guard: Guard, rows: pd.DataFrame) -> "pd.Series[str]":
    """Return what makes each value one value: the organisation, then what the guard compares by."""
    return text_of(rows, (guard.who, *guard.by))


def numbers_of(guard: Guard, rows: pd.DataFrame) -> "pd.Series[float]":
    """Return the values of a guard as numbers: words by their ranks, where those are given."""
    column = rows[guard.column]
    return (column.map(dict(guard.ranks)) if guard.ranks else column).astype("Float64").astype("float64")


def matched(guard: Guard, sides: Sides) -> pd.DataFrame:
    """Return values that are on both sides, by key, for stretches in the order of the file: before, now and group.

    The group is that of the row now: the columns `groups`, else `by`. Several rows of a key count with their mean.
    """
    now, before = sides.now, sides.before
    if guard.versus:
        now, before = rows_of(guard, sides.now), rows_of(guard, sides.now, guard.versus)
    if guard.kind == "stretch":
        now = _in_order(now)
    names = guard.by if guard.groups is None else guard.groups
    frames = [
        pd.DataFrame({"key": keys_of(guard, rows), "value": numbers_of(guard, rows)})
        for rows in (now, before)
    ]
    frames[0]["group"] = text_of(now, names)
    this = frames[0].groupby(["key", "group"], sort=False, as_index=False)["value"].mean()
    other = frames[1].groupby("key", sort=False)["value"].mean()
    # Without a value on either side the texts of the keys would stand for the numbers.
    both = this.assign(before=this["key"].map(other).astype("float64")).rename(columns={"value": "now"})
    return pd.DataFrame(both.dropna(subset=["now", "before"]).set_index("key"))


def _in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows as they stand in the publisher's file."""
    places = [name for name in ("source_sheet", "source_row") if name in rows]
    return rows.sort_values(places, kind="stable") if places else rows


def rank_agreement(both: pd.DataFrame) -> float | None:
    """Return the rank correlation of two sides; None where one is constant or there are too few values."""
    if len(both) < LEAST_COMPARED:
        return None
    found = both["before"].rank().corr(both["now"].rank())
    return None if pd.isna(found) else round(float(found), 3)


def in_words(guard: Guard) -> str:
    """Return what is compared with what, where a guard compares inside a file."""
    if not guard.versus:
        return ""
    now, before = (
        " and ".join(
            value if isinstance(value, str) else f"{len(value)} of {name}" for name, value in one.items()
        )
        for one in (guard.where, guard.versus)
    )
    return f" of {now or guard.column} with {before}"
