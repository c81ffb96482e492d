"""Text that a spreadsheet would run is refused, row by row, from the file to the release; numbers stay as they are."""

import csv
import hashlib
import io
from pathlib import Path

import openpyxl
import pyarrow.compute as pc
import pytest
from few_sources import leave_out_the_explorer, only
from releases import nobody, offline_home, tables_of

from assets.catalogue import sources
from assets.contract.frozen_editions import frozen_editions, read_frozen
from pipelines.orchestration import refresh_steps
from pipelines.storage.archive import Vintage
from pipelines.storage.home import Home

EDITION = "2025-10-01"
DANGEROUS = ('=HYPERLINK("https://example.org/1234")', "+1+1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "\tARTIFICIAL", "\rARTIFICIAL")  # fmt: skip
HEADERS = ["Organisation Code", "Organisation", "Trust Type (Primary)", "Supplier (Primary EPR)"]


def workbook() -> bytes:
    """Return the list of EPR suppliers of a later day, and six more, whose names a spreadsheet would run.

    The first trust has another supplier: a later list that repeats every value is refused as an earlier one.
    """
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "EPR Suppliers 01.10.25"
    sheet.append(HEADERS)
    rows = read_frozen(frozen_editions("epr")[0], sources()["epr"].table).rows
    for number, row in enumerate(rows.to_dict("records")):
        kind = row["trust_type"].replace("_", " ")
        kind = kind.replace("health and community", "health and community (combined)")
        supplier = row["supplier"] if row["has_epr"] else "No EPR"
        supplier = "Artificial" if number == 0 else supplier
        sheet.append([row["org_code_as_published"], row["org_name_as_published"], kind, supplier])
    for place, name in enumerate(DANGEROUS):
        sheet.append([f"R9{place}", "", "Acute", "Artificial"])
        cell = sheet.cell(sheet.max_row, 2)
        cell.value, cell.data_type = (
            name.replace("\r", "_x000D_"),
            "s",
        )  # as a workbook writes a carriage return
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def vintage(content: bytes) -> Vintage:
    return Vintage(
        source="epr", edition=EDITION, part="", sha256=hashlib.sha256(content).hexdigest(), bytes=len(content),
        origin="ingested", url="", final_url="", publisher_file_name="artificial.xlsx",
        retrieved_at="2026-01-01T06:00:00+00:00", published_at="", etag="", last_modified="", licence="artificial",
        how="made for a test",
    )  # fmt: skip


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of two sources, one of which holds text that a spreadsheet would run."""
    home, two = Home(tmp_path_factory.mktemp("dangerous")), only("ods", "epr")
    content = workbook()
    home.archive.add(content, vintage(content))
    refresh_steps.archive(two.sources, two.sources, home, nobody, offline=True)
    with pytest.MonkeyPatch.context() as patch:
        for table in two.tables.values():  # they are about a release of all sources
            patch.setitem(table.info, "expectations", ())
        leave_out_the_explorer(patch)
        return refresh_steps.publish(two, home).path


def rows_of(released: Path, table: str) -> list[dict[str, str]]:
    with (released / "csv" / f"{table}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_f58_rows_with_text_that_a_spreadsheet_would_run_are_listed_with_an_escaped_excerpt(
    released: Path,
) -> None:
    rejected = [row for row in rows_of(released, "rejected_row") if row["source"] == "epr"]
    assert [int(row["source_row"]) for row in rejected] == [211, 212, 213, 214, 215, 216]
    assert {row["edition"] for row in rejected} == {EDITION}
    assert all("text that a spreadsheet runs as a formula" in row["reason"] for row in rejected)
    shown = [row["excerpt"].split(" | ")[1] for row in rejected]
    assert shown == [
        '=HYPERLINK("https://example.org/9999")', "+9+9", "-9+cmd|' /C calc'!A9", "@SUM(A9)", "\\x09ARTIFICIAL", "\\x0dARTIFICIAL",
    ]  # fmt: skip


def test_f58_the_other_rows_are_published_and_none_is_lost(released: Path) -> None:
    (file,) = [row for row in rows_of(released, "source_file") if row["edition"] == EDITION]
    published = [row for row in rows_of(released, "epr_supplier") if row["edition"] == EDITION]
    assert (int(file["rows_in"]), int(file["rows_rejected"])) == (209 + len(DANGEROUS), len(DANGEROUS))
    assert len(published) == int(file["rows_used"]) == 209


def test_f58_no_cell_of_a_release_begins_like_a_formula_and_the_checks_say_so(released: Path) -> None:
    cells = {
        cell
        for path in (released / "csv").glob("*.csv")
        for row in rows_of(released, path.stem)
        for cell in row.values()
        if cell[:1] in set("=+@\t\r") or (cell[:1] == "-" and not cell[1:2].isdigit())
    }
    assert cells == set()
    checks = {
        row["outcome"]
        for row in rows_of(released, "check_result")
        if (row["table_name"], row["check_name"]) == ("rejected_row", "no_text_runs_in_a_spreadsheet")
    }
    assert checks == {"passed"}


def test_f58_negative_numbers_stay_as_they_are(tmp_path_factory: pytest.TempPathFactory) -> None:
    whole = offline_home(tmp_path_factory.getbasetemp()).latest
    changes = tables_of(whole)["maturity_change"]["score_change"]
    negative = [float(value) for value in changes.filter(pc.less(changes, 0)).to_pylist()]
    written = [row["score_change"] for row in rows_of(whole, "maturity_change")]
    assert [float(cell) for cell in written if cell.startswith("-")] == negative
    assert len(negative) > 50
