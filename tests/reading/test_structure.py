"""Bad cells, tables and frames: each is reported in sentences that say what was expected and found."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa

from assets.contract.columns import column, org_code, table
from assets.contract.parsed import Parsed, StructureError
from assets.reading.structure import (
    CELL_LIMIT,
    Record,
    Sheet,
    find_table,
    problems,
    safe_text,
    tidy,
    unmapped,
)

CYRILLIC_ES = "\u0421"  # looks like a Latin C
NBSP = "\u00a0"
ARABIC_TWO = "\u0662"
BELL = "\x07"
RIGHT_TO_LEFT = "\u202e"


def cells(**values: str) -> Record:
    return Record("Sheet", 7, values, {})


def sheet_of(*rows: list[str]) -> Sheet:
    return Sheet("Sheet", list(rows), [])


def refused(parse: Callable[[bytes, str], Parsed], content: bytes, edition: str = "2025") -> tuple[str, ...]:
    """Return the sentences with which a file is refused."""
    with pytest.raises(StructureError) as error:
        parse(content, edition)
    return error.value.problems


# A cell


@pytest.mark.parametrize(
    ("text", "value"),
    [("2", 2), ("2.5", 2.5), ("1,234", 1234), ("12,345,678.25", 12345678.25), ("-3", -3), (" 2.5 ", 2.5)],
)
def test_a_number_is_digits_with_thousands_commas_in_their_places(text: str, value: float) -> None:
    assert cells(n=text).number("n", -1e9, 1e9) == value


def test_a_number_outside_its_range_says_the_range() -> None:
    with pytest.raises(ValueError, match=r"^column 'n': expected 1 to 5, found 5\.1$"):
        cells(n="5.1").number("n", 1, 5)


def test_the_ends_of_a_range_are_inside() -> None:
    assert [cells(n=text).number("n", 1, 5) for text in ("1", "5")] == [1, 5]


def test_an_empty_cell_is_no_number_and_no_text() -> None:
    with pytest.raises(ValueError, match="column 'n': expected a number, found an empty cell"):
        cells(n="  ").number("n", 1, 5)
    with pytest.raises(ValueError, match="column 't': expected a value, found an empty cell"):
        cells(t="").text("t")
    assert cells(t=" ").optional("t") is None


@pytest.mark.parametrize("text", ["RA1", "G6V2S", "5E1", "RA1 "])
def test_a_code_stays_text(text: str) -> None:
    assert cells(c=text).code("c") == text.strip()


@pytest.mark.parametrize(
    "text", ["ra1", "RA", "RA12345", "R-1", f"R{CYRILLIC_ES}F", "\uff32A1", "RA\u0661", "R A"]
)
def test_what_only_resembles_a_code_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="column 'c': expected an ODS code"):
        cells(c=text).code("c")


@pytest.mark.parametrize("text", ['=HYPERLINK("http://example.org")', "@SUM(A1)", "+1", "-1+2", "\tx", "\rx"])
def test_text_that_a_spreadsheet_runs_is_not_safe(text: str) -> None:
    with pytest.raises(ValueError, match="column 't': expected plain text, found text that a spreadsheet"):
        safe_text(text, "t")


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "@SUM(A1)",
        *(
            pytest.param(
                f"{lead}Trust",
            )
            for lead in ("\t", "\r")
        ),
    ],
)
def test_a_cell_that_a_spreadsheet_runs_is_not_read(text: str) -> None:
    with pytest.raises(ValueError, match="found text that a spreadsheet runs"):
        cells(t=text).text("t")


@pytest.mark.parametrize("text", [f"a{BELL}b", "a\x00b", f"a{RIGHT_TO_LEFT}b", "a\u2066b", "a\x7fb"])
def test_control_characters_are_not_safe(text: str) -> None:
    with pytest.raises(ValueError, match="column 't': expected plain text, found control characters"):
        cells(t=text).text("t")


def test_the_longest_cell_is_read_and_a_longer_one_is_not() -> None:
    assert cells(t="x" * CELL_LIMIT).text("t") == "x" * CELL_LIMIT
    with pytest.raises(ValueError, match="expected at most 2000 characters, found 2001"):
        cells(t="x" * (CELL_LIMIT + 1)).text("t")


def test_text_with_sql_in_it_is_text() -> None:
    assert cells(t="'); DROP TABLE x;--").text("t") == "'); DROP TABLE x;--"


def test_a_word_of_a_list_is_found_whatever_its_case_and_blanks() -> None:
    assert cells(w=" Mental  HEALTH ").one_of("w", {"mental health": "mental_health"}) == "mental_health"
    with pytest.raises(ValueError, match="column 'w': expected one of mental health, found 'Dental'"):
        cells(w="Dental").one_of("w", {"mental health": "mental_health"})


# A table in a sheet


def test_a_table_is_found_by_its_headers_wherever_it_stands() -> None:
    sheet = sheet_of(["A title"], [], ["", "b ", "A"], ["", "2", "1"], ["", "", ""], ["", "Note"])
    assert [(r.row, r.cells) for r in find_table(sheet, ("A", "B"))] == [(4, {"A": "1", "B": "2"})]


def test_a_row_shorter_than_the_header_has_empty_cells() -> None:
    (record,) = find_table(sheet_of(["A", "B", "C"], ["1", "2"]), ("A", "B", "C"))
    assert record.cells == {"A": "1", "B": "2", "C": ""}


def test_every_missing_column_is_named_at_once() -> None:
    with pytest.raises(StructureError) as error:
        find_table(sheet_of(["Alpha", "Betta", "Z"]), ("Alpha", "Beta", "Gamma"))
    assert error.value.problems == (
        "sheet 'Sheet', row 1: expected column 'Beta', found 'Betta', which may be its new name",
        "sheet 'Sheet', row 1: expected column 'Gamma', found no column like it",
    )


def test_a_sheet_without_any_of_the_headers_is_refused() -> None:
    with pytest.raises(StructureError, match="'Sheet': expected a header row with A, B, found none"):
        find_table(sheet_of(["x"], ["y"]), ("A", "B"))


def test_an_empty_sheet_is_refused() -> None:
    with pytest.raises(StructureError, match="'Sheet': expected a header row with A, B, found an empty"):
        find_table(sheet_of(), ("A", "B"))


def test_a_new_column_is_reported() -> None:
    sheet = sheet_of(["A", "B", "New", ""])
    assert unmapped(sheet, ("A", "B")) == ["sheet 'Sheet': column 'New' is new and not published"]


def test_rows_in_are_rows_used_and_rows_rejected() -> None:
    def make(record: Record) -> list[dict[str, Any]]:
        return [{"n": record.number("n", 1, 5)}] * 2

    records = [Record("S", row, {"n": n}, {}) for row, n in enumerate(["1", "x", "2"], start=1)]
    parsed = tidy(records, make)
    assert (parsed.rows_in, parsed.rows_used, len(parsed.rows)) == (3, 2, 4)
    assert [(r.sheet, r.row, r.rule, r.raw) for r in parsed.rejected] == [("S", 2, "cell", "x")]


def test_a_parser_that_loses_a_row_is_refused() -> None:
    rows = pd.DataFrame({"source_sheet": ["S"], "source_row": [1]})
    with pytest.raises(StructureError, match="read 2 rows but staged 1 and rejected 0"):
        Parsed(rows, 2)


def test_a_table_of_which_every_row_is_rejected_is_refused_with_the_first_reason() -> None:
    with pytest.raises(StructureError, match=r"at least one usable data row, found none \(column 'n'"):
        tidy([cells(n="x")], lambda record: [{"n": record.number("n", 1, 5)}])


# A frame against the definition of its table

DEFINED = table(
    "defined",
    "For these tests.",
    [
        org_code(),
        column("kind", sa.Text, "Kind.", allowed=["a", "b"]),
        column("score", sa.Double, "Score.", minimum=1, maximum=5),
        column("day", sa.Date, "Day.", nullable=True),
    ],
    key=["org_code", "kind"],
    layer="staged",
    metadata=sa.MetaData(),
)
GOOD = pd.DataFrame(
    {
        "org_code": ["RA1", "RA1", "G6V2S"],
        "kind": ["a", "b", "a"],
        "score": [1.0, 5.0, 2.5],
        "day": [date(2025, 1, 1), None, None],
    }
)


def with_(name: str, *values: object) -> pd.DataFrame:
    """Return GOOD with the first values of a column replaced."""
    return GOOD.assign(**{name: [*values, *GOOD[name].tolist()[len(values) :]]})


def test_a_frame_that_conforms_has_no_problems() -> None:
    assert problems(GOOD, DEFINED) == []


@pytest.mark.parametrize(
    ("frame", "problem"),
    [
        (GOOD.drop(columns="kind"), "table defined: expected column 'kind', found none"),
        (GOOD.assign(more=1), "table defined: found column 'more', which is not defined"),
        (
            with_("kind", None),
            "table defined, column 'kind': expected a value in every row, found 1 missing",
        ),
        (with_("score", None), "table defined, column 'score': expected a value in every row, found 1"),
        (with_("kind", 1), "table defined, column 'kind': expected text, found '1'"),
        (with_("kind", "c"), "table defined, column 'kind': expected one of a, b, found 'c'"),
        (with_("org_code", "ra1"), "table defined, column 'org_code': expected text like ^[A-Z0-9]"),
        (with_("score", 0.5), "table defined, column 'score': expected at least 1, found 0.5"),
        (with_("score", 5.5), "table defined, column 'score': expected at most 5, found 5.5"),
        (with_("score", float("inf")), "table defined, column 'score': expected at most 5, found inf"),
        (
            with_("kind", "b"),
            "table defined: expected one row per org_code, kind, found 1 more, such as RA1|b",
        ),
        *(
            pytest.param(frame, problem)
            for frame, problem, reason in (
                (
                    with_("score", "high"),
                    "table defined, column 'score': expected a number",
                    "text in a column of numbers with a range ends in a TypeError",
                ),
                (
                    with_("day", "2025-01-01"),
                    "table defined, column 'day': expected a date",
                    "the type of dates, numbers and booleans is not looked at",
                ),
                (
                    with_("org_code", "RA1\n"),
                    "table defined, column 'org_code': expected text like",
                    "re.match lets $ stand before a final newline",
                ),
            )
        ),
    ],
)
def test_a_frame_that_does_not_conform_is_reported_how(frame: pd.DataFrame, problem: str) -> None:
    (found,) = problems(frame, DEFINED)
    assert found.startswith(problem)


def test_all_problems_of_a_frame_are_reported_at_once() -> None:
    spoilt = with_("kind", "c", None).drop(columns="day").assign(score=9.0)
    assert len(problems(spoilt, DEFINED)) == 4


def test_a_missing_value_is_fine_where_it_may_be() -> None:
    assert problems(GOOD.assign(day=None), DEFINED) == []
