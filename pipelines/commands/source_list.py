"""`digital-maturity sources`: each source with its state."""

import csv
import json
from datetime import UTC, datetime

import click

from pipelines.commands.command_line import command as declared
from pipelines.commands.console import ANSWER, say, show
from pipelines.commands.exit_codes import DONE, REFUSED


@declared(
    "sources",
    "each source: editions, state, last answer, licence",
    "digital-maturity sources",
    "digital-maturity sources --format json --strict",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "csv"]),
    default="text",
    help="how to print it (default: text)",
)
@click.option(
    "--strict",
    is_flag=True,
    help="exit with 1 if a source is stale or refused, the last run failed, the latest release is damaged or the home is too large",
)
def command(form: str, strict: bool) -> int:  # noqa: FBT001 - click passes by name
    """Print each source with its state; with `strict`, or in JSON, also what is wrong with the home."""
    from assets.catalogue import sources
    from pipelines.staging.source_listing import listing
    from pipelines.staging.source_status import BAD
    from pipelines.storage.home import Home
    from pipelines.storage.home_condition import condition

    home, today = Home.default(), datetime.now(UTC).date()
    home.pull("archive", "status")
    listings = [listing(source, home, today) for source in sources().values()]
    found = condition(home) if strict or form == "json" else None
    if form == "json" and found:
        whole = {"home": found.record(), "sources": [one.record() for one in listings]}
        show(json.dumps(whole, indent=1, ensure_ascii=False))
    elif form == "csv":
        writer = csv.DictWriter(ANSWER, listings[0].row(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(one.row() for one in listings)
    else:
        for one in listings:
            show(f"{one.source}: {one.title} ({one.publisher})")
            for name, text in one.lines().items():
                show(f"  {name:<15}{text}")
    if not strict or not found:
        return DONE
    bad = [one for one in listings if one.status in BAD]
    for what, why in [(f"{one.source} is {one.status}", one.why) for one in bad] + [
        (name.replace("_", " "), problem["why"]) for name, problem in found.problems.items()
    ]:
        say(f"{what}: {why}")
    return REFUSED if bad or found.problems else DONE
