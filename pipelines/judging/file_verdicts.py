"""From a file to a verdict: parse each file once, judge it once.

A file is accepted or refused as a whole, and permanently: the verdict belongs to its bytes and to the version of the
rules. A later run does not parse or judge a file again. Nothing here raises for a publisher's fault.

Publishers' files are parsed in child processes (`parser_process`), two at a time. Frozen editions are read in this
process: they are facts in our own shape, reviewed and part of the code.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from assets.contract.columns import key_of
from assets.contract.edition_shape import harmless_name, series_of, slug
from assets.contract.frozen_editions import FrozenEdition, frozen_editions, read_frozen
from assets.contract.parsed import Rejected
from assets.contract.source import Source
from pipelines.judging import decisions, kept_verdicts, parser_process
from pipelines.judging.expectation_results import CheckResult, suite_version, verdict
from pipelines.judging.parser_process import Found
from pipelines.judging.validator import submit
from pipelines.storage import code_version
from pipelines.storage.archive import Vintage
from pipelines.storage.atomic_files import read_json, write_atomically
from pipelines.storage.home import Home
from pipelines.storage.parquet import is_whole

LONGEST_NAME = 60
"""Most characters of an edition or part in a sentence."""
NOT_KEPT = {"copy", "newly", "acknowledged"}
"""The fields of a verdict that do not depend on the bytes and the rules."""


@dataclass(frozen=True)
class Candidate:
    """One file of an edition, from the archive or frozen. `key` is the SHA-256 of the content read here.

    `compiled_by` names who compiled the table, if not the publisher: the publisher's own file wins over it.
    """

    source: str
    edition: str
    part: str
    sha256: str
    key: str
    bytes: int
    origin: str
    file_url: str
    publisher_file_name: str
    retrieved_on: str
    published_on: str
    how: str
    compiled_by: str = ""

    @property
    def place(self) -> str:
        """The edition and part as a file name; the same bytes under another edition or part are another file."""
        return "-".join(filter(None, (slug(self.edition), self.part)))

    @property
    def label(self) -> str:
        """How a sentence refers to the file."""
        name = self.publisher_file_name or self.file_url or f"file {self.sha256[:12]}"
        names = (harmless_name(text)[:LONGEST_NAME] for text in (self.edition, self.part))
        return " ".join(filter(None, (*names, f"({name})")))


@dataclass(frozen=True)
class Verdict:
    """A candidate, the result of parsing and checking it, and whether it is accepted."""

    copy: Candidate
    accepted: bool
    problems: tuple[str, ...]
    checks: tuple[CheckResult, ...]
    rows_in: int = 0
    rows_used: int = 0
    rows_staged: int = 0
    rejected: tuple[Rejected, ...] = ()
    drift: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    newly: bool = field(default=False, compare=False)
    acknowledged: str = ""
    """Who accepted the file although guards refuse it, and why; empty if nobody did."""

    def excused(self, results: Iterable[CheckResult]) -> list[CheckResult]:
        """Return results of comparisons with other data; all pass if a decision acknowledges the file."""
        return decisions.excused(results, self.acknowledged)

    def why_refused(self, *, kept: bool = True) -> str:
        """Return in one sentence why the file was refused; `kept` says whether a good one of the edition is in use."""
        failed = [
            f"check {c.check} {c.outcome}: {c.observed}"
            for c in self.checks
            if not c.success and c.severity == "ERROR"
        ]
        problems = "; ".join([*self.problems, *failed])
        end = "the file is refused and the last good one stays in use" if kept else "the file is refused"
        return f"Reading {self.copy.source} {self.copy.label}: {problems}; {end}."


def copies(
    source: Source, home: Home, series: str = ""
) -> Iterator[tuple[Candidate, Vintage | FrozenEdition]]:
    """Yield every file of a source: frozen editions first, then the archive, oldest first.

    With `series`, only the files of one series: its name is the part up to the first dot.
    """
    for copy, origin in _copies(source, home, series):
        if not series or series_of(copy.part) == series:
            yield copy, origin


def _copies(source: Source, home: Home, series: str) -> Iterator[tuple[Candidate, Vintage | FrozenEdition]]:
    for frozen in frozen_editions(source.name):
        stated = frozen.descriptor
        yield (
            Candidate(
                source=source.name,
                edition=stated.edition,
                part=stated.part,
                sha256=stated.sha256,
                key=frozen.sha256,
                bytes=stated.bytes,
                origin=stated.origin,
                file_url=stated.file_url,
                publisher_file_name=stated.publisher_file_name,
                retrieved_on=stated.retrieved_on,
                published_on=stated.published_on,
                how=stated.how,
                compiled_by=stated.compiled_by,
            ),
            frozen,
        )
    withdrawn = decisions.in_force(source.name, home)["withdrawn"]
    held = home.archive.vintages(source.name, series)
    for vintage in sorted(held, key=lambda v: (v.retrieved_at, v.sha256)):
        if decisions.key_of(vintage) in withdrawn:
            continue
        yield copy_of(vintage), vintage


def copy_of(vintage: Vintage) -> Candidate:
    """Return a file of the archive as it is judged and published, with its texts made harmless."""
    return Candidate(
        source=vintage.source,
        edition=vintage.edition,
        part=vintage.part,
        sha256=vintage.sha256,
        key=vintage.sha256,
        bytes=vintage.bytes,
        origin=vintage.origin,
        file_url=harmless_name(vintage.url),
        publisher_file_name=harmless_name(vintage.publisher_file_name),
        retrieved_on=vintage.retrieved_at[:10],
        published_on=vintage.published_at[:10],
        how=harmless_name(vintage.how),
    )


def judge_all(source: Source, home: Home, series: str = "") -> list[Verdict]:
    """Parse and judge every unjudged file of a source (or of one series); return all files, oldest first.

    All files are submitted before the first answer is awaited, so other processes parse and check them meanwhile.
    """
    held = list(copies(source, home, series))
    files = {(copy.key, copy.place): _File(source, copy, origin, home) for copy, origin in reversed(held)}
    waiting = [(key, files[key]) for key in dict.fromkeys((copy.key, copy.place) for copy, _ in held)]
    for begin in (_File.begin_parsing, _File.begin_checks):
        for _, file in waiting:  # a publisher may go back to an older file, which is judged once
            begin(file)
    judged = {key: file.verdict() for key, file in waiting}
    known = decisions.in_force(source.name, home)["acknowledged"]
    words = {key: decision.words for key, decision in known.items()}
    return [
        replace(
            judged[copy.key, copy.place],
            copy=copy,
            acknowledged=words.get((copy.edition, copy.part, copy.sha256), ""),
        )
        for copy, _ in held
    ]


def judge(source: Source, copy: Candidate, origin: Vintage | FrozenEdition, home: Home) -> Verdict:
    """Return the verdict on one file, from an earlier run if there is one."""
    file = _File(source, copy, origin, home)
    file.begin_parsing()
    file.begin_checks()
    return file.verdict()


def unjudged(source: Source, home: Home) -> bool:
    """Return whether a file of a source has no verdict yet."""
    version = _rules(source)
    return any(
        not _verdict_path(version, copy, home).exists() and not misnamed(source, copy)
        for copy, _ in copies(source, home)
    )


def misnamed(source: Source, copy: Candidate) -> list[str]:
    """Return what is wrong with the edition and part of a file; frozen editions are reviewed and not checked."""
    if source.editions is None or copy.origin in {"frozen", "transcribed"}:
        return []
    return source.editions.problems(
        copy.edition, copy.part, until=date.fromisoformat(copy.retrieved_on or "9999-12-30")
    )


def _rules(source: Source) -> str:
    """Return a digest of everything a verdict depends on besides the file."""
    limits = hashlib.sha256(repr(parser_process.LIMITS).encode()).hexdigest()[:8]
    return suite_version(source.expectations, source.table) + code_version.of_parser(source.name) + limits


def _verdict_path(version: str, copy: Candidate, home: Home) -> Path:
    return home.verdicts / f"{copy.key}-{copy.place}-{version}.json"


def _known(source: Source, version: str, copy: Candidate, home: Home) -> Verdict | None:
    """Return the stored verdict on a file, unless its parsed rows are missing."""
    try:
        judged = judged_from(copy, read_json(_verdict_path(version, copy, home)))
    except (TypeError, KeyError):  # cut short, or of another version: judged again
        return None
    return judged if not judged.accepted or is_whole(parsed_path(source, copy, home)) else None


class _File:
    """A file on its way to a verdict: parsed, then checked, in other processes while this one continues."""

    def __init__(self, source: Source, copy: Candidate, origin: Vintage | FrozenEdition, home: Home) -> None:
        self._source, self._copy, self._origin, self._home = source, copy, origin, home
        self._version = _rules(source)
        self._judged = self._known()
        self._found: Found | None = None
        self._parsing: Callable[[], Found] | None = None
        self._checking: Callable[[], list[CheckResult]] | None = None

    def begin_parsing(self) -> None:
        """Submit the file for parsing into Parquet, unless it has a verdict."""
        if self._judged is not None:
            return
        path = parsed_path(self._source, self._copy, self._home)
        if isinstance(self._origin, Vintage):
            self._parsing = parser_process.submit(self._source, self._home.archive, self._origin, path)
        else:
            self._parsing = partial(_frozen_rows, self._source, self._copy, self._origin, path)

    def begin_checks(self) -> None:
        """Wait until the file is parsed, then submit its checks if it has no problems."""
        if self._parsing is None:
            return
        try:
            self._found = self._parsing()
        except (*parser_process.OF_THIS_MACHINE, MemoryError) as error:  # no verdict is kept
            message = (
                str(error)
                or f"this machine had no memory left for it ({type(error).__name__}); refresh again"
            )
            self._judged = Verdict(self._copy, accepted=False, problems=(message,), checks=(), newly=True)
            return
        if not self._found.problems:
            self._checking = self._kept_checks() or self._submitted()

    def verdict(self) -> Verdict:
        """Wait for the checks, then store and return the verdict."""
        if self._judged is not None:
            return self._judged
        checks = self._checking() if self._checking else []
        accepted = self._checking is not None and verdict(checks)
        judged = Verdict(self._copy, accepted=accepted, checks=tuple(checks), newly=True, **vars(self._found))
        stored = {key: value for key, value in asdict(judged).items() if key not in NOT_KEPT}
        path = _verdict_path(self._version, self._copy, self._home)
        write_atomically(path, json.dumps(stored, ensure_ascii=False).encode())
        return judged

    def _kept_checks(self) -> Callable[[], list[CheckResult]] | None:
        """Return a function that gives the results of the checks that came with the project; None if there are none."""
        path = _verdict_path(self._version, self._copy, self._home)
        kept = kept_verdicts.kept().get(path.name)
        return kept and (lambda: [CheckResult.from_dict(check) for check in kept["checks"]])

    def _submitted(self) -> Callable[[], list[CheckResult]]:
        path, expected = parsed_path(self._source, self._copy, self._home), self._source.expectations
        return submit(path, expected, key=key_of(self._source.table)) if expected else list

    def _known(self) -> Verdict | None:
        """Return the verdict if there is one already."""
        wrong = misnamed(self._source, self._copy)
        if wrong:
            return Verdict(self._copy, accepted=False, problems=tuple(wrong), checks=())
        return _known(self._source, self._version, self._copy, self._home)


def _frozen_rows(source: Source, copy: Candidate, frozen: FrozenEdition, path: Path) -> Found:
    """Write the rows of a frozen edition as Parquet; return the result."""
    where = {"edition": copy.edition, "source_file_sha256": copy.sha256}
    return parser_process.examine(partial(read_frozen, frozen, source.table), source.table, where, path)


def judged_from(copy: Candidate, stored: Mapping[str, Any]) -> Verdict:
    """Return the verdict on a file from its stored form. Raises TypeError or KeyError if that is damaged."""
    lists = {key: tuple(stored[key]) for key in ("problems", "drift", "ignored")}
    checks = tuple(CheckResult.from_dict(check) for check in stored["checks"])
    rejected = tuple(Rejected(**row) for row in stored["rejected"])
    return Verdict(copy, **{**stored, **lists, "checks": checks, "rejected": rejected})


def parsed_path(source: Source, copy: Candidate, home: Home) -> Path:
    """Return the path of the parsed rows of a file."""
    return home.parsed / f"{copy.key}-{copy.place}-{code_version.of_parser(source.name)}.parquet"
