"""Commands that run the pipeline: `refresh`, `data-docs`, `ui`."""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from pipelines.commands.telling import DONE, REFUSED, CommandError, known, print_table, say


def refresh(options: argparse.Namespace) -> int:
    """Run the main job, telling each step as it ends, and print what became of each source."""
    from assets.contract.errors import BusyError
    from pipelines.storage.home import Home
    from pipelines.storage.lock import held_by

    home = Home.default()
    holder = held_by(home.lock)
    if holder:
        raise BusyError(f"Another run is at work ({holder}); wait for it to end and try again.")
    if options.source:
        from assets.contract.source import sources

        for name in options.source:
            known(name, sources())
    say("refreshing ...")
    status = _run_refresh(home, offline=options.offline, sources=options.source)
    print_table(
        ["source", "edition", "rows", "status", "why"], [list(line.values()) for line in status["sources"]]
    )
    print(f"\n{status['outcome']}: {home.address}/releases/{status['release']}")
    bad = {line["status"] for line in status["sources"]} & {"stale", "refused"}
    return REFUSED if options.strict and bad else DONE


def _run_refresh(home: Any, *, offline: bool, sources: list[str]) -> dict[str, Any]:
    """Run the main job as the schedule does, telling each step as it ends, and return how the run went."""
    home.prepare_dagster()
    if "DIGITAL_MATURITY_EXECUTOR" not in os.environ and (not home.verdicts.exists() or _something_new(home)):
        from pipelines.judging import validator

        validator.start()  # files will be checked here: what does it may warm up meanwhile
    import dagster as dg

    from pipelines.definitions import refresh
    from pipelines.orchestration.event_log import kept_open

    config = {
        "ops": {"archive": {"config": {"offline": offline, "sources": sources}}},
        "loggers": {"progress": {}},
    }
    with dg.DagsterInstance.get() as instance, kept_open(instance):
        result = dg.execute_job(
            dg.reconstructable(refresh), instance, run_config=config, tags={"started_by": "command line"}
        )
    if not result.success:
        raise _failure(result)
    status: dict[str, Any] = home.read_status("run")
    return status


def _something_new(home: Any) -> bool:
    """Tell whether a file of any source has no verdict yet."""
    from assets.contract.source import sources
    from pipelines.judging.file_verdicts import unjudged

    return any(unjudged(source, home) for source in sources().values())


def _failure(result: Any) -> Exception:
    """Return why a run failed, in the words of what stopped it."""
    from assets.contract.errors import BusyError

    found = [event.event_specific_data for event in result.all_events if event.is_failure]
    told = [getattr(data, "error", None) for data in found]
    causes = [error.cause or error for error in told if error is not None]
    if any(cause.cls_name == BusyError.__name__ for cause in causes):
        return BusyError(causes[0].message.partition(": ")[2].strip())
    return CommandError(
        causes[0].message.strip() if causes else "the run failed; open the Dagster UI to see why"
    )


def data_docs(options: argparse.Namespace) -> int:
    """Write the pages of Great Expectations and print where they are."""
    from assets.contract.source import sources
    from pipelines import data_docs
    from pipelines.storage.home import Home
    from pipelines.storage.lock import exclusive

    home, found = Home.default(), sources()
    chosen = [known(name, found) for name in options.source or found]
    with exclusive(home.lock, "digital-maturity data-docs"), home.shared():
        page = data_docs.write(chosen, home, options.out or home.root / "data-docs", tell=say)
    print(page)
    say("These pages load fonts, styles and scripts from other sites when opened; a release does not.")
    return DONE


def ui(options: argparse.Namespace) -> int:
    """Become the Dagster user interface."""
    del options
    from pipelines.storage.home import Home

    folder = Home.default().prepare_dagster()
    root = Path(__file__).resolve().parents[2]
    program = str(Path(sys.executable).with_name("dagster"))
    os.environ["DAGSTER_HOME"] = str(folder)
    os.execv(program, [program, "dev", "-w", str(root / "workspace.yaml"), "-h", "127.0.0.1", "-p", "3000"])  # noqa: S606 - replaces this process
