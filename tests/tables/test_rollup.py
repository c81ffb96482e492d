"""Facts on today's organisations: what is added, what is listed, what is left over."""

from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa
from releases import ask, offline_home
from rolling import END, Row, amounts, fact_rows, rolled, world

from assets.catalogue import published
from assets.contract.columns import METADATA, column, key_of, table
from assets.contract.source import EVERY_TRUST, KNOWN_REPORTERS
from assets.reading.structure import problems
from assets.tables import facts, rollup
from assets.tables.current_tables import adding, current_table, fact_of
from pipelines.integration.lineage import feeding

SOURCES = published().sources
FACTS = {fact_of(name): METADATA.tables[fact_of(name)] for name in published().current}
COST = FACTS["medical_records_cost"]
ADDED = [name for name, fact in FACTS.items() if adding(fact)]
MERGED = world({"RAA": date(2020, 9, 30), "RBB": None}, [("RAA", "RBB", date(2020, 10, 1))])
SPLIT = world(
    {"RSS": date(2021, 3, 31), "RBB": None, "RCC": None},
    [("RSS", "RBB", date(2021, 4, 1)), ("RSS", "RCC", date(2021, 4, 1))],
)


def costs(*rows: Row) -> pd.DataFrame:
    return fact_rows(COST, [{"financial_year": "2020/21", "fy_end_year": 2021, **row} for row in rows])


# --- what is added


def test_a_cost_of_constituents_is_one_row_of_their_organisation_of_today() -> None:
    frame = costs({"org_code": "RBB", "total_gbp": 30}, {"org_code": "RAA", "total_gbp": 12})
    (row,) = rolled(frame, COST, MERGED)
    assert (row["current_org_code"], row["current_org_name"]) == ("RBB", "RBB NHS TRUST")
    assert (row["organisation_type"], row["region"], row["icb_code"]) == ("acute", "region of RBB", "QQQ")
    assert (row["total_gbp"], row["allocation"], row["value_status"]) == (42, "whole", "e")
    assert (row["constituents"], row["n_constituents"], row["n_facts"]) == ("RAA RBB", 2, 2)
    assert (row["source_file_sha256"], row["source_row"]) == ("0" * 64, None)


def test_a_single_fact_keeps_its_value_status_and_place() -> None:
    (row,) = rolled(costs({"org_code": "RAA", "onsite_gbp": 7, "value_status": "p"}), COST, MERGED)
    assert (row["current_org_code"], row["onsite_gbp"], row["total_gbp"]) == ("RBB", 7, None)
    assert (row["value_status"], row["source_row"], row["constituents"]) == ("p", 1, "RAA")


def test_editions_and_sources_of_the_same_year_are_never_added() -> None:
    frame = costs(
        *({"org_code": "RBB", "total_gbp": 1, "edition": e, "source": s} for e in "12" for s in "ab")
    )
    assert [row["total_gbp"] for row in rolled(frame, COST, MERGED)] == [1, 1, 1, 1]


def test_a_constituent_without_a_value_is_named_unless_it_was_closed_all_the_time() -> None:
    known, unknown = {"org_code": "RBB", "total_gbp": 5}, {"org_code": "RAA", "value_status": "x"}
    (row,) = rolled(costs(known, unknown), COST, MERGED)
    assert (row["total_gbp"], row["value_status"], row["constituents_missing"]) == (5, "e", "RAA")
    later = {"period_start": date(2020, 10, 1)}
    (row,) = rolled(costs({**known, **later}, {**unknown, **later}), COST, MERGED)
    assert (row["total_gbp"], row["constituents_missing"], row["n_facts"]) == (5, None, 2)


def test_an_open_constituent_without_a_row_is_named_where_every_trust_reports() -> None:
    frame = costs({"org_code": "RBB", "total_gbp": 5}, {"org_code": "RBB", "total_gbp": 6, "edition": "2"})
    found = rolled(frame, COST, MERGED, {"made": EVERY_TRUST})
    assert [(row["total_gbp"], row["constituents_missing"]) for row in found] == [(5, "RAA"), (6, "RAA")]
    assert [row["constituents_missing"] for row in rolled(frame, COST, MERGED)] == [None, None]
    assert [row["constituents_missing"] for row in rolled(frame, COST, MERGED, {"b": EVERY_TRUST})] == [
        None
    ] * 2


