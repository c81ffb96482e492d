"""The same tables and the same marts in DuckDB and in a real PostgreSQL: equal row by row, exactly."""

import random
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import psycopg
import pyarrow as pa
import pytest
import sqlalchemy as sa
from artificial import everything, marts_of, marts_of_everything
from releases import offline_home, rows_of, tables_of
from servers import postgresql
from together import every

from assets.catalogue import published
from assets.contract.columns import METADATA, key_of
from assets.reading.structure import problems
from pipelines.integration import warehouse
from pipelines.publishing.postgres import LIVE, VARIABLE, serve
from pipelines.storage.parquet import to_arrow, to_pandas

TABLES = published().tables
MARTS = list(published().marts)
AWKWARD_CHANGES = (0.0, 1e-9, -1e-9, 1.1e-9, -1.1e-9, 0.9e-9, 5e-10, 1.5e-9, -5e-10, 1 / 3, -2 / 7, 0.1)
AWKWARD_DIVISORS = {
    "WTE": (256.0, 3200.0, 1 / 3, 1234.5, 0.0),
    "beds": (0.1 + 0.2, 320.0, 256.5, 1 / 3),
    "GBP": (111_000_000.5, 222_222_222.0, 333_333_333.5, 256_000_000.0),
}
BEYOND_FLOAT = 2**53 + 1


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return offline_home(tmp_path_factory.getbasetemp()).latest.resolve()


@pytest.fixture(scope="session")
def tables(released: Path) -> dict[str, pa.Table]:
    return tables_of(released)


@pytest.fixture(scope="session")
def postgres() -> Iterator[sa.Engine]:
    with postgresql() as url:
        engine = sa.create_engine(url)
        yield engine
        engine.dispose()


def fill(connection: sa.Connection, frames: dict[str, pd.DataFrame]) -> None:
    """Fill a database the way a release does."""
    warehouse.create(connection, published().tables.values())
    warehouse.load(connection, frames)
    warehouse.build_marts(connection, published().marts)


@pytest.fixture(scope="module")
def served(postgres: sa.Engine, released: Path) -> sa.Engine:
    """Return the database that people read after the whole release was brought into it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, postgres.url.render_as_string(hide_password=False))
        assert serve(released, TABLES) == ""
    return postgres


@pytest.mark.thorough
@every("name", TABLES)
def test_a_table_in_postgresql_equals_the_released_one_row_by_row(
    served: sa.Engine, tables: dict[str, pa.Table], name: str
) -> None:
    """This serves a whole release. Otherwise test_postgres.py serves a small one, and every table is compared below."""
    with served.connect() as connection:
        connection.exec_driver_sql(f"set search_path to {LIVE}")
        found = warehouse.read(connection, TABLES[name])
    assert found.equals(tables[name], check_metadata=True)


@pytest.fixture(scope="module")
def created(postgres: sa.Engine) -> sa.Inspector:
    """Return what inspects a database in which every table was created."""
    with postgres.begin() as connection:
        warehouse.create(connection, TABLES.values())
    return sa.inspect(postgres)


def empty_columns(mart: pa.Table) -> list[str]:
    return [name for name in mart.column_names if mart[name].null_count == len(mart)]


FEWEST = {"exemplars_change": 60, "maturity_statistic": 80, "maturity_nonresponse": 5}
"""Rows of marts that have few."""


def test_a_released_mart_lacks_nothing_but_what_waits_for_a_first_download(
    tables: dict[str, pa.Table], tmp_path_factory: pytest.TempPathFactory
) -> None:
    frames = everything(tmp_path_factory.getbasetemp())
    complete = marts_of_everything(tmp_path_factory.getbasetemp())
    waiting = {name for name, frame in frames.items() if len(frame) > tables[name].num_rows}
    for name in MARTS:
        assert tables[name].num_rows >= FEWEST.get(name, 100)
        assert empty_columns(complete[name]) == []
        assert problems(to_pandas(complete[name]), TABLES[name]) == []
        assert waiting & warehouse.tables_read(name) or empty_columns(tables[name]) == []


def awkward(frames: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return frames with numbers on which databases disagree if SQL lets them."""
    chance = random.Random(20261)  # noqa: S311 - the same numbers every time
    scores = frames["maturity_score"].copy()
    overall = scores["measure"] == "overall_comparable"
    before = {
        (row.org_code, row.care_setting): chance.choice([chance.uniform(1.1, 4.9), 2.0, 2.5])
        for row in scores[overall].itertuples()
    }
    scores.loc[overall, "score"] = [
        before[row.org_code, row.care_setting]
        + (chance.choice(AWKWARD_CHANGES) if row.period == "2025" else 0)
        for row in scores[overall].itertuples()
    ]
    pillars = (scores["instrument"] == "DMA") & ~overall
    scores.loc[pillars, "score"] = [
        chance.choice([1.00005, 2.00015, 2.5, 10 / 3, chance.uniform(1, 5)]) for _ in range(pillars.sum())
    ]
    funding = {
        name: frames[name].assign(amount_gbp=[BEYOND_FLOAT + place for place in range(len(frames[name]))])
        for name in ("digital_funding", "digital_funding_current")
    }
    divisors = frames["denominator"].copy()
    for unit, values in AWKWARD_DIVISORS.items():
        mine = divisors["value"].notna() & (divisors["measure_unit"] == unit)
        divisors.loc[mine, "value"] = [chance.choice(values) for _ in range(mine.sum())]
    quality = frames["dqmi_score"].copy()
    quality["score"] = [chance.choice([50.005, 62.5, 100 / 3, None]) for _ in range(len(quality))]
    spend = frames["it_spend"].copy()
    spend["narrow_gbp"] = [chance.choice([4_001_000, 1_005_000, 0, None]) for _ in range(len(spend))]
    prices = frames["deflator"].copy()
    prices["index_value"] = [None if pd.isna(i) else chance.uniform(50, 150) for i in prices["index_value"]]
    return {
        **frames,
        "maturity_score": scores,
        **funding,
        "denominator": divisors,
        "dqmi_score": quality,
        "it_spend": spend.astype({"narrow_gbp": "Int64"}),
        "deflator": prices,
    }


