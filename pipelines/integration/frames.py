"""Rows as frames of published tables."""

from typing import Any

import pandas as pd

from assets.contract.columns import METADATA

Frames = dict[str, pd.DataFrame]


def frame(table: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return rows as a frame of a published table; without rows it is empty but has the columns."""
    return pd.DataFrame(rows) if rows else pd.DataFrame({c.name: [] for c in METADATA.tables[table].columns})
