"""What a release would cost with more organisations than England has trusts: `python -m benchmarks.everyone`.

Every organisation of the frozen editions, and every row that says something of one, is repeated under artificial codes:
1, 10, 100 and more of each. What is measured is what grows: organisations and facts made (`Workshop`), their structure
audited, the warehouse filled and read back, CSV and Parquet written. Each number is a cold process; nothing is published.

    python -m benchmarks.everyone --times 1 10 100
"""

import argparse
import json
import resource
import string
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import pandas as pd

from benchmarks.harness import machine
from pipelines.staging.staged_tables import Staged

T = TypeVar("T")
AS_PUBLISHED = ("org_code_as_published", "org_name_as_published")
CODE_AND_NAME = {"ods": ("org_code", "name"), "dspt": AS_PUBLISHED, "kh03": AS_PUBLISHED}
"""The columns that say who each repeated source is about."""
DIGITS = string.digits + string.ascii_uppercase
_PLACES: dict[str, int] = {}


@cache
def artificial(code: str, number: int) -> str:
    """Return a code of six characters for the repetition of an organisation, the same in every source."""
    if len(code) == 3:
        return f"{code}{number:03}"
    place, digits = _PLACES.setdefault(code, len(_PLACES)) * 1000 + number, ""
    for _ in range(5):
        place, digit = divmod(place, len(DIGITS))
        digits = DIGITS[digit] + digits
    return f"X{digits}"


def repeated(one: Staged, times: int) -> Staged:
    """Return staged rows so many times, each time of other organisations: codes and names are numbered."""
    code, name = CODE_AND_NAME[one.source.name]
    parts = [one.rows]
    for number in range(1, times):
        more = one.rows.copy()
        more[code] = [artificial(each, number) for each in more[code]]
        more[name] = more[name] + f" {number}"
        more["source_row"] = more["source_row"] + number * 100_000
        parts.append(more)
    return replace(one, given=pd.concat(parts, ignore_index=True))


def staged(root: Path, times: int) -> dict[str, Staged]:
    """Return what is staged of some frozen editions, repeated."""
    from assets.catalogue import sources
    from pipelines.orchestration import refresh_steps
    from pipelines.staging.staged_tables import staged_path
    from pipelines.storage.home import Home
    from pipelines.storage.parquet import read_parquet, to_pandas

    home, found = Home(root), {}
    for name in CODE_AND_NAME:
        done = refresh_steps.stage(sources()[name], sources(), home)
        rows = to_pandas(read_parquet(staged_path(name, home)))
        found[name] = repeated(Staged(sources()[name], rows, done.manifest, "frozen", ""), times)
    return found


def measured(root: Path, times: int) -> dict[str, Any]:
    """Build, load, read and write, and return seconds of each, rows, bytes and the peak of memory in MiB."""
    from assets.catalogue import Catalogue, published
    from pipelines.integration import warehouse
    from pipelines.integration.layers import MADE, Workshop
    from pipelines.integration.working_set import WorkingSet
    from pipelines.publishing.copies import write_csv
    from pipelines.storage.parquet import write_parquet

    found = staged(root, times)
    took: dict[str, float] = {}

    def timed(what: str, do: Callable[[], T]) -> T:
        begun = time.perf_counter()
        result = do()
        took[what] = time.perf_counter() - begun
        return result

    catalogue = Catalogue({name: one.source for name, one in found.items()}, published().tables)
    workshop = Workshop(catalogue, found, WorkingSet(root / "tables"))
    for layer in MADE:
        timed(layer, partial(workshop.make, layer, workshop.tables_in(layer)))
    names = [name for layer in MADE for name in workshop.tables_in(layer)]
    tables = {name: workshop.working.rows(name) for name in names}
    path = root / "everyone.duckdb"
    timed("load", lambda: warehouse.write(tables, path))

    def write() -> None:
        for name, rows in tables.items():
            write_parquet(rows, root / "out" / f"{name}.parquet")
            write_csv(rows, root / "out" / f"{name}.csv")

    timed("write", write)
    return {
        "organisations": tables["organisation"].num_rows,
        "rows": sum(rows.num_rows for rows in tables.values()),
        "seconds": took,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "csv_mib": sum(file.stat().st_size for file in (root / "out").glob("*.csv")) / 2**20,
        "warehouse_mib": path.stat().st_size / 2**20,
        "longest": max(rows.num_rows for rows in tables.values()),
    }


def report(found: Mapping[str, Any]) -> str:
    """Return one line, with seconds for a million rows published."""
    seconds = found["seconds"]
    phases = "  ".join(f"{name} {value:>6.1f}" for name, value in seconds.items())
    each = 1e6 * sum(seconds.values()) / found["rows"]
    return (
        f"{found['organisations']:>9,} organisations  {found['rows']:>10,} rows  longest {found['longest']:>9,}  {phases} s"
        f"  {each:>5.0f} s a million rows  {found['peak_mib']:>6.0f} MiB  CSV {found['csv_mib']:>5.0f} MiB"
        f"  warehouse {found['warehouse_mib']:>5.0f} MiB"
    )


def main() -> None:
    """Print a line for each number of times."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, nargs="+", default=[1, 10, 100])
    parser.add_argument("--here", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        print(json.dumps(measured(Path(options.here), options.times[0])))
        return
    print(machine())
    for times in options.times:
        with TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "benchmarks.everyone", "--times", str(times), "--here", folder]
            answer = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            print(report(json.loads(answer.stdout.splitlines()[-1])), flush=True)


if __name__ == "__main__":
    main()
