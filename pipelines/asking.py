"""Questions to the latest release, with DuckDB alone: fast to start, read-only, without access to anything else."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from assets.organisations.names import Name, NameIndex
from pipelines.home import Home

DATABASE = "digital_maturity.duckdb"
CLOSED: dict[str, str | bool | int | float | list[str]] = {
    "access_mode": "READ_ONLY",
    "enable_external_access": False,
    "lock_configuration": True,
    "memory_limit": "1GB",
    "temp_directory": "",  # else what does not fit would be written into the release
}


class QueryError(Exception):
    """A question that cannot be answered: one sentence."""


def database() -> Path:
    """Return the database of the latest release; raise QueryError where there is none."""
    path = Home.default().release(DATABASE) / DATABASE
    if not path.exists():
        damaged = f"remove {path.parent.resolve()} and " if path.parent.exists() else ""
        raise QueryError(
            f"Opening the latest release: expected {path}, found nothing; {damaged}run `digital-maturity refresh` first."
        )
    return path.resolve()


@contextmanager
def connected(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the database of a release, read-only and shut off from everything else; raise QueryError where it is damaged."""
    try:
        connection = duckdb.connect(str(path), config=CLOSED)
    except duckdb.Error as error:
        raise QueryError(
            f"Opening the release in {path.parent}: expected its database, found it damaged ({told(error)}); remove that folder and run `digital-maturity refresh`."
        ) from error
    with connection:
        yield connection


def told(error: duckdb.Error) -> str:
    """Return what DuckDB has to say, without what it adds below."""
    return str(error).partition("\n")[0].rstrip(".! ")


def query(sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Return the header and the rows of a SELECT of this project's own; a stranger's is for `pipelines.answering`."""
    with connected(database()) as connection:
        try:
            result = connection.execute(sql)
            return [column[0] for column in result.description], result.fetchall()
        except duckdb.Error as error:
            raise QueryError(f"Asking the release: {told(error)}.") from error


def read_names() -> NameIndex:
    """Return the index over all names of the latest release."""
    _, rows = query("select org_code, name, valid_from, valid_to, kind from organisation_name")
    return NameIndex(Name(*row) for row in rows)


def newest_list() -> date:
    """Return the day of the newest list of trusts in the latest release."""
    day: date = query("select max(as_of_date) from organisation")[1][0][0]
    return day


def successors() -> dict[str, str]:
    """Return today's main successor of every code that has one."""
    _, rows = query(
        "select org_code, current_org_code from organisation_current_main where current_org_code is not null"
    )
    return dict(rows)
