"""Reading a file of payments by what its columns mean, whoever published it.

CSV, xlsx and xls are read; anything else (a PDF, a web page) is refused with the name of the format. One visible sheet
holds the payments; its columns are found by `headers.csv`, where the lowest rank wins if several columns mean the same.
Only what is needed is taken out of a row: suppliers and references never leave this module.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from assets.contract.parsed import StructureError
from assets.reading import written_values as values
from assets.reading.sheets import visible_sheets
from assets.reading.structure import Sheet
from assets.sources.spend25k.classification import plain
from assets.sources.spend25k.trusts import rows

KINDS = ("text", "xlsx", "xls")
EXPECTED = "a CSV, xlsx or xls file; ask the trust for a spreadsheet and ingest it"
NEEDED = ("date", "expense_type", "amount")
_PENNY = 0.01


@dataclass(frozen=True)
class Line:
    """One payment line: its row counted from 1, its cells by meaning (only those the file has), and whether it repeats.

    A line repeats where an earlier row of the sheet holds the same in every cell, the reference included.
    """

    row: int
    cells: dict[str, str]
    repeats: bool


@dataclass(frozen=True)
class Payments:
    """The lines of a file, where they were read, the total under them, and what was left unread or tolerated.

    `layout` are the meanings of its columns from left to right.
    """

    sheet: str
    layout: str
    lines: list[Line]
    total: float | None
    ignored: tuple[str, ...]
    drift: tuple[str, ...]


def read(content: bytes) -> Payments:
    """Return the payment lines of a file. Raises StructureError naming what is missing."""
    sheets, ignored, drift = visible_sheets(content, KINDS, EXPECTED)
    headed = [(sheet, found) for sheet in sheets if (found := _header(sheet)) is not None]
    if len(headed) != 1:
        raise StructureError([_no_header(sheets) if not headed else _several([s.name for s, _ in headed])])
    sheet, (top, columns) = headed[0]
    ignored += [f"sheet {other.name!r} holds no payments" for other in sheets if other is not sheet]
    lines: list[Line] = []
    total: float | None = None
    seen: set[tuple[str, ...]] = set()
    for index in range(top + 1, len(sheet.rows)):
        row = sheet.rows[index]
        cells = {m: row[p].strip(" \n\u00a0") if p < len(row) else "" for m, p in columns.items()}
        supplier = cells.pop("supplier", "")
        filled = [meaning for meaning in NEEDED if cells[meaning]]
        if len(filled) > 1 or (filled and supplier):
            whole = tuple(cell.strip() for cell in row)
            lines.append(Line(index + 1, cells, whole in seen))
            seen.add(whole)
        elif filled:
            stated = _total(cells["amount"])
            total = total if stated is None else stated
            ignored.append(f"row {index + 1} is a {'note' if stated is None else 'total'}")
    if not lines:
        raise StructureError("expected at least one payment under the header, found none")
    layout = " ".join(sorted(columns, key=lambda meaning: columns[meaning]))
    return Payments(sheet.name, layout, lines, total, tuple(ignored), tuple(drift))


def _total(text: str) -> float | None:
    """Return the amount of a row that holds nothing else, or None where it is no amount."""
    try:
        return values.amount(text)
    except ValueError:
        return None


def check_total(total: float | None, amounts: Sequence[float]) -> None:
    """Refuse a file whose own (last) total is not the sum of its lines: some are missing or were read wrongly."""
    if total is not None and abs(total - math.fsum(amounts)) > _PENNY * len(amounts):
        raise StructureError(
            f"expected lines that add up to the total of the file, {total:,.2f}, found {math.fsum(amounts):,.2f}; download the file again"
        )


def _header(sheet: Sheet) -> tuple[int, dict[str, int]] | None:
    """Return the row of the header and the place of each meaning, or None where a sheet has no header.

    Raises StructureError where two columns have the same meaning and rank.
    """
    for index, row in enumerate(sheet.rows):
        places = _meanings(row)
        if all(meaning in places for meaning in NEEDED):
            doubled = [meaning for meaning, found in places.items() if len(found) > 1]
            if doubled:
                named = [row[place] for place in places[doubled[0]]]
                raise StructureError(
                    f"row {index + 1}: expected one column that means {doubled[0]}, found {named}"
                )
            return index, {meaning: found[0] for meaning, found in places.items()}
    return None


def _meanings(row: Sequence[str]) -> dict[str, list[int]]:
    """Return the places of each meaning in a row, of its lowest rank only."""
    ranked: dict[str, dict[int, list[int]]] = {}
    for place, cell in enumerate(row):
        for rule in rows("headers"):
            if cell and fnmatchcase(plain(cell), rule["header"]):
                ranked.setdefault(rule["meaning"], {}).setdefault(int(rule["rank"]), []).append(place)
                break
    return {meaning: found[min(found)] for meaning, found in ranked.items()}


def _no_header(sheets: Sequence[Sheet]) -> str:
    rows_ = [row for sheet in sheets for row in sheet.rows[:40]]
    best = max(rows_, key=lambda row: len(_meanings(row)), default=[])
    if not _meanings(best):  # the message quotes nothing of the file: its first row may be a payment
        return f"expected a header row with columns that mean {', '.join(NEEDED)}, found no header; add one"
    missing = [meaning for meaning in NEEDED if meaning not in _meanings(best)]
    found = ", ".join(repr(cell.strip()) for cell in best if cell.strip())[:300] or "an empty file"
    return (
        f"expected a header row with columns that mean {', '.join(NEEDED)}, found none for {', '.join(missing)} in {found}; "
        "if one of them does, add it to headers.csv"
    )


def _several(names: Sequence[str]) -> str:
    counted = Counter(names)
    return f"expected one sheet of payments, found {len(names)} ({', '.join(map(repr, counted))}); split the workbook and ingest one"
