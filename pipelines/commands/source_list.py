"""`digital-maturity sources`: each source with its state."""

import csv
import json
import sys
from datetime import UTC, datetime

import click

from pipelines.commands.command_line import command as declared
from pipelines.commands.exit_codes import DONE


@declared(
    "sources",
    "each source: editions, state, last answer, licence",
    "digital-maturity sources",
    "digital-maturity sources --format json",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "csv"]),
    default="text",
    help="how to print it (default: text)",
)
def command(form: str) -> int:
    """Print each source with its state."""
    from assets.catalogue import sources
    from pipelines.staging.source_listing import listing
    from pipelines.storage.home import Home

    home, today = Home.default(), datetime.now(UTC).date()
    home.pull("archive", "status")
    listings = [listing(source, home, today) for source in sources().values()]
    if form == "json":
        json.dump([one.record() for one in listings], sys.stdout, indent=1, ensure_ascii=False)
        print()
    elif form == "csv":
        writer = csv.DictWriter(sys.stdout, listings[0].row(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(one.row() for one in listings)
    else:
        for one in listings:
            print(f"{one.source}: {one.title} ({one.publisher})")
            for name, text in one.lines().items():
                print(f"  {name:<15}{text}")
    return DONE
