"""How commands are declared: click with examples, and with the options that every command has.

The common options are accepted before and after the name of the command; the one after it wins.
"""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

PROGRAM = "digital-maturity"
DISTRIBUTION = "nhs-digital-maturity"
DEBUG = "DIGITAL_MATURITY_DEBUG"
HOME = "DIGITAL_MATURITY_HOME"
COMMENT = re.compile(r"--(\s|.*\n)")
"""How SQL begins that begins with a comment: `-- note`, or any text after two hyphens and then another line."""
CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@dataclass
class Settings:
    """What the common options set for the whole command line."""

    debug: bool = False


class Command(click.Command):
    """A command that has the common options and whose help ends with examples."""

    def __init__(self, *args: Any, examples: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = examples
        self.params += common_options()

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments; SQL that begins with a comment is no option."""
        return super().parse_args(ctx, [f"\n{one}" if COMMENT.match(one) else one for one in args])

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

    `summary` is the help without its capital letter and full stop.
    """
    return click.command(
        name,
        cls=Command,
        examples=examples,
        help=f"{summary[0].upper()}{summary[1:]}.",
        short_help=summary,
        context_settings=CONTEXT,
    )


def common_options() -> list[click.Parameter]:
    """Return the options that the program and every command have."""
    return [
        click.Option(
            ["--home"],
            metavar="DIR",
            expose_value=False,
            callback=_set_home,
            help=f"folder or URL (s3://bucket/prefix) for archive and releases (default: {HOME} or ./data)",
        ),
        click.Option(
            ["--debug"],
            is_flag=True,
            envvar=DEBUG,
            expose_value=False,
            callback=_set_debug,
            help=f"show the traceback of an error ({DEBUG}=1 does the same)",
        ),
    ]


def _set_home(_context: click.Context, _parameter: click.Parameter, value: str | None) -> None:
    """Set the home for this process and its children: a URL, or a folder whatever the working folder is."""
    if value == "":
        raise click.BadParameter("expected a folder or a URL, found nothing")
    if value:
        os.environ[HOME] = value if "://" in value else str(Path(value).absolute())


def _set_debug(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's signature
    if value:
        ctx.ensure_object(Settings).debug = True
