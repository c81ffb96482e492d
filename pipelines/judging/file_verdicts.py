"""From a file to a verdict: parse each file once, judge it once.

A file is accepted or refused as a whole, and for good: the verdict belongs to its bytes and to the version of the
rules. Running again parses and judges nothing that has been parsed and judged. Nothing here raises for a publisher's
fault.

Publishers' files are parsed in child processes (`parser_process`), two at a time. Frozen editions are read in this
process: they are facts in our own shape, reviewed and part of the code.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from assets.contract.columns import key_of
from assets.contract.edition_shape import harmless_name
from assets.contract.frozen_editions import Frozen, frozen_editions, read_frozen, slug
from assets.contract.parsed import Rejected
from assets.contract.source import Source
from pipelines.judging import decisions, parser_process
from pipelines.judging.expectation_results import CheckResult, suite_version, verdict
from pipelines.judging.parser_process import Found
from pipelines.judging.validator import submit
from pipelines.storage import code_version
from pipelines.storage.archive import Vintage
from pipelines.storage.atomic_files import read_json, write_atomically
from pipelines.storage.home import Home
from pipelines.storage.parquet import is_whole

LONGEST_NAME = 60
"""Characters of an edition or part that a sentence shows."""
NOT_KEPT = {"copy", "newly", "acknowledged"}
"""What of a verdict is not about the bytes and the rules."""
Asked = Callable[[], "Judged"]
"""What waits for the verdict on a file."""


@dataclass(frozen=True)
class Copy:
    """One file of an edition, from the archive or frozen. `key` is the SHA-256 of what is read here.

    `compiled_by` says who made the table, where that is not the publisher: the publisher's own file wins over it.
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
        """Name the edition and part as in a file name: the same bytes elsewhere are another file."""
        return "-".join(filter(None, (slug(self.edition), self.part)))

    @property
    def label(self) -> str:
        """Name the file in a sentence."""
        name = self.publisher_file_name or self.file_url or f"file {self.sha256[:12]}"
        names = (harmless_name(text)[:LONGEST_NAME] for text in (self.edition, self.part))
        return " ".join(filter(None, (*names, f"({name})")))


@dataclass(frozen=True)
class Judged:
    """A copy, what was found in it and whether it is accepted."""

    copy: Copy
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
    """Who accepted what guards refuse of the file, and why; empty where nobody did."""

    def excused(self, results: Iterable[CheckResult]) -> list[CheckResult]:
        """Return results of comparisons with other data, passed where a decision acknowledges the file."""
        return decisions.excused(results, self.acknowledged)

    def why_refused(self, *, kept: bool = True) -> str:
        """Say in one sentence why the file was refused; `kept` tells whether a good one of the edition is in use."""
        failed = [
            f"check {c.check} {c.outcome}: {c.observed}"
            for c in self.checks
            if not c.success and c.severity == "ERROR"
        ]
        told = "; ".join([*self.problems, *failed])
        end = "the file is refused and the last good one stays in use" if kept else "the file is refused"
        return f"Reading {self.copy.source} {self.copy.label}: {told}; {end}."


def copies(source: Source, home: Home, series: str = "") -> Iterator[tuple[Copy, Vintage | Frozen]]:
    """Yield every file of a source: frozen editions first, then the archive, oldest first.

    With `series`, those of one series: its name is what is before the first dot of a part.
    """
    for copy, origin in _copies(source, home, series):
        if not series or copy.part.partition(".")[0] == series:
            yield copy, origin


