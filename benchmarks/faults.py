"""Two sound files of the publisher's layout and the faults of docs/reliability.md done to them.

A list of EPR suppliers as a workbook and a return of medical records costs as CSV, with the rows of frozen editions,
so that every check of the product has a whole file to judge. Behind every fault the truth is the sound file.
"""

import io
import sys
from collections.abc import Callable, Mapping
from typing import Any, cast

from benchmarks.harness import ROOT

sys.path.insert(0, str(ROOT / "tests"))  # the helpers of the tests of faults import each other by name

import openpyxl
import pandas as pd
from archives import SHEET, repacked, text_cell, with_rows
from beside import RECORDS
from conftest import EPR_SHEET, staged_rows
from reading import csv_file

from assets.sources import eric

SUPPLIERS, COSTS = "epr", "eric"
EDITIONS = {SUPPLIERS: "2024-10-01", COSTS: "2024/25"}
COLUMNS = ("Organisation Code", "Organisation", "Trust Type (Primary)", "Supplier (Primary EPR)")
AMOUNTS = ["onsite_gbp", "offsite_gbp"]
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
PAGE = b"<!DOCTYPE html><html><body><table><tr><td>Organisation Code</td></tr><tr><td>RX8</td></tr></table></body></html>"
Change = Callable[[openpyxl.Workbook], Any]
Fault = tuple[str, bytes]
"""Which of the two files it is, and its bytes."""


