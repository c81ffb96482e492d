"""Command lines parsed without running them. Shared by the tests of commands and of the pages that show them."""

import shlex
from collections.abc import Sequence
from typing import Any
from unittest.mock import patch

import click

from pipelines.commands.command_line import PROGRAM, Command, Settings
from pipelines.commands.program import program


def parsed(arguments: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """Return the command that arguments name, and its parameters; raise click.ClickException where they are wrong."""
    with patch.object(Command, "invoke", lambda _command, context: context):
        context = program.main(list(arguments), PROGRAM, standalone_mode=False, obj=Settings())
    assert isinstance(context, click.Context)
    return str(context.info_name), context.params


def parsed_line(line: str) -> tuple[str, dict[str, Any]]:
    """Return the same of a line as it is typed."""
    name, *arguments = shlex.split(line)
    assert name == PROGRAM
    return parsed(arguments)
