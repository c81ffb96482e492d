"""Reading a publisher's file by the text of its sheets and headers, not by their position.

Sheets and headers must match exactly once. Every problem is collected and reported in one sentence each
(`StructureError`). A cell that breaks the grammar of its column rejects its row, never the file, and the rejected row
is kept with its rule. No network, no Dagster, no dependency on any source.
"""

import csv
import difflib
import io
import numbers
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd
import sqlalchemy as sa

from assets.contract.columns import ORG_CODE, key_of
from assets.contract.parsed import Parsed, Rejected, StructureError
from assets.reading.hidden_cells import Hidden
from assets.reading.sniff import sniff
from assets.reading.spreadsheet import open_workbook

CELL_LIMIT = 2_000
"""Characters; the longest real cell of a data row is about 120."""
LEAST_ALIKE = 0.8
"""Least share of the rows with the usual number of cells for a character to be the delimiter: titles and notes have fewer."""
_DELIMITERS = {",": "a comma", ";": "a semicolon (;)", "\t": "a tab", "|": "a bar (|)"}
_NUMBER = re.compile(r"-?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?", re.ASCII)
_DANGEROUS = re.compile(r"^[=+\-@\t\r]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
_KINDS = (
    (sa.Float, "a number"),
    (sa.Boolean, "true or false"),
    (sa.Numeric, "a number"),
    (sa.Integer, "a number"),
    (sa.Date, "a date"),
    (sa.Text, "text"),
)
_OF: dict[str, Any] = {
    "true or false": (bool, np.bool_),
    "a number": (numbers.Real, Decimal),
    "a date": date,
    "text": str,
}


@dataclass(frozen=True)
class Record:
    """One data row: its sheet, its row number counted from 1, and its cells by the headers of the contract."""

    sheet: str
    row: int
    cells: dict[str, str]
    numbers: dict[str, float]

    def text(self, header: str) -> str:
        """Return the trimmed text of a cell; raise ValueError where it is empty, dangerous or oversized."""
        found = self.cells.get(header, "")
        if not found.strip():
            raise ValueError(f"column {header!r}: expected a value, found an empty cell")
        return safe_text(found.strip(" \n\u00a0"), header)  # not tab or CR: safe_text refuses a leading one

    def optional(self, header: str) -> str | None:
        """Return the trimmed text of a cell, or None where it is empty."""
        return self.text(header) if self.cells.get(header, "").strip() else None

    def code(self, header: str) -> str:
        """Return an ODS code: ASCII capitals and digits only, so that look-alike letters are rejected."""
        found = self.text(header)
        if not re.fullmatch(ORG_CODE, found):
            raise ValueError(f"column {header!r}: expected an ODS code like {ORG_CODE}, found {found[:40]!r}")
        return found

    def number(self, header: str, minimum: float, maximum: float) -> float:
        """Return a number between `minimum` and `maximum`, in the precision of the file."""
        found = self.text_of_number(header)
        if not _NUMBER.fullmatch(found):
            raise ValueError(f"column {header!r}: expected a number, found {found[:40]!r}")
        value = self.numbers.get(header, float(found.replace(",", "")))
        if not minimum <= value <= maximum:
            raise ValueError(f"column {header!r}: expected {minimum:g} to {maximum:g}, found {value:g}")
        return value

    def text_of_number(self, header: str) -> str:
        """Return the trimmed text of a cell that should hold a number."""
        found = self.cells.get(header, "").strip()
        if not found:
            raise ValueError(f"column {header!r}: expected a number, found an empty cell")
        return found

    def day(self, header: str, layout: str) -> date:
        """Return a date written in `layout` (strptime)."""
        found = self.text(header)
        try:
            return datetime.strptime(found, layout).date()  # noqa: DTZ007 - a day has no time zone
        except ValueError:
            raise ValueError(
                f"column {header!r}: expected a date like {layout}, found {found[:40]!r}"
            ) from None

    def one_of(self, header: str, values: Mapping[str, Any]) -> Any:
        """Return what the publisher's word in a cell stands for."""
        found = self.text(header)
        if normal(found) not in values:
            raise ValueError(f"column {header!r}: expected one of {', '.join(values)}, found {found[:40]!r}")
        return values[normal(found)]

    @cached_property
    def raw(self) -> str:
        """Return the row as published, for anyone who examines a rejection."""
        return " | ".join(self.cells.values())


def safe_text(text: str, what: str) -> str:
    """Return `text`; raise ValueError if a spreadsheet would run it, or if it has control characters or is too long."""
    if _DANGEROUS.match(text):
        raise ValueError(
            f"column {what!r}: expected plain text, found text that a spreadsheet runs as a formula"
        )
    if _CONTROL.search(text):
        raise ValueError(f"column {what!r}: expected plain text, found control characters")
    if len(text) > CELL_LIMIT:
        raise ValueError(f"column {what!r}: expected at most {CELL_LIMIT} characters, found {len(text)}")
    return text


def normal(text: str) -> str:
    """Return the form in which headers and sheet names are compared: lower case, single spaces, trimmed."""
    return " ".join(text.lower().split())


def _solid(name: str) -> str:
    """Return the form in which sheet names are compared: publishers add and drop spaces."""
    return normal(name).replace(" ", "")


@dataclass(frozen=True)
class Sheet:
    """A sheet as rows of text from row 1, and the same cells as numbers in full precision."""

    name: str
    rows: list[list[str]]
    numbers: list[list[float | None]]
    drift: tuple[str, ...] = ()


class Workbook:
    """The visible sheets of an xlsx file; hidden ones are listed, never read."""

    def __init__(self, content: bytes) -> None:
        self._opened = open_workbook(content)
        self.names, self.hidden = self._opened.visible, self._opened.hidden

    def sheet(self, wanted: str) -> Sheet:
        """Return the one visible sheet called `wanted`, ignoring case and spaces."""
        found = [name for name in self.names if _solid(name) == _solid(wanted)]
        if len(found) != 1:
            near = difflib.get_close_matches(wanted, self.names, n=1, cutoff=0.3)
            hint = f"; nearest is {near[0]!r}" if near else ""
            listed = ", ".join(repr(name) for name in self.names)
            raise StructureError(f"expected one sheet {wanted!r}, found {len(found)} among {listed}{hint}")
        # The library rounds a float to nine decimals when it returns text, so numbers are read again as floats.
        drift = () if found[0] == wanted else (f"sheet {wanted!r} is spelt {found[0]!r}",)
        texts, numbers = self._load(found[0], "string", ""), self._load(found[0], "float", None)
        return visible(
            Sheet(found[0], texts, numbers, drift), self._opened.hidden_parts.get(found[0], Hidden())
        )

    def _load(self, name: str, dtype: Literal["string", "float"], empty: Any) -> list[list[Any]]:
        cells = self._opened.load(name, header_row=None, dtypes=dtype).to_arrow().to_pydict()
        columns = [[empty if cell is None else cell for cell in column] for column in cells.values()]
        return [list(row) for row in zip(*columns, strict=True)]


def visible(sheet: Sheet, hidden: Hidden) -> Sheet:
    """Return a sheet with the cells of hidden rows and columns blank, and a note of how many of them were filled."""
    rows = {place - 1 for place in hidden.rows}
    columns = {place - 1 for place in hidden.columns}
    filled_rows = [
        place for place, row in enumerate(sheet.rows) if place in rows and any(map(str.strip, row))
    ]
    filled_columns = {
        place for row in sheet.rows for place in columns if place < len(row) and row[place].strip()
    }
    if not filled_rows and not filled_columns:
        return sheet

    def shown(cells: list[list[Any]], empty: Any) -> list[list[Any]]:
        return [
            [empty if at in rows or place in columns else cell for place, cell in enumerate(row)]
            for at, row in enumerate(cells)
        ]

    note = f"sheet {sheet.name!r}: {len(filled_rows)} rows and {len(filled_columns)} columns with data are hidden and not read"
    return Sheet(sheet.name, shown(sheet.rows, ""), shown(sheet.numbers, None), (*sheet.drift, note))


def read_csv(
    content: bytes, name: str, *, encoding: str = "utf-8-sig", delimiter: str = ","
) -> tuple[Sheet, list[str]]:
    """Return a delimited file as a sheet, and the tolerated oddities; refuse HTML, an empty file and a cut one."""
    found = sniff(content)
    if found not in {"csv", "text"}:
        raise StructureError(f"expected a CSV file, found {found}; download the file again")
    drift = []
    text, read_as = _decoded(content, encoding)
    if read_as != encoding:
        drift.append(f"not {encoding}: read as {read_as}")
    try:
        rows = _cells(text, delimiter)
    except csv.Error as error:
        _refuse_another_delimiter(text, delimiter)
        raise StructureError(f"expected readable CSV, found {error}: the file is cut or damaged") from error
    width = _usual_width(rows)
    if width == 1:
        _refuse_another_delimiter(text, delimiter)
    if not text.endswith("\n") and len(rows[-1]) != width:
        raise StructureError(
            f"expected {width} columns in every row, found {len(rows[-1])} in row {len(rows)}, the last: the file is cut"
        )
    return Sheet(name, rows, []), drift


def _decoded(content: bytes, encoding: str) -> tuple[str, str]:
    """Return a text and its encoding: the declared one, else UTF-8, else cp1252, which gives a text to nearly any bytes."""
    for one in (encoding, "utf-8-sig"):
        with suppress(UnicodeDecodeError):
            return content.decode(one), one
    try:
        return content.decode("cp1252"), "cp1252"
    except UnicodeDecodeError as error:
        raise StructureError(
            f"expected text in {encoding}, found bytes that are neither that nor UTF-8 nor cp1252 ({error.reason})"
        ) from error


def _cells(text: str, delimiter: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))