def _copies(source: Source, home: Home, series: str) -> Iterator[tuple[Copy, Vintage | Frozen]]:
    for frozen in frozen_editions(source.name):
        stated = frozen.descriptor
        yield (
            Copy(
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


def copy_of(vintage: Vintage) -> Copy:
    """Return a file of the archive as it is judged and published, its words harmless."""
    return Copy(
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


def judge_all(source: Source, home: Home, series: str = "") -> list[Judged]:
    """Parse and judge every file of a source (of one series) that has not been; return all, oldest first.

    All are asked for before the first answer is waited for: files are parsed and checked meanwhile, in other processes.
    """
    begun: dict[tuple[str, str], Callable[[], Asked]] = {}
    held = list(copies(source, home, series))
    version = _rules(source)
    for copy, origin in held:
        if (copy.key, copy.place) not in begun:  # a publisher may go back to an older file
            begun[copy.key, copy.place] = _begin(source, version, copy, origin, home)
    asked = {key: parsed() for key, parsed in begun.items()}
    judged = {key: finish() for key, finish in asked.items()}
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


def judge(source: Source, copy: Copy, origin: Vintage | Frozen, home: Home) -> Judged:
    """Return the verdict on one file, from the files of earlier verdicts where it has one."""
    return _begin(source, _rules(source), copy, origin, home)()()


def unjudged(source: Source, home: Home) -> bool:
    """Tell whether a file of a source has no verdict yet."""
    version = _rules(source)
    return any(
        not _verdict_path(version, copy, home).exists() and not misnamed(source, copy)
        for copy, _ in copies(source, home)
    )


def misnamed(source: Source, copy: Copy) -> list[str]:
    """Return what is wrong with the edition and part of a file; those of frozen editions are reviewed."""
    if source.editions is None or copy.origin in {"frozen", "transcribed"}:
        return []
    return source.editions.problems(
        copy.edition, copy.part, until=date.fromisoformat(copy.retrieved_on or "9999-12-30")
    )


def _rules(source: Source) -> str:
    """Name all that a verdict rests on besides the file."""
    limits = hashlib.sha256(repr(parser_process.LIMITS).encode()).hexdigest()[:8]
    return suite_version(source.expectations, source.table) + code_version.of_parser(source.name) + limits


def _verdict_path(version: str, copy: Copy, home: Home) -> Path:
    return home.verdicts / f"{copy.key}-{copy.place}-{version}.json"


def _known(source: Source, version: str, copy: Copy, home: Home) -> Judged | None:
    """Return the verdict on a file where there is one and what it accepted is still there."""
    try:
        judged = _judged(copy, read_json(_verdict_path(version, copy, home)))
    except (TypeError, KeyError):  # cut short, or of another version: judged again
        return None
    return judged if not judged.accepted or is_whole(parsed_path(source, copy, home)) else None


def _begin(
    source: Source, version: str, copy: Copy, origin: Vintage | Frozen, home: Home
) -> Callable[[], Asked]:
    """Have one file parsed; return what waits for that and asks for its checks."""
    wrong = misnamed(source, copy)
    known = (
        Judged(copy, accepted=False, problems=tuple(wrong), checks=())
        if wrong
        else _known(source, version, copy, home)
    )
    if known is not None:
        return lambda: lambda: known
    found = _parse(source, copy, origin, home)

    def ask() -> Asked:
        try:
            return _check(source, version, copy, found(), home)
        except (*parser_process.OF_THIS_MACHINE, MemoryError) as error:  # no verdict is kept
            told = (
                str(error)
                or f"this machine had no memory left for it ({type(error).__name__}); refresh again"
            )
            unread = Judged(copy, accepted=False, problems=(told,), checks=(), newly=True)
            return lambda: unread

    return ask


def _parse(source: Source, copy: Copy, origin: Vintage | Frozen, home: Home) -> Callable[[], Found]:
    """Have one file parsed into Parquet; return what waits for what was found in it."""
    path = parsed_path(source, copy, home)
    if isinstance(origin, Vintage):
        return parser_process.submit(source, home.archive, origin, path)
    where = {"edition": copy.edition, "source_file_sha256": copy.sha256}
    return lambda: parser_process.examine(
        lambda: read_frozen(origin, source.table), source.table, where, path
    )


def _check(source: Source, version: str, copy: Copy, found: Found, home: Home) -> Asked:
    """Ask for the checks of a file in which nothing is wrong; return what waits for them and keeps the verdict."""
    asked = None
    if not found.problems:
        asked = submit(parsed_path(source, copy, home), source.expectations, key=key_of(source.table))

    def finish() -> Judged:
        checks = asked() if asked else []
        accepted = asked is not None and verdict(checks)
        judged = Judged(copy, accepted=accepted, checks=tuple(checks), newly=True, **vars(found))
        stored = {key: value for key, value in asdict(judged).items() if key not in NOT_KEPT}
        write_atomically(_verdict_path(version, copy, home), json.dumps(stored, ensure_ascii=False).encode())
        return judged

    return finish


def _judged(copy: Copy, stored: dict[str, Any]) -> Judged:
    lists = {key: tuple(stored[key]) for key in ("problems", "drift", "ignored")}
    checks = tuple(CheckResult.from_dict(check) for check in stored["checks"])
    rejected = tuple(Rejected(**row) for row in stored["rejected"])
    return Judged(copy, **{**stored, **lists, "checks": checks, "rejected": rejected})


def parsed_path(source: Source, copy: Copy, home: Home) -> Path:
    """Return where the parsed rows of a file are."""
    return home.parsed / f"{copy.key}-{copy.place}-{code_version.of_parser(source.name)}.parquet"
