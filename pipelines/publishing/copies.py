"""The formats of a release that are made of its Parquet files alone: CSV, the copy for SQLite, the workbook.

They take longer than everything else in a release, so other processes write them.
"""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from pipelines.publishing.release_workbook import write_workbook
from pipelines.publishing.sqlite import write_sqlite
from pipelines.storage.parquet import read_parquet
from pipelines.storage.release_folder import NAME

PATIENCE = 7200
"""Seconds that writing may take, of a release of any size."""


def write_copies(defined: Mapping[str, sa.Table], folder: Path) -> None:
    """Write the CSV files and the SQLite copy of the release in `folder`; what is there of them is replaced.

    Raises OSError or sqlite3.Error where the disk does not take them.
    """
    tables = _tables(defined, folder)
    (folder / "csv").mkdir(exist_ok=True)
    for name, rows in tables.items():
        write_csv(rows, folder / "csv" / f"{name}.csv")
    write_sqlite(defined, tables, folder / f"{NAME}.sqlite")


def write_spreadsheet(defined: Mapping[str, sa.Table], folder: Path, title: str) -> None:
    """Write the workbook of the release in `folder`.

    Raises OSError where the disk does not take it, and ValueError if a text is longer than a cell can hold.
    """
    from xlsxwriter.exceptions import FileCreateError

    try:
        write_workbook(defined, _tables(defined, folder), folder / f"{NAME}.xlsx", title)
    except FileCreateError as error:  # which hides the error of the system
        raise error.args[0] from None


def _tables(defined: Mapping[str, sa.Table], folder: Path) -> dict[str, pa.Table]:
    return {name: read_parquet(folder / "parquet" / f"{name}.parquet") for name in defined}


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
