"""Comparing a file with others: the file it replaces, the newest file of an earlier edition, and the other parts.

A verdict of `pipelines.judging.file_verdicts` depends on a file alone. The result of a guard depends on other files
too, so it is stored under the keys of all of them. Editions are judged in the order of their periods, and the files of
an edition in the order of arrival, so that the same files always give the same verdicts. No file is compared with a
refused one.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache, lru_cache, partial
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd

from assets.contract import guards, usual
from assets.contract import held_rules as contract
from assets.contract.expectations import Severity
from assets.contract.frozen_editions import frozen_editions
from assets.contract.guards import Acknowledgement, Guard
from assets.contract.held_rules import Overlap, Revision
from assets.contract.source import Source
from assets.organisations import curation, names
from assets.organisations.curation import curated
from pipelines.judging import (
    agreement,
    comparisons,
    equal_values,
    file_verdicts,
    held_files,
    inside,
    kept_verdicts,
    kinds,
    lists,
    overlap,
    payments,
    revision,
    sides,
)
from pipelines.judging.expectation_results import LONGEST_TEXT, MOST_FAILING, CheckResult, verdict
from pipelines.judging.file_verdicts import Candidate, Verdict
from pipelines.judging.held_files import Held, HeldFiles, Reader
from pipelines.judging.revision import Problem
from pipelines.judging.sides import Found, Sides
from pipelines.storage import code_version
from pipelines.storage.atomic_files import write_atomically
from pipelines.storage.home import Home
from pipelines.storage.parquet import read_parquet

RowsOfParts = dict[str, dict[str, dict[str, pd.DataFrame]]]
"""The rows of all parts of an edition: by edition, guard and part."""
EARLIER = "the earlier file of "
LONGEST_DIFFERENCE = 3 * LONGEST_TEXT
"""A revision is described with counts and examples, which need more characters than a guard."""


def judge_all(source: Source, home: Home) -> list[Verdict]:
    """Parse and judge every file of a source, alone and in comparison with others; return all, oldest first."""
    return guarded(source, file_verdicts.judge_all(source, home), home)


def guarded(source: Source, judged: Sequence[Verdict], home: Home) -> list[Verdict]:
    """Return files with the results of the guards of their source, in the given order."""
    done = list(judged)
    if not (source.guards or source.revision or source.overlap.columns):
        return done
    order = sorted(range(len(done)), key=lambda place: done[place].copy.edition)
    held, reader = HeldFiles(source, judged), Reader(source, home)
    beside: RowsOfParts = {}
    rules = _rules(source)
    for _, places in groupby(order, key=lambda place: done[place].copy.edition):
        for place in places:
            if done[place].accepted:
                done[place] = _Beside(source, done[place], held, reader, home, beside, rules).judged()
            if done[place].accepted:
                held.add(done[place])
        held.close_edition()
    return done


@dataclass(frozen=True)
class _Rule:
    """The name of a check, and how its result is published."""

    check: str
    kind: str
    severity: Severity
    why: str
    longest: int = LONGEST_TEXT


Find = Callable[[Sequence[str]], tuple[_Rule, list[tuple[str, Found]]]]
"""Returns the results of a check, given the acknowledged keys, each with the name of what the file was compared with."""


@dataclass(frozen=True)
class _Beside:
    """A file and the files it is compared with; `beside` caches the rows of the parts of its edition.

    `rules` names the rules it is compared by.
    """

    source: Source
    one: Verdict
    held: HeldFiles
    reader: Reader
    home: Home
    beside: RowsOfParts
    rules: str

    def judged(self) -> Verdict:
        """Return the file with the results of the guards, from an earlier run if they are stored."""
        path = self._path()
        kept = kept_verdicts.stored(path)
        if isinstance(kept, list):
            results = [CheckResult.from_dict(stored) for stored in kept]
        else:
            results = list(self._results())
            write_atomically(path, json.dumps([r.as_dict() for r in results], ensure_ascii=False).encode())
        checks = (*self.one.checks, *self.one.excused(results))
        return replace(self.one, checks=checks, accepted=verdict(checks), newly=self.one.newly)

    def _path(self) -> Path:
        """Return a path named after all the verdict depends on: the file, the rules, and every file compared with."""
        copy, replaced = self.one.copy, self.held.replaced(self.one)
        depends_on = [
            self.rules,
            Held(self.one).name,
            f"{replaced.name} {replaced.judged.copy.compiled_by}" if replaced else "",
            self.held.before_digest(copy.part),
            self.held.edition_digest(copy.edition) if self._looks_beside() else "",
            *(one.name for one in self._series()),
            json.dumps([asdict(row) for row in _excused(self.source, copy)]),
        ]
        name = hashlib.sha256("\n".join(depends_on).encode()).hexdigest()[:32]
        return self.home.verdicts / f"{copy.key}-{copy.place}-guards-{name}.json"

    def _looks_beside(self) -> bool:
        return any(guard.kind in comparisons.BESIDE for guard in self.source.guards)

    def _results(self) -> Iterator[CheckResult]:
        unused = _excused(self.source, self.one.copy)
        for check, find in self._checks():
            excuses = [row for row in unused if row.check == check]
            rule, found = find([row.key for row in excuses])
            yield _result(rule, found, excuses)
            needed = {
                key for _, one in found for key in (*one.keys, *([guards.EVERYTHING] if one.beyond else []))
            }
            unused = [row for row in unused if row not in excuses or row.key not in needed]
        yield _unused_result(unused)

    def _checks(self) -> Iterator[tuple[str, Find]]:
        """Yield the name of each check and the function that returns its results for the acknowledged keys."""
        for guard in self.source.guards:
            yield guard.check, partial(self._guard, guard)
        if self.source.revision and self.source.natural_key:
            yield contract.REVISES_LITTLE, partial(self._revision, self.source.revision)
        if self.source.overlap.columns:
            yield contract.AGREES, partial(self._overlap, self.source.overlap)

    def _guard(self, guard: Guard, excused: Sequence[str]) -> tuple[_Rule, list[tuple[str, Found]]]:
        rule = _Rule(guard.check, guard.kind, guard.severity, guard.why)
        return rule, [
            (name, self._compare(guard, name, rows, excused)) for name, rows in self._against(guard)
        ]

    def _compare(self, guard: Guard, name: str, before: pd.DataFrame, excused: Sequence[str]) -> Found:
        mine = Held(self.one)
        now = self._rows(guard, mine)
        parts = self._of_the_edition(guard) if guard.kind in comparisons.BESIDE else {}
        beside = [rows for part, rows in parts.items() if part != self.one.copy.part]
        return kinds.compare(
            guard,
            Sides(
                self.one.copy.edition,
                now if not guard.versus else self.reader.rows(mine),
                before,
                pd.concat(beside) if beside else now.iloc[:0],
                excused,
                name.removeprefix(EARLIER),
                self._series_rows() if guard.kind in payments.OF_A_SERIES else (),
                self.one.rejected,
            ),
        )

    def _against(self, guard: Guard) -> Iterator[tuple[str, pd.DataFrame]]:
        """Yield the rows that a guard compares the file with, each with a name; empty rows if it needs no other file."""
        copy = self.one.copy
        if kinds.alone(guard):
            yield from [("", pd.DataFrame())] if self._applies(guard) else []
            return
        if comparisons.everyone_before(guard):
            for other in self.held.before(copy.part):
                yield other.judged.copy.edition, self._rows(guard, other)
            return
        if replaced := self.held.replaced(self.one):
            yield f"{EARLIER}{copy.edition}", self._rows(guard, replaced)
        useful, fits = partial(self._useful, guard), partial(self._about_the_same, guard)
        if before := self.held.newest_before(copy.part, guard.check, useful, fits):
            yield before.judged.copy.edition, self._rows(guard, before)

    def _applies(self, guard: Guard) -> bool:
        """Return whether a guard has values for this file: values known for one list do not apply to another."""
        known = guard.known.get(self.one.copy.edition)
        if guard.kind != "known" or known is None:
            return guard.kind != "known"
        who = {key.partition("|")[0] for key in known}
        named = not self.one.copy.part or who & set(self.reader.rows(Held(self.one))[guard.who])
        return bool(named)

    def _useful(self, guard: Guard, before: Held) -> bool:
        rows = self._rows(guard, before)
        return bool(len(rows) and (guard.kind != "gone" or comparisons.codes(guard, rows)))

    def _about_the_same(self, guard: Guard, before: Held) -> bool:
        return comparisons.about_the_same(guard, self._rows(guard, Held(self.one)), self._rows(guard, before))

    def _of_the_edition(self, guard: Guard) -> dict[str, pd.DataFrame]:
        """Return the rows for a guard in each part of the edition; each file is read once for all guards."""
        edition = self.one.copy.edition
        if edition not in self.beside:
            self.beside.clear()
            looking = [one for one in self.source.guards if one.kind in comparisons.BESIDE]
            self.beside[edition] = {one.check: {} for one in looking}
            for part, held in self.held.parts(edition).items():
                for one in looking:
                    self.beside[edition][one.check][part] = self._rows(one, held)
        return self.beside[edition][guard.check]

    def _series(self) -> tuple[Held, ...]:
        """Return the other files of the series of a file, if a guard examines them."""
        looks = any(guard.kind in payments.OF_A_SERIES for guard in self.source.guards)
        return self.held.series(self.one) if looks else ()

    def _series_rows(self) -> list[Mapping[str, Any]]:
        paths = (file_verdicts.parsed_path(self.source, one.judged.copy, self.home) for one in self._series())
        return [row for path in paths for row in _records(path)]

    def _rows(self, guard: Guard, one: Held) -> pd.DataFrame:
        return self.reader.rows_of(guard, one)

    def _revision(self, rule: Revision, excused: Sequence[str]) -> tuple[_Rule, list[tuple[str, Found]]]:
        """Compare with the held file of the edition; against a compiled one a plausible difference is only a warning."""
        replaced = self.held.replaced(self.one)
        named = _Rule(
            contract.REVISES_LITTLE, "revision", "ERROR", contract.WHY_REVISES_LITTLE, LONGEST_DIFFERENCE
        )
        if replaced is None:
            return named, []
        sides = (
            self.source.natural_key,
            self.reader.rows(replaced),
            self.reader.rows(Held(self.one)),
        )
        found = revision.compare(rule, *sides)
        if found.problems and (compiler := replaced.judged.copy.compiled_by):
            beyond = revision.compare(rule, *sides, compiled=True)
            named = named if beyond.problems else replace(named, severity="WARN")
            held_file = f"the rows of {replaced.judged.copy.edition} that {compiler} compiled"
        else:
            held_file = f"the held file of {replaced.judged.copy.label}"
        return named, [("", _as_found(found.problems, found.described(held_file), excused))]

    def _overlap(self, rule: Overlap, excused: Sequence[str]) -> tuple[_Rule, list[tuple[str, Found]]]:
        """Compare with the previous edition, if both hold values of the same period."""
        named = _Rule(contract.AGREES, "overlap", "ERROR", rule.why, LONGEST_DIFFERENCE)
        before = self.held.newest_before(self.one.copy.part, contract.AGREES)
        if before is None:
            return named, []
        sides = (self.reader.rows(before), self.reader.rows(Held(self.one)))
        if not overlap.meets(rule, *sides):
            return named, []
        found = overlap.compare(rule, *sides)
        text = found.described(before.judged.copy.edition)
        return named, [("", _as_found(found.problems, text, excused))]


@lru_cache(maxsize=8192)
def _records(path: Path) -> tuple[Mapping[str, Any], ...]:
    """Return the rows of a small file, which is compared with other files of its series."""
    return tuple(read_parquet(path).to_pylist())


def _as_found(problems: Sequence[Problem], text: str, excused: Sequence[str]) -> Found:
    keys = tuple(problem.key for problem in problems)
    return Found(bool(set(keys) - set(excused)), text, keys)


def _excused(source: Source, copy: Candidate) -> list[Acknowledgement]:
    """Return the reviewed exceptions that apply to a file of a source."""
    return [
        row
        for row in guards.acknowledgements()
        if (row.source, row.part) == (source.name, copy.part) and row.edition <= copy.edition <= row.until
    ]


def _result(rule: _Rule, found: list[tuple[str, Found]], excuses: list[Acknowledgement]) -> CheckResult:
    """Return the result of a check over everything the file was compared with."""
    beyond = any(one.beyond for _, one in found) and guards.EVERYTHING not in {row.key for row in excuses}
    shown = [(name, one) for name, one in found if one.beyond] if beyond else found
    observed = "; ".join(f"beside {name}: {one.observed}" if name else one.observed for name, one in shown)
    seen = {key for _, one in found for key in one.keys}
    needed = [row for row in excuses if row.key in seen or row.key == guards.EVERYTHING]
    observed += "".join(f"; acknowledged: {row.key} until {row.until} ({row.reason})" for row in needed)
    keys = tuple(dict.fromkeys(key for _, one in found for key in one.keys))
    return CheckResult(
        check=rule.check,
        expectation_type=f"guard_{rule.kind}",
        severity=rule.severity,
        success=not beyond,
        outcome="failed" if beyond else "passed",
        observed=_short(observed or "nothing to compare with", rule.longest),
        failing=keys[:MOST_FAILING],
        why=rule.why,
    )


def _unused_result(unused: Sequence[Acknowledgement]) -> CheckResult:
    """Return whether every exception for the edition is still needed."""
    observed = "; ".join(f"{row.key} of {row.check} is no longer needed" for row in unused)
    return CheckResult(
        check=guards.ACKNOWLEDGED,
        expectation_type="guard_acknowledged",
        severity="WARN",
        success=not unused,
        outcome="failed" if unused else "passed",
        observed=_short(observed or "every exception is needed"),
        failing=tuple(row.key for row in unused),
        why=guards.NEEDED,
    )


def _short(text: str, longest: int = LONGEST_TEXT) -> str:
    return text if len(text) <= longest else f"{text[: longest - 4]} ..."


@cache
def _shared() -> str:
    """Return a digest of all that guards depend on besides files and a source: this code, successions, names."""
    modules = (
        *(agreement, comparisons, contract, guards, held_files, inside, kinds, lists, overlap, payments),
        *(revision, sides, usual, equal_values, curation, names),
    )
    code = b"".join(Path(module.__file__ or "").read_bytes() for module in modules)
    return " ".join(
        [
            hashlib.sha256(code + Path(__file__).read_bytes()).hexdigest(),
            code_version.of_parser("ods"),  # the lists of trusts, how frozen editions are read
            curated("succession").sha256,
            *(one.sha256 for one in frozen_editions("ods")),
        ]
    )


def _rules(source: Source) -> str:
    """Return a digest of the rules for comparing a file, so that a changed rule leads to a new verdict."""
    held = [asdict(rule) for rule in (source.revision, source.overlap) if rule]
    rules: list[Any] = [*(asdict(guard) for guard in source.guards), *held, source.natural_key]
    return json.dumps(rules, sort_keys=True) + _shared() + code_version.of_parser(source.name)
