"""Unpacking an untrusted gzip file in memory, up to a limit."""

import zlib

from assets.contract.parsed import StructureError
from assets.reading.sniff import sniff

MOST_UNPACKED = 128 << 20


def unpacked(content: bytes) -> bytes:
    """Return the content of a gzip file, and any other file unchanged. Raises StructureError for a damaged or huge one."""
    if sniff(content) != "gzip":
        return content
    stream = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        plain = stream.decompress(content, MOST_UNPACKED + 1)
    except zlib.error as error:
        raise StructureError(
            f"expected a readable gzip file, found a damaged one ({error}); download it again"
        ) from error
    if len(plain) > MOST_UNPACKED:
        raise StructureError(
            f"expected a gzip file of at most {MOST_UNPACKED >> 20} MiB once unpacked, found more"
        )
    if not stream.eof or stream.unused_data:
        raise StructureError("expected one whole gzip file, found a cut or extended one; download it again")
    return plain
