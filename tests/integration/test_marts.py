"""Each mart against cases worked out by hand: a few rows, of plainly artificial trusts and numbers, and what must come out.

`test_trust_year` is about the widest of them, `test_mart_figures` about what real editions give.
"""

from datetime import date

import pandas as pd
from tiny import Row, flow, full, made, score, trusts

from assets.marts import exemplars_then_and_now

# cohort_score


def member(code: str, path: str, status: str, since: date | None = None, role: str = "exemplar") -> Row:
    return {
        "programme": "GDE",
        "org_code": code,
        "path": path,
        "role": role,
        "inherited_status": status,
        "inherited_since": since,
    }


def cautions(table: str) -> list[Row]:
    return [
        {"caveat": name, "table_name": table, "text": name}
        for name in ("gde_followers_unknown", "gde_no_programme_effect")
    ]


def test_a_trust_is_in_one_cohort_by_its_best_role_on_the_day_of_the_assessment() -> None:
    codes = ("R1B", "R1D", "R1F", "R1G", "R1H", "R1J", "R1L", "R1M")
    rows = made(
        "cohort_score",
        maturity_score=[score(code, 2.0) for code in codes],
        programme_membership_current=[
            member("R1B", "R1B", "same", role="fast_follower"),
            member("R1A", "R1A>R1B", "absorbed_member", date(2020, 4, 1)),
            member("R1C", "R1C>R1D", "absorbed_member", date(2025, 7, 1)),
            member("R1E", "R1E>R1F", "part_by_split", date(2020, 4, 1)),
            member("R1G", "R1G", "enlarged_by_non_member", date(2021, 4, 1), role="fast_follower"),
            member("R1H", "R1H>R1K", "absorbed_member", date(2026, 4, 1)),
            member("R1I", "R1I>R1J", "same"),
            member("R1L", "R1L", "same", role="aspirant")
            | {"programme": "digital_aspirant", "period_start": date(2020, 1, 1)},
            member("R1M", "R1M", "same", role="aspirant")
            | {"programme": "digital_aspirant", "period_start": date(2026, 1, 1)},
        ],
    )
    assert {row["org_code"]: (row["cohort"], row["membership"]) for row in rows} == {
        "R1B": ("exemplar", "same"),
        "R1D": ("no_known_programme", None),
        "R1F": ("no_known_programme", None),
        "R1G": ("fast_follower", "enlarged_by_non_member"),
        "R1H": ("exemplar", "same"),
        "R1J": ("exemplar", "absorbed_member"),
        "R1L": ("aspirant", None),
        "R1M": ("no_known_programme", None),
    }


def test_the_spread_of_a_cohort_is_that_of_its_scores() -> None:
    scores = made("cohort_score", maturity_score=[score(f"R1{i}", v) for i, v in enumerate((1.0, 2.0, 4.0))])
    frames = {
        "cohort_score": pd.DataFrame(scores),
        "caveat": full("caveat", cautions("cohort_score")),
    }
    made_of = exemplars_then_and_now.make(frames)
    (row,) = made_of[made_of["care_type"] == "acute"].to_dict("records")
    names = (
        "mean_score",
        "standard_deviation",
        "lowest",
        "lower_quartile",
        "median",
        "upper_quartile",
        "highest",
    )
    assert [float(row[name]) for name in names] == [2.3333, 1.5275, 1, 1.5, 2, 3, 4]
    assert (row["interval"], row["caveat"]) == ("none", "gde_no_programme_effect gde_followers_unknown")


# icb_maturity


