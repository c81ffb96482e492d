"""Reading a huge CSV file by column: Python handles a single row only to reject it.

Cells are read as text, one column per header of the contract. Each becomes a typed column and a mapping of places to
problems. Places count the data rows from 0.
"""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from assets.contract.parsed import Rejected, StructureError
from assets.reading.sniff import sniff
from assets.reading.structure import Sheet, find_table, normal, unmapped

SUPPRESSED = "*"
"""What stands for a number that is too small to be published."""
NO_VALUE = ("", "-", SUPPRESSED)
"""Cells without a number: `-` is a publisher's mark for "not applicable"."""
NUMBER = r"^(\d{1,3}(,\d{3})+|\d+)(\.\d+)?$"
EDGES = " \n\u00a0"
Wrong = dict[int, str]
"""What is wrong with a cell, by its place."""


def read(content: bytes, headers: Sequence[str], unread: Sequence[str]) -> tuple[pa.Table, list[str]]:
    """Return the cells of the columns `headers` as text, with a column `row`, and the tolerated oddities.

    Blank lines are left out; columns in `unread` are known and not read. Raises StructureError if a column is
    missing or appears twice, and if the file is cut or damaged.
    """
    if (kind := sniff(content)) != "text":
        raise StructureError(f"expected a CSV file, found {kind}; download the file again")
    head = content[: content.find(b"\n") + 1] or content
    try:
        header = next(csv.reader(io.StringIO(head.decode("utf-8-sig", errors="replace"))), [])
    except csv.Error as error:
        raise StructureError(f"expected a header in row 1, found {error}: the file is damaged") from error
    sheet = Sheet("", [header], [])
    find_table(sheet, headers)
    if content.count(b'"') % 2:
        raise StructureError(
            "expected every quotation mark closed, found one open: the file is cut or damaged"
        )
    names = [normal(cell) for cell in header]
    drift = unmapped(sheet, [*headers, *(name for name in unread if normal(name) in names)])
    try:
        cells = _cells(content, len(header), "utf8")
    except StructureError as problem:
        if "UTF8" not in str(problem):
            raise
        cells = _cells(content, len(header), "cp1252")
        drift.append("not utf-8: read as cp1252")
    cells = cells.append_column("row", pa.array(range(2, cells.num_rows + 2), pa.int32()))
    places = {name: str(names.index(normal(name))) for name in headers}
    kept = cells.select([*places.values(), "row"]).rename_columns([*places, "row"])
    blank = reduce(pc.and_, (pc.equal(kept[name], "") for name in headers))
    return kept.filter(pc.invert(blank)), drift


def _cells(content: bytes, width: int, encoding: str) -> pa.Table:
    """Return every cell under the header as text. Raises StructureError naming the row that cannot be read."""
    names = [str(place) for place in range(width)]
    try:
        return pyarrow.csv.read_csv(
            pa.BufferReader(content),
            pyarrow.csv.ReadOptions(column_names=names, skip_rows=1, encoding=encoding, use_threads=False),
            pyarrow.csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
            pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid as error:
        reason = str(error).splitlines()[0][:120]
        raise StructureError(
            f"expected {width} columns in every row, found a file that is cut or damaged ({reason})"
        ) from error


def texts(
    cells: pa.Table, header: str, check: Callable[[str, str], object]
) -> tuple["pd.Series[str]", Wrong]:
    """Return a column of texts, and the problems by place.

    `check` is called once for every distinct text, with (text, header), and raises ValueError for a wrong one.
    """
    values = pc.utf8_trim(cells[header], characters=EDGES).to_pandas()
    wrong = {text: problem for text in values.unique() if (problem := _problem(check, text, header))}
    bad = values[values.isin(list(wrong))]
    return values, {int(place): wrong[text] for place, text in bad.items()}


def _problem(check: Callable[[str, str], object], text: str, header: str) -> str:
    try:
        check(text, header)
    except ValueError as problem:
        return str(problem)
    return ""


def numbers(cells: pa.Table, header: str, highest: float) -> tuple["pd.Series[float]", Wrong]:
    """Return a column of numbers from 0 to `highest`, missing where a cell has none, and the problems by place."""
    text = pc.utf8_trim(cells[header], characters=EDGES)
    good = pc.match_substring_regex(text, NUMBER)
    plain = pc.replace_substring(pc.if_else(good, text, pa.scalar(None, pa.string())), ",", "")
    values = plain.cast(pa.float64()).to_pandas()
    known = pc.or_(good, pc.is_in(text, value_set=pa.array(NO_VALUE))).to_pandas()
    bad = (~known | (values > highest)).to_numpy().nonzero()[0]
    expected = f"column {header!r}: expected a number from 0 to {highest:g}"
    shown = zip(bad, text.take(bad).to_pylist(), strict=True)
    return values, {int(place): f"{expected}, found {found[:40]!r}" for place, found in shown}


def suppressed(cells: pa.Table, header: str) -> "pd.Series[bool]":
    """Return whether each cell of a column is suppressed."""
    found: pd.Series[bool] = pc.equal(pc.utf8_trim(cells[header], characters=EDGES), SUPPRESSED).to_pandas()
    return found


def doubled(frame: pd.DataFrame, key: Sequence[str], what: str) -> dict[int, tuple[str, str]]:
    """Return why to reject rows whose key appears twice, as (rule, reason): the later of equal rows, or both."""
    again = frame[frame.duplicated(list(key), keep=False)]
    same = again.duplicated([name for name in again if name != "source_row"])
    differ = again[~same].duplicated(list(key), keep=False)
    return {
        **{
            int(place): ("duplicate", f"expected {what} once, found the same row again")
            for place in again.index[same]
        },
        **{
            int(place): ("conflict", f"expected {what} once, found rows that differ")
            for place in differ.index[differ]
        },
    }


def rejected(cells: pa.Table, reasons: Mapping[int, tuple[str, str]]) -> Iterator[Rejected]:
    """Yield the rejected rows in order; `reasons` gives the rule and reason by place."""
    places = sorted(reasons)
    rows: list[dict[str, Any]] = cells.take(places).to_pylist() if places else []
    for place, row in zip(places, rows, strict=True):
        yield Rejected("", row.pop("row"), *reasons[place], " | ".join(row.values()))
