"""One run at a time, whoever starts it: the schedule, the user interface or the command line.

A lock on an open file: the operating system releases it when its process ends, however it ends.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from assets.contract.errors import BusyError, DamagedError
from pipelines.storage.atomic_files import make_folder
from pipelines.storage.disk_errors import writing

PATIENCE = 0.5
"""Seconds to wait: a caller of `held_by` has the lock for an instant and is not a run at work."""


@contextmanager
def exclusive(path: Path, holder: str) -> Iterator[None]:
    """Hold the lock at `path` in the name of `holder`.

    Raises BusyError if another run holds it, MachineError if it cannot be written, DamagedError for a folder.
    """
    _refuse_folder(path)
    lock = FileLock(path)
    with writing("the lock", path.parent):
        make_folder(path.parent)
        try:
            lock.acquire(timeout=PATIENCE, poll_interval=0.02)
        except Timeout:
            raise BusyError(
                f"Another run is at work ({_holder(path)}); wait for it to end and try again."
            ) from None
    try:
        with writing("the lock", path.parent):
            _note(path).write_text(json.dumps({"holder": holder, "pid": os.getpid()}), "utf-8")
        yield
    finally:
        lock.release()


def held_by(path: Path) -> str:
    """Return who holds the lock, or an empty text if nobody does; raise DamagedError for a folder."""
    _refuse_folder(path)
    if not path.exists():
        return ""
    try:
        with FileLock(path, timeout=0):
            return ""
    except Timeout:
        return _holder(path)


def _refuse_folder(path: Path) -> None:
    if path.is_dir():
        raise DamagedError(
            f"Opening the lock {path}: expected a file, found a folder; move it away and try again."
        )


def _note(path: Path) -> Path:
    return path.with_name(f"{path.name}.holder")


def _holder(path: Path) -> str:
    try:
        note = json.loads(_note(path).read_text("utf-8"))
        return f"{note['holder']}, process {note['pid']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "its name is not known yet"
