"""From a name to an ODS code: never by guess, never to the wrong trust."""

import re
from collections import Counter
from datetime import date
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from conftest import staged_rows

from assets.contract.columns import EVIDENCE_GRADES, ORG_CODE
from assets.organisations.curation import CURATED, curated
from assets.organisations.model import build, name_index
from assets.organisations.names import BARE as BARE_REASON
from assets.organisations.names import UNKNOWN, Match, Name, NameIndex, is_bare, normalise

DAY = date(2025, 5, 1)
LONG_AGO = date(2016, 9, 7)


@cache
def real() -> NameIndex:
    return name_index(build(staged_rows("ods"))["organisation_name"])


def small(*names: tuple[str, str, str, str], alias: tuple[str, str, str, str] | None = None) -> NameIndex:
    """Return an index of (code, name, from, to); an empty day is not known."""

    def named(code: str, name: str, first: str, last: str, kind: str) -> Name:
        days = (date.fromisoformat(text) if text else None for text in (first, last))
        return Name(code, name, *days, kind=kind)

    aliases = [named(*alias, kind="alias")] if alias else []
    return NameIndex([*(named(*name, kind="official") for name in names), *aliases])


# Normal form


@pytest.mark.parametrize(
    ("name", "normal"),
    [
        ("The Mid-Yorks & X NHS Trust", "MID YORKS AND X"),
        ("MID YORKS AND X NHS FOUNDATION TRUST", "MID YORKS AND X"),
        ("Mid Yorks and X NHS FT", "MID YORKS AND X"),
        ("St George's Healthcare", "ST GEORGES HEALTHCARE"),
        ("St George\u2019s  Healthcare", "ST GEORGES HEALTHCARE"),
        ("Barts, Health N H S", "BARTS HEALTH N H S"),
        ("Portsmouth National Health Service Trust", "PORTSMOUTH"),
        ("Brighton(and)Hove / Sussex.", "BRIGHTON AND HOVE SUSSEX"),
        ("TRUSTED THEATRE FTSE", "TRUSTED THEATRE FTSE"),
        ("", ""),
        ("NHS Trust", ""),
    ],
)
def test_a_normal_form_drops_only_what_does_not_tell_trusts_apart(name: str, normal: str) -> None:
    assert normalise(name) == normal


@pytest.mark.parametrize("word", ["UNIVERSITY", "HOSPITAL", "HOSPITALS", "HEALTH", "CARE", "SERVICES"])
def test_a_normal_form_keeps_the_words_that_tell_trusts_apart(word: str) -> None:
    assert normalise(f"X {word} NHS Trust") == f"X {word}"


def test_a_look_alike_letter_gives_another_name() -> None:
    assert normalise("\u0410IREDALE NHS TRUST") != normalise("AIREDALE NHS TRUST")


def test_a_normal_form_is_its_own_normal_form() -> None:
    for name in real().names():
        assert normalise(normalise(name.name)) == normalise(name.name)


# The order: code, name on the day, name of any day, alias


def test_a_code_is_matched_as_a_code() -> None:
    assert small(("RA1", "A TRUST", "", "")).resolve(" ra1 ", DAY) == Match("RA1", "code")


def test_a_name_that_looks_like_another_code_is_that_code() -> None:
    index = small(("RA1", "RB1", "", ""), ("RB1", "B TRUST", "", ""))
    assert index.resolve("RB1", DAY) == Match("RB1", "code")


@pytest.mark.parametrize(
    ("day", "code", "matched_by"),
    [
        (date(2014, 12, 31), "RA1", "name_on_date"),
        (date(2015, 1, 1), "RA1", "name_on_date"),
        (date(2020, 6, 1), "RB1", "name_on_date"),
    ],
)
def test_the_name_of_the_day_wins_over_the_name_of_another_day(day: date, code: str, matched_by: str) -> None:
    index = small(("RA1", "X TRUST", "", "2015-01-01"), ("RB1", "X TRUST", "2020-01-01", ""))
    assert index.resolve("x trust", day) == Match(code, matched_by)


def test_a_name_of_any_day_is_found_where_no_name_of_the_day_is() -> None:
    index = small(("RA1", "OLD TRUST", "", "2015-01-01"), ("RA1", "NEW TRUST", "2015-01-01", ""))
    assert index.resolve("Old Trust", DAY) == Match("RA1", "name_any_date")


def test_an_official_name_of_any_day_wins_over_an_alias_of_the_day() -> None:
    index = small(
        ("RA1", "X TRUST", "", "2015-01-01"), ("RB1", "B TRUST", "", ""), alias=("RB1", "X TRUST", "", "")
    )
    assert index.resolve("X Trust", DAY) == Match("RA1", "name_any_date")


