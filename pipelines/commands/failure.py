"""How a command ends that does not succeed: one sentence on standard error, and an exit code.

The only place that decides which error has which exit code.
"""

import sys
import traceback

import click

from pipelines.commands.console import complain
from pipelines.commands.exit_codes import BUSY, INTERRUPTED, REFUSED, USAGE


class CommandError(Exception):
    """A command cannot do what it should: one sentence for the user."""


class UsageError(CommandError):
    """A command was given the name of something that does not exist."""


def wrong_usage(error: click.ClickException) -> int:
    """Print a mistake in the arguments with the help to read, and return the exit code."""
    context = getattr(error, "ctx", None)
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.format_message(), err=True)
        return USAGE
    path = context.command_path if context else "digital-maturity"
    complain(f"{error.format_message().rstrip('.')}; see `{path} --help`.")
    return USAGE


def interrupted() -> int:
    """Print that Ctrl-C stopped the command, and return the exit code."""
    if sys.stderr.isatty():
        click.echo(err=True)  # ends the line on which the terminal shows ^C
    complain(
        "Stopped by Ctrl-C; nothing is half-written and the last release is unchanged: run the same command to continue."
    )
    return INTERRUPTED


def failed(error: Exception, *, debug: bool) -> int:
    """Print an error, with its traceback where `debug` is set, and return the exit code."""
    if debug:
        traceback.print_exception(error)
    complain(str(error))
    return {"BusyError": BUSY, "UsageError": USAGE}.get(type(error).__name__, REFUSED)
