"""Reading a file that a user names: only a regular file of limited size, without blocking.

A device never ends, a pipe waits for a writer, a sparse file may be larger than memory. Each is refused from its file
status, before the first byte is read.
"""

import os
import stat
from pathlib import Path

from assets.contract.errors import RefusedError

MOST = 256 * 2**20
"""Most bytes of a file: the same as for a download."""
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class NotRegularError(RefusedError):
    """A path that is not a readable regular file, or is too large; the message says what was found instead."""


def read(path: Path, most: int = MOST) -> bytes:
    """Return the bytes of a regular file of at most `most` bytes; raise NotRegularError for anything else."""
    try:
        number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | getattr(os, "O_CLOEXEC", 0))
    except (OSError, ValueError) as error:  # a name with a null character is a ValueError
        raise NotRegularError(_why(path, error)) from error
    try:
        found = os.fstat(number)
        if not stat.S_ISREG(found.st_mode):
            raise NotRegularError(_kind(found.st_mode))
        if found.st_size > most:
            raise NotRegularError(f"{found.st_size:,} bytes, more than the {most:,} that a file may have")
        with os.fdopen(number, "rb", closefd=False) as content:
            return content.read(most)
    finally:
        os.close(number)


def _kind(mode: int) -> str:
    return next((words for is_kind, words in _KINDS if is_kind(mode)), "something other than a file")


def _why(path: Path, error: OSError | ValueError) -> str:
    """Return what is there instead of a file that can be opened: a folder, a socket or nothing."""
    if isinstance(error, ValueError):
        return "a name that no file can have"
    try:
        mode = path.stat().st_mode
    except OSError:
        return f"nothing ({error.strerror})"
    return f"none ({error.strerror})" if stat.S_ISREG(mode) else _kind(mode)
