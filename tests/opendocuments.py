"""OpenDocument spreadsheets made by hand, the way spreadsheets write them."""

import io
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape

SPACES = "".join(
    f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for name in ("office", "table", "text")
)


def cell(text: str, attributes: str = "") -> str:
    return f"<table:table-cell{attributes}><text:p>{escape(text)}</text:p></table:table-cell>"


def line(cells: Sequence[str], attributes: str = "") -> str:
    """Return a row the way spreadsheets write it: the last, empty cell repeated to the edge."""
    edge = '<table:table-cell table:number-columns-repeated="16300"/>'
    return f"<table:table-row{attributes}>{''.join(map(cell, cells))}{edge}</table:table-row>"


def sheet(name: str, *lines: str) -> str:
    rest = '<table:table-row table:number-rows-repeated="1000000"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    return f'<table:table table:name="{name}">{"".join(lines)}{rest}</table:table>'


def document(*sheets: str, prolog: str = "") -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>{prolog}<office:document-content{SPACES}><office:body><office:spreadsheet>{"".join(sheets)}</office:spreadsheet></office:body></office:document-content>'


def packed(content: str | bytes, part: str = "content.xml") -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            zipfile.ZipInfo("mimetype"), "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED
        )
        archive.writestr(part, content)
    return held.getvalue()
