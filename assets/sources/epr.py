"""Primary electronic patient record supplier of each trust on 1 October 2024, disclosed under Freedom of Information.

The file name says 1 January 2024, the sheet says 1 October 2024: the sheet is right, and the edition is its date.
"""

from datetime import timedelta
from typing import Any

import pandas as pd
import sqlalchemy as sa

from assets.contract import expectations, guards
from assets.contract.columns import column, org_code, staged
from assets.contract.edition_shape import Editions
from assets.contract.held_rules import Revision
from assets.contract.notes import caveats
from assets.contract.parsed import Parsed
from assets.contract.periods import day_of, on_snapshot
from assets.contract.source import Facts, Source
from assets.reading.structure import Record, Workbook, find_table, tidy, unmapped

HEADERS = ("Organisation Code", "Organisation", "Trust Type (Primary)", "Supplier (Primary EPR)")
NO_EPR = "No EPR"
TRUST_TYPES = {
    "acute": "acute",
    "mental health": "mental_health",
    "mental health and community (combined)": "mental_health_and_community",
    "community": "community",
    "ambulance": "ambulance",
}

TABLE = staged(
    "epr",
    "Primary EPR supplier by trust as disclosed.",
    [
        org_code("org_code_as_published", "ODS code as disclosed."),
        column("org_name_as_published", sa.Text, "Trust as disclosed.", header="Organisation"),
        column(
            "trust_type",
            sa.Text,
            "Primary type of the trust.",
            header=HEADERS[2],
            allowed=TRUST_TYPES.values(),
        ),
        column(
            "supplier",
            sa.Text,
            "Supplier as disclosed; null without an EPR.",
            header=HEADERS[3],
            nullable=True,
        ),
        column("has_epr", sa.Boolean, "Whether the trust had an electronic patient record."),
    ],
)


def parse(content: bytes, edition: str) -> Parsed:
    """Read the workbook of `edition` (an ISO date): a row per trust. Raises StructureError."""
    book = Workbook(content)
    sheet = book.sheet(f"EPR Suppliers {day_of(edition):%d.%m.%y}")
    ignored = [f"sheet {name!r} is hidden" for name in book.hidden]
    return tidy(find_table(sheet, HEADERS), _trust, drift=unmapped(sheet, HEADERS), ignored=ignored)


def _trust(record: Record) -> list[dict[str, Any]]:
    supplier = " ".join(record.text("Supplier (Primary EPR)").split())
    has_epr = not supplier.startswith(NO_EPR)
    return [
        {
            "org_code_as_published": record.code("Organisation Code"),
            "org_name_as_published": record.text("Organisation"),
            "trust_type": record.one_of("Trust Type (Primary)", TRUST_TYPES),
            "supplier": supplier if has_epr else None,
            "has_epr": has_epr,
        }
    ]


def facts(frame: pd.DataFrame) -> Facts:
    """Map staged rows to `epr_supplier`, and the trust type to `organisation_type`."""
    dated = on_snapshot(frame)
    suppliers = dated.assign(value_status=frame["has_epr"].map({True: "published", False: "z"}))
    types = dated.assign(scheme="primary_type", type=frame["trust_type"], value_status="published")
    return {
        "epr_supplier": suppliers.drop(columns="trust_type"),
        "organisation_type": types.drop(columns=["trust_type", "supplier", "has_epr"]),
    }


KNOWN = {
    "2024-10-01": {
        "RCF": "TPP",
        "RDE": "System C Healthcare Ltd",
        "RV5": "Advanced Health and Care Limited",
        "RX8": "Generic or In House EPR Provider",
    }
}
"""Suppliers at the head, in the middle and at the end of the list."""


SOURCE = Source(
    name="epr",
    title="Primary electronic patient record suppliers",
    publisher="NHS England",
    landing_page="",
    licence="FOI disclosure",
    attribution="NHS England, reply to a Freedom of Information request, position on 1 October 2024",
    editions=Editions(("day",)),
    cadence="irregular: each Freedom of Information reply is one edition",
    max_age=timedelta(days=730),
    evidence_grade="FOI",
    table=TABLE,
    parse=parse,
    facts=facts,
    expectations=(
        expectations.row_count(
            "about_as_many_trusts_as_there_are",
            (195, 230),
            "The list holds every trust of its day, about 209 in 2024.",
        ),
        expectations.unique(
            "one_row_per_trust", ["org_code_as_published"], "A trust has one primary supplier."
        ),
        expectations.TRUST_CODES,
        expectations.statistic(
            "most_trusts_have_a_record",
            "mean",
            "has_epr",
            (0.8, 1),
            "Nine trusts in ten had a record in 2024.",
        ),
        expectations.statistic(
            "suppliers_are_a_market",
            "unique_value_count",
            "supplier",
            (10, 60),
            "One supplier everywhere is a broken column.",
        ),
    ),
    once=("org_code_as_published",),
    revision=Revision(groups=("trust_type",)),
    guards=(
        *guards.usual("supplier", words=0.4),
        *guards.usual("trust_type", words=0.4),
        *guards.usual("has_epr", words=0.2),
        guards.no_repeat(("org_name_as_published", "trust_type", "supplier"), 1),
        guards.as_named("trust_type", {"AMBULANCE": "ambulance"}),
        guards.nobody_gone(),
        guards.everybody_open(),
        guards.known_values("supplier", KNOWN),
    ),
    caveats=caveats(
        "epr_supplier",
        {
            "epr_date": "The name of the file says 1 January 2024, its sheet 1 October 2024: the sheet is taken to be right.",
            "epr_no_epr": "No EPR is not a supplier: has_epr is false and supplier is null, with value_status z. A trust without a row is not known to have one or none: count three answers (epr_answer of trust_profile), never two.",
            "epr_one_day": "The list shows one day. It includes trusts already closed on it (open_on_snapshot) and names one primary supplier where a trust runs several systems.",
        },
    ),
)
