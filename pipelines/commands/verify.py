"""`digital-maturity verify`: what in a release differs from what was published."""

import click

from pipelines.commands.command_line import command as declared
from pipelines.commands.exit_codes import DONE, REFUSED
from pipelines.commands.parameters import completed, release_names


@declared(
    "verify",
    "recompute every hash of a release",
    "digital-maturity verify",
    "digital-maturity verify 20261123T060000Z",
)
@click.argument(
    "release",
    default="latest",
    help="name of a release (default: latest)",
    shell_complete=completed(release_names),
)
def command(release: str) -> int:
    """Print each file of a release that is not as it was published."""
    from pipelines.queries.verify_release import release_named, summary
    from pipelines.storage.release_folder import removed
    from pipelines.storage.release_hashes import differences

    with release_named(release) as folder:
        wrong, count = differences(folder)
        gone = sorted(removed(folder))
    for path, difference in wrong.items():
        print(f"{path}: {difference}")
    if gone:
        print(f"Removed by `digital-maturity prune`: {', '.join(gone)}.")
    print(f"Release {folder.name}: {summary(wrong, count)}.")
    return REFUSED if wrong else DONE
