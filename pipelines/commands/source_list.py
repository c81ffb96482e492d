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
    from assets.contract.source import sources
    from pipelines.staging.source_status import described, state
    from pipelines.storage.home import Home

    home, today = Home.default(), datetime.now(UTC).date()
    home.pull("archive", "status")
    found = sources().values()
    if form == "text":
        for source in found:
            print(f"{source.name}: {source.title} ({source.publisher})")
            for name, text in described(source, home, today).items():
                print(f"  {name:<15}{text}")
        return DONE
    states = [state(source, home, today) for source in found]
    if form == "json":
        json.dump([one.record() for one in states], sys.stdout, indent=1, ensure_ascii=False)
        print()
        return DONE
    rows = [one.row() for one in states]
    writer = csv.DictWriter(sys.stdout, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return DONE
