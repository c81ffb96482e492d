"""Why a published table has no rows, for the places where a reader meets it."""

from collections.abc import Mapping

import pyarrow as pa
import sqlalchemy as sa

from assets.contract.notes import NO_ROWS
from assets.tables.current_tables import ENDING

NEEDED = ("coverage", "source_status")
"""The tables that say which sources should fill a table, and how these are."""


def described(table: sa.Table, tables: Mapping[str, pa.Table]) -> str:
    """Return the description of a table; without rows, followed by the reason."""
    return " ".join(filter(None, (table.comment, why_empty(table.name, tables))))


def why_empty(name: str, tables: Mapping[str, pa.Table]) -> str:
    """Return why each source that should fill a table without rows does not, as a sentence; else an empty text.

    That is what the source itself says in `coverage`, or else its state.
    """
    if tables[name].num_rows or not all(needed in tables for needed in NEEDED):
        return ""
    coverage, statuses = (tables[needed].to_pylist() for needed in NEEDED)
    about = [row for row in coverage if row["table_name"] == name.removesuffix(ENDING)]
    feeding = {row["source"] for row in about}
    own = {row["source"]: row["why"].rstrip(".") for row in about if row["subject"] == NO_ROWS}
    states = [
        f"{row['title']}: {own.get(row['source'], row['why'])}"
        for row in statuses
        if row["source"] in feeding
    ]
    return f"No rows in this release: {'; '.join(states)}." if states else ""
