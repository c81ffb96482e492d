"""One SELECT that a user wrote, in a child process: it may crash, exhaust memory or never end, and each gives one sentence.

A database without access to anything else still runs what a user writes, and some queries end its process or never end. The child is forked before DuckDB is connected, which costs milliseconds, and sends its rows in small
batches: neither side holds an answer whole.
"""

import json
import math
import os
import re
import resource
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from itertools import count, islice
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from textwrap import indent
from typing import Any, NoReturn

import duckdb

from assets.contract.terminal_controls import TERMINAL_CONTROLS
from pipelines.queries.name_suggestions import suggestion
from pipelines.queries.release_query import QueryError, connected, database, reason

PATIENCE = 60
"""Seconds that the child may be waited for; what the reader takes to read does not count."""
MEMORY = 3 << 30
"""Bytes of memory that the child may use; DuckDB's own limit is lower (`release_query.CLOSED`)."""
BATCH = 1000
SCREENFUL = 100_000
CONTROLS = re.compile(f"[{TERMINAL_CONTROLS}]")
"""What a terminal obeys and JSON does not escape of itself."""
CUT = re.compile(r"\b(INTERVAL|TIMESTAMP_NS)\b")
"""Types whose values Python would alter: it makes thirty days of a month, and has no nanoseconds."""
PIVOT = re.compile(r"\bpivot\b", re.IGNORECASE)
Row = tuple[Any, ...]


def answer(sql: str, *, patience: float | None = None) -> tuple[list[str], Iterator[Row]]:
    """Return the header and the rows of one SELECT on the latest release, as they come within `patience` seconds (None: `PATIENCE`).

    Raises QueryError, here or while the rows are read, for any other statement, for an answer that takes too long, and for a query that ends the
    process.
    """
    path = database()
    receiver, sender = Pipe()
    child = os.fork()
    if not child:
        receiver.close()
        _child(path, sql, sender)
    sender.close()
    messages = _messages(child, receiver, patience or PATIENCE)
    return next(messages), (row for batch in messages for row in batch)


def on_screen(rows: Iterator[Row]) -> list[Row]:
    """Return the rows of a table on a screen, whose widths need all of them; raise QueryError if there are too many."""
    found = list(islice(rows, SCREENFUL + 1))
    if len(found) > SCREENFUL:
        raise QueryError(
            f"Asking the release: expected at most {SCREENFUL:,} rows for a table, found more; add a LIMIT, or use --format csv."
        )
    return found


def as_json(header: list[str], rows: Iterator[Row]) -> Iterator[str]:
    """Yield an array of objects, piece by piece; the second of two columns named `a` is `a_1`, and NaN and infinity are null."""
    names, before = _distinct(header), "[\n"
    for row in rows:
        named = dict(zip(names, map(plain, row), strict=True))
        entry = json.dumps(named, indent=1, ensure_ascii=False, allow_nan=False)
        yield before + indent(CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", entry), " ")
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"


def _distinct(header: list[str]) -> list[str]:
    """Return the names of columns, with a number behind each that an earlier column has."""
    names: list[str] = []
    for name in header:
        numbered = (f"{name}_{number}" for number in count(1))
        names.append(name if name not in names else next(n for n in numbered if n not in {*header, *names}))
    return names


def plain(value: Any) -> Any:
    """Return a value as JSON has it: NaN and infinity as null, bytes as hexadecimal digits, days and the like as text.

    A decimal is a number, unless that would not be exact.
    """
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return float(value) if Decimal(repr(float(value))) == value else str(value)
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, bytes):
        return value.hex()
    return value if value is None or isinstance(value, str | int) else str(value)


def flat(row: Row) -> Row:
    """Return a row for a format with one text in each cell: lists and structures as JSON, bytes as hexadecimal digits."""
    return tuple(map(_flat, row))


def _flat(value: Any) -> Any:
    if isinstance(value, list | tuple | dict):
        return json.dumps(plain(value), ensure_ascii=False)
    return value.hex() if isinstance(value, bytes) else value


# In the process that asks


def _messages(child: int, receiver: Connection, patience: float) -> Iterator[Any]:
    """Yield what the child sends, the header first; raise what it says is wrong, and end it in any case."""
    left = patience
    try:
        while True:
            begun = time.monotonic()
            if not receiver.poll(left):
                raise QueryError(
                    f"Asking the release: expected an answer within {patience:g} s, found none; ask for less, or open its database with DuckDB."
                )
            left = max(left - (time.monotonic() - begun), 0)
            message = receiver.recv()
            if isinstance(message, str):
                raise QueryError(message)
            if not message:
                return
            yield message
    except EOFError:
        raise QueryError(_ended(child)) from None
    finally:
        receiver.close()
        with suppress(ProcessLookupError, ChildProcessError):
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _ended(child: int) -> str:
    """Return how a child ended that did not answer."""
    _, status = os.waitpid(child, 0)
    how = (
        f"ended by signal {os.WTERMSIG(status)} ({signal.Signals(os.WTERMSIG(status)).name})"
        if os.WIFSIGNALED(status)
        else f"ended with status {os.waitstatus_to_exitcode(status)}"
    )
    return f"Asking the release: expected an answer, found DuckDB {how}; the release is as it was; change the query."


# In the child


def _child(path: Path, sql: str, sender: Connection) -> NoReturn:
    """Answer, and leave without anything that Python or DuckDB would do at the end."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    threading.Thread(target=_end_with_the_reader, args=[sender], daemon=True).start()
    try:
        _limit()
        for message in _answers(path, sql):
            sender.send(message)
    finally:
        os._exit(1)


def _end_with_the_reader(sender: Connection) -> None:
    """End this process as soon as nobody holds the other end, however the process that asks ended."""
    with suppress(OSError):
        sender.poll(None)  # nothing is ever sent this way
    os._exit(1)


def _answers(path: Path, sql: str) -> Iterator[Any]:
    """Yield the header, batches of rows and an empty one at the end; or what is wrong, in a sentence."""
    try:
        with connected(path) as connection:
            try:
                yield from _rows(connection, sql)
            except duckdb.Error as error:
                yield f"Asking the release: {reason(error)}{suggestion(error, connection) or '.'}"
    except QueryError as error:
        yield str(error)
    except MemoryError:
        yield f"Asking the release: expected an answer within {MEMORY >> 20} MiB of memory, found none; ask for less."


def _rows(connection: duckdb.DuckDBPyConnection, sql: str) -> Iterator[Any]:
    """Yield the header, batches of rows and an empty one; one sentence for anything but one SELECT."""
    statements = connection.extract_statements(sql)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        values = ", and name the values of a PIVOT: ON column IN (...)" if PIVOT.search(sql) else ""
        yield f"Asking the release: expected one SELECT, found something else; write one SELECT statement{values}."
        return
    result = connection.execute(statements[0])
    for name, kind, *_ in result.description:
        if CUT.search(str(kind)):
            yield f"Asking the release: expected columns that can be printed exactly, found {kind} in {name[:100]}; cast it to varchar."
            return
    yield [column[0] for column in result.description]
    while rows := result.fetchmany(BATCH):
        yield rows
    yield []


def _limit() -> None:
    """Lower what this process may use, and say nothing on the terminal: DuckDB aborts in words of its own."""
    seconds = PATIENCE * (os.cpu_count() or 1)  # ends it also where the process that asks was killed
    for kind, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_DATA, MEMORY),
    ):
        _, hard = resource.getrlimit(kind)
        resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
