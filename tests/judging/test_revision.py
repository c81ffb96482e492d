"""Revision guard: corrections pass, replacements are refused with counts and examples, noise is no change."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from beside import arrive, eric_file, judged, only, refused, returns, said
from conftest import staged_rows

from assets.catalogue import sources
from assets.contract.columns import PUBLISHER_FILE, key_of
from assets.contract.held_rules import REVISES_LITTLE, Revision
from assets.contract.source import Source
from assets.sources import dma, epr, eric
from assets.sources.dspt.source import SOURCE as DSPT
from pipelines.judging import revision
from pipelines.judging.revision import Difference
from pipelines.storage.home import Home

KEY = ("code", "measure")
ROWS = pd.DataFrame(
    [
        {
            "code": f"R{number:02}",
            "measure": measure,
            "region": f"Y{number % 4}",
            "score": 1 + number / 7,
            "name": "A",
        }
        for measure in ("first", "second")
        for number in range(100)
    ]
)
"""Artificial scores: a hundred organisations, two measures, four regions."""
BY_REGION = Revision(groups=("region",))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def compared(found: pd.DataFrame, held: pd.DataFrame = ROWS, rule: Revision = BY_REGION) -> Difference:
    return revision.compare(rule, KEY, held, found)


def moved(count: int, by: float = 1.0) -> pd.DataFrame:
    """Return the rows with the scores of the first ones moved."""
    return ROWS.assign(score=ROWS["score"] + [by if place < count else 0 for place in range(len(ROWS))])


def keys(difference: Difference) -> list[str]:
    return [problem.key for problem in difference.problems]


def test_the_same_rows_in_another_order_are_no_difference() -> None:
    same = compared(ROWS.sample(frac=1, random_state=1))
    assert (same.changed, same.lost, same.problems, same.examples) == (0, 0, (), ())


def test_noise_of_a_file_saved_again_is_no_change_and_a_digit_is_one() -> None:
    assert compared(moved(200, 1e-12)).changed == 0
    assert compared(moved(1, 1e-9)).changed == 1


def test_a_correction_of_a_few_cells_passes_and_is_counted() -> None:
    difference = compared(moved(3))
    assert (difference.changed, difference.compared, difference.problems) == (3, 600, ())
    assert difference.examples[0] == "R00|first: score held 1, found 2"


@pytest.mark.parametrize(
    ("codes", "beyond"),
    [
        ([], []),
        (["R01", "R02"], []),  # two rows that were exchanged
        (["R01", "R02", "R03"], ["moved score"]),
    ],
)
def test_scores_that_are_held_for_other_organisations_are_moved_rows(
    codes: list[str], beyond: list[str]
) -> None:
    held = ROWS.rename(columns={"code": "org_code_as_published"})
    found = held.set_index(["org_code_as_published", "measure"])
    for measure in ("first", "second"):
        scores = [held_score(code, measure) for code in [*codes[1:], *codes[:1]]]
        found.loc[[(code, measure) for code in codes], "score"] = scores
    difference = revision.compare(BY_REGION, ("org_code_as_published", "measure"), held, found.reset_index())
    assert keys(difference) == beyond
    if beyond:
        assert "score: 3 organisations have what is held for another (R01 has that of R02, R02 has that of R03, R03 has that of R01; at most 2)" in difference.described("X")  # fmt: skip


def held_score(code: str, measure: str) -> float:
    row = ROWS[(ROWS["code"] == code) & (ROWS["measure"] == measure)]
    return float(row["score"].iloc[0])


def test_values_that_are_new_to_three_organisations_are_no_moved_rows() -> None:
    held = ROWS.rename(columns={"code": "org_code_as_published"})
    found = held.assign(score=held["score"].where(~held["org_code_as_published"].isin(["R01", "R02", "R03"]), 9.5))  # fmt: skip
    difference = revision.compare(BY_REGION, ("org_code_as_published", "measure"), held, found)
    assert (difference.changed, keys(difference)) == (6, [])


@pytest.mark.parametrize(("count", "beyond"), [(6, []), (7, ["changed score"])])
def test_more_than_three_per_cent_of_a_column_are_too_many(count: int, beyond: list[str]) -> None:
    assert keys(compared(moved(count))) == beyond


def test_a_quarter_of_a_group_is_too_much_even_where_the_whole_column_has_little() -> None:
    one = ROWS[ROWS["measure"] == "first"]
    many = pd.concat([one.assign(measure=f"m{number}") for number in range(5)], ignore_index=True)
    wrong = many.assign(score=many["score"].mask((many["measure"] == "m3") & (many.index % 100 < 30), 9.0))
    difference = compared(wrong, many, Revision(changed=0.1))
    assert keys(difference) == ["changed score of measure m3"]
    assert "30 of 100 values changed (30.0%, at most 25%)" in difference.described("the held file")


def test_rows_lost_are_counted_by_measure_and_by_region() -> None:
    fewer = ROWS[~((ROWS["measure"] == "second") & (ROWS["region"] == "Y3") & (ROWS.index < 150))]
    difference = compared(fewer)
    assert keys(difference) == ["lost the file", "lost measure second", "lost region Y3"]
    assert "12 of 100 rows of measure second are gone (12.0%, at most 1%)" in difference.described("it")
    assert difference.examples[0] == "R03|second: held, not found"


def test_one_row_in_a_hundred_may_be_lost() -> None:
    assert compared(ROWS.drop(index=5), rule=Revision()).problems == ()
    assert keys(compared(ROWS.drop(index=[5, 6]), rule=Revision())) == ["lost measure first"]


@pytest.mark.parametrize(("by", "beyond"), [(0.75, []), (0.74, ["less lines"])])
def test_a_sum_may_fall_by_a_quarter_though_every_row_is_there(by: float, beyond: list[str]) -> None:
    rule, held = Revision(changed=1, by_key=False, sums=("lines",)), ROWS.assign(lines=100.0)
    assert keys(compared(held.assign(lines=100 * by), held, rule)) == beyond


def test_a_sum_is_compared_in_each_group_and_a_larger_one_passes() -> None:
    rule = Revision(changed=1, lost=1, by_key=False, groups=("region",), sums=("lines",))
    held = ROWS.assign(lines=100.0)
    fewer = held.assign(lines=held["lines"].mask(held["region"] == "Y2", 50))
    assert keys(compared(fewer, held, rule)) == ["less lines of region Y2"]
    said = compared(fewer, held, rule).described("the held file")
    assert "lines of region Y2: 2500 in all, held 5000 (at least 75%)" in said
    assert keys(compared(held[held["region"] != "Y2"], held, rule)) == ["less lines of region Y2"]
    assert keys(compared(held.assign(lines=900.0), held, rule)) == []


def test_a_group_is_compared_where_one_file_holds_nothing_else() -> None:
    rule = Revision(changed=1, lost=1, changed_in_group=1, by_key=False, groups=("region",), sums=("lines",))
    held = ROWS.assign(lines=100.0)
    two = held[held["region"].isin(["Y1", "Y2"])]
    one = two[two["region"] == "Y1"]
    assert keys(compared(one, two, rule)) == ["less lines", "less lines of region Y2"]
    more = two.assign(lines=two["lines"].mask(two["region"] == "Y1", 50))
    assert keys(compared(more, one, rule)) == ["less lines of region Y1"]
    half = one.assign(lines=50)
    assert keys(compared(half, one, rule)) == ["less lines"]


def test_a_sum_beside_compiled_rows_has_a_wider_limit() -> None:
    rule, held = Revision(changed=1, by_key=False, sums=("lines",)), ROWS.assign(lines=100.0)
    fewer = held.assign(lines=72.0)
    assert revision.compare(rule, KEY, held, fewer).problems
    assert not revision.compare(rule, KEY, held, fewer, compiled=True).problems


def test_other_organisations_are_another_list_and_no_revision() -> None:
    other = ROWS.assign(code="Q" + ROWS["code"].str[1:])
    difference = compared(other)
    assert difference.another
    assert keys(difference) == ["another list"]
    assert "0 of 200 rows are about what its 200 rows are about" in difference.described("the held file")
    assert "--part NAME" in difference.described("the held file")


def test_a_value_that_came_or_went_has_changed_and_a_column_never_held_is_not_compared() -> None:
    held = ROWS.assign(score=ROWS["score"].where(ROWS.index != 3), note=None)
    assert compared(ROWS.assign(note="new"), held).changed == 1
    assert compared(held, ROWS.assign(note="old")).changed == 1 + len(ROWS)


def test_names_are_the_same_in_another_style_and_texts_in_another_case() -> None:
    one = ROWS.assign(name="LEEDS & YORK NHS TRUST", region="North West")
    other = ROWS.assign(name="Leeds and York  NHS Foundation Trust", region="NORTH  WEST")
    assert compared(other, one).changed == 0


def test_a_difference_beside_compiled_rows_has_a_wider_limit() -> None:
    assert revision.compare(BY_REGION, KEY, ROWS, moved(25)).problems
    assert not revision.compare(BY_REGION, KEY, ROWS, moved(25), compiled=True).problems
    assert revision.compare(BY_REGION, KEY, ROWS, moved(120), compiled=True).problems


@pytest.mark.parametrize("name", sorted(sources()))
def test_every_source_has_a_natural_key_that_tells_its_rows_apart(name: str) -> None:
    source = sources()[name]
    assert source.revision
    assert source.natural_key
    columns = set(source.table.columns.keys())
    assert {
        *source.natural_key,
        *source.revision.groups,
        *source.revision.ignored,
        *source.revision.sums,
    } <= columns
    assert not set(source.natural_key) & {"source_sheet", "source_row", "source_file_sha256"}
    assert source.revision.reason or source.revision.changed == Revision().changed
    assert set(key_of(source.table)) >= {"source_row"}


FROZEN = sorted({one.parent.name for one in (Path(eric.__file__).parents[1] / "frozen").glob("*/*.json")})


@pytest.mark.parametrize("name", FROZEN)
def test_the_natural_key_is_unique_in_every_frozen_edition(name: str) -> None:
    rows = staged_rows(name)
    file = [c for c in ("edition", "source_file_sha256", PUBLISHER_FILE) if c in rows]
    file += sources()[name].natural_key
    assert not rows.duplicated(file).any()


# Files beside frozen editions


def file_of(source: Source, edition: str) -> pd.DataFrame:
    rows = staged_rows(source.name)
    return rows[rows["edition"] == edition].reset_index(drop=True)


def test_f69_a_year_of_costs_published_again_is_refused_with_counts_and_three_examples(home: Home) -> None:
    rows = returns("2024/25")
    again = rows.assign(onsite_gbp=(rows["onsite_gbp"] * 0.8).round())
    first, few, many = judged(
        home,
        only(eric.SOURCE),
        ("2025/26", eric_file(rows)),
        ("2025/26", eric_file(rows.assign(onsite_gbp=rows["onsite_gbp"].mask(rows.index < 2, 77_777)))),
        ("2025/26", eric_file(again)),
    )
    assert [first.accepted, few.accepted, many.accepted] == [True, True, False]
    assert refused(many) == {REVISES_LITTLE}
    text = said(many, REVISES_LITTLE).observed
    assert "beside the held file of 2025/26 (artificial-2): " in text
    assert text.count(" held ") == 3 + 1
    assert "onsite_gbp: " in text
    assert "4 of " in said(few, REVISES_LITTLE).observed


def test_f69_rows_a_re_user_compiled_are_corrected_by_the_publisher_with_a_warning(home: Home) -> None:
    rows = returns("2023/24")
    twelve = rows.index < 12
    one, wrong = judged(
        home,
        only(eric.SOURCE),
        (
            "2023/24",
            eric_file(rows.assign(onsite_gbp=rows["onsite_gbp"].mask(twelve, rows["onsite_gbp"] + 9))),
        ),
        ("2022/23", eric_file(rows.assign(onsite_gbp=rows["onsite_gbp"] + 1_000))),
    )
    found = said(one, REVISES_LITTLE)
    assert (one.accepted, found.severity, found.success) == (True, "WARN", False)
    assert "the rows of 2023/24 that regulate-tech/nhstech compiled" in found.observed
    assert REVISES_LITTLE in refused(wrong)


def test_f69_an_acknowledged_revision_is_accepted_and_named(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    from assets.contract.guards import EVERYTHING, MAINTAINER, Acknowledgement
    from pipelines.judging import guard_results

    row = Acknowledgement(
        "eric",
        "2025/26",
        "",
        REVISES_LITTLE,
        EVERYTHING,
        "reviewed",
        "https://example.org",
        MAINTAINER,
        "2025/26",
    )
    monkeypatch.setattr(guard_results, "_excused", lambda *_: [row])
    rows = returns("2024/25")
    again = rows.assign(onsite_gbp=(rows["onsite_gbp"] * 0.8).round())
    *_, one = judged(home, eric.SOURCE, ("2025/26", eric_file(rows)), ("2025/26", eric_file(again)))
    assert REVISES_LITTLE not in refused(one)
    assert "acknowledged: * until 2025/26 (reviewed)" in said(one, REVISES_LITTLE).observed


def test_f69_the_scores_of_a_frozen_edition_scaled_or_without_a_region_are_refused(home: Home) -> None:
    rows = file_of(dma.SOURCE, "2025")
    rule = dma.SOURCE.revision
    assert rule
    key = dma.SOURCE.natural_key
    scaled = revision.compare(rule, key, rows, rows.assign(score=(rows["score"] * 0.8).clip(lower=1)))
    assert keys(scaled)[0] == "changed score"
    region = rows["region_as_published"].iloc[0]
    fewer = revision.compare(rule, key, rows, rows[rows["region_as_published"] != region])
    assert f"lost region_as_published {region}" in keys(fewer)
    swapped = rows["measure"].replace({"well_led": "improve_care", "improve_care": "well_led"})
    assert "changed score of measure well_led" in keys(
        revision.compare(rule, key, rows, rows.assign(measure=swapped))
    )


@pytest.mark.parametrize("source", [epr.SOURCE, DSPT], ids=lambda source: source.name)
def test_f69_a_column_shifted_against_the_codes_is_refused_beside_the_frozen_list(source: Source) -> None:
    rows = file_of(source, max(staged_rows(source.name)["edition"]))
    name = "org_name_as_published"
    shifted = rows.assign(**{name: rows[name].shift(-1).fillna(rows[name].iloc[0])})
    assert source.revision
    assert f"changed {name}" in keys(revision.compare(source.revision, source.natural_key, rows, shifted))


# A second list of a day


LIST = "Code,Organisation Name,Status,Date Of Publication,Primary Sector\n"


def listed(rows: pd.DataFrame, sector: str) -> bytes:
    """Return statuses as the publisher's list, in another order of the rows."""
    lines = [
        f'{row.org_code_as_published},"{row.org_name_as_published}",{row.status_as_published or ""},'
        f"{row.published_on:%d/%m/%Y},{sector}"
        for row in rows[rows["published_on"].notna()].iloc[::-1].itertuples()
    ]
    return (LIST + "\n".join(lines) + "\n").encode()


