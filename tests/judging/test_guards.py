"""Guards: kept under all they rest on, the same whatever came first; exceptions are reviewed; no real file is refused."""

import re
from dataclasses import replace
from datetime import date
from itertools import permutations
from pathlib import Path

import pytest
from beside import File, arrive, eric_file, judged, only, refused, returns, said

from assets.catalogue import sources
from assets.contract.frozen_editions import frozen_editions
from assets.contract.guard_expectations import expected
from assets.contract.guards import ACKNOWLEDGED, EVERYTHING, MAINTAINER, acknowledgements
from assets.contract.held_rules import AGREES, REVISES_LITTLE
from assets.sources import eric
from pipelines.judging import comparisons, guard_results
from pipelines.judging.file_verdicts import Verdict
from pipelines.storage.home import Home

ROWS = returns("2024/25")
ERIC = only(eric.SOURCE, "unit", "doubled", "gone", "open", "known")
COSTS = ["onsite_gbp", "offsite_gbp"]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def costs(factor: float) -> bytes:
    return eric_file(ROWS.assign(**(ROWS[COSTS] * factor)))


SERIES: tuple[File, ...] = (("2025/26", costs(1.7)), ("2026/27", costs(2.6)), ("2027/28", costs(4)))
"""Each 1.5 to 1.7 times the year before; without the one in the middle the last has doubled."""


def test_the_same_files_get_the_same_verdicts_whatever_came_first(home: Home) -> None:
    arrive(home, "eric", *SERIES)
    sound = judged(home, replace(ERIC, guards=()))
    assert len(sound) == len(SERIES) + len(frozen_editions("eric"))
    frozen, files = sound[: -len(SERIES)], sound[-len(SERIES) :]
    found = set()
    for order in permutations(files):
        for count in range(1, len(order) + 1):  # a verdict after each arrival
            done = guard_results.guarded(ERIC, [*frozen, *order[:count]], home)
        found.add(tuple(sorted((one.copy.edition, one.accepted, one.checks) for one in done[-len(order) :])))
    ((*reported,),) = found
    assert [(edition, accepted) for edition, accepted, _ in reported] == [(file[0], True) for file in SERIES]


def test_a_verdict_is_read_back_and_made_anew_only_when_a_file_before_it_comes(home: Home) -> None:
    first, middle, last = SERIES
    _, alone = judged(home, ERIC, first, last)
    assert refused(alone) == {"total_gbp_has_not_doubled"}
    before = {path.name for path in home.verdicts.iterdir()}
    judged(home, ERIC, first, last)
    assert {path.name for path in home.verdicts.iterdir()} == before
    *_, beside = judged(home, ERIC, first, last, middle)
    again = next(one for one in judged(home, ERIC, first, middle, last) if one.copy.edition == SERIES[-1][0])
    assert again.accepted
    assert beside.accepted


def test_a_refused_file_is_compared_with_by_nobody(home: Home) -> None:
    first, after = judged(home, ERIC, ("2025/26", costs(3)), ("2026/27", costs(1.1)))
    assert said(after, "total_gbp_has_not_doubled").observed.startswith("beside 2024/25: ")
    assert (first.accepted, after.accepted) == (False, True)


def test_a_file_that_replaces_another_is_compared_with_it_too(home: Home) -> None:
    _, second = judged(home, ERIC, ("2025/26", costs(0.6)), ("2025/26", costs(1.2)))
    text = said(second, "total_gbp_has_not_doubled").observed
    assert text.startswith("beside the earlier file of 2025/26: ")
    assert "beside 2024/25" not in text, "a comparison that agrees is not among the reasons"
    assert refused(second) == {"total_gbp_has_not_doubled", REVISES_LITTLE}


def test_guards_are_reported_like_other_checks_and_have_names_of_their_own() -> None:
    for source in sources().values():
        names = [one.check for one in expected(source)]
        assert len(set(names)) == len(names)
        assert all(guard.why and guard.acknowledged_by for guard in source.guards)
        assert ACKNOWLEDGED in names
        assert REVISES_LITTLE in names
        assert (AGREES in names) == bool(source.overlap.columns)


def test_every_source_about_trusts_is_guarded() -> None:
    assert {name for name, source in sources().items() if not (source.guards and source.revision)} == set()


# Exceptions


def test_an_exception_is_about_a_guard_that_is_there_and_by_whom_it_names() -> None:
    for row in acknowledgements():
        by = {guard.check: guard.acknowledged_by for guard in sources()[row.source].guards}
        assert row.acknowledged_by == (by | {REVISES_LITTLE: MAINTAINER, AGREES: MAINTAINER})[row.check]
        assert row.edition <= row.until
        assert row.reason
        assert row.evidence_url.startswith("https://")
        assert row.key


