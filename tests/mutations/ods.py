"""Mutations of the list of trusts: the report has no header, so its columns are known by their places."""

import csv
import io
from collections.abc import Callable, Sequence
from functools import cache

import pandas as pd

from assets.sources.ods import FIELDS
from mutations.case import STRUCTURE, Base, Case, Expected
from mutations.rebuilt import frozen, publishers

Rows = tuple[tuple[str, ...], ...]
Change = Callable[[Rows], Rows]
LISTS = {
    "2026-07-08": "ods/etr_2026-07_dse.csv",
    "2026-04-09": "ods/etr_2026-04_dse.csv",
    "2025-12-29": "ods/etr_2025-12_dse.csv",
    "2025-07-15": "ods/etr_2025-07_legacy.csv",
}
NEWEST = "2026-07-08"
NEXT = "2026-11-02"
"""A day after all the lists that are held."""
OPEN, CLOSE = "open date", "close date"
COLUMNS = {
    "code": "org_code",
    "name": "name",
    "region": "region_code",
    "geography": "icb_code",
    "postcode": "postcode",
    OPEN: "open_date",
    CLOSE: "close_date",
    "GOR": "gor_code",
}


@cache
def listed(base: Base, edition: str) -> Rows:
    """Return a list as the publisher has it: 27 columns, addresses left out where it is rebuilt."""
    if base == "real":
        return tuple(map(tuple, csv.reader(io.StringIO(publishers(LISTS[edition]).decode("ascii")))))
    rows = []
    for record in frozen("ods", edition).to_dict("records"):
        line = ["", *([""] * 26)]
        for field, column in COLUMNS.items():
            value = record[column]
            line[FIELDS[field]] = (
                "" if pd.isna(value) else str(value).replace("-", "" if "date" in field else "-")
            )
        line[13], line[21] = "T", "1"
        rows.append(tuple(line))
    return tuple(rows)


def written(rows: Rows) -> bytes:
    """Return a list as a file: every cell quoted."""
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode("ascii")


def cells(rows: Rows, field: str) -> list[str]:
    """Return a column."""
    return [row[FIELDS[field]] for row in rows]


def with_cells(rows: Rows, field: str, values: Sequence[str]) -> Rows:
    """Return a list with another column."""
    place = FIELDS[field]
    return tuple((*row[:place], value, *row[place + 1 :]) for row, value in zip(rows, values, strict=True))


def shifted(field: str, first: int = 0, last: int | None = None) -> Change:
    """Return the change that moves a column down by a row, or a block of it."""

    def change(rows: Rows) -> Rows:
        values = cells(rows, field)
        block = values[first:last]
        values[first:last] = block[-1:] + block[:-1]
        return with_cells(rows, field, values)

    return change


def replaced(field: str, new: Callable[[str], str], codes: Callable[[Rows], Sequence[str]]) -> Change:
    """Return the change that gives some codes another value."""

    def change(rows: Rows) -> Rows:
        chosen = set(codes(rows))
        values = [
            new(value) if row[0] in chosen else value
            for row, value in zip(rows, cells(rows, field), strict=True)
        ]
        return with_cells(rows, field, values)

    return change


def closed(number: int) -> Callable[[Rows], list[str]]:
    """Return what picks organisations that have closed."""
    return lambda rows: [row[0] for row in rows if row[FIELDS[CLOSE]]][:number]


def still_open(number: int) -> Callable[[Rows], list[str]]:
    """Return what picks organisations that are open."""
    return lambda rows: [row[0] for row in rows if not row[FIELDS[CLOSE]]][3 : 3 + number]


def dates_exchanged(rows: Rows) -> Rows:
    """Return a list whose two columns of dates are exchanged."""
    opened, ended = cells(rows, OPEN), cells(rows, CLOSE)
    return with_cells(with_cells(rows, OPEN, ended), CLOSE, opened)


def names_exchanged(rows: Rows) -> Rows:
    """Return a list in which two open organisations have each other's name."""
    one, other = still_open(2)(rows)
    names = dict(zip(cells(rows, "code"), cells(rows, "name"), strict=True))
    names[one], names[other] = names[other], names[one]
    return with_cells(rows, "name", list(names.values()))


def name_taken(rows: Rows) -> Rows:
    """Return a list in which an open organisation has the name of another, which keeps it."""
    one, other = still_open(2)(rows)
    names = dict(zip(cells(rows, "code"), cells(rows, "name"), strict=True))
    return with_cells(rows, "name", list({**names, one: names[other]}.values()))


def merged(rows: Rows) -> Rows:
    """Return a list a few months on: four close on a day, two have new names, one has moved."""
    rows = replaced(CLOSE, lambda _: "20260930", still_open(4))(rows)
    rows = replaced("name", lambda name: f"NORTHERN {name}", lambda all_: still_open(8)(all_)[5:7])(rows)
    return replaced("postcode", lambda _: "LS1 4AP", lambda all_: still_open(9)(all_)[8:])(rows)


