"""Every mutation of a publisher's file comes to what the reviewed table says, through the function that judges files.

The cases are in the modules beside this one, one for each source: `CASES`, and, where the publishers' own files are
here, the same changes of those from `cases("real")`, which `make test-thorough` runs.
"""

import pkgutil
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

import mutations
from assets.catalogue import sources
from mutations.case import Case
from mutations.judging import failed, home_beside, judged, outcome
from mutations.page import PAGE, every_case, table
from pipelines.integration import acceptance, trial

MODULES = [
    import_module(f"mutations.{found.name}")
    for found in pkgutil.iter_modules(mutations.__path__)
    if found.name in sources()
]


TRIED = "a list after four mergers"
"""The list of trusts that everything is built from for trial; the others are judged only, but by `make test-thorough`."""


def _cases() -> Iterator[ParameterSet]:
    for module in MODULES:
        again = _repeats(module.CASES)
        for case in module.CASES:
            yield _named("rebuilt", case, [pytest.mark.thorough] if case.name in again else [])
        if hasattr(module, "cases"):
            real = [pytest.mark.real_files, pytest.mark.thorough]
            yield from (_named("real", case, real) for case in module.cases("real"))


def _repeats(cases: Sequence[Case]) -> set[str]:
    """Return the names of changes that the same checks must find in a later edition too: one of both shows it."""
    newest = {(case.name.rpartition(" (")[0], case.checks, case.expected): case.name for case in cases}
    return {
        case.name
        for case in cases
        if newest[case.name.rpartition(" (")[0], case.checks, case.expected] != case.name
        if case.expected in {"refused", "warned"}
    }


def _named(base: str, case: Case, marks: Sequence[pytest.MarkDecorator]) -> ParameterSet:
    return pytest.param(case, marks=marks, id=f"{base}-{case.source}-{case.name}")


@pytest.fixture
def trials(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the sources whose lists would have been built from for trial, where one case stands for all."""
    case, reached = request.getfixturevalue("case"), list[str]()
    if case.source == "ods" and case.name != TRIED and not request.node.get_closest_marker("thorough"):
        monkeypatch.setattr(acceptance, "staged_now", lambda *_: {})
        monkeypatch.setattr(trial, "of_everything", lambda _, staged: reached.extend(staged) or {})
        return reached
    return ["ods"]


@pytest.mark.parametrize("case", [*_cases()])
def test_a_file_comes_to_what_the_table_says(case: Case, kept: Path, trials: list[str]) -> None:
    with home_beside(kept) as home:
        one = judged(case, home)
    wanted = "passes" if case.expected == "undetectable" else case.expected
    assert outcome(one, case) == wanted, one.why_refused()
    assert trials == ["ods"] or case.expected == "refused", "an accepted list is built from for trial"
    if wanted in {"refused", "warned"}:
        severity = {"refused": "ERROR", "warned": "WARN"}[wanted]
        assert failed(one, severity) & set(case.checks), one.why_refused()


def test_the_page_lists_every_case_as_it_is() -> None:
    assert table() in PAGE.read_text("utf-8"), "run PYTHONPATH=tests python -m mutations.page and review it"


def test_few_mutations_are_undetectable_and_the_page_on_reliability_names_each() -> None:
    undetectable = [case for case in every_case() if case.expected == "undetectable"]
    found = (PAGE.parent / "reliability.md").read_text("utf-8")
    assert len(undetectable) <= 8
    assert [case.name for case in undetectable if case.name not in found] == []


def test_there_are_enough_cases_of_both_kinds() -> None:
    wrong = [case for case in every_case() if case.expected in {"refused", "warned"}]
    assert len(wrong) >= 60
    assert len([case for case in every_case() if case.expected == "passes"]) >= 12
