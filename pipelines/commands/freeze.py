"""`digital-maturity freeze`: write a frozen edition from the archive."""

import click

from pipelines.commands.command_line import command as declared
from pipelines.commands.exit_codes import DONE
from pipelines.commands.interruption import interrupted_alone
from pipelines.commands.parameters import known, source_argument


@declared(
    "freeze",
    "for maintainers: write a frozen edition from the archive",
    "digital-maturity freeze epr 2024-10-01",
)
@source_argument()
@click.argument("edition", metavar="EDITION", help="edition held in the archive")
def command(source: str, edition: str) -> int:
    """Write a frozen edition and print where it is."""
    from assets.catalogue import sources
    from pipelines.integration.acceptance import judge_all
    from pipelines.staging import freeze_edition
    from pipelines.storage.home import Home

    home, everyone = Home.default(), sources()
    found = known(source, everyone)
    with interrupted_alone(), home.shared():
        for path in freeze_edition.freeze(found, edition, judge_all(found, everyone, home), home):
            print(path)
    return DONE
