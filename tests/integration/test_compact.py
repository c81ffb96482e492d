"""A table made a slice at a time is the table made at once: the same rows, the same bytes, the same problems."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
import sqlalchemy as sa

from assets.reading.structure import problems
from pipelines.integration import compact
from pipelines.integration.compact import Compact
from pipelines.storage.parquet import to_arrow, write_batches, write_parquet

TABLE = sa.Table(
    "artificial",
    sa.MetaData(),
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("year", sa.Integer, primary_key=True),
    sa.Column("word", sa.Text, info={"allowed": ("a", "b", "z")}),
    sa.Column("value", sa.Float),
)
ROWS = pd.DataFrame(
    {
        "code": ["RB", "RA", "RC", "RA", "RB", "RA"],
        "year": [2, 3, 1, 1, 1, 2],
        "word": ["b", None, "a", "b", "a", "z"],
        "value": [1.5, 2.5, None, 0.0, -1.0, 3.0],
    }
)
PARTS = (ROWS.iloc[:4], ROWS.iloc[4:].drop(columns="value"))
"""Two sources, of which one has no values."""
WHOLE = pd.concat(PARTS)


def test_rows_made_by_slices_are_those_made_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compact, "SLICE", 4)
    made = Compact.of(TABLE, PARTS)
    assert [one.num_rows for one in made.slices()] == [4, 2]
    assert pa.concat_tables(made.slices()).equals(to_arrow(WHOLE, TABLE), check_metadata=True)
    assert made.problems == problems(WHOLE, TABLE) == []


def test_a_table_of_one_slice_has_the_bytes_of_one_written_at_once(tmp_path: Path) -> None:
    write_batches(Compact.of(TABLE, PARTS).slices(), TABLE, tmp_path / "slices")
    write_parquet(to_arrow(WHOLE, TABLE), tmp_path / "once")
    assert (tmp_path / "slices").read_bytes() == (tmp_path / "once").read_bytes()


def test_a_column_that_every_frame_leaves_out_is_a_problem() -> None:
    frames = [part.drop(columns="value", errors="ignore") for part in PARTS]
    assert Compact.of(TABLE, frames).problems == ["table artificial: expected column 'value', found none"]


def test_a_table_without_rows_is_written(tmp_path: Path) -> None:
    write_batches(Compact.of(TABLE, ()).slices(), TABLE, tmp_path / "slices")
    write_parquet(to_arrow(ROWS.iloc[:0], TABLE), tmp_path / "once")
    assert (tmp_path / "slices").read_bytes() == (tmp_path / "once").read_bytes()


@pytest.mark.parametrize(
    "changed",
    [
        {"word": ["b", "q", "a", "b", "a", "z"]},
        {"code": ["RB", None, "RC", "RA", "RB", "RA"]},
        {"year": [2, 3, 1, 1, 2, 2]},
    ],
    ids=["another word", "no code", "a key twice"],
)
def test_problems_are_those_of_the_table_made_at_once(changed: dict[str, list[object]]) -> None:
    wrong = ROWS.assign(**changed)
    assert Compact.of(TABLE, [wrong]).problems == problems(wrong, TABLE) != []
