"""What a refresh does, step by step, as plain functions: Dagster only decides when and shows how it went.

archive -> judge and stage each source -> make the tables layer by layer -> audit -> publish. Each step reads what the step
before left in the home folder, so a run that was killed is simply run again.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from assets.catalogue import Catalogue
from assets.contract.source import Source
from pipelines.fetching.archive_update import Outcome, fetch_all
from pipelines.fetching.client import Fetcher
from pipelines.integration import acceptance, audit, fallback, lineage
from pipelines.integration.background_checks import BackgroundChecks
from pipelines.integration.fallback import Kept
from pipelines.integration.layers import MADE, Workshop
from pipelines.integration.working_set import MissingTableError, WorkingSet
from pipelines.judging import early_verdicts, file_verdicts, validator
from pipelines.judging.file_verdicts import Verdict
from pipelines.publishing import postgres, release
from pipelines.staging import source_status, staged_tables
from pipelines.staging.frozen_series import rows_in_use
from pipelines.staging.staged_tables import Manifest, Staged, inputs_digest
from pipelines.storage.disk_errors import writing
from pipelines.storage.home import Home
from pipelines.storage.parquet import read_parquet, to_pandas
from pipelines.storage.release_hashes import damage, listed


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
    requested = [] if offline else [source for source in sources.values() if source.name in wanted]
    with writing("the archive", home.root):
        home.clear_away()
        outcomes = fetch_all(requested, home.archive, fetcher(), now=now) if requested else {}
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

    judged: list[Verdict]
    manifest: Manifest
    status: source_status.Status
    why: str


def stage(
    source: Source, sources: Mapping[str, Source], home: Home, ahead: BackgroundChecks | None = None
) -> StagedSource:
    """Parse and judge what is new of one of some sources, and stage its newest accepted files.

    `ahead` may have begun with that.
    """
    with writing(f"the staged table of {source.name}", home.root):
        found = ahead.judged(source) if ahead else acceptance.judge_all(source, sources, home)
        judged = early_verdicts.taken_up(found, home)
        manifest = staged_tables.stage(source, judged, home)
    return StagedSource(judged, manifest, *source_status.live(source, manifest, home))


def make(layer: str, tables: Collection[str], catalogue: Catalogue, home: Home) -> list[str]:
    """Make those tables of a layer in the working set whose inputs are new; return their names.

    What they are made of is read as it was left by the step before. A file that spoils a table is set aside
    (`integration.fallback`). Raises AuditError, and MissingTableError where a step before has not been run.
    """
    working = WorkingSet(home.tables)

    def action(staged: Mapping[str, Staged]) -> list[str]:
        workshop = Workshop(catalogue, staged, working)
        for before in _before(layer) if home.store else ():  # the working set of another machine is not here
            workshop.make(before, workshop.tables_in(before))
        return workshop.make(layer, tables)

    with writing(f"tables of the layer {layer}", home.root):
        if layer == lineage.NOTES:  # no data is in them
            return Workshop(catalogue, {}, working).make(layer, tables)
        kept = in_use(catalogue, home)
        _refuse_missing(tables, kept)
        return fallback.attempt(kept, action)[1]


def _before(layer: str) -> Sequence[str]:
    return MADE[: MADE.index(layer)]


def _refuse_missing(tables: Iterable[str], kept: Kept) -> None:
    """Raise MissingTableError where a source of some tables has not been staged."""
    for table in tables:
        wanted = lineage.inputs(table, kept.catalogue).sources
        lacking = [name for name in wanted if name not in kept.staged]
        if lacking:
            raise MissingTableError(
                f"Making table {table}: expected the staged tables of its sources, found none of {', '.join(lacking)}; materialise {', '.join(f'{name}_staged' for name in lacking)} first, or run `digital-maturity refresh`."
            )


def describe(tables: Collection[str], catalogue: Catalogue, home: Home) -> tuple[list[str], audit.Checks]:
    """Make tables about the data; return the names of those made, and the checks made just now.

    Tables that describe all the others come after an audit of everything, which makes what is not held of these inputs.
    Raises AuditError, and MissingTableError where a step before has not been run.
    """
    working = WorkingSet(home.tables)

    def action(staged: Mapping[str, Staged]) -> audit.Checks:
        if {*tables} & {*lineage.FROM_TABLES}:
            return release.describe(catalogue, staged, home)
        Workshop(catalogue, staged, working).make_about(tables)
        return {}

    with writing("tables about the data", home.root):
        kept = in_use(catalogue, home)
        _refuse_missing(tables, kept)
        before = working.digests(tables)
        checks = fallback.attempt(kept, action)[1]
    now = working.digests(tables)
    return [name for name in tables if now[name] != before[name]], checks


@dataclass(frozen=True)
class Published:
    """What publishing did: `path` is the latest release; without news there are no checks and no tables.

    `notes` are sentences on what was damaged and is whole again.
    """

    outcome: str
    path: Path
    checks: audit.Checks
    tables: Mapping[str, pa.Table]
    notes: tuple[str, ...] = ()


def publish(catalogue: Catalogue, home: Home) -> Published:
    """Stage every source and publish a release of what is staged: a refresh less its first step, without Dagster."""
    for source in catalogue.sources.values():
        stage(source, catalogue.sources, home)
    return publish_staged(catalogue, home)


def publish_staged(catalogue: Catalogue, home: Home) -> Published:
    """Publish a release of what is staged, unless the latest release is already made of it and whole.

    Tables that are not in the working set are made. A file that spoils the release is set aside and its source refused
    (`integration.fallback`). Raises AuditError where no release may be published even so, DamagedReleaseError where the
    latest one is not as it was published, MachineError where this machine cannot write it; the latest one stays. Raises
    WarehouseError where the warehouse on PostgreSQL cannot be brought to the latest release; the next run tries again.
    """
    with writing("a release", home.root):
        kept = in_use(catalogue, home)
        _refuse_missing(lineage.FROM_STAGED, kept)
        used, result = fallback.attempt(kept, lambda staged: _publish(catalogue, staged, home))
        before = {line["source"]: line for line in home.read_status("run").get("sources", [])}
        lines = [_summary(one, before.get(name, {}), home) for name, one in used.items()]
        run = {"outcome": result.outcome, "release": result.path.name, "inputs_sha256": inputs_digest(used)}
        home.write_status("run", {**run, "notes": result.notes, "sources": lines})
    if repaired := postgres.serve(result.path, catalogue.tables):
        result = replace(result, notes=(*result.notes, repaired))
        home.write_status("run", {**run, "notes": result.notes, "sources": lines})
    return result


def in_use(catalogue: Catalogue, home: Home) -> Kept:
    """Return the sources that have been staged, as they were; rows are read where they are needed.

    In a home that machines share, every source is staged here first: another machine may have parsed its files.
    """
    sources = catalogue.sources
    found: dict[str, Manifest | None] = {
        name: stage(source, sources, home).manifest if home.store else staged_tables.held(source, home)
        for name, source in sources.items()
    }
    staged = {name: _staged(sources[name], one, home) for name, one in found.items() if one is not None}
    return Kept(catalogue, staged, home)


def _staged(source: Source, manifest: Manifest, home: Home) -> Staged:
    def rows() -> pd.DataFrame:
        return rows_in_use(to_pandas(read_parquet(staged_tables.staged_path(source.name, home))), manifest)

    state = source_status.at_publication(*source_status.live(source, manifest, home))
    return Staged(source, rows, manifest, *state)


def _summary(used: Staged, before: Mapping[str, Any], home: Home) -> dict[str, Any]:
    """Return the line of a source at the end of a run, without the files that were set aside; `before` is that of the last run."""
    status, why = source_status.live(used.source, used.manifest, home)
    kept = before.get("since") if before.get("status") == status else None
    since = kept or datetime.now(UTC).isoformat(timespec="seconds")
    return source_status.summary(used.source, used.manifest, status, why, since=since)


def _publish(catalogue: Catalogue, staged: Mapping[str, Staged], home: Home) -> Published:
    again = release.published_inputs(home) == inputs_digest(staged)
    damaged = damage(home.latest) if again else []
    if again and not damaged:
        return Published("unchanged", home.latest.resolve(), {}, {})
    former = home.latest.resolve().name
    compared = bool(damaged and release.before(staged, home).package)
    path, checks, tables = release.publish(catalogue, staged, home)
    doubts = tables["unmatched_organisation"]["status"].to_pylist()
    rejected = tables["rejected_row"].num_rows + doubts.count("unmatched")
    notes = (_made_anew(former, damaged, path.name, compared=compared),) if damaged else ()
    return Published("published_with_rejections" if rejected else "published", path, checks, tables, notes)


def _made_anew(former: str, damaged: Sequence[str], name: str, *, compared: bool) -> str:
    """Return the sentence about a release that was damaged; `compared` says whether an earlier one is held to compare with."""
    lacking = (
        ""
        if compared
        else " No earlier release is here to compare with, so the new one does not say what changed."
    )
    return (
        f"Release {former} was not as it was published ({listed(damaged)}), so the same data are published again as {name}; "
        f"the damaged release stays until you remove it, for example with `digital-maturity prune --keep N`.{lacking}"
    )
