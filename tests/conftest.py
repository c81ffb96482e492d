"""What several tests share: the publishers' real files where they are, and files of the same layout made by hand.

Files made here have the publishers' sheets, headers, places and oddities; every value is plainly artificial.
"""

import csv
import io
import os
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import hypothesis
import openpyxl
import pandas as pd
import pytest
from fetching import archive, fetcher, publisher, world  # noqa: F401 - fixtures for every test
from releases import verdicts_so_far

from assets.catalogue import sources
from assets.contract.frozen_editions import FrozenEdition, frozen_editions, read_frozen

pytest_plugins = ("fault_table", "real_files", "tiers")
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")
"""An example may take longer than 200 ms where other tests run beside it."""


def _rows(text: str) -> tuple[list[str], ...]:
    """Return lines of cells between bars as rows."""
    return tuple(line.split("|") for line in text.strip().splitlines())


PILLAR_SHEET = "SC - 2025 Pillar Summary"
OVERALL_SHEET = "SC - 24 vs 25 Overall DMA"
BOARD_PILLAR_SHEET = "ICB - 2025 Pillar Summary"
BOARD_OVERALL_SHEET = "ICB -24 vs 25 Overall DMA "
HIDDEN_SHEET = "2025 Pillar Summary (ICB PC)"
EPR_SHEET = "EPR Suppliers 01.10.24"
FIRST_DMA_ROW = 12
PROVIDER_HEADERS = ("Region", "ICS", "Provider", "Care Setting")
PILLAR_HEADERS = (
    "Well Led",
    "Ensure Smart Foundations",
    "Safe Practice",
    "Support Workforce",
    "Empower People",
    "Improve Care",
    "Healthy Populations",
)
YORKSHIRE = ("NORTH EAST AND YORKSHIRE", "NHS WEST YORKSHIRE INTEGRATED CARE BOARD")
SALISBURY = ("SOUTH WEST", "NHS BSW INTEGRATED CARE BOARD", "SALISBURY NHS FOUNDATION TRUST", "Acute")
AIREDALE = (*YORKSHIRE, "AIREDALE NHS FOUNDATION TRUST", "Community")
LEEDS = (*YORKSHIRE, "LEEDS COMMUNITY HEALTHCARE NHS TRUST", "Mental Health")
YORKSHIRE_AMBULANCE = (*YORKSHIRE, "Yorkshire Ambulance Service NHS Trust", "Ambulance ")
PILLAR_ROWS = (
    (*SALISBURY, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7),
    (*AIREDALE, 2.1, 2.2, 2.3, 2.4, 2.5, 2.6, 2.7),
    (*LEEDS, 3, 3.2, 3.3, 3.4, 3.5, 3.6, 3.7),
    (*YORKSHIRE_AMBULANCE, 4.1, 4.2, 4.3, 4.4, 4.5, 4.6, 5),
)
OVERALL_ROWS = (
    (*LEEDS, 3.111111111111111, 3.2),
    (*SALISBURY, 1.111111111111111, 1.2),
    (*YORKSHIRE_AMBULANCE, 4.111111111111111, 4.2),
    (*AIREDALE, 2.130952380952381, 2.2),
)
BOARD_PILLAR_ROWS = (
    (*SALISBURY[:2], 2, 4, 3.3, 1.5, 2, 2.8, 2.6),
    (*YORKSHIRE, 2, 2.3, 2.7, 1.5, 3, 3.7, 2.2),
)
BOARD_OVERALL_ROWS = ((*SALISBURY[:2], 2.791666666666667, 2.7), (*YORKSHIRE, 2.652777777777778, 1.7))
EPR_ROWS = (
    ("RCF", "AIREDALE NHS FOUNDATION TRUST", "Acute", "Artificial Supplier A"),
    (
        "RVN",
        "AVON AND WILTSHIRE MENTAL HEALTH PARTNERSHIP NHS TRUST",
        "Mental Health ",
        "Artificial  Supplier B",
    ),
    (
        "RXT",
        "BIRMINGHAM AND SOLIHULL MENTAL HEALTH NHS FOUNDATION TRUST",
        "Mental Health and Community (Combined)",
        "Artificial Supplier A",
    ),
    ("RX8", "YORKSHIRE AMBULANCE SERVICE NHS TRUST", "Ambulance", "No EPR -  in process of getting one"),
)
ODS_ROWS = (
    {
        "code": "R1A",
        "name": "FIRST ARTIFICIAL NHS TRUST",
        "region": "Y60",
        "geography": "QGH",
        "open": "20110701",
    },
    {
        "code": "G6V2S",
        "name": "SECOND, ARTIFICIAL  NHS FOUNDATION TRUST",
        "region": "Y56",
        "open": "20241101",
    },
    {
        "code": "RT4",
        "name": "ARTIFICIAL AMBULANCE SERVICES NHS TRUST",
        "region": "W00",
        "open": "19980401",
        "close": "20200331",
        "gor": "W",
    },
)
PROGRAMME_HEADERS = (
    "programme",
    "role",
    "care_setting",
    "wave",
    "trust_name_at_time",
    "ods_code_at_time",
    "partner_ods_code",
    "announced_on",
    "national_funding_gbp",
    "source_url",
    "note",
)
PROGRAMME_ROWS = _rows("""
GDE|exemplar|acute|1|First Artificial NHS Trust|R1A|R1C;R1D|2016-09-07|1|https://www.england.nhs.uk/a|
GDE|fast_follower|acute|1|Second Artificial NHS Trust|R1C|R1A|2017-09|1|https://example.org/b|confirmation INFERRED
GDE|fast_follower_proposed|mental_health|1|Third Artificial NHS Trust|R1D|R1A|2017|1|https://example.org/c|
GDE|fast_follower_withdrawn|acute|1|Fourth Artificial NHS Trust|R1E|R1A|2018-01|1|https://example.org/d|
digital_aspirant|aspirant_seed|acute|2|Fifth Artificial NHS Trust|R1F||2021-03-18||https://example.org/e|
""")
ACCREDITATION_HEADERS = (
    "ods_code_at_time",
    "current_ods_code_july_2026",
    "trust_name_at_time",
    "role",
    "fact",
    "value",
    "as_of",
    "source_url",
    "seen",
)
ACCREDITATION_ROWS = _rows("""
R1A|R1A|First Artificial NHS Trust|exemplar|gde_accredited|first|2021-08|https://example.org/f|SEEN
R1A|R1A|First Artificial NHS Trust|exemplar|epr_supplier|Artificial|2021-08|https://example.org/f|SEEN
R1C|R1C|Second Artificial NHS Trust|fast_follower|gde_accredited|second|2021-09|not seen|
""")
FUNDING_HEADERS = (
    "programme",
    "wave",
    "financial_years",
    "trust_name_as_published",
    "amount_gbp",
    "amount_basis",
    "role",
    "source_url",
    "ods_code_at_time",
)
FUNDING_ROWS = _rows("""
EPMA|wave 1|2018/19|First Artificial NHS Trust|1,000,001|exact as published||https://example.org/a|R1A
EPMA|wave 1|2018/19|Second Artificial NHS Trust|2000000|rounded as published||https://example.org/a|R1C
GDE acute|wave 1|2016/17-2020/21|Third Artificial NHS Trust|10000000|up to||https://example.org/b|R1D
GDE acute|wave 1|2016/17|Fourth Artificial NHS Trust||withdrawn in January 2018||https://example.org/b|R1E
GDE ambulance|wave 1|2017/18|three artificial trusts|5000000|shared total||https://example.org/c|several
""")

