"""Bad input: a file is refused in sentences that say what was expected and found; a bad cell rejects its row only."""

import random
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import openpyxl
import pandas as pd
import pytest
import sqlalchemy as sa
from conftest import (
    ACCREDITATION_ROWS,
    EPR_SHEET,
    FUNDING_HEADERS,
    FUNDING_ROWS,
    HIDDEN_SHEET,
    ODS_ROWS,
    OVERALL_SHEET,
    PILLAR_SHEET,
    PROGRAMME_ROWS,
    SALISBURY,
    Change,
    accreditations_register,
    dma_workbook,
    epr_workbook,
    funding_register,
    ods_report,
    programmes_register,
    put,
    register,
)

from assets.columns import column, org_code, table
from assets.source import Parsed, StructureError
from assets.sources import dma, epr, funding, gde, ods
from assets.structure import (
    CELL_LIMIT,
    Record,
    Sheet,
    Workbook,
    find_table,
    problems,
    read_csv,
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


@pytest.mark.parametrize(
    "text",
    [
        *("2,5", "1,2345", "5E1", "0x10", "[x]", "*", "-", "..", "<5", "n/a", "#N/A", "true", "TRUE", "nan"),
        *(f"2{NBSP}5", "1 234", "(3)", "+3", "3%", "\u00a33", "\u20133", "2.", ".5", "1_000", "1;2", "inf"),
        pytest.param(
            ARABIC_TWO,
        ),
    ],
)
def test_what_only_resembles_a_number_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"^column 'n': expected a number, found "):
        cells(n=text).number("n", -1e9, 1e9)


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


def test_a_day_has_one_layout() -> None:
    assert cells(d="20240229").day("d", "%Y%m%d") == date(2024, 2, 29)
    for wrong in ("20230229", "29/02/2024", "45351", "2024-02-29"):
        with pytest.raises(ValueError, match="column 'd': expected a date like %Y%m%d, found"):
            cells(d=wrong).day("d", "%Y%m%d")


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


def test_two_header_rows_are_refused_and_both_are_named() -> None:
    with pytest.raises(StructureError, match=r"'Sheet': expected one header row, found 2 \(rows 1, 3\)"):
        find_table(sheet_of(["A", "B"], ["1", "2"], ["A", "B"]), ("A", "B"))


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


def test_a_new_column_is_told() -> None:
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


# A workbook


def renamed(sheet: str, name: str) -> Change:
    def change(book: openpyxl.Workbook) -> None:
        book[sheet].title = name

    return change


def removed(sheet: str) -> Change:
    return lambda book: book.remove(book[sheet])


def hidden(sheet: str, state: str) -> Change:
    def change(book: openpyxl.Workbook) -> None:
        book[sheet].sheet_state = state

    return change


def test_a_missing_sheet_is_refused_and_the_others_are_listed() -> None:
    (problem,) = refused(dma.parse, dma_workbook(removed(OVERALL_SHEET)))
    assert problem.startswith(f"expected one sheet {OVERALL_SHEET!r}, found 0 among 'Introduction ', ")
    assert HIDDEN_SHEET not in problem


def test_a_renamed_sheet_is_refused_and_the_nearest_is_shown() -> None:
    (problem,) = refused(dma.parse, dma_workbook(renamed(OVERALL_SHEET, "SC - 24 v 25 Overall DMA")))
    assert problem.endswith("; nearest is 'SC - 24 v 25 Overall DMA'")


def test_two_sheets_of_the_same_name_but_for_case_and_blanks_are_refused() -> None:
    (problem,) = refused(dma.parse, dma_workbook(lambda book: book.create_sheet(f"{PILLAR_SHEET.upper()}  ")))
    assert problem.startswith(f"expected one sheet {PILLAR_SHEET!r}, found 2 among ")


