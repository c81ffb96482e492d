"""Days as publishers write them."""

import re
from datetime import date

from assets.reading.structure import Record


def day_in(record: Record, header: str, *, until: date) -> date | None:
    """Return a day written 2023-06-30 (perhaps with midnight, in workbooks) or 30/06/2023; None for an empty cell.

    Raises ValueError for a day after `until`.
    """
    text = record.optional(header)
    if text is None:
        return None
    iso = re.fullmatch(r"(\d{4}-\d\d-\d\d)( 00:00:00)?", text, re.ASCII)
    found = date.fromisoformat(iso[1]) if iso else record.day(header, "%d/%m/%Y")
    if found > until:
        raise ValueError(f"column {header!r}: expected a day until {until}, found {found}")
    return found