def test_an_alias_is_found_on_its_days_only() -> None:
    index = small(("RA1", "A TRUST", "", ""), alias=("RA1", "NICKNAME", "2015-01-01", "2021-12-31"))
    assert index.resolve("nickname", date(2020, 1, 1)) == Match("RA1", "alias")
    assert index.resolve("nickname", date(2022, 1, 1)).org_code is None


def test_a_name_that_two_organisations_bore_on_the_day_matches_neither() -> None:
    index = small(("RA1", "X TRUST", "", "2020-12-31"), ("RB1", "THE X NHS TRUST", "2015-01-01", ""))
    match = index.resolve("X Trust", date(2018, 1, 1))
    assert (match.org_code, match.reason) == (None, "several organisations bear this name")
    assert match.candidates == ("RA1 X TRUST", "RB1 THE X NHS TRUST")
    assert index.resolve("X Trust", date(2021, 1, 1)).org_code == "RB1"


def test_two_names_of_one_organisation_on_overlapping_days_are_no_ambiguity() -> None:
    index = small(("RA1", "X TRUST", "", "2020-12-31"), ("RA1", "THE X NHS FT", "2015-01-01", ""))
    assert index.resolve("X Trust", date(2018, 1, 1)) == Match("RA1", "name_on_date")


def test_a_name_that_several_bore_on_other_days_matches_none() -> None:
    index = small(("RA1", "X TRUST", "", "2010-12-31"), ("RB1", "X TRUST", "2011-01-01", "2012-12-31"))
    assert index.resolve("X Trust", DAY).reason == "several organisations bear this name"


def test_the_ends_of_the_days_of_a_name_are_inside() -> None:
    name = Name("RA1", "X", date(2015, 1, 1), date(2016, 1, 1))
    days = [date(2014, 12, 31), date(2015, 1, 1), date(2016, 1, 1), date(2016, 1, 2)]
    assert [name.valid_on(day) for day in days] == [False, True, True, False]


def test_nothing_matches_nothing() -> None:
    for name in ("", "NHS Trust", "The NHS Foundation Trust", "   "):
        assert real().resolve(name, DAY).org_code is None


# A code and a name together


def test_a_code_and_its_name_agree() -> None:
    index = small(("RA1", "OLD TRUST", "", "2015-01-01"), ("RA1", "NEW TRUST", "2015-01-01", ""))
    assert index.resolve("New NHS FT", DAY, code="RA1") == Match("RA1", "code")
    assert index.resolve("Old NHS Trust", DAY, code="RA1") == Match("RA1", "code")


def test_a_code_that_a_publisher_appended_to_the_name_is_no_part_of_it() -> None:
    index = small(("RA1", "A TRUST", "", ""), ("RB1", "B TRUST", "", ""))
    assert index.resolve("A NHS Trust (RA1) ", DAY, code="RA1") == Match("RA1", "code")
    assert index.resolve("A NHS Trust (RB1)", DAY, code="RA1").org_code is None
    assert index.resolve("B NHS Trust (RA1)", DAY, code="RA1").org_code is None


def test_a_code_and_the_name_of_another_match_neither_and_both_are_shown() -> None:
    index = small(("RA1", "A TRUST", "", ""), ("RB1", "B TRUST", "", ""))
    match = index.resolve("B", DAY, code="RA1")
    assert match == Match(
        None,
        reason="code RA1 and the name belong to different organisations",
        candidates=("RA1 A TRUST", "RB1 B TRUST"),
    )


def test_a_code_beside_a_name_that_no_list_knows_yet_is_kept_and_the_disagreement_said() -> None:
    match = small(("RA1", "A TRUST", "", "")).resolve("Zzz University NHS Trust", DAY, code="RA1")
    assert match == Match(
        "RA1", "code", reason="no list has this name; the newest one of RA1 is A TRUST", candidates=()
    )


@pytest.mark.parametrize("name", ["Zzz", "2024-10-01", "", "System C", "NHS Trust"])
def test_a_code_beside_what_is_no_name_of_a_trust_is_not_confirmed(name: str) -> None:
    match = small(("RA1", "A TRUST", "", "")).resolve(name, DAY, code="RA1")
    assert match.org_code is None
    assert match.reason.endswith("so code RA1 cannot be confirmed")
    assert match.candidates == ("RA1 A TRUST",)


