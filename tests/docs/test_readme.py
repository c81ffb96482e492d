"""The README stays true: its SQL is run, its answers are compared, its commands and names exist.

`python tests/docs/test_readme.py HOME` writes the answers anew, from the latest release below HOME.
"""

import csv
import re
import shlex
import sys
from pathlib import Path

import answers
import pytest
from releases import offline_home

from assets.catalogue import published, sources


@pytest.fixture(scope="session")
def published_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return offline_home(tmp_path_factory.getbasetemp()).root


README = Path(__file__).parents[2] / "README.md"
TEXT = README.read_text("utf-8")
QUESTIONS = answers.questions(TEXT)
COMMANDS = answers.commands(TEXT)


def ask(sql: str, home: Path) -> str:
    """Return the answer of `query` as the README shows it."""
    header, *rows = csv.reader(
        answers.run(f"digital-maturity query {shlex.quote(sql)} --format csv", home).splitlines()
    )
    return answers.table(header, rows)


def test_there_are_five_questions() -> None:
    assert len(QUESTIONS) == 5


@pytest.mark.parametrize(("sql", "answer"), QUESTIONS, ids=range(1, len(QUESTIONS) + 1))
def test_the_answer_in_the_readme_is_the_answer(sql: str, answer: str, published_home: Path) -> None:
    assert answer == ask(sql, published_home)


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith("digital-maturity")])
def test_the_commands_of_the_readme_work(command: str, published_home: Path) -> None:
    assert answers.run(command, published_home).strip()


def test_the_make_targets_of_the_readme_exist() -> None:
    makefile = (README.parent / "Makefile").read_text("utf-8")
    for target in set(re.findall(r"\bmake (\w+)", TEXT)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_readme_names_every_table_and_every_source() -> None:
    own = [name for name, table in published().tables.items() if table.info["layer"] != "current"]
    missing = {name for name in [*own, "<fact>_current", *sources()] if f"`{name}`" not in TEXT}
    assert not missing


def test_the_readme_names_every_file_of_a_release(published_home: Path) -> None:
    latest = published_home / "releases" / "latest"
    for path in latest.iterdir():
        assert path.name in TEXT, path.name


def test_the_readme_names_the_years_that_differ_within_a_source(published_home: Path) -> None:
    def years(sql: str) -> set[str]:
        answer = answers.run(f"digital-maturity query {shlex.quote(sql)} --format csv", published_home)
        return set(answer.splitlines()[1:])

    held = "select distinct edition from denominator where source = 'tac' and measure = "
    assert years(f"{held} 'operating_expenses'") == {"2022/23", "2023/24"}
    assert years(f"{held} 'staff_costs_with_non_executives'") == {"2022/23", "2023/24"}
    assert years(f"{held} 'amortisation_of_intangible_assets'") == {"2022/23"}
    assert "expenses and staff of 2022/23 and 2023/24, and amortisation of 2022/23" in TEXT
    types = years("select distinct edition from organisation_type where source = 'eric'")
    assert f"types of {' and '.join(sorted(types))} |" in TEXT


def test_links_of_the_readme_into_the_repository_exist() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", TEXT):
        assert (README.parent / target).exists(), target


if __name__ == "__main__":
    answers.write(README, lambda sql: ask(sql, Path(sys.argv[1])))
