"""Comparisons of a file of payments: each month of a trust alone, and with the other months of the same trust.

A file holds sums: its rows say who paid, in which month, how many lines were added up, and the total. Months differ a
lot (a year end, one large payment), so an unusual month is only a warning. Wrong signs, repeated lines, a single kind
of payment throughout, and a file that may be another trust's are errors.

Rows are plain mappings here: a file has about twenty, a trust has a file a month, and there may be thousands of files.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import multimode
from typing import Any

from assets.contract.guards import Guard, Kind
from assets.contract.usual import LEAST_OTHERS, times_the_usual
from pipelines.judging.sides import LEAST_COMPARED, Found, Sides

MOST_SHOWN = 3
Row = Mapping[str, Any]
Months = Mapping[tuple[str, str], Sequence[Row]]
"""Rows by payer and month."""


def _months(guard: Guard, rows: Iterable[Row]) -> Months:
    (month,) = guard.by
    found: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        found[str(row[guard.who]), str(row[month])].append(row)
    return found


def _now(guard: Guard, sides: Sides) -> Months:
    names = list(map(str, sides.now))
    cells = zip(*(sides.now[name].tolist() for name in names), strict=True)
    return _months(guard, [dict(zip(names, row, strict=True)) for row in cells])


def _others(guard: Guard, sides: Sides) -> Callable[[str, str], list[Sequence[Row]]]:
    """Return a function that returns the other months of a trust: of this file and of the other files of its series."""
    by_trust: dict[str, dict[str, Sequence[Row]]] = defaultdict(dict)
    for months in (_months(guard, sides.series), _now(guard, sides)):
        for (who, month), rows in months.items():
            by_trust[who][month] = rows

    return lambda who, month: [rows for other, rows in by_trust[who].items() if other != month]


def _found(beyond: Mapping[str, str], looked: int, what: str, sides: Sides) -> Found:
    """Return how many months were examined, which are implausible and why; acknowledged keys do not count."""
    shown = "; ".join(f"{key}: {text}" for key, text in list(beyond.items())[:MOST_SHOWN])
    observed = f"{len(beyond)} of {looked} months {what}" + (f": {shown}" if shown else "")
    return Found(bool(set(beyond) - set(sides.excused)), observed, tuple(beyond))


def _part(guard: Guard, sides: Sides) -> Found:
    """Find months in which one part of the lines is a larger share than the limit.

    The part is the sum of `column` (over rows whose column `parts[0]` has a value in `parts[1]`), the whole is the sum
    of `cell`.
    """
    beyond: dict[str, str] = {}
    months = _now(guard, sides)
    names, words = guard.parts
    for (who, month), rows in months.items():
        whole = sum(row[guard.cell] for row in rows)
        part = sum(row[guard.column] for row in rows if not names or row[names[0]] in words)
        if whole >= LEAST_COMPARED and part > guard.threshold * whole:
            beyond[f"{who}|{month}"] = f"{part:,.0f} of {whole:,.0f} {guard.cell} ({part / whole:.0%})"
    return _found(beyond, len(months), f"are beyond {guard.threshold:.0%}", sides)


def _typical(guard: Guard, sides: Sides) -> Found:
    """Find months whose figure is unusual in comparison with the median of the trust's other months.

    The figure is the sum of `column`, or its largest value if `pattern` is `largest`.
    """
    beyond: dict[str, str] = {}
    now, others = _now(guard, sides), _others(guard, sides)
    for (who, month), rows in now.items():
        value, usual = _figure(guard, rows), [_figure(guard, other) for other in others(who, month)]
        times = times_the_usual(value, usual)
        if times is not None and not guard.least <= times <= guard.threshold:
            beyond[f"{who}|{month}"] = f"{value:,.0f} is {times:.2f} times the median of {len(usual)} others"
    what = f"are beyond {guard.least:g} to {guard.threshold:g} times the usual {guard.column}"
    return _found(beyond, len(now), what, sides)


def _figure(guard: Guard, rows: Sequence[Row]) -> float:
    values = [float(row[guard.column]) for row in rows]
    return max(values) if guard.pattern == "largest" else sum(values)


def _unnamed(guard: Guard, sides: Sides) -> Found:
    """Find months whose file names no trust, although the trust's other files do, or have another layout.

    `column` says whether a file names its trust, `cell` is its layout, and `known` holds the months that are known to
    name none.
    """
    beyond: dict[str, str] = {}
    known = guard.known.get(sides.edition, {})
    now, others = _now(guard, sides), _others(guard, sides)
    for (who, month), rows in now.items():
        key = f"{who}|{month}"
        if key not in known and (reason := _stranger(guard, rows, others(who, month))):
            beyond[key] = reason
    return _found(beyond, len(now), "name no trust and are unlike the trust's other files", sides)


def _stranger(guard: Guard, rows: Sequence[Row], others: Sequence[Sequence[Row]]) -> str:
    """Return why a file may belong to another trust, or an empty text."""
    if len(others) < LEAST_OTHERS or all(row[guard.column] for row in rows):
        return ""
    named = sum(all(row[guard.column] for row in other) for other in others)
    if named * 2 > len(others):
        return f"names no trust; {named} of {len(others)} other months do"
    layout, layouts = str(rows[0][guard.cell]), [str(other[0][guard.cell]) for other in others]
    if layout not in layouts:
        return f"names no trust, and its columns are {layout}; in other months {multimode(layouts)[0]}"
    return ""


KINDS: Mapping[Kind, Callable[[Guard, Sides], Found]] = {
    "part": _part,
    "typical": _typical,
    "unnamed": _unnamed,
}
OF_A_SERIES = frozenset({"typical", "unnamed"})
"""Kinds that examine the other files of a series, whatever their edition."""
ALONE = frozenset({"part", *OF_A_SERIES})
"""Kinds that need no file of the same part in a previous edition."""
