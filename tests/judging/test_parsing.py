"""The child that parses: it holds nothing of the process that asks, leaves with it, and two work at once."""

import json
import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
from test_validator import alive
from tiny_source import BETTER, GOOD, Tiny, arrive

from assets.contract.parsed import StructureError
from pipelines.judging import file_verdicts, parser_process
from pipelines.judging.parser_process import Found, Limits
from pipelines.storage.home import Home
from pipelines.storage.lock import exclusive
from pipelines.storage.parquet import read_parquet

WORTH = 0.3
"""Seconds that a small file may take more than without a child, on a machine with nothing else to do."""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    return Tiny(tmp_path / "asked")


def found(tiny: Tiny, home: Home, content: bytes = GOOD) -> Found:
    """Parse one file in a child."""
    arrive(home, content)
    (vintage,) = (v for v in home.archive.vintages("tiny") if v.bytes == len(content))
    return parser_process.submit(tiny.source, home.archive, vintage, home.parsed / "rows.parquet")()


def test_a_child_answers_with_small_facts_and_leaves_the_rows_as_parquet(tiny: Tiny, home: Home) -> None:
    assert found(tiny, home) == Found((), rows_in=2, rows_used=2, rows_staged=2)
    assert read_parquet(home.parsed / "rows.parquet")["score"].to_pylist() == [1111, 2222]


def open_files(reported: Path) -> None:
    links = list(Path("/proc/self/fd").iterdir())
    reported.write_text(json.dumps([str(link.readlink()) for link in links if link.is_symlink()]))


def test_a_child_holds_no_lock_and_no_file_of_the_process_that_asks(
    tiny: Tiny, home: Home, tmp_path: Path
) -> None:
    reported = tmp_path / "reported"
    tiny.does[GOOD] = partial(open_files, reported)
    with exclusive(home.lock, "artificial"), (tmp_path / "secret").open("w") as secret:
        os.set_inheritable(secret.fileno(), True)
        found(tiny, home)
    held = json.loads(reported.read_text())
    assert held
    assert not [name for name in held if name.startswith(str(home.root)) or name.endswith("secret")]
    assert not [name for name in held if name.startswith("socket:")]


def beginning(folder: Path, seconds: float) -> None:
    (folder / str(os.getpid())).touch()
    time.sleep(seconds)


@pytest.mark.skipif(parser_process.WORKERS < 2, reason="on one core, one file is parsed at a time")
def test_two_files_are_parsed_at_once_and_judged_in_order(tiny: Tiny, home: Home, tmp_path: Path) -> None:
    folder = tmp_path / "begun"
    folder.mkdir()
    tiny.does[GOOD] = partial(until, folder, 2)
    tiny.does[BETTER] = partial(until, folder, 2)
    arrive(home, GOOD, edition="2024")
    arrive(home, BETTER, edition="2025", day=2)
    judged = file_verdicts.judge_all(tiny.source, home)
    assert [(one.copy.edition, one.accepted) for one in judged] == [("2024", True), ("2025", True)]


def until(folder: Path, count: int) -> None:
    """Wait until so many children have begun."""
    (folder / str(os.getpid())).touch()
    deadline = time.monotonic() + 30
    while len(list(folder.iterdir())) < count:
        if time.monotonic() > deadline:
            raise StructureError(["expected another child beside this one, found none"])
        time.sleep(0.02)


def test_a_child_leaves_when_the_process_that_asked_is_killed(home: Home, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    begun.mkdir()
    code = f"""
import sys; sys.path[:0] = {[str(Path(__file__).parent), str(Path(__file__).parents[1])]!r}
from pipelines.workers import fork_server
fork_server.NEEDED = ()  # what this child does needs no library
fork_server.modules = dict  # and no source: it returns none
from functools import partial
from pathlib import Path
from test_parsing import GOOD, Home, Tiny, beginning, found
tiny = Tiny(Path({str(tmp_path / "asked")!r}), {{GOOD: partial(beginning, Path({str(begun)!r}), 60)}})
found(tiny, Home(Path({str(home.root)!r})))
"""
    with subprocess.Popen([sys.executable, "-c", code]) as asking:
        deadline = time.monotonic() + 120
        while not list(begun.iterdir()) and time.monotonic() < deadline:
            time.sleep(0.05)
        asking.kill()
    (child,) = (int(path.name) for path in begun.iterdir())
    deadline = time.monotonic() + 20
    while alive(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(child)


def test_a_small_file_costs_a_fraction_of_a_second_in_a_child(tiny: Tiny, home: Home) -> None:
    found(tiny, home)  # the server is warm now
    before = os.times()
    started = time.perf_counter()
    for number in range(5):
        found(tiny, home, GOOD + b"X%d,1\n" % 10**number)
    took = (time.perf_counter() - started) / 5
    own = (os.times().user + os.times().system - before.user - before.system) / 5
    assert own < 0.1, "the process that asks only waits"
    assert took < 10 * WORTH, "ten times, for a machine busy with other tests"


def test_other_limits_are_other_rules(tiny: Tiny, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    arrive(home, GOOD)
    file_verdicts.judge_all(tiny.source, home)
    assert not file_verdicts.unjudged(tiny.source, home)
    monkeypatch.setattr(parser_process, "LIMITS", Limits(processor=39))
    assert file_verdicts.unjudged(tiny.source, home)