def test_a_board_has_three_means_and_the_weighted_one_needs_all_expenses() -> None:
    def board(expenses: dict[str, float | None]) -> dict[str, Row]:
        rows = made(
            "icb_maturity",
            maturity_score=[
                score("R1A", 1.0),
                score("R1A", 3.0, "community"),
                score("R1B", 4.0),
                score("R1C", 5.0),
            ],
            organisation_geography=[
                {
                    "org_code": code,
                    "relation": "as_reported_in_dma",
                    "edition": "2025",
                    "icb_code": icb,
                    "icb_name": icb,
                    "icb_gss_code": icb,
                    "region": "here",
                }
                for code, icb in (("R1A", "QAA"), ("R1B", "QAA"), ("R1C", "QBB"))
            ],
            denominator=[
                flow(code, year, "operating_expenses", value and value * (year == 2025))
                for code, value in expenses.items()
                for year in (2024, 2025)
            ],
        )
        assert [row["icb_code"] for row in rows] == ["QAA", "QAA", "QAA", "QBB", "QBB"]
        return {row["care_setting"]: row for row in rows if row["icb_code"] == "QAA"}

    known = board({"R1A": 100.0, "R1B": 300.0})["all"]
    assert (known["n_providers"], known["n_scores"], known["n_weighted"]) == (2, 3, 2)
    means = [float(known[name]) for name in ("mean_of_scores", "mean_of_providers", "spend_weighted_mean")]
    assert means == [2.6667, 3.0, 3.5]
    assert (known["mean_of_providers_rank"], known["mean_of_providers_rank_status"]) == (None, "z")
    assert (known["board_score"], known["board_score_status"]) == (None, "x")
    unknown = board({"R1A": 100.0, "R1B": None})
    assert (unknown["all"]["spend_weighted_mean"], unknown["all"]["spend_weighted_status"]) == (None, "x")
    assert unknown["community"]["spend_weighted_mean"] == 3


def place(code: str, icb: str) -> Row:
    named = {"icb_code": icb, "icb_name": icb, "icb_gss_code": icb, "region": "here"}
    return {"org_code": code, "relation": "as_reported_in_dma", "edition": "2025", **named}


def own(icb: str, value: float, year: int = 2025, measure: str = "overall_comparable") -> Row:
    named = {"icb_code": icb, "icb_name": icb, "icb_gss_code": icb, "region": "here"}
    when = {"edition": "2025", "period": str(year)}
    return {**named, **when, "instrument": "DMA boards", "measure": measure, "score": value}


def test_a_board_has_its_own_score_beside_the_mean_of_its_providers_and_two_are_not_ranked() -> None:
    providers = {"QAA": ("R1A", "R1B", "R1C"), "QBB": ("R1D", "R1E"), "QCC": ("R1F", "R1G", "R1H")}
    values = {"QAA": 2.0, "QBB": 4.0, "QCC": 3.0}
    rows = made(
        "icb_maturity",
        maturity_score=[score(code, values[icb]) for icb, codes in providers.items() for code in codes],
        organisation_geography=[place(code, icb) for icb, codes in providers.items() for code in codes],
        icb_score=[own("QAA", 3.5), own("QBB", 1.5), own("QCC", 2.5), own("QDD", 5.0)],
    )
    whole = {row["icb_code"]: row for row in rows if row["care_setting"] == "all"}
    names = ("board_score", "board_score_rank", "n_providers", "mean_of_providers_rank")
    assert {icb: tuple(row[name] for name in names) for icb, row in whole.items()} == {
        "QAA": (3.5, 2, 3, 2),
        "QBB": (1.5, 4, 2, None),
        "QCC": (2.5, 3, 3, 1),
        "QDD": (5.0, 1, 0, None),
    }
    assert [whole["QDD"][name] for name in ("mean_of_providers", "mean_status", "mean_of_scores")] == [
        None,
        "x",
        None,
    ]
    settings = [row for row in rows if row["care_setting"] == "acute"]
    assert {(row["board_score"], row["board_score_status"]) for row in settings} == {(None, "z")}
    assert len(settings) == 3


def test_means_of_an_earlier_year_are_without_providers_whose_boundary_changed_since() -> None:
    codes = {"R1A": 1.0, "R1B": 2.0, "R1C": 4.0}
    rows = made(
        "icb_maturity",
        maturity_score=[
            score(code, value, year=year) for code, value in codes.items() for year in (2024, 2025)
        ],
        organisation_geography=[place(code, "QBB" if code == "R1C" else "QAA") for code in codes],
        organisation_succession=[
            {"predecessor_code": "R9A", "successor_code": code, "succession_date": date(2025, 1, 1)}
            for code in ("R1A", "R1C")
        ],
    )
    found = {
        (row["icb_code"], row["period"]): (
            row["n_providers"],
            row["n_boundary_changed"],
            row["mean_of_providers"],
        )
        for row in rows
        if row["care_setting"] == "all"
    }
    assert found == {
        ("QAA", "2024"): (1, 1, 2),
        ("QAA", "2025"): (2, 0, 1.5),
        ("QBB", "2024"): (0, 1, None),
        ("QBB", "2025"): (1, 0, 4),
    }


# peer_group


