"""Guards: what must hold between a file and the one before it, as data. `pipelines.judging.guard_results` checks them.

A changed unit, a year counted twice, missing trusts and a shifted column all parse. They show only in comparison with
the newest accepted file of the previous edition, or with another column of the same file. A guard says what is
compared, which difference is implausible, why, and who may acknowledge that a file is right nevertheless. Each
exception is a row of `acknowledged.csv`, with evidence and the last edition it applies to.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
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
    # agreement with the previous file, or between two measures of the file
    "order",
    "stretch",
    "steps",
    "slipped",
    "level",
    "agreement",
    "exchanged",
    "repeat",
    "back",
    "unmoved",
    "filled",
    # the file alone, and its size
    "copy",
    "above",
    "exceeds",
    "even",
    "keys",
    "sizes",
    "stale",
    "named",
    "together",
    # lists of organisations, and payments
    "changed",
    "of_others",
    "shared",
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
"""What is compared; `pipelines.judging.kinds` maps each kind to its function."""
MAINTAINER = "maintainer"
"""Who may acknowledge by default: the maintainer of the source, with evidence."""
Values = Mapping[str, float | str]
Wanted = str | tuple[str, ...]
"""The value, or the values, of the rows to compare."""
EVERYTHING = "*"
"""The key of an acknowledgement for a whole file."""
ACKNOWLEDGED = "acknowledgements_are_needed"
NEEDED = "An exception that is no longer needed hides the next fault: take it out of acknowledged.csv."


KNOWN_TRUSTS = Expectation(
    "trusts_are_known",
    "guard_known_trusts",
    {},
    "A file whose trusts are in no list is another file, or its names are shifted against its codes: its rows would be lost.",
)
"""Expected of every file whose rows name organisations; `pipelines.integration.known_trusts` measures it."""


@dataclass(frozen=True)
class Guard:
    """One comparison.

    `column` is compared by `who` and `by` over the rows that `where` selects (column: value); the kind `gone` uses the
    rows with a value in one of `filled`. With `versus`, the other side is other rows of the same file, not the previous
    file. `known` holds values by edition and key (who, then by, joined by a bar). `groups` are columns whose values are
    compared one by one (default: those of `by`). `columns` are measures compared side by side, `ranks` orders words,
    `named` maps a word in a name to the value it implies. `least` is a lower limit, where `threshold` is the upper one,
    the length of a stretch of rows, or the share that may move by a factor. `times` multiplies the second of two
    measures. `earlier` are columns that hold a period: each period of the file is compared with the one before it in the
    same file. With `may_be_absent`, a group of the previous file need not be present.

    For lists and payments: `cell` is compared where an empty cell has a meaning (`column` leaves those rows out). The
    share that may change grows by `per_year` with the years between two lists. `days` are the first and last day of
    each reorganisation, on which any share may change. `pattern` matches the part of a text that counts.
    """

    check: str
    kind: Kind
    column: str
    threshold: float
    why: str = ""
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
    times: float = 1
    earlier: tuple[str, ...] = ()
    may_be_absent: bool = False
    cell: str = ""
    per_year: float = 0
    days: tuple[tuple[str, str], ...] = ()
    pattern: str = ""
    known: Mapping[str, Values] = field(default_factory=dict)

    @property
    def described(self) -> Expectation:
        """The guard as an expectation, to be listed with the others."""
        shown = {
            name: value
            for name, value in vars(self).items()
            if value and name not in _ELSEWHERE and (name, value) != ("times", 1)
        }
        return Expectation(self.check, f"guard_{self.kind}", shown, self.why, self.severity)


_ELSEWHERE = {"check", "kind", "why", "severity"}


@dataclass(frozen=True)
class Acknowledgement:
    """A reviewed exception: a key that a guard may report for a part from `edition` to `until`, who approved it and why."""

    source: str
    edition: str
    part: str
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


# Builders, like those of `assets.contract.expectations`


def same_unit(column: str, factor: float = 100, **more: Any) -> Guard:
    """Refuse a file in which more than half of the values moved by more than `factor`."""
    why = "Most values changed by an implausible factor: the unit has changed, such as pounds for thousands of pounds."
    return Guard(f"{column}_keeps_its_unit", "unit", column, factor, why, **{"least": 0.5, **more})


def no_jumps(column: str, factor: float = 8, **more: Any) -> Guard:
    """Warn of values that moved by more than `factor`, such as one with a digit too many."""
    why = "A value rarely becomes many times what it was: look at each one before you use it."
    return Guard(f"{column}_does_not_jump", "unit", column, factor, why, severity="WARN", **more)


def not_doubled(column: str, most: float = 1.8, **more: Any) -> Guard:
    """Refuse a file whose values add up to more than `most` times those before."""
    why = "The total is close to twice what it was: the previous year, or the same rows, were added in."
    return Guard(more.pop("check", f"{column}_has_not_doubled"), "doubled", column, most, why, **more)


def nobody_gone(column: str = "", most: float = 0.02, **more: Any) -> Guard:
    """Refuse a file that lacks more than `most` of the previous trusts; one whose successor is present does not count."""
    why = "Trusts that reported before are missing, have not closed and have no successor in the file: it is cut, or codes changed."
    return Guard("trusts_are_still_there", "gone", column, most, why, **more)


def everybody_open(**more: Any) -> Guard:
    """Warn of trusts in a file that had closed before its period, or opened after it."""
    why = "A trust that reports before it opened or after it closed has the code of another trust, or is from another year."
    return Guard("trusts_were_open", "open", "", 0, why, severity="WARN", **more)


def same_order(column: str, least: float = 0.5, **more: Any) -> Guard:
    """Refuse a file whose values no longer follow the previous ones: the rank correlation is below `least`."""
    why = (
        "Large trusts stay large: values in an unrelated order come from a column shifted against the names."
    )
    check = more.pop("check", f"{column}_belongs_to_the_same_trusts")
    return Guard(check, "order", column, least, why, **more)


def same_words(column: str, least: float = 0.25, **more: Any) -> Guard:
    """Refuse a file whose texts agree with the previous ones no better than by chance: kappa is below `least`."""
    why = "Most words stay the same: where nearly all changed, the column is shifted against the codes."
    check = more.pop("check", f"{column}_belongs_to_the_same_trusts")
    return Guard(check, "agreement", column, least, why, **more)


def same_level(column: str, limits: tuple[float, float], **more: Any) -> Guard:
    """Refuse a file whose median ratio to the previous values is outside `limits`."""
    why = "Values change little from one edition to the next: all of them moved together, so another thing was measured, or in another unit."
    check = more.pop("check", f"{column}_keeps_its_level")
    return Guard(check, "level", column, limits[1], why, least=limits[0], **more)


def level_of(
    check: str,
    column: str,
    measures: tuple[Mapping[str, Wanted], Mapping[str, Wanted]],
    limits: tuple[float, float],
    why: str = "",
    **more: Any,
) -> Guard:
    """Refuse a file in which the median ratio of the first of two measures to the second is outside `limits`."""
    where, versus = measures
    return Guard(check, "level", column, limits[1], why, least=limits[0], where=where, versus=versus, **more)


def no_repeat(columns: Sequence[str], most: float, **more: Any) -> Guard:
    """Refuse a file that shares more than `most` of its values with another edition; 1 means all of them.

    `groups` are columns of the period: each period of the file is compared with every other period of that edition.
    """
    why = "An earlier file under a later date repeats what is held and presents it as new."
    least = 1 - 1e-9 if most == 1 else most
    check = more.pop("check", "the_file_is_no_earlier_one")
    return Guard(check, "repeat", "", least, why, columns=tuple(columns), **more)


def still_filled(column: str, least: float = 0.85, **more: Any) -> Guard:
    """Refuse a file in which fewer than `least` of the organisations that had a value still have one."""
    why = "Values do not disappear while their organisations stay: the column was emptied or cut."
    return Guard(f"{column}_is_still_filled", "filled", column, least, why, **more)


def usual(
    columns: str | Sequence[str],
    *,
    order: float | None = None,
    words: float | None = None,
    level: tuple[float, float] | None = None,
    filled: float | None = 0.85,
    **more: Any,
) -> tuple[Guard, ...]:
    """Return the usual comparisons of a column, or of each of several, with the edition before.

    `order` is the least rank correlation of numbers (or of words with `ranks`), `words` the least kappa of texts,
    `level` the limits of the median ratio, `filled` the least share of values that must still be present. With
    `order` or `words`, `slipped` is how many times as near to the values of their neighbours as to their own rows may be
    (1.4 if not given; None compares nothing).
    """
    slipped = more.pop("slipped", 1.4) if order or words else None
    made: list[Guard] = []
    for column in [columns] if isinstance(columns, str) else columns:
        made += [nothing_slipped(column, slipped, **more)] if slipped is not None else []
        made += [same_order(column, order, **more)] if order is not None else []
        made += [same_words(column, words, **more)] if words is not None else []
        made += [same_level(column, level, **more)] if level is not None else []
        if filled:
            made.append(
                still_filled(column, filled, **{k: v for k, v in more.items() if k not in _OF_VALUES})
            )
    return tuple(made)


_OF_VALUES = {"ranks", "groups"}


def no_exchange(**more: Any) -> Guard:
    """Refuse a file in which a measure is closer to another measure of the previous file than to itself."""
    why = "Each measure has its own profile: one that looks like another is under the wrong header."
    return Guard(
        more.pop("check", "measures_are_not_exchanged"), "exchanged", more.pop("column", ""), 0, why, **more
    )


def no_copy(most: float = 0.5, **more: Any) -> Guard:
    """Refuse a file in which two measures hold the same values in more than the share `most` of the rows."""
    why = "Two measures, or two periods, are never equal for everybody: one was copied over the other."
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
    """Refuse a file in which two measures rank organisations differently, in a `stretch` of its rows or in all."""
    why = "Both measures describe the same organisations: where they do not correlate, one is shifted against the names."
    found = {
        "kind": "stretch" if stretch else "order",
        "least": stretch,
        "where": measures[0],
        "versus": measures[1],
    }
    return Guard(check=check, column=column, threshold=least, why=why, **{**found, **more})


def steps_with(
    check: str,
    column: str,
    measures: tuple[Mapping[str, Wanted], Mapping[str, Wanted]],
    least: float,
    **more: Any,
) -> Guard:
    """Refuse a file in which two measures do not rise and fall together from one row to the next."""
    return replace(follows(check, column, measures, least, **more), kind="steps")


def goes_with(check: str, columns: tuple[str, str], least: float, **more: Any) -> Guard:
    """Refuse a file in which two columns, one derived from the other, rank organisations differently."""
    why = "One is derived from the other: where they do not correlate, one of them is shifted against the names."
    return Guard(check, "together", "", least, why, columns=columns, **more)


def same_order_everywhere(column: str, least: float, stretch: int = 40, **more: Any) -> Guard:
    """Refuse a file in which the values of a `stretch` of rows do not follow the previous ones."""
    why = "A block of rows in an unrelated order is shifted against the names, even if the rest of the file is right."
    check = f"{column}_belongs_to_the_same_trusts_in_every_stretch"
    return Guard(check, "stretch", column, least, why, **{"least": stretch, **more})


def nothing_slipped(column: str, most: float = 1.4, **more: Any) -> Guard:
    """Refuse a file with a block of rows more than `most` times as near to the values of their neighbours as to their own.

    Their own values, and those of the row above or below, are the previous ones, or with `versus` those of another
    measure. Nothing is found where neighbours are alike, as in a table that is sorted by the column.
    """
    why = "A block of rows with the values of the rows above or below is a row too low or too high against the names."
    check = more.pop("check", f"{column}_stays_in_its_rows")
    return Guard(check, "slipped", column, most, why, **more)


def seldom_above(check: str, columns: tuple[str, str], most: float, why: str = "", **more: Any) -> Guard:
    """Refuse a file in which the second column is above the first in more than the share `most` of the rows."""
    return Guard(check, "above", "", most, why, columns=columns, **more)


def seldom_exceeds(check: str, measures: tuple[str, str], most: float, why: str = "", **more: Any) -> Guard:
    """Refuse an edition in which the second measure, multiplied by `times`, exceeds the first for more than the share `most` of the keys.

    Both may be in one file, or in two parts of the edition: parts that were exchanged are refused.
    """
    return Guard(check, "exceeds", "amount", most, why, columns=measures, **more)


def even(check: str, groups: Sequence[str], least: float, why: str = "", **more: Any) -> Guard:
    """Refuse a file in which a group has fewer rows than the share `least` of the largest group."""
    return Guard(check, "even", "", least, why, groups=tuple(groups), **more)


def same_keys(
    check: str, where: Mapping[str, Wanted], versus: Mapping[str, Wanted], most: float, **more: Any
) -> Guard:
    """Refuse a file in which more than the share `most` of the organisations have one measure and not the other."""
    why = "Both measures are published for the same organisations: rows of one are missing."
    return Guard(check, "keys", "", most, why, where=where, versus=versus, **more)


def same_sizes(groups: Sequence[str], limits: tuple[float, float] = (0.8, 1.25), **more: Any) -> Guard:
    """Refuse a file in which a region, setting or measure has lost or gained many rows since the previous edition."""
    why = "Regions, settings and measures are about as large each time: one that is not was cut, or has the name of another."
    check = more.pop("check", "groups_are_as_large_as_before")
    return Guard(check, "sizes", "", limits[1], why, least=limits[0], groups=tuple(groups), **more)


def as_named(column: str, named: Mapping[str, str], least: float = 0.9, **more: Any) -> Guard:
    """Refuse a file in which fewer than `least` of the organisations with a word in their name have the value it implies."""
    why = (
        "A name says what an organisation is: where the value disagrees, it belongs to another organisation."
    )
    return Guard(f"{column}_is_as_the_names_say", "named", column, least, why, named=named, **more)


def dates_advance(column: str, most: float = 0.02, **more: Any) -> Guard:
    """Refuse a file in which more than the share `most` of the dates are earlier than in the previous file."""
    why = "Dates do not move back from one list to the next: this is an older list."
    return Guard(f"{column}_does_not_go_back", "back", column, most, why, **more)


def same_while_dated(column: str, columns: Sequence[str], most: float, **more: Any) -> Guard:
    """Refuse a file in which `columns` changed in more than the share `most` of the rows whose date `column` did not."""
    why = "What was published on a day stays as it was: a change beside an unchanged date is another row's, or another year's."
    check = more.pop("check", f"nothing_changes_without_{column}")
    return Guard(check, "unmoved", column, most, why, columns=tuple(columns), **more)


def not_stale(column: str, days: int, **more: Any) -> Guard:
    """Refuse a file whose newest date is more than `days` before the date of the file."""
    why = "A new date appears every few weeks: a list without one is older than it says."
    return Guard(f"{column}_is_recent", "stale", column, days, why, **more)


def not_constant(column: str, **more: Any) -> Guard:
    """Refuse a file in which everybody has the same value."""
    why = "One value for everybody is a broken column."
    return Guard(f"{column}_is_not_constant", "constant", column, 1, why, **more)


def plausible_share(
    check: str,
    parts: tuple[Sequence[str], Sequence[str]],
    limits: tuple[float, float],
    why: str = "",
    **more: Any,
) -> Guard:
    """Refuse a file in which the measures `parts[0]` are an implausible share (in per cent) of the measures `parts[1]`."""
    least, most = limits
    both = (tuple(parts[0]), tuple(parts[1]))
    return Guard(check, "share", "amount", most, why, least=least, parts=both, **more)


def known_values(
    column: str, known: Mapping[str, Values] | None = None, *, within: float = 0, **more: Any
) -> Guard:
    """Refuse a file whose values differ from values of the same edition that are known from elsewhere.

    Without `known` they are those in the prose of the source.
    """
    why = "Values differ from those known from elsewhere: a column is shifted, or this is another file."
    check = more.pop("check", f"{column}_is_as_known")
    return Guard(check, "known", column, within, why, known=known or {}, **more)
