"""What must hold between a file and the one before it, as data. Nothing here checks: `pipelines.guards` does.

A unit that changed, a year counted twice, trusts that vanished and a column that slipped all parse. They show only
beside the newest accepted file of the edition before, or beside another column of the same file. A guard says what is
compared, from where on it is beyond reason, why, and who may acknowledge that a file is right all the same: in
`acknowledged.csv`, a row for each exception, with evidence and the last edition it holds for.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from assets.contract import held
from assets.source import Expectation, Severity, Source

Kind = Literal["unit", "doubled", "gone", "open", "order", "agreement", "constant", "share", "known"]
"""What is compared; `pipelines.comparing` has a function for each."""
MAINTAINER = "maintainer"
"""Who may acknowledge, where a guard names nobody else: whoever looks after the source, with the evidence at hand."""
Values = Mapping[str, float | str]
EVERYTHING = "*"
"""The key of an acknowledgement that is about a whole file."""
ACKNOWLEDGED = "acknowledgements_are_needed"
NEEDED = "An exception that is no longer needed hides the next fault: take it out of acknowledged.csv."


@dataclass(frozen=True)
class Guard:
    """One comparison.

    `column` is compared by `who` and `by` over the rows that `where` keeps (column: value), and for `gone` over rows
    that hold one of `filled`. With `versus` the other side is not the file before but other rows of the same file.
    `known` has values by edition and key (who, then by, joined by a bar).
    """

    check: str
    kind: Kind
    column: str
    threshold: float
    why: str
    severity: Severity = "ERROR"
    acknowledged_by: str = MAINTAINER
    who: str = "org_code_as_published"
    by: tuple[str, ...] = ()
    where: Mapping[str, str] = field(default_factory=dict)
    versus: Mapping[str, str] = field(default_factory=dict)
    filled: tuple[str, ...] = ()
    parts: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    least: float = 0
    known: Mapping[str, Values] = field(default_factory=dict)

    @property
    def described(self) -> Expectation:
        """Return the guard in the words of an expectation, to be told beside those."""
        shown = {name: value for name, value in vars(self).items() if value and name not in _TOLD}
        return Expectation(self.check, f"guard_{self.kind}", shown, self.why, self.severity)


_TOLD = {"check", "kind", "why", "severity"}


@dataclass(frozen=True)
class Acknowledgement:
    """A reviewed exception: a key that a guard may find from `edition` to `until`, and who says why."""

    source: str
    edition: str
    check: str
    key: str
    reason: str
    evidence_url: str
    acknowledged_by: str
    until: str


@cache
def acknowledgements() -> tuple[Acknowledgement, ...]:
    """Return the reviewed exceptions."""
    text = (files("assets") / "acknowledged.csv").read_text("utf-8")
    return tuple(Acknowledgement(**row) for row in csv.DictReader(text.splitlines()))


# Short ways to say it, like those of `assets.expect`


def same_unit(column: str, factor: float = 100, **more: Any) -> Guard:
    """Refuse a file in which more than half of the values moved by more than `factor`."""
    why = "Most values moved by a factor beyond reason: the unit is another, such as pounds for thousands of pounds."
    return Guard(f"{column}_keeps_its_unit", "unit", column, factor, why, **more)


def not_doubled(column: str, most: float = 1.8, **more: Any) -> Guard:
    """Refuse a file whose values add up to more than `most` times those before."""
    why = "The total is close to twice what it was: the year before, or the same rows, were added in."
    return Guard(more.pop("check", f"{column}_has_not_doubled"), "doubled", column, most, why, **more)


def nobody_gone(column: str = "", most: float = 0.02, **more: Any) -> Guard:
    """Refuse a file that lacks more than `most` of the trusts before; a predecessor whose successor is there is not gone."""
    why = "Trusts that reported before and have neither closed nor a successor in the file: it is cut, or codes changed."
    return Guard("trusts_are_still_there", "gone", column, most, why, **more)


def everybody_open(**more: Any) -> Guard:
    """Warn of trusts that a file tells of although they had closed before its period, or opened after it."""
    why = "A trust that reports before it opened or after it closed is under the code of another, or of another year."
    return Guard("trusts_were_open", "open", "", 0, why, severity="WARN", **more)


def same_order(column: str, least: float = 0.5, **more: Any) -> Guard:
    """Refuse a file in which the values no longer follow those before: the rank correlation is below `least`."""
    why = "Large trusts stay large: an order that follows nothing is a column shifted against the names."
    return Guard(f"{column}_belongs_to_the_same_trusts", "order", column, least, why, **more)


def same_words(column: str, least: float = 0.5, **more: Any) -> Guard:
    """Refuse a file in which fewer than `least` of the texts are those before."""
    why = "Most of it stays as it was: words that all changed are a column shifted against the codes."
    return Guard(f"{column}_belongs_to_the_same_trusts", "agreement", column, least, why, **more)


def not_constant(column: str, **more: Any) -> Guard:
    """Refuse a file in which everybody has the same value."""
    why = "One value for everybody is a broken column."
    return Guard(f"{column}_is_not_constant", "constant", column, 1, why, **more)


def plausible_share(
    check: str, parts: tuple[Sequence[str], Sequence[str]], limits: tuple[float, float], why: str, **more: Any
) -> Guard:
    """Refuse a file in which the measures `parts[0]` are no plausible share (in per cent) of the measures `parts[1]`."""
    least, most = limits
    both = (tuple(parts[0]), tuple(parts[1]))
    return Guard(check, "share", "amount", most, why, least=least, parts=both, **more)


def known_values(column: str, known: Mapping[str, Values], *, within: float = 0, **more: Any) -> Guard:
    """Refuse a file of an edition that tells values otherwise than they have been read or printed elsewhere."""
    why = "Values that are known from elsewhere are told otherwise: a column slipped, or the file is another."
    check = more.pop("check", f"{column}_is_as_known")
    return Guard(check, "known", column, within, why, known=known, **more)


def expected(source: Source) -> tuple[Expectation, ...]:
    """Return all that is expected of the files of a source: of each alone, and beside others."""
    excused = Expectation(ACKNOWLEDGED, "guard_acknowledged", {}, NEEDED, "WARN")
    described = [*(guard.described for guard in source.guards), *_described_held(source)]
    return (*source.expectations, *described, *([excused] if described else []))


def _described_held(source: Source) -> list[Expectation]:
    """Return what must hold beside the files that are held, in the words of expectations."""
    rules = (
        (
            held.REVISES_LITTLE,
            "guard_revision",
            source.revision if source.natural_key else None,
            held.WHY_REVISES_LITTLE,
        ),
        (
            held.AGREES,
            "guard_overlap",
            source.overlap if source.overlap.columns else None,
            source.overlap.why,
        ),
    )
    return [Expectation(check, kind, _shown(rule), why) for check, kind, rule, why in rules if rule]


def _shown(rule: held.Revision | held.Overlap) -> dict[str, Any]:
    return {name: value for name, value in vars(rule).items() if value and name != "why"}
