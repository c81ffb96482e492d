"""What `digital-maturity sources` tells: editions by how they came, last answers, what is due, licence."""

import csv
import hashlib
import io
import json
from datetime import date
from pathlib import Path

import pytest

from assets.catalogue import sources
from pipelines.cli import main
from pipelines.fetching.archive_update import Outcome
from pipelines.staging.source_listing import listing
from pipelines.staging.source_status import record
from pipelines.storage.archive import Vintage
from pipelines.storage.home import Home

TODAY = date(2026, 11, 23)
DMA = sources()["dma"]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def keep(home: Home, origin: str, edition: str, day: str) -> None:
    content = f"{origin} {edition}".encode()

    where = dict.fromkeys(
        ("url", "final_url", "publisher_file_name", "published_at", "etag", "last_modified"), ""
    )
    home.archive.add(
        content,
        Vintage(
            source="dma",
            edition=edition,
            part="",
            sha256=hashlib.sha256(content).hexdigest(),
            bytes=len(content),
            origin=origin,
            retrieved_at=f"{day}T06:00:00+00:00",
            licence="OGL-UK-3.0",
            how="",
            **where,
        ),
    )


def answered(home: Home, status: str, day: int, why: str = "") -> None:
    record(Outcome("dma", status, why, (), f"2026-11-{day:02d}T06:00:00+00:00"), home)  # type: ignore[arg-type]


def test_a_source_that_was_never_asked_says_so(home: Home) -> None:
    answered(home, "not_attempted", 20)
    found = listing(DMA, home, TODAY).lines()
    assert (found["last asked"], found["last success"], found["last failure"]) == ("never", "never", "none")
    assert found["status"] == "not refreshed yet"


def test_the_last_success_outlives_a_failure_and_the_last_failure_a_success(home: Home) -> None:
    answered(home, "fresh", 20)
    answered(home, "failed", 21, "dma: no page")
    found = listing(DMA, home, TODAY).lines()
    assert found["last asked"] == "2026-11-21T06:00:00+00:00"
    assert found["last success"] == "2026-11-20T06:00:00+00:00"
    assert found["last failure"] == "2026-11-21T06:00:00+00:00: dma: no page"
    answered(home, "unchanged", 22)
    answered(home, "not_attempted", 23)
    found = listing(DMA, home, TODAY).lines()
    assert found["last asked"] == found["last success"] == "2026-11-22T06:00:00+00:00"
    assert found["last failure"] == "2026-11-21T06:00:00+00:00: dma: no page"


def test_editions_are_described_by_how_they_came(home: Home) -> None:
    keep(home, "fetched", "2025", "2026-04-01")
    keep(home, "fetched", "2026", "2026-05-01")
    keep(home, "ingested", "2024", "2026-06-01")
    assert listing(DMA, home, TODAY).lines()["editions"] == "frozen 2025; fetched 2025, 2026; ingested 2024"


def test_what_is_due_follows_from_the_newest_file(home: Home) -> None:
    assert listing(DMA, home, TODAY).lines()["next expected"] == "by 2027-05-04"
    assert listing(DMA, home, date(2028, 1, 1)).lines()["next expected"] == "by 2027-05-04 (overdue)"
    keep(home, "fetched", "2026", "2026-11-01")
    assert listing(DMA, home, TODAY).lines()["next expected"] == "by 2027-12-06"


@pytest.mark.parametrize(
    ("source", "due"),
    [("epr", "whenever a file is added by hand"), ("dqmi", "at the next refresh with a network")],
)
def test_what_is_due_of_other_sources(home: Home, source: str, due: str) -> None:
    assert listing(sources()[source], home, TODAY).lines()["next expected"] == due


def test_the_command_tells_every_line_of_every_source(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DIGITAL_MATURITY_HOME", str(home.root))
    assert main(["sources"]) == 0
    shown = capsys.readouterr().out
    for name, source in sources().items():
        assert f"{name}: {source.title}" in shown
        for word, line in listing(source, home, TODAY).lines().items():
            assert f"  {word:<15}{line.split(' (overdue)')[0]}" in shown


def test_programs_get_every_source_as_json_and_as_csv(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DIGITAL_MATURITY_HOME", str(home.root))
    keep(home, "fetched", "2025", "2026-04-01")
    keep(home, "fetched", "2026", "2026-05-01")
    answered(home, "failed", 21, "dma: no page")
    assert main(["sources", "--format", "json"]) == 0
    records = json.loads(capsys.readouterr().out)
    assert [one["source"] for one in records] == list(sources())
    (dma,) = (one for one in records if one["source"] == "dma")
    assert dma["editions"] == {"frozen": ["2025"], "fetched": ["2025", "2026"]}
    assert (dma["last_success"], dma["fetched_by"], dma["withdrawn"]) == (None, "network", [])
    assert dma["next_expected"] == f"by {dma['due_on']}"
    assert date.fromisoformat(dma["due_on"]) > date(2027, 1, 1)
    assert main(["sources", "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [list(row) for row in rows] == [list(one) for one in records]
    (row,) = (row for row in rows if row["source"] == "dma")
    assert row["editions"] == "frozen 2025; fetched 2025, 2026"
    assert row["last_failure"] == dma["last_failure"] == "2026-11-21T06:00:00+00:00: dma: no page"
    assert row["overdue"] in {"true", "false"}
