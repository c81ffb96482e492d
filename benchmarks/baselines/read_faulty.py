"""Read files that may be faulty, as a careful analyst's script would: `read_faulty.py READER ANSWER KIND:FILE...`.

Columns by name, codes as text, declared markers for missing, numbers that must be numbers, every trust once. Each file
is read by a child of its own with the limits of the product, so that one that dies or hangs is distinguished from one that is
refused. Writes for each file what became of it, and the rows it gave.
"""

import json
import os
import resource
import signal
import sys
import tempfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, cast

SHEET = "EPR Suppliers 01.10.24"
CODE, NAME, SUPPLIER = "Organisation Code", "Organisation", "Supplier (Primary EPR)"
TRUST = "Trust Code"
MISSING = ["No Data Provided", "Not Applicable"]
MEMORY, PROCESSOR, CLOCK = 2 << 30, 40, 55
Rows = list[list[Any]]


def pandas_suppliers(engine: Any, path: str) -> Rows:
    """Read suppliers with pandas."""
    import pandas as pd

    rows = pd.read_excel(path, sheet_name=SHEET, engine=engine, dtype="str")[[CODE, NAME, SUPPLIER]]
    rows = rows.dropna(how="all").apply(lambda cells: cells.str.split().str.join(" ")).drop_duplicates()
    if rows[CODE].duplicated().any():
        raise ValueError("a trust is listed twice")
    rows[SUPPLIER] = rows[SUPPLIER].mask(rows[SUPPLIER].str.startswith("No EPR").eq(other=True))
    return cast("Rows", rows.astype(object).where(rows.notna(), None).to_numpy().tolist())


def pandas_costs(_: str, path: str) -> Rows:
    """Read costs with pandas."""
    import pandas as pd

    rows = pd.read_csv(path, encoding="cp1252", thousands=",", na_values=MISSING, dtype={TRUST: "str"})
    rows = rows[[TRUST, *costs(list(rows.columns))]].drop_duplicates()
    if rows[TRUST].duplicated().any():
        raise ValueError("a trust is listed twice")
    amounts = rows.iloc[:, 1:].apply(pd.to_numeric)
    if (amounts < 0).any(axis=None):
        raise ValueError("a cost is negative")
    kept = rows.assign(**{name: amounts[name] for name in amounts}).astype(object)
    return kept.where(kept.notna(), None).to_numpy().tolist()


def costs(names: list[str]) -> list[str]:
    """Return the two columns of costs, by their names."""
    found = [
        name
        for kind in ("onsite", "offsite")
        for name in names
        if kind in name.lower() and "cost" in name.lower()
    ]
    if len(found) != 2:
        raise KeyError(f"expected two columns of costs, found {found}")
    return found


def duckdb_costs(_: str, path: str) -> Rows:
    """Read costs with DuckDB."""
    import duckdb

    connection = duckdb.connect()
    source = "read_csv($1, header = true, all_varchar = true, encoding = 'latin-1')"
    names = [name for name, *_ in connection.execute(f"describe from {source}", [path]).fetchall()]
    amounts = ", ".join(
        f"cast(replace(nullif(nullif(\"{name}\", '{MISSING[0]}'), '{MISSING[1]}'), ',', '') as bigint)"
        for name in costs(names)
    )
    query = f'select distinct "{TRUST}", {amounts} from {source}'  # noqa: S608
    found = connection.execute(query, [path]).fetchall()
    if len({row[0] for row in found}) != len(found):
        raise ValueError("a trust is listed twice")
    if any(amount < 0 for row in found for amount in row[1:] if amount is not None):
        raise ValueError("a cost is negative")
    return [list(row) for row in found]


def duckdb_suppliers(_: str, path: str) -> Rows:
    """Read suppliers with DuckDB, where its extension for workbooks is there."""
    import duckdb

    connection = duckdb.connect()
    connection.execute("load excel")
    rows = connection.execute(
        "select distinct * from read_xlsx($1, sheet = $2, header = true, all_varchar = true)", [path, SHEET]
    ).df()[[CODE, NAME, SUPPLIER]]
    found = [
        (code.strip(), name.strip(), None if supplier.startswith("No EPR") else supplier.strip())
        for code, name, supplier in rows.itertuples(index=False)
    ]
    if len({row[0] for row in found}) != len(found):
        raise ValueError("a trust is listed twice")
    return [list(row) for row in found]


READERS: dict[str, dict[str, Callable[[str, str], Rows]]] = {
    "openpyxl": {"epr": pandas_suppliers, "eric": pandas_costs},
    "calamine": {"epr": pandas_suppliers, "eric": pandas_costs},
    "duckdb": {"epr": duckdb_suppliers, "eric": duckdb_costs},
}


def in_child(reader: str, kind: str, path: str) -> tuple[str, Any]:
    """Return what became of one file: `served` and its rows, `refused` and why, or `died` and how."""
    with tempfile.NamedTemporaryFile() as answer:
        child = os.fork()
        if not child:
            _limit()
            try:
                found: tuple[str, Any] = ("served", READERS[reader][kind](reader, path))
            except MemoryError:
                os._exit(1)
            except BaseException as error:
                found = ("refused", f"{type(error).__name__}: {' '.join(str(error).split())[:100]}")
            Path(answer.name).write_text(json.dumps(found), "utf-8")
            os._exit(0)
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        if code:
            return "died", signal.Signals(-code).name if code < 0 else "out of memory"
        state, found = json.loads(Path(answer.name).read_text("utf-8"))
        return state, found


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR, PROCESSOR))
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    signal.alarm(CLOCK)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)


def main() -> None:
    """Read the files, one after the other; the children share what is imported."""
    for name in ("duckdb", "pandas"):
        import_module(name)
    reader, answer, *files = sys.argv[1:]
    found = [in_child(reader, *file.split(":", 1)) for file in files]
    Path(answer).write_text(json.dumps(found), "utf-8")


if __name__ == "__main__":
    main()
