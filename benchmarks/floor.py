"""The floor of a refresh: the libraries it imports, and the same graph in Dagster with nothing in it.

The same steps, assets and dependencies, by their own keys and by the same path (`execute_job`). Checks are not part of
it: the main job selects none. An unchanged refresh may beat it: it skips what has no news, where the empty graph reports
every asset.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.harness import Run, measure

if TYPE_CHECKING:
    import dagster as dg


def empty_definitions() -> "dg.Definitions":
    """Return the project's graph with nothing in it."""
    import dagster as dg

    from pipelines.definitions import defs

    steps = [step for step in defs.assets or () if isinstance(step, dg.AssetsDefinition)]
    empty = [
        _empty_step(step) for step in steps if step.partitions_def is None
    ]  # those are no part of a refresh
    job = dg.define_asset_job("floor", selection=dg.AssetSelection.all())
    return dg.Definitions(assets=empty, jobs=[job], executor=dg.in_process_executor)


def _empty_step(step: "dg.AssetsDefinition") -> "dg.AssetsDefinition":
    import dagster as dg

    specs = [dg.AssetSpec(spec.key, deps=spec.deps) for spec in step.specs]

    @dg.multi_asset(specs=specs, name=step.op.name)
    def nothing() -> Iterator[Any]:
        for spec in specs:
            yield dg.MaterializeResult(asset_key=spec.key)

    return nothing


def floor() -> "dg.JobDefinition":
    """Return the job that does nothing, for `dagster.reconstructable`."""
    return empty_definitions().resolve_job_def("floor")


def run(root: str) -> None:
    """Do what every cold refresh must: import the libraries and execute a job of this shape in a fresh home."""
    from pipelines.storage.home import Home

    Home(Path(root)).prepare_dagster()
    import dagster as dg
    import great_expectations as _  # noqa: F401 - a cold refresh cannot do without

    import benchmarks.floor as this

    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    with dg.DagsterInstance.get() as instance:
        result = dg.execute_job(dg.reconstructable(this.floor), instance, run_config=quiet)
    if not result.success:
        raise RuntimeError("Running the empty graph: expected success, found a failed run.")


def shape() -> str:
    """Return the size of the graph in words."""
    import dagster as dg

    steps = [step for step in empty_definitions().assets or () if isinstance(step, dg.AssetsDefinition)]
    assets = sum(len(list(step.specs)) for step in steps)
    return f"{len(steps)} steps and {assets} assets"


def measured(home: Path) -> Run:
    """Measure the floor in a fresh home."""
    return measure([sys.executable, "-c", f"from benchmarks.floor import run; run({str(home)!r})"])
