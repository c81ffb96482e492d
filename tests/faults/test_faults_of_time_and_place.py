"""F64 and F65: readers keep what they opened, and the same inputs give the same bytes, anywhere, at any time."""

import os
import socket
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from few_sources import few_catalogue, few_home, publish_few
from releases import DATABASE, copy_of, differences, everything_below, offline_home, sums_of
from small_world import LATER, NEW, OLD, World, bytes_of

from assets.catalogue import published
from pipelines.storage.home import Home

ROOT = Path(__file__).parents[2]


# --- F64


def test_f64_a_reader_in_another_process_keeps_what_it_opened_and_the_next_sees_the_new_release(
    small_world: World, once: Home, tmp_path: Path
) -> None:
    home = copy_of(once, tmp_path / "home")
    before = home.latest.resolve()
    every_score = "select score from tiny_score order by all"
    with duckdb.connect(str(before / DATABASE), read_only=True) as reader:
        assert small_world.refresh(home.root, NEW, clock=LATER).outcome == "published"
        assert reader.execute(every_score).fetchall() == [(1111,), (2222,)]
    after = home.latest.resolve()
    with duckdb.connect(str(after / DATABASE), read_only=True) as reader:
        assert reader.execute(every_score).fetchall() == [(1111,), (3333,), (4444,)]
    assert differences(before) == []
    assert differences(after) == []


# --- F65


def test_f65_after_the_clock_went_back_what_comes_last_is_the_newest_file_and_the_newest_release(
    small_world: World, tmp_path: Path
) -> None:
    straight, back = tmp_path / "straight", tmp_path / "back"
    for home, times in ((straight, ("05:00", "06:00", "07:00")), (back, ("07:00", "06:00", "06:00"))):
        for time, answer, code in zip(times, (OLD, NEW, NEW), "aab", strict=True):
            ended = small_world.refresh(home, answer, clock=f"2026-01-01T{time}:00+00:00", code=code)
            assert ended.outcome == "published", ended.error
    assert bytes_of(back) == bytes_of(straight)
    names = sorted(path.name for path in (back / "releases").iterdir() if not path.is_symlink())
    assert names == ["20260101T070000Z", "20260101T070001Z", "20260101T070002Z"]
    assert (back / "releases" / "latest").resolve().name == names[-1]


def test_f65_with_nothing_new_a_refresh_is_unchanged_whatever_the_clock_says(
    small_world: World, once: Home, tmp_path: Path
) -> None:
    home = copy_of(once, tmp_path / "home")
    before = everything_below(home.releases)
    for clock in ("1999-12-31T23:59:59+00:00", "2099-01-01T00:00:00+00:00"):
        assert small_world.refresh(home.root, OLD, clock=clock).outcome == "unchanged"
    assert everything_below(home.releases) == before