def _usual_width(rows: list[list[str]]) -> int:
    """Return the number of cells of most rows: titles above a table have fewer cells than it."""
    return Counter(map(len, rows)).most_common(1)[0][0]


def _refuse_another_delimiter(text: str, delimiter: str) -> None:
    """Refuse a file if nearly all of its rows have the same number of cells with another delimiter."""
    for other, named in _DELIMITERS.items():
        with suppress(csv.Error):
            rows = [row for row in _cells(text, other) if row]
            width = _usual_width(rows)
            if width > 1 and sum(len(row) == width for row in rows) >= LEAST_ALIKE * len(rows):
                raise StructureError(
                    f"expected cells separated by {_DELIMITERS[delimiter]}, found them separated by {named}; save it again as CSV"
                )


def find_table(sheet: Sheet, headers: Sequence[str], *, least: int = 2) -> list[Record]:
    """Return the data rows under the one row of `sheet` that holds all `headers`.

    Headers are compared in normal form. Blank rows and footnotes, which fill fewer than `least` of these columns, are
    not data rows. A missing or repeated header raises a StructureError that names the nearest one found.
    """
    wanted = [normal(header) for header in headers]
    candidates = [
        index for index, row in enumerate(sheet.rows) if set(wanted) <= {normal(cell) for cell in row}
    ]
    if len(candidates) != 1:
        raise StructureError(
            _header_problems(sheet, headers)
            if not candidates
            else [
                f"{_place(sheet)}: expected one header row, found {len(candidates)} (rows {', '.join(str(i + 1) for i in candidates)})"
            ]
        )
    header = [normal(cell) for cell in sheet.rows[candidates[0]]]
    doubled = [name for name in headers if header.count(normal(name)) > 1]
    if doubled:
        raise StructureError(
            [
                f"{_place(sheet)}, row {candidates[0] + 1}: expected column {name!r} once, found it twice"
                for name in doubled
            ]
        )
    found = {name: header.index(normal(name)) for name in headers}
    places = {name: found[name] for name in sorted(found, key=lambda name: found[name])}
    return [
        _record(sheet, index, places)
        for index in range(candidates[0] + 1, len(sheet.rows))
        if _filled(sheet.rows[index], places) >= least
    ]


