"""From cells of the accounts to IT spend, IT assets, denominators and restatements."""

import csv
import hashlib
from datetime import date
from pathlib import Path

import openpyxl
import pandas as pd
from tac_workbook import Row, key, ods_rows, put, scaled, sound, staged, trusts, workbook

from assets.contract.columns import METADATA, key_of
from assets.organisations import model
from assets.reading.structure import problems
from assets.sources.tac.accounts_facts import facts
from assets.sources.tac.measures import MEASURES, used_in
from assets.sources.tac.source import SOURCE
from pipelines.integration.resolver import Resolver
from pipelines.judging.expectation_results import validate
from pipelines.storage.parquet import to_arrow, to_pandas

NARROW = (1111 + 111 + 11) * 1000
LEASED = (7 + 5 + 3) * 1000


def uncommented(book: openpyxl.Workbook) -> None:
    """Take the mark off: the tests of months need providers without a comment."""
    book["List of Providers"].delete_cols(5)


def test_spend_is_in_pounds_of_the_current_year_by_both_definitions() -> None:
    spend = facts(staged(sound()))["it_spend"]
    assert len(spend) == 3
    first = spend[spend["org_code_as_published"] == trusts(1)[0][0]].iloc[0]
    assert first["software_additions_gbp"] == 111_000
    assert first["leased_it_additions_gbp"] == LEASED
    assert first["narrow_gbp"] == NARROW + LEASED
    assert first["broad_gbp"] == NARROW + LEASED + (2222 + 222 + 333 + 33 + 13) * 1000
    assert first["construction_reclassified_gbp"] == -1_300_000
    assert first["operating_expenses_gbp"] == 320_000_000
    assert (first["financial_year"], first["fy_end_year"], first["value_status"]) == (
        "2023/24",
        2024,
        "published",
    )
    assert (first["period_start"], first["period_end"], first["source_row"]) == (
        date(2023, 4, 1),
        date(2024, 3, 31),
        2,
    )


def test_the_narrow_definition_has_no_leases_before_2022_23_and_that_year_is_a_break() -> None:
    frame = pd.concat([staged(sound(e), e) for e in ("2021/22", "2022/23", "2023/24")])
    made = facts(frame)
    spend = made["it_spend"].drop_duplicates("financial_year").set_index("financial_year")
    assert spend["narrow_gbp"].to_dict() == {
        "2021/22": NARROW,
        "2022/23": NARROW + LEASED,
        "2023/24": NARROW + LEASED,
    }
    assert pd.isna(spend["leased_it_additions_gbp"]["2021/22"])
    assert spend["value_status"].to_dict() == {"2021/22": "published", "2022/23": "b", "2023/24": "published"}
    assets = made["it_asset"].drop_duplicates("financial_year").set_index("financial_year")
    assert assets["net_book_value_gbp"].to_dict() == {
        "2021/22": 4_932_000,
        "2022/23": 4_946_000,
        "2023/24": 4_946_000,
    }
    assert assets["value_status"]["2022/23"] == "b"


def test_assets_are_about_the_last_day_of_the_year() -> None:
    asset = facts(staged(sound()))["it_asset"].iloc[0]
    assert asset["gross_cost_gbp"] == 11_097_000
    assert asset["period_start"] == asset["period_end"] == date(2024, 3, 31)


def test_a_zero_stays_a_zero_and_is_marked_where_there_is_nothing_else() -> None:
    def nil(rows: list[Row]) -> list[Row]:
        kept = {MEASURES[name].key() for name in used_in("denominator")}
        name = rows[0][0]
        return [(*r[:6], 0) if r[0] == name and key(r) not in kept else r for r in rows]

    made = facts(staged(workbook(edit=nil)))
    for table, column in (("it_spend", "narrow_gbp"), ("it_asset", "net_book_value_gbp")):
        rows = made[table].set_index("org_code_as_published")
        code = trusts(1)[0][0]
        assert rows.loc[code, [column, "nil_or_not_reported", "value_status"]].tolist() == [
            0,
            True,
            "published",
        ]
        assert not rows.drop(index=code)["nil_or_not_reported"].any()


def test_a_total_with_a_rejected_part_is_missing_and_says_so() -> None:
    spend = facts(staged(workbook(change=put("G2", "n/a"))))["it_spend"]
    first = spend[spend["org_code_as_published"] == trusts(1)[0][0]].iloc[0]
    assert pd.isna(first["narrow_gbp"])
    assert pd.isna(first["broad_gbp"])
    assert (first["value_status"], first["software_additions_gbp"]) == ("x", 111_000)
    assert spend["value_status"].value_counts().to_dict() == {"published": 2, "x": 1}


