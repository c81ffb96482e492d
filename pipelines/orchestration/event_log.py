"""Dagster's history of runs, kept open while one is at work.

Dagster makes an engine, opens a SQLite database and closes it for each of the hundreds of events of a run, so that every
statement is compiled anew, and whenever the last connection closes, SQLite writes its log into the database, removes it
and waits for the disk (https://sqlite.org/wal.html#avoiding_excessively_large_wal_files). One engine for each database
does so once, at the end.

This replaces a method of Dagster's storage that is not public. Where a later Dagster has no such method, or its history is
kept elsewhere, nothing is replaced and runs are slower.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import dagster as dg
import sqlalchemy as sa
from dagster._core.storage.event_log import SqliteEventLogStorage

BUSY_TIMEOUT = 60
"""Seconds to wait for another process that writes to the same database."""


@contextmanager
def kept_open(instance: dg.DagsterInstance) -> Iterator[None]:
    """Keep the databases of events open, where Dagster keeps them in SQLite and they are not kept open already."""
    storage: Any = instance.event_log_storage
    as_dagster_does = getattr(storage, "_connect", None)  # see above
    in_sqlite = isinstance(storage, SqliteEventLogStorage) and hasattr(storage, "_db_lock")
    if as_dagster_does is None or not in_sqlite or "_connect" in vars(storage):
        yield
        return
    engines = []

    @cache
    def engine(shard: str) -> sa.Engine:
        with as_dagster_does(shard):  # which makes the database where there is none
            pass
        made = sa.create_engine(storage.conn_string_for_shard(shard), connect_args={"timeout": BUSY_TIMEOUT})
        engines.append(made)
        return made

    @contextmanager
    def connect(shard: str) -> Iterator[sa.Connection]:
        kept = engine(shard)
        with storage._db_lock, kept.begin() as connection:  # noqa: SLF001
            yield connection

    storage._connect = connect  # noqa: SLF001
    try:
        yield
    finally:
        del storage._connect  # noqa: SLF001
        for made in engines:
            made.dispose()
