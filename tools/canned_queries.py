"""`python -m tools.canned_queries HOME` writes the questions of docs/questions.md that SQLite answers, for Datasette.

A query is taken as it stands, if SQLite answers it on the latest release of HOME with the rows that DuckDB gives (numbers may
have more decimals). So queries with percentile_cont, stddev_samp, corr, intervals or lists are left out, and so are those
whose answer is empty there: SQLite divides whole numbers differently, and nothing shows that it would not.
"""

import datetime as dt
import json
import math
import re
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from pipelines.publishing import sqlite
from pipelines.storage.release_folder import DATABASE, NAME

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "questions.md"
DECIMALS = 5e-4
"""How far a number may be from one that DuckDB rounds to three decimals."""


def questions() -> Iterator[tuple[str, str, str, str]]:
    """Yield a name, the title, the text right before it, and the SQL of every query of the page."""
    for part in PAGE.read_text("utf-8").split("\n## ")[1:]:
        title, _, text = part.partition("\n")
        number, _, words = title.partition(". ")
        end = place = 0
        for block in re.finditer(r"```(\w*)\n(.*?)```", text, re.DOTALL):
            known, end = _plain(text[end : block.start()]), block.end()
            if block[1] == "sql":
                place += 1
                name = f"question_{number}" + (f"_{place}" if place > 1 else "")
                yield name, words, known, block[2].strip()


def _plain(text: str) -> str:
    """Return Markdown as plain text on one line, without its tables."""
    text = re.sub(r"^\|.*$", "", text, flags=re.MULTILINE)
    return " ".join(re.sub(r"\[([^\]]*)\]\([^)]*\)|[`*]", r"\1", text).split())


def canned(release: Path) -> dict[str, dict[str, str]]:
    """Return the queries that SQLite answers as DuckDB does on a release, in the form of Datasette's metadata."""
    copy = f"file:{release / NAME}.sqlite?mode=ro"
    with (
        duckdb.connect(str(release / DATABASE), read_only=True) as one,
        closing(sqlite3.connect(copy, uri=True)) as other,
    ):
        return {
            name: {"title": title, "description": known, "sql": sql}
            for name, title, known, sql in questions()
            if _answers(other, sql, one.execute(sql).fetchall())
        }


def _answers(connection: sqlite3.Connection, sql: str, expected: list[tuple[Any, ...]]) -> bool:
    try:
        found = connection.execute(sql).fetchall()
    except sqlite3.Error:
        return False
    pairs = (pair for rows in zip(found, expected, strict=False) for pair in zip(*rows, strict=True))
    return len(found) == len(expected) > 0 and all(_same(*pair) for pair in pairs)


def _same(found: Any, expected: Any) -> bool:
    if isinstance(expected, int | float | Decimal) and isinstance(found, int | float):
        return math.isclose(found, expected, rel_tol=1e-9, abs_tol=DECIMALS)
    return bool(found == (expected.isoformat() if isinstance(expected, dt.date) else expected))


if __name__ == "__main__":
    made = canned(Path(sys.argv[1]) / "releases" / "latest")
    sqlite.QUESTIONS.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", "utf-8")