def test_a_constituent_that_closed_before_or_was_split_is_not_expected_to_have_a_row() -> None:
    later = {"period_start": date(2020, 10, 1)}
    (row,) = rolled(costs({"org_code": "RBB", "total_gbp": 5, **later}), COST, MERGED, {"made": EVERY_TRUST})
    assert row["constituents_missing"] is None
    found = rolled(costs({"org_code": "RBB", "total_gbp": 5}), COST, SPLIT, {"made": EVERY_TRUST})
    assert [row["constituents_missing"] for row in found] == [None]


def test_constituents_without_a_row_and_without_a_value_are_named_together() -> None:
    three = world(
        {"RAA": date(2020, 9, 30), "RBB": None, "RCC": date(2020, 9, 30)},
        [("RAA", "RBB", date(2020, 10, 1)), ("RCC", "RBB", date(2020, 10, 1))],
    )
    frame = costs({"org_code": "RBB", "total_gbp": 5}, {"org_code": "RCC", "value_status": "x"})
    (row,) = rolled(frame, COST, three, {"made": EVERY_TRUST})
    assert row["constituents_missing"] == "RAA RCC"


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({"value": 7.0, "period_start": date(2020, 1, 1), "period_end": date(2020, 3, 31)}, "RAA"),
        ({"value": 7.0, "period_start": date(2018, 1, 1), "period_end": date(2018, 3, 31)}, None),
        ({"value": 0.0, "period_start": date(2020, 1, 1), "period_end": date(2020, 3, 31)}, None),
        ({"value": 7.0, "measure": "another"}, None),
        ({"value": 7.0, "source": "another"}, None),
    ],
    ids=["a quarter before", "two years before", "a report of 0", "of another measure", "of another source"],
)
def test_where_only_some_report_a_constituent_is_named_if_it_reports_something_within_a_year(
    other: Row, expected: str | None
) -> None:
    frame = amounts(("RBB", "flow", 5.0, None), ("RAA", "flow", 7.0, None))
    frame = frame.assign(**{name: [frame[name].iloc[0], value] for name, value in other.items()})
    found = rolled(frame, facts.denominator, MERGED, {"made": KNOWN_REPORTERS})
    assert [row["constituents_missing"] for row in found if row["constituents"] == "RBB"] == [expected]


def test_no_payments_of_a_kind_are_no_gap_and_none_at_all_are() -> None:
    payments = FACTS["it_spend_over_25k"]

    def month(code: str, month: int, category: str) -> Row:
        days = {"period_start": date(2020, month, 1), "period_end": date(2020, month, 28)}
        return {"org_code": code, "month": f"2020-{month:02}", "category": category, "amount_gbp": 3.0} | days

    rows = [month("RAA", 4, "not_it"), month("RBB", 4, "it_software"), month("RBB", 5, "it_software")]
    frame = fact_rows(payments, [{**row, "is_it": True, "lines": 1, "fy_end_year": 2021} for row in rows])
    found = rolled(frame, payments, MERGED, {"made": KNOWN_REPORTERS})
    reported = [(row["month"], row["category"], row["constituents_missing"]) for row in found]
    assert reported == [
        ("2020-04", "it_software", None),
        ("2020-04", "not_it", None),
        ("2020-05", "it_software", "RAA"),
    ]


@pytest.mark.parametrize(
    ("statuses", "values", "expected"),
    [
        (("published", "published"), (1, 2), "e"),
        (("published", "b"), (1, 2), "b"),
        (("r", "p"), (1, 2), "p"),
        (("z", "z"), (None, None), "z"),
        (("z", "x"), (None, None), "x"),
        (("published", "published"), (None, None), "x"),
    ],
)
def test_the_status_of_a_sum_says_what_its_constituents_say(
    statuses: tuple[str, str], values: tuple[int | None, int | None], expected: str
) -> None:
    frame = costs(
        *(
            {"org_code": code, "total_gbp": value, "value_status": status}
            for code, value, status in zip(("RAA", "RBB"), values, statuses, strict=True)
        )
    )
    assert [row["value_status"] for row in rolled(frame, COST, MERGED)] == [expected]


def test_what_constituents_agree_on_is_kept_and_what_they_do_not_is_missing() -> None:
    same, other = {"org_code": "RBB", "records_type": "paper"}, {"org_code": "RAA", "records_type": "mixed"}
    assert rolled(costs(same, other), COST, MERGED)[0]["records_type"] is None
    assert rolled(costs(same, {**other, "records_type": "paper"}), COST, MERGED)[0]["records_type"] == "paper"


