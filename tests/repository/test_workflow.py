"""The workflow of GitHub: its steps keep the home from run to run, with a stand-in for GitHub's program `gh`."""

import os
import re
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from command_lines import parsed_line

WORKFLOW = Path(__file__).parents[2] / ".github" / "workflows" / "refresh.yml"
JOBS = yaml.safe_load(WORKFLOW.read_text("utf-8"))["jobs"]
STEPS = {step["name"]: step["run"] for step in JOBS["refresh"]["steps"] if "run" in step}
TAKE, KEEP, PUBLISH = (name for name in STEPS if name.startswith(("Take up", "Keep", "Publish")))
GH = """#!/usr/bin/env bash
# Keeps the assets of a release in a folder.
set -e
[ "$1" = release ]
case "$2" in
  view) [ -d "$STORE/$3" ] || exit 1; case "$*" in *--jq*) ls "$STORE/$3";; esac;;
  create) mkdir -p "$STORE/$3"; tag=$3; shift 3; for file in "$@"; do [ "${file#--}" = "$file" ] || break; cp "$file" "$STORE/$tag/"; done;;
  upload) tag=$3; shift 3; for file in "$@"; do case "$file" in --clobber) ;; *) cp "$file" "$STORE/$tag/";; esac; done;;
  download) mkdir -p "$7"; cp "$STORE/$3/"$5 "$7";;
  delete-asset) rm "$STORE/$3/$4";;
  *) exit 9;;
esac
"""


def run(step: str, folder: Path, **environment: str) -> None:
    """Run a step of the workflow in a folder, as GitHub does."""
    variables = {
        "KEPT": "home",
        "RELEASES": "2",
        "DATABASES": "1",
        "STORE": str(folder.parent / "github"),
        **environment,
    }
    path = f"{folder.parent / 'bin'}{os.pathsep}{os.environ['PATH']}"
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", STEPS[step]]
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PATH": path, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def home(folder: Path, *releases: str) -> Path:
    for name in releases:
        (folder / "data" / "releases" / name).mkdir(parents=True, exist_ok=True)
        (folder / "data" / "releases" / name / "datapackage.json").write_text(name, "utf-8")
    (folder / "data" / "format").write_text("2\n", "utf-8")
    latest = folder / "data" / "releases" / "latest"
    latest.unlink(missing_ok=True)
    latest.symlink_to(releases[-1])
    return folder


def test_a_run_takes_up_what_the_run_before_kept(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "gh").write_text(GH, "utf-8")
    (tmp_path / "bin" / "gh").chmod(0o755)
    (tmp_path / "bin" / "digital-maturity").write_text('#!/usr/bin/env bash\n[ "$1" = prune ]\n', "utf-8")
    (tmp_path / "bin" / "digital-maturity").chmod(0o755)
    first = tmp_path / "first"
    first.mkdir()
    run(TAKE, first)
    assert not [*first.iterdir()], "the first run finds nothing to take up"
    home(first, "20260101T000000Z", "20260201T000000Z")
    (first / "data" / "archive").mkdir()
    (first / "data" / "archive" / "fetched").write_text("once only", "utf-8")
    run(KEEP, first, GITHUB_RUN_ID="1", GITHUB_RUN_ATTEMPT="1")
    second = tmp_path / "second"
    second.mkdir()
    run(TAKE, second)
    assert (second / "data" / "archive" / "fetched").read_text("utf-8") == "once only"
    assert (second / "data" / "releases" / "latest" / "datapackage.json").read_text(
        "utf-8"
    ) == "20260201T000000Z"
    home(second, "20260301T000000Z")
    run(KEEP, second, GITHUB_RUN_ID="2", GITHUB_RUN_ATTEMPT="1")
    assert sorted(path.name for path in (tmp_path / "github" / "home").iterdir()) == [
        "SHA256SUMS",
        "home-2-1.tar.aa",
    ]
    third = tmp_path / "third"
    third.mkdir()
    run(TAKE, third)
    assert sorted(path.name for path in (third / "data" / "releases").iterdir()) == [
        "20260101T000000Z",
        "20260201T000000Z",
        "20260301T000000Z",
        "latest",
    ]
    (tmp_path / "github" / "home" / "home-2-1.tar.aa").write_bytes(b"altered")
    with pytest.raises(AssertionError, match="did NOT match"):
        run(TAKE, home(tmp_path / "fourth", "20260101T000000Z"))


def test_a_release_is_published_whole_and_once(tmp_path: Path) -> None:
    """The checkout has a folder `assets` of its own, of which nothing is published."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "gh").write_text(GH, "utf-8")
    (tmp_path / "bin" / "gh").chmod(0o755)
    name = "20260101T000000Z"
    checkout = home(tmp_path / "checkout", name)
    release = checkout / "data" / "releases" / name
    (checkout / "assets").mkdir()
    (checkout / "assets" / "catalogue.py").write_text("", "utf-8")
    single = ("digital_maturity.xlsx", "digital_maturity.duckdb", "SHA256SUMS", "CHANGELOG.md", "csv/a.csv")
    for file in single:
        (release / file).parent.mkdir(exist_ok=True)
        (release / file).write_text(file, "utf-8")
    run(PUBLISH, checkout, RELEASE=name)
    published = tmp_path / "github" / f"data-{name}"
    archive = f"digital_maturity-{name}.zip"
    assert {path.name for path in published.iterdir()} == {archive, "datapackage.json", *single[:3]}
    with zipfile.ZipFile(published / archive) as whole:
        assert {one for one in whole.namelist() if not one.endswith("/")} == {"datapackage.json", *single}
    run(PUBLISH, checkout, RELEASE=name)


def test_the_commands_of_the_workflow_are_understood() -> None:
    lines = re.findall(r"^ *(digital-maturity [^|\n]+)", "\n".join(STEPS.values()), re.MULTILINE)
    commands = [re.sub(r"\$[A-Z]+_URL", "https://example.org", line) for line in lines]
    assert {parsed_line(re.sub(r"\$[A-Z]+", "2", line))[0] for line in commands} == {
        "verify",
        "sources",
        "prune",
        "site",
    }


def test_nothing_in_the_workflow_is_of_one_repository_and_every_action_is_pinned() -> None:
    text = WORKFLOW.read_text("utf-8")
    used: list[str] = [step["uses"] for job in JOBS.values() for step in job["steps"] if "uses" in step]
    assert all(re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", one) for one in used)
    assert not re.search(r"github\.com/|github\.io", text)
    granted: dict[str, Any] = {name: job["permissions"] for name, job in JOBS.items()}
    assert granted == {
        "refresh": {"contents": "write", "pages": "read"},
        "pages": {"pages": "write", "id-token": "write"},
    }
