"""Frozen editions: the tidy rows of an edition, kept in the repository with full provenance.

Publishers overwrite or withdraw editions; the rows read from them stay available here.
`frozen/<source>/<edition>[.<part>].csv` holds rows in the shape of the staged table, never a copy of the publisher's
file. The `.json` beside it says which file they were read from, when and how, and which rows were rejected.

A series of many small files is frozen as one edition. Its part is the name of the series: the part of each file up to
the first dot (`R1H` of `R1H.2020-04`). Each row says which file it is from, and the descriptor lists the files.
"""

import csv
import hashlib
import io
import json
from dataclasses import asdict, dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd
import sqlalchemy as sa

from assets.contract.edition_shape import slug
from assets.contract.parsed import Parsed, Rejected

FROZEN = Path(str(files("assets"))) / "frozen"


@dataclass(frozen=True)
class Descriptor:
    """Where a frozen edition comes from. `sha256` and `bytes` describe the file it was read from; empty if not known.

    `files` holds what is specific to each file of a series (`OF_A_FILE`, `FOUND`); the rest describes all of them.
    `compiled_by` names a re-user who compiled the table from the publisher's files; empty if the publisher made it.
    """

    source: str
    edition: str
    part: str
    title: str
    publisher: str
    landing_page: str
    file_url: str
    publisher_file_name: str
    licence: str
    attribution: str
    sha256: str
    bytes: int
    retrieved_on: str
    published_on: str
    origin: str
    how: str
    rows_in: int
    rows: int
    rejected: tuple[dict[str, Any], ...]
    ignored: tuple[str, ...]
    drift: tuple[str, ...]
    files: tuple[dict[str, Any], ...] = ()
    compiled_by: str = ""


LISTS = ("rejected", "ignored", "drift")
OPTIONAL = ("files", "compiled_by")
"""Keys that a descriptor omits when they are empty."""
OF_A_FILE = (
    "part",
    "file_url",
    "publisher_file_name",
    "sha256",
    "bytes",
    "retrieved_on",
    "published_on",
    "how",
)
FOUND = ("rows_in", "rows", *LISTS)
"""Keys that describe what was read from a file."""


@dataclass(frozen=True)
class FrozenEdition:
    """A frozen edition: its descriptor, the path of its rows, and the SHA-256 of both files together."""

    descriptor: Descriptor
    path: Path
    sha256: str


@cache
def frozen_editions(source: str, root: Path = FROZEN) -> tuple[FrozenEdition, ...]:
    """Return the frozen editions of a source, sorted by edition and part."""
    found = []
    for path in sorted((root / source).glob("*.json")):
        rows = path.with_suffix(".csv")
        content = path.read_bytes()
        digest = hashlib.sha256(content + rows.read_bytes()).hexdigest()
        stated = json.loads(content)
        lists = {key: tuple(stated.get(key, ())) for key in (*LISTS, "files")}
        found.append(FrozenEdition(Descriptor(**{**stated, **lists}), rows, digest))
    return tuple(found)


def frozen_rows(frozen: FrozenEdition) -> list[dict[str, str]]:
    """Return the rows of a frozen edition as they are written: texts by column."""
    return list(csv.DictReader(io.StringIO(frozen.path.read_bytes().decode(), newline="")))


def read_frozen(frozen: FrozenEdition, table: sa.Table) -> Parsed:
    """Read a frozen edition back into the Parsed that its parser returned."""
    rows = frozen_rows(frozen)
    columns = {c.name: [_value(row[c.name], c) for row in rows] for c in table.columns if c.name in rows[0]}
    rejected = tuple(Rejected(**row) for row in frozen.descriptor.rejected)
    described = frozen.descriptor
    return Parsed(pd.DataFrame(columns), described.rows_in, rejected, described.drift, described.ignored)


def write_frozen(descriptor: Descriptor, parsed: Parsed, table: sa.Table, root: Path = FROZEN) -> Path:
    """Write the rows and the descriptor of an edition; return the path of the rows."""
    name = ".".join(filter(None, (slug(descriptor.edition), descriptor.part)))
    path = root / descriptor.source / f"{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    names = [c.name for c in table.columns if c.name in parsed.rows]
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([_text(value) for value in row] for row in parsed.rows[names].itertuples(index=False))
    path.write_text(text.getvalue(), "utf-8", newline="")
    stated = {key: value for key, value in asdict(descriptor).items() if value or key not in OPTIONAL}
    path.with_suffix(".json").write_text(json.dumps(stated, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return path


def _value(text: str, defined: sa.Column[Any]) -> Any:
    """Return the value that `_text` wrote."""
    if text == "" and defined.name != "source_sheet":
        return None
    kind = defined.type
    if isinstance(kind, sa.Boolean):
        return text == "true"
    if isinstance(kind, sa.Integer):
        return int(text)
    if isinstance(kind, sa.Float | sa.Numeric):
        return float(text)
    return date.fromisoformat(text) if isinstance(kind, sa.Date) else text


def _text(value: Any) -> str:
    if pd.isna(value):
        return ""
    if value is True or value is False or type(value).__name__ == "bool":
        return "true" if value else "false"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
