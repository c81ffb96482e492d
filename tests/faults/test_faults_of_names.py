"""F92, F94 and F95: what lists, names and codes say of an organisation, where they disagree or say too little."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from conftest import staged_rows
from releases import offline_home

from assets.catalogue import sources
from assets.organisations.model import build, name_index
from assets.organisations.names import NameIndex, normalise
from assets.sources import ods
from assets.sources.dmsa import source as dmsa
from pipelines.cli import main
from pipelines.integration.resolver import Resolver
from pipelines.storage.home import Home

BARE = ("NHS Somerset", "NHS Rotherham", "NHS Medway", "Bristol", "NHS Online")
RENAMED = "Sheffield Health Partnership University NHS Foundation Trust"
ROUNDS = {"2015/16": ("dmsa_2015-16_answers_wide.csv", 1), "2017": ("dmsa_2017_answers_wide.csv", 2)}
"""The file of each round of the self-assessment, and the place of the code in it."""
CORRECTED = {
    "2015/16": {"R1G": "RA9", "RFW": None, "RKE2": "RKE"},
    "2017": {"R1G": "RA9", "RLU": "RQ3", "RWN": "R1L"},
}


@cache
def organisations() -> dict[str, pd.DataFrame]:
    return build(staged_rows("ods"))


@cache
def index() -> NameIndex:
    return name_index(organisations()["organisation_name"])


# --- F92


def ect_of(day: str, *, closed: date | None = None) -> pd.DataFrame:
    """Return the row of a care trust in a list of a day; without a close date, as the list of 2023 has it."""
    row = staged_rows("ods").iloc[[0]]
    return row.assign(
        org_code="TAF",
        name="CAMDEN AND ISLINGTON NHS FOUNDATION TRUST",
        region_code="Y56",
        icb_code="QMJ",
        edition=day,
        open_date=date(2002, 4, 1),
        close_date=closed,
    )


def closing(*lists: pd.DataFrame) -> Any:
    found = build(pd.concat([staged_rows("ods"), *lists]))
    return found["organisation"].set_index("org_code").loc["TAF", ["close_date", "is_current", "source"]]


def test_f92_a_list_older_than_the_closing_does_not_open_a_trust_again() -> None:
    assert closing(ect_of("2023-06-01")).tolist() == [date(2024, 10, 31), False, "ods"]


def test_f92_the_close_date_of_a_newer_list_is_more_exact() -> None:
    exact = ect_of("2026-01-05", closed=date(2024, 11, 1))
    for lists in ((exact, ect_of("2023-06-01")), (ect_of("2023-06-01"), exact)):
        assert closing(*lists)["close_date"] == date(2024, 11, 1)


def test_f92_a_newer_list_that_shows_a_closed_trust_open_is_followed() -> None:
    assert closing(ect_of("2026-01-05")).tolist() == [None, True, "ods"]


def test_f92_the_real_list_of_2023_does_not_open_a_trust_again(publisher_files: Path) -> None:
    report = publisher_files / "ods" / "ect_2023.csv"
    rows = ods.parse(report.read_bytes(), "2023-06-01").rows
    assert rows.loc[rows["org_code"] == "TAF", "close_date"].isna().all()
    listed = rows.assign(edition="2023-06-01", source_file_sha256="0" * 64)
    found = build(pd.concat([staged_rows("ods"), listed]))
    known = found["organisation"].set_index("org_code")
    assert (known.loc["TAF", "close_date"], known.loc["TAF", "is_current"]) == (date(2024, 10, 31), False)
    assert known.loc[["TAD", "TAH", "TAJ"], "is_current"].all()
    main = found["organisation_current_main"].set_index("org_code")
    assert main.loc["TAF", "current_org_code"] == "G6V2S"


# --- F94


def resolved(edition: str, day: date, *asked: tuple[str, str]) -> tuple[pd.DataFrame, list[Any], list[Any]]:
    """Return the rows kept of codes and names of the self-assessment, those unmatched and those noted."""
    rows = pd.DataFrame(asked, columns=["org_code_as_published", "org_name_as_published"])
    rows = rows.assign(edition=edition, resolve_on=day)
    resolver = Resolver(organisations())
    kept, unmatched = resolver.resolve(rows, sources()["dmsa"], "maturity_score")
    return kept, unmatched, resolver.noted


def test_f94_a_trust_renamed_since_the_newest_list_is_kept_by_its_code_and_listed() -> None:
    kept, unmatched, noted = resolved(
        "2025", date(2026, 3, 31), ("TAH", RENAMED), ("RM3", "Salford Royal NHS FT")
    )
    assert kept["org_code"].tolist() == ["TAH", "RM3"]
    assert kept["org_name"].tolist()[0] == "SHEFFIELD HEALTH & SOCIAL CARE NHS FOUNDATION TRUST"
    assert unmatched == []
    (row,) = noted
    assert (row["org_code"], row["status"], row["facts"]) == ("TAH", "name_disagrees", 1)
    assert row["org_name_as_published"] == RENAMED
    assert row["reason"].startswith("no list has this name; the newest one of TAH is SHEFFIELD HEALTH")


def test_f94_the_name_of_another_organisation_beside_a_code_still_refuses_the_row() -> None:
    names = organisations()["organisation_name"].query("kind == 'official'").drop_duplicates("org_code")
    shifted = list(zip(names["org_code"], [*names["name"].iloc[1:], names["name"].iloc[0]], strict=True))
    kept, unmatched, noted = resolved("2025", date(2026, 3, 31), *shifted)
    assert (len(kept), len(unmatched), noted) == (0, len(names), [])


def test_f94_a_file_with_its_names_shifted_and_misprinted_keeps_next_to_nothing() -> None:
    names = organisations()["organisation_name"].query("kind == 'official'").drop_duplicates("org_code")
    slips = [name.replace("HOSPITALS", "HOSPITAL").replace(" AND ", " & ") for name in names["name"]]
    kept, _, _ = resolved(
        "2025", date(2026, 3, 31), *zip(names["org_code"], [*slips[1:], slips[0]], strict=True)
    )
    assert len(kept) <= len(names) / 50


@pytest.mark.parametrize(("edition", "day"), list(dmsa.ANSWERED.items()))
def test_f94_the_self_assessments_keep_every_row_but_the_one_that_nobody_can_place(
    publisher_files: Path, edition: str, day: date
) -> None:
    file, place = ROUNDS[edition]
    rows = pd.read_csv(publisher_files / "dmsa" / file, dtype=str, header=None, skiprows=1)
    asked = list(zip(rows[place], rows[0], strict=True))
    kept, unmatched, noted = resolved(edition, day, *asked)
    assert len(kept) + len(unmatched) == len(asked)
    published = dict(zip(kept["org_code_as_published"], kept["org_code"], strict=True))
    corrected = {row["org_code_as_published"]: row["org_code"] for row in noted if row["status"] == "curated"}
    unplaced = {row["org_code_as_published"]: None for row in unmatched}
    assert corrected | unplaced == CORRECTED[edition]
    assert {code: to for code, to in published.items() if code != to} == corrected
    disagreeing = {row["org_code"] for row in noted if row["status"] == "name_disagrees"}
    assert disagreeing == ({"RVV", "RD8", "RRD", "RJE"} if edition == "2015/16" else set())
    assert {"RW3", "RM2"} <= set(kept["org_code"])


def test_f94_a_correction_ends_where_the_publisher_prints_something_else() -> None:
    day = date(2017, 10, 31)
    name = "Birmingham Women's and Children's NHS Foundation Trust"
    assert resolved("2017", day, ("RLU", name))[0]["org_code"].tolist() == ["RQ3"]
    for edition, code, printed in (
        ("2018", "RLU", name),
        ("2017", "RLU", "Birmingham Women's NHS Foundation Trust"),
        ("2017", "RQ3", name),
    ):
        kept, unmatched, noted = resolved(edition, day, (code, printed))
        assert noted == []
        assert kept["org_code"].tolist() == ([] if edition == "2018" else [code])
        assert len(unmatched) == (edition == "2018")


# --- F95


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Return the home of the release that every test shares, made the default."""
    found = offline_home(tmp_path_factory.getbasetemp())
    monkeypatch.setenv("DIGITAL_MATURITY_HOME", str(found.root))
    return found


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("name", BARE)
def test_f95_a_bare_place_or_a_boards_name_is_no_trust(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["resolve", name]) == 1
    printed = capsys.readouterr().out
    assert "this is a place or a short name" in printed
    assert normalise(name) in printed.upper().partition("AND TRUSTS SHARE")[2]


def test_f95_a_source_without_codes_does_not_match_a_bare_place() -> None:
    rows = pd.DataFrame({"org_name_as_published": BARE, "edition": "2025", "resolve_on": date(2025, 5, 1)})
    resolver = Resolver(organisations())
    kept, unmatched = resolver.resolve(rows, sources()["dma"], "maturity_score")
    assert (len(kept), len(unmatched), resolver.noted) == (0, len(BARE), [])
    assert all(row["candidates"] for row in unmatched)


def test_f95_all_204_names_of_the_assessment_are_trusts_all_the_same() -> None:
    names = set(staged_rows("dma")["org_name_as_published"].dropna())  # rows about boards name no trust
    found = {index().resolve(name, date(2025, 5, 1)).org_code for name in names}
    assert len(names) == len(found) == 204
    assert None not in found
