"""What commands share: exit codes, errors for the user, and plain text that needs no terminal."""

import io
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from assets.contract.errors import DigitalMaturityError, UsageError

DONE, REFUSED, USAGE, BUSY = 0, 1, 2, 3
EXIT_CODES = {
    DONE: "done",
    REFUSED: "refused, failed audit, stale or refused under --strict, verify found a difference, resolve found nothing",
    USAGE: "wrong usage",
    BUSY: "another run holds the lock",
}


class CommandError(DigitalMaturityError):
    """A command cannot do what it was asked: one sentence for the user."""


def known(name: str, found: Any) -> Any:
    """Return what is found under a name; raise UsageError with the names there are."""
    if name not in found:
        raise UsageError(
            f"Looking for source {name!r}: expected one of {', '.join(found)}; correct the name."
        )
    return found[name]


def say(words: str) -> None:
    """Tell how it is going, as plain text beside the answer."""
    print(words, file=sys.stderr, flush=True)


def print_table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a table with aligned columns."""
    text = [["" if cell is None else str(cell) for cell in row] for row in rows]
    widths = [max(len(row[place]) for row in [list(header), *text]) for place in range(len(header))]
    out = io.StringIO()
    for row in [list(header), ["-" * width for width in widths], *text]:
        out.write(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n"
        )
    sys.stdout.write(out.getvalue())
