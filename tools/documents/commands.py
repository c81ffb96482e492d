"""docs/commands.md: every command and option of the command line, from its declaration with click."""

from collections.abc import Iterable

import click

from pipelines.commands.command_line import PROGRAM, Command
from pipelines.commands.exit_codes import EXIT_CODES
from pipelines.commands.program import program
from tools.documents.markdown import anchor, table

INTRO = f"""# Commands

`{PROGRAM} COMMAND --help` says the same. Answers go to standard output and are plain text in UTF-8; progress and errors go to
standard error, one sentence each. An error that names an unknown command, option, source, table, column or trust suggests the
nearest one. Made from the commands by `python -m tools.documents`; a test fails when it differs, and parses every example.

"""
COMMON = """## Options of every command

They go before or after the command: `digital-maturity --home DIR query SQL` and `digital-maturity query --home DIR SQL`
do the same. `digital-maturity --version` prints the version.

"""
COLOUR = """
The prefix of an error is red on a terminal. [`NO_COLOR`](https://no-color.org), set to anything, switches that off.

"""
TERMINAL = """## On a terminal and elsewhere

On a terminal a table fits its width. Long text is cut with `…`, numbers are rounded to three decimals (below 1: to three
digits), and a last line on standard error names the columns and says how to see all. Names of columns, whole numbers and dates
are never cut. A single column is wrapped. Where the columns do not fit, each row is shown as lines of `name: value`, whole.
`refresh` shows a bar there. In a pipe or a file nothing is cut or rounded, and `refresh` says a line for each step that ends.
`--format csv` and `--format json` are always whole. Lists and structures are printed as JSON, bytes as hexadecimal digits. In JSON a
decimal is a number, or a text where a number would not be exact. A column with an interval is refused: cast it to varchar.

"""
COMPLETION = """## Shell completion

Commands, options, sources, releases and tables are completed by bash (4.4 or newer), zsh and fish. Add the line for your
shell to its start-up file; the program must be on the path, as after `source .venv/bin/activate`:

```text
# ~/.bashrc
eval "$(_DIGITAL_MATURITY_COMPLETE=bash_source digital-maturity)"
# ~/.zshrc
eval "$(_DIGITAL_MATURITY_COMPLETE=zsh_source digital-maturity)"
# ~/.config/fish/completions/digital-maturity.fish
_DIGITAL_MATURITY_COMPLETE=fish_source digital-maturity | source
```

"""
EVERYWHERE = ("home", "debug")


def page() -> str:
    """Return the page."""
    found = commands()
    contents = table(
        ("command", "does"), [(f"[`{name}`](#{anchor(name)})", each.help) for name, each in found.items()]
    )
    shared = [parameter for parameter in program.params if parameter.name in EVERYWHERE]
    codes = "## Exit codes\n\n" + table(("exit code", "when"), EXIT_CODES.items())
    top = INTRO + contents + "\n" + COMMON + _parameters(shared) + COLOUR + TERMINAL + COMPLETION + codes
    return "\n".join([top, *(_section(name, each) for name, each in found.items())])


def commands() -> dict[str, Command]:
    """Return every command by its name, in the order of the help."""
    context = click.Context(program, info_name=PROGRAM)
    found = {name: program.get_command(context, name) for name in program.list_commands(context)}
    return {name: each for name, each in found.items() if isinstance(each, Command)}


def parameters_of(command: Command) -> list[click.Parameter]:
    """Return the arguments and options of a command, without those of every command."""
    return [parameter for parameter in command.params if parameter.name not in EVERYWHERE]


def usage_of(parameter: click.Parameter) -> str:
    """Return a parameter as a user writes it: `--source S`, `-f, --file FILE`, `FILE`."""
    metavar = parameter.make_metavar(click.Context(program))
    if isinstance(parameter, click.Option):
        return " ".join([", ".join(parameter.opts), *([] if parameter.is_flag else [metavar])])
    return metavar


def _section(name: str, command: Command) -> str:
    own = parameters_of(command)
    options = f"{_parameters(own)}\n" if own else ""
    examples = "\n".join(command.examples)
    return f"## `{name}`\n\n{command.help}\n\n{options}```sh\n{examples}\n```\n"


def _parameters(parameters: Iterable[click.Parameter]) -> str:
    rows = [
        (f"`{usage_of(each)}`{' (needed)' if each.required else ''}", getattr(each, "help", ""))
        for each in parameters
    ]
    return table(("argument", "means"), rows)
