"""Reading a file of payments by what its columns mean, whoever published it.

CSV (whatever separates its cells), xlsx and xls are read; anything else (a PDF, a web page) is refused with the name of
the format. Every visible sheet with a header of payments is read, such as one for each month; a line on two sheets
refuses the file. Columns are found by `headers.csv`, where the lowest rank wins if several columns mean the same.
Only what is needed is taken out of a row: suppliers and references never leave this module.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from itertools import pairwise

from assets.contract.parsed import StructureError
from assets.reading import written_values as values
from assets.reading.sheets import visible_sheets
from assets.reading.sniff import sniff
from assets.reading.structure import Sheet
from assets.sources.spend25k.trusts import plain, rows

KINDS = ("text", "xlsx", "xls")
EXPECTED = "a CSV, xlsx or xls file; ask the trust for a spreadsheet and ingest it"
NEEDED = ("expense_type", "amount")
WHEN = ("date", "period", "month")
UNREAD = "unread"
"""What a header means that looks like another: an amount of tax, a day on which a payment is due."""
SEPARATORS = ",\t;|"
DEEPEST = 100
"""Rows from the top in which a header is looked for."""
_TOTAL = re.compile(r"(sub ?|grand |overall )?(total|sum)s?( amount| spend| expenditure| payments| value)?")
SUBTOTAL = "sub total"
_PENNY = 0.01


@dataclass(frozen=True)
class Line:
    """One payment line: its sheet, its row counted from 1, its cells by meaning (only those the file has), and whether it repeats.

    A line repeats where an earlier row holds the same in every cell, the reference included.
    """

    sheet: str
    row: int
    cells: dict[str, str]
    repeats: bool


@dataclass(frozen=True)
class Payments:
    """The lines of a file, the total under those of each sheet, what stands above them, and what was left unread or tolerated.

    `layout` are the meanings of its columns from left to right.
    """

    layout: str
    lines: list[Line]
    totals: dict[str, float]
    titles: tuple[str, ...]
    ignored: tuple[str, ...]
    drift: tuple[str, ...]


@dataclass(frozen=True)
class _Header:
    """Where a header ends, and the place of each meaning."""

    bottom: int
    columns: dict[str, int]


def read(content: bytes) -> Payments:
    """Return the payment lines of a file. Raises StructureError naming what is missing."""
    sheets, ignored, drift = _sheets(content)
    headed = [(sheet, found) for sheet in sheets if (found := _header(sheet)) is not None]
    if not headed:
        raise StructureError(_no_header(sheets))
    used = {sheet.name for sheet, _ in headed}
    ignored += [f"sheet {other.name!r} holds no payments" for other in sheets if other.name not in used]
    lines: list[Line] = []
    totals: dict[str, float] = {}
    seen: set[tuple[str, ...]] = set()
    for sheet, header in headed:
        lines += _lines(sheet, header, seen, totals, ignored)
    if not lines:
        raise StructureError("expected at least one payment under the header, found none")
    _refuse_shared(lines)
    layouts = [" ".join(sorted(header.columns, key=header.columns.__getitem__)) for _, header in headed]
    titles = [cell for sheet, header in headed for row in sheet.rows[: header.bottom] for cell in row if cell]
    return Payments(
        "; ".join(dict.fromkeys(layouts)), lines, totals, tuple(titles), tuple(ignored), tuple(drift)
    )


def _sheets(content: bytes) -> tuple[list[Sheet], list[str], list[str]]:
    """Return the visible sheets; of a text the one that the separator of its header gives."""
    if sniff(content) != "text":
        return visible_sheets(content, KINDS, EXPECTED)
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        content = content.decode("utf-16", errors="replace").encode("utf-8")
    head = content[:100_000].decode("utf-8", errors="replace").splitlines()[:DEEPEST]
    separators = (mark for mark in SEPARATORS if any(_complete(_meanings(line.split(mark))) for line in head))
    return visible_sheets(content, KINDS, EXPECTED, delimiter=next(separators, ","))


def _lines(
    sheet: Sheet, header: _Header, seen: set[tuple[str, ...]], totals: dict[str, float], ignored: list[str]
) -> list[Line]:
    """Return the payments of a sheet; add its last total to `totals` and what is no payment to `ignored`."""
    lines = []
    place = f"sheet {sheet.name!r}, row" if sheet.name else "row"
    for index in range(header.bottom, len(sheet.rows)):
        row = sheet.rows[index]
        cells = {m: row[p].strip(" \n\u00a0") if p < len(row) else "" for m, p in header.columns.items()}
        supplier = cells.pop("supplier", "")
        filled = [meaning for meaning in ("date", *NEEDED) if cells.get(meaning)]
        stated = _total(cells["amount"])
        if not filled or (
            stated is None and _complete(_meanings(row))
        ):  # some print the header on every page
            continue
        words = _words_of_total(row, cells)
        if not words and (len(filled) > 1 or supplier):
            whole = tuple(cell.strip() for cell in row)
            lines.append(Line(sheet.name, index + 1, cells, whole in seen))
            seen.add(whole)
            continue
        if stated is not None and not words.startswith(SUBTOTAL[:3]):
            totals[sheet.name] = stated
        ignored.append(f"{place} {index + 1} is a {'note' if stated is None else 'total'}")
    return lines


def _words_of_total(row: Sequence[str], cells: dict[str, str]) -> str:
    """Return the words that make a row a total rather than a payment, which has a day."""
    day = plain(cells.get("date", ""))
    if day and not _TOTAL.fullmatch(day):
        return ""
    said = [plain(cell) for cell in row]
    parts = [SUBTOTAL for words in said if words.endswith(" total") and not _TOTAL.fullmatch(words)]
    return next((words for words in (*parts, *said) if _TOTAL.fullmatch(words)), "")


def _refuse_shared(lines: Sequence[Line]) -> None:
    """Refuse a workbook in which a payment is on two sheets: summed, it would count twice."""
    first: dict[tuple[str, ...], str] = {}
    for line in lines:
        payment = tuple(line.cells.get(meaning, "") for meaning in (*WHEN, *NEEDED))
        other = first.setdefault(payment, line.sheet)
        if other != line.sheet:
            raise StructureError(
                f"expected each payment on one sheet, found the one in row {line.row} of {line.sheet!r} on {other!r} too; split the workbook and ingest one sheet"
            )


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


def _complete(places: dict[str, list[int]]) -> bool:
    """Return whether a row says where everything is that a payment needs."""
    return all(meaning in places for meaning in NEEDED) and any(meaning in places for meaning in WHEN)


def _header(sheet: Sheet) -> _Header | None:
    """Return the header of a sheet, which may be two rows high; None where it has none.

    Raises StructureError where two columns have the same meaning and rank and differ.
    """
    single = [(index + 1, row) for index, row in enumerate(sheet.rows[:DEEPEST])]
    double = [
        (bottom + 1, [" ".join(filter(str.strip, cells)) for cells in zip(row, below, strict=False)])
        for (bottom, row), (_, below) in pairwise(single)
    ]
    for bottom, header in (*single, *double):
        places = _meanings(header)
        if _complete(places):
            columns = {m: _one(m, found, header, sheet, bottom) for m, found in places.items()}
            return _Header(bottom, columns)
    return None


def _one(meaning: str, places: Sequence[int], header: Sequence[str], sheet: Sheet, bottom: int) -> int:
    """Return the place of a meaning; several columns may mean the same where they hold the same."""
    first, *others = places
    same = all(
        row[first].strip() == row[other].strip()
        for row in sheet.rows[bottom:]
        for other in others
        if max(first, other) < len(row)
    )
    if meaning == "supplier" or same:
        return first
    raise StructureError(
        f"row {bottom}: expected one column that means {meaning}, found {[header[place] for place in places]}, which differ; ask the trust which one it reports"
    )


def _meanings(row: Sequence[str]) -> dict[str, list[int]]:
    """Return the places of each meaning in a row, of its lowest rank only."""
    ranked: dict[str, dict[int, list[int]]] = {}
    for place, cell in enumerate(row):
        if (found := _meaning(cell[:60])) is not None and found[0] != UNREAD:
            ranked.setdefault(found[0], {}).setdefault(found[1], []).append(place)
    return {meaning: found[min(found)] for meaning, found in ranked.items()}


@cache
def _rules() -> tuple[tuple[str, str, int], ...]:
    return tuple((_solid(rule["header"]), rule["meaning"], int(rule["rank"])) for rule in rows("headers"))


def _solid(header: str) -> str:
    """Return a header without spaces and signs, as `ExpenseType` and `Expense Type` mean the same; `*` may be a rule's."""
    return re.sub(r"[^a-z0-9*]+", "", header.lower()) or header.strip()