def test_percentiles_of_peers_are_symmetric_about_ties() -> None:
    peers = {"R1A": 1.0, "R1B": 2.0, "R1C": 2.0, "R1D": 2.0, "R1E": 3.0}
    rows = made("peer_group", maturity_score=[score(code, value) for code, value in peers.items()])
    found = {row["org_code"]: (float(row["percentile"]), row["n_peers"]) for row in rows}
    assert found == {"R1A": (10, 5), "R1B": (50, 5), "R1C": (50, 5), "R1D": (50, 5), "R1E": (90, 5)}
    assert {(row["peer_band"], row["peer_type"]) for row in rows} == {("not_known", "not_known")}
    few = made("peer_group", maturity_score=[score(code, value) for code, value in list(peers.items())[:4]])
    assert {(row["percentile"], row["n_peers"]) for row in few} == {(None, 4)}


def test_specialist_acute_trusts_are_no_peers_of_teaching_trusts_by_the_newest_subtype_held() -> None:
    codes = [f"R1{letter}" for letter in "ABC"]

    def subtype(code: str, year: int, word: str) -> Row:
        what = {
            "scheme": "acute_subtype",
            "type": word,
            "source": "eric",
            "edition": f"{year - 1}/{year % 100}",
        }
        return {"org_code": code, "as_of_date": date(year, 3, 31), **what}

    rows = made(
        "peer_group",
        maturity_score=[score(code, 2.0) for code in codes],
        organisation_type=[
            *({"org_code": code, "scheme": "primary_type", "type": "acute"} for code in codes[:2]),
            {"org_code": "R1C", "scheme": "primary_type", "type": "mental_health"},
            subtype("R1A", 2019, "large"),
            subtype("R1A", 2025, "teaching"),
            subtype("R1B", 2019, "specialist"),
            subtype("R1C", 2019, "multi_service"),
        ],
    )
    names = ("peer_band", "peer_band_from", "peer_band_as_of_date", "n_peers")
    assert {row["org_code"]: tuple(row[name] for name in names) for row in rows} == {
        "R1A": ("teaching", "eric 2024/25", date(2025, 3, 31), 1),
        "R1B": ("specialist", "eric 2018/19", date(2019, 3, 31), 1),
        "R1C": ("not_known", None, None, 1),
    }


def test_peers_are_of_one_setting_type_and_third_by_expenses_of_the_year_that_ends_in_that_of_the_assessment() -> (
    None
):
    codes = [f"R1{letter}" for letter in "ABCDEF"]
    rows = made(
        "peer_group",
        maturity_score=[
            *(score(code, 2.0) for code in [*codes, "R1G"]),
            score("R1A", 4.0, "community"),
            *(score(code, 1.0, year=2024) for code in codes),
        ],
        organisation_type=[
            {"org_code": code, "scheme": "primary_type", "type": "acute", "edition": code}
            for code in [*codes, "R1G"]
        ],
        denominator=[
            flow(code, year, "operating_expenses", place * (1.0 if year == 2025 else -1.0))
            for place, code in enumerate(codes)
            for year in (2024, 2025)
        ],
    )
    bands = {
        row["org_code"]: (row["peer_band"], row["n_peers"]) for row in rows if row["care_setting"] == "acute"
    }
    assert bands == {
        **dict.fromkeys(codes[:2], ("small", 2)),
        **dict.fromkeys(codes[2:4], ("medium", 2)),
        **dict.fromkeys(codes[4:], ("large", 2)),
        "R1G": ("not_known", 1),
    }
    assert len(rows) == 8


# maturity_change


def test_a_provider_rises_or_falls_by_the_mean_of_its_settings() -> None:
    moved = {
        ("R1A", "acute"): 0.5,
        ("R1A", "community"): -0.25,
        ("R1B", "acute"): 1e-9,
        ("R1C", "acute"): -0.5,
    }
    rows = made(
        "maturity_change",
        maturity_score=[
            score(code, 2.0 + (change if year == 2025 else 0), setting, year)
            for (code, setting), change in moved.items()
            for year in (2024, 2025)
        ],
        organisation_succession=[
            {"predecessor_code": "R9A", "successor_code": code, "succession_date": day}
            for code, day in (
                ("R1A", date(2025, 1, 1)),
                ("R1B", date(2023, 12, 31)),
                ("R1C", date(2025, 7, 1)),
            )
        ],
    )
    found = {(r["org_code"], r["care_setting"]): (r["direction"], r["provider_direction"]) for r in rows}
    assert found == {
        ("R1A", "acute"): ("rose", "rose"),
        ("R1A", "community"): ("fell", "rose"),
        ("R1B", "acute"): ("unchanged", "unchanged"),
        ("R1C", "acute"): ("fell", "fell"),
    }
    assert float(next(r["provider_change"] for r in rows if r["org_code"] == "R1A")) == 0.125
    assert {r["org_code"] for r in rows if r["boundary_changed"]} == {"R1A"}


