"""Payments over GBP 25,000: the monthly files of eleven trusts, summed again line by line.

Rules (`sources.md`, section 6): a line has an amount and a date, an expense type or a supplier; a row with an amount
alone is a total. Lines count in the month of the file, or in the one their own column names. What a line was for is
read in the words of its expense type, never in the supplier: the table of words is data and is read as data.
"""

import csv
import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from . import files
from .core import Expected

TRUSTS = {
    "BART": "R1H",
    "CHWE": "RQM",
    "CROY": "RJ6",
    "EPSH": "RVR",
    "IMPC": "RYJ",
    "KGST": "RAX",
    "LEGR": "RJ2",
    "LNWU": "R1K",
    "NMID": "RAP",
    "ROYF": "RAL",
    "WHIT": "RKE",
}
"""Trust of each folder, by the name in its files or the page they are from."""
DATE = ("Payment Date", "Date Paid", "Date")
TYPE = ("Expense Type", "Expense type", "Expenses Type", "9AN - Level 9 Account Name")
AMOUNT = ("Amount", "amount", "Amount in Sterling £")
SUPPLIER = ("Supplier", "Supplier Name")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
NOT_IT = {"telecoms", "not_it", "unclassified"}
START = 2020
"""Year in which the financial year of the files starts."""


@dataclass(frozen=True)
class Line:
    row: int
    month: str
    amount: float
    category: str


def facts(path: Path, words: Path) -> Iterator[Expected]:
    """Yield the sums of one file: a fact per month and category."""
    sheet, lines = _payments(path)
    classify = classifier(words)
    groups: dict[tuple[str, str], list[Line]] = defaultdict(list)
    months: dict[str, list[Line]] = defaultdict(list)
    for line in _read(path, lines, classify):
        groups[line.month, line.category].append(line)
        months[line.month].append(line)
    for (month, category), found in groups.items():
        known = sum(one.category != "unclassified" for one in months[month])
        first = date(int(month[:4]), int(month[5:]), 1)
        yield Expected(
            "it_spend_over_25k",
            files.place(path, min(one.row for one in found), sheet),
            {
                "edition": f"{START}/{(START + 1) % 100}",
                "org_code": TRUSTS[path.name[:4]],
                "month": month,
                "category": category,
            },
            {
                "amount_gbp": round(math.fsum(one.amount for one in found), 2),
                "lines": len(found),
                "is_it": category not in NOT_IT,
                "classified_pct": round(100 * known / len(months[month]), 2),
                "period_start": first,
                "period_end": (first + timedelta(days=31)).replace(day=1) - timedelta(days=1),
                "fy_end_year": START + 1,
                "value_status": "e",
            },
            {"amount_gbp": "the column of amounts", "lines": "the lines of the file"},
        )


def _payments(path: Path) -> tuple[str, list[files.Line]]:
    """Return the sheet with the payments, and the rows under its header; the header is the first row that is filled."""
    book: dict[str, Any] = {"": files.csv_rows(path)} if path.suffix == ".csv" else files.sheets(path)
    for name, rows in book.items():
        if rows and any(str(cell).strip() in AMOUNT for cell in rows[0]):
            return name, list(files.under(rows, 0))
    raise ValueError(f"{path.name}: no sheet has a column of amounts")


def _read(path: Path, lines: list[files.Line], classify: Callable[[str], str]) -> Iterator[Line]:
    for line in lines:
        when, kind, supplier = (_first(line, names) for names in (DATE, TYPE, SUPPLIER))
        amount = pounds(_cell(line, AMOUNT))
        if amount is not None and (when or kind or supplier):
            yield Line(line.row, _month(path, line), amount, classify(kind))


def _first(line: files.Line, names: tuple[str, ...]) -> str:
    cell = _cell(line, names)
    return "" if cell is None else str(cell).strip()


def _cell(line: files.Line, names: tuple[str, ...]) -> Any:
    return next((line.cells[name] for name in names if name in line.cells), None)


def pounds(cell: Any) -> float | None:
    """Return an amount to the penny: a number, `1,234.50`, `£5`, `-5`, `(5)`; None where there is none."""
    if isinstance(cell, int | float):
        return round(float(cell), 2)
    text = re.sub(r"[£,\s]", "", str(cell or ""))
    negative = text.startswith(("-", "("))
    text = text.strip("-()")
    if not re.fullmatch(r"\d+(\.\d*)?", text):
        return None
    return -round(float(text), 2) if negative else round(float(text), 2)


def _month(path: Path, line: files.Line) -> str:
    if "Period" in line.cells:
        return _of_year(int(float(line.text("Period"))))
    if text := line.text("Month"):
        if text.isdigit():
            return f"{date(1899, 12, 30) + timedelta(days=int(text)):%Y-%m}"
        name, year = re.split("[- ]", text)
        return f"20{year[-2:]}-{MONTHS.index(name[:3].lower()) + 1:02d}"
    return _of_year(int(path.name[5:7]))


def _of_year(period: int) -> str:
    """Return the month of a period of the financial year: 1 is April."""
    return f"{START + (period > 9)}-{(period + 2) % 12 + 1:02d}"


@cache
def classifier(words: Path) -> Callable[[str], str]:
    """Return what gives the category of an expense type: that of the first listed words that stand in it."""
    with words.open(encoding="utf-8", newline="") as text:
        rules = [(row["words"].split(), row["category"]) for row in csv.DictReader(text)]

    def category(expense_type: str) -> str:
        spoken = re.sub("[^a-z0-9]+", " ", expense_type.lower()).split()
        return next((found for wanted, found in rules if _stands_in(wanted, spoken)), "unclassified")

    return cache(category)


def _stands_in(wanted: list[str], spoken: list[str]) -> bool:
    """Tell whether the wanted words stand side by side; a star ends a word that may go on."""
    for start in range(len(spoken) - len(wanted) + 1):
        pairs = zip(wanted, spoken[start:], strict=False)
        if all(word == mine or (word.endswith("*") and mine.startswith(word[:-1])) for word, mine in pairs):
            return True
    return False
