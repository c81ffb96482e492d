"""What reading a year of provider accounts costs, beside the bare library: `python -m benchmarks.tac [--scale S] [--slow]`.

A pair of workbooks with the layout and the size of 2023/24 (481,140 and 1,006,040 rows) is written into a temporary
folder: real codes and names of trusts, artificial amounts, marked as such. Each reading is a process of its own:
seconds of the reading, of which on a processor (what is compared, for a busy machine blurs the others), and peak
memory of the process. Amounts are compared cell by cell before a time counts. `--slow`
adds pandas with openpyxl, which takes minutes at full scale.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from assets.sources.tac.measures import MEASURES, PERIODS
from assets.sources.tac.parse import parse
from benchmarks.refresh import ROOT, machine
from tests.tac_workbook import HEADERS, SHEETS, listed, trusts, write

EDITION = "2023/24"
FILES = {"trusts": (66, 7290), "foundation_trusts": (140, 7186)}
"""Providers and rows of each, as in 2023/24."""
RUNS = 3
MOST_RATIO = 1.3
LEAST_FASTER = 15
MOST_MIB = 1536
OTHER = "OTH"
"""What SubCodes begin with that nobody uses."""


@dataclass(frozen=True)
class Reading:
    """One process: seconds of the reading, of which on a processor, peak memory in MiB, and what it found."""

    seconds: float
    processor: float
    peak_mib: float
    found: str


def codes(rows: int) -> list[tuple[str, int, str, int, str]]:
    """Return the cells of a provider: every used one, spread among others of the same sheets."""
    used = [
        (SHEETS[measure.sheet], measure.tables[at], measure.main_code(period), 12, measure.sub_code)
        for measure in MEASURES.values()
        for at, period in enumerate(PERIODS)
    ]
    sheets = sorted({(cell[0], cell[2]) for cell in used})
    others = [
        (
            sheets[i % len(sheets)][0],
            1 + i % 6,
            sheets[i % len(sheets)][1],
            i % 180,
            f"{OTHER}{i // len(sheets):04d}",
        )
        for i in range(rows - len(used))
    ]
    step = len(others) // len(used)
    mixed = []
    for place, cell in enumerate(used):
        mixed += [*others[place * step : (place + 1) * step], cell]
    return mixed + others[len(used) * step :]


def artificial(provider: int, place: int) -> int:
    """Return the artificial amount of a cell."""
    return (provider * 7919 + place * 31) % 90_000


def accounts(providers: Sequence[tuple[str, str]], rows: int) -> Iterator[Sequence[Any]]:
    """Yield the header and the rows of every provider."""
    yield HEADERS
    cells = codes(rows)
    for number, (_, name) in enumerate(providers):
        for place, cell in enumerate(cells):
            yield (name, *cell, artificial(number, place))


# Reading, in a process of its own


def bare(path: Path) -> Any:
    """Read both sheets with the library alone, as columns."""
    import fastexcel

    reader = fastexcel.read_excel(path.read_bytes())
    reader.load_sheet("List of Providers").to_arrow()
    return reader.load_sheet("All data").to_arrow()


def parsed(path: Path) -> Any:
    """Read the workbook as the product does."""
    return parse(path.read_bytes(), EDITION, path.stem).rows


def slow(path: Path) -> Any:
    """Read the accounts the way most people do."""
    import pandas as pd

    return pd.read_excel(path, sheet_name="All data", engine="openpyxl")


READERS = {"fastexcel alone": bare, "parse": parsed, "pandas and openpyxl": slow}


def child(reader: str, path: Path, providers: int, rows: int) -> None:
    """Read, then compare every used amount with what was written, and print what it took as JSON."""
    import resource

    started, busy = time.perf_counter(), time.process_time()
    answer = READERS[reader](path)
    seconds, processor = time.perf_counter() - started, time.process_time() - busy
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([seconds, processor, peak, compared(reader, answer, providers, rows)]))


def compared(reader: str, answer: Any, providers: int, rows: int) -> str:
    """Return how many used cells were right; stop where one was not."""
    wanted = {
        number * rows + place + 2: float(artificial(number, place))
        for number in range(providers)
        for place, cell in enumerate(codes(rows))
        if not cell[4].startswith(OTHER)
    }
    if reader == "parse":
        got = dict(zip(answer["source_row"], answer["amount"], strict=True))
    else:
        totals = answer["Total"].tolist() if reader.startswith("pandas") else answer["Total"].to_pylist()
        got = {row: totals[row - 2] for row in wanted}
    if got != wanted:
        wrong = [row for row in {*wanted, *got} if wanted.get(row) != got.get(row)]
        raise SystemExit(
            f"{reader}: {len(wrong)} amounts differ from what was written, first in row {min(wrong)}"
        )
    return f"{len(got)} amounts right"


def measure(reader: str, path: Path, providers: int, rows: int) -> Reading:
    """Read a workbook in a child process."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.tac",
        "--child",
        reader,
        str(path),
        str(providers),
        str(rows),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return Reading(*json.loads(done.stdout))


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a table: a line for each file and reader."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--scale", type=float, default=1.0, help="share of the providers to write")
    options.add_argument("--slow", action="store_true", help="read with pandas and openpyxl, too (once)")
    options.add_argument("--child", nargs=4, help=argparse.SUPPRESS)
    chosen = options.parse_args(arguments)
    if chosen.child:
        reader, path, providers, rows = chosen.child
        child(reader, Path(path), int(providers), int(rows))
        return 0
    print(machine())
    with TemporaryDirectory() as folder:
        missed = [
            line
            for part, (providers, rows) in FILES.items()
            for line in report(
                Path(folder), part, max(1, round(providers * chosen.scale)), rows, slow=chosen.slow
            )
        ]
    print("; ".join(missed) or "every target met")
    return bool(missed)