@pytest.mark.parametrize("name", ["sc - 2025  pillar summary ", f"{PILLAR_SHEET} "])
def test_a_sheet_is_found_whatever_its_case_and_blanks(name: str) -> None:
    parsed = dma.parse(dma_workbook(renamed(PILLAR_SHEET, name)), "2025")
    assert set(parsed.rows["source_sheet"]) == {name, OVERALL_SHEET}


def test_a_sheet_found_under_another_spelling_is_told() -> None:
    parsed = dma.parse(dma_workbook(renamed(PILLAR_SHEET, f"{PILLAR_SHEET} ")), "2025")
    assert any(repr(f"{PILLAR_SHEET} ") in told for told in parsed.drift)


def test_a_sheet_is_found_without_its_blanks() -> None:
    assert dma.parse(dma_workbook(renamed(PILLAR_SHEET, "SC-2025 PillarSummary")), "2025").rows_in == 8


def test_a_hidden_sheet_is_listed_and_never_read() -> None:
    parsed = dma.parse(dma_workbook(), "2025")
    assert HIDDEN_SHEET not in set(parsed.rows["source_sheet"])
    assert f"sheet {HIDDEN_SHEET!r} is hidden" in parsed.ignored
    salisbury = parsed.rows[parsed.rows["org_name_as_published"] == SALISBURY[2]]
    assert salisbury["score"].max() == 1.7


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_a_sheet_that_was_hidden_is_missing(state: str) -> None:
    (problem,) = refused(dma.parse, dma_workbook(hidden(PILLAR_SHEET, state)))
    assert problem.startswith(f"expected one sheet {PILLAR_SHEET!r}, found 0 among ")


def test_an_empty_sheet_beside_the_table_does_no_harm() -> None:
    content = epr_workbook(lambda book: book.create_sheet("Empty"))
    assert epr.parse(content, "2024-10-01").rows_in == 4


def test_a_removed_column_is_refused() -> None:
    (problem,) = refused(dma.parse, dma_workbook(put(PILLAR_SHEET, "J11", None)))
    assert (
        problem
        == f"sheet {PILLAR_SHEET!r}, row 11: expected column 'Empower People', found no column like it"
    )


def test_a_renamed_column_is_refused_and_the_nearest_is_shown() -> None:
    (problem,) = refused(dma.parse, dma_workbook(put(PILLAR_SHEET, "F11", "Well-Led")))
    assert problem == (
        f"sheet {PILLAR_SHEET!r}, row 11: expected column 'Well Led', found 'Well-Led', which may be its new name"
    )


def test_a_doubled_column_is_refused() -> None:
    (problem,) = refused(dma.parse, dma_workbook(put(PILLAR_SHEET, "M11", "Well Led")))
    assert problem == f"sheet {PILLAR_SHEET!r}, row 11: expected column 'Well Led' once, found it twice"


def test_columns_in_another_order_are_the_same_table() -> None:
    def swap(book: openpyxl.Workbook) -> None:
        for row in book[PILLAR_SHEET].iter_rows(min_row=11, max_row=15, min_col=4, max_col=6):
            row[0].value, row[2].value = row[2].value, row[0].value

    pd.testing.assert_frame_equal(
        dma.parse(dma_workbook(swap), "2025").rows, dma.parse(dma_workbook(), "2025").rows
    )


def test_an_added_column_is_told_and_not_published() -> None:
    def add(book: openpyxl.Workbook) -> None:
        book[PILLAR_SHEET]["M11"], book[PILLAR_SHEET]["M12"] = "Brand New", 3

    parsed = dma.parse(dma_workbook(add), "2025")
    assert parsed.drift == (f"sheet {PILLAR_SHEET!r}: column 'Brand New' is new and not published",)
    pd.testing.assert_frame_equal(parsed.rows, dma.parse(dma_workbook(), "2025").rows)


