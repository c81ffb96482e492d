"""B4: what a refresh costs where a publisher has replaced one of six workbooks, and what of it is built again."""

from collections.abc import Callable, Iterable
from pathlib import Path

from benchmarks import b1_parse, homes
from benchmarks.compared import read
from benchmarks.corpus import corrected
from benchmarks.harness import Line, Run, Table, Target, by_turns, small, table
from benchmarks.place import Place, refresh

OURS, COLD, BARE = (
    "ours, one of six replaced",
    "ours, all six from nothing",
    "fastexcel alone, the one workbook",
)


def benchmark(place: Place) -> Iterable[Table]:
    """Yield the table."""
    kept = place.with_accounts
    book = corrected(place.books[5], place.folder / "corrected.xlsx")
    home = place.folder / "replaced"

    def replaced(_: int) -> Run:
        homes.copy(kept, place.fresh("replaced"))
        homes.arrive(home, [book], day=1)
        return refresh(home)

    def cold(_: int) -> Run:
        empty = place.fresh("six")
        homes.arrive(empty, place.books[:6])
        return refresh(empty)

    contenders: dict[str, Callable[[int], Run]] = {
        OURS: replaced,
        COLD: cold,
        BARE: lambda _: b1_parse.read("fastexcel", [str(book.path)]),
    }
    found = by_turns(contenders, place.scale.cold_runs)
    lines = [Line(name, runs, COLD if name == OURS else "") for name, runs in found.items()]
    yield table(
        f"B4 One of six workbooks replaced, {book.rows:,} rows",
        "A corrected workbook arrives in a home with a release of all frozen editions and three years of accounts; one "
        "amount of one trust is another.",
        lines,
        [*rebuilt(kept, home), small(lines[:2], judged=place.scale.full)],
    )


def rebuilt(before: Path, after: Path) -> list[Target]:
    """Return whether only what depends on the workbook was built again, and the amount is published."""
    parsed, staged = (changed(before / name, after / name) for name in ("parsed", "staged"))
    parsed = {path for path in parsed if path.endswith(".parquet")}
    others = {path for path in staged if not Path(path).name.startswith("tac")}
    amounts = spend(after).items() - spend(before).items()
    return [
        Target("one workbook parsed", f"{len(parsed)}", len(parsed) == 1),
        Target("no other source staged again", f"{len(others)}", not others),
        Target("the amount of one trust is another in it_spend", f"{len(amounts)} rows", len(amounts) == 1),
    ]


def changed(before: Path, after: Path) -> set[str]:
    """Return the files below a folder whose bytes are new."""
    old, new = (
        {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        for root in (before, after)
    )
    return {path for path, content in new.items() if old.get(path) != content}


def spend(home: Path) -> dict[tuple[str, ...], str]:
    """Return what each set of accounts spent."""
    key = ("org_code", "edition", "org_name_as_published")
    rows = read(home / "releases" / "latest" / "csv" / "it_spend.csv", key)
    return {where: row["it_equipment_additions_gbp"] for where, row in rows.items()}
