"""A gzip file is recognised by its bytes, unpacked whole or refused in a sentence."""

import gzip

import pytest

from assets.contract.parsed import StructureError
from assets.reading.gzip_file import unpacked

PACKED = gzip.compress(b"artificial" * 10, mtime=0)


def test_a_gzip_file_is_unpacked_and_any_other_left_as_it_is() -> None:
    assert unpacked(PACKED) == unpacked(b"artificial" * 10) == b"artificial" * 10


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (PACKED[:-9], "expected one whole gzip file, found a cut or extended one"),
        (PACKED + b"more", "expected one whole gzip file, found a cut or extended one"),
        (b"\x1f\x8b\x08" + b"no" * 20, "expected a readable gzip file, found a damaged one"),
    ],
)
def test_a_damaged_gzip_file_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(StructureError, match=why):
        unpacked(content)
