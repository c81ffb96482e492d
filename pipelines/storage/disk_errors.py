"""Disk faults of this machine as one sentence: a full disk, a folder without write permission."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import sqlalchemy as sa

from assets.contract.errors import MachineError


@contextmanager
def writing(what: str, folder: Path) -> Iterator[None]:
    """Turn a failure to write `what` under `folder` into a MachineError with one sentence."""
    try:
        yield
    except MachineError:
        raise
    except (OSError, duckdb.IOException, sqlite3.Error, sa.exc.OperationalError) as error:
        raise MachineError(
            f"Writing {what} below {folder}: expected room and permission, found {reason_of(error)}; the last release "
            "stays as it was: free some space there, or allow this user to write there, and refresh again."
        ) from error


def reason_of(error: Exception) -> str:
    """Return the cause on one line: the system's message, and the file if it names one."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror} ({error.filename})" if error.filename else error.strerror
    original = error.orig if isinstance(error, sa.exc.OperationalError) else error
    return str(original).partition("\n")[0].rstrip(".! ") or type(original).__name__