@lru_cache(maxsize=10_000)
def _meaning(cell: str) -> tuple[str, int] | None:
    """Return the meaning of a header and its rank, by the first rule that fits (whole names stand before patterns)."""
    solid = _solid(cell.replace("*", "")) if cell.strip() else ""
    rules = (rule for rule in _rules() if solid and fnmatchcase(solid, rule[0]))
    return next(((meaning, rank) for _, meaning, rank in rules), None)


def _no_header(sheets: Sequence[Sheet]) -> str:
    needed = f"{', '.join(NEEDED)} and date (or {' or '.join(WHEN[1:])})"
    rows_ = [row for sheet in sheets for row in sheet.rows[:40]]
    best = max(rows_, key=lambda row: len(_meanings(row)), default=[])
    places = _meanings(best)
    if not places:  # the message quotes nothing of the file: its first row may be a payment
        return f"expected a header row with columns that mean {needed}, found no header; add one"
    missing = [meaning for meaning in NEEDED if meaning not in places]
    missing += [] if any(meaning in places for meaning in WHEN) else ["date"]
    found = ", ".join(repr(cell.strip()) for cell in best if cell.strip())[:300] or "an empty file"
    return (
        f"expected a header row with columns that mean {needed}, found none for {', '.join(missing)} in {found}; "
        "if one of them does, add it to headers.csv"
    )
