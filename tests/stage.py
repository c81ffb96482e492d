"""A home in which a file arrives that is broken, hostile or something else, and what must become of it."""

import os
import time
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pandas as pd
import pyarrow as pa
import test_cqc
from filelock import FileLock
from releases import copy_of, shared_folder
from tiny_source import BETTER, GOOD, SENTENCE, Tiny, arrive, scores

from assets.catalogue import sources
from assets.contract.held_rules import NO_OVERLAP
from assets.contract.source import Source
from pipelines.judging import file_verdicts
from pipelines.orchestration import refresh_steps
from pipelines.staging import staged_tables
from pipelines.storage.home import Home
from pipelines.storage.parquet import read_parquet
from pipelines.workers.fork_server import server

Where = tuple[str, str, str]
"""Source, edition and part."""
DMA, EPR, ODS = ("dma", "2025", ""), ("epr", "2024-10-01", ""), ("ods", "2026-07-08", "etr")
CQC, DSPT = ("cqc", "2026-07-01", ""), ("dspt", "2023-10-17", "")
FUNDING = ("funding", "2026-07", "")
SOURCES = tuple(source for source, _, _ in (DMA, EPR, ODS, CQC, DSPT, FUNDING))


@cache
def warm() -> None:
    """Wait for the server that children are forked from: on a busy machine it takes longer than any fault here."""
    first = server().Process(target=os.getpid)
    first.start()
    first.join()


def _about_no_trust(rows: pd.DataFrame) -> "pd.Series[bool]":
    """Pick no row: names of artificial trusts are in no list."""
    return pd.Series([False] * len(rows), index=rows.index)


def alone(source: str) -> Source:
    """Return a source by what its files are: what checks, held files and lists of trusts say is tested elsewhere."""
    return replace(
        sources()[source],
        expectations=(),
        guards=(),
        revision=None,
        overlap=NO_OVERLAP,
        claims=_about_no_trust,
    )


@cache
def good_home(base: Path) -> Home:
    """Return a home in which the good files of some sources are staged, shared as `offline_home` is. Never change it."""
    home = Home(shared_folder(base) / "good-files")
    with FileLock(f"{home.root}.lock"):
        if not staged_tables.staged_path(SOURCES[-1], home).exists():
            # No edition of it is frozen.
            arrive(home, test_cqc.ratings(), source="cqc", edition=CQC[1], name="good.ods")
            for source in SOURCES:
                assert refresh_steps.stage(alone(source), sources(), home).judged[-1].accepted
    return home


@dataclass
class Stage:
    """A home, and what became of a file that arrived in it."""

    home: Home
    tiny: Tiny

    @classmethod
    def below(cls, folder: Path, base: Path) -> "Stage":
        """Return a home below a folder in which the good files are staged."""
        warm()
        return cls(copy_of(good_home(base), folder / "home"), Tiny(folder / "asked"))

    def refused(self, where: Where, content: bytes, problem: str) -> None:
        """Have a file arrive after the last good one of a source; it must be refused and nothing else change."""
        source, edition, part = where
        before = self.rows(source)
        arrive(self.home, content, source=source, edition=edition, part=part, day=2, name="file")
        started = time.monotonic()
        done = self.staged(source)
        assert time.monotonic() - started < 60
        assert (done.status, problem in done.why) == ("refused", True), done.why
        assert done.why.startswith(f"Reading {source} {edition} ")
        assert done.why.endswith(SENTENCE)
        assert "\n" not in done.why
        assert self.rows(source).equals(before)
        self.others_go_on()

    def read(self, where: Where, content: bytes) -> file_verdicts.Verdict:
        """Have a file arrive that must be accepted; return what was found in it."""
        source, edition, part = where
        arrive(self.home, content, source=source, edition=edition, part=part, day=2, name="file")
        judged = self.staged(source).judged[-1]
        assert judged.accepted, judged.why_refused()
        return judged

    def staged(self, source: str) -> refresh_steps.StagedSource:
        return refresh_steps.stage(alone(source), sources(), self.home)

    def rows(self, source: str) -> pa.Table:
        """Return the rows of a source that are staged."""
        return read_parquet(staged_tables.staged_path(source, self.home))

    def others_go_on(self) -> None:
        """Have another source staged in the same home."""
        arrive(self.home, GOOD)
        other = replace(self.tiny.source, expectations=())
        assert refresh_steps.stage(other, sources(), self.home).judged[-1].accepted
        assert scores(self.tiny.source, self.home) == [1111, 2222]

    def refused_tiny(self, problem: str, *, kept: bool) -> None:
        """Have the artificial source read a file on which its parser does what it was set to do; twice, unless `kept`."""
        arrive(self.home, GOOD, day=1)
        arrive(self.home, BETTER, day=2)
        for _ in range(2):
            done = refresh_steps.stage(self.tiny.source, sources(), self.home)
            assert (done.status, problem in done.why) == ("refused", True), done.why
            assert scores(self.tiny.source, self.home) == [1111, 2222]
        assert self.tiny.calls[BETTER] == (1 if kept else 2)
        assert not list(self.home.parsed.glob(".*"))
