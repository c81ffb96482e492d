"""Sensors: a message for a run that failed, and one for each source that became stale."""

from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest
from small_release import released
from tiny_source import GOOD, Tiny, arrive

from assets.catalogue import sources
from pipelines.definitions import build_defs
from pipelines.orchestration import notification, refresh_steps
from pipelines.orchestration.notification import NotificationError
from pipelines.orchestration.sensors import sensors
from pipelines.storage import home_condition
from pipelines.storage.home import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    return Tiny(tmp_path / "log")


def tick(sensor: dg.SensorDefinition, instance: dg.DagsterInstance, cursor: str = "") -> str:
    """Have a sensor tick; return its cursor."""
    context = dg.build_sensor_context(instance=instance, cursor=cursor)
    sensor(context)
    return context.cursor or ""


def test_a_source_is_reported_once_when_it_becomes_stale(home: Home, tiny: Tiny) -> None:
    arrive(home, GOOD)
    source = replace(tiny.source, max_age_days=1)
    refresh_steps.stage(source, sources(), home)
    sent: list[str] = []
    stale = sensors({"tiny": source}, home, sent.append)[1]
    with dg.DagsterInstance.ephemeral() as instance:
        home.write_status("tiny", {"status": "fresh", "last_success": "2999-01-01T00:00:00+00:00"})
        cursor = tick(stale, instance)
        assert sent == []
        home.write_status("tiny", {"status": "fresh", "last_success": "2001-01-01T00:00:00+00:00"})
        cursor = tick(stale, instance, cursor)
        assert len(sent) == 1
        assert sent[0].startswith("Stale: tiny\n\nStale: tiny: the publisher answered last on 2001-01-01")
        cursor = tick(stale, instance, cursor)
        assert len(sent) == 1
        home.write_status("tiny", {"status": "fresh", "last_success": "2999-01-01T00:00:00+00:00"})
        cursor = tick(stale, instance, cursor)
        home.write_status("tiny", {"status": "failed", "why": "gone"})
        tick(stale, instance, cursor)
        assert len(sent) == 2


def test_a_refused_source_a_damaged_release_and_growth_are_reported_once(
    home: Home, tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrive(home, b"<!doctype html><title>Log in</title>")
    refresh_steps.stage(tiny.source, sources(), home)
    folder = released(home.root, "20260101T060000Z")
    sent: list[str] = []
    _, refused, condition = sensors({"tiny": tiny.source}, home, sent.append)
    with dg.DagsterInstance.ephemeral() as instance:
        cursor = tick(refused, instance)
        assert sent.pop().startswith("Refused: tiny\n\nRefused: tiny: ")
        tick(refused, instance, cursor)
        cursor = tick(condition, instance)
        assert sent == []
        (folder / "index.html").unlink()
        monkeypatch.setenv(home_condition.MOST, "0.000001")
        cursor = tick(condition, instance, cursor)
        assert sent[0].startswith("Damaged release, Growth\n\nDamaged release: release 20260101T060000Z")
        tick(condition, instance, cursor)
    assert len(sent) == 1


def test_a_run_that_failed_is_reported_with_its_reason(home: Home, tiny: Tiny) -> None:
    sent: list[str] = []

    @dg.op
    def broken() -> None:
        raise ValueError("an artificial reason")

    @dg.job
    def artificial() -> None:
        broken()

    failed = sensors({"tiny": tiny.source}, home, sent.append)[0]
    with dg.DagsterInstance.ephemeral() as instance:
        result = artificial.execute_in_process(instance=instance, raise_on_error=False)
        event = next(event for event in result.all_events if event.is_job_failure)
        run = instance.get_run_by_id(result.run_id)
        assert run is not None
        context = dg.build_run_status_sensor_context(
            sensor_name=failed.name, dagster_instance=instance, dagster_run=run, dagster_event=event
        ).for_run_failure()
        failed(context)
    assert len(sent) == 1
    assert sent[0].startswith(f"Run {result.run_id[:8]} of artificial failed\n\n")
    assert "an artificial reason" in sent[0]


def test_sensors_are_on_from_the_start_only_where_messages_can_be_sent(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def states() -> set[dg.DefaultSensorStatus]:
        return {sensor.default_status for sensor in build_defs(home=home).sensors or []}  # type: ignore[union-attr]

    monkeypatch.delenv(notification.VARIABLE, raising=False)
    assert states() == {dg.DefaultSensorStatus.STOPPED}
    monkeypatch.setenv(notification.VARIABLE, "cat")
    assert states() == {dg.DefaultSensorStatus.RUNNING}


def test_a_message_goes_to_the_command_that_the_environment_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a mailbox"
    monkeypatch.setenv(notification.VARIABLE, f"tee '{path}'")
    send = notification.named()
    assert send is not None
    send("Stale: dma\n\nan artificial reason")
    assert path.read_text() == "Stale: dma\n\nan artificial reason\n"


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("false", "exit code 1"),
        ("a-command-that-nobody-has", "No such file"),
        ("cat 'unfinished", "No closing quotation"),
    ],
)
def test_a_command_that_sends_nothing_is_an_error_of_one_sentence(
    monkeypatch: pytest.MonkeyPatch, command: str, found: str
) -> None:
    monkeypatch.setenv(notification.VARIABLE, command)
    with pytest.raises(NotificationError, match=found):
        notification.send("an artificial message")
