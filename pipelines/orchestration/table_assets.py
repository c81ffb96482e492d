"""Published tables, a step per layer, and the release. Steps hand over Parquet in the working set of the home.

A step makes the tables that are selected, and of these the ones whose inputs changed. Every selected table is
materialised with the SHA-256 of its content as its version, so that an equal version means an unchanged table. Only the
audit (the layer `about`) and the release look at everything: they make what is not held of the inputs of today.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from assets.catalogue import Catalogue
from assets.contract.columns import MARTS, METADATA, is_computed
from assets.tables.about_data import ABOUT
from pipelines.integration import audit, lineage
from pipelines.integration.working_set import WorkingSet
from pipelines.orchestration import refresh_steps
from pipelines.orchestration.asset_checks import Reported, asset_check_result, asset_check_spec, reported
from pipelines.orchestration.asset_metadata import OWNERS, SHORT, columns, shape, version_of
from pipelines.orchestration.source_assets import staged_key
from pipelines.storage import code_version
from pipelines.storage.home import Home
from pipelines.storage.release_folder import SUMS

RELEASE = dg.AssetKey("release")
Results = Iterator[dg.MaterializeResult[Any] | Reported]


def table_assets(catalogue: Catalogue, home: Home) -> list[dg.AssetsDefinition]:
    """Return a multi-asset for each layer of published tables, and the one of the release."""
    layers = {layer: lineage.tables_in(layer, catalogue.tables) for layer in lineage.LAYERS}
    made = [_layer(layer, tables, catalogue, home) for layer, tables in layers.items() if tables]
    return [*made, _release(catalogue, home)]


def _layer(layer: str, published: list[str], catalogue: Catalogue, home: Home) -> dg.AssetsDefinition:
    # Those that describe the others, or are computed from them, come last: Dagster wants a table after what it depends on.
    names = sorted(
        published, key=lambda name: name in lineage.FROM_TABLES or is_computed(METADATA.tables[name])
    )
    working = WorkingSet(home.tables)

    @dg.multi_asset(
        specs=[_spec(name, catalogue) for name in names],
        check_specs=_checks(names),
        name=layer,
        can_subset=True,
    )
    def tables(context: dg.AssetExecutionContext) -> Results:
        chosen = [name for name in names if dg.AssetKey(name) in context.selected_asset_keys]
        checked: audit.Checks = {}
        with home.shared(released=layer == ABOUT):
            if layer == ABOUT and chosen:
                new, checked = refresh_steps.describe(chosen, catalogue, home)
            elif chosen:
                new = refresh_steps.make(layer, chosen, catalogue, home)
        if chosen:
            context.log.info(f"{layer}: {len(new)} of {len(chosen)} tables made anew")
        for name in chosen:
            yield dg.MaterializeResult(
                asset_key=name,
                data_version=dg.DataVersion(working.digest(name)),
                metadata={"made_anew": name in new, **shape(working.path(name))},
            )
        selected = dict.fromkeys(key.asset_key.to_user_string() for key in context.selected_asset_check_keys)
        answers = {name: audit.begin_checks(name, working) for name in selected}
        results = {**checked} | {name: answer().results for name, answer in answers.items()}
        yield from reported(
            context, (asset_check_result(name, one) for name, each in results.items() for one in each)
        )

    return tables


def _spec(table: str, catalogue: Catalogue) -> dg.AssetSpec:
    read = lineage.inputs(table, catalogue)
    return dg.AssetSpec(
        table,
        deps=[*map(staged_key, read.sources), *read.tables],
        description=METADATA.tables[table].comment,
        group_name=METADATA.tables[table].info["layer"],
        kinds=_kinds(table),
        owners=OWNERS,
        skippable=True,
        code_version=code_version.of_tables()[:SHORT],
        metadata=columns(METADATA.tables[table]),
    )


def _kinds(table: str) -> set[str]:
    """Return how a table is made, in the words that Dagster has pictures for."""
    if lineage.layer_of(table) != MARTS:
        return {"parquet", "table"}
    return {"python", "numpy"} if is_computed(METADATA.tables[table]) else {"duckdb", "sql"}


def _checks(names: list[str]) -> list[dg.AssetCheckSpec]:
    rules = {name: METADATA.tables[name].info["expectations"] for name in names}
    return [asset_check_spec(name, rule) for name, each in rules.items() for rule in each]


def _release(catalogue: Catalogue, home: Home) -> dg.AssetsDefinition:
    """Return the asset of the release: it alone writes the folder of a release."""

    @dg.asset(
        key=RELEASE,
        deps=list(catalogue.tables),
        description="The complete, audited, immutable set of published files.",
        group_name="release",
        kinds={"csv", "parquet", "duckdb"},
        owners=OWNERS,
        code_version=code_version.of_release()[:SHORT],
    )
    def release(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        _stop_after_failures(context)
        with home.shared(released=True):
            done = refresh_steps.publish_staged(catalogue, home)
        context.log.info(f"release: {' '.join(done.outcome.split('_'))}")
        for note in done.notes:
            context.log.warning(note)
        return dg.MaterializeResult(
            data_version=version_of(done.path / SUMS),
            metadata={"outcome": done.outcome, "path": dg.MetadataValue.path(str(done.path))},
        )

    return release


def _stop_after_failures(context: dg.AssetExecutionContext) -> None:
    """Publish nothing in a run one of whose steps has failed: not every executor leaves out what comes after it."""
    logged = context.instance.all_logs(context.run.run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
    failed = sorted({str(entry.step_key) for entry in logged})
    if failed:
        raise dg.Failure(
            f"Publishing: expected every step before it to end well, found {', '.join(failed)} failed; the last release stays, see why and refresh again.",
            allow_retries=False,
        )
