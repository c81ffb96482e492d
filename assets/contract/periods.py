"""Days, months, quarters and financial years: the editions named after them, and the period columns of facts."""

import re
from collections.abc import Sequence
from datetime import date, timedelta

import pandas as pd

from assets.contract.parsed import StructureError

MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
QUARTERS = ("Q1", "Q2", "Q3", "Q4")
Days = tuple[date, date]
"""First and last day."""


def first_day(text: str) -> date:
    """Return the first day of an ISO date, month or year: 2017-09 gives 2017-09-01."""
    return date.fromisoformat((text + "-01-01")[:10])


def day_of(edition: str) -> date:
    """Return the day of an edition like 2023-10-17. Raises StructureError for any other."""
    try:
        return date.fromisoformat(edition if re.fullmatch(r"[\d-]{10}", edition, re.ASCII) else "")
    except ValueError:
        raise StructureError(
            [f"expected a day like 2023-10-17 as the edition, found {edition[:40]!r}"]
        ) from None


def year_of(edition: str) -> int:
    """Return the year in which a financial year begins: 2018/19 gives 2018. Raises StructureError for any other."""
    found = re.fullmatch(r"(\d{4})/\d{2}", edition, re.ASCII)
    if found is None or financial_year(int(found[1])) != edition:
        raise StructureError(
            [f"expected a financial year like 2018/19 as the edition, found {edition[:40]!r}"]
        )
    return int(found[1])


def financial_year(start: int) -> str:
    """Return the label of the financial year that starts in April of `start`: 2023 gives 2023/24."""
    return f"{start}/{(start + 1) % 100:02d}"


def seen(edition: str) -> tuple[date, date]:
    """Return the first and last day on which the content of an edition can have been true: a day or a financial year."""
    if "/" in edition:
        start = int(edition[:4])
        return date(start, 4, 1), date(start + 1, 3, 31)
    return date.fromisoformat(edition), date.fromisoformat(edition)


def month_number(text: str) -> int | None:
    """Return the number of a month written 7, 07, jul or July; None for anything else."""
    word = text.lower()
    if word.isdigit():
        return int(word) if 1 <= int(word) <= 12 else None
    return next((n for n, month in enumerate(MONTHS, 1) if len(word) > 2 and month.startswith(word)), None)


def month_days(text: str) -> Days:
    """Return the days of an ISO month: 2025-07 gives 1 and 31 July 2025."""
    first = first_day(text)
    return first, _before_next_month(first)


def quarter_days(start: int, name: str) -> Days:
    """Return the days of a quarter of the financial year that begins in `start`: Q4 of 2025 ends in March 2026."""
    number = QUARTERS.index(name) + 1
    first = date(start + number // 4, 1 + 3 * (number % 4), 1)
    return first, _before_next_month(first.replace(month=first.month + 2))


def quarter_of(edition: str) -> tuple[int, str]:
    """Return the year in which the financial year of 2025/26-Q1 begins, and its quarter. Raises StructureError."""
    year, _, name = edition.partition("-")
    if name not in QUARTERS:
        raise StructureError(f"expected a quarter like 2025/26-Q1 as the edition, found {edition[:40]!r}")
    return year_of(year), name


def year_days(start: int) -> Days:
    """Return the days of the financial year that begins in `start`."""
    return date(start, 4, 1), date(start + 1, 3, 31)


def _before_next_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def over(frame: pd.DataFrame, days: Sequence[Days]) -> pd.DataFrame:
    """Return rows with the period each is about; the organisation is resolved on its last day."""
    columns = zip(*days, strict=True) if days else ((), ())
    first, last = (pd.Series(found, index=frame.index, dtype=object) for found in columns)
    return frame.assign(period_start=first, period_end=last, resolve_on=last)


def on_snapshot(frame: pd.DataFrame) -> pd.DataFrame:
    """Return rows with the day of their edition as their period."""
    found = {edition: (day_of(edition),) * 2 for edition in frame["edition"].unique()}
    dated = over(frame, [found[edition] for edition in frame["edition"]])
    return dated.assign(as_of_date=dated["period_end"])


def organisation_types(rows: pd.DataFrame, scheme: str, column: str) -> pd.DataFrame:
    """Return rows of `organisation_type`: what a column calls each organisation, where it does, on the last day of its period."""
    named = rows[rows[column].notna()]
    return named.assign(
        scheme=scheme, type=named[column], as_of_date=named["period_end"], value_status="published"
    )
