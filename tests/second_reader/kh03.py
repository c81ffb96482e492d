"""Beds (KH03): the publisher's long files of available and occupied beds, and the compiled table of quarters.

Rules (`sources.md`, section 12): the row with code `NAN` is England; beds of a quarter are an average over three
months; codes that begin with a digit are primary care trusts. The publisher's files win, except where their number is
whole and the compiled one is not and no more than half a bed away: that cell was rounded. Occupancy is occupied in per
cent of available beds, and does not apply where there are none.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from . import files
from .core import TOLERANCE, Comparison, Difference, Expected, Place

AVAILABLE, OCCUPIED = "available_general_and_acute_beds", "occupied_general_and_acute_beds"
OCCUPANCY = "general_and_acute_bed_occupancy"
BEDS = {AVAILABLE: "kh03_avail_ga_avg_beds", OCCUPIED: "kh03_occ_ga_avg_beds"}
QUARTERS = {
    "Q1": ((4, 1), (6, 30)),
    "Q2": ((7, 1), (9, 30)),
    "Q3": ((10, 1), (12, 31)),
    "Q4": ((1, 1), (3, 31)),
}
EDITION = "2024-06-30"
"""The edition of the long files."""
REVISED = {("RTE", date(2024, 6, 30))}
"""Where the publisher's file of June 2024 holds another figure than the compiled table."""
ROUNDED = 0.5
"""Beds by which a cell that is rounded to whole beds may differ."""


@dataclass(frozen=True)
class Cell:
    """One number of beds: where it is read, under which header, of which edition, and the name beside it."""

    beds: float
    place: Place
    header: str
    edition: str
    name: str


Cells = dict[tuple[str, date, str], Cell]
"""Beds by code, last day of the quarter, and measure."""


def compiled(path: Path) -> Cells:
    """Return the beds of the compiled table."""
    found: Cells = {}
    for line in files.csv_lines(path):
        if line.text("org_code") == "NAN":
            continue
        start = int(line.text("financial_year")[:4])
        day = date(start + (line.text("fy_quarter") == "Q4"), *QUARTERS[line.text("fy_quarter")][1])
        edition = f"{start}/{(start + 1) % 100:02d}"
        for measure, header in BEDS.items():
            place, name = files.place(path, line.row), line.text("org_name")
            key = (line.text("org_code"), day, measure)
            found[key] = Cell(float(line.text(header)), place, header, edition, name)
    return found


def published(path: Path, measure: str) -> Cells:
    """Return the general and acute beds of one of the publisher's long files."""
    found: Cells = {}
    for line in files.csv_lines(path):
        code = line.text("Organisation_Code")
        if line.text("Sector") != "General & Acute" or code[0].isdigit():
            continue
        day, month, year = (int(part) for part in line.text("Effective_Snapshot_Date").split("/"))
        beds = float(line.text("Number_Of_Beds").replace(",", ""))
        place = files.place(path, line.row)
        found[code, date(year, month, day), measure] = Cell(beds, place, "Number_Of_Beds", EDITION, code)
    return found


def chosen(table: Cells, own: Cells) -> Cells:
    """Return the cell that is to be published of each: the publisher's, unless it was rounded."""
    found = {**table, **own}
    for key, cell in own.items():
        other = table.get(key)
        if other is None or not cell.beds.is_integer() or other.beds.is_integer():
            continue
        if abs(cell.beds - other.beds) <= ROUNDED:
            found[key] = other
    return found


def facts(cells: Cells) -> Iterator[Expected]:
    """Yield the beds of each trust and quarter, and its occupancy."""
    for (code, day, measure), cell in cells.items():
        yield _fact(cell, code, day, measure, {"value": cell.beds, "value_status": "published"})
        if measure == AVAILABLE:
            occupied = cells[code, day, OCCUPIED]
            share = round(1e6 * (100 * occupied.beds / cell.beds)) / 1e6 if cell.beds else None
            status = "z" if share is None else "e"
            yield _fact(occupied, code, day, OCCUPANCY, {"value": share, "value_status": status})


def _fact(cell: Cell, code: str, day: date, measure: str, values: dict[str, Any]) -> Expected:
    ((first, _),) = (days for days in QUARTERS.values() if days[1] == (day.month, day.day))
    return Expected(
        "denominator",
        cell.place,
        {"edition": cell.edition, "measure": measure, "period_end": day, "org_code": code},
        {
            **values,
            "period_start": date(day.year, *first),
            "fy_end_year": day.year + (day.month > 3),
            "org_name_as_published": cell.name,
        },
        {"value": cell.header},
        optional=not code.startswith("R"),
    )


def beside_publisher(own: Cells, table: Cells) -> Comparison:
    """Compare the compiled beds with those of the publisher's own files: no more than half a bed apart."""
    found = Comparison()
    for where in own.keys() & table.keys():
        if where[:2] in REVISED and where[2] == AVAILABLE:
            continue
        found.count("denominator", "kh03, the publisher's own file", ["value"])
        if abs(own[where].beds - table[where].beds) > ROUNDED + TOLERANCE:
            apart = (own[where].place.file, "Number_Of_Beds", table[where].beds, own[where].beds)
            found.differences.append(Difference("kh03", "denominator", where, "value", *apart))
    return found


def everything(folder: Path) -> Iterable[Expected]:
    """Return the facts of all three files of a folder."""
    own = published(folder / "KH03-Available-Overnight-only.csv", AVAILABLE)
    own |= published(folder / "KH03-Occupied-Overnight-only.csv", OCCUPIED)
    return facts(chosen(compiled(folder / "kh03_quarterly_2018-19_to_2024-25_derived.csv"), own))
