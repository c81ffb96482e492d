"""Mutations of the compiled table of beds."""

from typing import Any

from assets.sources.kh03 import BEDS
from mutations.case import Base, Case, Expected
from mutations.grid import Change, Grid, csv_text, kept, mapped, shifted, swapped, together, values
from mutations.rebuilt import OCCUPIED, kh03_grid, with_england

KEY, YEAR, PERIOD, QUARTER = "org_code", "financial_year", "period", "fy_quarter"
M = "available_general_and_acute_beds"


def balanced(grid: Grid) -> Grid:
    """Make England the sum of the trusts again, as a table in which all is shifted would have it."""
    return (grid[0], *with_england(grid[1:]))


def renamed(year: str) -> Change:
    """Return the change that puts a year's rows under another."""
    return together(
        mapped(KEY, YEAR, lambda _cell: year), mapped(KEY, PERIOD, lambda cell: f"{year} {str(cell)[-2:]}")
    )


def grown(factor: float) -> Change:
    return mapped(KEY, BEDS, lambda cell: float(cell) * factor if cell else cell)


def quarter_copied(grid: Grid) -> Grid:
    """Write the beds of the first quarter over those of the third."""
    rows = list(zip(values(grid, KEY, KEY), values(grid, KEY, QUARTER), values(grid, KEY, BEDS), strict=True))
    first = {code: beds for code, quarter, beds in rows if quarter == "Q1"}
    cells = iter([first.get(code, beds) if quarter == "Q3" else beds for code, quarter, beds in rows])
    return balanced(mapped(KEY, BEDS, lambda _cell: next(cells))(grid))


def cases(base: Base) -> tuple[Case, ...]:
    """Return the cases of a base."""

    def case(
        name: str, change: Change, *checks: str, year: str = "2025/26", expected: Expected = "refused"
    ) -> Case:
        def file() -> bytes:
            grid = kh03_grid(base)
            return csv_text(change(renamed(year.replace("/", "-"))(grid) if year == "2025/26" else grid))

        why = "Beds stay with a trust from quarter to quarter."
        return Case(f"{name} ({year})", "F74", "kh03", year, "", (), file, expected, checks, why)

    order = f"{M}_belongs_to_the_same_trusts"
    next_year = together(noisy, balanced)

    def held(name: str, change: Change, *checks: str) -> Case:
        return case(name, change, *checks, year="2024/25")

    half: Change = kept(KEY, KEY, lambda place, code: code == "NAN" or place % 2 == 0)
    one_quarter: Change = kept(KEY, QUARTER, lambda _place, quarter: quarter == "Q1")
    return (
        case(
            "available and occupied beds swapped", together(next_year, swapped(BEDS, OCCUPIED)), "structure"
        ),
        held("available and occupied beds swapped", swapped(BEDS, OCCUPIED), "structure"),
        case("beds a row lower", together(next_year, shifted(KEY, BEDS, OCCUPIED), balanced), order),
        held("beds a row lower", together(shifted(KEY, BEDS, OCCUPIED), balanced), order),
        case("the year before under a new one", lambda grid: grid, "the_file_is_no_earlier_one"),
        case("every bed times 0.8", together(next_year, grown(0.8)), f"{M}_keeps_its_level", "structure"),
        held("one quarter a copy of another", quarter_copied, "no_measure_is_a_copy"),
        case(
            "every second row gone",
            together(next_year, half, balanced),
            "trusts_are_still_there",
            "groups_are_as_large_as_before",
        ),
        case("beds in tens", together(next_year, grown(0.1)), f"{M}_keeps_its_level", "structure"),
        case("the next year", next_year, expected="passes"),
        case("the next quarter alone", together(next_year, one_quarter), expected="passes"),
    )


def noisy(grid: Grid) -> Grid:
    """Return the table a year on: each trust has up to three per cent more or fewer beds."""
    steps = iter(range(10**6))

    def beds(cell: Any) -> Any:
        n = next(steps)
        return float(cell) * (1 + 0.03 * ((n * 37) % 13 - 6) / 6) if cell else cell

    return mapped(KEY, BEDS, beds)(grid)


CASES = cases("rebuilt")
