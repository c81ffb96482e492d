"""Judging a file beside others: the newest accepted file of the edition before, and the accepted one it replaces.

A verdict of `pipelines.staging` rests on a file alone; what a guard says rests on others too, so it is kept under the
keys of all of them. Editions are judged in the order of their periods, and the files of one in the order they came, so
that the same files give the same verdicts whatever came first. A refused file is compared with by nobody.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from assets import guards
from assets.contract import usual
from assets.editions import frozen_editions
from assets.guards import Acknowledgement, Guard
from assets.organisations.curation import curated
from assets.source import Source
from pipelines import comparing, staging
from pipelines.archive import write_atomically
from pipelines.arrow import read_parquet, to_pandas
from pipelines.comparing import Found, Sides
from pipelines.expectations import LONGEST_TEXT, MOST_FAILING, CheckResult, verdict
from pipelines.home import Home
from pipelines.judging import kinds, payments
from pipelines.staging import Judged

EARLIER = "the earlier file of "


def judge_all(source: Source, home: Home) -> list[Judged]:
    """Parse and judge every file of a source, alone and beside the others; return all, oldest first."""
    judged = staging.judge_all(source, home)
    return guarded(source, judged, home) if source.guards else judged


def guarded(source: Source, judged: Sequence[Judged], home: Home) -> list[Judged]:
    """Return files with what the guards of their source say of them, in the order they were given."""
    done = list(judged)
    order = sorted(range(len(done)), key=lambda place: done[place].copy.edition)
    series = _by_series(source, judged)
    for at, place in enumerate(order):
        if done[place].accepted:
            earlier = [done[other] for other in order[:at]]
            beside = _Beside.of(source, done[place], earlier, judged, home)
            done[place] = replace(beside, series=_others_of(done[place], series)).judged()
    return done


def _by_series(source: Source, judged: Sequence[Judged]) -> dict[str, list[Judged]]:
    """Return the accepted files of each series (`CODE` of `CODE.2020-04`), where a guard looks at them."""
    found: dict[str, list[Judged]] = defaultdict(list)
    if any(guard.kind in payments.OF_A_SERIES for guard in source.guards):
        for one in sorted(judged, key=lambda one: (one.copy.edition, one.copy.part, one.copy.key)):
            if one.accepted:
                found[one.copy.part.partition(".")[0]].append(one)
    return found


def _others_of(one: Judged, series: Mapping[str, Sequence[Judged]]) -> tuple[Judged, ...]:
    """Return the other files of the series of a file, up to its edition."""
    mine = one.copy
    files = series.get(mine.part.partition(".")[0], ())
    return tuple(
        other for other in files if other.copy.edition <= mine.edition and other.copy.key != mine.key
    )


@dataclass(frozen=True)
class _Beside:
    """A file, the accepted file of its edition it replaces, those of its part in editions before, newest first, and the others of its edition."""

    source: Source
    one: Judged
    replaced: Judged | None
    before: tuple[Judged, ...]
    others: tuple[Judged, ...]
    home: Home
    series: tuple[Judged, ...] = ()

    @classmethod
    def of(
        cls, source: Source, one: Judged, earlier: Sequence[Judged], everyone: Sequence[Judged], home: Home
    ) -> "_Beside":
        mine = one.copy
        accepted = {
            other.copy.edition: other for other in earlier if other.accepted and other.copy.part == mine.part
        }
        replaced = accepted.pop(mine.edition, None)
        looks_beside = any(guard.kind in comparing.BESIDE for guard in source.guards)
        others = {
            other.copy.part: other
            for other in (everyone if looks_beside else ())
            if other.accepted and other.copy.edition == mine.edition and other.copy.part != mine.part
        }
        same = replaced is not None and replaced.copy.key == mine.key
        before = tuple(accepted[edition] for edition in sorted(accepted, reverse=True))
        return cls(
            source,
            one,
            None if same else replaced,
            before,
            tuple(others[part] for part in sorted(others)),
            home,
        )

    def judged(self) -> Judged:
        """Return the file with the results of the guards, from the file of an earlier verdict where there is one."""
        path = self._path()
        if path.exists():
            results = [CheckResult.from_dict(stored) for stored in json.loads(path.read_text("utf-8"))]
        else:
            results = list(self._results())
            write_atomically(path, json.dumps([r.as_dict() for r in results], ensure_ascii=False).encode())
        checks = (*self.one.checks, *results)
        return replace(self.one, checks=checks, accepted=verdict(checks), newly=self.one.newly)

    def _path(self) -> Path:
        """Name all that the verdict rests on: the file, the rules, and every file it may be compared with."""
        files = (
            self.one,
            *filter(None, [self.replaced]),
            *self.before,
            None,
            *self.others,
            None,
            *self.series,
        )
        rests_on = [_rules(self.source), *(f"{f.copy.key}-{f.copy.place}" if f else "" for f in files)]
        name = hashlib.sha256("\n".join(rests_on).encode()).hexdigest()[:32]
        return self.home.verdicts / f"{self.one.copy.key}-{self.one.copy.place}-guards-{name}.json"

    def _results(self) -> Iterator[CheckResult]:
        unused = _excused(self.source, self.one.copy.edition)
        for guard in self.source.guards:
            excuses = [row for row in unused if row.check == guard.check]
            found = [
                (name, self._compared(guard, name, rows, excuses)) for name, rows in self._against(guard)
            ]
            yield _result(guard, found, excuses)
            needed = {
                key for _, one in found for key in (*one.keys, *([guards.EVERYTHING] if one.beyond else []))
            }
            unused = [row for row in unused if row not in excuses or row.key not in needed]
        yield _told_unused(unused)

    def _compared(
        self, guard: Guard, name: str, before: pd.DataFrame, excuses: Sequence[Acknowledgement]
    ) -> Found:
        now = self._rows(guard, self.one)
        beside = [self._rows(guard, other) for other in self.others if guard.kind in comparing.BESIDE]
        return kinds.compare(
            guard,
            Sides(
                self.one.copy.edition,
                now if not guard.versus else self._read(self.one),
                before,
                pd.concat(beside) if beside else now.iloc[:0],
                [row.key for row in excuses],
                name.removeprefix(EARLIER),
                self._series_rows() if guard.kind in payments.OF_A_SERIES else (),
            ),
        )

    def _against(self, guard: Guard) -> Iterator[tuple[str, pd.DataFrame]]:
        """Yield what a guard compares the file with, by name: nothing where it looks at the file alone."""
        if kinds.alone(guard):
            applies = guard.kind != "known" or self.one.copy.edition in guard.known
            yield from [("", pd.DataFrame())] if applies else []
            return
        if self.replaced is not None and not comparing.everyone_before(guard):
            yield f"{EARLIER}{self.one.copy.edition}", self._rows(guard, self.replaced)
        for other in self.before:
            rows = self._rows(guard, other)
            if not comparing.about_the_same(guard, self._rows(guard, self.one), rows):
                continue
            if len(rows) and (guard.kind != "gone" or comparing.codes(guard, rows)):
                yield other.copy.edition, rows
                if not comparing.everyone_before(guard):
                    return

    def _series_rows(self) -> list[Mapping[str, Any]]:
        paths = (staging.parsed_path(self.source, other.copy, self.home) for other in self.series)
        return [row for path in paths for row in _records(path)]

    def _rows(self, guard: Guard, one: Judged) -> pd.DataFrame:
        return comparing.rows_of(guard, self._read(one))

    def _read(self, one: Judged) -> pd.DataFrame:
        return _read(staging.parsed_path(self.source, one.copy, self.home))


@lru_cache(maxsize=8192)
def _records(path: Path) -> tuple[Mapping[str, Any], ...]:
    """Return the rows of a small file; each is compared with every other file of its series."""
    return tuple(read_parquet(path).to_pylist())


@cache
def _recent() -> dict[Path, pd.DataFrame]:
    """Keep what was read last: each file is compared by several guards, and with the next edition."""
    return {}


def _read(path: Path) -> pd.DataFrame:
    recent = _recent()
    if path not in recent:
        while len(recent) >= 4:
            recent.pop(next(iter(recent)))
        recent[path] = to_pandas(read_parquet(path))
    return recent[path]


def _excused(source: Source, edition: str) -> list[Acknowledgement]:
    """Return the reviewed exceptions that hold for an edition of a source."""
    return [
        row
        for row in guards.acknowledgements()
        if row.source == source.name and row.edition <= edition <= row.until
    ]


def _result(guard: Guard, found: list[tuple[str, Found]], excuses: list[Acknowledgement]) -> CheckResult:
    """Tell what came of a guard over all that the file was compared with."""
    beyond = any(one.beyond for _, one in found) and guards.EVERYTHING not in {row.key for row in excuses}
    told = "; ".join(f"beside {name}: {one.observed}" if name else one.observed for name, one in found)
    seen = {key for _, one in found for key in one.keys}
    needed = [row for row in excuses if row.key in seen or row.key == guards.EVERYTHING]
    told += "".join(f"; acknowledged: {row.key} until {row.until} ({row.reason})" for row in needed)
    keys = tuple(dict.fromkeys(key for _, one in found for key in one.keys))
    return CheckResult(
        check=guard.check,
        expectation_type=f"guard_{guard.kind}",
        severity=guard.severity,
        success=not beyond,
        outcome="failed" if beyond else "passed",
        observed=_short(told or "nothing to compare with"),
        failing=keys[:MOST_FAILING],
        why=guard.why,
    )


def _told_unused(unused: Sequence[Acknowledgement]) -> CheckResult:
    """Tell whether every exception for the edition was needed: one that is not has expired."""
    told = "; ".join(f"{row.key} of {row.check} is as it must be" for row in unused)
    return CheckResult(
        check=guards.ACKNOWLEDGED,
        expectation_type="guard_acknowledged",
        severity="WARN",
        success=not unused,
        outcome="failed" if unused else "passed",
        observed=_short(told or "every exception is needed"),
        failing=tuple(row.key for row in unused),
        why=guards.NEEDED,
    )


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 4]} ..."


@cache
def _shared() -> str:
    """Name all that the verdicts of guards rest on besides a source: this code, successions, exceptions, names."""
    here = Path(__file__).parent
    modules = [
        Path(guards.__file__ or ""),
        Path(usual.__file__ or ""),
        here / "comparing.py",
        here / "guards.py",
        *here.glob("judging/*.py"),
    ]
    code = b"".join(path.read_bytes() for path in sorted(modules))
    return " ".join(
        [
            hashlib.sha256(code).hexdigest(),
            curated("succession").sha256,
            hashlib.sha256(repr(guards.acknowledgements()).encode()).hexdigest(),
            *(one.sha256 for one in frozen_editions("ods")),
        ]
    )


def _rules(source: Source) -> str:
    rules: list[Any] = [asdict(guard) for guard in source.guards]
    return json.dumps(rules, sort_keys=True) + _shared() + staging.parser_version(source.name)
