"""Where steps run: in the process of the run, or wherever a small YAML file says.

`DIGITAL_MATURITY_EXECUTOR` names the file, so that one machine and a cluster run the same code:

    executor: dagster_dask.dask_executor
    config: {cluster: {existing: {address: "tcp://127.0.0.1:8786"}}}

Any executor of Dagster will do: one that is importable, with the settings it takes. `docs/scale.md` says what else a
cluster needs.
"""

import importlib
import os
import time
from pathlib import Path
from typing import Any

import dagster as dg
import yaml
from dagster._config import validate_config  # noqa: PLC2701 - it has no public name

from assets.contract.errors import DigitalMaturityError

VARIABLE = "DIGITAL_MATURITY_EXECUTOR"
EXPECTED = "`executor: module.name` and perhaps `config: {...}`"


PATIENCE = 30
"""Seconds to wait for a Dask cluster and its first worker: without one, a step would wait for ever."""


class ExecutorError(DigitalMaturityError):
    """The executor that the environment names cannot be used: one sentence."""


def named() -> dg.ExecutorDefinition:
    """Return the executor that the environment names, else the one that stays in this process."""
    path = os.environ.get(VARIABLE, "")
    return configured(Path(path)) if path else dg.in_process_executor


def configured(path: Path) -> dg.ExecutorDefinition:
    """Return the executor a file describes. Raises ExecutorError."""
    stated = _stated(path)
    found = _imported(str(stated["executor"]), path)
    config = stated.get("config", {})
    wrong = validate_config(found.config_schema.config_type, config).errors
    if wrong:
        problems = "; ".join(" ".join(error.message.split()).rstrip(".") for error in wrong)
        raise _error(path, f"the settings of {stated['executor']}", problems)
    return found.configured(config, name=found.name)


def refuse_idle(executor: dg.Executor) -> None:
    """Raise ExecutorError where steps would run on a Dask cluster that does not answer or has no worker."""
    if getattr(executor, "cluster_type", "") != "existing":
        return
    from distributed import Client

    address, ends = executor.cluster_configuration["address"], time.monotonic() + PATIENCE  # type: ignore[attr-defined]  # of Dask's executor
    found = "no scheduler"
    try:
        with Client(address, timeout=PATIENCE) as client:  # type: ignore[no-untyped-call]
            found = "a scheduler without workers"
            client.wait_for_workers(1, timeout=max(ends - time.monotonic(), 1))
    except OSError:
        raise ExecutorError(
            f"Running steps on the Dask cluster {address}: expected a worker within {PATIENCE} s, found {found}; start it as docs/scale.md says and refresh again."
        ) from None  # a run reports the cause of an error, where it has one


def _stated(path: Path) -> dict[str, Any]:
    """Return what a file says."""
    try:
        stated = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise _error(path, EXPECTED, " ".join(str(error).split())) from error
    if not isinstance(stated, dict) or "executor" not in stated or stated.keys() - {"executor", "config"}:
        names = ", ".join(map(str, stated)) if isinstance(stated, dict) else type(stated).__name__
        raise _error(path, EXPECTED, names)
    return stated


def _imported(name: str, path: Path) -> dg.ExecutorDefinition:
    """Return an executor by its name in Python."""
    module, _, own = name.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), own)
    except (ImportError, AttributeError, ValueError) as error:
        raise _error(path, f"an executor that is installed, such as {name}", str(error)) from error
    if not isinstance(found, dg.ExecutorDefinition):
        raise _error(path, "an executor of Dagster", f"{name}, which is {type(found).__name__}")
    return found


def _error(path: Path, expected: str, found: str) -> ExecutorError:
    return ExecutorError(
        f"Reading {path}, which {VARIABLE} names: expected {expected}, found {found}; correct it, or unset {VARIABLE} for this process alone."
    )
