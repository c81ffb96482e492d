"""A warehouse on PostgreSQL beside the releases: the same tables under the same names, those of one whole release.

`DIGITAL_MATURITY_WAREHOUSE=postgresql+psycopg://...` names it. A release is copied into tables that no reader uses, its
marts are built there from the same SQL files, and everything is compared with the release. Then the tables that people
read are emptied and filled in one transaction: a reader keeps what was there when their transaction began, and grants and
views stay. What was written is recorded by table, as the number of rows and a digest, so that the next run notices what was
changed since.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import sqlalchemy as sa

from assets.contract.columns import MARTS
from assets.contract.errors import BusyError, DigitalMaturityError
from pipelines.integration import warehouse
from pipelines.publishing import statement_deadline
from pipelines.publishing.statement_deadline import StatementDeadline
from pipelines.storage.parquet import read_parquet
from pipelines.storage.release_hashes import listed

VARIABLE = "DIGITAL_MATURITY_WAREHOUSE"
LIVE = "digital_maturity"
ARRIVING = "digital_maturity_arriving"
READER = "digital_maturity_reader"
"""Role that may read every table, if the database has it."""
LOCK = "hashtext('digital_maturity')"
"""Lock of a run, from its beginning to its end."""
WRITING = "hashtext('digital_maturity tables')"
"""Lock of the transaction that writes the tables."""
GONE = "no table"
DEADLINE = "deadline"
"""Where a connection keeps what ends it when the server does not answer."""
WAIT = "30s"
"""How long a change of definitions waits for readers of a table."""
RELEASE = sa.Table(
    "warehouse_release",
    sa.MetaData(schema=LIVE),
    sa.Column("release", sa.Text, primary_key=True, comment="Name of the release that the tables hold."),
    sa.Column(
        "contents",
        sa.Text,
        comment="Number of rows of each table, and digests of its rows and columns, as JSON.",
    ),
    comment="The one release that the tables of this schema hold.",
)
_SHAPE = sa.text("""
    select c.relname as table_name, json_agg(json_build_array(a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull)
                               order by a.attnum)::text as shape
    from pg_class as c join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relnamespace = to_regnamespace(:schema) and c.relkind = 'r' group by c.relname
""")
_CONTENTS = (
    "select '{0}', concat(count(*), ' rows, ', sum(hashtextextended(t::text, 0))) from {1}.\"{0}\" as t"
)
_FORMER = sa.text("""
    select relname from pg_class
    where relnamespace = to_regnamespace(:schema) and relkind = 'v'
      and obj_description(oid, 'pg_class') like 'Deprecated since version %'
""")
"""Views that an earlier release created for renamed tables; views of readers are theirs."""
_HOLDER = sa.text(f"""
    select application_name || ', from ' || coalesce(host(client_addr), 'the server itself')
    from pg_locks join pg_stat_activity using (pid)
    where locktype = 'advisory' and granted and objid::int = {LOCK} limit 1
