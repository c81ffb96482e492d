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
    again = _repeats([case for module in MODULES for case in module.CASES])
    for module in MODULES:
        for case in module.CASES:
            yield _named("rebuilt", case, [pytest.mark.thorough] if id(case) in again else [])
            if case.name == BESIDE_ALL:
                yield _named("rebuilt with all", case, [pytest.mark.thorough])
        if hasattr(module, "cases"):
            real = [pytest.mark.real_files, pytest.mark.thorough]
            yield from (_named("real", case, real) for case in module.cases("real"))


def _repeats(cases: Sequence[Case]) -> set[int]:
    """Return the cases that need no test of their own, but in `make test-thorough`: they show nothing new.

    Those that few checks must find come first, as they say which check it was.
    """
    shown: set[tuple[str, ...]] = set()
    again = set()
    for case in sorted(cases, key=lambda case: len(case.checks)):
        if _shows(case) <= shown:
            again.add(id(case))
        shown |= _shows(case)
    return again


def _shows(case: Case) -> set[tuple[str, ...]]:
    """Return what a case shows: a kind of guard or rule at work, a refusal by a parser, a good file of an edition."""
    if case.expected in {"passes", "undetectable"}:
        return {(case.expected, case.source, case.edition)}
    source = sources()[case.source]
    kinds = {guard.check: guard.kind for guard in source.guards}
    kinds |= {rule.check: rule.type for rule in source.expectations}
    kinds[STRUCTURE] = f"{STRUCTURE} of {case.source}"
    return {(case.expected, kinds.get(check, check)) for check in case.checks} | {("caught", case.source)}


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
