"""Pages that are run: each query is followed by its answer, each command must work. Shared by the tests of such pages."""

import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

ANSWERED = re.compile(r"```sql\n(.*?)```\n+(?:<!-- answer -->\n|((?:\|[^\n]*\n)+))", re.DOTALL)
COMMANDS = re.compile(r"```sh\n(.*?)```", re.DOTALL)
PROGRAM = Path(sys.executable).with_name("digital-maturity")


def questions(text: str) -> list[tuple[str, str]]:
    """Return each query of a page with the table below it."""
    return ANSWERED.findall(text)


def commands(text: str) -> list[str]:
    """Return the commands of a page."""
    return [line for block in COMMANDS.findall(text) for line in block.splitlines()]


def run(command: str, home: Path) -> str:
    """Run a command of a page on a home and return what it says; raise AssertionError where it fails."""
    arguments = [PROGRAM, *shlex.split(command)[1:], "--home", home]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return rows as a page shows them; nothing stands for a missing value."""
    lines = [header, *rows]
    shown = ["| " + " | ".join("" if cell is None else str(cell) for cell in line) + " |\n" for line in lines]
    return "".join([shown[0], "|" + " --- |" * len(header) + "\n", *shown[1:]])


def write(page: Path, ask: Callable[[str], str]) -> None:
    """Write the answers of a page anew, each as `ask` gives it."""
    text = ANSWERED.sub(lambda found: f"```sql\n{found[1]}```\n\n{ask(found[1])}", page.read_text("utf-8"))
    page.write_text(text, "utf-8")