Change = Callable[[openpyxl.Workbook], Any]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-totals",
        action="store_true",
        help="write tests/sources/*/totals.json from the frozen editions, then review its difference",
    )


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of parsed rows and verdicts that all workers share."""
    return verdicts_so_far(tmp_path_factory.getbasetemp())


@pytest.fixture(autouse=True)
def _environment() -> Iterator[None]:
    """Take back what a test puts into the environment, as a command does with its home: tests run in any order."""
    with patch.dict(os.environ):
        yield


def dma_workbook(change: Change | None = None) -> bytes:
    """Return a workbook laid out like the DMA 2025 results; `change` spoils it first."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    introduction = book.create_sheet("Introduction ")
    introduction["B6"] = "Digital Maturity Assessment 2025"
    notes = ["Notes:", "1) Comparable domains are only included here."]
    averages = ("2025 Average", "2024 Average")
    secret = (*SALISBURY, 5, 5, 5, 5, 5, 5, 5)
    _dma_sheet(book, PILLAR_SHEET, (*PROVIDER_HEADERS, *PILLAR_HEADERS), PILLAR_ROWS)
    _dma_sheet(book, OVERALL_SHEET, (*PROVIDER_HEADERS, *averages), OVERALL_ROWS, notes)
    _dma_sheet(book, BOARD_PILLAR_SHEET, (*PROVIDER_HEADERS[:2], *PILLAR_HEADERS), BOARD_PILLAR_ROWS)
    _dma_sheet(book, BOARD_OVERALL_SHEET, (*PROVIDER_HEADERS[:2], *averages), BOARD_OVERALL_ROWS)
    _dma_sheet(book, HIDDEN_SHEET, (*PROVIDER_HEADERS, *PILLAR_HEADERS), [secret])
    book[HIDDEN_SHEET].sheet_state = "hidden"
    return _saved(book, change)


