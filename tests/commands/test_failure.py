"""How commands end that do not succeed: exit codes, one sentence, tracebacks on request, colour on a terminal."""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from assets.contract.errors import BusyError, DigitalMaturityError, MachineError, RefusedError, UsageError
from pipelines.cli import main
from pipelines.commands.command_line import DEBUG
from pipelines.queries import verify_release


def raising(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_name: str) -> None:
        raise error

    monkeypatch.setattr(verify_release, "release_named", fail)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (DigitalMaturityError("Artificial."), 1),
        (RefusedError("Artificial."), 1),
        (UsageError("Artificial."), 2),
        (BusyError("Artificial."), 3),
        (MachineError("Artificial."), 1),
    ],
)
def test_an_error_of_the_product_is_its_sentence_and_its_exit_code(
    error: Exception, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raising(error, monkeypatch)
    assert main(["verify"]) == code
    assert capsys.readouterr().err == "digital-maturity: Artificial.\n"


@pytest.mark.parametrize("error", [KeyError("artificial"), ValueError("artificial\nlines"), FileNotFoundError(2, "artificial", "x")])  # fmt: skip
def test_any_other_exception_is_a_bug_with_what_to_do(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raising(error, monkeypatch)
    assert main(["verify"]) == 70
    message = capsys.readouterr().err
    assert re.fullmatch(
        rf"digital-maturity: Unexpected {type(error).__name__} \(.*artificial.*\): this is a bug .*--debug.*report.*\n", message
    )  # fmt: skip


@pytest.mark.parametrize(("error", "found"), [(OSError(28, "No room", "/x"), "No room (/x)"), (MemoryError(), "not enough memory")])  # fmt: skip
def test_a_full_machine_is_no_bug(
    error: Exception, found: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raising(error, monkeypatch)
    assert main(["verify"]) == 1
    assert f"found {found};" in capsys.readouterr().err


@pytest.mark.parametrize("where", ["before", "after", "environment"])
def test_the_traceback_is_shown_on_request(
    where: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raising(KeyError("artificial"), monkeypatch)
    if where == "environment":
        monkeypatch.setenv(DEBUG, "1")
    arguments = {"before": ["--debug", "verify"], "after": ["verify", "--debug"], "environment": ["verify"]}
    assert main(arguments[where]) == 70
    error = capsys.readouterr().err
    assert error.startswith("Traceback (most recent call last):")
    assert error.splitlines()[-1].startswith("digital-maturity: Unexpected KeyError")


def test_an_interrupt_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raising(KeyboardInterrupt(), monkeypatch)
    assert main(["verify"]) == 130
    assert re.fullmatch(r"digital-maturity: Interrupted; [^\n]*\.\n", capsys.readouterr().err)


@pytest.mark.parametrize(("no_color", "coloured"), [(None, True), ("", True), ("1", False)])
def test_errors_are_coloured_on_a_terminal_unless_no_color_is_set(
    no_color: str | None, coloured: bool, tmp_path: Path
) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    if no_color is not None:
        environment["NO_COLOR"] = no_color
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "pipelines.cli", "--home", str(tmp_path), "query", "select 1"]
    subprocess.run(command, stderr=theirs, env=environment, timeout=60, check=False)
    error = os.read(ours, 10_000).decode()
    os.close(ours)
    os.close(theirs)
    assert ("\x1b[31m" in error) == coloured
    assert "digital-maturity:" in error


@pytest.mark.parametrize("arguments", ["query --help", "sources"])
def test_a_reader_who_leaves_early_is_no_error(arguments: str, tmp_path: Path) -> None:
    script = (
        f"{sys.executable} -m pipelines.cli --home {tmp_path} {arguments} | true; echo ${{PIPESTATUS[0]}}"
    )
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert (done.stdout, done.stderr) == ("0\n", "")


def test_a_working_folder_that_was_removed_is_no_bug(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "removed"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    monkeypatch.delenv("DIGITAL_MATURITY_HOME", raising=False)
    for arguments in (["verify"], ["--home", "relative", "verify"]):
        assert main(arguments) == 1
        assert "found that the working folder was removed;" in capsys.readouterr().err


@pytest.mark.parametrize("closed", ["2>&-", ">&-", "<&- >&- 2>&-"])
def test_a_stream_that_is_closed_is_no_error_and_no_file_takes_its_place(closed: str, tmp_path: Path) -> None:
    script = (
        "import os, sys; from pipelines import cli; sys.argv[1:] = ['sources']; code = cli.main(); "
        f"os._exit(code or min(os.open({str(tmp_path / 'file')!r}, os.O_CREAT), 3) - 3)"
    )
    command = ["bash", "-c", f'"{sys.executable}" -c "{script}" {closed}']
    environment = {**os.environ, "DIGITAL_MATURITY_HOME": str(tmp_path / "home")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_device_that_is_full_is_a_sentence(unbuffered: str) -> None:
    command = f"PYTHONUNBUFFERED={unbuffered} {sys.executable} -m pipelines.cli --help > /dev/full"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert re.fullmatch(r"digital-maturity: .*No space left on device.*\n", done.stderr)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--home", "", "sources"],
        ["query", "-f", ""],
        ["ingest", "dspt", "", "--edition", "2025"],
        ["resolve", "--csv", "", "--column", "a"],
        ["site", "--to", ""],
    ],
)
def test_an_empty_path_is_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert re.search(r"expected a (path|folder or a URL), found nothing\. See ", capsys.readouterr().err)


@pytest.mark.parametrize("option", [["site", "--to", "x", "--base-url"], ["ingest", "dspt", "x", "--edition", "2025", "--url"]])  # fmt: skip
@pytest.mark.parametrize(
    "address",
    ["javascript:x", "https://[::1", "https://example.org:99999/", "https://example.org:0/", "https://", "data.example.org",
     "https://someone:secret@example.org/", "https://someone:secret@[::1", "https://example.org/a b", "https://example.org/\na"],
)  # fmt: skip
def test_an_address_that_is_published_is_one_of_the_web_without_a_secret(
    option: list[str], address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*option, address]) == 2
    error = capsys.readouterr().err
    assert "expected an address such as https://example.org/page" in error
    assert "secret" not in error
    assert error.count("\n") == 1