def test_a_score_of_the_provider_is_not_compared_with_one_of_a_setting() -> None:
    shared = {("R1A", 2024): True, ("R1A", 2025): False, ("R1B", 2024): True, ("R1B", 2025): True}
    rows = made(
        "maturity_change",
        maturity_score=[
            *(
                score(code, 2.0, setting, year) | {"shared_score": same}
                for (code, year), same in shared.items()
                for setting in ("acute", "community")
            ),
            *(score("R1A", 3.0, "ambulance", year) | {"shared_score": False} for year in (2024, 2025)),
        ],
        comparability=[
            {
                "instrument": "DMA",
                "measure": "overall_comparable",
                "period": "2025",
                "with_instrument": "DMA",
                "with_measure": "overall_comparable",
                "with_period": "2024",
                "comparable": True,
                "why": "same questions",
            }
        ],
    )
    found = {
        (row["org_code"], row["care_setting"]): (
            row["levels_differ"],
            row["provider_levels_differ"],
            row["comparable"],
        )
        for row in rows
    }
    assert found == {
        ("R1A", "acute"): (True, True, False),
        ("R1A", "ambulance"): (False, True, True),
        ("R1A", "community"): (True, True, False),
        ("R1B", "acute"): (False, False, True),
        ("R1B", "community"): (False, False, True),
    }
    assert {(r["shared_score_before"], r["shared_score_after"]) for r in rows if r["levels_differ"]} == {
        (True, False)
    }
    reasons = {row["comparable_because"] for row in rows}
    assert reasons == {
        "same questions",
        "One year has one score for several care settings, the other one for this setting.",
    }


# trust_profile


def test_a_profile_takes_money_of_all_constituents_and_nothing_of_a_split() -> None:
    def spend(year: int, allocation: str, narrow: int | None, status: str) -> Row:
        who = {"current_org_code": "R1A", "constituents": f"{year} {allocation}", "edition": str(year)}
        money = {"narrow_gbp": narrow, "operating_expenses_gbp": 1000}
        return {**who, **money, "fy_end_year": year, "allocation": allocation, "value_status": status}

    funding = {"current_org_code": "R1A", "wave": "1"}
    (row,) = made(
        "trust_profile",
        **trusts("R1A"),
        it_spend_current=[
            spend(2024, "whole", 5, "published"),
            spend(2025, "whole", 25, "e"),
            spend(2026, "unallocated_split", 999, "published"),
        ],
        digital_funding_current=[
            {
                **funding,
                "amount_gbp": gbp,
                "may_be_summed": summed,
                "allocation": allocation,
                "constituents": str(gbp),
            }
            for gbp, summed, allocation in (
                (11, True, "whole"),
                (22, True, "whole"),
                (99, False, "whole"),
                (88, True, "unallocated_split"),
            )
        ],
    )
    assert (row["it_capital_narrow_gbp"], row["it_capital_fy_end_year"], row["it_capital_status"]) == (
        25,
        2025,
        "e",
    )
    assert float(row["it_capital_pct_of_operating_expenses"]) == 2.5
    assert (row["digital_funding_gbp"], row["programme_role"]) == (33, "no_known_programme")


# digital_journey


def events(*codes: str, **rows: list[Row]) -> list[tuple[object, ...]]:
    found = made("digital_journey", **({**trusts(*codes), **rows}))
    return [
        (row["current_org_code"], row["event_number"], row["event_type"], row["org_code"]) for row in found
    ]


def seen(code: str, today: str | None, day: date, **more: object) -> Row:
    return {"org_code": code, "current_org_code": today, "as_of_date": day, **more}


