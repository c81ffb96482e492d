"""Primary suppliers of electronic patient records: one sheet, read again with openpyxl.

Rules (`sources.md`, section 9): the sheet says 1 October 2024; "No EPR" is no supplier; blanks in a supplier's name
are one blank.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType

from . import files
from .core import Expected
from .ods import Listed

SHEET = "EPR Suppliers 01.10.24"
DAY = date(2024, 10, 1)
TYPES = {"Mental Health and Community (Combined)": "mental_health_and_community"}


def facts(path: Path, trusts: Mapping[str, Listed] = MappingProxyType({})) -> Iterator[Expected]:
    rows = files.sheets(path)[SHEET]
    for line in files.under(rows, files.header_row(rows, "Organisation Code", "Supplier (Primary EPR)")):
        code = line.text("Organisation Code")
        if not code:
            continue
        supplier = " ".join(line.text("Supplier (Primary EPR)").split())
        none = supplier.startswith("No EPR")
        kind = line.text("Trust Type (Primary)")
        place = files.place(path, line.row, SHEET)
        edition = DAY.isoformat()
        yield Expected(
            "epr_supplier",
            place,
            {"edition": edition, "org_code": code},
            {
                "has_epr": not none,
                "supplier": None if none else supplier,
                "as_of_date": DAY,
                **({"open_on_snapshot": trusts[code].open_on(DAY)} if code in trusts else {}),
                "org_name_as_published": line.text("Organisation"),
            },
            {"supplier": "Supplier (Primary EPR)", "org_name_as_published": "Organisation"},
        )
        yield Expected(
            "organisation_type",
            place,
            {"edition": edition, "scheme": "primary_type", "org_code": code},
            {"type": TYPES.get(kind, kind.lower().replace(" ", "_")), "as_of_date": DAY},
            {"type": "Trust Type (Primary)"},
        )
