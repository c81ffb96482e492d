"""Shell completion of commands, options, sources, releases and tables, as a shell asks for it."""

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from assets.catalogue import sources
from pipelines.commands.parameters import source_names


def completions(words: str, home: Path) -> set[str]:
    """Return what bash would offer for the last word of a line."""
    environment = os.environ | {
        "_DIGITAL_MATURITY_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
        "DIGITAL_MATURITY_HOME": str(home),
    }
    done = subprocess.run(
        [sys.executable, "-c", "from pipelines.cli import main; main()"],
        env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    return {line.partition(",")[2] for line in done.stdout.split()}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "releases" / "20260101T060000Z"
    folder.mkdir(parents=True)
    (folder.parent / "latest").symlink_to(folder.name)
    with duckdb.connect(str(folder / "digital_maturity.duckdb")) as connection:
        connection.execute("create table organisation as select 1 as one")
        connection.execute("create table oversight as select 1 as one")
    return tmp_path


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("digital-maturity re", {"refresh", "report", "resolve"}),
        ("digital-maturity query --fo", {"--format"}),
        ("digital-maturity query --format v", {"vertical"}),
        ("digital-maturity freeze e", {"emram", "epr", "epr_event", "epr_group", "eric"}),
        ("digital-maturity refresh --source kh", {"kh03"}),
        ("digital-maturity explain o", {"organisation", "oversight"}),
        ("digital-maturity verify 2", {"20260101T060000Z"}),
        ("digital-maturity site 2", {"20260101T060000Z"}),
    ],
)
def test_words_are_completed(words: str, offered: set[str], home: Path) -> None:
    assert completions(words, home) == offered


def test_without_a_release_nothing_is_offered_and_nothing_is_said(tmp_path: Path) -> None:
    assert completions("digital-maturity explain t", tmp_path) == set()


def test_a_home_before_the_command_is_the_one_whose_tables_are_completed(home: Path, tmp_path: Path) -> None:
    assert completions(f"digital-maturity --home {home} explain ov", tmp_path / "other") == {"oversight"}


def test_sources_are_completed_without_importing_them() -> None:
    assert source_names() == list(sources())


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script(shell: str) -> None:
    environment = os.environ | {"_DIGITAL_MATURITY_COMPLETE": f"{shell}_source"}
    done = subprocess.run(
        [sys.executable, "-c", "from pipelines.cli import main; main()"],
        env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert "digital-maturity" in done.stdout
    assert "complete" in done.stdout
