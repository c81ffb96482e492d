"""The layout of a sheet of the workbook and the writing of its cells; nothing here depends on what a sheet holds.

One table a sheet, marked up as such, from column A on, its header frozen; above it the title and lines of text, in
column A too; no merged cells.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as kinds
import sqlalchemy as sa

from pipelines.storage.parquet import nearest_floats

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

COVER, CONTENTS = "Cover", "Contents"
LONGEST_CELL = 32_767
"""Characters; a spreadsheet cuts what is longer."""
_WIDTHS = (14, 60)
_PAGE = 100
_LINE, _TALLEST = 15, 409
"""Height of a line, and of the tallest row, in points: not every spreadsheet fits rows to wrapped text by itself."""
_FORMATS: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 14},
    "header": {"bold": True, "text_wrap": True},
    "wrapped": {"text_wrap": True},
    "text": {},
    "boolean": {},
    "symbol": {"align": "right"},
    "date": {"num_format": "yyyy-mm-dd"},
    "integer": {"num_format": "0"},
    "quantity": {"num_format": "#,##0"},
    "decimal": {"num_format": "#,##0.00"},
}


@dataclass(frozen=True)
class Column:
    """A column of a sheet: what it holds, how its cells look, and the text of some cells without a value.

    A value of the look `link` is an address and the text to show.
    """

    header: str
    values: Sequence[Any]
    look: str = "text"
    symbols: Mapping[int, str] = field(default_factory=dict)

    @cached_property
    def longest(self) -> int:
        """Return the number of characters of the longest text, if there is any."""
        if self.look not in {"text", "link"}:
            return 0
        found = {*self.values, *self.symbols.values()} - {None}
        return max((len(each[1] if self.look == "link" else each) for each in found), default=0)

    @property
    def width(self) -> int:
        """Return the width of the column, in characters."""
        return min(max(self.longest, _WIDTHS[0]), _WIDTHS[1])

    @property
    def is_wrapped(self) -> bool:
        """Return whether a text takes several lines."""
        return self.longest > self.width


def _height(texts: Sequence[str | None], widths: Sequence[int]) -> int:
    """Return the height of a row of wrapped texts in columns of these widths."""
    lines = (math.ceil(len(text or "") / width * 1.1) for text, width in zip(texts, widths, strict=True))
    return min(_LINE * max(1, *lines), _TALLEST)


def column(defined: sa.Column[Any], values: pa.ChunkedArray, statuses: Sequence[str] = ()) -> Column:
    """Return a column of a published table; a missing value shows its status if `statuses` has one."""
    look = _look(defined, values.type)
    symbols = {}
    if statuses and values.null_count:
        missing = pc.indices_nonzero(values.is_null()).to_pylist()
        symbols = {place: f"[{statuses[place]}]" for place in missing if statuses[place]}
    if kinds.is_decimal(values.type):
        values = nearest_floats(values)
    return Column(defined.name, values.to_pylist(), look, symbols)


def _look(defined: sa.Column[Any], kind: pa.DataType) -> str:
    if kinds.is_integer(kind):
        return "quantity" if "unit" in defined.info else "integer"
    found = {kinds.is_boolean: "boolean", kinds.is_date: "date", kinds.is_string: "text"}
    return next((look for test, look in found.items() if test(kind)), "decimal")


class Book:
    """A workbook being written, and its formats."""

    def __init__(self, book: "Workbook") -> None:
        self.book = book
        self.formats = {look: book.add_format({"valign": "top", **how}) for look, how in _FORMATS.items()}

    def cover(self, title: str, lines: Sequence[str]) -> None:
        """Add the first sheet: a line of text a row."""
        sheet = self.book.add_worksheet(COVER)
        sheet.set_column(0, 0, _PAGE)
        sheet.write_string(0, 0, title, self.formats["title"])
        for row, line in enumerate(lines, start=1):
            sheet.set_row(row, _height([line], [_PAGE]))
            sheet.write_string(row, 0, line, self.formats["wrapped"])

    def table(self, name: str, table: str, above: Sequence[str], columns: Sequence[Column]) -> None:
        """Add a sheet with a table of at least one row; raise ValueError if a text is longer than a cell."""
        sheet = self.book.add_worksheet(name)
        sheet.write_string(0, 0, name, self.formats["title"])
        for row, line in enumerate(above, start=1):
            sheet.write_string(row, 0, line)
        back = COVER if name == CONTENTS else CONTENTS
        top = len(above) + 2
        sheet.write_url(top - 1, 0, f"internal:'{back}'!A1", string=f"Back to the {back.lower()}")
        for place, each in enumerate(columns):
            self._fill(sheet, top + 1, place, each)
        self._fit(sheet, top, columns)
        headers = [{"header": each.header, "header_format": self.formats["header"]} for each in columns]
        last = top + len(columns[0].values)
        style = {"name": table, "columns": headers, "style": "Table Style Medium 2"}
        sheet.add_table(top, 0, last, len(columns) - 1, style)
        sheet.freeze_panes(top + 1, 0)
        sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})

    def _fill(self, sheet: "Worksheet", first: int, place: int, column: Column) -> None:
        """Write a column at `place`, from row `first` on."""
        if column.longest > LONGEST_CELL:
            raise ValueError(
                f"Writing sheet {sheet.name!r}: expected at most {LONGEST_CELL} characters in column "
                f"{column.header!r}, found {column.longest}; shorten the text or leave the table out."
            )
        sheet.set_column(place, place, column.width)
        look = "wrapped" if column.is_wrapped else column.look
        write, cell_format = self._writer(sheet, look), self.formats.get(look)
        for row, value in enumerate(column.values, start=first):
            if value is not None:
                write(row, place, value, cell_format)
        for row, symbol in column.symbols.items():
            sheet.write_string(first + row, place, symbol, self.formats["symbol"])

    @staticmethod
    def _fit(sheet: "Worksheet", top: int, columns: Sequence[Column]) -> None:
        """Make the header, and every row with wrapped text, as high as it has lines."""
        sheet.set_row(top, _height([c.header for c in columns], [c.width - 3 for c in columns]))
        wrapped = [each for each in columns if each.is_wrapped]
        widths = [each.width for each in wrapped]
        for row, texts in enumerate(zip(*(each.values for each in wrapped), strict=True), start=top + 1):
            sheet.set_row(row, _height(texts, widths))

    @staticmethod
    def _writer(sheet: "Worksheet", look: str) -> Any:
        """Return the method that writes values of a look: row, column, value, format."""

        def link(row: int, place: int, value: tuple[str, str], _: Any) -> None:
            sheet.write_url(row, place, value[0], string=value[1])

        methods = {
            "text": sheet.write_string,
            "wrapped": sheet.write_string,
            "boolean": sheet.write_boolean,
            "date": sheet.write_datetime,
            "link": link,
        }
        return methods.get(look, sheet.write_number)
