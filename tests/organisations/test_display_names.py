"""Names in upper and lower case: the rule, its exceptions, and every name of the release."""

import re
from pathlib import Path

import polars as pl
import pytest
from releases import offline_home

from assets.catalogue import published
from assets.organisations.curation import curated
from assets.organisations.display_names import display_name


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return offline_home(tmp_path_factory.getbasetemp()).latest.resolve()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("GUY'S AND ST THOMAS' NHS FOUNDATION TRUST", "Guy's and St Thomas' NHS Foundation Trust"),
        ("THE NEWCASTLE UPON TYNE HOSPITALS NHS FOUNDATION TRUST", "The Newcastle upon Tyne Hospitals NHS Foundation Trust"),
        ("NHS STAFFORDSHIRE AND STOKE-ON-TRENT INTEGRATED CARE BOARD", "NHS Staffordshire and Stoke-on-Trent Integrated Care Board"),
        ("NHS CENTRAL LONDON (WESTMINSTER) CCG", "NHS Central London (Westminster) CCG"),
        ("WYE VALLEY NHS TRUST (RLQ)", "Wye Valley NHS Trust (RLQ)"),
        ("5 BOROUGHS PARTNERSHIP NHS FOUNDATION TRUST", "5 Boroughs Partnership NHS Foundation Trust"),
        ("Epsom & ST Helier University Hospital", "Epsom & ST Helier University Hospital"),
        ("UCLH", "UCLH"),
    ],
)  # fmt: skip
def test_a_name_in_capitals_is_shown_as_people_write_it(name: str, shown: str) -> None:
    assert display_name(name) == shown


def test_an_exception_is_what_the_rule_gets_wrong() -> None:
    for row in curated("display_names").rows:
        by_the_rule = display_name(f"{row['name']} ").strip()
        assert row["display_name"] not in (by_the_rule, None), row
        assert display_name(str(row["name"])) == row["display_name"]


def test_every_name_of_the_release_changes_its_case_only_and_none_is_in_capitals(released: Path) -> None:
    listed_in = {"org_display_name": "org_name", "display_name": "name"}
    names: set[tuple[str, str]] = set()
    for table in published().tables.values():
        for shown in listed_in.keys() & table.columns.keys():
            rows = pl.read_parquet(
                released / "parquet" / f"{table.name}.parquet", columns=[listed_in[shown], shown]
            )
            names |= set(rows.unique().iter_rows())
    assert len(names) > 300
    assert [pair for pair in names if pair[0] and pair[1] != display_name(pair[0])] == []
    assert [name for name, shown in names if name and name.upper() != shown.upper()] == []
    in_capitals = re.compile(r"\b(?!NHS\b)[A-Z]{3,}\b")
    assert [shown for _, shown in names if shown and " " in shown and in_capitals.search(shown)] == []
