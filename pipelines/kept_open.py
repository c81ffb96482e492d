"""Dagster's history of runs, kept open while one is at work.

Dagster opens and closes a SQLite database for each of the hundreds of events of a run. Whenever the last connection to
one closes, SQLite writes its log into the database, removes it and waits for the disk
(https://sqlite.org/wal.html#avoiding_excessively_large_wal_files); with one more connection it does so once, at the end.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

INDEX = "index"
"""The database of what all runs did; each run has one of its own too, by its id."""


@contextmanager
def kept_open(dagster_home: str, name: str) -> Iterator[None]:
    """Keep a database of events open, where Dagster keeps them in SQLite."""
    path = Path(dagster_home) / "history" / "runs" / f"{name}.db"
    if not path.exists():
        yield
        return
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "SELECT count(*) FROM sqlite_schema"
        ).fetchall()  # it is opened by the first question
        yield
