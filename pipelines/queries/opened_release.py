"""A release opened for questions, and its rows as text to read: plain DuckDB, nothing heavy to import.

Names of tables and columns come from the release's own data dictionary, values are parameters.
"""

import re
import shutil
import sys
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

from assets.contract.errors import DigitalMaturityError
from pipelines.queries.release_query import connected, reason
from pipelines.storage.release_folder import shown

Row = dict[str, Any]
Condition = tuple[str, list[Any]]
"""A test in SQL and its parameters."""
WIDTH, NARROW = 100, 40
LISTED = 10
"""How many rows are shown if there are several."""


class ExplainError(DigitalMaturityError):
    """A row that cannot be explained: one sentence, with the rows that may be meant."""


class SeveralRowsError(ExplainError):
    """A key that fits several rows; no other meaning of it is looked for."""


class Release:
    """The database of one release, opened for questions."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def rows(self, sql: str, *values: Any) -> list[Row]:
        """Return the rows of a SELECT with its parameters."""
        try:
            with _without_pandas():
                found = self.connection.execute(sql, list(values))
        except duckdb.Error as error:
            raise ExplainError(
                f"Asking the release: expected its tables, found {reason(error)}; `digital-maturity verify` shows whether it is as it was published."
            ) from error
        names = [column[0] for column in found.description or []]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    @cached_property
    def tables(self) -> dict[str, dict[str, str]]:
        """What every column of every table means, with its unit."""
        found: dict[str, dict[str, str]] = {}
        for row in self.rows("from data_dictionary order by table_name, position"):
            unit = f" Unit: {row['unit']}." if row["unit"] else ""
            found.setdefault(row["table_name"], {})[row["column_name"]] = row["description"] + unit
        return found

    @cached_property
    def keys(self) -> dict[str, list[str]]:
        """The columns of the primary key of every table, in its order."""
        found = self.rows("from duckdb_constraints() where constraint_type = 'PRIMARY KEY'")
        return {row["table_name"]: row["constraint_column_names"] for row in found}

    def purpose(self, table: str) -> str:
        """Return what a table is for, and its grain."""
        return str(self.rows("from duckdb_tables() where table_name = ?", table)[0]["comment"])

    def meaning(self, table: str, column: str, word: str | None) -> str:
        """Return what a word in a column means, if the description of the column says so; empty otherwise."""
        described = re.search(rf"(?:^|[ ;]){word}: ([^;]*)", self.tables[table].get(column, ""))
        return described[1].rstrip(".") if described else ""

    def adding(self, table: str) -> list[str]:
        """Return the columns of a table that add over organisations, in order."""
        sql = "from data_dictionary where table_name = ? and regexp_matches(aggregation, '^(sum|stock|average|see)') order by position"
        return [row["column_name"] for row in self.rows(sql, table)]

    def name(self, table: str, row: Row) -> str:
        """Return the whole key of a row: what `find` takes."""
        return "|".join(shown(row[name]) for name in self.keys[table])

    def find(self, table: str, key: str) -> Row:
        """Return the one row that `key` names; raise ExplainError where none or several fit.

        Its values joined by `|` are those of the first columns of the primary key, else of any of them in any order.
        """
        names = self.keys[table]
        values = key.lower().split("|")
        cells = [f'lower(cast("{name}" as varchar))' for name in names]
        first = [(f"{cell} = ?", [value]) for cell, value in zip(cells, values, strict=False)]
        often = f"len(list_filter([{', '.join(cells)}], lambda cell: cell = ?)) >= ?"
        anywhere = [(often, list(pair)) for pair in Counter(values).items()]
        for conditions in (first, anywhere) if len(values) <= len(names) else ():
            count, rows = self.fitting(table, conditions)
            if count == 1:
                return rows[0]
            if rows:
                listed = "\n".join(f"  {self.name(table, row)}" for row in rows)
                raise SeveralRowsError(
                    f"Explaining {table} {key!r}: expected one row, found {count}; name one of them, such as:\n{listed}"
                )
        _, some = self.fitting(table, [("true", [])])
        raise ExplainError(
            f"Explaining {table} {key!r}: expected values of its key {'|'.join(names)}, found no row that has them; "
            + (f"a key looks like {self.name(table, some[0])!r}." if some else "the table is empty.")
        )

    def fitting(self, table: str, conditions: Iterable[Condition]) -> tuple[int, list[Row]]:
        """Return how many rows of a table meet every condition, and the first of them."""
        tests, values = zip(*conditions, strict=True)
        wanted = f'from "{table}" where {" and ".join(f"({test})" for test in tests)}'
        parameters = [each for value in values for each in value]
        count = self.rows(f"select count(*) as n {wanted}", *parameters)[0]["n"]
        order = ", ".join(f'"{name}"' for name in self.keys[table])
        return count, self.rows(f"{wanted} order by {order} limit {LISTED}", *parameters)


@contextmanager
def _without_pandas() -> Iterator[None]:
    """Keep DuckDB from importing pandas, for half a second, to see whether a parameter is missing the pandas way."""
    modules: dict[str, Any] = sys.modules  # None stands for a module that cannot be imported
    absent = modules.setdefault("pandas", None) is None
    try:
        yield
    finally:
        if absent:
            del modules["pandas"]


@contextmanager
def opened(path: Path) -> Iterator[Release]:
    """Open the database of a release, read-only and shut off from everything else."""
    with connected(path) as connection:
        yield Release(connection)


def section(title: str, lines: Iterable[str]) -> str:
    """Return lines under a title; nothing where there are none."""
    below = list(lines)
    return "\n".join([title, *below]) if below else ""


def pairs(texts: Mapping[str, str]) -> Iterator[str]:
    """Yield `name  text` lines with the texts under each other."""
    width = max((len(name) for name in texts), default=0) + 2
    for name, text in texts.items():
        yield from wrapped(text, f"  {name:<{width}}")


def wrapped(text: str, first: str = "  ", *, hang: int | None = None) -> list[str]:
    """Return text in lines of up to 100 columns, or those of a narrower terminal: `first` before the first, blanks before the others."""
    indent = " " * (len(first) if hang is None else hang)
    columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDTH
    return textwrap.wrap(
        text,
        max(min(columns, WIDTH), NARROW, len(indent) + NARROW // 2),
        initial_indent=first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [first.rstrip()]


def page(sections: Sequence[str]) -> str:
    """Return sections one below the other, empty ones left out."""
    return "\n\n".join(filter(None, sections))
