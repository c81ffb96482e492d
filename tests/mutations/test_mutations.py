"""Every mutation of a publisher's file comes to what the reviewed table says, through the function that judges files.

The cases are in the modules beside this one, one for each source: `CASES`, and, where the publishers' own files are
here, the same changes of those from `cases("real")`, which `make test-thorough` runs.
"""

import pkgutil
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet
from few_sources import only

import mutations
from assets.catalogue import Catalogue, published, sources
from mutations.case import STRUCTURE, Case
from mutations.judging import failed, home_beside, judged, outcome
from mutations.page import PAGE, every_case, table
from pipelines.integration import trial
from pipelines.staging.staged_tables import Staged

MODULES = [
    import_module(f"mutations.{found.name}")
    for found in pkgutil.iter_modules(mutations.__path__)
    if found.name in sources()
]
BESIDE = ("ods", "epr", "gde")
"""The sources in the trial build of a list of trusts; one thorough test has all of them."""
BESIDE_ALL = "a list after four mergers"
"""A list tried beside few sources and, in `make test-thorough`, beside all, as are all cases that only run there."""


def _cases() -> Iterator[ParameterSet]:
    for module in MODULES:
        again = _repeats(module.CASES)
        for case in module.CASES:
            yield _named("rebuilt", case, [pytest.mark.thorough] if case.name in again else [])
            if case.name == BESIDE_ALL:
                yield _named("rebuilt with all", case, [pytest.mark.thorough])
        if hasattr(module, "cases"):
            real = [pytest.mark.real_files, pytest.mark.thorough]
            yield from (_named("real", case, real) for case in module.cases("real"))


def _repeats(cases: Sequence[Case]) -> set[str]:
    """Return the names of changes that need no test of their own, but in `make test-thorough`.

    Those that the same checks must find in a later edition too, and further changes that the same checks must find:
    one of them shows that the checks are made, and that they refuse.
    """
    caught = [case for case in cases if case.expected in {"refused", "warned"}]
    newest = {(case.name.rpartition(" (")[0], case.checks, case.expected): case.name for case in caught}
    kept = [
        case
        for case in caught
        if newest[case.name.rpartition(" (")[0], case.checks, case.expected] == case.name
    ]
    firsts = {
        (case.checks, case.expected): case.name for case in reversed(kept) if STRUCTURE not in case.checks
    }
    return {
        case.name
        for case in caught
        if case not in kept or firsts.get((case.checks, case.expected), case.name) != case.name
    }


def _named(base: str, case: Case, marks: Sequence[pytest.MarkDecorator]) -> ParameterSet:
    return pytest.param(case, marks=marks, id=f"{base}-{case.source}-{case.name}")


def watched(patch: pytest.MonkeyPatch) -> list[set[str]]:
    """Note for every trial of a list of trusts what it is built from."""
    tried: list[set[str]] = []
    build = trial.of_everything

    def noted(catalogue: Catalogue, staged: Mapping[str, Staged]) -> dict[str, list[str]]:
        tried.append({*staged})
        return build(catalogue, staged)

    patch.setattr(trial, "of_everything", noted)
    return tried


@pytest.mark.parametrize("case", [*_cases()])
def test_a_file_comes_to_what_the_table_says(
    case: Case, kept: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = watched(monkeypatch)
    catalogue = published() if request.node.get_closest_marker("thorough") else only(*BESIDE, case.source)
    with home_beside(kept) as home:
        one = judged(case, home, catalogue)
    wanted = "passes" if case.expected == "undetectable" else case.expected
    assert outcome(one, case) == wanted, one.why_refused()
    assert tried == ([{*catalogue.sources}] if case.source == "ods" and case.expected != "refused" else [])
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
