"""Hidden rows and columns of a workbook: the library that reads cells does not report them.

They are found while the checksums of an archive are verified, so that no part is unpacked twice. Only tags are
inspected: a sheet of half a million visible rows costs one search for a word per megabyte.
"""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from xml.parsers import expat

CHUNK = 1 << 20
LONGEST_TAG = 1 << 16
"""Bytes of a tag that is cut by the end of a chunk; real ones have dozens."""
_TAG = re.compile(rb"<(?:\w+:)?(row|col)\s([^<>]*)>")
_HIDDEN = re.compile(rb"""\bhidden\s*=\s*["'](?:1|true)["']""")
_NUMBER = re.compile(rb"""(?<![\w:])(r|min|max)\s*=\s*["'](\d{1,7})["']""")
_FILLED_CELL = re.compile(rb"""<(?:\w+:)?c\s[^<>]*?\br\s*=\s*["']([A-Z]{1,3})\d+["'][^<>]*(?<!/)>""")
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships id"


@dataclass(frozen=True)
class Hidden:
    """The hidden rows and columns of a sheet, as numbers counted from 1."""

    rows: frozenset[int] = frozenset()
    columns: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        """Return whether anything is hidden."""
        return bool(self.rows or self.columns)


def verified(archive: zipfile.ZipFile) -> dict[str, Hidden]:
    """Read every part of a workbook and return, by part, what is hidden in each sheet that hides something.

    Raises BadZipFile, which names the part whose checksum is wrong.
    """
    found = {}
    for member in archive.infolist():
        try:
            with archive.open(member) as stream:
                rows, columns = _scan(iter(lambda: stream.read(CHUNK), b""))
        except zipfile.BadZipFile as error:
            raise zipfile.BadZipFile(f"checksum of {member.filename!r}") from error
        if rows or columns:
            found[member.filename] = Hidden(frozenset(rows), frozenset(columns))
    return found


def _scan(chunks: Iterator[bytes]) -> tuple[set[int], set[int]]:
    rows: set[int] = set()
    columns: set[int] = set()
    tail = b""
    for chunk in chunks:
        data = tail + chunk
        if b"hidden" in data:
            for kind, attributes in _TAG.findall(data):
                if _HIDDEN.search(attributes):
                    places = {name: int(number) for name, number in _NUMBER.findall(attributes)}
                    _note(kind, places, rows, columns)
        start = data.rfind(b"<")
        tail = data[start:] if start >= 0 and len(data) - start <= LONGEST_TAG else b""
    return rows, columns


def _note(kind: bytes, places: dict[bytes, int], rows: set[int], columns: set[int]) -> None:
    if kind == b"row" and b"r" in places:
        rows.add(places[b"r"])
    elif kind == b"col" and {b"min", b"max"} <= places.keys():
        columns.update(range(places[b"min"], min(places[b"max"], 1 << 14) + 1))


def first_column(part: bytes) -> int:
    """Return the number of the first column of a sheet with a filled cell; the library counts columns from it."""
    letters = {found.rjust(3) for found in _FILLED_CELL.findall(part)}
    first = min(letters, default=b"A").strip()
    number = 0
    for letter in first:
        number = 26 * number + letter - 64
    return number


def parts_of(workbook: bytes, relations: bytes) -> dict[str, str]:
    """Return the part of each sheet by sheet name, from the workbook and relationship parts."""
    sheets: dict[str, str] = {}
    targets: dict[str, str] = {}

    def start(tag: str, attributes: dict[str, str]) -> None:
        kind = tag.rpartition(" ")[2]
        if kind == "sheet":
            sheets[attributes.get("name", "")] = attributes.get(_RELATION, "")
        elif kind == "Relationship":
            targets[attributes.get("Id", "")] = attributes.get("Target", "")

    for xml in (workbook, relations):
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler = start
        parser.Parse(xml, True)  # noqa: FBT003 - the parser takes it by place only
    found = {name: targets.get(relation, "") for name, relation in sheets.items()}
    return {name: to[1:] if to.startswith("/") else f"xl/{to}" for name, to in found.items()}
