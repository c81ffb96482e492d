"""One run of the main job from Python, as the schedule and the user interface run it, and why it failed."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import dagster as dg
from dagster._core.errors import DagsterExecutionInterruptedError  # noqa: PLC2701 - it has no public name

from assets.contract.errors import DigitalMaturityError
from pipelines.orchestration import executors
from pipelines.orchestration.run_history import opened
from pipelines.orchestration.run_progress import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dagster_shared.error import SerializableErrorInfo

    from pipelines.storage.home import Home

INTERRUPTS = {DagsterExecutionInterruptedError.__name__, KeyboardInterrupt.__name__}
FAULT = 70


class RunFailedError(DigitalMaturityError):
    """A run failed: the sentence of its first failed step, and the exit code of that error."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class StepFaultError(Exception):
    """A step failed with an exception outside the product's family: a bug. Its trace in the step is a note."""

    exit_code = FAULT


def run(
    job: Callable[[], dg.JobDefinition], home: Home, *, offline: bool, sources: Sequence[str]
) -> dict[str, Any]:
    """Run `job` on a home, showing its progress, and return the status of the run with the `seconds` of each step.

    Raises what `failure` returns where the run fails, and KeyboardInterrupt where Ctrl-C ended it.
    """
    config = {
        "ops": {"archive": {"config": {"offline": offline, "sources": list(sources)}}},
        "loggers": {"progress": {}},
    }
    here = executors.named() is dg.in_process_executor
    is_terminal = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    steps = len(job().graph.node_dict) if here and is_terminal else 0
    with opened(home) as instance, shown(steps):
        result = dg.execute_job(
            dg.reconstructable(job), instance, run_config=config, tags={"started_by": "command line"}
        )
    if not result.success:
        raise failure(result)
    seconds = {
        event.step_key: event.step_success_data.duration_ms / 1000
        for event in result.all_events
        if event.is_step_success
    }
    return {**home.read_status("run"), "seconds": seconds}


def failure(result: dg.ExecuteJobResult | dg.JobExecutionResult) -> BaseException:
    """Return why a run failed: KeyboardInterrupt after Ctrl-C, else the first of the errors with the highest exit code."""
    data = [event.event_specific_data for event in result.all_events if event.is_failure]
    errors = [error for error in (getattr(one, "error", None) for one in data) if error is not None]
    causes = [error.cause or error for error in errors]
    if any(cause.cls_name in INTERRUPTS for cause in causes):
        return KeyboardInterrupt()
    failures = [_rebuilt(cause) for cause in causes]
    return max(
        failures,
        key=lambda error: error.exit_code,
        default=StepFaultError("the run failed without an error; the Dagster user interface shows its steps"),
    )


def _rebuilt(cause: SerializableErrorInfo) -> RunFailedError | StepFaultError:
    """Return the error of a step. Of it the name of its class, its message and its trace came from the step's process."""
    codes = {cls.__name__: cls.exit_code for cls in _family(DigitalMaturityError)}
    if cause.cls_name in codes:
        return RunFailedError(cause.message.partition(": ")[2].strip(), codes[cause.cls_name])
    fault = StepFaultError(cause.message.strip())
    fault.add_note("".join(cause.stack))
    return fault


def _family(error: type[DigitalMaturityError]) -> Iterator[type[DigitalMaturityError]]:
    """Yield a class of errors and everything that derives from it."""
    yield error
    for cls in error.__subclasses__():
        yield from _family(cls)
