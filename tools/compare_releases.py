"""Compare the tables of two releases: which rows, keys, values and provenance differ.

For changes to the code that must not change the data. Prose and records of a run may differ, so the tables in
`ABOUT_THE_RELEASE` are left out. Run it as `python -m tools.compare_releases BEFORE AFTER`, each a folder of a release;
it exits with 1 where anything differs.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

ABOUT_THE_RELEASE = frozenset(
    {"caveat", "check_result", "comparability", "data_dictionary", "release_change"}
)
"""Tables of prose and of records of a run."""
EXAMPLES = 3


@dataclass(frozen=True)
class Difference:
    """One way in which a table differs: what, in how many rows, and a few of their keys."""

    table: str
    what: str
    rows: int
    examples: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return the difference as one line."""
        rows = f" in {self.rows:,} rows, such as {'; '.join(self.examples)}" if self.rows else ""
        return f"{self.table}: {self.what}{rows}"


def primary_keys(release: Path) -> dict[str, list[str]]:
    """Return the primary key of each table of a release, by table, from its `datapackage.json`."""
    package = json.loads((release / "datapackage.json").read_text("utf-8"))
    return {one["name"]: list(one["schema"]["primaryKey"]) for one in package["resources"]}


def compare(before: Path, after: Path) -> Iterator[Difference]:
    """Yield every difference between the tables of two releases, by table and column."""
    keys_before, keys_after = primary_keys(before), primary_keys(after)
    for table in sorted((keys_before.keys() | keys_after.keys()) - ABOUT_THE_RELEASE):
        if table not in keys_after:
            yield Difference(table, "the table is gone", 0)
        elif table not in keys_before:
            yield Difference(table, "the table is new", 0)
        elif keys_before[table] != keys_after[table]:
            keys = f"{', '.join(keys_before[table])} became {', '.join(keys_after[table])}"
            yield Difference(table, f"the primary key {keys}", 0)
        else:
            yield from _rows(table, keys_after[table], before, after)


@dataclass(frozen=True)
class _Pair:
    """One table of both releases, as the views `before` and `after`."""

    connection: duckdb.DuckDBPyConnection
    table: str
    key: tuple[str, ...]

    def differences(self) -> Iterator[Difference]:
        """Yield columns, rows and values that differ."""
        before, after = self._columns("before"), self._columns("after")
        for what, columns in (("gone", before - after), ("new", after - before)):
            for column in sorted(columns):
                yield Difference(self.table, f"column {column} is {what}", 0)
        same = " and ".join(f'before."{name}" is not distinct from after."{name}"' for name in self.key)
        yield from self._found("the row is gone", f"before where not exists (from after where {same})")
        yield from self._found(
            "the row is new", f"after where not exists (from before where {same})", "after"
        )
        for column in sorted((before & after) - set(self.key)):
            differs = f'before."{column}" is distinct from after."{column}"'
            values = f', before."{column}", after."{column}"'
            yield from self._found(
                f"{column} differs", f"before join after on {same} where {differs}", values=values
            )

    def _columns(self, view: str) -> set[str]:
        return {str(row[0]) for row in self.connection.execute(f"describe {view}").fetchall()}

    def _found(self, what: str, rows: str, view: str = "before", values: str = "") -> Iterator[Difference]:
        key = ", ".join(f'{view}."{name}"' for name in self.key)
        found = self.connection.execute(f"select {key}{values} from {rows} order by all").fetchall()  # noqa: S608 - names of columns
        if found:
            examples = tuple(_example(row, len(self.key)) for row in found[:EXAMPLES])
            yield Difference(self.table, what, len(found), examples)


def _rows(table: str, key: list[str], before: Path, after: Path) -> Iterator[Difference]:
    with duckdb.connect() as connection:
        for name, release in (("before", before), ("after", after)):
            path = str(release / "parquet" / f"{table}.parquet").replace("'", "''")
            connection.execute(f"create view {name} as select * from '{path}'")  # noqa: S608 - a folder given by the user, escaped
        yield from _Pair(connection, table, tuple(key)).differences()


def _example(row: tuple[object, ...], width: int) -> str:
    key = "|".join(map(str, row[:width]))
    return f"{key} ({row[width]!r} became {row[width + 1]!r})" if len(row) > width else key


def main() -> int:
    """Print the differences between two releases and return 1 if there are any."""
    parser = argparse.ArgumentParser(description="Compare the tables of two releases.")
    parser.add_argument("before", type=Path, help="folder of a release")
    parser.add_argument("after", type=Path, help="folder of another release")
    options = parser.parse_args()
    differences = list(compare(options.before, options.after))
    for difference in differences:
        print(difference)
    print(f"{len(differences)} differences in keys, values and provenance.")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
