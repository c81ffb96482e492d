"""The exceptions of the product: one family, each a sentence that a user can act on.

A sentence says what was being done and to what, what was expected and what was found, and what to do. `exit_code` is
what the command line ends with. An exception that is not of this family is a bug.
"""


class DigitalMaturityError(Exception):
    """Something that is expected to go wrong now and then."""

    exit_code = 1


class RefusedError(DigitalMaturityError):
    """A file, an answer or a release that is not accepted; what was there stays as it was."""


class UsageError(DigitalMaturityError):
    """A command, an option or a name that does not exist."""

    exit_code = 2


class BusyError(DigitalMaturityError):
    """Another run is at work on the same home."""

    exit_code = 3


class MachineError(DigitalMaturityError, OSError):
    """The disk, the memory or the store of this machine; the data are not at fault."""


class DamagedError(DigitalMaturityError):
    """A file that this product wrote, and that is no longer as it was written."""