def test_a_code_beside_a_misprint_of_another_trusts_name_is_refused() -> None:
    index = small(("RA1", "ALPHA NHS TRUST", "", ""), ("RB1", "SOMEWHERE HOSPITALS NHS TRUST", "", ""))
    match = index.resolve("Somewere Hospitals NHS Trust", DAY, code="RA1")
    assert (match.org_code, match.candidates) == (
        None,
        ("RA1 ALPHA NHS TRUST", "RB1 SOMEWHERE HOSPITALS NHS TRUST"),
    )
    assert index.resolve("Somewere Hospitals NHS Trust", DAY, code="RB1").org_code == "RB1"


def test_a_code_beside_the_name_of_a_board_is_refused() -> None:
    match = real().resolve("NHS Somerset Integrated Care Board", DAY, code="RH5")
    assert match.org_code is None
    assert [candidate.split()[0] for candidate in match.candidates] == ["RH5", "QSL"]


def test_a_code_nobody_lists_matches_nothing() -> None:
    match = small(("RA1", "A TRUST", "", "")).resolve("A", DAY, code="RZ9")
    assert (match.org_code, match.reason) == (None, "code RZ9 is in no list of trusts")


# Bare places, styles of boards, short names

BARE = ("NHS Somerset", "NHS Rotherham", "NHS Medway", "Bristol", "NHS Online")


@pytest.mark.parametrize("name", BARE)
def test_a_bare_place_or_a_boards_style_finds_candidates_and_no_match(name: str) -> None:
    for day in (LONG_AGO, DAY, date(2026, 7, 8)):
        match = real().resolve(name, day)
        assert (match.org_code, match.matched_by, match.reason) == (None, "", BARE_REASON)
        assert match.candidates


@pytest.mark.parametrize("name", ["NULL", "None", "Not known", "Bristo"])
def test_a_word_that_is_in_no_name_is_not_called_a_place(name: str) -> None:
    assert real().resolve(name, DAY).reason == UNKNOWN


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("NHS Somerset", ["RH5", "QSL", "11T"]),
        ("NHS Medway", ["RPA", "09W", "QKS"]),
        ("Bristol", ["RA7", "RVJ", "11H", "QUY"]),
        ("NHS Rotherham", ["RFR"]),
        ("NHS Somerset ICB", ["QSL", "RH5"]),
    ],
)
def test_candidates_are_of_every_kind_that_may_be_meant(name: str, kinds: list[str]) -> None:
    candidates = real().resolve(name, DAY).candidates
    codes = [candidate.split()[0] for candidate in candidates]
    assert set(kinds) <= set(codes)
    for candidate in candidates:
        is_trust = candidate.split()[0] in {known.org_code for known in real().names()}
        assert is_trust or candidate.endswith(")")
    boards = [c for c in candidates if "(integrated care board" in c or "(clinical commissioning group" in c]
    assert len(boards) == len([code for code in codes if code not in {n.org_code for n in real().names()}])


def test_no_trust_is_found_by_the_bare_form_of_its_name() -> None:
    """Every official name without its legal form either says what it is, or is an alias, or matches nothing."""
    aliases = {normalise(name.name) for name in real().names() if name.kind == "alias" and is_bare(name.name)}
    tried = 0
    for name in real().names():
        short = normalise(name.name)
        for style in (short, f"NHS {short}", short.title()):
            found = real().resolve(style, DAY).org_code
            if is_bare(short) and short not in aliases:
                assert found is None, style
                tried += 1
            else:
                assert found == name.org_code or name.kind == "alias", style
    assert tried > 150


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("UCLH", "RRV"),
        ("GSTT", "RJ1"),
        ("Imperial", "RYJ"),
        ("MFT", "R0A"),
        ("Manchester University Hospitals", "R0A"),
        ("Guy's and St Thomas'", "RJ1"),
        ("SLaM", "RV5"),
    ],
)
def test_a_well_known_short_name_is_found_through_an_alias(name: str, code: str) -> None:
    assert real().resolve(name, DAY) == Match(code, "alias")
    assert real().resolve(name.upper(), DAY).org_code == code


def test_a_short_name_is_found_in_its_days_only() -> None:
    assert real().resolve("CMFT", date(2016, 1, 1)) == Match("RW3", "alias")
    assert real().resolve("CMFT", DAY).org_code is None
    assert real().resolve("Manchester University Hospitals", date(2016, 1, 1)).org_code is None


def test_an_alias_with_its_legal_form_does_not_vouch_for_the_bare_form() -> None:
    assert real().resolve("Chelsea and Westminster NHS Foundation Trust", LONG_AGO).org_code == "RQM"
    assert real().resolve("Chelsea and Westminster", LONG_AGO).org_code is None


