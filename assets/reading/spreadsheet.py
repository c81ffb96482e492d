"""Opening a workbook that may be damaged, cut, encrypted or another kind of file; a StructureError says what is wrong.

The library that reads workbooks does not verify checksums, and reports whether a sheet is hidden only after reading
it. Both are therefore looked up in the archive itself. Hidden sheets are listed, never read.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import reduce
from typing import Any
from xml.parsers import expat

from assets.contract.parsed import StructureError
from assets.reading.hidden_cells import Hidden, first_column, parts_of, verified
from assets.reading.sniff import sniff
from assets.reading.zip_file import check_directory, stated_ranges, unsafe

MOST_INFLATED = 512 << 20
"""Bytes that a workbook may unpack to; the largest real one has about 350 MiB."""
MOST_CELLS = 1 << 27
"""Cells of the range that a sheet states; the library allocates every one of them, empty or not."""
ROWS_OF_A_SHEET = 1 << 20
"""Rows that a sheet can hold: one with content in the last row was probably cut there."""
DAMAGE = (zipfile.BadZipFile, zlib.error, expat.ExpatError, EOFError, RuntimeError)
"""Exceptions that the standard library raises for a damaged or encrypted archive of XML."""
PANIC = "PanicException"
"""The class name of a failure within the library; it is not an Exception and cannot be imported."""


@dataclass(frozen=True)
class Opened:
    """A workbook: its reader, the names of its sheets, and its hidden rows and columns (numbered as the library does)."""

    reader: Any
    visible: tuple[str, ...]
    hidden: tuple[str, ...]
    hidden_parts: Mapping[str, Hidden] = field(default_factory=dict)

    def load(self, sheet: str, *, goes_on: bool = False, **how: Any) -> Any:
        """Return a sheet as the library reads it; `how` is passed on to `load_sheet`.

        Raises StructureError for a sheet that is damaged, or full unless it `goes_on` in another.
        """
        with readable(f"sheet {sheet!r}: expected readable cells, found damaged ones"):
            found = self.reader.load_sheet(sheet, skip_rows=0, **how)
        height = found.num_rows if how.get("eager") else found.total_height
        if height + ("header_row" not in how) >= ROWS_OF_A_SHEET and not goes_on:
            raise StructureError(
                f"sheet {sheet!r}: expected fewer than {ROWS_OF_A_SHEET:,} rows, found it full: it may be cut"
            )
        return found


def open_workbook(content: bytes) -> Opened:
    """Open an xlsx file, with all its checksums verified."""
    import fastexcel

    if (found := sniff(content)) != "xlsx":
        what = "a damaged or cut archive" if found == "zip" else found
        raise StructureError(f"expected an xlsx workbook, found {what}; download the file again")
    with readable("expected a readable xlsx workbook, found a damaged one"):
        states, hides = _verified(content)
        reader = fastexcel.read_excel(content)
        shown = {name: states[name] == "visible" for name in reader.sheet_names}
    visible, hidden = (tuple(n for n in shown if shown[n] is wanted) for wanted in (True, False))
    return Opened(reader, visible, hidden, hides)


@contextmanager
def readable(expected: str) -> Iterator[None]:
    """Turn an exception caused by damage into a StructureError that begins with `expected`."""
    import fastexcel

    try:
        yield
    except (fastexcel.FastExcelError, KeyError, *DAMAGE) as error:  # KeyError: a part is missing
        raise StructureError(f"{expected} ({_reason(error)})") from error
    except BaseException as error:
        if type(error).__name__ != PANIC:
            raise
        raise StructureError(f"{expected} ({_reason(error)})") from None


def _reason(error: BaseException) -> str:
    """Return the first line of the message of an error, or its class name if it has none."""
    return next(iter(str(error).splitlines()), "") or type(error).__name__


def _verified(content: bytes) -> tuple[dict[str, str], dict[str, Hidden]]:
    """Return the visibility of every sheet and what sheets hide; raise if the archive is damaged or malicious."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        check_directory(archive, MOST_INFLATED)
        for part, cells in stated_ranges(archive):
            if _size(cells) > MOST_CELLS:
                raise unsafe(f"cells {cells[:40]} in part {part!r}, more than {MOST_CELLS:,}")
        found = verified(archive)
        workbook = archive.read("xl/workbook.xml")
        return _states(workbook), _hidden_by_sheet(archive, workbook, found) if found else {}


def _hidden_by_sheet(
    archive: zipfile.ZipFile, workbook: bytes, found: Mapping[str, Hidden]
) -> dict[str, Hidden]:
    """Return what sheets hide by sheet name, with columns numbered from the first filled one, as the library does."""
    parts = parts_of(workbook, archive.read("xl/_rels/workbook.xml.rels"))
    hides = {name: (part, found[part]) for name, part in parts.items() if part in found}
    return {
        name: Hidden(
            hidden.rows, frozenset(column - first + 1 for column in hidden.columns if column >= first)
        )
        for name, (part, hidden) in hides.items()
        for first in [first_column(archive.read(part)) if hidden.columns else 1]
    }


def _size(cells: str) -> int:
    """Return how many cells a range like A1:C7 has; 0 for any other text."""
    found = re.fullmatch(r"([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})", cells, re.ASCII)
    if found is None:
        return 0
    left, top, right, bottom = found.groups()
    return (_column(right) - _column(left) + 1) * (int(bottom) - int(top) + 1)


def _column(letters: str) -> int:
    """Return the number of a column: 1 for A, 27 for AA."""
    return reduce(lambda number, letter: 26 * number + ord(letter) - 64, letters, 0)


def _states(xml: bytes) -> dict[str, str]:
    """Return the state of every sheet by name; one without a state is visible."""
    states: dict[str, str] = {}

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(" ")[2] == "sheet":
            states[attributes["name"]] = attributes.get("state", "visible")

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = start
    parser.Parse(xml, True)  # noqa: FBT003 - the parser takes it by place only
    return states
