"""B2: what building everything from nothing costs, beside a script of pandas and one of DuckDB, and the floor.

The scripts join the same frozen editions to the cells of three tables of the release, after the same checks of shape;
a release is far more, and what they leave out is said below the table. Dagster's share is what a refresh takes longer
than the same functions called plainly.
"""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NoReturn

from benchmarks import b1_parse, compared, floor, homes
from benchmarks.harness import BASELINES, ROOT, Line, Run, Table, at_most, by_turns, measure, small, table
from benchmarks.place import Place, refresh

OURS, PLAIN, FLOOR = (
    "ours: refresh --offline",
    "ours, functions called plainly",
    "floor: imports and an empty graph",
)
PANDAS, DUCKDB = "pandas script", "DuckDB script"
SCRIPTS = {PANDAS: "build_pandas.py", DUCKDB: "build_duckdb.py"}
BESIDE = {OURS: FLOOR, PLAIN: OURS, PANDAS: OURS, DUCKDB: OURS}
MOST = 18
MOST_WITH_ACCOUNTS = 60
ACCOUNTS = "ours, with accounts"
FLOOR_IS = (
    "The floor imports the libraries and runs the same graph with nothing in it, one after the other and as Dagster does by "
    "itself; ours imports beside other work, and keeps Dagster's history open during a run."
)
ABOUT = (
    "From an empty home to a release of all frozen editions. The scripts are what an analyst would write in a day; every "
    "cell they write is compared with the release before time counts."
)
BUILT = (
    "The scripts build the cells of maturity_score, maturity_change and trust_profile that rest on the assessment, the "
    "lists of trusts, suppliers, records costs and the security toolkit, as CSV; the release has 70 tables or so."
)
LEFT_OUT = (
    "They leave out: provenance of every row, status of missing values, dated names, the geography of boards, "
    "programmes, funding, beds and spend, roll-up of several constituents except for records costs, expectations kept as "
    "data, history and changes since the last release, rejected rows, dictionary, Parquet, DuckDB, SQLite, workbook, "
    "explorer, checksums and the audit."
)


def plainly(root: str) -> None:
    """Refresh without Dagster: run in a process of its own."""
    from assets.catalogue import published
    from pipelines.integration.background_checks import BackgroundChecks
    from pipelines.orchestration import refresh_steps
    from pipelines.storage.home import Home

    home = Home(Path(root))
    catalogue, sources = published(), published().sources
    refresh_steps.archive(sources, sources, home, _nobody, offline=True)
    ahead = BackgroundChecks(sources, home)
    ahead.begin()
    for source in sources.values():
        refresh_steps.stage(source, sources, home, ahead)
    refresh_steps.publish_staged(catalogue, home)


def _nobody() -> NoReturn:
    raise AssertionError("an offline refresh asks nobody")


def script(name: str, out: Path) -> Run:
    """Run one of the scripts."""
    curated = ROOT / "assets" / "organisations" / "curated"
    command = [BASELINES / SCRIPTS[name], ROOT / "assets" / "frozen", curated, out]
    return measure([sys.executable, *map(str, command)])


def benchmark(place: Place) -> Iterable[Table]:
    """Yield a table of the frozen editions, and one of all years of accounts."""
    cells = {name: compare(place, name) for name in SCRIPTS}
    yield frozen(place, cells)
    yield accounts(place)


def compare(place: Place, name: str) -> int:
    """Return how many cells of a script are those of the release."""
    out = place.fresh(f"script-{SCRIPTS[name]}")
    script(name, out)
    return compared.compare(out, place.released / "releases" / "latest")


def frozen(place: Place, cells: dict[str, int]) -> Table:
    """Measure a cold build of all frozen editions."""
    call = "from benchmarks.b2_cold import plainly; plainly({!r})"
    contenders: dict[str, Callable[[int], Run]] = {
        FLOOR: lambda _: floor.measured(place.fresh("cold-floor")),
        OURS: lambda _: refresh(place.fresh("cold")),
        PLAIN: lambda _: measure([sys.executable, "-c", call.format(str(place.fresh("cold-plain")))]),
        PANDAS: lambda _: script(PANDAS, place.fresh("cold-pandas")),
        DUCKDB: lambda _: script(DUCKDB, place.fresh("cold-duckdb")),
    }
    found = by_turns(contenders, place.scale.cold_runs)
    same_bytes(place.folder / "cold", place.folder / "cold-plain")
    notes = {name: f"{number:,} cells are those of the release" for name, number in cells.items()}
    lines = [Line(name, runs, BESIDE.get(name, ""), note=notes.get(name, "")) for name, runs in found.items()]
    by_name = {line.name: line for line in lines}
    share = by_name[OURS].median() - by_name[PLAIN].median()
    targets = [at_most(by_name[OURS], MOST), small([by_name[OURS]])]
    reported = [
        f"Dagster's share: {share:.2f} s of {by_name[OURS].median():.2f} s; both releases hold the same CSV, byte by byte",
        FLOOR_IS,
        BUILT,
        LEFT_OUT,
    ]
    return table("B2 Cold build of all frozen editions", ABOUT, lines, targets, reported)


def same_bytes(one: Path, other: Path) -> None:
    """Raise RuntimeError where two homes have released different CSV."""
    folders = [home / "releases" / "latest" / "csv" for home in (one, other)]
    contents = [{path.name: path.read_bytes() for path in folder.glob("*.csv")} for folder in folders]
    if contents[0] != contents[1]:
        raise RuntimeError(
            "Comparing a refresh with the same functions called plainly: expected the same CSV, found others."
        )


def accounts(place: Place) -> Table:
    """Measure a cold build of all frozen editions and all years of accounts."""
    books = place.books

    def ours(_: int) -> Run:
        home = place.fresh("cold-accounts")
        homes.arrive(home, books)
        return refresh(home)

    files = [str(book.path) for book in books]
    contenders: dict[str, Callable[[int], Run]] = {
        ACCOUNTS: ours,
        b1_parse.BARE_TWO: lambda _: b1_parse.read("fastexcel", files, workers=2),
    }
    found = by_turns(contenders, place.scale.cold_runs)
    in_use(place.folder / "cold-accounts", len(books))
    lines = [Line(name, runs, b1_parse.BARE_TWO if name == ACCOUNTS else "") for name, runs in found.items()]
    judged = place.scale.full
    return table(
        f"B2 Cold build with {len(books) // 2} years of accounts, {sum(book.rows for book in books):,} rows",
        "All frozen editions and two workbooks of accounts a year, artificial amounts, from an empty home to a release; "
        "beside it, the bare library reads the same workbooks and does nothing with them.",
        lines,
        [at_most(lines[0], MOST_WITH_ACCOUNTS, judged=judged), small(lines[:1], judged=judged)],
    )


def in_use(home: Path, books: int) -> None:
    """Raise RuntimeError where a release was not made of every workbook; what a re-user compiled is there too."""
    answer = compared.read(
        home / "releases" / "latest" / "csv" / "source_file.csv", ("source", "edition", "part")
    )
    found = sum(source == "tac" and part != "compiled" for source, _, part in answer)
    if found != books:
        raise RuntimeError(f"Building with accounts: expected {books} workbooks in use, found {found}.")
