"""Sensors: a message where a run failed, a source became stale or refused, or something is wrong with the home.

Sensors tick only while Dagster's daemon is at work: under `digital-maturity ui`, or `dagster-daemon run`. They are on
from the start where somebody said how to send messages (`pipelines.orchestration.notification`), else they are off.
"""

import json
from collections.abc import Callable, Mapping

import dagster as dg

from assets.contract.source import Source
from pipelines.orchestration.notification import VARIABLE, Notify
from pipelines.staging import source_status, staged_tables
from pipelines.storage.home import Home
from pipelines.storage.home_condition import condition

HOURLY = 3600
NO_WAY = f"Nobody said how to send messages: name a command in {VARIABLE}."


def sensors(found: Mapping[str, Source], home: Home, notify: Notify | None) -> list[dg.SensorDefinition]:
    """Return the sensors of a home, which send their messages by `notify`."""
    return [
        _failed_run(notify),
        _changed("stale_sources", "source that became stale or refused", lambda: unwell(found, home), notify),
        _changed(
            "home_condition",
            "damage of the latest release and growth of the home",
            lambda: problems(home),
            notify,
        ),
    ]


def _status(notify: Notify | None) -> dg.DefaultSensorStatus:
    return dg.DefaultSensorStatus.RUNNING if notify else dg.DefaultSensorStatus.STOPPED


def _failed_run(notify: Notify | None) -> dg.SensorDefinition:
    @dg.run_failure_sensor(
        name="failed_run",
        default_status=_status(notify),
        description=f"Sends a message for each run that failed, by the command in {VARIABLE}.",
    )
    def failed_run(context: dg.RunFailureSensorContext) -> dg.SkipReason | None:
        if notify is None:
            return dg.SkipReason(NO_WAY)
        run = context.dagster_run
        errors = [event.step_failure_data.error for event in context.get_step_failure_events()]
        reasons = [(error.cause or error).message.strip() for error in errors if error]
        reason = "\n".join(reasons) or context.failure_event.message or "Dagster says no reason."
        notify(f"Run {run.run_id[:8]} of {run.job_name} failed\n\n{reason}")
        return None

    return failed_run


def _changed(
    name: str, what: str, found: Callable[[], Mapping[str, str]], notify: Notify | None
) -> dg.SensorDefinition:
    """Return a sensor that sends a message for each sentence, by what it is about, that was not there at its last tick."""

    @dg.sensor(
        name=name,
        minimum_interval_seconds=HOURLY,
        default_status=_status(notify),
        description=f"Sends a message for each {what}, by the command in {VARIABLE}.",
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        if notify is None:
            return dg.SkipReason(NO_WAY)
        now = found()
        known = json.loads(context.cursor or "[]")
        new = {about: sentence for about, sentence in now.items() if about not in known}
        if new:
            lines = "\n".join(f"{about}: {sentence}" for about, sentence in new.items())
            notify(f"{', '.join(new)}\n\n{lines}")
        context.update_cursor(json.dumps(sorted(now)))
        return dg.SkipReason(f"{', '.join(now) or 'Nothing to report'}.")

    return sensor


def unwell(found: Mapping[str, Source], home: Home) -> dict[str, str]:
    """Return why sources are stale or refused: by what their publishers answered last, how long ago that is, and their files."""
    home.pull("status")
    states = {}
    for name, source in found.items():
        manifest = staged_tables.held(source, home)
        if manifest is not None:
            states[name] = source_status.live(source, manifest, home)
    return {
        f"{status.capitalize()}: {name}": why
        for name, (status, why) in states.items()
        if status in source_status.BAD
    }


def problems(home: Home) -> dict[str, str]:
    """Return the problems of a home, except a failed run, which `failed_run` reports."""
    found = condition(home).problems
    return {
        name.replace("_", " ").capitalize(): one["why"] for name, one in found.items() if name != "failed_run"
    }
