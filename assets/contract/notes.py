"""What a reader must know beside the figures: caveats, what may be compared, and how much of what exists is held."""

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
"""Why there are holes, or that there are none."""


@dataclass(frozen=True)
class Coverage:
    """How much of what exists is held: `expected` is None where nobody has published the number.

    `edition` and `table_name` are empty where it is about all of them, `org_codes` names the trusts that are missing.
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
        """Refuse a reason that no release could be published with."""
        if self.status not in COVERAGE:
            raise ValueError(
                f"Telling the coverage of {self.subject}: expected one of {', '.join(COVERAGE)}, "
                f"found {self.status!r}; correct the source module."
            )


def caveats(
    table: str, texts: Mapping[str, str], *, measures: Mapping[str, str] | None = None
) -> tuple[Caveat, ...]:
    """Return what a reader must know of a table, by the name of each caveat; `measures` has those about one measure."""
    return tuple(Caveat(name, table, text, (measures or {}).get(name, "")) for name, text in texts.items())


Measured = tuple[str, str, str]
"""Instrument, measure, period."""


def comparison(one: Measured, other: Measured, *, comparable: bool, why: str) -> Comparability:
    """Say whether a measure may be compared with another, and why or why not."""
    return Comparability(*one, *other, comparable=comparable, why=why)


def another_instrument(instrument: str, measure: str, why: str) -> Comparability:
    """Say that a measure that is no maturity assessment is never compared with the scores of one."""
    return comparison(
        (instrument, measure, "any"), ("DMA", "overall_comparable", "any"), comparable=False, why=why
    )
