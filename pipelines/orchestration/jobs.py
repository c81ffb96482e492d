"""The job, its schedule and its executor: one refresh at a time, whoever starts it."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING

import dagster as dg
from dagster._core.storage.tags import PARTITION_NAME_TAG  # noqa: PLC2701 - it has no public name

from assets.contract.errors import MachineError, shortened
from pipelines.orchestration.by_trust import BY_TRUST
from pipelines.orchestration.executors import refuse_idle
from pipelines.orchestration.run_history import forget_old, tidying
from pipelines.publishing.postgres import only_writer
from pipelines.storage import home_condition
from pipelines.storage.lock import exclusive, held_by
from pipelines.storage.retention import keep_of_environment, removals, remove

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition
    from dagster._core.execution.context.system import PlanOrchestrationContext
    from dagster._core.execution.plan.plan import ExecutionPlan

    from pipelines.storage.home import Home

REFRESH = "refresh"
"""Name of the main job; other runs make some of its tables."""
IN_PROGRESS = dg.RunsFilter(
    statuses=[dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
)


def refresh_job() -> UnresolvedAssetJobDefinition:
    """Return the main job: everything from the publishers to the release.

    Checks are not selected: they are reported where something was checked (`pipelines.orchestration.asset_checks`).
    """
    return dg.define_asset_job(
        REFRESH,
        selection=dg.AssetSelection.all()
        - dg.AssetSelection.all_asset_checks()
        - dg.AssetSelection.groups(BY_TRUST),
        description="Fetch, validate, join and publish: the main job.",
    )


def refresh_schedule(job: UnresolvedAssetJobDefinition, home: Home) -> dg.ScheduleDefinition:
    """Return the daily schedule, stopped until somebody starts it; it skips while a run holds the lock."""

    @dg.schedule(
        name="daily_refresh",
        job=job,
        cron_schedule="0 6 * * *",
        execution_timezone="Europe/London",
        default_status=dg.DefaultScheduleStatus.STOPPED,
        description="Every day at 06:00 London time. Stopped by default: start it where this machine should publish.",
    )
    def daily_refresh() -> dg.RunRequest | dg.SkipReason:
        holder = held_by(home.lock)
        if holder:
            return dg.SkipReason(f"Another run is at work ({holder}).")
        return dg.RunRequest(run_key=None, tags={"started_by": "schedule"})

    return daily_refresh


def one_at_a_time(inner: dg.ExecutorDefinition, home: Home) -> dg.ExecutorDefinition:
    """Return `inner` holding the product's lock for as long as the run works.

    The lock is the operating system's: a killed run frees it at once, though Dagster still believes that the run is at
    work. Whoever gets the lock next marks such runs as failed. A run of one partition keeps nothing but parsed files, so
    it is only alone with its partition: those of a backfill work side by side, and beside a refresh.
    """

    def create(context: dg.InitExecutorContext) -> dg.Executor:
        executor = inner.executor_creation_fn(context)  # type: ignore[misc]
        work = executor.execute

        def alone(plan_context: PlanOrchestrationContext, plan: ExecutionPlan) -> Iterator[dg.DagsterEvent]:
            with _alone(plan_context, home) as errors:
                refuse_idle(executor)
                for event in work(plan_context, plan):
                    if event.is_step_failure:
                        errors.append(_sentence(event))
                    yield event

        executor.execute = alone  # type: ignore[method-assign]  # some executors look for an executor of their own class
        return executor

    return dg.ExecutorDefinition(
        name=f"one_at_a_time_{inner.name}",
        config_schema=inner.config_schema,  # type: ignore[arg-type]  # with the settings it has been given
        requirements=inner._requirements_fn,  # noqa: SLF001 - what the executor inside needs, this one needs
        executor_creation_fn=create,
    )


def _sentence(event: dg.DagsterEvent) -> str:
    """Return the message of what made a step fail, or the name of its class where there is none."""
    error = event.step_failure_data.error
    message = (error.cause or error).message if error else "a step failed"
    return shortened(message.partition(": ")[2] or message)


@contextmanager
def _alone(context: PlanOrchestrationContext, home: Home) -> Iterator[list[str]]:
    """Be the only run of a home, or of one partition; yield a list for the sentences of steps that fail."""
    partition = context.dagster_run.tags.get(PARTITION_NAME_TAG, "")
    holder = f"Dagster run {context.run_id[:8]}"
    with ExitStack() as held:
        held.enter_context(exclusive(home.lock_of(partition), holder))
        if not partition:
            held.enter_context(only_writer(holder))
        _bury_the_dead(context.instance, context.run_id, partition)
        keep = keep_of_environment()
        errors: list[str] = []
        whole = context.dagster_run.job_name == REFRESH and not context.dagster_run.asset_selection
        with _recorded(home, errors) if whole else nullcontext():
            yield errors
        if any(keep) and not partition:
            with tidying(home):
                for removal in removals(home, *keep):
                    remove(home, removal)
                forget_old(context.instance)


@contextmanager
def _recorded(home: Home, errors: list[str]) -> Iterator[None]:
    """Store when a run began and ended, and why it failed, for `digital-maturity sources --strict`."""
    began_at = home_condition.now()
    home_condition.record_run(home, began_at, ended=False)
    try:
        yield
    except BaseException as error:
        name = type(error).__name__
        if name in errors:  # the step that was at work said no more than this
            errors.remove(name)
        unnamed = name if isinstance(error, Exception) else "it was interrupted"
        errors.append(shortened(str(error)) or unnamed)
        with suppress(MachineError):  # what ended the run says more
            home_condition.record_run(home, began_at, ended=True, error="; ".join(errors))
        raise
    home_condition.record_run(home, began_at, ended=True, error="; ".join(errors))


def _bury_the_dead(instance: dg.DagsterInstance, run_id: str, partition: str) -> None:
    """Mark runs as failed that hold no lock and yet are said to be at work: their process is gone."""
    for run in instance.get_runs(IN_PROGRESS):
        if run.run_id != run_id and run.tags.get(PARTITION_NAME_TAG, "") == partition:
            instance.report_run_failed(
                run, "The process of this run is gone: it held no lock when the next run began."
            )
