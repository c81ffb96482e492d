"""Organisations through time, built from the frozen lists: who exists, what they were called, what became of them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd
import pytest
from conftest import staged_rows

from assets.contract.columns import METADATA, key_of
from assets.organisations import model, organisation_tables
from assets.organisations.curation import Curated, curated
from assets.organisations.model import build
from assets.organisations.name_history import named_days
from assets.organisations.sightings import Sighting, runs
from assets.reading.structure import problems

AS_OF = date(2026, 7, 8)
Frames = dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def built() -> Frames:
    return build(staged_rows("ods"))


@pytest.fixture(scope="module")
def organisation(built: Frames) -> pd.DataFrame:
    return built["organisation"].set_index("org_code")


@pytest.fixture(scope="module")
def main(built: Frames) -> pd.DataFrame:
    return built["organisation_current_main"].set_index("org_code")


def edges(built: Frames, **where: str) -> pd.DataFrame:
    """Return the rows of the succession that hold these values."""
    rows = built["organisation_succession"]
    for name, value in where.items():
        rows = rows[rows[name] == value]
    return rows


@pytest.mark.parametrize(
    "table",
    [
        "organisation",
        "organisation_name",
        "organisation_succession",
        "organisation_current",
        "organisation_current_main",
    ],
)
def test_the_tables_conform_to_their_definition(built: Frames, table: str) -> None:
    assert problems(built[table], getattr(organisation_tables, table)) == []


def test_there_are_202_trusts_today_of_276_ever(organisation: pd.DataFrame) -> None:
    in_scope = organisation[organisation["in_scope"]]
    assert len(in_scope) == 276
    assert in_scope["is_current"].sum() == 202
    assert set(organisation["as_of_date"]) == {AS_OF}


def test_the_welsh_trusts_are_held_and_out_of_scope(organisation: pd.DataFrame) -> None:
    assert sorted(organisation.index[~organisation["in_scope"]]) == ["RQF", "RT4", "RYT"]


def test_every_current_trust_has_a_region_and_an_icb(organisation: pd.DataFrame) -> None:
    current = organisation[organisation["in_scope"] & organisation["is_current"]]
    assert current[["region", "region_code", "icb_code"]].notna().all().all()
    assert current["region"].nunique() == 7
    listed = current[current["source"] == "ods"]
    assert listed["postcode"].notna().all()


def test_the_care_trusts_are_current_although_their_list_is_three_years_old(
    organisation: pd.DataFrame,
) -> None:
    for code in ("TAD", "TAH", "TAJ"):
        row = organisation.loc[code]
        assert (row["is_current"], row["legal_form"], row["edition"]) == (True, "care_trust", "2023/24")
    assert organisation.loc["TAE", "source"] == "curated"
    assert sorted(organisation.index[organisation["legal_form"] == "care_trust"]) == [
        "TAD",
        "TAE",
        "TAF",
        "TAH",
        "TAJ",
    ]


def test_a_care_trust_that_closed_leads_to_its_successor(
    organisation: pd.DataFrame, main: pd.DataFrame
) -> None:
    assert not organisation.loc["TAF", "is_current"]
    assert organisation.loc["TAF", "close_date"] == date(2024, 10, 31)
    assert (main.loc["TAF", "current_org_code"], main.loc["TAF", "relation"]) == ("G6V2S", "merged_into")


def test_a_listed_care_trust_wins_over_the_curated_one() -> None:
    listed = (
        staged_rows("ods").iloc[[0]].assign(org_code="TAD", name="LISTED CARE TRUST", edition="2026-07-08")
    )
    rows = pd.concat([staged_rows("ods"), listed])
    found = build(rows)["organisation"].set_index("org_code").loc["TAD"]
    assert (found["org_name"], found["source"], found["legal_form"]) == (
        "LISTED CARE TRUST",
        "ods",
        "care_trust",
    )


@pytest.mark.parametrize(
    ("opened", "closed", "is_current"),
    [
        ("2026-07-08", None, True),
        ("2026-07-09", None, False),
        ("2000-01-01", "2026-07-08", True),
        ("2000-01-01", "2026-07-07", False),
    ],
)
def test_a_trust_is_current_from_its_first_to_its_last_day(
    opened: str, closed: str | None, is_current: bool
) -> None:
    day = date.fromisoformat(closed) if closed else None
    row = (
        staged_rows("ods")
        .iloc[[-1]]
        .assign(org_code="RZ9", name="MADE NHS TRUST", open_date=date.fromisoformat(opened), close_date=day)
    )
    assert row["edition"].tolist() == ["2026-07-08"]
    found = build(pd.concat([staged_rows("ods"), row]))["organisation"].set_index("org_code").loc["RZ9"]
    assert bool(found["is_current"]) is is_current


def test_an_organisation_is_as_its_newest_list_shows_it(organisation: pd.DataFrame) -> None:
    assert organisation.loc["RM3", "org_name"] == "NORTHERN CARE ALLIANCE NHS FOUNDATION TRUST"
    assert organisation.loc["G6V2S", "icb_code"] == "Z9B2Z"
    assert organisation.loc["R1J", "close_date"] == date(2019, 9, 30)


def test_the_order_of_the_lists_does_not_matter(built: Frames) -> None:
    turned = build(staged_rows("ods").iloc[::-1].reset_index(drop=True))
    for name, frame in built.items():
        pd.testing.assert_frame_equal(turned[name], frame)


# Succession


def test_a_merger_leads_from_both_to_the_new_trust(built: Frames, main: pd.DataFrame) -> None:
    assert main.loc[["RW3", "RM2"], "current_org_code"].tolist() == ["R0A", "R0A"]
    assert main.loc[["RW3", "RM2"], "relation"].tolist() == ["merged_into", "merged_into"]
    assert set(edges(built, successor_code="R0A", kind="merger")["predecessor_code"]) == {"RW3", "RM2"}
    assert set(edges(built, successor_code="R0A")["succession_date"]) == {
        date(2017, 10, 1),
        date(2021, 10, 1),
    }


def test_a_split_has_one_main_part_and_is_marked(built: Frames, main: pd.DataFrame) -> None:
    parts = edges(built, predecessor_code="RW6").set_index("successor_code")
    assert parts["is_main"].to_dict() == {"RM3": True, "R0A": False}
    assert set(parts["kind"]) == {"split"}
    row = main.loc["RW6"]
    assert (row["current_org_code"], row["relation"], row["is_split"]) == ("RM3", "part_by_split", True)
    assert (row["path"], row["since"]) == ("RW6>RM3", date(2021, 10, 1))
    assert main.index[main["is_split"]].tolist() == ["RW6"]


def test_a_trust_that_ended_without_successor_is_closed_and_says_why(main: pd.DataFrame) -> None:
    row = main.loc["RGZ"]
    assert (row["relation"], row["path"]) == ("closed", "RGZ>RYQ")
    assert pd.isna(row["current_org_code"])
    assert "names no trust as successor" in row["why"]
    closed = main[main["relation"] == "closed"]
    assert set(closed.index) >= {"RBF", "RYH", "RBB", "RJD", "R0C", "RYQ", "RGZ"}
    assert closed["why"].str.len().min() > 0
    assert closed["current_org_code"].isna().all()


def test_a_chain_is_followed_to_its_end(main: pd.DataFrame) -> None:
    chains = main[main["path"].str.count(">") > 1]
    assert len(chains)
    for code, row in chains.iterrows():
        steps = row["path"].split(">")
        assert steps[0] == code
        assert row["relation"] == "closed" or steps[-1] == row["current_org_code"]


def test_an_acquisition_keeps_the_code_of_the_acquirer(built: Frames, main: pd.DataFrame) -> None:
    assert main.loc["RQ6", "current_org_code"] == "REM"
    assert edges(built, predecessor_code="RQ6")["kind"].tolist() == ["acquisition"]
    assert main.loc[["RDD", "RQ8"], "current_org_code"].tolist() == ["RAJ", "RAJ"]
    assert main.loc["RYK", "current_org_code"] == "TAJ"


def test_a_trust_still_open_is_itself(main: pd.DataFrame) -> None:
    row = main.loc["RRJ"]
    assert (row["current_org_code"], row["relation"], row["path"]) == ("RRJ", "same", "RRJ")
    assert pd.isna(row["since"])
    assert row["why"] == ""


def test_every_code_has_exactly_one_row_and_leads_to_an_open_trust(
    main: pd.DataFrame, organisation: pd.DataFrame
) -> None:
    assert sorted(main.index) == sorted(organisation.index)
    assert main.index.is_unique
    led = main["current_org_code"].dropna()
    assert organisation.loc[led, "is_current"].all()
    assert (main["relation"] == "same").sum() == organisation["is_current"].sum()


def test_every_succession_leads_to_a_known_trust_not_before_it_opened(
    built: Frames, organisation: pd.DataFrame
) -> None:
    rows = built["organisation_succession"]
    assert len(rows) == 322
    assert set(rows["successor_code"]) <= set(organisation.index)
    opened = organisation.loc[rows["successor_code"], "open_date"].tolist()
    assert all(first <= day for first, day in zip(opened, rows["succession_date"], strict=True))
    assert rows["predecessor_name"].isna().sum() == 253
    by_row = dict(enumerate(curated("succession").rows, start=2))
    for code, number in zip(rows["predecessor_code"], rows["source_row"], strict=True):
        assert by_row[number]["predecessor_code"] == code


def test_days_that_disagree_are_reconciled_and_say_so(built: Frames) -> None:
    noted = edges(built).dropna(subset=["date_note"]).set_index("predecessor_code")
    assert sorted(noted.index) == ["R1E", "RGQ", "RHX", "RJF", "RR1", "RVL", "RY1"]
    row = noted.loc["RY1"]
    assert (row["stated_date"], row["succession_date"]) == (date(2018, 3, 31), date(2018, 4, 1))
    assert row["date_note"].startswith("2018-03-31 is stated, the predecessor's last day")
    assert noted.loc["RR1", "succession_date"] == noted.loc["RR1", "predecessor_close_date"]


def test_the_kind_of_a_succession_follows_from_what_happened_on_its_day(built: Frames) -> None:
    assert edges(built, predecessor_code="RGZ")["kind"].tolist() == ["merger"]
    assert edges(built, predecessor_code="RWQ")["kind"].tolist() == ["transfer"]
    assert edges(built, predecessor_code="RR1")["kind"].tolist() == ["acquisition"]
    assert set(edges(built, predecessor_code="RE7")["kind"]) == {"split"}
    assert edges(built, predecessor_code="RE7")["is_main"].tolist() == [None, None]


@pytest.fixture
def succession_with(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return a function that adds edges to the curated succession."""

    def add(*added: tuple[str, str]) -> None:
        real = curated("succession")
        template = next(row for row in real.rows if row["successor_code"])
        rows = [
            {**template, "predecessor_code": before, "successor_code": after, "is_main": "true"}
            for before, after in added
        ]
        replaced = {row["predecessor_code"] for row in rows}
        kept = [row for row in real.rows if row["predecessor_code"] not in replaced]
        spoilt: Curated = replace(real, rows=(*kept, *rows))
        monkeypatch.setattr(model, "curated", lambda name: spoilt if name == "succession" else curated(name))

    return add


