"""Checks inside a file, and of its size against the previous one: copies, pairs, keys, sizes, the age of its dates."""

from dataclasses import replace
from datetime import date
from itertools import combinations

import numpy as np
import pandas as pd

from assets.contract.guards import Guard
from pipelines.judging.agreement import wide
from pipelines.judging.sides import (
    LEAST_COMPARED,
    NOTHING,
    Found,
    Sides,
    in_words,
    keys_of,
    rank_agreement,
    rows_of,
    text_of,
)

LEAST_NAMED = 5
"""Least number of organisations with a word in their name: England has ten ambulance trusts."""


def copies(guard: Guard, sides: Sides) -> Found:
    """Find columns that hold the values of another column."""
    measures = wide(guard, sides.now)
    shares: list[tuple[float, str]] = []
    values = {str(name): measures[name].to_numpy("float64", na_value=float("nan")) for name in measures}
    held = {name: ~np.isnan(column) & (column != 0) for name, column in values.items()}
    for one, other in combinations(values, 2):
        both = held[one] & held[other]
        if both.sum() >= LEAST_COMPARED:
            same = float((values[one] == values[other])[both].mean())
            shares.append((same, f"{one} and {other}"))
    if not shares:
        return NOTHING
    beyond = tuple(names for share, names in shares if share > guard.threshold)
    most, names = max(shares)
    observed = f"{most:.0%} of the values of {names} are the same, at most {guard.threshold:.0%} expected"
    return Found(bool(beyond), observed, beyond)


def above(guard: Guard, sides: Sides) -> Found:
    """Find two columns of which the second is above the first in more rows than is usual."""
    first, second = guard.columns
    both = sides.now[[first, second]].dropna()
    both = both[(both != 0).any(axis=1)]
    if len(both) < LEAST_COMPARED:
        return NOTHING
    share = float((both[second] * guard.times > both[first]).mean())
    factor = f"{guard.times:g} times " if guard.times != 1 else ""
    observed = f"{factor}{second} is above {first} in {share:.0%} of {len(both)} rows, at most {guard.threshold:.0%} expected"
    return Found(share > guard.threshold, observed)


def exceeds(guard: Guard, sides: Sides) -> Found:
    """Find two measures, in this file or in other parts of its edition, of which the second exceeds the first too often."""
    rows = pd.concat([sides.now, sides.beside])
    first, second = (rows[rows["measure"] == measure] for measure in guard.columns)
    values = [one.groupby(keys_of(guard, one))[guard.column].sum() for one in (first, second)]
    both = pd.DataFrame(dict(zip(guard.columns, values, strict=True)))
    return above(guard, replace(sides, now=both))


def together(guard: Guard, sides: Sides) -> Found:
    """Find two columns that rank organisations differently."""
    both = sides.now[list(guard.columns)].astype("Float64").astype("float64").dropna()
    found = rank_agreement(both.set_axis(["before", "now"], axis=1))
    if found is None:
        return NOTHING
    observed = f"rank correlation {found:.3f} of {guard.columns[1]} with {guard.columns[0]} over {len(both)} rows, at least {guard.threshold:g} expected"
    return Found(found < guard.threshold, observed)


def even(guard: Guard, sides: Sides) -> Found:
    """Find groups of one file that are much smaller than the largest."""
    sizes = text_of(sides.now, guard.groups or ()).value_counts().sort_index()
    if sizes.empty or sizes.max() < LEAST_COMPARED:
        return NOTHING
    small = sizes[sizes < guard.threshold * sizes.max()]
    shown = small if len(small) else sizes.tail(1)
    observed = "; ".join(f"{size} rows of {group}" for group, size in shown.head(3).items())
    observed += f", {sizes.max()} of {sizes.idxmax()}, at least {guard.threshold:.0%} of those expected"
    return Found(len(small) > 0, observed, tuple(map(str, small.index)))


def same_keys(guard: Guard, sides: Sides) -> Found:
    """Find organisations that have a value for one measure and none for another."""
    one, other = (
        set(keys_of(guard, rows_of(guard, sides.now, dict(where)))) for where in (guard.where, guard.versus)
    )
    alone = sorted(one ^ other)
    observed = f"{len(alone)} of {len(one | other)} are on one side only{in_words(guard)}, at most {guard.threshold:.0%} expected"
    beyond = len(one | other) >= LEAST_COMPARED and len(alone) > guard.threshold * len(one | other)
    return Found(beyond, observed + (f": {', '.join(alone[:3])}" if alone else ""), tuple(alone))


def named(guard: Guard, sides: Sides) -> Found:
    """Find organisations whose name and value contradict each other."""
    observed: list[str] = []
    beyond: list[str] = []
    for word, value in guard.named.items():
        rows = sides.now[sides.now["org_name_as_published"].str.contains(word, case=False, regex=False)]
        share = float((rows[guard.column] == value).mean()) if len(rows) else 1.0
        observed.append(f"{share:.0%} of {len(rows)} rows with {word} in their name are {value}")
        if share < guard.threshold and len(rows) >= LEAST_NAMED:
            beyond.append(word)
    return Found(
        bool(beyond), f"{'; '.join(observed)}; at least {guard.threshold:.0%} expected", tuple(beyond)
    )


def sizes(guard: Guard, sides: Sides) -> Found:
    """Find groups (of each column separately) that have grown or shrunk implausibly, or are missing."""
    found: list[str] = []
    looked = 0
    for column in guard.groups or ():
        now, before = (
            rows[column].astype("string").str.casefold().value_counts() for rows in (sides.now, sides.before)
        )
        for group, was in before.sort_index().items():
            size = int(now.get(group, 0))
            looked += 1
            outside = not guard.least * was <= size <= guard.threshold * was
            if (was >= LEAST_COMPARED and outside and size) or (size == 0 and not guard.may_be_absent):
                found.append(f"{size} rows of {column} {group}, {was} before")
    observed = "; ".join(found[:3]) or f"{looked} groups are about as large as before"
    return Found(
        bool(found), f"{observed}; {guard.least:g} to {guard.threshold:g} times expected", tuple(found)
    )


def stale(guard: Guard, sides: Sides, last: date) -> Found:
    """Find a file whose newest date is long before the date of the file."""
    days = pd.to_datetime(sides.now[guard.column]).dropna()
    if len(days) < LEAST_COMPARED:
        return NOTHING
    newest = days.max().date()
    age = (last - newest).days
    observed = f"the newest {guard.column} is {newest}, {age} days before {last}, at most {guard.threshold:g} expected"
    return Found(age > guard.threshold, observed)
