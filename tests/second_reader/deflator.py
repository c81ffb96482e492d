"""GDP deflator: one table of financial years, read again with openpyxl.

Rules (`sources.md`, section 12): the table ends at the first row whose year is no financial year; a footnote beside
the year marks a forecast; a dash instead of an index is x.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from . import files
from .core import Expected

CHANGE = "per cent change on previous year"


def facts(path: Path, edition: str) -> Iterator[Expected]:
    ((sheet, rows),) = files.sheets(path).items()
    header = files.header_row(rows, "Financial year", CHANGE)
    names = [str(cell or "").strip() for cell in rows[header]]
    year = names.index("Financial year")
    index = next(place for place, name in enumerate(names) if place > year and "= 100" in name)
    change = names.index(CHANGE)
    base = names[index][:7].replace("-", "/")
    for number, row in enumerate(rows[header + 1 :], start=header + 2):
        match = re.fullmatch(r"(\d{4})-(\d{2})(.*)", str(row[year] or "").strip())
        if match is None:
            return
        level = row[index] if isinstance(row[index], int | float) else None
        yield Expected(
            "deflator",
            files.place(path, number, sheet),
            {"edition": edition, "fy_end_year": int(match[1]) + 1},
            {
                "financial_year": f"{match[1]}/{match[2]}",
                "index_value": level,
                "change_pct": row[change] if isinstance(row[change], int | float) else None,
                "base_year": base,
                "is_forecast": bool(match[3]) or level is None,
                "value_status": "x" if level is None else "published",
            },
            {"index_value": names[index], "change_pct": CHANGE},
        )
