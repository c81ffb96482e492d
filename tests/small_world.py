"""A small world: one artificial source, a handful of tables, a refresh in tenths of a second that may die at any step.

What is the product's own: archive, staging, parsing, audit, warehouse, every writer but those of the workbook and the
explorer, the pointer, the comparison with the release before. What is small: nine tables are published, and the parser
and the one check run where the refresh does, without Great Expectations.

`python tests/small_world.py` imports all that once and then forks a child for each request, a line of JSON; a child may
be killed, be refused the disk, or be given another clock. `World` is the other end.
"""

import importlib
import json
import os
import re
import resource
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace, TracebackType
from typing import Any

ROOT = Path(__file__).parents[1]
NAMES = (
    "tiny_score",
    "source_status",
    "source_file",
    "rejected_row",
    "unmatched_organisation",
    "caveat",
    "check_result",
    "data_dictionary",
    "release_change",
)
"""The tables of the small world."""
OLD = "code,score\nX11,1111\nX22,2222\n"
NEW = "code,score\nX11,1111\nX22,3333\nX33,4444\n"
LATER = "2026-01-01T07:00:00+00:00"
"""An hour after what a refresh takes for now unless it is told otherwise."""
CHANGES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.symlink", "os.truncate", "sqlite3.connect")
"""What Python says before it changes a folder; a file that is opened to be written is told apart by its flags."""
RANDOM = r"(?<=\.writing-)[^/]+?(?=-\d+$|$)|(?<=\.building-)\d+|[0-9a-f]{64}|(?<=releases/)\d{8}T\d{6}Z|-\d+$|(?<=/csv/)[a-z_]+"
"""What in a path is another each time, or of a table: one stands for all."""


