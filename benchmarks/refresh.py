"""What a refresh and a question cost, beside the floor: the same graph in Dagster with nothing in it.

Every run is a process of its own, measured from outside: wall clock and peak memory of the process (`os.wait4`). Cold
runs start in a fresh home. The floor imports what the refresh imports and executes a job with the same steps and assets,
by their own keys and by the same path (`execute_job`), that does nothing. Checks are not part of it: the main job selects
none. An unchanged refresh may beat it: it skips what has no news, where the empty graph reports every asset.
"""

import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import dagster as dg

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = str(Path(sys.executable).with_name("digital-maturity"))
COLD_RUNS = 3
WARM_RUNS = 5
QUESTION = (
    "select care_setting, avg(score) from maturity_score where measure = 'overall_comparable' group by 1"
)
NAMES = ("SALFORD ROYAL NHS FOUNDATION TRUST", "RJE", "TORBAY AND SOUTH DEVON NHS FOUNDATION TRUST")
FLOOR = "floor: imports and an empty graph"
FLOOR_WITHOUT = "floor without great_expectations"


@dataclass(frozen=True)
class Run:
    """One process: seconds of wall clock, and its peak memory in MiB."""

    seconds: float
    peak_mib: float


@dataclass(frozen=True)
class Measured:
    """All runs of one thing. `target` is in seconds; `beside` names the floor it is compared with."""

    name: str
    runs: tuple[Run, ...]
    target: float | None = None
    beside: str = ""
    note: str = ""

    @property
    def median(self) -> float:
        """Return the median in seconds."""
        return statistics.median(run.seconds for run in self.runs)


def measure(arguments: Sequence[str]) -> Run:
    """Run a command from the folder of the project; raise RuntimeError where it fails."""
    with TemporaryDirectory(prefix="benchmark-") as folder:
        output = Path(folder) / "output"
        silent = [
            (os.POSIX_SPAWN_OPEN, 1, str(output), os.O_WRONLY | os.O_CREAT, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ]
        started = time.perf_counter()
        process = os.posix_spawn(arguments[0], list(arguments), _environment(), file_actions=silent)
        _, status, usage = os.wait4(process, 0)
        seconds = time.perf_counter() - started
        code = os.waitstatus_to_exitcode(status)
        if code != 0:
            told = output.read_text("utf-8", errors="replace")[-2000:]
            raise RuntimeError(f"Measuring {' '.join(arguments)}: expected exit code 0, found {code}: {told}")
    unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss is in bytes there, in KiB elsewhere
    return Run(seconds, usage.ru_maxrss * unit / 2**20)


def _environment() -> dict[str, str]:
    """Return this environment without what would lead a run to another home."""
    return {
        key: value
        for key, value in os.environ.items()
        if key not in {"DIGITAL_MATURITY_HOME", "DAGSTER_HOME"}
    }


def empty_definitions() -> "dg.Definitions":
    """Return the project's graph with nothing in it: same steps, assets and dependencies, by their own keys."""
    import dagster as dg

    from pipelines.definitions import defs

    empty = [_empty_step(step) for step in defs.assets or () if isinstance(step, dg.AssetsDefinition)]
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


def run_floor(root: str, *, great_expectations: bool) -> None:
    """Do what every refresh must: import the libraries and execute a job of this shape under a fresh DAGSTER_HOME."""
    from pipelines.home import Home

    Home(Path(root)).prepare_dagster()
    import dagster as dg

    import benchmarks.refresh as this

    if great_expectations:
        import great_expectations as _  # noqa: F401 - a cold refresh cannot do without
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    with dg.DagsterInstance.get() as instance:
        result = dg.execute_job(dg.reconstructable(this.floor), instance, run_config=quiet)
    if not result.success:
        raise RuntimeError("Running the empty graph: expected success, found a failed run.")


def print_shape() -> None:
    """Print the size of the graph in words."""
    import dagster as dg

    steps = [step for step in empty_definitions().assets or () if isinstance(step, dg.AssetsDefinition)]
    assets = sum(len(list(step.specs)) for step in steps)
    print(f"{len(steps)} steps, {assets} assets")


def shape() -> str:
    """Return the size of the graph in words, asked of another process.

    A process begins with the peak memory of the one that starts it, so the one that measures imports nothing heavy.
    """
    return subprocess.check_output(
        [sys.executable, "-c", _within("print_shape()")], env=_environment(), text=True
    ).strip()


def _within(call: str) -> str:
    """Return a program that makes one call of this module."""
    return f"import sys; sys.path.insert(0, {str(ROOT)!r}); from benchmarks.refresh import *; {call}"


def machine() -> str:
    """Return what the figures depend on, and nothing that names the machine."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    load = os.getloadavg()[0]
    return (
        f"{cores} cores (load {load:.1f} before the start), {platform.python_implementation()} "
        f"{platform.python_version()}, {platform.system()} {platform.machine()}"
    )


def measure_everything() -> Iterator[Measured]:
    """Yield what was measured, as it comes."""
    with TemporaryDirectory(prefix="benchmark-") as folder:
        homes = Path(folder)
        measure([PROGRAM, "--help"])  # bytecode is compiled before anything is counted
        for name, heavy in ((FLOOR, True), (FLOOR_WITHOUT, False)):
            _floor(homes / f"{name}-uncounted", heavy=heavy)
            runs = tuple(_floor(homes / f"{name}-{number}", heavy=heavy) for number in range(COLD_RUNS))
            yield Measured(name, runs)
        cold = tuple(_refresh(homes / f"cold-{number}") for number in range(COLD_RUNS))
        yield Measured("refresh --offline, cold", cold, 18, FLOOR)
        home = homes / "cold-0"
        before = _written(home / "releases")
        warm = tuple(_refresh(home) for _ in range(WARM_RUNS))
        written = "nothing" if _written(home / "releases") == before else "SOMETHING"
        note = f"{written} written under releases"
        yield Measured("refresh --offline, unchanged", warm, 5, FLOOR_WITHOUT, note)
        for name, arguments in {
            "query": ["query", QUESTION, "--home", str(home)],
            "resolve": ["resolve", *NAMES, "--home", str(home)],
            "--help": ["--help"],
        }.items():
            runs = tuple(measure([PROGRAM, *arguments]) for _ in range(WARM_RUNS))
            yield Measured(name, runs, 0.4)


def _floor(home: Path, *, heavy: bool) -> Run:
    """Run the floor in a fresh home."""
    call = f"run_floor({str(home)!r}, great_expectations={heavy})"
    return measure([sys.executable, "-c", _within(call)])


def _refresh(home: Path) -> Run:
    return measure([PROGRAM, "refresh", "--offline", "--home", str(home)])


def _written(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Return every path below `folder` with what writing would alter."""
    return {
        str(path): (stat.st_ino, stat.st_size, stat.st_mtime_ns)
        for path in [folder, *folder.rglob("*")]
        for stat in [path.lstat()]
    }
