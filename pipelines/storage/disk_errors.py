"""What lies with this machine, in one sentence: a disk that is full, a folder that may not be written."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import sqlalchemy as sa

from assets.contract.errors import MachineError


@contextmanager
def writing(what: str, folder: Path) -> Iterator[None]:
    """Say in one sentence where this machine would not let `what` be written below `folder`."""
    try:
        yield
    except MachineError:
        raise
    except (OSError, duckdb.IOException, sqlite3.Error, sa.exc.OperationalError) as error:
        raise MachineError(
            f"Writing {what} below {folder}: expected room and permission, found {_told(error)}; the last release "
            "stays as it was: make room there, or let this user write there, and refresh again."
        ) from error


def _told(error: Exception) -> str:
    """Return what went wrong on one line: the system's own words, and the file where it says which."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror} ({error.filename})" if error.filename else error.strerror
    original = error.orig if isinstance(error, sa.exc.OperationalError) else error
    return str(original).partition("\n")[0].rstrip(".! ")
