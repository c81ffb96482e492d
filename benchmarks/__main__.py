"""Measure everything and print it: `python -m benchmarks [--quick] [--only B1 ...] [--write docs/performance.md]`.

Seven benchmarks, each beside baselines whose cells are compared first. All of it takes an hour or two at the
publisher's size; `--quick` takes some minutes and judges no target that depends on size.
"""

import argparse
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.harness import FULL, QUICK, Scale, Table, machine, markdown, plain
from benchmarks.place import Place

BENCHMARKS = {
    "B1": "b1_parse",
    "B2": "b2_cold",
    "B3": "b3_unchanged",
    "B4": "b4_replaced",
    "B5": "b5_questions",
    "B6": "b6_survival",
    "B7": "b7_live",
}
ABOUT = """# Performance

What it costs to build, refresh and query a release, compared with the least possible and with scripts that others would write.
`python -m benchmarks --write docs/performance.md` writes this page; `make bench` prints the same tables.

Every run is a cold process of its own, measured from outside: seconds by the clock, processor time of all processes it starts, peak
memory of the largest of them, and of all together (shared memory counts twice). Contenders take turns, and ratios are of medians. The
cells that a baseline produces are compared with ours before time counts.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print each table as soon as it is measured; return 1 where a target is missed."""
    options = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    options.add_argument("--quick", action="store_true", help="small workbooks and few runs")
    options.add_argument("--only", nargs="+", choices=BENCHMARKS, default=[*BENCHMARKS], metavar="B1")
    options.add_argument("--write", type=Path, help="page to write")
    chosen = options.parse_args(arguments)
    scale = QUICK if chosen.quick else FULL
    print(stated(scale))
    tables: list[Table] = []
    with TemporaryDirectory(prefix="benchmarks-") as folder:
        place = Place(Path(folder), scale)
        for name in chosen.only:
            for found in importlib.import_module(f"benchmarks.{BENCHMARKS[name]}").benchmark(place):
                tables.append(found)
                print(plain(found), flush=True)
                if chosen.write:
                    chosen.write.write_text(page(tables, scale), "utf-8")
    missed = [target for found in tables for target in found.targets if target.met is False]
    print(f"\n{summary(tables)}")
    return bool(missed)


def stated(scale: Scale) -> str:
    """Say on what machine and at what scale is measured."""
    size = "the publisher's size" if scale.full else f"{scale.share:.0%} of the publisher's size"
    return (
        f"Measured on {machine()}. At least {scale.runs} runs of each contender, {scale.cold_runs} of a cold build, "
        f"{scale.slow_runs} of pandas on accounts; workbooks at {size}, {scale.years} years."
    )


def summary(tables: Sequence[Table]) -> str:
    """Count the targets met, missed and not judged."""
    targets = [target for found in tables for target in found.targets]
    met, missed, rest = (sum(target.met is value for target in targets) for value in (True, False, None))
    return f"Targets: {met} met, {missed} MISSED, {rest} not judged at this scale."


def page(tables: Sequence[Table], scale: Scale) -> str:
    """Return the page."""
    return "\n".join([ABOUT, stated(scale), "", summary(tables), "", *map(markdown, tables)])


if __name__ == "__main__":
    sys.exit(main())
