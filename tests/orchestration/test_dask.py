"""A refresh on a Dask cluster: a scheduler and two workers, each a process of its own, on this machine."""

import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import clustered
import dagster as dg
import pytest
from clustered import PATIENCE, bounded, keep_no_output, process
from few_sources import FEW, few_home, judge_few
from releases import sums_of

from assets.catalogue import sources
from pipelines.integration import lineage
from pipelines.judging.file_verdicts import copies, unjudged
from pipelines.orchestration import executors
from pipelines.orchestration.executors import ExecutorError, refuse_idle
from pipelines.orchestration.refresh_run import failure
from pipelines.storage.home import Home

if find_spec("dagster_dask") is None:  # not imported here: that takes seconds of every run
    pytest.skip("the extra `dask` is not installed", allow_module_level=True)
ROOT = Path(__file__).parents[2]
CLUSTER = ROOT / "deploy" / "dask.yaml"
COPIES = {"digital_maturity.duckdb", "digital_maturity.sqlite", "digital_maturity.xlsx"}
"""What differs from run to run, or is made by others' libraries."""
LEFT = "gde"
"""The source whose files the workers read; they find what was read of the others, and stage and join all."""
UNWATCHED = {"WORKER__PROFILE__ENABLED": "false", "ADMIN__TICK__INTERVAL": "1s"}
"""Settings of Dask that keep its processes from looking at themselves many times a second."""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Home, set[int]]]:
    """A home on a cluster of two workers that all find it by the environment; their process ids."""
    from distributed import Client

    folder = tmp_path_factory.mktemp("cluster")
    address = f"tcp://127.0.0.1:{free_port()}"
    home = Home(folder / "home")
    quiet = ("--no-dashboard", "--host", "127.0.0.1")
    with pytest.MonkeyPatch.context() as patch, ExitStack() as running:
        patch.setenv("PYTHONPATH", f"{ROOT}{os.pathsep}{ROOT / 'tests'}")
        patch.setenv("DIGITAL_MATURITY_EXECUTOR", str(CLUSTER))
        patch.setenv("DIGITAL_MATURITY_DASK", address)
        patch.setenv("DASK_TEMPORARY_DIRECTORY", str(folder / "dask"))
        for name, value in UNWATCHED.items():
            patch.setenv(f"DASK_DISTRIBUTED__{name}", value)
        judge_few(home, tmp_path_factory.getbasetemp())
        shutil.rmtree(home.root / "staged")
        for copy, _ in copies(sources()[LEFT], home):
            for path in (*home.parsed.glob(f"{copy.key}-*"), *home.verdicts.glob(f"{copy.key}-*")):
                path.unlink()
        assert unjudged(sources()[LEFT], home)
        home.prepare_dagster()
        keep_no_output(home)
        patch.setenv("DIGITAL_MATURITY_HOME", str(home.root))
        patch.setenv("DAGSTER_HOME", str(home.root / "dagster"))
        scheduler = ("distributed.cli.dask_scheduler", *quiet, "--port", address.rpartition(":")[2])
        running.enter_context(process(*scheduler, log=folder / "scheduler.log"))
        worker = ("distributed.cli.dask_worker", address, *quiet, "--no-nanny", "--nthreads", "1")
        worker += ("--preload", "clustered")
        pids = {
            running.enter_context(process(*worker, log=folder / f"worker-{place}.log")).pid
            for place in (1, 2)
        }
        with Client(address, timeout=PATIENCE) as client:
            client.wait_for_workers(2, timeout=PATIENCE)
        yield home, pids


def run(**config: object) -> dg.JobExecutionResult:
    settings = {"ops": {"archive": {"config": {"offline": True, **config}}}}
    with dg.DagsterInstance.get() as instance, bounded():
        return dg.execute_job(dg.reconstructable(clustered.refresh), instance, run_config=settings)


def test_f86_a_cluster_without_workers_or_scheduler_is_reported_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from distributed import Client

    address = f"tcp://127.0.0.1:{free_port()}"
    home = Home(tmp_path / "home")
    home.prepare_dagster()
    named = {"HOME": str(home.root), "EXECUTOR": str(CLUSTER), "DASK": address}
    for name, value in named.items():
        monkeypatch.setenv(f"DIGITAL_MATURITY_{name}", value)
    monkeypatch.setattr(executors, "PATIENCE", 1)
    sentence = (
        f"Running steps on the Dask cluster {address}: expected a worker within 1 s, found {{}}; start it"
    )
    scheduler = ("distributed.cli.dask_scheduler", "--no-dashboard", "--host", "127.0.0.1")
    dask: Any = SimpleNamespace(cluster_type="existing", cluster_configuration={"address": address})
    with pytest.raises(ExecutorError) as raised:
        refuse_idle(dask)
    assert str(raised.value).startswith(sentence.format("no scheduler"))
    with process(*scheduler, "--port", address.rpartition(":")[2], log=tmp_path / "log"):
        Client(address, timeout=PATIENCE).close()
        ended = failure(run())
    assert str(ended).startswith(sentence.format("a scheduler without workers"))
    assert getattr(ended, "exit_code", 0) == 1


def test_a_step_that_fails_on_a_worker_fails_the_run_with_its_sentence(
    cluster: tuple[Home, set[int]],
) -> None:
    home, _ = cluster
    result = run(sources=["dmaa"])
    assert not result.success
    assert str(failure(result)).endswith(f"expected sources among {', '.join(FEW)}, found dmaa.")
    assert not home.releases.exists()
    published = next(
        event for event in result.all_events if event.is_step_failure and event.step_key == "release"
    )
    assert "found archive failed" in str(published.event_specific_data)


def test_two_workers_make_the_release_that_one_process_makes(
    cluster: tuple[Home, set[int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    home, pids = cluster
    result = run()
    assert result.success
    assert not unjudged(sources()[LEFT], home)
    steps = {event.step_key: event.pid for event in result.all_events if event.is_step_success}
    assert set(steps) == {"archive", *lineage.LAYERS, "release", *FEW}
    assert set(steps.values()) <= pids  # the scheduler may find one worker enough for steps as short as these

    alone = few_home(tmp_path_factory.getbasetemp())
    one, other = sums_of(home.latest), sums_of(alone.latest)
    assert {path: one[path] for path in one.keys() - COPIES} == {
        path: other[path] for path in other.keys() - COPIES
    }
    assert one.keys() == other.keys()