# Real trusts


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Royal National Orthopaedic Hospital NHS Trust", "RAN"),
        ("The Royal Orthopaedic Hospital NHS Foundation Trust", "RRJ"),
        ("Royal Orthopaedic Hospital", "RRJ"),
        ("Gloucestershire Hospitals NHS Foundation Trust", "RTE"),
        ("Gloucestershire Health and Care NHS Foundation Trust", "RTQ"),
        ("Gloucestershire Care Services NHS Trust", "R1J"),
        ("Oxford Health NHS Foundation Trust", "RNU"),
        ("Oxford University Hospitals NHS Foundation Trust", "RTH"),
        ("Dorset County Hospital NHS Foundation Trust", "RBD"),
        ("Dorset HealthCare University NHS Foundation Trust", "RDY"),
        ("University Hospitals Dorset NHS Foundation Trust", "R0D"),
        ("Lancashire & South Cumbria NHS Foundation Trust", "RW5"),
        ("Lancashire Teaching Hospitals NHS Foundation Trust", "RXN"),
        ("East Lancashire Hospitals NHS Trust", "RXR"),
        ("Mersey and West Lancashire Teaching Hospitals NHS Trust", "RBN"),
        ("North London NHS Foundation Trust", "G6V2S"),
    ],
)
def test_trusts_with_similar_names_are_never_confused(name: str, code: str) -> None:
    assert real().resolve(name, DAY).org_code == code
    assert real().resolve(name.upper(), DAY, code=code).org_code == code


@pytest.mark.parametrize(
    "name",
    [
        "Royal Orthopaedic",
        "Gloucestershire",
        "Oxford",
        "Oxford Hospitals",
        "Dorset",
        "Lancashire NHS Foundation Trust",
        "Salford Roial NHS Foundation Trust",
        "Manchester Univercity NHS Foundation Trust",
    ],
)
def test_a_part_of_a_name_or_a_slip_gives_candidates_and_no_match(name: str) -> None:
    match = real().resolve(name, DAY)
    assert (match.org_code, match.matched_by) == (None, "")
    assert match.candidates
    assert all(re.match(r"[A-Z0-9]{3,6} [A-Z]", candidate) for candidate in match.candidates)


def test_a_slip_shows_the_trust_that_was_meant() -> None:
    assert real().resolve("Salford Roial NHS Foundation Trust", DAY).candidates[0].startswith("RM3 ")


def test_the_code_of_one_orthopaedic_trust_with_the_name_of_the_other_is_refused() -> None:
    match = real().resolve("The Royal Orthopaedic Hospital NHS Foundation Trust", DAY, code="RAN")
    assert match.org_code is None
    assert [candidate[:3] for candidate in match.candidates] == ["RAN", "RRJ"]


@pytest.mark.parametrize(
    ("name", "day", "code"),
    [
        ("SALFORD ROYAL NHS FOUNDATION TRUST", date(2019, 1, 1), "RM3"),
        ("Northern Care Alliance NHS Foundation Trust", DAY, "RM3"),
        ("Aintree University Hospital NHS Foundation Trust", LONG_AGO, "REM"),
        ("Liverpool University Hospitals NHS Foundation Trust", DAY, "REM"),
        ("Royal Liverpool and Broadgreen University Hospitals NHS Trust", LONG_AGO, "RQ6"),
        ("Southend University Hospital NHS Foundation Trust", LONG_AGO, "RAJ"),
        ("Mid and South Essex NHS Foundation Trust", DAY, "RAJ"),
        ("Black Country Partnership NHS Foundation Trust", date(2018, 1, 1), "TAJ"),
        ("Black Country Healthcare NHS Foundation Trust", DAY, "TAJ"),
        ("Camden and Islington NHS Foundation Trust", date(2024, 10, 1), "TAF"),
        ("Milton Keynes Hospital NHS Foundation Trust", date(2014, 1, 1), "RD8"),
    ],
)
def test_a_trust_is_found_under_the_name_of_its_day(name: str, day: date, code: str) -> None:
    assert real().resolve(name, day).org_code == code


def test_every_name_of_the_maturity_assessment_is_one_trust() -> None:
    names = sorted(set(staged_rows("dma")["org_name_as_published"].dropna()))
    found = {name: real().resolve(name, DAY) for name in names}
    assert [name for name, match in found.items() if match.org_code is None] == []
    assert len({match.org_code for match in found.values()}) == len(names) == 204
    assert {match.matched_by for match in found.values()} == {"name_on_date"}


def test_every_code_of_the_epr_list_agrees_with_its_name() -> None:
    rows = staged_rows("epr")[["org_name_as_published", "org_code_as_published"]]
    for name, code in rows.itertuples(index=False):
        assert real().resolve(name, date(2024, 10, 1), code=code).org_code == code, (name, code)


