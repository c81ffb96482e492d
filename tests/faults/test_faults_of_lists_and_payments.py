"""F73 and F75: lists of trusts that slipped or are old, and payments that are turned round, doubled or of another trust."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from conftest import staged_rows
from mutations import ods, spend25k
from mutations.case import Case
from mutations.judging import failed, home_beside, judged, outcome

from assets.catalogue import sources
from assets.contract.guards import Guard
from assets.sources.spend25k.mapping import facts
from pipelines.judging import kinds
from pipelines.judging.sides import Sides


def named(cases: tuple[Case, ...], *names: str) -> list[Case]:
    chosen = [case for case in cases if case.name in names]
    assert len(chosen) == len(names)
    return chosen


LISTS = named(
    ods.CASES,
    "boards a row down",
    "the list of April 2026 as the newest",
    "twenty open again",
    "thirty closed at once",
)
PAYMENTS = named(
    spend25k.CASES,
    "all signs turned round",
    "the file twice",
    "everything is IT",
    "half of the lines of a month that is held",
    "the commonest half of the lines of a month that is held gone",
    "half of the lines in a new year",
)


@pytest.mark.parametrize("case", LISTS, ids=[case.name for case in LISTS])
def test_f73_a_list_that_slipped_or_is_old_is_refused_with_examples(case: Case, kept: Path) -> None:
    with home_beside(kept) as home:
        one = judged(case, home)
    assert failed(one, "ERROR") & set(case.checks)
    assert "beside 2026-07-08" in one.why_refused()


def test_f73_boards_may_change_on_the_day_they_were_reorganised_and_only_together() -> None:
    rows = staged_rows("ods")
    before, now = (rows[rows["edition"] == edition] for edition in ("2025-12-29", "2026-04-09"))
    guard = guard_of("ods", "icb_code_belongs_to_the_same_trusts")
    real = kinds.compare(guard, Sides("2026-04-09", now, before, now.iloc[:0], since="2025-12-29"))
    assert not real.beyond
    assert "81 of 273 codes (29.7%" in real.observed
    slipped = now.assign(icb_code=now["icb_code"].shift(1).to_numpy())
    wrong = kinds.compare(guard, Sides("2026-04-09", slipped, before, now.iloc[:0], since="2025-12-29"))
    assert wrong.beyond


def guard_of(source: str, check: str) -> Guard:
    return next(guard for guard in sources()[source].guards if guard.check == check)


@pytest.mark.parametrize("case", PAYMENTS, ids=[case.name for case in PAYMENTS])
def test_f75_payments_turned_round_doubled_or_cut_are_refused_or_warned_of(case: Case, kept: Path) -> None:
    with home_beside(kept) as home:
        one = judged(case, home)
    assert outcome(one, case) == case.expected, one.why_refused()


def test_f75_a_warned_month_carries_a_caution_beside_its_figures() -> None:
    rows = facts(staged_rows("spend25k"))["it_spend_over_25k"]
    months: Any = rows[rows["caution"].notna()].drop_duplicates(["org_code_as_published", "month"])
    found = {(row.org_code_as_published, row.month): row.caution for row in months.itertuples()}
    assert len(found) == 9
    assert found["RVR", "2020-09"].startswith("total 6.2 times the median of the trust's 11 other months; ")
    assert pd.isna(rows[(rows["org_code_as_published"] == "RYJ")]["caution"]).all()
