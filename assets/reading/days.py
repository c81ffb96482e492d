"""Days as publishers write them."""

import re
from datetime import date

from assets.contract.periods import month_number
from assets.reading.structure import Record

CENTURY = 2000
_MIDNIGHT = "( 00:00(?::00)?)?"


def day_in(record: Record, header: str, *, until: date) -> date | None:
    """Return a day written 2023-06-30, 30/06/2023, 30 June 2023 or 30-Jun-23, perhaps with midnight; None for an empty cell.

    Spreadsheets add the midnight and shorten month and year: two digits are a year of this century. Raises ValueError for
    a day after `until`.
    """
    text = record.optional(header)
    if text is None:
        return None
    iso = re.fullmatch(rf"(\d{{4}}-\d\d-\d\d){_MIDNIGHT}", text, re.ASCII)
    slashes = re.fullmatch(rf"(\d{{1,2}})/(\d{{1,2}})/(\d{{4}}){_MIDNIGHT}", text, re.ASCII)
    words = re.fullmatch(r"(\d{1,2})([ -])([A-Za-z]+)\2(\d{4}|\d\d)", text, re.ASCII)
    if iso:
        found = date.fromisoformat(iso[1])
    elif slashes and slashes[4]:
        found = _day(header, text, int(slashes[3]), int(slashes[2]), int(slashes[1]))
    elif words and (month := month_number(words[3])):
        year = int(words[4])
        found = _day(header, text, year if year > 99 else CENTURY + year, month, int(words[1]))
    else:
        found = record.day(header, "%d/%m/%Y")
    if found > until:
        raise ValueError(f"column {header!r}: expected a day until {until}, found {found}")
    return found


def _day(header: str, text: str, year: int, month: int, number: int) -> date:
    try:
        return date(year, month, number)
    except ValueError:
        raise ValueError(
            f"column {header!r}: expected a day like 30 June 2023, found {text[:40]!r}"
        ) from None
