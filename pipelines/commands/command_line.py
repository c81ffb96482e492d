"""How commands are declared: click with examples, and with the options that every command has.

The common options are accepted before and after the name of the command; the one after it wins.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

PROGRAM = "digital-maturity"
HELP_NAMES = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@dataclass
class Settings:
    """What the common options set for the whole command line."""

    debug: bool = False


class Command(click.Command):
    """A command whose help ends with examples."""

    def __init__(self, *args: Any, examples: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = examples

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples as they are, however long."""
        super().format_epilog(ctx, formatter)
        write_lines(formatter, "Examples", self.examples)


def write_lines(formatter: click.HelpFormatter, title: str, lines: tuple[str, ...]) -> None:
    """Write lines below a title without wrapping, so that they can be copied."""
    with formatter.section(title):
        for line in lines:
            formatter.write(f"  {line}\n")


def command(name: str, summary: str, *examples: str) -> Callable[[Callable[..., int]], Command]:
    """Return the decorator that makes a command of a function returning an exit code.

    `summary` completes the sentence "this command does ...", without a full stop.
    """

    def decorate(function: Callable[..., int]) -> Command:
        declared = click.command(
            name,
            cls=Command,
            examples=examples,
            help=f"{summary[0].upper()}{summary[1:]}.",
            short_help=summary,
            context_settings=HELP_NAMES,
        )
        return declared(common_options(function))

    return decorate


def common_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that every command has."""
    for option in (
        click.option(
            "--debug",
            is_flag=True,
            expose_value=False,
            callback=_set_debug,
            help="show the traceback of an error (DIGITAL_MATURITY_DEBUG=1 does the same)",
        ),
        click.option(
            "--home",
            metavar="DIR",
            expose_value=False,
            callback=_set_home,
            help="folder or URL (s3://bucket/prefix) for archive and releases (default: DIGITAL_MATURITY_HOME or ./data)",
        ),
    ):
        function = option(function)
    return function


def _set_debug(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's signature
    if value:
        ctx.ensure_object(Settings).debug = True


def _set_home(_context: click.Context, _parameter: click.Parameter, value: str | None) -> None:
    """Set the home for this process and its children: a URL, or a folder whatever the working folder is."""
    if value:
        os.environ["DIGITAL_MATURITY_HOME"] = value if "://" in value else str(Path(value).absolute())