def unmapped(sheet: Sheet, headers: Sequence[str], unread: Sequence[str] = ()) -> list[str]:
    """Return the columns in the header row of `sheet` that are not in the contract: allowed, reported, not published.

    `unread` are known columns that nothing is read from.
    """
    wanted = {normal(header) for header in headers}
    header = next(row for row in sheet.rows if wanted <= {normal(cell) for cell in row})
    wanted |= {normal(header) for header in unread}
    return [
        *sheet.drift,
        *(
            f"{_place(sheet)}: column {cell!r} is new and not published"
            for cell in header
            if cell.strip() and normal(cell) not in wanted
        ),
    ]


def _place(sheet: Sheet) -> str:
    """Return how a sentence refers to a sheet; a file without sheets is "the file"."""
    return f"sheet {sheet.name!r}" if sheet.name else "the file"


def _filled(row: Sequence[str], places: dict[str, int]) -> int:
    """Return how many of the columns a row fills: none if it is blank, one if it is a footnote."""
    return sum(1 for place in places.values() if place < len(row) and row[place].strip())


def _record(sheet: Sheet, index: int, places: dict[str, int]) -> Record:
    row = sheet.rows[index]
    cells = {name: row[place] if place < len(row) else "" for name, place in places.items()}
    numbers = sheet.numbers[index] if sheet.numbers else []
    found = {name: numbers[place] for name, place in places.items() if place < len(numbers)}
    return Record(
        sheet.name, index + 1, cells, {name: value for name, value in found.items() if value is not None}
    )