def test_flags_of_all_constituents_are_gathered() -> None:
    zero, twice, none = "implausible_zero", "onsite_equals_offsite", None
    for flags, expected in [((zero, twice), f"{zero} {twice}"), ((none, twice), twice), ((none, none), None)]:
        frame = costs(
            *(
                {"org_code": c, "total_gbp": 1, "cost_flag": f}
                for c, f in zip(("RBB", "RAA"), flags, strict=True)
            )
        )
        (row,) = rolled(frame, COST, MERGED)
        assert row["cost_flag"] == expected


def test_averages_over_parts_of_a_year_are_weighted_by_months() -> None:
    one_after_the_other = amounts(("RAA", "average", 2900.0, 7), ("RBB", "average", 3000.0, 5))
    (row,) = rolled(one_after_the_other, facts.denominator, MERGED)
    assert (row["value"], row["months_reported"]) == (round((2900 * 7 + 3000 * 5) / 12, 6), 12)
    side_by_side = amounts(("RAA", "average", 500.0, 12), ("RBB", "average", 400.0, 12))
    (row,) = rolled(side_by_side, facts.denominator, MERGED)
    assert (row["value"], row["months_reported"]) == (900, 12)
    taken_over_half_way = amounts(("RAA", "average", 500.0, 6), ("RBB", "average", 400.0, 12))
    assert rolled(taken_over_half_way, facts.denominator, MERGED)[0]["value"] == 650


def test_an_average_over_unknown_months_is_named_missing_and_alone_it_stays() -> None:
    frame = amounts(("RAA", "average", 500.0, None), ("RBB", "average", 400.0, 12))
    (row,) = rolled(frame, facts.denominator, MERGED)
    assert (row["value"], row["constituents_missing"]) == (400, "RAA")
    (row,) = rolled(frame.iloc[:1], facts.denominator, MERGED)
    assert (row["value"], row["months_reported"]) == (500, None)


def test_only_awards_that_may_be_summed_are() -> None:
    base = {
        "programme": "P",
        "wave": "1",
        "financial_years": "2020/21",
        "fy_end_year": 2021,
        "source_url": "https://a.example",
    }
    award = [("RAA", 10, "exact"), ("RBB", 5, "rounded"), ("RAA", 900, "up_to"), ("RBB", 800, "up_to")]
    rows = [
        {
            **base,
            "org_code": code,
            "amount_gbp": gbp,
            "amount_basis": basis,
            "may_be_summed": basis != "up_to",
        }
        | {"org_name_as_published": f"{code} {basis}"}
        for code, gbp, basis in award
    ]
    shared = {**base, "amount_gbp": 99, "amount_basis": "shared_total", "may_be_summed": False}
    rows.append({**shared, "org_code": None, "org_name_as_published": "three trusts"})
    found = rolled(fact_rows(facts.digital_funding, rows), facts.digital_funding, MERGED)
    reported = sorted(
        (r["constituents"], r["amount_gbp"], r["may_be_summed"], r["allocation"]) for r in found
    )
    assert reported == [
        ("RAA", 900, False, "whole"),
        ("RAA RBB", 15, True, "whole"),
        ("RBB", 800, False, "whole"),
        ("three trusts", 99, False, "no_organisation"),
    ]


# --- what is left over


def test_what_was_split_is_left_over_and_never_divided() -> None:
    frame = costs(*({"org_code": code, "total_gbp": 8} for code in ("RSS", "RBB", "RCC")))
    found = rolled(frame, COST, SPLIT)
    reported = [(row["current_org_code"], row["constituents"], row["allocation"]) for row in found]
    assert reported == [("RBB", "RBB", "whole"), ("RCC", "RCC", "whole"), (None, "RSS", "unallocated_split")]
    assert sum(row["total_gbp"] for row in found) == 24


def test_a_split_whose_parts_came_together_again_is_whole() -> None:
    day = date(2021, 6, 1)
    ways = world(
        {"RSS": date(2021, 3, 31), "RBB": None, "RCC": date(2021, 5, 31)},
        [("RSS", "RBB", date(2021, 4, 1)), ("RSS", "RCC", date(2021, 4, 1)), ("RCC", "RBB", day)],
    )
    (row,) = rolled(costs({"org_code": "RSS", "total_gbp": 8}), COST, ways)
    assert (row["current_org_code"], row["allocation"]) == ("RBB", "whole")


def test_what_ended_without_successor_is_left_over() -> None:
    (row,) = rolled(costs({"org_code": "RAA", "total_gbp": 8}), COST, world({"RAA": END}))
    assert (row["current_org_code"], row["region"], row["allocation"]) == (None, None, "closed")


