"""Beds beside those held: a first workbook beside the compiled quarters, a long file beside the one before."""

import io
from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from beside import judged, refused, said
from conftest import staged_rows
from reading import csv_file

from assets.contract.held_rules import AGREES
from assets.contract.periods import quarter_days
from assets.sources.kh03 import layouts
from assets.sources.kh03.layouts import AVAILABLE, OCCUPIED
from assets.sources.kh03.source import KEY, SOURCE
from pipelines.judging.file_verdicts import Verdict
from pipelines.storage.home import Home

ORDER = "amount_belongs_to_the_same_trusts"
STRETCH = f"{ORDER}_in_every_stretch"
EMPTY, FULL = "beds_are_seldom_nearly_empty", "beds_are_as_full_as_usual"
SAME, REPEATED = "available_and_occupied_beds_differ", "the_file_is_no_earlier_one"
NEIGHBOURS = "beds_follow_those_of_the_quarter_before"
LEVEL = "available_beds_keep_the_level_of_the_quarter_before"
Change = Callable[[pd.DataFrame], pd.DataFrame]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def beds(quarter: str = "Q1") -> pd.DataFrame:
    """Return the compiled beds of a quarter of 2024/25, a trust a row."""
    rows = staged_rows("kh03")
    rows = rows[(rows["edition"] == "2024/25") & (rows["quarter"] == quarter)]
    wide = rows.pivot_table(
        index=["org_code_as_published", "org_name_as_published"], columns="measure", values="amount"
    )
    return wide.reset_index()


def a_year_on(rows: pd.DataFrame) -> pd.DataFrame:
    """Return beds that moved by up to three per cent, as the next ones do."""
    moved = pd.Series([1 + 0.03 * ((n * 37) % 13 - 6) / 6 for n in range(len(rows))], index=rows.index)
    return rows.assign(
        **{name: rows[name] * moved * (1 - n / 500) for n, name in enumerate((AVAILABLE, OCCUPIED), 1)}
    )