def test_a_header_moved_down_is_found_and_rows_keep_their_real_numbers() -> None:
    moved = dma.parse(dma_workbook(lambda book: book[PILLAR_SHEET].insert_rows(1, 3)), "2025").rows
    here = dma.parse(dma_workbook(), "2025").rows
    assert moved["source_row"].tolist() == [
        row + 3 * (sheet == PILLAR_SHEET)
        for sheet, row in zip(here["source_sheet"], here["source_row"], strict=True)
    ]
    assert moved["score"].tolist() == here["score"].tolist()


def test_sheets_in_another_order_are_the_same_table() -> None:
    def turn(book: openpyxl.Workbook) -> None:
        book._sheets.reverse()

    pd.testing.assert_frame_equal(
        dma.parse(dma_workbook(turn), "2025").rows, dma.parse(dma_workbook(), "2025").rows
    )


def test_every_problem_of_every_sheet_is_told_at_once() -> None:
    def spoil(book: openpyxl.Workbook) -> None:
        book[PILLAR_SHEET]["F11"], book[PILLAR_SHEET]["D11"] = "Well-Led", "Trust"
        book[OVERALL_SHEET].title = "Overall"

    found = refused(dma.parse, dma_workbook(spoil))
    assert [("row 11" in text, "'SC - 24 vs 25 Overall DMA'" in text) for text in found] == [
        (True, False),
        (True, False),
        (False, True),
    ]


def test_a_workbook_with_a_header_and_no_rows_is_refused() -> None:
    content = epr_workbook(lambda book: book[EPR_SHEET].delete_rows(2, 10))
    assert refused(epr.parse, content, "2024-10-01") == ("expected at least one usable data row, found none",)


PAGE = b"\n<html><body><table><tr><td>Region</td></tr></table></body></html>"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (PAGE, "html"),
        (b"Region,ICS\nA,B\n", "text"),
        (b"%PDF-1.7", "pdf"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "xls"),
        (b"PK\x03\x04" + bytes(100), "a damaged or cut archive"),
    ],
)
def test_what_is_no_workbook_is_refused_by_its_kind_and_not_by_its_name(content: bytes, kind: str) -> None:
    for parse, edition in ((dma.parse, "2025"), (epr.parse, "2024-10-01")):
        assert refused(parse, content, edition) == (
            f"expected an xlsx workbook, found {kind}; download the file again",
        )


def test_a_workbook_cut_anywhere_is_refused() -> None:
    content = dma_workbook()
    for kept in range(0, len(content), len(content) // 40):
        (problem,) = refused(dma.parse, content[:kept])
        assert re.match("expected (an|a readable) xlsx workbook, found (empty|a damaged)", problem), kept


def test_a_workbook_with_one_wrong_byte_is_refused_or_gives_the_same_rows() -> None:
    content = dma_workbook()
    same = dma.parse(content, "2025").rows
    start = content.index(b"xl/worksheets/sheet2.xml")
    end = content.index(b"xl/worksheets/sheet3.xml")
    chosen = random.Random(7)  # noqa: S311 - which bytes does not matter
    for place in chosen.sample(range(start, end), 200):
        spoilt = bytearray(content)
        spoilt[place] ^= 1 << chosen.randrange(8)
        try:
            rows = dma.parse(bytes(spoilt), "2025").rows
        except StructureError:
            continue
        assert rows.equals(same), f"byte {place} was changed and nobody noticed"


# Cells of a workbook: the row is rejected, the file is not


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (5.1, "expected 1 to 5, found 5.1"),
        (0.9, "expected 1 to 5, found 0.9"),
        (50, "expected 1 to 5, found 50"),
        ("1,234", "expected 1 to 5, found 1234"),
        (f"2{NBSP}5", "expected a number, found '2\\xa05'"),
        ("2,5", "expected a number, found '2,5'"),
        ("5E1", "expected a number, found '5E1'"),
        ("[x]", "expected a number, found '[x]'"),
        (True, "expected a number, found 'true'"),
        ("#N/A", "expected a number, found an empty cell"),
        ("#DIV/0!", "expected a number, found an empty cell"),
        (None, "expected a number, found an empty cell"),
        ("=1+1", "expected a number, found '=1+1'"),
    ],
)
def test_a_bad_score_rejects_its_row_and_keeps_it(value: object, reason: str) -> None:
    parsed = dma.parse(dma_workbook(put(PILLAR_SHEET, "F12", value)), "2025")
    (rejected,) = parsed.rejected
    assert (rejected.sheet, rejected.row, rejected.rule) == (PILLAR_SHEET, 12, "cell")
    assert rejected.reason == f"column 'Well Led': {reason}"
    assert rejected.raw.startswith(" | ".join(SALISBURY))
    assert (parsed.rows_in, parsed.rows_used, len(parsed.rows)) == (8, 7, 36 - 7)


