"""F61, F62 and F79: a refresh that is killed, or that its machine refuses, at any step: readers see whole releases only.

The steps are not listed here: every change to the home folder is one, in the small world where a refresh takes little.
"""

import errno
import os
import re
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from releases import copy_of, differences
from small_world import LATER, NEW, OLD, Answer, World, bytes_of, half_written

from pipelines.storage.home import Home

NOBODY = 65534
PHASES = {
    "fetching": r"\S+ (archive|status/tiny)",
    "staging": r"\S+ (parsed|verdicts|staged)",
    "building": r"\S+ releases/\.building-/",
    "publishing": r"\S+ (releases(?!/\.building-/)|status/\.|status$)",
}
"""The changes to a home folder, by the part of a refresh that makes them."""
every_phase = pytest.mark.parametrize("phase", PHASES)


@pytest.fixture
def home(once: Home, tmp_path: Path) -> Path:
    """Return a home with a release of the old file."""
    return copy_of(once, tmp_path / "home").root


@pytest.fixture(scope="module")
def undisturbed(small_world: World, once: Home, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Return the bytes of the release that nothing befell."""
    home = copy_of(once, tmp_path_factory.mktemp("undisturbed") / "home").root
    assert small_world.refresh(home, NEW, clock=LATER).outcome == "published"
    return bytes_of(home)


@contextmanager
def reader(home: Path) -> Iterator[list[tuple[str, list[str]]]]:
    """Read the latest release all the while; give its name and what was not whole in it, each time."""
    seen: list[tuple[str, list[str]]] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            folder = (home / "releases" / "latest").resolve()
            seen.append((folder.name, differences(folder)))
            time.sleep(0.02)

    thread = threading.Thread(target=read)
    thread.start()
    try:
        yield seen
    finally:
        done.set()
        thread.join()
    assert seen
    assert [found for found in seen if found[1]] == []


# --- F61


@every_phase
def test_f61_killed_before_every_change_it_makes_a_refresh_comes_to_the_same_bytes(
    small_world: World, home: Path, undisturbed: dict[str, bytes], phase: str
) -> None:
    """Each run gets one change further than the one before it, which was killed there."""
    died: list[str] = []
    with reader(home) as seen:
        while (ended := dies(small_world, home, PHASES[phase], died)).signal == signal.SIGKILL:
            died.append(ended.changes[-1])
    assert ended.outcome in {"published", "unchanged"}
    assert len(died) >= 3
    assert len(died) == len(set(died))
    assert len({name for name, _ in seen}) <= 2
    assert bytes_of(home) == undisturbed
    assert half_written(home) == []


def dies(small_world: World, home: Path, within: str, spared: list[str]) -> Answer:
    return small_world.refresh(home, NEW, clock=LATER, within=within, spared=spared)


def test_f61_killed_in_the_middle_of_a_write_a_refresh_comes_to_the_same_bytes(
    small_world: World, home: Path, undisturbed: dict[str, bytes]
) -> None:
    """The kernel kills it, whichever library writes: a file may have 1 byte, then 8, then 64, and so on."""
    largest, killed = 1, 0
    with reader(home):
        while small_world.refresh(home, NEW, clock=LATER, largest=largest, dies_of_it=True).signal:
            largest, killed = largest * 8, killed + 1
    assert killed >= 5
    assert bytes_of(home) == undisturbed
    assert half_written(home) == []


def test_f61_a_first_release_that_was_killed_just_before_it_was_pointed_at_is_no_release_before(
    small_world: World, once: Home, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    ended = small_world.refresh(home, OLD, within=r"os\.symlink releases/")
    assert ended.signal == signal.SIGKILL
    assert len([path for path in (home / "releases").iterdir() if path.is_dir()]) == 1
    small_world.refresh(home, OLD)
    assert bytes_of(home) == bytes_of(once.root)


# --- F62


@pytest.mark.parametrize(
    ("phase", "number"),
    [
        *((phase, errno.ENOSPC) for phase in PHASES),
        ("fetching", errno.EROFS),
        pytest.param("fetching", errno.EACCES, marks=pytest.mark.thorough),
    ],
)
def test_f62_refused_any_change_a_refresh_says_so_in_a_sentence_and_leaves_nothing_half(
    small_world: World, home: Path, undisturbed: dict[str, bytes], phase: str, number: int
) -> None:
    """A disk that is full (or the like) from a certain change on: each run gets one change further.

    A home that belongs to somebody else shows a lack of rights, too.
    """
    before = (home / "releases" / "latest").resolve()
    failed: list[str] = []
    while True:
        ended = small_world.refresh(home, NEW, clock=LATER, within=PHASES[phase], spared=failed, errno=number)
        new = [change for change in ended.changes if change not in failed]
        if not ended.error:
            break
        assert ended.error.startswith("MachineError: Writing ")
        assert os.strerror(number) in ended.error
        assert ended.error.endswith(" and refresh again.")
        assert "\n" not in ended.error
        assert half_written(home) == []
        assert differences((home / "releases" / "latest").resolve()) == []
        failed += new
    assert before.exists()
    assert bytes_of(home) == undisturbed


def test_f62_a_file_that_cannot_grow_is_a_sentence_whichever_library_writes_it(
    small_world: World, home: Path, undisturbed: dict[str, bytes]
) -> None:
    largest, sentences = 1, []
    while (ended := small_world.refresh(home, NEW, clock=LATER, largest=largest)).outcome != "published":
        sentences.append(ended.error or Home(home).read_status("run")["sources"][0]["why"])
        largest *= 8
        assert half_written(home) == []
    assert len(sentences) >= 5
    assert list(home.rglob("*.wal")) == []
    found = "(MachineError: Writing .* below .*: expected|Reading tiny 2026-01-01 .*:) .*([Ff]ile too large|disk I/O error|as on a full disk).*[.]"
    assert [sentence for sentence in sentences if not re.fullmatch(found, sentence)] == []
    assert bytes_of(home) == undisturbed


def test_f62_a_home_that_belongs_to_somebody_else_is_a_sentence_and_stays_as_it_was(
    small_world: World, once: Home
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        home = copy_of(once, Path(folder) / "home").root
        for path in home.rglob("*"):
            path.chmod(
                0o555 if path.is_dir() else 0o444, follow_symlinks=False
            ) if not path.is_symlink() else None
        before = sorted(home.rglob("*"))
        ended = small_world.refresh(home, NEW, clock=LATER, user=0 if os.geteuid() else NOBODY)
        assert ended.error.startswith("MachineError: Writing the archive below ")
        assert "Permission denied" in ended.error
        assert sorted(home.rglob("*")) == before
        assert differences((home / "releases" / "latest").resolve()) == []
        for path in home.rglob("*"):
            path.chmod(0o755) if path.is_dir() and not path.is_symlink() else None


# --- F79


def test_f79_what_must_not_be_lost_is_on_the_disk_before_latest_moves(
    small_world: World, tmp_path: Path
) -> None:
    """Files of the release and of the archive, the folders they are in, and the names of these folders."""
    home = tmp_path / "above" / "home"
    ended = small_world.refresh(home, OLD)
    assert ended.outcome == "published"
    releases = home / "releases"
    *before, pointer = [
        place for place, one in enumerate(ended.order) if one == ("named", releases.stat().st_ino)
    ]
    assert len(before) == 2, "the folder of the release, under its first name and under its own"
    assert ("synced", releases.stat().st_ino) in ended.order[pointer:]
    earlier = ended.order[:pointer]
    last = {one: place for place, one in enumerate(earlier)}
    kept = [releases, *(releases / "latest").resolve().rglob("*"), (releases / "latest").resolve()]
    kept += [home / "archive", *(home / "archive").rglob("*"), home, home.parent, tmp_path]
    assert len(kept) > 40
    late = [
        path
        for path in kept
        if last.get(("synced", path.stat().st_ino), -1) < last.get(("named", path.stat().st_ino), 0)
    ]
    assert late == []
