"""Parsers made from a row, for files that are one table under one header."""

from collections.abc import Callable, Mapping
from typing import Any

from assets.contract.parsed import Parsed
from assets.contract.row import Row
from assets.reading.structure import Record, find_table, read_csv, tidy, unmapped


def csv_parser(
    row: Row,
    derive: Callable[[Record], Mapping[str, Any]] = lambda _record: {},
    *,
    more: tuple[str, ...] = (),
) -> Callable[[bytes, str], Parsed]:
    """Return a parser of CSV files of one layout in every edition.

    `derive` computes values that are not in a cell; `more` names required headers that are not fields.
    """

    def parse(content: bytes, edition: str) -> Parsed:  # noqa: ARG001 - every edition has the same layout
        """Read a file into one tidy row for each data row. Raises StructureError."""
        sheet, drift = read_csv(content, "")
        headers = tuple(dict.fromkeys((*row.headers, *more)))
        records = find_table(sheet, headers)
        drift += unmapped(sheet, headers)
        return tidy(records, lambda record: row.read(record, None, **derive(record)), drift=drift)

    return parse
