"""Only a regular file of a bounded size is read, and nothing is waited for."""

import os
import time
from pathlib import Path

import pytest

from pipelines.cli import main
from pipelines.fetching.transfer import Limits
from pipelines.storage import regular_file


@pytest.fixture(params=["pipe", "device", "folder", "sparse", "nothing", "odd"])
def no_file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "named"
    if request.param == "pipe":
        os.mkfifo(path)
    elif request.param == "sparse":
        path.touch()
        os.truncate(path, 1_500_000_000)
    elif request.param == "folder":
        path.mkdir()
    return {"device": Path("/dev/zero"), "odd": Path("a\0b")}.get(request.param, path)


def test_f78_what_is_no_regular_file_or_too_large_is_refused_at_once(
    no_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    started = time.monotonic()
    with pytest.raises(regular_file.NotRegularError):
        regular_file.read(no_file)
    assert main(["ingest", "epr", str(no_file), "--edition", "2024-10-01"]) == 2
    assert time.monotonic() - started < 1
    assert capsys.readouterr().err.startswith("digital-maturity: Reading ")


def test_f78_a_list_to_resolve_is_a_regular_file(no_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["resolve", "--csv", str(no_file), "--column", "a"]) == 1
    assert "name a CSV file that you may read" in capsys.readouterr().err


def test_a_regular_file_is_read_through_a_link_up_to_the_size_of_a_download(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"four")
    (tmp_path / "link").symlink_to("file")
    assert regular_file.read(tmp_path / "link", most=4) == b"four"
    with pytest.raises(regular_file.NotRegularError, match="4 bytes, more than the 3"):
        regular_file.read(tmp_path / "file", most=3)
    assert Limits.bytes == regular_file.MOST
