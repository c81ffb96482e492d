"""Tables as lists of rows, as a publisher has them: found by their headers, changed, and written as a file.

Every change returns another table: the one that was read serves many cases.
"""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import openpyxl
import xlsxwriter

Row = tuple[Any, ...]
Grid = tuple[Row, ...]
"""A sheet from its first row on; the table in it begins under its headers and ends where its last header is empty."""
Book = Mapping[str, Grid]
"""Sheets by name, in order."""
Change = Callable[[Grid], Grid]


def head(grid: Grid, *headers: str) -> tuple[int, list[int]]:
    """Return the place of the row that holds all the headers, and the columns they are in."""
    for number, row in enumerate(grid):
        cells = ["" if cell is None else str(cell).strip() for cell in row]
        if set(headers) <= set(cells):
            return number, [cells.index(header) for header in headers]
    raise LookupError(f"no row holds {headers}")


def ends(grid: Grid, first: int, column: int) -> int:
    """Return the place after the last row of the table: the first whose cell in `column` is empty."""
    for number in range(first, len(grid)):
        row = grid[number]
        if column >= len(row) or row[column] in (None, ""):
            return number
    return len(grid)


def body(grid: Grid, key: str) -> tuple[int, int]:
    """Return the places of the first row of the table and after its last, by a column that is never empty."""
    top, (column,) = head(grid, key)
    return top + 1, ends(grid, top + 1, column)


def values(grid: Grid, key: str, header: str) -> list[Any]:
    """Return the cells of a column."""
    _, (column,) = head(grid, header)
    first, last = body(grid, key)
    return [row[column] for row in grid[first:last]]


def replaced(grid: Grid, key: str, header: str, cells: Sequence[Any]) -> Grid:
    """Return the table with other cells in a column."""
    _, (column,) = head(grid, header)
    first, last = body(grid, key)
    changed = [
        (*row[:column], cell, *row[column + 1 :]) for row, cell in zip(grid[first:last], cells, strict=True)
    ]
    return (*grid[:first], *changed, *grid[last:])


def shifted(key: str, *headers: str, by: int = 1) -> Change:
    """Return the change that moves columns down by some rows; what falls out at the end comes in at the top."""

    def change(grid: Grid) -> Grid:
        for header in headers:
            cells = values(grid, key, header)
            grid = replaced(grid, key, header, cells[-by:] + cells[:-by])
        return grid

    return change


def slipped(key: str, block: tuple[int, int], *headers: str, by: int = 1) -> Change:
    """Return the change that moves a block of rows, from the first to before the last, in columns down by some rows."""
    first, last = block

    def change(grid: Grid) -> Grid:
        for header in headers:
            cells = values(grid, key, header)
            inside = cells[first:last]
            cells[first:last] = inside[-by:] + inside[:-by]
            grid = replaced(grid, key, header, cells)
        return grid

    return change


def sorted_by(key: str, place: Callable[[Any], Any], header: str = "") -> Change:
    """Return the change that sorts the rows of a table by a column, or by its key."""

    def change(grid: Grid) -> Grid:
        _, (column,) = head(grid, header or key)
        first, last = body(grid, key)
        rows = sorted(grid[first:last], key=lambda row: place(row[column]))
        return (*grid[:first], *rows, *grid[last:])

    return change


def swapped(one: str, other: str) -> Change:
    """Return the change that exchanges two headers."""

    def change(grid: Grid) -> Grid:
        top, places = head(grid, one, other)
        row = list(grid[top])
        row[places[0]], row[places[1]] = row[places[1]], row[places[0]]
        return (*grid[:top], tuple(row), *grid[top + 1 :])

    return change


def mapped(key: str, header: str, function: Callable[[Any], Any]) -> Change:
    """Return the change that makes another value of each cell of a column."""
    return lambda grid: replaced(grid, key, header, [function(cell) for cell in values(grid, key, header)])


def copied(key: str, source: str, target: str) -> Change:
    """Return the change that writes one column over another."""
    return lambda grid: replaced(grid, key, target, values(grid, key, source))


def kept(key: str, header: str, keep: Callable[[int, Any], bool]) -> Change:
    """Return the change that leaves only the rows whose number in the table and cell are kept."""

    def change(grid: Grid) -> Grid:
        _, (column,) = head(grid, header)
        first, last = body(grid, key)
        rows = [row for number, row in enumerate(grid[first:last]) if keep(number, row[column])]
        return (*grid[:first], *rows, *grid[last:])

    return change


def together(*changes: Change) -> Change:
    """Return the change that makes several one after the other."""

    def change(grid: Grid) -> Grid:
        for one in changes:
            grid = one(grid)
        return grid

    return change


def workbook(book: Book) -> bytes:
    """Return sheets as an xlsx file."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as made:
        days = made.add_format({"num_format": "yyyy-mm-dd"})
        for name, grid in book.items():
            sheet = made.add_worksheet(name)
            for number, row in enumerate(grid):
                for place, cell in enumerate(row):
                    if isinstance(cell, date):
                        sheet.write_datetime(number, place, cell, days)
                    elif isinstance(cell, str):
                        sheet.write_string(number, place, cell)
                    elif cell is not None:
                        sheet.write(number, place, cell)
    return content.getvalue()


def read_workbook(content: bytes) -> Book:
    """Return the visible sheets of an xlsx file."""
    opened = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    return {
        sheet.title: tuple(sheet.iter_rows(values_only=True))
        for sheet in opened
        if sheet.sheet_state == "visible"
    }


def csv_text(grid: Grid, encoding: str = "utf-8-sig") -> bytes:
    """Return a table as a CSV file."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(grid)
    return text.getvalue().encode(encoding)


def read_csv(content: bytes, encoding: str = "utf-8-sig") -> Grid:
    """Return a CSV file as a table."""
    return tuple(map(tuple, csv.reader(io.StringIO(content.decode(encoding), newline=""))))
