"""Agreement of a file with another, or of two measures of a file: order, words, level, columns, repeated values."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import permutations
from typing import Any

import numpy as np
import pandas as pd

from assets.contract.guards import Guard
from pipelines.judging.sides import (
    LEAST_COMPARED,
    NOTHING,
    Found,
    Sides,
    in_words,
    keys_of,
    matched,
    numbers_of,
    rank_agreement,
    text_of,
)

WINDOW = 12
"""Consecutive rows that are examined together for values of their neighbours: fewer resemble them by chance."""
NEIGHBOURS = {1: "above", -1: "below"}
ALIKE = 0.05
"""A distance that says nothing, as a share of the ranking: values are hardly nearer than this."""
PLACES_ALIKE = 3
"""The same in places, where that is more: in a sorted file, one trust that falls to the end moves all others by a place."""
MOST_TOLD = np.log(3)
"""What a row tells at most, as another word does: two or three values with a digit too many do not make a block."""
NEARER = 0.8
"""A column counts as exchanged if it is closer to another column of the previous file by more than a fifth."""


def order(guard: Guard, sides: Sides) -> Found:
    """Find groups whose values rank differently from the other side."""
    return _ranked(guard, matched(guard, sides), "rank correlation", "values")


def steps(guard: Guard, sides: Sides) -> Found:
    """Find groups whose values do not rise and fall from row to row of the file with those of the other side.

    Neighbours in a file are alike, so that a column one row lower still ranks much as it did; its steps do not.
    """
    both = matched(guard, sides)
    apart = both.groupby("group", sort=False)[["before", "now"]].diff().assign(group=both["group"])
    return _ranked(guard, apart.dropna(), "rank correlation of the steps from row to row", "steps")


def _ranked(guard: Guard, both: pd.DataFrame, what: str, unit: str) -> Found:
    ranked = list(_rank_agreements(both))
    if not ranked:
        return NOTHING
    worst, many, group = min(ranked)
    observed = f"{what} {worst:.3f}{in_words(guard)} over {many} {unit}{_named(group)}, at least {guard.threshold:g} expected"
    beyond = [group for found, _, group in ranked if found < guard.threshold]
    return Found(bool(beyond), observed, tuple(filter(None, beyond)))


def _rank_agreements(both: pd.DataFrame) -> Iterator[tuple[float, int, str]]:
    """Yield the rank correlation, the number of values and the name of each group that is large enough and not constant."""
    group = both["group"]
    ranks = both.groupby("group")[["before", "now"]].rank()
    apart = ranks - ranks.groupby(group).transform("mean")
    squares = pd.DataFrame(
        {
            "size": 1,
            "both": apart["before"] * apart["now"],
            "before": apart["before"] ** 2,
            "now": apart["now"] ** 2,
        }
    )
    for name, size, common, before, now in squares.groupby(group).sum().itertuples():
        if size >= LEAST_COMPARED and before > 0 and now > 0:
            yield round(float(common / (before * now) ** 0.5), 3), int(size), str(name)


def stretch(guard: Guard, sides: Sides) -> Found:
    """Find stretches of consecutive rows whose values rank differently from the other side."""
    both = matched(guard, sides)
    length = int(guard.least)
    starts = range(0, max(len(both) - length, 0) + 1, max(length // 4, 1))
    parts = [both.iloc[start : start + length] for start in starts]
    ranked = [(found, part) for part in parts if (found := rank_agreement(part)) is not None]
    if not ranked:
        return NOTHING
    worst, part = min(ranked, key=lambda one: one[0])
    rows = f"the {len(part)} rows from {_first(part.index[0])} to {_first(part.index[-1])}"
    observed = (
        f"rank correlation {worst:.3f}{in_words(guard)} in {rows}, at least {guard.threshold:g} expected"
    )
    return Found(worst < guard.threshold, observed, tuple(part.index) if worst < guard.threshold else ())


def slipped(guard: Guard, sides: Sides) -> Found:
    """Find blocks of rows whose values are nearer to those of their neighbours on the other side than to their own."""
    words = not guard.ranks and sides.now[guard.column].dtype.kind not in "fiu"
    both = matched(guard, _numbered(guard, sides) if words else sides)
    found: list[tuple[float, int, pd.Index]] = []
    for _, rows in both.groupby("group", sort=False):
        places = rows[["before", "now"]] if words else rows[["before", "now"]].rank(pct=True)
        for by in NEIGHBOURS if len(rows) >= LEAST_COMPARED else ():
            times = _nearness(places, by)
            end = int(times.argmax()) + 1
            found.append((float(times.max()), by, rows.index[end - WINDOW : end]))
    if not found:
        return NOTHING
    worst, by, block = max(found, key=lambda one: one[0])
    observed = (
        f"the {WINDOW} rows from {_first(block[0])} to {_first(block[-1])} are {worst:.2f} times as near to the values "
        f"of the row {NEIGHBOURS[by]} as to their own{in_words(guard)}, at most {guard.threshold:g} expected"
    )
    return Found(worst > guard.threshold, observed, tuple(block) if worst > guard.threshold else ())


def _numbered(guard: Guard, sides: Sides) -> Sides:
    """Return both sides with a number for each word."""
    column, frames = guard.column, (sides.now, sides.before)
    words = sorted({_plain(str(word)) for rows in frames for word in rows[column].unique()})
    numbers = {word: float(number) for number, word in enumerate(words)}
    now, before = (
        rows.assign(**{column: [numbers[_plain(str(word))] for word in rows[column]]}) for rows in frames
    )
    return replace(sides, now=now, before=before)


def _nearness(places: pd.DataFrame, by: int) -> "pd.Series[float]":
    """Return how many times as near to the places of the row `by` above as to their own blocks of rows are, by last row.

    Where the row on the other side is as near, the file is sorted by its values, and nothing has slipped.
    """
    own, there, opposite = ((places["now"] - places["before"].shift(far)).abs() for far in (0, by, -by))
    alike = max(ALIKE, PLACES_ALIKE / len(places))
    gain = np.log((np.minimum(own, opposite) + alike) / (there + alike))
    return pd.Series(np.exp(gain.clip(-MOST_TOLD, MOST_TOLD).rolling(WINDOW).mean()))


def _first(key: object) -> str:
    return str(key).partition("|")[0]


def _named(group: str) -> str:
    return f" ({group})" if group else ""


def level(guard: Guard, sides: Sides, years: float = 1) -> Found:
    """Find groups whose median ratio to the other side is outside the limits, which widen with the years between."""
    both = matched(guard, sides)
    both = both[(both["before"] > 0) & (both["now"] > 0)]
    ratios = (both["now"] / both["before"]).groupby(both["group"]).agg(["median", "size"])
    ratios = ratios[ratios["size"] >= LEAST_COMPARED]
    if ratios.empty:
        return NOTHING
    least, most = (limit ** max(1, years) for limit in (guard.least, guard.threshold))
    beyond = ratios[(ratios["median"] < least) | (ratios["median"] > most)]
    shown = beyond if len(beyond) else ratios
    observed = "; ".join(
        f"{ratio:.2f} times{in_words(guard)} over {size:.0f} values{_named(str(group))}"
        for group, ratio, size in shown.head(3).itertuples()
    )
    return Found(
        len(beyond) > 0,
        f"median {observed}; {least:.2f} to {most:.2f} expected",
        tuple(map(str, beyond.index)),
    )


def words(guard: Guard, sides: Sides) -> Found:
    """Find texts that agree with those of the previous file no better than by chance (Cohen's kappa)."""
    both = _texts(guard, sides)
    if len(both) < LEAST_COMPARED:
        return NOTHING
    plain = both.map(_plain)
    same = plain["before"] == plain["now"]
    before, now = (plain[side].value_counts(normalize=True).to_dict() for side in ("before", "now"))
    chance = sum(share * now.get(word, 0) for word, share in before.items())
    if chance >= 1:
        return NOTHING
    kappa = round((float(same.mean()) - chance) / (1 - chance), 3)
    observed = f"{same.sum()} of {len(both)} are as before, agreement beyond chance {kappa:.3f}, at least {guard.threshold:g} expected"
    changed = both[~same].head(3)
    observed += "".join(f"; {key}: {was} is now {now}" for key, was, now in changed.itertuples())
    return Found(kappa < guard.threshold, observed, tuple(both.index[~same]))


def _plain(text: str) -> str:
    """Return the form in which words are compared: `Mental-health & community` is `mental health and community`."""
    return " ".join(
        re.sub(r"(?<=[^\W\d])[-\u2010-\u2014](?=[^\W\d])", " ", text.casefold()).replace("&", " and ").split()
    )


def _texts(guard: Guard, sides: Sides) -> pd.DataFrame:
    before, now = (
        rows.drop_duplicates([guard.who, *guard.by])
        .pipe(lambda rows: rows.set_index(keys_of(guard, rows)))[guard.column]
        .astype("string")
        for rows in (sides.before, sides.now)
    )
    return pd.concat({"before": before, "now": now}, axis=1, join="inner").dropna().sort_index()


def exchanged(guard: Guard, sides: Sides) -> Found:
    """Find columns that are closer to another column of the previous file than to their own."""
    now, before = (wide(guard, rows) for rows in (sides.now, sides.before))
    names = [str(name) for name in now if name in before]
    shared = now.index.intersection(before.index)
    if len(shared) < LEAST_COMPARED or len(names) < 2:
        return NOTHING
    ranks = _ranks({"now": now.loc[shared, names], "before": before.loc[shared, names]})
    nearer: dict[str, dict[str, str]] = {name: {} for name in names}
    for one, other in permutations(names, 2):
        own, others = (_apart(ranks["now", one], ranks["before", name]) for name in (one, other))
        if others < NEARER * own:
            nearer[one][other] = (
                f"{one} is nearer to {other} than to {one} ({others:.3f} and {own:.3f} of the ranks apart)"
            )
    taken = [text for one in names for other, text in nearer[one].items() if one in _reached(nearer, other)]
    return Found(
        bool(taken),
        "; ".join(taken) or f"none of {len(names)} columns took the place of another",
        tuple(taken),
    )


def _reached(nearer: Mapping[str, Iterable[str]], first: str) -> set[str]:
    """Return the columns reachable from `first` by going from a column to the ones it is closer to.

    Exchanged columns lead back to themselves. A column that changed alone, such as spending that fell by half, only
    moves closer to another that stayed the same.
    """
    found: set[str] = set()
    ahead = [first]
    while ahead:
        name = ahead.pop()
        if name not in found:
            found.add(name)
            ahead.extend(nearer[name])
    return found


def _apart(one: "np.ndarray[Any, Any]", other: "np.ndarray[Any, Any]") -> float:
    """Return the mean distance of two columns over the rows that both have."""
    apart = np.abs(one - other)
    held = apart[~np.isnan(apart)]
    return float(held.mean()) if len(held) else float("nan")


def _ranks(sides: dict[str, pd.DataFrame]) -> dict[tuple[str, str], "np.ndarray[Any, Any]"]:
    """Return the rank of each value among all values of both sides, from 0 to 1, by side and column."""
    columns = {(side, str(name)): rows[name] for side, rows in sides.items() for name in rows}
    ranked = pd.concat(columns).rank(pct=True)
    places = ranked.to_numpy().reshape(len(columns), -1)
    return dict(zip(columns, places, strict=True))


def wide(guard: Guard, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the measures of a guard side by side, by key: its columns, or its column once for each group value."""
    if guard.columns:
        return rows.groupby(keys_of(guard, rows), sort=False)[list(guard.columns)].mean()
    label = text_of(rows, guard.groups or ())
    long = pd.DataFrame({"key": keys_of(guard, rows), "label": label, "value": numbers_of(guard, rows)})
    return long.pivot_table(index="key", columns="label", values="value", sort=False)


def repeated(guard: Guard, sides: Sides) -> Found:
    """Find a file that holds the values of another edition, or one of its periods (`groups`) those of another period."""
    worst = max(
        (_repetition(guard, *pair) for pair in _periods(guard, sides)), key=lambda one: one[0], default=None
    )
    if worst is None or worst[2] < LEAST_COMPARED:
        return NOTHING
    share, same, many, as_many = worst
    beyond = share > guard.threshold and (guard.threshold < 1 or as_many)
    expected = f"at most {guard.threshold:.0%}" if guard.threshold < 0.995 else "not all"
    observed = f"{same} of {many} values of {', '.join(guard.columns)} are the same, {expected} expected"
    return Found(beyond, observed)


def _periods(guard: Guard, sides: Sides) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    """Yield the rows of both sides; with periods, those of each pair of different ones."""
    if not guard.groups:
        yield sides.now, sides.before
        return
    now, before = (dict([*rows.groupby(text_of(rows, guard.groups))]) for rows in (sides.now, sides.before))
    yield from ((now[one], before[other]) for one in now for other in before if one != other)


def _repetition(guard: Guard, now: pd.DataFrame, before: pd.DataFrame) -> tuple[float, int, int, bool]:
    """Return the share of values that are the same, their number, the number compared, and whether both have as many.

    With fewer than LEAST_COMPARED the share is below every other.
    """
    mine, former = (_values(guard, rows) for rows in (now, before))
    both = pd.concat({"now": mine, "before": former}, axis=1, join="inner")
    same = int((both["now"] == both["before"]).sum())
    share = same / len(both) if len(both) >= LEAST_COMPARED else -1.0
    return share, same, len(both), len(mine) == len(former)


def _values(guard: Guard, rows: pd.DataFrame) -> "pd.Series[str]":
    """Return the values that reveal a repetition, as text by key; rows whose numbers are all 0 or missing are left out.

    Numbers are rounded to six decimals, as some files hold them.
    """
    numeric = [name for name in guard.columns if pd.api.types.is_numeric_dtype(rows[name])]
    kept = rows[(rows[numeric].fillna(0) != 0).any(axis=1)] if numeric else rows
    kept = kept.assign(**{name: kept[name].round(6) for name in numeric})
    return text_of(kept, guard.columns).set_axis(keys_of(guard, kept)).groupby(level=0).first()


def went_back(guard: Guard, sides: Sides) -> Found:
    """Find dates that are earlier than those of the previous file."""
    now, before = (
        rows.dropna(subset=[guard.column]).pipe(lambda rows: rows.set_index(keys_of(guard, rows)))[
            guard.column
        ]
        for rows in (sides.now, sides.before)
    )
    both = pd.concat({"now": now, "before": before}, axis=1, join="inner")
    if len(both) < LEAST_COMPARED:
        return NOTHING
    back = both[pd.to_datetime(both["now"]) < pd.to_datetime(both["before"])]
    observed = (
        f"{len(back)} of {len(both)} dates are earlier than before, at most {guard.threshold:.0%} expected"
    )
    observed += "".join(f"; {key}: {was} is now {now}" for key, now, was in back.head(3).itertuples())
    return Found(len(back) > guard.threshold * len(both), observed, tuple(back.index))


def unmoved(guard: Guard, sides: Sides) -> Found:
    """Find rows that differ from those of the previous file though their date is the same; one alone is let through."""
    now, before = (
        pd.DataFrame({"day": pd.to_datetime(rows[guard.column]), "text": text_of(rows, guard.columns)})
        .set_axis(keys_of(guard, rows))
        .groupby(level=0)
        .first()
        for rows in (sides.now, sides.before)
    )
    both = now.add_suffix("_now").join(before.add_suffix("_before"), how="inner")
    same_day = both[both["day_now"] == both["day_before"]]
    if len(same_day) < LEAST_COMPARED:
        return NOTHING
    changed = same_day[same_day["text_now"] != same_day["text_before"]]
    observed = f"{', '.join(guard.columns)} changed in {len(changed)} of {len(same_day)} rows whose {guard.column} is as before, at most {guard.threshold:.0%} expected"
    observed += "".join(
        f"; {key}: {row.text_before} is now {row.text_now}"
        for key, row in zip(changed.index[:3], changed.head(3).itertuples(), strict=True)
    )
    return Found(len(changed) > max(1, guard.threshold * len(same_day)), observed, tuple(changed.index))


def filled(guard: Guard, sides: Sides) -> Found:
    """Find values that are missing although their organisation is still present."""
    held = sides.before[sides.before[guard.column].notna()]
    was = set(keys_of(guard, held))
    still = was & set(keys_of(guard, sides.now))
    here = sides.now[sides.now[guard.column].notna()]
    empty = sorted(still - set(keys_of(guard, here)))
    observed = f"{len(still) - len(empty)} of {len(still)} values of {guard.column} are still there, at least {guard.threshold:.0%} expected"
    beyond = len(still) >= LEAST_COMPARED and len(empty) > (1 - guard.threshold) * len(still)
    return Found(beyond, observed + (f"; empty now: {', '.join(empty[:3])}" if empty else ""), tuple(empty))
