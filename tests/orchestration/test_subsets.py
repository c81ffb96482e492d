"""Selections: what is selected is made and recorded, and nothing else."""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from few_sources import few_catalogue, few_home, leave_out_the_explorer, spare_formats
from releases import copy_of, differences, sums_of

from assets.contract.guard_expectations import expected
from pipelines.definitions import build_defs
from pipelines.fetching.client import FetchError
from pipelines.integration import audit
from pipelines.orchestration.archive_assets import ANSWERED
from pipelines.storage import code_version
from pipelines.storage.home import Home

OFFLINE = {"ops": {"archive": {"config": {"offline": True}}}}


class NobodyAnswers:
    """A fetcher that notes whom it was to ask."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def fetch(self, url: str, *_: Any, **__: Any) -> Any:
        self.asked.append(url)
        raise FetchError(f"Fetching {url}: nobody answered; try again later")


@pytest.fixture(scope="module")
def refreshed(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home after a refresh of a few sources. Never change it."""
    return few_home(tmp_path_factory.getbasetemp())


@pytest.fixture
def home(refreshed: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    leave_out_the_explorer(monkeypatch)
    return copy_of(refreshed, tmp_path / "home")


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as found:
        yield found


def select(
    home: Home, instance: dg.DagsterInstance, names: Sequence[str], **more: Any
) -> dg.ExecuteInProcessResult:
    """Materialise a selection as the user interface does: with the checks of what is selected."""
    definitions = build_defs(home=home, catalogue=few_catalogue(), **more)
    job = definitions.resolve_implicit_global_asset_job_def()
    keys = [dg.AssetKey(name) for name in names]
    config = OFFLINE if any(name.endswith("_archive") for name in names) and not more else None
    return job.execute_in_process(
        instance=instance, asset_selection=keys, run_config=config, raise_on_error=False
    )


def versions(result: dg.ExecuteInProcessResult) -> dict[str, str]:
    """Return the version of each asset that was materialised, by name."""
    return {
        event.asset_key.to_user_string(): str(event.materialization.tags["dagster/data_version"])  # type: ignore[union-attr]
        for event in result.get_asset_materialization_events()
    }


def checked(result: dg.ExecuteInProcessResult) -> dict[str, bool]:
    return {
        f"{found.asset_key.to_user_string()}.{found.check_name}": found.passed
        for found in result.get_asset_check_evaluations()
    }


def rules(*tables: str) -> set[str]:
    """Return the checks of tables."""
    return {
        f"{name}.{rule.check}"
        for name in tables
        for rule in few_catalogue().tables[name].info["expectations"]
    }


def tables(home: Home) -> dict[str, int]:
    """Return when each table of the working set was written."""
    return {path.name: path.stat().st_mtime_ns for path in home.tables.iterdir()}


def test_a_table_alone_is_recorded_and_not_made_again(home: Home, instance: dg.DagsterInstance) -> None:
    before = tables(home)
    result = select(home, instance, ["organisation_maturity_history"])
    assert versions(result) == {
        "organisation_maturity_history": sums_of(home.latest)["parquet/organisation_maturity_history.parquet"]
    }
    assert tables(home) == before


def test_a_table_that_is_gone_is_made_again_and_no_other(home: Home, instance: dg.DagsterInstance) -> None:
    before = tables(home)
    (home.tables / "maturity_score.parquet").write_bytes(b"PAR1 damaged PAR1")
    result = select(home, instance, ["maturity_score"])
    assert versions(result) == {"maturity_score": sums_of(home.latest)["parquet/maturity_score.parquet"]}
    changed = {name for name, written in tables(home).items() if before.get(name) != written}
    assert {name.partition(".")[0] for name in changed} == {"maturity_score"}


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("maturity_score", "found none of dma; materialise dma_staged first"),
        ("organisation_maturity_history", "found none; materialise"),
    ],
)
def test_a_table_whose_inputs_were_never_made_says_what_to_make_first(
    tmp_path: Path, instance: dg.DagsterInstance, table: str, words: str
) -> None:
    result = select(Home(tmp_path / "home"), instance, [table])
    assert not result.success
    assert words in str(result.all_events)
    assert versions(result) == {}


def test_one_archive_asks_one_publisher_and_says_that_nobody_answered(
    home: Home, instance: dg.DagsterInstance
) -> None:
    fetcher = NobodyAnswers()
    result = select(home, instance, ["dma_archive"], fetcher=lambda: fetcher)
    assert result.success
    assert set(versions(result)) == {"dma_archive"}
    assert fetcher.asked
    assert set(fetcher.asked) <= {remote.url for remote in few_catalogue().sources["dma"].remotes}
    [answer] = result.get_asset_check_evaluations()
    assert (answer.check_name, answer.passed, answer.severity) == (
        ANSWERED,
        False,
        dg.AssetCheckSeverity.WARN,
    )
    assert "nobody answered" in str(answer.description)


def test_a_table_about_the_files_needs_no_other_table(home: Home, instance: dg.DagsterInstance) -> None:
    shutil.rmtree(home.tables)
    result = select(home, instance, ["source_file"])
    assert result.success
    assert set(versions(result)) == {"source_file"}
    assert {name.partition(".")[0] for name in tables(home)} == {"source_file"}


def test_selected_checks_are_answered_from_what_is_kept(
    home: Home, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(*_: object, **__: object) -> None:
        raise AssertionError("nothing is checked again")

    monkeypatch.setattr(audit, "submit", nothing)
    result = select(home, instance, ["maturity_score", "epr_supplier", "dma_candidate"])
    named = rules("maturity_score", "epr_supplier")
    named |= {f"dma_candidate.{rule.check}" for rule in expected(few_catalogue().sources["dma"])} | {
        "dma_candidate.structure"
    }
    assert checked(result).keys() == named
    assert all(checked(result).values())


def test_the_release_alone_is_cut_where_its_code_is_new_and_else_stays(
    home: Home,
    instance: dg.DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    spare_formats(monkeypatch, tmp_path_factory.getbasetemp())
    before = home.latest.resolve()
    assert set(versions(select(home, instance, ["release"]))) == {"release"}
    assert home.latest.resolve() == before
    monkeypatch.setattr(code_version, "of_release", lambda: "other code")
    assert set(versions(select(home, instance, ["release"]))) == {"release"}
    assert home.latest.resolve() != before
    assert differences(home.latest.resolve()) == []


def test_everything_selected_publishes_what_a_refresh_publishes(
    home: Home, instance: dg.DagsterInstance, refreshed: Home
) -> None:
    for folder in (home.tables, home.staged, home.releases):
        shutil.rmtree(folder)
    named = [
        f"{name}_{kind}" for name in few_catalogue().sources for kind in ("archive", "candidate", "staged")
    ]
    everything = [*named, *few_catalogue().tables, "release"]
    result = select(home, instance, everything)
    assert result.success
    assert set(versions(result)) == set(everything)
    one, other = sums_of(home.latest), sums_of(refreshed.latest)
    assert {
        path for path in one if path.startswith(("csv/", "parquet/")) and one[path] != other[path]
    } == set()
    assert rules(*few_catalogue().tables) <= checked(result).keys()
