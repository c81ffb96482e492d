"""What a refresh does, step by step, as plain functions: Dagster only decides when and shows how it went.

archive -> judge and stage each source -> build, audit and publish. Each step reads what the step before left in the
home folder, so a run that was killed is simply run again.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

from assets.source import Source
from pipelines import ahead, postgres, release, staging, state, validator
from pipelines.arrow import read_parquet, to_pandas
from pipelines.expectations import CheckResult
from pipelines.fetch import Fetcher
from pipelines.home import Home
from pipelines.machine import writing
from pipelines.refreshing import Outcome, fetch_all
from pipelines.series import rows_in_use
from pipelines.staging import Judged, Manifest, Staged


def archive(
    sources: Mapping[str, Source],
    chosen: Iterable[str],
    home: Home,
    fetcher: Callable[[], Fetcher],
    *,
    offline: bool,
) -> dict[str, Outcome]:
    """Ask the publishers of the chosen sources, keep what they answered, and return the outcome of every source."""
    if any(staging.unjudged(source, home) for source in sources.values()):
        validator.start()
    now = datetime.now(UTC)
    wanted = set(chosen)
    asked = [] if offline else [source for source in sources.values() if source.name in wanted]
    with writing("the archive", home.root):
        home.clear_away()
        outcomes = fetch_all(asked, home.archive, fetcher(), now=now) if asked else {}
        for name in sources:
            outcome = outcomes.get(name) or Outcome(
                name, "not_attempted", "", (), now.isoformat(timespec="seconds")
            )
            state.record(outcome, home)
            outcomes[name] = outcome
    return outcomes


@dataclass(frozen=True)
class StagedSource:
    """What staging a source did: every file judged, the files in use, and the state of the source."""

    judged: list[Judged]
    manifest: Manifest
    status: state.Status
    why: str


def stage(source: Source, home: Home) -> StagedSource:
    """Parse and judge what is new of a source, and stage its newest accepted files."""
    with writing(f"the staged table of {source.name}", home.root):
        judged = ahead.judged(source, home)
        manifest = staging.stage(source, judged, home)
    return StagedSource(judged, manifest, *state.live(source, manifest, home))


@dataclass(frozen=True)
class Published:
    """What publishing did: `path` is the latest release; without news there are no checks and no tables."""

    outcome: str
    path: Path
    checks: Mapping[str, list[CheckResult]]
    tables: Mapping[str, pa.Table]


def publish(sources: Mapping[str, Source], home: Home) -> Published:
    """Publish a release of what is staged, unless the latest release is already made of it.

    Raises AuditError where the release may not be published, DamagedError where the latest one is not as it was
    published, MachineError where this machine will not have it; the latest one stays. Raises WarehouseError where the
    warehouse on PostgreSQL cannot be brought to the latest release; the next run tries again.
    """
    staged: dict[str, Staged] = {}
    lines = []
    for name, source in sources.items():
        one = stage(source, home)
        rows = rows_in_use(to_pandas(read_parquet(staging.staged_path(name, home))), one.manifest)
        staged[name] = Staged(source, rows, one.manifest, *state.at_publication(one.status, one.why))
        lines.append(state.summary(source, one.manifest, one.status, one.why))
    with writing("a release", home.root):
        result = _publish(staged, home)
        home.write_status("run", {"outcome": result.outcome, "release": result.path.name, "sources": lines})
    postgres.serve(result.path)
    return result


def _publish(staged: Mapping[str, Staged], home: Home) -> Published:
    if release.published_inputs(home) == release.inputs_digest(staged):
        return Published("unchanged", home.latest.resolve(), {}, {})
    path, checks, tables = release.publish(staged, home)
    doubts = tables["unmatched_organisation"]["status"].to_pylist()
    rejected = tables["rejected_row"].num_rows + doubts.count("unmatched")
    return Published("published_with_rejections" if rejected else "published", path, checks, tables)
