"""The `Source` class, with which every module in `assets/sources` describes its source.

A source module holds one `SOURCE`, a pure `parse` and a pure `facts`; `assets.catalogue` discovers it.
Nothing here fetches, stores or schedules: `pipelines` does.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pandas as pd
import sqlalchemy as sa

from assets.contract.columns import EVIDENCE_GRADES
from assets.contract.edition_shape import Editions
from assets.contract.expectations import Expectation
from assets.contract.held_rules import AGREES, NO_OVERLAP, Overlap, Revision
from assets.contract.notes import NO_ROWS, Caveat, Comparability, Coverage, counted
from assets.contract.parsed import Parsed
from assets.contract.prose import NO_PROSE, Prose
from assets.contract.remote import FILE_TELLS, Crawl, Remote, numbered

if TYPE_CHECKING:
    from assets.contract.guards import Guard

__all__ = [
    "EVERY_TRUST",
    "FILE_TELLS",
    "KNOWN_REPORTERS",
    "NO_ROWS",
    "OGL",
    "OGL_ATTRIBUTION",
    "Coverage",
    "Editions",
    "Facts",
    "Overlap",
    "Remote",
    "Revision",
    "Source",
    "counted",
    "numbered",
    "reports",
    "transcribed",
]
"""All that a source is described with, so that its module imports it from here."""

Facts = dict[str, pd.DataFrame]

OGL = "OGL-UK-3.0"
OGL_ATTRIBUTION = (
    "Contains public sector information licensed under the Open Government Licence v3.0 ({publisher})."
)
EVERY_TRUST = "every_trust"
"""Every trust that is open in a period reports for that period."""
KNOWN_REPORTERS = "known_reporters"
"""A trust that reports at all reports for each period it is open in, up to a year before and after its reports."""


@dataclass(frozen=True)
class Source:
    """One publication series of one publisher: where it is, what it looks like, and which tables it fills.

    - `parse(content, edition)` reads one file into tidy rows and raises StructureError. With `reads_part` it is
      `parse(content, edition, part)`, for files that do not say which trust they are about.
    - `facts(staged)` maps all staged rows into frames of the shared fact tables, before organisations are resolved.
    - `expectations` apply to the staged rows of one file, `guards` to a file and the previous one
      (`assets.contract.guards`).
    - `prose` holds the description (`title` to `evidence_grade`), the caveats, what may be compared, and the reasons of
      expectations, guards and `overlap` without one of their own (`assets.contract.prose`). Without an attribution, the
      publisher is attributed as the licence requires.
    - `revision` says how much a new file of a held edition may change, `overlap` what editions must agree on.
    - `pages` are visited in a refresh only where the environment variable `switch` is 1: there are many, or they are old.
    - `crawl` says how politely these pages are read, where they are the files themselves, one for each organisation.
    - `once` names the columns that identify a fact in a file (`assets.contract.duplicate_rows`).
    - `lists_others` says that files also hold organisations other than trusts: rows whose code is in no list of trusts
      are counted in `coverage` and left out, where other sources list them as unmatched.
    - `transcribed` says that the source was transcribed from articles: no publisher issues it as a file.
    - `by_trust` names the trusts of a source that has a series of files for each (`assets.contract.frozen_editions`);
      the files of one trust can be parsed independently, on any machine.
    - `absent` gives, by fact table, the valid reason why an open trust may have no row.
    - `editions` defines the valid names of editions and parts; a file under any other name is refused.
    - `claims` selects the staged rows that claim to be about an NHS trust (None: all of them, or, with `lists_others`,
      those with a trust's code or an NHS trust's name).
    - `reports` says, for each fact table whose values are added up, who is expected to have a row for each period they
      were open in (`EVERY_TRUST` or `KNOWN_REPORTERS`); nobody is expected in a table it does not name.
    """

    name: str
    prose: Prose = NO_PROSE
    _: KW_ONLY
    title: str = ""
    publisher: str = ""
    cadence: str = ""
    max_age_days: int = 0
    evidence_grade: str = ""
    table: sa.Table
    parse: Callable[..., Parsed]
    facts: Callable[[pd.DataFrame], Facts]
    expectations: tuple[Expectation, ...]
    guards: "tuple[Guard, ...]" = ()
    landing_page: str = ""
    licence: str = ""
    attribution: str = ""
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
    pages: tuple[Remote, ...] = ()
    switch: str = ""
    crawl: Crawl | None = None
    hosts: frozenset[str] = frozenset()
    caveats: tuple[Caveat, ...] = ()
    comparability: tuple[Comparability, ...] = ()
    coverage: Callable[[pd.DataFrame], list[Coverage]] = field(default=lambda _staged: [])
    absent: Mapping[str, str] = field(default_factory=dict)
    reports: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Fill in the prose and the defaults. Raises ValueError if a reason is missing."""
        found = self.prose
        made: dict[str, Any] = {name: text for name, text in found.about.items() if not getattr(self, name)}
        made["licence"] = self.licence or found.about.get("licence", OGL)
        publisher = made.get("publisher", self.publisher)
        made.setdefault("attribution", self.attribution or OGL_ATTRIBUTION.format(publisher=publisher))
        made["max_age_days"] = int(made.get("max_age_days", self.max_age_days))
        made["caveats"] = self.caveats or found.caveats
        made["comparability"] = self.comparability or found.comparability
        made["expectations"] = found.explained(self.expectations)
        made["guards"] = found.explained(self.guards)
        made["overlap"] = self.overlap if self.overlap.why else replace(self.overlap, why=found[AGREES])
        grade = self.evidence_grade or made.get("evidence_grade", "")
        if grade not in EVIDENCE_GRADES or made["max_age_days"] < 1:
            raise ValueError(
                f"Describing source {self.name!r}: expected max_age_days and one of {', '.join(EVIDENCE_GRADES)} as evidence_grade, found {made['max_age_days']} and {grade!r}; correct its file of prose."
            )
        for name, value in made.items():
            object.__setattr__(self, name, value)

    @property
    def max_age(self) -> timedelta:
        """How old the newest edition may become before the source is stale."""
        return timedelta(days=self.max_age_days)

    def read(self, content: bytes, edition: str, part: str) -> Parsed:
        """Parse one file; a fact that appears twice is kept once, or rejected."""
        from assets.contract.duplicate_rows import once

        parsed = self.parse(content, edition, part) if self.reads_part else self.parse(content, edition)
        return once(parsed, self.once)

    @property
    def natural_key(self) -> tuple[str, ...]:
        """The columns that identify what a staged row is about, in every file of an edition."""
        return (self.revision.key if self.revision else ()) or self.once

    @property
    def visited(self) -> tuple[Remote, ...]:
        """The addresses that a refresh visits now."""
        return (*self.remotes, *(self.pages if os.environ.get(self.switch) == "1" else ()))

    @property
    def allowed_hosts(self) -> frozenset[str]:
        """The hosts a download of this source may contact, redirects included."""
        return self.hosts | {str(urlsplit(remote.url).hostname) for remote in (*self.remotes, *self.pages)}


def transcribed(name: str, prose: Prose, *, parts: tuple[str, ...] = ("",), **more: Any) -> Source:
    """Return a source that was transcribed from articles, in editions of a month, which only a person can bring up to date."""
    fields: dict[str, Any] = {"max_age_days": 3650, "evidence_grade": "press-reported", **more}
    return Source(name, prose, transcribed=True, editions=Editions(("month",), parts=parts), **fields)


def reports(found: Iterable[Source]) -> dict[str, dict[str, str]]:
    """Return, by fact table and source, who is expected to have a row for each period."""
    made: dict[str, dict[str, str]] = {}
    for source in found:
        for table, who in source.reports.items():
            made.setdefault(table, {})[source.name] = who
    return made
