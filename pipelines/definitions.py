"""The Dagster code location: what `workspace.yaml` loads.

`build_defs(**overrides)` returns a fresh `Definitions`, so that tests swap the home, the sources, the fetcher or the
executor. Modules of this package that import Dagster only wire: the work is in plain functions.
"""

from collections.abc import Callable, Mapping

import dagster as dg

from assets.catalogue import sources
from assets.contract.source import Source
from pipelines.fetching.client import Fetcher
from pipelines.integration.background_checks import BackgroundChecks
from pipelines.orchestration import executors, notification
from pipelines.orchestration.archive_assets import archive_assets
from pipelines.orchestration.by_trust import by_trust_job, trust_asset
from pipelines.orchestration.jobs import one_at_a_time, progress, refresh_job, refresh_schedule
from pipelines.orchestration.notification import Notify
from pipelines.orchestration.sensors import sensors
from pipelines.orchestration.source_assets import source_assets
from pipelines.orchestration.table_assets import table_assets
from pipelines.storage.home import Home


def build_defs(
    *,
    home: Home | None = None,
    found: Mapping[str, Source] | None = None,
    fetcher: Callable[[], Fetcher] = Fetcher,
    executor: dg.ExecutorDefinition | None = None,
    notify: Notify | None = None,
) -> dg.Definitions:
    """Return the definitions: archive, a candidate and a staged table per source, the tables and the release.

    Steps run where `executor` runs them, else where the environment says (`pipelines.orchestration.executors`). Sensors
    send messages by `notify`, else by the command in the environment (`pipelines.orchestration.notification`).
    """
    home = home or Home.default()
    found = found or sources()
    job = refresh_job()
    by_trust = [source for source in found.values() if source.by_trust]
    executor = executor or executors.named()
    in_one_process = executor is dg.in_process_executor and home.store is None
    ahead = BackgroundChecks(home) if in_one_process else None
    return dg.Definitions(
        assets=[
            archive_assets(found, home, fetcher, ahead),
            *(source_assets(source, home, ahead) for source in found.values()),
            *(trust_asset(source, home) for source in by_trust),
            *table_assets(found, home),
        ],
        jobs=[job, *(by_trust_job(source.name) for source in by_trust)],
        schedules=[refresh_schedule(job, home)],
        sensors=sensors(found, home, notify or notification.named()),
        executor=one_at_a_time(executor, home),
        loggers={"console": dg.colored_console_logger, "progress": progress},
    )


defs = build_defs()


def refresh() -> dg.JobDefinition:
    """Return the main job, for whoever starts it from Python (`dagster.reconstructable`)."""
    return defs.resolve_job_def("refresh")
