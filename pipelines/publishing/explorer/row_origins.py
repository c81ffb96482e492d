"""Where the rows of the page were read: the files, each once, and for every row its places in them and its key.

A query names these in its last columns, from `read_from` on: a list of rows of source, edition, SHA-256 of the file, sheet, row,
evidence grade, and what of the row was read there if not all of it. The columns after it are what else the key of the row needs.
None of these is shown as a column.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import duckdb

from assets.catalogue import published
from assets.contract import columns
from pipelines.publishing.explorer.grid import Grid, ask
from pipelines.storage.release_folder import shown

READ_FROM = "read_from"
Place = tuple[int, str | None, str | None, str]
"""A file by its place in the list of files, a sheet of it, the evidence grade, and what was read there."""


class Origins:
    """Every file of a release, and the places that rows of the page were read from, each once."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.files = ask(connection, "files")
        self._numbers = {row[:3]: number for number, row in enumerate(self.files.rows)}
        self._places: dict[Place, int] = {}

    def packed(self) -> dict[str, Any]:
        """Return files and places as JSON takes them; ask for it when every row has been read."""
        return {"files": self.files.packed(), "places": list(self._places)}

    def of(self, read_from: Iterable[Sequence[Any]] | None) -> list[int]:
        """Return where a row was read: the number of a place, then the row of its sheet, for each in turn."""
        found = []
        for source, edition, sha256, sheet, row, grade, *about in read_from or ():
            place = (self._numbers[source, edition, sha256], sheet or None, grade, "".join(about))
            found += [self._places.setdefault(place, len(self._places)), row]
        return found


def apart(table: Grid) -> tuple[Grid, list[Any], Grid]:
    """Return the columns of a table that are shown, where its rows were read, and the columns that only its key needs."""
    place = [column.name for column in table.columns].index(READ_FROM)
    return (
        _some(table, slice(place)),
        [row[place] for row in table.rows],
        _some(table, slice(place + 1, None)),
    )


def _some(table: Grid, part: slice) -> Grid:
    return Grid(table.name, table.columns[part], tuple(row[part] for row in table.rows))


def key_of(table: str) -> list[str]:
    """Return the columns of the primary key of a published table, in its order."""
    return columns.key_of(published().tables[table])


def traced(grid: Grid, table: str, origins: Origins) -> Grid:
    """Return the columns of a table of the page that are shown, with the key in `table` and the origins of every row.

    A row that stands for several rows of `table` has an empty value in its key and no origin.
    """
    plain, read_from, others = apart(grid)
    names = [column.name for column in (*plain.columns, *others.columns)]
    places = [names.index(name) for name in key_of(table)]
    keys = [
        [(*row, *rest)[place] for place in places] for row, rest in zip(plain.rows, others.rows, strict=True)
    ]
    traces = tuple(
        ("|".join(map(shown, key)), origins.of(read)) if "" not in key else None
        for key, read in zip(keys, read_from, strict=True)
    )
    return replace(plain, table=table, traces=traces)
