"""Dagster's history while a run is at work: SQLite keeps its log until the run is over, and no longer."""

import sqlite3
from contextlib import closing
from pathlib import Path

from pipelines.kept_open import INDEX, kept_open


def test_the_log_of_the_history_is_written_back_once_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "history" / "runs" / "index.db"
    path.parent.mkdir(parents=True)
    log = path.with_name("index.db-wal")

    def store(statement: str) -> None:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(statement)
            connection.commit()

    store("pragma journal_mode = wal")
    store("create table events (number integer)")
    assert not log.exists()
    with kept_open(str(tmp_path), INDEX):
        store("insert into events values (1)")
        assert log.exists()
    assert not log.exists()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("select number from events").fetchall() == [(1,)]


def test_a_history_that_is_kept_elsewhere_is_not_made_here(tmp_path: Path) -> None:
    with kept_open(str(tmp_path), INDEX):
        pass
    assert not list(tmp_path.iterdir())
