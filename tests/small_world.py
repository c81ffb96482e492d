"""A small world: one artificial source, a handful of tables, a refresh in tenths of a second that may die at any step.

`small_product` is what is small of the product, `small_world_server` the process that runs it; `World` starts that
process and puts requests to it.
"""

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).parents[1]
OLD = "code,score\nX11,1111\nX22,2222\n"
NEW = "code,score\nX11,1111\nX22,3333\nX33,4444\n"
LATER = "2026-01-01T07:00:00+00:00"
"""An hour after what a refresh takes for now unless another time is given."""


@dataclass(frozen=True)
class Request:
    """A refresh: of which home, with what answer of the publisher, at what time; and what befalls it.

    `answer` is text of the file, or None where nobody answers. Before the first change to the home whose kind matches
    `within` and is not among `spared`, or before the one of number `number`, the process is killed; with an `errno` that
    change and all after it are refused instead. No file can grow beyond `largest` bytes, and with `dies_of_it` the
    process is killed in the middle of the write that tries. `user` is whose rights the process has. With `keep`, only the
    newest releases stay.
    """

    home: str
    answer: str | None
    clock: str = "2026-01-01T06:00:00+00:00"
    code: str = "the code"
    within: str = ""
    spared: tuple[str, ...] = ()
    number: int = 0
    errno: int = 0
    largest: int = 0
    dies_of_it: bool = False
    user: int = 0
    keep: int = 0


@dataclass(frozen=True)
class Answer:
    """How a refresh ended: with what outcome or error, by what signal, after which kinds of changes to its home.

    `order` says what it wrote to the disk, and in which folder it gave a name: `synced` or `named`, and the inode.
    """

    outcome: str
    error: str
    signal: int
    changes: tuple[str, ...]
    order: tuple[tuple[str, int], ...]


class World:
    """The process that refreshes the small world, a request at a time."""

    def __enter__(self) -> "World":
        path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
        self._process = subprocess.Popen(
            [sys.executable, str(ROOT / "tests" / "small_world_server.py")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": path},
        )  # fmt: skip
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def refresh(self, home: Path, answer: str | None, **befalls: Any) -> Answer:
        """Refresh once and return how it ended."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps(asdict(Request(str(home), answer, **befalls))) + "\n")
        stdin.flush()
        found = json.loads(stdout.readline())
        order = tuple((what, inode) for what, inode in found["order"])
        return Answer(found["outcome"], found["error"], found["signal"], tuple(found["changes"]), order)


def bytes_of(home: Path) -> dict[str, bytes]:
    """Return every file of the latest release that is the same everywhere."""
    from releases import DATABASE, sums_of  # which would load what the program makes small

    folder = home / "releases" / "latest"
    return {path: (folder / path).read_bytes() for path in sums_of(folder) if path != DATABASE}


def half_written(home: Path) -> list[str]:
    """Return what a run has left that is not whole."""
    return [path.name for path in home.rglob(".*")]
