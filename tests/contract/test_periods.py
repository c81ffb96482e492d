"""Days, months, quarters and financial years: what an edition is about, and what no edition is."""

from datetime import date

import pandas as pd
import pytest

from assets.contract.parsed import StructureError
from assets.contract.periods import (
    day_of,
    first_day,
    month_days,
    month_number,
    on_snapshot,
    quarter_days,
    year_days,
    year_of,
)


@pytest.mark.parametrize(
    ("days", "first", "last"),
    [
        (month_days("2024-02"), date(2024, 2, 1), date(2024, 2, 29)),
        (month_days("2025-12"), date(2025, 12, 1), date(2025, 12, 31)),
        (quarter_days(2025, "Q1"), date(2025, 4, 1), date(2025, 6, 30)),
        (quarter_days(2025, "Q3"), date(2025, 10, 1), date(2025, 12, 31)),
        (quarter_days(2027, "Q4"), date(2028, 1, 1), date(2028, 3, 31)),
        (year_days(2015), date(2015, 4, 1), date(2016, 3, 31)),
    ],
)
def test_a_period_has_a_first_and_a_last_day(days: tuple[date, date], first: date, last: date) -> None:
    assert days == (first, last)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("july", 7),
        ("Jul", 7),
        ("07", 7),
        ("sept", 9),
        ("ma", None),
        ("smarch", None),
        ("13", None),
        ("0", None),
    ],
)
def test_a_month_is_read_however_it_is_written(written: str, number: int | None) -> None:
    assert month_number(written) == number


@pytest.mark.parametrize("edition", ["2019/21", "2019-20", "2019", "\u0662\u0660\u0661\u0669/20"])
def test_a_financial_year_has_two_years_that_follow(edition: str) -> None:
    assert year_of("2018/19") == 2018
    with pytest.raises(StructureError, match="expected a financial year like 2018/19 as the edition, found"):
        year_of(edition)


@pytest.mark.parametrize("edition", ["2023", "20231017", "2023-W42-2", "2023-02-30", "October"])
def test_a_day_is_written_with_dashes(edition: str) -> None:
    assert day_of("2023-10-17") == date(2023, 10, 17)
    with pytest.raises(StructureError, match="expected a day like 2023-10-17 as the edition, found"):
        day_of(edition)


def test_the_first_day_of_a_month_or_year_is_its_first() -> None:
    assert [first_day(text) for text in ("2017", "2017-09", "2017-09-04")] == [
        date(2017, 1, 1),
        date(2017, 9, 1),
        date(2017, 9, 4),
    ]


def test_a_snapshot_is_about_the_day_of_its_edition() -> None:
    frame = on_snapshot(pd.DataFrame({"edition": ["2024-10-01", "2023-10-17"]}, index=[7, 3]))
    for name in ("period_start", "period_end", "resolve_on", "as_of_date"):
        assert frame[name].to_dict() == {7: date(2024, 10, 1), 3: date(2023, 10, 17)}
