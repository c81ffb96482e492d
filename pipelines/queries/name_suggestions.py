"""The table, column or function that a SELECT probably means where it names one that does not exist."""

import re
from difflib import get_close_matches

import duckdb

MISSING = re.compile(r'"([^"]+)"|name (\S+) does not exist')
PROPOSED = re.compile(r"^(?:Did you mean|Candidate)[^\n]*", re.MULTILINE)
MOST = 3


def suggestion(error: duckdb.Error, connection: duckdb.DuckDBPyConnection) -> str:
    """Return `; did you mean ...?` with the names nearest to the missing one, else an empty text.

    The names are those that DuckDB proposes, and all tables and columns of the release where it knows of none in scope.
    """
    if not isinstance(error, (duckdb.BinderException, duckdb.CatalogException)):
        return ""
    first, _, rest = str(error).partition("\n")
    missing = [quoted or bare for quoted, bare in MISSING.findall(first)]
    if not missing:
        return ""
    proposed = re.findall('"([^"]+)"', " ".join(PROPOSED.findall(rest)))
    in_scope = proposed and isinstance(error, duckdb.BinderException)
    names = proposed if in_scope else [*proposed, *_names(connection)]
    by_folded = {name.casefold(): name for name in names}
    near = get_close_matches(missing[-1].casefold(), by_folded, n=MOST)
    return f"; did you mean {' or '.join(by_folded[name] for name in near)}?" if near else ""


def _names(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.execute(
        "select unnest([table_name, column_name]) from duckdb_columns() where not internal"
    ).fetchall()
    return [name for (name,) in rows]
