"""Medical-records costs: both layouts read, zeros distinguished from costs, totals the known ones, unmatched trusts named."""

from datetime import date
from pathlib import Path
from urllib.parse import unquote

import pandas as pd
import pytest
from conftest import staged_rows
from reading import checks, counted, failed, resolver

from assets.contract.columns import key_of
from assets.contract.parsed import Parsed, StructureError
from assets.organisations.organisation_tables import organisation_type
from assets.reading.structure import problems
from assets.sources import eric
from pipelines.judging.expectation_results import validate, verdict

PUBLISHED = "eric/ERIC_201819_TrustData_v4.csv"
NEWEST = "eric/ERIC - 2024_25 - Trust data.csv"
COMPILED = "eric/medical_records_cost_2017-18_to_2023-24_derived.csv"
TOTALS = {
    "2017/18": (264_338_474, 214_650_637, 49_687_837),
    "2018/19": (231_491_788, 181_135_992, 50_355_796),
    "2019/20": (235_491_888, 183_763_447, 51_728_441),
    "2020/21": (225_350_299, 173_666_088, 51_684_211),
    "2021/22": (234_250_579, 175_308_637, 58_941_942),
    "2022/23": (237_702_259, 170_928_754, 66_773_505),
    "2023/24": (244_655_329, 178_363_050, 66_292_279),
    "2024/25": (239_509_150, 175_900_382, 63_608_768),
}
"""Total, onsite, offsite; the publisher's for 2017/18, 2022/23 to 2024/25, summed here for the others."""
HEADERS = ["Trust Code", "Trust Name", "Region", *eric.HEADERS[2:]]
ROWS = (
    ["R1A", "FIRST ARTIFICIAL NHS TRUST", "NORTH", "ACUTE - TEACHING", '"1,000,001"', "2", "3. Mixed"],
    ["R1C", "SECOND ARTIFICIAL NHS TRUST", "NORTH", "CARE TRUST", "0", " 30 ", "Paper"],
    ["R1D", "THIRD ARTIFICIAL NHS TRUST", "NORTH", "ACUTE - SMALL", "0", "0", "2. Electronic"],
    ["R1E", "FOURTH ARTIFICIAL NHS TRUST", "NORTH", "AMBULANCE", *["Not Applicable"] * 3],
    ["R1F", "FIFTH ARTIFICIAL NHS TRUST", "NORTH", "AMBULANCE", *["No Data Provided"] * 3],
    ["G6V2S", "SIXTH ARTIFICIAL NHS TRUST", "NORTH", "COMMUNITY", "7", "Not Applicable", "Mixed"],
    ["R1G", "SEVENTH ARTIFICIAL NHS TRUST", "NORTH", "COMMUNITY", "7", "", "1. Paper"],
)
COMPILED_HEADERS = ["trust_code", "trust_name"] + [
    f"mrc_{what}_{year}"
    for what in ("off", "on", "service_provision", "type", "total")
    for year in ("201718", "201819")
]


def published(rows: tuple[list[str], ...] = ROWS, headers: list[str] = HEADERS) -> bytes:
    """Return a file laid out like the publisher's: notes above the header, not UTF-8."""
    lines = [["Artificial return"], [], headers, *rows]
    return "".join(",".join(line) + "\r\n" for line in lines).encode("cp1252")


def compiled(*rows: str) -> bytes:
    """Return a table laid out like the re-user's; each row is for 2017/18 with nothing in 2018/19."""
    lines = []
    for row in rows:
        code, name, off, on, kind, total = row.split("|")
        lines.append(f'{code},"{name}",{off},0.0,{on},0.0,Internal,,{kind},,{total},0.0')
    return ("\n".join([",".join(COMPILED_HEADERS), *lines]) + "\n").encode()


def values(parsed: Parsed) -> list[tuple[object, ...]]:
    """Return the rows as plain tuples: code, type, onsite, offsite, total, records, status."""
    rows = parsed.rows.astype(object).where(parsed.rows.notna(), None)
    names = ["org_code_as_published", "trust_type", "onsite_gbp", "offsite_gbp", "total_gbp"]
    return list(rows[[*names, "records_type", "value_status"]].itertuples(index=False, name=None))


def plain(column: pd.Series) -> list[object]:
    """Return values in which a missing one is None."""
    return column.astype(object).where(column.notna(), None).tolist()


def staged() -> pd.DataFrame:
    return staged_rows("eric")


def held(edition: str) -> pd.DataFrame:
    return staged()[staged()["edition"] == edition].reset_index(drop=True)


