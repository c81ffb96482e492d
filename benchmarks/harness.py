"""How every benchmark measures and what it prints.

A run is a cold process of its own, measured from outside by `launcher`: seconds by the clock, seconds of processor
time of all its processes, the peak memory of the largest of them, and of all together. Contenders take turns, so that
a busy machine is busy for each; a ratio is of medians, to a contender that is named.
"""

import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = (sys.executable, "-m", "pipelines.cli")
BASELINES = ROOT / "benchmarks" / "baselines"
LAUNCHER = Path(__file__).with_name("launcher.py")
MOST_MIB = 1536
"""Most memory that any process of the product may need."""
LEAST_RATIO = 0.005
OF_THE_PRODUCT = ("DIGITAL_MATURITY_HOME", "DAGSTER_HOME")


@dataclass(frozen=True)
class Run:
    """What one process and all it started took."""

    seconds: float
    processor: float
    peak_mib: float
    together_mib: float


@dataclass(frozen=True)
class Scale:
    """Runs of what is quick, of cold builds and of what takes minutes; years of accounts and the share of their rows."""

    runs: int = 7
    cold_runs: int = 7
    slow_runs: int = 1
    years: int = 8
    share: float = 1.0

    @property
    def full(self) -> bool:
        """Tell whether targets that depend on size can be judged."""
        return self.share == 1


FULL = Scale()
QUICK = Scale(runs=2, cold_runs=1, years=3, share=0.02)


@dataclass(frozen=True)
class Line:
    """A contender and its runs, beside a reference: in processor time where `per_core`, in seconds otherwise.

    What the line named `floor` took is subtracted before the ratio is taken.
    """

    name: str
    runs: tuple[Run, ...]
    reference: str = ""
    per_core: bool = False
    floor: str = ""
    note: str = ""

    def median(self, what: str = "seconds") -> float:
        """Return the median of one of the measures."""
        return float(statistics.median(getattr(run, what) for run in self.runs))

    @property
    def peak_mib(self) -> float:
        """Return the peak memory of the largest process of any run."""
        return max(run.peak_mib for run in self.runs)


@dataclass(frozen=True)
class Target:
    """What is asked for, what was found, and whether that is met; None where the scale does not allow to judge."""

    asked: str
    found: str
    met: bool | None

    def __str__(self) -> str:
        """Return the target in a line."""
        found = {None: "not judged at this scale", True: "met", False: "MISSED"}[self.met]
        return f"target {self.asked}: {found} ({self.found})"


@dataclass(frozen=True)
class Table:
    """What a benchmark found: its title, what was compared, the table, the targets and remarks below it."""

    title: str
    about: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    targets: Sequence[Target] = ()
    notes: Sequence[str] = ()

    @property
    def below(self) -> list[str]:
        """Return the targets and remarks."""
        return [*map(str, self.targets), *self.notes]


HEADER = (
    "what", "runs", "min s", "median s", "max s", "processor s", "MiB, largest", "MiB, all", "ratio", "note",
)  # fmt: skip


def measure(arguments: Sequence[str], *, environment: Mapping[str, str] | None = None) -> Run:
    """Run a command from the folder of the project; raise RuntimeError where it fails."""
    with TemporaryDirectory(prefix="measured-") as folder:
        answer, output = Path(folder) / "answer", Path(folder) / "output"
        command = [sys.executable, "-I", "-S", str(LAUNCHER), str(answer), *map(str, arguments)]
        with output.open("wb") as reported:
            subprocess.run(
                command, cwd=ROOT, env=_environment(environment), stdout=reported, stderr=reported, check=True
            )
        found = json.loads(answer.read_text("utf-8"))
        if code := found.pop("code"):
            said = output.read_text("utf-8", errors="replace")[-2000:]
            raise RuntimeError(
                f"Measuring {' '.join(map(str, arguments))}: expected exit code 0, found {code}: {said}"
            )
    return Run(**found)