def test_f93_a_second_list_of_a_day_is_another_part_and_no_revision(home: Home) -> None:
    boards = file_of(DSPT, "2023-11-16")
    content = listed(boards, "CCG / Integrated Care Board (ICB)")
    without, beside = judged(
        home, only(DSPT, "known"), ("2023-10-17", content), ("2023-10-17", content, "icbs")
    )
    assert REVISES_LITTLE in refused(without)
    assert "another list of the edition, not a revision; add it under a name of its own with --part" in (
        said(without, REVISES_LITTLE).observed
    )
    assert (beside.accepted, refused(beside)) == (True, set())
    assert said(beside, "status_is_as_known").observed == "nothing to compare with"


def test_f93_known_values_are_held_against_a_part_that_is_about_them(home: Home) -> None:
    trusts = file_of(DSPT, "2023-10-17")
    wrong = trusts.assign(
        status_as_published=trusts["status_as_published"].mask(
            trusts["org_code_as_published"] == "RNK", "22/23 Standards Met"
        )
    )
    of_any_part = replace(DSPT, reads_part=False)  # the source itself refuses trusts in a part
    (one,) = judged(home, of_any_part, ("2023-10-17", listed(wrong, "NHS Trust"), "icbs"))
    assert refused(one) == {"status_is_as_known"}


