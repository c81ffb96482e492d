"""`digital-maturity prune`: remove old releases, their databases and old runs, and compress old CSV, so that a home stays small."""

import click

from pipelines.commands.command_line import command as declared
from pipelines.commands.exit_codes import DONE

AT_LEAST_ONE = click.IntRange(min=1)


@declared(
    "prune",
    "remove old releases and the history of old runs",
    "digital-maturity prune --keep 12",
    "digital-maturity prune --keep 50 --keep-databases 2 --keep-csv 2 --dry-run",
)
@click.option("--keep", type=AT_LEAST_ONE, metavar="N", help="keep the newest N releases (default: all)")
@click.option(
    "--keep-databases",
    type=AT_LEAST_ONE,
    metavar="N",
    help="keep DuckDB and SQLite only in the newest N releases (default: all)",
)
@click.option(
    "--keep-csv",
    type=AT_LEAST_ONE,
    metavar="N",
    help="keep large CSV files as they are only in the newest N releases, elsewhere as .csv.gz (default: all)",
)
@click.option("--dry-run", is_flag=True, help="show what would be removed, without removing it")
def command(keep: int | None, keep_databases: int | None, keep_csv: int | None, dry_run: bool) -> int:  # noqa: FBT001 - click passes by name
    """Remove what is not to be kept, printing each release that loses something."""
    from pipelines.orchestration import run_history
    from pipelines.storage.home import Home
    from pipelines.storage.lock import exclusive
    from pipelines.storage.retention import removals, remove

    if not any((keep, keep_databases, keep_csv)):
        raise click.UsageError(
            "Pruning a home: expected --keep N, --keep-databases N or --keep-csv N, found none of them."
        )
    home = Home.default()
    with exclusive(home.lock, "prune"):  # a dry run too: it would count what a refresh is writing
        freed = 0
        for removal in removals(home, keep, keep_databases, keep_csv):
            what = ", ".join(removal.files) or "the release"
            if removal.compress:
                number = len(removal.files)
                what = f"{number} CSV file{'s' if number > 1 else ''} compressed to .csv.gz"
            before = " before" if removal.compress else ""
            print(f"{removal.release}: {what} ({_megabytes(removal.size)}{before})")
            freed += 0 if removal.compress else removal.size
            if not dry_run:
                remove(home, removal)
        runs = run_history.prune(home, dry_run=dry_run)
    print(
        f"{'Would remove' if dry_run else 'Removed'} {_megabytes(freed)} of releases and the history of {runs} Dagster runs."
    )
    return DONE


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
