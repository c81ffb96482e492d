"""A table that fits a terminal: numbers rounded, long text cut, and a sentence that says so. Only what is shown is shortened.

Names of columns, numbers and dates are never cut: a part of a number is another number. Where the columns do not fit even
so, each row is shown as lines of `name: value`, with nothing lost.
"""

import math
import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from assets.contract.terminal_controls import TERMINAL_CONTROLS

CONTROLS = re.compile(f"[\x00-\x08\x0b-\x1f{TERMINAL_CONTROLS}]")
"""Characters that a terminal obeys or that change the order of others: all controls except tab and line feed."""
BETWEEN = "  "
DIGITS = 3
"""Decimals that are shown, of numbers below 1 from the first that is not zero on."""
LEAST = 8
"""Characters of a text that are shown at least."""
ADVICE = "save the answer in a file"

Row = Sequence[Any]


@dataclass(frozen=True)
class Shown:
    """The lines of a table, and a sentence that says what is shortened and how to see all; empty where nothing is."""

    lines: list[str]
    note: str = ""


def escaped(text: str) -> str:
    r"""Return a text in which no character controls a terminal: an escape character becomes `\u001b`."""
    return CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def fitted(header: Sequence[str], rows: Sequence[Row], width: int, how: str = ADVICE) -> Shown:
    """Return a table in lines of up to `width` characters; `how` says how to see what is shortened.

    A single column is wrapped. Several are cut, or become lines of their own where there is no room for them.
    """
    header = [escaped(name) for name in header]
    if not rows:
        return Shown([BETWEEN.join(header)], "The answer has no rows.")
    if len(header) == 1:
        return Shown([header[0], "-" * len(header[0]), *_wrapped(rows, width)])
    columns = [_Column.of(name, [row[place] for row in rows]) for place, name in enumerate(header)]
    room = width - len(BETWEEN) * (len(header) - 1)
    if sum(column.least for column in columns) > room:
        note = f"The {len(header)} columns are too wide for {width} characters, so each row is printed as lines of `name: value`."
        return Shown(list(in_lines(header, rows, width)), note)
    cap = max(
        cap for cap in range(LEAST, room + LEAST + 1) if cap == LEAST or _total(columns, cap) <= room
    )  # with the least width of each there is room
    widths = [column.width(cap) for column in columns]
    lines = [_line(columns, cells, widths) for cells in ([*header], ["-" * width for width in widths])]
    lines += [_line(columns, cells, widths) for cells in zip(*(c.cells for c in columns), strict=True)]
    return Shown(lines, _note(columns, widths, how))


def in_lines(header: Sequence[str], rows: Iterable[Row], width: int) -> Iterator[str]:
    """Yield each row as lines of `name: value`, long values wrapped, with an empty line between rows."""
    header = [escaped(name) for name in header]
    indent = max(map(len, header)) + 2
    for number, row in enumerate(rows):
        if number:
            yield ""
        for name, value in zip(header, row, strict=True):
            label = f"{name + ':':<{indent}}"
            yield from _paragraph(_text(value), label, " " * min(indent, width // 2), width)


def rounded(value: Any) -> Any:
    """Return a number with the digits that are shown; anything else as it is."""
    if not isinstance(value, float | Decimal) or not math.isfinite(value) or not value:
        return value
    zeros = max(0, -math.floor(math.log10(abs(float(value)))) - 1)
    return round(value, DIGITS + zeros)


@dataclass(frozen=True)
class _Column:
    """A column as it is shown: its cells, the width it would need, and the least that it can do with."""

    name: str
    cells: list[str]
    is_rounded: bool
    is_number: bool
    natural: int
    least: int

    @classmethod
    def of(cls, name: str, values: list[Any]) -> "_Column":
        held = [value for value in values if value is not None]
        shown = [rounded(value) for value in values]
        cells = [_text(value) for value in shown]
        whole = [len(_text(rounded(value))) for value in held if not isinstance(value, str)]
        natural = max(map(len, [name, *cells]))
        return cls(
            name=name,
            cells=cells,
            is_rounded=shown != values,
            is_number=bool(held) and all(_is_number(value) for value in held),
            natural=natural,
            least=max([len(name), min(natural, LEAST), *whole]),
        )

    def width(self, cap: int) -> int:
        """Return the width of the column where none of text is wider than `cap`."""
        return max(self.least, min(self.natural, cap))


def _total(columns: Sequence[_Column], cap: int) -> int:
    return sum(column.width(cap) for column in columns)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _line(columns: Sequence[_Column], cells: Sequence[str], widths: Sequence[int]) -> str:
    cut = [
        cell if len(cell) <= width else cell[: width - 1] + "…"
        for cell, width in zip(cells, widths, strict=True)
    ]
    aligned = [
        cell.rjust(width) if column.is_number else cell.ljust(width)
        for column, cell, width in zip(columns, cut, widths, strict=True)
    ]
    return BETWEEN.join(aligned).rstrip()


def _note(columns: Sequence[_Column], widths: Sequence[int], how: str) -> str:
    """Return which columns are cut and rounded, and how to see all of them."""
    cut = [
        column.name
        for column, width in zip(columns, widths, strict=True)
        if max(map(len, column.cells), default=0) > width
    ]
    numbers = [column.name for column in columns if column.is_rounded]
    said = [
        f"{what}: {', '.join(names)}." for what, names in (("Cut to fit", cut), ("Rounded", numbers)) if names
    ]
    return " ".join([*said, f"To see all, {how}."]) if said else ""


def _wrapped(rows: Sequence[Row], width: int) -> Iterator[str]:
    for (value,) in rows:
        yield from _paragraph(_text(value), "", "  ", width)


def _paragraph(text: str, first: str, rest: str, width: int) -> list[str]:
    return textwrap.wrap(
        text,
        max(width, len(rest) + LEAST),
        initial_indent=first,
        subsequent_indent=rest,
        break_on_hyphens=False,
    ) or [first.rstrip()]


def _text(value: Any) -> str:
    """Return a value on one line; nothing stands for a missing one."""
    return "" if value is None else escaped(" ".join(str(value).split()))
