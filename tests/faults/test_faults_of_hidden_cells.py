"""F76: hidden rows and columns are no data: left out and counted, or the file is refused."""

import io
import zipfile
from typing import Any

import openpyxl
import pytest
import test_cqc
from conftest import (
    EPR_ROWS,
    EPR_SHEET,
    FIRST_DMA_ROW,
    OVERALL_SHEET,
    PILLAR_SHEET,
    dma_workbook,
    epr_workbook,
)
from opendocuments import document, line, packed, sheet
from tac_workbook import workbook

from assets.contract.parsed import StructureError
from assets.reading.hidden_cells import Hidden, verified
from assets.reading.opendocument import SheetStream
from assets.sources import cqc, dma, epr
from assets.sources.tac.source import SOURCE as TAC

DAY = "2024-10-01"


def hide(sheet_: str, *, rows: tuple[int, ...] = (), columns: tuple[str, ...] = ()) -> Any:
    """Return the change that hides rows and columns of a sheet."""

    def change(book: openpyxl.Workbook) -> None:
        for row in rows:
            book[sheet_].row_dimensions[row].hidden = True
        for column in columns:
            book[sheet_].column_dimensions[column].hidden = True

    return change


def test_f76_a_hidden_row_is_left_out_and_counted_and_the_others_keep_their_numbers() -> None:
    parsed = epr.SOURCE.read(epr_workbook(hide(EPR_SHEET, rows=(3,))), DAY, "")
    assert parsed.rows["org_code_as_published"].tolist() == [row[0] for row in EPR_ROWS if row[0] != "RVN"]
    assert parsed.rows["source_row"].tolist() == [2, 4, 5]
    note = f"sheet {EPR_SHEET!r}: 1 rows and 0 columns with data are hidden and not read"
    assert note in parsed.drift


def test_f76_a_hidden_column_that_is_needed_refuses_the_file() -> None:
    with pytest.raises(StructureError, match=r"expected column 'Supplier \(Primary EPR\)'"):
        epr.SOURCE.read(epr_workbook(hide(EPR_SHEET, columns=("D",))), DAY, "")


def test_f76_columns_are_counted_from_the_first_that_is_filled() -> None:
    parsed = dma.SOURCE.read(dma_workbook(hide(PILLAR_SHEET, columns=("A",))), "2025", "")
    assert len(parsed.rows) == len(dma.SOURCE.read(dma_workbook(), "2025", "").rows)
    assert not any("hidden and not read" in note for note in parsed.drift)
    with pytest.raises(StructureError, match="expected column '2024 Average'"):
        dma.SOURCE.read(dma_workbook(hide(OVERALL_SHEET, columns=("G",))), "2025", "")


def test_f76_hidden_rows_without_data_are_not_worth_a_note() -> None:
    parsed = dma.SOURCE.read(dma_workbook(hide(PILLAR_SHEET, rows=(900,))), "2025", "")
    assert not any("hidden and not read" in note for note in parsed.drift)
    hidden = dma.SOURCE.read(dma_workbook(hide(PILLAR_SHEET, rows=(FIRST_DMA_ROW,))), "2025", "")
    assert len(parsed.rows) - len(hidden.rows) == 7


def test_f76_hidden_rows_of_the_accounts_refuse_the_file() -> None:
    def change(book: openpyxl.Workbook) -> None:
        book.worksheets[-1].row_dimensions[9].hidden = True

    with pytest.raises(
        StructureError, match="expected all rows and columns shown, found 1 rows and 0 columns hidden"
    ):
        TAC.read(workbook("2023/24", change=change), "2023/24", "trusts")


@pytest.mark.parametrize(
    "tag", ['<row r="7" hidden="1">', "<x:row hidden='true' r='7' ht='0'>", '<row\nr="7"\nhidden = "1"/>']
)
@pytest.mark.parametrize("before", [0, (1 << 20) - 9, (1 << 21) - 20])
def test_f76_a_hidden_row_is_found_however_it_is_written_and_wherever_it_is_cut(
    tag: str, before: int
) -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr(
            "sheet.xml", f"<sheetData>{' ' * before}{tag}<c r='A7'/></row><row r='8' hidden='0'/>"
        )
    with zipfile.ZipFile(held) as archive:
        assert verified(archive) == {"sheet.xml": Hidden(frozenset({7}))}


@pytest.mark.parametrize("state", ["collapse", "filter"])
def test_f76_hidden_rows_of_an_opendocument_sheet_are_left_out_and_counted(state: str) -> None:
    lines = [line(["a", "b"]), line(["c", "d"], f' table:visibility="{state}"'), line(["e", "f"])]
    stream = SheetStream(packed(document(sheet("S", *lines))), "S")
    assert [(number, row[:2]) for number, row in stream] == [(1, ["a", "b"]), (3, ["e", "f"])]
    assert stream.hidden_rows == 1


def test_f76_hidden_columns_of_an_opendocument_sheet_are_empty() -> None:
    columns = '<table:table-column table:number-columns-repeated="1"/><table:table-column table:visibility="collapse"/>'
    stream = SheetStream(packed(document(sheet("S", columns, line(["a", "b", "c"])))), "S")
    assert [row[:3] for _, row in stream] == [["a", "", "c"]]


def test_f76_a_hidden_rating_is_not_published() -> None:
    content = test_cqc.ratings()
    before = cqc.SOURCE.read(content, test_cqc.EDITION, "")
    first = test_cqc.ROWS[int(before.rows["source_row"].min()) - 3]  # below a banner and the header
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        xml = archive.read("content.xml").decode()
    hidden = packed(xml.replace(line(first), line(first, ' table:visibility="collapse"')))
    after = cqc.SOURCE.read(hidden, test_cqc.EDITION, "")
    assert "1 rows of sheet 'Providers' are hidden" in after.ignored
    assert after.rows_in == before.rows_in - 1
