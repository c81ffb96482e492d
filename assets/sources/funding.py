"""Central digital funding by trust, transcribed from published articles.

A register of awards: exact and rounded amounts are money reported as awarded; ceilings ("up to") and programme shares
are not receipts and are never added to them. Two waves of the e-prescribing programme (EPMA) are complete.
"""

import re
from datetime import timedelta
from typing import Any

import pandas as pd
import sqlalchemy as sa

from assets.contract import expectations, guards
from assets.contract.columns import column, org_code, staged
from assets.contract.edition_shape import Editions
from assets.contract.notes import Coverage, caveats
from assets.contract.parsed import Parsed
from assets.contract.periods import over, year_days
from assets.contract.source import TRANSCRIBED, Facts, Source
from assets.reading.structure import Record, find_table, read_csv, tidy

HEADERS = (
    "programme",
    "wave",
    "financial_years",
    "trust_name_as_published",
    "amount_gbp",
    "amount_basis",
    "role",
    "source_url",
    "ods_code_at_time",
)
BASES = ("exact", "rounded", "up_to", "shared_total", "withdrawn")
SUMMABLE = ("exact", "rounded")
_BASIS_WORDS = {
    "exact as published": "exact",
    "rounded as published": "rounded",
    "as published (": "rounded",
    "up to": "up_to",
    "programme amount": "up_to",
    "shared total": "shared_total",
    "withdrawn": "withdrawn",
}
"""How the register's words begin, and what they mean."""

TABLE = staged(
    "funding",
    "Central digital funding awards as transcribed.",
    [
        column("programme", sa.Text, "Funding programme."),
        column("wave", sa.Text, "Wave, with what the register says of its completeness."),
        column(
            "financial_years", sa.Text, "Financial years of the award.", pattern=r"^\d{4}/\d\d(-\d{4}/\d\d)?$"
        ),
        column("org_name_as_published", sa.Text, "Recipient as published."),
        org_code("org_code_as_published", "ODS code, inferred from the name by the register.", nullable=True),
        column(
            "amount_gbp", sa.BigInteger, "Amount.", unit="GBP", aggregation="none", minimum=0, nullable=True
        ),
        column("amount_basis", sa.Text, "What kind of amount.", allowed=BASES),
        column("amount_basis_as_published", sa.Text, "The register's words for it."),
        column("source_url", sa.Text, "Article.", pattern="^https?://.+$"),
    ],
)


def parse(content: bytes, edition: str) -> Parsed:  # noqa: ARG001 - every edition has the same layout
    """Read the register: a row per award. Raises StructureError."""
    sheet, drift = read_csv(content, "")
    return tidy(find_table(sheet, HEADERS), _award, drift=drift)


def _award(record: Record) -> list[dict[str, Any]]:
    words = record.text("amount_basis")
    basis = next((basis for start, basis in _BASIS_WORDS.items() if words.startswith(start)), None)
    if basis is None:
        raise ValueError(
            f"column 'amount_basis': expected words like {', '.join(_BASIS_WORDS)}, found {words[:40]!r}"
        )
    years = record.text("financial_years")
    if not re.fullmatch(r"\d{4}/\d\d(-\d{4}/\d\d)?", years):
        raise ValueError(
            f"column 'financial_years': expected 2018/19 or 2018/19-2020/21, found {years[:40]!r}"
        )
    return [
        {
            "programme": record.text("programme"),
            "wave": record.text("wave"),
            "financial_years": years,
            "org_name_as_published": record.text("trust_name_as_published"),
            "org_code_as_published": record.code("ods_code_at_time") if basis != "shared_total" else None,
            "amount_gbp": None if basis == "withdrawn" else int(record.number("amount_gbp", 1, 1e9)),
            "amount_basis": basis,
            "amount_basis_as_published": words,
            "source_url": record.text("source_url"),
        }
    ]


def facts(frame: pd.DataFrame) -> Facts:
    """Map staged awards to `digital_funding`; a total shared by several trusts has no organisation to resolve."""
    spans = [
        (year_days(int(years[:4]))[0], year_days(int(years.split("-")[-1][:4]))[1])
        for years in frame["financial_years"]
    ]
    dated = over(frame, spans)
    awards = dated.assign(
        fy_end_year=[last.year for _, last in spans],
        may_be_summed=frame["amount_basis"].isin(SUMMABLE),
        value_status=frame["amount_gbp"].isna().map({True: "z", False: "published"}),
        resolve_on=dated["period_start"].where(frame["amount_basis"] != "shared_total", None),
    )
    return {"digital_funding": awards.drop(columns="amount_basis_as_published")}


def coverage(frame: pd.DataFrame) -> list[Coverage]:
    """Count the awards held per wave of which the articles print the number."""
    known = {
        ("EPMA", "wave 1"): (13, "All 13 trusts of the wave, GBP 16.0 million."),
        ("EPMA", "wave 3"): (7, "All seven trusts of the first tranche, GBP 8.716 million."),
        ("Digital Aspirant", "wave 2"): (32, "The seven main awards are named; 25 seed awards are not."),
        ("Integrated Digital Care", "Mar 2015"): (47, "Examples only: 47 awards were made."),
        ("Nursing Technology Fund", "round 2"): (62, "Examples only: 62 organisations received money."),
    }
    rows = []
    for (programme, wave), (expected, why) in known.items():
        held = frame["programme"].str.startswith(programme) & frame["wave"].str.startswith(wave)
        status = "complete" if held.sum() == expected else "not published"
        rows.append(Coverage(f"{programme} {wave} awards", int(held.sum()), expected, status, why))
    return rows


SOURCE = Source(
    name="funding",
    title="Central digital funding by trust",
    publisher="NHS England (announcements), transcribed",
    landing_page="",
    licence=TRANSCRIBED,
    attribution="Facts transcribed from the article named in source_url",
    editions=Editions(("month",)),
    cadence="irregular: whenever an article names recipients",
    max_age=timedelta(days=3650),
    evidence_grade="press-reported",
    transcribed=True,
    table=TABLE,
    parse=parse,
    facts=facts,
    coverage=coverage,
    absent={
        "digital_funding": "The register lists awards that an article names: a trust without a row is in none that was "
        "read, which does not prove that it received nothing.",
    },
    expectations=(
        expectations.row_count(
            "as_many_rows_as_the_register_holds",
            (20, 500),
            "The register holds about 80 awards; an empty file is a broken one.",
        ),
        expectations.unique(
            "one_award_per_trust_and_wave",
            ["programme", "wave", "org_name_as_published"],
            "A trust is named once per wave.",
        ),
        expectations.values(
            "amounts_are_pounds",
            "amount_gbp",
            (100_000, 20_000_000),
            "Awards run from GBP 0.2 to 10 million; another magnitude is another unit.",
        ),
        expectations.ADDRESSES,
    ),
    once=("programme", "wave", "org_name_as_published"),
    guards=(
        guards.same_unit("amount_gbp", who="org_name_as_published", by=("programme", "wave")),
        *guards.usual(
            "amount_gbp",
            order=0.6,
            level=(0.85, 1.2),
            groups=(),
            who="org_name_as_published",
            by=("programme", "wave"),
        ),
        guards.nobody_gone(),
    ),
    caveats=caveats(
        "digital_funding",
        {
            "funding_ceilings": "Only exact and rounded amounts may be added (may_be_summed). Amounts up to a ceiling were announced and matched locally; nobody has published what was received.",
            "funding_incomplete": "Only two waves of EPMA are complete; other rows are examples. A trust without a row may have been funded.",
        },
        measures={"funding_ceilings": "amount_gbp"},
    ),
)
