"""The code location and the whole pipeline under Dagster: graph, job, schedule, lock, isolation of sources."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest
from few_sources import few_catalogue, few_home, leave_out_the_explorer, spare_formats
from publisher import Page, Publisher, publishing
from publisher_pages import page
from releases import ask, copy_of, offline_home, recorded, sums_of, tables_of
from sites import ECT, ECT_ROWS, ETR, WORKBOOK, dma_workbook, etr

from assets.catalogue import Catalogue, published, sources
from assets.contract.frozen_editions import frozen_editions
from assets.contract.guard_expectations import expected
from pipelines.definitions import build_defs
from pipelines.fetching.client import Fetcher, Limits
from pipelines.orchestration.archive_assets import ANSWERED
from pipelines.orchestration.refresh_steps import stage
from pipelines.storage import code_version
from pipelines.storage.archive import Archive
from pipelines.storage.home import Home

ROOT = Path(__file__).parents[2]
ODS, NHS, FILES = "www.odsdatasearchandexport.nhs.uk", "digital.nhs.uk", "files.digital.nhs.uk"
QUICK = Limits(connect=1, read=1, total=3, backoff=0.01, interval=0)
LANDING = sources()["dma"].remotes[0].url


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    """A catalogue of a few sources, whose releases have no explorer."""
    leave_out_the_explorer(monkeypatch)
    return few_catalogue()


@pytest.fixture
def released(few: Catalogue, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with a release of a few sources, for tests that are about what comes then."""
    return copy_of(few_home(tmp_path_factory.getbasetemp()), tmp_path / "released")


def run(
    definitions: dg.Definitions, instance: dg.DagsterInstance, **config: object
) -> dg.ExecuteInProcessResult:
    job = definitions.resolve_job_def("refresh")
    settings = {"ops": {"archive": {"config": {"offline": True, **config}}}}
    return job.execute_in_process(instance=instance, run_config=settings, raise_on_error=False)


def problems(result: dg.ExecuteInProcessResult) -> list[str]:
    """Return why steps failed, or the run itself."""
    return [str(event) for event in result.all_events if event.is_failure]


def statuses(home: Home) -> dict[str, str]:
    return {line["source"]: line["status"] for line in home.read_status("run")["sources"]}


def why(home: Home, source: str) -> str:
    return next(line["why"] for line in home.read_status("run")["sources"] if line["source"] == source)


def materialized(result: dg.ExecuteInProcessResult) -> set[str]:
    return {
        event.asset_key.to_user_string()
        for event in result.get_asset_materialization_events()
        if event.asset_key
    }


def versions(result: dg.ExecuteInProcessResult) -> dict[str, str]:
    """Return the version of each asset that was materialised."""
    return {
        event.asset_key.to_user_string(): str(event.materialization.tags["dagster/data_version"])  # type: ignore[union-attr]
        for event in result.get_asset_materialization_events()
    }


