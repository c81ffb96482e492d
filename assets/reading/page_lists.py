"""Lists of a web page: each item with the headings it is under. For publishers who print a list and offer no file.

A page is read by the text of its headings, never by their tags, classes or places. Menus, footers and scripts are not
read. The row of an item is its number among the items of the page.
"""

from dataclasses import dataclass, field
from html.parser import HTMLParser

from assets.contract.parsed import StructureError
from assets.reading.sniff import sniff

LARGEST = 8 * 2**20
"""Most bytes of a page."""
HEADINGS = {f"h{level}": level for level in range(1, 7)} | {"summary": 7}
"""Tags of headings with their ranks; the summary of a part that opens on a click is one too."""
APART = frozenset({"nav", "header", "footer", "aside", "script", "style", "noscript", "template"})
"""Parts of a page that hold nothing of its content."""


@dataclass(frozen=True)
class Item:
    """An item of a list: its number on the page from 1, the headings above it, outermost first, and its text."""

    row: int
    headings: tuple[str, ...]
    text: str


@dataclass
class _Reader(HTMLParser):
    """Collects items; `open_` is the innermost open heading or item, whose text is being read."""

    items: list[Item] = field(default_factory=list)
    headings: dict[int, str] = field(default_factory=dict)
    apart: list[str] = field(default_factory=list)
    open_: str = ""
    text: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag in APART:
            self.apart.append(tag)
        elif not self.apart and (tag in HEADINGS or tag == "li"):
            self._close()
            self.open_ = tag

    def handle_endtag(self, tag: str) -> None:
        if self.apart and tag == self.apart[-1]:
            self.apart.pop()
        elif not self.apart and tag in (self.open_, "ul", "ol"):
            self._close()
        elif not self.apart and tag == "details":
            self.headings.pop(HEADINGS["summary"], None)

    def handle_data(self, data: str) -> None:
        if self.open_ and not self.apart:
            self.text.append(data)

    def _close(self) -> None:
        """End the open heading or item; an item ends where another begins, also without an end tag."""
        text = " ".join("".join(self.text).split())
        if self.open_ in HEADINGS and text:
            rank = HEADINGS[self.open_]
            self.headings = {n: above for n, above in self.headings.items() if n < rank} | {rank: text}
        elif self.open_ == "li" and text:
            above = tuple(self.headings[rank] for rank in sorted(self.headings))
            self.items.append(Item(len(self.items) + 1, above, text))
        self.open_, self.text = "", []


def page_items(content: bytes) -> list[Item]:
    """Return the items of the lists of a page, in order. Raises StructureError for anything that is no web page."""
    reader = _Reader()
    reader.feed(page_text(content))
    reader.close()
    return reader.items


def page_text(content: bytes) -> str:
    """Return the HTML of a page as text. Raises StructureError for anything that is no web page."""
    if (found := sniff(content)) != "html":
        raise StructureError(f"expected a web page, found {found}; save the page as HTML again")
    if len(content) > LARGEST:
        raise StructureError(f"expected a web page of at most {LARGEST:,} bytes, found {len(content):,}")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")
