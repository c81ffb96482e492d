"""Exemplars then and now: the figures a reviewer computed apart, and that nothing is compared that is not alike."""

from pathlib import Path

import pandas as pd
import pytest
from releases import ask, offline_home

from assets.contract.columns import METADATA, key_of
from assets.marts import exemplars_change, exemplars_difference, exemplars_then_and_now, maturity_statistic
from pipelines.storage.parquet import read_parquet, schema, to_pandas

CAPABILITIES = (
    "instrument = 'DMSA' and care_type = 'acute' and sample = 'matched_panel' and cohort = 'exemplar' "
    "and compared_with = 'all_others'"
)


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return offline_home(tmp_path_factory.getbasetemp()).latest


def test_a28_acute_exemplars_and_others_from_2015_to_2017(release: Path) -> None:
    panel = """
        select cohort = 'exemplar', count(*), avg(before), avg(after - before), avg(common_after - common_before) from (
            select
                org_code, any_value(cohort) as cohort,
                max(score) filter (period = '2015/16' and measure = 'capabilities') as before,
                max(score) filter (period = '2017' and measure = 'capabilities') as after,
                max(score) filter (period = '2015/16' and measure = 'capabilities_common_sections') as common_before,
                max(score) filter (period = '2017' and measure = 'capabilities_common_sections') as common_after
            from cohort_score where instrument = 'DMSA' and care_type = 'acute' and panel = 'matched' group by org_code
        ) group by 1 order by 1 desc
    """
    exemplars, others = ask(release, panel)
    assert exemplars[1:] == pytest.approx((16, 61.21, 9.67, 9.38), abs=0.02)
    assert others[1:] == pytest.approx((128, 40.96, 13.17, 10.99), abs=0.02)
    changes = dict(
        ask(
            release,
            "select cohort, (n_organisations, mean_before, mean_change) from exemplars_change "
            "where instrument = 'DMSA' and care_type = 'acute' and measure = 'capabilities'",
        )
    )
    expected = {
        "exemplar": (16, 61.21, 9.67),
        "fast_follower": (14, 46.13, 9.65),
        "no_known_programme": (114, 40.32, 13.60),
    }
    assert {name: tuple(map(float, found)) for name, found in changes.items()} == {
        name: pytest.approx(figures, abs=0.02) for name, figures in expected.items()
    }


def test_a28_the_difference_in_four_ways(release: Path) -> None:
    ways = [
        f"{adjusted}_{measure}{end}"
        for measure in ("published", "common")
        for adjusted in ("unadjusted", "adjusted")
        for end in ("", "_lower", "_upper")
    ]
    (found,) = ask(release, f"select {', '.join(ways)} from exemplars_difference where {CAPABILITIES}")
    expected = (-3.5, -7.2, 0.3, 4.0, -0.5, 8.5, -1.6, -5.2, 2.0, 5.1, 0.7, 9.4)
    assert tuple(map(float, found)) == pytest.approx(expected, abs=0.1)


def test_a28_leaves_out_whoever_is_not_the_same_body_and_says_why(release: Path) -> None:
    left_out = ask(
        release,
        "select distinct org_code, panel from cohort_score where instrument = 'DMSA' and care_type = 'acute' "
        "and panel <> 'matched' order by all",
    )
    assert left_out == [
        ("R1K", "answered_by_setting"),
        ("RA9", "published_under_another_code"),
        ("RGN", "boundary_changed"),
        ("RJ7", "one_round_only"),
        ("RJC", "answered_by_setting"),
        ("RKE", "answered_by_setting"),
        ("RLU", "one_round_only"),
        ("RQ3", "boundary_changed"),
        ("RQQ", "one_round_only"),
        ("RQX", "answered_by_setting"),
    ]


def test_a33_the_change_of_all_providers_and_how_sure_it_is(release: Path) -> None:
    found = {
        (statistic, by): tuple(None if v is None else float(v) for v in values)
        for statistic, by, *values in ask(
            release,
            "select statistic, counted_by, value, standard_error, lower, upper from maturity_statistic "
            "where instrument = 'DMA' and period = '2024 to 2025' and care_type = 'all'",
        )
    }
    near = 0.001
    assert found["mean_change", "score"] == pytest.approx((0.1530, 0.01807, 0.1174, 0.1886), abs=near)
    assert found["mean_change_if_independent", "score"][:2] == pytest.approx((0.1530, 0.01484), abs=near)
    for by, slope, bottom, top in (("score", -0.175, 0.224, 0.042), ("provider", -0.194, 0.236, 0.029)):
        assert found["slope_on_baseline", by][0] == pytest.approx(slope, abs=near)
        assert found["change_of_bottom_quartile", by][0] == pytest.approx(bottom, abs=near)
        assert found["change_of_top_quartile", by][0] == pytest.approx(top, abs=near)
    assert found["share_of_small_changes", "score"][0] == pytest.approx(25, abs=0.5)


