"""The program of `small_world`: it forks a child for each request, a line of JSON, and lets befall it what it says.

Every change to the home folder that Python is about to make is announced by the interpreter (an audit hook), whoever
makes it: there the child is killed or refused. What other libraries write is met by the limit on the size of a file.
"""

import importlib
import json
import os
import re
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from small_product import refresh_once
from small_world import Request

Work = Callable[[Request], str]
CHANGES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.symlink", "os.truncate", "sqlite3.connect")
"""What Python says before it changes a folder; a file that is opened to be written is known by its flags."""
KEPT = {(), ("archive",), ("releases",)}
"""What of a home must not be lost: all else can be made again."""
RANDOM = r"(?<=\.writing-)[^/]+?(?=-\d+$|$)|(?<=\.building-)\d+|[0-9a-f]{64}|(?<=releases/)\d{8}T\d{6}Z|-\d+$|(?<=/csv/)[a-z_]+|(?<=/parquet/)[a-z_]+"
"""What in a path is another each time, or of a table: one stands for all."""


def _befall(request: Request, changes: list[str], say: Callable[[], None]) -> None:
    """Write down every change to the home from now on, and let happen what the request says."""
    home = Path(request.home)
    refused = False

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal refused
        change = _change(event, arguments, home)
        if not change:
            return
        changes.append(change)
        strikes = request.within and re.match(request.within, change) and change not in request.spared
        if strikes or len(changes) == request.number:
            refused = True
        if refused and not request.errno:
            say()
            os.kill(os.getpid(), signal.SIGKILL)
        if refused and not change.startswith(("os.remove", "os.rmdir")):
            raise OSError(request.errno, os.strerror(request.errno), str(arguments[0]))

    sys.addaudithook(watch)
    if request.largest:
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL if request.dies_of_it else signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (request.largest, resource.RLIM_INFINITY))
    if request.user:
        os.setgroups([])
        os.setgid(request.user)
        os.setuid(request.user)


def _watch_the_disk(home: str, order: list[tuple[str, int]]) -> None:
    """Write down what is synced, and in which folders of what is kept names are given, from now on."""
    fsync = os.fsync

    def synced(number: int) -> None:
        fsync(number)
        order.append(("synced", os.fstat(number).st_ino))

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event in {"os.rename", "os.mkdir"}:
            path = Path(os.fsdecode(arguments[event == "os.rename"]))
            if path.is_relative_to(home) and path.relative_to(home).parts[:1] in KEPT:
                order.append(("named", path.parent.stat().st_ino))

    os.fsync = synced
    sys.addaudithook(watch)


def _change(event: str, arguments: tuple[Any, ...], home: Path) -> str:
    """Return the kind of a change to the home that Python is about to make; empty where it is none."""
    if event == "open":
        writes = (arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        event = "write" if writes and not Path(os.fsdecode(arguments[0])).is_dir() else ""
    elif event not in CHANGES:
        event = ""
    path = str(arguments[event == "os.symlink"]) if event else ""
    if not path.startswith(f"{home}/"):
        return ""
    return f"{event} {re.sub(RANDOM, '', str(Path(path).relative_to(home)))}"


def _child(request: Request, work: Work, sender: int) -> None:
    """Refresh, and tell how it ended."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    found: dict[str, Any] = {"outcome": "", "error": "", "changes": [], "order": []}

    def say() -> None:
        os.write(sender, json.dumps(found).encode())

    try:
        _befall(request, found["changes"], say)
        _watch_the_disk(request.home, found["order"])
        found["outcome"] = work(request)
    except Exception as error:
        found["error"] = f"{type(error).__name__}: {error}"
        if "SMALL_WORLD_DEBUG" in os.environ:
            traceback.print_exc()
    say()
    os._exit(0)


def _fork(request: Request, work: Work) -> dict[str, Any]:
    receiver, sender = os.pipe()
    child = os.fork()
    if not child:
        _child(request, work, sender)
    os.close(sender)
    with os.fdopen(receiver) as reported:
        found = reported.read()
    _, status = os.waitpid(child, 0)
    ended = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    answer = json.loads(found) if found else {"outcome": "", "error": "", "changes": [], "order": []}
    return {**answer, "signal": ended}


def serve() -> None:
    """Fork a child for each request and answer it."""
    with TemporaryDirectory() as scratch:  # so that no child has to import anything
        first = Request(f"{scratch}/home", "code,score\nX11,1111\n")
        found = _fork(first, lambda request: " ".join([refresh_once(request), *sys.modules]))
    for name in found["outcome"].split()[1:]:
        with suppress(ImportError):
            importlib.import_module(name)
    for line in sys.stdin:
        print(json.dumps(_fork(Request(**json.loads(line)), refresh_once)), flush=True)


if __name__ == "__main__":
    serve()
