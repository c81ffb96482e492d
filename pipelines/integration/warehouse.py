"""The warehouse: every published table in one database, created by SQLAlchemy from the one definition of its columns.

DuckDB by default, with a new file for each release: a published file is never written again. Tables are created first,
with keys and comments, and filled from Arrow. Marts are the SQL files of `sql/`, wrapped in an INSERT, or computed.
"""

import io
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import sqlalchemy as sa

from assets.contract.columns import MARTS, METADATA, Computed, is_computed, key_of
from assets.tables.deprecated import DEPRECATED, view
from pipelines.storage.parquet import schema, to_arrow, to_pandas


def duckdb_engine(path: Path) -> sa.Engine:
    """Return an engine on a DuckDB file; the caller disposes of it.

    It has one thread, because a release needs the other processors for its other files. It does not compress text with
    FSST, which takes as long as all other writing and does not make the file smaller. Its blocks are the smallest there are:
    a table takes one at least for each column, so that most of a file of large blocks would be empty.
    """
    config = {"threads": 1, "default_block_size": 16384}
    engine = sa.create_engine(  # the path as it is: signs in it mean something in a URL
        "duckdb://", poolclass=sa.pool.StaticPool, connect_args={"config": config, "database": str(path)}
    )
    setting = "set disabled_compression_methods = 'fsst'"  # DuckDB accepts it only as a statement
    sa.event.listen(engine, "connect", lambda connection, _: connection.execute(setting))
    return engine


def write(tables: Mapping[str, pa.Table], path: Path) -> None:
    """Write published tables into a DuckDB file that is not there yet, with keys and comments.

    Raises OSError where the disk did not take them, and what the database raises for rows that do not fit.
    """
    engine = duckdb_engine(path)
    try:
        with engine.begin() as connection:
            create(connection, [METADATA.tables[name] for name in tables])
            for name, rows in tables.items():
                insert(connection, METADATA.tables[name], rows)
            create_views(connection, tables)
    finally:
        engine.dispose()
    refuse_unwritten(path)


def refuse_unwritten(path: Path) -> None:
    """Raise OSError if a closed DuckDB file lacks committed rows, which DuckDB itself does not report."""
    if path.with_name(f"{path.name}.wal").exists():
        raise OSError(f"that {path} did not take all of its rows, as on a full disk")


def create(connection: sa.Connection, tables: Iterable[sa.Table]) -> None:
    """Create tables with keys and comments."""
    wanted = list(tables)
    _at_once(connection, lambda mock: METADATA.create_all(mock, tables=wanted, checkfirst=False))


def comment(connection: sa.Connection, tables: Iterable[sa.Table]) -> None:
    """Update the comments of existing tables."""

    def write(mock: Any) -> None:
        for table in tables:
            mock.execute(sa.schema.SetTableComment(table))
            for column in table.columns:
                mock.execute(sa.schema.SetColumnComment(column))

    _at_once(connection, write)


def _at_once(connection: sa.Connection, write: Callable[[Any], None]) -> None:
    """Run all statements at once: there are more than a thousand comments."""
    statements: list[str] = []
    mock = sa.create_mock_engine(
        connection.engine.url,
        lambda statement, *_, **__: statements.append(str(statement.compile(dialect=connection.dialect))),
    )
    write(mock)
    if statements:
        connection.exec_driver_sql(";".join(statements))


def load(connection: sa.Connection, frames: dict[str, pd.DataFrame]) -> None:
    """Insert frames into their tables. Errors of the database are raised: a frame that passed its checks fits."""
    for name, frame in frames.items():
        insert(connection, METADATA.tables[name], to_arrow(frame, METADATA.tables[name]))


def insert(connection: sa.Connection, table: sa.Table, rows: pa.Table) -> None:
    """Insert an Arrow table: DuckDB scans it in place, PostgreSQL receives a COPY."""
    if not rows.num_rows:
        return
    if connection.dialect.name == "duckdb":
        cursor = connection.connection.cursor()
        cursor.register("arriving", rows)
        connection.exec_driver_sql(f'INSERT INTO "{table.name}" BY NAME SELECT * FROM arriving')  # noqa: S608 - a name from the metadata
        cursor.unregister("arriving")
    else:
        lines = io.BytesIO()
        pa.csv.write_csv(
            rows, lines, pa.csv.WriteOptions(include_header=False)
        )  # missing is empty, text is quoted
        columns = ", ".join(f'"{name}"' for name in rows.column_names)
        statement = f'copy "{table.name}" ({columns}) from stdin with (format csv)'
        sent: Any = connection.connection.cursor()
        with sent, sent.copy(statement) as copy:
            copy.write(lines.getbuffer())


