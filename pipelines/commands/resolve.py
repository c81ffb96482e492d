"""`digital-maturity resolve`: the codes of names, or of a list of the user's own."""

import sys
from datetime import date
from pathlib import Path

import click

from pipelines.commands.command_line import command as declared
from pipelines.commands.console import print_table, say
from pipelines.commands.exit_codes import DONE, REFUSED
from pipelines.commands.parameters import Day, FilePath


@declared(
    "resolve",
    "names or codes to ODS codes, never guessed",
    'digital-maturity resolve "SALFORD ROYAL NHS FOUNDATION TRUST" --on 2019-01-01',
    "digital-maturity resolve RM3 RW6",
    "digital-maturity resolve --csv my-trusts.csv --column Provider --out my-trusts-with-codes.csv",
)
@click.argument("names", nargs=-1, metavar="[NAME]...", help="name or code of an organisation")
@click.option(
    "--csv",
    "path",
    type=FilePath(),
    metavar="FILE",
    help="a list of your own, instead of NAMEs",
)
@click.option("--column", metavar="C", help="its column with names or codes, in any case")
@click.option(
    "--out",
    type=FilePath(),
    metavar="FILE",
    help="where to write it (default: standard output)",
)
@click.option(
    "--on", "day", type=Day(), metavar="DAY", help="day the name was in use (default: newest list of trusts)"
)
def command(
    names: tuple[str, ...], path: Path | None, column: str | None, out: Path | None, day: date | None
) -> int:
    """Print or write the codes of names, or of a list."""
    if names and not (path or column or out):
        return _print_codes(names, day)
    if not names and path and column:
        return _write_list(path, column, out, day)
    raise click.UsageError("expected either NAMEs, or --csv FILE with --column C")


def _print_codes(names: tuple[str, ...], day: date | None) -> int:
    from pipelines.queries.resolve_names import ADDED, answers

    answer = answers(day)
    rows = [(name, *answer(name)) for name in names]
    print_table(["name", *ADDED], rows)
    return DONE if all(row[1] for row in rows) else REFUSED


def _write_list(path: Path, column: str, out: Path | None, day: date | None) -> int:
    from pipelines.queries.resolve_names import answers, read_list, resolve_list, write_list

    resolved = resolve_list(read_list(path), column, answers(day))
    if out:
        write_list(out, resolved.content)
    else:
        sys.stdout.buffer.write(resolved.content)
        sys.stdout.buffer.flush()
    say(f"{resolved.rows} rows, {resolved.unmatched} of them unmatched.")
    return DONE