@pytest.mark.parametrize("name", sorted({row.source for row in acknowledgements()}))
def test_an_exception_for_an_edition_that_is_held_is_needed(name: str, home: Home) -> None:
    found = [one for one in every(home, name) if any("; acknowledged: " in c.observed for c in one.checks)]
    assert all(said(one, ACKNOWLEDGED).success for one in found)
    excused = {(one.copy.edition, one.copy.part) for one in found}
    frozen = {(one.copy.edition, one.copy.part) for one in every(home, name)}
    assert excused == {(row.edition, row.part) for row in acknowledgements() if row.source == name} & frozen
    assert all(said(one, ACKNOWLEDGED).success for one in every(home, name))


def test_an_exception_for_a_whole_file_is_reported_beside_what_was_found(home: Home) -> None:
    one = next(one for one in every(home, "dspt") if (one.copy.edition, one.copy.part) == ("2023-11-16", ""))
    found = said(one, "trusts_are_still_there")
    assert one.accepted
    assert "211 of 211 trusts are gone (100.0 %)" in found.observed
    assert f"acknowledged: {EVERYTHING} until 2023-11-16" in found.observed


def test_trusts_whose_rows_are_rejected_are_not_called_gone(home: Home) -> None:
    codes = ROWS["org_code_as_published"].drop_duplicates().tolist()
    spoilt = ROWS["org_code_as_published"].isin(codes[:6])
    too_high = ROWS.assign(onsite_gbp=ROWS["onsite_gbp"].mask(spoilt, 2e9))
    left_out = too_high[~ROWS["org_code_as_published"].isin(codes[6:12])]
    files = ("2025/26", eric_file(too_high)), ("2026/27", eric_file(left_out))
    one, both = judged(home, ERIC, *files)
    text = said(one, "trusts_are_still_there").observed
    assert "gone" not in text
    assert "6 of 197 trusts are in the file (3.0 %), but their rows are rejected, the first in row " in text
    assert "expected 0 to 1e+08, found 2e+09" in text
    assert codes[5] in text
    text = said(both, "trusts_are_still_there").observed
    assert re.search(r"\d of \d+ trusts are gone \([\d.]+ %\): .*; \d of \d+ trusts are in the file", text)


# Real files


def every(home: Home, name: str) -> list[Verdict]:
    return judged(home, sources()[name])


@pytest.mark.parametrize("name", sorted(sources()))
def test_no_frozen_edition_is_refused_by_a_guard(name: str, home: Home) -> None:
    assert [one.why_refused() for one in every(home, name) if not one.accepted] == []


REAL = {
    "dma": ("2025", "dma/dma_2024_2025_results_data_file.xlsx"),
    "dspt": ("2022-09-09", "dspt/dspt_search_results_2022-09-09_full.csv.gz"),
    "epr": ("2024-10-01", "epr/epr_primary_suppliers_20240101.xlsx"),
    "eric": ("2018/19", "eric/ERIC_201819_TrustData_v4.csv"),
    "deflator": ("2020-03", "deflator/GDP_Deflators_Budget_March_2020_update.xlsx"),
}


@pytest.mark.parametrize("name", sorted(REAL))
def test_the_publishers_own_file_is_accepted_in_the_place_of_the_frozen_edition(
    name: str, home: Home, publisher_files: Path
) -> None:
    edition, path = REAL[name]
    (one,) = judged(home, sources()[name], (edition, (publisher_files / path).read_bytes()))
    assert (one.accepted, one.copy.origin) == (True, "fetched")
    assert any("the earlier file of" in check.observed for check in one.checks)


@pytest.mark.parametrize(
    ("edition", "days"),
    [
        ("2019/20", (date(2019, 4, 1), date(2020, 3, 31))),
        ("2025", (date(2025, 1, 1), date(2025, 12, 31))),
        ("2025-12", (date(2025, 12, 1), date(2025, 12, 31))),
        ("2025-07-did", (date(2025, 7, 1), date(2025, 7, 31))),
        ("2025/26-Q4", (date(2026, 1, 1), date(2026, 3, 31))),
        ("2026-07-08", (date(2026, 7, 8), date(2026, 7, 8))),
    ],
)
def test_an_edition_is_about_its_days(edition: str, days: tuple[date, date]) -> None:
    assert comparisons.days_of(edition) == days


def test_a_source_without_guards_is_judged_by_the_file_alone(home: Home) -> None:
    (one,) = judged(home, replace(eric.SOURCE, guards=(), revision=None), ("2024/25", costs(3)))
    assert (one.accepted, one.checks) == (True, ())