def test_a_circle_of_closed_trusts_is_refused_and_named(succession_with: Any) -> None:
    succession_with(("RW3", "RM2"), ("RM2", "RW3"))
    with pytest.raises(ValueError, match=r"found the circle (RM2>RW3>RM2|RW3>RM2>RW3); correct"):
        build(staged_rows("ods"))


@pytest.mark.parametrize("circle", [[("RRJ", "RRJ")], [("RRJ", "RW3"), ("RW3", "RRJ")]])
def test_a_circle_through_an_open_trust_is_refused(
    succession_with: Any, circle: list[tuple[str, str]]
) -> None:
    succession_with(*circle)
    with pytest.raises(ValueError, match="found the circle"):
        build(staged_rows("ods"))


# Names


def test_the_days_of_a_name_run_from_sighting_to_sighting(built: Frames) -> None:
    rows = built["organisation_name"]
    names = rows[rows["org_code"] == "REM"].set_index("name")
    old, new = (
        names.loc["AINTREE UNIVERSITY HOSPITAL NHS FOUNDATION TRUST"],
        names.loc["LIVERPOOL UNIVERSITY HOSPITALS NHS FOUNDATION TRUST"],
    )
    assert (old["first_seen"], old["last_seen"]) == (date(2015, 4, 1), date(2016, 3, 31))
    assert (new["first_seen"], new["last_seen"]) == (date(2020, 4, 1), AS_OF)
    assert (old["valid_from"], old["valid_to"]) == (date(1992, 4, 1), date(2019, 9, 30))
    assert (new["valid_from"], new["valid_to"]) == (date(2019, 10, 1), None)
    unknown = rows[rows["org_code"] == "RGM"].set_index("name")
    assert unknown.loc["PAPWORTH HOSPITAL NHS FOUNDATION TRUST", "valid_to"] == date(2021, 3, 31)
    assert unknown.loc["ROYAL PAPWORTH HOSPITAL NHS FOUNDATION TRUST", "valid_from"] == date(2015, 4, 1)


