"""The Dagster code location: what `workspace.yaml` loads.

`build_defs(**overrides)` returns a fresh `Definitions`, so that tests swap the home, the catalogue, the fetcher or
the executor. Modules of this package that import Dagster only wire: the work is in plain functions.
"""

from collections.abc import Callable

import dagster as dg

from assets.catalogue import Catalogue, published
from pipelines.fetching.client import Fetcher
from pipelines.integration.background_checks import BackgroundChecks
from pipelines.orchestration import executors, notification
from pipelines.orchestration.archive_assets import archive_assets
from pipelines.orchestration.by_trust import by_trust_job, trust_asset
from pipelines.orchestration.jobs import one_at_a_time, refresh_job, refresh_schedule
from pipelines.orchestration.notification import Notify
from pipelines.orchestration.run_progress import progress
from pipelines.orchestration.sensors import sensors as sensors_of
from pipelines.orchestration.source_assets import source_assets
from pipelines.orchestration.table_assets import table_assets
from pipelines.storage.home import Home


def build_defs(
    *,
    home: Home | None = None,
    catalogue: Catalogue | None = None,
    fetcher: Callable[[], Fetcher] = Fetcher,
    executor: dg.ExecutorDefinition | None = None,
    notify: Notify | None = None,
) -> dg.Definitions:
    """Return the definitions: archive, a candidate and a staged table per source, the tables and the release.

    Steps run where `executor` runs them, else where the environment says (`pipelines.orchestration.executors`). Sensors
    send messages by `notify`, else by the command in the environment (`pipelines.orchestration.notification`).
    """
    home = home or Home.default()
    catalogue = catalogue or published()
    sources = catalogue.sources
    job = refresh_job()
    by_trust = [source for source in sources.values() if source.by_trust]
    executor = executor or executors.named()
    in_one_process = executor is dg.in_process_executor and home.store is None
    ahead = BackgroundChecks(sources, home) if in_one_process else None
    return dg.Definitions(
        assets=[
            archive_assets(sources, home, fetcher, ahead),
            *(source_assets(source, sources, home, ahead) for source in sources.values()),
            *(trust_asset(source, home) for source in by_trust),
            *table_assets(catalogue, home),
        ],
        jobs=[job, *(by_trust_job(source.name) for source in by_trust)],
        schedules=[refresh_schedule(job, home)],
        sensors=sensors_of(sources, home, notify or notification.named()),
        executor=one_at_a_time(executor, home),
        loggers={"console": dg.colored_console_logger, "progress": progress},
    )


defs = build_defs()


def refresh() -> dg.JobDefinition:
    """Return the main job, for whoever starts it from Python (`dagster.reconstructable`)."""
    return defs.resolve_job_def("refresh")
