"""B1: what reading two, six and sixteen workbooks of accounts costs, beside libraries that only read them.

Ours is what a refresh does with them: two child processes with limits, each reading its bytes from the archive,
picking the used cells, checking them and writing Parquet. The baselines read both sheets into memory and stop there.
"""

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from benchmarks import homes
from benchmarks.corpus import Book
from benchmarks.harness import BASELINES, Line, Run, Table, Target, by_turns, measure, ratio, small, table
from benchmarks.place import Place

READ = str(BASELINES / "read_accounts.py")
SIZES = (2, 6, 16)
MOST_RATIO = 1.3
LEAST_FASTER = 15
LEAST_CORES = 1.5
OURS, BARE, BARE_TWO = "ours", "fastexcel alone", "fastexcel alone, two at a time"
NOTHING = "no workbook"
SLOWEST = "pandas and openpyxl"
SLOW = {SLOWEST: "openpyxl", "pandas and calamine": "calamine"}
ABOUT = (
    "Accounts of NHS providers laid out like the publisher's, artificial amounts; ours is the parsing of a refresh (two child "
    "processes, checks, Parquet), the others only read the sheets into memory. Per core: processor time of all "
    "processes, less that of the same command without a workbook. Every amount used is compared before time counts."
)


def ours(home: Path, out: Path, number: int) -> None:
    """Parse the first workbooks of an archive as a refresh does; run in a process of its own."""
    from assets.catalogue import sources
    from pipelines.judging.parser_process import submit
    from pipelines.storage.home import Home
    from pipelines.workers.fork_server import server

    if not number:  # what starting takes: this process, and the server that children are forked from
        first = server().Process(target=os.getpid)
        first.start()
        first.join()
    tac, archive = sources()["tac"], Home(home).archive
    vintages = sorted(archive.vintages("tac"), key=lambda one: one.retrieved_at)[:number]
    asked = [submit(tac, archive, one, out / f"{one.publisher_file_name[:-5]}.parquet") for one in vintages]
    for answer in asked:
        if problems := answer().problems:
            sys.exit("; ".join(problems))


def benchmark(place: Place) -> Iterable[Table]:
    """Yield a table for each number of workbooks."""
    home = place.fresh("parsing")
    homes.arrive(home, place.books)
    compare(place, home)
    for number in dict.fromkeys(min(size, len(place.books)) for size in SIZES):
        yield measured(place, home, place.books[:number])


def measured(place: Place, home: Path, books: Sequence[Book]) -> Table:
    """Measure every contender on some workbooks."""
    out, runs = place.fresh("parsed"), place.scale.cold_runs
    files = [str(book.path) for book in books]
    contenders = {
        OURS: lambda _: parse(home, out, len(books)),
        f"{OURS}, {NOTHING}": lambda _: parse(home, out, 0),
        BARE: lambda _: read("fastexcel", files),
        f"{BARE}, {NOTHING}": lambda _: read("fastexcel", []),
        BARE_TWO: lambda _: read("fastexcel", files, workers=2),
    }
    found = by_turns(contenders, runs)
    slow = {}
    if len(books) == SIZES[0]:
        slow = by_turns(
            {name: partial(_in_turn, engine, files) for name, engine in installed().items()},
            place.scale.slow_runs,
        )
    rows = sum(book.rows for book in books)
    return table(
        f"B1 Parsing {len(books)} workbooks, {rows:,} rows",
        ABOUT,
        (all_lines := lines(found | slow)),
        targets(all_lines, judged=place.scale.full),
        notes(slow, first=len(books) == SIZES[0]),
    )


def notes(slow: Iterable[str], *, first: bool) -> list[str]:
    """Say why a contender is not in the table."""
    if not first:
        return [f"pandas is measured on {SIZES[0]} workbooks only: it takes minutes"]
    return [f"{name} is not installed, so it is no contender" for name in SLOW if name not in slow]


