"""Central digital funding by trust, transcribed from published articles.

A register of awards: exact and rounded amounts are money reported as awarded; ceilings ("up to") and programme shares
are not receipts and are never added to them. Two waves of the e-prescribing programme (EPMA) are complete.
"""

from typing import Any

import pandas as pd
import sqlalchemy as sa

from assets.contract import expectations, guards, prose, row
from assets.contract.columns import ORG_CODE
from assets.contract.parsed import Parsed
from assets.contract.periods import over, year_days
from assets.contract.source import Coverage, Facts, counted, transcribed
from assets.reading.rows import csv_rows
from assets.reading.structure import Record

PROSE = prose.beside(__file__)
BASES = ("exact", "rounded", "up_to", "shared_total", "withdrawn")
SUMMABLE = ("exact", "rounded")
BASIS_WORDS = {
    "exact as published": "exact",
    "rounded as published": "rounded",
    "as published (": "rounded",
    "up to": "up_to",
    "programme amount": "up_to",
    "shared total": "shared_total",
    "withdrawn": "withdrawn",
}
"""How the register's words begin, and what they mean."""
SPAN, LIKE = r"^\d{4}/\d\d(-\d{4}/\d\d)?$", "2018/19 or 2018/19-2020/21"
MONEY: dict[str, Any] = {"unit": "GBP", "aggregation": "none", "minimum": 0, "nullable": True}

ROW = row.Row(
    row.text("programme", "programme"),
    row.text("wave", "wave"),
    row.text("financial_years", "financial_years", pattern=SPAN, like=LIKE),
    row.org_name("trust_name_as_published"),
    row.given("org_code_as_published", sa.Text, "ods_code_at_time", nullable=True, pattern=ORG_CODE),
    row.given("amount_gbp", sa.BigInteger, "amount_gbp", **MONEY),
    row.given("amount_basis", sa.Text, allowed=BASES),
    row.text("amount_basis_as_published", "amount_basis"),
    row.text("source_url", "source_url", pattern="^https?://.+$"),
    prose=PROSE,
)
TABLE = ROW.staged("funding", own_headers=True)


def _award(record: Record) -> dict[str, Any]:
    """Return what kind of amount an award is, and what such an award has."""
    words = record.text("amount_basis")
    basis = next((basis for start, basis in BASIS_WORDS.items() if words.startswith(start)), None)
    if basis is None:
        listed = ", ".join(BASIS_WORDS)
        raise ValueError(f"column 'amount_basis': expected words like {listed}, found {words[:40]!r}")
    return {
        "org_code_as_published": None if basis == "shared_total" else record.code("ods_code_at_time"),
        "amount_gbp": None if basis == "withdrawn" else int(record.number("amount_gbp", 1, 1e9)),
        "amount_basis": basis,
    }


def parse(content: bytes, edition: str) -> Parsed:  # noqa: ARG001 - every edition has the same layout
    """Read the register: a row per award. Raises StructureError."""
    return csv_rows(ROW, content, _award, more=("role",))


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
    return {"digital_funding": awards}


WAVES = {
    ("EPMA", "wave 1"): 13,
    ("EPMA", "wave 3"): 7,
    ("Digital Aspirant", "wave 2"): 32,
    ("Integrated Digital Care", "Mar 2015"): 47,
    ("Nursing Technology Fund", "round 2"): 62,
}
"""Awards of each wave of which the articles print the number."""


def coverage(frame: pd.DataFrame) -> list[Coverage]:
    """Count the awards held per wave of which the articles print the number."""
    rows = []
    for (programme, wave), expected in WAVES.items():
        held = frame["programme"].str.startswith(programme) & frame["wave"].str.startswith(wave)
        why = PROSE[f"{programme} {wave}"]
        rows.append(counted(f"{programme} {wave} awards", held.sum(), expected, why, "not published"))
    return rows


AWARD = ("programme", "wave", "org_name_as_published")
SOURCE = transcribed(
    "funding",
    PROSE,
    table=TABLE,
    parse=parse,
    facts=facts,
    coverage=coverage,
    absent={"digital_funding": PROSE["absent"]},
    once=AWARD,
    expectations=(
        expectations.row_count("as_many_rows_as_the_register_holds", (20, 500)),
        expectations.unique("one_award_per_trust_and_wave", AWARD),
        expectations.values("amounts_are_pounds", "amount_gbp", (100_000, 20_000_000)),
        expectations.ADDRESSES,
    ),
    guards=(
        guards.same_unit("amount_gbp", who=AWARD[2], by=AWARD[:2]),
        *guards.usual("amount_gbp", order=0.6, level=(0.85, 1.2), groups=(), who=AWARD[2], by=AWARD[:2]),
        guards.nobody_gone(),
    ),
)
