"""Finding columns whose header publishers rename: which of several known names a file uses."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from assets.contract.parsed import StructureError
from assets.reading.structure import Sheet, find_table, normal

HEADER_ROWS = 50
"""The number of rows at the top of a sheet that are searched for the header."""

Names = Mapping[str, Sequence[str]]
"""The names that a column may have, in normal form, by its meaning."""


def spelt(row: Iterable[str], names: Names) -> dict[str, str] | None:
    """Return the header of each meaning as a row spells it, or None if the row does not have them all.

    Raises StructureError if two columns have names of the same meaning.
    """
    cells = [(cell, normal(cell)) for cell in row]
    found = {meaning: [cell for cell, name in cells if name in known] for meaning, known in names.items()}
    if not all(found.values()):
        return None
    if doubled := {meaning: headers for meaning, headers in found.items() if len(headers) > 1}:
        raise StructureError(
            [
                f"expected one column for {meaning}, found {' and '.join(map(repr, headers))}"
                for meaning, headers in doubled.items()
            ]
        )
    return {meaning: headers[0] for meaning, headers in found.items()}


def spelling(sheet: Sheet, names: Names) -> dict[str, str] | None:
    """Return the header of each meaning as the first header row of a sheet spells it, or None if there is none."""
    return next((found for row in sheet.rows[:HEADER_ROWS] if (found := spelt(row, names))), None)


def header_of(rows: Iterable[list[str]], names: Names, sheet: str) -> tuple[list[str], dict[str, str]]:
    """Read rows up to the header, past a banner; return its cells, and the header of each meaning as it spells them."""
    head = []
    for cells in islice(rows, HEADER_ROWS):
        head.append(cells)
        if found := spelt(cells, names):
            return cells, found
    find_table(Sheet(sheet, head, []), list(names))
    raise StructureError(f"sheet {sheet!r}: expected a header row, found none")


def missing(sheets: Sequence[Sheet], names: Names, what: str) -> StructureError:
    """Return an error that names the meanings missing from the row most like a header, and the headers found."""
    rows = [(sheet, row) for sheet in sheets for row in sheet.rows[:HEADER_ROWS]]
    if not rows:
        return StructureError(f"expected {what} under a header, found an empty file")
    sheet, row = max(rows, key=lambda place: _likeness(place[1], names))
    held = {normal(cell) for cell in row}
    absent = [
        f"{meaning} (one of {', '.join(map(repr, known))})"
        for meaning, known in names.items()
        if not held & set(known)
    ]
    headers = ", ".join(repr(cell[:60]) for cell in row if cell.strip()) or "none"
    where = f"sheet {sheet.name!r}" if sheet.name else "the file"
    problem = f"expected {what} with columns for {'; '.join(absent)}, found the headers {headers} in {where}"
    return StructureError(f"{problem}; if these are the right columns, add their names to the source's spec")


def _likeness(row: Sequence[str], names: Names) -> tuple[int, int]:
    """Return how much a row looks like the header: the number of meanings found, then of cells filled."""
    held = {normal(cell) for cell in row}
    return sum(1 for known in names.values() if held & set(known)), sum(map(bool, held))
