"""The README stays true: its SQL is run, its answers are compared, its commands and names exist.

`python tests/test_readme.py HOME` writes the answers anew, from the latest release below HOME.
"""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from releases import offline_home

from assets.source import sources
from pipelines.tables import published_tables


@pytest.fixture(scope="session")
def published_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return offline_home(tmp_path_factory.getbasetemp()).root


README = Path(__file__).parents[1] / "README.md"
TEXT = README.read_text("utf-8")
QUESTIONS = re.findall(r"```sql\n(.*?)```\n+(?:<!-- answer -->|((?:\|[^\n]*\n)+))", TEXT, re.DOTALL)
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL) for line in block.splitlines()]
PROGRAM = Path(sys.executable).with_name("digital-maturity")


def table(csv_text: str) -> str:
    """Return the answer of `query --format csv` as the README shows it."""
    rows = [line.split(",") for line in csv_text.strip().splitlines()]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * len(rows[0]), *lines[1:]]) + "\n"


def ask(sql: str, home: Path) -> str:
    command = [PROGRAM, "query", sql, "--format", "csv", "--home", home]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout


def test_there_are_five_questions() -> None:
    assert len(QUESTIONS) == 5


@pytest.mark.parametrize(("sql", "answer"), QUESTIONS, ids=range(1, len(QUESTIONS) + 1))
def test_the_answer_in_the_readme_is_the_answer(sql: str, answer: str, published_home: Path) -> None:
    assert answer == table(ask(sql, published_home))


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith("digital-maturity")])
def test_the_commands_of_the_readme_work(command: str, published_home: Path) -> None:
    arguments = [PROGRAM, *shlex.split(command)[1:], "--home", published_home]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_the_make_targets_of_the_readme_exist() -> None:
    makefile = (README.parent / "Makefile").read_text("utf-8")
    for target in set(re.findall(r"\bmake (\w+)", TEXT)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_readme_names_every_table_and_every_source() -> None:
    own = [name for name, table in published_tables().items() if table.info["layer"] != "current"]
    missing = {name for name in [*own, "<fact>_current", *sources()] if f"`{name}`" not in TEXT}
    assert not missing


def test_the_readme_names_every_file_of_a_release(published_home: Path) -> None:
    latest = published_home / "releases" / "latest"
    for path in latest.iterdir():
        assert path.name in TEXT, path.name


def test_links_of_the_readme_into_the_repository_exist() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", TEXT):
        assert (README.parent / target).exists(), target


def write_answers(home: Path) -> None:
    """Write the answer under each question of the README."""
    text = TEXT
    for sql, answer in QUESTIONS:
        shown = f"```sql\n{sql}```\n\n"
        text = text.replace(shown + (answer or "<!-- answer -->\n"), shown + table(ask(sql, home)))
    README.write_text(text, "utf-8")


if __name__ == "__main__":
    write_answers(Path(sys.argv[1]))
