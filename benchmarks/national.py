"""What payments of every trust would cost: `python -m benchmarks.national [--scale S] [--workers N ...]`.

About 210 trusts x 12 months x 15 years are 36,000 files. Made by `benchmarks.payments`, they go into the archive of a
temporary home.

The files are parsed and judged trust by trust, as a backfill does, by 1 to N workers, each a process that parses one file
at a time; then a process of its own puts them together as a refresh does, up to the resolved facts. Printed are files a
second, files a second of processor time, and the peak memory of any process.
"""

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import pandas as pd

from assets.contract.parsed import Parsed
from assets.contract.source import Facts, Source
from assets.sources.spend25k import parsing, trusts
from assets.sources.spend25k.source import SOURCE as REAL
from benchmarks.payments import codes, entity, fill, names

TRUSTS, YEARS = 210, 15


# The work


def parse(found: bytes, edition: str, part: str) -> Parsed:
    """Parse a file as the product does, of whatever trust its part names."""
    code = part.partition(".")[0]
    listed = {"org_code": code, "org_name": entity(code), "entity_in_files": ""}
    with patch.object(trusts, "rows", lambda _: (listed,)):
        return parsing.parse(found, edition, part)


def facts(rows: pd.DataFrame) -> Facts:
    """Return facts under the names of the trusts, for nobody is called as the files say."""
    own = rows["org_code_as_published"].map(names())
    is_made = rows["org_name_as_published"] == rows["org_code_as_published"].map(entity)
    return REAL.facts(rows.assign(org_name_as_published=rows["org_name_as_published"].mask(is_made, own)))


def source() -> Source:
    """Return the source of payments as it would be if it listed every trust."""
    return replace(REAL, parse=parse, facts=facts)


def listing(listed: list[str]) -> Source:
    """Return it with a partition for each of some trusts."""
    return replace(source(), by_trust=tuple(listed))


def judge(root: Path, chosen: list[str]) -> int:
    """Parse and judge the files of some trusts, one after the other; return how many are accepted."""
    from pipelines.judging import file_verdicts, validator
    from pipelines.judging import parser_process as children
    from pipelines.storage.home import Home

    children.WORKERS = validator.WORKERS = 1
    return sum(one.accepted for code in chosen for one in file_verdicts.judge_all(source(), Home(root), code))


def gather(root: Path) -> int:
    """Put together what was judged, as a refresh does, and return the number of resolved facts."""
    from assets.catalogue import Catalogue, published
    from assets.organisations.organisation_tables import ORGANISATIONS
    from pipelines.integration import lineage
    from pipelines.integration.layers import Workshop
    from pipelines.integration.working_set import WorkingSet
    from pipelines.orchestration import refresh_steps
    from pipelines.staging.frozen_series import rows_in_use
    from pipelines.staging.staged_tables import Staged, staged_path
    from pipelines.storage.home import Home
    from pipelines.storage.parquet import read_parquet, to_pandas

    home, staged = Home(root), {}
    two = {"ods": published().sources["ods"], REAL.name: source()}
    for name, one in two.items():
        done = refresh_steps.stage(one, two, home)
        rows = rows_in_use(to_pandas(read_parquet(staged_path(name, home))), done.manifest)
        staged[name] = Staged(one, rows, done.manifest, "fresh", "")
    working, table = WorkingSet(home.tables), "it_spend_over_25k"
    workshop = Workshop(Catalogue(two, published().tables), staged, working)
    workshop.make(ORGANISATIONS, workshop.tables_in(ORGANISATIONS))
    workshop.make(lineage.layer_of(table), [table])
    return int(working.rows(table).num_rows)


# Measuring


@dataclass(frozen=True)
class Used:
    """What a process and all those it started used: seconds of wall clock and of processors, peak MiB of the largest."""

    result: int
    seconds: float
    processor: float
    peak_mib: float


def measured(task: str, root: Path, chosen: list[str]) -> Used:
    """Do a task in this process, watching the processes it starts."""
    begun, peaks, done = time.perf_counter(), [0.0], threading.Event()
    watcher = threading.Thread(target=_watch, args=(peaks, done))
    watcher.start()
    result = judge(root, chosen) if task == "judge" else gather(root)
    done.set()
    watcher.join()
    processor = sum(_processor(pid) for pid in _family(os.getpid()))
    return Used(result, time.perf_counter() - begun, processor, max(peaks))


def _watch(peaks: list[float], done: threading.Event) -> None:
    while not done.wait(0.5):
        peaks.extend(_peak(pid) for pid in _family(os.getpid()))
        peaks[:] = [max(peaks)]


def _family(pid: int) -> Iterator[int]:
    """Yield a process and all that descend from it."""
    yield pid
    try:
        lists = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:
        return
    for child in " ".join(lists).split():
        yield from _family(int(child))


def _processor(pid: int) -> float:
    """Return the seconds of a process and of its children that have ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _peak(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return max((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), default=0.0)


def start(task: str, root: Path, chosen: list[str]) -> "subprocess.Popen[str]":
    """Begin a task in a process of its own, which prints what it used."""
    command = [sys.executable, "-m", "benchmarks.national", "--task", task, "--home", str(root), *chosen]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def together(task: str, root: Path, shares: list[list[str]]) -> Used:
    """Do the shares of a task side by side and return what all of them used."""
    begun = time.perf_counter()
    running = [start(task, root, share) for share in shares]
    used = [Used(**json.loads(process.communicate()[0])) for process in running]
    seconds = time.perf_counter() - begun
    return Used(
        sum(one.result for one in used),
        seconds,
        sum(one.processor for one in used),
        max(one.peak_mib for one in used),
    )


def main() -> None:
    """Print the curve, a line as soon as it is measured."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scale", type=float, default=1.0, help="share of the trusts (default: all 210)")
    parser.add_argument("--years", type=int, default=YEARS)
    parser.add_argument("--workers", type=int, nargs="+", default=list(range(1, (os.cpu_count() or 1) + 1)))
    parser.add_argument("--task", choices=["judge", "gather"], help=argparse.SUPPRESS)
    parser.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("codes", nargs="*", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.task:
        print(json.dumps(asdict(measured(options.task, options.home, options.codes))))
    else:
        curve(max(1, round(TRUSTS * options.scale)), options.years, options.workers)


def curve(count: int, years: int, workers: list[int]) -> None:
    """Measure each number of workers on files that nobody has read yet, then putting them together."""
    from benchmarks.harness import machine
    from pipelines.storage.home import Home

    print(f"{machine()}; {count} trusts x {years} years of months")
    for number in workers:
        with TemporaryDirectory() as folder:
            files = fill(Home(Path(folder)), count, years)
            shares = [codes(count)[place::number] for place in range(number)]
            judged = together("judge", Path(folder), shares)
            report(f"parse and judge, {number} at once", files, judged)
            if judged.result != files:
                sys.exit(
                    f"Judging {files} artificial files: expected all to be accepted, found {judged.result}."
                )
            if number == workers[-1]:
                report("put together and resolve", files, together("gather", Path(folder), [[]]))


def report(what: str, files: int, used: Used) -> None:
    """Print one line."""
    print(
        f"{what:<28} {files:>6} files {used.seconds:>8.1f} s {files / used.seconds:>7.1f} files/s "
        f"{files / used.processor:>7.1f} files/s of processor {used.peak_mib:>6.0f} MiB at most, {used.result} accepted or made",
        flush=True,
    )


if __name__ == "__main__":
    main()
