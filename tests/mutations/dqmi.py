"""Mutations of a month of the Data Quality Maturity Index, beside the month before. Every figure is artificial.

A provider is good or bad at its data, a data set easy or hard: both stay from month to month, and scores move a little.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from tac_workbook import ods_rows
from test_dqmi import HEADERS, item, month

from mutations.case import STRUCTURE, Case, Expected, Held
from mutations.grid import Grid, Row

HELD, NEXT = "2025-06", "2025-07"
DATASETS = ("AE", "APC", "CSDS", "MHSDS", "OP")
TRUSTS, OTHERS = 170, 30
Change = Callable[[Grid], Grid]
CODE, COVERAGE, SCORE = "Data Provider Code", "Coverage per dataset", "Dataset Score"
RECORDS, VALID, ITEM = "Complete Denominator", "Valid Numerator", "Data Item Score"
DQMI, OTHER_DQMI, OTHER_SCORE = "DQMI", "Experimental DQMI Score", "Experimental Dataset Score"
SCORES = (DQMI, SCORE, OTHER_DQMI, OTHER_SCORE)


def _noise(*names: str) -> float:
    """Return a number from -1 to 1 that is the same each time."""
    return random.Random("|".join(names)).uniform(-1, 1)  # noqa: S311 - artificial scores, no secret


@cache
def providers() -> tuple[tuple[str, str, str], ...]:
    """Return code, name and type of trusts that are open, and of artificial clinics."""
    rows = ods_rows()
    newest = rows[(rows["edition"] == rows["edition"].max()) & rows["close_date"].isna()]
    trusts = newest[newest["open_date"] < newest["open_date"].max().replace(year=2020)]
    trusts = trusts.drop_duplicates("org_code").head(TRUSTS)
    listed = (
        *((code, name, "NHS TRUST") for code, name in zip(trusts["org_code"], trusts["name"], strict=True)),
        *(
            (f"NT{100 + place}", f"ARTIFICIAL CLINIC {place} LTD", "INDEPENDENT SECTOR")
            for place in range(OTHERS)
        ),
    )
    return tuple(sorted(listed, key=lambda provider: _noise(provider[0], "place")))


@cache
def rows_of(edition: str) -> Grid:
    """Return the rows of a month under their headers: two items for each provider and data set."""
    made: list[Row] = [HEADERS]
    for provider in providers():
        code = provider[0]
        scores = {name: _score(code, name, edition) for name in DATASETS}
        own = sum(scores.values()) / len(scores)
        for name, score in scores.items():
            records = 100 + round(4000 * abs(_noise(code, name, "size")))
            coverage = 0.5 if _noise(code, name, edition, "missed") > 0.96 else 1
            made.extend(
                item(
                    name,
                    provider,
                    what,
                    f"{records} {round(records * share)} - - - {coverage} {own:.2f} {score:.2f} {100 * share:.1f}"
                    f" {own - 4 + _noise(code):.2f} {score - 4 + _noise(code, name):.2f}",
                )
                for what, share in (("NHS NUMBER", score / 100), ("POSTCODE", score / 110))
            )
    place = HEADERS.index("Reporting Period")
    return (made[0], *((*row[:place], edition, *row[place + 1 :]) for row in made[1:]))


def _score(code: str, dataset: str, edition: str) -> float:
    usual = 78 + 12 * _noise(code) + 6 * _noise(code, dataset) + 2 * _noise(dataset)
    return min(99.0, usual + 0.8 * _noise(code, dataset, edition))


@dataclass(frozen=True)
class Column:
    """A column, by the provider or the data set of a provider that it belongs to."""

    header: str
    whole: bool

    def key(self, row: Row) -> tuple[str, ...]:
        """Return what a value belongs to."""
        return (row[1],) if self.whole else (row[1], row[0])


def whole(header: str) -> bool:
    """Return whether a column belongs to a provider, not to its data sets."""
    return header in {DQMI, OTHER_DQMI, "Org Type"}


def lower(*headers: str, first: int = 0, last: int = TRUSTS + OTHERS) -> Change:
    """Return the change that gives each provider of a block the values of the one before, in the same data set."""

    def change(grid: Grid) -> Grid:
        codes = [code for code, _, _ in providers()]
        block = codes[first:last]
        before = dict(zip(codes, codes, strict=True)) | dict(zip(block, block[-1:] + block[:-1], strict=True))
        cells = {(row[1], row[0], row[4]): row for row in grid[1:]}
        places = [HEADERS.index(header) for header in headers]

        def moved(row: Row) -> Row:
            other = cells[before[row[1]], row[0], row[4]]
            return tuple(other[at] if at in places else cell for at, cell in enumerate(row))

        return (grid[0], *map(moved, grid[1:]))

    return change


def mapped(new: Callable[[str], object], *headers: str) -> Change:
    """Return the change that makes another value of each cell of some columns."""
    places = [HEADERS.index(header) for header in headers]

    def change(grid: Grid) -> Grid:
        return (
            grid[0],
            *(
                tuple(str(new(cell)) if at in places else cell for at, cell in enumerate(row))
                for row in grid[1:]
            ),
        )

    return change


def times(factor: float) -> Callable[[str], object]:
    return lambda cell: round(float(cell) * factor, 6)


def swapped(one: str, other: str) -> Change:
    """Return the change that exchanges two headers."""
    names = {one: other, other: one}
    return lambda grid: (tuple(names.get(name, name) for name in grid[0]), *grid[1:])


def copied(source: str, target: str) -> Change:
    """Return the change that writes one column over another."""
    one, other = HEADERS.index(source), HEADERS.index(target)
    return lambda grid: (grid[0], *((*row[:other], row[one], *row[other + 1 :]) for row in grid[1:]))


def without(drop: Callable[[Row], bool]) -> Change:
    """Return the change that leaves rows out."""
    return lambda grid: (grid[0], *(row for row in grid[1:] if not drop(row)))


def _every_second(row: Row) -> bool:
    return row[1] in {code for code, _, _ in providers()[::2]}


def _of_clinics_and_trusts(row: Row) -> bool:
    return row[1] in {code for code, _, _ in providers()[:9]}


def datasets_exchanged(grid: Grid) -> Grid:
    names = {"AE": "OP", "OP": "AE"}
    return (grid[0], *((names.get(row[0], row[0]), *row[1:]) for row in grid[1:]))


def collapsed(grid: Grid) -> Grid:
    """Return a month in which a tenth of the providers missed every submission, as after a cyber attack."""
    gone = {code for code, _, _ in providers()[::10]}
    zeros = {HEADERS.index(name): "0" for name in (COVERAGE, *SCORES, ITEM)}
    return (
        grid[0],
        *(
            tuple(zeros.get(at, cell) for at, cell in enumerate(row)) if row[1] in gone else row
            for row in grid[1:]
        ),
    )


def unchanged(grid: Grid) -> Grid:
    return grid


def relabelled(grid: Grid) -> Grid:
    """Return the month before under the name of this one."""
    place = HEADERS.index("Reporting Period")
    return (grid[0], *((*row[:place], NEXT, *row[place + 1 :]) for row in rows_of(HELD)[1:]))


def written(grid: Grid) -> bytes:
    rows: Sequence[Row] = grid[1:]
    return month(rows, grid[0])


def _case(name: str, change: Change, *checks: str, expected: Expected = "refused") -> Case:
    held = (Held("dqmi", HELD, "", lambda: written(rows_of(HELD))),)
    why = "Scores, their level and what they are about stay with a provider from month to month."
    return Case(
        f"{name} ({NEXT})",
        "F69",
        "dqmi",
        NEXT,
        "",
        held,
        lambda: written(change(rows_of(NEXT))),
        expected,
        checks,
        why,
    )


CASES = (
    _case("the index a provider lower", lower(DQMI), "provider_score_belongs_to_the_same_trusts"),
    _case("scores of data sets a provider lower", lower(SCORE), "dataset_score_belongs_to_the_same_trusts"),
    _case("all scores a provider lower", lower(*SCORES), "provider_score_belongs_to_the_same_trusts"),
    _case(
        "all scores of fifteen providers a provider lower",
        lower(*SCORES, first=90, last=105),
        "provider_score_stays_in_its_rows",
    ),
    _case(
        "scores of data sets of fifteen providers a provider lower",
        lower(SCORE, first=90, last=105),
        "dataset_score_stays_in_its_rows",
    ),
    _case(
        "the experimental index a provider lower",
        lower(OTHER_DQMI),
        "provider_score_experimental_belongs_to_the_same_trusts",
    ),
    _case(
        "experimental scores a provider lower",
        lower(OTHER_SCORE),
        "dataset_score_experimental_belongs_to_the_same_trusts",
    ),
    _case("records a provider lower", lower(RECORDS, VALID), "completeness_belongs_to_the_same_trusts"),
    _case("types a provider lower", lower("Org Type"), "org_type_as_published_belongs_to_the_same_trusts"),
    _case("official and experimental index swapped", swapped(DQMI, OTHER_DQMI), "measures_are_not_exchanged"),
    _case(
        "official and experimental scores swapped", swapped(SCORE, OTHER_SCORE), "measures_are_not_exchanged"
    ),
    _case("the index in place of scores of data sets", copied(DQMI, SCORE), "scores_are_no_copies"),
    _case("records and valid records swapped", swapped(RECORDS, VALID), STRUCTURE),
    _case("index and its scores swapped", swapped(DQMI, SCORE), STRUCTURE),
    _case("scores as shares", mapped(times(0.01), *SCORES, ITEM), "scores_are_out_of_a_hundred"),
    _case("scores of data sets as shares", mapped(times(0.01), SCORE), "dataset_score_keeps_its_level"),
    _case("every score times 0.6", mapped(times(0.6), *SCORES), "provider_score_keeps_its_level"),
    _case("coverage halved", mapped(times(0.5), COVERAGE), "coverage_keeps_its_level"),
    _case("one index for everybody", mapped(lambda _: 80, DQMI), "provider_score_is_not_constant"),
    _case("two data sets exchanged", datasets_exchanged, "data_sets_are_not_exchanged"),
    _case("one data set gone", without(lambda row: row[0] == "AE"), "groups_are_as_large_as_before"),
    _case(
        "half of a data set gone",
        without(lambda row: row[0] == "AE" and _every_second(row)),
        "groups_are_as_large_as_before",
    ),
    _case("half of the providers gone", without(_every_second), "more_providers_than_trusts"),
    _case("scores of data sets empty", mapped(lambda _: "", SCORE), "dataset_score_is_still_filled"),
    _case("the month before under a new one", relabelled, "the_file_is_no_earlier_one"),
    _case("the next month", unchanged, expected="passes"),
    _case("a tenth of the providers missed their submissions", collapsed, expected="passes"),
    _case("one provider gone", without(lambda row: row[1] == providers()[3][0]), expected="passes"),
)