def test_f65_publishing_the_same_inputs_again_is_unchanged_and_writes_nothing_under_releases(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = copy_of(few_home(tmp_path_factory.getbasetemp()), tmp_path / "home")
    before = everything_below(home.releases)
    again = publish_few(home)
    assert again.outcome == "unchanged"
    assert again.path == home.latest.resolve()
    assert everything_below(home.releases) == before


REBUILD = """
import os, sys
from datetime import datetime
from pathlib import Path
if os.environ["CORES"] == "1":
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
from pipelines.orchestration import refresh_steps
from pipelines.publishing import release
from pipelines.storage.home import Home
from few_sources import publish_few
from releases import refresh_offline

class Clock(datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromisoformat(sys.argv[2]).replace(tzinfo=tz)

refresh_steps.datetime = release.datetime = Clock
{"few": publish_few, "whole": refresh_offline}[sys.argv[3]](Home(Path(sys.argv[1])))
"""
SURROUNDINGS = {
    "PYTHONHASHSEED": "4242",
    "TZ": "Pacific/Kiritimati",
    "LANG": "tr_TR.UTF-8",
    "LC_ALL": "C",
    "CORES": "1",
}
"""All that may differ from the process that made the shared release differs at once: one more release shows it."""
HOMES = {"few": (few_home, few_catalogue), "whole": (offline_home, published)}
ELSEWHEN = "1999-12-31T23:59:59"


@dataclass(frozen=True)
class Rebuilt:
    """The same release made elsewhere, and where it was made."""

    home: Home
    clock: str
    tables: int

    @property
    def files(self) -> dict[str, bytes]:
        """Return every file that must be the same everywhere."""
        folder = self.home.latest.resolve()
        return {
            path: (folder / path).read_bytes()
            for path in [*sums_of(folder), "SHA256SUMS"]
            if path not in {DATABASE, "SHA256SUMS"}
        }


@pytest.fixture(scope="module", params=["few", pytest.param("whole", marks=pytest.mark.thorough)])
def rebuilt(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> list[Rebuilt]:
    """Make a release of few or of all sources once more, in another process, surroundings and year; with the shared one.

    The page of few sources has no charts: by default, that of all is made anew by a test of the explorer.
    """
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / "cwd").mkdir()
    root = folder / "a home with blanks and \u00fc"
    code = {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])}  # of the children as well
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **code, **SURROUNDINGS}
    subprocess.run(
        [sys.executable, "-c", REBUILD, str(root), ELSEWHEN, request.param],
        cwd=folder / "cwd", env=environment, check=True, timeout=240,
    )  # fmt: skip
    shared, catalogue = HOMES[request.param]
    tables = len(catalogue().tables)
    return [
        Rebuilt(Home(root), ELSEWHEN, tables),
        Rebuilt(shared(tmp_path_factory.getbasetemp()), "", tables),
    ]


def test_f65_the_same_inputs_give_the_same_bytes_in_any_process_folder_locale_zone_and_year_on_any_number_of_cores(
    rebuilt: list[Rebuilt],
) -> None:
    first, *others = (one.files for one in rebuilt)
    assert len(first) > 3 * rebuilt[0].tables
    for other in others:
        assert first.keys() == other.keys()
        assert [path for path in first if first[path] != other[path]] == []


def test_f65_releases_made_elsewhere_are_named_by_their_own_clock_and_agree_on_the_checksums(
    rebuilt: list[Rebuilt],
) -> None:
    assert rebuilt[0].home.latest.resolve().name == "19991231T235959Z"
    elsewhere, here = (sums_of(one.home.latest.resolve()) for one in rebuilt)
    assert elsewhere.pop(DATABASE)
    assert here.pop(DATABASE)
    assert elsewhere == here


def _metadata(path: Path) -> bytes:
    """Return what a file says beside its rows, which are those of the CSV."""
    if path.suffix == ".sqlite":
        with closing(sqlite3.connect(path)) as connection:
            return repr(connection.execute("select sql from sqlite_master").fetchall()).encode()
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as archive:
            return archive.read("docProps/core.xml") + archive.read("docProps/app.xml")
    found = pq.read_metadata(path)
    return repr((found.metadata, found.created_by)).encode()


def test_nothing_published_tells_where_when_or_on_which_machine_it_was_made(rebuilt: list[Rebuilt]) -> None:
    inputs = b"".join(
        path.read_bytes() for path in (ROOT / "assets").rglob("*") if path.suffix in {".csv", ".json", ".py"}
    )
    today = datetime.now(UTC)
    # Periods begin and end on the first and last days of months, which are the days of the data too.
    is_of_the_data = 1 in {today.day, (today + timedelta(days=1)).day}
    days = [] if is_of_the_data else [f"{today:%Y-%m-%d}", f"{today:%Y%m%d}"]
    for one in rebuilt:
        clues = [str(one.home.root), socket.gethostname(), *days, "1999-12-31"]
        for path, content in one.files.items():
            is_binary = path.endswith((".parquet", ".sqlite", ".xlsx"))
            reported = _metadata(one.home.latest / path) if is_binary else content
            found = [clue for clue in clues if clue.encode() in reported and clue.encode() not in inputs]
            # A library made small, as the explorer holds one, has every short word.
            assert [clue for clue in found if path != "index.html" or len(clue) > 4] == [], path
