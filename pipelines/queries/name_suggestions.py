"""What a SELECT probably means that DuckDB does not understand: a table, column, function or word that is misspelt, or a text in double quotes."""

import re
from collections.abc import Iterable
from difflib import get_close_matches

import duckdb

MISSING = re.compile(r'"([^"]+)"|name (\S+) does not exist')
PROPOSED = re.compile(r"^(?:Did you mean|Candidate)[^\n]*", re.MULTILINE)
NEAR = re.compile(r'at or near "([^"]+)"')
WORDS = ("select", "from", "where", "group", "having", "order", "limit", "join", "with", "union", "distinct")
MOST = 3


def suggestion(error: duckdb.Error, connection: duckdb.DuckDBPyConnection) -> str:
    """Return `; did you mean ...?` with the names nearest to the missing one, else an empty text.

    The names are those that DuckDB proposes, and all tables and columns of the release where it knows of none in scope. A
    text in double quotes, which is the name of a column in SQL, is answered with single ones.
    """
    first, _, rest = str(error).partition("\n")
    if isinstance(error, duckdb.ParserException):
        return _nearest(next(iter(NEAR.findall(first)), ""), WORDS, cutoff=0.8)
    missing = [quoted or bare for quoted, bare in MISSING.findall(first)]
    if not isinstance(error, duckdb.BinderException | duckdb.CatalogException) or not missing:
        return ""
    proposed = re.findall('"([^"]+)"', " ".join(PROPOSED.findall(rest)))
    in_scope = proposed and isinstance(error, duckdb.BinderException)
    near = _nearest(missing[-1], proposed if in_scope else [*proposed, *_names(connection)])
    is_text = "Referenced column" in first and f'"{missing[-1]}"' in rest.partition("LINE ")[2]
    return near or (f"; write a text in single quotes: '{missing[-1]}'." if is_text else "")


def _nearest(missing: str, names: Iterable[str], *, cutoff: float = 0.6) -> str:
    """Return the question whether one of some names is meant; empty where none is near, or the name itself is there."""
    by_folded = {name.casefold(): name for name in names}
    near = get_close_matches(missing.casefold(), by_folded, MOST, cutoff)
    return "" if missing in near else _question(by_folded[name] for name in near)


def _question(names: Iterable[str]) -> str:
    joined = " or ".join(names)
    return f"; did you mean {joined}?" if joined else ""


def _names(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.execute(
        "select unnest([table_name, column_name]) from duckdb_columns() where not internal"
    ).fetchall()
    return [name for (name,) in rows]