def test_an_event_of_a_constituent_is_one_of_the_trust_of_today_and_of_no_closed_one() -> None:
    rows = [
        seen("R1A", "R1A", date(2020, 1, 2)),
        seen("R1B", "R1A", date(2020, 1, 1)),
        seen("R1C", None, date(2020, 1, 1)),
        seen("R1W", "R1W", date(2020, 1, 1)),
        seen("R1A", "R1A", date(2020, 1, 1), edition="again"),
    ]
    known = trusts("R1A", "R1W")
    known["organisation"][1]["in_scope"] = False
    known["organisation_current_main"].append(
        {"org_code": "R1B", "current_org_code": "R1A", "relation": "acquired_by", "path": "R1B>R1A"}
    )
    assert events(**known, fdp_status=rows) == [
        ("R1A", 1, "federated_data_platform", "R1A"),
        ("R1A", 2, "federated_data_platform", "R1B"),
        ("R1A", 1, "federated_data_platform", "R1A"),
    ]


def test_whoever_took_over_a_part_of_a_member_is_no_member_and_who_took_over_all_of_it_is() -> None:
    named = {"programme": "GDE", "role": "fast_follower", "care_setting": "acute", "basis": "named"}
    known = trusts("R1A")
    known["organisation_current_main"] += [
        {"org_code": code, "current_org_code": "R1A", "relation": relation, "path": f"{code}>R1A"}
        for code, relation in (("R1B", "part_by_split"), ("R1C", "merged_into"))
    ]
    joined = [
        {"org_code": code, "current_org_code": "R1A", **named, "start_date": "2017-09", "accredited_on": "2021", "date_precision": "month"}
        for code in ("R1B", "R1C")
    ]  # fmt: skip
    assert events(**known, programme_membership=joined) == [
        ("R1A", 1, "programme", "R1C"),
        ("R1A", 1, "accreditation", "R1C"),
    ]


def test_days_of_events_are_the_first_of_what_is_known_and_what_is_unverified_or_undated_is_none() -> None:
    when = {
        "event": "went_live",
        "event_date": "2026-spring",
        "date_precision": "season",
        "date_basis": "stated",
    }
    systems = [
        {"org_code": "R1A", "current_org_code": "R1A", **when, "period_start": date(2026, 3, 1), "supplier": supplier}
        | more
        for supplier, more in (
            ("Maker", {"product": "Maker Record"}),
            ("Other", {"product": "Record"}),
            ("Third", {"product": None, "date_basis": "missed", "event": "deferred"}),
            ("Rumour", {"evidence_grade": "unverified"}),
        )
    ]  # fmt: skip
    undated = {
        "org_code": "R1A",
        "current_org_code": "R1A",
        "period_start": date(2026, 3, 1),
        "event_date": None,
    }
    rows = made("digital_journey", **trusts("R1A"), epr_event=systems, emram_validation=[undated])
    assert [(row["event"], row["event_date"], row["date_precision"]) for row in rows] == [
        ("went live with a record system: Maker Record", date(2026, 3, 1), "season"),
        ("went live with a record system: Other Record", date(2026, 3, 1), "season"),
        ("had planned to go live by then; put off going live with a record system: Third", date(2026, 3, 1), "season"),
    ]  # fmt: skip


def test_a_change_of_a_cost_is_of_the_same_trust_in_years_next_to_each_other_without_doubt() -> None:
    def cost(code: str, year: int, gbp: int | None, flag: str | None = None) -> Row:
        days = {"period_start": date(year - 1, 4, 1), "period_end": date(year, 3, 31)}
        held = {
            "org_code": code,
            "current_org_code": code,
            "fy_end_year": year,
            "financial_year": f"{year - 1}/{year % 100}",
        }
        return {**held, **days, "edition": str(year), "total_gbp": gbp, "cost_flag": flag}  # fmt: skip

    codes = ("R1A", "R1B", "R1C", "R1D", "R1E")
    known = trusts(*codes)
    known["organisation"][3]["open_date"] = date(2020, 7, 1)
    rows = made(
        "digital_journey",
        **known,
        organisation_succession=[
            {"predecessor_code": "R9A", "successor_code": "R1B", "succession_date": date(2021, 10, 1)},
            {"predecessor_code": "R1E", "successor_code": "R9B", "succession_date": date(2022, 4, 1)},
        ],
        medical_records_cost=[
            *(cost("R1A", year, gbp) for year, gbp in ((2020, 500), (2021, 400), (2023, 900), (2024, 9000), (2025, 8000))),
            *(cost(code, year, 100 * year) for code in ("R1B", "R1D", "R1E") for year in (2021, 2022)),
            cost("R1C", 2021, 7, "implausible_zero"),
            cost("R1C", 2022, 8),
            cost("R1C", 2023, None),
        ],
    )  # fmt: skip
    changes = [(row["org_code"], row["source_row"], row["value_change"]) for row in rows if row["value_change"] is not None and row["event_type"] != "merger"]  # fmt: skip
    assert changes == [("R1A", 2, -100), ("R1A", 5, -1000), ("R1E", 11, 100)]
    assert sum(row["event_type"] == "medical_records_cost" for row in rows) == 13


