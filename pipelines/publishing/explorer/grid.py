"""Tables as a page shows them: read from a release, with names for readers, beside the values as published.

Every question is a file in `queries`. A column is shown by its kind; what is downloaded and drawn is the value itself.
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files
from itertools import groupby
from typing import Any

import duckdb
import pyarrow as pa
from markupsafe import Markup, escape

from assets.contract.labels import words_of
from assets.organisations.display_names import display_name

Value = str | int | float | bool | None
SHORT, LONG = 12, 40
"""Characters up to which a text stays on one line, and from which its column is wide."""
KEYS = 3
"""Keys of failing rows that are shown; a download has all of them."""
_WEB = re.compile(r"https?://|$")
"""How the address of a link begins: another is shown as text, so that no click runs anything."""
_WORD = re.compile(r"[A-Za-z]+(_[A-Za-z]+)*")
NAME = re.compile(r"(\w*_\w*)")
"""A name of a table, column, check, file or setting within a text."""
_KINDS = {
    "check_name": "word",
    "source": "code",
    "table_name": "code",
    "table_names": "code",
    "source_and_table": "code",
    "_url": "link",
    "_page": "link",
    "_gbp": "money",
    "failing_keys": "keys",
    "trend": "trend",
    "value_status": "status",
    "figure": "figure",
}
SYMBOLS = {
    "x": "not available",
    "z": "not applicable",
    "c": "confidential",
    "low": "rounds to zero",
    "b": "break in the series",
    "e": "estimated or derived by this project",
    "p": "provisional",
    "r": "revised",
}
"""What the symbols of missing and marked values mean."""
_CAPITALS = re.compile(r"\b(cqc|dma|emram|epr|gbp|gde|icb)\b")
"""Words that are written in capitals."""


@dataclass(frozen=True)
class Column:
    """A column: its name in the data, its heading, and how it is shown.

    Kinds are score, whole, money and figure (numbers), word (a code word), code (a name in the data), link, status (a symbol),
    keys and trend (lists), and text that is short, long or neither.
    """

    name: str
    label: str
    kind: str

    @property
    def look(self) -> str:
        """Return the class of the style sheet that its cells have."""
        return "number" if self.kind in {"score", "whole", "money", "figure"} else self.kind


@dataclass(frozen=True)
class Grid:
    """A table to be shown: its name, its columns and its rows.

    `traces` has, for each row, its key in the published table `table` and where it was read, as `row_origins` gives it.
    """

    name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    table: str = ""
    traces: tuple[tuple[str, list[int]] | None, ...] = ()

    def packed(self) -> dict[str, Any]:
        """Return it as compact JSON takes it.

        `texts` has, for a column whose texts repeat, each of them once: its rows then hold their places in that list.
        """
        texts = [_repeated([row[place] for row in self.rows]) for place in range(len(self.columns))]
        places = [{text: place for place, text in enumerate(found)} for found in texts]
        rows = [
            [
                known[value] if known and isinstance(value, str) else value
                for value, known in zip(row, places, strict=True)
            ]
            for row in self.rows
        ]
        columns = [[c.name, c.label, c.kind] for c in self.columns]
        return {"columns": columns, "texts": texts, "rows": rows}


def unpacked(packed: Mapping[str, Any]) -> list[list[Value]]:
    """Return the rows of a packed grid as they were."""
    return [
        [
            texts[value] if texts and value is not None else value
            for value, texts in zip(row, packed["texts"], strict=True)
        ]
        for row in packed["rows"]
    ]


_READ = "fact.source, fact.edition, fact.source_file_sha256, fact.source_sheet, fact.source_row, fact.evidence_grade"
ORIGIN = f"create macro origin(fact) as row({_READ}), (fact, about) as row({_READ}, about)"
"""Where a row was read, and which of several rows it is; packed by `row_origins`."""


def connect(tables: Mapping[str, pa.Table]) -> duckdb.DuckDBPyConnection:
    """Return a connection to the tables of a release, with `display_name` and `origin` as functions of SQL.

    It has one thread, so that the same rows give the same figures.
    """
    connection = duckdb.connect(config={"threads": 1})
    connection.create_function("display_name", display_name, ["VARCHAR"], "VARCHAR")
    connection.execute(ORIGIN)
    for name, rows in tables.items():
        connection.register(name, rows)
    return connection


def ask(connection: duckdb.DuckDBPyConnection, name: str) -> Grid:
    """Return the answer to the question of a name."""
    return answer(connection, name, query(name))


def query(name: str) -> str:
    """Return the SQL of the question of a name."""
    return (files("pipelines.publishing.explorer") / "queries" / f"{name}.sql").read_text("utf-8")


def answer(connection: duckdb.DuckDBPyConnection, name: str, sql: str) -> Grid:
    """Return the rows of a SELECT as a grid."""
    found = connection.execute(sql)
    names = [column[0] for column in found.description or []]
    return grid(name, names, found.fetchall())


def grid(name: str, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> Grid:
    """Return rows as a grid; the kind of each column follows from its name and values."""
    plain = tuple(tuple(_plain(value) for value in row) for row in rows)
    columns = tuple(
        Column(column, words_of(column), _kind(column, [row[place] for row in plain]))
        for place, column in enumerate(names)
    )
    return Grid(name, columns, plain)


def _repeated(values: Sequence[Value]) -> list[str]:
    """Return the texts of a column once each, in the order they come, if half of them or more are repeated; else none."""
    held = [value for value in values if value is not None]
    texts = [value for value in held if isinstance(value, str)]
    once = list(dict.fromkeys(texts))
    return once if len(texts) == len(held) and 2 * len(once) <= len(texts) else []


def _plain(value: Any) -> Value:
    """Return a value as JSON has it: days in ISO form, decimals as numbers."""
    if isinstance(value, dt.date):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value


def _kind(name: str, values: Sequence[Value]) -> str:
    held = [value for value in values if value is not None]
    for end, kind in _KINDS.items():
        if name.endswith(end) and (kind != "link" or all(map(_WEB.match, map(str, held)))):
            return kind
    if any(isinstance(value, float) for value in held):
        return "score"
    if held and all(isinstance(value, int) and not isinstance(value, bool) for value in held):
        return "whole"
    if held and all(isinstance(value, str) and _WORD.fullmatch(value) for value in held):
        return "word"
    length = max((len(str(value)) for value in held), default=0)
    return "short" if length <= SHORT else "long" if length > LONG else "text"


def shown(value: Value, kind: str) -> str:
    """Return a value as a reader sees it; a missing value is a dash."""
    if value is None or value == "":
        return "\N{EN DASH}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if kind == "score":
        return f"{value:.2f}"
    if kind in {"money", "whole"}:
        return f"{value:,}"
    if kind == "figure":
        return f"{value:,.2f}"
    return _TEXTS.get(kind, str)(str(value))


def marked(value: Value, kind: str) -> Markup:
    """Return a value as a reader sees it, as HTML: the names of tables, columns and settings in it are code."""
    text = shown(value, kind)
    if kind == "code" and value:
        return Markup("<code>{}</code>").format(text)
    if "_" not in text:
        return escape(text)
    parts = (
        Markup("<code>{}</code>").format(part) if place % 2 else escape(part)
        for place, part in enumerate(NAME.split(text))
    )
    return Markup("").join(parts)


def _keys(text: str) -> str:
    """Return the first keys of a list, and how many more there are."""
    keys = text.split("; ")
    return "; ".join(keys[:KEYS]) + (f" and {len(keys) - KEYS} more" if len(keys) > KEYS else "")


def _trend(text: str) -> str:
    """Return outcomes with how often each came in a row: passed in 2 releases, then failed in 1."""
    return ", ".join(f"{outcome} in {len(list(run))}" for outcome, run in groupby(text.split("; ")))


_TEXTS: dict[str, Callable[[str], str]] = {
    "keys": _keys,
    "link": lambda text: text.split("/")[2],
    "status": lambda text: f"[{text}] {SYMBOLS[text]}" if text in SYMBOLS else text,
    "trend": _trend,
    "word": lambda text: _CAPITALS.sub(lambda found: found[0].upper(), text.replace("_", " ")),
}
