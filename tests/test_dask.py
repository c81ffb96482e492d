"""A refresh on a Dask cluster: a scheduler and two workers, each a process of its own, on this machine."""

import importlib.util
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import clustered
import dagster as dg
import pytest
import yaml
from dagster._config import validate_config
from dagster._core.instance.config import dagster_instance_config_schema
from dagster_postgres import DagsterPostgresStorage
from releases import nobody, sums_of

from pipelines import executors, refresh
from pipelines.commands.running import _failure
from pipelines.home import Home

pytest.importorskip("dagster_dask", reason="the extra `dask` is not installed")
ROOT = Path(__file__).parents[1]
CLUSTER = ROOT / "deploy" / "dask.yaml"
PATIENCE, LONGEST = 120, 300
"""Seconds for a process of the cluster to begin or end, and for a run."""
COPIES = {"digital_maturity.duckdb", "digital_maturity.sqlite", "digital_maturity.xlsx"}
"""What differs from run to run, or is made by others' libraries."""


@contextmanager
def process(*arguments: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process of the cluster and end it as an administrator would; one that will not end is a failure."""
    with (
        log.open("wb") as told,
        subprocess.Popen([sys.executable, "-m", *arguments], stderr=told, stdout=told) as running,
    ):
        try:
            yield running
            running.send_signal(signal.SIGTERM)
            assert running.wait(PATIENCE) in {0, -signal.SIGTERM}, log.read_text()
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
        home.prepare_dagster()
        patch.setenv("DIGITAL_MATURITY_HOME", str(home.root))
        patch.setenv("DAGSTER_HOME", str(home.root / "dagster"))
        scheduler = ("distributed.cli.dask_scheduler", *quiet, "--port", address.rpartition(":")[2])
        running.enter_context(process(*scheduler, log=folder / "scheduler.log"))
        worker = ("distributed.cli.dask_worker", address, *quiet, "--no-nanny", "--nthreads", "1")
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


def test_a_step_that_fails_on_a_worker_fails_the_run_with_its_sentence(
    cluster: tuple[Home, set[int]],
) -> None:
    home, _ = cluster
    result = run(sources=["dmaa"])
    assert not result.success
    assert str(_failure(result)).endswith("expected sources among dma, gde, ods, found dmaa.")
    assert not home.releases.exists()
    published = next(
        event for event in result.all_events if event.is_step_failure and event.step_key == "published"
    )
    assert "found archive failed" in str(published.event_specific_data)


def test_two_workers_make_the_release_that_one_process_makes(
    cluster: tuple[Home, set[int]], tmp_path: Path
) -> None:
    home, pids = cluster
    result = run()
    assert result.success
    steps = {event.step_key: event.pid for event in result.all_events if event.is_step_success}
    assert set(steps) == {"archive", "published", *clustered.FEW}
    assert set(steps.values()) <= pids  # the scheduler may find one worker enough for steps as short as these

    alone = Home(tmp_path / "alone")
    refresh.archive(clustered.few(), clustered.few(), alone, nobody, offline=True)
    refresh.publish(clustered.few(), alone)
    one, other = sums_of(home.latest), sums_of(alone.latest)
    assert {path: one[path] for path in one.keys() - COPIES} == {
        path: other[path] for path in other.keys() - COPIES
    }
    assert one.keys() == other.keys()


# The file that names the executor


def test_without_a_name_steps_stay_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(executors.VARIABLE, raising=False)
    assert executors.named() is dg.in_process_executor


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- dask", "expected `executor: module.name` and perhaps `config: {...}`, found list"),
        ("executor: dagster_nobody.executor", "expected an executor that is installed"),
        ("executor: dagster.job", "expected an executor of Dagster, found dagster.job, which is function"),
        (
            "executor: dagster_dask.dask_executor\nconfig: {cluster: {exsting: {}}}",
            'found Received unexpected config entry "exsting"',
        ),
        ("executor: dagster.in_process_executor\nsettings: {}", "found executor, settings"),
        ("executor: [", "expected `executor: module.name`"),
    ],
)
def test_a_file_that_names_no_executor_is_refused_in_one_sentence(
    tmp_path: Path, text: str, told: str
) -> None:
    path = tmp_path / "executor.yaml"
    path.write_text(text)
    with pytest.raises(executors.ExecutorError) as found:
        executors.configured(path)
    assert told in str(found.value)
    assert str(found.value).startswith(f"Reading {path}, which DIGITAL_MATURITY_EXECUTOR names: ")
    assert "\n" not in str(found.value)


@pytest.mark.parametrize("name", ["dask", "celery", "kubernetes"])
def test_every_executor_file_that_is_shipped_can_be_loaded(name: str) -> None:
    """What is not installed here is only read: `executor` must be what the file says, and nothing but settings beside it."""
    path = ROOT / "deploy" / f"{name}.yaml"
    module = str(executors._stated(path)["executor"]).partition(".")[0]
    if importlib.util.find_spec(module):
        assert executors.configured(path).config_schema is not None
    else:
        with pytest.raises(executors.ExecutorError, match=f"found No module named '{module}'"):
            executors.configured(path)


def test_the_settings_of_dagster_for_several_hosts_are_settings_of_dagster() -> None:
    stated = yaml.safe_load((ROOT / "deploy" / "dagster.yaml").read_text("utf-8"))
    assert validate_config(dagster_instance_config_schema(), stated).success
    storage = stated["storage"]["postgres"]
    assert validate_config(DagsterPostgresStorage.config_type(), storage).success


def test_the_page_on_scale_names_every_file_there_is_for_it() -> None:
    page = (ROOT / "docs" / "scale.md").read_text("utf-8")
    assert {path.name for path in (ROOT / "deploy").iterdir()} == set(
        re.findall(r"deploy/([a-z.]+\.yaml)", page)
    )
