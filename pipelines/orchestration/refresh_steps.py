"""What a refresh does, step by step, as plain functions: Dagster only decides when and shows how it went.

archive -> judge and stage each source -> build, audit and publish. Each step reads what the step before left in the
home folder, so a run that was killed is simply run again.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from assets.contract.source import Source
from pipelines.fetching.archive_update import Outcome, fetch_all
from pipelines.fetching.client import Fetcher
from pipelines.integration import audit, background_checks, fallback
from pipelines.integration.fallback import Kept
from pipelines.judging import early_verdicts, file_verdicts, validator
from pipelines.judging.expectation_results import CheckResult
from pipelines.judging.file_verdicts import Judged
from pipelines.publishing import postgres, release
from pipelines.staging import source_status, staged_tables
from pipelines.staging.frozen_series import rows_in_use
from pipelines.staging.staged_tables import Manifest, Staged
from pipelines.storage.disk_errors import writing
from pipelines.storage.home import Home
from pipelines.storage.parquet import read_parquet, to_pandas


def archive(
    sources: Mapping[str, Source],
    chosen: Iterable[str],
    home: Home,
    fetcher: Callable[[], Fetcher],
    *,
    offline: bool,
) -> dict[str, Outcome]:
    """Ask the publishers of the chosen sources, keep what they answered, and return the outcome of every source."""
    if any(file_verdicts.unjudged(source, home) for source in sources.values()):
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
            source_status.record(outcome, home)
            outcomes[name] = outcome
    return outcomes


@dataclass(frozen=True)
class StagedSource:
    """What staging a source did: every file judged, the files in use, and the state of the source."""

    judged: list[Judged]
    manifest: Manifest
    status: source_status.Status
    why: str


def stage(source: Source, home: Home) -> StagedSource:
    """Parse and judge what is new of a source, and stage its newest accepted files."""
    with writing(f"the staged table of {source.name}", home.root):
        judged = early_verdicts.taken_up(background_checks.judged(source, home), home)
        manifest = staged_tables.stage(source, judged, home)
    return StagedSource(judged, manifest, *source_status.live(source, manifest, home))


@dataclass(frozen=True)
class Published:
    """What publishing did: `path` is the latest release; without news there are no checks and no tables."""

    outcome: str
    path: Path
    checks: Mapping[str, list[CheckResult]]
    tables: Mapping[str, pa.Table]


def publish(sources: Mapping[str, Source], home: Home) -> Published:
    """Publish a release of what is staged, unless the latest release is already made of it.

    A file that spoils the release is set aside and its source refused (`integration.fallback`). Raises AuditError where
    no release may be published even so, DamagedReleaseError where the latest one is not as it was
    published, MachineError where this machine will not have it; the latest one stays. Raises WarehouseError where the
    warehouse on PostgreSQL cannot be brought to the latest release; the next run tries again.
    """
    done = {name: stage(source, home) for name, source in sources.items()}
    staged = {name: _staged(sources[name], one, home) for name, one in done.items()}
    with writing("a release", home.root):
        kept = Kept(staged, {name: one.judged for name, one in done.items()}, home)
        used, result = _published(kept, home)
        lines = [_summary(one, done[name], home) for name, one in used.items()]
        home.write_status("run", {"outcome": result.outcome, "release": result.path.name, "sources": lines})
    postgres.serve(result.path)
    return result


def _staged(source: Source, done: StagedSource, home: Home) -> Staged:
    rows = rows_in_use(to_pandas(read_parquet(staged_tables.staged_path(source.name, home))), done.manifest)
    return Staged(source, rows, done.manifest, *source_status.at_publication(done.status, done.why))


def _summary(used: Staged, done: StagedSource, home: Home) -> dict[str, Any]:
    """Return the line of a source at the end of a run, without the files that were set aside."""
    same = used.manifest is done.manifest
    status = (done.status, done.why) if same else source_status.live(used.source, used.manifest, home)
    return source_status.summary(used.source, used.manifest, *status)


def _published(kept: Kept, home: Home) -> tuple[Mapping[str, Staged], Published]:
    """Publish what can be published; where files spoil the release, without these (`integration.fallback`)."""
    used = kept.without(fallback.remembered(kept))
    try:
        return used, _publish(used, home)
    except Exception as error:
        if not audit.is_fault_of_data(error):
            raise
        aside = fallback.find(kept, error)
    used = kept.without(aside)
    result = _publish(used, home)
    fallback.remember(kept, aside)
    return used, result


def _publish(staged: Mapping[str, Staged], home: Home) -> Published:
    if release.published_inputs(home) == staged_tables.inputs_digest(staged):
        return Published("unchanged", home.latest.resolve(), {}, {})
    path, checks, tables = release.publish(staged, home)
    doubts = tables["unmatched_organisation"]["status"].to_pylist()
    rejected = tables["rejected_row"].num_rows + doubts.count("unmatched")
    return Published("published_with_rejections" if rejected else "published", path, checks, tables)
