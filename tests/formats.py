"""The formats of a release: how the rows of a table are read from each, and how each keeps a value of the Parquet."""

import csv
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from releases import DATABASE, opened

from assets.catalogue import published
from assets.contract.columns import key_of

Rows = Iterator[tuple[Any, ...]]
"""The names of the columns, and then the rows in the order in which the format has them."""


def from_csv(release: Path, name: str) -> Rows:
    with (release / "csv" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        yield from map(tuple, csv.reader(file, strict=True))


def from_duckdb(release: Path, name: str) -> Rows:
    order = ", ".join(f'"{column}"' for column in key_of(published().tables[name]))
    found = opened(release).execute(f'from "{name}" order by {order}')
    yield tuple(column[0] for column in found.description or ())
    yield from found.fetchall()


def from_sqlite(release: Path, name: str) -> Rows:
    path = release.resolve() / Path(DATABASE).with_suffix(".sqlite")
    with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as connection:
        found = connection.execute(f'select * from "{name}"')
        yield tuple(column[0] for column in found.description)
        yield from found


_WORDS: dict[type, Callable[[Any], str]] = {
    type(None): lambda _: "",
    bool: lambda value: "true" if value else "false",
    date: lambda value: f"{value:%Y-%m-%d}",
    float: repr,
}


def in_csv(value: Any) -> str:
    """Return a value as the CSV has it: ISO days, plain words, numbers that give the same number again."""
    return _WORDS.get(type(value), str)(value)


def in_sqlite(value: Any) -> Any:
    """Return a value as SQLite has it: days as ISO text, decimals as numbers; true is 1."""
    if isinstance(value, date):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value


FORMATS: dict[str, tuple[Callable[[Path, str], Rows], Callable[[Any], Any]]] = {
    "csv": (from_csv, in_csv),
    "duckdb": (from_duckdb, lambda value: value),
    "sqlite": (from_sqlite, in_sqlite),
}
