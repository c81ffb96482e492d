"""`digital-maturity query`: the answer to one SELECT on the latest release."""

import csv
import sys
from itertools import chain
from pathlib import Path

import click

from assets.contract.errors import UsageError
from pipelines.commands.command_line import command as declared
from pipelines.commands.console import ANSWER, print_table, vertical
from pipelines.commands.exit_codes import DONE
from pipelines.commands.parameters import FilePath

STANDARD_INPUT = "-"
WHOLE = "add --format vertical, or --format csv"
"""How to see what a table on a terminal leaves out."""


@declared(
    "query",
    "one read-only SELECT on the latest release",
    'digital-maturity query "select org_code, org_name, region from trust_profile order by org_code"',
    'digital-maturity query "select * from caveat" --format csv',
    "digital-maturity query \"select * from trust_profile where org_code = 'R0A'\" --format vertical",
    "digital-maturity query --file question.sql --format json",
)
@click.argument(
    "sql",
    required=False,
    help="one SELECT, or - to read it from standard input; docs/tables.md lists tables and columns",
)
@click.option(
    "-f",
    "--file",
    "path",
    metavar="FILE",
    type=FilePath(),
    help="read the SELECT from a file, or from standard input where FILE is -",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "vertical", "csv", "json"]),
    default="table",
    help="how to print it; vertical: each row as name: value lines (default: table)",
)
def command(sql: str | None, path: Path | None, form: str) -> int:
    """Print the answer to a SELECT."""
    question = _question(sql, path)
    from pipelines.queries.sql_sandbox import answer, as_json, flat, on_screen

    header, rows = answer(question)
    if form == "table":
        print_table(header, on_screen(map(flat, rows)), how=WHOLE)
    elif form == "vertical":
        sys.stdout.writelines(vertical(header, map(flat, rows)))
    elif form == "json":
        sys.stdout.writelines(as_json(header, rows))
    else:
        csv.writer(ANSWER, lineterminator="\n").writerows(chain([header], map(flat, rows)))
    return DONE


def _question(sql: str | None, path: Path | None) -> str:
    """Return the SELECT from the one place that was given; raise an error for none or two, or an unreadable file."""
    if (sql is None) == (path is None):
        raise click.UsageError("expected one SELECT, either as SQL or with --file FILE")
    if sql is not None and sql != STANDARD_INPUT:
        return sql
    from pipelines.storage import regular_file

    try:
        if path is None or path == Path(STANDARD_INPUT):
            content = sys.stdin.buffer.read()
        else:
            content = regular_file.read(path)
        return content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError, regular_file.NotRegularError) as error:
        found = "other bytes" if isinstance(error, UnicodeDecodeError) else str(error)
        raise UsageError(
            f"Reading the SELECT from {str(path or sql)!r}: expected a file in UTF-8, found {found}; correct the path or the file."
        ) from error