def test_a_formula_whose_value_was_never_computed_rejects_its_row() -> None:
    def write(book: openpyxl.Workbook) -> None:
        book[PILLAR_SHEET]["F12"] = "=1+1"

    (rejected,) = dma.parse(dma_workbook(write), "2025").rejected
    assert rejected.reason == "column 'Well Led': expected a number, found an empty cell"


def test_a_row_without_its_provider_is_rejected_and_not_lost() -> None:
    parsed = dma.parse(dma_workbook(put(PILLAR_SHEET, "D13", None)), "2025")
    assert [(r.row, r.reason) for r in parsed.rejected] == [
        (13, "column 'Provider': expected a value, found an empty cell")
    ]


def test_an_unknown_care_setting_rejects_its_row() -> None:
    (rejected,) = dma.parse(dma_workbook(put(PILLAR_SHEET, "E12", "Dental")), "2025").rejected
    assert "expected one of acute, community, mental health, ambulance, found 'Dental'" in rejected.reason


def test_a_score_keeps_the_precision_of_the_file() -> None:
    rows = dma.parse(dma_workbook(), "2025").rows
    found = rows[(rows["source_sheet"] == OVERALL_SHEET) & (rows["source_row"] == 15)]["score"].tolist()
    assert found == [2.130952380952381, 2.2]
    assert repr(found[0]) == "2.130952380952381"


@pytest.mark.parametrize(
    ("cell", "value", "reason"),
    [
        ("B2", '=HYPERLINK("http://example.org")', "found text that a spreadsheet runs as a formula"),
        ("B2", "@SUM(A1)", "found text that a spreadsheet runs as a formula"),
        ("B2", f"AIREDALE{RIGHT_TO_LEFT}TRUST", "found control characters"),
        ("B2", "X" * (CELL_LIMIT + 1), "expected at most 2000 characters, found 2001"),
        ("A2", f"R{CYRILLIC_ES}F", "expected an ODS code like"),
        ("A2", 50, "expected an ODS code like"),
        ("C2", "Dental", "expected one of acute"),
        ("D2", None, "expected a value, found an empty cell"),
    ],
)
def test_a_bad_cell_rejects_its_row_and_keeps_it(cell: str, value: object, reason: str) -> None:
    parsed = epr.parse(epr_workbook(put(EPR_SHEET, cell, value)), "2024-10-01")
    (rejected,) = parsed.rejected
    assert (rejected.sheet, rejected.row) == (EPR_SHEET, 2)
    assert reason in rejected.reason
    assert (parsed.rows_in, len(parsed.rows)) == (4, 3)


def test_a_code_like_a_power_of_ten_stays_a_code() -> None:
    parsed = epr.parse(epr_workbook(put(EPR_SHEET, "A2", "5E1")), "2024-10-01")
    assert parsed.rows["org_code_as_published"][0] == "5E1"


def test_the_sheet_of_another_day_is_refused() -> None:
    (problem,) = refused(epr.parse, epr_workbook(), "2025-10-01")
    assert problem.startswith("expected one sheet 'EPR Suppliers 01.10.25', found 0")
    assert problem.endswith(f"nearest is {EPR_SHEET!r}")