def lines(found: dict[str, tuple[Run, ...]]) -> list[Line]:
    """Return a line for each contender; what starting takes is no part of a ratio."""
    floors = {OURS: f"{OURS}, {NOTHING}"} | dict.fromkeys((BARE, BARE_TWO, *SLOW), f"{BARE}, {NOTHING}")
    return [
        Line(
            name,
            runs,
            "" if name == BARE or NOTHING in name else BARE,
            per_core=True,
            floor=floors.get(name, ""),
        )
        for name, runs in found.items()
    ]


def targets(found: Sequence[Line], *, judged: bool) -> list[Target]:
    """Return what became of what is asked of ours."""
    by_name = {line.name: line for line in found}
    mine = by_name[OURS]
    per_core, cores = ratio(mine, by_name), cores_used(mine, by_name[mine.floor])

    def target(asked: str, reported: str, *, met: bool) -> Target:
        return Target(asked, reported, met if judged else None)

    asked = [
        target(f"at most {MOST_RATIO} x {BARE} per core", f"{per_core:.2f}", met=per_core <= MOST_RATIO),
        target(f"at least {LEAST_CORES} cores used", f"{cores:.1f}", met=cores >= LEAST_CORES),
        small([mine], judged=judged),
    ]
    if SLOWEST in by_name:
        faster = ratio(replace(by_name[SLOWEST], reference=OURS), by_name)
        reported = f"at least {LEAST_FASTER} x faster than {SLOWEST}"
        asked.append(target(reported, f"{faster:.1f}", met=faster >= LEAST_FASTER))
    return asked


def cores_used(line: Line, floor: Line) -> float:
    """Return how many processors were at work, once everything had started."""
    busy, seconds = (line.median(what) - floor.median(what) for what in ("processor", "seconds"))
    return busy / seconds if seconds > 0 else 0.0


def installed() -> dict[str, str]:
    """Return the readers of pandas that are installed."""
    modules = {"openpyxl": "openpyxl", "calamine": "python_calamine"}
    return {name: engine for name, engine in SLOW.items() if find_spec(modules[engine])}


def parse(home: Path, out: Path, number: int) -> Run:
    """Have the product parse some workbooks in a cold process."""
    call = (
        f"from benchmarks.b1_parse import Path, ours; ours(Path({str(home)!r}), Path({str(out)!r}), {number})"
    )
    return measure([sys.executable, "-c", call])


def _in_turn(reader: str, files: Sequence[str], _: int) -> Run:
    return read(reader, files)


def read(reader: str, files: Sequence[str], *, workers: int = 1, out: Path | None = None) -> Run:
    """Have a library read some workbooks in a cold process."""
    kept = ["--out", str(out)] if out else []
    return measure([sys.executable, READ, "--workers", str(workers), *kept, reader, *files])


# Compared before time counts


def compare(place: Place, home: Path) -> None:
    """Have every contender read the first two workbooks and compare every amount with what was written."""
    import pyarrow.parquet as pq

    books = place.books[: SIZES[0]]
    out = place.fresh("compared")
    parse(home, out, len(books))
    for book in books:
        rows = pq.read_table(out / f"{book.path.stem}.parquet", columns=["source_row", "amount"])
        expect(
            OURS,
            book,
            dict(zip(*(rows[name].to_pylist() for name in rows.column_names), strict=True)),
            book.used(),
        )
    for reader in ("fastexcel", *installed().values()):
        read(reader, [str(book.path) for book in books], out=out)
        for book in books:
            amounts = pq.read_table(out / f"{book.path.stem}.parquet")["amount"].to_pylist()
            expect(reader, book, dict(enumerate(amounts, start=2)), book.written())


def expect(contender: str, book: Book, found: dict[int, float], wanted: dict[int, float]) -> None:
    """Raise RuntimeError where an amount is another than was written."""
    wrong = [row for row in {*found, *wanted} if found.get(row) != wanted.get(row)]
    if wrong:
        raise RuntimeError(
            f"Comparing what {contender} read of {book.path.name}: expected the amounts written, found {len(wrong)} others, the first in row {min(wrong)}."
        )
