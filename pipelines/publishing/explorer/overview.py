"""Today's trusts as a list to browse, and what trusts are compared against."""

from typing import Any

import duckdb

from assets.contract.columns import CARE_SETTINGS, PILLARS
from pipelines.publishing.explorer.grid import Grid, ask, grid
from pipelines.publishing.explorer.palette import MARKS


def todays_trusts(connection: duckdb.DuckDBPyConnection) -> Grid:
    """Return one row for each trust of today, in the order of the names, under the names and places of its page."""
    facts = {row[0]: row[1:] for row in ask(connection, "browse").rows}
    names = [column.name for column in ask(connection, "browse").columns[1:]]
    rows = [
        (name, code, region, board, *facts[code])
        for code, name, current, _, _, _, region, board, *_ in ask(connection, "trusts").rows
        if current
    ]
    columns = ["org_name", "org_code", "region", "icb", *names]
    return grid("browse", columns, sorted(rows, key=lambda row: (str(row[0]), str(row[1]))))


def listed_on(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Return the day, or the first and the last day, of each fact of `todays_trusts` that is from a dated list."""
    return {
        str(fact): str(first) if first == last else f"{first} to {last}"
        for fact, first, last in ask(connection, "browse_days").rows
    }


def comparison(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Return what a comparison of trusts is made of besides the parts of their pages, as JSON takes it."""
    return {
        "settings": CARE_SETTINGS,
        "pillars": PILLARS,
        "marks": MARKS,
        "spread": ask(connection, "compare_spread").rows,
    }
