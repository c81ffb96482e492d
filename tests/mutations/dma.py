"""Mutations of the workbook of the Digital Maturity Assessment, of the year that is held and of the year after."""

from collections.abc import Callable
from typing import Any

from conftest import PILLAR_HEADERS

from mutations.case import Base, Case, Content, Expected
from mutations.grid import (
    Book,
    Change,
    Grid,
    copied,
    kept,
    mapped,
    shifted,
    swapped,
    together,
    values,
    workbook,
)
from mutations.rebuilt import NEXT_OVERALL, NEXT_PILLARS, OVERALL, PILLARS, dma_book, dma_next

KEY = "Provider"
SHEETS = {"2025": (PILLARS, OVERALL), "2026": (NEXT_PILLARS, NEXT_OVERALL)}
FOLLOWS = ("pillars_go_with_the_overall_score", "pillars_go_with_the_overall_score_in_every_stretch")
EACH = "each_pillar_rises_and_falls_with_the_overall_score"
BOARDS = ("pillars_of_boards_go_with_their_overall_score",)
LEVEL = ("score_keeps_its_level", "pillars_are_as_high_as_the_overall_score")
SIZES = (
    *("groups_are_as_large_as_before", "every_region_answers", "both_sheets_hold_the_same_providers"),
    "about_as_many_providers_as_there_are_trusts",
)
KEYS = ("both_sheets_hold_the_same_providers", "every_measure_has_as_many_scores")
SETTINGS = ("care_setting_is_as_the_names_say", "groups_are_as_large_as_before")


def file(base: Base, year: str, **changes: Change) -> Content:
    """Return what makes the workbook of a year with changes of its sheets: `pillars`, `overall`, or `both`."""

    def content() -> bytes:
        book = dict({"2025": dma_book, "2026": dma_next}[year](base))
        pillars, overall = SHEETS[year]
        for name, change in changes.items():
            sheets = {"pillars": [pillars], "overall": [overall], "both": [pillars, overall]}
            sheets["boards"] = [f"ICB - {year} Pillar Summary"]
            for sheet in sheets[name]:
                book[sheet] = change(book[sheet])
        return workbook(book)

    return content


def scaled(factor: float, *headers: str) -> Change:
    """Return the change that multiplies columns, down to the lowest score there is."""
    return together(*(mapped(KEY, name, lambda score: max(1.0, score * factor)) for name in headers))


def reversed_(*headers: str) -> Change:
    return together(*(mapped(KEY, name, lambda score: 6 - score) for name in headers))


def block(first: int, last: int, *headers: str) -> Change:
    """Return the change that shifts columns by a row between two rows of the table only."""

    def change(grid: Grid) -> Grid:
        whole = shifted(KEY, *headers)(grid)
        for header in headers:
            was, now = values(grid, KEY, header), values(whole, KEY, header)
            cells = iter([now[n] if first < n < last else cell for n, cell in enumerate(was)])
            grid = mapped(KEY, header, lambda _cell, cells=cells: next(cells))(grid)
        return grid

    return change


def exchanged(grid: Grid) -> Grid:
    """Exchange all that two providers answered."""
    for header in [name for name in grid[10] if name and name not in ("Region", "ICS", KEY, "Care Setting")]:
        cells = values(grid, KEY, header)
        cells[3], cells[4] = cells[4], cells[3]
        queue = iter(cells)
        grid = mapped(KEY, header, lambda _cell, queue=queue: next(queue))(grid)
    return grid


def corrected(grid: Grid) -> Grid:
    """Correct three scores by a tenth."""
    numbers = iter(range(len(values(grid, KEY, "Well Led"))))
    near = {5: 0.1, 90: -0.1, 200: 0.1}
    return mapped(
        KEY, "Well Led", lambda score: min(5.0, max(1.0, round(score + near.get(next(numbers), 0), 1)))
    )(grid)


def settings(one: str, other: str) -> Change:
    names = {one: other, other: one}
    return mapped(KEY, "Care Setting", lambda cell: names.get(str(cell).strip(), cell))


def region_gone(region: str) -> Change:
    return kept(KEY, "Region", lambda _number, cell: str(cell) != region)


def half(number: int, _cell: Any) -> bool:
    return number % 2 == 0


Make = Callable[..., Case]


