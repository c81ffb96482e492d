"""The file that names the executor, the files that are shipped for clusters, and a step on Celery and on Kubernetes."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml
from clustered import PATIENCE, bounded, keep_no_output, process
from dagster._config import validate_config
from dagster._core.instance.config import dagster_instance_config_schema
from dagster_postgres import DagsterPostgresStorage
from releases import optional

from pipelines.orchestration import executors
from pipelines.storage.home import Home

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home that processes of a cluster find by the environment, as they do these modules."""
    found = Home(tmp_path / "home")
    monkeypatch.setenv("DIGITAL_MATURITY_HOME", str(found.root))
    monkeypatch.setenv("DAGSTER_HOME", str(found.root / "dagster"))
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}{os.pathsep}{ROOT / 'tests'}")
    found.prepare_dagster()
    keep_no_output(found)
    return found


def process_of_the_step(name: str) -> int | None:
    """Run the job of a single step on the executor that the environment names; the process that the step was in."""
    job = dg.build_reconstructable_job("clustered", "single", reconstructable_kwargs={"name": name})
    with dg.DagsterInstance.get() as instance, bounded():
        result = dg.execute_job(job, instance)
    assert result.success
    return next(event.pid for event in result.all_events if event.is_step_success)


def test_without_a_name_steps_stay_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(executors.VARIABLE, raising=False)
    assert executors.named() is dg.in_process_executor


@pytest.mark.parametrize(
    ("text", "reported"),
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
    tmp_path: Path, text: str, reported: str
) -> None:
    path = tmp_path / "executor.yaml"
    path.write_text(text)
    with pytest.raises(executors.ExecutorError) as found:
        executors.configured(path)
    assert reported in str(found.value)
    assert str(found.value).startswith(f"Reading {path}, which DIGITAL_MATURITY_EXECUTOR names: ")
    assert "\n" not in str(found.value)


# The files that are shipped


@pytest.mark.parametrize("name", ["dask", "celery", "kubernetes"])
def test_every_executor_file_that_is_shipped_holds_settings_of_its_executor(name: str) -> None:
    path = DEPLOY / f"{name}.yaml"
    optional(str(executors._stated(path)["executor"]).partition(".")[0])
    assert executors.configured(path).name


def test_the_settings_of_dagster_for_several_hosts_are_settings_of_dagster() -> None:
    stated = yaml.safe_load((DEPLOY / "dagster.yaml").read_text("utf-8"))
    assert validate_config(dagster_instance_config_schema(), stated).success
    storage = stated["storage"]["postgres"]
    assert validate_config(DagsterPostgresStorage.config_type(), storage).success
    assert storage["postgres_db"]["scheme"] == "postgresql+psycopg2", "events cannot be stored with another"


def test_the_settings_of_dagster_on_kubernetes_are_those_and_the_launchers() -> None:
    optional("dagster_k8s")
    from dagster_k8s import K8sRunLauncher

    files = [(DEPLOY / name).read_text("utf-8") for name in ("dagster.yaml", "launcher.yaml")]
    stated = yaml.safe_load("".join(files))
    assert stated.keys() == {*yaml.safe_load(files[0]), "run_launcher"}
    assert validate_config(dagster_instance_config_schema(), stated).success
    found = validate_config(K8sRunLauncher.config_type(), stated["run_launcher"]["config"])
    assert found.success, found.errors


def test_the_page_on_scale_names_every_file_there_is_for_it() -> None:
    page = (ROOT / "docs" / "scale.md").read_text("utf-8")
    assert {path.name for path in DEPLOY.iterdir()} == set(re.findall(r"deploy/([a-z.]+\.yaml)", page))


# A step on Celery: a real worker, with a queue in a file in the place of a broker


