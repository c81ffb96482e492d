"""B5: what the analysts' questions cost on a release, and the commands that answer people.

The questions are those of docs/questions.md. A run is a cold process that asks them all, in turn, of the database of
the release; the baseline asks the Parquet files of the same release, through views. Their answers are compared first.
"""

import json
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

from benchmarks.harness import PROGRAM, ROOT, Line, Run, Table, Target, at_most, by_turns, measure, table
from benchmarks.place import Place

MOST_MS = 100
MOST_SECONDS = 0.4
DATABASE, PARQUET = "database of the release", "Parquet of the release, through views"
PAGE = ROOT / "docs" / "questions.md"
SECTION = re.compile(r"^## (\d+)\. (.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
QUERY = re.compile(r"```sql\n(.*?)```\n", re.DOTALL)
COMMANDS = {
    "--help": ("--help",),
    "query": (
        "query",
        "select care_setting, avg(score) from maturity_score where measure = 'overall_comparable' group by 1",
    ),
    "resolve": ("resolve", "SALFORD ROYAL NHS FOUNDATION TRUST", "RJE"),
}
HEADER = ("asked of", "runs", "questions", "median ms", "slowest ms", "slowest question", "max ms", "ratio")


def questions() -> dict[str, str]:
    """Return every question of the page, by its section and place."""
    sections = SECTION.findall(PAGE.read_text("utf-8"))
    return {
        f"{number}-{place}": sql
        for number, text in sections
        for place, sql in enumerate(QUERY.findall(text), start=1)
    }


def ask(kind: str, release: Path, out: Path) -> None:
    """Ask every question and keep seconds and answers; run in a process of its own."""
    import duckdb

    path = ":memory:" if kind == PARQUET else str(release / "digital_maturity.duckdb")
    found = {}
    with duckdb.connect(path, read_only=kind != PARQUET) as connection:
        if kind == PARQUET:
            for file in sorted((release / "parquet").glob("*.parquet")):
                connection.execute(f"create view \"{file.stem}\" as from read_parquet('{file}')")
        for name, sql in questions().items():
            started = time.perf_counter()
            rows = connection.execute(sql).fetchall()
            found[name] = [time.perf_counter() - started, [list(map(str, row)) for row in rows]]
    out.write_text(json.dumps(found), "utf-8")


def asked(kind: str, release: Path, out: Path, number: int) -> Run:
    """Have every question asked in a cold process; its answers go to a file named after `out` and the number of the run."""
    file = f"{out}-{number}.json"
    call = f"from benchmarks.b5_questions import Path, ask; ask({kind!r}, Path({str(release)!r}), Path({file!r}))"
    return measure([sys.executable, "-c", call])


def benchmark(place: Place) -> Iterable[Table]:
    """Yield a table of the questions and one of the commands."""
    yield of_questions(place)
    yield of_commands(place)


def of_questions(place: Place) -> Table:
    """Measure each question on the database and on the Parquet files."""
    out = place.fresh("questions")
    release = (place.released / "releases" / "latest").resolve()
    kinds = {DATABASE: "database", PARQUET: "parquet"}
    contenders: dict[str, Callable[[int], Run]] = {
        kind: partial(asked, kind, release, out / name) for kind, name in kinds.items()
    }
    found = by_turns(contenders, place.scale.runs)
    answers = {
        kind: [json.loads((out / f"{name}-{n}.json").read_text("utf-8")) for n in range(place.scale.runs)]
        for kind, name in kinds.items()
    }
    compare(answers[DATABASE][0], answers[PARQUET][0])
    seconds = {
        kind: {name: [run[name][0] for run in runs] for name in runs[0]} for kind, runs in answers.items()
    }
    medians = {
        kind: {n: statistics.median(s) for n, s in reported.items()} for kind, reported in seconds.items()
    }
    rows = [row(kind, seconds[kind], medians, len(found[kind])) for kind in kinds]
    slowest = max(medians[DATABASE].values()) * 1000
    met = Target(f"every question below {MOST_MS} ms", f"{slowest:.0f} ms the slowest", slowest < MOST_MS)
    peak = ", ".join(f"{max(run.peak_mib for run in runs):.0f} MiB {kind}" for kind, runs in found.items())
    return Table(
        "B5 The questions of analysts",
        "Every query of docs/questions.md, asked in turn by a cold process: milliseconds from the query to its rows.",
        HEADER,
        rows,
        [met],
        [f"peak memory: {peak}", "the answers of both are the same, cell by cell"],
    )


def row(
    kind: str, seconds: dict[str, list[float]], medians: dict[str, dict[str, float]], runs: int
) -> Sequence[str]:
    """Return the line of the table about one way to ask."""
    mine = medians[kind]
    worst = max(mine, key=lambda name: mine[name])
    ratio = sum(mine.values()) / sum(medians[DATABASE].values())
    numbers = [statistics.median(mine.values()), mine[worst]]
    return [
        kind,
        str(runs),
        str(len(mine)),
        *(f"{1000 * number:.1f}" for number in numbers),
        worst,
        f"{1000 * max(max(found) for found in seconds.values()):.1f}",
        "" if kind == DATABASE else f"{ratio:.2f} x {DATABASE}, all together",
    ]


def compare(one: dict[str, list[object]], other: dict[str, list[object]]) -> None:
    """Raise RuntimeError where two ways to ask have other answers."""
    wrong = [name for name in one if one[name][1] != other[name][1]]
    if wrong:
        raise RuntimeError(f"Comparing answers: expected the same, found others to {', '.join(wrong)}.")


def of_commands(place: Place) -> Table:
    """Measure the commands that answer people."""
    contenders: dict[str, Callable[[int], Run]] = {
        name: partial(command, place.released, arguments) for name, arguments in COMMANDS.items()
    }
    contenders["python with duckdb, nothing asked"] = lambda _: measure(
        [sys.executable, "-c", "import duckdb"]
    )
    found = by_turns(contenders, place.scale.runs)
    lines = [Line(name, runs) for name, runs in found.items()]
    targets = [at_most(line, MOST_SECONDS) for line in lines if line.name in COMMANDS]
    return table("B5 Commands that answer people", "Each a cold process.", lines, targets)


def command(home: Path, arguments: Sequence[str], _: int) -> Run:
    """Run a command on a home."""
    where = () if arguments == ("--help",) else ("--home", str(home))
    return measure([*PROGRAM, *arguments, *where])
