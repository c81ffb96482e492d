"""How much of Dagster's history a home keeps: that of the newest runs."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
import sqlalchemy as sa
from dagster._core.storage.tags import PARTITION_NAME_TAG  # noqa: PLC2701 - it has no public name

from assets.contract.errors import MachineError, shortened
from pipelines.orchestration.event_log import KeptOpenEventLogStorage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.storage.home import Home

RUNS = 30
"""The newest runs, whose history stays: a month of a daily schedule. Each takes about 10 MB."""
ENDED = dg.RunsFilter(
    statuses=[dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
)


def prune(home: Home, *, dry_run: bool = False) -> int:
    """Remove the history of all runs that ended, except the newest; return of how many. Call it while holding the lock."""
    if not (home.root / "dagster").exists():
        return 0
    with opened(home) as instance:
        return len(old_runs(instance)) if dry_run else forget_old(instance)


@contextmanager
def opened(home: Home) -> Iterator[dg.DagsterInstance]:
    """Prepare and open Dagster's instance of a home. Raises MachineError where its settings or databases cannot be used."""
    folder = home.prepare_dagster()
    try:
        instance = dg.DagsterInstance.get()
    except Exception as error:  # of YAML, of Dagster's checks and of SQLite: each library has its own
        raise _unusable(folder, error) from error
    try:
        with instance:
            yield instance
    except (sa.exc.DBAPIError, sqlite3.Error) as error:
        raise _unusable(folder, error) from error


def _unusable(folder: Path, error: Exception) -> MachineError:
    found = shortened(str(error.orig if isinstance(error, sa.exc.DBAPIError) else error)).rstrip(".")
    return MachineError(
        f"Opening Dagster's history in {folder}: expected its settings (dagster.yaml) and databases that can be read and written, found {found}; "
        "correct that, or move that folder away: the next refresh makes a new one, and only the history of runs is gone."
    )


def old_runs(instance: dg.DagsterInstance) -> list[str]:
    """Return the runs whose history goes, newest first; a partition stays made only as long as its run is known."""
    runs = instance.get_runs(ENDED)
    return [run.run_id for run in runs if PARTITION_NAME_TAG not in run.tags][RUNS:]


@contextmanager
def tidying(home: Home) -> Iterator[None]:
    """Turn a failure to prune after a run into a MachineError that says that the run itself succeeded."""
    try:
        yield
    except (OSError, MachineError) as error:
        raise MachineError(
            f"Pruning {home.address} after the run: expected that old releases and runs can be removed, found {error}; the release of the "
            "run is published: correct that and run `digital-maturity prune`."
        ) from error


def forget_old(instance: dg.DagsterInstance) -> int:
    """Remove the runs whose history goes, with their events and logs; return how many."""
    old = old_runs(instance)
    for run_id in old:
        instance.delete_run(run_id)
        shutil.rmtree(Path(instance.storage_directory()) / run_id, ignore_errors=True)
    storage = instance.event_log_storage
    if old and isinstance(storage, KeptOpenEventLogStorage):
        storage.give_back(old)
    return len(old)