def test_a_hidden_sheet_is_hidden_from_the_names() -> None:
    book = Workbook(dma_workbook())
    assert book.hidden == (HIDDEN_SHEET,)
    assert HIDDEN_SHEET not in book.names


# CSV


@pytest.mark.parametrize("parse", [ods.parse, gde.parse, funding.parse])
@pytest.mark.parametrize(("content", "kind"), [(b"", "empty"), (PAGE, "html"), (epr_workbook(), "xlsx")])
def test_what_is_no_csv_is_refused_by_its_kind_and_not_by_its_name(
    parse: Callable[[bytes, str], Parsed], content: bytes, kind: str
) -> None:
    assert refused(parse, content) == (f"expected a CSV file, found {kind}; download the file again",)


def test_a_register_with_a_header_and_no_rows_is_refused() -> None:
    for parse, content in (
        (funding.parse, funding_register([])),
        (gde.parse, programmes_register([])),
    ):
        assert refused(parse, content) == ("expected at least one usable data row, found none",)


def test_accreditations_without_a_single_one_are_refused() -> None:
    (problem,) = refused(gde.parse, accreditations_register(ACCREDITATION_ROWS[1:]))
    assert problem == "expected rows with fact 'gde_accredited' and an address, found none"


@pytest.mark.parametrize(("width", "columns"), [(24, 2), (27, 2), (24, 20), (27, 20)])
def test_a_report_cut_between_two_cells_of_its_last_row_is_refused(width: int, columns: int) -> None:
    *whole, last = ods_report(width=width).splitlines(keepends=True)
    cut = b"".join([*whole, b",".join(last.split(b",")[:columns])])
    assert refused(ods.parse, cut) == (
        f"expected {width} columns in every row, found {columns} in row 3, the last: the file is cut",
    )


def test_a_report_cut_within_quotes_is_refused() -> None:
    content = ods_report()
    (problem,) = refused(ods.parse, content[: content.rindex(b"ARTIFICIAL AMB") + 5])
    assert "cut" in problem


def test_a_register_in_no_known_encoding_is_refused() -> None:
    refused(funding.parse, funding_register() + b"\x81\x8d,,,,,,,,\n")


def test_a_register_in_cp1252_is_read_and_told() -> None:
    rows = [list(FUNDING_ROWS[0])]
    rows[0][3] = "St Artificial\u2019s NHS Trust"
    content = register(FUNDING_HEADERS, rows).decode().encode("cp1252")
    parsed = funding.parse(content, "2026-07")
    assert parsed.rows["org_name_as_published"].tolist() == ["St Artificial\u2019s NHS Trust"]
    assert parsed.drift == ("not utf-8-sig: read as cp1252",)


def test_a_byte_order_mark_is_no_part_of_the_first_header() -> None:
    parsed = funding.parse(b"\xef\xbb\xbf" + funding_register(), "2026-07")
    assert (parsed.rows_in, parsed.drift) == (5, ())


@pytest.mark.parametrize("delimiter", [b";", b"\t"])
def test_another_delimiter_is_refused(delimiter: bytes) -> None:
    refused(funding.parse, funding_register().replace(b",", delimiter))
    refused(ods.parse, ods_report(width=24).replace(b",", delimiter))


def test_a_report_of_another_width_is_refused() -> None:
    assert refused(ods.parse, ods_report(width=26)) == ("expected 24 or 27 columns in every row, found 26",)
    mixed = ods_report(width=27) + ods_report(width=27).replace(b',""\r\n', b"\r\n")
    assert refused(ods.parse, mixed) == ("expected 24 or 27 columns in every row, found 26, 27",)


