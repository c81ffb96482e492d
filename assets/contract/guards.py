"""What must hold between a file and the one before it, as data. Nothing here checks: `pipelines.judging.guard_results` does.

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

from assets.contract.expectations import Expectation, Severity

Kind = Literal[
    "unit",
    "doubled",
    "gone",
    "open",
    "constant",
    "share",
    "known",
    # agreement with the file before, or of two measures of the file
    "order",
    "stretch",
    "level",
    "agreement",
    "exchanged",
    "repeat",
    "back",
    "filled",
    # the file by itself, and its size
    "copy",
    "above",
    "even",
    "keys",
    "sizes",
    "stale",
    "named",
    "together",
    # lists of organisations, and payments
    "changed",
    "of_others",
    "undone",
    "set_at_once",
    "kept",
    "advances",
    "dated",
    "in_groups",
    "part",
    "typical",
    "unnamed",
]
"""What is compared; `pipelines.judging.kinds` finds the function of each."""
MAINTAINER = "maintainer"
"""Who may acknowledge, where a guard names nobody else: whoever looks after the source, with the evidence at hand."""
Values = Mapping[str, float | str]
Wanted = str | tuple[str, ...]
"""The value, or the values, of the rows that are wanted."""
EVERYTHING = "*"
"""The key of an acknowledgement that is about a whole file."""
ACKNOWLEDGED = "acknowledgements_are_needed"
NEEDED = "An exception that is no longer needed hides the next fault: take it out of acknowledged.csv."


KNOWN_TRUSTS = Expectation(
    "trusts_are_known",
    "guard_known_trusts",
    {},
    "A file whose trusts no list knows is another file, or its names slipped against its codes: its rows would vanish.",
)
"""What is expected of every file whose rows name organisations: `pipelines.integration.known_trusts` measures it."""


@dataclass(frozen=True)
class Guard:
    """One comparison.

    `column` is compared by `who` and `by` over the rows that `where` keeps (column: value), and for `gone` over rows
    that hold one of `filled`. With `versus` the other side is not the file before but other rows of the same file.
    `known` has values by edition and key (who, then by, joined by a bar). `groups` are columns whose values are looked at
    one by one (else those of `by`), `columns` are measures side by side, `ranks` gives words an order, `named` the value that a word in a name goes with, `least` is a lower
    limit where `threshold` is the upper one, and the length of a stretch of rows.
    With `may_be_absent` a group of before need not be there.

    Guards of lists and payments: `cell` is compared where an empty cell says something too (`column` leaves those rows
    out). What may change grows by `per_year` with the years between two lists; `days` are the first and last day of
    each reorganisation, on which any share may change; `pattern` is the part of a text that counts.
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
    where: Mapping[str, Wanted] = field(default_factory=dict)
    versus: Mapping[str, Wanted] = field(default_factory=dict)
    groups: tuple[str, ...] | None = None
    columns: tuple[str, ...] = ()
    ranks: Mapping[str, float] = field(default_factory=dict)
    named: Mapping[str, str] = field(default_factory=dict)
    filled: tuple[str, ...] = ()
    parts: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    least: float = 0
    may_be_absent: bool = False
    cell: str = ""
    per_year: float = 0
    days: tuple[tuple[str, str], ...] = ()
    pattern: str = ""
    known: Mapping[str, Values] = field(default_factory=dict)

    @property
    def described(self) -> Expectation:
        """Return the guard in the words of an expectation, to be told beside those."""
        shown = {name: value for name, value in vars(self).items() if value and name not in _ELSEWHERE}
        return Expectation(self.check, f"guard_{self.kind}", shown, self.why, self.severity)


_ELSEWHERE = {"check", "kind", "why", "severity"}


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


# Short ways to say it, like those of `assets.contract.expectations`


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
    check = more.pop("check", f"{column}_belongs_to_the_same_trusts")
    return Guard(check, "order", column, least, why, **more)


def same_words(column: str, least: float = 0.25, **more: Any) -> Guard:
    """Refuse a file whose texts agree with those before no better than by chance: kappa is below `least`."""
    why = "Most of it stays as it was: words that all changed are a column shifted against the codes."
    check = more.pop("check", f"{column}_belongs_to_the_same_trusts")
    return Guard(check, "agreement", column, least, why, **more)


def same_level(column: str, limits: tuple[float, float], **more: Any) -> Guard:
    """Refuse a file whose values are, at the median, below or above so many times those before."""
    why = "Values move little from one edition to the next: all of them moved together, so another thing was measured, or in another unit."
    check = more.pop("check", f"{column}_keeps_its_level")
    return Guard(check, "level", column, limits[1], why, least=limits[0], **more)


def no_repeat(columns: Sequence[str], most: float, **more: Any) -> Guard:
    """Refuse a file in which more than the share `most` of the values are those of another edition: 1 for every one of them."""
    why = "An earlier file under a later date repeats what is held, and shows as news what is none."
    least = 1 - 1e-9 if most == 1 else most
    check = more.pop("check", "the_file_is_no_earlier_one")
    return Guard(check, "repeat", "", least, why, columns=tuple(columns), **more)


def still_filled(column: str, least: float = 0.85, **more: Any) -> Guard:
    """Refuse a file in which fewer than `least` of the organisations with a value before still have one."""
    why = "Values do not vanish while their organisations stay: the column was emptied or cut."
    return Guard(f"{column}_is_still_filled", "filled", column, least, why, **more)


