"""Reading one sheet of a huge OpenDocument spreadsheet as a stream, in the memory of one row.

The publisher's file is 26 MB zipped and about 1 GB of XML, most of it in other sheets: handlers are switched off
inside those. A hostile or damaged file (one that unpacks without end, repeats a row a million times or has a document
type) is refused with a one-sentence reason.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from xml.parsers import expat

from assets.contract.parsed import StructureError
from assets.reading.sniff import sniff
from assets.reading.spreadsheet import DAMAGE, ROWS_OF_A_SHEET
from assets.reading.structure import CELL_LIMIT, normal
from assets.reading.zip_file import check_directory

CHUNK = 1 << 20
MOST_INFLATED = 3 << 30
"""Bytes that the file may unpack to; a real one has about 1 GB."""
LONGEST_TOKEN = 8 << 20
"""Bytes that the reader may buffer before the end of one tag, text or comment."""
MOST_COLUMNS = 100
"""Cells of a row to read; the last one is usually repeated to the edge of the sheet."""
MOST_REPEATED = 1_000
"""Times that one row with content may be repeated; empty ones are repeated to the end of the sheet."""

_T = "urn:oasis:names:tc:opendocument:xmlns:table:1.0 "
_X = "urn:oasis:names:tc:opendocument:xmlns:text:1.0 "
_O = "urn:oasis:names:tc:opendocument:xmlns:office:1.0 "
_CELLS = (f"{_T}table-cell", f"{_T}covered-table-cell")
_BLANKS = {f"{_X}s": " ", f"{_X}tab": "\t", f"{_X}line-break": "\n"}
_DAMAGE = (*DAMAGE, ValueError)
"""Exceptions that the libraries raise for a damaged file; a directory that points before the file is a ValueError."""

Row = tuple[int, list[str]]
"""Number of a row, counted from 1, and its cells."""


class SheetStream:
    """The rows of one sheet, which can be read once; afterwards `names` has the names of all sheets."""

    def __init__(self, content: bytes, sheet: str) -> None:
        self._content = content
        self._reader = _Reader(sheet)

    @property
    def names(self) -> list[str]:
        """Return the names of the sheets read so far, as the file spells them."""
        return self._reader.names

    @property
    def hidden_rows(self) -> int:
        """Return how many hidden rows with content have been skipped so far. Cells of hidden columns are empty."""
        return self._reader.hidden

    def __iter__(self) -> Iterator[Row]:
        """Yield the rows that are not blank. Raises StructureError if there is no such sheet, or more than one."""
        found = sniff(self._content)
        if found not in {"ods", "zip"}:
            raise StructureError(
                f"expected an OpenDocument spreadsheet, found {found}; download the file again"
            )
        try:
            yield from self._rows()
        except StructureError:
            raise
        except _DAMAGE as error:
            raise StructureError(
                f"expected a readable OpenDocument spreadsheet, found a damaged one ({error}); download the file again"
            ) from error
        self._reader.check()

    def _rows(self) -> Iterator[Row]:
        with zipfile.ZipFile(io.BytesIO(self._content)) as archive:
            check_directory(archive, MOST_INFLATED)
            parts = [part for part in archive.infolist() if part.filename == "content.xml"]
            if len(parts) != 1:
                raise StructureError(f"expected one content.xml in the spreadsheet, found {len(parts)}")
            fed = 0
            with archive.open(parts[0]) as stream:
                while chunk := stream.read(CHUNK):
                    fed += len(chunk)
                    yield from self._reader.feed(chunk, fed)
            yield from self._reader.feed(b"", fed)


class _Reader:
    """Parses the XML of a spreadsheet and keeps the rows of one sheet until they are taken."""

    def __init__(self, sheet: str) -> None:
        self.sheet = sheet
        self.names: list[str] = []
        self._rows: list[tuple[int, int, list[str]]] = []
        self._number = 0
        self._times = 1
        self._shown = True
        self.hidden = 0
        self.hidden_columns: set[int] = set()
        self._columns = 0
        self._row: list[str] = []
        self._cell: list[str] = []
        self._held = 0
        self._span = 1
        self._value: str | None = None
        self._paragraphs = 0
        self._aside = 0
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._between

    def feed(self, chunk: bytes, fed: int) -> Iterator[Row]:
        """Parse a chunk and yield the completed rows; `fed` counts all bytes so far, an empty chunk ends the file."""
        self.parser.Parse(chunk, not chunk)
        if fed - max(self.parser.CurrentByteIndex, 0) > LONGEST_TOKEN:
            raise StructureError(
                f"expected XML in short pieces, found one of more than {LONGEST_TOKEN >> 20} MiB"
            )
        for number, times, row in self._rows:
            yield from ((number + again, row) for again in range(times))
        self._rows.clear()

    def check(self) -> None:
        """Raise StructureError unless the sheet was found exactly once."""
        if (held := self._seen()) != 1:
            listed = ", ".join(map(repr, self.names[:20])) or "none"
            raise StructureError(f"expected one sheet {self.sheet!r}, found {held} among {listed}")

    def _seen(self) -> int:
        return sum(normal(name) == normal(self.sheet) for name in self.names)

    def _doctype(self, *_: object) -> None:
        raise StructureError("expected XML without a document type, found <!DOCTYPE")

    def _between(self, name: str, attributes: dict[str, str]) -> None:
        if name != f"{_T}table":
            return
        self.names.append(attributes.get(f"{_T}name", "")[:CELL_LIMIT])
        inside = normal(self.names[-1]) == normal(self.sheet) and self._seen() == 1
        self.parser.StartElementHandler = self._start if inside else None
        self.parser.EndElementHandler = self._end if inside else self._end_of_another
        self.parser.CharacterDataHandler = self._text if inside else None

    def _end_of_another(self, name: str) -> None:
        if name == f"{_T}table":
            self.parser.EndElementHandler = None
            self.parser.StartElementHandler = self._between

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name in _CELLS:
            self._cell, self._held = [], 0
            self._span = _times(attributes.get(f"{_T}number-columns-repeated", "1"))
            self._value = attributes.get(f"{_O}date-value")
        elif name == f"{_T}table-row":
            self._row = []
            self._shown = attributes.get(f"{_T}visibility", "visible") == "visible"
            self._times = _times(attributes.get(f"{_T}number-rows-repeated", "1"))
        elif name == f"{_T}table-column":
            self._start_columns(attributes)
        elif name == f"{_O}annotation":
            self._aside += 1
        elif name == f"{_X}p":
            self._paragraphs += 1
        elif name in _BLANKS:
            self._text(_BLANKS[name])
        elif name == f"{_T}table":
            raise StructureError(
                f"expected rows in sheet {self.sheet!r}, found a table in row {self._number + 1}"
            )

    def _start_columns(self, attributes: dict[str, str]) -> None:
        first = self._columns
        self._columns += _times(attributes.get(f"{_T}number-columns-repeated", "1"))
        if attributes.get(f"{_T}visibility", "visible") != "visible":
            self.hidden_columns.update(range(first, min(self._columns, MOST_COLUMNS)))

    def _text(self, data: str) -> None:
        if self._paragraphs and not self._aside and self._held <= CELL_LIMIT:
            self._cell.append(data[: CELL_LIMIT + 1])
            self._held += len(data)

    def _end(self, name: str) -> None:
        if name in _CELLS:
            text = self._value[:10] if self._value else "".join(self._cell).rstrip(" \n")
            self._row += [text] * min(self._span, MOST_COLUMNS - len(self._row))
        elif name == f"{_X}p":
            self._text(" ")
            self._paragraphs -= 1
        elif name == f"{_T}table-row":
            self._end_row()
        elif name == f"{_O}annotation":
            self._aside -= 1
        elif name == f"{_T}table":
            self._end_of_another(name)
            self.parser.CharacterDataHandler = None

    def _end_row(self) -> None:
        first = self._number + 1
        self._number += self._times
        if self.hidden_columns:
            self._row = ["" if place in self.hidden_columns else text for place, text in enumerate(self._row)]
        if not any(text.strip() for text in self._row):
            return
        if not self._shown:
            self.hidden += self._times
            return
        if self._times > MOST_REPEATED:
            raise StructureError(
                f"sheet {self.sheet!r}, row {first}: expected a row at most {MOST_REPEATED} times, found it {self._times} times"
            )
        if self._number >= ROWS_OF_A_SHEET:
            raise StructureError(
                f"sheet {self.sheet!r}: expected fewer than {ROWS_OF_A_SHEET} rows, found it full: it may be cut"
            )
        self._rows.append((first, self._times, self._row))


def _times(text: str) -> int:
    """Return how many times a cell or row is repeated."""
    if not re.fullmatch(r"[1-9]\d{0,6}", text, re.ASCII):
        raise StructureError(f"expected a number of repeats, found {text[:40]!r}")
    return int(text)
