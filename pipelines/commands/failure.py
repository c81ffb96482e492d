"""How a command ends that does not succeed: one sentence on standard error, and an exit code.

Errors of the product carry their exit code. Anything else that gets here is a bug, or a machine that is full.
"""

import errno
import sys
import traceback
from importlib.metadata import PackageNotFoundError, version

import click

from assets.contract.errors import DigitalMaturityError, MachineError, shortened
from pipelines.commands.command_line import DEBUG, DISTRIBUTION, PROGRAM
from pipelines.commands.console import complain
from pipelines.commands.exit_codes import FAULT, INTERRUPTED, TERMINATED, USAGE
from pipelines.commands.interruption import TerminatedError

MACHINE = {
    errno.EACCES, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.ELOOP, errno.EMFILE, errno.ENAMETOOLONG, errno.ENFILE, errno.ENOMEM,
    errno.ENOSPC, errno.EPERM, errno.EROFS,
}  # fmt: skip
"""Errors of the operating system that say something about this machine, and nothing about the program."""


def wrong_usage(error: click.ClickException) -> int:
    """Print a mistake in the arguments and the help to read, and return the exit code."""
    context = getattr(error, "ctx", None)
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.format_message(), err=True)
        return USAGE
    near = getattr(error, "possibilities", None)
    sentence = (
        f"{error.message.rstrip('.')}; did you mean {' or '.join(sorted(near))}?"
        if near
        else error.format_message()
    )
    help_command = f"{context.command_path if context else PROGRAM} --help"
    complain(f"{sentence}{'' if sentence.endswith(('.', '?')) else '.'} See `{help_command}`.")
    return USAGE


def interrupted(error: BaseException) -> int:
    """Print that Ctrl-C or SIGTERM ended the command, and return the exit code."""
    if sys.stderr.isatty():
        click.echo(err=True)  # ends the line on which the terminal shows ^C
    terminated = isinstance(error.__cause__ or error, TerminatedError)  # click wraps it
    complain(
        f"{'Ended by SIGTERM' if terminated else 'Interrupted'}; nothing is half-written and the last release is unchanged: "
        "run the same command to continue."
    )
    return TERMINATED if terminated else INTERRUPTED


def failed(error: Exception, *, debug: bool) -> int:
    """Print an error, after its traceback where `debug` is set, and return the exit code."""
    if debug:
        traceback.print_exception(error)
    if isinstance(error, DigitalMaturityError):
        complain(str(error))
        return error.exit_code
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and _of_this_machine(error)):
        found = _system_words(error)
        complain(
            f"Using this machine: expected room and permission, found {found}; correct that and try again."
        )
        return MachineError.exit_code
    complain(
        f"Unexpected {type(error).__name__} ({' '.join(str(error).split())[:300]}): this is a bug in the program, version {_version()}; "
        f"run the command again with --debug or {DEBUG}=1 and report it to the maintainers with what is printed."
    )
    return FAULT


def _of_this_machine(error: OSError) -> bool:
    """Return whether an error is about this machine. Of what is missing, only the working folder has no name."""
    return error.errno in MACHINE or (error.errno == errno.ENOENT and error.filename is None)


def _system_words(error: OSError | MemoryError) -> str:
    """Return what the operating system says, and the file where it says which."""
    if isinstance(error, MemoryError):
        return "not enough memory"
    if error.errno == errno.ENOENT:
        return "that the working folder was removed"
    return f"{error.strerror} ({shortened(str(error.filename))})" if error.filename else str(error.strerror)


def _version() -> str:
    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return "unknown"
