"""What a source is: the words every module in `assets/sources` uses to describe one.

A source module holds one `SOURCE`, a pure `parse` and a pure `facts`; it is found by being there (`sources()`).
Nothing here fetches, stores or schedules: that is `pipelines`.
"""

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import unquote, urlsplit

import pandas as pd
import sqlalchemy as sa

from assets.contract.edition_shape import Editions
from assets.contract.errors import RefusedError
from assets.contract.held_rules import NO_OVERLAP, Overlap, Revision

if TYPE_CHECKING:
    from assets.contract.guards import Guard

Severity = Literal["ERROR", "WARN"]
PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*([./][A-Za-z0-9_-]+)*")


@dataclass(frozen=True)
class Expectation:
    """One Great Expectations expectation as plain data, so that loading definitions does not import the library.

    `check` names the asset check, `type` is the expectation's name in snake case (`expect_...`), `kwargs` its
    arguments, `why` one sentence for the reader of a failure.
    """

    check: str
    type: str
    kwargs: Mapping[str, Any]
    why: str
    severity: Severity = "ERROR"


@dataclass(frozen=True)
class Remote:
    """One file a publisher offers, or a series of files on one landing page.

    Without `link`, `url` is the file. With `link`, `url` is the landing page (or a catalogue in JSON) and exactly one
    link on it must match the regular expression, in its address, its file name or its text. `edition` is None where
    the file has no edition of its own: then it is the day it was retrieved. `part` tells the files of one edition apart.

    With `name`, every link that matches is a file of the series: `name` tells its edition and part from the match, or
    None for a link that is none. No link, or two links of the same edition and part, is an error, unless `version`
    tells the newer of the two.

    With `immutable`, the file never changes (a web archive): other bytes at its address are refused.

    With `file` too, the links are pages of editions: the newest is opened, and exactly one link on it must match `file`.
    """

    url: str
    edition: str | None = None
    part: str = ""
    link: str | None = None
    name: Callable[[re.Match[str]], tuple[str, str] | None] | None = None
    version: Callable[[re.Match[str]], int] | None = None
    file: str | None = None
    immutable: bool = False

    def __post_init__(self) -> None:
        """Refuse an address that is not plain https, or a name that is a path, so that a bad spec fails when definitions load."""
        for name in filter(None, (self.edition, self.part)):
            if not PLAIN_NAME.fullmatch(name):
                raise ValueError(
                    f"Reading the spec of a source: expected an edition or part of letters, digits, dots and dashes, found {name!r}; correct the source module."
                )
        if self.name is not None and self.link is None:
            raise ValueError(
                f"Reading the spec of a source: expected a link pattern beside the name of {self.url}."
            )
        if self.file is not None and self.name is None:
            raise ValueError(
                f"Reading the spec of a source: expected a name beside the file pattern of {self.url}."
            )
        parts = urlsplit(self.url)
        if parts.scheme != "https" or parts.netloc != parts.hostname or ".." in unquote(parts.path):
            raise ValueError(
                f"Reading the spec of a source: expected a plain https address, found {self.url!r}; correct the source module."
            )


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


@dataclass(frozen=True)
class Rejected:
    """A row that was read and not staged: where it was, which rule it broke, and the row as it was."""

    sheet: str
    row: int
    rule: str
    reason: str
    raw: str


@dataclass(frozen=True)
class Parsed:
    """What `parse` returns: tidy rows (columns of the staged table less edition and sha256), the rest, and notes.

    `rows_in` counts the publisher's data rows; a publisher's row may become several staged rows, so `rows_used`
    counts the ones that were staged: rows_in = rows_used + len(rejected), always. `drift` lists tolerated oddities,
    `ignored` the sheets that were left unread and why.
    """

    rows: pd.DataFrame
    rows_in: int
    rejected: tuple[Rejected, ...] = ()
    drift: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()

    @property
    def rows_used(self) -> int:
        """The number of the publisher's rows that became staged rows; `lines` counts them where rows are sums."""
        if "lines" in self.rows:
            return int(self.rows["lines"].sum())
        return int(self.rows[["source_sheet", "source_row"]].drop_duplicates().shape[0])

    def __post_init__(self) -> None:
        """Refuse a parser that lost a row."""
        if self.rows_in != self.rows_used + len(self.rejected):
            raise StructureError(
                [
                    f"read {self.rows_in} rows but staged {self.rows_used} and rejected {len(self.rejected)}; correct the parser"
                ]
            )


