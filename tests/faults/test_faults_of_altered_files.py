"""F66 and F80, `verify` and `refresh`: a release is what was published, or they say which file is not."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from few_sources import few_catalogue, few_home
from releases import DATABASE, copy_of, sums_of
from small_world import LATER, NEW, OLD, World, bytes_of

from pipelines.cli import main
from pipelines.publishing.previous_release import Before, DamagedReleaseError
from pipelines.storage.home import VARIABLE, Home


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Return a home with a release, for a test to change, made the default."""
    own = Home(tmp_path / "home")
    shutil.copytree(few_home(tmp_path_factory.getbasetemp()).releases, own.releases, symlinks=True)
    monkeypatch.setenv(VARIABLE, str(own.root))
    return own


@pytest.fixture
def verified(home: Home, capsys: pytest.CaptureFixture[str]) -> "Verified":
    return Verified(home, capsys)


class Verified:
    """A release and what `verify` says of it."""

    def __init__(self, home: Home, capsys: pytest.CaptureFixture[str]) -> None:
        self.release = home.latest.resolve()
        self.capsys = capsys

    def __call__(self, *names: str) -> tuple[int, list[str], str]:
        code = main(["verify", *names])
        found = self.capsys.readouterr()
        return code, found.out.splitlines(), found.err


def test_a_release_as_published_is_said_to_be_so(verified: Verified) -> None:
    said = [
        f"Release {verified.release.name}: every file is as it was published ({len(sums_of(verified.release))} files)."
    ]
    assert verified() == (0, said, "")
    assert verified(verified.release.name) == (0, said, "")
    assert verified("latest") == (0, said, "")


@pytest.mark.parametrize("path", ["csv/maturity_change.csv", DATABASE, "ATTRIBUTION.md"])
def test_f66_one_changed_byte_is_named(verified: Verified, path: str) -> None:
    stated = sums_of(verified.release)[path]
    content = bytearray((verified.release / path).read_bytes())
    content[-1] ^= 1
    (verified.release / path).write_bytes(content)
    code, lines, _ = verified()
    assert code == 1
    assert lines[0].startswith(f"{path}: differs: SHA-256 expected {stated}, found ")
    assert lines[1:] == [f"Release {verified.release.name}: 1 file is not as it was published."]


def test_f66_what_is_missing_and_what_is_extra_are_named_in_order(verified: Verified) -> None:
    (verified.release / "datapackage.json").unlink()
    (verified.release / "csv" / "artificial.csv").write_text("artificial")
    for left in (".DS_Store", "csv/.~lock.maturity_change.csv#", "~$digital_maturity.xlsx"):
        (verified.release / left).write_text("by the program that opened it")
    code, lines, _ = verified()
    assert code == 1
    assert lines == [
        "csv/artificial.csv: extra: SHA256SUMS does not name it",
        "datapackage.json: missing",
        f"Release {verified.release.name}: 2 files are not as they were published.",
    ]


def test_f66_a_link_to_nowhere_is_a_difference(verified: Verified) -> None:
    path = verified.release / "parquet" / "caveat.parquet"
    path.unlink()
    path.symlink_to("nowhere")
    code, lines, _ = verified()
    assert code == 1
    assert lines[0].startswith("parquet/caveat.parquet: differs: ")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_cannot_be_read_is_a_difference(verified: Verified) -> None:
    (verified.release / "ATTRIBUTION.md").chmod(0)
    code, lines, _ = verified()
    assert code == 1
    assert "Permission denied" in lines[0]


@pytest.mark.parametrize("content", [None, b"", b"artificial\n", b"\xff\xfe", b"abc  ATTRIBUTION.md\n"])
def test_f66_a_release_without_its_hashes_is_refused(verified: Verified, content: bytes | None) -> None:
    sums = verified.release / "SHA256SUMS"
    sums.unlink()
    if content is not None:
        sums.write_bytes(content)
    code, lines, error = verified()
    assert (code, lines) == (1, [])
    assert "SHA256SUMS" in error
    assert "Traceback" not in error


