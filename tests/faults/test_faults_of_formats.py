"""F30 to F38: files in another format, encoding or dialect, with more than values in them or next to nothing.

Every test asks the same as those of containers: see `stage`.
"""

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import test_cqc
import test_dspt
from archives import repacked, text_cell, with_rows
from conftest import (
    EPR_SHEET,
    FUNDING_HEADERS,
    FUNDING_ROWS,
    PILLAR_SHEET,
    dma_workbook,
    epr_workbook,
    funding_register,
    ods_report,
    put,
    register,
)
from stage import CQC, DMA, EPR, FUNDING, ODS, Stage, Where
from tiny_source import arrive

from assets.catalogue import sources
from pipelines import cli
from pipelines.orchestration import refresh_steps
from pipelines.staging import staged_tables
from pipelines.storage.parquet import read_parquet

PAGE = b"<!DOCTYPE html><html><head><title>Later</title></head><body><table><tr><td>1</td></tr></table></body></html>"


# Files that are something else

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


@pytest.mark.parametrize(
    ("where", "content", "problem"),
    [
        (DMA, OLE, "expected an xlsx workbook, found xls;"),
        (DMA, OLE + "EncryptedPackage".encode("utf-16-le"), "expected an xlsx workbook, found encrypted;"),
        (DMA, test_cqc.ratings(), "expected an xlsx workbook, found ods;"),
        (DMA, b"Region,ICS\nA,B\n", "expected an xlsx workbook, found text;"),
        (ODS, epr_workbook(), "expected a CSV file, found xlsx;"),
        (ODS, b"%PDF-1.7", "expected a CSV file, found pdf;"),
        (CQC, epr_workbook(), "expected an OpenDocument spreadsheet, found xlsx;"),
    ],
    ids=["xls", "password", "ods", "csv", "xlsx as csv", "pdf as csv", "xlsx as ods"],
)
def test_f30_one_format_under_the_name_of_another_is_refused_by_its_own(
    stage: Stage, where: Where, content: bytes, problem: str
) -> None:
    stage.refused(where, content, problem)


def test_f30_a_format_that_a_source_supports_is_read_under_any_name(stage: Stage) -> None:
    content = test_dspt.workbook()
    assert stage.read(("dspt", "2019-06-18", ""), content).rows_staged == 3