def test_a_stock_of_a_trust_closed_on_the_day_is_not_added_to_its_successors() -> None:
    frame = amounts(("RAA", "stock", 70.0, None), ("RBB", "stock", 100.0, None))
    found = rolled(frame, facts.denominator, MERGED)
    reported = [(row["current_org_code"], row["value"], row["allocation"]) for row in found]
    assert reported == [(None, 70, "not_open"), ("RBB", 100, "whole")]
    until_the_day = world({"RAA": END, "RBB": None}, [("RAA", "RBB", END + timedelta(days=1))])
    assert [row["value"] for row in rolled(frame, facts.denominator, until_the_day)] == [170]


def test_a_stock_published_twice_under_one_code_is_left_over() -> None:
    asset = FACTS["it_asset"]
    names = [{"org_code": "RBB", "org_name_as_published": name, "net_book_value_gbp": 4} for name in "AB"]
    frame = fact_rows(asset, [{**row, "financial_year": "2020/21", "fy_end_year": 2021} for row in names])
    (row,) = rolled(frame.assign(nil_or_not_reported=False), asset, MERGED)
    assert (row["current_org_code"], row["net_book_value_gbp"], row["allocation"]) == (
        None,
        8,
        "several_names",
    )


# --- what is listed


def test_scores_are_listed_for_every_way_and_never_added() -> None:
    row = {
        "care_setting": "acute",
        "instrument": "I",
        "period": "2021",
        "measure": "M",
        "shared_score": False,
    }
    scale = {"scale_minimum": 1.0, "scale_maximum": 5.0}
    frame = fact_rows(
        facts.maturity_score, [{**row, **scale, "org_code": c, "score": 2.0} for c in ("RSS", "RBB")]
    )
    found = rolled(frame, facts.maturity_score, SPLIT)
    reported = [(r["path"], r["current_org_code"], r["region"], r["relation"], r["score"]) for r in found]
    assert reported == [
        ("RBB", "RBB", "region of RBB", "same", 2),
        ("RSS>RBB", "RBB", "region of RBB", "part_by_split", 2),
        ("RSS>RCC", "RCC", "region of RCC", "part_by_split", 2),
    ]


def test_a_membership_is_inherited_by_the_kind_of_succession() -> None:
    day = date(2020, 10, 1)
    before, closed = date(2015, 1, 1), day - timedelta(days=1)
    organisations = world(
        dict.fromkeys(["RA1", "RA2", "RA3", "RA5", "RA6"], closed) | dict.fromkeys(["RB1", "RB2", "RB3"]),
        [
            ("RA1", "RB1", day),
            ("RA2", "RB1", before),
            ("RA3", "RB2", day, "rename"),
            ("RA5", "RB1", day),
            ("RA5", "RB3", day),
        ],
    )
    membership = facts.programme_membership
    rows = [
        {"programme": "GDE", "role": role, "org_code": code, "care_setting": "acute", "wave": "1"}
        | {"start_date": "2016-09", "date_precision": "month", "status": "member", "basis": "named"}
        | {"source_url": "https://a.example"}
        for role, code in [("exemplar", "RB1"), *(("fast_follower", f"RA{n}") for n in (1, 3, 5, 6))]
    ]
    made = rollup.roll_up(fact_rows(membership, rows), membership, rollup.today(organisations))
    found = made.join(rollup.inherited(made, organisations["organisation_succession"]))
    assert problems(found, current_table(membership)) == []
    shown = found.set_index("path")[["inherited_status", "inherited_through", "inherited_since"]]
    assert {path: tuple(None if pd.isna(v) else v for v in row) for path, *row in shown.itertuples()} == {
        "RB1": ("enlarged_by_non_member", "RA1 RA5", day),
        "RA1>RB1": ("absorbed_member", "RA1", day),
        "RA3>RB2": ("same", None, None),
        "RA5>RB1": ("part_by_split", "RA5", day),
        "RA5>RB3": ("part_by_split", "RA5", day),
        "RA6": ("closed", "RA6", day),
    }


# --- the tables


@pytest.mark.parametrize("name", FACTS)
def test_a_fact_table_is_either_listed_way_by_way_or_added_by_constituents(name: str) -> None:
    key = key_of(current_table(FACTS[name]))
    assert key[-1] == ("constituents" if name in ADDED else "path")
    assert current_table(FACTS[name]) is current_table(FACTS[name])


def test_columns_that_add_in_different_ways_are_refused() -> None:
    columns = [column(how, sa.Double, "Made.", aggregation=how) for how in ("sum", "stock")]
    mixed = table("mixed", "Made.", columns, key=["sum"], layer="made", metadata=sa.MetaData())
    with pytest.raises(
        ValueError, match="table mixed: expected columns that add up in one way, found stock, sum"
    ):
        adding(mixed)


