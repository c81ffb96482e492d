"""Opening a workbook that may be damaged, cut, encrypted or something else: it opens, or a StructureError says why not.

The library that reads workbooks does not verify checksums, and tells which sheets are hidden only of sheets it has
read: both are looked up in the archive itself. Hidden sheets are listed, never read.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from xml.parsers import expat

from assets.sniff import sniff
from assets.source import StructureError

MOST_INFLATED = 512 << 20
"""Bytes that a workbook may unpack to; the largest real one comes to about 350 MiB."""
MOST_PARTS = 10_000
"""Parts of a workbook; real ones have dozens."""
DAMAGE = (zipfile.BadZipFile, zlib.error, expat.ExpatError, EOFError, RuntimeError)
"""What the standard library raises for a damaged or encrypted archive of XML."""
PANIC = "PanicException"
"""What a failure within the library is called: no Exception, and not to be had for import."""


@dataclass(frozen=True)
class Opened:
    """A workbook: what reads it, and the names of its sheets."""

    reader: Any
    visible: tuple[str, ...]
    hidden: tuple[str, ...]

    def load(self, sheet: str, **how: Any) -> Any:
        """Return a sheet as the library reads it; `how` is passed on to `load_sheet`."""
        with readable(f"sheet {sheet!r}: expected readable cells, found damaged ones"):
            return self.reader.load_sheet(sheet, skip_rows=0, **how)


def open_workbook(content: bytes) -> Opened:
    """Open an xlsx file, with all its checksums verified."""
    import fastexcel

    if (found := sniff(content)) != "xlsx":
        what = "a damaged or cut archive" if found == "zip" else found
        raise StructureError([f"expected an xlsx workbook, found {what}; download the file again"])
    with readable("expected a readable xlsx workbook, found a damaged one"):
        states = _verified(content)
        reader = fastexcel.read_excel(content)
        shown = {name: states[name] == "visible" for name in reader.sheet_names}
    return Opened(reader, tuple(n for n in shown if shown[n]), tuple(n for n in shown if not shown[n]))


@contextmanager
def readable(expected: str) -> Iterator[None]:
    """Turn what is raised for damage into a StructureError that begins with `expected`."""
    import fastexcel

    try:
        yield
    except (fastexcel.FastExcelError, KeyError, *DAMAGE) as error:  # KeyError: a part is missing
        raise StructureError([f"{expected} ({_reason(error)})"]) from error
    except BaseException as error:
        if type(error).__name__ != PANIC:
            raise
        raise StructureError([f"{expected} ({_reason(error)})"]) from None


def _reason(error: BaseException) -> str:
    """Return the first line of what an error says; some say nothing."""
    return next(iter(str(error).splitlines()), "") or type(error).__name__


def _verified(content: bytes) -> dict[str, str]:
    """Return the visibility of every sheet; raise BadZipFile where the archive is damaged or made to do harm."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = archive.infolist()
        if sum(part.file_size for part in parts) > MOST_INFLATED:
            raise zipfile.BadZipFile(f"more than {MOST_INFLATED >> 20} MiB once unpacked")
        if len(parts) > MOST_PARTS or len({part.filename for part in parts}) < len(parts):
            raise zipfile.BadZipFile(f"more than {MOST_PARTS} parts, or one of them twice")
        if damaged := archive.testzip():
            raise zipfile.BadZipFile(f"checksum of {damaged!r}")
        for part in parts:
            with archive.open(part) as stream:
                if b"<!DOCTYPE" in stream.read(1024):
                    raise zipfile.BadZipFile(f"{part.filename!r} declares a document type")
        return _states(archive.read("xl/workbook.xml"))


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
