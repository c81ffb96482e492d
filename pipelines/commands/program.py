"""The command `digital-maturity`: its commands by name, each in a module that is imported when it is needed."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from pipelines.commands.command_line import CONTEXT, DISTRIBUTION, PROGRAM, common_options, write_lines
from pipelines.commands.exit_codes import EXIT_CODES

MODULES = {
    "refresh": "refresh",
    "sources": "source_list",
    "discover": "discover",
    "ingest": "ingest",
    "withdraw": "withdraw",
    "acknowledge": "acknowledge",
    "freeze": "freeze",
    "query": "query",
    "resolve": "resolve",
    "explain": "explain",
    "report": "report",
    "mcp": "mcp_server",
    "site": "static_site",
    "verify": "verify",
    "prune": "prune",
    "ui": "ui",
}
"""The module of each command, in the order of the help."""
EXAMPLES = (
    "digital-maturity refresh",
    "digital-maturity query \"select care_setting, avg(score) from maturity_score where measure = 'overall_comparable' group by 1\"",
    "digital-maturity explain organisation R0A",
    "digital-maturity verify",
)


class ReaderLeftError(Exception):
    """Whoever read standard output has closed it, as `head` does."""


@contextmanager
def _own_endings() -> Iterator[None]:
    """Raise exceptions about which click prints nothing, and of which it makes no exit code."""
    try:
        yield
    except KeyboardInterrupt as error:
        raise click.Abort from error
    except BrokenPipeError as error:
        raise ReaderLeftError from error


class Program(click.Group):
    """A group of commands that imports the module of a command when the command is used."""

    examples = EXAMPLES

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params += common_options()

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, in the order of the help."""
        del ctx
        return list(MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command; None where there is no such command."""
        del ctx
        if cmd_name not in MODULES:
            return None
        found: click.Command = importlib.import_module(f"pipelines.commands.{MODULES[cmd_name]}").command
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the arguments name; raise NoSuchCommand with the nearest names."""
        if args[0] not in MODULES and not args[0].startswith("-") and not ctx.resilient_parsing:
            raise click.exceptions.NoSuchCommand(args[0], possibilities=MODULES, ctx=ctx)
        return super().resolve_command(ctx, args)

    def make_context(self, info_name: str | None, args: list[str], *more: Any, **extra: Any) -> click.Context:
        """Parse the arguments; raise ReaderLeftError where nobody reads the help, and UsageError for other than UTF-8."""
        if foreign := [word for word in args if word != word.encode(errors="ignore").decode()]:
            raise click.UsageError(f"Reading the arguments: expected text in UTF-8, found {foreign[0]!r}.")
        with _own_endings():
            return super().make_context(info_name, args, *more, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; raise Abort on Ctrl-C, and ReaderLeftError where nobody reads the answer."""
        with _own_endings():
            return super().invoke(ctx)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples and the exit codes."""
        super().format_epilog(ctx, formatter)
        write_lines(formatter, "Examples", self.examples)
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(code), meaning) for code, meaning in EXIT_CODES.items()])


@click.command(
    PROGRAM,
    cls=Program,
    help="Public, trust-level facts about digital maturity in the English NHS.",
    subcommand_metavar="COMMAND [ARGS]...",
    context_settings=CONTEXT,
)
@click.version_option(
    None,
    "-V",
    "--version",
    package_name=DISTRIBUTION,
    message="%(prog)s %(version)s",
    help="show the version and exit",
)
def program() -> None:
    """Parse the options before the command; the command does the rest."""