# The cost of judging


def test_files_are_read_in_proportion_to_their_number(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipelines.judging import held_files

    counted: list[str] = []
    read = held_files.read_rows

    def counting(source: Source, judged_: object, home_: Home) -> pd.DataFrame:
        counted.append("")
        return read(source, judged_, home_)  # type: ignore[arg-type]

    monkeypatch.setattr(held_files, "read_rows", counting)
    content = eric_file(returns("2023/24").head(30))
    ours = replace(eric.SOURCE, name="eric", guards=eric.SOURCE.guards)
    reads = {}
    for count in (2, 4, 8):
        here = Home(home.root / str(count))
        files = [(f"20{year}/{year + 1}", content, "part") for year in range(40, 40 + count)]
        arrive(here, "eric", *files)
        counted.clear()
        judged(here, ours)
        reads[count] = len(counted)
    assert reads[8] - reads[4] == 2 * (reads[4] - reads[2])


def test_the_parts_of_an_edition_are_read_in_proportion_to_their_number(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines.judging import held_files

    counted: list[str] = []
    read = held_files.read_rows
    monkeypatch.setattr(held_files, "read_rows", lambda *given: counted.append("") or read(*given))
    content = eric_file(returns("2023/24").head(30))
    reads = {}
    for count in (4, 8, 16):
        here = Home(home.root / str(count))
        arrive(
            here,
            "eric",
            *(
                (edition, content, f"p{part:02}")
                for edition in ("2040/41", "2041/42")
                for part in range(count)
            ),
        )
        counted.clear()
        judged(here, eric.SOURCE)
        reads[count] = len(counted)
    assert reads[16] - reads[8] == 2 * (reads[8] - reads[4])