def test_no_two_organisations_bear_the_same_name() -> None:
    bearers = Counter(normal for normal, _ in {(normalise(n.name), n.org_code) for n in real().names()})
    assert [normal for normal, count in bearers.items() if count > 1] == []


# Curated tables


def succession() -> list[dict[str, str | None]]:
    return list(curated("succession").rows)


def known_codes() -> set[str]:
    return set(staged_rows("ods")["org_code"]) | {str(row["org_code"]) for row in curated("care_trusts").rows}


@pytest.mark.parametrize("table", CURATED)
def test_every_curated_row_says_where_it_was_read(table: str) -> None:
    rows = curated(table).rows
    assert rows
    for row in rows:
        assert urlsplit(row["source_url"] or "").scheme == "https", row
        if table != "regions":
            assert row["evidence_grade"] in EVIDENCE_GRADES, row
            assert row["evidence"], row


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("aliases", ("org_code", "name")),
        ("care_trusts", ("org_code",)),
        ("names", ("org_code", "name")),
        ("regions", ("region_code",)),
        ("succession", ("predecessor_code", "successor_code")),
    ],
)
def test_no_curated_row_is_there_twice(table: str, key: tuple[str, ...]) -> None:
    counted = Counter(tuple(row[name] for name in key) for row in curated(table).rows)
    assert [found for found, count in counted.items() if count > 1] == []


def test_every_curated_table_is_known_to_the_model() -> None:
    folder = Path(__file__).parents[2] / "assets" / "organisations" / "curated"
    assert {path.stem for path in folder.iterdir()} == set(CURATED)


def test_every_code_of_the_curated_tables_is_a_known_trust() -> None:
    codes = {row["org_code"] for table in ("aliases", "names") for row in curated(table).rows}
    codes |= {row["successor_code"] or row["predecessor_code"] for row in succession()}
    assert {code for code in codes if not re.fullmatch(ORG_CODE, code or "")} == set()
    assert codes - known_codes() == set()


def test_a_predecessor_that_is_no_known_trust_ended_before_the_first_list() -> None:
    strangers = [row for row in succession() if row["predecessor_code"] not in known_codes()]
    assert len(strangers) == 253
    assert max(str(row["succession_date"]) for row in strangers) < "2015-04-01"
    assert {row["predecessor_close_date"] for row in strangers} == {None}


def test_a_known_predecessor_has_one_main_successor_or_a_day_and_a_reason_of_its_end() -> None:
    known = [row for row in succession() if row["predecessor_code"] in known_codes()]
    main = Counter(row["predecessor_code"] for row in known if row["is_main"] == "true")
    ended = {row["predecessor_code"] for row in known if not row["successor_code"]}
    assert set(main.values()) == {1}
    assert set(main) | ended == {row["predecessor_code"] for row in known}
    assert set(main) & ended == set()
    assert all(row["note"] and row["predecessor_close_date"] for row in known if not row["successor_code"])


def test_a_successor_starts_the_day_after_its_predecessor_ends() -> None:
    same_day = set()
    for row in succession():
        if row["successor_code"] and row["predecessor_close_date"]:
            start = date.fromisoformat(str(row["succession_date"]))
            days = (start - date.fromisoformat(row["predecessor_close_date"])).days
            assert days in {0, 1}, row
            same_day |= {row["predecessor_code"]} if days == 0 else set()
    assert same_day == {"RHX", "RVL", "RR1"}, "the three whose successor's first day ODS lists as their last"


def test_what_a_succession_rests_on_is_stated_or_inferred() -> None:
    assert {row["basis"] for row in succession()} == {"stated", "inferred"}
    assert {row["is_main"] for row in succession() if row["successor_code"]} == {"true", "false", None}


def test_every_region_of_the_newest_list_has_a_name() -> None:
    named = {row["region_code"] for row in curated("regions").rows}
    assert named == {f"Y{number}" for number in (56, 58, 59, 60, 61, 62, 63)}
    rows = staged_rows("ods")
    newest = rows[(rows["edition"] == "2026-07-08") & (rows["gor_code"] != "W") & rows["close_date"].isna()]
    assert set(newest["region_code"]) <= named


def test_a_name_seen_is_seen_over_days_in_order() -> None:
    for table, first, last in (("names", "seen_from", "seen_to"), ("aliases", "valid_from", "valid_to")):
        for row in curated(table).rows:
            days = (row[first] or "0001-01-01", row[last] or "9999-12-31")
            assert date.fromisoformat(days[0]) <= date.fromisoformat(days[1]), row
