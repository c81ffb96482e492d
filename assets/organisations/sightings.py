"""From sightings in lists years apart to the days on which something can have been true.

A value in one list and not in the next changed on an unknown day in between. A run of sightings of the same value is
valid from the last sighting of the previous value to the first sighting of the next one, so the intervals of two
neighbours overlap.
"""

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any


@dataclass(frozen=True)
class Sighting:
    """A value from a list, true on some day from `first` to `last`, and where it was read."""

    first: date
    last: date
    value: Hashable
    where: Any


@dataclass(frozen=True)
class Run:
    """Neighbouring sightings of one value, and the days it can have been valid (None: not known)."""

    sightings: tuple[Sighting, ...]
    valid_from: date | None
    valid_to: date | None


def runs(sightings: Iterable[Sighting]) -> Iterator[Run]:
    """Yield the runs of the same value, oldest first."""
    order = sorted(sightings, key=lambda seen: (seen.first, seen.last, str(seen.value)))
    groups = [tuple(group) for _, group in groupby(order, key=lambda seen: seen.value)]
    for before, group, after in zip((None, *groups), groups, (*groups[1:], None), strict=False):
        yield Run(group, before[-1].first if before else None, after[0].last if after else None)
