"""What docs/adding-a-source.md says is done here, step by step, in a copy of the project."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from releases import judge_all

from pipelines.storage.home import Home

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "adding-a-source.md").read_text("utf-8")
FILES = dict(re.findall(r"```\w+ (\S+)\n(.*?)```", PAGE, re.DOTALL))
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]


@pytest.fixture
def project(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with one module more, and the file beside it; what is frozen was judged."""
    for package in ("assets", "pipelines", "sql"):
        shutil.copytree(ROOT / package, tmp_path / package)
    judge_all(Home(tmp_path / "data"), tmp_path_factory.getbasetemp())
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def test_the_page_adds_one_module_and_one_file() -> None:
    assert list(FILES) == ["assets/sources/wards.py", "wards.csv"]


def test_a_source_costs_one_module_one_edition_and_no_edit_elsewhere(project: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(project), "DIGITAL_MATURITY_HOME": str(project / "data")}
    told = []
    for command in COMMANDS:
        program = [sys.executable, "-P", "-m", "pipelines.cli", *shlex.split(command)[1:]]
        done = subprocess.run(
            program, cwd=project, env=environment, capture_output=True, text=True, timeout=240, check=False
        )
        assert done.returncode == 0, f"{command}: {done.stderr}"
        told.append(done.stdout)
    ingested, frozen, refreshed, asked = told
    assert ingested == "wards 2026-06-30: 2 rows, 0 rejected; added.\n"
    assert Path(frozen.strip()) == project / "assets" / "frozen" / "wards" / "2026-06-30.csv"
    assert re.search(r"^wards +2026-06-30 +2 ", refreshed, re.MULTILINE)
    assert re.search(
        r"^NORTHERN CARE ALLIANCE NHS FOUNDATION TRUST +11\nUNIVERSITY HOSPITALS OF NORTH MIDLANDS NHS TRUST +22$",
        asked,
        re.MULTILINE,
    )
    dictionary = (project / "data" / "releases" / "latest" / "data_dictionary.csv").read_text("utf-8")
    assert "electronic_ward,wards," in dictionary


def test_the_module_of_the_page_is_clean() -> None:
    program = [
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--config",
        ROOT / "pyproject.toml",
        "--stdin-filename",
        "assets/sources/wards.py",
        "-",
    ]
    done = subprocess.run(
        program,
        input=FILES["assets/sources/wards.py"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stdout
