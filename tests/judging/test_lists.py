"""A list of trusts by itself: two open trusts with one name, and dates too far ahead."""

from datetime import date

import pandas as pd
import pytest

from assets.sources import ods
from pipelines.judging import kinds
from pipelines.judging.sides import Found, Sides

DAY = "2026-11-20"
NOBODY: tuple[str, ...] = ()
Trust = tuple[str, str, date, date | None]
NORTH: Trust = ("RA1", "ARTIFICIAL NORTH NHS TRUST", date(2001, 4, 1), None)
SOUTH: Trust = ("RA2", "ARTIFICIAL SOUTH NHS TRUST", date(2002, 4, 1), None)


def found(check: str, *trusts: Trust, excused: tuple[str, ...] = NOBODY) -> Found:
    rows = pd.DataFrame(trusts, columns=["org_code", "name", "open_date", "close_date"])
    guard = next(one for one in ods.SOURCE.guards if one.check == check)
    assert kinds.alone(guard)
    return kinds.compare(guard, Sides(DAY, rows, rows.iloc[:0], rows.iloc[:0], excused))


@pytest.mark.parametrize("name", ["ARTIFICIAL NORTH NHS TRUST", "The Artificial North NHS Foundation Trust"])
def test_two_open_trusts_with_one_name_are_refused_by_name(name: str) -> None:
    twin = ("RA2", name, date(2002, 4, 1), None)
    one = found("name_is_that_of_one_trust", NORTH, twin)
    assert one.beyond
    assert one.observed.endswith(
        "that are open on 2026-11-20: 1 ('ARTIFICIAL NORTH NHS TRUST' of RA1 and RA2)"
    )
    assert one.keys == ("RA1", "RA2")
    assert not found("name_is_that_of_one_trust", NORTH, twin, excused=("RA1", "RA2")).beyond


@pytest.mark.parametrize(
    ("opened", "closed"),
    [
        (date(2002, 4, 1), date(2020, 3, 31)),
        (date(2027, 4, 1), None),
        (date(2002, 4, 1), date(2026, 11, 20)),
    ],
)
def test_a_closed_trust_or_one_to_come_may_share_a_name(opened: date, closed: date | None) -> None:
    assert not found("name_is_that_of_one_trust", NORTH, ("RA2", NORTH[1], opened, closed)).beyond


def test_different_names_are_accepted() -> None:
    assert not found("name_is_that_of_one_trust", NORTH, SOUTH).beyond


@pytest.mark.parametrize(
    ("check", "ahead", "too_far"),
    [
        ("close_date_is_not_far_ahead", date(2027, 11, 20), date(2027, 11, 22)),
        ("list_is_not_older_than_its_dates", date(2027, 2, 20), date(2027, 2, 21)),
    ],
)
def test_closings_are_announced_a_year_ahead_and_openings_three_months(
    check: str, ahead: date, too_far: date
) -> None:
    def of(day: date) -> Found:
        opens = check == "list_is_not_older_than_its_dates"
        return found(check, ("RA1", NORTH[1], day, None) if opens else (*NORTH[:3], day))

    assert not of(ahead).beyond
    assert of(too_far).beyond
    assert not found("list_is_not_older_than_its_dates", (*NORTH[:3], ahead)).beyond
