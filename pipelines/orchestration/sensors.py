"""Sensors: a message where a run failed, and where a source became stale.

Sensors tick only while Dagster's daemon is at work: under `digital-maturity ui`, or `dagster-daemon run`. They are on
from the start where somebody said how to send messages (`pipelines.orchestration.notification`), else they are off.
"""

import json
from collections.abc import Mapping

import dagster as dg

from assets.contract.source import Source
from pipelines.orchestration.notification import VARIABLE, Notify
from pipelines.staging import source_status, staged_tables
from pipelines.storage.home import Home

HOURLY = 3600
NO_WAY = f"Nobody said how to send messages: name a command in {VARIABLE}."


def sensors(found: Mapping[str, Source], home: Home, notify: Notify | None) -> list[dg.SensorDefinition]:
    """Return the sensors of a home, which send their messages by `notify`."""
    return [_failed_run(notify), _stale_sources(found, home, notify)]


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


def _stale_sources(found: Mapping[str, Source], home: Home, notify: Notify | None) -> dg.SensorDefinition:
    @dg.sensor(
        name="stale_sources",
        minimum_interval_seconds=HOURLY,
        default_status=_status(notify),
        description=f"Sends a message for each source that became stale, by the command in {VARIABLE}.",
    )
    def stale_sources(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        if notify is None:
            return dg.SkipReason(NO_WAY)
        stale = stale_now(found, home)
        known = json.loads(context.cursor or "[]")
        new = {name: reason for name, reason in stale.items() if name not in known}
        if new:
            lines = "\n".join(f"{name}: {reason}" for name, reason in new.items())
            notify(f"Stale: {', '.join(new)}\n\n{lines}")
        context.update_cursor(json.dumps(sorted(stale)))
        return dg.SkipReason(f"Stale: {', '.join(stale) or 'no source'}.")

    return stale_sources


def stale_now(found: Mapping[str, Source], home: Home) -> dict[str, str]:
    """Return why sources are stale, by name: by what their publishers answered last, and by how long ago that is."""
    home.pull("status")
    states = {}
    for name, source in found.items():
        manifest = staged_tables.held(source, home)
        if manifest is not None:
            states[name] = source_status.live(source, manifest, home)
    return {name: reason for name, (status, reason) in states.items() if status == "stale"}
