"""Mutations of the list of the Data Security and Protection Toolkit."""

from datetime import datetime, timedelta

from mutations.case import Base, Case, Content, Expected, Held
from mutations.grid import Change, Grid, csv_text, mapped, shifted, together, values
from mutations.rebuilt import dspt_grid

KEY, STATUS, DAY = "Code", "Status", "Date Of Publication"


def month_on(grid: Grid) -> Grid:
    """Return the list a month later: one trust in twenty has published again and meets the standards now."""
    numbers = iter(range(len(values(grid, KEY, DAY))))
    chosen = {n for n in numbers if n % 20 == 4}
    states = iter(enumerate(values(grid, KEY, STATUS)))
    days = iter(enumerate(values(grid, KEY, DAY)))

    def status(_cell: object) -> object:
        n, cell = next(states)
        return "22/23 Standards Met" if n in chosen else cell

    def day(_cell: object) -> object:
        n, cell = next(days)
        return "02/11/2023" if n in chosen else cell

    return mapped(KEY, DAY, day)(mapped(KEY, STATUS, status)(grid))


def year_on(grid: Grid) -> Grid:
    """Return the list a year later: everybody has published of the next year, one in five with another result."""
    words = {
        "22/23 Standards Met": "22/23 Approaching Standards",
        "22/23 Approaching Standards": "22/23 Standards Met",
    }
    states = iter(enumerate(values(grid, KEY, STATUS)))

    def status(_cell: object) -> str:
        n, cell = next(states)
        return str(words.get(cell, cell) if n % 5 == 2 else cell).replace("22/23", "23/24")

    def day(cell: object) -> str:
        return f"{datetime.strptime(str(cell)[:10], '%d/%m/%Y') + timedelta(365):%d/%m/%Y}"  # noqa: DTZ007

    return mapped(KEY, DAY, day)(mapped(KEY, STATUS, status)(grid))


def settled(grid: Grid) -> Grid:
    """Return the list a month later: one in three that approached the standards has met them and published again."""
    approached = [cell == "22/23 Approaching Standards" for cell in values(grid, KEY, STATUS)]
    chosen = [was and sum(approached[:n]) % 3 == 0 for n, was in enumerate(approached)]
    states, days = iter(chosen), iter(chosen)

    def status(cell: object) -> object:
        return "22/23 Standards Met" if next(states) else cell

    def day(cell: object) -> object:
        return "10/11/2023" if next(days) else cell

    return mapped(KEY, DAY, day)(mapped(KEY, STATUS, status)(grid))


def next_year(grid: Grid) -> Grid:
    """Return a list with the year after in every status."""
    return mapped(KEY, STATUS, lambda cell: str(cell).replace("22/23", "23/24"))(grid)


def unpublished(grid: Grid) -> Grid:
    """Return a list without status and day of two in three that approached the standards."""
    approached = ["Approaching" in str(cell) for cell in values(grid, KEY, STATUS)]
    emptied = [was and sum(approached[:n]) % 3 != 0 for n, was in enumerate(approached)]
    states, days = iter(emptied), iter(emptied)
    empty = mapped(KEY, DAY, lambda cell: "" if next(days) else cell)(grid)
    return mapped(KEY, STATUS, lambda cell: "" if next(states) else cell)(empty)


def promoted(grid: Grid) -> Grid:
    """Return a list in which one in four that approached the standards meets them, as published on the same day."""
    numbers = iter(range(len(values(grid, KEY, STATUS))))

    def status(cell: object) -> object:
        return "22/23 Standards Met" if next(numbers) % 4 == 0 and "Approaching" in str(cell) else cell

    return mapped(KEY, STATUS, status)(grid)


def cases(base: Base) -> tuple[Case, ...]:
    """Return the cases of a base."""

    def file(change: Change, edition: str = "2023-10-17") -> Content:
        return lambda: csv_text(change(dspt_grid(base, edition)))

    def case(
        name: str,
        day: str,
        made: Content,
        *checks: str,
        expected: Expected = "refused",
        held: tuple[Held, ...] = (),
    ) -> Case:
        why = "Results rank trusts much as the year before, and dates only move forward."
        return Case(f"{name} ({day})", "F72", "dspt", day, "", held, made, expected, checks, why)

    def plain(grid: Grid) -> Grid:
        return grid

    unmoved = "nothing_changes_without_published_on"
    ranks, same_year = "status_ranks_trusts_as_before", "status_of_the_same_year_is_as_before"
    november = Held("dspt", "2023-11-20", "", file(month_on))
    lower = shifted(KEY, STATUS)
    return (
        case("statuses a row lower", "2023-10-17", file(lower), same_year),
        case(
            "statuses a row lower, a month later",
            "2023-11-20",
            file(together(month_on, lower)),
            same_year,
            ranks,
        ),
        case(
            "statuses a row lower, a year later",
            "2024-10-15",
            file(together(year_on, lower)),
            ranks,
            held=(november,),
        ),
        case("the year after in every status", "2023-11-20", file(together(month_on, next_year)), unmoved),
        case("some better without publishing", "2023-11-20", file(together(month_on, promoted)), unmoved),
        case(
            "no status and no day where many approached the standards",
            "2023-11-20",
            file(together(month_on, unpublished)),
            "published_on_is_still_filled",
        ),
        case(
            "dates a row lower",
            "2023-11-20",
            file(together(month_on, shifted(KEY, DAY))),
            "published_on_does_not_go_back",
        ),
        case(
            "the list of 2022 as that of 2023",
            "2023-10-17",
            file(plain, "2022-09-09"),
            "published_on_is_recent",
        ),
        case(
            "the list of 2022 as a newer one",
            "2023-12-01",
            file(plain, "2022-09-09"),
            "published_on_does_not_go_back",
            "published_on_is_recent",
        ),
        case(
            "the list of October as that of September a year later",
            "2024-09-15",
            file(plain),
            "published_on_is_recent",
            "the_file_is_no_earlier_one",
        ),
        case(
            "the list of October as that of November", "2023-11-20", file(plain), "the_file_is_no_earlier_one"
        ),
        case(
            "the list of October as that of December",
            "2023-12-20",
            file(plain),
            "published_on_does_not_go_back",
            "the_file_is_no_earlier_one",
            held=(november,),
        ),
        case("the list of a month later", "2023-11-20", file(month_on), expected="passes"),
        case("many met the standards in a month", "2023-11-20", file(settled), expected="passes"),
        case("the list of a year later", "2024-10-15", file(year_on), expected="passes", held=(november,)),
    )


CASES = cases("rebuilt")
