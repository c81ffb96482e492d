"""Checking a zip archive before it is unpacked: its directory must look like that of a spreadsheet.

Nothing is ever written to disk under the name of a member. The directory may state false sizes: the standard library
inflates no more than it states, and a longer member fails its checksum.
"""

import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from xml.parsers import expat

from assets.contract.parsed import StructureError

MOST_RATIO = 200
"""How many times its own size an archive may unpack to; the largest real ratio is about 40."""
SMALL = 32 << 20
"""Bytes that an archive may unpack to whatever the ratio."""
MOST_MEMBERS = 10_000
"""Most members of an archive; real ones have dozens."""
LONGEST_HEAD = 1 << 20
"""Most bytes of XML before its content begins; real ones have hundreds."""
CHUNK = 1 << 14
_PATH = re.compile(r"^[/\\]|^[A-Za-z]:|(^|[/\\])\.\.([/\\]|$)|[\x00-\x1f]")
_KIND_OF_FILE, _LINK = 0o170000, 0o120000
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ARCHIVE = b"PK\x03\x04"
_BLANK = b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"
"""Bytes that may come before the first tag of XML, in any encoding."""
_BEFORE_THE_RANGE = {"worksheet", "sheetPr", "tabColor", "outlinePr", "pageSetUpPr"}
"""Tags of a sheet that come before the one that states the range of its cells."""


def check_directory(archive: zipfile.ZipFile, most: int) -> None:
    """Raise StructureError if a directory is malicious; `most` is how many bytes the archive may unpack to."""
    for reason in _reasons(archive.infolist(), most):
        raise unsafe(reason)


def stated_ranges(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """Read the start of each member; yield the members that state the range of their cells, with the range.

    Raises StructureError for an archive within the archive and for XML with a document type.
    """
    for member in archive.infolist():
        with archive.open(member) as stream:
            first = stream.read(CHUNK)
            if first.startswith(_ARCHIVE):
                raise unsafe(f"an archive within it, {member.filename!r}")
            if first.lstrip(_BLANK).startswith(b"<"):
                head = _Head(member.filename)
                head.feed(first)
                while not head.done and (chunk := stream.read(CHUNK)):
                    head.feed(chunk)
                if head.cells:
                    yield member.filename, head.cells


def unsafe(found: str) -> StructureError:
    """Return the error that names what an archive holds and no spreadsheet does."""
    return StructureError(f"expected a spreadsheet that is safe to unpack, found {found}")


def _reasons(members: list[zipfile.ZipInfo], most: int) -> Iterator[str]:
    """Yield what is wrong with a directory."""
    if len(members) > MOST_MEMBERS:
        yield f"{len(members):,} parts, more than {MOST_MEMBERS:,}"
    size, packed = (sum(getattr(m, kind) for m in members) for kind in ("file_size", "compress_size"))
    if size > most:
        yield f"{size >> 20:,} MiB once unpacked, more than {most >> 20:,}"
    if size > max(SMALL, MOST_RATIO * packed):
        yield f"{size >> 20:,} MiB once unpacked, more than {MOST_RATIO} times what is packed"
    for name, times in Counter(member.filename for member in members).items():
        if times > 1:
            yield f"part {name!r} {times} times"
    for member in members:
        yield from _reasons_of_a_member(member)


def _reasons_of_a_member(member: zipfile.ZipInfo) -> Iterator[str]:
    name = member.orig_filename
    if member.flag_bits & 1:
        yield f"part {name!r} encrypted"
    if member.compress_type not in _PACKED:
        yield f"part {name!r} packed in a way that no spreadsheet is"
    if _PATH.search(name) or (member.external_attr >> 16) & _KIND_OF_FILE == _LINK:
        yield f"part {name[:80]!r}, a path or a link"


class _Head:
    """Parses XML until it states its range or its content begins without one."""

    def __init__(self, name: str) -> None:
        self.name, self.cells, self.done, self._fed = name, "", False, 0
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.StartElementHandler = self._start

    def feed(self, chunk: bytes) -> None:
        self._fed += len(chunk)
        if self._fed > LONGEST_HEAD:
            raise unsafe(f"part {self.name!r} without content in its first {LONGEST_HEAD >> 20} MiB")
        try:
            self._parser.Parse(chunk, False)  # noqa: FBT003 - the parser takes it by place only
        except expat.ExpatError:
            if not self.done:  # the reader of the part reports later faults
                raise

    def _doctype(self, *_: object) -> None:
        raise unsafe(f"a document type in part {self.name!r}")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(" ")[2]
        if not self.done and name == "dimension":
            self.cells = attributes.get("ref", "")
        self.done = self.done or name not in _BEFORE_THE_RANGE
