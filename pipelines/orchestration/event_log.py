"""Dagster's history of runs in SQLite, whose databases stay open while they are in use.

Dagster makes an engine, opens a SQLite database and closes it for each of the hundreds of events of a run, so that every
statement is compiled anew, and whenever the last connection closes, SQLite writes its log into the database, removes it
and waits for the disk (https://sqlite.org/wal.html#avoiding_excessively_large_wal_files). Here a database is opened once.

`dagster.yaml` names this class (`event_log_storage`). It overrides the two connections that Dagster's SQL storages are
made of, `run_connection` and `index_connection`, and remembers which tables exist; files and tables are those of Dagster's
own SQLite storage, so either class reads what the other one wrote. SQLite waits for the disk at checkpoints and not at
each of some 3,000 commits of a run (https://sqlite.org/pragma.html#pragma_synchronous): a power cut may take the last
events, and leaves the history whole.
"""

import os
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

import dagster as dg
import sqlalchemy as sa
from dagster._core.storage.event_log import SqliteEventLogStorage  # noqa: PLC2701 - the guide to instances names this module
from dagster._serdes import ConfigurableClassData

BUSY_TIMEOUT = 60
"""Seconds to wait for another process that writes to the same database."""
KEPT = 4
"""Databases that stay open: that of all runs, and those of the runs that were at work or looked at last."""
INDEX = "index"


class KeptOpenEventLogStorage(SqliteEventLogStorage):
    """The SQLite event log below `dagster_home`, with one engine for each of the last few databases."""

    def __init__(self, dagster_home: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: OrderedDict[str, sa.Engine] = OrderedDict()
        self._turn = threading.Lock()
        self._tables: set[str] = set()
        super().__init__(os.path.join(dagster_home, "history", "runs"), inst_data)  # noqa: PTH118 - Dagster's own place

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """Return the settings that `dagster.yaml` gives: the folder that DAGSTER_HOME names."""
        return {"dagster_home": dg.StringSource}

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Any
    ) -> "KeptOpenEventLogStorage":
        """Return the storage that the settings describe."""
        return cls(inst_data=inst_data, **config_value)

    def run_connection(self, run_id: str | None = None) -> AbstractContextManager[sa.Connection]:
        """Return a transaction on the database of a run."""
        return self._transaction(run_id or INDEX)

    def index_connection(self) -> AbstractContextManager[sa.Connection]:
        """Return a transaction on the database of all runs."""
        return self._transaction(INDEX)

    def has_table(self, table_name: str) -> bool:
        """Return whether the database of all runs has a table. Dagster asks for each check; no table is ever dropped."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def wipe(self) -> None:
        """Remove the history."""
        self._close()
        self._tables.clear()
        super().wipe()

    def give_back(self, deleted: Iterable[str]) -> None:
        """Return to the disk what runs took that were deleted: Dagster empties their databases and keeps the files.

        The database of all runs stays as large as it is while another process, such as the user interface, reads it.
        """
        with self._turn:
            for run_id in deleted:
                if engine := self._engines.pop(run_id, None):
                    engine.dispose()
                for end in ("", "-wal", "-shm"):
                    Path(f"{self.path_for_shard(run_id)}{end}").unlink(missing_ok=True)
        with self._turn, self._engine(INDEX).connect() as connection, suppress(sa.exc.OperationalError):
            connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("vacuum")

    def dispose(self) -> None:
        """Close the databases."""
        self._close()
        super().dispose()

    @contextmanager
    def _transaction(self, shard: str) -> Iterator[sa.Connection]:
        with self._turn, self._engine(shard).begin() as connection:
            yield connection

    def _engine(self, shard: str) -> sa.Engine:
        if shard not in self._engines:
            own = super().index_connection() if shard == INDEX else super().run_connection(shard)
            with own:  # which makes the database where there is none
                pass
            engine = sa.create_engine(
                self.conn_string_for_shard(shard), connect_args={"timeout": BUSY_TIMEOUT}
            )
            sa.event.listen(engine, "connect", _wait_at_checkpoints)
            self._engines[shard] = engine
            while len(self._engines) > KEPT:
                oldest = next(name for name in self._engines if name != INDEX)
                self._engines.pop(oldest).dispose()
        self._engines.move_to_end(shard)
        return self._engines[shard]

    def _close(self) -> None:
        with self._turn:
            while self._engines:
                self._engines.popitem()[1].dispose()


def _wait_at_checkpoints(connection: Any, _: Any) -> None:
    connection.execute("pragma synchronous = normal").close()