def test_tables_and_marts_agree_where_every_column_is_filled_and_numbers_are_awkward(
    postgres: sa.Engine, tmp_path_factory: pytest.TempPathFactory
) -> None:
    frames = awkward(everything(tmp_path_factory.getbasetemp()))
    expected = {name: to_arrow(frame, TABLES[name]) for name, frame in frames.items()} | marts_of(frames)
    with postgres.connect() as connection:
        connection.exec_driver_sql("create schema awkward")
        connection.exec_driver_sql("set search_path to awkward")
        fill(connection, frames)
        found = {name: warehouse.read(connection, table) for name, table in TABLES.items()}
        connection.rollback()
    assert [name for name in MARTS if empty_columns(expected[name])] == []
    assert [name for name in TABLES if not found[name].equals(expected[name])] == []
    directions = {row["direction"] for row in rows_of(expected["maturity_change"])}
    assert directions == {"rose", "fell", "unchanged"}
    amounts = [row["digital_funding_gbp"] or 0 for row in rows_of(expected["trust_profile"])]
    assert any(amount > BEYOND_FLOAT and amount != int(float(amount)) for amount in amounts)


@every("name", [name for name in MARTS if not warehouse.computed(name)])
def test_a_mart_neither_divides_nor_rounds_without_a_cast(name: str) -> None:
    sql = re.sub(r"--.*|'[^']*'", "", warehouse.mart_sql(name)).lower()
    assert not re.findall(r"\bround\s*\(|\bavg\s*\(|//|\bdiv\b", sql)
    for operand in re.findall(r"/\s*(\w+)", sql):
        assert operand in {"cast", "nullif"}


@every("name", TABLES)
def test_a_table_in_postgresql_has_its_key_and_comments(created: sa.Inspector, name: str) -> None:
    assert created.get_pk_constraint(name)["constrained_columns"] == key_of(TABLES[name])
    comments = {column["name"]: column["comment"] for column in created.get_columns(name)}
    assert comments == {column.name: column.comment for column in TABLES[name].columns}
    assert created.get_table_comment(name)["text"] == TABLES[name].comment


def test_a_doubled_key_is_refused_by_both_databases(postgres: sa.Engine, tables: dict[str, pa.Table]) -> None:
    table = METADATA.tables["caveat"]
    doubled = pa.concat_tables([tables["caveat"], tables["caveat"].slice(0, 1)])
    engine = warehouse.duckdb_engine(Path(":memory:"))
    for each in (engine, postgres):
        with each.connect() as connection:
            if each is postgres:
                connection.exec_driver_sql("create schema doubled")
                connection.exec_driver_sql("set search_path to doubled")
            table.create(connection)
            with pytest.raises((sa.exc.DBAPIError, psycopg.Error), match=r"(?i)duplicate key"):
                warehouse.insert(connection, table, doubled)
            connection.rollback()
    engine.dispose()


def test_a_code_that_looks_like_a_number_stays_text_in_both_databases(postgres: sa.Engine) -> None:
    table = METADATA.tables["unmatched_organisation"]
    row = dict.fromkeys((column.name for column in table.columns), "5E1") | {
        "resolve_on": pd.Timestamp("2016-02-29").date(),
        "facts": 2**31 - 1,
    }
    frame = {table.name: pd.DataFrame([row])}
    engine = warehouse.duckdb_engine(Path(":memory:"))
    for each in (engine, postgres):
        with each.connect() as connection:
            if each is postgres:
                connection.exec_driver_sql("create schema codes")
                connection.exec_driver_sql("set search_path to codes")
            table.create(connection)
            warehouse.load(connection, frame)
            assert list(rows_of(warehouse.read(connection, table))) == [row]
            connection.rollback()
    engine.dispose()


def test_postgresql_is_read_whatever_it_is_set_to_and_however_long_a_text_is(postgres: sa.Engine) -> None:
    table = METADATA.tables["unmatched_organisation"]
    row = dict.fromkeys((column.name for column in table.columns), "long " * 600_000) | {
        **dict.fromkeys(key_of(table), "short"),
        "resolve_on": pd.Timestamp("2016-02-29").date(),
        "facts": 1,
    }
    with postgres.connect() as connection:
        connection.exec_driver_sql("create schema settings; set search_path to settings")
        connection.exec_driver_sql("set datestyle to 'SQL, DMY'; set extra_float_digits to 0")
        table.create(connection)
        warehouse.load(connection, {table.name: pd.DataFrame([row])})
        assert list(rows_of(warehouse.read(connection, table))) == [row]
        connection.rollback()
