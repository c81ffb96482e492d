"""`explain organisation`: names, places, ways to today, what was inherited from whom, with days, as the release has it."""

import re

import pytest
from releases import ask, offline_home

from assets.tables.current_tables import INHERITED
from pipelines.queries import organisation_history
from pipelines.queries.opened_release import ExplainError
from pipelines.storage.home import VARIABLE, Home


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Return the home of the release that every test shares, made the default."""
    shared = offline_home(tmp_path_factory.getbasetemp())
    monkeypatch.setenv(VARIABLE, str(shared.root))
    return shared


def part(code: str, title: str) -> str:
    """Return the section of a history with a title, unwrapped; empty where there is none."""
    sections = organisation_history.tell(code).split("\n\n")
    return " ".join(next((one for one in sections if one.startswith(title)), "").split())


def test_an_organisation_tells_its_history(home: Home) -> None:
    text = organisation_history.tell("r0a")
    assert text.startswith(
        "R0A  MANCHESTER UNIVERSITY NHS FOUNDATION TRUST\n  open        from 2017-10-01 on"
    )
    before = part("R0A", "Took over")
    steps = [before.index(step) for step in ("2012-04-01 RM4 ", "2017-10-01 RM2 ", "2021-10-01 RW6 ")]
    assert steps == sorted(steps)
    assert "(split, not its main successor)" in before
    assert "2001-04-01 RQ7 (name not listed)" in before
    assert "RM4, RM2, RW3, RW6: stated by ODS" in before
    assert "into RM3" not in before
    sql = "select org_code, count(*) from denominator where org_code in ('R0A', 'RW6') group by org_code"
    facts = next(section for section in text.split("\n\n") if section.startswith("Facts held"))
    for code, count in ask(home.latest, sql):
        assert re.search(
            rf"denominator +{code} +{count} rows .*{', split' if code == 'RW6' else '[0-9]'}$",
            facts,
            re.MULTILINE,
        )


def test_names_say_when_lists_showed_them_and_claim_no_day_they_began() -> None:
    names = part("REM", "Names")
    liverpool = "LIVERPOOL UNIVERSITY HOSPITALS NHS FOUNDATION TRUST (official, first seen 2020-04-01, last seen 2026-07-08)"
    assert liverpool in names
    assert "(official, first seen 2015-04-01, last seen 2016-03-31)" in names
    assert names.index("AINTREE") < names.index("LIVERPOOL")
    assert "Aintree University Hospitals NHS Foundation Trust (alias, not after 2018-03-31)" in names
    assert "not before" not in names
    assert "last seen 2019-09-30" in part("RQ6", "Names"), "the day it closed, not that of a later list"


def test_every_way_of_a_split_is_listed_its_main_one_first() -> None:
    found = part("RW6", "RW6")
    assert re.search(
        "today RM3 NORTHERN CARE ALLIANCE NHS FOUNDATION TRUST, since 2021-10-01 by way of RW6>RM3 "
        r"\(part_by_split\); and R0A .* by way of RW6>R0A \(part_by_split, not its main successor\)",
        found,
    )
    after = part("RW6", "Succeeded by")
    assert "into RM3" in after
    assert "into R0A" in after


def test_what_comes_through_a_split_makes_no_member() -> None:
    member = "fast_follower, acute, wave 1, member from 2017-09; as RW6"
    words = "part_by_split: today's organisation took over a part of the member and is not a member itself; RW6 since 2021-10-01"
    for code in ("R0A", "RM3"):
        text = part(code, "Programmes")
        assert member in text
        assert words in text
    text = part("RW6", "Programmes")
    assert text.count(member) == 1
    assert text.count(words) == 2
    assert "today RM3 NORTHERN CARE ALLIANCE NHS FOUNDATION TRUST, part_by_split" in text


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("REM", "as RQ6 .*absorbed_member: today's organisation took over the member; RQ6 since 2019-10-01"),
        ("RC9", "as RC9 .*enlarged_by_non_member: .*; RC1 since 2020-04-01"),
        ("RQ6", "today REM LIVERPOOL .*, absorbed_member: .*; RQ6 since 2019-10-01"),
    ],
)
def test_memberships_say_what_was_inherited_from_whom_since_when(code: str, words: str) -> None:
    assert re.search(words, part(code, "Programmes"))


def test_a_membership_is_shown_as_the_release_has_it(home: Home) -> None:
    sql = """
        select current_org_code, inherited_status, inherited_since from programme_membership_current
        where current_org_code is not null
        qualify row_number() over (partition by inherited_status order by current_org_code, programme, role) = 1"""
    rows = ask(home.latest, sql)
    assert {status for _, status, _ in rows} == set(INHERITED) - {"closed"}
    for code, status, since in rows:
        text = part(code, "Programmes")
        assert f"{status}: {INHERITED[status]}" in text
        assert since is None or f" since {since}" in text


def test_regions_and_boards_have_days_and_whose_account_they_are() -> None:
    text = part("RC9", "Regions and integrated care boards")
    assert "QHG NHS Bedfordshire, Luton and Milton Keynes Integrated Care Board (hq_postcode" in text
    assert "S1Y5D (hq_postcode, ods 2026-04-09, not before 2026-04-01)" in text
    assert "(as_reported_in_dma, dma 2025" in text


def test_days_that_disagree_say_how_they_were_reconciled() -> None:
    found = "2018-05-31 is stated, the predecessor's last day; the successor starts the day after"
    assert found in part("R1E", "Succeeded by")
    assert "RYK DUDLEY" in part("TAJ", "Took over")
    assert "the evidence gives no day" in part("TAJ", "Took over")


def test_an_organisation_that_ended_tells_where_it_went() -> None:
    text = part("RYK", "RYK")
    assert "to 2024-09-30" in text
    assert (
        "TAJ BLACK COUNTRY HEALTHCARE NHS FOUNDATION TRUST, since 2024-10-01 by way of RYK>TAJ (acquired_by)"
        in text
    )
    assert "2024-10-01 RYK" in part("RYK", "Succeeded by")
    assert "no known programme" in part("RYK", "Programmes")


def test_an_organisation_without_successor_says_why(home: Home) -> None:
    for code, why in ask(
        home.latest,
        "select org_code, why from organisation_current_main where relation = 'closed' order by 1 limit 2",
    ):
        assert f"today none: {' '.join(why.split())}" in part(code, code)


def test_organisations_that_ended_have_a_history_without_holes(home: Home) -> None:
    sql = "select org_code from organisation where close_date is not null or postcode is null order by 1 limit 6"
    for (code,) in ask(home.latest, sql):
        text = organisation_history.tell(code)
        assert text.startswith(f"{code}  ")
        assert "None" not in text


def test_a_predecessor_that_no_list_names_is_found_where_it_went() -> None:
    with pytest.raises(
        ExplainError, match="predecessor of TAJ, which took it over on 2003-04-01; explain organisation TAJ"
    ):
        organisation_history.tell("rq4")


def test_an_unknown_organisation_is_an_error_that_helps() -> None:
    with pytest.raises(ExplainError, match="digital-maturity resolve"):
        organisation_history.tell("ZZZ9")
