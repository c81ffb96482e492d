"""The mart `trust_year` against cases worked out by hand: plainly artificial trusts and numbers, and what must come out."""

from datetime import date
from typing import Any

from tiny import Row, flow, made, score, trusts


def by_year(rows: list[Row], column: str) -> dict[int, Any]:
    return {row["fy_end_year"]: row[column] for row in rows if row[column] is not None}


def test_two_accounts_of_a_year_add_up_but_their_staff_and_stocks_do_not() -> None:
    parts = [{"org_name_as_published": name, "edition": "2020"} for name in ("FIRST", "SECOND")]
    wte = {"measure_unit": "WTE", "aggregation": "average"}
    (row,) = made(
        "trust_year",
        **trusts("R1A"),
        it_spend=[
            {
                "org_code": "R1A",
                "fy_end_year": 2020,
                "narrow_gbp": 11,
                "broad_gbp": 22,
                "value_status": "published",
                **p,
            }
            for p in parts
        ],
        it_asset=[{"org_code": "R1A", "fy_end_year": 2020, "gross_cost_gbp": 99, **p} for p in parts],
        denominator=[
            *(flow("R1A", 2020, "operating_expenses", 550.0, **p) for p in parts),
            *(flow("R1A", 2020, "wte_total", 7.0, **wte, **p) for p in parts),
        ],
    )
    assert (row["it_capital_narrow_gbp"], row["it_capital_broad_gbp"]) == (22, 44)
    assert (row["operating_expenses_gbp"], float(row["it_capital_pct_of_operating_expenses"])) == (1100, 2.0)
    assert (row["wte"], row["it_gross_cost_gbp"], row["financial_year"]) == (None, None, "2019/20")


def test_a_sum_with_an_unknown_part_is_unknown_and_says_so() -> None:
    spend = [("FIRST", 11, "published"), ("SECOND", None, "x")]
    (row,) = made(
        "trust_year",
        **trusts("R1A"),
        it_spend=[
            {
                "org_code": "R1A",
                "fy_end_year": 2020,
                "org_name_as_published": name,
                "narrow_gbp": narrow,
                "value_status": status,
            }
            for name, narrow, status in spend
        ],
        denominator=[
            flow("R1A", 2020, "operating_expenses", value, org_name_as_published=str(value))
            for value in (1.0, None)
        ],
    )
    assert (row["it_capital_narrow_gbp"], row["it_capital_status"], row["operating_expenses_gbp"]) == (
        None,
        "x",
        None,
    )


def test_a_share_over_three_years_needs_three_years_in_a_row() -> None:
    narrow = {2018: 10, 2019: 20, 2020: 60, 2022: 10, 2023: 10}
    rows = made(
        "trust_year",
        **trusts("R1A"),
        it_spend=[
            {"org_code": "R1A", "fy_end_year": year, "narrow_gbp": gbp, "edition": str(year)}
            for year, gbp in narrow.items()
        ],
        denominator=[flow("R1A", year, "operating_expenses", 1000.0) for year in narrow],
    )
    assert {y: float(v) for y, v in by_year(rows, "it_capital_pct_over_three_years").items()} == {2020: 3.0}
    assert {y: float(v) for y, v in by_year(rows, "it_capital_pct_of_operating_expenses").items()} == {
        year: gbp / 10 for year, gbp in narrow.items()
    }


def test_real_terms_are_in_prices_of_the_newest_outturn_of_the_newest_edition() -> None:
    def prices(year: int, index: float | None, **more: Any) -> Row:
        years = {
            "fy_end_year": year,
            "financial_year": f"of {year}",
            "edition": "2026-06",
            "is_newest_edition": True,
        }
        return {**years, "index_value": index, "is_forecast": False, **more}

    rows = made(
        "trust_year",
        **trusts("R1A"),
        it_spend=[
            {
                "org_code": "R1A",
                "fy_end_year": year,
                "narrow_gbp": 100,
                "broad_gbp": 300,
                "edition": str(year),
            }
            for year in (2017, 2018, 2019)
        ],
        deflator=[
            prices(2018, 50.0),
            prices(2019, 75.0),
            prices(2020, 100.0),
            prices(2021, 200.0, is_forecast=True),
            prices(2022, None, is_forecast=True),
            prices(2017, 1.0, edition="2025-12", is_newest_edition=False),
            prices(2018, 1.0, edition="2025-12", is_newest_edition=False),
        ],
    )
    assert by_year(rows, "it_capital_narrow_real_gbp") == {2018: 200, 2019: 133}
    assert by_year(rows, "it_capital_broad_real_gbp") == {2018: 600, 2019: 400}
    assert by_year(rows, "prices_of") == {2018: "of 2020", 2019: "of 2020"}
    assert by_year(rows, "real_terms_status") == {2017: "x", 2018: "e", 2019: "e"}


