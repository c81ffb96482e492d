"""F63, and F61 under Dagster: one run at a time, whoever starts it, and a dead one is in nobody's way."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from few_sources import FEW, PROGRAM, few_home

from assets.contract.errors import BusyError
from pipelines.definitions import build_defs
from pipelines.storage.home import Home
from pipelines.storage.lock import exclusive, held_by


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def test_f63_the_schedule_skips_with_a_reason_while_a_run_holds_the_lock(home: Home) -> None:
    schedule = build_defs(home=home).resolve_schedule_def("daily_refresh")
    with exclusive(home.lock, "a test"):
        skipped = schedule.evaluate_tick(dg.build_schedule_context())
        assert skipped.skip_message is not None
        assert "a test" in skipped.skip_message
    asked = schedule.evaluate_tick(dg.build_schedule_context())
    assert len(asked.run_requests or []) == 1


def test_f63_the_lock_is_for_one_and_names_its_holder(home: Home) -> None:
    assert held_by(home.lock) == ""
    with exclusive(home.lock, "the first"):
        assert "the first" in held_by(home.lock)
        with pytest.raises(BusyError, match="the first"), exclusive(home.lock, "the second"):
            pass
    assert held_by(home.lock) == ""


@pytest.fixture
def holder(home: Home) -> Iterator[subprocess.Popen[bytes]]:
    """A process that takes the lock and sleeps, as a run at work does."""
    code = f"""
import time
from pathlib import Path
from pipelines.storage.lock import exclusive
with exclusive(Path({str(home.lock)!r}), "a run at work"):
    print("held", flush=True)
    time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


def test_f63_a_second_run_says_who_is_at_work_and_exits_3(
    home: Home, holder: subprocess.Popen[bytes]
) -> None:
    command = [
        Path(sys.executable).with_name("digital-maturity"),
        "refresh",
        "--offline",
        "--home",
        home.root,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 3
    assert f"process {holder.pid}" in done.stderr
    assert not home.releases.exists()


def test_f63_a_killed_holder_frees_the_lock_at_once(home: Home, holder: subprocess.Popen[bytes]) -> None:
    assert held_by(home.lock)
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    assert held_by(home.lock) == ""
    schedule = build_defs(home=home).resolve_schedule_def("daily_refresh")
    assert len(schedule.evaluate_tick(dg.build_schedule_context()).run_requests or []) == 1


def test_f61_the_run_after_a_killed_one_marks_it_failed_and_publishes_and_the_schedule_goes_on(
    home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The whole path: the command line, killed at work, then run again, under one DAGSTER_HOME."""
    for kept in ("parsed", "verdicts", "tables"):  # every file is judged: this is about what comes then
        shutil.copytree(few_home(tmp_path_factory.getbasetemp()).root / kept, home.root / kept)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    command = [sys.executable, "-c", PROGRAM, "refresh", "--offline", "--home", str(home.root)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as killed:
        deadline = time.monotonic() + 60
        while not held_by(home.lock) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert held_by(home.lock)
        killed.kill()
    assert held_by(home.lock) == ""
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    assert "published" in done.stdout
    said = done.stderr.splitlines()
    assert said[:2] == ["refreshing ...", "  archive: nobody asked"], "each step says when it ends"
    layers = ["notes", "organisations", "facts", "current", "marts", "about"]
    assert [line.split(":")[0].strip() for line in said[2:-1]] == [*FEW, *layers]
    assert said[-1].startswith("  release: published")
    assert "\x1b" not in done.stdout + done.stderr
    monkeypatch.setenv("DAGSTER_HOME", str(home.root / "dagster"))
    with dg.DagsterInstance.from_config(str(home.root / "dagster")) as instance:
        found = [run.status for run in instance.get_runs()]
    assert found == [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE], done.stdout
    schedule = build_defs(home=home).resolve_schedule_def("daily_refresh")
    assert len(schedule.evaluate_tick(dg.build_schedule_context()).run_requests or []) == 1
