"""Detecting the kind of a file from its bytes: publishers' extensions and content types are unreliable.

The main case is a server that answers 200 with a page ("not found", cookies, log in) instead of data.
Most of those have no doctype, so anything that opens like a page counts as one.
"""

import re
from typing import Literal

Kind = Literal[
    "empty", "html", "xml", "json", "xlsx", "ods", "zip", "gzip", "xls", "encrypted", "pdf", "text", "binary"
]

HEAD = 4096  # bytes looked at where the kind shows at the start
PADDING = " \t\r\n\x0b\x0c\x00\xa0\u200b\ufeff"  # what servers put before the first real character
TAGS = (
    "html|head|body|title|meta|base|link|script|noscript|style|template|div|span|p|a|b|i|br|hr|h[1-6]|img|svg|iframe"
    "|table|tr|td|form|input|button|ul|ol|li|font|center|main|header|footer|section|article|nav|pre"
)
PROLOG = re.compile(r"^<\?xml[^>]*>[\s\ufeff]*", re.IGNORECASE)
OPENS_LIKE_A_PAGE = re.compile(rf"^<!--|^<!doctype\s+html|^<({TAGS})(?=[\s/>])", re.IGNORECASE)
PAGE_AFTER_A_MESSAGE = re.compile(r"<!doctype\s+html|<html(?=[\s>])", re.IGNORECASE)
CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def sniff(content: bytes) -> Kind:
    """Return the kind of `content`, from its bytes alone.

    `xls` is any OLE file, `encrypted` one that wraps a password-protected workbook, `zip` an archive other than a
    known document, `text` anything readable (CSV has no signature), `binary` the rest.
    """
    if not content.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        return "empty"
    if content.startswith(b"PK\x03\x04"):
        return _zipped(content)
    if content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "encrypted" if "EncryptedPackage".encode("utf-16-le") in content else "xls"
    if content.startswith(b"\x1f\x8b"):
        return "gzip"
    if b"%PDF-" in content[:1024]:
        return "pdf"
    return _readable(_head(content))


def _zipped(content: bytes) -> Kind:
    if b"[Content_Types].xml" in content:
        return "xlsx"
    return "ods" if content[38:].startswith(b"application/vnd.oasis.opendocument.spreadsheet") else "zip"


def _head(content: bytes) -> str:
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8"
    first = len(content) - len(content.lstrip(b" \t\r\n")) if encoding == "utf-8" else 0
    return content[first : first + HEAD].decode(encoding, errors="replace").lstrip(PADDING)


def _readable(head: str) -> Kind:
    """Return the kind of a file that may be text; `head` has no padding in front."""
    start = PROLOG.sub("", head)
    if OPENS_LIKE_A_PAGE.search(start) or PAGE_AFTER_A_MESSAGE.search(head[:1024]):
        return "html"
    if CONTROLS.search(head):
        return "binary"
    if start != head or re.match(r"<[A-Za-z!?]", head):
        return "xml"
    return "json" if head.startswith(("{", "[")) else "text"
