"""Files of payments over GBP 25,000 as any number of trusts would publish them, with the layouts of the real ones.

Real codes, artificial suppliers and plainly artificial amounts. Every line names an artificial entity, for which the
product refuses such a file (a test proves it): no release can ever hold one.
"""

import csv
import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assets.reading.written_values import MONTHS
from assets.sources.spend25k import trusts

if TYPE_CHECKING:
    from pipelines.storage.home import Home

SOURCE = "spend25k"
FIRST_YEAR = 2011
LINES = 159
"""Payments in a file: 18,171 in 114 real ones."""
TYPES = (
    "Computer Software/License",
    "Computer Hardware Purch",
    "Consultancy",
    "Drugs",
    "Telephone Rental",
    "Building Maintenance",
    "Agency Nursing",
    "Sundry",
)
Day = tuple[int, int, int]


@dataclass(frozen=True)
class Layout:
    """How a trust writes its files: header, day, amount, and the encoding, or none for an xlsx workbook."""

    headers: tuple[str, ...]
    day: str
    amount: str
    encoding: str | None = "utf-8"


LAYOUTS = (
    Layout(
        (
            "Department Family",
            "Entity",
            "Date",
            "Expense Type",
            "Expense Area",
            "Supplier",
            "Reference",
            "Amount",
        ),
        "{2:02}/{1:02}/{0}",
        "{:.2f}",
        None,
    ),
    Layout(
        (
            "Department",
            "Entity",
            "Date",
            "Expenses Area",
            "Expenses Type",
            "Supplier",
            "Transaction Reference",
            "Amount",
        ),
        "{2:02}/{1:02}/{0}",
        "{:,.2f}",
    ),
    Layout(
        (
            "Department Family",
            "Entity",
            "Date",
            "Expense Type",
            "Expense Area",
            "Supplier",
            "Transaction Number",
            "amount",
        ),
        "{1}/{2}/{0}",
        "{:,.2f}",
    ),
    Layout(
        (
            "Month",
            "Department Family",
            "Entity",
            "Date",
            "Expense Type",
            "Supplier",
            "Transaction Number",
            "amount",
        ),
        "{2:02}-{3}-{0} ",
        " £{:,.2f} ",
        "cp1252",
    ),
    Layout(
        (
            "Dept Family",
            "Organisation Name",
            "Accounting Year",
            "Period",
            "Date",
            "Transaction Number",
            "Supplier",
            "Expense Area",
            "Expense type",
            "Amount",
        ),
        "{2:02}/{1:02}/{0}",
        "{:,.2f}",
        "utf-8-sig",
    ),
)


def entity(code: str) -> str:
    """Return the name that every line of a trust's files gives, which is nobody's."""
    return f"ARTIFICIAL {code}"


def names() -> dict[str, str]:
    """Return the names of trusts by code, those that were open longest first."""
    from tests.tac_workbook import ods_rows

    rows = ods_rows()
    english = rows[rows["gor_code"] != "W"].sort_values(["open_date", "org_code", "edition"])
    return dict(zip(english["org_code"], english["name"], strict=True))


def codes(count: int) -> list[str]:
    """Return the codes of the first trusts."""
    return list(names())[:count]


def content(place: int, code: str, year: int, month: int) -> bytes:
    """Return the file of a trust about a month: the layout follows the place of the trust in the list."""
    layout = LAYOUTS[place % len(LAYOUTS)]
    rows = [layout.headers, *(_line(layout, code, (year, month, 1 + n % 28), n) for n in range(LINES))]
    if layout.encoding is None:
        return _workbook(rows)
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode(layout.encoding)


def _line(layout: Layout, code: str, day: Day, n: int) -> list[str]:
    """Return the cells of a payment, each by what its column means."""
    year, month, _ = day
    amount = 25_000 + 1_111.11 * (n % 50) + day[1]
    known = {
        "entity": entity(code),
        "organisation name": entity(code),
        "date": layout.day.format(*day, MONTHS[month - 1].upper()),
        "month": f"{MONTHS[month - 1].title()}-{year % 100:02}",
        "period": str((month - 4) % 12 + 1),
        "amount": layout.amount.format(amount),
        "supplier": "Artificial Ltd",
        "accounting year": str(year),
    }
    kind = TYPES[n % len(TYPES)]
    return [
        kind if "type" in name.lower() else known.get(name.lower(), "Artificial") for name in layout.headers
    ]


def _workbook(rows: Sequence[Sequence[str]]) -> bytes:
    import xlsxwriter

    saved = io.BytesIO()
    with xlsxwriter.Workbook(saved, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Payments")
        for place, row in enumerate(rows):
            sheet.write_row(place, 0, row)
    return saved.getvalue()


def fill(home: "Home", count: int, years: int) -> int:
    """Put the files of so many trusts and years into the archive of a home; return how many."""
    made = 0
    for place, code in enumerate(codes(count)):
        for number in range(years * 12):
            year, month = FIRST_YEAR + (number + 3) // 12, (number + 3) % 12 + 1
            _arrive(home, content(place, code, year, month), code, f"{year}-{month:02}")
            made += 1
    return made


def _arrive(home: "Home", found: bytes, code: str, month: str) -> None:
    from pipelines.storage.archive import Vintage

    url = f"https://example.org/{code}-{month}"
    home.archive.add(
        found,
        Vintage(
            source=SOURCE,
            edition=trusts.edition_of(month),
            part=f"{code}.{month}",
            sha256=hashlib.sha256(found).hexdigest(),
            bytes=len(found),
            origin="fetched",
            url=url,
            final_url=url,
            publisher_file_name="artificial",
            retrieved_at="2026-01-01T00:00:00+00:00",
            published_at="",
            etag="",
            last_modified="",
            licence="Artificial",
            how="made for a benchmark",
        ),
    )
