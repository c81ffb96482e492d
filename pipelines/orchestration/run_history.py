"""How much of Dagster's history a home keeps: that of the newest runs."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from pipelines.orchestration.event_log import KeptOpenEventLogStorage

if TYPE_CHECKING:
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
    home.prepare_dagster()
    with dg.DagsterInstance.get() as instance:
        return len(old_runs(instance)) if dry_run else forget_old(instance)


def old_runs(instance: dg.DagsterInstance) -> list[str]:
    """Return the runs whose history goes, newest first."""
    return [run.run_id for run in instance.get_runs(ENDED)][RUNS:]


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
