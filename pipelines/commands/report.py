"""`digital-maturity report`: trusts of one's own choice beside their peers, as a page to read and to print."""

from pathlib import Path

import click

from pipelines.commands.command_line import command as declared
from pipelines.commands.exit_codes import DONE
from pipelines.commands.parameters import FilePath


@declared(
    "report",
    "trusts beside their peers, as a page to read and print; without --trust, where the report on exemplars is",
    "digital-maturity report --trust RTH --trust RJE",
    'digital-maturity report --trust "Salford Royal" --out salford.html',
)
@click.option(
    "--trust", "trusts", metavar="CODE", multiple=True, help="code or name of a trust, as often as needed"
)
@click.option(
    "--out",
    metavar="FILE",
    default="report.html",
    show_default=True,
    type=FilePath(),
    help="where to write the page",
)
def command(trusts: tuple[str, ...], out: Path) -> int:
    """Write a report on trusts, or say where the report of the release is."""
    from pipelines.publishing.report import chosen_trusts

    print(chosen_trusts.write(trusts, out) if trusts else chosen_trusts.of_release())
    return DONE
