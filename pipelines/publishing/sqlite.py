"""A copy of a release for SQLite, and how Datasette shows it: `datasette digital_maturity.sqlite -m metadata.json`.

The same tables, columns and keys, rows in the order of the key. SQLite has fewer types: booleans are 0 and 1, dates
ISO text, decimals REAL, which holds every number of up to 15 digits as published. What a column means is a row of
`data_dictionary`. Nothing here knows the time: the same tables give the same bytes.
"""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.types as kinds
import sqlalchemy as sa

from assets.contract.columns import METADATA, key_of
from assets.tables.deprecated import DEPRECATED, view
from pipelines.publishing.attribution import credited, credits_of
from pipelines.storage.parquet import arrow_type, nearest_floats

_NEW = ("PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF", "BEGIN")
"""No reader uses the file yet: no journal to fall back on, no waiting for the disk."""
QUESTIONS = Path(__file__).with_name("canned_queries.json")
"""The questions of docs/questions.md that SQLite answers, for Datasette: written by `python -m tools.canned_queries`."""
FACETS = ("region", "organisation_type", "instrument", "measure", "period", "financial_year", "edition")
"""Columns that a table may be narrowed by, beside those with a list of allowed values."""
FACETED, CHOICES = 5, range(2, 31)
"""Most facets of a table, and how many values one may have."""
_OPEN_GOVERNMENT_LICENCE = "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/"


def write_sqlite(defined: Mapping[str, sa.Table], tables: Mapping[str, pa.Table], path: Path) -> None:
    """Write tables, with their definitions, into a SQLite database at `path`, in place of one that may be there."""
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in _NEW:
            connection.execute(statement)
        for name, rows in tables.items():
            connection.execute(_create(defined[name]))
            places = ", ".join("?" * len(defined[name].columns))
            insert = f'INSERT INTO "{name}" VALUES ({places})'  # noqa: S608 - a name from the metadata
            connection.executemany(insert, zip(*map(_values, rows.columns), strict=True))
        for former in (one for one in DEPRECATED if one.replacement in tables):
            connection.execute(view(former, defined[former.replacement]))
        connection.execute("COMMIT")


def _create(defined: sa.Table) -> str:
    """Return the statement that creates a table whose rows are kept in the order of its key."""
    columns = [f'"{c.name}" {_kind(c)}{"" if c.nullable else " NOT NULL"}' for c in defined.columns]
    key = ", ".join(f'"{name}"' for name in key_of(defined))
    return f'CREATE TABLE "{defined.name}" ({", ".join(columns)}, PRIMARY KEY ({key})) WITHOUT ROWID'


def _kind(defined: sa.Column[Any]) -> str:
    """Return the type of a column in SQLite."""
    kind = arrow_type(defined)
    if kinds.is_boolean(kind) or kinds.is_integer(kind):
        return "INTEGER"
    return "REAL" if kinds.is_floating(kind) or kinds.is_decimal(kind) else "TEXT"


def _values(column: pa.ChunkedArray) -> Sequence[Any]:
    """Return the values of a column as SQLite keeps them; a Boolean is a number to it already."""
    if kinds.is_decimal(column.type):
        return list(nearest_floats(column).to_pylist())
    return list((column.cast(pa.string()) if kinds.is_date(column.type) else column).to_pylist())


def datasette_metadata(tables: Mapping[str, pa.Table], title: str, database: str) -> dict[str, Any]:
    """Return what Datasette shows beside the database called `database`: titles, meanings, facets, sources, questions.

    Units are words of the description: Datasette would take its own field of units for something to calculate with.
    """
    return {
        "title": title,
        "license": "Open Government Licence v3.0",
        "license_url": _OPEN_GOVERNMENT_LICENCE,
        "source": "the publishers named with each table",
        "databases": {
            database: {
                "tables": {name: _shown(METADATA.tables[name], tables) for name in tables},
                "queries": json.loads(QUESTIONS.read_text("utf-8")),
            },
        },
    }


def _shown(defined: sa.Table, tables: Mapping[str, pa.Table]) -> dict[str, Any]:
    sources = credits_of(defined, tables)
    pages = {one["landing_page"] for one in sources} - {None}
    return {
        "title": defined.name.replace("_", " ").capitalize(),
        "description": defined.comment,
        "columns": {c.name: _meaning(c) for c in defined.columns},
        "facets": _facets(defined, tables[defined.name]),
        "source": credited(sources),
        **({"source_url": min(pages)} if len(pages) == len(sources) == 1 else {}),
    }


def _facets(defined: sa.Table, rows: pa.Table) -> list[str]:
    """Return the columns by which a reader narrows a table: those with a few values in this release."""
    able = (c.name for c in defined.columns if c.name in FACETS or "allowed" in c.info)
    return [name for name in able if len(rows[name].unique()) in CHOICES][:FACETED]


def _meaning(defined: sa.Column[Any]) -> str:
    unit = defined.info.get("unit")
    return f"{defined.comment} Unit: {unit}." if unit else str(defined.comment)