def founded(rows: Rows) -> Rows:
    """Return a list with a trust that opens in two months."""
    line = list(rows[0])
    line[0], line[1], line[FIELDS[OPEN]], line[FIELDS[CLOSE]] = (
        "A1B2C",
        "ARTIFICIAL NHS TRUST",
        "20270101",
        "",
    )
    return (*rows, tuple(line))


def cases(base: Base) -> tuple[Case, ...]:
    """Return the cases of a base."""

    def case(
        name: str,
        checks: tuple[str, ...],
        change: Change = tuple,
        why: str = "By code, little changes from one list to the next.",
        *,
        expected: Expected = "refused",
        source: str = NEWEST,
        edition: str = NEXT,
    ) -> Case:
        def file() -> bytes:
            return written(change(listed(base, source)))

        return Case(name, "F73", "ods", edition, "etr", (), file, expected, checks, why)

    return (
        case("boards a row down", ("icb_code_belongs_to_the_same_trusts",), shifted("geography")),
        case("names a row down", ("name_belongs_to_the_same_trusts",), shifted("name")),
        case("regions a row down", ("region_code_belongs_to_the_same_trusts",), shifted("region")),
        case("postcodes a row down", ("postcode_belongs_to_the_same_trusts",), shifted("postcode")),
        case("government regions a row down", ("gor_code_belongs_to_the_same_trusts",), shifted("GOR")),
        case("opening dates a row down", ("open_date_belongs_to_the_same_trusts",), shifted(OPEN)),
        case("closing dates a row down", ("close_date_stays_set", "closing_follows_opening"), shifted(CLOSE)),
        case("a block of eight names a row down", ("name_is_not_that_of_another",), shifted("name", 40, 48)),
        case("two trusts with each other's name", ("name_is_not_that_of_another",), names_exchanged),
        case("a trust with the name of another that keeps it", ("name_is_that_of_one_trust",), name_taken),
        case(
            "boards of sixty trusts a row down",
            ("region_code_follows_icb_code",),
            shifted("geography", 100, 160),
        ),
        case(
            "no board at all",
            ("icb_code_belongs_to_the_same_trusts",),
            lambda rows: with_cells(rows, "geography", [""] * len(rows)),
        ),
        case("twenty open again", ("close_date_stays_set",), replaced(CLOSE, lambda _: "", closed(20))),
        case("two open again", ("close_date_stays_set",), replaced(CLOSE, lambda _: "", closed(2))),
        case(
            "thirty closed at once",
            ("close_date_is_new_for_few",),
            replaced(CLOSE, lambda _: "20260930", still_open(30)),
        ),
        case("half of the rows gone", ("codes_are_still_listed",), lambda rows: rows[: len(rows) // 2]),
        case(
            "the two dates exchanged",
            (STRUCTURE, "closing_follows_opening"),
            dates_exchanged,
            "Nobody opens on the day it closes.",
        ),
        case(
            "the list of April 2026 as the newest",
            ("list_is_newer_than_the_one_before",),
            source="2026-04-09",
        ),
        case(
            "the list of December 2025 as the newest",
            ("list_is_newer_than_the_one_before",),
            source="2025-12-29",
        ),
        case(
            "the list of July 2025 as the newest", ("list_is_newer_than_the_one_before",), source="2025-07-15"
        ),
        case(
            "the list of July 2026 under a date of January",
            ("list_is_not_older_than_its_dates",),
            why="It knows what had not happened yet.",
            edition="2026-01-15",
        ),
        case("the same list again", (), why="Most days nothing changes.", expected="passes"),
        case(
            "a list after four mergers",
            (),
            merged,
            "Trusts merge, are renamed and move.",
            expected="passes",
            edition="2026-10-02",
        ),
        case("a list with a trust to come", (), founded, "Openings are announced.", expected="passes"),
        case(
            "a closing five months ahead",
            (),
            replaced(CLOSE, lambda _: "20270401", still_open(1)),
            "Closings are announced up to a year ahead.",
            expected="passes",
        ),
        case(
            "a closing of 2036 for 2026",
            ("close_date_is_not_far_ahead",),
            replaced(CLOSE, lambda _: "20360930", still_open(1)),
            "Nobody announces a closing ten years ahead.",
        ),
        case(
            "a closing date corrected",
            (),
            replaced(CLOSE, lambda _: "20260330", lambda rows: ["RYV"]),
            "The publisher corrects a date.",
            expected="passes",
        ),
        case(
            "the held list, three postcodes corrected",
            (),
            replaced("postcode", lambda _: "LS1 4AP", still_open(3)),
            "The publisher corrects a few cells.",
            expected="passes",
            edition=NEWEST,
        ),
    )


CASES = cases("rebuilt")
