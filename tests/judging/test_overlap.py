"""Overlap guard: a new edition repeats what was published of a period, or is refused with the count."""

from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
from beside import judged, refused, said
from conftest import staged_rows

from assets.catalogue import sources
from assets.contract.frozen_editions import frozen_editions
from assets.contract.held_rules import AGREES, Overlap
from assets.sources import cqc, dma, ods
from assets.sources.dma import OVERALL
from pipelines.judging import overlap
from pipelines.storage.home import Home

ROWS = pd.DataFrame(
    [{"code": f"R{number:02}", "year": "2025", "score": 1 + number / 7} for number in range(40)]
)
RULE = Overlap("Artificial.", key=("code", "year"), columns=("score",), differing=0.1)


def moved(count: int, by: float = 1) -> pd.DataFrame:
    return ROWS.assign(score=ROWS["score"] + [by if place < count else 0 for place in range(len(ROWS))])


@pytest.mark.parametrize(("count", "beyond"), [(0, False), (4, False), (5, True)])
def test_a_tenth_may_differ(count: int, beyond: bool) -> None:
    found = overlap.compare(RULE, ROWS, moved(count))
    assert (found.differing, found.compared, bool(found.problems)) == (count, 40, beyond)


def test_noise_agrees_and_so_does_what_is_within_the_limit_of_a_source() -> None:
    assert overlap.compare(RULE, ROWS, moved(40, 1e-12)).differing == 0
    near = Overlap("Artificial.", key=RULE.key, columns=RULE.columns, within=0.05)
    assert overlap.compare(near, ROWS, moved(40, 0.04)).differing == 0
    assert overlap.compare(near, ROWS, moved(40, 0.06)).differing == 40


def test_other_periods_and_missing_values_are_not_compared() -> None:
    assert not overlap.meets(RULE, ROWS, ROWS.assign(year="2026"))
    assert not overlap.meets(RULE, ROWS, ROWS.assign(score=float("nan")))
    assert overlap.meets(RULE, ROWS, ROWS)


def test_what_differs_is_described_with_counts_and_three_examples() -> None:
    text = overlap.compare(RULE, ROWS, moved(40)).described("2025")
    assert text.startswith(
        "40 of 40 values that 2025 holds too differ from it; score: 40 of 40 differ (100.0%, at most 10%); "
    )
    assert text.count(": score held ") == 3
    assert "r00|2025: score held 1, found 2" in text


@pytest.mark.parametrize("name", sorted(sources()))
def test_every_source_says_what_must_agree_or_why_nothing_must(name: str) -> None:
    rule = sources()[name].overlap
    assert rule.why
    assert {*rule.key, *rule.columns} <= set(sources()[name].table.columns.keys())


# Editions


def next_edition(*, swapped: bool) -> pd.DataFrame:
    """Return the frozen scores as an edition of 2026: this year's are last year's, 2026 is a little higher."""
    rows = staged_rows("dma")
    rows = rows[rows["edition"] == "2025"]
    held = rows[(rows["measure"] == OVERALL) & (rows["period"] == "2025")]
    later = held.assign(period="2026", score=(held["score"] + 0.1).clip(upper=5))
    both = pd.concat([held, later], ignore_index=True).assign(edition="2026")
    return both.assign(period=both["period"].map({"2025": "2026", "2026": "2025"})) if swapped else both


def test_f70_an_edition_with_its_years_swapped_is_refused_with_the_count() -> None:
    rows = staged_rows("dma")
    sound, wrong = (
        overlap.compare(dma.SOURCE.overlap, rows, next_edition(swapped=one)) for one in (False, True)
    )
    assert (sound.differing, sound.compared, sound.problems) == (0, 285, ())
    assert (wrong.compared, [problem.key for problem in wrong.problems]) == (285, ["differing score"])
    assert wrong.differing > 270
    assert f"{wrong.differing} of 285 values that 2025 holds too differ from it" in wrong.described("2025")


def test_f70_open_dates_agree_in_every_pair_of_lists_and_shifted_ones_do_not() -> None:
    rows = staged_rows("ods")
    editions = [
        frozen.descriptor.edition for frozen in frozen_editions("ods") if frozen.descriptor.part == "etr"
    ]
    for before, after in pairwise(editions):
        one, other = (rows[rows["edition"] == edition] for edition in (before, after))
        assert overlap.compare(ods.SOURCE.overlap, one, other).differing == 0
        shifted = other.assign(open_date=other["open_date"].shift(1))
        assert overlap.compare(ods.SOURCE.overlap, one, shifted).problems


def test_f70_a_rating_is_what_it_was_on_its_day() -> None:
    rows = pd.DataFrame(
        [
            {
                "org_code_as_published": f"R{number:02}",
                "question": "overall",
                "rating": rating,
                "rating_published_on": "2019-01-02",
            }
            for number, rating in enumerate(["good", "inadequate"] * 15)
        ]
    )
    later = rows.assign(rating_published_on="2026-01-02", rating="outstanding")
    assert not overlap.meets(cqc.SOURCE.overlap, rows, later)
    exchanged = rows.assign(rating=rows["rating"].map({"good": "inadequate", "inadequate": "good"}))
    assert overlap.compare(cqc.SOURCE.overlap, rows, exchanged).problems


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_f70_the_accepted_file_of_the_edition_before_is_what_is_compared_with(home: Home) -> None:
    from mutations.accounts import listed, providers, rows_of, workbook

    from assets.sources.tac.source import SOURCE

    who = providers()
    first, second = judged(
        home,
        SOURCE,
        *(
            (f"{year}/{year - 1999}", workbook(rows_of(year, who), listed(who)), "trusts")
            for year in (2021, 2022)
        ),
    )
    assert said(first, AGREES).observed == "nothing to compare with"
    assert " values that 2021/22 holds too differ from it" in said(second, AGREES).observed
    assert (AGREES in refused(second)) != said(second, AGREES).success
