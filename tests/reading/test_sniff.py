"""A file is what its bytes are."""

import gzip

import pytest
from fetching import CSV

from assets.reading.sniff import sniff


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (CSV, "text"),
        (b"<5,12\n", "text"),
        (b"Provider,a<b\n", "text"),
        ("\ufeffProvider;Score\n".encode("utf-16"), "text"),
        ("St Mary\u2019s\n".encode("cp1252"), "text"),
        (b"\xef\xbb\xbf", "empty"),
        (b"", "empty"),
        (b"%PDF-1.7", "pdf"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", "xls"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
        (b"PK\x03\x04......[Content_Types].xml", "xlsx"),
        (b"PK\x03\x04" + b"." * 26 + b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet", "ods"),
        (b"PK\x03\x04......data.csv", "zip"),
        (gzip.compress(CSV, mtime=0), "gzip"),
        (b'{"success": true}', "json"),
        (b"<?xml version='1.0'?><Workbook>", "xml"),
        (b"a\x00\x01b", "binary"),
    ],
)
def test_a_file_is_known_by_its_bytes(content, kind):
    assert sniff(content) == kind
