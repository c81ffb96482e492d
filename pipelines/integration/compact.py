"""A table of any number of rows in little memory: slices of rows are checked, converted and put in order of the key.

Facts repeat the same codes, names and files in every row. Text is held once and numbered, an eighth of what it takes
written out, and rows are written out again only a slice at a time.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from assets.contract.columns import key_of
from assets.reading.structure import column_problems, doubled
from pipelines.storage.parquet import schema, to_arrow

SLICE = 65_536
"""Rows that are converted at a time; a smaller table is one slice."""


@dataclass(frozen=True)
class Compact:
    """The rows of a published table in any order, its text numbered, with the problems of its columns."""

    table: sa.Table
    rows: pa.Table
    column_problems: tuple[str, ...] = ()

    @classmethod
    def of(cls, table: sa.Table, frames: Iterable[pd.DataFrame]) -> "Compact":
        """Return the rows of frames with the columns of a table; a column that only some have is empty in the others."""
        columns = [c.name for c in table.columns]
        slices, found, held = [_numbered(schema(table).empty_table())], dict[str, None](), set[str]()
        for frame in frames:
            held.update(map(str, frame))
            rows = frame.reindex(columns=columns)
            found |= dict.fromkeys(column_problems(rows, table))
            if not found:
                slices.append(_numbered(to_arrow(rows, table, in_order=False)))
        for name in columns if held else ():
            if name not in held:
                found[f"table {table.name}: expected column {name!r}, found none"] = None
        return cls(table, pa.concat_tables(slices), tuple(found))

    @property
    def problems(self) -> list[str]:
        """Where the rows differ from the definition of the table: columns, nulls, types, values, key."""
        return [*self.column_problems] or doubled(
            self._ranks().to_pandas(), self.table, lambda place: self.rows.slice(place, 1).to_pylist()[0]
        )

    def slices(self) -> Iterator[pa.Table]:
        """Yield the rows in the order of the key, written out, some at a time."""
        order = pc.sort_indices(self._ranks(), [(name, "ascending") for name in key_of(self.table)])
        for start in range(0, max(len(order), 1), SLICE):
            yield self.rows.take(order.slice(start, SLICE)).cast(schema(self.table))

    def _ranks(self) -> pa.Table:
        """Return the columns of the key, text as its place in the order of all text of its column."""
        keys = self.rows.select(key_of(self.table)).unify_dictionaries()
        return pa.table({name: _ranked(keys[name].combine_chunks()) for name in keys.column_names})


def _numbered(rows: pa.Table) -> pa.Table:
    """Return rows with their text as numbers and a list of what they stand for."""
    columns = [c.dictionary_encode() if pa.types.is_string(c.type) else c for c in rows.columns]
    return pa.table(columns, names=rows.column_names)


def _ranked(column: pa.Array) -> pa.Array:
    if not isinstance(column, pa.DictionaryArray):
        return column
    return pc.rank(column.dictionary).take(column.indices)