def usual(
    column: str,
    *,
    order: float | None = None,
    words: float | None = None,
    level: tuple[float, float] | None = None,
    filled: float | None = 0.85,
    **more: Any,
) -> tuple[Guard, ...]:
    """Return the usual comparisons of a column with the edition before: one line for each column of a source.

    `order` is the least rank correlation of numbers (or of words with `ranks`), `words` the least kappa of texts,
    `level` the limits of the median ratio, `filled` the least share of values that are still there.
    """
    made = [
        same_order(column, order, **more) if order is not None else None,
        same_words(column, words, **more) if words is not None else None,
        same_level(column, level, **more) if level is not None else None,
        still_filled(column, filled, **{k: v for k, v in more.items() if k not in _OF_VALUES})
        if filled
        else None,
    ]
    return tuple(guard for guard in made if guard)


_OF_VALUES = {"ranks", "groups"}


def no_exchange(**more: Any) -> Guard:
    """Refuse a file in which a measure is nearer to another measure of the file before than to itself."""
    why = "Measures have profiles of their own: one that looks like another stands under its header."
    return Guard(
        more.pop("check", "measures_are_not_exchanged"), "exchanged", more.pop("column", ""), 0, why, **more
    )


def no_copy(most: float = 0.5, **more: Any) -> Guard:
    """Refuse a file in which two measures hold the same values in more than the share `most` of the rows."""
    why = "Two measures, or two periods, are never the same for everybody: one was copied over the other."
    return Guard(more.pop("check", "no_measure_is_a_copy"), "copy", more.pop("column", ""), most, why, **more)


def follows(
    check: str,
    column: str,
    measures: tuple[Mapping[str, Wanted], Mapping[str, Wanted]],
    least: float,
    *,
    stretch: int = 0,
    **more: Any,
) -> Guard:
    """Refuse a file in which two measures do not rank organisations alike, in a `stretch` of its rows or in all."""
    why = "Both measures say how the same organisations do: where they do not go together, one is shifted against the names."
    found = {
        "kind": "stretch" if stretch else "order",
        "least": stretch,
        "where": measures[0],
        "versus": measures[1],
    }
    return Guard(check=check, column=column, threshold=least, why=why, **{**found, **more})


def goes_with(check: str, columns: tuple[str, str], least: float, **more: Any) -> Guard:
    """Refuse a file in which two columns, of which one follows the other, do not rank organisations alike."""
    why = (
        "One is made from the other: where they do not go together, one of them is shifted against the names."
    )
    return Guard(check, "together", "", least, why, columns=columns, **more)


def same_order_everywhere(column: str, least: float, stretch: int = 40, **more: Any) -> Guard:
    """Refuse a file in which the values of a `stretch` of rows do not follow those before."""
    why = "A block of rows that follows nothing is shifted against the names, though the rest of the file is right."
    check = f"{column}_belongs_to_the_same_trusts_in_every_stretch"
    return Guard(check, "stretch", column, least, why, **{"least": stretch, **more})


def seldom_above(check: str, columns: tuple[str, str], most: float, why: str, **more: Any) -> Guard:
    """Refuse a file in which the second column is above the first in more than the share `most` of the rows."""
    return Guard(check, "above", "", most, why, columns=columns, **more)


def even(check: str, groups: Sequence[str], least: float, why: str, **more: Any) -> Guard:
    """Refuse a file in which a group has fewer rows than the share `least` of the largest."""
    return Guard(check, "even", "", least, why, groups=tuple(groups), **more)


def same_keys(
    check: str, where: Mapping[str, Wanted], versus: Mapping[str, Wanted], most: float, **more: Any
) -> Guard:
    """Refuse a file in which more than the share `most` of the organisations have one measure and not the other."""
    why = "Both measures are published for the same organisations: the rows of one are cut."
    return Guard(check, "keys", "", most, why, where=where, versus=versus, **more)


def same_sizes(groups: Sequence[str], limits: tuple[float, float] = (0.8, 1.25), **more: Any) -> Guard:
    """Refuse a file in which a region, setting or measure has lost or won many rows since the edition before."""
    why = "Regions, settings and measures are about as large each time: one that is not was cut, or took the name of another."
    check = more.pop("check", "groups_are_as_large_as_before")
    return Guard(check, "sizes", "", limits[1], why, least=limits[0], groups=tuple(groups), **more)


def as_named(column: str, named: Mapping[str, str], least: float = 0.9, **more: Any) -> Guard:
    """Refuse a file in which fewer than `least` of the organisations with a word in their name have the value it goes with."""
    why = "A name says what an organisation is: where the value says otherwise, it is that of another."
    return Guard(f"{column}_is_as_the_names_say", "named", column, least, why, named=named, **more)


def dates_advance(column: str, most: float = 0.02, **more: Any) -> Guard:
    """Refuse a file in which more than the share `most` of the dates are earlier than in the file before."""
    why = "What was published later cannot have happened earlier: this is an older list."
    return Guard(f"{column}_does_not_go_back", "back", column, most, why, **more)


def not_stale(column: str, days: int, **more: Any) -> Guard:
    """Refuse a file whose newest date is more than `days` before its own day."""
    why = "Something new is dated every few weeks: a list without it was taken earlier than it says."
    return Guard(f"{column}_is_recent", "stale", column, days, why, **more)


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