def suppliers(change: Change | None = None) -> bytes:
    """Return the list of suppliers as a workbook; `change` spoils it first."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = EPR_SHEET
    sheet.append(COLUMNS)
    for row in staged_rows("epr").to_dict("records"):
        kind = row["trust_type"].replace("_", " ")
        kind = kind.replace("health and community", "health and community (combined)")
        supplier = row["supplier"] if row["has_epr"] else "No EPR"
        sheet.append([row["org_code_as_published"], row["org_name_as_published"], kind, supplier])
    if change is not None:
        change(book)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def costs(change: Callable[[pd.DataFrame], pd.DataFrame] = lambda rows: rows) -> bytes:
    """Return the costs as CSV; `change` spoils the rows first."""
    rows = staged_rows("eric")
    spoilt = change(rows[rows["edition"] == EDITIONS[COSTS]].reset_index(drop=True))
    lines = [
        (
            row.org_code_as_published,
            row.org_name_as_published,
            str(row.trust_type).replace("_", " ").upper(),
            *(
                "Not Applicable" if pd.isna(cost) else round(cost)
                for cost in cast("tuple[float, float]", (row.onsite_gbp, row.offsite_gbp))
            ),
            RECORDS.get(str(row.records_type), "Not Applicable"),
        )
        for row in spoilt.itertuples()
    ]
    return bytes(csv_file([eric.HEADERS, *lines], "cp1252"))


def faults() -> Mapping[str, Fault]:
    """Return every file that is fed to the contenders, by what is wrong with it; the two sound ones come first."""
    return {
        "sound workbook": (SUPPLIERS, suppliers()),
        "sound CSV": (COSTS, costs()),
        **{f"{name} (workbook)": (SUPPLIERS, content) for name, content in _workbooks().items()},
        **{f"{name} (CSV)": (COSTS, content) for name, content in _texts().items()},
    }


# Workbooks


def _workbooks() -> dict[str, bytes]:
    sound = suppliers()
    last = "".join(
        text_cell(f"{at}1048576", text)
        for at, text in zip("ABCD", ("RX9", "LAST", "Acute", "X"), strict=True)
    )
    return {
        "F25 a cell at the far corner": with_rows(sound, f'<row r="1048576">{text_cell("XFD1048576", "far")}</row>'),
        "F24 a document type in a part": repacked(sound, {SHEET: lambda xml: b'<!DOCTYPE x SYSTEM "file:///x">' + xml}),
        "F29 cut": sound[: len(sound) // 2],
        "F30 another format by this name": OLE,
        "F31 a page by this name": PAGE,
        "F33 codes by formula, without values": suppliers(_computed),
        "F34 errors in place of codes": suppliers(_each(12, "A", lambda _: "#N/A")),
        "F37 a header and no rows": suppliers(lambda book: book[EPR_SHEET].delete_rows(2, 400)),
        "F38 filled to the last row": with_rows(sound, f'<row r="1048576">{last}</row>'),
        "F39 the sheet spelt otherwise": suppliers(lambda book: setattr(book[EPR_SHEET], "title", "EPR  suppliers 01.10.24 ")),
        "F40 the header below a note": suppliers(_noted),
        "F42 the column of suppliers renamed": suppliers(_put("D1", "Supplier")),
        "F43 two columns of suppliers": suppliers(_twice),
        "F51 a trust twice, with two suppliers": suppliers(
            lambda book: book[EPR_SHEET].append(["RX8", "YORKSHIRE AMBULANCE SERVICE NHS TRUST", "Ambulance", "Artificial"])
        ),
        "F57 suppliers one row down": suppliers(_shifted("D")),
        "F57 names one row down": suppliers(_shifted("B")),
        "F58 names that a spreadsheet runs": suppliers(_each(5, "B", lambda _: '=HYPERLINK("https://example.org")')),
        "F60 look-alike letters in codes": suppliers(_each(5, "A", lambda code: code.replace("R", "\u0420"))),
    }  # fmt: skip


def _put(cell: str, value: str) -> Change:
    return lambda book: book[EPR_SHEET].__setitem__(cell, value)


def _each(rows: int, column: str, change: Callable[[str], str]) -> Change:
    """Return the change of a column in the first rows; text that looks like a formula stays text."""

    def spoil(book: openpyxl.Workbook) -> None:
        for row in range(2, 2 + rows):
            cell = book[EPR_SHEET][f"{column}{row}"]
            cell.value = change(str(cell.value))
            cell.data_type = "e" if cell.value == "#N/A" else "s"

    return spoil


def _computed(book: openpyxl.Workbook) -> None:
    for row in range(2, 8):
        cell = book[EPR_SHEET][f"A{row}"]
        cell.value = f'="{cell.value}"'


def _noted(book: openpyxl.Workbook) -> None:
    book[EPR_SHEET].insert_rows(1)
    book[EPR_SHEET]["A1"] = "Note: as of 1 October 2024"


def _twice(book: openpyxl.Workbook) -> None:
    """Add a column of the same name before the one of the truth."""
    sheet = book[EPR_SHEET]
    sheet.insert_cols(4)
    sheet["D1"] = COLUMNS[3]
    for row in range(2, sheet.max_row + 1):
        sheet[f"D{row}"] = f"Artificial {row % 12}"


def _shifted(column: str) -> Change:
    def spoil(book: openpyxl.Workbook) -> None:
        cells = [cell for (cell,) in book[EPR_SHEET][f"{column}2:{column}{book[EPR_SHEET].max_row}"]]
        values = [cell.value for cell in cells]
        for cell, value in zip(cells, [values[-1], *values[:-1]], strict=True):
            cell.value = value

    return spoil


# Text


def _texts() -> dict[str, bytes]:
    sound = costs()
    lines = sound.decode("cp1252").splitlines()
    return {
        "F28 cut in a row": sound[: len(sound) * 2 // 3 - 3],
        "F28 cut between rows": "\r\n".join([*lines[: len(lines) // 2], ""]).encode("cp1252"),
        "F35 in UTF-16": sound.decode("cp1252").encode("utf-16"),
        "F36 semicolons": sound.replace(b",", b";"),
        "F44 amounts in brackets": _amounts(sound, "(11,111)"),
        "F45 an unknown marker": _amounts(sound, "n.k."),
        "F47 thousands for pounds": costs(lambda rows: rows.assign(**(rows[AMOUNTS] / 1000).round())),
        "F49 every amount twice": costs(lambda rows: rows.assign(**(rows[AMOUNTS] * 2))),
        "F51 rows twice, with other amounts": costs(_conflicting),
        "F55 a tenth of the trusts gone": costs(lambda rows: rows.iloc[len(rows) // 10 :]),
        "F57 amounts one row down": costs(
            lambda rows: rows.assign(**{name: rows[name].shift(1, fill_value=1) for name in AMOUNTS})
        ),
    }


def _amounts(sound: bytes, text: str) -> bytes:
    """Return the costs with a text for the first amount of the first ten trusts."""
    rows = pd.read_csv(io.BytesIO(sound), dtype="str", encoding="cp1252", keep_default_na=False)
    rows.iloc[:10, 3] = text
    return rows.to_csv(index=False).encode("cp1252")


def _conflicting(rows: pd.DataFrame) -> pd.DataFrame:
    again = rows.iloc[:20].assign(onsite_gbp=1_111_111)
    return pd.concat([rows, again], ignore_index=True)