def _header_problems(sheet: Sheet, headers: Sequence[str]) -> list[str]:
    """Return which headers are missing from the row that is closest to the contract."""
    wanted = {normal(header): header for header in headers}
    best = max(
        range(len(sheet.rows)),
        key=lambda i: len(set(wanted) & {normal(cell) for cell in sheet.rows[i]}),
        default=None,
    )
    if best is None:
        return [f"{_place(sheet)}: expected a header row with {', '.join(headers)}, found an empty sheet"]
    found = [cell for cell in sheet.rows[best] if cell.strip()]
    if not set(wanted) & {normal(cell) for cell in found}:
        return [f"{_place(sheet)}: expected a header row with {', '.join(headers)}, found none"]
    spare = [cell for cell in found if normal(cell) not in wanted]
    return [
        f"{_place(sheet)}, row {best + 1}: expected column {header!r}, found {_nearest(header, spare)}"
        for name, header in wanted.items()
        if name not in {normal(cell) for cell in found}
    ]


def _nearest(header: str, spare: Sequence[str]) -> str:
    near = difflib.get_close_matches(header, spare, n=1, cutoff=0.5)
    if near and normal(_undamaged(near[0])) == normal(header):
        return f"{near[0]!r}: its characters are damaged, as the file was saved in another encoding than it was read in; download it again"
    return f"{near[0]!r}, which may be its new name" if near else "no column like it"


def _undamaged(text: str) -> str:
    """Return what a text was before a program read its UTF-8 as cp1252; a text that was never damaged stays."""
    try:
        return text.encode("cp1252").decode()
    except UnicodeError:
        return text


