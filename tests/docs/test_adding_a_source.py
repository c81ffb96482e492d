"""What docs/adding-a-source.md says is done here, step by step, in a copy of the project."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from releases import judge_all

from pipelines.storage.home import Home

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "adding-a-source.md").read_text("utf-8")
FILES = dict(re.findall(r"```\w+ (\S+)\n(.*?)```", PAGE, re.DOTALL))
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]


@pytest.fixture
def project(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with one source more, and its file beside it; what is frozen was judged."""
    for package in ("assets", "docs", "pipelines", "sql", "tests", "tools"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (ROOT / "pyproject.toml", ROOT / "README.md"):
        shutil.copy(path, tmp_path)
    judge_all(Home(tmp_path / "data"), tmp_path_factory.getbasetemp())
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


@pytest.fixture
def run(project: Path) -> Callable[..., str]:
    """Return what runs a module of the copy with arguments, and gives what it prints."""
    environment = {**os.environ, "PYTHONPATH": str(project), "DIGITAL_MATURITY_HOME": str(project / "data")}

    def run(module: str, *arguments: str) -> str:
        program = [sys.executable, "-P", "-m", module, *arguments]
        done = subprocess.run(
            program, cwd=project, env=environment, capture_output=True, text=True, timeout=240, check=False
        )
        assert done.returncode == 0, f"{module} {arguments}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
        return done.stdout

    return run


def test_the_page_adds_a_module_its_prose_and_a_test_folder_beside_a_file() -> None:
    assert list(FILES) == [
        "assets/sources/wards.py",
        "assets/sources/wards.yml",
        "wards.csv",
        "tests/sources/wards/test_wards.py",
        "tests/sources/wards/publisher_site.py",
    ]


@pytest.mark.thorough
def test_a_source_costs_a_module_an_edition_and_a_test_folder(project: Path, run: Callable[..., str]) -> None:
    ingested, frozen, refreshed, rows = (
        run("pipelines.cli", *shlex.split(command)[1:]) for command in COMMANDS
    )
    assert ingested == "wards 2026-06-30: 2 rows, 0 rejected; added.\n"
    assert Path(frozen.strip()) == project / "assets" / "frozen" / "wards" / "2026-06-30.csv"
    assert re.search(r"^wards +2026-06-30 +2 ", refreshed, re.MULTILINE)
    assert re.search(
        r"^NORTHERN CARE ALLIANCE NHS FOUNDATION TRUST +11\nUNIVERSITY HOSPITALS OF NORTH MIDLANDS NHS TRUST +22$",
        rows,
        re.MULTILINE,
    )
    dictionary = (project / "data" / "releases" / "latest" / "data_dictionary.csv").read_text("utf-8")
    assert "electronic_ward,wards," in dictionary
    settled = ("-q", "-p", "no:cacheprovider", "-o", "addopts=")
    run("pytest", *settled, "tests/sources/test_sources.py", "--update-totals", "-k", "no_others")
    assert (
        json.loads((project / "tests/sources/wards/totals.json").read_text("utf-8"))["2026-06-30"]["rows"]
        == 2
    )
    run("tools.documents")
    run("pytest", *settled, *CHECKS)


CHECKS = (
    "tests/sources/wards",
    "tests/contract",
    "tests/sources/test_sources.py::test_the_totals_are_those_of_the_frozen_editions_and_no_others",
    "tests/fetching/test_live.py::test_every_source_that_is_fetched_has_a_site_here",
    "tests/staging/test_editions.py",
    "tests/docs/test_documented.py::test_a_page_made_from_the_project_is_new",
    "tests/docs/test_readme.py::test_the_readme_names_every_table_and_every_source",
    "tests/tables/test_rollup.py::test_each_source_of_a_table_that_adds_says_who_reports_or_why_a_trust_may_have_no_row",
)
"""Checks of the suite over all sources, and the tests of the new one."""


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".py")])
def test_the_modules_of_the_page_are_clean(name: str) -> None:
    config = str(ROOT / "pyproject.toml")
    program = [sys.executable, "-m", "ruff", "check", "--config", config, "--stdin-filename", name, "-"]
    done = subprocess.run(program, input=FILES[name], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stdout
