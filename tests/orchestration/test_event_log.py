"""Dagster's history while a run is at work: one engine for each database, in the files that Dagster itself reads."""

from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy as sa
from dagster._core.storage.event_log.sqlite import sqlite_event_log

from pipelines.orchestration import event_log
from pipelines.orchestration.event_log import KeptOpenEventLogStorage
from pipelines.storage.home import Home


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


def _events(instance: dg.DagsterInstance) -> list[str]:
    """Run the asset and return what the history holds of it."""
    result = dg.materialize([numbers], instance=instance)
    return [
        entry.dagster_event_type.value for entry in instance.all_logs(result.run_id) if entry.dagster_event
    ]


def test_the_settings_of_a_home_name_the_event_log_and_it_is_closed_at_the_end(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.prepare_dagster()
    log = home.root / "dagster" / "history" / "runs" / "index.db-wal"
    with dg.DagsterInstance.get() as instance:
        assert isinstance(instance.event_log_storage, KeptOpenEventLogStorage)
        assert "STEP_SUCCESS" in _events(instance)
        assert log.exists()
    assert not log.exists()


def test_dagster_opens_each_database_once_or_twice(tmp_path: Path, engines: list[str]) -> None:
    home = Home(tmp_path / "home")
    home.prepare_dagster()
    (tmp_path / "usual").mkdir()
    with dg.DagsterInstance.local_temp(str(tmp_path / "usual")) as instance:
        usual = _events(instance)
        assert len(engines) > 20, (
            "Dagster keeps its history open itself: pipelines.orchestration.event_log can go"
        )
    engines.clear()
    with dg.DagsterInstance.get() as instance:
        assert _events(instance) == usual
        assert len(engines) < 8, engines  # of all runs and of this one, and one that asks for a table


def test_the_history_of_an_earlier_version_stays_and_dagster_reads_the_new_one(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    folder = home.root / "dagster"
    folder.mkdir(parents=True)
    (folder / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    with dg.DagsterInstance.from_config(str(folder)) as instance:
        old = dg.materialize([numbers], instance=instance).run_id
    home.prepare_dagster()
    with dg.DagsterInstance.get() as instance:
        assert isinstance(instance.event_log_storage, KeptOpenEventLogStorage)
        assert instance.all_logs(old)
        new = dg.materialize([numbers], instance=instance).run_id
        assert [run.run_id for run in instance.get_runs()] == [new, old]
    (folder / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    with dg.DagsterInstance.get() as instance:
        assert not isinstance(instance.event_log_storage, KeptOpenEventLogStorage)
        assert instance.all_logs(new)


def test_few_databases_stay_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_log, "KEPT", 2)
    home = Home(tmp_path / "home")
    home.prepare_dagster()
    with dg.DagsterInstance.get() as instance:
        runs = [dg.materialize([numbers], instance=instance).run_id for _ in range(event_log.KEPT + 2)]
        storage = instance.event_log_storage
        assert isinstance(storage, KeptOpenEventLogStorage)
        assert len(storage._engines) <= event_log.KEPT
        assert all(instance.all_logs(run) for run in runs)
        instance.wipe()
        assert instance.get_runs() == []
        assert "STEP_SUCCESS" in _events(instance)
