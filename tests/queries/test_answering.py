"""`query`: one SELECT in a child process: whatever it does, the command ends in time with an answer or a sentence."""

import csv
import faulthandler  # noqa: F401 - a child that aborts is to do so in silence
import io
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from releases import everything_below

from pipelines.cli import main
from pipelines.queries import release_query, sql_sandbox
from pipelines.storage.home import VARIABLE

ENDLESS = "with recursive n as (select 1 as i union all select i + 1 from n) select max(i) from n"
CRASHES = "from enable_logging(storage='file', storage_path='logs')"
Asked = Callable[..., tuple[int, str, str]]


@pytest.fixture
def release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a release of one small table, made the default."""
    folder = tmp_path / "releases" / "20260101T060000Z"
    folder.mkdir(parents=True)
    (folder.parent / "latest").symlink_to(folder.name)
    with duckdb.connect(str(folder / "digital_maturity.duckdb")) as connection:
        connection.execute(
            "create table trust as select 'R1A' as org_code, 'Börse, \"A\"' as name, 1.5 as score"
        )
        connection.execute("insert into trust values ('R1B', null, 2.5)")
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    return folder


@pytest.fixture
def ask(release: Path, capfd: pytest.CaptureFixture[str]) -> Asked:
    def asked(sql: str, form: str = "csv") -> tuple[int, str, str]:
        code = main(["query", sql, "--format", form])
        return code, *capfd.readouterr()

    return asked


def test_an_answer_is_the_same_in_every_format(ask: Asked) -> None:
    sql = "select org_code, name, score from trust order by org_code"
    code, found, error = ask(sql)
    assert (code, error) == (0, "")
    assert list(csv.reader(io.StringIO(found))) == [
        ["org_code", "name", "score"], ["R1A", 'Börse, "A"', "1.5"], ["R1B", "", "2.5"],
    ]  # fmt: skip
    objects = json.loads(ask(sql, "json")[1])
    assert [list(one) for one in objects] == [["org_code", "name", "score"]] * 2
    assert objects[1]["name"] is None
    lines = ask(sql, "table")[1].splitlines()
    assert lines[0].split() == ["org_code", "name", "score"]
    assert len(lines) == 4


def test_an_answer_without_rows_has_its_header_and_is_an_empty_array(ask: Asked) -> None:
    assert ask("select 1 as one where false") == (0, "one\n", "")
    assert ask("select 1 as one where false", "json") == (0, "[]\n", "")


@pytest.mark.parametrize(
    "sql",
    ["", "select 1; select 2", "drop table trust", "copy trust to 'out.csv'", "attach 'a.db'", "set threads = 1",
     "pragma enable_profiling", "call enable_logging(storage = 'file')", "explain analyze select 1"],
)  # fmt: skip
def test_anything_but_one_select_is_refused_in_a_sentence(ask: Asked, sql: str) -> None:
    code, found, error = ask(sql)
    assert (code, found) == (1, "")
    assert re.fullmatch(r"digital-maturity: Asking the release: expected one SELECT, .*\.\n", error)


@pytest.mark.parametrize("path", ["/etc/passwd", "SHA256SUMS", "https://example.org/a.csv"])
def test_a_select_opens_nothing_but_the_release(ask: Asked, path: str) -> None:
    code, found, error = ask(f"select * from read_text('{path}')")
    assert (code, found) == (1, "")
    assert re.fullmatch(r"digital-maturity: Asking the release: .*disabled.*\.\n", error)


def test_an_endless_question_is_given_up_in_time(ask: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql_sandbox, "PATIENCE", 1)
    begun = time.monotonic()
    code, found, error = ask(ENDLESS)
    assert (code, found) == (1, "")
    assert "expected an answer within 1 s, found none" in error
    assert time.monotonic() - begun < 10
    assert no_children()


def test_an_endless_answer_is_stopped_as_well(ask: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql_sandbox, "SCREENFUL", 5000)
    code, found, error = ask("select * from range(1000000000000)", "table")
    assert (code, found) == (1, "")
    assert "expected at most 5,000 rows" in error
    assert no_children()


def test_what_does_not_fit_into_memory_is_a_sentence_and_nothing_is_written(
    ask: Asked, release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(release_query.CLOSED, "memory_limit", "50MB")
    before = everything_below(release)
    code, found, error = ask(
        "select count(*) from (select distinct repeat(i::text, 200) from range(100000000) t(i))"
    )
    assert (code, found) == (1, "")
    assert re.fullmatch(r"digital-maturity: Asking the release: Out of Memory Error: .*\.\n", error)
    assert everything_below(release) == before


@pytest.mark.parametrize(
    "end", ["faulthandler.disable() or os.abort()", "os.kill(os.getpid(), 9)", "os._exit(3)"]
)
def test_a_question_that_ends_its_process_is_a_sentence(
    ask: Asked, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    monkeypatch.setattr(sql_sandbox, "connected", lambda path: exec(end))  # noqa: S102 - stands in for DuckDB
    code, found, error = ask("select 1")
    assert (code, found) == (1, "")
    assert re.fullmatch(
        r"digital-maturity: Asking the release: expected an answer, found DuckDB ended .*\.\n", error
    )
    assert no_children()


def test_logging_to_files_switched_on_by_a_select_harms_nothing(
    ask: Asked, release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = everything_below(release)
    code, _, error = ask(CRASHES)
    assert (code, error.count("\n")) in {(0, 0), (1, 1)}
    assert everything_below(release) == before
    assert ask("select 1 as one") == (0, "one\n1\n", "")


def test_a_reader_who_leaves_ends_the_child(release: Path) -> None:
    _, rows = sql_sandbox.answer("select * from range(1000000000000)")
    assert next(rows) == (0,)
    del rows
    assert no_children()


def test_a_question_to_a_small_release_takes_a_fraction_of_a_second(release: Path) -> None:
    program = "import sys; from pipelines.cli import main; main(['query', 'select 1']); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True, text=True, timeout=60, check=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert not {"dagster", "pandas", "pyarrow", "sqlalchemy", "great_expectations"} & set(done.stdout.split())


def no_children() -> bool:
    """Tell whether no child of a question is left, not even a dead one that nobody collected."""
    try:
        return os.waitpid(-1, os.WNOHANG) == (0, 0) and not list(children())
    except ChildProcessError:
        return True


def children() -> list[str]:
    """Return the children of this process that run this program."""
    own = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    pids = own.read_text().split() if own.exists() else []
    command = Path("/proc/self/cmdline").read_bytes()
    return [pid for pid in pids if Path(f"/proc/{pid}/cmdline").read_bytes() == command]
