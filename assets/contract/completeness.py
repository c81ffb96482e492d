"""Short ways to say how much of what exists is held, for the `coverage` of a source."""

from typing import Any

from assets.contract.notes import Coverage


def counted(  # noqa: PLR0913 - what is counted has as many facts
    subject: str, held: Any, expected: Any, why: str, *, otherwise: str = "partial", table_name: str = ""
) -> Coverage:
    """Return how many of `subject` are held: complete where that is as many as `expected`, else `otherwise`."""
    status = "complete" if held == expected else otherwise
    number = None if expected is None else int(expected)
    return Coverage(subject, int(held), number, status, why, table_name=table_name)