def test_a_trust_may_go_back_to_a_name_it_had_before() -> None:
    rows = staged_rows("ods")
    newest = rows[rows["edition"] == rows["edition"].max()]
    renamed = newest[newest["org_code"] == "RBN"].assign(
        edition="2026-12-01", name="ARTIFICIAL NAME NHS TRUST"
    )
    back = newest[newest["org_code"] == "RBN"].assign(edition="2026-12-31")
    names = build(pd.concat([rows, renamed, back]))["organisation_name"]
    found = names[(names["org_code"] == "RBN") & (names["kind"] == "official")]
    assert found["name"].iloc[-3] == found["name"].iloc[-1] != found["name"].iloc[-2]
    assert not names.duplicated(key_of(METADATA.tables["organisation_name"])).any()


def test_every_day_of_renaming_is_in_use_and_is_that_of_a_takeover(built: Frames) -> None:
    official = built["organisation_name"]
    begun = {(code, name): day for code, name, day in official[["org_code", "name", "valid_from"]].to_numpy()}
    for row in curated("renames").rows:
        day = date.fromisoformat(str(row["renamed_on"]))
        assert begun[str(row["org_code"]), str(row["name"])] == day, row
        into = edges(built, successor_code=str(row["org_code"]))
        assert day in set(into["succession_date"]), row


