"""Comparisons of a list of organisations: within the list, and by code with the previous list.

A nightly list changes little from one day to the next, so most faults show in a few cells: a block of shifted names,
organisations that are open again, an old list under a new date. `now` and `before` are the rows of two lists; their
editions say on which days each can have been true.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date

import pandas as pd

from assets.contract.guards import Guard, Kind
from assets.organisations.names import normalise
from pipelines.judging.comparisons import days_of
from pipelines.judging.sides import LEAST_COMPARED, Found, Sides

DAYS_OF_A_YEAR = 365.25
MOST_SHOWN = 3
"""Most examples in a sentence."""
Changes = Mapping[str, tuple[str, str]]
"""The previous and the current text, by code."""


def _texts(rows: pd.DataFrame, column: str) -> list[str]:
    """Return a column as text: empty for a missing value, ISO form for a date."""
    return ["" if pd.isna(value) else str(value)[:200] for value in rows[column]]


def _by_code(guard: Guard, rows: pd.DataFrame, column: str) -> dict[str, str]:
    return dict(zip(_texts(rows, guard.who), _texts(rows, column), strict=True))


def _changes(guard: Guard, sides: Sides) -> tuple[Changes, int]:
    """Return the changes between two lists by code, and how many codes both have; excused codes are left out."""
    before, now = (_by_code(guard, rows, guard.cell) for rows in (sides.before, sides.now))
    both = [code for code in before if code in now]
    changed = {code: (before[code], now[code]) for code in both if before[code] != now[code]}
    return {code: pair for code, pair in changed.items() if code not in sides.excused}, len(both)


def _examples(changes: Changes) -> str:
    shown = [f"{code} {was or 'nothing'!r} to {now or 'nothing'!r}" for code, (was, now) in changes.items()]
    more = f" and {len(shown) - MOST_SHOWN} more" if len(shown) > MOST_SHOWN else ""
    return f": {', '.join(shown[:MOST_SHOWN])}{more}" if shown else ""


def _years(sides: Sides) -> float:
    """Return the years between two lists: from the last day of the previous one to the first day of this one."""
    days = (days_of(sides.edition)[0] - days_of(sides.since)[1]).days
    return max(days, 0) / DAYS_OF_A_YEAR


def _changed(guard: Guard, sides: Sides) -> Found:
    """Find a column that changed for more codes than usual in such a time, unless it was reorganised.

    On a day of reorganisation any share may change, but groups stay together: almost all organisations of an old group
    are in one new group, or those of a new group come from one old group.
    """
    changes, both = _changes(guard, sides)
    if both < LEAST_COMPARED:
        return Found(beyond=False, observed="too few to compare")
    most, share = guard.threshold + guard.per_year * _years(sides), len(changes) / both
    observed = (
        f"{guard.cell} changed for {len(changes)} of {both} codes ({share:.1%}, expected at most {most:.1%})"
    )
    if share > most and (day := _reorganised(guard, sides)):
        together = _together(guard, sides)
        observed += (
            f"; reorganised {day}, {together:.1%} stayed with their group (expected {guard.least:.0%})"
        )
        return Found(together < guard.least, observed + _examples(changes), tuple(changes))
    return Found(share > most, observed + _examples(changes), tuple(changes))


def _reorganised(guard: Guard, sides: Sides) -> str:
    """Return the days of a known reorganisation between two lists, or an empty text."""
    first, last = days_of(sides.since)[0], days_of(sides.edition)[1]
    for began, ended in guard.days:
        if first < date.fromisoformat(ended) and date.fromisoformat(began) <= last:
            return began if began == ended else f"between {began} and {ended}"
    return ""


def _together(guard: Guard, sides: Sides) -> float:
    before, now = (_by_code(guard, rows, guard.cell) for rows in (sides.before, sides.now))
    pairs = [(group, now[code]) for code, group in before.items() if group and now.get(code)]
    return max(_one_to_one(pairs), _one_to_one((new, old) for old, new in pairs))


def _one_to_one(pairs: Iterable[tuple[str, str]]) -> float:
    """Return the share of pairs whose second value is the most frequent one for their first."""
    groups: dict[str, Counter[str]] = defaultdict(Counter)
    for first, second in pairs:
        groups[first][second] += 1
    usual = sum(counted.most_common(1)[0][1] for counted in groups.values())
    return usual / max(sum(counted.total() for counted in groups.values()), 1)


def _of_others(guard: Guard, sides: Sides) -> Found:
    """Find codes that now have the text that another code had before: shifted rows, even a few."""
    changes, both = _changes(guard, sides)
    holder = {text: code for code, text in _by_code(guard, sides.before, guard.cell).items() if text}
    taken = {code: pair for code, pair in changes.items() if holder.get(pair[1], code) != code}
    observed = f"{len(taken)} of {both} codes have the {guard.cell} that another code had before"
    return Found(len(taken) > guard.threshold, observed + _examples(taken), tuple(taken))


def _shared(guard: Guard, sides: Sides) -> Found:
    """Find organisations with one name, as far as names are compared, that are all open on the day of the list."""
    made = days_of(sides.edition)[1].isoformat()
    opened, closed = (_by_code(guard, sides.now, column) for column in guard.by)
    bearers: dict[str, list[str]] = defaultdict(list)
    texts = _by_code(guard, sides.now, guard.cell)
    for code, text in texts.items():
        if opened[code][:10] <= made and not "" < closed[code][:10] <= made:
            bearers[normalise(text)].append(code)
    doubled = [codes for codes in bearers.values() if len(codes) > 1 and not set(codes) <= set(sides.excused)]
    shown = ", ".join(f"{texts[codes[0]]!r} of {' and '.join(codes)}" for codes in doubled[:MOST_SHOWN])
    counted = f"{len(doubled)} ({shown})" if doubled else "none"
    observed = f"names shared by organisations that are open on {made}: {counted}"
    keys = tuple(code for codes in doubled for code in codes)
    return Found(bool(doubled), observed, keys)


def _undone(guard: Guard, sides: Sides) -> Found:
    """Find dates that were set before and are now missing or changed."""
    changes, _ = _changes(guard, sides)
    undone = {code: pair for code, pair in changes.items() if pair[0]}
    stated = sum(bool(text) for text in _texts(sides.before, guard.cell))
    observed = f"{guard.cell} is gone or another for {len(undone)} of {stated} codes that had one"
    return Found(len(undone) > guard.threshold, observed + _examples(undone), tuple(undone))


def _set_at_once(guard: Guard, sides: Sides) -> Found:
    """Find more newly set dates than usual in such a time."""
    changes, _ = _changes(guard, sides)
    added = {code: pair for code, pair in changes.items() if not pair[0]}
    most = guard.threshold + guard.per_year * _years(sides)
    observed = f"{guard.cell} is new for {len(added)} codes (expected at most {most:.0f})"
    return Found(len(added) > most, observed + _examples(added), tuple(added))


def _kept(guard: Guard, sides: Sides) -> Found:
    """Find a list that lacks more codes of the previous list than a list may drop."""
    now = set(_texts(sides.now, guard.who))
    before = _texts(sides.before, guard.who)
    gone = [code for code in before if code not in now and code not in sides.excused]
    observed = (
        f"{len(gone)} of {len(before)} codes are no longer listed (expected at most {guard.threshold:.0%})"
    )
    shown = f": {', '.join(gone[:MOST_SHOWN])}" if gone else ""
    beyond = len(before) >= LEAST_COMPARED and len(gone) > guard.threshold * len(before)
    return Found(beyond, observed + shown, tuple(gone))


def _advances(guard: Guard, sides: Sides) -> Found:
    """Find a list whose newest dates are older than those of the previous list: an old list under a new date.

    Days that were in the future when the previous list was made are left out: a plan may be withdrawn.
    """
    made = days_of(sides.since)[1].isoformat()
    newest = [
        (name, max(past, default=""), max(_texts(sides.now, name), default=""))
        for name in guard.by
        for past in [[text for text in _texts(sides.before, name) if text and text <= made]]
    ]
    back = [(name, was, now) for name, was, now in newest if now < was]
    observed = "; ".join(
        f"the newest {name} is {now or 'none'}, in the list before {was or 'none'}"
        for name, was, now in back or newest
    )
    return Found(bool(back), observed, tuple(name for name, *_ in back))


def _dated(guard: Guard, sides: Sides) -> Found:
    """Find dates in a list that are further after its own date than events are ever announced."""
    made = days_of(sides.edition)[1]
    ahead = [
        (code, text)
        for name in guard.by
        for code, text in _by_code(guard, sides.now, name).items()
        if text
        and (date.fromisoformat(text[:10]) - made).days > guard.threshold
        and code not in sides.excused
    ]
    observed = f"{len(ahead)} dates are more than {guard.threshold:.0f} days after the list of {made}"
    shown = f": {', '.join(f'{code} {text}' for code, text in ahead[:MOST_SHOWN])}" if ahead else ""
    return Found(bool(ahead), observed + shown, tuple(code for code, _ in ahead))


def _in_groups(guard: Guard, sides: Sides) -> Found:
    """Find a column that no longer follows another of the same list, as a region follows a board."""
    (other,) = guard.by
    firsts = sides.now[guard.column]
    if guard.pattern:
        firsts = firsts.astype("string").str.extract(guard.pattern, expand=False)
    seconds = _texts(sides.now, other)
    pairs = [
        (str(first), second)
        for first, second in zip(firsts, seconds, strict=True)
        if not pd.isna(first) and second
    ]
    share = _one_to_one(pairs)
    observed = f"{share:.1%} of {len(pairs)} codes have the {other} that is usual for their {guard.column}"
    observed += f" (expected {guard.least:.0%})"
    return Found(len(pairs) >= LEAST_COMPARED and share < guard.least, observed, tuple(_unusual(pairs)))


def _unusual(pairs: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Yield pairs whose second value is not the most frequent one for their first."""
    usual: dict[str, Counter[str]] = defaultdict(Counter)
    for first, second in pairs:
        usual[first][second] += 1
    for first, second in sorted(set(pairs)):
        if second != usual[first].most_common(1)[0][0]:
            yield f"{first} {second}"


KINDS: Mapping[Kind, Callable[[Guard, Sides], Found]] = {
    "changed": _changed,
    "of_others": _of_others,
    "shared": _shared,
    "undone": _undone,
    "set_at_once": _set_at_once,
    "kept": _kept,
    "advances": _advances,
    "dated": _dated,
    "in_groups": _in_groups,
}
ALONE = frozenset({"dated", "in_groups", "shared"})
"""Kinds that examine one list alone."""
