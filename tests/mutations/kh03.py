"""Mutations of the compiled table of beds."""

from typing import Any

from assets.sources.kh03.layouts import AVAILABLE, BEDS, OCCUPIED
from mutations.case import Base, Case, Expected
from mutations.grid import Change, Grid, csv_text, kept, mapped, shifted, slipped, swapped, together, values
from mutations.rebuilt import kh03_grid, with_england

KEY, YEAR, PERIOD, QUARTER = "org_code", "financial_year", "period", "fy_quarter"
AVAIL, FULL = BEDS[AVAILABLE], BEDS[OCCUPIED]


def balanced(grid: Grid) -> Grid:
    """Make England the sum of the trusts again, as a table in which all is shifted would have it."""
    return (grid[0], *with_england(grid[1:]))


def renamed(year: str) -> Change:
    """Return the change that puts a year's rows under another."""
    return together(
        mapped(KEY, YEAR, lambda _cell: year), mapped(KEY, PERIOD, lambda cell: f"{year} {str(cell)[-2:]}")
    )


def grown(factor: float) -> Change:
    def beds(cell: Any) -> Any:
        return float(cell) * factor if cell else cell

    return together(mapped(KEY, AVAIL, beds), mapped(KEY, FULL, beds))


def quarter_copied(grid: Grid) -> Grid:
    """Write the beds of the first quarter over those of the third."""
    rows = list(
        zip(values(grid, KEY, KEY), values(grid, KEY, QUARTER), values(grid, KEY, AVAIL), strict=True)
    )
    first = {code: beds for code, quarter, beds in rows if quarter == "Q1"}
    cells = iter([first.get(code, beds) if quarter == "Q3" else beds for code, quarter, beds in rows])
    return balanced(mapped(KEY, AVAIL, lambda _cell: next(cells))(grid))


def cases(base: Base) -> tuple[Case, ...]:
    """Return the cases of a base."""

    def case(
        name: str, change: Change, *checks: str, year: str = "2025/26", expected: Expected = "refused"
    ) -> Case:
        def file() -> bytes:
            grid = kh03_grid(base)
            return csv_text(change(renamed(year.replace("/", "-"))(grid) if year == "2025/26" else grid))

        why = "Beds stay with a trust from quarter to quarter."
        return Case(f"{name} ({year})", "F74", "kh03", year, "compiled", (), file, expected, checks, why)

    order = "amount_belongs_to_the_same_trusts"
    next_year = together(noisy, balanced)
    full = "occupied_beds_seldom_exceed_available_ones"

    def held(name: str, change: Change, *checks: str) -> Case:
        return case(name, change, *checks, year="2024/25")

    half: Change = kept(KEY, KEY, lambda place, code: code == "NAN" or place % 2 == 0)
    one_quarter: Change = kept(KEY, QUARTER, lambda _place, quarter: quarter == "Q1")
    return (
        case("available and occupied beds swapped", together(next_year, swapped(AVAIL, FULL)), full),
        held("available and occupied beds swapped", swapped(AVAIL, FULL), full),
        case("beds a row lower", together(next_year, shifted(KEY, AVAIL, FULL), balanced), order),
        held("beds a row lower", together(shifted(KEY, AVAIL, FULL), balanced), order),
        case(
            "beds of fifteen trusts a row lower in a quarter",
            together(next_year, slipped(KEY, (60, 75), AVAIL, FULL), balanced),
            "beds_stay_in_the_rows_of_the_quarter_before",
        ),
        case(
            "beds of fifteen trusts a row lower in a quarter alone",
            together(next_year, one_quarter, slipped(KEY, (60, 75), AVAIL, FULL), balanced),
            "amount_stays_in_its_rows",
        ),
        case("the year before under a new one", lambda grid: grid, "the_file_is_no_earlier_one"),
        case("every bed times 0.8", together(next_year, grown(0.8)), "amount_keeps_its_level", "structure"),
        held("one quarter a copy of another", quarter_copied, "no_measure_is_a_copy"),
        case(
            "every second row gone",
            together(next_year, half, balanced),
            "trusts_are_still_there",
            "groups_are_as_large_as_before",
        ),
        case("beds in tens", together(next_year, grown(0.1)), "mean_number_of_beds_is_plausible"),
        case("the next year", next_year, expected="passes"),
        case("the next quarter alone", together(next_year, one_quarter), expected="passes"),
    )


def noisy(grid: Grid) -> Grid:
    """Return the table a year on: each trust has up to three per cent more or fewer beds."""
    steps = iter(range(10**6))

    def beds(cell: Any) -> Any:
        n = next(steps)
        return float(cell) * (1 + 0.03 * ((n * 37) % 13 - 6) / 6) if cell else cell

    return mapped(KEY, AVAIL, beds)(mapped(KEY, FULL, beds)(grid))


CASES = cases("rebuilt")
