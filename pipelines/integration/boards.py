"""Facts about integrated care boards: the board that has a name on the day of the fact, or none.

Boards are not trusts. They have no successors in these tables: a board that was split or merged keeps its facts.
"""

import difflib
from collections.abc import Iterator
from typing import Any

import pandas as pd
import sqlalchemy as sa

from assets.contract.columns import key_of
from assets.contract.source import Source
from assets.organisations.geography import board_names, board_on
from assets.tables.about_data import UNMATCHED

MOST_CANDIDATES = 3
UNKNOWN = "no integrated care board of that day has the name"


def about_boards(table: sa.Table) -> bool:
    """Return whether the rows of a fact table are about boards, not about organisations."""
    return "icb_code" in key_of(table) and "org_code" not in table.c


def place_boards(
    frame: pd.DataFrame, source: Source, table: str
) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Return the rows whose board is certain, with its code, name and region, and one row per name that is not.

    `frame` has `org_name_as_published`, `region_as_published` and `resolve_on`, the day on which the board has the name.
    """
    rows = frame.assign(source=source.name)
    if "evidence_grade" not in rows:
        rows = rows.assign(evidence_grade=source.evidence_grade)
    columns = ["region_as_published", "org_name_as_published", "resolve_on"]
    places = [board_on(region, name, day) for region, name, day in rows[columns].itertuples(index=False)]
    known = [place["icb_code"] is not None for place in places]
    named = pd.DataFrame(places, index=rows.index)[["icb_code", "icb_name", "icb_gss_code", "region"]]
    left = rows[[not found for found in known]]
    return pd.concat([rows, named], axis=1)[known], list(_unmatched(left, table))


def _unmatched(rows: pd.DataFrame, table: str) -> Iterator[dict[str, Any]]:
    """Yield a row of `unmatched_organisation` for each name of an edition."""
    for (edition, name), facts in rows.groupby(["edition", "org_name_as_published"], sort=False):
        near = difflib.get_close_matches(str(name).upper(), board_names(), n=MOST_CANDIDATES)
        yield {
            "source": facts["source"].iloc[0],
            "edition": edition,
            "table_name": table,
            "org_name_as_published": name,
            "org_code_as_published": "",
            "resolve_on": facts["resolve_on"].iloc[0],
            "facts": len(facts),
            "org_code": None,
            "status": UNMATCHED,
            "reason": UNKNOWN,
            "candidates": "; ".join(f"{board_names()[one]} {one}" for one in near),
        }
