"""Great Expectations in processes of its own.

Its import takes longer than everything it is asked here. A server imports it once (`processes`), while the first process
reads its files, and is forked for each worker, so a machine with two cores waits for neither. The workers serve a whole
run, end with the process that started them, however that ends, and know tables only as Parquet files. One that is idle
may do something else that is written from such files.
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
"""Seconds that an answer may take, the start of the server included."""
_LOCK = threading.Lock()


@cache
def _pool() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(max_workers=WORKERS, mp_context=server(), initializer=leave_with_parent)


@cache
def _asking() -> ThreadPoolExecutor:
    """Return the threads that put questions: the first to ask waits for the server to be ready."""
    return ThreadPoolExecutor(WORKERS, thread_name_prefix="validator")


def start() -> None:
    """Begin to warm up, where it is known that something will have to be validated."""
    _asking().submit(lambda: _put(_ready(), os.getpid).result())


def submit(
    table: Path, expectations: Sequence[Expectation], *, key: Sequence[str]
) -> Callable[[], list[CheckResult]]:
    """Ask for every expectation on a Parquet file; return what waits for one answer each, in their order."""
    return _ask(_validate, table, tuple(expectations), tuple(key))


@contextmanager
def meanwhile(call: Callable[..., object], *given: Any) -> Iterator[None]:
    """Have a worker do something beside what is done here; both are done, or failed, at the end."""
    answer = _ask(call, *given)
    try:
        yield
    finally:
        answer()


def _ask(call: Callable[..., T], *given: Any) -> Callable[[], T]:
    """Put a question to the workers; return what waits for the answer.

    Workers that were killed meanwhile, or do not answer, are replaced once; then the answer raises.
    """

    def ask() -> T:
        pool = _ready()
        try:
            return _put(pool, call, *given).result(PATIENCE)
        except (BrokenExecutor, TimeoutError):
            _replace(pool)
            return _put(_ready(), call, *given).result(PATIENCE)

    return _asking().submit(ask).result


def _put(pool: ProcessPoolExecutor, call: Callable[..., T], *given: Any) -> Future[T]:
    """Put a question to a pool, which starts a worker where there are not enough."""
    with TURN:
        return pool.submit(call, *given)


def _ready() -> ProcessPoolExecutor:
    with _LOCK:
        return _pool()


def _replace(pool: ProcessPoolExecutor) -> None:
    """End the workers of a pool that does not answer; the next question begins another."""
    with _LOCK:
        if _pool() is pool:
            _pool.cache_clear()
            for worker in list((pool._processes or {}).values()):  # noqa: SLF001 - Python 3.14 has kill_workers
                worker.kill()


def _validate(table: Path, expectations: Sequence[Expectation], key: Sequence[str]) -> list[CheckResult]:
    from pipelines.storage.parquet import read_parquet, to_pandas

    return validate(to_pandas(read_parquet(table)), expectations, key=key)