def report(folder: Path, part: str, providers: int, rows: int, *, slow: bool) -> list[str]:
    """Measure one file, print its lines and return the targets missed."""
    path = folder / f"{part}.xlsx"
    who = trusts(providers, part)
    write(path, {"List of Providers": listed(who), "All data": accounts(who, rows)})
    print(
        f"\n{part}: {providers * rows:,} rows, {path.stat().st_size / 2**20:.0f} MiB; median of {RUNS} runs"
    )
    readings: dict[str, list[Reading]] = {"fastexcel alone": [], "parse": []}
    for _ in range(RUNS):  # by turns, so that a busy machine is busy for both
        for reader, found in readings.items():
            found.append(measure(reader, path, providers, rows))
    if slow:
        readings["pandas and openpyxl"] = [measure("pandas and openpyxl", path, providers, rows)]
    path.unlink()
    seconds = {reader: statistics.median(r.processor for r in found) for reader, found in readings.items()}
    for reader, found in readings.items():
        peak = max(reading.peak_mib for reading in found)
        ratio = seconds[reader] / seconds["fastexcel alone"]
        elapsed = statistics.median(reading.seconds for reading in found)
        print(
            f"{reader:<20} {elapsed:>7.2f} s, {seconds[reader]:>7.2f} s on a processor {ratio:>6.2f}x "
            f"{peak:>6.0f} MiB  {found[0].found}",
            flush=True,
        )
    peak = max(reading.peak_mib for reading in readings["parse"])
    targets = {
        f"{part}: within {MOST_RATIO}x of fastexcel alone": seconds["parse"]
        <= MOST_RATIO * seconds["fastexcel alone"],
        f"{part}: at most {MOST_MIB} MiB": peak <= MOST_MIB,
    }
    if slow:
        faster = seconds["pandas and openpyxl"] >= LEAST_FASTER * seconds["parse"]
        targets[f"{part}: {LEAST_FASTER}x faster than pandas and openpyxl"] = faster
    return [f"MISSED {target}" for target, met in targets.items() if not met]


if __name__ == "__main__":
    sys.exit(main())
