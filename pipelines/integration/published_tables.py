"""The published tables as frames."""

import importlib
import pkgutil
from functools import cache
from typing import Any

import pandas as pd
import sqlalchemy as sa

import assets.marts
from assets.catalogue import sources
from assets.contract.columns import MARTS, METADATA, tables_of
from assets.organisations import organisation_tables
from assets.tables import about_data, facts
from assets.tables.current_tables import CURRENT, current_tables

Frames = dict[str, pd.DataFrame]


def frame(table: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return rows as a frame of a published table; without rows it is empty but has the columns."""
    return pd.DataFrame(rows) if rows else pd.DataFrame({c.name: [] for c in METADATA.tables[table].columns})


@cache
def marts() -> dict[str, sa.Table]:
    """Return the analysis tables by name, in the order in which they are built; none reads another."""
    for module in pkgutil.iter_modules(assets.marts.__path__):
        importlib.import_module(f"assets.marts.{module.name}")
    return tables_of(MARTS)


def published_tables() -> dict[str, sa.Table]:
    """Return every published table by name: organisations, facts, their `_current` tables, marts, tables about the data."""
    sources()  # a source may define a fact table that only it fills
    current_tables()
    marts()
    order = (organisation_tables.ORGANISATIONS, facts.FACTS, CURRENT, MARTS, about_data.ABOUT)
    found = sorted(METADATA.tables.values(), key=lambda t: (order.index(t.info["layer"]), t.name))
    return {table.name: table for table in found}
