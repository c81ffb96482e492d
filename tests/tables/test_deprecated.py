"""A renamed table stays readable under its former name, in each database, for one release."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from assets.catalogue import published
from assets.tables.deprecated import DEPRECATED, Deprecated, view
from pipelines.integration import warehouse
from pipelines.integration.frames import frame
from pipelines.publishing import sqlite
from pipelines.storage.parquet import to_arrow

TABLES = published().tables
RENAMED = Deprecated("warning", "caveat", "0.2.0", {"warning": "caveat", "table_name": "table_name"})
ROW = {"source": "dma", "caveat": "a", "table_name": "b", "measure": "", "text": "c"}


@pytest.fixture
def renamed(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (warehouse, sqlite):
        monkeypatch.setattr(module, "DEPRECATED", (RENAMED,))


def test_the_view_shows_the_rows_under_the_former_names_in_duckdb(renamed: None, tmp_path: Path) -> None:
    engine = warehouse.duckdb_engine(tmp_path / "a.duckdb")
    with engine.begin() as connection:
        warehouse.create(connection, [TABLES["caveat"]])
        warehouse.load(connection, {"caveat": frame("caveat", [ROW])})
        warehouse.create_views(connection, ["caveat"])
        found = connection.exec_driver_sql("select warning, table_name from warning").fetchall()
        said = connection.exec_driver_sql("select comment from duckdb_views() where view_name = 'warning'")
        assert said.scalar() == "Deprecated since version 0.2.0 and gone in the next: use caveat."
    engine.dispose()
    assert found == [("a", "b")]


def test_the_view_is_in_sqlite_too(renamed: None, tmp_path: Path) -> None:
    rows = {
        name: to_arrow(frame(name, [ROW] if name == "caveat" else []), table)
        for name, table in TABLES.items()
    }
    sqlite.write_sqlite(TABLES, rows, tmp_path / "a.sqlite")
    with closing(sqlite3.connect(tmp_path / "a.sqlite")) as connection:
        assert connection.execute("select warning, table_name from warning").fetchall() == [("a", "b")]


def test_a_view_on_a_column_that_is_gone_is_refused() -> None:
    gone = Deprecated("warning", "caveat", "0.2.0", {"warning": "sentence"})
    with pytest.raises(ValueError, match=r"expected columns of caveat, found sentence; correct"):
        view(gone, TABLES["caveat"])


def test_a_table_with_the_same_columns_needs_only_its_name() -> None:
    same = sa.Table("today", sa.MetaData(), sa.Column("a", sa.Text))
    assert (
        view(Deprecated("then", "today", "0.2.0"), same)
        == 'CREATE VIEW "then" AS SELECT "a" AS "a" FROM "today"'
    )


def test_no_table_disappears_without_a_view() -> None:
    """`published.txt` holds the tables of the last version; a version that drops one says what replaces it."""
    before = Path(__file__).with_name("published.txt").read_text("utf-8").split()
    former = {one.name for one in DEPRECATED}
    assert set(before) - set(TABLES) <= former
    assert all(one.replacement in TABLES and one.name not in TABLES for one in DEPRECATED)