def mart_sql(name: str) -> str:
    """Return the SELECT of a mart."""
    return (files("sql") / f"{name}.sql").read_text("utf-8")


def computed(mart: str) -> Computed | None:
    """Return what a mart is computed from; None where it is a SELECT."""
    found: Computed | None = METADATA.tables[mart].info.get("computed")
    return found


def tables_read(mart: str) -> frozenset[str]:
    """Return the names of the tables that a mart reads, by its SELECT or to compute it."""
    return _read_by(METADATA.tables[mart])


@cache
def _read_by(mart: sa.Table) -> frozenset[str]:
    by: Computed | None = mart.info.get("computed")
    return frozenset(by.reads if by else duckdb.get_table_names(mart_sql(mart.name)))


def facts_read(mart: sa.Table) -> frozenset[str]:
    """Return the names of the tables, other than marts, that a mart rests on, directly or through other marts."""
    read_ = [mart.metadata.tables[name] for name in _read_by(mart)]
    marts = [facts_read(one) for one in read_ if one.info["layer"] == MARTS]
    return frozenset(one.name for one in read_ if one.info["layer"] != MARTS).union(*marts)


def build_marts(connection: sa.Connection, marts: Mapping[str, sa.Table]) -> None:
    """Fill marts, first those with a SQL file and then those computed.

    PostgreSQL counts rows first: without it, it takes a table of thousands for one of few, and a minute for a second's work.
    """
    if connection.dialect.name == "postgresql":
        read_by_any = sorted(set().union(*map(tables_read, marts)) - marts.keys())
        connection.exec_driver_sql("; ".join(f'analyze "{name}"' for name in read_by_any))
    for name, table in sorted(marts.items(), key=lambda mart: is_computed(mart[1])):
        if by := computed(name):
            frames = {read_: to_pandas(read(connection, METADATA.tables[read_])) for read_ in by.reads}
            insert(connection, table, to_arrow(by.make(frames), table))
            continue
        columns = ", ".join(f'"{c.name}"' for c in table.columns)
        select = mart_sql(name)
        statement = f'INSERT INTO "{name}" ({columns}) SELECT {columns} FROM (\n{select}\n) AS mart'  # noqa: S608 - names from the metadata, SQL from the project
        connection.exec_driver_sql(statement)


def create_views(connection: sa.Connection, tables: Collection[str]) -> None:
    """Create a view for each table that was renamed or replaced since the version before, if `tables` has that one."""
    for former in DEPRECATED:
        if former.replacement not in tables:
            continue
        connection.exec_driver_sql(view(former, METADATA.tables[former.replacement]))
        connection.exec_driver_sql(f"COMMENT ON VIEW \"{former.name}\" IS '{former.comment}'")


def read(connection: sa.Connection, table: sa.Table) -> pa.Table:
    """Return a table in the order of its key, in the types of its definition."""
    columns = ", ".join(f'"{c.name}"' for c in table.columns)
    select = f'SELECT {columns} FROM "{table.name}"'  # noqa: S608 - names from the metadata
    cursor: Any = connection.connection.cursor()
    if connection.dialect.name == "duckdb":
        cursor.execute(select)
        rows = cursor.to_arrow_table()
    else:
        # Whatever the server is set to. Sent by SQLAlchemy, it also begins the deadline of the copy.
        connection.exec_driver_sql("set local datestyle to iso; set local extra_float_digits to 1")
        with cursor, cursor.copy(f"copy ({select}) to stdout (format csv)") as copy:
            lines = b"".join(copy)
        rows = _from_csv(lines, schema(table))
    return rows.cast(schema(table)).sort_by([(name, "ascending") for name in key_of(table)])


def _from_csv(lines: bytes, wanted: pa.Schema) -> pa.Table:
    """Return the table in lines of CSV that PostgreSQL wrote: what is missing is empty, an empty text is quoted."""
    if not lines:
        return wanted.empty_table()
    return pa.csv.read_csv(
        io.BytesIO(lines),
        pa.csv.ReadOptions(column_names=wanted.names, block_size=len(lines)),
        pa.csv.ParseOptions(newlines_in_values=True),
        pa.csv.ConvertOptions(
            column_types=wanted,
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            true_values=["t"],
            false_values=["f"],
        ),
    )
