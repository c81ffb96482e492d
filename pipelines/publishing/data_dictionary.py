"""The data dictionary: what every column of every table means, what its publishers call it, and what it holds."""

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from assets.contract.columns import MARTS, METADATA, key_of
from assets.contract.source import Source
from pipelines.storage.parquet import field_type

PERIODS = (
    ("period_start", "period_end"),
    ("as_of_date", "as_of_date"),
    ("valid_from", "valid_to"),
    ("financial_year", "financial_year"),
    ("period", "period"),
)
"""The columns with the first and the last day or year a row is about; a row takes the first pair that it fills."""


def dictionary(tables: Mapping[str, pa.Table], sources: Mapping[str, Source]) -> Iterator[dict[str, Any]]:
    """Yield the rows of `data_dictionary` for the tables of a release, made of some sources."""
    caveats = tables["caveat"].to_pylist()
    for name, rows in tables.items():
        table, held = METADATA.tables[name], _Held(rows, sources)
        own = [row for row in caveats if row["table_name"] == name]
        for position, defined in enumerate(table.columns, start=1):
            first, last = held.periods(defined.name)
            yield {
                "table_name": name,
                "column_name": defined.name,
                "label": defined.info["label"],
                "position": position,
                "type": field_type(defined),
                "is_key": defined.name in key_of(table),
                "may_be_null": bool(defined.nullable),
                "description": defined.comment,
                "unit": defined.info.get("unit"),
                "aggregation": defined.info.get("aggregation"),
                "allowed_values": "; ".join(defined.info["allowed"]) if "allowed" in defined.info else None,
                "publisher_header": "; ".join(held.headers(defined.name)) or None,
                "caveats": "; ".join(_caveats(table, defined, own)) or None,
                "first_period": first,
                "last_period": last,
            }


def _caveats(table: sa.Table, defined: sa.Column[Any], caveats: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the names of the caveats of a column: those about it, and beside a figure of a fact those of its table."""
    figure = table.info["layer"] != MARTS and {"unit", "aggregation"} & defined.info.keys()
    for row in caveats:
        of_a_row = not row["measure"] or ("measure" in table.c and row["measure"] not in table.c)
        if row["measure"] == defined.name or (figure and of_a_row):
            yield row["caveat"]


class _Held:
    """What the rows of one table hold: their periods, and the editions of each source."""

    def __init__(self, rows: pa.Table, sources: Mapping[str, Source]) -> None:
        self.rows, self.sources = rows, sources
        pairs = [pair for pair in PERIODS if pair[0] in rows.column_names and rows.num_rows]
        self.starts, self.ends = (self._filled([pair[end] for pair in pairs]) for end in (0, 1))
        self.editions = dict(self._editions())

    def _filled(self, names: list[str]) -> Any:
        return names and pc.coalesce(*(self.rows[name].cast(pa.string()) for name in names))

    def _editions(self) -> Iterator[tuple[str, str]]:
        """Yield each source with its editions: the first and the last one."""
        if {"source", "edition"} <= set(self.rows.column_names):
            found = (
                self.rows.group_by("source").aggregate([("edition", "min"), ("edition", "max")]).to_pylist()
            )
            for row in sorted(found, key=lambda row: str(row["source"])):
                yield row["source"], " to ".join(dict.fromkeys([row["edition_min"], row["edition_max"]]))

    def periods(self, name: str) -> tuple[str | None, str | None]:
        """Return the first and the last period with a value in a column, in the form in which the table gives periods."""
        if not self.starts:
            return None, None
        filled = self.rows[name].is_valid()
        return pc.min(self.starts.filter(filled)).as_py(), pc.max(self.ends.filter(filled)).as_py()

    def headers(self, name: str) -> Iterator[str]:
        """Yield the header of the column at each publisher who has a column for it, with the editions held."""
        for source, editions in self.editions.items():
            staged = self.sources[source].table if source in self.sources else None
            if staged is not None and name in staged.c and "header" in staged.c[name].info:
                yield f"{source} {editions}: {staged.c[name].info['header']}"