def tidy(
    records: Iterable[Record],
    make: Callable[[Record], Mapping[str, Any] | Sequence[Mapping[str, Any]]],
    *,
    drift: Sequence[str] = (),
    ignored: Sequence[str] = (),
) -> Parsed:
    """Turn records into a Parsed: `make` returns the tidy row or rows of a record, or raises ValueError, which rejects it."""
    rows: list[dict[str, Any]] = []
    rejected = []
    count = 0
    for record in records:
        count += 1
        try:
            made = make(record)
        except ValueError as error:
            rejected.append(Rejected(record.sheet, record.row, "cell", str(error), record.raw))
            continue
        where = {"source_sheet": record.sheet, "source_row": record.row}
        rows += [{**row, **where} for row in ([made] if isinstance(made, Mapping) else made)]
    if not rows:
        raise StructureError(
            [
                "expected at least one usable data row, found none"
                + (f" ({rejected[0].reason})" if rejected else "")
            ]
        )
    return Parsed(pd.DataFrame(rows), count, tuple(rejected), tuple(drift), tuple(ignored))


def problems(frame: pd.DataFrame, table: sa.Table) -> list[str]:
    """Return where a frame differs from the definition of its table: columns, nulls, types, values, key."""
    return column_problems(frame, table) or doubled(frame, table, lambda place: frame.iloc[place])


def column_problems(frame: pd.DataFrame, table: sa.Table) -> list[str]:
    """Return where the columns of a frame differ from the definition of its table: names, nulls, types, values."""
    missing = [c.name for c in table.columns if c.name not in frame]
    extra = [name for name in map(str, frame) if name not in table.columns]
    found = [f"table {table.name}: expected column {name!r}, found none" for name in missing]
    found += [f"table {table.name}: found column {name!r}, which is not defined" for name in extra]
    for defined in table.columns:
        if defined.name in frame:
            found += [
                f"table {table.name}, column {defined.name!r}: {problem}"
                for problem in _column_problems(frame[defined.name], defined)
            ]
    return found


def doubled(
    keys: pd.DataFrame, table: sa.Table, row: Callable[[int], "Mapping[str, Any] | pd.Series[Any]"]
) -> list[str]:
    """Return a problem if a key occurs more than once; `keys` has the key of each row, or numbers for it, `row` returns a row by position."""
    key = key_of(table)
    repeats = keys.duplicated(key).to_numpy()
    if not repeats.any():
        return []
    first = row(int(repeats.argmax()))
    example = "|".join(str(first[name]) for name in key)
    return [
        f"table {table.name}: expected one row per {', '.join(key)}, found {repeats.sum()} more, such as {example}"
    ]


def _column_problems(values: "pd.Series[Any]", defined: sa.Column[Any]) -> list[str]:
    found = []
    present = values.dropna() if values.hasnans else values
    if not defined.nullable and len(present) < len(values):
        found.append(f"expected a value in every row, found {len(values) - len(present)} missing")
    info = defined.info
    word = next(word for kind, word in _KINDS if isinstance(defined.type, kind))
    if wrong := _of_another_kind(present, _OF[word]):
        return [*found, f"expected {word}, found {wrong[0][:40]!r}"]
    if "allowed" in info and (wrong := sorted(set(present.unique()) - set(info["allowed"]))):
        found.append(f"expected one of {', '.join(info['allowed'])}, found {wrong[0][:40]!r}")
    elif "pattern" in info and (
        wrong := sorted(v for v in present.unique() if not re.match(info["pattern"], v) or v != v.strip())
    ):
        found.append(f"expected text like {info['pattern']}, found {wrong[0][:40]!r}")
    if "minimum" in info and len(present) and present.min() < info["minimum"]:
        found.append(f"expected at least {info['minimum']:g}, found {present.min():g}")
    if "maximum" in info and len(present) and present.max() > info["maximum"]:
        found.append(f"expected at most {info['maximum']:g}, found {present.max():g}")
    return found


def _of_another_kind(present: "pd.Series[Any]", kind: Any) -> list[str]:
    """Return the values of another kind, as text; in a typed column one value represents all."""
    types = set(map(type, present if present.dtype == object else present.array[:1]))
    if all(issubclass(each, kind) for each in types):
        return []
    return sorted({str(value) for value in present if not isinstance(value, kind)})
