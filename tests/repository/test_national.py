"""Payments of every trust, made with the layouts of the real files: read, parsed trust by trust, and put together.

At 1/600 of the size of the country: a file costs a fifth of a second of processor time, for it is parsed in a child of
its own and checked by five expectations. `python -m benchmarks.national` measures more.
"""

from contextlib import AbstractContextManager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dagster as dg
import pyarrow.parquet as pq
import pytest
from conftest import staged_rows
from dagster._core.storage.tags import PARTITION_NAME_TAG

from assets.catalogue import Catalogue, published, sources
from assets.contract.errors import BusyError
from assets.contract.parsed import StructureError
from assets.sources.spend25k import parsing
from benchmarks import national, payments
from pipelines.definitions import build_defs
from pipelines.judging import file_verdicts
from pipelines.orchestration import jobs, refresh_steps
from pipelines.staging import staged_tables
from pipelines.storage import parquet
from pipelines.storage.home import Home
from pipelines.storage.parquet import read_parquet, to_arrow, to_pandas

FILES = len(payments.LAYOUTS) * 12


@pytest.mark.parametrize("place", range(len(payments.LAYOUTS)))
def test_every_line_of_every_layout_is_read(place: int) -> None:
    parsed = national.parse(payments.content(place, "R1H", 2020, 11), "2020/21", "R1H.2020-11")
    assert (parsed.rows_in, parsed.rows_used) == (payments.LINES, payments.LINES)
    assert set(parsed.rows["month"]) == {"2020-11"}
    assert len(set(parsed.rows["category"])) > 4
    expected = sum(25_000 + 1_111.11 * (n % 50) + 11 for n in range(payments.LINES))
    assert parsed.rows["amount_gbp"].sum() == pytest.approx(expected)


@pytest.mark.parametrize("place", range(len(payments.LAYOUTS)))
def test_no_such_file_can_get_into_a_release(place: int) -> None:
    with pytest.raises(StructureError, match="expected payments of Barts Health NHS Trust"):
        parsing.parse(payments.content(place, "R1H", 2020, 11), "2020/21", "R1H.2020-11")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with a year of files of one trust for each layout."""
    home = Home(tmp_path_factory.mktemp("national") / "home")
    assert payments.fill(home, len(payments.LAYOUTS), 1) == FILES
    return home


def partition(home: Home, code: str) -> dg.ExecuteInProcessResult:
    source = national.listing(payments.codes(len(payments.LAYOUTS)))
    definitions = build_defs(home=home, catalogue=Catalogue({"spend25k": source}, published().tables))
    with dg.DagsterInstance.ephemeral() as instance:
        job = definitions.resolve_job_def("parse_spend25k_by_trust")
        return job.execute_in_process(partition_key=code, instance=instance, raise_on_error=False)


@pytest.mark.thorough
def test_a_partition_parses_one_trust_and_the_refresh_puts_all_together(home: Home) -> None:
    first, *others = payments.codes(len(payments.LAYOUTS))
    done = partition(home, first)
    assert done.success
    (made,) = done.get_asset_materialization_events()
    metadata = made.materialization.metadata
    assert (metadata["files"].value, metadata["judged"].value) == (12, 12)
    assert metadata["refused"].value == []
    assert len(list(home.parsed.iterdir())) == 12
    assert (
        partition(home, first).get_asset_materialization_events()[0].materialization.metadata["judged"].value
        == 0
    )

    judged = file_verdicts.judge_all(national.source(), home)
    arrived = [one for one in judged if one.copy.origin == "fetched"]
    assert len(arrived) == FILES
    assert {one.copy.part[:3] for one in arrived if one.newly} == set(others)
    assert all(one.accepted for one in arrived)
    kinds = national.parse(payments.content(0, "R1H", 2020, 11), "2020/21", "R1H.2020-11").rows["category"]
    frozen = len(sources()["spend25k"].facts(staged_rows("spend25k"))["it_spend_over_25k"])
    assert national.gather(home.root) == frozen + FILES * kinds.nunique()
    rows = to_pandas(read_parquet(staged_tables.staged_path("spend25k", home)))
    assert rows[rows["edition"] == "2011/12"]["lines"].sum() == FILES * payments.LINES


def test_a_staged_table_is_written_in_few_rows_at_a_time_and_in_the_order_of_its_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path / "home")
    payments.fill(home, 1, 1)
    source = national.source()
    used = refresh_steps.stage(source, sources(), home).manifest.used
    monkeypatch.setattr(parquet, "ROWS_AT_ONCE", 100)
    staged_tables._write(source, used, home, tmp_path / "staged.parquet")
    written = pq.ParquetFile(tmp_path / "staged.parquet")
    assert written.num_row_groups > 3
    rows = written.read()
    assert rows.equals(to_arrow(to_pandas(rows), source.table))
    assert rows.equals(read_parquet(staged_tables.staged_path("spend25k", home)))


# What is alone with what


def test_the_refresh_is_not_partitioned_and_every_trust_is_a_partition() -> None:
    definitions = build_defs()
    assert definitions.resolve_job_def("refresh").partitions_def is None
    trusts = definitions.resolve_job_def("parse_spend25k_by_trust").partitions_def
    assert trusts is not None
    assert tuple(trusts.get_partition_keys()) == sources()["spend25k"].by_trust
    assert "R1H" in sources()["spend25k"].by_trust


class Runs:
    """What Dagster believes to be at work: a run by itself, and one of a partition."""

    def __init__(self) -> None:
        self.failed: list[str] = []
        self.event_log_storage = None

    def get_runs(self, _: object) -> list[SimpleNamespace]:
        return [run("refresh"), run("partition", "R1H")]

    def report_run_failed(self, run: SimpleNamespace, _: str) -> None:
        self.failed.append(run.run_id)


def run(run_id: str, partition: str = "") -> SimpleNamespace:
    tags, name = ({PARTITION_NAME_TAG: partition}, "one") if partition else ({}, jobs.REFRESH)
    return SimpleNamespace(run_id=run_id, tags=tags, job_name=name, asset_selection=None)


def alone(home: Home, partition: str = "") -> tuple[AbstractContextManager[None], list[str]]:
    """Return what a run that begins holds while it works, and the runs it will have found dead."""
    runs = Runs()
    context: Any = SimpleNamespace(run_id="new", dagster_run=run("new", partition), instance=runs)
    return jobs._alone(context, home), runs.failed


def test_a_trust_is_parsed_beside_a_refresh_and_not_twice_at_once(tmp_path: Path) -> None:
    home = Home(tmp_path)
    (refreshing, dead), (parsing_one, dead_parts) = alone(home), alone(home, "R1H")
    with refreshing, parsing_one, alone(home, "RAL")[0]:
        assert (dead, dead_parts) == (["refresh"], ["partition"])
        for again in (alone(home), alone(home, "R1H")):
            with pytest.raises(BusyError), again[0]:
                pass
