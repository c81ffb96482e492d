"""Picking the used cells out of `All data`, in columns, and saying what is not as it must be.

The file is dense: every provider of the list has the same rows. A used code that is missing, moved to another table
or not there once for every provider is a problem of the file, never a gap in the data.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from assets.contract.parsed import StructureError, few
from assets.reading.structure import normal
from assets.reading.workbook_columns import ColumnBook, Columns
from assets.sources.tac.measures import due

ROW_LIMIT = 1_048_576
"""Rows of a sheet in Excel: a sheet of that length is presumed cut."""
ALL_DATA = "All data"
READ = {**dict.fromkeys(("OrganisationName", "TableID", "MainCode", "SubCode"), "string"), "Total": "float"}
NAMES = (*READ, "WorkSheetName", "RowNumber")
COLUMNS = Columns(
    names={**{name.lower(): name for name in NAMES}, "valuenumber": "Total"},
    read=READ,
    spelt={**READ, "Organisation Name": "string", "Value number": "float"},
    amounts="Total",
)
"""The seven columns of the accounts, in both spellings."""


@dataclass
class Cells:
    """The cells of used codes, how many rows the file has of each provider (by normal name), and all rows."""

    rows: pd.DataFrame
    sheets: list[str]
    counted: Counter[str] = field(default_factory=Counter)
    names: dict[str, str] = field(default_factory=dict)

    @property
    def unused(self) -> int:
        """The number of rows of codes that are not used."""
        return sum(self.counted.values()) - len(self.rows)


def pick(book: ColumnBook, year: int) -> Cells:
    """Pick the cells of used codes out of `All data` and its continuation sheets."""
    found = Cells(pd.DataFrame(), book.with_sequels(ALL_DATA))
    picked = []
    for name in found.sheets:
        sheet = book.columns(name)
        if sheet.num_rows + 1 >= ROW_LIMIT and name == found.sheets[-1]:
            raise StructureError(
                f"sheet {name!r}: expected fewer than {ROW_LIMIT:,} rows or a continuation sheet, found a full sheet: the publisher's export was cut"
            )
        _count(sheet, name, found)
        picked.append(_used(sheet, name, year))
    found.rows = pd.concat(picked, ignore_index=True)
    return found


def _count(sheet: pa.Table, name: str, found: Cells) -> None:
    """Count the rows of each provider; refuse a row that has a code and no provider."""
    organisation = sheet["OrganisationName"]
    lost = pc.and_(pc.is_null(organisation), pc.is_valid(sheet["MainCode"]))
    if pc.any(lost).as_py():
        row = pc.index(lost, value=True).as_py() + 2
        raise StructureError(f"sheet {name!r}, row {row}: expected a provider, found a code without one")
    for entry in pc.value_counts(organisation.drop_null()).to_pylist():
        key = normal(entry["values"])
        found.counted[key] += entry["counts"]
        found.names.setdefault(key, entry["values"])


def _used(sheet: pa.Table, name: str, year: int) -> pd.DataFrame:
    """Return the rows of used codes: filtered by MainCode first, then by both codes, all in columns."""
    wanted = due(year)
    mains = pa.array({key.split()[0] for key in wanted}, pa.string())
    places = pc.indices_nonzero(pc.is_in(pc.utf8_trim_whitespace(sheet["MainCode"]), mains))
    rows = sheet.take(places).append_column("source_row", pc.add(places.cast(pa.int64()), 2))
    codes = [pc.utf8_trim_whitespace(rows[code]) for code in ("MainCode", "SubCode")]
    keys = pc.binary_join_element_wise(*codes, " x ")
    used = pc.is_in(keys, pa.array(wanted, pa.string()))
    frame = rows.append_column("key", keys).filter(used).to_pandas()
    made = {"provider": frame["OrganisationName"].map(normal), "table": frame["TableID"].str.strip()}
    kept: pd.DataFrame = frame[["key", "Total", "source_row"]].rename(columns={"Total": "amount"})
    return kept.assign(**made, source_sheet=name)


def amiss(cells: Cells, listed: Sequence[str], year: int) -> Iterator[str]:
    """Yield every problem of the accounts; `listed` are the providers of the list by normal name."""
    unknown = [cells.names[name] for name in cells.counted if name not in listed]
    if unknown:
        yield f"expected every provider of the accounts in the list of providers, found {len(unknown)} that are not: {few(unknown)}"
    total, providers = sum(cells.counted.values()), len(cells.counted)
    if not providers:
        yield "expected rows of providers in the accounts, found none"
    elif total % providers:
        yield f"expected the same number of rows of each provider, found {total} rows of {providers} providers: the file is cut or has rows twice"
    yield from _incomplete(cells, year)


def _incomplete(cells: Cells, year: int) -> Iterator[str]:
    """Yield every used code that is missing, is in another table, or is not there once for every provider."""
    rows, wanted = cells.rows, due(year)
    tables = rows["key"].map({key: str(table_id) for key, (_, _, table_id) in wanted.items()})
    odd = set(rows["key"][(rows["table"] != tables) | rows.duplicated(["provider", "key"])])
    counted = rows["key"].value_counts().to_dict()
    for key, (measure, period, table_id) in wanted.items():
        if key in odd or counted.get(key) != len(cells.counted):
            code = f"expected code {key} in table {table_id} ({measure}, {period})"
            group = rows[rows["key"] == key]
            yield from (f"{code}{what}" for what in _wrong(cells, group, str(table_id)))


def _wrong(cells: Cells, group: pd.DataFrame, table_id: str) -> Iterator[str]:
    """Yield what is wrong with the rows of one code."""
    if group.empty:
        yield ", found no row with it; its meaning may have moved to another code"
        return
    if len(elsewhere := group[group["table"] != table_id]):
        yield f", found it in table {elsewhere['table'].iloc[0]}"
    if len(twice := group[group["provider"].duplicated()]):
        yield f" once for each provider, found it again in row {twice['source_row'].iloc[0]}"
    having = set(group["provider"])
    if lacking := [cells.names[name] for name in cells.counted if name not in having]:
        yield f" for each provider, found none for {few(lacking)}"
