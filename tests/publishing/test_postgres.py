"""A warehouse on a real PostgreSQL: the tables of one release, and readers who never see less.

The release is a small one; tests/integration/test_warehouse.py shows that PostgreSQL takes every table of a whole one.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
import sqlalchemy as sa
from few_sources import few_catalogue, few_home, publish_few
from releases import copy_of, rows_of
from servers import postgresql

from assets.catalogue import Catalogue
from assets.contract.errors import BusyError
from assets.tables.deprecated import Deprecated
from pipelines.integration import warehouse
from pipelines.integration.warehouse import tables_read
from pipelines.orchestration import refresh_steps
from pipelines.publishing import postgres
from pipelines.publishing.postgres import LIVE, READER, VARIABLE, WarehouseError
from pipelines.storage.parquet import read_parquet, write_parquet

TABLES = few_catalogue().tables
PAGE = (Path(__file__).parents[2] / "docs/postgresql.md").read_text("utf-8")
ROLES, QUESTION = re.findall(r"```sql\n(.+?)```", PAGE, re.DOTALL)
WRITER = "digital_maturity_writer"
FEW = {name: TABLES[name] for name in ("caveat", "organisation", "source_status")}
MART = {
    name: TABLES[name]
    for name in TABLES
    if name in {"maturity_change", *tables_read("maturity_change"), *FEW}
}
"""A mart and what it is made of: tests of how tables arrive need no more."""


@pytest.fixture(scope="module")
def server() -> Iterator[sa.URL]:
    with postgresql() as url:
        yield url


@pytest.fixture
def url(server: sa.URL, monkeypatch: pytest.MonkeyPatch) -> Iterator[sa.URL]:
    """Return a server set up as the page says, for the writer, and name it in the environment."""
    administrator = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with administrator.connect() as connection:
        for statement in re.sub(r"--.*", "", ROLES).split(";")[:-1]:
            connection.exec_driver_sql(statement)
    mine = server.set(username=WRITER, database="digital_maturity")
    monkeypatch.setenv(VARIABLE, mine.render_as_string(hide_password=False))
    yield mine
    with administrator.connect() as connection:
        connection.exec_driver_sql("drop database digital_maturity with (force)")
        connection.exec_driver_sql(f"drop role analyst; drop role {READER}; drop role {WRITER}")


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return few_home(tmp_path_factory.getbasetemp()).latest.resolve()


@pytest.fixture
def second(first: Path, tmp_path: Path) -> Path:
    """Return another release: the first under another name, with one more caveat."""
    folder = tmp_path / "20990101T000000Z"
    shutil.copytree(first / "parquet", folder / "parquet")
    path = folder / "parquet" / "caveat.parquet"
    rows = read_parquet(path)
    one = rows.slice(0, 1).to_pylist()[0]
    more = pa.Table.from_pylist([{**one, "caveat": "zz_artificial"}], schema=rows.schema)
    write_parquet(pa.concat_tables([rows, more]), path)
    return folder


def engine(url: sa.URL, **options: str) -> sa.Engine:
    return sa.create_engine(url, poolclass=sa.NullPool, **options)  # type: ignore[call-overload, no-any-return]


def count(connection: sa.Connection, table: str) -> int:
    return int(connection.scalar(sa.text(f"select count(*) from {LIVE}.{table}")) or 0)


def test_every_table_that_a_reader_sees_equals_the_release(url: sa.URL, first: Path) -> None:
    assert postgres.serve(first, TABLES) == ""
    with engine(url.set(username="analyst")).connect() as reader:
        reader.exec_driver_sql(f"set search_path to {LIVE}")
        for name, table in TABLES.items():
            expected = read_parquet(first / "parquet" / f"{name}.parquet")
            assert list(rows_of(warehouse.read(reader, table))) == list(rows_of(expected))
        assert reader.exec_driver_sql(QUESTION.strip().rstrip(";")).fetchall()
        with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
            reader.exec_driver_sql(f"delete from {LIVE}.caveat")


def test_a_release_that_is_served_already_is_not_written_again(url: sa.URL, first: Path) -> None:
    postgres.serve(first, FEW)
    with engine(url).connect() as connection:
        written = connection.scalar(sa.text(f"select max(xmin::text::bigint) from {LIVE}.caveat"))
        assert postgres.serve(first, FEW) == ""
        assert connection.scalar(sa.text(f"select max(xmin::text::bigint) from {LIVE}.caveat")) == written


def test_a_renamed_table_is_a_view_until_the_next_version(
    url: sa.URL, first: Path, second: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warehouse, "DEPRECATED", (Deprecated("warning", "caveat", "0.2.0"),))
    postgres.serve(first, FEW)
    with engine(url.set(username="analyst")).connect() as reader:
        assert count(reader, "warning") == count(reader, "caveat") > 0
    monkeypatch.setattr(warehouse, "DEPRECATED", ())
    with engine(url).begin() as owner:
        owner.exec_driver_sql(f"create view {LIVE}.mine as select * from {LIVE}.caveat")
    postgres.serve(second, FEW)
    with engine(url).connect() as connection:
        views = sa.inspect(connection).get_view_names(schema=LIVE)
    assert views == ["mine"]


def test_a_reader_keeps_the_release_it_began_with_and_the_next_one_reads_the_new(
    url: sa.URL, first: Path, second: Path
) -> None:
    postgres.serve(first, MART)
    with engine(url).begin() as owner:
        owner.exec_driver_sql("create schema mine")
        owner.exec_driver_sql(f"create view mine.caveats as select * from {LIVE}.caveat")
        owner.exec_driver_sql(f"grant select (text) on {LIVE}.caveat to public")
    analyst = engine(url.set(username="analyst"), isolation_level="REPEATABLE READ")
    with analyst.connect() as early:
        before = count(early, "caveat")
        assert postgres.serve(second, MART) == ""
        assert {count(early, name) for name in ("caveat", "maturity_change")} == {
            before,
            read_parquet(first / "parquet" / "maturity_change.parquet").num_rows,
        }
    with analyst.connect() as late:
        assert count(late, "caveat") == before + 1
        assert late.scalar(sa.text(f"select release from {LIVE}.warehouse_release")) == second.name
    with engine(url).begin() as owner:
        assert owner.scalar(sa.text("select count(*) from mine.caveats")) == before + 1
        assert owner.scalar(
            sa.text(f"select has_column_privilege('public', '{LIVE}.caveat', 'text', 'select')")
        )


def test_marts_that_differ_from_the_release_are_refused_and_the_tables_stay(
    url: sa.URL, first: Path, second: Path
) -> None:
    postgres.serve(first, MART)
    path = second / "parquet" / "maturity_change.parquet"
    rows = read_parquet(path)
    first_row, *others = rows.to_pylist()
    altered = [{**first_row, "org_name": "ARTIFICIAL NHS TRUST"}, *others]
    write_parquet(pa.Table.from_pylist(altered, schema=rows.schema), path)
    sentence = r"table maturity_change: expected the \d+ rows of the release, found others"
    with pytest.raises(WarehouseError, match=sentence):
        postgres.serve(second, MART)
    with engine(url).connect() as connection:
        assert connection.scalar(sa.text(f"select release from {LIVE}.warehouse_release")) == first.name
        assert count(connection, "caveat") == read_parquet(first / "parquet" / "caveat.parquet").num_rows


def test_tables_defined_otherwise_are_made_anew_and_comments_follow(
    url: sa.URL, first: Path, second: Path
) -> None:
    postgres.serve(first, MART)
    with engine(url).begin() as owner:
        owner.exec_driver_sql(f"alter table {LIVE}.caveat add column of_yesterday text")
        owner.exec_driver_sql(f"create table {LIVE}.published_no_longer (artificial text)")
        owner.exec_driver_sql(f"comment on column {LIVE}.maturity_change.org_code is 'of yesterday'")
    postgres.serve(second, MART)
    inspector = sa.inspect(engine(url))
    assert set(inspector.get_table_names(schema=LIVE)) == {*MART, "warehouse_release"}
    for name, table in MART.items():
        columns = {each["name"]: each["comment"] for each in inspector.get_columns(name, schema=LIVE)}
        assert columns == {column.name: column.comment for column in table.columns}
        assert inspector.get_table_comment(name, schema=LIVE)["text"] == table.comment
    assert not inspector.has_schema(postgres.ARRIVING)


def test_a_refresh_without_news_still_brings_the_warehouse_up_to_date(
    url: sa.URL, first: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = copy_of(few_home(tmp_path_factory.getbasetemp()), tmp_path / "home")
    assert publish_few(home).outcome == "unchanged"
    with engine(url).connect() as connection:
        assert connection.scalar(sa.text(f"select release from {LIVE}.warehouse_release")) == first.name


def test_one_run_at_a_time_writes_whatever_its_machine_and_a_killed_one_frees_the_lock(url: sa.URL) -> None:
    program = (
        "import sys; from pipelines.publishing.postgres import only_writer\n"
        "with only_writer('artificial run'): print('holds', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ
    )
    assert other.stdout
    assert other.stdout.readline() == b"holds\n"
    with pytest.raises(BusyError, match="digital-maturity artificial run"), postgres.only_writer("this run"):
        pytest.fail("two runs hold the lock")
    other.kill()
    other.communicate()
    deadline = time.monotonic() + 10
    while True:
        try:
            with postgres.only_writer("this run"):
                break
        except BusyError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


HARM = {
    "drop table {}.caveat": "table caveat: expected {} rows, found no table",
    "delete from {}.caveat where caveat = (select min(caveat) from {}.caveat)": "table caveat: expected {} rows, found ",
    "update {}.caveat set text = text || '.' where caveat = (select min(caveat) from {}.caveat)": "table caveat: other values or columns in its {} rows",
    "alter table {}.caveat rename column text to texts": "table caveat: other values or columns in its {} rows",
    "alter table {}.warehouse_release drop column contents": "an earlier version did not record what it wrote",
}


def test_f84_a_table_that_was_dropped_or_altered_on_the_server_is_written_again_and_said(
    url: sa.URL, first: Path
) -> None:
    rows = read_parquet(first / "parquet" / "caveat.parquet").num_rows
    assert postgres.serve(first, FEW) == ""
    for harm, words in HARM.items():
        with engine(url).begin() as owner:
            owner.exec_driver_sql(harm.format(LIVE, LIVE))
        repaired = postgres.serve(first, FEW)
        assert (
            f"could not be shown to hold release {first.name} as it was written ({words.format(rows)}"
            in repaired
        )
        with engine(url).connect() as connection:
            connection.exec_driver_sql(f"set search_path to {LIVE}")
            for name, table in FEW.items():
                expected = read_parquet(first / "parquet" / f"{name}.parquet")
                assert list(rows_of(warehouse.read(connection, table))) == list(rows_of(expected))
        assert postgres.serve(first, FEW) == ""


def test_settings_of_the_database_are_no_change_of_its_tables(url: sa.URL, first: Path) -> None:
    postgres.serve(first, FEW)
    with engine(url).begin() as owner:
        owner.exec_driver_sql(f'alter database "{url.database}" set datestyle to german')
    assert postgres.serve(first, FEW) == ""


def test_f83_with_the_server_away_the_files_are_published_first_and_the_next_run_serves_them(
    url: sa.URL, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = copy_of(few_home(tmp_path_factory.getbasetemp()), tmp_path / "home")
    few = Catalogue(few_catalogue().sources, FEW)
    away = [
        sa.make_url("postgresql+psycopg://someone:secret@127.0.0.1:9/nowhere"),
        url.set(database="no_such_database"),
        url.set(username="no_such_role"),
    ]
    for wrong in away:
        monkeypatch.setenv(VARIABLE, wrong.render_as_string(hide_password=False))
        (home.root / "status" / "run.json").unlink(missing_ok=True)
        with (
            postgres.only_writer("this run"),
            pytest.raises(
                WarehouseError,
                match=r"found .*; the release is published as files; correct that and refresh\.$",
            ),
        ):
            refresh_steps.publish_staged(few, home)
        assert home.read_status("run")["release"] == home.latest_name()
    monkeypatch.setenv(VARIABLE, url.render_as_string(hide_password=False))
    refresh_steps.publish_staged(few, home)
    with engine(url).connect() as connection:
        assert (
            connection.scalar(sa.text(f"select release from {LIVE}.warehouse_release")) == home.latest_name()
        )


@pytest.mark.parametrize(
    ("named", "reported"),
    [
        ("mysql://someone:secret@nowhere/x", "expected postgresql"),
        ("not an address, secret", "expected postgresql"),
        ("postgresql+psycopg://someone:secret@127.0.0.1:9/x", "expected to write its tables, found"),
    ],
)
def test_a_warehouse_that_cannot_be_opened_is_one_sentence_without_the_password(
    monkeypatch: pytest.MonkeyPatch, named: str, reported: str
) -> None:
    monkeypatch.setenv(VARIABLE, named)
    with pytest.raises(WarehouseError, match=reported) as caught:
        postgres.serve(Path("nowhere"), TABLES)
    assert "secret" not in str(caught.value)


def test_without_a_warehouse_nothing_is_asked_of_anybody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert postgres.serve(Path("nowhere"), TABLES) == ""
    with postgres.only_writer("this run"):
        pass
