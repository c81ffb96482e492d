"""Notes for readers of the figures: caveats, what may be compared, and how complete the data are."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Caveat:
    """One thing a reader must know before using a table (or one measure of it)."""

    caveat: str
    table: str
    text: str
    measure: str = ""


@dataclass(frozen=True)
class Comparability:
    """Whether two (instrument, period) pairs may be compared, and why or why not."""

    instrument: str
    measure: str
    period: str
    with_instrument: str
    with_measure: str
    with_period: str
    comparable: bool
    why: str


COVERAGE = (
    "complete",
    "partial",
    "not published",
    "not in scope",
    "merged away",
    "unmatched",
    "refused",
    "never fetched",
)
"""Whether data are complete, or why they are missing."""
NO_ROWS = "why a table has no rows"
"""The subject under which a source says why a table of its own is empty, although files of it are held."""


@dataclass(frozen=True)
class Coverage:
    """How much of what exists is held; `expected` is None where the number is not published anywhere.

    `edition` and `table_name` are empty where the row covers all of them; `org_codes` lists the missing trusts.
    """

    subject: str
    held: int
    expected: int | None
    status: str
    why: str
    edition: str = ""
    table_name: str = ""
    org_codes: str = ""

    def __post_init__(self) -> None:
        """Raise ValueError for a status that is not in COVERAGE."""
        if self.status not in COVERAGE:
            raise ValueError(
                f"Stating the coverage of {self.subject}: expected one of {', '.join(COVERAGE)}, "
                f"found {self.status!r}; correct the source module."
            )


def counted(  # noqa: PLR0913 - what is counted has as many facts
    subject: str, held: Any, expected: Any, why: str, otherwise: str = "partial", *, table_name: str = ""
) -> Coverage:
    """Return the coverage of `subject`: complete if `held` equals `expected`, else `otherwise`."""
    status = "complete" if held == expected else otherwise
    number = None if expected is None else int(expected)
    return Coverage(subject, int(held), number, status, why, table_name=table_name)