def test_a_day_of_renaming_that_lists_contradict_is_not_applied() -> None:
    first, last = Sighting(date(2015, 4, 1), date(2016, 3, 31), "OLD", None), AS_OF
    renamed = "LIVERPOOL UNIVERSITY HOSPITALS NHS FOUNDATION TRUST"
    early = Sighting(date(2018, 4, 1), date(2018, 4, 1), renamed, None)
    found = named_days("REM", list(runs([first, early, Sighting(last, last, renamed, None)])))
    assert [(run.valid_from, run.valid_to) for run in found] == [
        (None, date(2018, 4, 1)),
        (date(2015, 4, 1), None),
    ]


def test_no_name_is_seen_or_valid_while_its_organisation_is_not_open(
    built: Frames, organisation: pd.DataFrame
) -> None:
    official = built["organisation_name"].query("kind == 'official'")
    closed = 0
    for row in official.itertuples(index=False):
        opened, ended = organisation.loc[row.org_code, ["open_date", "close_date"]]
        closed += isinstance(ended, date)
        last = ended if isinstance(ended, date) else date.max
        assert opened <= row.first_seen <= row.last_seen <= last, row
        assert opened <= row.valid_from <= row.first_seen, row
        assert row.last_seen <= (row.valid_to or date.max) <= last or row.valid_to is None, row
        assert (row.valid_to is None) <= (not isinstance(ended, date)), row
    assert closed > 60


