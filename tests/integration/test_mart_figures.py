"""Figures of the marts: of the real editions held, and of all tables filled, where sums must be those of the facts."""

from collections import Counter
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pytest
from artificial import INCOMPLETE, LONG, TWICE, everything, marts_of_everything
from releases import ask, offline_home

from assets.marts import organisation_maturity_history as history

Tables = dict[str, pd.DataFrame | pa.Table]
ACUTE_MEANS = {
    "well_led": 2.83,
    "ensure_smart_foundations": 2.65,
    "safe_practice": 2.37,
    "support_workforce": 2.61,
    "empower_people": 2.15,
    "improve_care": 2.42,
    "healthy_populations": 2.17,
}
"""Acute pillar means of 2025 by the publisher's file."""


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return offline_home(tmp_path_factory.getbasetemp()).latest


@pytest.fixture(scope="module")
def complete(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """Return facts, artificial where a source waits, and the marts made of them."""
    base = tmp_path_factory.getbasetemp()
    return {**everything(base), **marts_of_everything(base)}


def rows(tables: Tables, sql: str) -> list[tuple[object, ...]]:
    """Return the rows of a SELECT on frames."""
    with duckdb.connect() as connection:
        for name in connection.get_table_names(sql):
            connection.register(name, tables[name])
        return connection.execute(sql).fetchall()


# The real editions


def test_rows_and_providers_rose_and_fell_as_the_publisher_counts(release: Path) -> None:
    by_row = ask(release, "select direction, count(*) from maturity_change group by all")
    assert dict(by_row) == {"rose": 206, "fell": 75, "unchanged": 4}
    by_provider = ask(
        release, "select provider_direction, count(distinct org_code) from maturity_change group by all"
    )
    assert dict(by_provider) == {"rose": 149, "fell": 54, "unchanged": 1}


def test_five_providers_changed_their_boundary_between_the_assessments(release: Path) -> None:
    changed = ask(
        release, "select distinct org_code from maturity_change where boundary_changed order by all"
    )
    assert [code for (code,) in changed] == ["G6V2S", "RAL", "RAX", "RW1", "TAJ"]


def test_both_composites_of_two_trusts_of_the_study_are_theirs(release: Path) -> None:
    found = ask(
        release,
        "select org_code, round(pillar_mean_derived, 2), round(overall_comparable, 3) from acute_2024_25 "
        "where org_code in ('RJE', 'RX1') order by all",
    )
    assert found == [("RJE", 2.37, 2.385), ("RX1", 2.46, 2.571)]


def test_acute_trusts_have_the_pillar_means_of_the_publisher(release: Path) -> None:
    means = ", ".join(f"round(avg({pillar}), 2)" for pillar in ACUTE_MEANS)
    assert ask(release, f"select count(*), {means} from acute_2024_25") == [(134, *ACUTE_MEANS.values())]


def test_no_acute_trust_is_counted_in_before_the_lists_that_tell_have_been_fetched(release: Path) -> None:
    found = ask(
        release,
        "select is_included, excluded_because, accounts_status, "
        "contains(waits_for, 'tac 2024/25'), count(*) from acute_2024_25 group by all order by all",
    )
    assert found == [
        (False, "its subtype is multi_service", "x", True, 7),
        (False, "its subtype is specialist", "x", True, 16),
        (None, None, "x", True, 111),
    ]


def test_roles_pass_to_successors_of_members_and_not_to_those_of_a_part(release: Path) -> None:
    found = ask(
        release,
        "select org_code, programme_role, programme_through, programme_status from trust_profile "
        "where org_code in ('R0A', 'R0B', 'RC9', 'REM') order by all",
    )
    assert found == [
        ("R0A", "no_known_programme", None, None),
        ("R0B", "exemplar", "RLN", "absorbed_member"),
        ("RC9", "exemplar", "RC9", "enlarged_by_non_member"),
        ("REM", "exemplar", "RQ6", "absorbed_member"),
    ]


def test_every_score_is_in_one_cohort(release: Path) -> None:
    grain = "care_setting, period, measure"
    counted = ask(
        release,
        "select care_type, period, measure, sum(n_scores) from exemplars_then_and_now where instrument = 'DMA' and population = 'all_scores' and care_type <> 'all' group by all order by all",
    )
    scores = ask(
        release,
        f"""
        select {grain}, count(*) from maturity_score as score
        where instrument = 'DMA' and not (period = '2024' and exists(
            select 1 from maturity_change as change where change.org_code = score.org_code and boundary_changed
        ))
        group by all order by all
        """,
    )
    assert counted == scores
    (caveats,) = ask(release, "select distinct caveat from exemplars_change")
    assert caveats[0].count("Exemplars were chosen") == caveats[0].count("10 of 25") == 1


def test_72_rows_of_36_providers_compare_a_score_of_the_provider_with_one_of_a_setting(release: Path) -> None:
    flagged = "select count(*), count(distinct org_code) from maturity_change where levels_differ"
    assert ask(release, flagged) == [(72, 36)]
    both_ways = (
        "select direction, count(*) filter (where not levels_differ), count(*) from maturity_change "
        "where not boundary_changed group by all order by all"
    )
    assert ask(release, both_ways) == [("fell", 53, 71), ("rose", 154, 201), ("unchanged", 1, 4)]


def test_scores_of_2024_are_printed_under_the_trusts_of_2025(release: Path) -> None:
    of_year = (
        "select distinct org_code from maturity_score where instrument = 'DMA' and period = '{}' order by all"
    )
    assert ask(release, of_year.format(2024)) == ask(release, of_year.format(2025))
    opened = (
        "select distinct org_code, open_date from maturity_score inner join organisation using (org_code) "
        "where instrument = 'DMA' and period = '2024' and open_date >= '2024-01-01'"
    )
    assert ask(release, opened) == [("G6V2S", date(2024, 11, 1))]
    taken_over = (
        "select predecessor_code from organisation_succession inner join maturity_change "
        "on successor_code = org_code where boundary_changed and succession_date between '2024-01-01' and '2025-06-30'"
    )
    taken = {code for (code,) in ask(release, taken_over)}
    assert taken >= {"R1C", "RAP", "RRP", "TAF"}
    assert not taken & {code for (code,) in ask(release, of_year.format(2024))}


def test_a_digital_aspirant_is_one_in_cohort_score_and_has_no_role_in_the_exemplar_programme(
    release: Path,
) -> None:
    roles = (
        "select distinct profile.programme_role, history.programme_role from cohort_score "
        "inner join trust_profile as profile using (org_code) "
        "inner join organisation_maturity_history as history using (org_code) where cohort = 'aspirant'"
    )
    assert ask(release, roles) == [("no_known_programme", "no_known_programme")]
    yearly = (
        "select distinct programme_role from trust_year "
        "where org_code in (select org_code from cohort_score where cohort = 'aspirant')"
    )
    assert ask(release, yearly) == [("no_known_programme",)]
    missing = "select count(*) from maturity_nonresponse where cohort = 'aspirant'"
    assert ask(release, missing) == [(0,)]


def test_boards_have_their_own_scores_and_hardly_agree_with_their_trusts(release: Path) -> None:
    assert ask(release, "select count(distinct icb_code) from icb_score where edition = '2025'") == [(42,)]
    own = (
        "select period, count(*), round(avg(score), 3) from icb_score where measure = 'overall_comparable' "
        "group by all order by all"
    )
    assert ask(release, own) == [("2024", 42, 2.610), ("2025", 42, 2.848)]
    beside = (
        "select round(corr(board_score, mean_of_providers), 3), count(*) filter (where n_providers < 3), "
        "count(*) filter (where mean_of_providers_rank is null) from icb_maturity "
        "where care_setting = 'all' and measure = 'overall_comparable' and period = '2025'"
    )
    assert ask(release, beside) == [(0.134, 8, 8)]
    split = "select count(distinct icb_code) from icb_score where icb_code in ('QM7', 'QJG', 'QNQ')"
    assert ask(release, split) == [(3,)]
    assert ask(release, "select count(*) from unmatched_organisation where table_name = 'icb_score'") == [
        (0,)
    ]


def test_means_of_all_boards_weighted_by_their_scores_are_the_national_means(release: Path) -> None:
    grain = "measure, period"
    kept = """
        from maturity_score as score where instrument = 'DMA' and not (period = '2024' and exists(
            select 1 from maturity_change as change where change.org_code = score.org_code and boundary_changed
        )) group by all
    """
    national = ask(
        release,
        f"select care_setting, {grain}, count(*), avg(score) {kept} "
        f"union all select 'all', {grain}, count(*), avg(score) {kept} order by all",
    )
    boards = ask(
        release,
        f"select care_setting, {grain}, sum(n_scores), sum(mean_of_scores * n_scores) / sum(n_scores) "
        "from icb_maturity group by all order by all",
    )
    assert [row[:-1] for row in boards] == [row[:-1] for row in national]
    for board, nation in zip(boards, national, strict=True):
        assert board[-1] == pytest.approx(nation[-1], abs=0.0001)


def test_peers_have_percentiles_about_the_middle_and_none_beyond_the_ends(release: Path) -> None:
    beyond = "select count(*) from peer_group where percentile <= 0 or percentile >= 100"
    assert ask(release, beyond) == [(0,)]
    groups = "care_setting, peer_type, peer_band, measure"
    off = f"select {groups} from peer_group group by all having abs(avg(percentile) - 50) > 0.05"
    assert ask(release, off) == []
    ties = f"select {groups}, score from peer_group group by all having count(distinct percentile) > 1"
    assert ask(release, ties) == []


def test_who_answered_or_was_rated_apart_is_named_beside_the_trust_of_today(release: Path) -> None:
    columns = "org_code, dmsa_merged_since, frontline_merged_since, cqc_merged_since"
    found = ask(
        release, f"select {columns} from trust_profile where org_code in ('RA7', 'RM3', 'RXN') order by 1"
    )
    assert found == [
        ("RA7", "RA3 RVJ", "RVJ", "RA3 RVJ"),
        ("RM3", "RW6", None, "RW6"),
        ("RXN", None, None, None),
    ]


def test_capabilities_are_of_the_sections_of_both_rounds_and_of_whole_organisations(release: Path) -> None:
    four = ask(
        release,
        "select distinct org_code from maturity_score where instrument = 'DMSA' and period = '2017' "
        "and care_setting <> 'whole_organisation' order by 1",
    )
    assert [code for (code,) in four] == ["R1K", "RJ8", "RJC", "RQX"]
    answered = ask(
        release,
        "select count(dmsa_readiness), count(dmsa_capabilities_common_sections) from trust_year where fy_end_year = 2018",
    )
    assert answered == [(232, 228)]
    salford = "select dmsa_capabilities_common_sections from trust_year where org_code = 'RM3' and fy_end_year = 2018"
    published = (
        "select score from maturity_score where org_code = 'RM3' and period = '2017' and instrument = 'DMSA' "
        "and measure = 'capabilities_common_sections'"
    )
    assert ask(release, salford) == ask(release, published)


def test_no_year_after_the_newest_list_has_a_rating(release: Path) -> None:
    rated = ask(
        release,
        "select max(fy_end_year) from trust_year where cqc_overall is not null or cqc_well_led is not null",
    )
    assert (
        rated
        == ask(release, "select cast(max(extract(year from as_of_date)) as integer) from cqc_rating")
        == [(2019,)]
    )


def test_amounts_of_a_trust_that_opened_or_closed_within_a_year_are_marked(release: Path) -> None:
    sql = (
        "select org_code, open_all_period from financial_position where financial_year = '2017/18' "
        "and org_code in ('R0A', 'RJE', 'RW3') order by 1"
    )
    assert ask(release, sql) == [("R0A", False), ("RJE", True), ("RW3", False)]
    of_a_part = (
        "select count(*) from denominator where measure = 'operating_expenses' and not open_all_period"
    )
    assert ask(release, f"{of_a_part} and org_code = 'RVY' and fy_end_year = 2024") == [(1,)]
    years = "select fy_end_year, open_all_year from trust_year where org_code = 'RVY' and fy_end_year >= 2023 order by 1"
    assert ask(release, years) == [(2023, True), (2024, False)]


SCOPE = "inner join organisation as trust on trust.org_code = {code} and trust.is_current and trust.in_scope"
FACTS = {
    "programme": "programme_membership as fact {scope} inner join organisation_current_main as way "
    "on way.org_code = fact.org_code and way.relation <> 'part_by_split'",
    "accreditation": "programme_membership as fact {scope} where accredited_on is not null",
    "candidacy": "programme_candidate as fact {scope}",
    "award": "digital_funding as fact {scope}",
    "epr_event": "epr_event as fact {scope} where event_date is not null",
    "epr_supplier": "epr_supplier as fact {scope}",
    "epr_group": "epr_group as fact {scope}",
    "emram_validation": "emram_validation as fact {scope} where event_date is not null",
    "self_assessment": "maturity_score as fact {scope} where instrument = 'DMSA' and care_setting = 'whole_organisation' "
    "and measure = 'capabilities_common_sections'",
    "assessment": "maturity_score as fact {scope} where instrument = 'DMA' and measure = 'overall_comparable'",
    "security_status": "dspt_status as fact {scope}",
    "cyber_incident": "cyber_incident as fact {scope} where fact.evidence_grade <> 'unverified'",
    "cqc_rating": "cqc_rating as fact {scope}",
    "federated_data_platform": "fdp_status as fact {scope}",
    "merger": "organisation_succession as fact inner join organisation_current_main as way "
    f"on way.org_code = fact.successor_code {SCOPE.format(code='way.current_org_code')}",
    "medical_records_cost": "medical_records_cost as fact {scope} where total_gbp is not null",
    "amortisation": "denominator as fact {scope} where measure = 'amortisation_of_intangible_assets' and value is not null "
    "and exists(select 1 from denominator as other where other.org_code = fact.org_code and other.edition = fact.edition "
    "and other.measure = 'operating_expenses' and other.value > 0)",
}
"""The rows that the events of each type come from."""


def test_every_fact_is_one_event_and_nothing_else_is(release: Path) -> None:
    counted = dict(ask(release, "select event_type, count(*) from digital_journey group by all"))
    scope = SCOPE.format(code="fact.current_org_code")
    facts = {
        kind: ask(release, f"select count(*) from {FACTS[kind].format(scope=scope)}")[0][0] for kind in FACTS
    }
    assert counted == {kind: held for kind, held in facts.items() if held}
    assert (counted["programme"], counted["cyber_incident"], counted["merger"]) == (50, 29, 314)
    twice = "select event_type, event, event_date, org_code, predecessor_code, source_file_sha256, source_row from digital_journey group by all"
    assert ask(release, f"{twice} having count(*) > 1") == []
    alone = "select source_file_sha256 from digital_journey except select source_file_sha256 from source_file"
    assert ask(release, alone) == []


def test_events_are_in_the_order_of_their_days_and_numbered_within_a_day(release: Path) -> None:
    numbers = (
        "select current_org_code, event_date from digital_journey group by all "
        "having min(event_number) <> 1 or max(event_number) <> count(*)"
    )
    assert ask(release, numbers) == []
    listed = ask(release, "select current_org_code, event_date, event_number from digital_journey")
    assert listed == sorted(listed)


def test_a_journey_is_what_is_held_of_an_exemplar_in_order(release: Path) -> None:
    dated = (
        "select cast(event_date as varchar), event_type, value, value_change from digital_journey "
        "where current_org_code = 'RTH' and event_type not in ('cqc_rating', 'security_status', 'merger') "
        "and event_date not between '2018-04-02' and '2023-04-30' order by event_date, event_number"
    )
    assert ask(release, dated) == [
        ("2015-04-01", "self_assessment", 75.602156433, None),
        ("2016-04-01", "award", 10_000_000, None),
        ("2016-09-07", "programme", None, None),
        ("2017-04-01", "medical_records_cost", 1_941_087, None),
        ("2017-09-01", "self_assessment", 80.75, None),
        ("2018-04-01", "medical_records_cost", 2_029_293, 88_206),
        ("2023-05-26", "epr_group", 3, None),
        ("2024-01-01", "assessment", 2.6904761904761907, None),
        ("2024-04-01", "medical_records_cost", 1_501_061, -65_547),
        ("2024-10-01", "epr_supplier", None, None),
        ("2025-04-01", "assessment", 2.4642857142857144, None),
        ("2026-06-17", "federated_data_platform", None, None),
    ]
    award = "select event, value_unit, status from digital_journey where current_org_code = 'RTH' and event_type = 'award'"
    ((words, *rest),) = ask(release, award)
    assert words.endswith("for 2016/17-2020/21: a ceiling, not a receipt")
    assert rest == ["GBP at most", "up_to"]


def test_a_journey_holds_the_events_of_those_that_became_the_trust_under_their_codes(release: Path) -> None:
    joined = (
        "select current_org_code, org_code, event_type, relation, predecessor_code from digital_journey "
        "where current_org_code in ('R0A', 'R0B', 'RA7', 'REM', 'RM3') and event_date >= '2016-05-01' "
        "and event_type in ('programme', 'accreditation', 'merger') order by 1, event_date, event_number"
    )
    assert ask(release, joined) == [
        ("R0A", "R0A", "merger", "same", "RM2"),
        ("R0A", "R0A", "merger", "same", "RW3"),
        ("R0A", "R0A", "merger", "same", "RW6"),
        ("R0B", "RLN", "programme", "merged_into", None),
        ("R0B", "RE9", "programme", "merged_into", None),
        ("R0B", "R0B", "merger", "same", "RE9"),
        ("R0B", "R0B", "merger", "same", "RLN"),
        ("R0B", "RLN", "accreditation", "merged_into", None),
        ("RA7", "RA7", "programme", "same", None),
        ("RA7", "RA7", "merger", "same", "RA3"),
        ("RA7", "RA7", "merger", "same", "RVJ"),
        ("REM", "RQ6", "programme", "acquired_by", None),
        ("REM", "REM", "merger", "same", "RQ6"),
        ("RM3", "RM3", "programme", "same", None),
        ("RM3", "RM3", "merger", "same", "RW6"),
    ]
    incident = "select org_code, event from digital_journey where current_org_code = 'REM' and event_type = 'cyber_incident'"
    ((code, words),) = ask(release, incident)
    assert (code, words.startswith("was affected through another trust, not breached")) == ("REM", True)


def test_a_cost_has_a_change_only_beside_a_year_of_the_same_trust(release: Path) -> None:
    costs = (
        "select org_code, cast(event_date as varchar)[:4], value_change is not null from digital_journey "
        "where event_type = 'medical_records_cost' and org_code in ('REM', 'RQ6', 'RCU') order by 1, 2"
    )
    found = ask(release, costs)
    years = {
        code: [year for of, year, known in found if of == code and known] for code in ("REM", "RQ6", "RCU")
    }
    # RQ6 joined REM in 2019/20; REM printed one cost twice in 2021/22; the cost of RCU of 2017/18 is another unit
    assert years == {
        "REM": ["2018", "2023", "2024"],
        "RQ6": ["2018"],
        "RCU": [str(year) for year in range(2019, 2025)],
    }


def test_words_of_events_are_plain_and_unverified_ones_are_left_out(release: Path) -> None:
    written = "select distinct event from digital_journey where contains(event, '_') or event = upper(event)"
    assert ask(release, written) == []
    assert ask(release, "select count(*) from digital_journey where evidence_grade = 'unverified'") == [(0,)]
    causal = (
        "regexp_matches(lower(event), '\\b(because|due to|caused|led to|thanks to|as a result|effect)\\b')"
    )
    assert ask(release, f"select distinct event from digital_journey where {causal}") == []


def test_a_history_gives_a_number_only_where_one_organisation_stands_behind_it(release: Path) -> None:
    shown = (
        "org_code, n_constituents, same_body_since_2015_16, programme_role, programme_through, programme_status, "
        "n_organisations_2015_16, n_organisations_2025, round(dmsa_2017_capabilities_common_sections, 2), "
        "dmsa_2017_capabilities_common_sections_of_each, round(dma_2025_acute, 2), dma_2025_acute_of_each"
    )
    codes = "('R0B', 'RA7', 'REM', 'RM3', 'RQX', 'RTH')"
    assert ask(release, f"select {shown} from organisation_maturity_history where org_code in {codes} order by 1") == [
        ("R0B", 3, False, "exemplar", "RLN", "absorbed_member", 2, 1, None, "RE9 40.4; RLN 76.9", 3.36, "R0B 3.36"),
        ("RA7", 3, False, "exemplar", "RA7", "enlarged_by_non_member", 3, 2, None, "RA3 33.8; RA7 56.9; RVJ 50.3", None,
         "RA7 2.05; RVJ 2.14"),
        ("REM", 2, False, "exemplar", "RQ6", "absorbed_member", 2, 1, None, "REM 54.8; RQ6 82.0", 2.61, "REM 2.61"),
        ("RM3", 2, False, "exemplar", "RM3", "enlarged_by_non_member", 2, 1, None, "RM3 88.0; RW6 66.5 (split)", 1.86,
         "RM3 1.86"),
        ("RQX", 1, True, "no_known_programme", None, None, 1, 1, None, "RQX 71.6 (in part)", 2.87, "RQX 2.87"),
        ("RTH", 1, True, "exemplar", "RTH", "same", 1, 1, 80.75, "RTH 80.8", 2.46, "RTH 2.46"),
    ]  # fmt: skip


def test_a_history_has_columns_for_every_round_and_assessment_held(release: Path) -> None:
    held = ask(release, "select distinct instrument, period from maturity_score order by all")
    columns = [
        *(("DMA", year) for year in history.YEARS),
        *(("DMSA", name) for name in history.ROUNDS.values()),
    ]
    assert held == columns


def test_every_score_is_in_the_history_of_each_trust_it_leads_to(release: Path) -> None:
    kinds = {
        ("DMSA", period, "whole_organisation", theme): f"dmsa_{column}_{theme}"
        for period, column in (("2015/16", "2015_16"), ("2017", "2017"))
        for theme in ("readiness", "capabilities", "capabilities_common_sections", "infrastructure")
    } | {
        ("DMA", year, setting, "overall_comparable"): f"dma_{year}_{setting}"
        for year in ("2024", "2025")
        for setting in ("acute", "community", "mental_health", "ambulance")
    }
    for (instrument, period, setting, measure), name in kinds.items():
        held = (
            f"from maturity_score as score inner join organisation_current as way using (org_code) "
            f"{SCOPE.format(code='way.current_org_code')} where instrument = '{instrument}' and period = '{period}' "
            f"and care_setting = '{setting}' and measure = '{measure}' and score is not null"
        )
        listed = (
            "select org_code, split_part(trim(one), ' ', 1), cast(split_part(trim(one), ' ', 2) as double) from (select "
            f"org_code, unnest(string_split({name}_of_each, ';')) as one from organisation_maturity_history) order by all"
        )
        facts = ask(release, f"select way.current_org_code, way.org_code, score.score {held} order by all")
        found = ask(release, listed)
        assert [row[:2] for row in found] == [row[:2] for row in facts], name
        assert [row[2] for row in found] == pytest.approx([row[2] for row in facts], abs=0.0501), name
        numbers = (
            f"select org_code, {name} from organisation_maturity_history where {name} is not null order by 1"
        )
        own = {(today, score) for today, _, score in facts}
        assert set(ask(release, numbers)) <= own, name
    assert ask(release, "select count(*), count(*) filter (where same_body_since_2015_16) from organisation_maturity_history") == [(201, 168)]  # fmt: skip


def test_a_history_agrees_with_the_profile_where_one_body_was_scored(release: Path) -> None:
    differing = (
        "select history.org_code from organisation_maturity_history as history "
        "inner join trust_profile as profile using (org_code) "
        "where history.programme_role <> profile.programme_role "
        "or history.programme_through is distinct from profile.programme_through "
        "or history.dma_2025_acute <> profile.dma_overall_acute "
        "or (profile.dmsa_period = '2017' and history.dmsa_2017_readiness <> profile.dmsa_readiness)"
    )
    assert ask(release, differing) == []


# All tables filled


def test_acute_trusts_are_in_or_out_for_a_reason_each(complete: Tables) -> None:
    found = rows(
        complete,
        "select org_code, acute_subtype, acute_subtype_read_in, is_included, excluded_because, waits_for, "
        "it_capital_narrow_gbp from acute_2024_25",
    )
    assert {read_in for _, _, read_in, *_ in found} == {"eric 2024/25"}
    for code, subtype, _, included, excluded, waits, _ in found:
        out = subtype in {"specialist", "multi_service"}
        late = code == TWICE[0]
        assert excluded == (f"its subtype is {subtype}" if out else None)
        assert waits == ("several accounts of parts of the year" if late else None)
        assert included == (False if out else None if late else True)
    assert {subtype for _, subtype, *_ in found} == {
        "teaching",
        "large",
        "medium",
        "small",
        "specialist",
        "multi_service",
    }
    assert all(gbp is not None for *_, gbp in found)


def test_trusts_and_years_hold_the_money_of_the_facts_once(
    complete: Tables,
) -> None:
    for column, mart_column in (
        ("narrow_gbp", "it_capital_narrow_gbp"),
        ("broad_gbp", "it_capital_broad_gbp"),
    ):
        facts = rows(complete, f"select fy_end_year, sum({column}) from it_spend group by all")
        marts = rows(
            complete,
            f"select fy_end_year, sum({mart_column}) from trust_year where {mart_column} > 0 group by all",
        )
        assert sorted(marts) == sorted(facts)
    lacking = rows(
        complete,
        "select org_code, fy_end_year from trust_year where it_capital_narrow_gbp is null and it_capital_status = 'x' "
        f"and org_code in {LONG} and fy_end_year between 2018 and 2025 and wte is not null",
    )
    assert sorted(lacking) == sorted(INCOMPLETE)


def test_a_trust_with_two_accounts_has_their_money_and_no_average(
    complete: Tables,
) -> None:
    code, years = TWICE
    found = rows(
        complete,
        "select fy_end_year, wte is null, it_gross_cost_gbp is null, it_capital_narrow_gbp is null from trust_year "
        f"where org_code = '{code}' and fy_end_year between 2018 and 2025",
    )
    assert sorted(found) == [(y, y in years, y in years, False) for y in range(2018, 2026)]


def test_a_profile_of_a_merged_trust_holds_the_money_of_the_constituents_of_the_year(
    complete: Tables,
) -> None:
    ((code, year, gbp),) = rows(
        complete,
        "select org_code, it_capital_fy_end_year, it_capital_narrow_gbp from trust_profile where org_code = 'RWW'",
    )
    (facts,) = rows(
        complete,
        f"select sum(narrow_gbp), count(*) from it_spend where org_code in ('{code}', 'RY2') and fy_end_year = {year}",
    )
    assert (gbp, facts[1]) == (facts[0], 2)


def test_bands_are_subtypes_of_acute_trusts_and_thirds_of_others(complete: Tables) -> None:
    bands = rows(
        complete,
        "select distinct org_code, peer_type = 'acute', peer_band, peer_band_from from peer_group "
        "where care_setting in ('acute', 'mental_health')",
    )
    acute = [(band, read_in) for _, is_acute, band, read_in in bands if is_acute]
    assert {read_in for _, read_in in acute} == {"eric 2024/25"}
    assert {"teaching", "specialist"} <= {band for band, _ in acute}
    thirds = rows(
        complete,
        "select distinct org_code, peer_band, peer_band_from from peer_group where care_setting = 'mental_health' "
        "and peer_type = 'mental_health'",
    )
    sizes = Counter((band, read_in) for _, band, read_in in thirds)
    assert set(sizes) == {(band, "operating expenses") for band in ("small", "medium", "large")}
    assert max(sizes.values()) - min(sizes.values()) <= 1


def test_every_acute_trust_has_peers_of_its_newest_subtype(release: Path) -> None:
    unknown = "select distinct org_code from peer_group where peer_type = 'acute' and peer_band = 'not_known' order by 1"
    assert ask(release, unknown) == []
    bands = (
        "select peer_band, peer_band_from, peer_band_as_of_date, max(n_peers) from peer_group "
        "where care_setting = 'acute' and peer_type = 'acute' and peer_band <> 'not_known' group by all order by all"
    )
    day = date(2025, 3, 31)
    found = ask(release, bands)
    assert [row[:3] for row in found] == [
        (band, "eric 2024/25", day)
        for band in ("large", "medium", "multi_service", "small", "specialist", "teaching")
    ]


def test_the_weighted_mean_of_one_provider_is_its_own_and_that_of_several_is_not(complete: Tables) -> None:
    found = rows(
        complete,
        "select n_providers = 1, spend_weighted_mean = mean_of_providers, count(*) from icb_maturity "
        "where spend_weighted_mean is not null group by all",
    )
    same = {(alone, equal): count for alone, equal, count in found}
    assert same.keys() >= {(True, True), (False, False)}
    assert (True, False) not in same
    assert same[False, False] > 10 * same.get((False, True), 0)
