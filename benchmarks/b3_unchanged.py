"""B3: what a refresh costs that finds nothing new, and that it writes nothing."""

from collections.abc import Callable, Iterable
from pathlib import Path

from benchmarks import b2_cold, homes
from benchmarks.harness import Line, Run, Table, Target, at_most, by_turns, small, table
from benchmarks.place import Place, refresh

OURS, ACCOUNTS = "ours: refresh --offline", "ours, with six workbooks of accounts"
MOST = 5


def benchmark(place: Place) -> Iterable[Table]:
    """Yield the table."""
    homes_of = {OURS: place.released, ACCOUNTS: place.with_accounts}
    before = {name: homes.written(home / "releases") for name, home in homes_of.items()}
    contenders: dict[str, Callable[[int], Run]] = {
        OURS: lambda _: refresh(homes_of[OURS]),
        ACCOUNTS: lambda _: refresh(homes_of[ACCOUNTS]),
        b2_cold.PANDAS: lambda _: b2_cold.script(b2_cold.PANDAS, place.fresh("again-pandas")),
        b2_cold.DUCKDB: lambda _: b2_cold.script(b2_cold.DUCKDB, place.fresh("again-duckdb")),
    }
    found = by_turns(contenders, place.scale.cold_runs)
    lines = [Line(name, runs, "" if name == OURS else OURS) for name, runs in found.items()]
    targets = [
        target
        for line in lines[:2]
        for target in (at_most(line, MOST), silent(line.name, homes_of[line.name], before[line.name]))
    ]
    yield table(
        "B3 Nothing changed",
        "A refresh of a home that holds the release of what is there. The scripts know no difference between a first run "
        "and a second: they build their three tables again.",
        lines,
        [*targets, small(lines[:2])],
    )


def silent(name: str, home: Path, before: dict[str, tuple[int, int, int]]) -> Target:
    """Return whether nothing was written under the releases of a home."""
    after = homes.written(home / "releases")
    written = sum(after.get(path) != before.get(path) for path in {*after, *before})
    return Target(f"{name}: nothing written under releases", f"{written} paths", written == 0)