def test_every_fact_stands_in_its_financial_year() -> None:
    month = {"dataset": "all", "with_diagnostic_imaging": False}
    rated = {"org_code": "R1A", "question": "overall"}
    rows = made("trust_year",
        **trusts("R1A"),
        maturity_score=[score("R1A", 2.25, year=2024), score("R1A", 3.25, year=2025)],
        dqmi_score=[
            {"org_code": "R1A", "period_end": date(*day), "score": value, "edition": str(day), **month}
            for day, value in (((2025, 2, 28), 50.0), ((2025, 3, 31), 61.0), ((2025, 4, 30), 90.0))
        ],
        oversight_segment=[
            {"org_code": "R1A", "period_end": date(*day), "segment": segment, "edition": str(day)}
            for day, segment in (((2024, 12, 31), 1), ((2025, 3, 31), 2), ((2025, 6, 30), 3))
        ],
        epr_supplier=[
            {"org_code": "R1A", "as_of_date": day, "has_epr": True, "supplier": name, "edition": day.isoformat()}
            for day, name in ((date(2024, 10, 1), "first"), (date(2025, 3, 31), "second"), (date(2025, 4, 1), "third"))
        ],
        cqc_rating=[
            {
                **rated, "rating": rating, "rating_published_on": day, "edition": edition,
                "as_of_date": date.fromisoformat(edition),
            }
            for rating, day, edition in (
                ("good", date(2025, 3, 31), "2024-06-01"),
                ("inadequate", date(2025, 4, 1), "2026-06-01"),
                ("outstanding", date(2025, 4, 1), "2025-06-01"),
                (None, date(2025, 5, 1), "2026-07-01"),
            )
        ],
    )  # fmt: skip
    assert by_year(rows, "dma_overall_acute") == {2025: 2.25, 2026: 3.25}
    assert {y: float(v) for y, v in by_year(rows, "dqmi_mean_score").items()} == {2025: 55.5, 2026: 90.0}
    assert by_year(rows, "dqmi_months") == {2025: 2, 2026: 1}
    assert by_year(rows, "oversight_segment") == {2025: 2, 2026: 3}
    assert by_year(rows, "epr_supplier") == {2025: "second", 2026: "third"}
    assert by_year(rows, "cqc_overall") == {2025: "good", 2026: "inadequate"}
    assert len(rows) == 2


def test_a_year_has_ratings_only_where_a_list_was_made_about_its_end() -> None:
    # A later list has the newest rating of each trust: of those rated again since, the year would have none.
    rows = made(
        "trust_year",
        **trusts("R1A"),
        maturity_score=[score("R1A", 2.25, year=2024), score("R1A", 3.25, year=2025)],
        cqc_rating=[
            {
                "org_code": "R1A", "question": "overall", "rating": "good",
                "rating_published_on": date(2022, 1, 31), "edition": day, "as_of_date": date.fromisoformat(day),
            }
            for day in ("2025-02-28", "2025-07-01", "2026-03-01")
        ],
    )  # fmt: skip
    assert by_year(rows, "cqc_overall") == {2026: "good"}


def test_a_score_published_again_by_a_later_edition_is_that_of_the_later() -> None:
    (row,) = made(
        "trust_year", **trusts("R1A"), maturity_score=[score("R1A", 3.0), score("R1A", 2.0, edition="2026")]
    )
    assert row["dma_overall_acute"] == 2.0


def test_beds_are_weighted_by_the_months_reported() -> None:
    quarters = [
        flow(
            "R1A", 2020, "available_general_and_acute_beds", beds, aggregation="average", measure_unit="beds"
        )
        | {"period_start": date(2019, 4 + place, 1), "months_reported": months}
        for place, (beds, months) in enumerate(((300.0, 3), (100.0, 1), (999.0, None)))
    ]
    (row,) = made("trust_year", **trusts("R1A"), denominator=quarters)
    assert (float(row["beds"]), row["beds_months_reported"]) == (250.0, 4)


def test_a_role_counts_from_the_year_it_was_announced_in() -> None:
    years = (2017, 2018, 2019)
    roles = [("R1A", "exemplar", "2018", "year"), ("R1A", "fast_follower", "2017-09", "month")]
    rows = made(
        "trust_year",
        **trusts("R1A"),
        denominator=[flow("R1A", year, "surplus", -1.0) for year in years],
        programme_membership_current=[
            {
                "path": code,
                "inherited_status": "same",
                "programme": "GDE",
                "org_code": code,
                "role": role,
                "start_date": day,
                "date_precision": precision,
            }
            for code, role, day, precision in roles
        ],
    )
    assert by_year(rows, "programme_role") == {
        2017: "no_known_programme",
        2018: "fast_follower",
        2019: "exemplar",
    }
