"""Opening a publisher's file without the product: openpyxl, calamine for the old format, and the csv module.

Cells are text in a CSV file and what the library gives in a workbook. Rows count from 1, as in a spreadsheet.
"""

import csv
import gzip
import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import python_calamine

from .core import Place


@dataclass(frozen=True)
class Line:
    """A row under a header: its number, and its cells by header; blank headers are left out."""

    row: int
    cells: Mapping[str, Any]

    def text(self, header: str) -> str:
        value = self.cells.get(header)
        return "" if value is None else str(value).strip()


@cache
def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def place(path: Path, row: int, sheet: str = "") -> Place:
    return Place(sha256(path), path.name, sheet, row)


def csv_rows(path: Path) -> list[list[str]]:
    """Return the records of a CSV file, gzipped or not: UTF-8, else Windows-1252."""
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252")
    return list(csv.reader(io.StringIO(text, newline="")))


def csv_lines(path: Path) -> Iterator[Line]:
    """Yield the records under the header in the first row of a CSV file."""
    return under(csv_rows(path), 0)


def sheets(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of every visible sheet of a workbook, by the name of the sheet."""
    if path.suffix == ".xls":
        book = python_calamine.CalamineWorkbook.from_path(path)
        return {
            name: [tuple(row) for row in book.get_sheet_by_name(name).to_python(skip_empty_area=False)]
            for name in book.sheet_names
        }
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    visible = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    found = {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in visible}
    book.close()
    return found


def header_row(rows: Sequence[Sequence[Any]], *wanted: str) -> int:
    """Return the place of the row that holds every wanted header; raise ValueError where there is none."""
    for number, row in enumerate(rows):
        if set(wanted) <= {str(cell).strip() for cell in row if cell is not None}:
            return number
    raise ValueError(f"no row holds {', '.join(wanted)}")


def under(rows: Sequence[Sequence[Any]], header: int) -> Iterator[Line]:
    """Yield the rows under a header row (its place counts from 0)."""
    names = ["" if cell is None else str(cell).strip() for cell in rows[header]]
    for number, row in enumerate(rows[header + 1 :], start=header + 2):
        yield Line(number, {name: cell for name, cell in zip(names, row, strict=False) if name})
