"""Workbooks laid out like the publisher's accounts of NHS providers: real codes and names, artificial amounts.

Every provider of the list is marked as artificial, and a test proves that such a workbook is refused before it could
be published. They are written part by part, as a spreadsheet program does, so that a million rows need no memory.
"""

import hashlib
import io
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO, Any
from xml.sax.saxutils import escape, quoteattr

import openpyxl
import pandas as pd

from assets.contract.frozen_editions import frozen_editions, read_frozen
from assets.contract.parsed import Parsed
from assets.sources import ods
from assets.sources.tac.measures import MEASURES, PERIODS
from assets.sources.tac.parse import TABLE, parse
from pipelines.storage.parquet import to_arrow, to_pandas

MARK = "ARTIFICIAL AMOUNTS"
HEADERS = ("OrganisationName", "WorkSheetName", "TableID", "MainCode", "RowNumber", "SubCode", "Total")
WHO = ("Full name of Provider", "NHS code", "Region", "Sector", "Comments ")
SHEETS = {
    "A02": "TAC02 SoCI",
    "A06": "TAC06 Op Inc 1",
    "A07": "TAC07 Op Inc 2",
    "A08": "TAC08 Op Exp",
    "A09": "TAC09 Staff",
    "A13": "TAC13 Intangibles",
    "A14": "TAC14 PPE",
    "A14A": "TAC14A RoU Assets",
}
LIFE = ("TAC14 PPE", 1, "A14CY08", 150, "PPE0540", 99)
"""The useful life of IT equipment in years: never pounds, so never read."""
ARTIFICIAL = {
    "it_equipment_additions": 1111,
    "software_additions": 111,
    "it_intangible_additions": 11,
    "leased_it_liability": 7,
    "leased_it_paid_up_front": 5,
    "leased_it_direct_costs": 3,
    "construction_additions": 2222,
    "intangible_construction_additions": 222,
    "it_equipment_reclassified": 333,
    "software_reclassified": 33,
    "it_intangible_reclassified": 13,
    "construction_reclassified": -1300,
    "intangible_construction_reclassified": -130,
    "it_equipment_gross_cost": 9999,
    "it_equipment_net_book_value": 4444,
    "software_gross_cost": 999,
    "software_net_book_value": 444,
    "it_intangible_gross_cost": 99,
    "it_intangible_net_book_value": 44,
    "leased_it_net_book_value": 14,
    "patient_care_income": 300_000,
    "other_operating_income": 30_000,
    "operating_expenses": 320_000,
    "operating_expenses_of_the_statement": -320_000,
    "operating_surplus": 10_000,
    "patient_care_income_of_the_note": 300_000,
    "other_operating_income_of_the_note": 30_000,
    "operating_income_of_the_note": 330_000,
    "equipment_and_property_additions": 11_111,
    "intangible_additions": 1_111,
    "wte_total": 5432.25,
    "wte_ambulance": 0,
}

MANY = 20
"""Providers from which on guards compare amounts."""

Row = tuple[Any, ...]
Provider = tuple[str, str]
Change = Callable[[openpyxl.Workbook], Any]
Edit = Callable[[list[Row]], list[Row]]

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"


@cache
def ods_rows() -> pd.DataFrame:
    """Return the staged rows of every list of trusts."""
    frames = [
        read_frozen(frozen, ods.SOURCE.table).rows.assign(
            edition=frozen.descriptor.edition, source_file_sha256=frozen.descriptor.sha256
        )
        for frozen in frozen_editions("ods")
    ]
    return pd.concat(frames, ignore_index=True)


@cache
def trusts(most: int, part: str = "trusts") -> tuple[Provider, ...]:
    """Return codes and names of real trusts of a kind that were open in 2020."""
    rows = ods_rows()
    listed = rows[(rows["edition"] == "2020/21") & rows["close_date"].isna() & (rows["gor_code"] != "W")]
    kind = listed[listed["name"].str.contains("FOUNDATION") == (part == "foundation_trusts")].head(most)
    return tuple(zip(kind["org_code"], kind["name"], strict=True))


def listed(providers: Sequence[Provider]) -> list[Row]:
    """Return the rows of the list of providers."""
    return [WHO, *((name, code, "Artificial region", "Acute", MARK) for code, name in providers)]


def cells(name: str, place: int, year: int) -> list[Row]:
    """Return the rows of one provider: every used cell of the year, SubCodes dirty here and there, and a useful life."""
    rows: list[Row] = []
    for cell in MEASURES.values():
        for at, period in enumerate(PERIODS):
            if cell.is_due(period, year):
                dirty = " " if cell.sub_code == "PPE0190" else ""
                found = (SHEETS[cell.sheet], cell.tables[at], cell.main_code(period), 12 + at)
                rows.append((name, *found, dirty + cell.sub_code, amount(cell.name, period, place)))
    return [*rows, (name, *LIFE)]


def amount(measure: str, period: str, place: int) -> float:
    """Return the artificial amount of a cell; identities hold, and the year before is 100 less in one cell."""
    value = ARTIFICIAL.get(measure, 1000)
    return value - 100 if (measure, period, place) == ("software_additions", "PY", 0) else value


