"""What tests of fetching share: addresses of publishers, a fetcher that asks the stand-in, sources of one file.

The fixtures are in every test's reach: conftest.py takes them from here.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa
from artificial_sources import scores
from publisher import Page, Publisher, publishing

from assets.catalogue import sources
from assets.contract.columns import column, org_code, staged
from assets.contract.parsed import Parsed
from assets.contract.remote import Remote
from assets.contract.source import Source
from pipelines.fetching.archive_update import Outcome, fetch_source
from pipelines.fetching.client import Fetcher, Limits, Network
from pipelines.judging import validator
from pipelines.orchestration import refresh_steps
from pipelines.staging import staged_tables
from pipelines.storage.archive import Archive
from pipelines.storage.home import Home
from pipelines.storage.parquet import read_parquet

PROXIES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy")
NHS, ODS, OTHER = "digital.nhs.uk", "www.odsdatasearchandexport.nhs.uk", "www.england.nhs.uk"
HOSTS = frozenset({NHS, ODS})
FILE = f"https://{NHS}/data/file.csv"
REPORT = f"https://{ODS}/api/getReport?report=etr"
PAGE = f"https://{NHS}/landing/report"
CSV = b'"RJ1","GUY\'S AND ST THOMAS\' NHS FOUNDATION TRUST"\r\n'
NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
QUICK = Limits(connect=1, read=1, total=3, backoff=0.01, interval=0)


@pytest.fixture
def publisher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    for name in (*PROXIES, "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    with publishing(tmp_path, [NHS, ODS, OTHER]) as running:
        yield running


@pytest.fixture
def fetcher(publisher: Publisher) -> Fetcher:
    return Fetcher(QUICK, locate=publisher.locate)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive")


def source(*remotes: Remote, name: str = "ods") -> Source:
    """Return a source that is only ever fetched."""
    empty = sa.Table(name, sa.MetaData(), sa.Column("org_code", sa.Text, primary_key=True))
    return _source(name, remotes, empty, lambda content, edition: Parsed(pd.DataFrame(), 0))


def _source(name: str, remotes: tuple[Remote, ...], of: sa.Table, parse: Callable[..., Parsed]) -> Source:
    return Source(
        name=name,
        title="Trusts",
        publisher="NHS England",
        landing_page=PAGE,
        licence="OGL-UK-3.0",
        attribution="",
        cadence="daily",
        max_age_days=1,
        evidence_grade="administrative",
        table=of,
        parse=parse,
        facts=lambda staged: {},
        expectations=(),
        remotes=remotes,
    )


def visit(of: Source, archive: Archive, fetcher: Fetcher, *, later: int = 0) -> Outcome:
    """Ask for every file of a source, some days after NOW."""
    return fetch_source(of, archive, fetcher, now=NOW + timedelta(days=later), network=Network())


SCORES = staged(
    "fetched", "Artificial.", [org_code(), column("score", sa.Double, "Artificial.", maximum=9000)]
)
GOOD = b"code,score\nX11,1111\nX22,2222\n"
BETTER = b"code,score\nX11,3333\nX22,4444\n"


def scored(name: str, remote: Remote) -> Source:
    """Return a source of artificial scores, which is fetched and staged."""
    return _source(name, (remote,), SCORES, scores)


@dataclass
class World:
    """Two sources of one file each: `ours` holds a good file, `theirs` none yet."""

    home: Home
    ours: Source
    theirs: Source

    def refresh(self, fetcher: Fetcher, *names: str, offline: bool = False) -> None:
        """Ask the publishers of both sources, or of those named."""
        both = {one.name: one for one in (self.ours, self.theirs)}
        refresh_steps.archive(both, names or both, self.home, lambda: fetcher, offline=offline)

    def state(self, of: Source) -> tuple[str, str, list[float]]:
        """Return the status of a source, why, and the scores in use."""
        now = refresh_steps.stage(of, sources(), self.home)
        return (
            now.status,
            now.why,
            read_parquet(staged_tables.staged_path(of.name, self.home))["score"].to_pylist(),
        )

    def survives(self, fetcher: Fetcher, reported: str) -> None:
        """Refresh: ours fails with a sentence that contains `reported`, and keeps its file; theirs is fetched and used."""
        files = {path for path in self.home.root.rglob("*") if path.is_file()}
        self.refresh(fetcher)
        status, why, scores = self.state(self.ours)
        assert (status, scores) == ("stale", [1111, 2222])
        assert why.startswith("ours (assets.sources.ours): ")
        assert self.ours.remotes[0].url in why
        assert re.search(reported, why), why
        assert self.state(self.theirs) == ("fresh", "", [3333, 4444])
        assert len(self.home.archive.vintages("ours")) == 1
        assert all(path.exists() for path in files)
        assert not list((self.home.root / "archive").rglob(".*"))


@pytest.fixture
def world(tmp_path: Path, publisher: Publisher, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(validator, "start", lambda: None)
    ours, theirs = (
        scored("ours", Remote(FILE, edition="2025")),
        scored("theirs", Remote(REPORT, edition="2025")),
    )
    found = World(Home(tmp_path / "home"), ours, theirs)
    publisher.serve(FILE, Page(GOOD))
    publisher.serve(REPORT, Page(BETTER))
    found.refresh(fetcher, "ours")
    assert found.state(ours) == ("fresh", "", [1111, 2222])
    publisher.requests.clear()
    publisher.located.clear()
    publisher.headers_seen.clear()
    return found
