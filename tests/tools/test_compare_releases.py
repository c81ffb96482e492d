"""Two small releases are compared table by table, row by row and cell by cell."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tools import compare_releases

SCORES = {"org_code": ["RX1", "RX2"], "score": [1.5, None], "source_row": [4, 5]}


def release(folder: Path, tables: dict[str, dict[str, list[object]]], key: str = "org_code") -> Path:
    (folder / "parquet").mkdir(parents=True)
    resources = [{"name": name, "schema": {"primaryKey": [key]}} for name in tables]
    (folder / "datapackage.json").write_text(json.dumps({"resources": resources}))
    for name, columns in tables.items():
        pq.write_table(pa.table(columns), folder / "parquet" / f"{name}.parquet")
    return folder


def differences(tmp_path: Path, before: dict[str, list[object]], after: dict[str, list[object]]) -> list[str]:
    one, other = (
        release(tmp_path / name, {"maturity_score": rows})
        for name, rows in (("before", before), ("after", after))
    )
    return [str(difference) for difference in compare_releases.compare(one, other)]


def test_a_release_does_not_differ_from_itself(tmp_path: Path) -> None:
    assert differences(tmp_path, SCORES, SCORES) == []


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (
            SCORES | {"score": [1.5, 2.0]},
            ["maturity_score: score differs in 1 rows, such as RX2 (None became 2.0)"],
        ),
        (
            SCORES | {"source_row": [4, 9]},
            ["maturity_score: source_row differs in 1 rows, such as RX2 (5 became 9)"],
        ),
        (
            SCORES | {"org_code": ["RX1", "RX3"]},
            [
                "maturity_score: the row is gone in 1 rows, such as RX2",
                "maturity_score: the row is new in 1 rows, such as RX3",
            ],
        ),
        (
            {"org_code": ["RX1", "RX2"], "score": [1.5, None]},
            ["maturity_score: column source_row is gone"],
        ),
    ],
)
def test_every_kind_of_difference_is_found(
    tmp_path: Path, after: dict[str, list[object]], expected: list[str]
) -> None:
    assert differences(tmp_path, SCORES, after) == expected


def test_a_table_that_is_gone_or_has_another_key_is_a_difference(tmp_path: Path) -> None:
    before = release(tmp_path / "before", {"maturity_score": SCORES, "caveat": SCORES, "gone": SCORES})
    after = release(tmp_path / "after", {"maturity_score": SCORES, "new": SCORES}, key="source_row")
    found = [f"{one.table}: {one.what}" for one in compare_releases.compare(before, after)]
    assert found == [
        "gone: the table is gone",
        "maturity_score: the primary key org_code became source_row",
        "new: the table is new",
    ]


def test_the_command_exits_with_1_where_something_differs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = release(tmp_path / "before", {"maturity_score": SCORES})
    after = release(tmp_path / "after", {"maturity_score": SCORES | {"score": [1.5, 3.0]}})
    monkeypatch.setattr("sys.argv", ["compare_releases", str(before), str(after)])
    assert compare_releases.main() == 1
    assert "1 differences" in capsys.readouterr().out
    monkeypatch.setattr("sys.argv", ["compare_releases", str(before), str(before)])
    assert compare_releases.main() == 0
