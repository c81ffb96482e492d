"""Data Security and Protection Toolkit: lists taken on a day and pages of trusts, read again with openpyxl and the csv module.

Rules (`sources.md`, section 8): the words of a status carry the year of the standard; the list of 2019 prints none but in
brackets (its first standard is 2018/19); no status and `Not Published` are x. Which rows are about trusts the lists of trusts decide.
The table of a page has the newest publication first; its file is named after the trust and the day.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from . import files
from .core import Expected
from .ods import Listed

WORDS = {
    "Standards Exceeded": "standards_exceeded",
    "Standards Met": "standards_met",
    "Approaching Standards": "approaching_standards",
    "Standards Not Met": "standards_not_met",
    "Standards not fully met (plan agreed)": "plan_agreed",
    "Entry Level": "entry_level",
    "Baseline": "baseline",
    "Not Published": "not_published",
    "": "not_published",
}
HEADERS = {
    "code": ("Code", "ODSCode"),
    "name": ("Organisation Name", "OrganisationName"),
    "status": ("Status", "Latest Status", "PublicationStatus"),
    "day": ("Date Of Publication", "DateOfPublication"),
    "sector": ("Primary Sector", "PrimarySector"),
}


def facts(
    path: Path,
    day: date,
    codes: Collection[str],
    trusts: Mapping[str, Listed] = MappingProxyType({}),
) -> Iterator[Expected]:
    """Yield a fact for each row whose code is that of a trust; `trusts` say when each was open."""
    sheet, lines = "", list(files.csv_lines(path)) if path.suffix != ".xlsx" else []
    if path.suffix == ".xlsx":
        (sheet, rows), *_ = files.sheets(path).items()
        lines = list(files.under(rows, 0))
    headers = {
        what: next(name for name in names if name in lines[0].cells) for what, names in HEADERS.items()
    }
    for line in lines:
        code = line.text(headers["code"])
        if code in codes:
            where = files.place(path, line.row, sheet)
            key = {"edition": day.isoformat(), "org_code": code}
            values = _values(line, headers, day)
            if code in trusts:
                values["open_on_snapshot"] = trusts[code].open_on(day)
            yield Expected("dspt_status", where, key, values, headers)


def _values(line: files.Line, headers: dict[str, str], day: date) -> dict[str, Any]:
    words = line.text(headers["status"])
    match = re.fullmatch(r"(?:(\d\d)/(\d\d) )?(.*?)(?: \((\d\d)-(\d\d)\))?", words)
    assert match is not None
    status = WORDS[match[3]]
    start, end = match[1] or match[4], match[2] or match[5]
    year = f"20{start}/{end}" if start else "2018/19" if day.year == 2019 else None
    year = None if status == "not_published" else year
    return {
        "status": status,
        "status_as_published": words or None,
        "standard_year": year,
        "fy_end_year": int(year[:4]) + 1 if year else None,
        "regime": "data_security_standards" if year else None,
        "published_on": _day(line.cells[headers["day"]]),
        "sector": line.text(headers["sector"]),
        "as_of_date": day,
        "value_status": "x" if status == "not_published" else "published",
        "org_name_as_published": line.text(headers["name"]),
    }


def _day(cell: Any) -> date | None:
    """Return the day in a cell: a date of the workbook, 30/06/2023, or 2022-06-30 with a time."""
    if isinstance(cell, datetime):
        return cell.date()
    text = str(cell or "").strip()
    if not text:
        return None
    if "/" in text:
        day, month, year = (int(part) for part in text.split("/"))
        return date(year, month, day)
    return date.fromisoformat(text[:10])


MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def history(path: Path, trusts: Mapping[str, Listed] = MappingProxyType({})) -> Iterator[Expected]:
    """Yield a fact for each publication of a trust, numbered from the last row of the table upwards."""
    code, edition = path.stem.split("_")[-2:]
    day = date.fromisoformat(edition)
    lines = list(files.csv_lines(path))
    for number, line in zip(range(len(lines), 0, -1), lines, strict=True):
        words, published = line.text("Status"), line.text("Date Published").split()
        match = re.fullmatch(r"(\d{4})-(\d\d) \(version \d+\) - (.*)", words)
        assert match is not None
        start = int(match[1])
        yield Expected(
            "dspt_history",
            files.place(path, line.row),
            {"edition": edition, "org_code": code, "publication": number},
            {
                "status": {known.lower(): word for known, word in WORDS.items()}[match[3].lower()],
                "standard_year": f"{start}/{match[2]}",
                "fy_end_year": start + 1,
                "regime": "caf_aligned" if start >= 2024 else "data_security_standards",
                "status_as_published": words,
                "published_on": date(int(published[2]), MONTHS.index(published[1]) + 1, int(published[0])),
                "as_of_date": day,
                "value_status": "published",
                "org_name_as_published": code,
                **({"open_on_snapshot": trusts[code].open_on(day)} if code in trusts else {}),
            },
            {"status": "Status", "published_on": "Date Published"},
        )
