"""Days as publishers write them."""

import re
from datetime import date

from assets.contract.periods import month_number
from assets.reading.structure import Record


def day_in(record: Record, header: str, *, until: date) -> date | None:
    """Return a day written 2023-06-30 (perhaps with midnight, in workbooks), 30/06/2023 or 30 June 2023; None for an empty cell.

    Raises ValueError for a day after `until`.
    """
    text = record.optional(header)
    if text is None:
        return None
    iso = re.fullmatch(r"(\d{4}-\d\d-\d\d)( 00:00:00)?", text, re.ASCII)
    words = re.fullmatch(r"(\d{1,2}) ([A-Za-z]+) (\d{4})", text, re.ASCII)
    if iso:
        found = date.fromisoformat(iso[1])
    elif words and (month := month_number(words[2])):
        found = _day(header, text, int(words[3]), month, int(words[1]))
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