def test_days_of_names_overlap_only_between_neighbours(built: Frames, organisation: pd.DataFrame) -> None:
    rows = built["organisation_name"]
    official = rows[rows["kind"] == "official"]
    several = 0
    for code, names in official.groupby("org_code"):
        opened, closed = organisation.loc[code, ["open_date", "close_date"]]
        spans = [
            (first if isinstance(first, date) else date.min, last if isinstance(last, date) else date.max)
            for first, last in zip(names["valid_from"], names["valid_to"], strict=True)
        ]
        several += len(spans) > 2
        assert spans == sorted(spans)
        assert spans[0][0] == opened
        assert spans[-1][1] == (closed if isinstance(closed, date) else date.max)
        assert all(first <= last for first, last in spans)
        assert all(spans[n][1] < spans[n + 2][0] for n in range(len(spans) - 2))
        assert all((spans[n + 1][0] - spans[n][1]).days <= 1 for n in range(len(spans) - 1))
    assert several > 0


def test_every_listed_name_is_kept(built: Frames) -> None:
    held = set(zip(built["organisation_name"]["org_code"], built["organisation_name"]["name"], strict=True))
    listed = set(zip(staged_rows("ods")["org_code"], staged_rows("ods")["name"], strict=True))
    assert listed <= held


def test_a_legal_form_follows_the_newest_name(organisation: pd.DataFrame, built: Frames) -> None:
    assert organisation.loc["RRJ", "legal_form"] == "foundation_trust"
    assert organisation.loc["RAN", "legal_form"] == "nhs_trust"


def test_the_legal_form_of_every_sighting_is_reported(built: Frames, organisation: pd.DataFrame) -> None:
    types = built["organisation_type"]
    assert problems(types, organisation_tables.organisation_type) == []
    assert set(types["scheme"]) == {"legal_form"}
    newest = types.drop_duplicates("org_code", keep="last").set_index("org_code")["type"]
    assert newest.sort_index().tolist() == organisation["legal_form"].sort_index().tolist()
    oxford = types[types["org_code"] == "RTH"].set_index("as_of_date")["type"]
    assert oxford.loc[date(2016, 3, 31)] == "foundation_trust"


def test_a_closed_trust_had_its_form_on_its_last_day_at_the_latest(
    built: Frames, organisation: pd.DataFrame
) -> None:
    types = built["organisation_type"]
    ended = types.merge(organisation[["close_date"]], left_on="org_code", right_index=True)
    ended = ended[ended["close_date"].notna()]
    assert len(ended)
    assert (ended["as_of_date"] <= ended["close_date"]).all()


def test_only_an_alias_reaches_outside_the_days_of_its_organisation(
    built: Frames, organisation: pd.DataFrame
) -> None:
    names = built["organisation_name"].join(organisation[["open_date", "close_date"]], on="org_code")
    days = {
        name: pd.to_datetime(names[name]) for name in ("valid_from", "valid_to", "open_date", "close_date")
    }
    later = days["close_date"].notna() & ~(days["valid_to"] <= days["close_date"])
    earlier = ~(days["valid_from"] >= days["open_date"])
    assert set(names.loc[later | earlier, "kind"]) == {"alias"}
    past = names[days["valid_to"] > days["close_date"]]
    assert set(past["name"]) == {"TAUNTON AND SOMERSET NHS FOUNDATION TRUST (Archive)"}
