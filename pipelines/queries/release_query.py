"""Queries of the latest release, with DuckDB alone: fast to start, read-only, without access to anything else."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from assets.contract.errors import DigitalMaturityError
from assets.organisations.board_names import boards
from assets.organisations.names import Name, NameIndex
from pipelines.storage.home import Home
from pipelines.storage.release_folder import DATABASE, removed

CLOSED: dict[str, str | bool | int | float | list[str]] = {
    "access_mode": "READ_ONLY",
    "enable_external_access": False,
    "lock_configuration": True,
    "memory_limit": "1GB",
    "temp_directory": "",  # else what does not fit would be written into the release
}
HOLDER = re.compile(r"Conflicting lock is held .*\(PID (\d+)\)")
"""In a message of DuckDB: which process can write a database, so that no other may open it."""

Rows = tuple[list[str], list[tuple[Any, ...]]]
"""A header, and the rows below it."""
Ask = Callable[[str], Rows]


class QueryError(DigitalMaturityError):
    """A query that cannot be answered: one sentence."""


def database() -> Path:
    """Return the database of the latest release; raise QueryError where there is none."""
    path = Home.default().release(DATABASE) / DATABASE
    if not path.exists():
        raise QueryError(
            f"Opening the latest release: expected {path}, found nothing; run `digital-maturity refresh` first."
        )
    return path.resolve()


@contextmanager
def connected(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the database of a release, read-only and shut off from everything else; raise QueryError where it is damaged."""
    if path.name in removed(path.parent):
        raise QueryError(
            f"Opening the release in {path.parent}: expected its database, found that `digital-maturity prune` removed it; its CSV and Parquet files hold the same rows."
        )
    try:
        connection = duckdb.connect(str(path), config=CLOSED)
    except duckdb.Error as error:
        if holder := HOLDER.search(str(error)):
            raise QueryError(
                f"Opening the release in {path.parent}: expected its database, found that process {holder[1]} holds it open for writing; close it there, or open it there read-only."
            ) from error
        raise QueryError(
            f"Opening the release in {path.parent}: expected its database, found it damaged ({reason(error)}); run `digital-maturity refresh`, which makes the latest release anew."
        ) from error
    with connection:
        yield connection


def reason(error: duckdb.Error) -> str:
    """Return the message of DuckDB, without the lines it adds below."""
    return str(error).partition("\n")[0].rstrip(".! ")


@contextmanager
def latest() -> Iterator[Ask]:
    """Open the latest release once for several SELECTs of this project's own: opening it takes longer than they do.

    A stranger's SELECT is for `pipelines.queries.sql_sandbox`. Raises QueryError.
    """
    with connected(database()) as connection:

        def ask(sql: str) -> Rows:
            try:
                result = connection.execute(sql)
                return [column[0] for column in result.description], result.fetchall()
            except duckdb.Error as error:
                raise QueryError(f"Asking the release: {reason(error)}.") from error

        yield ask


def query(sql: str) -> Rows:
    """Return the header and the rows of a SELECT of this project's own on the latest release."""
    with latest() as ask:
        return ask(sql)


def read_names(ask: Ask) -> NameIndex:
    """Return the index over all names of a release, and the boards that trusts are confused with."""
    sql = (
        "select org_code, name, valid_from, valid_to, kind from organisation_name order by org_code, position"
    )
    return NameIndex((Name(*row) for row in ask(sql)[1]), boards())


def newest_list(ask: Ask) -> date:
    """Return the day of the newest list of trusts in a release."""
    day: date = ask("select max(as_of_date) from organisation")[1][0][0]
    return day


@dataclass(frozen=True)
class Today:
    """What an organisation is today: the code and name of its main successor, and a note where there is more to say."""

    org_code: str
    org_name: str
    note: str


def today(ask: Ask) -> dict[str, Today]:
    """Return what every organisation is today, by code; a code without successor has empty fields and says why."""
    _, ways = ask(
        "select org_code, current_org_code, current_org_name, since from organisation_current where is_split "
        "order by org_code, is_main desc, path"
    )
    splits: dict[str, list[str]] = {}
    for code, current, name, since in ways:
        part = f"{current} {name} since {since}" if current else "a part without successor"
        splits.setdefault(code, []).append(part)
    _, rows = ask(
        "select org_code, current_org_code, current_org_name, why from organisation_current_main order by org_code"
    )
    return {
        code: Today(current or "", name or "", _note(code, splits.get(code, []), why))
        for code, current, name, why in rows
    }


def _note(code: str, parts: list[str], why: str | None) -> str:
    if parts:
        return f"{code} was split into {' and '.join(parts)}; the first is its main successor"
    return why or ""
