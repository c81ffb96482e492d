"""Names and codes to ODS codes, one by one or in a user's own list: plain csv and DuckDB, so that it answers at once.

A list keeps its encoding, delimiter, quotes and line ends: every record stays as it was, and six fields follow it.
"""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from assets.contract.errors import DigitalMaturityError
from pipelines.queries.release_query import Today, latest, newest_list, read_names, today
from pipelines.storage import regular_file

ADDED = ("org_code", "current_org_code", "current_org_name", "matched_by", "note", "candidates")
"""The columns added to a list."""
DELIMITERS = (",", ";", "\t")
BOM = b"\xef\xbb\xbf"

Answer = Callable[[str], tuple[str, ...]]


class ListError(DigitalMaturityError):
    """A list that cannot be resolved: one sentence."""


@dataclass(frozen=True)
class Resolved:
    """A list with the added columns, and how many of its rows there are and stayed unmatched."""

    content: bytes
    rows: int
    unmatched: int


def answers(on: date | None) -> Answer:
    """Return the function from a name or code, in use on a day (None: of the newest list of trusts), to its fields."""
    with latest() as ask:
        index, current, day = read_names(ask), today(ask), on or newest_list(ask)

    @cache
    def answer(name: str) -> tuple[str, ...]:
        match = index.resolve(name, day)
        code = match.org_code or ""
        now = current.get(code, Today("", "", match.reason))
        return code, now.org_code, now.org_name, match.matched_by, now.note, "; ".join(match.candidates)

    return answer


def read_list(path: Path) -> bytes:
    """Return the bytes of a list; raise ListError if there is no readable file."""
    try:
        return regular_file.read(path)
    except regular_file.NotRegularError as error:
        raise ListError(
            f"Reading the list {str(path)!r}: expected a file, found {error}; name a CSV file that you may read."
        ) from error


def write_list(path: Path, content: bytes) -> None:
    """Write the longer list; raise ListError if it cannot be written."""
    try:
        path.write_bytes(content)
    except OSError as error:
        raise ListError(
            f"Writing the list {str(path)!r}: expected a place for it, found none ({error.strerror}); name another with --out."
        ) from error


def resolve_list(content: bytes, column: str, answer: Answer) -> Resolved:
    """Add the columns of `ADDED` to a delimited file with a header; raise ListError if it has another shape."""
    text, encoding = _decoded(content)
    delimiter = _delimiter(text, column)
    records = _records(text, delimiter)
    raw, header = next(records, ("", []))
    place = _place(header, column)
    out = [_longer(raw, ADDED, delimiter)]
    rows = unmatched = 0
    for raw, cells in records:
        if not cells:  # a blank line is no row
            out.append(raw)
            continue
        rows += 1
        missing = len(header) - len(cells)
        if missing < 0:
            raise ListError(
                f"Reading the list: expected {len(header)} fields in row {rows}, found {len(cells)}; quote what holds a {delimiter!r}."
            )
        found = answer(cells[place] if place < len(cells) else "")
        unmatched += not found[0]
        out.append(_longer(raw, ("",) * missing + found, delimiter))
    return Resolved("".join(out).encode(encoding), rows, unmatched)


def _decoded(content: bytes) -> tuple[str, str]:
    """Return the text of a list and its encoding."""
    for encoding in ("utf-8-sig" if content.startswith(BOM) else "utf-8", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text, encoding
    raise ListError(
        "Reading the list: expected text in UTF-8 or Windows-1252, found neither; save it as CSV UTF-8."
    )


def _records(text: str, delimiter: str) -> Iterator[tuple[str, list[str]]]:
    """Yield every record of a list as it is written, with its cells; a record may run over several lines."""
    lines: list[str] = []

    def taken() -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            lines.append(line)
            yield line

    reader = csv.reader(taken(), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            yield "".join(lines), cells
            lines.clear()
    except csv.Error as error:
        raise ListError(
            f"Reading the list: expected CSV, found {error} in line {reader.line_num}; correct the quotes there."
        ) from error


def _delimiter(text: str, column: str) -> str:
    """Return the delimiter under which the header holds the column, else the one that gives most columns."""

    def columns(delimiter: str) -> tuple[bool, int]:
        try:
            header = next(_records(text, delimiter))[1]
        except (ListError, StopIteration):
            return False, 0
        return bool(_places(header, column)), len(header)

    return max(DELIMITERS, key=columns)


def _place(header: list[str], column: str) -> int:
    """Return where the column is; raise ListError if it is missing, is there twice, or an added column is already there."""
    names = [name.strip() for name in header]
    places = _places(header, column)
    if not names:
        raise ListError(
            "Reading the list: expected the names of its columns in the first line, found an empty line; begin the list with them."
        )
    if len(places) != 1:
        listed = ", ".join(map(repr, names))
        near = get_close_matches(column.strip(), names, n=1) if not places else []
        meant = (
            f"did you mean --column {near[0]!r}?"
            if near
            else "name one of them with --column, and name no two alike."
        )
        raise ListError(
            f"Reading the list: expected one column {column!r}, found {len(places)} among {listed}; {meant}"
        )
    if held := [name for name in ADDED if name in names]:
        raise ListError(
            f"Reading the list: expected none of the columns {', '.join(ADDED)}, found {', '.join(held)}; rename or drop it first."
        )
    return places[0]


def _places(header: list[str], column: str) -> list[int]:
    """Return where a header has the column: as it is spelt, else in any case."""
    spelt = [number for number, name in enumerate(header) if name.strip() == column.strip()]
    folded = column.strip().casefold()
    return spelt or [number for number, name in enumerate(header) if name.strip().casefold() == folded]


def _longer(raw: str, fields: tuple[str, ...], delimiter: str) -> str:
    """Return a record as it is written, with fields added before its line end."""
    body = raw.rstrip("\r\n")
    added = io.StringIO(newline="")
    csv.writer(added, delimiter=delimiter, lineterminator="").writerow(fields)
    return body + delimiter + added.getvalue() + raw[len(body) :]
