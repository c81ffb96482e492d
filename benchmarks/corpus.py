"""Workbooks of provider accounts of the publisher's size: two a year, 481,140 and 1,006,040 rows at full scale.

Codes and names of real trusts, artificial amounts. The list of providers says so in its column Sector, not among the
comments, for what is so marked there is refused by a check: they are written to a temporary folder and never leave it.
"""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.tac_workbook import HEADERS, LIFE, MARK, SHEETS, WHO, cells, spread, trusts, write

FILES = {"trusts": (66, 7290), "foundation_trusts": (140, 7186)}
"""Providers and rows of each, as in 2023/24."""
FIRST_YEAR = 2018
OTHER = "OTH"
"""What SubCodes begin with that nobody uses."""
Row = tuple[Any, ...]


@dataclass(frozen=True)
class Book:
    """One workbook: of a financial year (by its end), of a kind of trusts, where it is, and by how much it is corrected."""

    year: int
    part: str
    path: Path
    providers: int
    rows_each: int
    correction: int = 0

    @property
    def edition(self) -> str:
        """Return the financial year as the product writes it."""
        return f"{self.year - 1}/{self.year % 100:02}"

    @property
    def rows(self) -> int:
        """Return the number of rows of accounts."""
        return len(self.who) * self.rows_each

    @property
    def who(self) -> tuple[tuple[str, str], ...]:
        """Return codes and names of the providers."""
        return trusts(self.providers, self.part)

    def accounts(self) -> Iterator[Row]:
        """Yield the rows of every provider: the used cells spread among others of the same sheets."""
        for place, (_, name) in enumerate(self.who):
            used = spread(cells(name, place, self.year - 1), place / 3, self.year - 1)
            step = (self.rows_each - len(used)) // len(used)
            fillers = _others(name, place + self.year, self.rows_each - len(used))
            for at, row in enumerate(used):
                yield (*row[:-1], row[-1] + (self.correction if at == place == 0 else 0))
                for _ in range(step):
                    yield next(fillers)
            yield from fillers

    def written(self) -> dict[int, float]:
        """Return the amount in every row of the sheet."""
        return {row: float(cells[-1]) for row, cells in enumerate(self.accounts(), start=2)}

    def used(self) -> dict[int, float]:
        """Return the amounts that the product reads, by their row: no other codes, and no useful life."""
        return {
            row: float(cells[-1])
            for row, cells in enumerate(self.accounts(), start=2)
            if not cells[5].startswith(OTHER) and cells[5] != LIFE[-2]
        }

    def write(self) -> "Book":
        """Write the workbook."""
        providers = [WHO, *((name, code, "Artificial region", MARK, None) for code, name in self.who)]
        write(self.path, {"List of Providers": providers, "All data": _headed(self.accounts())})
        return self


def _headed(rows: Iterator[Row]) -> Iterator[Row]:
    yield HEADERS
    yield from rows


def _others(name: str, seed: int, number: int) -> Iterator[Row]:
    sheets = list(SHEETS.items())
    for at in range(number):
        key, sheet = sheets[at % len(sheets)]
        found = (sheet, 1 + at % 6, f"{key}CY{at % 9:02}", at % 180, f"{OTHER}{at // len(sheets):04}")
        yield (name, *found, (seed * 7919 + at * 31) % 90_000)


def books(folder: Path, years: int, share: float) -> list[Book]:
    """Return the workbooks of so many years with a share of the rows, not yet written."""
    return [
        Book(
            FIRST_YEAR + year,
            part,
            folder / f"{FIRST_YEAR + year}-{part}.xlsx",
            providers,
            _rows(rows, share),
        )
        for year in range(years)
        for part, (providers, rows) in FILES.items()
    ]


def _rows(rows: int, share: float) -> int:
    return max(200, round(rows * share))


def make(folder: Path, years: int, share: float) -> list[Book]:
    """Write the workbooks of so many years, two at a time."""
    with ProcessPoolExecutor(2) as pool:
        return list(pool.map(Book.write, books(folder, years, share)))


def corrected(book: Book, path: Path) -> Book:
    """Write the workbook as its publisher might correct it: one amount of one provider is another."""
    return replace(book, path=path, correction=1).write()
