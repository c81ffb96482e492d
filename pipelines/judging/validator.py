"""Great Expectations in separate worker processes.

Its import takes longer than all the checks here. A server (`pipelines.workers`) imports it once, while the main process
reads its files, and is forked for each worker, so that a machine with two cores does not wait for it. The workers serve
a whole run, end with the process that started them, however that ends, and read tables only as Parquet files. An idle
worker may do other work that needs only such files.
"""

from __future__ import annotations

import os
import threading
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from pipelines.judging.expectation_results import validate
from pipelines.workers.fork_server import TURN, leave_with_parent, server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from assets.contract.expectations import Expectation
    from pipelines.judging.expectation_results import CheckResult

T = TypeVar("T")
WORKERS = min(2, os.cpu_count() or 1)
PATIENCE = 300
"""Seconds that an answer may take, including the start of the server."""
_LOCK = threading.Lock()


@cache
def _pool() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(max_workers=WORKERS, mp_context=server(), initializer=leave_with_parent)


@cache
def _threads() -> ThreadPoolExecutor:
    """Return the threads that submit work; the first one waits for the server to be ready."""
    return ThreadPoolExecutor(WORKERS, thread_name_prefix="validator")


def start() -> None:
    """Start the server and a worker early, when it is known that something will have to be validated."""
    _threads().submit(lambda: _put(_ready(), os.getpid).result())


def submit(
    table: Path, expectations: Sequence[Expectation], *, key: Sequence[str]
) -> Callable[[], list[CheckResult]]:
    """Submit all expectations on a Parquet file; return a function that waits for their results, in order."""
    return in_background(_validate, table, tuple(expectations), tuple(key))


@contextmanager
def meanwhile(call: Callable[..., object], *given: Any, patience: float | None = None) -> Iterator[None]:
    """Run a call in a worker during the `with` block; at its end both have finished or failed.

    It may take `patience` seconds (None: `PATIENCE`).
    """
    answer = in_background(call, *given, patience=patience)
    try:
        yield
    finally:
        answer()


def in_background(call: Callable[..., T], *given: Any, patience: float | None = None) -> Callable[[], T]:
    """Send a call to the workers; return a function that waits for the answer and raises what the call raises.

    Workers that were killed meanwhile, or do not answer within `patience` seconds (None: `PATIENCE`), are replaced once;
    then the function raises.
    """

    def answer() -> T:
        pool = _ready()
        try:
            return _put(pool, call, *given).result(patience or PATIENCE)
        except (BrokenExecutor, TimeoutError):
            _replace(pool)
            return _put(_ready(), call, *given).result(patience or PATIENCE)

    return _threads().submit(answer).result


def _put(pool: ProcessPoolExecutor, call: Callable[..., T], *given: Any) -> Future[T]:
    """Submit a call to a pool, which starts another worker if there are not enough."""
    with TURN:
        return pool.submit(call, *given)


def _ready() -> ProcessPoolExecutor:
    with _LOCK:
        return _pool()


def _replace(pool: ProcessPoolExecutor) -> None:
    """End the workers of a pool that does not answer; the next call starts another pool."""
    with _LOCK:
        if _pool() is pool:
            _pool.cache_clear()
            for worker in list((pool._processes or {}).values()):  # noqa: SLF001 - Python 3.14 has kill_workers
                worker.kill()


def _validate(table: Path, expectations: Sequence[Expectation], key: Sequence[str]) -> list[CheckResult]:
    from pipelines.storage.parquet import read_parquet, to_pandas

    return validate(to_pandas(read_parquet(table)), expectations, key=key)
