"""Help and arguments: every example parses, options go before or after the command, help needs no heavy library."""

import os
import re
import resource
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import click
import pytest
from command_lines import parsed, parsed_line

from pipelines.cli import main
from pipelines.commands import program
from pipelines.commands.command_line import HOME, PROGRAM
from tools.documents.commands import commands, parameters_of, usage_of

EVERY = commands()
EXAMPLES = [
    *program.EXAMPLES,
    *(line for command in EVERY.values() for line in command.examples),
]
HEAVY = {"dagster", "pandas", "pyarrow", "numpy", "sqlalchemy", "great_expectations", "requests"}


@pytest.fixture(autouse=True)
def _own_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOME, "unused")  # and what an option sets is undone


def test_every_module_of_a_command_is_listed_under_the_name_it_declares() -> None:
    assert list(EVERY) == list(program.MODULES)
    assert {name: command.name for name, command in EVERY.items()} == {name: name for name in EVERY}


@pytest.mark.parametrize("name", EVERY)
def test_every_command_has_examples_of_itself(name: str) -> None:
    lines = EVERY[name].examples
    assert lines
    assert all(line.split()[:2] == [PROGRAM, name] for line in lines)


@pytest.mark.parametrize("line", EXAMPLES)
def test_every_example_is_understood(line: str) -> None:
    assert parsed_line(line)[0] == line.split()[1]


def test_an_example_with_an_unknown_option_would_be_found() -> None:
    with pytest.raises(click.UsageError, match="--artificial"):
        parsed(["refresh", "--artificial"])


def test_no_example_is_repeated() -> None:
    lines = [line for command in EVERY.values() for line in command.examples]
    assert len(lines) == len(set(lines))


@pytest.mark.parametrize("name", EVERY)
def test_help_is_plain_text_with_the_examples(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    text = capsys.readouterr().out
    assert "\x1b" not in text
    assert all(line in text for line in EVERY[name].examples)


def test_every_argument_is_described() -> None:
    bare = [
        usage_of(parameter)
        for command in EVERY.values()
        for parameter in parameters_of(command)
        if not getattr(parameter, "help", None)
    ]
    assert not bare


def test_without_a_command_the_help_is_printed_as_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert "refresh" in output.err


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"{PROGRAM} {version('nhs-digital-maturity')}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--home", "{}/one", "query", "select 1"],
        ["query", "--home", "{}/one", "select 1"],
        ["query", "select 1", "--home={}/one"],
        ["--home", "{}/other", "query", "select 1", "--home", "{}/one"],
    ],
)
def test_the_home_is_named_before_or_after_the_command_and_the_last_one_wins(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([argument.format(tmp_path) for argument in arguments]) == 1
    assert f"expected {tmp_path / 'one'}/releases" in capsys.readouterr().err


def test_a_folder_stays_the_home_when_the_working_folder_changes_and_an_address_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    parsed(["--home", "here", "verify"])
    assert os.environ[HOME] == str(tmp_path / "here")
    parsed(["verify", "--home", "s3://bucket/prefix"])
    assert os.environ[HOME] == "s3://bucket/prefix"


@pytest.mark.parametrize(
    ("arguments", "suggestion"),
    [
        (["qurey", "select 1"], "did you mean query?"),
        (["query", "select 1", "--formt", "csv"], "did you mean --format"),
        (["--homee", "x", "verify"], "--home?"),
    ],
)
def test_a_mistyped_command_or_option_is_wrong_usage_with_the_nearest_one(
    arguments: list[str], suggestion: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert suggestion in error
    assert re.fullmatch(r"digital-maturity: No such (command|option) [^\n]*--help`\.\n", error)


def test_a_mistyped_source_is_wrong_usage_with_the_nearest_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--home", str(tmp_path), "freeze", "ericc", "2023/24"]) == 2
    assert "did you mean eric?" in capsys.readouterr().err


# Imports


@pytest.mark.parametrize("name", EVERY)
def test_help_needs_no_heavy_library(name: str) -> None:
    assert not HEAVY & imported([name, "--help"])


def test_help_is_printed_at_once_and_imports_one_command_only_when_it_is_used() -> None:
    before = seconds_worked()
    modules = imported(["query", "--help"])
    assert seconds_worked() - before < 0.4
    assert not (HEAVY | {"duckdb"}) & modules
    own = {module.rpartition(".")[2] for module in modules if module.startswith("pipelines.commands.")}
    assert own & set(program.MODULES.values()) == {"query"}


def imported(arguments: list[str]) -> set[str]:
    """Return the modules that a command line imports in a process of its own."""
    script = "import sys; from pipelines.cli import main; main(sys.argv[1:]); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, timeout=60, check=True
    )
    return set(done.stdout.splitlines()[-1].split())


def seconds_worked() -> float:
    """Return the seconds that processes of this one have worked: waiting for a busy machine is no fault of theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
