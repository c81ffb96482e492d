"""A frozen series: a month that comes anew replaces the frozen one, and every file is listed by itself."""

import csv
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from test_spend25k_reading import EDITION, LINES, PART, spreadsheet
from test_staging import arrive

from assets.catalogue import sources
from assets.contract.frozen_editions import FrozenEdition, frozen_editions, read_frozen
from assets.sources.spend25k import source as module
from pipelines.integration.acceptance import judge_all
from pipelines.integration.metadata_tables import tables_about
from pipelines.judging import file_verdicts
from pipelines.judging.decisions import Reason, choose, decide
from pipelines.staging import staged_tables
from pipelines.staging.freeze_edition import freeze
from pipelines.staging.frozen_series import rows_in_use
from pipelines.staging.staged_tables import Staged
from pipelines.storage.home import Home
from pipelines.storage.parquet import read_parquet, to_pandas

SOURCE = replace(module.SOURCE, expectations=())
(BARTS,) = (one for one in frozen_editions("spend25k") if one.descriptor.part == "R1H")
FROZEN_MONTH = next(file for file in BARTS.descriptor.files if file["part"] == PART)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """An empty archive beside the frozen series of one trust."""
    monkeypatch.setattr(file_verdicts, "frozen_editions", lambda _: (BARTS,))
    return Home(tmp_path / "home")


def staged(home: Home) -> Staged:
    manifest = staged_tables.stage(SOURCE, file_verdicts.judge_all(SOURCE, home), home)
    rows = to_pandas(read_parquet(staged_tables.staged_path("spend25k", home)))
    return Staged(SOURCE, rows_in_use(rows, manifest), manifest, "fresh", "")


def lines_by_month(rows: pd.DataFrame) -> dict[str, int]:
    facts = SOURCE.facts(rows)["it_spend_over_25k"]
    return {str(month): int(lines) for month, lines in facts.groupby("month")["lines"].sum().items()}


def files(found: Staged) -> dict[str, dict[str, Any]]:
    return {
        row["part"]: row
        for row in tables_about({"spend25k": found})["source_file"].to_dict("records")
        if row["source"] == "spend25k"
    }


def test_every_file_of_a_series_is_listed_by_itself_with_its_own_lines(home: Home) -> None:
    found = staged(home)
    listed = files(found)
    assert set(listed) == {file["part"] for file in BARTS.descriptor.files}
    for file in BARTS.descriptor.files:
        row = listed[file["part"]]
        assert row["source_file_sha256"] == file["sha256"]
        assert row["file_url"] == file["file_url"]
        assert row["rows_in"] == row["rows_used"] + row["rows_rejected"] == file["rows_in"]
    facts = SOURCE.facts(found.rows)["it_spend_over_25k"]
    assert set(facts["source_file_sha256"]) == {row["source_file_sha256"] for row in listed.values()}


def test_a_rejected_line_of_a_series_is_reported_under_its_own_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (royal_free,) = (one for one in frozen_editions("spend25k") if one.descriptor.part == "RAL")
    monkeypatch.setattr(file_verdicts, "frozen_editions", lambda _: (royal_free,))
    about = tables_about({"spend25k": staged(Home(tmp_path))})
    (found,) = about["rejected_row"].to_dict("records")
    (file,) = (one for one in royal_free.descriptor.files if one["rejected"])
    assert (found["source_file_sha256"], found["source_row"]) == (file["sha256"], file["rejected"][0]["row"])
    assert about["source_status"]["rows_rejected"].tolist() == [1]


def test_a_month_that_comes_anew_replaces_the_frozen_one_and_no_other(home: Home) -> None:
    before = lines_by_month(staged(home).rows)
    arrive(home, spreadsheet(), source="spend25k", edition=EDITION, part=PART, name="july.csv")
    found = staged(home)
    after = lines_by_month(found.rows)
    assert before["2020-07"] == FROZEN_MONTH["rows_in"] > len(LINES)
    assert after == {**before, "2020-07": len(LINES)}
    listed = files(found)
    assert len(listed) == len(BARTS.descriptor.files)
    assert (listed[PART]["origin"], listed[PART]["publisher_file_name"]) == ("fetched", "july.csv")
    assert int(found.rows["lines"].sum()) == sum(after.values())
    assert tables_about({"spend25k": found})["source_status"]["rows_staged"].tolist() == [len(found.rows)]


