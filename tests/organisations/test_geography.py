"""Where trusts were: regions and ICBs, dated, by whose account."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from conftest import staged_rows

from assets.organisations import organisation_tables
from assets.organisations.curation import curated
from assets.organisations.geography import board_written, place, place_named, region_written
from assets.organisations.model import build
from assets.organisations.sightings import Sighting, runs
from assets.reading.structure import problems
from assets.sources import dma
from pipelines.integration.resolver import Resolver

MERGED = date(2026, 4, 1)


@cache
def organisations() -> dict[str, pd.DataFrame]:
    return build(staged_rows("ods"))


@cache
def headquarters() -> pd.DataFrame:
    return organisations()["organisation_geography"]


@cache
def as_reported() -> pd.DataFrame:
    """Return the places the maturity assessment prints, resolved."""
    rows = dma.facts(staged_rows("dma"))["organisation_geography"]
    resolved, unmatched = Resolver(organisations()).resolve(rows, dma.SOURCE, "organisation_geography")
    assert unmatched == []
    return resolved[list(organisation_tables.organisation_geography.columns.keys())]


def seen_on(day: int, value: Any) -> Sighting:
    """Return a sighting of `value` on a day of January 2001."""
    return Sighting(date(2001, 1, day), date(2001, 1, day), value, None)


def test_a_run_is_valid_from_the_last_sighting_before_to_the_first_after() -> None:
    found = list(runs([seen_on(9, "B"), seen_on(1, "A"), seen_on(4, "A"), seen_on(11, "A")]))
    spans = [(run.sightings[0].value, run.valid_from, run.valid_to) for run in found]
    assert spans == [
        ("A", None, date(2001, 1, 9)),
        ("B", date(2001, 1, 4), date(2001, 1, 11)),
        ("A", date(2001, 1, 9), None),
    ]


def test_the_table_conforms_to_its_definition() -> None:
    both = pd.concat([headquarters(), as_reported()], ignore_index=True)
    assert problems(both, organisation_tables.organisation_geography) == []


def test_every_listed_place_is_in_one_run() -> None:
    found = {(row.org_code, row.region_code, row.icb_code) for row in headquarters().itertuples(index=False)}
    rows = staged_rows("ods").dropna(subset=["icb_code"])
    assert found == set(zip(rows["org_code"], rows["region_code"], rows["icb_code"], strict=True))


def test_a_trust_changes_its_icb_on_the_day_the_icbs_merged() -> None:
    rows = headquarters()[headquarters()["org_code"] == "RAL"].set_index("icb_code")
    assert rows.loc["QMJ", "valid_to"] == date(2026, 3, 31)
    assert rows.loc["Z9B2Z", "valid_from"] == MERGED
    assert rows.loc["QMJ", "icb_name"] == "NHS North Central London Integrated Care Board"
    merged = headquarters()[headquarters()["edition"] == "2026-04-09"]
    moved = merged[merged["icb_code"].isin({row["into_code"] for row in curated("icb_mergers").rows})]
    assert len(moved)
    assert {str(day) for day in moved["valid_from"]} == {str(MERGED)}


def test_a_change_that_is_no_merger_happened_between_two_sightings() -> None:
    rows = headquarters()[(headquarters()["org_code"] == "RXT")].set_index("icb_code")
    assert (rows.loc["QUA", "valid_to"], rows.loc["QHL", "valid_from"]) == (
        date(2025, 7, 15),
        date(2020, 4, 1),
    )


def test_42_icbs_became_36() -> None:
    rows = curated("icbs").rows
    before = {row["icb_code"] for row in rows if row["valid_from"] is None}
    after = {row["icb_code"] for row in rows if row["valid_to"] is None}
    assert (len(before), len(after), len(after - before)) == (42, 36, 6)
    merged = curated("icb_mergers").rows
    assert {row["icb_code"] for row in merged} == before - after
    assert after - before <= {row["into_code"] for row in merged} <= after
    assert {row["merged_on"] for row in merged} == {MERGED.isoformat()}
    listed = staged_rows("ods")
    newest = listed[(listed["edition"] == "2026-07-08") & listed["icb_code"].notna()]
    assert set(newest["icb_code"]) == after
    older = listed[(listed["edition"] == "2025-12-29") & listed["icb_code"].notna()]
    assert set(older["icb_code"]) == before


def test_every_known_merger_of_icbs_is_as_the_lists_show_it() -> None:
    listed = staged_rows("ods").set_index("org_code")
    before = listed[listed["edition"] == "2025-12-29"]["icb_code"].rename("before")
    after = listed[listed["edition"] == "2026-04-09"]["icb_code"].rename("after")
    moves = pd.concat([before, after], axis=1, join="inner").dropna()
    moves = moves[moves["before"] != moves["after"]].value_counts()
    held = {
        (row["icb_code"], row["into_code"]): str(row["evidence"]).split()[0]
        for row in curated("icb_mergers").rows
    }
    assert {move: held.pop(move) for move in moves.index} == {m: str(n) for m, n in moves.items()}
    assert held == {("QNQ", "QRL"): "no"}


def test_the_names_of_icbs_are_those_of_the_official_list(publisher_files: Path) -> None:
    path = publisher_files / "ods" / "icb_names_codes_dec_2024.csv"
    official = pd.read_csv(path).set_index("ICB24CDH")
    named = {row["icb_code"]: row for row in curated("icbs").rows if row["icb_name"]}
    assert {code: row["icb_name"] for code, row in named.items()} == official["ICB24NM"].to_dict()
    assert {code: row["gss_code"] for code, row in named.items()} == official["ICB24CD"].to_dict()


def test_every_provider_of_the_maturity_assessment_has_a_reported_place() -> None:
    assert len(as_reported()) == as_reported()["org_code"].nunique() == 204
    assert as_reported()[["region_code", "icb_code", "icb_gss_code"]].notna().all().all()
    assert set(as_reported()["relation"]) == {"as_reported_in_dma"}


def test_the_reported_icb_differs_from_the_one_of_the_headquarters_for_11_trusts() -> None:
    listed = staged_rows("ods")
    summer = listed[listed["edition"] == "2025-07-15"].set_index("org_code")["icb_code"]
    both = as_reported().set_index("org_code").join(summer.rename("listed"), how="inner")
    differing = both[both["icb_code"] != both["listed"]]
    assert sorted(differing.index) == [
        "RAN",
        "RPY",
        "RRU",
        "RV3",
        "RWX",
        "RX9",
        "RXK",
        "RYC",
        "RYD",
        "RYE",
        "RYF",
    ]


def test_the_caveat_names_the_trusts_whose_printed_icb_is_not_that_of_the_headquarters() -> None:
    lists = headquarters()
    on = date(2025, 4, 1)
    begun = lists["valid_from"].isna() | (pd.to_datetime(lists["valid_from"]) <= pd.Timestamp(on))
    lasts = lists["valid_to"].isna() | (pd.to_datetime(lists["valid_to"]) >= pd.Timestamp(on))
    allowed = lists[begun & lasts].groupby("org_code")["icb_code"].agg(set)
    printed = as_reported().set_index("org_code")["icb_code"]
    other = {code for code, icb in printed.items() if code in allowed and icb not in allowed[code]}
    unsure = {code for code, icb in printed.items() if code in allowed and {icb} < allowed[code]}
    ambulance = {code for code in other if "AMBULANCE" in str(_name(code))}
    (text,) = (one.text for one in dma.SOURCE.caveats if one.caveat == "dma_prints_its_own_ics")
    assert (len(other), len(ambulance), len(unsure)) == (10, 6, 3)
    assert f"for ten trusts, six of them regional ambulance services ({', '.join(sorted(ambulance))})" in text
    assert f"For three more ({', '.join(sorted(unsure))})" in text


def _name(code: str) -> str:
    rows = organisations()["organisation"].set_index("org_code")
    return str(rows.loc[code, "org_name"])


@pytest.mark.parametrize("name", ["NHS ARTIFICIAL INTEGRATED CARE BOARD", "NHS LONDON INTEGRATED CARE"])
def test_a_place_nobody_lists_keeps_its_name_and_gets_no_code(name: str) -> None:
    found = place_named("ARTIFICIAL REGION", name)
    assert (found["region"], found["region_code"]) == ("ARTIFICIAL REGION", None)
    assert (found["icb_name"], found["icb_code"], found["icb_gss_code"]) == (name, None, None)


def test_a_code_that_has_no_name_in_any_file_stays_without() -> None:
    assert place("Y54", "S1Y5D") == {
        "region_code": "Y54",
        "region": None,
        "icb_code": "S1Y5D",
        "icb_name": None,
        "icb_gss_code": None,
    }


def test_a_place_is_written_with_its_code_and_a_board_without_a_name_says_so() -> None:
    assert region_written("London") == "London (Y56)"
    assert region_written("NOWHERE") == "NOWHERE"
    assert board_written("QJK") == "NHS Devon ICB (QJK)"
    assert board_written("D7T5G") == "D7T5G (name not held)"