def workbook(rows: pd.DataFrame, year: str = "2025-26", end: str = "June", *, all_beds: float = 1.1) -> bytes:
    """Return the columns of a workbook of a quarter that are read; all beds are `all_beds` times general and acute ones."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = layouts.SHEET
    sheet.append(["", "", "", "", "Available", "", "Occupied", ""])
    pair = [layouts.ALL_BEDS, layouts.GENERAL_AND_ACUTE]
    sheet.append([*layouts.WORKBOOK, *pair, *pair])
    lines = [
        ("", "England", rows[AVAILABLE].sum(), rows[OCCUPIED].sum()),
        *rows.itertuples(index=False, name=None),
    ]
    for code, name, available, occupied in lines:
        sheet.append([year, end, code, name, available * all_beds, available, occupied * all_beds, occupied])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def first(home: Home, rows: pd.DataFrame) -> Verdict:
    (found,) = judged(home, SOURCE, ("2025/26-Q1", workbook(rows)))
    return found


def percent(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(**{OCCUPIED: (100 * rows[OCCUPIED] / rows[AVAILABLE]).fillna(0)})


def block_lower(rows: pd.DataFrame) -> pd.DataFrame:
    names = [AVAILABLE, OCCUPIED]
    moved = rows.copy()
    block = rows.index[100:125]
    moved.loc[block, names] = rows.loc[[block[-1], *block[:-1]], names].to_numpy()
    return moved


def every(step: int, value: Callable[[pd.DataFrame], "pd.Series[float]"]) -> Change:
    return lambda rows: rows.assign(
        **{OCCUPIED: rows[OCCUPIED].mask([n % step == 0 for n in range(len(rows))], value(rows))}
    )


def test_the_next_workbook_and_that_of_a_compiled_quarter_are_accepted(home: Home) -> None:
    held, after = judged(
        home,
        SOURCE,
        ("2024/25-Q4", workbook(beds("Q4"), "2024-25", "March")),
        ("2025/26-Q1", workbook(a_year_on(beds()))),
    )
    assert (refused(held), refused(after)) == (set(), set())
    assert said(held, AGREES).observed.startswith("0 of ")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (percent, {FULL, EMPTY}),
        (every(6, lambda rows: rows[OCCUPIED] * 0), {EMPTY}),
        (every(4, lambda rows: rows[AVAILABLE]), {SAME}),
        (block_lower, {ORDER, STRETCH}),
    ],
)
def test_a_first_workbook_of_other_beds_is_refused(home: Home, change: Change, expected: set[str]) -> None:
    assert expected <= refused(first(home, change(a_year_on(beds()))))


@pytest.mark.parametrize("quarter", ["Q1", "Q4"])
def test_a_first_workbook_with_the_beds_of_a_compiled_quarter_is_refused(quarter: str, home: Home) -> None:
    assert REPEATED in refused(first(home, beds(quarter)))


def test_a_first_workbook_is_compared_with_the_compiled_quarters(home: Home) -> None:
    assert said(first(home, a_year_on(beds())), ORDER).observed.startswith("beside 2024/25: ")


def test_a_workbook_of_a_compiled_quarter_must_agree_with_it(home: Home) -> None:
    (found,) = judged(home, SOURCE, ("2024/25-Q4", workbook(a_year_on(beds("Q4")), "2024-25", "March")))
    assert AGREES in refused(found)


def test_a_trust_with_more_general_and_acute_beds_than_beds_is_rejected() -> None:
    found = layouts.parse(workbook(beds(), all_beds=0.9), "2025/26-Q1", "")
    assert len(found.rejected) > 100
    assert "column 'General & Acute, available': expected at most the" in found.rejected[0].reason
    assert not layouts.parse(workbook(beds(), all_beds=1), "2025/26-Q1", "").rejected


# The long files


def long_file(rows: pd.DataFrame, factor: float = 1, *, last: Change = lambda rows: rows) -> bytes:
    """Return a long file of rows held and of the quarter after them; `last` changes that quarter."""
    newest = rows[(rows["financial_year"] == "2024/25") & (rows["quarter"] == "Q1")]
    after = last(newest.assign(quarter="Q2", amount=newest["amount"] * factor))
    lines = [
        (row.org_code_as_published, layouts.GENERAL_AND_ACUTE, row.amount, f"{_last_day(row):%d/%m/%Y}")
        for row in pd.concat([rows, after]).itertuples()
    ]
    return csv_file([layouts.HISTORY, *lines])


def _last_day(row: object) -> date:
    return quarter_days(int(row.financial_year[:4]), row.quarter)[1]  # type: ignore[attr-defined]


def history(measure: str) -> pd.DataFrame:
    rows = staged_rows("kh03")
    return rows[(rows["layout"] == "history") & (rows["measure"] == measure)]


def next_long(home: Home, content: bytes) -> Verdict:
    (found,) = judged(home, SOURCE, ("2024-09-30", content, "available"))
    return found


def all_beds(rows: pd.DataFrame) -> pd.DataFrame:
    """Return beds of all sectors: trusts without general and acute beds have hundreds."""
    return rows.assign(amount=rows["amount"].mask(rows["amount"] < 60, 400) * 1.02)


def test_the_next_long_file_is_accepted(home: Home) -> None:
    found = next_long(home, long_file(history(AVAILABLE), 1.01))
    assert refused(found) == set()
    assert said(found, AGREES).observed.startswith("0 of 12319 values that 2024-06-30 holds too differ")


def test_the_other_beds_under_the_name_of_a_long_file_are_refused(home: Home) -> None:
    assert {AGREES, LEVEL} <= refused(next_long(home, long_file(history(OCCUPIED), 1.01)))


@pytest.mark.parametrize(
    ("change", "expected"),
    [(all_beds, NEIGHBOURS), (lambda rows: rows.assign(amount=rows["amount"] * 0.8), LEVEL)],
)
def test_a_newest_quarter_of_other_beds_is_refused(home: Home, change: Change, expected: str) -> None:
    assert refused(next_long(home, long_file(history(AVAILABLE), last=change))) == {expected}


def test_real_quarters_lie_well_within_the_limits() -> None:
    rows = staged_rows("kh03").drop_duplicates([*KEY, "measure", "layout"])
    wide = rows.pivot_table(index=[*KEY, "layout"], columns="measure", values="amount")
    full = (wide[OCCUPIED] / wide[AVAILABLE].where(wide[AVAILABLE] > 0)).dropna()
    quarters = full.groupby(["layout", "financial_year", "quarter"])
    assert (round(quarters.median().min(), 3), round(quarters.median().max(), 3)) == (0.618, 0.928)
    assert round(quarters.agg(lambda one: (one < 0.3).mean()).max(), 3) == 0.018
    assert round(quarters.agg(lambda one: (one == 1).mean()).max(), 3) == 0.019
    assert full.max() <= 1