""")  # noqa: S608 - a constant


class WarehouseError(DigitalMaturityError):
    """The warehouse could not be brought up to date: it stays as it was."""


def named() -> sa.URL | None:
    """Return the warehouse that the environment names; raise WarehouseError if it is not PostgreSQL."""
    text = os.environ.get(VARIABLE, "")
    if not text:
        return None
    try:
        url = sa.make_url(text)
    except sa.exc.ArgumentError:
        url = sa.URL.create("nothing")  # the text may hold a password: it is not repeated
    if url.get_backend_name() != "postgresql":
        raise WarehouseError(
            f"Reading {VARIABLE}: expected postgresql+psycopg://user@host/database, found {url.drivername}; correct it, or unset it for DuckDB alone."
        )
    return url


@contextmanager
def only_writer(holder: str) -> Iterator[None]:
    """Be the only run, on any machine, that may write to the warehouse; BusyError names the other one.

    The lock belongs to a connection: the server frees it when that ends, however it ends. Without a warehouse there is
    nothing to hold. One that cannot be opened stops nobody: the files are published first, and `serve` reports it.
    """
    with ExitStack() as held:
        with suppress(WarehouseError):
            if url := named():
                held.enter_context(_locked(url, holder))
        yield


@contextmanager
def _locked(url: sa.URL, holder: str) -> Iterator[None]:
    with ExitStack() as held:
        connection = held.enter_context(_connected(url, f"digital-maturity {holder}"))
        if not connection.scalar(sa.text(f"select pg_try_advisory_lock({LOCK})")):
            other = connection.scalar(_HOLDER)
            raise BusyError(
                f"Another run is at work on the warehouse ({other}); wait for it to end and try again."
            )
        connection.commit()
        connection.info[DEADLINE].end()
        lock = held.pop_all()
    try:
        yield
    finally:
        lock.close()  # without the error of a run, which need not be one of the server


def serve(release: Path, tables: Mapping[str, sa.Table]) -> str:
    """Copy the tables of a release into the warehouse, if one is named and does not hold them as they were written.

    Return a sentence on tables that somebody changed since, and that are as they were again; otherwise an empty text.
    Raises WarehouseError, leaving the tables that people read as they were.
    """
    url = named()
    if url is None:
        return ""
    with _connected(url, f"digital-maturity {release.name}") as connection:
        held = _served(connection)
        changed = _changed(connection, held, tables) if held.get("release") == release.name else []
        if held.get("release") == release.name and not changed:
            return ""
        connection.rollback()
        with connection.begin():
            # A run that did not reach the server when it began does not hold the lock of runs.
            connection.exec_driver_sql(
                f"set local lock_timeout to '{WAIT}'; select pg_advisory_xact_lock({WRITING})"
            )
            _arrive(connection, release, tables)
            _replace(connection, release.name, tables)
        connection.execution_options(isolation_level="AUTOCOMMIT")
        with suppress(sa.exc.DBAPIError):  # the rows are there; a server does this by itself too, later
            for name in tables:
                connection.exec_driver_sql(f'vacuum (analyze) {LIVE}."{name}"')
    return _repaired(url, release.name, changed) if changed else ""


def _repaired(url: sa.URL, release: str, changed: Sequence[str]) -> str:
    """Return the sentence about tables that were not as they were written."""
    return (
        f"The warehouse {url.render_as_string(hide_password=True)} could not be shown to hold release {release} as it was written "
        f"({listed(changed, '; ')}), so its tables were written again."
    )


@contextmanager
def _connected(url: sa.URL, application: str) -> Iterator[sa.Connection]:
    """Open one connection; what the server refuses becomes a sentence without the password."""
    where = url.render_as_string(hide_password=True)
    options = {"application_name": application[:63], "connect_timeout": 10}
    try:
        engine = sa.create_engine(url, poolclass=sa.NullPool, connect_args=options)
    except ModuleNotFoundError as error:
        raise WarehouseError(
            f'Opening the warehouse {where}: expected the driver {error.name}, found none; install the extra: pip install -e ".[postgres]".'
        ) from error
    deadline = StatementDeadline(engine)
    try:
        with engine.connect() as connection:
            connection.info[DEADLINE] = deadline
            yield connection
    except (sa.exc.DBAPIError, engine.dialect.loaded_dbapi.Error) as error:
        message = " ".join(str(getattr(error, "orig", error)).split())
        if deadline.passed:
            message = f"no answer within {statement_deadline.PATIENCE} s"
        raise WarehouseError(
            f"Writing to the warehouse {where}: expected to write its tables, found {message}; the release is published as files; correct that and refresh."
        ) from error
    finally:
        deadline.end()


def _served(connection: sa.Connection) -> dict[str, str]:
    """Return the row on the release that the warehouse holds; an earlier version wrote no `contents`."""
    if not sa.inspect(connection).has_table(RELEASE.name, schema=LIVE):
        return {}
    return connection.scalar(sa.text(f"select to_jsonb(r) from {LIVE}.{RELEASE.name} as r")) or {}  # noqa: S608 - constants


def _contents(connection: sa.Connection, tables: Iterable[str]) -> dict[str, str]:
    """Return the number of rows of tables that people read, and digests of rows and columns, by name, if they are there."""
    # Settings of a session, of a role or of the database must not change the text of a row.
    connection.exec_driver_sql(
        "set local datestyle to iso; set local timezone to utc; set local extra_float_digits to 1"
    )
    shapes = _shapes(connection, LIVE)
    selects = " union all ".join(_CONTENTS.format(name, LIVE) for name in tables if name in shapes)
    found = connection.exec_driver_sql(selects) if selects else ()
    return {name: f"{rows}, {sha256(shapes[name].encode()).hexdigest()[:16]}" for name, rows in found}


def _changed(connection: sa.Connection, held: Mapping[str, str], tables: Iterable[str]) -> list[str]:
    """Return in words which tables are not as they were written."""
    written = json.loads(held.get("contents") or "{}")
    found = _contents(connection, tables)
    if not written:
        return ["an earlier version did not record what it wrote"]
    return [
        f"table {name}: {_difference(found.get(name, GONE), written.get(name, GONE))}"
        for name in tables
        if found.get(name) != written.get(name)
    ]


def _difference(found: str, written: str) -> str:
    rows, expected = (contents.partition(",")[0] for contents in (found, written))
    return (
        f"expected {expected}, found {rows}" if rows != expected else f"other values or columns in its {rows}"
    )


def _arrive(connection: sa.Connection, release: Path, tables: Mapping[str, sa.Table]) -> None:
    """Fill tables that no reader uses, marts by their SQL, and compare them with the release."""
    connection.exec_driver_sql(f"drop schema if exists {ARRIVING} cascade; create schema {ARRIVING}")
    connection.exec_driver_sql(f"set local search_path to {ARRIVING}")
    warehouse.create(connection, tables.values())
    expected = {name: read_parquet(release / "parquet" / f"{name}.parquet") for name in tables}
    marts = {name: table for name, table in tables.items() if _is_mart(table)}
    for name in expected.keys() - marts.keys():
        connection.info[DEADLINE].renew()
        warehouse.insert(connection, tables[name], expected[name])
    warehouse.build_marts(connection, marts)
    wrong = [one for name, rows in expected.items() for one in _differences(connection, tables[name], rows)]
    if wrong:
        raise WarehouseError(
            f"Bringing release {release.name} into the warehouse: {'; '.join(wrong)}; its tables stay as they were; please report this as a bug."
        )


def _is_mart(table: sa.Table) -> bool:
    return bool(table.info["layer"] == MARTS)


def _differences(connection: sa.Connection, table: sa.Table, expected: pa.Table) -> Iterator[str]:
    """Yield what is wrong with a table: marts are compared row by row, what was copied is counted."""
    if _is_mart(table) and not warehouse.read(connection, table).equals(expected):
        yield f"table {table.name}: expected the {expected.num_rows} rows of the release, found others"
    elif (found := connection.scalar(sa.select(sa.func.count()).select_from(table))) != expected.num_rows:
        yield f"table {table.name}: expected the {expected.num_rows} rows of the release, found {found}"


def _shapes(connection: sa.Connection, schema: str) -> dict[str, str]:
    """Return the columns of each table of a schema, as one text to compare."""
    return {row.table_name: row.shape for row in connection.execute(_SHAPE, {"schema": schema})}


def _replace(connection: sa.Connection, release: str, tables: Mapping[str, sa.Table]) -> None:
    """Empty and fill the tables that people read, in the transaction of the caller."""
    connection.exec_driver_sql(f"create schema if not exists {LIVE}")
    RELEASE.create(connection, checkfirst=True)
    connection.exec_driver_sql(f"alter table {LIVE}.{RELEASE.name} add column if not exists contents text")
    for name in connection.scalars(_FORMER, {"schema": LIVE}).all():
        connection.exec_driver_sql(f'drop view {LIVE}."{name}"')
    arriving, live = _shapes(connection, ARRIVING), _shapes(connection, LIVE)
    for name in live.keys() - {RELEASE.name}:
        if live[name] != arriving.get(name):  # defined otherwise by now, or published no longer
            connection.exec_driver_sql(f'drop table {LIVE}."{name}"')
    connection.exec_driver_sql(f"set local search_path to {LIVE}")
    warehouse.create(
        connection, [table for name, table in tables.items() if live.get(name) != arriving[name]]
    )
    for name, table in tables.items():
        columns = ", ".join(f'"{c.name}"' for c in table.columns)
        connection.exec_driver_sql(
            f'delete from {LIVE}."{name}"; insert into {LIVE}."{name}" ({columns}) select {columns} from {ARRIVING}."{name}"'  # noqa: S608 - names from the metadata
        )
    warehouse.comment(connection, tables.values())
    warehouse.create_views(connection, tables)
    connection.execute(RELEASE.delete())
    contents = json.dumps(_contents(connection, tables))
    connection.execute(RELEASE.insert(), {"release": release, "contents": contents})
    if connection.scalar(sa.text("select to_regrole(:role)"), {"role": READER}):
        connection.exec_driver_sql(
            f"grant usage on schema {LIVE} to {READER}; grant select on all tables in schema {LIVE} to {READER}"
        )
    connection.exec_driver_sql(f"drop schema {ARRIVING} cascade")