def test_f30_a_file_ingested_for_another_source_is_refused_and_its_own_is_named(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DIGITAL_MATURITY_HOME", str(stage.home.root))
    file = tmp_path / "list.xlsx"
    file.write_bytes(epr_workbook())
    assert cli.main(["ingest", "dma", str(file), "--edition", EPR[1]]) == 1
    assert "It looks like a file of epr: try `digital-maturity ingest epr`." in capsys.readouterr().err
    assert not stage.home.archive.vintages("dma")


@pytest.mark.parametrize("where", [DMA, ODS, CQC], ids=["xlsx", "csv", "ods"])
def test_f31_a_page_saved_as_a_table_is_refused(stage: Stage, where: Where) -> None:
    stage.refused(where, PAGE, "found html")


# Workbooks with more than values


def test_f32_macros_links_and_hidden_sheets_change_no_value_and_hidden_sheets_are_listed(
    stage: Stage,
) -> None:
    plain = dma_workbook()
    link = b'<externalLink><ddeLink ddeService="cmd" ddeTopic="/c calc"/></externalLink>'
    parts = [("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0macro"), ("xl/externalLinks/externalLink1.xml", link)]
    macros = repacked(plain, more=parts)
    judged = stage.read(DMA, macros)
    assert "sheet '2025 Pillar Summary (ICB PC)' is hidden" in judged.ignored
    own = {"edition", "source_file_sha256"}
    found = read_parquet(staged_tables.staged_path("dma", stage.home)).to_pandas().drop(columns=list(own))
    arrive(stage.home, plain, source="dma", day=3)
    stage.staged("dma")
    assert found.equals(
        read_parquet(staged_tables.staged_path("dma", stage.home)).to_pandas().drop(columns=list(own))
    )


def test_f33_formulas_without_a_kept_value_are_missing_keys_and_the_file_is_refused(stage: Stage) -> None:
    def compute(book: openpyxl.Workbook) -> None:
        for row in range(2, 6):
            book[EPR_SHEET][f"A{row}"] = f'="R"&"{row}A"'

    stage.refused(EPR, epr_workbook(compute), "expected a value, found an empty cell")


@pytest.mark.parametrize(
    "error", ["#N/A", *(pytest.param(error, marks=pytest.mark.thorough) for error in ("#REF!", "#DIV/0!"))]
)
def test_f34_an_error_in_a_key_rejects_its_row_and_too_many_refuse_the_file(stage: Stage, error: str) -> None:
    def fill(rejected: int) -> bytes:
        def change(book: openpyxl.Workbook) -> None:
            for row in range(6, 102):
                code = error if row < 6 + rejected else f"R{row:03d}"[:5]
                book[EPR_SHEET].append([code, f"ARTIFICIAL {row} NHS TRUST", "Acute", "Artificial"])

        return epr_workbook(change)

    stage.refused(
        EPR, fill(6), "expected at most 5% of rows to be rejected, found 6 of 100, the first in row 6"
    )
    arrive(stage.home, fill(5), source="epr", edition=EPR[1], day=3)
    judged = stage.staged("epr").judged[-1]
    assert (judged.accepted, judged.rows_in, len(judged.rejected)) == (True, 100, 5)


def test_f34_an_error_instead_of_a_score_is_never_a_number(stage: Stage) -> None:
    stage.refused(
        DMA, dma_workbook(put(PILLAR_SHEET, "F12", "#N/A")), "expected a number, found an empty cell"
    )


# Text in other encodings and dialects


def curly(encoding: str) -> bytes:
    rows = [list(row) for row in FUNDING_ROWS]
    rows[0][3] = "St Artificial\u2019s NHS Trust"
    return register(FUNDING_HEADERS, rows).decode().encode(encoding)


@pytest.mark.parametrize(
    ("encoding", "drift"),
    [("cp1252", ("not utf-8-sig: read as cp1252",)), ("utf-8", ()), ("utf-8-sig", ())],
)
def test_f35_the_declared_encoding_comes_first_then_cp1252_and_is_reported(
    stage: Stage, encoding: str, drift: tuple[str, ...]
) -> None:
    judged = stage.read(FUNDING, curly(encoding))
    assert (judged.rows_in, judged.drift) == (5, drift)
    rows = read_parquet(staged_tables.staged_path("funding", stage.home))
    assert "St Artificial\u2019s NHS Trust" in rows["org_name_as_published"].to_pylist()


@pytest.mark.parametrize("content", [curly("utf-16"), curly("utf-16-le"), curly("utf-8") + b"\x81\x8d,,,\n"])
def test_f35_what_is_in_no_known_encoding_is_refused(stage: Stage, content: bytes) -> None:
    stage.refused(FUNDING, content, "expected ")


@pytest.mark.parametrize("delimiter", [b";", b"\t"])
@pytest.mark.parametrize("where", [FUNDING, ODS], ids=["with a header", "without"])
def test_f36_another_delimiter_is_refused(stage: Stage, where: Where, delimiter: bytes) -> None:
    content = funding_register() if where is FUNDING else ods_report(width=24)
    stage.refused(where, content.replace(b",", delimiter), "expected ")


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"], ids=["crlf", "cr", "lf"])
def test_f36_line_ends_of_any_system_and_within_quotes_give_the_same_rows(stage: Stage, end: str) -> None:
    rows = [list(row) for row in FUNDING_ROWS]
    rows[0][3] = "First Artificial\nNHS Trust"
    text = register(FUNDING_HEADERS, rows).decode().replace("\n", end)
    assert stage.read(FUNDING, text.encode()).rows_in == 5


# Files with next to nothing in them

NOTHING: dict[str, tuple[Where, Callable[[], bytes], str]] = {
    "no bytes of a workbook": (DMA, lambda: b"", "expected an xlsx workbook, found empty"),
    "no bytes of a report": (ODS, lambda: b"", "expected a CSV file, found empty"),
    "a header": (FUNDING, lambda: funding_register([]), "expected at least one usable data row, found none"),
    "a header in a sheet": (
        EPR,
        lambda: epr_workbook(lambda book: book[EPR_SHEET].delete_rows(2, 10)),
        "expected at least one usable data row, found none",
    ),
}


@pytest.mark.parametrize(("where", "content", "problem"), NOTHING.values(), ids=NOTHING)
def test_f37_a_file_without_rows_is_refused(
    stage: Stage, where: Where, content: Callable[[], bytes], problem: str
) -> None:
    stage.refused(where, content(), problem)


def test_f37_a_file_with_one_row_is_refused_by_a_check_of_its_source(stage: Stage) -> None:
    one = epr_workbook(lambda book: book[EPR_SHEET].delete_rows(3, 10))
    arrive(stage.home, one, source="epr", edition=EPR[1], day=2)
    done = refresh_steps.stage(sources()["epr"], sources(), stage.home)
    assert done.status == "refused"
    assert "check about_as_many_trusts_as_there_are failed: 1 rows" in done.why
    assert [one.copy.origin for one in done.manifest.used] == ["frozen"]


def test_f38_a_sheet_filled_to_the_last_row_is_refused_as_cut(stage: Stage) -> None:
    last = "".join(
        text_cell(f"{c}1048576", t) for c, t in zip("ABCD", ("RX9", "LAST", "Acute", "X"), strict=True)
    )
    content = with_rows(epr_workbook(), f'<row r="1048576">{last}</row>')
    stage.refused(
        EPR, content, f"sheet {EPR_SHEET!r}: expected fewer than 1,048,576 rows, found it full: it may be cut"
    )
