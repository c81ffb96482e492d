"""The comparisons of guards: one function for each kind, over frames, without files and without verdicts.

`now` are the rows of a file, `before` the rows it is compared with, `beside` those of the other files of its edition.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from functools import cache

import pandas as pd

from assets.contract.frozen_editions import frozen_editions, read_frozen
from assets.contract.guards import Guard, Kind
from assets.contract.parsed import Rejected
from assets.contract.periods import month_days, quarter_days, year_days
from assets.organisations.curation import curated, day
from assets.organisations.names import normalise
from assets.sources import ods
from pipelines.judging import agreement, inside
from pipelines.judging.sides import LEAST_COMPARED, NOTHING, Found, Sides, keys_of, rows_of

OLD_CODE = re.compile(r"[RT][A-Z0-9]{2}", re.ASCII)
"""The code of a trust until April 2020."""
ALONE = frozenset(
    {
        "open",
        "constant",
        "share",
        "known",
        "copy",
        "above",
        "exceeds",
        "even",
        "keys",
        "stale",
        "named",
        "together",
    }
)
"""Kinds that examine a file alone."""
BESIDE = frozenset({"share", "gone", "exceeds"})
"""Kinds that also examine the other files of the edition."""

BY_KEY = frozenset(
    {"order", "stretch", "steps", "slipped", "level", "agreement", "exchanged", "back", "unmoved", "filled"}
)
"""Kinds that match values by organisation: a file about other organisations cannot be compared with."""


def about_the_same(guard: Guard, now: pd.DataFrame, before: pd.DataFrame) -> bool:
    """Return whether two files share enough organisations to be compared."""
    if guard.kind not in BY_KEY:
        return True
    here, there = (set(rows[guard.who].dropna().unique()) for rows in (now, before))
    return len(here & there) >= min(LEAST_COMPARED, len(here))


def compare(guard: Guard, sides: Sides) -> Found:
    """Run the comparison of a guard."""
    return _KINDS[guard.kind](guard, sides)


def alone(guard: Guard) -> bool:
    """Return whether a guard needs no previous file."""
    return guard.kind in ALONE or bool(guard.versus or guard.earlier)


def everyone_before(guard: Guard) -> bool:
    """Return whether a guard compares with every earlier edition, not only with the newest."""
    return guard.kind == "repeat"


def _both(guard: Guard, sides: Sides) -> pd.DataFrame:
    """Return the values present on both sides, added up by key: columns before, now and group (the key without who)."""
    frames = {"before": sides.before, "now": sides.now}
    if guard.versus:
        frames["before"] = rows_of(guard, sides.now, dict(guard.versus))
        frames["now"] = rows_of(guard, sides.now)
    summed = {
        name: rows.groupby(keys_of(guard, rows))[guard.column].sum()
        for name, rows in frames.items()
        if len(rows)
    }
    if len(summed) < len(frames):
        return pd.DataFrame({"before": [], "now": [], "group": []})
    both = pd.concat(summed, axis=1, join="inner").sort_index()
    return both.assign(group=[key.partition("|")[2] for key in both.index])


def _unit(guard: Guard, sides: Sides) -> Found:
    both = _both(guard, sides)
    both = both[(both["before"] > 0) & (both["now"] > 0)]
    ratio = both["now"] / both["before"]
    moved = both[(ratio > guard.threshold) | (ratio < 1 / guard.threshold)]
    observed = f"{len(moved)} of {len(both)} values moved by a factor of more than {guard.threshold:g}"
    observed += "".join(
        f"; {key}: {was:.12g} is now {now:.12g}"
        for key, was, now in moved[["before", "now"]].head(5).itertuples()
    )
    return Found(len(moved) > guard.least * len(both), observed, tuple(moved.index))


def _doubled(guard: Guard, sides: Sides) -> Found:
    both = _both(guard, sides)
    before, now = both["before"].sum(), both["now"].sum()
    if before <= 0:
        return Found(beyond=False, observed="nothing to compare with")
    observed = f"{now:,.0f} are {now / before:.2f} times the {before:,.0f} before, of {len(both)} in both"
    return Found(bool(now > guard.threshold * before), observed)


def _constant(guard: Guard, sides: Sides) -> Found:
    keys = keys_of(replace(guard, who=guard.by[0], by=guard.by[1:]), sides.now)
    groups = sides.now.groupby(keys)[guard.column].agg(["nunique", "size"])
    looked = groups[groups["size"] >= LEAST_COMPARED]
    same = looked.index[looked["nunique"] <= guard.threshold]
    return Found(len(same) > 0, f"{len(same)} of {len(looked)} columns hold one value", tuple(same))


def _share(guard: Guard, sides: Sides) -> Found:
    if not sides.now["measure"].isin([*guard.parts[0], *guard.parts[1]]).any():
        return NOTHING  # a table that a re-user compiled without these measures
    own = _percent(guard, sides.now)
    together = _percent(guard, pd.concat([sides.now, sides.beside]))
    observed = f"{own:.1f} % in this file, {together:.1f} % in all files of the edition that are here"
    return Found(not guard.least <= own <= guard.threshold, observed)


def _percent(guard: Guard, rows: pd.DataFrame) -> float:
    part, whole = (rows.loc[rows["measure"].isin(measures), guard.column].sum() for measures in guard.parts)
    return float(100 * part / whole) if whole else 0.0


def _known(guard: Guard, sides: Sides) -> Found:
    expected = guard.known[sides.edition]
    values = sides.now.groupby(keys_of(guard, sides.now))[guard.column].sum().to_dict()
    wrong = {
        key: values.get(key) for key, value in expected.items() if not _same(values.get(key), value, guard)
    }
    observed = "; ".join(f"{key}: expected {expected[key]}, found {found}" for key, found in wrong.items())
    beyond = bool(set(wrong) - set(sides.excused))
    return Found(beyond, observed or f"all {len(expected)} values are as known", tuple(wrong))


def _same(found: object, expected: float | str, guard: Guard) -> bool:
    if isinstance(expected, str) or not isinstance(found, int | float):
        return found == expected
    return abs(found - expected) <= guard.threshold


# Missing trusts, and trusts that should be missing


def _gone(guard: Guard, sides: Sides) -> Found:
    day_ = days_of(sides.edition)[1]
    there = {code for rows in (sides.now, sides.beside) for code in codes(guard, rows)}
    expected = [code for code in sorted(codes(guard, sides.before)) if not _ended(code, day_)]
    without = [code for code in expected if not (heirs(code, day_) & there)]
    beyond = len(set(without) - set(sides.excused)) > guard.threshold * len(expected)
    unread = {code: row for row in reversed(sides.rejected) for code in _cells_of(guard, row)}
    kept_out = [code for code in without if code in unread]
    gone = [code for code in without if code not in unread]
    parts = [_part_of(gone, expected, "gone")] if gone or not kept_out else []
    if kept_out:
        first = min((unread[code] for code in kept_out), key=lambda row: row.row)
        why = f", but their rows are rejected, the first in row {first.row} ({first.reason})"
        parts.append(_part_of(kept_out, expected, "in the file", why))
    return Found(beyond, "; ".join(parts), tuple(without))


def _part_of(found: list[str], expected: list[str], words: str, why: str = "") -> str:
    """Return how many of the expected trusts are what `words` say, and the first of them."""
    share = f" ({100 * len(found) / len(expected):.1f} %)" if expected else ""
    listed = f": {', '.join(found[:20])}" if found else ""
    return f"{len(found)} of {len(expected)} trusts are {words}{share}{why}{listed}"


def _cells_of(guard: Guard, row: Rejected) -> set[str]:
    """Return the cells of a rejected row; a name stands for its code, as in `codes`."""
    cells = {cell.strip() for cell in row.raw.split(" | ")}
    return {_named().get(normalise(cell), cell) for cell in cells} if "name" in guard.who else cells


def _open(guard: Guard, sides: Sides) -> Found:
    first, last = days_of(sides.edition)
    listed = _days()
    known = [code for code in sorted(codes(guard, sides.now)) if code in listed]
    outside = [code for code in known if listed[code][0] > last or (listed[code][1] or last) < first]
    observed = f"{len(outside)} of {len(known)} trusts had closed before, or open later"
    return Found(bool(set(outside) - set(sides.excused)), observed, tuple(outside))


def codes(guard: Guard, rows: pd.DataFrame) -> set[str]:
    """Return the codes of the trusts in some rows; a name stands for itself if it has no code in the lists, or several.

    A code of five characters is a trust's only if a list of trusts has it: boards and companies have such codes too.
    """
    found = {str(name) for name in rows[guard.who].dropna().unique()}
    if "name" in guard.who:
        return {_named().get(normalise(name), name) for name in found}
    return {code for code in found if OLD_CODE.fullmatch(code) or code in _days()}


@cache
def _listed() -> pd.DataFrame:
    """Return every code and name of the frozen lists of trusts; newer lists would change earlier verdicts."""
    rows = pd.concat([read_frozen(one, ods.SOURCE.table).rows for one in frozen_editions("ods")])
    return rows.assign(name=[normalise(name) for name in rows["name"]])


@cache
def _named() -> dict[str, str]:
    """Return the code of each name that belongs to only one code."""
    rows = _listed()[["name", "org_code"]].drop_duplicates()
    return dict(rows.drop_duplicates("name", keep=False).itertuples(index=False))


@cache
def _days() -> dict[str, tuple[date, date | None]]:
    """Return the first and last day of each trust, according to its newest list."""
    newest = _listed().drop_duplicates("org_code", keep="last")
    found = newest[["org_code", "open_date", "close_date"]].itertuples(index=False)
    return {code: (first, None if pd.isna(last) else last) for code, first, last in found}


def heirs(code: str, until: date) -> set[str]:
    """Return an organisation and all its successors until a day, according to the curated successions."""
    return {code}.union(*(heirs(after, until) for after in _following(until).get(code, ())))


@cache
def _following(until: date) -> dict[str, tuple[str, ...]]:
    following: dict[str, tuple[str, ...]] = {}
    for before, after, first in _edges():
        if first <= until:
            following[before] = (*following.get(before, ()), after)
    return following


def _edges() -> Iterator[tuple[str, str, date]]:
    for row in curated("succession").rows:
        first = day(row["succession_date"])
        if row["successor_code"] and first:
            yield str(row["predecessor_code"]), row["successor_code"], first


def _ended(code: str, until: date) -> bool:
    """Return whether an organisation had closed by a day without a successor."""
    return any(
        row["predecessor_code"] == code and (last := day(row["predecessor_close_date"])) and last <= until
        for row in curated("succession").rows
        if not row["successor_code"]
    )


def days_of(edition: str) -> tuple[date, date]:
    """Return the days an edition can be about: 2019/20 a financial year, 2025 a year, 2025-07 a month, or one day."""
    if "-Q" in edition:
        return quarter_days(int(edition[:4]), edition[-2:])
    if "/" in edition:
        return year_days(int(edition[:4]))
    iso = edition.removesuffix("-did")
    if len(iso) == len("2025-07-15"):
        return (date.fromisoformat(iso),) * 2
    return month_days(iso) if "-" in iso else (date(int(iso), 1, 1), date(int(iso), 12, 31))


__all__ = ["Found", "Sides", "codes", "compare", "days_of", "heirs", "rows_of"]


def _years(sides: Sides) -> float:
    """Return how many years lie between the editions of both sides."""
    if not sides.since:
        return 1
    return (days_of(sides.edition)[1] - days_of(sides.since)[1]).days / 365


_KINDS: dict[Kind, Callable[[Guard, Sides], Found]] = {
    "unit": _unit,
    "doubled": _doubled,
    "gone": _gone,
    "open": _open,
    "order": agreement.order,
    "stretch": agreement.stretch,
    "steps": agreement.steps,
    "slipped": agreement.slipped,
    "level": lambda guard, sides: agreement.level(guard, sides, _years(sides)),
    "agreement": agreement.words,
    "exchanged": agreement.exchanged,
    "repeat": agreement.repeated,
    "back": agreement.went_back,
    "unmoved": agreement.unmoved,
    "filled": agreement.filled,
    "copy": inside.copies,
    "above": inside.above,
    "exceeds": inside.exceeds,
    "even": inside.even,
    "keys": inside.same_keys,
    "named": inside.named,
    "together": inside.together,
    "sizes": inside.sizes,
    "stale": lambda guard, sides: inside.stale(guard, sides, days_of(sides.edition)[1]),
    "constant": _constant,
    "share": _share,
    "known": _known,
}
