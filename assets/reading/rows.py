"""Files that are one table under one header: a row for each data row."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from assets.contract.parsed import Parsed, StructureError
from assets.contract.row import Row
from assets.reading.structure import Record, find_table, read_csv, tidy, unmapped


def csv_rows(
    row: Row,
    content: bytes,
    derive: Callable[[Record], Mapping[str, Any]] = lambda _record: {},
    *,
    more: tuple[str, ...] = (),
    unread: tuple[str, ...] = (),
) -> Parsed:
    """Read a CSV file into the rows that `row` declares. Raises StructureError.

    `derive` computes values that are not in a cell; `more` names required headers that are not fields, `unread` known
    columns that nothing is read from and that may be absent.
    """
    sheet, drift = read_csv(content, "")
    headers = tuple(dict.fromkeys((*row.headers, *more)))
    records = find_table(sheet, headers)
    drift += unmapped(sheet, headers, unread)
    return tidy(records, lambda record: row.read(record, None, **derive(record)), drift=drift)


def rows_about(records: Sequence[Record], header: str, wanted: str, what: str) -> list[Record]:
    """Return the records with `wanted` under a header; `what` names them. Raises StructureError if there are none."""
    mine = [record for record in records if record.cells[header].strip() == wanted]
    if not mine:
        held = sorted({record.cells[header].strip()[:10] for record in records})
        found = f"{held[0]} to {held[-1]}" if held else "no rows"
        raise StructureError(f"expected rows of {what}, found {found}; correct the edition")
    return mine
