"""Great Expectations in processes of its own.

Its import takes longer than everything it is asked here. A server imports it once, while the first process reads its
files, and is forked for each worker, so a machine with two cores waits for neither. The server and its workers serve a
whole run, end with the process that started them, however that ends, and know tables only as Parquet files.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor, ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING

from pipelines.expectations import validate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from assets.source import Expectation
    from pipelines.expectations import CheckResult

WORKERS = min(2, os.cpu_count() or 1)
PATIENCE = 300
"""Seconds that an answer may take, the start of the server included."""
_LOCK = threading.Lock()
NEEDED = ("great_expectations", "pipelines.arrow", "pipelines.validator")


@cache
def _pool() -> ProcessPoolExecutor:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(NEEDED))
    return ProcessPoolExecutor(max_workers=WORKERS, mp_context=context, initializer=_leave_with_parent)


@cache
def _asking() -> ThreadPoolExecutor:
    """Return the threads that put questions: the first to ask waits for the server to be ready."""
    return ThreadPoolExecutor(WORKERS, thread_name_prefix="validator")


def _leave_with_parent() -> None:
    """Leave when the process that asks is gone, even if it was killed."""

    def watch() -> None:
        parent = multiprocessing.parent_process()
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def start() -> None:
    """Begin to warm up, where it is known that something will have to be validated."""
    _asking().submit(lambda: _ready().submit(os.getpid).result())


def submit(
    table: Path, expectations: Sequence[Expectation], *, key: Sequence[str]
) -> Callable[[], list[CheckResult]]:
    """Ask for every expectation on a Parquet file; return what waits for one answer each, in their order.

    Workers that were killed meanwhile, or do not answer, are replaced once; then the answer raises.
    """
    question = (table, tuple(expectations), tuple(key))

    def ask() -> list[CheckResult]:
        pool = _ready()
        try:
            return pool.submit(_validate, *question).result(PATIENCE)
        except (BrokenExecutor, TimeoutError):
            _replace(pool)
            return _ready().submit(_validate, *question).result(PATIENCE)

    return _asking().submit(ask).result


def _ready() -> ProcessPoolExecutor:
    with _LOCK:
        return _pool()


def _replace(pool: ProcessPoolExecutor) -> None:
    """End the workers of a pool that does not answer; the next question begins another."""
    with _LOCK:
        if _pool() is pool:
            _pool.cache_clear()
            for worker in multiprocessing.active_children():
                worker.kill()


def _validate(table: Path, expectations: Sequence[Expectation], key: Sequence[str]) -> list[CheckResult]:
    from pipelines.arrow import read_parquet, to_pandas

    return validate(to_pandas(read_parquet(table)), expectations, key=key)
