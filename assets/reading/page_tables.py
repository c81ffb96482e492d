"""Tables of a web page, for publishers who print a table and offer no file.

A page is read by what it shows: the texts of cells, headings and paragraphs, never tags, classes or places. Menus,
footers, scripts and hidden parts are not read. The row of a cell is counted in its table, the header included.
"""

from dataclasses import dataclass, field
from html.parser import HTMLParser

from assets.reading.page_lists import APART, HEADINGS, page_text
from assets.reading.structure import Sheet

VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
)
"""Tags without an end."""
WITHIN_WORDS = frozenset({"a", "abbr", "b", "em", "i", "mark", "small", "span", "strong", "sub", "sup", "u"})
"""Tags that end no word."""

Attributes = list[tuple[str, str | None]]


@dataclass(frozen=True)
class Page:
    """What a page shows: its headings and tables in order, and the whole of its text in one line."""

    headings: tuple[str, ...]
    tables: tuple[Sheet, ...]
    text: str


@dataclass
class _Table:
    rows: list[list[str]] = field(default_factory=list)
    cell: list[str] | None = None

    def close_cell(self) -> None:
        """End the open cell, also where the page leaves out the end tag."""
        if self.cell is not None:
            self.rows[-1].append(_line(self.cell))
            self.cell = None


@dataclass
class _Reader(HTMLParser):
    """Collects tables; `open_` are those around the place that is being read, the innermost last."""

    headings: list[str] = field(default_factory=list)
    tables: list[_Table] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    apart: list[str] = field(default_factory=list)
    open_: list[_Table] = field(default_factory=list)
    heading: list[str] | None = None

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        if self.apart or tag in APART or (tag not in VOID and _hidden(attrs)):
            if not self.apart or tag == self.apart[-1]:
                self.apart.append(tag)
            return
        self._space(tag)
        if tag in HEADINGS:
            self.heading = []
        elif tag == "table":
            self.open_.append(_Table())
            self.tables.append(self.open_[-1])
        elif self.open_ and tag == "tr":
            self.open_[-1].close_cell()
            self.open_[-1].rows.append([])
        elif self.open_ and self.open_[-1].rows and tag in ("td", "th"):
            self.open_[-1].close_cell()
            self.open_[-1].cell = []

    def handle_endtag(self, tag: str) -> None:
        if self.apart:
            if tag == self.apart[-1]:
                self.apart.pop()
            return
        self._space(tag)
        if tag in HEADINGS and self.heading is not None:
            self.headings.append(_line(self.heading))
            self.heading = None
        elif self.open_ and tag in ("td", "th", "tr", "table"):
            self.open_[-1].close_cell()
            if tag == "table":
                self.open_.pop()

    def handle_data(self, data: str) -> None:
        if self.apart:
            return
        self.shown.append(data)
        if self.heading is not None:
            self.heading.append(data)
        if self.open_ and self.open_[-1].cell is not None:
            self.open_[-1].cell.append(data)

    def _space(self, tag: str) -> None:
        """Separate words where a line ends on the page."""
        if tag not in WITHIN_WORDS:
            self.handle_data(" ")


def _hidden(attrs: Attributes) -> bool:
    return any(name == "hidden" or (name == "aria-hidden" and value == "true") for name, value in attrs)


def _line(pieces: list[str]) -> str:
    return " ".join("".join(pieces).split())


def read_page(content: bytes) -> Page:
    """Return what a page shows. Raises StructureError for anything that is no web page."""
    reader = _Reader()
    reader.feed(page_text(content))
    reader.close()
    for table in reader.open_:
        table.close_cell()
    sheets = tuple(Sheet("", table.rows, []) for table in reader.tables)
    return Page(tuple(filter(None, reader.headings)), sheets, _line(reader.shown))
