"""How a new file of an edition differs from the held one: rows lost and values changed, by group.

A pure comparison of two frames; `pipelines.judging.guard_results` decides what it means for the file.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import pandas as pd

from assets.contract.columns import PUBLISHER_FILE
from assets.contract.held_rules import Revision
from assets.contract.row import CODE, NAME
from pipelines.judging.equal_values import differs, is_name, plain

PROVENANCE = {"edition", "source_file_sha256", "source_sheet", "source_row", PUBLISHER_FILE}
FEW = 5
"""Number of values that may always change: a correction of a few cells, however small the table is."""
LEAST_IN_GROUP = 20
"""Values that a group must have before a share of them is meaningful."""
MOST_GROUPS = 60
"""Most distinct values of a key column that forms groups; a column with more names organisations."""
LEAST_MET = 0.1
"""Share of the rows of the smaller file that must be in both for one to be a revision of the other."""
EXAMPLES = 3
MOST_MOVED = 2
"""Organisations that may have the values held for another one: two whose rows were exchanged are a correction."""
WHOLE = "the file"


@dataclass(frozen=True)
class Problem:
    """One exceeded limit: acknowledgements refer to `key`; `text` has the counts."""

    key: str
    text: str


@dataclass(frozen=True)
class Difference:
    """How a file differs from the held one, in counts, and which limits of its source are exceeded.

    `another` says that the two have different rows altogether. `examples` are changed values or lost rows.
    """

    held: int
    found: int
    met: int
    changed: int
    compared: int
    problems: tuple[Problem, ...] = ()
    examples: tuple[str, ...] = ()
    another: bool = False

    @property
    def lost(self) -> int:
        """The number of held rows that are not in the new file."""
        return self.held - self.met

    def described(self, held_file: str) -> str:
        """Return the difference in one sentence that names the file compared with."""
        if self.another:
            return (
                f"beside {held_file}: {self.met} of {self.found} rows are about what its {self.held} rows are about: "
                "this is another list of the edition, not a revision; add it under a name of its own with --part NAME"
            )
        counts = (
            f"beside {held_file}: {self.changed} of {self.compared} values changed, "
            f"{self.lost} of {self.held} rows lost, {self.found - self.met} rows added"
        )
        beyond = "; ".join(problem.text for problem in self.problems)
        examples = ", ".join(self.examples)
        return "; ".join(filter(None, [counts, beyond, f"such as {examples}" if examples else ""]))


@dataclass(frozen=True)
class _Pair:
    """The rows of both files by key, in the order of the keys: `both` are the keys they share."""

    held: pd.DataFrame
    found: pd.DataFrame
    both: pd.Index
    key: tuple[str, ...]
    groups: tuple[str, ...]
    rule: Revision
    compiled: bool
    problems: list[Problem] = field(default_factory=list)

    def limit(self, share: float, of_compiled: float) -> float:
        return max(share, of_compiled) if self.compiled else share


def compare(
    rule: Revision,
    key: Sequence[str],
    held: pd.DataFrame,
    found: pd.DataFrame,
    *,
    compiled: bool = False,
) -> Difference:
    """Compare the staged rows of a new file with those of the held one; `compiled` says that a re-user made the latter."""
    groups = _groups(rule, key, held)
    pair_held, pair_found = (by_key(rows, key) for rows in (held, found))
    both = pair_held.index.intersection(pair_found.index).sort_values()
    counts = (len(pair_held), len(pair_found), len(both))
    if len(both) < LEAST_MET * min(len(pair_held), len(pair_found)):
        problem = Problem("another list", "another list of the edition")
        return Difference(*counts, 0, 0, (problem,), another=True)
    pair = _Pair(pair_held, pair_found, both, tuple(key), groups, rule, compiled)
    lost_rows = _lost(pair)
    _summed(pair)
    names = _compared(pair)
    changed, compared, examples = _changed(pair, names)
    _moved(pair, names)
    if not examples:
        examples = [f"{one}: held, not found" for one in lost_rows[:EXAMPLES]]
    return Difference(*counts, changed, compared, tuple(pair.problems), tuple(examples))


def by_key(rows: pd.DataFrame, key: Sequence[str]) -> pd.DataFrame:
    """Return rows indexed by their key as one text (values joined by bars); the first of rows with the same key."""
    texts = reduce(lambda one, other: one + "|" + other, (plain(rows[name]) for name in key))
    indexed = rows.set_index(pd.Index(texts, name="key"))
    return indexed[~indexed.index.duplicated()]


def _groups(rule: Revision, key: Sequence[str], held: pd.DataFrame) -> tuple[str, ...]:
    names = key if rule.by_key else ()
    few = [name for name in names if 1 < held[name].nunique() <= min(MOST_GROUPS, len(held) / 2)]
    return tuple(dict.fromkeys([*few, *rule.groups]))


def _lost(pair: _Pair) -> list[str]:
    """Note the groups that lost too many rows; return the lost rows."""
    lost = ~pair.held.index.isin(pair.both)
    most = pair.limit(pair.rule.lost, pair.rule.lost_of_compiled)
    for label, mask in _masks(pair, pair.held):
        gone, of = int((lost & mask).sum()), int(mask.sum())
        if gone > most * of:
            text = f"{gone} of {of} rows of {label} are gone ({gone / of:.1%}, at most {most:.0%})"
            pair.problems.append(Problem(f"lost {label}", text))
    return [_printed(pair.held, at, pair.key) for at in pair.held.index[lost]]


def _summed(pair: _Pair) -> None:
    """Note the sums that fell too far: rows that stand for several lines can stay while half of their lines go."""
    most = pair.limit(pair.rule.lost_of_sums, pair.rule.lost_of_compiled)
    for label, held_rows, found_rows in _parts(pair):
        for name in pair.rule.sums:
            held, found = float(held_rows[name].sum()), float(found_rows[name].sum())
            if found < (1 - most) * held:
                place = "" if label == WHOLE else f" of {label}"
                text = f"{name}{place}: {shown(found)} in all, held {shown(held)} (at least {1 - most:.0%})"
                pair.problems.append(Problem(f"less {name}{place}", text))


def _parts(pair: _Pair) -> Iterator[tuple[str, pd.DataFrame, pd.DataFrame]]:
    """Yield a label and the rows of both files, for the whole file and for each held group that is not all of both."""
    yield WHOLE, pair.held, pair.found
    for name in pair.groups:
        for value in sorted(pair.held[name].dropna().unique()):
            held, found = (rows[rows[name] == value] for rows in (pair.held, pair.found))
            if (len(held), len(found)) != (len(pair.held), len(pair.found)):
                yield f"{name} {value}", held, found


def _masks(pair: _Pair, rows: pd.DataFrame) -> Iterator[tuple[str, "pd.Series[bool]"]]:
    """Yield a label and the mask of its rows, for the whole file and for each group that is not all of it."""
    yield WHOLE, pd.Series(data=True, index=rows.index)
    for name in pair.groups:
        for value in sorted(rows[name].dropna().unique()):
            mask = (rows[name] == value).fillna(value=False).astype(bool)
            if not mask.all():
                yield f"{name} {value}", mask


def _compared(pair: _Pair) -> list[str]:
    """Return the columns whose values are compared: the publisher's columns with values in the held file."""
    left_out = {*PROVENANCE, *pair.key, *pair.rule.ignored}
    names = [str(name) for name in pair.held if name not in left_out]
    if pair.compiled:  # a compiler writes one name for all years, or all names together
        names = [name for name in names if not is_name(name)]
    return [name for name in names if pair.held[name].notna().any()]