def _environment(more: Mapping[str, str] | None) -> dict[str, str]:
    """Return this environment without what would lead a run to another home."""
    kept = {key: value for key, value in os.environ.items() if key not in OF_THE_PRODUCT}
    path = os.pathsep.join(filter(None, (str(ROOT), kept.get("PYTHONPATH", ""))))
    return {**kept, "PYTHONPATH": path, **(more or {})}


def by_turns(contenders: Mapping[str, Callable[[int], Run]], runs: int) -> dict[str, tuple[Run, ...]]:
    """Run every contender as often, each round beginning with another; a contender receives the number of the round."""
    found: dict[str, list[Run]] = {name: [] for name in contenders}
    names = list(contenders)
    for number in range(runs):
        first = number % len(names)
        for name in (*names[first:], *names[:first]):
            found[name].append(contenders[name](number))
    return {name: tuple(measured) for name, measured in found.items()}


# What is printed


def table(
    title: str, about: str, lines: Sequence[Line], targets: Sequence[Target] = (), notes: Sequence[str] = ()
) -> Table:
    """Return what was measured as a table."""
    by_name = {line.name: line for line in lines}
    return Table(title, about, HEADER, [_row(line, by_name) for line in lines], targets, notes)


def _row(line: Line, lines: Mapping[str, Line]) -> list[str]:
    seconds = [run.seconds for run in line.runs]
    numbers = [min(seconds), line.median(), max(seconds), line.median("processor")]
    memory = [line.peak_mib, max(run.together_mib for run in line.runs)]
    return [
        line.name,
        str(len(line.runs)),
        *(f"{number:.2f}" for number in numbers),
        *(f"{number:.0f}" for number in memory),
        _shown(ratio(line, lines), line.reference) if line.reference else "",
        line.note,
    ]


def _shown(found: float, reference: str) -> str:
    return f"{found:.2f} x {reference}" if found >= LEAST_RATIO else "lost in what starting takes"


def ratio(line: Line, lines: Mapping[str, Line]) -> float:
    """Return how many times as much a contender took as its reference, both above their floor."""
    what = "processor" if line.per_core else "seconds"
    above = []
    for one in (line, lines[line.reference]):
        floor = lines[one.floor].median(what) if line.per_core and one.floor else 0
        above.append(max(one.median(what) - floor, 1e-3))
    return above[0] / above[1]


def at_most(line: Line, seconds: float, *, judged: bool = True) -> Target:
    """Return what became of a median that may take so many seconds."""
    found = line.median()
    return Target(
        f"{line.name}: at most {seconds:g} s", f"{found:.2f} s", found <= seconds if judged else None
    )


def small(lines: Sequence[Line], *, judged: bool = True) -> Target:
    """Return what became of the memory that any process of the product may need."""
    found = max(line.peak_mib for line in lines)
    return Target(
        f"any process of ours: at most {MOST_MIB} MiB",
        f"{found:.0f} MiB",
        found <= MOST_MIB if judged else None,
    )


def plain(found: Table) -> str:
    """Return a table for a terminal."""
    lines = [found.header, *found.rows]
    widths = [max(len(line[place]) for line in lines) for place in range(len(found.header))]
    numeric = [
        place > 0 and all(not row[place] or row[place][0].isdigit() for row in found.rows)
        for place in range(len(found.header))
    ]
    shown = [
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, numeric, strict=True)
        ).rstrip()
        for line in lines
    ]
    return "\n".join([f"\n{found.title}", found.about, "", *shown, *(f"- {line}" for line in found.below)])


def markdown(found: Table) -> str:
    """Return a table for a page."""
    lines = [found.header, ["---"] * len(found.header), *found.rows]
    shown = ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]
    notes = ["", *(f"- {line}" for line in found.below)] if found.below else []
    return "\n".join([f"## {found.title}", "", found.about, "", *shown, *notes, ""])


def machine() -> str:
    """Return what the figures depend on, and nothing that names the machine."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{cores} cores, {memory:.0f} GiB of memory, {platform.python_implementation()} "
        f"{platform.python_version()}, {platform.system()} {platform.machine()}"
    )
