"""The results of checks that come with the project: none is missing or out of date, and they are what the checks give."""

import json
from pathlib import Path

import pytest
import tiny_source
from releases import offline_home

from assets.catalogue import sources
from assets.contract.frozen_editions import FROZEN, frozen_editions
from pipelines.judging import file_verdicts, kept_verdicts, parser_process
from pipelines.storage.home import Home
from tools import judge_frozen


def held() -> list[Path]:
    """Return the files of results in the project."""
    return sorted(FROZEN.glob(f"*/{kept_verdicts.NAME}"))


TO_DO = "run `python -m tools.judge_frozen`"


def test_there_is_a_result_for_each_frozen_edition_under_its_rules(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    home = offline_home(tmp_path_factory.getbasetemp())
    missing = {name for name in sources() if frozen_editions(name)} - {path.parent.name for path in held()}
    assert not missing, TO_DO
    for path in held():
        keys = {one.sha256 for one in frozen_editions(path.parent.name)}
        assert path.read_text("utf-8") == kept_verdicts.as_lines(home.verdicts, keys), TO_DO


@pytest.mark.thorough
def test_they_are_what_the_checks_give(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_verdicts, "kept", dict)
    for path, lines in judge_frozen.results(Home(tmp_path)):
        assert path.read_text("utf-8") == lines, TO_DO


def test_a_result_holds_for_the_same_bytes_and_rules_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny, first, second = (
        tiny_source.Tiny(tmp_path / "asked"),
        Home(tmp_path / "first"),
        Home(tmp_path / "second"),
    )
    tiny_source.arrive(first, tiny_source.GOOD)
    (good,) = file_verdicts.judge_all(tiny.source, first)
    (path,) = first.verdicts.glob("*.json")
    content = json.loads(path.read_text("utf-8"))
    content["checks"] = [{**check, "success": False, "outcome": "failed"} for check in content["checks"]]
    monkeypatch.setattr(kept_verdicts, "kept", lambda: {path.name: content})
    for number, file in enumerate([tiny_source.GOOD, tiny_source.BETTER]):
        tiny_source.arrive(second, file, day=number + 1)
    judged = file_verdicts.judge_all(tiny.source, second)
    assert good.accepted
    assert [one.accepted for one in judged] == [False, True]
    monkeypatch.setattr(parser_process, "LIMITS", parser_process.Limits(processor=39))
    assert file_verdicts.judge(tiny.source, *next(file_verdicts.copies(tiny.source, second)), second).accepted