def test_a_statistic_counts_the_scores_and_bodies_it_was_computed_from(release: Path) -> None:
    pairs = pd.DataFrame(
        ask(
            release,
            "select later.org_code, earlier.score, later.score - earlier.score from maturity_score later join maturity_score earlier "
            "using (instrument, edition, measure, org_code, care_setting) where instrument = 'DMA' and measure = 'overall_comparable' "
            "and later.period = '2025' and earlier.period = '2024'",
        ),
        columns=["org_code", "before", "change"],
    )
    providers = pairs.groupby("org_code", as_index=False)["before"].mean()
    expected = {}
    for by, units in (("score", pairs), ("provider", providers)):
        low, high = units["before"].quantile([0.25, 0.75])
        for statistic, some in (
            ("change_of_bottom_quartile", units[units["before"] <= low]),
            ("change_of_top_quartile", units[units["before"] > high]),
            ("slope_on_baseline", units),
        ):
            counted = some if by == "score" else pairs[pairs["org_code"].isin(some["org_code"])]
            expected[statistic, by] = (counted["org_code"].nunique(), len(counted))
    found = ask(
        release,
        "select statistic, counted_by, n_organisations, n_scores from maturity_statistic where instrument = 'DMA' "
        "and period = '2024 to 2025' and (statistic like '%quartile' or statistic = 'slope_on_baseline')",
    )
    assert {(statistic, by): (bodies, scores) for statistic, by, bodies, scores in found} == expected


def test_scores_of_a_provider_are_nearly_the_same(release: Path) -> None:
    likeness = ask(
        release,
        "select period, value from maturity_statistic where statistic = 'likeness_within_provider' order by 1",
    )
    assert [(period, round(float(value), 3)) for period, value in likeness] == [
        ("2024", 0.994),
        ("2025", 0.951),
    ]


def test_half_of_the_acute_exemplars_are_the_same_body_today(release: Path) -> None:
    same = ask(
        release,
        "select n_organisations, value from maturity_statistic where statistic = 'share_of_same_bodies' "
        "and care_type = 'acute' and cohort = 'exemplar'",
    )
    assert [tuple(map(float, row)) for row in same] == [(16, 50)]


def test_few_bodies_have_no_interval_and_no_place(release: Path) -> None:
    few = "n_organisations < 5 and (mean_lower is not null or interval <> 'none')"
    assert ask(release, f"select * from exemplars_then_and_now where {few}") == []
    assert (
        ask(release, "select * from exemplars_change where n_organisations < 5 and interval <> 'none'") == []
    )
    assert ask(
        release,
        "select distinct common_status, unadjusted_common is null, adjusted_common is null from exemplars_difference "
        "where least(n_cohort, n_others) < 5",
    ) == [("low", True, True)]
    assert (
        ask(
            release,
            "select * from maturity_statistic where statistic = 'mean_share_of_lower_scores' and n_organisations < 3",
        )
        == []
    )


def test_a_permutation_stands_beside_where_bodies_are_few(release: Path) -> None:
    beside = ask(
        release,
        "select least(n_cohort, n_others) between 5 and 19 and care_type <> 'all', permutation, count(*) "
        "from exemplars_difference where instrument = 'DMA' and common_status = 'published' group by 1, 2 order by 1",
    )
    assert [row[:2] for row in beside] == [(False, "z"), (True, "published")]


def test_the_two_assessments_are_never_one_change(release: Path) -> None:
    for table in ("exemplars_change", "exemplars_difference"):
        pairs = ask(
            release, f"select distinct instrument, period_before, period_after from {table} order by 1"
        )
        assert pairs == [("DMA", "2024", "2025"), ("DMSA", "2015/16", "2017")]