# Real files


def test_the_compiled_table_agrees_with_the_publishers_file_of_2018_19_trust_by_trust(
    publisher_files: Path,
) -> None:
    columns = ["org_code_as_published", "org_name_as_published", "total_gbp", "onsite_gbp", "offsite_gbp"]
    own = eric.parse((publisher_files / PUBLISHED).read_bytes(), "2018/19").rows
    copied = eric.parse((publisher_files / COMPILED).read_bytes(), "2018/19").rows
    same = copied[copied["value_status"] != "x"].reset_index(drop=True)
    pd.testing.assert_frame_equal(own[columns], same[columns])
    for name in ("records_type", "value_status", "cost_flag"):
        assert own[name].tolist() == same[name].tolist()
    assert set(own[own["total_gbp"] == 0]["org_code_as_published"]) == {
        *("RPG", "RQY", "RV5", "TAH"),  # electronic
        *("RY7", "RYW"),  # mixed
    }
    assert len(copied) == len(own) + 7  # seven trusts made no return in that year


@pytest.mark.parametrize(("edition", "expected"), TOTALS.items())
def test_the_costs_of_a_year_add_up_to_the_known_totals(edition: str, expected: tuple[int, int, int]) -> None:
    rows = staged()[staged()["edition"] == edition]
    assert tuple(int(rows[name].sum()) for name in ("total_gbp", "onsite_gbp", "offsite_gbp")) == expected


def test_the_newest_file_of_the_publisher_is_read_by_the_same_rules(publisher_files: Path) -> None:
    parsed = eric.parse((publisher_files / NEWEST).read_bytes(), "2024/25")
    rows = parsed.rows
    assert (len(rows), parsed.rejected) == (207, ())
    sums = [int(rows[name].sum()) for name in ("total_gbp", "onsite_gbp", "offsite_gbp")]
    assert sums == [239_509_150, 175_900_382, 63_608_768]
    zero = rows[rows["total_gbp"] == 0]
    assert zero["records_type"].value_counts().to_dict() == {"mixed": 4, "electronic": 3}
    assert zero[zero["cost_flag"] == "implausible_zero"]["records_type"].tolist() == ["mixed"] * 4
    assert rows["cost_flag"].value_counts().to_dict() == {"implausible_zero": 4}
    assert rows["value_status"].value_counts().to_dict() == {"published": 197, "z": 10}
    staged_rows_ = rows.assign(edition="2024/25", source_file_sha256="0" * 64)
    assert problems(staged_rows_, eric.TABLE) == []


def test_a_zero_beside_a_kind_of_records_was_reported_and_is_doubted_beside_paper() -> None:
    zero = staged()[staged()["total_gbp"] == 0]
    assert (len(zero), int((zero["records_type"] == "electronic").sum())) == (47, 28)
    assert set(zero["value_status"]) == {"published"}
    implausible = zero[zero["cost_flag"].notna()]
    assert set(implausible["cost_flag"]) == {"implausible_zero"}
    assert implausible["records_type"].value_counts().to_dict() == {"mixed": 18, "paper": 1}


def test_costs_entered_twice_are_as_published_and_flagged() -> None:
    twice = staged()[staged()["cost_flag"] == "onsite_equals_offsite"]
    shown = ["org_code_as_published", "edition", "onsite_gbp", "offsite_gbp", "total_gbp"]
    assert sorted(twice[shown].itertuples(index=False, name=None)) == [
        ("REM", "2021/22", 1_646_581, 1_646_581, 3_293_162),
        ("RXX", "2019/20", 100_000, 100_000, 200_000),
    ]


def test_sheffield_childrens_cost_of_2017_18_is_as_its_caveat_says() -> None:
    costs = staged()[staged()["org_code_as_published"] == "RCU"].set_index("edition")["total_gbp"]
    assert costs["2017/18"] == 55_688_000
    assert round(costs["2017/18"] / TOTALS["2017/18"][0], 1) == 0.2
    assert costs.drop("2017/18").max() < 1_000_000
    (text,) = (one.text for one in eric.SOURCE.caveats if one.caveat == "eric_sheffield_childrens_2017_18")
    assert "55,688,000 pounds for 2017/18, a fifth of England" in text
    assert "less than a million in every later year" in text


