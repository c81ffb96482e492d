"""Frames, Arrow tables and Parquet files: one mapping of types for Parquet, the warehouse and descriptors."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from pipelines.storage.atomic_files import being_written

_TYPES: tuple[tuple[type[sa.types.TypeEngine[Any]], pa.DataType, str, Callable[[Any], Any]], ...] = (
    (sa.Boolean, pa.bool_(), "boolean", bool),
    (sa.BigInteger, pa.int64(), "integer", int),
    (sa.Integer, pa.int32(), "integer", int),
    (sa.Float, pa.float64(), "number", float),
    (sa.Date, pa.date32(), "date", lambda value: value),
    (sa.Text, pa.string(), "string", str),
)
_NULLABLE = {
    pa.bool_(): pd.BooleanDtype(),
    pa.int32(): pd.Int64Dtype(),
    pa.int64(): pd.Int64Dtype(),
    pa.string(): pd.StringDtype(na_value=float("nan")),
}

_AT_ONCE: dict[pa.DataType, tuple[Any, ...]] = {
    pa.float64(): ("float64",),
    pa.int32(): ("int32", "int64", "Int64"),
    pa.int64(): ("int32", "int64", "Int64"),
    pa.bool_(): ("bool", "boolean"),
    pa.date32(): ("object",),
    pa.string(): ("str", pd.StringDtype(na_value=float("nan"))),
}
"""Types of a frame column that need no conversion value by value."""
_FIRST, _FOOTER = b"PAR1", 8
"""The first and last four bytes of a Parquet file, and the size of its end: the footer length and these bytes."""
ROWS_AT_ONCE = 50_000
"""Rows that are collected before they are written, if a table comes in many small parts."""


def arrow_type(defined: sa.Column[Any]) -> pa.DataType:
    """Return the Arrow type of a column."""
    if isinstance(defined.type, sa.Numeric) and not isinstance(defined.type, sa.Float):
        return pa.decimal128(defined.type.precision or 18, defined.type.scale or 0)
    return next(arrow for kind, arrow, _, _ in _TYPES if isinstance(defined.type, kind))


def field_type(defined: sa.Column[Any]) -> str:
    """Return the type of a column as a Frictionless field type."""
    return next((word for kind, _, word, _ in _TYPES if isinstance(defined.type, kind)), "number")


def schema(table: sa.Table) -> pa.Schema:
    """Return the Arrow schema of a table, its comments as metadata."""
    return pa.schema(
        [
            pa.field(c.name, arrow_type(c), nullable=bool(c.nullable), metadata={"comment": c.comment or ""})
            for c in table.columns
        ]
    )


def to_arrow(frame: pd.DataFrame, table: sa.Table, *, in_order: bool = True) -> pa.Table:
    """Return a frame as an Arrow table with the columns and types of `table`, sorted by its key if `in_order`."""
    columns = []
    for defined in table.columns:
        convert = next((c for kind, _, _, c in _TYPES if isinstance(defined.type, kind)), Decimal)
        values = frame[defined.name] if defined.name in frame else [None] * len(frame)
        columns.append(_array(values, arrow_type(defined), convert))
    rows = pa.Table.from_arrays(columns, schema=schema(table))
    return rows.sort_by([(c.name, "ascending") for c in table.primary_key.columns]) if in_order else rows


def _array(values: Any, kind: pa.DataType, convert: Callable[[Any], Any]) -> pa.Array:
    """Return values as an array: converted at once if they already have its type, else one by one."""
    if isinstance(values, pd.Series) and values.dtype in _AT_ONCE.get(kind, ()):
        return pa.Array.from_pandas(values, type=kind)
    if isinstance(values, pd.Series) and values.isna().all():
        return pa.nulls(len(values), kind)
    return pa.array([None if pd.isna(v) else convert(v) for v in values], kind)


def to_pandas(rows: pa.Table) -> pd.DataFrame:
    """Return an Arrow table as a frame, with nullable integers and booleans."""
    frame: pd.DataFrame = rows.to_pandas(types_mapper=_NULLABLE.get)
    return frame


def nearest_floats(decimals: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return decimals as the floats nearest to them; Arrow's own cast may be off in the last digit."""
    return decimals.cast(pa.string()).cast(pa.float64())


def write_parquet(rows: pa.Table, path: Path) -> None:
    """Write a table atomically; the same rows give the same bytes."""
    with _written(path) as temporary:
        pq.write_table(rows, temporary, compression="zstd")


def write_batches(tables: Iterable[pa.Table], table: sa.Table, path: Path) -> None:
    """Write tables as one, in the given order, like `write_parquet`; only a few are in memory at a time."""
    with (
        _written(path) as temporary,
        pq.ParquetWriter(temporary, schema(table), compression="zstd") as writer,
    ):
        held: list[pa.Table] = []
        for one in tables:
            held.append(one)
            if sum(each.num_rows for each in held) >= ROWS_AT_ONCE:
                writer.write_table(pa.concat_tables(held))
                held = []
        if held:
            writer.write_table(pa.concat_tables(held))


@contextmanager
def _written(path: Path) -> Iterator[Path]:
    """Yield a temporary path to write to, which then replaces `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_of(path)
    try:
        yield temporary
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def temporary_of(path: Path, process: int | None = None) -> Path:
    """Return the temporary path of a table that a process (default: this one) writes."""
    return path.with_name(f"{being_written(process)}{path.name}")


def is_whole(path: Path) -> bool:
    """Return whether a Parquet file exists and is complete: a power cut leaves files empty or cut short."""
    try:
        with path.open("rb") as content:
            size = content.seek(0, os.SEEK_END)
            if size < len(_FIRST) + _FOOTER:
                return False
            content.seek(-_FOOTER, os.SEEK_END)
            last = content.read(_FOOTER)
            content.seek(0)
            length = int.from_bytes(last[:4], "little")
            return content.read(4) == _FIRST == last[4:] and length + len(_FIRST) + _FOOTER <= size
    except OSError:
        return False


def read_parquet(path: Path) -> pa.Table:
    """Read a table without memory mapping, so that the file can be replaced meanwhile."""
    return pq.read_table(path, memory_map=False)
