"""Notes for readers of the figures: caveats, what may be compared, and how complete the data are."""

from collections.abc import Mapping
from dataclasses import dataclass


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


def caveats(
    table: str, texts: Mapping[str, str], *, measures: Mapping[str, str] | None = None
) -> tuple[Caveat, ...]:
    """Return the caveats of a table from texts by name; `measures` maps a caveat's name to the one measure it is about."""
    return tuple(Caveat(name, table, text, (measures or {}).get(name, "")) for name, text in texts.items())


Measured = tuple[str, str, str]
"""Instrument, measure, period."""


def comparison(one: Measured, other: Measured, *, comparable: bool, why: str) -> Comparability:
    """Return whether a measure may be compared with another, and why."""
    return Comparability(*one, *other, comparable=comparable, why=why)


def another_instrument(instrument: str, measure: str, why: str) -> Comparability:
    """Return that a measure other than a maturity assessment is never compared with maturity scores."""
    return comparison(
        (instrument, measure, "any"), ("DMA", "overall_comparable", "any"), comparable=False, why=why
    )