class StructureError(RefusedError, ValueError):
    """A file does not have the layout its source promises: every problem found, each one sentence."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(problems))


Facts = dict[str, pd.DataFrame]

EVERY_TRUST = "every_trust"
"""Every trust that is open in a period reports for it."""
KNOWN_REPORTERS = "known_reporters"
"""A trust that reports something reports for each period it is open in, up to a year before and after its reports."""


@dataclass(frozen=True)
class Source:
    """One publication series of one publisher: where it is, what it looks like, what it becomes.

    `parse(content, edition)` reads one file into tidy rows and raises StructureError; with `reads_part` it is
    `parse(content, edition, part)`, for files that do not say themselves whose they are. `facts(staged)` maps all staged
    rows into frames of the shared fact tables, before organisations are resolved. `expectations` are about the staged
    rows of one file, `guards` about a file beside the one before (`assets.contract.guards`). `lists_others` says that its files
    hold organisations that are no trusts: rows whose code is in no list of trusts are counted in `coverage` and left
    out, where other sources list them as unmatched. `transcribed` says that nobody publishes it as a file: it was written down from articles.
    `revision` says how much a new file of a held edition may change, `overlap` what editions must agree on.
    `once` names the columns that tell one fact of a file from another: see `assets.contract.duplicate_rows`. `by_trust` names the trusts of a source with a
    series of files for each (`assets.contract.frozen_editions`): those of one trust can be parsed by themselves, on any machine.
    `absent` says by fact table why an open trust may rightly have no row in it. `editions` says what editions and parts may be
    called; a file under any other name is refused. `claims` picks the staged rows that claim to be about an NHS trust (None:
    all of them, or, with `lists_others`, those with a trust's code or an NHS trust's name).
    `reports` says by fact table that adds who is expected to have a row for each period it was open in (`EVERY_TRUST` or
    `KNOWN_REPORTERS`); a table it does not name expects nobody.
    """

    name: str
    title: str
    publisher: str
    landing_page: str
    licence: str
    attribution: str
    cadence: str
    max_age: timedelta
    evidence_grade: str
    table: sa.Table
    parse: Callable[..., Parsed]
    facts: Callable[[pd.DataFrame], Facts]
    expectations: tuple[Expectation, ...]
    guards: "tuple[Guard, ...]" = ()
    editions: Editions | None = None
    claims: Callable[[pd.DataFrame], "pd.Series[bool]"] | None = None
    revision: Revision | None = field(default_factory=Revision)
    overlap: Overlap = NO_OVERLAP
    once: tuple[str, ...] = ()
    reads_part: bool = False
    transcribed: bool = False
    lists_others: bool = False
    by_trust: tuple[str, ...] = ()
    remotes: tuple[Remote, ...] = ()
    hosts: frozenset[str] = frozenset()
    caveats: tuple[Caveat, ...] = ()
    comparability: tuple[Comparability, ...] = ()
    coverage: Callable[[pd.DataFrame], list[Coverage]] = field(default=lambda _staged: [])
    absent: Mapping[str, str] = field(default_factory=dict)
    reports: Mapping[str, str] = field(default_factory=dict)

    def read(self, content: bytes, edition: str, part: str) -> Parsed:
        """Parse one file; a fact that it tells twice is there once, or rejected."""
        from assets.contract.duplicate_rows import once

        parsed = self.parse(content, edition, part) if self.reads_part else self.parse(content, edition)
        return once(parsed, self.once)

    @property
    def natural_key(self) -> tuple[str, ...]:
        """The columns that say what a staged row is about: the same in each new file of an edition."""
        return (self.revision.key if self.revision else ()) or self.once

    @property
    def allowed_hosts(self) -> frozenset[str]:
        """Hosts a download of this source may touch, on any redirect."""
        return self.hosts | {str(urlsplit(remote.url).hostname) for remote in self.remotes}


def modules() -> dict[str, str]:
    """Return the module of every source: one in `assets/sources` (of a package, its module `source`)."""
    import assets.sources

    return {
        found.name: f"assets.sources.{found.name}" + (".source" if found.ispkg else "")
        for found in pkgutil.iter_modules(assets.sources.__path__)
    }


@cache
def sources() -> dict[str, Source]:
    """Return every source by name."""
    found = {name: importlib.import_module(module).SOURCE for name, module in sorted(modules().items())}
    for name, source in found.items():
        if source.name != name:
            raise ValueError(
                f"Loading the sources: expected assets/sources/{name}.py to define source {name!r}, found {source.name!r}; rename one of them."
            )
    return found


def reports(found: Iterable[Source]) -> dict[str, dict[str, str]]:
    """Return by fact table and source who is expected to have a row for each period."""
    made: dict[str, dict[str, str]] = {}
    for source in found:
        for table, who in source.reports.items():
            made.setdefault(table, {})[source.name] = who
    return made


OGL = "OGL-UK-3.0"
OGL_ATTRIBUTION = (
    "Contains public sector information licensed under the Open Government Licence v3.0 ({publisher})."
)
TRANSCRIBED = "Facts transcribed; each row names its source"
"""What stands in the place of a licence where facts were read in articles."""


def financial_year(start: int) -> str:
    """Return the label of the financial year that starts in April of `start`: 2023 gives 2023/24."""
    return f"{start}/{(start + 1) % 100:02d}"


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
