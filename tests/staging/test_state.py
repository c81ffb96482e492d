"""What `digital-maturity sources` tells: editions by how they came, last answers, what is due, licence."""

import csv
import hashlib
import io
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from small_release import released

from assets.catalogue import sources
from pipelines.cli import main
from pipelines.fetching.archive_update import Outcome
from pipelines.staging.source_listing import listing
from pipelines.staging.source_status import record
from pipelines.storage import home_condition
from pipelines.storage.archive import Vintage
from pipelines.storage.home import Home
from pipelines.storage.lock import exclusive

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
    records = json.loads(capsys.readouterr().out)["sources"]
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


# What somebody has to look at


@pytest.fixture
def strict(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[], tuple[int, dict[str, Any], str]]:
    """Return a function that asks as a scheduled job does: the exit code, the answer, and what is said of it."""
    monkeypatch.setenv("DIGITAL_MATURITY_HOME", str(home.root))

    def asked() -> tuple[int, dict[str, Any], str]:
        code = main(["sources", "--format", "json", "--strict"])
        shown = capsys.readouterr()
        return code, json.loads(shown.out), shown.err

    return asked


Strict = Callable[[], tuple[int, dict[str, Any], str]]


def run_ended(home: Home, status: str, why: str = "") -> None:
    line = {"source": "dma", "status": status, "since": "2026-11-20T06:00:00+00:00", "why": why}
    home.write_status("run", {"sources": [line]})


@pytest.mark.parametrize("status", ["stale", "refused"])
def test_a_source_that_is_stale_or_refused_fails_under_strict(
    home: Home, strict: Strict, status: str
) -> None:
    run_ended(home, "unchanged")
    assert strict()[0] == 0
    run_ended(home, status, "an artificial reason")
    code, found, error = strict()
    assert (code, error) == (1, f"dma is {status}: an artificial reason\n")
    [dma] = (one for one in found["sources"] if one["source"] == "dma")
    assert (dma["status"], dma["since"], dma["why"]) == (status, "2026-11-20T06:00:00+00:00", "an artificial reason")  # fmt: skip
    assert main(["sources"]) == 0


def test_a_source_that_nobody_refreshed_for_long_is_stale(home: Home, strict: Strict) -> None:
    run_ended(home, "fresh")
    home.write_status("dma", {"status": "fresh", "last_success": "2001-01-01T00:00:00+00:00"})
    code, found, error = strict()
    assert code == 1
    assert error.startswith("dma is stale: the publisher answered last on 2001-01-01")
    since = datetime(2001, 1, 1, tzinfo=UTC) + sources()["dma"].max_age
    assert [one["since"] for one in found["sources"] if one["source"] == "dma"] == [since.isoformat()]


def test_a_run_that_failed_or_died_fails_under_strict_until_one_succeeds(home: Home, strict: Strict) -> None:
    began = "2026-11-20T06:00:00+00:00"
    home_condition.record_run(home, began, ended=False)
    with exclusive(home.lock, "a refresh"):
        assert strict()[0] == 0
    code, found, error = strict()
    assert (code, error) == (1, "failed run: its process ended without recording a result\n")
    assert found["home"]["problems"] == {
        "failed_run": {"since": began, "why": "its process ended without recording a result"}
    }
    home_condition.record_run(home, began, ended=True, error="An artificial reason.")
    assert strict()[::2] == (1, "failed run: An artificial reason.\n")
    home_condition.record_run(home, began, ended=True)
    assert strict()[0] == 0


def test_a_damaged_release_fails_under_strict(home: Home, strict: Strict) -> None:
    folder = released(home.root, "20260101T060000Z")
    code, found, _ = strict()
    assert (code, found["home"]["release"], found["home"]["problems"]) == (0, folder.name, {})
    (folder / "index.html").write_text("spoilt", "utf-8")
    code, found, error = strict()
    assert (code, list(found["home"]["problems"])) == (1, ["damaged_release"])
    assert f"release {folder.name} is not as it was published: index.html;" in error


def test_a_home_beyond_its_limit_fails_under_strict(
    home: Home, strict: Strict, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (home.root / "file").write_bytes(bytes(3000))
    monkeypatch.setenv(home_condition.MOST, "0.000002")
    code, found, error = strict()
    assert (code, found["home"]["bytes"], found["home"]["most_bytes"]) == (1, 3000, 2000)
    assert "growth: the home takes 0.0 GB, more than the limit of 2e-06 GB; remove old" in error
    monkeypatch.setenv(home_condition.MOST, "much")
    assert main(["sources", "--strict"]) == 2
    assert "expected a number of GB above 0, found 'much'" in capsys.readouterr().err
