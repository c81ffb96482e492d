"""The warehouse: every published table in one database, by SQLAlchemy, from the one definition of its columns.

DuckDB by default, a new file for each release: a file in use is never written again. Tables are created first, so that
keys and comments are there, and filled from Arrow. Marts are the SQL files of `sql/`, wrapped in an INSERT.
"""

from importlib.resources import files
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

from assets.columns import METADATA, key_of
from pipelines.arrow import schema, to_arrow
from pipelines.tables import marts, published_tables


def duckdb_engine(path: Path) -> sa.Engine:
    """Return an engine on a DuckDB file; the caller disposes of it."""
    return sa.create_engine(f"duckdb:///{path}", poolclass=sa.pool.StaticPool)


def create(connection: sa.Connection) -> None:
    """Create every published table, with keys and comments, in one go: comments alone are above a thousand."""
    statements: list[str] = []
    written = sa.create_mock_engine(
        connection.engine.url,
        lambda statement, *_, **__: statements.append(str(statement.compile(dialect=connection.dialect))),
    )
    METADATA.create_all(written, tables=list(published_tables().values()), checkfirst=False)
    connection.exec_driver_sql(";".join(statements))


def load(connection: sa.Connection, frames: dict[str, pd.DataFrame]) -> None:
    """Insert frames into their tables. Raises what the database raises: a frame that passed its checks fits."""
    for name, frame in frames.items():
        insert(connection, METADATA.tables[name], to_arrow(frame, METADATA.tables[name]))


def insert(connection: sa.Connection, table: sa.Table, rows: pa.Table) -> None:
    """Insert an Arrow table: in DuckDB by scanning it where it is, elsewhere row by row."""
    if not rows.num_rows:
        return
    if connection.dialect.name == "duckdb":
        cursor = connection.connection.cursor()
        cursor.register("arriving", rows)
        connection.exec_driver_sql(f'INSERT INTO "{table.name}" BY NAME SELECT * FROM arriving')  # noqa: S608 - a name from the metadata
        cursor.unregister("arriving")
    else:
        connection.execute(table.insert(), rows.to_pylist())


def mart_sql(name: str) -> str:
    """Return the SELECT of a mart."""
    return (files("sql") / f"{name}.sql").read_text("utf-8")


def tables_read(mart: str) -> set[str]:
    """Return the names of the tables that the SELECT of a mart reads."""
    with duckdb.connect() as connection:
        return connection.get_table_names(mart_sql(mart))


def build_marts(connection: sa.Connection) -> None:
    """Fill every mart from its SQL file."""
    for name, table in marts().items():
        columns = ", ".join(f'"{c.name}"' for c in table.columns)
        select = mart_sql(name)
        statement = f'INSERT INTO "{name}" ({columns}) SELECT {columns} FROM (\n{select}\n) AS mart'  # noqa: S608 - names from the metadata, SQL from the project
        connection.exec_driver_sql(statement)


def read(connection: sa.Connection, table: sa.Table) -> pa.Table:
    """Return a table in the order of its key, in the types of its definition."""
    if connection.dialect.name == "duckdb":
        cursor = connection.connection.cursor()
        names = ", ".join(f'"{c.name}"' for c in table.columns)
        cursor.execute(f'SELECT {names} FROM "{table.name}"')  # noqa: S608 - names from the metadata
        rows = cursor.to_arrow_table()
        return rows.cast(schema(table)).sort_by([(name, "ascending") for name in key_of(table)])
    found = connection.execute(sa.select(table)).fetchall()
    return to_arrow(pd.DataFrame(found, columns=[c.name for c in table.columns], dtype=object), table)
