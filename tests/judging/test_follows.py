"""A part without a file of its own is compared with the part it follows; periods of one file with each other."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from beside import eric_file, judged, only, refused, returns, said

from assets.catalogue import sources
from assets.contract.guards import Guard, no_repeat, same_level, same_order
from assets.sources import eric
from pipelines.judging import agreement, comparisons
from pipelines.judging.sides import NOTHING, Sides
from pipelines.storage.home import Home

ROWS = returns("2024/25")
DOUBLED = "total_gbp_has_not_doubled"
ALONE = only(eric.SOURCE, "doubled")
PARTS = ("", "new")
SOURCES = {
    follows: replace(
        ALONE,
        editions=replace(eric.SOURCE.editions, parts=PARTS, follows={"new": ("",)} if follows else {}),
    )
    for follows in (True, False)
}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def costs(factor: float) -> bytes:
    columns = ["onsite_gbp", "offsite_gbp"]
    return eric_file(ROWS.assign(**(ROWS[columns] * factor)))


@pytest.mark.parametrize("follows", [True, False])
def test_the_first_file_of_a_part_is_compared_with_the_part_it_follows(home: Home, follows: bool) -> None:
    (found,) = judged(home, SOURCES[follows], ("2025/26", costs(3), "new"))
    assert refused(found) == ({DOUBLED} if follows else set())
    assert said(found, DOUBLED).observed.startswith("beside 2024/25: " if follows else "nothing to compare")


def test_a_part_with_a_file_of_its_own_is_compared_with_that_one(home: Home) -> None:
    first, other, last = judged(
        home,
        SOURCES[True],
        ("2025/26", costs(1.6), "new"),
        ("2026/27", costs(1), ""),
        ("2027/28", costs(2.4), "new"),
    )
    assert [one.accepted for one in (first, other, last)] == [True, True, True]
    assert "1.50 times" in said(last, DOUBLED).observed


def test_a_file_is_judged_anew_when_one_comes_that_its_part_follows(home: Home) -> None:
    (before,) = judged(home, SOURCES[True], ("2026/27", costs(3), "new"))
    older, after = judged(home, SOURCES[True], ("2025/26", costs(1.7)), ("2026/27", costs(3), "new"))
    assert (refused(before), older.accepted, after.accepted) == ({DOUBLED}, True, True)


@pytest.mark.parametrize("name", sorted(sources()))
def test_a_part_follows_other_parts_of_its_source(name: str) -> None:
    editions = sources()[name].editions
    for part, others in editions.follows.items():
        assert {part, *others} <= set(editions.parts)
        assert part not in others


# Periods of one file

PERIODS = pd.DataFrame(
    [
        {"org_code_as_published": f"R{code:02}", "year": year, "quarter": quarter, "amount": 10.0 + code}
        for code in range(30)
        for year, quarter in (("2024/25", "Q3"), ("2024/25", "Q4"), ("2025/26", "Q1"))
    ]
)
LAST = PERIODS["year"] == "2025/26"
EARLIER = {"earlier": ("year", "quarter")}


def alone(guard: Guard, rows: pd.DataFrame) -> Sides:
    assert comparisons.alone(guard)
    return Sides("2025/26", rows, pd.DataFrame(), rows.iloc[:0])


def test_each_period_of_a_file_is_compared_with_the_one_before_it() -> None:
    level = same_level("amount", (0.9, 1.1), **EARLIER)
    assert not agreement.level(level, alone(level, PERIODS)).beyond
    halved = PERIODS.assign(amount=PERIODS["amount"].mask(LAST, PERIODS["amount"] / 2))
    found = agreement.level(level, alone(level, halved))
    assert (found.beyond, found.keys) == (True, ("2025/26|Q1",))
    order = same_order("amount", 0.9, **EARLIER)
    turned = PERIODS.assign(amount=PERIODS["amount"].mask(LAST, 100 - PERIODS["amount"]))
    assert not agreement.order(order, alone(order, halved)).beyond
    assert agreement.order(order, alone(order, turned)).keys == ("2025/26|Q1",)


def test_a_file_of_one_period_has_none_to_compare() -> None:
    for guard in (same_level("amount", (0.9, 1.1), **EARLIER), same_order("amount", 0.9, **EARLIER)):
        assert comparisons.compare(guard, alone(guard, PERIODS[LAST])) == NOTHING


def test_the_same_period_in_two_files_is_no_repetition() -> None:
    rows = PERIODS[LAST]
    guard = no_repeat(("amount",), 0.4, by=("quarter",), groups=("year",))
    again, relabelled = (
        agreement.repeated(guard, Sides("2026/27", rows.assign(year=year), rows, rows.iloc[:0]))
        for year in ("2025/26", "2026/27")
    )
    assert (again, relabelled.beyond) == (NOTHING, True)
    rounded = rows.assign(year="2026/27", amount=rows["amount"] + 1e-8)
    assert agreement.repeated(guard, Sides("2026/27", rounded, rows, rows.iloc[:0])).beyond


def test_a_period_with_the_values_of_any_other_period_is_a_repetition() -> None:
    guard = no_repeat(("amount",), 0.4, groups=("year", "quarter"))
    now = PERIODS[LAST].assign(quarter="Q2")
    assert agreement.repeated(guard, Sides("2025/26", now, PERIODS, now.iloc[:0])).beyond
    others = now.assign(amount=now["amount"] + 1000)
    assert not agreement.repeated(guard, Sides("2025/26", others, PERIODS, now.iloc[:0])).beyond