@dataclass(frozen=True)
class Request:
    """A refresh: of which home, with what answer of the publisher, at what time; and what befalls it.

    `answer` is text of the file, or None where nobody answers. Before the first change to the home whose kind matches
    `within` and is not among `spared`, or before the one of number `number`, the process is killed; with an `errno` that
    change and all after it are refused instead. No file can grow beyond `largest` bytes, and with `dies_of_it` the
    process is killed in the middle of the write that tries. `user` is whose rights the process has.
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


@dataclass(frozen=True)
class Answer:
    """How a refresh ended: with what outcome or error, by what signal, after which kinds of changes to its home."""

    outcome: str
    error: str
    signal: int
    changes: tuple[str, ...]


class World:
    """The process that refreshes the small world, a request at a time."""

    def __enter__(self) -> "World":
        path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
        self._process = subprocess.Popen(
            [sys.executable, __file__],
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
        told = json.loads(stdout.readline())
        return Answer(told["outcome"], told["error"], told["signal"], tuple(told["changes"]))


def bytes_of(home: Path) -> dict[str, bytes]:
    """Return every file of the latest release that is the same everywhere."""
    from releases import DATABASE, sums_of  # which would load what the program makes small

    folder = home / "releases" / "latest"
    return {path: (folder / path).read_bytes() for path in sums_of(folder) if path != DATABASE}


def half_written(home: Path) -> list[str]:
    """Return what a run has left that is not whole."""
    return [path.name for path in home.rglob(".*")]


# --- the program


def _make_small() -> Callable[[Request], str]:
    """Replace what is large, before anything else looks at it; return what refreshes."""
    import assets.current
    import assets.source

    assets.source.sources = dict  # type: ignore[assignment]
    assets.current.current_tables = dict
    import pandas as pd
    import sqlalchemy as sa
    from tiny_source import Tiny

    from assets.columns import METADATA, SHA256, column, org_code, table
    from assets.facts import FACTS
    from pipelines import tables

    table(
        "tiny_score",
        "Artificial.",
        [
            org_code(),
            column("score", sa.Double, "Artificial.", unit="points", aggregation="none"),
            column("source", sa.Text, "Artificial."),
            column("edition", sa.Text, "Artificial."),
            column("source_file_sha256", sa.Text, "Artificial.", pattern=SHA256),
        ],
        key=["org_code", "edition"],
        layer=FACTS,
    )
    everything = tables.published_tables()
    tables.published_tables = lambda: {name: everything[name] for name in NAMES}  # type: ignore[assignment]
    tables.marts = dict  # type: ignore[assignment]
    from pipelines import about, core, parsing, refresh, release, staging
    from pipelines.arrow import read_parquet
    from pipelines.expectations import CheckResult
    from pipelines.fetch import Fetched, FetchError
    from pipelines.home import Home

    def build(staged: Any) -> dict[str, pd.DataFrame]:
        rows = staged["tiny"].rows.assign(source="tiny")[list(METADATA.tables["tiny_score"].columns.keys())]
        told = {name: f for name, f in about.tables_about(staged).items() if name in NAMES}
        return {
            "tiny_score": rows,
            "unmatched_organisation": tables.frame("unmatched_organisation", []),
            **told,
        }

    def checked_here(path: Path, rules: Any, *, key: Any) -> Callable[[], Any]:
        del key
        codes = read_parquet(path)["org_code"].to_pylist() if rules else []
        unique = len(codes) == len(set(codes))
        told = (unique, "passed" if unique else "failed", f"{len(codes)} codes", (), "Artificial.")
        return lambda: [CheckResult(rule.check, rule.type, "ERROR", *told) for rule in rules]

    def parsed_here(source: Any, archive: Any, vintage: Any, path: Path) -> Callable[[], Any]:
        where = {"edition": vintage.edition, "source_file_sha256": vintage.sha256}
        job = parsing.Job(archive, vintage, source.parse, source.reads_part, source.table, path)
        return lambda: parsing.examine(job.read, source.table, where, path)

    def page(tables: Any, drawn: Any, version: str, before: Any) -> str:
        del drawn, before
        return f"<!doctype html><title>{version}</title>{len(tables)} tables\n"

    core.build = build
    parsing.submit = parsed_here
    staging.submit = release.submit = checked_here  # type: ignore[assignment]
    staging.frozen_editions = lambda name: ()  # type: ignore[assignment]
    release.page = page
    release.Draughtsman = lambda home: SimpleNamespace(drawing=lambda: None, close=lambda: None)  # type: ignore[assignment, misc]
    release.write_workbook = lambda rows, path, title: path.write_text(f"{title}: {len(rows)} tables\n")  # type: ignore[assignment]
    refresh.validator.start = lambda: None
    refresh.postgres.serve = lambda path: None
    whole = Tiny(Path(os.devnull)).source

    def refresh_once(request: Request) -> str:
        class Clock(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
                return datetime.fromisoformat(request.clock).astimezone(tz)

        class Publisher:
            def fetch(self, url: str, *_: Any, **__: Any) -> Fetched:
                if request.answer is None:
                    raise FetchError(f"Fetching {url}: nobody answered; try again later")
                return Fetched(
                    request.answer.encode(), not_modified=False, etag="", last_modified="", hops=(url,)
                )

        refresh.datetime = release.datetime = Clock  # type: ignore[attr-defined, misc]
        release._code_digest = lambda: request.code  # type: ignore[assignment]
        home, found = Home(Path(request.home)), {"tiny": whole}
        refresh.archive(found, found, home, Publisher, offline=False)  # type: ignore[arg-type]
        return refresh.publish(found, home).outcome

    return refresh_once


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


def _child(request: Request, refresh_once: Callable[[Request], str], sender: int) -> None:
    """Refresh, and tell how it ended."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    told: dict[str, Any] = {"outcome": "", "error": "", "changes": []}

    def say() -> None:
        os.write(sender, json.dumps(told).encode())

    try:
        _befall(request, told["changes"], say)
        told["outcome"] = refresh_once(request)
    except Exception as error:
        told["error"] = f"{type(error).__name__}: {error}"
        if "SMALL_WORLD_DEBUG" in os.environ:
            traceback.print_exc()
    say()
    os._exit(0)


def _fork(request: Request, refresh_once: Callable[[Request], str]) -> dict[str, Any]:
    receiver, sender = os.pipe()
    child = os.fork()
    if not child:
        _child(request, refresh_once, sender)
    os.close(sender)
    with os.fdopen(receiver) as told:
        found = told.read()
    _, status = os.waitpid(child, 0)
    ended = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    answer = json.loads(found) if found else {"outcome": "", "error": "", "changes": []}
    return {**answer, "signal": ended}


def serve() -> None:
    """Fork a child for each request and answer it."""
    refresh_once = _make_small()
    with TemporaryDirectory() as scratch:  # so that no child has to import anything
        first = Request(f"{scratch}/home", "code,score\nX11,1111\n")
        told = _fork(first, lambda request: " ".join([refresh_once(request), *sys.modules]))
    for name in told["outcome"].split()[1:]:
        with suppress(ImportError):
            importlib.import_module(name)
    for line in sys.stdin:
        print(json.dumps(_fork(Request(**json.loads(line)), refresh_once)), flush=True)


if __name__ == "__main__":
    serve()
