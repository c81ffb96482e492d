"""The process that makes the checks: warm, replaced when it dies, gone with the process that asked."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pandas as pd
import pytest

from assets.contract.expectations import Expectation
from pipelines.judging import validator

UNIQUE = Expectation("unique", "expect_column_values_to_be_unique", {"column": "code"}, "A code is unique.")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "artificial.parquet"
    pd.DataFrame({"code": ["X1", "X2", "X2"]}).to_parquet(path)
    return path


def test_it_answers_what_was_asked(table: Path) -> None:
    (result,) = validator.submit(table, [UNIQUE], key=["code"])()
    assert (result.outcome, result.failing) == ("failed", ("X2", "X2"))


def test_it_does_something_else_meanwhile_and_what_that_raises_is_raised(table: Path) -> None:
    done = table.with_name("done")
    with pytest.raises(ValueError, match="artificial"), validator.meanwhile(os.mkdir, done):
        raise ValueError("artificial")
    assert done.is_dir()
    with pytest.raises(FileExistsError), validator.meanwhile(os.mkdir, done):
        pass


def test_one_that_was_killed_is_replaced(table: Path) -> None:
    validator.submit(table, [UNIQUE], key=["code"])()
    workers = list(validator._pool()._processes)
    for worker in workers:
        os.kill(worker, signal.SIGKILL)
    (result,) = validator.submit(table, [UNIQUE], key=["code"])()
    assert result.outcome == "failed"
    assert not {*workers} & {*validator._pool()._processes}


def test_one_that_does_not_answer_is_replaced(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    validator.submit(table, [UNIQUE], key=["code"])()
    workers = set(validator._pool()._processes)
    for worker in workers:
        os.kill(worker, signal.SIGSTOP)
    replace = validator._replace

    def patiently(pool: ProcessPoolExecutor) -> None:
        monkeypatch.setattr(validator, "PATIENCE", 300)
        replace(pool)

    monkeypatch.setattr(validator, "PATIENCE", 1)
    monkeypatch.setattr(validator, "_replace", patiently)
    (result,) = validator.submit(table, [UNIQUE], key=["code"])()
    assert result.outcome == "failed"
    assert not workers & {*validator._pool()._processes}


def test_it_leaves_when_the_process_that_asked_is_killed() -> None:
    code = "import os, time\nfrom pipelines.judging import validator\nfrom pipelines.workers import fork_server\n"
    code += "fork_server.NEEDED = ()  # the worker only returns its process id: it needs no library\n"
    code += "fork_server.modules = dict  # and no source: it returns none\n"
    code += "print(validator._pool().submit(os.getpid).result(), flush=True)\ntime.sleep(60)\n"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as asking:
        assert asking.stdout is not None
        worker = int(asking.stdout.readline())
        asking.kill()
    deadline = time.monotonic() + 20
    while alive(worker) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not alive(worker)


def alive(process: int) -> bool:
    """Tell whether a process runs; one that has ended and was not collected yet does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
