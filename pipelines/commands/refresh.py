"""`digital-maturity refresh`: fetch, validate, join and publish a release."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from assets.contract.errors import BusyError
from pipelines.commands.command_line import command as declared
from pipelines.commands.console import print_table, say
from pipelines.commands.exit_codes import DONE, REFUSED
from pipelines.commands.interruption import interrupted_alone
from pipelines.commands.parameters import completed, known, source_names

if TYPE_CHECKING:
    from pipelines.storage.home import Home


@declared(
    "refresh",
    "fetch, validate, join and publish a release",
    "digital-maturity refresh",
    "digital-maturity refresh --offline",
    "digital-maturity refresh --source dma --source tac --strict",
)
@click.option("--offline", is_flag=True, help="contact no publisher: archive and frozen editions only")
@click.option(
    "--source",
    "chosen",
    multiple=True,
    metavar="S",
    help="contact only this publisher (repeatable)",
    shell_complete=completed(source_names),
)
@click.option("--strict", is_flag=True, help="exit with 1 if a source is stale or refused")
def command(offline: bool, chosen: tuple[str, ...], strict: bool) -> int:  # noqa: FBT001 - click passes by name
    """Run the main job, showing its progress, and print the state of each source, what was published and what to open."""
    from pipelines.storage.home import Home
    from pipelines.storage.lock import held_by

    home = Home.default()
    if holder := held_by(home.lock):
        raise BusyError(f"Another run is at work ({holder}); wait for it to end and try again.")
    _check_names(chosen)
    say("refreshing ...")
    home.prepare_dagster()
    with interrupted_alone():
        _warm_up(home)
        from pipelines.definitions import refresh
        from pipelines.orchestration import refresh_run

        status = refresh_run.run(refresh, home, offline=offline, sources=chosen)
    from pipelines.commands.refresh_summary import sections
    from pipelines.queries.opened_release import page

    columns = ["source", "edition", "rows", "status"]
    print_table(columns, [[line[name] for name in columns] for line in status["sources"]])
    print("", page(list(sections(status, home))), sep="\n")
    bad = {line["status"] for line in status["sources"]} & {"stale", "refused"}
    return REFUSED if strict and bad else DONE


def _check_names(chosen: tuple[str, ...]) -> None:
    """Raise UsageError for the first name that is not the name of a source."""
    if chosen:
        from assets.catalogue import sources

        for name in chosen:
            known(name, sources())


def _warm_up(home: Home) -> None:
    """Start the checks and the charts in other processes while Dagster is imported, if this machine will need them."""
    if "DIGITAL_MATURITY_EXECUTOR" in os.environ:
        return
    if not home.verdicts.exists() or _has_new_files(home):
        from pipelines.judging import validator
        from pipelines.publishing.explorer import drawing

        validator.start()
        drawing.begin(home)


def _has_new_files(home: Home) -> bool:
    from assets.catalogue import sources
    from pipelines.judging.file_verdicts import unjudged

    return any(unjudged(source, home) for source in sources().values())