def test_an_aggregation_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="column 'made': expected an aggregation that begins with sum"):
        column("made", sa.Double, "Made.", aggregation="total")


# --- the release


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return offline_home(tmp_path_factory.getbasetemp()).latest.resolve()


@pytest.mark.parametrize("name", ADDED)
def test_every_total_of_the_release_is_that_of_its_fact_table(released: Path, name: str) -> None:
    how = adding(FACTS[name])
    assert how is not None
    group = ", ".join(how.group)
    for value in how.values:
        weighed = f"{value} * coalesce(months_reported, 1)" if how.see else value
        # an average over months that nobody knows adds to none: its trust is named in constituents_missing
        known = f"{how.see} <> 'average' or months_reported is not null" if how.see else "true"
        before, now = (
            ask(
                released,
                f"select {group}, sum({weighed}) from {each} where {known} group by all order by all",
            )
            for each in (name, f"{name}_current")
        )
        assert [row[:-1] for row in now] == [row[:-1] for row in before]
        assert [row[-1] for row in now] == pytest.approx([row[-1] for row in before], abs=0.004, rel=1e-14)


def test_staff_of_a_part_of_a_year_is_missing_in_the_total_and_named(released: Path) -> None:
    sql = (
        "select constituents, constituents_missing from denominator_current "
        "where current_org_code = 'RBN' and measure = 'wte_total' and fy_end_year = 2024"
    )
    assert ask(released, sql) == [("RBN RVY", "RVY")]


@pytest.mark.parametrize("name", ADDED)
def test_each_source_of_a_table_that_adds_says_who_reports_or_why_a_trust_may_have_no_row(name: str) -> None:
    for source in feeding(name, SOURCES.values()):
        assert (name in SOURCES[source].reports) != (name in SOURCES[source].absent), source


def test_constituents_without_a_row_are_named_in_the_release(released: Path) -> None:
    sql = (
        "select current_org_code, fy_end_year, constituents_missing from medical_records_cost_current "
        "where not list_has_any(string_split(constituents, ' '), string_split(constituents_missing, ' ')) order by all"
    )
    assert ask(released, sql) == [
        ("G6V2S", 2025, "RRP TAF"),
        ("R0A", 2018, "RM2 RW3"),
        ("RDE", 2019, "RGQ"),
        ("RRE", 2019, "R1E"),
        ("RRK", 2019, "RR1"),
        ("RTG", 2019, "RJF"),
        ("RW1", 2025, "R1C"),
        ("TAJ", 2025, "RYK"),
    ]
    sql = (
        "select month, cast(round(sum(amount_gbp) / 1e5) as int), any_value(constituents_missing), "
        "count(distinct coalesce(constituents_missing, '')) from it_spend_over_25k_current "
        "where current_org_code = 'RAL' and month >= '2020-12' group by month order by month"
    )
    assert ask(released, sql) == [
        ("2020-12", 645, None, 1),
        ("2021-01", 117, "RAL", 1),
        ("2021-02", 103, "RAL", 1),
        ("2021-03", 171, "RAL", 1),
    ]


def test_medical_records_cost_what_england_spent(released: Path) -> None:
    sql = "select fy_end_year, sum(total_gbp) from medical_records_cost_current group by 1"
    found = dict(ask(released, sql))
    assert (found[2018], found[2023], found[2024]) == (264_338_474, 237_702_259, 244_655_329)


def test_members_are_inherited_as_they_were(released: Path) -> None:
    sql = (
        "select role, path, inherited_status, inherited_through, inherited_since from programme_membership_current "
        "where org_code in ('RQ6', 'RC9', 'RLN', 'RW6', 'RGR') and programme = 'GDE' order by path"
    )
    assert ask(released, sql) == [
        ("exemplar", "RC9", "enlarged_by_non_member", "RC1", date(2020, 4, 1)),
        ("exemplar", "RGR", "same", None, None),
        ("exemplar", "RLN>R0B", "absorbed_member", "RLN", date(2019, 4, 1)),
        ("exemplar", "RQ6>REM", "absorbed_member", "RQ6", date(2019, 10, 1)),
        ("fast_follower", "RW6>R0A", "part_by_split", "RW6", date(2021, 10, 1)),
        ("fast_follower", "RW6>RM3", "part_by_split", "RW6", date(2021, 10, 1)),
    ]