@pytest.fixture
def worker(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The process id of a worker that was begun with the words of the page on scale."""
    optional("dagster_celery")
    broker = f"sqla+sqlite:///{tmp_path / 'queue.db'}"
    page = (ROOT / "docs" / "scale.md").read_text("utf-8")
    (words,) = re.findall(r"^(celery .*) &", page, re.MULTILINE)
    assert f"# {words}\n" in (DEPLOY / "celery.yaml").read_text("utf-8")
    command = words.replace('"$DIGITAL_MATURITY_BROKER"', broker).split()
    log = tmp_path / "worker.log"
    monkeypatch.setenv(executors.VARIABLE, str(DEPLOY / "celery.yaml"))
    monkeypatch.setenv("DIGITAL_MATURITY_BROKER", broker)
    # After a step, Dagster has the signal do what Ctrl-C does, and Celery ends with 1 then.
    with process(*command, "--loglevel", "info", log=log, codes=(0, 1)) as running:
        until = time.monotonic() + PATIENCE
        while " ready." not in log.read_text():
            assert running.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.2)
        yield running.pid


def test_a_step_on_a_celery_worker_may_start_children(worker: int) -> None:
    assert process_of_the_step("on_celery") == worker


# A step on Kubernetes: a real Job, which this machine runs in the place of a cluster


class Machine:
    """What Kubernetes does with a Job: its command, in a process that has the environment of the Job alone."""

    def __init__(self) -> None:
        self.jobs: list[tuple[str, Any]] = []
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def create_namespaced_job(self, body: Any, namespace: str, **_: object) -> None:
        container = body.spec.template.spec.containers[0]
        image = {name: os.environ[name] for name in ("PATH", "PYTHONPATH")}
        stated = {each.name: each.value for each in container.env}
        self.jobs.append((namespace, body))
        self.running[body.metadata.name] = subprocess.Popen(
            [sys.executable, "-m", *container.args], env=image | stated
        )

    def read_namespaced_job_status(self, name: str, namespace: str) -> Any:
        from kubernetes.client import V1Job, V1JobStatus

        return V1Job(status=V1JobStatus(failed=1 if self.running[name].poll() else None))


@pytest.fixture
def machine(home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    """A machine that is asked for Jobs, with the launcher's lines below the settings of Dagster."""
    optional("dagster_k8s")
    import kubernetes.config
    from dagster_k8s.client import DagsterKubernetesClient

    found, client = Machine(), DagsterKubernetesClient.production_client
    monkeypatch.setattr(kubernetes.config, "load_incluster_config", lambda: None)
    monkeypatch.setattr(
        DagsterKubernetesClient, "production_client", lambda **_: client(batch_api_override=found)
    )
    monkeypatch.setenv(executors.VARIABLE, str(DEPLOY / "kubernetes.yaml"))
    monkeypatch.setenv("DIGITAL_MATURITY_IMAGE", "registry.example.org/artificial:1")
    settings = home.root / "dagster" / "dagster.yaml"
    settings.write_text(settings.read_text("utf-8") + (DEPLOY / "launcher.yaml").read_text("utf-8"), "utf-8")
    with ExitStack() as ended:
        yield found
        for running in found.running.values():
            ended.enter_context(running).wait(PATIENCE)


def test_a_step_on_kubernetes_is_a_job_that_finds_its_home_by_its_own_environment(machine: Machine) -> None:
    pid = process_of_the_step("on_kubernetes")
    ((namespace, job),) = machine.jobs
    assert pid == machine.running[job.metadata.name].pid
    pod = job.spec.template.spec
    (container,) = pod.containers
    assert (namespace, pod.service_account_name) == ("digital-maturity", "digital-maturity")
    assert container.image == "registry.example.org/artificial:1"
    assert [each.secret_ref.name for each in container.env_from] == ["digital-maturity"]
    names = [each.name for each in container.env]
    assert len(names) == len(set(names)), "the last of two values of one name would hold"
    (mount,), (volume,) = container.volume_mounts, pod.volumes
    assert mount.name == volume.name
    assert volume.persistent_volume_claim.claim_name == "digital-maturity-home"
    page = (ROOT / "docs" / "scale.md").read_text("utf-8").partition("## Kubernetes")[2]
    assert f"export DIGITAL_MATURITY_HOME={mount.mount_path} " in page
