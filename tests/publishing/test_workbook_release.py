"""The workbook of a release: as the guidance for public spreadsheets asks, and with every code and number of the CSV."""

import csv
import math
import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pytest
from filelock import FileLock
from openpyxl.worksheet.worksheet import Worksheet
from releases import offline_home, shared_folder, tables_of
from together import every
from xlsxwriter import Workbook

from assets.catalogue import published
from assets.contract.columns import METADATA, VALUE_STATUS, status_of
from pipelines.publishing import copies, release_workbook
from pipelines.publishing.descriptors import TITLE
from pipelines.publishing.empty_tables import described
from pipelines.publishing.release_workbook import MISSING, PRINTED, SHEETS, columns_of, write_workbook
from pipelines.publishing.workbook_sheets import Book, Column

WITH_TABLES = ["Contents", "Notes", *SHEETS.values(), "Columns"]
every_sheet = every("sheet", WITH_TABLES)
every_table = every("name", SHEETS)


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return offline_home(tmp_path_factory.getbasetemp()).latest.resolve()


@pytest.fixture(scope="module")
def tables(released: Path) -> dict[str, pa.Table]:
    return tables_of(released)


@pytest.fixture(scope="module")
def written(released: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the workbook of the release: LibreOffice locks a file beside the one it opens."""
    path = tmp_path_factory.mktemp("workbook") / "digital_maturity.xlsx"
    shutil.copyfile(released / path.name, path)
    return path


@pytest.fixture(scope="module")
def book(written: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(written)


@cache
def area(sheet: Worksheet) -> list[list[Any]]:
    """Return the cells of the one table of a sheet, its header first."""
    (table,) = sheet.tables.values()
    return [[cell.value for cell in row] for row in sheet[table.ref]]


def test_a_workbook_that_the_disk_does_not_take_is_an_error_of_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies, "write_workbook", lambda _, __, path, ___: Workbook(path).close())
    with pytest.raises(FileNotFoundError):
        copies.write_spreadsheet({}, tmp_path / "gone", TITLE)


def cells(book: openpyxl.Workbook, name: str) -> list[dict[str, Any]]:
    """Return the rows of the sheet of a table, by the names of its columns."""
    _, *rows = area(book[SHEETS[name]])
    return [dict(zip(columns_of(published().tables[name]), row, strict=True)) for row in rows]


def above(sheet: Worksheet) -> str:
    """Return the lines above the table of a sheet."""
    (table,) = sheet.tables.values()
    first = int(re.match(r"A(\d+)", table.ref)[1])
    return "\n".join(sheet.cell(row, 1).value for row in range(1, first))


def test_the_sheets_are_a_cover_the_contents_the_notes_the_tables_and_their_columns(
    book: openpyxl.Workbook,
) -> None:
    assert book.sheetnames == ["Cover", *WITH_TABLES]
    assert all(sheet.sheet_state == "visible" and not sheet.merged_cells.ranges for sheet in book)
    assert book["Cover"]["A1"].value == TITLE


@every_sheet
def test_a_sheet_is_a_title_and_one_marked_up_table_from_column_a_under_a_frozen_header(
    book: openpyxl.Workbook, sheet: str
) -> None:
    found = book[sheet]
    assert found["A1"].value == sheet
    (table,) = found.tables.values()
    first = int(re.fullmatch(r"A(\d+):[A-Z]+\d+", table.ref)[1])
    is_data = sheet in SHEETS.values()
    assert found.freeze_panes == f"{'B' if is_data else 'A'}{first + 1}"
    assert (found.page_setup.orientation, found.page_setup.paperSize) == ("landscape", 9)
    assert (found.page_setup.fitToWidth or 1, found.page_setup.fitToHeight) == (1, 0)
    assert found.sheet_properties.pageSetUpPr.fitToPage
    assert found.print_title_rows == f"${first}:${first}"
    if is_data:
        heights = {found.row_dimensions[row].height for row in range(first + 1, found.max_row + 1)}
        assert heights == {12.75}, "rows of one line"
    assert [column.name for column in table.tableColumns] == area(found)[0]
    assert all(found.cell(row, 1).value for row in range(1, first)), "no blank row above the table"
    assert all(cell.alignment.wrap_text and cell.font.b for cell in found[first])
    assert table.ref.endswith(str(found.max_row)), "nothing below the table"
    assert all(any(value is not None for value in row) for row in area(found)), "no blank row in it"


@every_table
def test_a_sheet_has_the_rows_of_the_release_sorted_by_name_under_headers_in_words(
    book: openpyxl.Workbook, tables: dict[str, pa.Table], name: str
) -> None:
    headers, *rows = area(book[SHEETS[name]])
    assert len(rows) == tables[name].num_rows
    assert len(set(headers)) == len(headers)
    assert [header for header in headers if "_" in header] == []
    first = [row[0] for row in rows]
    if PRINTED[name].split()[0] in {"org_display_name", "org_name", "icb_code"}:
        assert first == sorted(first, key=str.casefold)


def test_no_name_of_a_trust_is_in_capitals_anywhere(book: openpyxl.Workbook) -> None:
    texts = {cell for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row}
    assert [
        text for text in texts if isinstance(text, str) and re.search(r"[A-Z]{3,} NHS (FOUND|TRUST)", text)
    ] == []
    assert any(
        row["org_display_name"].startswith("Guy's and St Thomas' NHS") for row in cells(book, "trust_profile")
    )


def test_regions_and_boards_have_their_name_and_code(book: openpyxl.Workbook) -> None:
    for name in SHEETS.keys() - {"icb_score"}:
        for row in cells(book, name):
            assert re.fullmatch(r".+ \(Y\d\d\)", row.get("region") or "x (Y00)"), row
            assert re.fullmatch(
                r"NHS .+ ICB \(Q\w\w\)|\w+ \(name not held\)", row.get("icb_code") or "x (name not held)"
            ), row


def test_codes_and_financial_years_are_text_numbers_numbers_and_days_days(book: openpyxl.Workbook) -> None:
    for row in cells(book, "trust_year"):
        assert isinstance(row["org_code"], str)
        assert re.fullmatch(r"\d{4}/\d{2}", row["financial_year"])
        assert isinstance(row["fy_end_year"], int)
    assert {type(row["open_date"]) for row in cells(book, "trust_profile")} == {datetime}
    assert {type(row["has_epr"]) for row in cells(book, "trust_profile")} == {bool, type(None)}
    assert {type(row["score"]) for row in cells(book, "peer_group")} <= {int, float}


@every_table
def test_a_missing_number_shows_the_symbol_of_its_status_and_no_other_cell_has_one(
    book: openpyxl.Workbook, tables: dict[str, pa.Table], name: str
) -> None:
    status = status_of(published().tables[name])
    rows = tables[name].to_pylist()
    empty = {
        c.name: "[x]"
        for c in published().tables[name].columns
        if "aggregation" in c.info and c.name not in status and all(row[c.name] is None for row in rows)
    }
    of_book = cells(book, name)
    for row in of_book:
        expected = {
            column: f"[{row[found]}]"
            for column, found in status.items()
            if not isinstance(row[column], (int, float)) and row[found] in MISSING
        }
        assert {k: v for k, v in row.items() if re.fullmatch(r"\[\w+\]", str(v))} == expected | empty
    shown = sum(str(value).startswith("[") for row in of_book for value in row.values())
    missing = sum(row[c] is None and row[s] in MISSING for row in rows for c, s in status.items())
    assert shown == missing + len(empty) * len(rows)


def test_some_numbers_are_missing_with_a_reason(book: openpyxl.Workbook) -> None:
    assert {row["it_capital_narrow_gbp"] for row in cells(book, "trust_profile")} == {"[x]"}


def test_a_status_explains_columns_of_its_own_table_that_may_be_missing() -> None:
    explained = [
        (name, found)
        for name, table in published().tables.items()
        for defined in table.columns
        for found in defined.info.get("explains", ())
        if found not in table.columns or not table.columns[found].nullable
    ]
    assert explained == []
    assert status_of(METADATA.tables["trust_year"])["it_capital_narrow_real_gbp"] == "real_terms_status"
    assert status_of(METADATA.tables["it_spend"])["narrow_gbp"] == "value_status"


def test_the_cover_explains_every_symbol_and_names_every_source_with_its_licence(
    book: openpyxl.Workbook, tables: dict[str, pa.Table]
) -> None:
    text = "\n".join(row[0].value for row in book["Cover"].iter_rows())
    for status, meaning in VALUE_STATUS.items():
        assert status == "published" or meaning in text
    credited = text.partition("\nSources:\n")[2]
    for source in tables["source_status"].to_pylist():
        assert (f"{source['title']}: " in credited) == bool(source["rows_staged"]), source["title"]
    assert "\ndqmi_score: Data Quality Maturity Index: no file has arrived yet.\n" in text
    assert "no such value" not in text
    assert "2026-07-08" in text


def test_every_note_that_a_sheet_names_is_a_caveat_of_its_table_and_none_is_left_out(
    book: openpyxl.Workbook, tables: dict[str, pa.Table]
) -> None:
    notes = {row[0]: row[1] for row in area(book["Notes"])[1:]}
    assert list(notes) == [f"note {n}" for n in range(1, len(notes) + 1)]
    for name, sheet in SHEETS.items():
        headers = dict(zip(columns_of(published().tables[name]), area(book[sheet])[0], strict=True))
        for column, header in headers.items():
            own = [
                row["text"]
                for row in tables["caveat"].to_pylist()
                if (row["table_name"], row["measure"]) == (name, column)
            ]
            assert sorted(notes[note] for note in re.findall(r"\[(note \d+)\]", header)) == sorted(own)
        named = re.findall(
            r"\[(note\s\d+)\]", " ".join([above(book[sheet]).replace("\n", " "), *headers.values()])
        )
        caveats = [row["text"] for row in tables["caveat"].to_pylist() if row["table_name"] == name]
        assert sorted(notes[note] for note in named) == sorted(caveats)
    assert {row["table_name"] for row in tables["caveat"].to_pylist()} >= SHEETS.keys() - {"source_status"}


def links(book: openpyxl.Workbook) -> Iterator[tuple[str, str | None, str | None]]:
    for sheet in book:
        for row in sheet.iter_rows():
            yield from ((sheet.title, c.hyperlink.location, c.hyperlink.target) for c in row if c.hyperlink)


def test_every_link_leads_to_a_sheet_or_to_a_file_beside_the_workbook(
    book: openpyxl.Workbook, released: Path
) -> None:
    inside = {target: [] for target in book.sheetnames}
    files = set()
    for sheet, location, target in links(book):
        if target:
            path = target.replace("\\", "/")  # written as Excel writes it; LibreOffice reads it as a path too
            assert (released / path).is_file(), path
            files.add(path)
        else:
            inside[re.fullmatch(r"'(.+)'!A1", str(location))[1]].append(sheet)
    assert files == {f"csv/{name}.csv" for name in published().tables}
    assert inside["Contents"] == [*WITH_TABLES[1:]]
    assert all(inside[sheet] == ["Contents"] for sheet in SHEETS.values())


def test_the_contents_list_every_table_with_its_rows_and_what_it_holds(
    book: openpyxl.Workbook, tables: dict[str, pa.Table]
) -> None:
    listed = {row[0]: (row[3], row[4]) for row in area(book["Contents"])[1:]}
    assert listed == {
        name: (tables[name].num_rows, described(table, tables)) for name, table in published().tables.items()
    }
    assert "no file has arrived yet" in listed["dqmi_score"][1]
    assert "TAC): IT capital itself is not held until the accounts are fetched." in listed["it_spend"][1]


def test_the_columns_of_every_sheet_are_explained(
    book: openpyxl.Workbook, tables: dict[str, pa.Table]
) -> None:
    explained = {(row[0], row[2]) for row in area(book["Columns"])[1:]}
    assert explained == {
        (sheet, c) for name, sheet in SHEETS.items() for c in columns_of(published().tables[name])
    }


def test_the_properties_are_set_and_tell_no_clock(book: openpyxl.Workbook, written: Path) -> None:
    found = book.properties
    assert (found.title, found.creator) == (TITLE, "nhs-digital-maturity")
    assert found.created == found.modified == datetime(2026, 7, 8)  # noqa: DTZ001 - the newest list
    with zipfile.ZipFile(written) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_code_like_a_number_stays_text_and_a_table_without_rows_is_listed_only(
    tables: dict[str, pa.Table], tmp_path: Path
) -> None:
    few = {name: rows.slice(0, 0 if name in SHEETS else None) for name, rows in tables.items()}
    organisations = tables["organisation"].slice(0, 1)
    place = organisations.column_names.index("org_code")
    field = organisations.schema.field(place)
    few["organisation"] = organisations.set_column(place, field, pa.array(["5E1"]))
    path = tmp_path / "book.xlsx"
    write_workbook(published().tables, few, path, TITLE)
    made = openpyxl.load_workbook(path)
    assert cells(made, "organisation")[0]["org_code"] == "5E1"
    assert "Exemplars change" not in made.sheetnames
    assert ["exemplars_change", "CSV only", "csv/exemplars_change.csv", 0] in [
        row[:4] for row in area(made["Contents"])
    ]


def test_a_table_too_long_for_a_sheet_is_never_cut_but_listed_with_its_csv(
    tables: dict[str, pa.Table], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release_workbook, "MOST_ROWS", 10)
    few = {name: rows.slice(0, 10 if name in SHEETS else None) for name, rows in tables.items()}
    few["organisation"] = tables["organisation"].slice(0, 11)
    write_workbook(published().tables, few, tmp_path / "book.xlsx", TITLE)
    made = openpyxl.load_workbook(tmp_path / "book.xlsx")
    assert "Organisations" not in made.sheetnames
    assert "Trusts today" in made.sheetnames
    assert ["organisation", "CSV only: more than 10 rows", "csv/organisation.csv", 11] in [
        row[:4] for row in area(made["Contents"])
    ]


def test_a_text_longer_than_a_cell_is_an_error_and_never_cut(tmp_path: Path) -> None:
    with (
        Workbook(tmp_path / "book.xlsx") as book,
        pytest.raises(
            ValueError,
            match=r"^Writing sheet 'Artificial': expected at most 32767 .* 'text', found 32768; shorten",
        ),
    ):
        Book(book).table("Artificial", "artificial", [], [Column("text", ["x" * 32_768])])


# --- opened by LibreOffice


def csv_rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


@pytest.fixture(scope="module")
def converted(written: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the CSV files that LibreOffice makes of the sheets: values, not what is shown of them.

    Workers share it, as they do the release.
    """
    folder = shared_folder(tmp_path_factory.getbasetemp()) / "libreoffice"
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            making = folder.with_suffix(".making")
            making.mkdir(exist_ok=True)
            into = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1"
            convert(written, into, making)
            making.rename(folder)
    return folder


def convert(workbook: Path, into: str, folder: Path) -> None:
    """Let LibreOffice convert a workbook; skip the test where it is not installed."""
    office = shutil.which("soffice")
    if office is None:
        why = "LibreOffice (Debian package libreoffice-calc) is not installed"
        pytest.fail(why) if os.environ.get("CI") else pytest.skip(why)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [office, profile, "--headless", "--convert-to", into, "--outdir", str(folder), str(workbook)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr


def same(found: str, published: str, kind: pa.DataType) -> bool:
    """Tell whether two cells say the same; a spreadsheet keeps 15 digits of a number."""
    if pa.types.is_string(kind) or pa.types.is_date(kind):
        return found == published
    if pa.types.is_boolean(kind):
        return {"1": "true", "0": "false"}.get(found, found) == published
    if published == "":
        return found in {"", *(f"[{status}]" for status in MISSING)}
    return math.isclose(float(found), float(published), rel_tol=1e-14)


@every_table
def test_libreoffice_reads_every_code_number_and_day_as_the_csv_has_it(
    converted: Path, released: Path, tables: dict[str, pa.Table], name: str
) -> None:
    header, *published_rows = csv_rows(released / "csv" / f"{name}.csv")
    columns = columns_of(published().tables[name])
    found = csv_rows(converted / f"digital_maturity-{SHEETS[name]}.csv")[-len(published_rows) :]
    kinds = {field.name: field.type for field in tables[name].schema}
    compared = [c for c in columns if c not in {"org_name", "current_org_name", "icb_code", "region"}]
    shown = [[row[columns.index(c)] for c in compared] for row in found]
    expected = [[row[header.index(c)] for c in compared] for row in published_rows]
    exact = [
        place
        for place, c in enumerate(compared)
        if pa.types.is_string(kinds[c]) or pa.types.is_date(kinds[c])
    ]
    if PRINTED[name].split()[0] != "cohort" and name != "source_status":
        shown, expected = (
            sorted(rows, key=lambda row: [row[place] for place in exact]) for rows in (shown, expected)
        )
    different = [
        cells
        for pair in zip(shown, expected, strict=True)
        for cells in zip(*pair, [kinds[c] for c in compared], strict=True)
        if not same(*cells)
    ]
    assert different == []


def test_libreoffice_reads_days_as_days(converted: Path) -> None:
    place = columns_of(published().tables["trust_profile"]).index("open_date")
    assert date.fromisoformat(csv_rows(converted / "digital_maturity-Trusts today.csv")[-1][place])


@pytest.mark.thorough
def test_the_workbook_prints_on_fewer_than_200_pages(written: Path, tmp_path: Path) -> None:
    """That each sheet is set to print in the width of one page is shown with its table, above."""
    convert(written, "pdf", tmp_path)
    counts = re.findall(rb"/Count (\d+)", (tmp_path / "digital_maturity.pdf").read_bytes())
    assert 50 < max(map(int, counts)) < 200
