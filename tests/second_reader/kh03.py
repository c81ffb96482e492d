"""Beds (KH03): the compiled table of quarters, and the publisher's own long CSV of available beds beside it.

Rules (`sources.md`, section 12): the row with code `NAN` is England; beds of a quarter are an average over three
months. The publisher's CSV is rounded to whole beds in some cells: it agrees within half a bed, except RTE in June 2024.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

from . import files
from .core import TOLERANCE, Comparison, Difference, Expected

MEASURE = "available_general_and_acute_beds"
BEDS = "kh03_avail_ga_avg_beds"
QUARTERS = {
    "Q1": ((4, 1), (6, 30)),
    "Q2": ((7, 1), (9, 30)),
    "Q3": ((10, 1), (12, 31)),
    "Q4": ((1, 1), (3, 31)),
}
REVISED = {("RTE", date(2024, 6, 30))}
"""Where the publisher's file of June 2024 holds another figure than the compiled table."""

ROUNDED = 0.5
"""Beds by which a cell that is rounded to whole beds may differ."""


def facts(path: Path) -> Iterator[Expected]:
    for line in files.csv_lines(path):
        code = line.text("org_code")
        if code == "NAN":
            continue
        start = int(line.text("financial_year")[:4])
        first, last = QUARTERS[line.text("fy_quarter")]
        year = start + (line.text("fy_quarter") == "Q4")
        yield Expected(
            "denominator",
            files.place(path, line.row),
            {
                "edition": f"{start}/{(start + 1) % 100:02d}",
                "measure": MEASURE,
                "period_end": date(year, *last),
                "org_code": code,
            },
            {
                "value": float(line.text(BEDS)),
                "value_status": "published",
                "period_start": date(year, *first),
                "fy_end_year": start + 1,
                "org_name_as_published": line.text("org_name"),
            },
            {"value": BEDS, "org_name_as_published": "org_name"},
        )


def published(path: Path) -> dict[tuple[str, date], float]:
    """Return the general and acute beds of the publisher's long CSV by code and last day of the quarter."""
    found = {}
    for line in files.csv_lines(path):
        if line.text("Sector") == "General & Acute" and line.text("Number_Of_Beds") != "NULL":
            day, month, year = (int(part) for part in line.text("Effective_Snapshot_Date").split("/"))
            beds = float(line.text("Number_Of_Beds").replace(",", ""))
            found[line.text("Organisation_Code"), date(year, month, day)] = beds
    return found


def beside_publisher(path: Path, compiled: Iterable[Expected]) -> Comparison:
    """Compare the compiled beds that also stand in the publisher's own file with it: no more than half a bed apart."""
    beds, found = published(path), Comparison()
    for fact in compiled:
        where = (fact.key["org_code"], fact.key["period_end"])
        if where not in beds or where in REVISED:
            continue
        found.count(fact.table, "kh03, the publisher's own file", ["value"])
        value = fact.values["value"]
        if abs(beds[where] - value) > ROUNDED + TOLERANCE:
            apart = (path.name, "Number_Of_Beds", value, beds[where])
            found.differences.append(Difference("kh03", fact.table, where, "value", *apart))
    return found
