"""The archive: one asset per source, the files that its publisher has offered so far.

An archive always materialises: its version is that of the files held. Whether the publisher answered is a check of its
own, `publisher_answered`, a warning, so that what follows runs with the files that are here.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import dagster as dg
from pydantic import Field

from assets.contract.source import Source
from pipelines.fetching.client import Fetcher
from pipelines.integration.background_checks import BackgroundChecks
from pipelines.orchestration import refresh_steps
from pipelines.orchestration.asset_checks import Reported, reported
from pipelines.orchestration.asset_metadata import OWNERS, version_of_text
from pipelines.storage.home import Home

ANSWERED = "publisher_answered"
ENDING = "_archive"
NOT_ASKED = "not_attempted"


class ArchiveConfig(dg.Config):
    """How to fetch: `offline` asks no publisher; `sources` names which to ask of those selected (empty: all)."""

    offline: bool = False
    sources: list[str] = Field(default_factory=list)


def archive_key(source: str) -> dg.AssetKey:
    """Return the key of the archive of a source."""
    return dg.AssetKey(f"{source}{ENDING}")


def archive_assets(
    found: Mapping[str, Source], home: Home, fetcher: Callable[[], Fetcher], ahead: BackgroundChecks | None
) -> dg.AssetsDefinition:
    """Return the multi-asset that brings the archive up to date: it asks the publishers of the selected archives.

    A run of all of them has `ahead` begin to judge the files, where the steps of a run share a process.
    """

    @dg.multi_asset(
        specs=[_spec(source) for source in found.values()],
        check_specs=[_check(source) for source in found.values() if source.remotes],
        name="archive",
        can_subset=True,
    )
    def archive(
        context: dg.AssetExecutionContext, config: ArchiveConfig
    ) -> Iterator[dg.MaterializeResult[Any] | Reported]:
        selected = {name: found[name] for name in found if archive_key(name) in context.selected_asset_keys}
        with home.shared():
            outcomes = refresh_steps.archive(
                selected, _wanted(config, found), home, fetcher, offline=config.offline
            )
        if ahead and _all_are_staged(context, found):
            ahead.begin()
        arrived = sum(len(outcome.new) for outcome in outcomes.values())
        context.log.info(f"archive: {'nobody asked' if config.offline else f'{arrived} new files'}")
        for name, outcome in outcomes.items():
            yield dg.MaterializeResult(
                asset_key=archive_key(name),
                data_version=_version(name, home),
                metadata={"status": outcome.status, "why": outcome.why, "new_files": len(outcome.new)},
            )
        checked = {key.asset_key for key in context.selected_asset_check_keys}
        answered = {name for name, outcome in outcomes.items() if outcome.status != NOT_ASKED}
        names = [name for name in found if name in answered or archive_key(name) in checked]
        yield from reported(context, (_answered(name, home) for name in names if found[name].remotes))

    return archive


def _all_are_staged(context: dg.AssetExecutionContext, found: Mapping[str, Source]) -> bool:
    """Return whether this run fetches and stages every source."""
    selection = context.run.asset_selection
    every = {dg.AssetKey(f"{name}{kind}") for name in found for kind in (ENDING, "_staged")}
    return selection is None or every <= selection


def _wanted(config: ArchiveConfig, found: Mapping[str, Source]) -> list[str]:
    """Return the sources that the settings of a run name. Raises Failure for one that does not exist."""
    unknown = sorted(set(config.sources) - set(found))
    if unknown:
        raise dg.Failure(
            f"Refreshing: expected sources among {', '.join(found)}, found {', '.join(unknown)}.",
            allow_retries=False,
        )
    return config.sources or list(found)


def _spec(source: Source) -> dg.AssetSpec:
    return dg.AssetSpec(
        archive_key(source.name),
        description=f"Files of {source.title} as fetched from {source.publisher}.",
        group_name="archive",
        kinds={"python"},
        owners=OWNERS,
        skippable=True,
        metadata={"landing_page": dg.MetadataValue.url(source.landing_page)} if source.landing_page else {},
    )


def _check(source: Source) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        ANSWERED,
        asset=archive_key(source.name),
        description=f"{source.publisher} answered the last request; if not, the files held stay in use.",
    )


def _version(source: str, home: Home) -> dg.DataVersion:
    """Return the version of an archive: which files of which editions it holds."""
    held = home.archive.vintages(source)
    return version_of_text(*sorted(f"{one.edition} {one.part} {one.sha256}" for one in held))


def _answered(source: str, home: Home) -> dg.AssetCheckResult:
    """Return whether a publisher answered the last request, according to its status file."""
    status = home.read_status(source)
    passed = status.get("status") in {"fresh", "unchanged"}
    reason = (
        str(status.get("why", "")) or "No request has been sent to the publisher yet; refresh with a network."
    )
    return dg.AssetCheckResult(
        asset_key=archive_key(source),
        check_name=ANSWERED,
        passed=passed,
        severity=dg.AssetCheckSeverity.WARN,
        description="The publisher answered." if passed else reason,
        metadata={name: str(status.get(name, "")) for name in ("last_asked", "last_success", "last_failure")},
    )
