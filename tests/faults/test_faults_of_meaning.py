"""F71, F72, F74: files that parse and mean something else. `tests/mutations` has each of them, and many more."""

from pathlib import Path

import pytest
from _pytest.mark import ParameterSet
from mutations.case import Case
from mutations.judging import failed, home_beside, judged
from mutations.page import every_case


def wrong(fault: str, *names: str) -> list[ParameterSet]:
    """Return the cases of a fault whose names begin with one of some words.

    One stands for all, except in `make test-thorough`: the mutation tests judge the same files.
    """
    found = [
        case
        for case in every_case()
        if case.fault == fault and case.expected == "refused" and case.name.startswith(names)
    ]
    assert len(found) > 1
    return [
        pytest.param(case, id=case.name, marks=[] if case is found[-1] else pytest.mark.thorough)
        for case in found
    ]


def refused_for_a_reason(case: Case, kept: Path) -> bool:
    with home_beside(kept) as home:
        one = judged(case, home)
    return not one.accepted and bool(failed(one, "ERROR") & set(case.checks))


@pytest.mark.parametrize("case", wrong("F71", "all pillars", "headers", "the two years"))
def test_f71_a_slip_in_the_maturity_workbook_is_refused(case: Case, kept: Path) -> None:
    assert refused_for_a_reason(case, kept)


@pytest.mark.parametrize("case", wrong("F72", "statuses", "the list of 2022"))
def test_f72_shifted_statuses_and_an_old_list_are_refused(case: Case, kept: Path) -> None:
    assert refused_for_a_reason(case, kept)


@pytest.mark.parametrize(
    "case",
    wrong("F74", "onsite and", "available and", "costs of 2018/19", "types"),
)
def test_f74_swapped_columns_and_an_old_year_are_refused(case: Case, kept: Path) -> None:
    assert refused_for_a_reason(case, kept)
