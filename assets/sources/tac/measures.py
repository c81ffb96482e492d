"""The cells of the accounts that are used, as data: `measures.csv` has a line for each.

A cell is a MainCode (sheet, period, column) and a SubCode (row): `A14CY08` x `PPE0060` is sheet A14, column 08, row
PPE0060 of the current year. `used_in` and `part` say which published table it feeds, and as what.
"""

from dataclasses import dataclass
from typing import Any

from assets.contract.data_file import rows_beside

PERIODS = ("CY", "PY")
THOUSANDS, WTE = "GBP 000", "WTE"
FIRST_LEASES = 2022
"""Start of the first financial year under IFRS 16: right-of-use assets have a sheet of their own, and the series breaks."""


@dataclass(frozen=True)
class Measure:
    """One cell of the accounts.

    `tables` are the TableIDs of the current-year and the prior-year cell, `since` the start of the first financial
    year whose file has the current-year cell (0: all); the prior-year cell follows a year later. `compiled_as` is its word in
    the table that a re-user compiled.
    """

    name: str
    used_in: str
    part: str
    sheet: str
    column: str
    sub_code: str
    unit: str
    label: str
    compiled_as: str
    tables: tuple[int, int]
    since: int

    def main_code(self, period: str) -> str:
        """Return the MainCode of the cell in a period."""
        return f"{self.sheet}{period}{self.column}"

    def key(self, period: str = "CY") -> str:
        """Return both codes of the cell in a period."""
        return f"{self.main_code(period)} x {self.sub_code}"

    def is_due(self, period: str, year: int) -> bool:
        """Tell whether the file of the financial year that starts in `year` must have the cell."""
        return year >= self.since + (period == "PY" and self.since > 0)


def _measure(line: dict[str, str]) -> Measure:
    names = ("used_in", "part", "sheet", "column", "sub_code", "unit", "label", "compiled_as")
    texts: dict[str, Any] = {name: line[name] for name in names}
    tables = int(line["table_cy"]), int(line["table_py"])
    return Measure(line["measure"], **texts, tables=tables, since=int(line["since"] or 0))


MEASURES = {line["measure"]: _measure(line) for line in rows_beside(__file__, "measures.csv")}


def used_in(table: str, *parts: str) -> list[str]:
    """Return the measures that feed a table, or some parts of it, in the order of the file."""
    return [m.name for m in MEASURES.values() if m.used_in == table and (not parts or m.part in parts)]


def due(year: int) -> dict[str, tuple[str, str, int]]:
    """Return measure, period and TableID by both codes, for the file of the financial year that starts in `year`."""
    return {
        measure.key(period): (name, period, measure.tables[place])
        for name, measure in MEASURES.items()
        for place, period in enumerate(PERIODS)
        if measure.is_due(period, year)
    }