def test_denominators_say_how_they_roll_up() -> None:
    rows = facts(staged(sound()))["denominator"]
    first = rows[rows["org_code_as_published"] == trusts(1)[0][0]].set_index("measure")
    assert set(first.index) == {
        "operating_income",
        "amortisation_of_intangible_assets",
        *(set(used_in("denominator")) - {"patient_care_income", "other_operating_income"}),
    }
    found = ["value", "measure_unit", "aggregation", "value_status"]
    assert first.loc["operating_income", found].tolist() == [330_000_000, "GBP", "flow", "e"]
    assert first.loc["net_book_value", found].tolist() == [1_000_000, "GBP", "stock", "published"]
    assert first.loc["amortisation_of_intangible_assets", found].tolist() == [
        1_000_000,
        "GBP",
        "flow",
        "published",
    ]
    assert first.loc["wte_total", found].tolist() == [5432.25, "WTE", "average", "published"]
    assert first.loc["wte_ambulance", found].tolist() == [0, "WTE", "average", "published"]
    assert first.loc["net_book_value", "period_start"] == date(2024, 3, 31)


def test_what_no_provider_lives_without_is_missing_where_it_is_0() -> None:
    rows = facts(staged(workbook(edit=scaled("staff_costs", 0))))["denominator"]
    costs = rows[rows["measure"] == "staff_costs"]
    assert costs["value"].isna().all()
    assert (costs["value_status"] == "x").all()


def test_months_are_twelve_only_without_a_comment() -> None:
    def without_first(book: openpyxl.Workbook) -> None:
        book["List of Providers"]["E2"] = None

    rows = facts(staged(workbook(change=without_first)))["denominator"]
    months = rows[rows["measure"] == "wte_total"].set_index("org_code_as_published")["months_reported"]
    assert months[trusts(1)[0][0]] == 12
    assert months.drop(trusts(1)[0][0]).isna().all()
    assert rows[rows["aggregation"] != "average"]["months_reported"].isna().all()


def test_restatements_are_what_the_next_edition_tells_otherwise() -> None:
    frame = pd.concat([staged(sound(e), e) for e in ("2022/23", "2023/24")])
    restated = facts(frame)["it_spend_restated"]
    assert len(restated) == 1
    row = restated.iloc[0]
    assert row[
        ["org_code_as_published", "measure", "financial_year", "edition", "first_edition", "value_status"]
    ].tolist() == [trusts(1)[0][0], "software_additions", "2022/23", "2023/24", "2022/23", "r"]
    assert row[["value_first_published", "value_restated", "difference"]].tolist() == [
        111_000,
        11_000,
        -100_000,
    ]
    assert row["first_source_file_sha256"] == hashlib.sha256(sound("2022/23")).hexdigest()
    assert row["source_file_sha256"] == hashlib.sha256(sound("2023/24")).hexdigest()
    assert row["resolve_on"] == date(2024, 3, 31)


def test_the_year_before_is_in_no_series() -> None:
    made = facts(staged(sound()))
    for table in ("it_spend", "it_asset", "denominator"):
        assert set(made[table]["fy_end_year"]) == {2024}
    assert made["it_spend_restated"].empty


def test_every_fact_conforms_to_its_table_once_resolved() -> None:
    frame = pd.concat([staged(sound(e), e) for e in ("2022/23", "2023/24")])
    resolver = Resolver(model.build(ods_rows()))
    for name, rows in facts(frame).items():
        resolved, unmatched = resolver.resolve(rows, SOURCE, name)
        assert unmatched == []
        table = METADATA.tables[name]
        made = to_pandas(to_arrow(resolved, table))
        assert problems(resolved[[c.name for c in table.columns]], table) == [], name
        assert len(made) == len(rows)
        results = validate(made, table.info["expectations"], key=key_of(table))
        assert all(result.success for result in results), results


def test_every_provider_of_the_past_is_an_organisation(gathered_facts: Path) -> None:
    """Code and name must agree on the last day of the year."""
    index = model.name_index(model.build(ods_rows())["organisation_name"])
    with (gathered_facts / "tac_provider_names_and_row_counts.csv").open(encoding="utf-8") as lines:
        names = list(csv.DictReader(lines))
    unmatched = {
        row["org_name_raw"]
        for row in names
        for year in range(int(row["first_fy_seen"][:4]), int(row["last_fy_seen"][:4]) + 1)
        if index.resolve(row["org_name_raw"], date(year + 1, 3, 31), code=row["ods_code"] or None).org_code
        is None
    }
    assert len(names) == 294
    assert unmatched == set()


def test_a_trust_that_became_a_foundation_trust_has_two_accounts_of_one_year() -> None:
    """Both are published, distinguished by their names; how many months each is about is not known."""
    code, name = trusts(1)[0]
    became = [(code, name.replace("NHS TRUST", "NHS FOUNDATION TRUST")), *trusts(2, "foundation_trusts")]
    assert became[0][1] != name
    frame = pd.concat(
        [
            staged(workbook(change=uncommented)),
            staged(workbook(providers=became, change=uncommented), part="foundation_trusts"),
        ]
    )
    made = facts(frame)
    resolver = Resolver(model.build(ods_rows()))
    for table, count in (("it_spend", 2), ("it_asset", 2), ("denominator", 2 * 17)):
        rows, unmatched = resolver.resolve(made[table], SOURCE, table)
        assert unmatched == []
        assert not rows.duplicated(key_of(METADATA.tables[table])).any(), table
        assert (rows["org_code"] == code).sum() == count
    months = made["denominator"].query("aggregation == 'average'").set_index("org_code_as_published")
    assert months.loc[code, "months_reported"].isna().all()
    assert (months.drop(code)["months_reported"] == 12).all()
