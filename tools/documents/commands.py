"""docs/commands.md: every command and option of the command line, from its parser."""

from argparse import Action, ArgumentParser, _SubParsersAction

from pipelines.commands.parser import PROGRAM, parser
from pipelines.commands.telling import EXIT_CODES
from tools.documents.markdown import anchor, table

INTRO = f"""# Commands

`{PROGRAM} COMMAND --help` says the same. Answers go to standard output and are plain text; progress and errors go to
standard error, one sentence each. Made from the parser by `python -m tools.documents`; a test fails when it differs,
and parses every example.

"""
EVERYWHERE = ("home", "debug")


def page() -> str:
    """Return the page."""
    top = parser()
    found = commands_of(top)
    contents = table(
        ("command", "does"), [(f"[`{n}`](#{anchor(n)})", sub.description) for n, sub in found.items()]
    )
    codes = table(("exit code", "when"), EXIT_CODES.items())
    shared = [action for action in _actions(next(iter(found.values()))) if action.dest in EVERYWHERE]
    both = f"## Options of every command\n\n{_options(shared)}\n## Exit codes\n\n{codes}"
    return "\n".join([INTRO + contents, both, *(_section(name, sub) for name, sub in found.items())])


def commands_of(top: ArgumentParser) -> dict[str, ArgumentParser]:
    """Return the parser of each command by its name."""
    (subs,) = [action for action in _actions(top) if isinstance(action, _SubParsersAction)]
    return dict(subs.choices)


def examples_of(sub: ArgumentParser) -> list[str]:
    """Return the examples at the end of the help of a command."""
    return [line.strip() for line in (sub.epilog or "").splitlines() if line.strip().startswith(PROGRAM)]


def words_of(action: Action) -> str:
    """Return an argument as a user writes it: `--source S`, `FILE`."""
    shown = action.metavar or (
        "{" + ",".join(action.choices) + "}" if action.choices else action.dest.upper()
    )
    if not action.option_strings:
        return str(shown)
    return " ".join([action.option_strings[-1], *([str(shown)] if action.nargs != 0 else [])])


def arguments_of(sub: ArgumentParser) -> list[Action]:
    """Return the arguments and options of a command, those of every command left out."""
    return [action for action in _actions(sub) if action.dest not in ("help", *EVERYWHERE)]


def _actions(found: ArgumentParser) -> list[Action]:
    return list(found._actions)  # noqa: SLF001 - argparse has no other way to list them


def _section(name: str, sub: ArgumentParser) -> str:
    own = arguments_of(sub)
    options = f"{_options(own)}\n" if own else ""
    examples = "\n".join(examples_of(sub))
    return f"## `{name}`\n\n{sub.description}\n\n{options}```sh\n{examples}\n```\n"


def _options(actions: list[Action]) -> str:
    rows = [(f"`{words_of(a)}`{' (needed)' if a.required else ''}", a.help) for a in actions]
    return table(("argument", "means"), rows)
