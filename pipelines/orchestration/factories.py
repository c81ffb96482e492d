"""Dagster assets: names, lineage, checks and metadata around the plain functions of `pipelines.orchestration.refresh_steps`.

Few steps on purpose: one for the archive, one per source, one for everything published. Steps hand over files in the
home folder, not values. Checks never block: the verdict belongs to a file, and a refused file leaves the last good one
in use.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import dagster as dg
import pyarrow as pa
import sqlalchemy as sa
from dagster._core.definitions.source_asset import SYSTEM_METADATA_KEY_SOURCE_ASSET_OBSERVATION
from pydantic import Field

from assets.catalogue import published_tables
from assets.contract.guard_expectations import expected
from assets.contract.source import Source
from pipelines.fetching.client import Fetcher
from pipelines.integration import audit, background_checks
from pipelines.judging.expectation_results import CheckResult, asset_check_result, asset_check_spec
from pipelines.judging.file_verdicts import Judged
from pipelines.orchestration import refresh_steps
from pipelines.publishing import release
from pipelines.staging.staged_tables import staged_path
from pipelines.storage.home import Home
from pipelines.storage.parquet import field_type, read_parquet

OWNERS = ["team:digital-maturity"]
PREVIEW = 5
STRUCTURE = "structure"
T = TypeVar("T")

Results = Iterator[
    dg.MaterializeResult[Any]
    | dg.AssetCheckResult
    | dg.AssetCheckEvaluation
    | dg.AssetObservation
    | dg.Output[None]
]


class ArchiveConfig(dg.Config):
    """How to fetch: `offline` asks nobody; `sources` names whom to ask (empty: everybody)."""

    offline: bool = False
    sources: list[str] = Field(default_factory=list)


def archive_assets(
    found: Mapping[str, Source], home: Home, fetcher: Callable[[], Fetcher], *, judge_ahead: bool
) -> dg.AssetsDefinition:
    """Return the multi-asset that brings the archive up to date, one asset per source.

    With `judge_ahead`, a run of everything begins to judge the files of all sources (`pipelines.integration.background_checks`).
    """
    specs = [
        dg.AssetSpec(
            f"{source.name}_archive",
            description=f"Files of {source.title} as fetched from {source.publisher}.",
            group_name="archive",
            kinds={"python"},
            owners=OWNERS,
            skippable=True,
            freshness_policy=dg.FreshnessPolicy.time_window(fail_window=source.max_age)
            if source.remotes
            else None,
            metadata={"landing_page": dg.MetadataValue.url(source.landing_page)}
            if source.landing_page
            else {},
        )
        for source in found.values()
    ]

    @dg.multi_asset(specs=specs, name="archive", can_subset=True)
    def archive(context: dg.AssetExecutionContext, config: ArchiveConfig) -> Results:
        unknown = sorted(set(config.sources) - set(found))
        if unknown:
            raise dg.Failure(
                f"Refreshing: expected sources among {', '.join(found)}, found {', '.join(unknown)}.",
                allow_retries=False,
            )
        with home.shared():
            outcomes = refresh_steps.archive(
                found, config.sources or found, home, fetcher, offline=config.offline
            )
        if judge_ahead and context.run.asset_selection is None:
            background_checks.begin(found.values(), home)
        arrived = sum(len(outcome.new) for outcome in outcomes.values())
        context.log.info(f"archive: {'nobody asked' if config.offline else f'{arrived} new files'}")
        for key in sorted(context.selected_asset_keys):
            outcome = outcomes[key.path[-1].removesuffix("_archive")]
            told: dict[str, Any] = {
                "status": outcome.status,
                "why": outcome.why,
                "new_files": len(outcome.new),
            }
            if outcome.status in {"fresh", "unchanged"}:
                yield dg.MaterializeResult(asset_key=key, metadata=told)
            else:
                # An archive that could not be brought up to date must not look fresh, and what follows must still run:
                # the output is handed on without a materialization, and an observation says why.
                yield dg.AssetObservation(asset_key=key, metadata=told)
                name = context.assets_def.get_output_name_for_asset_key(key)
                yield dg.Output(None, name, metadata={SYSTEM_METADATA_KEY_SOURCE_ASSET_OBSERVATION: True})

    return archive


def source_assets(source: Source, home: Home) -> dg.AssetsDefinition:
    """Return the multi-asset of a source: its files judged, and its staged table."""
    candidate, staged = dg.AssetKey(f"{source.name}_candidate"), dg.AssetKey(f"{source.name}_staged")
    specs = [
        dg.AssetSpec(
            candidate,
            deps=[f"{source.name}_archive"],
            description=f"Files of {source.title}, parsed and judged.",
            group_name="staged",
            kinds={"python", "parquet"},
            owners=OWNERS,
            skippable=True,
        ),
        dg.AssetSpec(
            staged,
            deps=[candidate],
            description=source.table.comment,
            group_name="staged",
            kinds={"parquet", "table"},
            owners=OWNERS,
            skippable=True,
            metadata=_columns(source.table),
        ),
    ]
    checks = [
        dg.AssetCheckSpec(
            STRUCTURE,
            asset=candidate,
            description="Sheets, headers, types, values and keys are those of the contract.",
        )
    ]
    checks += [asset_check_spec(candidate, expectation) for expectation in expected(source)]

    @dg.multi_asset(specs=specs, check_specs=checks, name=source.name, can_subset=True)
    def source_files(context: dg.AssetExecutionContext) -> Results:
        with home.shared():
            done = refresh_steps.stage(source, home)
        context.log.info(_told_of(source.name, done))
        newly = [judged for judged in done.judged if judged.newly]
        if newly and candidate in context.selected_asset_keys:
            refused = [judged.why_refused() for judged in newly if not judged.accepted]
            yield dg.MaterializeResult(
                asset_key=candidate, metadata={"judged": len(newly), "refused": refused}
            )
        # Who asks for checks by name gets them, also where the verdicts are old.
        asked = done.judged if context.selected_asset_check_keys else newly
        yield from (_told(context, result) for result in _source_checks(candidate, asked))
        if staged in context.selected_asset_keys:
            rows = read_parquet(staged_path(source.name, home))
            metadata = {"status": done.status, "why": done.why, **_shape(rows)}
            yield dg.MaterializeResult(asset_key=staged, metadata=metadata)

    return source_files


def _told_of(name: str, done: refresh_steps.StagedSource) -> str:
    rows = sum(judged.rows_staged for judged in done.manifest.used)
    return f"{name}: {done.status}; files in use: {len(done.manifest.used)}, rows: {rows}"


def _source_checks(candidate: dg.AssetKey, judged: list[Judged]) -> Iterator[dg.AssetCheckResult]:
    """Yield one result per check: the worst over the files judged."""
    if not judged:
        return
    broken = [one.why_refused() for one in judged if one.problems]
    yield dg.AssetCheckResult(
        asset_key=candidate,
        check_name=STRUCTURE,
        passed=not broken,
        severity=dg.AssetCheckSeverity.ERROR,
        metadata={"files": len(judged), "problems": broken},
    )
    worst: dict[str, tuple[str, CheckResult]] = {}
    for one in judged:
        for result in one.checks:
            if result.check not in worst or not result.success:
                worst[result.check] = (one.copy.label, result)
    for label, result in worst.values():
        told = asset_check_result(candidate, result)
        yield told.with_metadata({**told.metadata, "file": label})


def _told(
    context: dg.AssetExecutionContext, result: dg.AssetCheckResult
) -> dg.AssetCheckResult | dg.AssetCheckEvaluation:
    """Return a result as Dagster wants it: a check that the run did not select is reported as an evaluation."""
    key = dg.AssetCheckKey(_present(result.asset_key), _present(result.check_name))
    if key in context.selected_asset_check_keys:
        return result
    return dg.AssetCheckEvaluation(
        asset_key=key.asset_key,
        check_name=key.name,
        passed=result.passed,
        metadata=result.metadata,
        severity=result.severity,
        description=result.description,
        blocking=False,
    )


def _present(value: T | None) -> T:
    if value is None:
        raise ValueError("Reporting a check: expected an asset and a name, found none.")
    return value


def release_assets(found: Mapping[str, Source], home: Home) -> dg.AssetsDefinition:
    """Return the multi-asset of everything published: it alone writes the warehouse, and its audit may fail the run."""
    tables = published_tables()
    staged = [f"{name}_staged" for name in found]
    lineage = _lineage(tables, staged)
    specs = [
        dg.AssetSpec(
            name,
            deps=lineage[name],
            description=table.comment,
            group_name=table.info["layer"],
            kinds={"duckdb", "sql"} if table.info["layer"] == "marts" else {"duckdb", "table"},
            owners=OWNERS,
            skippable=True,
            metadata=_columns(table),
        )
        for name, table in tables.items()
    ]
    specs.append(
        dg.AssetSpec(
            "release",
            deps=list(tables),
            description="The complete, audited, immutable set of published files.",
            group_name="release",
            kinds={"csv", "parquet", "duckdb"},
            owners=OWNERS,
            skippable=True,
        )
    )
    checks = [
        asset_check_spec(name, expectation)
        for name, rules in audit.release_expectations().items()
        for expectation in rules
    ]

    @dg.multi_asset(specs=specs, check_specs=checks, name="published", can_subset=True)
    def published(context: dg.AssetExecutionContext) -> Results:
        _stop_after_failures(context)
        with home.shared(released=True):
            done = refresh_steps.publish(found, home)
        context.log.info(f"release: {done.outcome}")
        about = {name: _shape(rows) for name, rows in done.tables.items()}
        if about:
            about["release"] = {"outcome": done.outcome, "path": dg.MetadataValue.path(str(done.path))}
        for name, metadata in about.items():
            if dg.AssetKey(name) in context.selected_asset_keys:
                yield dg.MaterializeResult(asset_key=name, metadata=metadata)
        asked = release.latest_checks(home) if context.selected_asset_check_keys else done.checks
        for name, results in asked.items():
            yield from (_told(context, asset_check_result(name, result)) for result in results)

    return published


def _stop_after_failures(context: dg.AssetExecutionContext) -> None:
    """Publish nothing in a run one of whose steps has failed: not every executor leaves out what comes after it."""
    logged = context.instance.all_logs(context.run.run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
    failed = sorted({str(entry.step_key) for entry in logged})
    if failed:
        raise dg.Failure(
            f"Publishing: expected every step before it to end well, found {', '.join(failed)} failed; the last release stays, see why and refresh again.",
            allow_retries=False,
        )


def _lineage(tables: Mapping[str, sa.Table], staged: list[str]) -> dict[str, list[str]]:
    """Return what each published table is made of, layer by layer."""
    layers: dict[str, list[str]] = {}
    for name, table in tables.items():
        layers.setdefault(table.info["layer"], []).append(name)
    above = {
        "organisations": staged,
        "facts": [*staged, *layers["organisations"]],
        "current": [*layers["organisations"], *layers["facts"]],
        "marts": [*layers["organisations"], *layers["facts"]],
        "about": staged,
    }
    return {name: above[table.info["layer"]] for name, table in tables.items()}


def _columns(table: sa.Table) -> dict[str, Any]:
    """Return the columns of a table as Dagster shows them."""
    columns = [
        dg.TableColumn(
            c.name,
            type=field_type(c),
            description=c.comment,
            constraints=dg.TableColumnConstraints(nullable=bool(c.nullable), unique=False),
        )
        for c in table.columns
    ]
    return {"dagster/column_schema": dg.TableSchema(columns=columns)}


def _shape(rows: pa.Table) -> dict[str, Any]:
    """Return the number of rows and a look at the first ones."""
    head = rows.slice(0, PREVIEW).to_pylist()
    lines = ["| " + " | ".join(rows.column_names) + " |", "|" + "---|" * rows.num_columns]
    lines += [
        "| " + " | ".join("" if v is None else str(v).replace("|", "\\|") for v in row.values()) + " |"
        for row in head
    ]
    return {"dagster/row_count": rows.num_rows, "preview": dg.MetadataValue.md("\n".join(lines))}
