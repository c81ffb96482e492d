"""Marts made of a few rows given by hand: what a row does not say is filled with what its table allows."""

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import sqlalchemy as sa

from assets.catalogue import published
from assets.contract.columns import METADATA
from pipelines.integration import warehouse

TABLES = published().tables
Row = dict[str, Any]


def made(mart: str, **rows: list[Row]) -> list[Row]:
    """Return the rows of a mart made of some rows of the tables it reads, in order."""
    engine = warehouse.duckdb_engine(Path(":memory:"))
    with engine.begin() as connection:
        METADATA.create_all(connection, tables=[TABLES[table] for table in warehouse.tables_read(mart)])
        warehouse.load(connection, {table: full(table, given) for table, given in rows.items()})
        select = f"select * from ({warehouse.mart_sql(mart)}) order by all"
        found = [dict(row) for row in connection.exec_driver_sql(select).mappings()]
    engine.dispose()
    return found


def full(table: str, rows: list[Row]) -> pd.DataFrame:
    """Return rows of a table: what must be there and is not given is filled with anything of its type."""
    names = {row["org_code"]: row["org_code"] for row in rows if "org_code" in row}
    filled = []
    for place, row in enumerate(rows, start=1):
        anything = {c.name: _anything(c) for c in TABLES[table].columns if not c.nullable}
        filled.append(
            {**anything, "org_name": names.get(row.get("org_code", "")), "source_row": place, **row}
        )
    return pd.DataFrame(filled, columns=TABLES[table].columns.keys())


def _anything(column: sa.Column[Any]) -> object:
    if isinstance(column.type, sa.Text):
        return column.info.get("allowed", ("published",))[0]
    if isinstance(column.type, sa.Date):
        return date(2020, 1, 1)
    return isinstance(column.type, sa.Boolean) and False


def trusts(*codes: str, **changed: Any) -> dict[str, list[Row]]:
    """Return organisations that have been open for long, and that each is what it was."""
    same = [
        {"org_code": code, "current_org_code": code, "relation": "same", "path": code, "is_split": False}
        for code in codes
    ]
    known = [
        {"org_code": code, "open_date": date(2000, 4, 1), "is_current": True, "in_scope": True, **changed}
        for code in codes
    ]
    return {"organisation": known, "organisation_current_main": same}


def flow(code: str, year: int, measure: str, value: float | None, **more: Any) -> Row:
    """Return a row of `denominator`: money of a financial year."""
    days = {"period_start": date(year - 1, 4, 1), "period_end": date(year, 3, 31)}
    unit = {"measure_unit": "GBP", "aggregation": "flow", "source": "tac", "edition": str(year)}
    return {"org_code": code, "fy_end_year": year, "measure": measure, "value": value, **days, **unit, **more}


def score(code: str, value: float, setting: str = "acute", year: int = 2025, **more: Any) -> Row:
    """Return a row of `maturity_score`."""
    days = {"2024": (date(2024, 1, 1), date(2024, 12, 31))}.get(
        str(year), (date(year, 4, 1), date(year, 6, 30))
    )
    return {
        "org_code": code,
        "score": value,
        "care_setting": setting,
        "period": str(year),
        "edition": "2025",
        "instrument": "DMA",
        "measure": "overall_comparable",
        "period_start": days[0],
        "period_end": days[1],
        **more,
    }
