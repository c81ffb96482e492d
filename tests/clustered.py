"""What tests of clusters share: processes of a cluster, and jobs that its workers resolve by name, as they do the real one.

Every process of a cluster imports this module, so what reads the data is imported by the functions that need it.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Container, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import dagster as dg

from pipelines.orchestration import executors
from pipelines.storage.home import Home

PATIENCE, LONGEST = 120, 300
"""Seconds for a process of the cluster to begin or end, and for a run."""
NO_OUTPUT = """
compute_logs:
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
"""


def refresh() -> dg.JobDefinition:
    """The main job over a few sources."""
    return _refresh()


@cache
def _refresh() -> dg.JobDefinition:
    """Define the job once in each process, as `pipelines.definitions` does."""
    from few_sources import few_catalogue

    from pipelines.definitions import build_defs

    return build_defs(catalogue=few_catalogue()).resolve_job_def("refresh")


def dask_setup(worker: object) -> None:
    """Let a worker that preloads this module have the same few sources in whatever it does.

    What each of its children would import is imported once, by the server that they are forked from.
    """
    from few_sources import have_few

    from pipelines.workers import fork_server

    have_few()
    fork_server.NEEDED += ("pipelines.publishing.copies", "distributed.cli.dask_worker")


@dg.op
def parent() -> None:
    """Start a child and wait for it, as every step that parses a publisher's file does."""
    child = multiprocessing.get_context("spawn").Process(target=os.getpid)
    child.start()
    child.join(PATIENCE)
    assert child.exitcode == 0


def single(name: str) -> dg.JobDefinition:
    """A job of one step, on the executor that the environment names."""
    return dg.GraphDefinition(name, node_defs=[parent]).to_job(executor_def=executors.named())


def keep_no_output(home: Home) -> None:
    """Keep Dagster from capturing what steps print, for which it starts four processes for each step."""
    settings = home.root / "dagster" / "dagster.yaml"
    settings.write_text(f"{settings.read_text('utf-8')}{NO_OUTPUT}", "utf-8")


@contextmanager
def process(
    *arguments: str, log: Path, codes: Container[int] = (0, -signal.SIGTERM)
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process of the cluster and end it as an administrator would; one that will not end is a failure.

    `codes` are the ways to end.
    """
    with (
        log.open("wb") as found,
        subprocess.Popen([sys.executable, "-m", *arguments], stderr=found, stdout=found) as running,
    ):
        try:
            yield running
            running.send_signal(signal.SIGTERM)
            code = running.wait(PATIENCE)
            assert code in codes, f"{code}: {log.read_text()}"
        finally:
            running.kill()


@contextmanager
def bounded() -> Iterator[None]:
    """Give up what a cluster does not answer."""

    def stop(*_: object) -> None:
        raise TimeoutError(f"the cluster did not answer within {LONGEST} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(LONGEST)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
