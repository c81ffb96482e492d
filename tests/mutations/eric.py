"""Mutations of the publisher's file on estates, of a year that is not held yet."""

from assets.sources.eric import HEADERS
from mutations.case import Base, Case, Expected
from mutations.grid import (
    Change,
    Grid,
    copied,
    csv_text,
    kept,
    mapped,
    shifted,
    slipped,
    sorted_by,
    swapped,
    together,
    values,
)
from mutations.rebuilt import eric_grid, frozen

KEY, TYPE, ONSITE, OFFSITE, RECORDS = HEADERS[0], *HEADERS[2:]
COLUMNS = {ONSITE: "onsite_gbp", OFFSITE: "offsite_gbp"}
EARLIER = tuple(f"{name}_is_of_no_earlier_year" for name in COLUMNS.values())
TOTAL = "total_gbp_belongs_to_the_same_trusts"


def number(cell: object) -> float | None:
    text = str(cell).replace(",", "").strip()
    return float(text) if text.replace(".", "").isdigit() else None


def scaled(factor: float) -> Change:
    return together(
        *(
            mapped(KEY, name, lambda cell: cell if number(cell) is None else round(number(cell) * factor))
            for name in (ONSITE, OFFSITE)
        )
    )


def tenfold(*trusts: str) -> Change:
    """Return the change that adds a digit to both costs of some trusts."""

    def change(grid: Grid) -> Grid:
        for header in (ONSITE, OFFSITE):
            codes = iter(values(grid, KEY, KEY))
            grid = mapped(
                KEY,
                header,
                lambda cell, codes=codes: (
                    round(number(cell) * 10) if next(codes) in trusts and number(cell) else cell
                ),
            )(grid)
        return grid

    return change


def old(year: str, *costs: str, every: int = 1) -> Change:
    """Return the change that makes costs those of an earlier year, where the trust (or every so many) had some."""

    def change(grid: Grid) -> Grid:
        rows = frozen("eric", year).set_index("org_code_as_published")
        for header in costs:
            name = COLUMNS[header]
            known = rows[name].dropna().astype(int).iloc[::every].to_dict()
            codes = iter(values(grid, KEY, KEY))
            grid = mapped(KEY, header, lambda cell, known=known, codes=codes: known.get(next(codes), cell))(
                grid
            )
        return grid

    return change


def merged(grid: Grid) -> Grid:
    """Return the file of a year in which two trusts have become one: the second has no row, the first has both costs."""
    gone, into = ("RAP", "RAL")  # North Middlesex was taken over by the Royal Free in January 2025
    return kept(KEY, KEY, lambda _number, code: code != gone or code == into)(grid)


def cases(_base: Base) -> tuple[Case, ...]:
    """Return the cases, which are the same of both bases."""

    def case(name: str, change: Change, *checks: str, expected: Expected = "refused") -> Case:
        why = "Costs, their order and their place stay with a trust from year to year."
        return Case(
            f"{name} (2025/26)",
            "F74",
            "eric",
            "2025/26",
            "",
            (),
            lambda: csv_text(change(eric_grid()), "cp1252"),
            expected,
            checks,
            why,
        )

    both = (ONSITE, OFFSITE)
    return (
        case(
            "onsite and offsite swapped",
            swapped(*both),
            "measures_are_not_exchanged",
            "records_are_seldom_dearer_offsite",
        ),
        case("both costs a row lower", shifted(KEY, *both), TOTAL),
        case("onsite costs a row lower", shifted(KEY, ONSITE), "onsite_gbp_belongs_to_the_same_trusts"),
        case("offsite costs a row lower", shifted(KEY, OFFSITE), "offsite_gbp_belongs_to_the_same_trusts"),
        case(
            "kinds of records a row lower", shifted(KEY, RECORDS), "records_type_belongs_to_the_same_trusts"
        ),
        case("types of trusts a row lower", shifted(KEY, TYPE), "trust_type_belongs_to_the_same_trusts"),
        case(
            "offsite costs a copy of onsite",
            copied(KEY, ONSITE, OFFSITE),
            "no_measure_is_a_copy",
            "costs_add_up_to_what_england_spends",
        ),
        case("costs of the year before", old("2024/25", *both), *EARLIER),
        case("onsite costs of the year before", old("2024/25", ONSITE), EARLIER[0]),
        case("offsite costs of the year before", old("2024/25", OFFSITE), EARLIER[1]),
        case("costs of 2018/19", old("2018/19", *both), *EARLIER),
        case("a quarter of the costs those of the year before", old("2024/25", *both, every=4), *EARLIER),
        case(
            "both costs of twenty trusts a row lower",
            slipped(KEY, (60, 80), *both),
            "total_gbp_stays_in_its_rows",
            "onsite_gbp_stays_in_its_rows",
        ),
        case(
            "offsite costs of twenty trusts a row higher",
            slipped(KEY, (120, 140), OFFSITE, by=-1),
            "offsite_gbp_stays_in_its_rows",
        ),
        case(
            "types of fifteen trusts a row lower",
            slipped(KEY, (100, 115), TYPE),
            "trust_type_stays_in_its_rows",
        ),
        case(
            "costs of three trusts times ten",
            tenfold("RJ1", "RAL", "RWE"),
            "total_gbp_does_not_jump",
            expected="warned",
        ),
        case("a new year by the names of the trusts", sorted_by(KEY, str, HEADERS[1]), expected="passes"),
        case("every cost times 0.8", scaled(0.8), "total_gbp_keeps_its_level"),
        case(
            "every cost in thousands",
            scaled(0.001),
            "total_gbp_keeps_its_level",
            "total_gbp_keeps_its_unit",
            "costs_add_up_to_what_england_spends",
        ),
        case(
            "half of the offsite costs empty",
            mapped(KEY, OFFSITE, lambda cell: "" if str(cell)[-1:] in "02468" else cell),
            "total_gbp_is_still_filled",
            "most_trusts_report_a_cost",
        ),
        case(
            "every second trust gone",
            kept(KEY, KEY, lambda place, _code: place % 2 == 0),
            "trusts_are_still_there",
            "about_as_many_trusts_as_there_are",
        ),
        case("a new year", lambda grid: grid, expected="passes"),
        case("a new year with one trust less by a merger", merged, expected="passes"),
    )


CASES = cases("rebuilt")
