"""F90: a home that cannot be used is one sentence that names it, without SQL or a traceback; an odd name is no fault."""

import errno
import json
import os
import re
import shutil
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy as sa
from tiny_source import GOOD, arrive

from assets.contract.errors import MachineError
from pipelines.cli import main
from pipelines.integration.warehouse import duckdb_engine
from pipelines.orchestration import run_history
from pipelines.orchestration.event_log import KeptOpenEventLogStorage
from pipelines.storage import atomic_files
from pipelines.storage.archive import DamagedArchiveError
from pipelines.storage.home import VARIABLE, Home
from pipelines.storage.lock import exclusive, held_by
from pipelines.storage.object_store import CACHE

COMMANDS = [
    ["refresh", "--offline"],
    ["sources"],
    ["query", "select 1"],
    ["prune", "--keep", "2"],
    ["verify"],
]
FORBIDDEN = re.compile(r"Traceback|SQL:|select |sqlalche|bug", re.IGNORECASE)


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(VARIABLE, "unset")
    monkeypatch.setenv(CACHE, str(tmp_path / "cache"))
    monkeypatch.setenv("DAGSTER_HOME", "unset")


def sentence(home: Path, command: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """Run a command that fails with exit code 1 and return its one sentence."""
    assert main(["--home", str(home), *command]) == 1
    error = capsys.readouterr().err.removeprefix("refreshing ...\n")
    assert error.startswith("digital-maturity: ")
    assert error.count("\n") == 1
    assert not FORBIDDEN.search(error)
    assert str(home)[:140] in error
    return error


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
@pytest.mark.parametrize(
    ("below", "found"),
    [("file", "not a folder"), ("file/below", "Not a directory"), ("n" * 300, "File name too long"), ("a?b", "a question mark")],
)  # fmt: skip
def test_f90_what_cannot_be_a_home_is_a_sentence(
    below: str, found: str, command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert f"found {found}" in sentence(tmp_path / below, command, capsys).replace("something that is ", "")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_f90_a_home_or_an_argument_that_is_not_utf_8_is_a_sentence(
    command: list[str],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    foreign = os.fsdecode(b"\xff")
    monkeypatch.setenv("DIGITAL_MATURITY_HOME", str(tmp_path / foreign))
    assert main(command) == 1
    assert "found bytes that are not UTF-8; name another" in capfd.readouterr().err
    assert main([*command, foreign]) == 2
    assert "expected text in UTF-8, found '\\udcff'. See" in capfd.readouterr().err


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
@pytest.mark.parametrize("command", [COMMANDS[0], COMMANDS[3]], ids=lambda command: command[0])
def test_f90_a_home_that_cannot_be_written_is_a_sentence(
    number: int,
    command: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused(path: Path, *_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr(atomic_files.Path, "mkdir", refused)
    assert os.strerror(number) in sentence(tmp_path / "home", command, capsys)


@pytest.mark.parametrize(
    "settings", [b"\xff\xfe\0junk", b": : :\n - {", b"telemetry: 7", b"nonsense: 1", b"just text",
                 b"event_log_storage: {module: nowhere, class: X, config: {}}"],
)  # fmt: skip
def test_f90_junk_in_dagsters_settings_is_a_sentence(
    settings: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Home(tmp_path).prepare_dagster()
    (tmp_path / "dagster" / "dagster.yaml").write_bytes(settings)
    assert "dagster.yaml" in sentence(tmp_path, COMMANDS[3], capsys)


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home in which something ran, to be copied: to make the history takes most of the time of a run."""
    root = tmp_path_factory.mktemp("used")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_HOME", "unset")
        ran(Home(root))
    return root


@pytest.mark.parametrize("file", ["history/runs.db", "history/runs/index.db", "schedules/schedules.db"])
@pytest.mark.parametrize("content", [b"no SQLite " * 2000, b"SQLite format 3\0" * 400, None])
def test_f90_junk_in_dagsters_history_is_a_sentence(
    file: str, content: bytes | None, used: Path, tmp_path: Path
) -> None:
    home = Home(tmp_path)
    shutil.copytree(used / "dagster", tmp_path / "dagster")
    path = tmp_path / "dagster" / file
    for left in path.parent.glob(f"{path.name}*"):
        left.unlink()
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    with pytest.raises(MachineError, match="move that folder away") as raised:
        ran(home)
    assert not FORBIDDEN.search(str(raised.value))
    assert str(tmp_path) in str(raised.value)


def test_f90_a_disk_that_fills_up_under_dagster_is_a_sentence(tmp_path: Path) -> None:
    full = sa.exc.OperationalError("insert into event_logs", {}, Exception("database or disk is full"))
    with pytest.raises(MachineError, match="found database or disk is full; "), run_history.opened(Home(tmp_path)):  # fmt: skip
        raise full


ODD = ("a b#c", "a%20b*c[d]", "a%3Fb;c'\"ä")


@pytest.mark.parametrize(
    "name", ["".join(ODD), ODD[0], *(pytest.param(name, marks=pytest.mark.thorough) for name in ODD[1:])]
)
def test_f90_a_home_of_an_odd_name_works(name: str, tmp_path: Path) -> None:
    home = Home(tmp_path / name)
    for _ in range(2):
        with run_history.opened(home) as instance:
            assert isinstance(instance.event_log_storage, KeptOpenEventLogStorage), (
                "dagster.yaml was not read"
            )
            dg.materialize([_nothing], instance=instance)
    assert len(list((home.root / "dagster" / "history" / "runs").glob("*-*.db"))) == 2
    engine = duckdb_engine(home.root / "x.duckdb")
    with engine.begin() as connection:
        connection.exec_driver_sql("create table t as select 1 as a")
    engine.dispose()
    assert (home.root / "x.duckdb").exists()
    assert {path.name for path in tmp_path.iterdir()} <= {name, "cache"}


def ran(home: Home) -> type:
    """Run something under Dagster; return the class of the event log."""
    with run_history.opened(home) as instance:
        dg.materialize([_nothing], instance=instance)
        return type(instance.event_log_storage)


@dg.asset
def _nothing() -> None:
    """Nothing: that it ran is what is kept."""


def test_f90_a_folder_in_place_of_the_lock_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "lock").mkdir()
    for command in (COMMANDS[0], COMMANDS[3]):
        assert "expected a file, found a folder; move it away" in sentence(tmp_path, command, capsys)


@pytest.mark.parametrize(
    "note", ["[]", "{}", "null", '{"holder": "x"}'],
)  # fmt: skip
def test_f90_a_lock_whose_note_is_damaged_still_says_that_a_run_is_at_work(note: str, tmp_path: Path) -> None:
    with exclusive(tmp_path / "lock", "artificial"):
        (tmp_path / "lock.holder").write_text(note)
        assert held_by(tmp_path / "lock") == "its name is not known yet"


@pytest.mark.parametrize(
    ("field", "value"),
    [("edition", None), ("part", 7), ("sha256", ["a"]), ("sha256", "../../a"), ("bytes", True), ("hops", [1]),
     ("retrieved_at", "junk"), ("retrieved_at", "2026-01-01")],
)  # fmt: skip
def test_f90_a_sidecar_of_other_values_is_a_sentence(field: str, value: object, tmp_path: Path) -> None:
    home = Home(tmp_path)
    arrive(home, GOOD)
    (path,) = (tmp_path / "archive" / "tiny").rglob("*.json")
    path.write_text(json.dumps(json.loads(path.read_text()) | {field: value}))
    with pytest.raises(DamagedArchiveError, match=r"expected the sidecar of a file, found .*; move it out"):
        home.archive.vintages("tiny")


@pytest.mark.parametrize("content", [None, "null", "[]", "[" * 100_000])
def test_f90_what_is_no_sidecar_is_a_sentence(content: str | None, tmp_path: Path) -> None:
    path = tmp_path / "archive" / "dma" / "2025" / "x.json"
    path.parent.mkdir(parents=True)
    path.mkdir() if content is None else path.write_text(content)
    with pytest.raises(DamagedArchiveError, match=rf"Reading {path}.*found (a folder|.+); move it out"):
        Home(tmp_path).archive.vintages("dma")
