"""The days of a name: when lists showed it, and when it can have been in use.

A list shows a name on a day, but not the day on which it changed. The change is somewhere between the last list with
the old name and the first list with the new one, unless a curated day of renaming gives it. No name is in use before
its organisation opens or after it closes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from typing import Any

from assets.organisations.curation import curated
from assets.organisations.sightings import Run, Sighting


@dataclass(frozen=True)
class NameDays:
    """A name of an organisation, the first and last day on which lists show it, and the limits of its use."""

    value: str
    sightings: tuple[Sighting, ...]
    first_seen: date
    last_seen: date
    valid_from: date
    valid_to: date | None


@cache
def _renamings() -> Mapping[tuple[str, str], date]:
    """Return the days on which organisations took a name, by code and name."""
    return {
        (str(row["org_code"]), str(row["name"])): date.fromisoformat(str(row["renamed_on"]))
        for row in curated("renames").rows
    }


def named_days(code: str, names: Sequence[Run]) -> list[Run]:
    """Return the runs of names of an organisation, with the exact day of each change that is known.

    A day outside the interval in which the lists place the change is not applied: newer lists contradict it.
    """
    found = list(names)
    for number in range(1, len(found)):
        before, after = found[number - 1], found[number]
        day = _renamings().get((code, str(after.sightings[0].value)))
        first, last = after.valid_from, before.valid_to
        if day and first and last and first < day <= last:
            found[number - 1] = replace(before, valid_to=day - timedelta(days=1))
            found[number] = replace(after, valid_from=day)
    return found


def bounded(names: Iterable[Run], organisation: Mapping[str, Any]) -> Iterator[NameDays]:
    """Yield the names of an organisation, limited to the days on which it was open."""
    opened: date = organisation["open_date"]
    closed: date | None = organisation["close_date"]

    def within(day: date) -> date:
        return max(opened, min(day, closed or day))

    for run in names:
        yield NameDays(
            value=str(run.sightings[0].value),
            sightings=run.sightings,
            first_seen=within(min(seen.first for seen in run.sightings)),
            last_seen=within(max(seen.last for seen in run.sightings)),
            valid_from=within(run.valid_from or opened),
            valid_to=within(run.valid_to) if run.valid_to else closed,
        )
