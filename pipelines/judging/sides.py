"""The two sides of a comparison: rows matched by organisation and by the other columns that identify a value."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import pairwise
from typing import Any

import pandas as pd

from assets.contract.guards import Guard, Wanted
from assets.contract.parsed import Rejected

LEAST_COMPARED = 20
"""Least number of values: with fewer, neither an order nor a share is meaningful."""
WHOLE = frozenset({"filled", "sizes", "repeat", "keys"})
"""Kinds that also examine rows without a value."""


@dataclass(frozen=True)
class Found:
    """The result of a comparison: whether it is implausible, a description, and the keys concerned."""

    beyond: bool
    observed: str
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sides:
    """The rows to compare, their edition, the acknowledged keys, and the edition of the rows before.

    `series` holds the rows of the other files of the same series, of this edition and earlier ones, if a guard needs them.
    `rejected` are the publisher's rows that are in the file and were not staged.
    """

    edition: str
    now: pd.DataFrame
    before: pd.DataFrame
    beside: pd.DataFrame
    excused: Collection[str] = ()
    since: str = ""
    series: Sequence[Mapping[str, Any]] = ()
    rejected: Sequence[Rejected] = ()


NOTHING = Found(beyond=False, observed="too few to compare")


def rows_of(guard: Guard, frame: pd.DataFrame, where: Mapping[str, Wanted] | None = None) -> pd.DataFrame:
    """Return the rows that concern a guard: those that `where` selects (empty text: no value) and that have a value."""
    kept = frame
    for column, value in (guard.where if where is None else where).items():
        wanted = [value] if isinstance(value, str) else list(value)
        kept = kept[kept[column].isna() if wanted == [""] else kept[column].isin(wanted)]
    held = list(guard.filled) or ([guard.column] if guard.column else [])
    return kept[kept[held].notna().any(axis=1)] if held and guard.kind not in WHOLE else kept


def text_of(rows: pd.DataFrame, names: Collection[str]) -> "pd.Series[str]":
    """Return several columns as one text, joined by bars; empty without columns."""
    texts = [rows[name].astype("string").fillna("") for name in names]
    if not texts:
        return pd.Series("", index=rows.index, dtype="string")
    return reduce(lambda key, text: key + "|" + text, texts)


def keys_of(guard: Guard, rows: pd.DataFrame) -> "pd.Series[str]":
    """Return the key of each value: the organisation, then the columns that the guard compares by."""
    return text_of(rows, (guard.who, *guard.by))


def numbers_of(guard: Guard, rows: pd.DataFrame) -> "pd.Series[float]":
    """Return the values of a guard as numbers; words become their ranks, if ranks are given."""
    column = rows[guard.column]
    return (column.map(dict(guard.ranks)) if guard.ranks else column).astype("Float64").astype("float64")


BY_PLACE = frozenset({"stretch", "steps", "slipped"})
"""Kinds that depend on the order of the rows in the file."""


def matched(guard: Guard, sides: Sides) -> pd.DataFrame:
    """Return the values present on both sides, by key, in the order of the file where that counts: before, now and group.

    The group comes from the row of `now`: the columns `groups`, else `by` (and the period, where periods of one file
    are compared). Rows with the same key count as their mean.
    """
    now, before = sides.now, sides.before
    if guard.versus:
        now, before = rows_of(guard, sides.now), rows_of(guard, sides.now, guard.versus)
    if guard.earlier:
        now, before = _by_period(guard, now)
        guard = replace(guard, by=(*guard.by, PERIOD))
    if guard.kind in BY_PLACE:
        now = _in_order(now)
    names = guard.by if guard.groups is None else guard.groups
    frames = [
        pd.DataFrame({"key": keys_of(guard, rows), "value": numbers_of(guard, rows)})
        for rows in (now, before)
    ]
    frames[0]["group"] = text_of(now, names)
    this = frames[0].groupby(["key", "group"], sort=False, as_index=False)["value"].mean()
    other = frames[1].groupby("key", sort=False)["value"].mean()
    # Without a value on either side, pandas would put the texts of the keys in place of numbers.
    both = this.assign(before=this["key"].map(other).astype("float64")).rename(columns={"value": "now"})
    return pd.DataFrame(both.dropna(subset=["now", "before"]).set_index("key"))


PERIOD = "_period"
"""The column that names the period of a row where the periods of one file are compared."""


def _by_period(guard: Guard, rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows with their period, and the same rows with the period that follows theirs in the file."""
    periods = text_of(rows, guard.earlier)
    held = sorted(periods.unique())
    following = periods.map(dict(pairwise(held))).astype("string")
    return rows.assign(**{PERIOD: periods}), rows.assign(**{PERIOD: following})[following.notna()]


def _in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows in the order of the publisher's file."""
    places = [name for name in ("source_sheet", "source_row") if name in rows]
    return rows.sort_values(places, kind="stable") if places else rows


def rank_agreement(both: pd.DataFrame) -> float | None:
    """Return the rank correlation of two sides; None if one is constant or there are too few values."""
    if len(both) < LEAST_COMPARED:
        return None
    found = both["before"].rank().corr(both["now"].rank())
    return None if pd.isna(found) else round(float(found), 3)


def in_words(guard: Guard) -> str:
    """Return what is compared with what, if a guard compares within a file."""
    if not guard.versus:
        return ""
    now, before = (
        " and ".join(
            value if isinstance(value, str) else f"{len(value)} kinds of {name}"
            for name, value in one.items()
            if value  # an empty text selects rows without a value
        )
        for one in (guard.where, guard.versus)
    )
    return f" of {now or guard.column} with {before}"
