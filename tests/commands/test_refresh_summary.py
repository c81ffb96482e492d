"""The end of a refresh: what was published, what is not held and how to get it, how long it took, and what to open."""

import io
import logging
import os
import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from dagster._core.execution.compute_logs import redirect_to_file
from releases import ask, offline_home

from pipelines.commands.refresh_summary import sections
from pipelines.orchestration.run_progress import progress, shown
from pipelines.storage.home import VARIABLE, Home

SECONDS = {"archive": 1.0, "dma": 2.0, "organisations": 0.5, "facts": 3.0, "release": 4.25}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return offline_home(tmp_path_factory.getbasetemp())


def said(home: Home, monkeypatch: pytest.MonkeyPatch, **run: Any) -> dict[str, str]:
    """Return the sections by title, each on one line."""
    monkeypatch.setenv(VARIABLE, str(home.root))
    names = ("source", "status", "why")
    lines = [
        dict(zip(names, row, strict=True))
        for row in ask(home.latest, f"select {', '.join(names)} from source_status order by source")
    ]
    status = {"release": home.latest_name(), "sources": lines, "seconds": SECONDS, **run}
    found = [section for section in sections(status, home) if section]
    return {section.partition("\n")[0]: " ".join(section.partition("\n")[2].split()) for section in found}


def test_a_refresh_ends_with_what_a_newcomer_needs(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    found = said(home, monkeypatch, outcome="published_with_rejections")
    first, held, empty, time, open_next = found
    rows, rejected = ask(home.latest, "select sum(rows_in), sum(rows_rejected) from source_file")[0]
    assert rejected
    assert first == f"published: release {home.latest_name()}; {rejected:,} of {rows:,} rows rejected"
    for path in re.findall(r"\S+\.csv", found[first]):
        assert Path(path).exists()
    assert len(re.findall(r"\S+\.csv", found[first])) == 2
    page = "https://digital.nhs.uk/data-and-information/data-tools-and-services/data-services/data-quality"
    assert f"dqmi {page}" in found[held]
    assert "spend25k: its pages are visited only where DIGITAL_MATURITY_SPEND25K_PAGES=1" in found[held]
    assert "it_asset, it_spend, it_spend_restated: IT capital" in found[empty]
    assert found[time] == "sources 3.0 s, organisations 0.5 s, facts 3.0 s, release 4.2 s"
    paths = re.findall(r"\S*/\S*", found[open_next])
    assert [Path(path).exists() for path in paths] == [True] * 3


def test_every_source_that_lacks_something_is_named_once_with_the_reason(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = said(home, monkeypatch, outcome="unchanged")["Not held, or not the newest"]
    lacking = ask(home.latest, "select source, why from source_status where status <> 'fresh'")
    assert lacking
    for source, why in lacking:
        assert re.search(rf"\b{source}\b[^:]*: {re.escape(why)}", held)


def test_where_nothing_is_new_the_refresh_says_so(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    title = next(iter(said(home, monkeypatch, outcome="unchanged")))
    assert title == f"unchanged: there is nothing new; release {home.latest_name()} stays the latest"


def test_the_summary_reports_damage_that_was_repaired(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    note = "Release 20260101T000000Z was not as it was published, artificially."
    found = said(home, monkeypatch, outcome="published", notes=[note])
    assert note in next(iter(found.values()))


def event(step: str, *, ended: bool) -> dict[str, Any]:
    """Return what Dagster says of a line of the log about a step that has begun or ended."""
    found = SimpleNamespace(is_step_start=not ended, is_step_success=ended, step_key=step)
    return {"dagster_meta": {"dagster_event": found}}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_the_steps_are_a_bar_that_ends_with_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with shown(2):
        logger = progress.logger_fn(None)
        for step in ("dma", "facts"):
            logger.debug("begun", extra=event(step, ended=False))
            logger.debug("ended", extra=event(step, ended=True))
            logger.info("a line of a step", extra={"dagster_meta": {"orig_message": "dma: fresh"}})
    written = terminal.getvalue()
    assert re.search(r"0/2  dma\b.*1/2  tables: facts\b.*2/2", written, re.DOTALL)
    assert "dma: fresh" not in written
    assert written.endswith("\x1b[?25h\n"), "the cursor is there again"
    assert "\x1b[3" not in written, "no colour, so that NO_COLOR has nothing to switch off"


def test_elsewhere_each_step_says_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    logger = progress.logger_fn(None)
    assert logger.level == logging.INFO
    logger.info("begun", extra=event("dma", ended=False))
    logger.info("a line", extra={"dagster_meta": {"orig_message": "dma: fresh"}})
    follows = "Dependencies for step facts failed: ['dma']. Not executing."
    logger.error("a line", extra={"dagster_meta": {"orig_message": follows}})
    assert written.getvalue() == "  dma: fresh\n"


def test_a_line_goes_where_standard_error_went_before_dagster_put_a_file_in_its_place(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "captured"
    with shown(0), redirect_to_file(sys.stderr, file):
        progress.logger_fn(None).info("a line", extra={"dagster_meta": {"orig_message": "dma: fresh"}})
        sys.stderr.write("a warning of a library\n")
    assert capfd.readouterr().err == "  dma: fresh\n"
    assert file.read_text() == "a warning of a library\n"


@pytest.mark.parametrize("steps", [0, 2])
def test_a_reader_who_left_does_not_decide_how_a_run_ends(
    steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as nobody:
        monkeypatch.setattr(sys, "stderr", nobody)
        with shown(steps):
            logger = progress.logger_fn(None)
            logger.debug("begun", extra=event("dma", ended=False))
            logger.debug("ended", extra=event("dma", ended=True))
            logger.info("a line", extra={"dagster_meta": {"orig_message": "dma: fresh"}})
        monkeypatch.undo()
