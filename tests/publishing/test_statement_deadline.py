"""A PostgreSQL server that stops answering: the run gives up on it after a while and says so."""

import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
import sqlalchemy as sa
from few_sources import few_catalogue, few_home
from servers import postgresql

from pipelines.integration import warehouse
from pipelines.publishing import postgres, statement_deadline
from pipelines.publishing.postgres import LIVE, LOCK, RELEASE, VARIABLE, WarehouseError


@pytest.fixture(scope="module")
def server() -> Iterator[sa.Engine]:
    with postgresql() as url:
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with engine.begin() as connection:
            connection.exec_driver_sql(f"create schema {LIVE}")
            RELEASE.create(connection)
        yield engine


@pytest.fixture(autouse=True)
def named(server: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, server.url.render_as_string(hide_password=False))
    monkeypatch.setattr(statement_deadline, "PATIENCE", 2)


def test_a_statement_that_is_never_answered_is_given_up_in_a_sentence(
    server: sa.Engine, tmp_path: Path
) -> None:
    with server.begin() as other:
        other.exec_driver_sql(f"lock table {LIVE}.{RELEASE.name} in access exclusive mode")
        with pytest.raises(
            WarehouseError, match=r"found no answer within 2 s; the release is published as files"
        ):
            postgres.serve(tmp_path, {})


def test_the_lock_of_a_run_may_be_idle_for_as_long_as_the_run_takes(server: sa.Engine) -> None:
    with postgres.only_writer("run"):
        time.sleep(1.5 * statement_deadline.PATIENCE)
        with server.connect() as other:
            assert not other.scalar(sa.text(f"select pg_try_advisory_lock({LOCK})"))
    with server.connect() as other:
        assert other.scalar(sa.text(f"select pg_try_advisory_lock({LOCK})"))


def test_each_table_that_is_copied_has_the_time_of_a_statement(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = few_home(tmp_path_factory.getbasetemp()).latest.resolve()
    few = {name: few_catalogue().tables[name] for name in ("caveat", "organisation", "source_status")}
    copy = warehouse.insert

    def slowly(connection: sa.Connection, table: sa.Table, rows: pa.Table) -> None:
        time.sleep(0.4 * statement_deadline.PATIENCE)
        copy(connection, table, rows)

    monkeypatch.setattr(warehouse, "insert", slowly)
    assert postgres.serve(release, few) == ""


def test_each_table_that_is_read_has_the_time_of_a_statement(server: sa.Engine) -> None:
    with postgres._connected(server.url, "reading") as connection:
        connection.exec_driver_sql("create schema reading; set local search_path to reading")
        warehouse.create(connection, [few_catalogue().tables["caveat"]])
        for _ in range(3):
            time.sleep(0.4 * statement_deadline.PATIENCE)
            assert warehouse.read(connection, few_catalogue().tables["caveat"]).num_rows == 0