def test_f66_a_path_out_of_the_release_is_not_followed(verified: Verified) -> None:
    with (verified.release / "SHA256SUMS").open("a", encoding="utf-8") as sums:
        sums.write(f"{'0' * 64}  ../../lock.holder\n")
    assert verified()[1][0] == "../../lock.holder: missing"


@pytest.mark.parametrize("name", ["20200101T000000Z", "..", "../releases", ".", ""])
def test_an_unknown_release_names_those_there(verified: Verified, name: str) -> None:
    code, lines, error = verified(name)
    assert (code, lines) == (1, [])
    assert verified.release.name in error
    assert error.count("\n") == 1


def test_an_older_release_is_verified_by_name(verified: Verified, home: Home) -> None:
    older = home.releases / "20200101T000000Z"
    older.mkdir()
    (older / "SHA256SUMS").write_text(f"{'0' * 64}  artificial.csv\n")
    assert verified()[0] == 0
    assert verified(older.name)[1][0] == "artificial.csv: missing"


def test_without_a_release_the_error_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "empty"))
    assert main(["verify"]) == 1
    assert "digital-maturity refresh" in capsys.readouterr().err


def test_verifying_imports_nothing_heavy(home: Home) -> None:
    program = (
        "import sys; from pipelines.cli import main; code = main(['verify']); "
        "print({'great_expectations', 'dagster', 'pandas', 'sqlalchemy', 'pyarrow', 'duckdb'} & set(sys.modules), code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True, text=True, timeout=240, check=False, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "set() 0", done.stderr


# --- the next release


HARMS: dict[str, Callable[[Path], object]] = {
    "parquet/organisation.parquet": lambda path: path.write_bytes(b"damaged"),
    "parquet/epr_supplier.parquet": lambda path: path.unlink(),
    "CHANGELOG.md": lambda path: path.write_text(path.read_text("utf-8").replace("e", "a", 1), "utf-8"),
    "datapackage.json": lambda path: path.unlink(),
    "SHA256SUMS": lambda path: path.write_text("no checksum\n", "utf-8"),
}


@pytest.mark.parametrize("path", HARMS)
def test_f66_nothing_is_built_on_a_release_that_was_altered_and_the_sentence_says_what_to_do(
    home: Home, path: str
) -> None:
    folder = home.latest.resolve()
    assert Before.of(home.latest).tables.keys() == few_catalogue().tables.keys()
    HARMS[path](folder / path)
    text = (
        f"Comparing with release {folder.name}: .* found {path} missing or altered; .* remove {folder}, .*[.]"
    )
    with pytest.raises(DamagedReleaseError, match=text):
        Before.of(home.latest)


def test_f66_where_the_altered_release_was_removed_the_next_goes_on_from_the_one_before(
    small_world: World, once: Home, twice: Home, tmp_path: Path
) -> None:
    straight, mended = copy_of(once, tmp_path / "straight"), copy_of(twice, tmp_path / "mended")
    third, at = NEW + "X44,5555\n", "2026-01-01T08:00:00+00:00"
    altered = mended.latest.resolve()
    (altered / "parquet" / "tiny_score.parquet").write_bytes(b"damaged")
    ended = small_world.refresh(mended.root, third, clock=at)
    assert ended.error.startswith(f"DamagedReleaseError: Comparing with release {altered.name}: ")
    assert mended.latest.resolve() == altered
    shutil.rmtree(altered)
    for own in (mended, straight):
        assert small_world.refresh(own.root, third, clock=at).outcome == "published"
    found = [bytes_of(own.root)["csv/release_change.csv"] for own in (straight, mended)]
    assert found[0] == found[1]
    assert found[0].count(b"\n") > 2


# --- the same release, published anew


def _cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


DAMAGE: dict[str, tuple[str, Callable[[Path], object]]] = {
    "the database is cut": (DATABASE, _cut),
    "the database is empty": (DATABASE, lambda path: os.truncate(path, 0)),
    "the hashes are gone": ("SHA256SUMS", Path.unlink),
    "the hashes are cut": ("SHA256SUMS", lambda path: os.truncate(path, 100)),
    "the description is gone": ("datapackage.json", Path.unlink),
    "the description is cut": ("datapackage.json", _cut),
    "a table that the next release is compared with is altered": ("parquet/tiny_score.parquet", _flip),
    "a table about the data is cut": ("parquet/check_result.parquet", _cut),
    "a file is longer": ("csv/tiny_score.csv", lambda path: path.write_bytes(path.read_bytes() + b"X99,9\n")),
    "a page is gone": ("index.html", Path.unlink),
    "a folder is gone": ("csv/tiny_score.csv", lambda path: shutil.rmtree(path.parent)),
    "all is gone": ("SHA256SUMS", lambda path: shutil.rmtree(path.parent)),
}
THIRD, AFTER = NEW + "X44,5555\n", "2026-01-01T09:00:00+00:00"


@pytest.fixture(scope="module")
def twice(small_world: World, once: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return a home with two releases, to be copied."""
    home = copy_of(once, tmp_path_factory.mktemp("twice") / "home")
    assert small_world.refresh(home.root, NEW, clock=LATER).outcome == "published"
    return home


@pytest.mark.parametrize("damaged", DAMAGE)
def test_f80_a_damaged_latest_release_is_published_anew_byte_for_byte_and_said(
    small_world: World, twice: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damaged: str
) -> None:
    home = copy_of(twice, tmp_path / "home")
    monkeypatch.setenv(VARIABLE, str(home.root))
    whole, former = bytes_of(home.root), home.latest.resolve()
    path, harm = DAMAGE[damaged]
    harm(former / path)
    assert main(["verify"]) == 1
    ended = small_world.refresh(home.root, NEW, clock=AFTER)
    assert (ended.outcome, ended.error) == ("published", "")
    assert home.latest.resolve().name > former.name
    assert bytes_of(home.root) == whole
    assert main(["verify"]) == 0
    (note,) = home.read_status("run")["notes"]
    assert note.startswith(f"Release {former.name} was not as it was published (")
    assert path.partition("/")[0] in note
    assert f"published again as {home.latest.resolve().name};" in note
    assert small_world.refresh(home.root, NEW, clock=AFTER).outcome == "unchanged"
    assert home.read_status("run")["notes"] == []


def test_f80_what_follows_a_release_published_anew_is_what_follows_a_whole_one(
    small_world: World, twice: Home, tmp_path: Path
) -> None:
    straight, mended = (copy_of(twice, tmp_path / name) for name in ("straight", "mended"))
    for again in range(2):  # the second time, the one before is damaged too
        _flip(mended.latest.resolve() / "parquet" / "tiny_score.parquet")
        assert (
            small_world.refresh(mended.root, NEW, clock=f"2026-01-01T08:0{again}:00+00:00").outcome
            == "published"
        )
    for home in (straight, mended):
        assert small_world.refresh(home.root, THIRD, clock=AFTER).outcome == "published"
    found = [bytes_of(home.root) for home in (straight, mended)]
    assert found[0] == found[1]


def test_f80_what_prune_removed_is_no_damage(
    small_world: World, twice: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = copy_of(twice, tmp_path / "home")
    monkeypatch.setenv(VARIABLE, str(home.root))
    (newest, older) = (home.latest.resolve().name, home.release_names()[0])
    assert main(["prune", "--keep-databases", "1"]) == 0
    home.latest.unlink()
    home.latest.symlink_to(older)  # somebody goes back to it
    assert main(["verify"]) == 0
    assert small_world.refresh(home.root, OLD, clock=AFTER).outcome == "unchanged"
    assert home.release_names() == [older, newest]