def test_a_month_that_is_not_in_the_series_is_added(home: Home) -> None:
    march = spreadsheet([(*line[:2], "31/03/2021", *line[3:]) for line in LINES])
    arrive(home, march, source="spend25k", edition=EDITION, part="R1H.2021-03")
    found = staged(home)
    assert lines_by_month(found.rows)["2021-03"] == len(LINES)
    assert len(files(found)) == len(BARTS.descriptor.files) + 1


def test_a_refused_month_leaves_the_frozen_one_in_use(home: Home) -> None:
    before = lines_by_month(staged(home).rows)
    arrive(home, spreadsheet(headers=("wrong",) * 8), source="spend25k", edition=EDITION, part=PART)
    found = staged(home)
    assert lines_by_month(found.rows) == before
    assert files(found)[PART]["origin"] == "frozen"


def test_the_frozen_file_ingested_again_counts_once(home: Home, publisher_files: Path) -> None:
    before = lines_by_month(staged(home).rows)
    (real,) = (publisher_files / "spend25k").glob(f"*/{FROZEN_MONTH['publisher_file_name']}")
    arrive(home, real.read_bytes(), source="spend25k", edition=EDITION, part=PART)
    found = staged(home)
    assert lines_by_month(found.rows) == before
    assert files(found)[PART]["origin"] == "fetched"


def again(home: Home, root: Path) -> FrozenEdition:
    """Freeze what the archive holds into `root`, beside the frozen series that is there."""
    frozen_editions.cache_clear()
    (path,) = freeze(SOURCE, EDITION, judge_all(SOURCE, sources(), home), home, root)
    frozen_editions.cache_clear()
    return next(found for found in frozen_editions("spend25k", root) if found.path == path)


def test_freezing_a_new_month_keeps_the_others_of_the_series(home: Home, tmp_path: Path) -> None:
    root = tmp_path / "frozen"
    shutil.copytree(BARTS.path.parent, root / "spend25k")
    arrive(home, spreadsheet(), source="spend25k", edition=EDITION, part=PART, name="july.csv")
    july = choose("acknowledged", ("spend25k", EDITION, PART), home)
    decide("acknowledged", july, Reason("an artificial month is shorter than the real one"), home)
    found = again(home, root).descriptor
    held = {file["part"]: file for file in found.files}
    assert list(held) == [file["part"] for file in BARTS.descriptor.files]
    assert [held[part] for part in held if part != PART] == [
        f for f in BARTS.descriptor.files if f["part"] != PART
    ]
    assert (held[PART]["publisher_file_name"], held[PART]["rows_in"]) == ("july.csv", len(LINES))
    others = [path for path in BARTS.path.parent.iterdir() if not path.match("*.R1H.*")]
    assert all((root / "spend25k" / path.name).read_bytes() == path.read_bytes() for path in others)
    assert found.rows_in == BARTS.descriptor.rows_in - FROZEN_MONTH["rows_in"] + len(LINES)
    with again(home, root).path.open(encoding="utf-8", newline="") as rows:
        assert sum(int(row["lines"]) for row in csv.DictReader(rows)) == found.rows_in


def test_a_descriptor_of_a_series_sums_its_files() -> None:
    for frozen in frozen_editions("spend25k"):
        described = frozen.descriptor
        for fact in ("bytes", "rows_in", "rows"):
            assert getattr(described, fact) == sum(file[fact] for file in described.files), fact
        assert [row for file in described.files for row in file["rejected"]] == list(described.rejected)
        rows = read_frozen(frozen, SOURCE.table).rows
        assert rows.groupby("publisher_file_sha256").size().to_dict() == {
            file["sha256"]: file["rows"] for file in described.files
        }
