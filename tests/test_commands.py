"""The command line: every example parses, help is told at once, pages of checks name every suite and file."""

import resource
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from assets.catalogue import sources
from pipelines import data_docs
from pipelines.cli import main
from pipelines.commands.parser import PROGRAM, parser
from pipelines.storage.home import Home
from tools.documents.commands import arguments_of, commands_of, examples_of, words_of

EVERY = commands_of(parser())
EXAMPLES = [(name, line) for name, sub in {"": parser(), **EVERY}.items() for line in examples_of(sub)]


@pytest.mark.parametrize("name", EVERY)
def test_every_command_has_examples_of_itself(name: str) -> None:
    lines = examples_of(EVERY[name])
    assert lines
    assert all(line.split()[:2] == [PROGRAM, name] for line in lines)


@pytest.mark.parametrize("line", [line for _, line in EXAMPLES])
def test_every_example_is_understood(line: str) -> None:
    program, *arguments = shlex.split(line)
    assert program == PROGRAM
    assert callable(parser().parse_args(arguments).command)


def test_an_example_with_an_unknown_option_would_be_found(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parser().parse_args(["refresh", "--artificial"])
    assert "--artificial" in capsys.readouterr().err


def test_every_example_shows_another_option_or_argument_and_none_is_repeated() -> None:
    lines = [line for name, line in EXAMPLES if name]
    assert len(lines) == len(set(lines))


@pytest.mark.parametrize("name", EVERY)
def test_help_is_plain_text_with_the_examples(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main([name, "--help"])
    told = capsys.readouterr().out
    assert left.value.code == 0
    assert "\x1b" not in told
    assert all(line in told for line in examples_of(EVERY[name]))


def test_help_is_told_at_once_and_without_libraries() -> None:
    script = (
        "import sys\nfrom pipelines.cli import main\ntry:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'dagster', 'pandas', 'pyarrow', 'sqlalchemy', 'great_expectations', 'duckdb', 'requests'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    before = _worked()
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert _worked() - before < 0.4


def _worked() -> float:
    """Return the seconds that processes of this one have worked: waiting for a busy machine is no fault of theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


# --- data-docs


def test_data_docs_are_pages_that_name_the_suite_of_a_source_and_each_file_in_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "pages"
    for _ in range(2):  # the second time older pages make room
        assert (
            main(["data-docs", "--source", "epr", "--out", str(out), "--home", str(tmp_path / "home")]) == 0
        )
        told = capsys.readouterr()
        assert told.out == f"{out / 'index.html'}\n"
        assert "load fonts, styles and scripts from other sites" in told.err
        (page,) = out.glob("validations/epr_staged/**/*.html")
        index = (out / "index.html").read_text("utf-8")
        assert "epr_staged" in index
        assert page.stem in index
    suite = (out / "expectations" / "epr_staged.html").read_text("utf-8")
    assert f"contains {len(sources()['epr'].expectations)} total Expectations" in suite


def test_data_docs_never_empty_a_folder_of_somebody_else(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("artificial")
    with pytest.raises(FileExistsError, match="name another folder with --out"):
        data_docs.write([], Home(tmp_path / "home"), tmp_path)
    assert (tmp_path / "index.html").read_text() == "artificial"


def test_data_docs_of_an_unknown_source_are_wrong_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data-docs", "--source", "artificial", "--home", str(tmp_path)]) == 2
    assert "expected one of" in capsys.readouterr().err


def test_every_argument_is_described() -> None:
    bare = [words_of(action) for sub in EVERY.values() for action in arguments_of(sub) if not action.help]
    assert not bare
