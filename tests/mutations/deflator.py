"""Mutations of the deflator's workbook: of an edition that is not held yet, beside the edition of the quarter before.

Changes up to 2018/19 are those of the frozen edition, which every later one overlaps; those since are artificial, drawn
once from one to twelve per cent. The index is what they make of 100 in the base year.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from conftest import staged_rows
from test_deflator import HEAD, NOTE, unmarked, workbook

from assets.contract.periods import financial_year
from mutations.case import STRUCTURE, Case, Expected, Held

HELD, NEXT = "2026-03", "2026-06"
FIRST, BASE = 1955, 2025
LABEL = 2
BEFORE_APRIL = ("11 February 2026", "31 March 2026")
"""Days of figures on which the year of the base was still a forecast."""
YEARS = range(FIRST, BASE + 1)
_DRAWN = random.Random("deflator")  # noqa: S311 - artificial changes, no secret
_FROZEN = (
    staged_rows("deflator").dropna(subset="index_value").set_index("fy_end_year")["change_pct"].fillna(0)
)
CHANGES = tuple(round(float(_FROZEN.get(year + 1, _DRAWN.uniform(1, 12))), 3) for year in YEARS)


@dataclass(frozen=True)
class Series:
    """What a workbook says: a change for each year (of the first it is not printed), the base, and the day of the figures."""

    changes: Sequence[float] = CHANGES
    base: int = BASE
    day: str = "30 June 2026"
    forecast: float = 2.5

    @property
    def index(self) -> list[float]:
        """The index that the changes make."""
        levels = [1.0]
        for change in self.changes[1:]:
            levels.append(levels[-1] * (1 + change / 100))
        return [100 * level / levels[self.base - FIRST] for level in levels]


SOUND = Series()
BEFORE = Series(day="31 March 2026", forecast=2.0)
Change = Callable[[Any], Any]
INDEX, CHANGE = 3, 4
"""Columns of the sheet."""


def written(series: Series, *changes: Change) -> bytes:
    """Return the workbook of a series, changed on its sheet."""

    def write(sheet: Any) -> None:
        sheet["B3"] = NOTE.replace("30 June 2026", series.day)
        sheet.cell(HEAD, INDEX, f"{financial_year(series.base).replace('/', '-')} = 100")
        for place, (level, change) in enumerate(zip(series.index, series.changes, strict=True)):
            sheet.cell(HEAD + 1 + place, INDEX, level)
            sheet.cell(HEAD + 1 + place, CHANGE, change if place else None)
        if series.day in BEFORE_APRIL:
            sheet.cell(HEAD + 71, LABEL, f"{sheet.cell(HEAD + 71, LABEL).value} (1)")
        for row in (HEAD + 72, HEAD + 73):
            sheet.cell(row, CHANGE, series.forecast)
        for change_sheet in changes:
            change_sheet(sheet)

    return workbook(write)


def column_lower(column: int) -> Change:
    """Return the change that moves a column down by a year; what falls out at the end comes in at the top."""

    def change(sheet: Any) -> None:
        rows = range(HEAD + 1, HEAD + 1 + len(YEARS))
        cells = [sheet.cell(row, column).value for row in rows]
        for row, cell in zip(rows, cells[-1:] + cells[:-1], strict=True):
            sheet.cell(row, column).value = cell

    return change


def times(column: int, factor: float, until: int = BASE) -> Change:
    """Return the change that multiplies a column up to a year."""

    def change(sheet: Any) -> None:
        for row in range(HEAD + 2, HEAD + 2 + until - FIRST):
            sheet.cell(row, column).value *= factor

    return change


def headers_swapped(sheet: Any) -> None:
    one, other = sheet.cell(HEAD, INDEX), sheet.cell(HEAD, CHANGE)
    one.value, other.value = other.value, one.value


def base_named(name: str) -> Change:
    return lambda sheet: sheet.cell(HEAD, INDEX, name)


def percentages(sheet: Any) -> None:
    """Write the changes over the index, 100 in the base year."""
    for row in range(HEAD + 2, HEAD + 1 + len(YEARS)):
        sheet.cell(row, INDEX).value = sheet.cell(row, CHANGE).value
    sheet.cell(HEAD + len(YEARS), INDEX).value = 100


def money_named_change(sheet: Any) -> None:
    """Give the column of money GDP the header of the changes."""
    sheet.cell(HEAD, CHANGE + 1).value, sheet.cell(HEAD, CHANGE).value = (
        sheet.cell(HEAD, CHANGE).value,
        sheet.cell(HEAD, CHANGE + 1).value,
    )


def years_cut(number: int) -> Change:
    return lambda sheet: sheet.delete_rows(HEAD + 1, number)


def emptied(sheet: Any) -> None:
    for row in range(HEAD + 20, HEAD + 30):
        sheet.cell(row, INDEX).value = "-"


def lower() -> tuple[float, ...]:
    return (CHANGES[0], CHANGES[0], *CHANGES[1:-1])


def of_calendar_years() -> tuple[float, ...]:
    """Return changes between calendar years: nearer to those of a year that ends three months later than these are."""
    return tuple(
        round(0.25 * before + 0.75 * own, 3)
        for before, own in zip((CHANGES[0], *CHANGES[:-1]), CHANGES, strict=True)
    )


def revised(share: int, points: float) -> tuple[float, ...]:
    """Return the changes with every so-manieth revised by some points, up or down."""
    return tuple(
        change + (points if place % 2 else -points) * (place % share == 0)
        for place, change in enumerate(CHANGES)
    )


def _case(name: str, series: Series, *more: Change | str, expected: Expected = "refused") -> Case:
    changes = [one for one in more if callable(one)]
    checks = tuple(one for one in more if isinstance(one, str))
    held = (Held("deflator", HELD, "", lambda: written(BEFORE)),)
    why = (
        "An index is what its changes make of 100 in the base year; changes are revised by tenths of a point."
    )
    return Case(
        f"{name} ({NEXT})",
        "F69",
        "deflator",
        NEXT,
        "",
        held,
        lambda: written(series, *changes),
        expected,
        checks,
        why,
    )


AGREES = "agrees_with_other_editions"
CASES = (
    _case("the index a year lower", SOUND, column_lower(INDEX), STRUCTURE),
    _case("the changes a year lower", SOUND, column_lower(CHANGE), STRUCTURE),
    _case("all figures a year lower", replace(SOUND, changes=lower()), AGREES),
    _case("figures of calendar years", replace(SOUND, changes=of_calendar_years()), expected="undetectable"),
    _case("another base up to 1990", SOUND, times(INDEX, 2, 1990), STRUCTURE),
    _case("base named that is not that of the index", SOUND, base_named("2024-25 = 100"), STRUCTURE),
    _case("base of an old workbook", replace(SOUND, base=2018), STRUCTURE),
    _case("index and changes swapped", SOUND, headers_swapped, STRUCTURE),
    _case("percentages in place of the index", SOUND, percentages, STRUCTURE),
    _case("money in place of the changes", SOUND, money_named_change, STRUCTURE),
    _case("the index in tens", SOUND, times(INDEX, 0.1), STRUCTURE),
    _case("changes as shares", SOUND, times(CHANGE, 0.01), STRUCTURE),
    _case("forecasts with an index and without their mark", SOUND, unmarked, STRUCTURE),
    _case("ten years without an index", SOUND, emptied, STRUCTURE),
    _case("the first forty years gone", SOUND, years_cut(40), "as_many_years_as_the_series_has"),
    _case("the first two years gone", SOUND, years_cut(2), "years_are_still_listed"),
    _case("the quarter before under a new edition", BEFORE, "the_file_is_no_earlier_one"),
    _case(
        "figures older than those held", replace(SOUND, day="11 February 2026"), "outturn_on_does_not_go_back"
    ),
    _case("a workbook of the year before", replace(SOUND, day="30 September 2025"), STRUCTURE),
    _case("figures of a later day than the edition", replace(SOUND, day="30 September 2026"), STRUCTURE),
    _case("the next edition, revised by tenths", replace(SOUND, changes=revised(1, 0.4)), expected="passes"),
    _case(
        "an eighth revised by more than a point", replace(SOUND, changes=revised(8, 1.3)), expected="passes"
    ),
    _case("the base a year earlier", replace(SOUND, base=2024), expected="passes"),
    _case("other forecasts on the same figures", replace(BEFORE, forecast=2.2), expected="passes"),
)
