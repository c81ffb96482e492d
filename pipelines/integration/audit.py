"""Building all tables from staged rows and auditing them: the last check before a release is published.

The same function builds a release and a trial of one, so that a file is refused if it would stop a release.
"""

import csv
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import BrokenExecutor
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

from assets.contract.columns import METADATA, key_of
from assets.contract.errors import BusyError, DamagedError, RefusedError
from assets.contract.expectations import Expectation
from assets.reading.structure import problems
from pipelines.integration import build_tables, warehouse
from pipelines.integration.published_tables import marts, published_tables
from pipelines.integration.spreadsheet_safety import spreadsheet_checks
from pipelines.judging.expectation_results import CheckResult
from pipelines.judging.validator import submit
from pipelines.staging.staged_tables import Staged
from pipelines.storage.parquet import to_arrow, to_pandas, write_parquet
from pipelines.storage.release_folder import DATABASE

Checks = Mapping[str, list[CheckResult]]
About = Callable[[Mapping[str, pa.Table], Checks, Checks], Mapping[str, pd.DataFrame]]
"""Makes the tables about the data from the other tables, their checks, and the checks of spreadsheet safety."""


class AuditError(RefusedError):
    """A built release that must not be published; `found` holds every problem by table."""

    def __init__(self, found: Mapping[str, Sequence[str]]) -> None:
        self.found = {table: list(problems) for table, problems in found.items() if problems}
        message = "; ".join(problem for each in self.found.values() for problem in each)
        super().__init__(
            f"Auditing the release: {message}; the last release stays, correct the source or the mapping and refresh."
        )


def release_expectations() -> dict[str, tuple[Expectation, ...]]:
    """Return the expectations of each published table before a release, by table."""
    found = {name: table.info["expectations"] for name, table in published_tables().items()}
    return {name: rules for name, rules in found.items() if rules}


def _nothing(_tables: Mapping[str, pa.Table], _checks: Checks, _opened: Checks) -> Mapping[str, pd.DataFrame]:
    return {}


def build(
    staged: Mapping[str, Staged], folder: Path, about: About = _nothing
) -> tuple[dict[str, pa.Table], dict[str, list[CheckResult]]]:
    """Fill the warehouse, write and audit all tables; return the tables and the checks of each.

    `about` makes the tables about the data from the others, their checks and the checks of spreadsheet safety.
    Writes `parquet/`, `csv/` and the DuckDB database into `folder`. Raises AuditError.
    """
    path = folder / DATABASE
    engine = warehouse.duckdb_engine(path)
    try:
        with engine.begin() as connection:
            frames = build_tables.build(staged)
            _audit({name: problems(frame, METADATA.tables[name]) for name, frame in frames.items()})
            warehouse.create(connection)
            warehouse.load(connection, frames)
            warehouse.build_marts(connection)
            published = published_tables()
            tables = {name: warehouse.read(connection, table) for name, table in published.items()}
            for name, rows in tables.items():
                write_parquet(rows, folder / "parquet" / f"{name}.parquet")
            pending = {
                name: submit(folder / "parquet" / f"{name}.parquet", rules, key=key_of(published[name]))
                for name, rules in release_expectations().items()
                # A fact table that no source has filled yet is empty; source_status and coverage say why.
                if tables[name].num_rows or published[name].info["layer"] != "facts"
            }
            (folder / "csv").mkdir()
            for name, rows in tables.items():
                write_csv(rows, folder / "csv" / f"{name}.csv")
            checks = {name: answer() for name, answer in pending.items()}
            opened = {
                name: spreadsheet_checks(rows, published[name])
                for name, rows in tables.items()
                if rows.num_rows
            }
            added = about(tables, checks, opened)
            for name, rows in added.items():
                tables[name] = to_arrow(rows, published[name])
                warehouse.insert(connection, published[name], tables[name])
                write_parquet(tables[name], folder / "parquet" / f"{name}.parquet")
                write_csv(tables[name], folder / "csv" / f"{name}.csv")
            opened |= {name: spreadsheet_checks(tables[name], published[name]) for name in added}
        made_here = {name: published[name] for name in (*marts(), *added)}
        _audit({name: problems(to_pandas(tables[name]), table) for name, table in made_here.items()})
        _audit({name: failed(name, [*checks.get(name, ()), *opened.get(name, ())]) for name in published})
    finally:
        engine.dispose()
    warehouse.refuse_unwritten(path)
    return tables, checks


def failed(table: str, checks: Iterable[CheckResult]) -> list[str]:
    """Return the failed checks of severity ERROR of a table, as sentences."""
    return [
        f"table {table}: check {c.check} {c.outcome}: {c.observed}"
        for c in checks
        if not c.success and c.severity == "ERROR"
    ]


def _audit(found: Mapping[str, Sequence[str]]) -> None:
    if any(found.values()):
        raise AuditError(found)


NOT_OF_DATA = (
    OSError,
    MemoryError,
    DamagedError,
    BusyError,
    BrokenExecutor,
    duckdb.IOException,
    sqlite3.Error,
    sa.exc.OperationalError,
)
"""Exceptions of building that are caused by this machine, a store or the previous release."""


def is_fault_of_data(error: BaseException) -> bool:
    """Return whether building may have failed because of what a file holds."""
    return isinstance(error, Exception) and not isinstance(error, NOT_OF_DATA)


def write_csv(rows: pa.Table, path: Path) -> None:
    """Write a table as RFC 4180 CSV: UTF-8 without BOM, ISO dates, true and false, missing values empty."""
    with path.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(rows.column_names)
        writer.writerows(zip(*map(_cells, rows.columns), strict=True))


def _cells(column: pa.ChunkedArray) -> list[Any]:
    """Return values as text to write: Python writes numbers in their shortest form, Arrow converts the rest at once."""
    cells: list[Any]
    if pa.types.is_floating(column.type):
        cells = column.to_pylist()
    else:
        cells = column.cast(pa.string()).to_numpy().tolist()
    return cells
