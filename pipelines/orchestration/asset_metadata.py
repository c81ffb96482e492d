"""What Dagster shows of an asset: owner, columns, number of rows, the first rows, and the version of its content."""

import hashlib
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow.parquet as pq
import sqlalchemy as sa

from pipelines.storage.parquet import field_type

OWNERS = ["team:digital-maturity"]
PREVIEW = 5
"""Rows that are shown."""
SHORT = 16
"""Characters of a digest that tell versions of code apart."""


def columns(table: sa.Table) -> dict[str, Any]:
    """Return the columns of a table as Dagster shows them."""
    found = [
        dg.TableColumn(
            column.name,
            type=field_type(column),
            description=column.comment,
            constraints=dg.TableColumnConstraints(nullable=bool(column.nullable), unique=False),
        )
        for column in table.columns
    ]
    return {"dagster/column_schema": dg.TableSchema(columns=found)}


def shape(path: Path) -> dict[str, Any]:
    """Return the number of rows of a Parquet file and its first rows, without reading the others."""
    with pq.ParquetFile(path) as file:
        names, count = file.schema_arrow.names, file.metadata.num_rows
        first = next(file.iter_batches(batch_size=PREVIEW), None)
    lines = [_line(names), "|" + "---|" * len(names)]
    lines += [_line(row.values()) for row in (first.to_pylist() if first else ())]
    return {"dagster/row_count": count, "preview": dg.MetadataValue.md("\n".join(lines))}


def version_of(path: Path) -> dg.DataVersion:
    """Return the version of a file: the SHA-256 of its content."""
    return dg.DataVersion(hashlib.sha256(path.read_bytes()).hexdigest())


def version_of_text(*parts: str) -> dg.DataVersion:
    """Return the version of something that is named by words."""
    return dg.DataVersion(hashlib.sha256("\n".join(parts).encode()).hexdigest())


def _line(cells: Any) -> str:
    return "| " + " | ".join("" if cell is None else str(cell).replace("|", "\\|") for cell in cells) + " |"
