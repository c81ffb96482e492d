"""Which sources to credit for a published table."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from assets.contract.columns import MARTS
from assets.tables.about_data import ABOUT
from pipelines.integration.warehouse import facts_read


def credits_of(defined: sa.Table, tables: Mapping[str, pa.Table]) -> list[dict[str, Any]]:
    """Return the rows of `source_status` of the sources of a table; of a mart, those of the tables it reads."""
    columns = [tables[each]["source"] for each in _facts(defined) if "source" in tables[each].column_names]
    named = {source for column in columns for source in column.unique().to_pylist()}
    return [row for row in tables["source_status"].to_pylist() if row["source"] in named]


def credited(sources: list[dict[str, Any]]) -> str:
    """Return sources in words."""
    names = [f"{source['publisher']}: {source['title']}" for source in sources]
    return "; ".join(names) or "this project, from the sources named in source_status"


@cache
def _facts(defined: sa.Table) -> frozenset[str]:
    """Return the names of the tables that a table is made of, without those about the data."""
    read = facts_read(defined) if defined.info["layer"] == MARTS else {defined.name}
    return frozenset(name for name in read if defined.metadata.tables[name].info["layer"] != ABOUT)
