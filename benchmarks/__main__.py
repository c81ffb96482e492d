"""Measure everything and print a table: `python -m benchmarks` (about two minutes)."""

import sys

from benchmarks.refresh import Measured, machine, measure_everything, shape

COLUMNS = "{:<34} {:>4} {:>7} {:>7} {:>7} {:>7} {:>9} {:>9}  {}"
HEADER = ("seconds of wall clock", "runs", "min", "median", "max", "x floor", "peak MiB", "target", "")


def main() -> int:
    """Print the table, a line as soon as it is measured."""
    print(f"{machine()}; {shape()}\n")
    print(COLUMNS.format(*HEADER).rstrip())
    medians: dict[str, float] = {}
    for measured in measure_everything():
        medians[measured.name] = measured.median
        print(line(measured, medians), flush=True)
    return 0


def line(measured: Measured, medians: dict[str, float]) -> str:
    """Return the line of the table for one thing measured."""
    seconds = [run.seconds for run in measured.runs]
    ratio = f"{measured.median / medians[measured.beside]:.2f}" if measured.beside else ""
    target = f"<= {measured.target:g}" if measured.target else ""
    verdict = "" if not measured.target else "met" if measured.median <= measured.target else "MISSED"
    peak = max(run.peak_mib for run in measured.runs)
    numbers = [f"{value:.2f}" for value in (min(seconds), measured.median, max(seconds))]
    told = ", ".join(filter(None, (verdict, measured.note)))
    return COLUMNS.format(measured.name, len(seconds), *numbers, ratio, f"{peak:.0f}", target, told).rstrip()


if __name__ == "__main__":
    sys.exit(main())