def _wrong(case: Make, year: str) -> tuple[Case, ...]:
    """Return the mutations that either year must not get through."""
    now, before = f"{year} Average", f"{int(year) - 1} Average"
    swap = swapped("Well Led", "Empower People")
    return (
        case("all pillars a row lower", FOLLOWS, pillars=shifted(KEY, *PILLAR_HEADERS)),
        case("the boards' pillars a row lower", BOARDS, boards=shifted("ICS", *PILLAR_HEADERS)),
        *(case(f"{pillar} a row lower", (EACH,), pillars=shifted(KEY, pillar)) for pillar in PILLAR_HEADERS),
        case("both averages a row lower", FOLLOWS, overall=shifted(KEY, now, before)),
        case("the pillars of sixty providers a row lower", FOLLOWS, pillars=block(100, 160, *PILLAR_HEADERS)),
        case(
            "headers of two pillars swapped",
            ("score_keeps_its_level", "measures_are_not_exchanged"),
            pillars=swap,
        ),
        case(
            "every score times 0.8",
            LEVEL,
            pillars=scaled(0.8, *PILLAR_HEADERS),
            overall=scaled(0.8, now, before),
        ),
        case("every pillar times 0.8", LEVEL, pillars=scaled(0.8, *PILLAR_HEADERS)),
        case("pillars scored from 5 down to 1", FOLLOWS, pillars=reversed_(*PILLAR_HEADERS)),
        case(
            "this year a copy of the year before",
            (*FOLLOWS, "no_measure_is_a_copy"),
            overall=copied(KEY, before, now),
        ),
        case(
            "the year before a copy of this year", ("no_measure_is_a_copy",), overall=copied(KEY, now, before)
        ),
        case("the two years swapped", FOLLOWS, overall=swapped(now, before)),
        case(
            "one pillar a copy of another",
            ("no_measure_is_a_copy",),
            pillars=copied(KEY, "Well Led", "Improve Care"),
        ),
        case("half of the pillar rows gone", KEYS, pillars=kept(KEY, KEY, half)),
        case("half of the overall rows gone", KEYS, overall=kept(KEY, KEY, half)),
        case("London gone from both sheets", SIZES, both=region_gone("LONDON")),
        case("acute and community swapped", SETTINGS, both=settings("Acute", "Community")),
        case("mental health and ambulance swapped", SETTINGS, both=settings("Mental Health", "Ambulance")),
    )


def cases(base: Base) -> tuple[Case, ...]:
    """Return the cases of a base."""

    def of(year: str) -> Make:
        def case(
            name: str,
            checks: tuple[str, ...],
            why: str = "",
            expected: Expected = "refused",
            **changes: Change,
        ) -> Case:
            reason = why or "Pillars, settings, regions and years have profiles that a slip breaks."
            return Case(
                f"{name} ({year})",
                "F71",
                "dma",
                year,
                "",
                (),
                file(base, year, **changes),
                expected,
                checks,
                reason,
            )

        return case

    held, later = of("2025"), of("2026")
    return (
        *_wrong(held, "2025"),
        *_wrong(later, "2026"),
        Case(
            "the workbook of 2025 under 2026",
            "F71",
            "dma",
            "2026",
            "",
            (),
            lambda: workbook(_renamed(dma_book(base))),
            "refused",
            ("the_file_is_no_earlier_one",),
            "Nobody scores the same twice on every measure.",
        ),
        held(
            "one pillar of a hundred rows a row lower",
            ("revises_little_of_what_is_held",),
            "A measure is a column of the workbook: a tenth of it is the most that a revision changes.",
            pillars=block(60, 160, "Safe Practice"),
        ),
        held("the file as it is held, saved again", (), "Nothing changed.", "passes"),
        held(
            "three scores corrected by a tenth",
            (),
            "A correction of a few cells.",
            "passes",
            pillars=corrected,
        ),
        later(
            "everything of thirty providers a row lower",
            ("scores_held_before_stay_in_their_rows",),
            "A workbook repeats the scores of the year before, which do not move.",
            pillars=block(100, 131, *PILLAR_HEADERS),
            overall=block(100, 131, "2026 Average", "2025 Average"),
        ),
        later(
            "the pillars of twenty providers a row lower",
            ("pillars_stay_in_the_rows_of_the_overall_score",),
            pillars=block(100, 121, *PILLAR_HEADERS),
        ),
        later("a new year in which scores move as they do", (), "Median rise of 0.15, as in 2025.", "passes"),
        later(
            "one pillar of a hundred rows a row lower",
            (),
            "A third of a pillar moves its agreement with the overall score less than real pillars differ.",
            "undetectable",
            pillars=block(60, 160, "Safe Practice"),
        ),
        later(
            "all answers of two providers exchanged",
            (),
            "Both stay within what a year changes, and nothing else in the file names them.",
            "undetectable",
            both=exchanged,
        ),
    )


def _renamed(book: Book) -> Book:
    """Return the sheets of 2025 under the names and headers of 2026."""
    words = {"2025 Average": "2026 Average", "2024 Average": "2025 Average"}
    names = {PILLARS: NEXT_PILLARS, OVERALL: NEXT_OVERALL}
    names |= {"ICB - 2025 Pillar Summary": "ICB - 2026 Pillar Summary"}
    names |= {"ICB -24 vs 25 Overall DMA ": "ICB -25 vs 26 Overall DMA "}
    return {
        names.get(name, name): tuple(tuple(words.get(cell, cell) for cell in row) for row in grid)
        for name, grid in book.items()
    }


CASES = cases("rebuilt")