def test_a_row_of_the_compiled_table_without_a_return_has_a_status_and_no_cost() -> None:
    rows = staged()[~staged()["edition"].isin(["2018/19", "2024/25"])]
    assert rows[rows["value_status"] != "published"][["onsite_gbp", "offsite_gbp"]].isna().all().all()
    status = rows.groupby("edition")["value_status"].value_counts().unstack(fill_value=0)
    assert status.to_dict("index") == {
        "2017/18": {"published": 222, "x": 12, "z": 0},
        "2019/20": {"published": 214, "x": 10, "z": 10},
        "2020/21": {"published": 206, "x": 18, "z": 10},
        "2021/22": {"published": 202, "x": 22, "z": 10},
        "2022/23": {"published": 201, "x": 23, "z": 10},
        "2023/24": {"published": 199, "x": 25, "z": 10},
    }


def test_a_trust_that_did_not_exist_in_a_year_has_no_cost_in_it() -> None:
    dorset = staged()[staged()["org_code_as_published"] == "R0D"].set_index("edition")  # opened October 2020
    assert dorset["value_status"].to_dict() == {
        "2017/18": "x",
        "2019/20": "x",
        **dict.fromkeys(("2020/21", "2021/22", "2022/23", "2023/24", "2024/25"), "published"),
    }
    assert dorset.loc[["2017/18", "2019/20"], "total_gbp"].isna().all()


@pytest.mark.parametrize("edition", TOTALS)
def test_a_frozen_edition_is_accepted(edition: str) -> None:
    assert [result.check for result in checks(eric.SOURCE, held(edition)) if not result.success] == []


# Layout


def test_a_file_of_the_publishers_layout_gives_a_row_per_trust() -> None:
    parsed = eric.parse(published(), "2019/20")
    assert values(parsed) == [
        ("R1A", "acute_teaching", 1000001, 2, 1000003, "mixed", "published"),
        ("R1C", "care_trust", 0, 30, 30, "paper", "published"),
        ("R1D", "acute_small", 0, 0, 0, "electronic", "published"),
        ("R1E", "ambulance", None, None, None, None, "z"),
        ("R1F", "ambulance", None, None, None, None, "x"),
        ("G6V2S", "community", 7, None, 7, "mixed", "published"),
        ("R1G", "community", 7, None, None, "paper", "published"),
    ]
    assert parsed.rows["source_row"].tolist() == [4, 5, 6, 7, 8, 9, 10]
    assert parsed.drift == ("not utf-8-sig: read as cp1252",)
    assert parsed.ignored == ("1 columns about other subjects of the return",)
    rows = parsed.rows.assign(edition="2019/20", source_file_sha256="0" * 64)
    assert problems(rows, eric.TABLE) == []
    assert set(key_of(eric.TABLE)) <= set(rows)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["0", "0", "Not Applicable"], (None, None, None, None, "z")),
        (["0", "0", "No Data Provided"], (None, None, None, None, "x")),
        (["0", "0", ""], (None, None, None, None, "x")),
        (["0", "0", "3. Mixed"], (0, 0, 0, "mixed", "published")),
        (["0", "Not Applicable", "1. Paper"], (0, None, 0, "paper", "published")),
        (["0", "4", ""], (0, 4, 4, None, "published")),
    ],
)
def test_the_kind_of_records_says_whether_a_zero_was_reported(
    cells: list[str], expected: tuple[object, ...]
) -> None:
    row = ["R1A", "FIRST ARTIFICIAL NHS TRUST", "NORTH", "COMMUNITY", *cells]
    (found,) = values(eric.parse(published((row,)), "2024/25"))
    assert found[2:] == expected


def test_a_file_in_utf_8_with_other_columns_in_another_order_gives_the_same_rows() -> None:
    text = published().decode("cp1252").splitlines()
    moved = ["Added," + line if line.startswith("Trust Code") else "1," + line for line in text[2:]]
    parsed = eric.parse(("\ufeff" + "\n".join(moved) + "\n").encode(), "2021/22")
    assert values(parsed) == values(eric.parse(published(), "2021/22"))
    assert parsed.drift == ()


