"""Great Expectations in a process of its own.

Its import takes longer than everything it is asked here. A second process is warm by the time the first has read its
files, so a machine with two cores does not wait. It starts once, serves a whole run, ends with the process that
started it, however that ends, and knows tables only as Parquet files.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from functools import cache
from typing import TYPE_CHECKING

from pipelines.expectations import validate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future
    from pathlib import Path

    from assets.source import Expectation
    from pipelines.expectations import CheckResult


@cache
def _pool() -> ProcessPoolExecutor:
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(max_workers=1, mp_context=context, initializer=_warm_up)


def _warm_up() -> None:
    """Import what the work needs; leave when the process that asked is gone, even if it was killed."""
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    import great_expectations  # noqa: F401

    import pipelines.arrow  # noqa: F401


def _leave_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def start() -> None:
    """Begin to warm up, where it is known that something will have to be validated."""
    _pool().submit(os.getpid)


def submit(
    table: Path, expectations: Sequence[Expectation], *, key: Sequence[str]
) -> Callable[[], list[CheckResult]]:
    """Ask for every expectation on a Parquet file; return what waits for one answer each, in their order.

    A process that was killed meanwhile is started again, once.
    """
    question = (table, tuple(expectations), tuple(key))
    asked = _asked(question)

    def answer() -> list[CheckResult]:
        try:
            return asked.result()
        except BrokenExecutor:
            _pool.cache_clear()
            return _asked(question).result()

    return answer


def _asked(question: tuple[Path, tuple[Expectation, ...], tuple[str, ...]]) -> Future[list[CheckResult]]:
    """Put a question to the process; one that has ended since the last question is replaced."""
    try:
        return _pool().submit(_validate, *question)
    except BrokenExecutor:
        _pool.cache_clear()
        return _pool().submit(_validate, *question)


def _validate(table: Path, expectations: Sequence[Expectation], key: Sequence[str]) -> list[CheckResult]:
    from pipelines.arrow import read_parquet, to_pandas

    return validate(to_pandas(read_parquet(table)), expectations, key=key)