def workbook(
    edition: str = "2023/24",
    *,
    providers: Sequence[Provider] | None = None,
    headers: Sequence[str] = HEADERS,
    change: Change | None = None,
    edit: Edit = lambda rows: rows,
) -> bytes:
    """Return the workbook of a few providers; `edit` changes the rows of accounts, `change` the workbook."""
    who = providers or trusts(3)
    year = int(edition[:4])
    by_provider = [cells(name, place, year) for place, (_, name) in enumerate(who)]
    if len(who) >= MANY:
        by_provider = [spread(rows, place, year) for place, rows in enumerate(by_provider)]
    rows = [row for own in by_provider for row in own]
    content = io.BytesIO()
    write(
        content,
        {"Introduction": [], "List of Providers": listed(who), "All data": [tuple(headers), *edit(rows)]},
    )
    if change:
        book = openpyxl.load_workbook(content)
        change(book)
        content = io.BytesIO()
        book.save(content)
    return content.getvalue()


def spread(rows: list[Row], place: float, year: int) -> list[Row]:
    """Give a provider a size of its own and each year a growth: alike amounts are what guards refuse."""
    return [
        row
        if row[1:] == LIFE
        else (*row[:6], _own(row) * (1 + place / 10) * 1.05 ** (year - 2017 - (row[3][-4:-2] == "PY")))
        for row in rows
    ]


def _own(row: Row) -> float:
    """Return the amount of a row, of measures without one of their own another for each."""
    return row[6] + int(row[5].strip()[3:7]) if row[6] == 1000 else row[6]


@cache
def sound(edition: str = "2023/24") -> bytes:
    """Return the workbook of three NHS trusts that nobody has changed."""
    return workbook(edition)


def read(content: bytes, edition: str = "2023/24", part: str = "trusts") -> Parsed:
    """Parse a workbook."""
    return parse(content, edition, part)


def staged(content: bytes, edition: str = "2023/24", part: str = "trusts") -> pd.DataFrame:
    """Return the rows of a workbook as they are staged and read back."""
    rows = read(content, edition, part).rows
    named = rows.assign(edition=edition, source_file_sha256=hashlib.sha256(content).hexdigest())
    return to_pandas(to_arrow(named, TABLE))


def scaled(measure: str, factor: float, most: int = 99) -> Edit:
    """Return the edit that multiplies the cells of a measure for some providers."""
    codes = {MEASURES[measure].key(period) for period in PERIODS}

    def edit(rows: list[Row]) -> list[Row]:
        names = list(dict.fromkeys(row[0] for row in rows))[:most]
        return [(*r[:6], r[6] * factor) if key(r) in codes and r[0] in names else r for r in rows]

    return edit


def key(row: Row) -> str:
    """Return both codes of a row of accounts."""
    return f"{row[3]} x {row[5].strip()}"


def put(cell: str, value: Any, sheet: str = "All data") -> Change:
    """Return the change that writes a value into a cell."""

    def change(book: openpyxl.Workbook) -> None:
        book[sheet][cell] = value

    return change


def continued(at: int, headers: Sequence[str] = HEADERS) -> Change:
    """Return the change that moves the rows after `at` to a continuation sheet."""

    def change(book: openpyxl.Workbook) -> None:
        data = book["All data"]
        rows = list(data.iter_rows(min_row=at + 1, values_only=True))
        data.delete_rows(at + 1, len(rows))
        more = book.create_sheet("All data (2)")
        for row in [tuple(headers), *rows]:
            more.append(row)

    return change


def write(file: Path | IO[bytes], sheets: Mapping[str, Iterable[Sequence[Any]]]) -> None:
    """Write a workbook: text in a shared table, numbers in place, nothing for None."""
    shared: dict[str, int] = {}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, lines in enumerate(sheets.values(), start=1):
            with archive.open(f"xl/worksheets/sheet{number}.xml", "w", force_zip64=True) as part:
                part.write(f'{_XML}<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
                for row, line in enumerate(lines, start=1):
                    part.write(_row(row, line, shared))
                part.write(b"</sheetData></worksheet>")
        for name, text in _parts(list(sheets), shared).items():
            archive.writestr(name, _XML + text)


def _row(row: int, line: Sequence[Any], shared: dict[str, int]) -> bytes:
    cells = []
    for column, value in zip("ABCDEFGHIJ", line, strict=False):
        if isinstance(value, str):
            cells.append(f'<c r="{column}{row}" t="s"><v>{shared.setdefault(value, len(shared))}</v></c>')
        elif value is not None:
            cells.append(f'<c r="{column}{row}"><v>{value}</v></c>')
    return f'<row r="{row}">{"".join(cells)}</row>'.encode()


def _parts(sheets: Sequence[str], shared: Iterable[str]) -> dict[str, str]:
    """Return the small parts of a workbook: its text, and which sheets it has."""
    strings = "".join(f'<si><t xml:space="preserve">{escape(text)}</t></si>' for text in shared)
    listed = [f"worksheets/sheet{number}.xml" for number in range(1, len(sheets) + 1)]
    named = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{n}" r:id="rId{n}"/>' for n, name in enumerate(sheets, 1)
    )
    parts = [*((path, "worksheet") for path in listed), ("sharedStrings.xml", "sharedStrings")]
    related = "".join(
        f'<Relationship Id="rId{n}" Type="{_RELATIONS}/{kind}" Target="{path}"/>'
        for n, (path, kind) in enumerate(parts, 1)
    )
    overrides = "".join(
        f'<Override PartName="/xl/{path}" ContentType="{_KIND}.{kind}+xml"/>'
        for path, kind in (*parts, ("workbook.xml", "sheet.main"))
    )
    return {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>{overrides}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>{named}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{related}</Relationships>',
        "xl/sharedStrings.xml": f'<sst xmlns="{_MAIN}">{strings}</sst>',
    }