def test_the_compiled_table_gives_one_year_and_no_cost_where_its_maker_filled_a_zero() -> None:
    content = compiled(
        "R1A|FIRST, ARTIFICIAL NHS TRUST, SECOND NHS TRUST|3.0|4.0|Mixed|7.0",
        "R1C|THIRD NHS TRUST |0.0|5.0|Paper|5.0",
        "R1D|FOURTH NHS TRUST|0.0|0.0|No Data Provided|0.0",
        "R1E|FIFTH NHS TRUST|0.0|0.0|Not Applicable|0.0",
        "R1F|SIXTH NHS TRUST|0.0|0.0||0.0",
        "R1G|SEVENTH NHS TRUST|0.0|0.0|Electronic|0.0",
        "R1H|EIGHTH NHS TRUST|0.0|0.0|1. Paper|0.0",
        "R1J|NINTH NHS TRUST|9.0|9.0|Mixed|18.0",
    )
    parsed = eric.parse(content, "2017/18")
    assert values(parsed) == [
        ("R1A", None, 4, 3, 7, "mixed", "published"),
        ("R1C", None, 5, 0, 5, "paper", "published"),
        ("R1D", None, None, None, None, None, "x"),
        ("R1E", None, None, None, None, None, "z"),
        ("R1F", None, None, None, None, None, "x"),
        ("R1G", None, 0, 0, 0, "electronic", "published"),
        ("R1H", None, 0, 0, 0, "paper", "published"),
        ("R1J", None, 9, 9, 18, "mixed", "published"),
    ]
    assert plain(parsed.rows["cost_flag"]) == [
        *[None] * 6,
        "implausible_zero",
        "onsite_equals_offsite",
    ]
    assert parsed.rows["org_name_as_published"].tolist()[:2] == [
        "FIRST, ARTIFICIAL NHS TRUST",
        "THIRD NHS TRUST",
    ]
    assert parsed.drift == ("1 trusts have two names joined by a comma: the first is kept",)
    assert parsed.ignored == ("6 columns about other years and subjects",)
    assert set(eric.parse(content, "2018/19").rows["value_status"]) == {"x"}


@pytest.mark.parametrize(
    ("content", "edition", "sentence"),
    [
        (
            published(headers=[h.replace("cost - Onsite", "costs - On site") for h in HEADERS]),
            "2019/20",
            "'Medical Records cost - Onsite (£)', found 'Medical Records costs - On site (£)', which may be its",
        ),
        (
            published(headers=[h.replace("Region", "Trust Type") for h in HEADERS]),
            "2019/20",
            "expected column 'Trust Type' once, found it twice",
        ),
        (
            published(rows=(ROWS[0], *ROWS), headers=["No", "header"]),
            "2019/20",
            "expected a header row with Trust Code",
        ),
        (published(), "2019", "expected a financial year like 2018/19 as the edition, found '2019'"),
        (published(), "2019/21", "expected a financial year like 2018/19 as the edition, found '2019/21'"),
        (compiled("R1A|A NHS TRUST|1.0|1.0|Mixed|2.0"), "2024/25", "expected column 'mrc_on_202425'"),
        (b"<!DOCTYPE html><html><body>Not found</body></html>", "2019/20", "expected a CSV file, found html"),
    ],
)
def test_another_layout_is_refused_and_reported(content: bytes, edition: str, sentence: str) -> None:
    with pytest.raises(StructureError) as refused:
        eric.parse(content, edition)
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("place", "cell", "reason"),
    [
        (0, "R\u00d0A", "expected an ODS code"),
        (1, "=HYPERLINK(1)", "text that a spreadsheet runs as a formula"),
        (3, "", "column 'Trust Type': expected a value, found an empty cell"),
        (4, "about 5", "expected a number, found 'about 5'"),
        (4, "-5", "expected 0 to 1e+08, found -5"),
        (4, "200000000", "expected 0 to 1e+08, found 2e+08"),
        (5, "1.5", "expected whole pounds, found 1.5"),
        (6, "4. Cloud", "expected one of paper, electronic, mixed, found 'cloud'"),
    ],
)
def test_a_cell_out_of_its_grammar_rejects_its_row_only(place: int, cell: str, reason: str) -> None:
    spoilt = [*ROWS[0][:place], cell, *ROWS[0][place + 1 :]]
    parsed = eric.parse(published((spoilt, *ROWS[1:])), "2019/20")
    assert (parsed.rows_in, parsed.rows_used) == (len(ROWS), len(ROWS) - 1)
    assert [rejected.row for rejected in parsed.rejected] == [4]
    assert reason in parsed.rejected[0].reason


def test_a_compiled_total_that_is_no_sum_rejects_its_row() -> None:
    parsed = eric.parse(
        compiled("R1A|A NHS TRUST|1.0|1.0|Mixed|3.0", "R1C|C NHS TRUST|1.0|1.0|Mixed|2.0"), "2017/18"
    )
    assert [rejected.reason for rejected in parsed.rejected] == [
        "column 'mrc_total_201718': expected the sum of 'mrc_on_201718' and 'mrc_off_201718'"
    ]


