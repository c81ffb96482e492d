"""What is wrong with the provenance of published facts: whoever published them, they say where they came from."""

from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
from releases import ask

from assets.catalogue import published
from assets.contract.columns import tables_of
from assets.tables.facts import FACTS

FILLED = (
    "org_name_as_published",
    "source",
    "edition",
    "period_start",
    "period_end",
    "source_file_sha256",
    "source_sheet",
    "source_row",
    "evidence_grade",
    "value_status",
)
"""Columns of every fact that are never empty."""
ENDLESS = {"programme_membership", "programme_pairing", "programme_candidate"}
"""Facts that began on a day and whose end nobody published."""


def fact_tables() -> dict[str, sa.Table]:
    """Return every fact table by name."""
    published()  # defines those of the sources
    return tables_of(FACTS)


def defects(release: Path, table: sa.Table) -> Iterator[str]:
    """Yield in words what is wrong with the provenance of the facts of a table in a release."""
    endless = {"period_end"} if table.name in ENDLESS else set()
    tests = {
        f"{name} is empty": f"{name} is null" for name in FILLED if name in table.c and name not in endless
    }
    tests["the period ends before it begins"] = "period_end < period_start"
    tests["the row cannot be: rows count from 1"] = "source_row < 1"
    tests["source_file does not list the file"] = (
        "(source, edition, source_file_sha256) not in (select source, edition, source_file_sha256 from source_file)"
    )
    for names in missing_together(table):
        missing = " and ".join(f"{name} is null" for name in names)
        tests[f"{', '.join(names)} missing, and yet published"] = f"value_status = 'published' and {missing}"
    selects = [
        f"select '{what}', source, count(*) from {table.name} where {where} group by source"
        for what, where in tests.items()
    ]
    for what, source, rows in ask(release, " union all ".join(selects) + " order by all"):
        yield f"{table.name}: {what}, in {rows} rows of {source}"


def missing_together(table: sa.Table) -> list[list[str]]:
    """Return the figures that may be missing in a published row only where its status says why.

    A figure whose own description tells when it is null may be missing beside others that are there, never with them all.
    """
    figures = [c for c in table.c if "unit" in c.info]
    silent = [[c.name] for c in figures if c.nullable and "null" not in (c.comment or "")]
    return [*silent, *([[c.name for c in figures]] if figures else [])]
