"""Which sources to credit for a published table."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import pyarrow as pa

from assets.catalogue import marts, published_tables
from pipelines.integration.warehouse import tables_read


def credits_of(name: str, tables: Mapping[str, pa.Table]) -> list[dict[str, Any]]:
    """Return the rows of `source_status` of the sources of a table; of a mart, those of the tables it reads."""
    columns = [tables[each]["source"] for each in _facts(name) if "source" in tables[each].column_names]
    named = {source for column in columns for source in column.unique().to_pylist()}
    return [row for row in tables["source_status"].to_pylist() if row["source"] in named]


def credited(sources: list[dict[str, Any]]) -> str:
    """Return sources in words."""
    names = [f"{source['publisher']}: {source['title']}" for source in sources]
    return "; ".join(names) or "this project, from the sources named in source_status"


@cache
def _facts(name: str) -> frozenset[str]:
    """Return the tables that a table is made of, without those about the data."""
    read = tables_read(name) if name in marts() else {name}
    return frozenset(each for each in read if published_tables()[each].info["layer"] != "about")
