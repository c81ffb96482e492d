"""Plain text on standard output and standard error: tables, records, progress and errors."""

import io
import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import click

from pipelines.commands import terminal_table
from pipelines.commands.terminal_table import escaped

PREFIX = "digital-maturity:"


def say(message: str) -> None:
    """Print progress on standard error."""
    print(escaped(message), file=sys.stderr, flush=True)


def show(text: str) -> None:
    """Print an answer on standard output; on a terminal nothing in it controls the terminal."""
    print(escaped(text) if sys.stdout.isatty() else text)


def complain(message: str) -> None:
    """Print an error on standard error; its prefix is red on a terminal, unless NO_COLOR is set."""
    colour = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
    prefix = click.style(PREFIX, fg="red", bold=True) if colour else PREFIX
    print(prefix, escaped(message), file=sys.stderr, flush=True)


def print_table(
    header: Sequence[str], rows: Iterable[Sequence[Any]], *, how: str = terminal_table.ADVICE
) -> None:
    """Print a table with aligned columns.

    On a terminal it fits: what is cut or rounded is said on standard error, with `how` to see all of it.
    """
    if sys.stdout.isatty():
        shown = terminal_table.fitted(header, list(rows), shutil.get_terminal_size().columns, how)
        sys.stdout.write("".join(f"{line}\n" for line in shown.lines))
        sys.stdout.flush()
        if shown.note:
            say(shown.note)
        return
    text, header = [[_cell(value) for value in row] for row in rows], [escaped(name) for name in header]
    widths = [max(len(row[place]) for row in [list(header), *text]) for place in range(len(header))]
    out = io.StringIO()
    for row in [list(header), ["-" * width for width in widths], *text]:
        out.write(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n"
        )
    sys.stdout.write(out.getvalue())


def vertical(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Yield each row as lines of `name: value`, the values under each other, with an empty line between rows.

    On a terminal long values are wrapped.
    """
    if sys.stdout.isatty():
        columns = shutil.get_terminal_size().columns
        yield from (f"{line}\n" for line in terminal_table.in_lines(header, rows, columns))
        return
    header = [escaped(name) for name in header]
    width = max(map(len, header)) + 1
    for number, row in enumerate(rows):
        named = zip(header, row, strict=True)
        lines = [f"{name + ':':<{width}} {_cell(value)}".rstrip() + "\n" for name, value in named]
        yield ("\n" if number else "") + "".join(lines)


def _cell(value: Any) -> str:
    return "" if value is None else escaped(str(value))


class _Answer:
    """Standard output for a writer of CSV."""

    def write(self, text: str) -> int:
        return sys.stdout.write(escaped(text) if sys.stdout.isatty() else text)


ANSWER = _Answer()
"""Where CSV goes: to standard output, and on a terminal without anything that controls it."""
