"""Dagster's history while a run is at work: one engine for each database, and none is left open afterwards."""

from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import pytest
import sqlalchemy as sa
from dagster._core.storage.event_log.sqlite import sqlite_event_log

from pipelines.orchestration import event_log as kept_open_module
from pipelines.orchestration.event_log import kept_open


@dg.asset
def numbers() -> None:
    """Nothing: its events are what is counted."""


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the databases of events that Dagster itself makes an engine for, one entry for each time it does."""
    made: list[str] = []
    create = sa.create_engine

    def counted(address: str, **settings: object) -> sa.Engine:
        made.append(Path(address).stem)
        return create(address, **settings)

    monkeypatch.setattr(sqlite_event_log, "create_engine", counted)
    return made


def _instance(folder: Path) -> dg.DagsterInstance:
    return dg.DagsterInstance.local_temp(
        str(folder), overrides={"telemetry": {"enabled": False}, "nux": {"enabled": False}}
    )


def _events(instance: dg.DagsterInstance) -> list[str]:
    """Run the asset and return what the history tells of it."""
    result = dg.materialize([numbers], instance=instance)
    return [
        str(entry.dagster_event_type) for entry in instance.all_logs(result.run_id) if entry.dagster_event
    ]


def test_dagster_opens_each_database_once_or_twice(tmp_path: Path, engines: list[str]) -> None:
    with _instance(tmp_path) as instance:
        told = _events(instance)
        opened = len(engines)
        engines.clear()
        with kept_open(instance), kept_open(instance):
            assert _events(instance) == told
        assert opened > 20, "Dagster keeps its history open itself: pipelines.orchestration.event_log can go"
        assert len(engines) < 5, engines  # of all runs and of this one, and one that asks for a table
        assert _events(instance) == told  # and as it was before


def test_the_log_of_the_history_is_written_back_at_the_end(tmp_path: Path) -> None:
    log = tmp_path / "history" / "runs" / "index.db-wal"
    with _instance(tmp_path) as instance:
        with kept_open(instance):
            _events(instance)
            assert log.exists()
        assert not log.exists()
        assert instance.get_latest_materialization_event(numbers.key) is not None


def test_a_history_that_is_kept_elsewhere_is_left_alone() -> None:
    with dg.DagsterInstance.ephemeral() as instance, kept_open(instance):
        assert "STEP_SUCCESS" in " ".join(_events(instance))


def test_a_dagster_without_the_method_that_is_replaced_runs_as_it_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kept_open_module, "SqliteEventLogStorage", SimpleNamespace)
    with dg.DagsterInstance.ephemeral() as instance:
        for missing in ("_connect", "_db_lock"):
            storage = SimpleNamespace(_connect=lambda _: None, _db_lock=None)
            delattr(storage, missing)
            before = dict(vars(storage))
            with monkeypatch.context() as patch:  # the instance closes its own storage afterwards
                patch.setattr(instance, "_event_storage", storage)
                with kept_open(instance):
                    assert vars(storage) == before
