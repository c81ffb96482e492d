"""Organisations and facts made by hand, to roll up; every code and figure is plainly artificial."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd
import sqlalchemy as sa

from assets.contract.columns import key_of
from assets.organisations import succession
from assets.reading.structure import problems
from assets.tables import facts, rollup
from assets.tables.current_tables import current_table

BEGIN, END = date(2020, 4, 1), date(2021, 3, 31)
LONG_AGO = date(2000, 1, 1)
Edge = tuple[str, str, date] | tuple[str, str, date, str]
Row = dict[str, Any]


def world(closed: Mapping[str, date | None], edges: Iterable[Edge] = (), **opened: date) -> rollup.Frames:
    """Return the organisation tables for codes with the last day of each, and successions between them."""
    days = {code: opened.get(code, LONG_AGO) for code in closed}
    organisations = {
        code: {
            "org_code": code,
            "org_name": f"{code} NHS TRUST",
            "open_date": days[code],
            "close_date": last,
            "is_current": last is None,
            "region": f"region of {code}",
            "icb_code": "QQQ",
        }
        for code, last in closed.items()
    }
    edges = list(edges)
    splits = {code for code in closed if sum(edge[0] == code for edge in edges) > 1}
    steps = [
        {
            "predecessor_code": before,
            "successor_code": after,
            "succession_date": day,
            "kind": "split" if before in splits else (kind or ["acquisition"])[0],
            "is_main": True,
        }
        for before, after, day, *kind in edges
    ]
    return {
        "organisation": pd.DataFrame(organisations.values()),
        "organisation_succession": pd.DataFrame(
            steps, columns=["predecessor_code", "successor_code", "succession_date", "kind", "is_main"]
        ),
        "organisation_current": pd.DataFrame(succession.current(organisations, steps)),
        "organisation_type": pd.DataFrame(
            {"scheme": "primary_type", "org_code": list(closed), "type": "acute", "as_of_date": END}
        ).assign(source="made", edition="1"),
    }


def fact_rows(fact: sa.Table, rows: Sequence[Row]) -> pd.DataFrame:
    """Return rows of a fact table: what is not given is filled with what the table allows."""
    common: Row = {
        "source": "made",
        "edition": "1",
        "period_start": BEGIN,
        "period_end": END,
        "source_file_sha256": "0" * 64,
        "source_sheet": "",
        "evidence_grade": "administrative",
        "value_status": "published",
    }
    filled = [
        {"org_name_as_published": row.get("org_code"), "source_row": place, **common, **row}
        for place, row in enumerate(rows, start=1)
    ]
    return pd.DataFrame(filled).reindex(columns=fact.columns.keys()).astype(object)


def amounts(*rows: tuple[str, str, float | None, int | None]) -> pd.DataFrame:
    """Return rows of `denominator`: code, aggregation (also the measure), value, months."""
    return fact_rows(
        facts.denominator,
        [
            {
                "org_code": code,
                "measure": kind,
                "measure_unit": "GBP",
                "aggregation": kind,
                "value": value,
                "months_reported": months,
            }
            | ({"period_start": END} if kind == "stock" else {})
            for code, kind, value, months in rows
        ],
    )


def rolled(
    frame: pd.DataFrame,
    fact: sa.Table,
    organisations: rollup.Frames,
    reports: Mapping[str, str] | None = None,
) -> list[Row]:
    """Roll up, check the result against its definition, and return its rows in order; missing is None."""
    made = rollup.roll_up(frame, fact, rollup.today(organisations), reports or {})
    defined = current_table(fact)
    assert problems(made, defined) == []
    made = made.sort_values(key_of(defined)).astype(object)
    return made.where(made.notna(), None).to_dict("records")  # type: ignore[return-value]