def _changed(pair: _Pair, names: Sequence[str]) -> tuple[int, int, list[str]]:
    """Note the columns, and groups of a column, in which too much changed; return counts and examples."""
    held, found = pair.held.loc[pair.both], pair.found.loc[pair.both]
    changed = {name: differs(held[name], found[name]) for name in names}
    masks = list(_masks(pair, held))
    for name, where in changed.items():
        for label, mask in masks:
            _note_changed(pair, name, label, int((where & mask).sum()), int(mask.sum()))
    total = sum(int(where.sum()) for where in changed.values())
    return total, len(names) * len(pair.both), _examples(changed, held, found, pair.key)


def _note_changed(pair: _Pair, name: str, label: str, changed: int, compared: int) -> None:
    whole = label == WHOLE
    share = pair.rule.changed if whole else max(pair.rule.changed, pair.rule.changed_in_group)
    most = pair.limit(share, pair.rule.changed_of_compiled)
    least = 1 if whole else LEAST_IN_GROUP
    if changed > FEW and compared >= least and changed > most * compared:
        place = "" if whole else f" of {label}"
        text = f"{name}{place}: {changed} of {compared} values changed ({changed / compared:.1%}, at most {most:.0%})"
        pair.problems.append(Problem(f"changed {name}{place}", text))


def _moved(pair: _Pair, names: Sequence[str]) -> None:
    """Note the columns in which organisations have what is held for others: a few rows moved are a small share of all."""
    who = next((name for name in (CODE, NAME) if name in pair.key), None)
    if who is None:
        return
    for name in names:
        if not pd.api.types.is_numeric_dtype(pair.held[name]):
            continue
        held, found = (_by_organisation(rows.loc[pair.both], who, name) for rows in (pair.held, pair.found))
        changed = set(held.index[held != found])
        owners = {values: owner for owner, values in held[~held.duplicated(keep=False)].items()}
        moved = [(one, owners[found[one]]) for one in sorted(changed) if owners.get(found[one]) in changed]
        if len(moved) > MOST_MOVED:
            examples = ", ".join(f"{one} has that of {other}" for one, other in moved[:EXAMPLES])
            text = f"{name}: {len(moved)} organisations have what is held for another ({examples}; at most {MOST_MOVED})"
            pair.problems.append(Problem(f"moved {name}", text))


def _by_organisation(rows: pd.DataFrame, who: str, name: str) -> "pd.Series[str]":
    """Return all numbers in a column of each organisation as one text, in the order of the keys."""
    texts = rows[name].map("{:.9g}".format, na_action="ignore").astype("str").fillna("")
    return texts.groupby(rows[who]).agg("|".join)


def _printed(rows: pd.DataFrame, at: Any, key: Sequence[str]) -> str:
    """Return the key of a row as the publisher prints it: codes in capitals."""
    return "|".join(str(rows.at[at, name]) for name in key)


def _examples(
    changed: dict[str, "pd.Series[bool]"], held: pd.DataFrame, found: pd.DataFrame, key: Sequence[str]
) -> list[str]:
    """Return up to three changed values of the column that changed most."""
    most = max(((int(where.sum()), name) for name, where in changed.items()), default=(0, ""))[1]
    places = list(changed[most].index[changed[most]])[:EXAMPLES] if most else []
    return [
        f"{_printed(held, at, key)}: {most} held {shown(held[most][at])}, found {shown(found[most][at])}"
        for at in places
    ]


def shown(value: Any) -> str:
    """Return a value in the form used in a sentence."""
    if pd.isna(value):
        return "nothing"
    return f"{value:.12g}" if isinstance(value, float) else str(value)