def test_the_code_location_validates() -> None:
    command = [Path(sys.executable).with_name("dagster"), "definitions", "validate", "-w", "workspace.yaml"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    assert "All code locations passed validation" in done.stdout + done.stderr


def test_every_asset_is_described_owned_grouped_and_typed(home: Home) -> None:
    graph = build_defs(home=home).resolve_asset_graph()
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        assert node.description, key
        assert node.owners, key
        assert node.kinds, key
        assert node.group_name in {
            "archive",
            "staged",
            "by_trust",
            "organisations",
            "facts",
            "current",
            "marts",
            "about",
            "release",
        }, key
    columns = graph.get(dg.AssetKey("maturity_score")).metadata["dagster/column_schema"].columns
    assert {column.name for column in columns} > {"score", "org_code", "source_file_sha256"}
    assert all(column.description for column in columns)


def test_an_archive_has_no_freshness_policy_but_a_check_of_its_publisher(home: Home) -> None:
    definitions = build_defs(home=home)
    graph = definitions.resolve_asset_graph()
    checked = {
        spec.asset_key
        for assets in definitions.assets or []
        for spec in assets.check_specs
        if spec.name == ANSWERED
    }
    assert checked == {dg.AssetKey(f"{name}_archive") for name, source in sources().items() if source.remotes}
    assert {graph.get(dg.AssetKey(f"{name}_archive")).freshness_policy for name in sources()} == {None}


def test_no_check_blocks_and_every_expectation_is_one(home: Home) -> None:
    definitions = build_defs(home=home)
    specs = [spec for assets in definitions.assets or [] for spec in assets.check_specs]
    assert not [spec for spec in specs if spec.blocking]
    for name, source in sources().items():
        found = {spec.name for spec in specs if spec.asset_key == dg.AssetKey(f"{name}_candidate")}
        assert found == {expectation.check for expectation in expected(source)} | {"structure"}


def everything(catalogue: Catalogue) -> set[str]:
    """Return every asset that the main job makes."""
    made_of = {f"{name}_{kind}" for name in catalogue.sources for kind in ("archive", "candidate", "staged")}
    return {*made_of, *catalogue.tables, "release"}


def checked(result: dg.ExecuteInProcessResult) -> list[dg.AssetCheckEvaluation]:
    """Return every result of a check that a run reports."""
    events = (event for event in result.all_events if event.event_type_value == "ASSET_CHECK_EVALUATION")
    return [event.event_specific_data for event in events]


def written(home: Home) -> list[tuple[Path, int]]:
    """Return the files of all releases, and when each was written."""
    return sorted((path, path.stat().st_mtime_ns) for path in home.releases.rglob("*"))


WARNINGS = ("trusts_were_open", "_usual_for_the_trust", "_does_not_jump")
"""Endings of checks that may fail: of lists that name trusts closed by then, of unusual payments, and of costs that jump."""


def test_an_offline_run_publishes_and_the_next_changes_nothing(
    home: Home, few: Catalogue, released: Home
) -> None:
    definitions = build_defs(home=home, catalogue=few)
    with dg.DagsterInstance.ephemeral() as instance:
        first = run(definitions, instance)
        assert not problems(first)
        assert home.read_status("run")["outcome"] == "published_with_rejections"
        assert set(statuses(home).values()) == {"frozen"}
        assert materialized(first) == everything(few)
        held = [source for name, source in few.sources.items() if frozen_editions(name)]
        assert len(checked(first)) > sum(len(expected(source)) + 1 for source in held)
        failed = [found for found in checked(first) if not found.passed]
        assert {found.severity for found in failed} == {dg.AssetCheckSeverity.WARN}
        steps, plain = sums_of(home.latest), sums_of(released.latest)
        assert steps.keys() == plain.keys()
        tables = [path for path in steps if path.startswith(("csv/", "parquet/"))]
        assert [path for path in tables if steps[path] != plain[path]] == [], "as it is made without Dagster"

        before = written(home)
        second = run(definitions, instance)
        assert not problems(second)
        assert home.read_status("run")["outcome"] == "unchanged"
        assert materialized(second) == everything(few)
        assert versions(second) == versions(first)
        assert checked(second) == []
        assert written(home) == before


def test_a_first_run_of_the_whole_product_makes_every_asset_once_and_reports_every_check(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    found, home = recorded(tmp_path_factory.getbasetemp()), offline_home(tmp_path_factory.getbasetemp())
    assert sorted(found["materialized"]) == sorted(everything(published()))
    filled = {name for name, rows in tables_of(home.latest).items() if rows.num_rows}
    held = {f"{name}_candidate" for name, status in statuses(home).items() if status != "never_fetched"}
    keys = build_defs().resolve_asset_graph().asset_check_keys
    judged = [key.to_user_string() for key in keys if key.asset_key.to_user_string() in filled | held]
    assert sorted(found["checked"]) == sorted(judged)


def test_a_run_without_news_of_the_whole_product_takes_every_step_and_changes_nothing(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = copy_of(offline_home(tmp_path_factory.getbasetemp()), tmp_path / "home")
    sql = "select distinct check_name from check_result where outcome <> 'passed' and checked <> 'csv'"
    failed = ask(home.latest, sql)
    assert failed
    assert [name for (name,) in failed if not name.endswith(WARNINGS)] == []
    before = written(home)
    with dg.DagsterInstance.ephemeral() as instance:
        result = run(build_defs(home=home), instance)
    assert not problems(result)
    assert home.read_status("run")["outcome"] == "unchanged"
    assert set(statuses(home).values()) == {"frozen", "never_fetched"}
    assert materialized(result) == everything(published())
    assert checked(result) == []
    assert written(home) == before


def test_checks_asked_for_by_name_answer_from_the_verdicts(home: Home) -> None:
    definitions = build_defs(home=home)
    stage(sources()["epr"], sources(), home)
    with dg.DagsterInstance.ephemeral() as instance:
        job = definitions.resolve_implicit_global_asset_job_def()
        selection = [dg.AssetKey("epr_candidate"), dg.AssetKey("epr_staged")]
        result = job.execute_in_process(instance=instance, asset_selection=selection)
        checks = result.get_asset_check_evaluations()
        assert {check.check_name for check in checks} == {e.check for e in expected(sources()["epr"])} | {
            "structure"
        }


def test_an_unknown_source_is_refused_by_name(home: Home) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        result = run(build_defs(home=home), instance, sources=["dmaa"])
    assert not result.success
    assert f"expected sources among {', '.join(sources())}, found dmaa" in str(result.all_events)


def answered(result: dg.ExecuteInProcessResult) -> list[dg.AssetCheckEvaluation]:
    """Return whether publishers answered, as the run reports it."""
    return [found for found in checked(result) if found.check_name == ANSWERED]


# The schedule and the lock.


def test_the_schedule_runs_daily_at_six_in_london_and_is_stopped_until_started(home: Home) -> None:
    schedule = build_defs(home=home).resolve_schedule_def("daily_refresh")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 6 * * *", "Europe/London")
    assert schedule.default_status == dg.DefaultScheduleStatus.STOPPED
    assert schedule.job_name == "refresh"


# Live, against a server that stands in for the publishers.


@pytest.fixture
def publisher(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Publisher]:
    """Publishers that answer here; the formats of a release are not what their tests are about."""
    spare_formats(monkeypatch, tmp_path_factory.getbasetemp())
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    with publishing(tmp_path, [NHS, ODS, FILES]) as running:
        yield running


def live(home: Home, publisher: Publisher, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    fetcher = Fetcher(QUICK, locate=publisher.locate)
    definitions = build_defs(home=home, catalogue=few_catalogue(), fetcher=lambda: fetcher)
    return run(definitions, instance, offline=False)


def one_is_dead_and_the_others_are_fresh(home: Home, result: dg.ExecuteInProcessResult) -> None:
    """Hold that a dead publisher is stale, with the reason in its check, and the others are fresh."""
    answers = {check.asset_key.to_user_string(): check for check in answered(result)}
    assert statuses(home)["dma"] == "stale"
    assert "404" in why(home, "dma")
    assert statuses(home)["ods"] == "fresh"
    assert {"dma_archive", "ods_archive"} <= materialized(result)
    assert answers["ods_archive"].passed
    assert not answers["dma_archive"].passed
    assert "404" in str(answers["dma_archive"].description)
    assert answers["dma_archive"].severity == dg.AssetCheckSeverity.WARN
    assert "epr_archive" not in answers


def test_a_live_refresh_keeps_every_vintage_and_offline_they_make_the_same_release(
    released: Home, publisher: Publisher
) -> None:
    publisher.serve(LANDING, page((WORKBOOK, "Data file")))
    publisher.serve(WORKBOOK, dma_workbook())
    publisher.serve(ETR, etr())
    publisher.serve(ECT, ECT_ROWS)
    with dg.DagsterInstance.ephemeral() as instance:
        first = live(released, publisher, instance)
        assert not problems(first)
        found = statuses(released)
        assert (found["dma"], found["ods"], found["epr"]) == ("fresh", "fresh", "frozen")
        assert {"dma_archive", "ods_archive"} <= materialized(first)
        assert len(Archive(released.root / "archive").vintages("dma")) == 1

        second = live(released, publisher, instance)
        assert not problems(second)
        assert statuses(released)["dma"] == "unchanged"
        assert released.read_status("run")["outcome"] == "unchanged"

        publisher.serve(LANDING, Page(b"gone", status=404))
        publisher.serve(ETR, etr(RAL="ROYAL FREE ARTIFICIAL NHS FOUNDATION TRUST"))
        third = live(released, publisher, instance)
        assert not problems(third)
        one_is_dead_and_the_others_are_fresh(released, third)
        assert len([v for v in Archive(released.root / "archive").vintages("ods") if v.part == "etr"]) == 2
        assert released.read_status("run")["outcome"].startswith("published")

        made = released.latest.resolve()
        assert not problems(run(build_defs(home=released, catalogue=few_catalogue()), instance))
        assert released.latest.resolve() == made
        assert released.read_status("run")["outcome"] == "unchanged"


@pytest.mark.parametrize(
    ("broken", "reported"),
    [
        pytest.param(lambda good: good[: len(good) // 2], "damaged", marks=pytest.mark.thorough),
        pytest.param(lambda good: b"", "nothing", marks=pytest.mark.thorough),
        (lambda good: b"<html><body>Page not found</body></html>", "web page"),
    ],
    ids=["truncated", "empty", "html"],
)
def test_a_broken_file_of_one_publisher_leaves_its_last_edition_and_the_others_alone(
    released: Home, publisher: Publisher, broken: object, reported: str
) -> None:
    publisher.serve(LANDING, page((WORKBOOK, "Data file")))
    publisher.serve(WORKBOOK, broken(dma_workbook()))  # type: ignore[operator]
    publisher.serve(ETR, etr())
    publisher.serve(ECT, ECT_ROWS)
    with dg.DagsterInstance.ephemeral() as instance:
        result = live(released, publisher, instance)
    assert not problems(result)
    assert statuses(released)["dma"] in {"refused", "stale"}
    assert statuses(released)["ods"] == "fresh"
    assert reported in why(released, "dma")
    assert "dma" in why(released, "dma")
    package = json.loads((released.latest / "datapackage.json").read_text("utf-8"))
    assert package["resources"]
    scores = "select count(*) from maturity_score where instrument = 'DMA'"
    assert ask(released.latest, scores) == [(2850,)]  # the frozen edition: 2,565 scores, 285 derived means


def test_the_audit_alone_may_fail_the_run(
    few: Catalogue, released: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = released.latest.resolve()

    dma = few.sources["dma"]
    impossible = replace(
        dma, facts=lambda rows: {"maturity_score": dma.facts(rows)["maturity_score"].assign(score=9.0)}
    )
    changed = replace(few, sources={**few.sources, "dma": impossible})
    monkeypatch.setattr(code_version, "of_tables", lambda: "other code")
    monkeypatch.setattr(code_version, "of_release", lambda: "other code")
    with dg.DagsterInstance.ephemeral() as instance:
        result = run(build_defs(home=released, catalogue=changed), instance)
    assert not result.success
    assert released.latest.resolve() == before
    failed = [event for event in result.all_events if event.is_step_failure]
    assert [event.step_key for event in failed] == ["marts"]
    assert not list(released.releases.glob(".building-*"))
