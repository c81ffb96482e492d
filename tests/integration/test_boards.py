"""A board is found by its name on the day, or listed with candidates; it is never a trust and never a successor."""

from datetime import date

import pandas as pd
import pytest

from assets.contract.columns import METADATA
from assets.organisations.geography import board_on
from assets.sources import dma
from assets.tables.icb_score import icb_score
from pipelines.integration.boards import about_boards, place_boards

DAY = date(2025, 4, 1)
DEVON = "NHS DEVON INTEGRATED CARE BOARD"


def facts(*names: str, day: date = DAY) -> pd.DataFrame:
    rows = [
        {
            "region_as_published": "SOUTH WEST",
            "org_name_as_published": name,
            "resolve_on": day,
            "edition": "2025",
            "score": 2.5,
        }
        for name in names
    ]
    return pd.DataFrame(rows)


def test_a_board_has_the_code_name_and_region_of_its_printed_name() -> None:
    placed, unmatched = place_boards(facts(DEVON), dma.SOURCE, icb_score.name)
    (row,) = placed.to_dict("records")
    assert unmatched == []
    assert {name: row[name] for name in ("icb_code", "icb_name", "icb_gss_code", "region", "score")} == {
        "icb_code": "QJK",
        "icb_name": "NHS Devon Integrated Care Board",
        "icb_gss_code": "E54000037",
        "region": "South West",
        "score": 2.5,
    }
    assert (row["source"], row["evidence_grade"], row["org_name_as_published"]) == (
        "dma",
        "self-assessed",
        DEVON,
    )


def test_a_name_of_no_board_is_listed_once_with_the_nearest_boards_and_its_facts_are_left_out() -> None:
    wrong = "NHS DEVONN INTEGRATED CARE BOARD"
    placed, (row,) = place_boards(facts(wrong, DEVON, wrong), dma.SOURCE, icb_score.name)
    assert placed["org_name_as_published"].tolist() == [DEVON]
    assert (row["org_name_as_published"], row["facts"], row["table_name"]) == (wrong, 2, "icb_score")
    assert row["candidates"].startswith(f"QJK {DEVON}")
    assert set(row) == set(METADATA.tables["unmatched_organisation"].c.keys())


@pytest.mark.parametrize(("day", "code"), [(date(2026, 3, 31), "QM7"), (date(2026, 4, 1), None)])
def test_a_board_that_has_ended_is_not_found_after_its_last_day(day: date, code: str | None) -> None:
    name = "NHS HERTFORDSHIRE AND WEST ESSEX INTEGRATED CARE BOARD"
    assert board_on("EAST OF ENGLAND", name, day)["icb_code"] == code
    _, unmatched = place_boards(facts(name, day=day), dma.SOURCE, icb_score.name)
    assert bool(unmatched) == (code is None)


def test_only_facts_without_organisation_whose_key_is_a_board_are_about_boards() -> None:
    tables = {name for name, table in METADATA.tables.items() if about_boards(table)}
    assert "icb_score" in tables
    assert not {"maturity_score", "organisation_geography", "deflator"} & tables
