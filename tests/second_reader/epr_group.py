"""Frontline Digitisation: the list of groups of 26 May 2023, read again with the csv module.

Rules (`sources.md`, section 13): four groups, five statuses, one trust without a status.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType

from . import files
from .core import Expected
from .ods import Listed

STATUSES = {
    "Implementing a new": "implementing_new",
    "Implementing shared": "implementing_shared",
    "Extend": "extending",
    "Optimising": "optimising",
    "Already meets the core capabilities in the MDF": "meets_core_capabilities",
    "": None,
}


def facts(path: Path, trusts: Mapping[str, Listed] = MappingProxyType({})) -> Iterator[Expected]:
    for line in files.csv_lines(path):
        day = date.fromisoformat(line.text("Bi_Weekly_Report_Date"))
        code = line.text("trust_ods_code")
        yield Expected(
            "epr_group",
            files.place(path, line.row),
            {"edition": day.isoformat(), "org_code": code},
            {
                "epr_group": int(line.text("EPR_Group").removeprefix("Group ")),
                "epr_status": STATUSES[line.text("Current_EPR_Status")],
                "trust_type_as_published": line.text("Trust_Type"),
                "org_name_as_published": line.text("Organisation_Name"),
                "as_of_date": day,
                "value_status": "published",
                **({"open_on_snapshot": trusts[code].open_on(day)} if code in trusts else {}),
            },
            {"epr_group": "EPR_Group", "epr_status": "Current_EPR_Status"},
        )
