"""Ctrl-C in a real process: one sentence, exit code 130, no traceback of any process, nothing held and nothing published."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import duckdb
import pytest
from few_sources import PROGRAM as OF_FEW

from pipelines.commands import interruption
from pipelines.commands.interruption import TerminatedError, interrupted_alone
from pipelines.storage.home import Home
from pipelines.storage.lock import held_by


@pytest.fixture(autouse=True)
def _as_from_a_terminal() -> Iterator[None]:
    """Let this process receive SIGINT, also where it runs as a background job, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


SENTENCE = re.compile(r"digital-maturity: (Interrupted|Ended by SIGTERM); [^\n]*\.\n")


PROGRAM = "import sys; from pipelines.cli import main; sys.exit(main())"


def started(*arguments: str, program: str = PROGRAM) -> subprocess.Popen[str]:
    """Start the program in a group of its own, with SIGINT as a terminal has it, whatever ignores it here."""
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509 - no threads here
    )


def wait_for(line: str, process: subprocess.Popen[str]) -> None:
    assert process.stderr
    assert any(line in found for found in process.stderr), f"the process ended before {line!r}"


@pytest.mark.parametrize(
    ("number", "whole_group", "after", "code"),
    [
        (signal.SIGINT, False, "archive:", 130),
        (signal.SIGINT, True, "refreshing ...", 130),
        (signal.SIGTERM, False, "archive:", 143),
        pytest.param(signal.SIGINT, False, "refreshing ...", 130, marks=pytest.mark.thorough),
        pytest.param(signal.SIGINT, True, "archive:", 130, marks=pytest.mark.thorough),
    ],
)
def test_f91_an_interrupted_refresh_is_one_sentence(
    number: int, whole_group: bool, after: str, code: int, tmp_path: Path
) -> None:
    process = started("refresh", "--offline", "--home", str(tmp_path), program=OF_FEW)
    wait_for(after, process)
    time.sleep(0.5)
    (os.killpg if whole_group else os.kill)(process.pid, number)
    out, error = process.communicate(timeout=200)
    assert process.returncode == code, error
    assert gone(process.pid)
    assert out == ""
    progress = "".join(line for line in error.splitlines(keepends=True) if line.startswith("  "))
    assert SENTENCE.fullmatch(error.removeprefix(progress))
    home = Home(tmp_path)
    assert held_by(home.lock) == ""
    assert not home.latest.exists()


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)]
)
def test_f88_a_query_that_is_ended_leaves_no_child(number: int, code: int, tmp_path: Path) -> None:
    folder = tmp_path / "releases" / "20260101T060000Z"
    folder.mkdir(parents=True)
    (folder.parent / "latest").symlink_to(folder.name)
    duckdb.connect(str(folder / "digital_maturity.duckdb")).close()
    endless = "with recursive n as (select 1 as i union all select i + 1 from n) select max(i) from n"
    process = started("--home", str(tmp_path), "query", endless)
    deadline = time.monotonic() + 60
    while not children(process.pid):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.kill(process.pid, number)
    _, error = process.communicate(timeout=60)
    assert process.returncode == code
    assert SENTENCE.fullmatch(error) or number == signal.SIGKILL
    assert gone(process.pid)


def gone(session: int) -> bool:
    """Return whether every process of a session has ended within a second."""
    for _ in range(20):
        if not list(at_work(session)):
            return True
        time.sleep(0.05)
    return False


def at_work(session: int) -> Iterator[int]:
    """Yield the processes of a session that have not ended."""
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, its_session, *_ = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(its_session) == session and state != "Z":
            yield int(status.parent.name)


def children(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def test_an_interrupt_reaches_the_main_thread_and_the_signals_are_then_as_before() -> None:
    before = signal.getsignal(signal.SIGTERM), signal.pthread_sigmask(signal.SIG_BLOCK, ())
    with pytest.raises(KeyboardInterrupt):
        interrupt_this_process()
    assert (signal.getsignal(signal.SIGTERM), signal.pthread_sigmask(signal.SIG_BLOCK, ())) == before
    assert "interrupts" not in {thread.name for thread in threading.enumerate()}


def test_f91_an_interrupt_that_a_library_swallows_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interruption, "AGAIN", 0.2)
    with pytest.raises(TerminatedError):
        swallow_one_interrupt()


def swallow_one_interrupt() -> None:
    with interrupted_alone():
        os.kill(os.getpid(), signal.SIGTERM)
        with suppress(KeyboardInterrupt):
            time.sleep(5)
        time.sleep(5)


def interrupt_this_process() -> None:
    with interrupted_alone():
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(300):  # the main thread is interrupted between two steps of its work
            time.sleep(0.1)


def test_a_child_process_ignores_the_interrupt() -> None:
    program = "import signal; print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ()))"
    with interrupted_alone():
        child = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert child.stdout == "True\n"


def test_where_interrupts_are_ignored_they_stay_ignored() -> None:
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interrupted_alone():
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.2)
    finally:
        signal.signal(signal.SIGINT, handler)
