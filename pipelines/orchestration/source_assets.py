"""A source: its files parsed and judged, and its staged table. The verdict belongs to a file, and never stops a run."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.contract.guard_expectations import expected
from assets.contract.source import Source
from pipelines.integration.background_checks import BackgroundChecks
from pipelines.judging.file_verdicts import Verdict
from pipelines.orchestration import refresh_steps
from pipelines.orchestration.archive_assets import archive_key
from pipelines.orchestration.asset_checks import Reported, asset_check_result, asset_check_spec, reported
from pipelines.orchestration.asset_metadata import OWNERS, columns, shape, version_of, version_of_text
from pipelines.staging.staged_tables import staged_path
from pipelines.storage import code_version
from pipelines.storage.home import Home

if TYPE_CHECKING:
    from pipelines.judging.expectation_results import CheckResult

STRUCTURE = "structure"
FIRST = {"dagster/priority": "1"}
"""Sources come before tables where a process takes one step after the other: a table is then made from all of them."""


def staged_key(source: str) -> dg.AssetKey:
    """Return the key of the staged table of a source."""
    return dg.AssetKey(f"{source}_staged")


def source_assets(
    source: Source, sources: Mapping[str, Source], home: Home, ahead: BackgroundChecks | None
) -> dg.AssetsDefinition:
    """Return the multi-asset of one of some sources: its files judged, and its staged table."""
    candidate, staged = dg.AssetKey(f"{source.name}_candidate"), staged_key(source.name)

    @dg.multi_asset(
        specs=_specs(source, candidate),
        check_specs=_checks(source, candidate),
        name=source.name,
        can_subset=True,
        op_tags=FIRST,
    )
    def source_files(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any] | Reported]:
        with home.shared():
            done = refresh_steps.stage(source, sources, home, ahead)
        context.log.info(_summary(source.name, done))
        newly = [judged for judged in done.judged if judged.newly]
        if candidate in context.selected_asset_keys:
            refused = [judged.why_refused() for judged in newly if not judged.accepted]
            yield dg.MaterializeResult(
                asset_key=candidate,
                data_version=_version(done.judged),
                metadata={"judged": len(newly), "refused": refused},
            )
        selected = bool(context.selected_asset_check_keys)
        yield from reported(context, _results(candidate, done.judged if selected else newly))
        if staged in context.selected_asset_keys:
            path = staged_path(source.name, home)
            yield dg.MaterializeResult(
                asset_key=staged,
                data_version=version_of(path),
                metadata={"status": done.status, "why": done.why, **shape(path)},
            )

    return source_files


def _specs(source: Source, candidate: dg.AssetKey) -> list[dg.AssetSpec]:
    version = code_version.of_parser(source.name)
    return [
        dg.AssetSpec(
            candidate,
            deps=[archive_key(source.name)],
            description=f"Files of {source.title}, parsed and judged.",
            group_name="staged",
            kinds={"python", "parquet"},
            owners=OWNERS,
            skippable=True,
            code_version=version,
        ),
        dg.AssetSpec(
            staged_key(source.name),
            deps=[candidate],
            description=source.table.comment,
            group_name="staged",
            kinds={"parquet", "table"},
            owners=OWNERS,
            skippable=True,
            code_version=version,
            metadata=columns(source.table),
        ),
    ]


def _checks(source: Source, candidate: dg.AssetKey) -> list[dg.AssetCheckSpec]:
    structure = dg.AssetCheckSpec(
        STRUCTURE,
        asset=candidate,
        description="Sheets, headers, types, values and keys are those of the contract.",
    )
    return [structure, *(asset_check_spec(candidate, expectation) for expectation in expected(source))]


def _summary(name: str, done: refresh_steps.StagedSource) -> str:
    rows = sum(judged.rows_staged for judged in done.manifest.used)
    return f"{name}: {done.status}; files in use: {len(done.manifest.used)}, rows: {rows}"


def _version(judged: list[Verdict]) -> dg.DataVersion:
    """Return the version of the files of a source: which there are, and which of them are accepted."""
    return version_of_text(*(f"{one.copy.key} {one.copy.place} {one.accepted}" for one in judged))


def _results(candidate: dg.AssetKey, judged: list[Verdict]) -> Iterator[dg.AssetCheckResult]:
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
        yield asset_check_result(candidate, result, file=label)
