"""Decisions about files: bound to their bytes, kept for good, undone by another one."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tiny_source import BETTER, GOOD, RENAMED, Tiny, arrive, scores

from assets.catalogue import sources
from pipelines.judging import decisions, file_verdicts
from pipelines.judging.decisions import DecisionError, Reason, choose, decide, in_force
from pipelines.judging.expectation_results import CheckResult
from pipelines.orchestration import refresh_steps
from pipelines.storage.archive import DamagedArchiveError, Vintage
from pipelines.storage.home import Home

WHERE = ("tiny", "2025", "")
WHY = Reason("an artificial reason")


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    return Tiny(tmp_path / "log")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def withdraw(home: Home, *, undo: bool = False) -> Vintage:
    vintage = choose("withdrawn", WHERE, home, undo=undo)
    decide("withdrawn", vintage, WHY, home, undone=undo)
    return vintage


def test_f67_a_withdrawn_file_is_kept_and_not_used_and_comes_back(tiny: Tiny, home: Home) -> None:
    arrive(home, GOOD, day=1)
    arrive(home, BETTER, day=2)
    refresh_steps.stage(tiny.source, sources(), home)
    assert scores(tiny.source, home) == [3333, 4444, 5555]
    newest = withdraw(home)
    assert len(home.archive.vintages("tiny")) == 2
    assert refresh_steps.stage(tiny.source, sources(), home).status != "refused"
    assert scores(tiny.source, home) == [1111, 2222]
    withdraw(home)
    refresh_steps.stage(tiny.source, sources(), home)
    assert scores(tiny.source, home) == []
    assert withdraw(home, undo=True) == newest
    refresh_steps.stage(tiny.source, sources(), home)
    assert scores(tiny.source, home) == [3333, 4444, 5555]


def test_a_refused_file_that_is_withdrawn_no_longer_makes_its_source_refused(tiny: Tiny, home: Home) -> None:
    arrive(home, GOOD, day=1)
    arrive(home, RENAMED, day=2)
    assert refresh_steps.stage(tiny.source, sources(), home).status == "refused"
    withdraw(home)
    assert refresh_steps.stage(tiny.source, sources(), home).status != "refused"


def test_a_decision_is_about_these_bytes_of_this_edition_and_part(tiny: Tiny, home: Home) -> None:
    arrive(home, GOOD, edition="2024")
    arrive(home, GOOD, edition="2025")
    withdraw(home)
    held = [copy.edition for copy, _ in file_verdicts.copies(tiny.source, home)]
    assert held == ["2024"]


@pytest.mark.parametrize(("where", "undo"), [(("tiny", "2030", ""), False), (WHERE, True)])
def test_what_is_not_there_is_named_beside_what_is(home: Home, where: decisions.Where, undo: bool) -> None:
    arrive(home, GOOD)
    with pytest.raises(DecisionError, match=r"files of 2025|none that is withdrawn") as refused:
        choose("withdrawn", where, home, undo=undo)
    assert str(refused.value).count("\n") == 0


@pytest.mark.parametrize("why", ["", "   ", "=x", "\n\n", "ok"])
def test_a_reason_must_explain(home: Home, why: str) -> None:
    arrive(home, GOOD)
    with pytest.raises(DecisionError, match="write one sentence"):
        decide("withdrawn", choose("withdrawn", WHERE, home), Reason(why), home)
    assert in_force("tiny", home) == {"withdrawn": {}, "acknowledged": {}}


def test_an_acknowledged_file_passes_what_compares_it_and_the_check_says_who_and_why() -> None:
    failed = CheckResult("order", "guard_order", "ERROR", False, "failed", "0.1", ("X11",), "Artificial.")
    passed = replace(failed, success=True, outcome="passed")
    [one, other] = decisions.excused(
        [failed, passed], decisions.words("acknowledged", Reason("it is right", "A"))
    )
    assert one.success
    assert one.observed == "acknowledged by A (it is right); 0.1"
    assert other == passed
    assert decisions.excused([failed], "") == [failed]


def test_acknowledged_files_say_so_when_they_are_judged_and_structure_still_counts(
    tiny: Tiny, home: Home
) -> None:
    arrive(home, RENAMED)
    decide("acknowledged", choose("acknowledged", WHERE, home), WHY, home)
    [judged] = file_verdicts.judge_all(tiny.source, home)
    assert judged.acknowledged == "acknowledged by the maintainer of this home (an artificial reason)"
    assert not judged.accepted


@pytest.mark.parametrize(
    ("field", "value"),
    [("kind", "nonsense"), ("kind", ["withdrawn"]), ("decided_at", 1), ("decided_at", "junk"), ("decided_at", "2026-01-01"),
     ("edition", ["a"]), ("part", None), ("sha256", None), ("sha256", "a"), ("why", 1), ("undone", "no")],
)  # fmt: skip
def test_a_decision_that_was_edited_by_hand_is_refused(
    tiny: Tiny, home: Home, field: str, value: object
) -> None:
    arrive(home, GOOD)
    withdraw(home)
    (path,) = (home.archive.root / decisions.FOLDER / "tiny").iterdir()
    path.write_text(json.dumps(json.loads(path.read_text()) | {field: value}))
    with pytest.raises(DamagedArchiveError, match=r"expected a decision about a file, found .*; move it out"):
        withdraw(home, undo=True)
