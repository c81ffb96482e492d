"""Primary electronic patient record supplier of each trust on 1 October 2024, disclosed under Freedom of Information.

The file name says 1 January 2024, the sheet says 1 October 2024: the sheet is right, and the edition is its date.
"""

from datetime import date, timedelta
from typing import Any

import pandas as pd
import sqlalchemy as sa

from assets.columns import column, org_code, staged
from assets.source import Caveat, Expectation, Facts, Parsed, Source
from assets.structure import Record, Workbook, find_table, tidy, unmapped

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
    sheet = book.sheet(f"EPR Suppliers {date.fromisoformat(edition):%d.%m.%y}")
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
    day = pd.Series([date.fromisoformat(edition) for edition in frame["edition"]], index=frame.index)
    dated = frame.assign(as_of_date=day, period_start=day, period_end=day, resolve_on=day)
    suppliers = dated.assign(value_status=frame["has_epr"].map({True: "published", False: "z"}))
    types = dated.assign(scheme="primary_type", type=frame["trust_type"], value_status="published")
    return {
        "epr_supplier": suppliers.drop(columns="trust_type"),
        "organisation_type": types.drop(columns=["trust_type", "supplier", "has_epr"]),
    }


SOURCE = Source(
    name="epr",
    title="Primary electronic patient record suppliers",
    publisher="NHS England",
    landing_page="",
    licence="FOI disclosure",
    attribution="NHS England, reply to a Freedom of Information request, position on 1 October 2024",
    cadence="irregular: each Freedom of Information reply is one edition",
    max_age=timedelta(days=730),
    evidence_grade="FOI",
    table=TABLE,
    parse=parse,
    facts=facts,
    expectations=(
        Expectation(
            "about_as_many_trusts_as_there_are",
            "expect_table_row_count_to_be_between",
            {"min_value": 195, "max_value": 230},
            "The list holds every trust of its day, about 209 in 2024.",
        ),
        Expectation(
            "one_row_per_trust",
            "expect_column_values_to_be_unique",
            {"column": "org_code_as_published"},
            "A trust has one primary supplier.",
        ),
        Expectation(
            "codes_are_trust_codes",
            "expect_column_values_to_match_regex",
            {"column": "org_code_as_published", "regex": "^([RT][A-Z0-9]{2}|[A-Z][0-9][A-Z][0-9][A-Z])$"},
            "Trust codes have three characters, or five since April 2020.",
        ),
        Expectation(
            "most_trusts_have_a_record",
            "expect_column_mean_to_be_between",
            {"column": "has_epr", "min_value": 0.8, "max_value": 1},
            "Nine trusts in ten had a record in 2024.",
        ),
        Expectation(
            "suppliers_are_a_market",
            "expect_column_unique_value_count_to_be_between",
            {"column": "supplier", "min_value": 10, "max_value": 60},
            "One supplier everywhere is a broken column.",
        ),
    ),
    caveats=(
        Caveat(
            "epr_one_day",
            "epr_supplier",
            "The list shows one day. It includes trusts already closed on it (open_on_snapshot) and names one primary "
            "supplier where a trust runs several systems.",
        ),
    ),
)
