"""What a parsed file and a release are kept under: an edit changes what depends on it, and nothing else."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from assets.catalogue import modules, sources
from pipelines.storage import code_version

CACHED = (code_version.of_parser, code_version.of_release, code_version._imports, code_version._sha256)


def forget() -> None:
    for function in CACHED:
        function.cache_clear()


@pytest.fixture
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the code that may be edited."""
    for package in ("assets", "pipelines", "sql"):
        kept = shutil.ignore_patterns("frozen", "__pycache__")
        shutil.copytree(code_version.ROOT / package, tmp_path / package, ignore=kept)
    monkeypatch.setattr(code_version, "ROOT", tmp_path)
    forget()
    yield tmp_path
    forget()


def versions() -> tuple[dict[str, str], str]:
    forget()
    return {name: code_version.of_parser(name) for name in sources()}, code_version.of_release()


def edit(path: Path) -> None:
    path.write_text(path.read_text("utf-8") + "\n# an edit\n", "utf-8")


def test_each_source_has_a_version_of_its_own_and_one_that_is_no_module_has_one_too() -> None:
    found = {name: code_version.of_parser(name) for name in [*sources(), "tiny"]}
    assert len(set(found.values())) == len(found)
    assert all(len(version) == 16 for version in found.values())


@pytest.mark.parametrize(
    ("edited", "parsed_again", "released_again"),
    [
        ("pipelines/cli.py", set(), False),
        ("pipelines/queries/explain_row.py", set(), False),
        ("pipelines/orchestration/jobs.py", set(), False),
        ("pipelines/publishing/sqlite.py", set(), True),
        ("assets/marts/trust_profile.py", set(), True),
        ("sql/trust_profile.sql", set(), True),
        ("assets/sources/nof.py", {"nof"}, True),
        ("assets/reading/structure.py", set(modules()), True),
    ],
)
def test_an_edit_changes_what_depends_on_it_and_nothing_else(
    code: Path, edited: str, parsed_again: set[str], released_again: bool
) -> None:
    before, release = versions()
    edit(code / edited)
    after, again = versions()
    changed = {name for name in before if before[name] != after[name]}
    assert changed == parsed_again
    assert (release != again) == released_again


def test_another_version_of_a_library_reads_and_writes_anew(
    code: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del code
    before, release = versions()
    monkeypatch.setattr(code_version, "version", lambda _: "another")
    after, again = versions()
    assert all(before[name] != after[name] for name in before)
    assert release != again
