"""Read workbooks of accounts into memory: `read_accounts.py [--workers N] [--out FOLDER] READER FILE...`.

Nothing is picked, checked or kept; with `--out` the column of amounts is written, for the comparison that comes first.
"""

import argparse
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Literal

PROVIDERS, ACCOUNTS = "List of Providers", "All data"


def fastexcel_alone(path: Path) -> Any:
    """Read both sheets with the library alone, as columns of Arrow."""
    import fastexcel

    reader = fastexcel.read_excel(path)
    reader.load_sheet(PROVIDERS).to_arrow()
    return reader.load_sheet(ACCOUNTS).to_arrow()


def pandas_with(engine: Literal["openpyxl", "calamine"], path: Path) -> Any:
    """Read both sheets the way most people do."""
    import pandas as pd

    return pd.read_excel(path, sheet_name=[PROVIDERS, ACCOUNTS], engine=engine)[ACCOUNTS]


READERS: dict[str, Callable[[Path], Any]] = {
    "fastexcel": fastexcel_alone,
    "openpyxl": partial(pandas_with, "openpyxl"),
    "calamine": partial(pandas_with, "calamine"),
}


def read(reader: str, out: Path | None, path: Path) -> int:
    """Read one workbook and return its number of rows."""
    rows = READERS[reader](path)
    if out is not None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        totals = pa.array(rows["Total"]) if reader != "fastexcel" else rows["Total"]
        pq.write_table(pa.table({"amount": totals.cast("float64")}), out / f"{path.stem}.parquet")
    return len(rows)


def main() -> None:
    """Read the workbooks, one after the other or several at a time."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("reader", choices=READERS)
    options.add_argument("--workers", type=int, default=1)
    options.add_argument("--out", type=Path)
    options.add_argument("files", nargs="*", type=Path)
    chosen = options.parse_args()
    work = partial(read, chosen.reader, chosen.out)
    if chosen.workers == 1:
        print(sum(map(work, chosen.files)))
        return
    with ProcessPoolExecutor(chosen.workers, get_context("spawn")) as pool:
        print(sum(pool.map(work, chosen.files)))


if __name__ == "__main__":
    main()
