"""Files of a source parsed trust by trust: backfills ahead of a refresh, on any machine.

A partition keeps parsed files and verdicts where the source looks for them, and nothing else: the next refresh only puts
them together. It is no part of the refresh, whose job would have to be partitioned as well.
"""

from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.contract.source import Source
from pipelines.judging import file_verdicts
from pipelines.orchestration.asset_metadata import OWNERS
from pipelines.storage.home import Home

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

BY_TRUST = "by_trust"
"""The group of what is parsed trust by trust."""


def trust_asset(source: Source, home: Home) -> dg.AssetsDefinition:
    """Return the asset of a source with a partition for each of its trusts."""

    @dg.asset(
        name=f"{source.name}_by_trust",
        partitions_def=dg.StaticPartitionsDefinition(list(source.by_trust)),
        deps=[f"{source.name}_archive"],
        description=f"Files of {source.title}, parsed and judged ahead of a refresh: backfill the trusts that are new.",
        group_name=BY_TRUST,
        kinds={"python", "parquet"},
        owners=OWNERS,
    )
    def by_trust(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        with home.shared():
            judged = file_verdicts.judge_all(source, home, context.partition_key)
        return dg.MaterializeResult(
            metadata={
                "files": len(judged),
                "judged": sum(one.newly for one in judged),
                "dagster/partition_row_count": sum(one.rows_staged for one in judged if one.accepted),
                "refused": [one.why_refused() for one in judged if not one.accepted],
            }
        )

    return by_trust


def by_trust_job(source: str) -> "UnresolvedAssetJobDefinition":
    """Return the job that parses the files of one trust, for backfills before a refresh."""
    return dg.define_asset_job(
        f"parse_{source}_by_trust",
        selection=[f"{source}_by_trust"],
        description=f"Parse and judge the files of {source} of one trust; several may run side by side.",
    )
