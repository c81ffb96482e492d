"""Zip archives spoilt on purpose: parts changed, added and lied about."""

import io
import struct
import warnings
import zipfile
from collections.abc import Callable, Iterable, Mapping

Part = tuple[str | zipfile.ZipInfo, bytes]
SHEET = "xl/worksheets/sheet1.xml"


def repacked(
    content: bytes, changed: Mapping[str, Callable[[bytes], bytes]] | None = None, more: Iterable[Part] = ()
) -> bytes:
    """Return an archive with some parts, which it must have, changed and others added."""
    target, left = io.BytesIO(), dict(changed or {})
    with (
        warnings.catch_warnings(),
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        warnings.simplefilter("ignore")  # of names that are there twice
        for name in old.namelist():
            part = old.read(name)
            new.writestr(name, left.pop(name, bytes)(part))
        for name, part in more:
            new.writestr(name, part)
    assert not left, left
    return target.getvalue()


def with_rows(content: bytes, rows: str) -> bytes:
    """Return a workbook with rows written by hand at the end of its first sheet, whose range is not stated."""

    def change(xml: bytes) -> bytes:
        end = f"{rows}</sheetData>".encode()
        start, _, rest = xml.partition(b"<dimension ")
        return (start + rest.partition(b"/>")[2]).replace(b"</sheetData>", end)

    return repacked(content, {SHEET: change})


def text_cell(cell: str, text: str) -> str:
    return f'<c r="{cell}" t="inlineStr"><is><t>{text}</t></is></c>'


def _entries(content: bytes) -> Iterable[tuple[int, int]]:
    """Yield where the directory entry and the header of each member begin."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        place = archive.start_dir
        for member in archive.infolist():
            yield place, member.header_offset
            lengths = struct.unpack_from("<HHH", content, place + 28)
            place += 46 + sum(lengths)


def encrypted(content: bytes) -> bytes:
    """Return an archive whose members say that they are encrypted."""
    spoilt = bytearray(content)
    for entry, header in _entries(content):
        spoilt[entry + 8] |= 1
        spoilt[header + 6] |= 1
    return bytes(spoilt)


def understated(content: bytes, size: int) -> bytes:
    """Return an archive that states `size` bytes for each member that is larger."""
    spoilt = bytearray(content)
    for entry, header in _entries(content):
        for place in (entry + 24, header + 22):
            (stated,) = struct.unpack_from("<I", content, place)
            struct.pack_into("<I", spoilt, place, min(stated, size))
    return bytes(spoilt)
