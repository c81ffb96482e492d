"""The layout of a sheet of the workbook and the writing of its cells; nothing here depends on what a sheet holds.

One table a sheet, marked up as such, from column A on, its header frozen; above it the title and lines of text, in
column A too; no merged cells.
"""

import math
import textwrap
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
_WIDTHS = (7, 75)
_PAGE, _PROSE = 120, 90
_A4 = 9
_NARROW = 1.1
"""How many letters of a text fit where there is room for one digit, on average."""
_TITLE, _LINE, _TALLEST = 20, 13, 409
"""Height of a title, of a line, and of the tallest row, in points: not every spreadsheet fits rows to wrapped text by itself."""
_FORMATS: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 14},
    "header": {"bold": True, "text_wrap": True, "bg_color": "#D9E2EC", "bottom": 1},
    "wrapped": {"text_wrap": True},
    "text": {},
    "link": {"font_color": "#0563C1", "underline": 1},
    "boolean": {"num_format": '"yes";"yes";"no"', "align": "left"},
    "symbol": {"align": "right"},
    "date": {"num_format": "yyyy-mm-dd"},
    "integer": {"num_format": "0_)"},
    "quantity": {"num_format": "#,##0_)"},
    "decimal": {"num_format": "#,##0.00_)"},
}


@dataclass(frozen=True)
class Column:
    """A column of a sheet: what it holds, how its cells look, and the text of some cells without a value.

    A value of the look `link` is an address and the text to show; a text of the look `wrapped` takes several lines where
    it is longer than the column.
    """

    header: str
    values: Sequence[Any]
    look: str = "text"
    symbols: Mapping[int, str] = field(default_factory=dict)

    @cached_property
    def longest(self) -> int:
        """Return the number of characters of the longest text, if there is any."""
        if self.look not in {"text", "wrapped", "link"}:
            return 0
        found = {*self.values, *self.symbols.values()} - {None}
        return max((len(each[1] if self.look == "link" else each) for each in found), default=0)

    @property
    def width(self) -> int:
        """Return the width of the column, in characters."""
        least = 11 if self.look in {"date", "quantity"} else _WIDTHS[0]
        most = _PROSE if self.look == "wrapped" else _WIDTHS[1]
        header = max(math.ceil(len(self.header) / 3), *map(len, self.header.split()))
        return min(max(math.ceil(self.longest / _NARROW), least, header) + 2, most)

    @property
    def is_wrapped(self) -> bool:
        """Return whether a text takes several lines."""
        return self.look == "wrapped" and self.longest > self.width * _NARROW


def _height(texts: Sequence[str | None], widths: Sequence[int]) -> int:
    """Return the height of a row of wrapped texts in columns of these widths."""
    lines = (math.ceil(len(text or "") / width / _NARROW) for text, width in zip(texts, widths, strict=True))
    return min(_LINE * max(1, *lines), _TALLEST)


def column(
    defined: sa.Column[Any], header: str, values: pa.ChunkedArray, statuses: Sequence[str] = ()
) -> Column:
    """Return a column of a published table; a missing value shows its status if `statuses` has one."""
    look = _look(defined, values.type)
    symbols = {}
    if statuses and values.null_count:
        missing = pc.indices_nonzero(values.is_null()).to_pylist()
        symbols = {place: f"[{statuses[place]}]" for place in missing if statuses[place]}
    if kinds.is_decimal(values.type):
        values = nearest_floats(values)
    return Column(header, values.to_pylist(), look, symbols)


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
        sheet = self._sheet(COVER)
        sheet.set_column(0, 0, _PAGE)
        sheet.write_string(0, 0, title, self.formats["title"])
        for row, line in enumerate(lines, start=1):
            sheet.set_row(row, _height([line], [_PAGE]))
            sheet.write_string(row, 0, line, self.formats["wrapped"])

    def _sheet(self, name: str) -> "Worksheet":
        """Add a sheet that prints on A4 pages, on their sides and as wide as the page."""
        sheet = self.book.add_worksheet(name)
        sheet.set_default_row(_LINE)
        sheet.set_row(0, _TITLE)
        sheet.set_landscape()
        sheet.set_paper(_A4)
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.4, right=0.4, top=0.4, bottom=0.6)
        sheet.set_footer("&L&A&RPage &P of &N")
        return sheet

    def table(
        self, name: str, table: str, above: Sequence[str], columns: Sequence[Column], *, printed: int = 0
    ) -> None:
        """Add a sheet with a table of at least one row; raise ValueError if a text is longer than a cell.

        The first `printed` columns are printed, or all.
        """
        sheet = self._sheet(name)
        sheet.write_string(0, 0, name, self.formats["title"])
        across = sum(each.width for each in columns[: printed or None])
        lines = [part for line in above for part in textwrap.wrap(line, across)]
        for row, line in enumerate(lines, start=1):
            sheet.write_string(row, 0, line)
        back = COVER if name == CONTENTS else CONTENTS
        top = len(lines) + 2
        sheet.write_url(top - 1, 0, f"internal:'{back}'!A1", string=f"Back to the {back.lower()}")
        for place, each in enumerate(columns):
            self._fill(sheet, top + 1, place, each)
        self._fit(sheet, top, columns)
        headers = [{"header": each.header, "header_format": self.formats["header"]} for each in columns]
        last = top + len(columns[0].values)
        style = {"name": table, "columns": headers, "style": "Table Style Medium 2"}
        sheet.add_table(top, 0, last, len(columns) - 1, style)
        sheet.freeze_panes(top + 1, 1 if printed else 0)
        sheet.repeat_rows(top)
        sheet.print_area(0, 0, last, (printed or len(columns)) - 1)
        sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})

    def _fill(self, sheet: "Worksheet", first: int, place: int, column: Column) -> None:
        """Write a column at `place`, from row `first` on."""
        if column.longest > LONGEST_CELL:
            raise ValueError(
                f"Writing sheet {sheet.name!r}: expected at most {LONGEST_CELL} characters in column "
                f"{column.header!r}, found {column.longest}; shorten the text or leave the table out."
            )
        sheet.set_column(place, place, column.width)
        look = "text" if column.look == "wrapped" and not column.is_wrapped else column.look
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

        def link(row: int, place: int, value: tuple[str, str], look: Any) -> None:
            sheet.write_url(row, place, value[0], look, value[1])

        methods = {
            "text": sheet.write_string,
            "wrapped": sheet.write_string,
            "boolean": sheet.write_boolean,
            "date": sheet.write_datetime,
            "link": link,
        }
        return methods.get(look, sheet.write_number)