def test_a_file_in_thousands_or_with_a_trust_twice_is_refused() -> None:
    rows = held("2017/18")
    thousands = rows.assign(total_gbp=rows["total_gbp"] / 1000)
    assert failed(eric.SOURCE, thousands) == {"costs_add_up_to_what_england_spends", "costs_are_spread"}
    twice = pd.concat([rows, rows.head(1)], ignore_index=True)
    assert not verdict(checks(eric.SOURCE, twice))


def test_a_new_type_of_trust_is_a_warning_not_a_refusal() -> None:
    rows = held("2018/19")
    results = checks(
        eric.SOURCE, rows.assign(trust_type=rows["trust_type"].replace("community", "artificial"))
    )
    assert [r.check for r in results if not r.success] == ["trust_types_are_known"]
    assert verdict(results)


# Facts


def test_costs_are_about_the_organisation_of_the_time_and_none_stays_unmatched() -> None:
    found = eric.facts(staged())["medical_records_cost"]
    kept, unmatched = resolver().resolve(found, eric.SOURCE, "medical_records_cost")
    assert unmatched == []
    assert len(kept) == len(found) == 1631 + 207
    published_columns = kept[list(eric.medical_records_cost.columns.keys())]
    assert problems(published_columns, eric.medical_records_cost) == []
    results = validate(published_columns, eric.medical_records_cost.info["expectations"], key=["org_code"])
    assert [result.check for result in results if not result.success] == []


def test_a_cost_is_about_its_financial_year() -> None:
    row = eric.facts(staged())["medical_records_cost"].iloc[0]
    assert (row["financial_year"], row["fy_end_year"]) == ("2017/18", 2018)
    days = (row["period_start"], row["period_end"], row["resolve_on"])
    assert days == (date(2017, 4, 1), date(2018, 3, 31), date(2018, 3, 31))


def test_a_takeover_is_followed_to_today() -> None:
    found = eric.facts(staged())["medical_records_cost"]
    kept, _ = resolver().resolve(found, eric.SOURCE, "medical_records_cost")
    rows = kept[(kept["org_code"] == "RR1") & (kept["edition"] == "2017/18")]
    assert rows[["current_org_code", "total_gbp", "evidence_grade"]].to_numpy().tolist() == [
        ["RRK", 2_677_284, "administrative"]
    ]


def test_trust_types_are_published_under_a_scheme_of_their_own() -> None:
    found = eric.facts(staged())["organisation_type"]
    assert set(found["scheme"]) == {"eric_trust_type", "acute_subtype"}
    assert set(found["as_of_date"]) == {date(2019, 3, 31), date(2025, 3, 31)}
    every = found[found["edition"] == "2018/19"]
    subtypes = every[every["scheme"] == "acute_subtype"]["type"].value_counts().to_dict()
    assert subtypes == {
        "teaching": 36,
        "small": 33,
        "medium": 32,
        "large": 27,
        "specialist": 17,
        "multi_service": 4,
    }
    types = every[every["scheme"] == "eric_trust_type"]
    assert set(types["as_of_date"]) == {date(2019, 3, 31)}
    assert types["type"].value_counts().to_dict() == {
        "mental_health_and_learning_disability": 47,
        "acute_teaching": 36,
        "acute_small": 33,
        "acute_medium": 32,
        "acute_large": 27,
        "acute_specialist": 17,
        "community": 16,
        "ambulance": 10,
        "care_trust": 5,
        "acute_multi_service": 4,
    }
    kept, _ = resolver().resolve(found, eric.SOURCE, "organisation_type")
    assert {"org_name", "org_code", "as_of_date", "type", "evidence_grade"} <= set(kept)
    assert problems(kept[list(organisation_type.columns.keys())], organisation_type) == []
    assert len(kept) == 227 + 149 + 207 + 135


def test_coverage_counts_the_trusts_with_a_cost_and_the_years_with_types() -> None:
    found = counted(eric.SOURCE, staged())
    assert len(found) == len(TOTALS) + 1
    assert found["trusts with a medical-records cost, 2018/19"] == (217, 227, "not published")
    assert found["years whose trust types are known"] == (2, 8, "never fetched")


def test_each_address_is_the_file_of_its_year() -> None:
    remotes = {str(remote.edition): unquote(remote.url) for remote in eric.SOURCE.remotes if remote.edition}
    assert set(remotes) >= set(TOTALS)
    for edition, url in remotes.items():
        assert edition[2:4] + edition[5:] in url.rpartition("/")[2].replace("_", "")
    assert eric.SOURCE.allowed_hosts == {"files.digital.nhs.uk", "digital.nhs.uk"}
