"""Mutations of a league table of the oversight framework, beside the one of the quarter before."""

from mutations.case import Base, Case, Expected
from mutations.grid import (
    Change,
    Grid,
    csv_text,
    kept,
    mapped,
    shifted,
    slipped,
    sorted_by,
    swapped,
    together,
)
from mutations.rebuilt import nof_grids

KEY = "Trust_code"
SCORE, SEGMENT, RANK, DEFICIT = "Average_score", "Segment", "Rank", "Trust_in_financial_deficit"
NEXT = "2026/27-Q1"
PART = "mental-health-and-community"


def cases(base: Base) -> tuple[Case, ...]:
    """Return the cases of a base."""

    def case(
        name: str,
        change: Change,
        *checks: str,
        expected: Expected = "refused",
        part: str = PART,
        why: str = "Score, segment and rank follow each other, and those of the quarter before.",
    ) -> Case:
        return Case(
            f"{name} ({NEXT})",
            "F57",
            "nof",
            NEXT,
            part,
            (),
            lambda: csv_text(change(nof_grids(base)[1])),
            expected,
            checks,
            why,
        )

    def higher(cell: object) -> object:
        return cell if cell == "NA" else int(float(str(cell))) + 1

    def earlier(_grid: Grid) -> Grid:
        return mapped(KEY, "Quarter", lambda _cell: "Q1 2026/27")(nof_grids(base)[0])

    by_code = sorted_by(KEY, str)
    return (
        case(
            "scores, segments and ranks a row lower",
            shifted(KEY, SCORE, SEGMENT, RANK, by=20),
            "average_score_belongs_to_the_same_trusts",
        ),
        case("scores some rows lower", shifted(KEY, SCORE, by=20), "ranks_follow_average_scores"),
        case("segments some rows lower", shifted(KEY, SEGMENT, by=20), "segments_follow_average_scores"),
        case("segment and rank swapped", swapped(SEGMENT, RANK), "structure"),
        case(
            "deficits a row lower",
            shifted(KEY, DEFICIT, by=7),
            "in_financial_deficit_belongs_to_the_same_trusts",
        ),
        case(
            "regions a row lower",
            shifted(KEY, "Region", by=3),
            "region_as_published_belongs_to_the_same_trusts",
        ),
        case("the table of the quarter before", earlier, "the_file_is_no_earlier_one"),
        case(
            "every third trust gone",
            kept(KEY, KEY, lambda place, _code: place % 3 != 1),
            "trusts_are_still_there",
        ),
        case(
            "half of the scores NA",
            mapped(KEY, SCORE, lambda cell: "NA" if str(cell)[-1] in "13579" else cell),
            "average_score_is_still_filled",
        ),
        case("segments one too high", mapped(KEY, SEGMENT, higher), "segment_keeps_its_level"),
        case(
            "the table of another league, some rows lower",
            shifted(KEY, SCORE, SEGMENT, RANK, by=5),
            "structure",
            part="non-acute-hospital",
        ),
        case(
            "scores, segments and ranks of fifteen trusts a row lower, by code",
            together(by_code, slipped(KEY, (20, 35), SCORE, SEGMENT, RANK)),
            "average_score_stays_in_its_rows",
        ),
        case(
            "ranks of twelve trusts a row higher, by code",
            together(by_code, slipped(KEY, (40, 52), RANK, by=-1)),
            "league_rank_stays_in_its_rows",
            "ranks_follow_average_scores",
        ),
        case(
            "scores, segments and ranks of fifteen trusts a row lower, by rank",
            slipped(KEY, (20, 35), SCORE, SEGMENT, RANK),
            expected="undetectable",
            why="In a table sorted by rank the row above has nearly the same score.",
        ),
        case("the next quarter by code", by_code, expected="passes"),
        case("the next quarter by rank", sorted_by(KEY, int, RANK), expected="passes"),
        case(
            "the type with & for and",
            mapped(KEY, "Trust_type", lambda cell: str(cell).replace(" and ", " & ")),
            expected="passes",
        ),
        case("the next quarter", lambda grid: grid, expected="passes"),
    )


CASES = cases("rebuilt")