def _dma_sheet(
    book: openpyxl.Workbook,
    name: str,
    headers: Sequence[str],
    rows: Sequence[Sequence[Any]],
    notes: Sequence[str] = (),
) -> None:
    """Fill a sheet the publisher's way: column A empty, titles, header in row 11, a blank row, footnotes."""
    sheet = book.create_sheet(name)
    sheet["B2"] = f"2025 DMA: {name}"
    sheet["B9"] = "England"
    sheet["B10"] = "Organisation Details"
    sheet["F10"] = "DMA Scores"
    sheet.merge_cells("B2:D2")
    lines = [
        headers,
        *rows,
        (),
        *((note,) for note in notes),
        (),
        ("Source: artificial",),
        ("Copyright: artificial",),
    ]
    for number, line in enumerate(lines, start=FIRST_DMA_ROW - 1):
        for place, value in enumerate(line, start=2):
            sheet.cell(number, place, value)


def epr_workbook(change: Change | None = None) -> bytes:
    """Return a workbook laid out like the list of EPR suppliers; `change` spoils it first."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = EPR_SHEET
    sheet.append(["Organisation Code", "Organisation", "Trust Type (Primary)", "Supplier (Primary EPR)"])
    for row in EPR_ROWS:
        sheet.append(row)
    hidden = book.create_sheet("hiddenSheet")
    hidden["A1"] = "artificial"
    hidden.sheet_state = "veryHidden"
    return _saved(book, change)


def _saved(book: openpyxl.Workbook, change: Change | None) -> bytes:
    if change is not None:
        change(book)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def put(sheet: str, cell: str, value: Any) -> Change:
    """Return the change that writes `value` into a cell; text that looks like a formula stays text."""

    def change(book: openpyxl.Workbook) -> None:
        book[sheet][cell] = value
        if isinstance(value, str) and value.startswith("="):
            book[sheet][cell].data_type = "s"

    return change


def ods_report(rows: Sequence[dict[str, str]] = ODS_ROWS, *, width: int = 27) -> bytes:
    """Return a report laid out like `etr`: 27 quoted columns and CRLF, or the older 24 bare ones and LF."""
    old = width == 24
    text = io.StringIO(newline="")
    quoting = csv.QUOTE_MINIMAL if old else csv.QUOTE_ALL
    writer = csv.writer(text, quoting=quoting, lineterminator="\n" if old else "\r\n")
    for row in rows:
        places = {0: "code", 1: "name", 2: "region", 3: "geography", 10: "open", 11: "close"}
        line = [row.get(places.get(place, ""), "") for place in range(width)]
        line[4], line[9], line[21], line[23] = "1 ARTIFICIAL ROAD", "AA1 1AA", "0", row.get("gor", "E")
        writer.writerow(line)
    return text.getvalue().encode("ascii")


def register(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """Return a transcribed register: CSV with a header."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([headers, *rows])
    return text.getvalue().encode()


def programmes_register(rows: Sequence[Sequence[str]] = PROGRAMME_ROWS) -> bytes:
    return register(PROGRAMME_HEADERS, rows)


def accreditations_register(rows: Sequence[Sequence[str]] = ACCREDITATION_ROWS) -> bytes:
    return register(ACCREDITATION_HEADERS, rows)


def funding_register(rows: Sequence[Sequence[str]] = FUNDING_ROWS) -> bytes:
    return register(FUNDING_HEADERS, rows)


def every_frozen_edition() -> list[FrozenEdition]:
    return [frozen for name in sources() for frozen in frozen_editions(name)]


@cache
def staged_rows(source: str) -> pd.DataFrame:
    """Return the staged rows of every frozen edition of a source. Shared: copy before changing it."""
    return pd.concat(
        [
            read_frozen(frozen, sources()[source].table).rows.assign(
                edition=frozen.descriptor.edition, source_file_sha256=frozen.descriptor.sha256
            )
            for frozen in frozen_editions(source)
        ],
        ignore_index=True,
    )