def test_trusts_without_a_score_are_named_and_those_that_merged_meanwhile_set_apart(release: Path) -> None:
    found = ask(release, "select instrument, period, org_code, reason from maturity_nonresponse order by all")
    assert found == [
        ("DMA", "2024", "RAP", "merged_in_round"),
        ("DMA", "2024", "RVN", "no_answer"),
        ("DMA", "2025", "RVN", "no_answer"),
        ("DMSA", "2015/16", "RGD", "no_answer"),
        ("DMSA", "2015/16", "RJD", "no_answer"),
        ("DMSA", "2017", "R0A", "merged_in_round"),
        ("DMSA", "2017", "RJ7", "no_answer"),
    ]


def test_another_edition_of_the_assessment_adds_rows_and_changes_none(release: Path) -> None:
    frames = {
        name: to_pandas(read_parquet(release / "parquet" / f"{name}.parquet"))
        for name in ("caveat", "cohort_score", "organisation_succession")
    }
    scores = frames["cohort_score"]
    scores = frames["cohort_score"] = scores[scores["care_type"] == "acute"]  # every type is done alike
    later = scores[(scores["instrument"] == "DMA") & (scores["measure"] == "overall_comparable")]
    later = later.assign(edition="2026", period=(later["period"].astype(int) + 1).astype(str))
    both = {**frames, "cohort_score": pd.concat([scores, later])}
    for mart in (exemplars_then_and_now, exemplars_change, exemplars_difference, maturity_statistic):
        key = key_of(METADATA.tables[mart.__name__.rpartition(".")[2]])
        before, after = (mart.make(given).set_index(key).sort_index() for given in (frames, both))
        assert after.index.is_unique
        assert len(after) > len(before)
        assert after.loc[before.index].equals(before), mart.__name__


def test_marts_of_cohorts_can_be_made_of_nothing() -> None:
    frames = {
        name: to_pandas(schema(METADATA.tables[name]).empty_table())
        for name in ("caveat", "cohort_score", "organisation_succession")
    }
    for mart in (exemplars_then_and_now, exemplars_change, exemplars_difference, maturity_statistic):
        assert mart.make(frames).empty


def test_what_is_not_known_may_be_left_out_of_the_comparison(release: Path) -> None:
    rows = ask(
        release,
        "select sample, unadjusted_common, adjusted_common from exemplars_difference where instrument = 'DMSA' "
        "and care_type = 'acute' and cohort = 'exemplar' and compared_with = 'all_others' "
        "and sample in ('matched_panel', 'dont_know_missing') order by sample",
    )
    assert [(name, round(float(u), 1), round(float(a), 1)) for name, u, a in rows] == [
        ("dont_know_missing", -0.9, 5.6),
        ("matched_panel", -1.6, 5.1),
    ]


def test_the_former_table_of_cohorts_is_a_view(release: Path) -> None:
    rows = ask(
        release,
        "select care_setting, period, sum(n_scores) from gde_cohort where measure = 'overall_comparable' "
        "group by all order by all",
    )
    scores = ask(
        release,
        "select care_setting, period, count(*) from cohort_score where measure = 'overall_comparable' "
        "and not (period = '2024' and panel = 'boundary_changed') group by all order by all",
    )
    assert rows == scores
    assert len(rows) == 8


def test_bands_count_what_is_worth_speaking_of(release: Path) -> None:
    bands = dict(ask(release, "select band, count(*) from maturity_change group by all"))
    signs = dict(ask(release, "select direction, count(*) from maturity_change group by all"))
    assert bands["about_the_same"] == 71
    assert sum(bands.values()) == sum(signs.values()) == 285
    assert ask(release, "select count(*) from maturity_change where in_matched_panel") == [(208,)]


def test_samples_that_repeat_the_matched_panel_hold_its_trusts(release: Path) -> None:
    merged = (
        "select count(*) from cohort_score where instrument = 'DMSA' and care_type = 'acute' and panel = 'matched' "
        "and (membership <> 'same' or is_proposed_follower)"
    )
    assert ask(release, merged) == [(0,)]


def test_most_acute_exemplars_were_announced_a_year_before_the_round_of_2017(release: Path) -> None:
    days = (
        "select cast(period_start as varchar), count(distinct org_code) from programme_membership "
        "where role = 'exemplar' and care_setting = 'acute' group by all order by all"
    )
    assert ask(release, days) == [("2016-09-07", 12), ("2017-03-31", 4)]
