"""A home stays small: old releases go, or their databases alone, and what stays is still what was published."""

import gzip
import hashlib
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest
from small_release import released

from assets.contract.errors import BusyError, UsageError
from pipelines.cli import main
from pipelines.orchestration import jobs, run_history
from pipelines.publishing.release import _free_name
from pipelines.storage import home_condition, retention
from pipelines.storage.atomic_files import being_written
from pipelines.storage.home import BUILDING, VARIABLE, Home, PointerError
from pipelines.storage.lock import exclusive
from pipelines.storage.release_hashes import VerifyError, differences
from pipelines.storage.retention import DATABASES, KEEP, KEEP_CSV, KEEP_DATABASES, LARGE, READ_AGAIN, removals

NAMES = [f"2026010{day}T000000Z" for day in range(1, 6)]
FILES = dict.fromkeys(DATABASES, b"database") | {"csv/a.csv": b"a", "parquet/a.parquet": b"a"}

LARGE_FILES = {"csv/large.csv": b"org_code,score\r\n" + b"RXX,1\r\n" * 30_000, READ_AGAIN: b"a" * LARGE}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Return a home with five releases, the last of which is the latest."""
    home = Home(tmp_path / "home")
    monkeypatch.setenv(VARIABLE, str(home.root))
    for name in NAMES:
        sums = []
        for path, content in FILES.items():
            file = home.releases / name / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
            sums.append(f"{hashlib.sha256(content).hexdigest()}  {path}\n")
        (home.releases / name / "SHA256SUMS").write_text("".join(sums), "utf-8")
    home.latest.symlink_to(NAMES[-1])
    return home


def killed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def prune(*options: str) -> int:
    return main(["prune", *options])


def test_the_newest_releases_stay(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert prune("--keep", "2") == 0
    assert home.release_names() == NAMES[-2:]
    assert sorted(path.name for path in home.releases.iterdir()) == [*NAMES[-2:], "latest"]
    assert [line.partition(":")[0] for line in capsys.readouterr().out.splitlines()[:-1]] == NAMES[:3]


def test_a_dry_run_says_the_same_and_removes_nothing(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--keep", "3", "--keep-databases", "1")
    assert prune(*options, "--dry-run") == 0
    foretold = capsys.readouterr().out
    assert home.release_names() == NAMES
    assert prune(*options) == 0
    assert capsys.readouterr().out == foretold.replace("Would remove", "Removed")


def test_a_release_without_its_databases_verifies(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert prune("--keep-databases", "1") == 0
    assert removals(home, None, 1) == []
    for name in NAMES[:-1]:
        assert sorted(home.release_sizes(name)) == ["PRUNED", "SHA256SUMS", "csv/a.csv", "parquet/a.parquet"]
        assert differences(home.releases / name) == ({}, len(FILES))
    assert {*home.release_sizes(NAMES[-1])} >= {*DATABASES}
    capsys.readouterr()
    assert main(["verify", NAMES[0]]) == 0
    assert f"Removed by `digital-maturity prune`: {', '.join(DATABASES)}." in capsys.readouterr().out


@pytest.fixture
def large(home: Home) -> Home:
    """Add three CSV files to each release: two large ones, of which one stays as it is, and a small one."""
    for name in NAMES:
        folder = home.releases / name
        with (folder / "SHA256SUMS").open("a", encoding="utf-8") as sums:
            for path, content in LARGE_FILES.items():
                (folder / path).write_bytes(content)
                sums.write(f"{hashlib.sha256(content).hexdigest()}  {path}\n")
    return home


def test_a_release_with_compressed_csv_verifies_and_every_row_can_be_read(
    large: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sum(large.release_sizes(NAMES[0]).values())
    assert prune("--keep-csv", "1") == 0
    assert removals(large, None, None, 1) == []
    for name in NAMES[:-1]:
        folder = large.releases / name
        csv = sorted(path.name for path in (folder / "csv").iterdir())
        assert csv == ["a.csv", "large.csv.gz", "source_file.csv"]
        assert gzip.decompress((folder / "csv/large.csv.gz").read_bytes()) == LARGE_FILES["csv/large.csv"]
        assert differences(folder) == ({}, len(FILES) + len(LARGE_FILES))
        assert {path.stat().st_mode for path in (folder / "csv").iterdir()} == {
            (folder / "SHA256SUMS").stat().st_mode
        }
    assert sum(large.release_sizes(NAMES[0]).values()) < before - LARGE // 2
    assert (large.releases / NAMES[-1] / "csv/large.csv").exists()
    assert capsys.readouterr().out.splitlines()[0] == (
        f"{NAMES[0]}: 1 CSV file compressed to .csv.gz (0.2 MB before)"
    )


@pytest.mark.parametrize(
    ("altered", "found"),
    [
        (lambda content: gzip.compress(gzip.decompress(content).replace(b"1", b"2")), "differs"),
        (lambda content: content[:-20], "found Compressed file ended"),
        (lambda content: b"\0" * len(content), "found Not a gzipped file"),
        (lambda content: content[:30] + b"\xff" * 8 + content[38:], "differs"),
    ],
)
def test_a_compressed_file_that_was_altered_is_found(
    large: Home, altered: Callable[[bytes], bytes], found: str
) -> None:
    prune("--keep-csv", "1")
    file = large.releases / NAMES[0] / "csv/large.csv.gz"
    file.write_bytes(altered(file.read_bytes()))
    [(path, what)] = differences(large.releases / NAMES[0])[0].items()
    assert path == "csv/large.csv"
    assert found in what


def test_a_prune_that_is_killed_while_it_compresses_loses_nothing(
    large: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    [oldest, *_] = removals(large, None, None, 1)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", killed)
        with pytest.raises(KeyboardInterrupt):
            retention.remove(large, oldest)
    assert {"csv/large.csv", "csv/large.csv.gz"} <= {*large.release_sizes(NAMES[0])}
    assert differences(large.releases / NAMES[0])[0] == {}
    unfinished = large.releases / NAMES[0] / "csv" / f"{being_written(2**30)}0"  # of a process that is gone
    unfinished.touch()
    large.clear_away()
    assert not unfinished.exists()
    assert prune("--keep-csv", "1") == 0
    assert differences(large.releases / NAMES[0])[0] == {}


def test_any_other_missing_file_of_a_pruned_release_is_still_missing(home: Home) -> None:
    prune("--keep-databases", "1")
    (home.releases / NAMES[0] / "csv/a.csv").unlink()
    assert differences(home.releases / NAMES[0])[0] == {"csv/a.csv": "missing"}


def test_the_latest_release_stays_though_newer_ones_lie_beside_it(home: Home) -> None:
    """A run that is killed before it moves the pointer leaves a newer release; readers have the older."""
    home.latest.unlink()
    home.latest.symlink_to(NAMES[2])
    assert [one.release for one in removals(home, 1, 1)] == NAMES[:2]


def test_what_a_killed_prune_left_goes_at_the_next_refresh(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    [oldest] = removals(home, 4)
    with monkeypatch.context() as patch:
        patch.setattr(retention, "remove_folder", killed)
        with pytest.raises(KeyboardInterrupt):
            retention.remove(home, oldest)
    assert home.release_names() == NAMES[1:]
    home.clear_away()
    assert sorted(path.name for path in home.releases.iterdir()) == [*NAMES[1:], "latest"]


def test_of_a_release_on_another_disk_the_link_goes(home: Home, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (home.releases / NAMES[0]).rename(elsewhere)
    (home.releases / NAMES[0]).symlink_to(elsewhere)
    assert prune("--keep", "4") == 0
    assert sorted(path.name for path in home.releases.iterdir()) == [*NAMES[1:], "latest"]
    assert list(elsewhere.iterdir())
    (home.releases / f"{BUILDING}{NAMES[0]}").symlink_to(elsewhere)
    home.clear_away()
    assert sorted(path.name for path in home.releases.iterdir()) == [*NAMES[1:], "latest"]


def test_a_pointer_to_another_place_removes_nothing(home: Home, tmp_path: Path) -> None:
    home.latest.unlink()
    home.latest.symlink_to(tmp_path)
    with pytest.raises(PointerError):
        removals(home, 1)


@pytest.mark.parametrize("options", [(), ("--keep", "0"), ("--keep", "all"), ("--keep-databases", "-1")])
def test_nonsense_is_refused(
    home: Home, options: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert prune(*options) == 2
    assert capsys.readouterr().err
    assert home.release_names() == NAMES


def test_nothing_goes_while_a_run_is_at_work(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    with exclusive(home.lock, "a refresh"):
        assert prune("--keep", "1") == BusyError("").exit_code
    assert "a refresh" in capsys.readouterr().err
    assert home.release_names() == NAMES


@pytest.mark.parametrize("variable", [KEEP, KEEP_DATABASES, KEEP_CSV])
@pytest.mark.parametrize("written", ["0", "-1", "few", "1.5", "²"])
def test_a_retention_that_is_no_number_is_refused(
    monkeypatch: pytest.MonkeyPatch, variable: str, written: str
) -> None:
    monkeypatch.setenv(variable, written)
    with pytest.raises(UsageError, match=f"Reading {variable}: expected the number of releases to keep"):
        retention.keep_of_environment()


# Dagster's history


@dg.op
def nothing() -> None:
    """Nothing: that it ran is what is kept."""


def job() -> dg.JobDefinition:
    return _job(jobs.REFRESH, nothing)


def test_after_each_run_the_newest_releases_and_runs_stay(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEEP, "2")
    monkeypatch.setenv(KEEP_DATABASES, "1")
    monkeypatch.setattr(run_history, "RUNS", 2)
    folder = home.prepare_dagster() / "history" / "runs"
    with dg.DagsterInstance.get() as instance:
        first, _, *kept = (dg.execute_job(dg.reconstructable(job), instance).run_id for _ in range(5))
        assert [run.run_id for run in instance.get_runs()] == kept[::-1]
        assert all(instance.all_logs(run) for run in kept)
    assert home.release_names() == NAMES[-2:]
    assert [DATABASES[0] in home.release_sizes(name) for name in NAMES[-2:]] == [False, True]
    assert {path.stem for path in folder.glob("*.db")} >= {*kept}
    assert not list(folder.glob(f"{first}*"))


@dg.op
def change() -> None:
    """Publish another release, as a refresh does where something changed."""
    home = Home.default()
    number = len(home.read_status("made").get("names", []))
    made = [*home.read_status("made").get("names", []), f"202602{number + 1:02d}T000000Z"]
    released(home.root, made[-1])
    home.write_status("made", {"names": made})


def changing_job() -> dg.JobDefinition:
    executor = jobs.one_at_a_time(dg.in_process_executor, Home.default())
    return dg.JobDefinition(graph_def=dg.GraphDefinition("change", node_defs=[change]), executor_def=executor)


def test_f100_the_size_of_a_home_is_bounded_however_often_the_data_change(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEEP, "2")
    monkeypatch.setattr(run_history, "RUNS", 2)
    folder = home.prepare_dagster()
    sizes, events = [], []
    for _ in range(6):
        with dg.DagsterInstance.get() as instance:
            assert dg.execute_job(dg.reconstructable(changing_job), instance).success
            assert len(instance.get_runs()) <= 3  # the run itself goes on while it removes others
        sizes.append(home_condition.condition(home).bytes)
        events.append(sum(path.stat().st_size for path in (folder / "history").rglob("*.db*")))
        assert len(home.release_names()) == 2
        assert len(list((folder / "history" / "runs").glob("*-*.db"))) <= 3
    settled, later = sizes[3], sizes[4:]
    assert max(later) <= settled * 1.02, sizes
    assert max(events[4:]) <= events[3] * 1.02, events
    assert home.latest_name() == home.release_names()[-1] == "20260206T000000Z"


@dg.op
def broken() -> None:
    """Fail."""
    raise ValueError("an artificial reason")


@dg.op
def exhausted() -> None:
    """End as for want of memory: without a word."""
    raise MemoryError


@dg.op
def interrupted() -> None:
    """End as with Ctrl-C."""
    raise KeyboardInterrupt


def interrupted_job() -> dg.JobDefinition:
    return _job(jobs.REFRESH, interrupted)


def broken_job() -> dg.JobDefinition:
    return _job(jobs.REFRESH, broken)


def exhausted_job() -> dg.JobDefinition:
    return _job(jobs.REFRESH, exhausted)


def broken_part() -> dg.JobDefinition:
    return _job("some_tables", broken)


def _job(name: str, op: dg.OpDefinition) -> dg.JobDefinition:
    executor = jobs.one_at_a_time(dg.in_process_executor, Home.default())
    graph = dg.GraphDefinition("a_step", node_defs=[op])
    return dg.JobDefinition(name=name, graph_def=graph, executor_def=executor)


def test_a_run_leaves_when_it_began_and_ended_and_why_it_failed(home: Home) -> None:
    home.prepare_dagster()
    with dg.DagsterInstance.get() as instance:
        assert not dg.execute_job(dg.reconstructable(broken_job), instance).success
        found = home_condition.condition(home).problems["failed_run"]
        assert found["why"] == "an artificial reason"
        assert not dg.execute_job(dg.reconstructable(exhausted_job), instance).success
        assert home_condition.condition(home).problems["failed_run"]["why"] == "MemoryError"
        with suppress(KeyboardInterrupt, dg.DagsterExecutionInterruptedError):
            dg.execute_job(dg.reconstructable(interrupted_job), instance)
        assert home_condition.condition(home).problems["failed_run"]["why"] == "it was interrupted"
        assert dg.execute_job(dg.reconstructable(job), instance).success
        assert not dg.execute_job(dg.reconstructable(broken_part), instance).success
    assert "failed_run" not in home_condition.condition(home).problems


def test_a_release_that_no_home_has_says_so(home: Home) -> None:
    prune("--keep", "1")
    assert main(["verify", NAMES[0]]) == VerifyError("").exit_code


def test_an_empty_folder_under_the_name_of_a_release_is_none(home: Home) -> None:
    (home.releases / "20990101T000000Z").mkdir()
    assert home.release_names() == NAMES
    assert _free_name(home.releases, datetime(2026, 2, 1, tzinfo=UTC)) == "20260201T000000Z"
    assert _free_name(home.releases, datetime(2025, 2, 1, tzinfo=UTC)) == "20260105T000001Z"


def test_a_release_without_hashes_is_named_plainly(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    (home.releases / NAMES[0] / "SHA256SUMS").unlink()
    assert main(["verify", NAMES[0]]) == 1
    assert "expected a file SHA256SUMS in the release, found none; the release is" in capsys.readouterr().err
