"""Judging ahead: every file once, reported as new, and only for the files it was begun for."""

from dataclasses import replace
from pathlib import Path

import pytest
from tiny_source import BETTER, GOOD, Tiny, arrive

from assets.contract.expectations import Expectation
from assets.contract.source import Source
from pipelines.integration import acceptance
from pipelines.integration.background_checks import BackgroundChecks
from pipelines.storage.home import Home

SEVEN_ROWS = Expectation("seven_rows", "expect_table_row_count_to_equal", {"value": 7}, "Artificial.")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "data")


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    return Tiny(tmp_path / "asked")


@pytest.fixture
def source(tiny: Tiny) -> Source:
    return tiny.source


@pytest.fixture
def ahead(source: Source, home: Home) -> BackgroundChecks:
    return BackgroundChecks({"tiny": source}, home)


def test_what_was_begun_is_judged_once_and_is_new(
    tiny: Tiny, source: Source, home: Home, ahead: BackgroundChecks
) -> None:
    arrive(home, GOOD)
    ahead.begin()
    (judged,) = ahead.judged(source)
    assert (judged.accepted, judged.newly) == (True, True)
    (again,) = ahead.judged(source)
    assert (again.accepted, again.newly) == (True, False)
    assert tiny.calls == {GOOD: 1}


def test_a_file_that_arrived_since_is_judged_too(source: Source, home: Home, ahead: BackgroundChecks) -> None:
    arrive(home, GOOD, edition="2024")
    ahead.begin()
    arrive(home, BETTER, edition="2025", day=2)
    assert [one.copy.edition for one in ahead.judged(source)] == ["2024", "2025"]


def test_what_was_begun_by_other_rules_does_not_count(
    source: Source, home: Home, ahead: BackgroundChecks
) -> None:
    arrive(home, GOOD)
    ahead.begin()
    other = replace(source, expectations=(SEVEN_ROWS,))
    assert [one.accepted for one in ahead.judged(other)] == [False]


def test_a_fault_of_this_machine_is_raised_where_the_answer_is_asked_for(
    source: Source, home: Home, ahead: BackgroundChecks, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    arrive(home, GOOD)
    with monkeypatch.context() as patched:
        patched.setattr(acceptance, "judge_all", full)
        ahead.begin()
        with pytest.raises(OSError, match="No space left"):
            ahead.judged(source)
    assert [one.accepted for one in ahead.judged(source)] == [True]


def test_nothing_is_begun_where_every_file_has_its_verdict(
    source: Source, home: Home, ahead: BackgroundChecks, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrive(home, GOOD)
    acceptance.judge_all(source, {"tiny": source}, home)
    asked: list[str] = []
    monkeypatch.setattr(acceptance, "judge_all", lambda source, *_: asked.append(source.name))
    ahead.begin()
    assert not asked