def test_a_report_that_does_not_begin_with_a_code_is_refused() -> None:
    header = [{"code": "Organisation Code", "name": "Name"}, *ODS_ROWS]
    (problem,) = refused(ods.parse, ods_report(header))
    assert problem == "row 1: expected an organisation code in column 1, found 'Organisation Code'"


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("code", "R 1", "column 'code': expected an ODS code like"),
        ("name", "@ARTIFICIAL TRUST", "found text that a spreadsheet runs"),
        ("open", "2011-07-01", "column 'open date': expected a date like %Y%m%d"),
        ("close", "99999999", "column 'close date': expected a date like %Y%m%d"),
    ],
)
def test_a_bad_field_of_a_report_rejects_its_row(field: str, value: str, reason: str) -> None:
    parsed = ods.parse(ods_report([ODS_ROWS[0], {**ODS_ROWS[1], field: value}, ODS_ROWS[2]]), "2026-07-08")
    (rejected,) = parsed.rejected
    assert rejected.row == 2
    assert reason in rejected.reason
    assert parsed.rows["source_row"].tolist() == [1, 3]


@pytest.mark.parametrize(
    ("place", "value", "reason"),
    [
        (4, "5E1", "column 'amount_gbp': expected a number, found '5E1'"),
        (4, "10m", "column 'amount_gbp': expected a number, found '10m'"),
        (4, "", "column 'amount_gbp': expected a number, found an empty cell"),
        (5, "about", "column 'amount_basis': expected words like"),
        (2, "2018", "column 'financial_years': expected 2018/19 or"),
        (8, f"R{CYRILLIC_ES}F", "column 'ods_code_at_time': expected an ODS code"),
        (3, f"Trust{BELL}", "column 'trust_name_as_published': expected plain text, found control"),
    ],
)
def test_a_bad_cell_of_a_register_rejects_its_row(place: int, value: str, reason: str) -> None:
    filler = [[*FUNDING_ROWS[0][:3], f"Trust {n}", *FUNDING_ROWS[0][4:]] for n in range(60)]
    bad = list(FUNDING_ROWS[1])
    bad[place] = value
    parsed = funding.parse(funding_register([*filler, bad]), "2026-07")
    (rejected,) = parsed.rejected
    assert rejected.row == 62
    assert rejected.reason.startswith(reason)


def test_a_role_nobody_knows_rejects_its_row() -> None:
    bad = list(PROGRAMME_ROWS[0])
    bad[1] = "leader"
    (rejected,) = gde.parse(programmes_register([*PROGRAMME_ROWS[1:], bad]), "2026-07").rejected
    assert rejected.reason.startswith("column 'role': expected one of exemplar, ")


def test_a_date_of_another_layout_rejects_its_row() -> None:
    bad = list(PROGRAMME_ROWS[0])
    bad[7] = "7 Sep 2016"[:9]
    parsed = gde.parse(programmes_register([*PROGRAMME_ROWS[1:], bad]), "2026-07")
    assert [r.row for r in parsed.rejected] == [6]


def test_an_accreditation_in_a_role_nobody_knows_rejects_its_row() -> None:
    bad = list(ACCREDITATION_ROWS[0])
    bad[3] = "leader"
    parsed = gde.parse(accreditations_register([*ACCREDITATION_ROWS, bad]), "2026-07")
    assert [r.row for r in parsed.rejected] == [5]


def test_quoted_newlines_and_commas_are_part_of_a_cell() -> None:
    sheet, drift = read_csv(b'a,b\n"x,\ny",2\n', "")
    assert (sheet.rows, drift) == ([["a", "b"], ["x,\ny", "2"]], [])


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
def test_a_frame_that_does_not_conform_is_told_how(frame: pd.DataFrame, problem: str) -> None:
    (found,) = problems(frame, DEFINED)
    assert found.startswith(problem)


def test_all_problems_of_a_frame_are_told_at_once() -> None:
    spoilt = with_("kind", "c", None).drop(columns="day").assign(score=9.0)
    assert len(problems(spoilt, DEFINED)) == 4


def test_a_missing_value_is_fine_where_it_may_be() -> None:
    assert problems(GOOD.assign(day=None), DEFINED) == []
