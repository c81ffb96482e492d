"""The published tables as frames."""

from typing import Any

import pandas as pd
import sqlalchemy as sa

import assets.marts
from assets import about, facts
from assets.columns import METADATA
from assets.organisations import tables
from assets.source import sources

Frames = dict[str, pd.DataFrame]


def frame(table: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return rows as a frame of a published table; without rows it has the columns."""
    return pd.DataFrame(rows) if rows else pd.DataFrame({c.name: [] for c in METADATA.tables[table].columns})


def published_tables() -> dict[str, sa.Table]:
    """Return every published table by name, organisations first, then facts, marts and tables about the data."""
    sources()  # a source may define a fact table that only it feeds
    order = (tables.ORGANISATIONS, facts.FACTS, assets.marts.MARTS, about.ABOUT)
    found = sorted(METADATA.tables.values(), key=lambda t: (order.index(t.info["layer"]), t.name))
    return {table.name: table for table in found}
