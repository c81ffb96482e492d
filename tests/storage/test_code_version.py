"""What a parsed file and a release are kept under: an edit changes what depends on it, and nothing else."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from assets.catalogue import modules, sources
from pipelines.storage import code_version

CACHED = (
    *(code_version.of_parser, code_version.of_tables, code_version.of_release),
    *(code_version._imports, code_version._sha256),
)


def forget() -> None:
    for function in CACHED:
        function.cache_clear()


Versions = tuple[dict[str, str], str, str]


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the code that may be edited; a test takes its edit back."""
    copy = tmp_path_factory.mktemp("code")
    for package in ("assets", "pipelines", "sql"):
        kept = shutil.ignore_patterns("frozen", "__pycache__")
        shutil.copytree(code_version.ROOT / package, copy / package, ignore=kept)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(code_version, "ROOT", copy)
        forget()
        yield copy
    forget()


@pytest.fixture(scope="module")
def before(code: Path) -> Versions:
    return versions()


def versions() -> Versions:
    forget()
    parsers = {name: code_version.of_parser(name) for name in sources()}
    return parsers, code_version.of_tables(), code_version.of_release()


def changed(before: Versions) -> tuple[set[str], bool, bool]:
    """Return the sources that are parsed again, and whether tables and a release are made again."""
    (parsers, tables, release), (then, tables_then, release_then) = versions(), before
    return (
        {name for name in then if then[name] != parsers[name]},
        tables != tables_then,
        release != release_then,
    )


def test_each_source_has_a_version_of_its_own_and_one_that_is_no_module_has_one_too() -> None:
    found = {name: code_version.of_parser(name) for name in [*sources(), "tiny"]}
    assert len(set(found.values())) == len(found)
    assert all(len(version) == 16 for version in found.values())


EVERYTHING = set(modules())


@pytest.mark.parametrize(
    ("edited", "parsed", "made", "released"),
    [
        ("pipelines/cli.py", set(), False, False),
        ("pipelines/queries/explain_row.py", set(), False, False),
        ("pipelines/orchestration/jobs.py", set(), False, False),
        ("pipelines/storage/lock.py", set(), False, False),
        ("pipelines/publishing/sqlite.py", set(), False, True),
        ("pipelines/publishing/explorer/queries/boards.sql", set(), False, True),
        ("pipelines/judging/guard_results.py", set(), True, True),
        ("pipelines/judging/equal_values.py", set(), True, True),
        ("pipelines/storage/parquet.py", set(), True, True),
        ("pipelines/storage/release_folder.py", set(), True, True),
        ("assets/marts/trust_profile.py", set(), True, True),
        ("sql/trust_profile.sql", set(), True, True),
        ("assets/sources/nof.yml", set(), True, True),
        ("assets/sources/nof.py", {"nof"}, True, True),
        ("assets/sources/tac/measures.csv", {"tac"}, True, True),
        ("assets/contract/frozen_editions.py", EVERYTHING, True, True),
        ("assets/reading/structure.py", EVERYTHING, True, True),
    ],
)
def test_an_edit_changes_what_depends_on_it_and_nothing_else(
    code: Path, before: Versions, edited: str, parsed: set[str], *, made: bool, released: bool
) -> None:
    path = code / edited
    text = path.read_text("utf-8")
    path.write_text(text + "\n", "utf-8")
    try:
        assert changed(before) == (parsed, made, released)
    finally:
        path.write_text(text, "utf-8")


def test_an_edit_that_was_taken_back_changes_nothing(code: Path, before: Versions) -> None:
    assert changed(before) == (set(), False, False)


@pytest.mark.parametrize(
    ("library", "parsed", "made"),
    [
        ("fastexcel", EVERYTHING, True),
        ("pandas", EVERYTHING, True),
        ("pyarrow", EVERYTHING, True),
        ("duckdb", set(), True),
        ("rapidfuzz", set(), True),
        ("sqlalchemy", set(), True),
        ("altair", set(), False),
        ("great_expectations", set(), False),
        ("xlsxwriter", set(), False),
    ],
)
def test_another_version_of_a_library_makes_anew_what_it_makes(
    before: Versions, monkeypatch: pytest.MonkeyPatch, library: str, parsed: set[str], made: bool
) -> None:
    installed = code_version.version
    monkeypatch.setattr(
        code_version, "version", lambda name: "another" if name == library else installed(name)
    )
    assert changed(before) == (parsed, made, True)
