"""Mutations of the file of ratings, beside the one of some months before."""

from opendocuments import document, line, packed, sheet

from mutations.case import Base, Case, Expected
from mutations.grid import Change, Grid, kept, mapped, shifted, slipped
from mutations.rebuilt import cqc_grids

KEY, RATING, DAY, QUESTION = "Provider ID", "Latest Rating", "Publication Date", "Domain"
NEXT = "2019-04-01"


def spreadsheet(grid: Grid) -> bytes:
    return packed(document(sheet("Providers", *(line([str(cell) for cell in row]) for row in grid))))


def cases(base: Base) -> tuple[Case, ...]:
    """Return the cases of a base."""

    def case(
        name: str, change: Change, *checks: str, day: str = NEXT, expected: Expected = "refused"
    ) -> Case:
        why = "Most ratings stay, and their dates only move forward."
        return Case(
            f"{name} ({day})",
            "F57",
            "cqc",
            day,
            "",
            (),
            lambda: spreadsheet(change(cqc_grids(base)[1])),
            expected,
            checks,
            why,
        )

    def earlier(_grid: Grid) -> Grid:
        return cqc_grids(base)[0]

    rating = "rating_belongs_to_the_same_trusts"
    questions = mapped(KEY, QUESTION, lambda cell: {"Overall": "Well-led", "Well-led": "Overall"}[cell])
    return (
        case("ratings some rows lower", shifted(KEY, RATING, by=6), rating),
        case("ratings and dates some rows lower", shifted(KEY, RATING, DAY, by=6), rating),
        case(
            "both ratings of thirty trusts a trust lower",
            slipped(KEY, (60, 120), RATING, DAY, by=2),
            "rating_stays_in_its_rows",
        ),
        case("dates some rows lower", shifted(KEY, DAY, by=6), "rating_published_on_does_not_go_back"),
        case(
            "the ratings of October under a later date",
            earlier,
            "the_file_is_no_earlier_one",
            "rating_published_on_is_recent",
        ),
        case(
            "half of the well-led ratings gone",
            kept(KEY, QUESTION, _half),
            "both_questions_are_of_the_same_trusts",
        ),
        case("the next file", lambda grid: grid, expected="passes"),
        case("the two questions exchanged", questions, "agrees_with_other_editions"),
    )


def _half(place: int, question: str) -> bool:
    return question == "Overall" or place % 4 < 2


CASES = cases("rebuilt")
