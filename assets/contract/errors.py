"""The exceptions of the product: one family; each message is a sentence that a user can act on.

The sentence says what was being done and to what, what was expected and found, and what to do next. `exit_code` is
the exit code of the command line. Any other exception that escapes is a bug.
"""

LONGEST = 300
"""About how many characters of a path or of the words of a library a sentence shows."""


def shortened(text: str) -> str:
    """Return a text on one line, with its middle left out where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST // 2]} ... {line[-LONGEST // 2 :]}"


class DigitalMaturityError(Exception):
    """A failure that the product expects and can explain."""

    exit_code = 1


class RefusedError(DigitalMaturityError):
    """A file, a response or a release that is not accepted; existing data stay unchanged."""


class UsageError(DigitalMaturityError):
    """A command, an option or a name that does not exist."""

    exit_code = 2


class BusyError(DigitalMaturityError):
    """Another run is using the same home."""

    exit_code = 3


class MachineError(DigitalMaturityError, OSError):
    """A failure of the disk, the memory or the store of this machine; the data are not at fault."""


class DamagedError(DigitalMaturityError):
    """A file that this product wrote and that has changed since."""
