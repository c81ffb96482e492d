"""`digital-maturity explain`: where a row came from, or the history of an organisation."""

import click

from pipelines.commands.command_line import command as declared
from pipelines.commands.console import show
from pipelines.commands.exit_codes import DONE
from pipelines.commands.parameters import completed, release_names, table_names


@declared(
    "explain",
    "where a published row came from; the history and successors of an organisation",
    'digital-maturity explain maturity_score "DMA|RM3|acute|2025|well_led"',
    "digital-maturity explain organisation R0A",
    'digital-maturity explain trust_profile "Salford Royal"',
    "digital-maturity explain organisation RM3 --since 20261123T060000Z",
)
@click.argument(
    "table",
    metavar="TABLE",
    help="table of the release, or `organisation`",
    shell_complete=completed(table_names),
)
@click.argument(
    "key",
    metavar="KEY",
    help="the values of the table's key joined by |, where the name of a trust may stand for its code; for `organisation`, its code or name",
)
@click.option(
    "--since",
    metavar="RELEASE",
    help="what changed for the organisation after a release",
    shell_complete=completed(release_names),
)
def command(table: str, key: str, since: str | None) -> int:
    """Print where a row came from, or the history of an organisation."""
    if since and table != "organisation":
        raise click.UsageError("--since goes with `organisation CODE`")
    from pipelines.queries import changes_since, explain_row, organisation_history

    if since:
        show(changes_since.tell(key, since))
    elif table == "organisation":
        show(organisation_history.tell(key))
    else:
        show(explain_row.explain(table, key))
    return DONE
