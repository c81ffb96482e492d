"""Bad workbooks: a file is refused in sentences that say what was expected and found; a bad cell rejects its row only."""

import io
import re
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import openpyxl
import pandas as pd
import pytest
from archives import repacked
from conftest import (
    BOARD_OVERALL_SHEET,
    BOARD_PILLAR_SHEET,
    EPR_SHEET,
    HIDDEN_SHEET,
    OVERALL_SHEET,
    PILLAR_SHEET,
    SALISBURY,
    Change,
    dma_workbook,
    epr_workbook,
    put,
)

from assets.contract.parsed import Parsed, StructureError
from assets.reading.spreadsheet import open_workbook
from assets.reading.structure import (
    CELL_LIMIT,
    Workbook,
)
from assets.sources import dma, epr

CYRILLIC_ES = "\u0421"  # looks like a Latin C
NBSP = "\u00a0"
RIGHT_TO_LEFT = "\u202e"


def refused(parse: Callable[[bytes, str], Parsed], content: bytes, edition: str = "2025") -> tuple[str, ...]:
    """Return the sentences with which a file is refused."""
    with pytest.raises(StructureError) as error:
        parse(content, edition)
    return error.value.problems


# Opening


def damaged(content: bytes) -> str:
    with pytest.raises(StructureError) as error:
        open_workbook(content)
    (problem,) = error.value.problems
    return problem


def test_every_sheet_is_visible_or_hidden_as_another_reader_says() -> None:
    content = dma_workbook()
    opened = open_workbook(content)
    book = openpyxl.load_workbook(io.BytesIO(content))
    states = {sheet.title: sheet.sheet_state for sheet in book}
    assert opened.visible == tuple(name for name, state in states.items() if state == "visible")
    assert opened.hidden == tuple(name for name, state in states.items() if state != "visible") != ()


def test_a_sheet_is_hidden_however_its_attributes_are_quoted() -> None:
    content = repacked(dma_workbook(), {"xl/workbook.xml": lambda xml: xml.replace(b'"', b"'")})
    assert HIDDEN_SHEET in open_workbook(content).hidden


def test_a_workbook_whose_list_of_sheets_is_damaged_is_refused() -> None:
    content = repacked(dma_workbook(), {"xl/workbook.xml": lambda _: b"<workbook"})
    found = "expected a readable xlsx workbook, found a damaged one (unclosed token: line 1, column 0)"
    assert damaged(content) == found


class PanicException(BaseException):
    """Raised by nothing here: like what the library raises where it fails inside."""


@pytest.mark.parametrize(
    ("raised", "reason"),
    [
        (EOFError(), "EOFError"),
        (RuntimeError("encrypted\nand more"), "encrypted"),
        (PanicException("index out of bounds"), "index out of bounds"),
        (PanicException(), "PanicException"),
    ],
)
def test_what_a_library_raises_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, raised: BaseException, reason: str
) -> None:
    content = dma_workbook()
    opened = open_workbook(content)

    def fail(*_: Any, **__: Any) -> None:
        raise raised

    monkeypatch.setattr("fastexcel.read_excel", fail)
    assert damaged(content) == f"expected a readable xlsx workbook, found a damaged one ({reason})"
    broken = replace(opened, reader=SimpleNamespace(load_sheet=fail))
    with pytest.raises(StructureError) as error:
        broken.load("Sheet")
    assert str(error.value) == f"sheet 'Sheet': expected readable cells, found damaged ones ({reason})"


@pytest.mark.parametrize("raised", [KeyboardInterrupt, SystemExit, MemoryError])
def test_what_is_not_about_the_file_is_not_reported_as_damage(
    monkeypatch: pytest.MonkeyPatch, raised: type[BaseException]
) -> None:
    content = dma_workbook()

    def fail(_: bytes) -> None:
        raise raised

    monkeypatch.setattr("fastexcel.read_excel", fail)
    with pytest.raises(raised):
        open_workbook(content)


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
    assert set(parsed.rows["source_sheet"]) == {name, OVERALL_SHEET, BOARD_PILLAR_SHEET, BOARD_OVERALL_SHEET}


def test_a_sheet_found_under_another_spelling_is_reported() -> None:
    parsed = dma.parse(dma_workbook(renamed(PILLAR_SHEET, f"{PILLAR_SHEET} ")), "2025")
    assert any(repr(f"{PILLAR_SHEET} ") in found for found in parsed.drift)


def test_a_sheet_is_found_without_its_blanks() -> None:
    assert dma.parse(dma_workbook(renamed(PILLAR_SHEET, "SC-2025 PillarSummary")), "2025").rows_in == 12


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


def test_an_added_column_is_reported_and_not_published() -> None:
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


def test_every_problem_of_every_sheet_is_reported_at_once() -> None:
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
    assert (parsed.rows_in, parsed.rows_used, len(parsed.rows)) == (12, 11, 54 - 7)


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