def test_a_share_of_amortisation_needs_expenses_of_the_same_accounts() -> None:
    rows = made(
        "digital_journey",
        **trusts("R1A", "R1B"),
        denominator=[
            flow(
                "R1A",
                2023,
                "amortisation_of_intangible_assets",
                5.0,
                current_org_code="R1A",
                open_all_period=True,
            ),
            flow(
                "R1A", 2023, "operating_expenses", 300.0, current_org_code="R1A", evidence_grade="transcribed"
            ),
            flow("R1B", 2023, "amortisation_of_intangible_assets", 5.0, current_org_code="R1B"),
            flow("R1B", 2023, "operating_expenses", 300.0, current_org_code="R1B", edition="other"),
        ],
    )
    ((row),) = rows
    assert (row["org_code"], row["value"], row["evidence_grade"]) == ("R1A", 1.6667, "transcribed")


def test_who_answered_by_care_setting_has_no_score_of_the_whole_organisation() -> None:
    common = {
        "instrument": "DMSA",
        "edition": "2017",
        "measure": "capabilities_common_sections",
        "year": 2017,
    }
    rows = made(
        "digital_journey",
        **trusts("R1A", "R1B"),
        maturity_score=[
            score("R1A", 50.0, "whole_organisation", **common) | {"current_org_code": "R1A"},
            score("R1B", 60.0, "whole_organisation", **common) | {"current_org_code": "R1B"},
            score("R1B", 40.0, "acute", **{**common, "measure": "capabilities"}),
        ],
    )
    assert [(row["org_code"], row["value"], row["value_unit"]) for row in rows] == [
        ("R1A", 50.0, "score 0 to 100"),
        ("R1B", None, None),
    ]


# organisation_maturity_history


def test_a_number_of_a_round_needs_one_organisation_and_each_has_its_own_in_words() -> None:
    known = trusts("R1A", "R1B", "R1C")
    closed = [
        ("R1D", "R1A", date(2020, 3, 31)),
        ("R1E", "R1B", date(2012, 3, 31)),
        ("R1F", "R1C", date(2020, 3, 31)),
    ]
    known["organisation"] += [
        {
            "org_code": code,
            "open_date": date(2000, 4, 1),
            "close_date": day,
            "is_current": False,
            "in_scope": True,
        }
        for code, _, day in closed
    ]
    del known["organisation_current_main"]
    ways = [
        {"org_code": code, "current_org_code": code, "relation": "same", "path": code}
        for code in ("R1A", "R1B", "R1C")
    ]
    ways += [
        {
            "org_code": code,
            "current_org_code": today,
            "relation": "part_by_split" if code == "R1F" else "merged_into",
            "path": f"{code}>{today}",
        }
        for code, today, _ in closed
    ]
    days = {"period_start": date(2017, 9, 1), "period_end": date(2017, 11, 30)}
    whole = {
        "instrument": "DMSA",
        "measure": "readiness",
        "edition": "2017",
        "care_setting": "whole_organisation",
        "period": "2017",
        **days,
    }
    rows = made(
        "organisation_maturity_history",
        **known,
        organisation_current=ways,
        maturity_score=[
            *({"org_code": code, "score": number, **whole} for code, number in (("R1A", 50.05), ("R1D", 40), ("R1B", 60), ("R1F", 70))),
            score("R1A", 2.345),
        ],
    )  # fmt: skip
    found = {row["org_code"]: row for row in rows}
    names = ("n_constituents", "same_body_since_2015_16", "n_organisations_2017", "dmsa_2017_readiness", "dmsa_2017_readiness_of_each", "dma_2025_acute")  # fmt: skip
    assert {code: tuple(row[name] for name in names) for code, row in found.items()} == {
        "R1A": (2, False, 2, None, "R1A 50.1; R1D 40.0", 2.345),
        "R1B": (2, True, 1, 60, "R1B 60.0", None),
        "R1C": (2, False, 2, None, "R1F 70.0 (split)", None),
    }
    assert found["R1A"]["dma_2025_acute_of_each"] == "R1A 2.35"
