"""Registers of events: a date is as precise as its words say, and words of no known meaning reject their row."""

from datetime import date

import pandas as pd
import pytest

from assets.reading import registers
from assets.reading.structure import Record


def record(day: str, words: str) -> Record:
    return Record("", 2, {"date": day, "date_precision": words}, {})


@pytest.mark.parametrize(
    ("day", "words", "expected"),
    [
        ("2025-11-08", "day", ("2025-11-08", "day", "stated")),
        ("2008-03-06", "day (upper bound)", ("2008-03-06", "day", "latest")),
        ("2024-11-28", "day (publication by attacker)", ("2024-11-28", "day", "latest")),
        ("2026-03", "month (missed date)", ("2026-03", "month", "missed")),
        ("2025-06", "month, year inferred", ("2025-06", "month", "year_inferred")),
        ("2026-spring", "season", ("2026-spring", "season", "stated")),
        ("2012", "Year", ("2012", "year", "stated")),
        ("", "by 2022", ("2022", "year", "latest")),
        ("", "not stated", (None, None, "not_stated")),
    ],
)
def test_a_date_is_as_precise_as_its_words(day: str, words: str, expected: tuple[str | None, ...]) -> None:
    assert tuple(registers.dated(record(day, words)).values()) == expected


@pytest.mark.parametrize(
    ("day", "words", "problem"),
    [
        ("2025-11", "day", "expected a day, found '2025-11'"),
        ("", "month", "expected a month, found 'no date'"),
        ("2025-11-08", "day (roughly)", "known words about it, found 'day .roughly.'"),
        ("2026-winter", "season", "expected a season"),
        ("2025-02-30", "day", "day is out of range"),
        ("2025", "not stated", "known words about it, found 'not stated'"),
    ],
)
def test_a_date_that_disagrees_with_its_words_rejects_its_row(day: str, words: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        registers.dated(record(day, words))


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        ("2016-05-23", date(2016, 5, 23), date(2016, 5, 23)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2026-summer", date(2026, 6, 1), date(2026, 8, 31)),
        ("2019", date(2019, 1, 1), date(2019, 12, 31)),
    ],
)
def test_a_date_covers_the_days_it_can_mean(day: str, first: date, last: date) -> None:
    assert registers.days(day) == (first, last)


def test_an_event_without_a_date_is_about_the_month_of_the_register() -> None:
    frame = pd.DataFrame(
        {
            "edition": ["2026-11"] * 3,
            "event_date": ["2008-03-06", None, "2019"],
            "date_basis": ["latest", "not_stated", "stated"],
        }
    )
    columns = ["period_start", "period_end", "resolve_on"]
    assert registers.on_their_days(frame)[columns].to_numpy().tolist() == [
        [date(2008, 3, 6), date(2008, 3, 6), date(2008, 3, 6)],
        [date(2026, 11, 1), date(2026, 11, 30), date(2026, 11, 1)],
        [date(2019, 1, 1), date(2019, 12, 31), date(2019, 1, 1)],
    ]


@pytest.mark.parametrize(
    ("url", "grade"),
    [
        ("https://www.stsft.nhs.uk/news", "administrative"),
        ("https://hansard.parliament.uk/Commons/2008", "administrative"),
        ("https://www.bbc.com/news/health-39904851", "press-reported"),
        ("https://nhs.uk.example.org/", "press-reported"),
    ],
)
def test_a_page_of_an_official_body_has_its_grade(url: str, grade: str) -> None:
    assert registers.graded(url) == grade
