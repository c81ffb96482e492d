"""Coverage answers why a trust is not in a table; each test is one answer."""

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from conftest import staged_rows
from releases import ask, offline_home

from assets.catalogue import sources
from assets.contract.notes import Coverage
from assets.contract.remote import Remote
from assets.contract.source import Source
from assets.organisations import model
from pipelines.integration.coverage import coverage
from pipelines.integration.frames import Frames
from pipelines.judging.file_verdicts import Candidate, Verdict
from pipelines.staging.staged_tables import Manifest, Staged
from pipelines.storage.home import Home

FIXED = Remote("https://www.england.nhs.uk/a.csv", edition="2025", part="acute")
SERIES = Remote("https://www.england.nhs.uk/b", link="(c)", name=lambda _match: ("2024", ""))
DAILY = Remote("https://www.england.nhs.uk/d.csv", part="daily")


@pytest.fixture(scope="module")
def organisations() -> Frames:
    return model.build(staged_rows("ods"))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return offline_home(tmp_path_factory.getbasetemp())


def source(**changes: Any) -> Source:
    """Return a source that says nothing of its own coverage."""
    plain = {"remotes": (), "caveats": (), "absent": {}, "coverage": lambda _rows: []}
    return replace(sources()["epr"], **{**plain, **changes})


def copy(edition: str, part: str = "") -> Candidate:
    return Candidate("epr", edition, part, "ab" * 32, "", 1, "fetched", "", "", "", "", "")


def used(*copies: Candidate) -> Manifest:
    judged = (Verdict(one, accepted=True, problems=(), checks=(), rows_in=2, rows_used=2) for one in copies)
    return Manifest("epr", tuple(judged), ())


def reported(
    organisations: Frames, of: Source, manifest: Manifest, facts: Frames | None = None
) -> list[dict[str, Any]]:
    staged = {"epr": Staged(of, pd.DataFrame(), manifest, "fresh", "")}
    return coverage(staged, organisations, facts or {}, [], {})


def facts(codes: list[str], day: str = "2025-06-30") -> Frames:
    ends = pd.Timestamp(day).date()
    rows = [
        {"source": "epr", "edition": "2025", "org_code": code, "period_end": ends} for code in [*codes, None]
    ]
    return {"epr_supplier": pd.DataFrame(rows)}


def open_on(organisations: Frames, day: str) -> set[str]:
    known, at = organisations["organisation"], pd.Timestamp(day).date()
    rows = known[known["in_scope"] & (known["open_date"] <= at)]
    return set(rows[rows["close_date"].isna() | (rows["close_date"] >= at)]["org_code"])


def by_subject(rows: list[dict[str, Any]]) -> dict[str, tuple[int, int, str, str]]:
    return {row["subject"]: (row["held"], row["expected"], row["status"], row["org_codes"]) for row in rows}


def test_a_file_that_never_came_is_reported_with_its_address(organisations: Frames) -> None:
    rows = reported(organisations, source(remotes=(FIXED, SERIES, DAILY)), used())
    assert [(row["edition"], row["subject"], row["held"], row["expected"]) for row in rows] == [
        ("2025", "files of 2025", 0, 1),
        ("", "editions on offer", 0, None),
    ]
    assert {row["status"] for row in rows} == {"never fetched"}
    assert f"To come from {FIXED.url} (acute)." in rows[0]["why"]
    assert f"To come from a link on {SERIES.url}; {DAILY.url} (daily)." in rows[1]["why"]


@pytest.mark.parametrize(
    ("held", "lacking"),
    [
        ([copy("2025", "acute")], [SERIES, DAILY]),
        ([copy("2024")], [FIXED, DAILY]),
        ([copy("2026-01-01", "daily")], [FIXED]),
    ],
)
def test_what_has_come_is_not_reported_as_missing(
    organisations: Frames, held: list[Candidate], lacking: list[Remote]
) -> None:
    rows = reported(organisations, source(remotes=(FIXED, SERIES, DAILY)), used(*held))
    why = " ".join(row["why"] for row in rows)
    assert [remote for remote in (FIXED, SERIES, DAILY) if remote.url in why] == lacking


def test_a_table_that_waits_for_its_first_file_is_named(home: Home) -> None:
    waiting = "select distinct table_name from coverage where status = 'never fetched' and source = 'tac'"
    assert {"it_spend", "it_asset", "denominator"} <= {name for (name,) in ask(home.latest, waiting)}


def test_a_refused_file_and_rejected_rows_are_reported(organisations: Frames) -> None:
    kept = replace(used(copy("2024")).used[0], rows_in=3, rejected=({},))  # type: ignore[arg-type]
    manifest = Manifest("epr", (kept,), ("Reading epr 2025: no sheet.",), (copy("2025", "acute"),))
    rows = reported(organisations, source(), manifest)
    assert [(row["edition"], row["held"], row["expected"], row["status"]) for row in rows] == [
        ("2025", 0, 1, "refused"),
        ("2024", 2, 3, "refused"),
    ]
    assert rows[0]["why"] == "Reading epr 2025: no sheet."


def test_every_open_trust_in_a_table_is_complete(organisations: Frames) -> None:
    everyone = open_on(organisations, "2026-07-08")
    rows = reported(organisations, source(), used(), facts(sorted(everyone), "2026-07-08"))
    assert by_subject(rows) == {"trusts open on 2026-07-08": (202, 202, "complete", "")}


def test_an_open_trust_without_a_row_is_named_with_the_reason_of_its_source(organisations: Frames) -> None:
    everyone = open_on(organisations, "2026-07-08") - {"RVN", "RX8"}
    table = facts(sorted(everyone), "2026-07-08")
    rows = reported(organisations, source(), used(), table)
    assert by_subject(rows)["trusts open on 2026-07-08 without a row"] == (0, 2, "not published", "RVN; RX8")
    stated = reported(organisations, source(absent={"epr_supplier": "No ambulances."}), used(), table)
    assert (stated[-1]["status"], stated[-1]["why"]) == ("not in scope", "No ambulances.")


def test_a_trust_listed_under_the_code_of_its_successor_is_merged_away(organisations: Frames) -> None:
    everyone = open_on(organisations, "2018-09-30")
    rows = reported(
        organisations, source(), used(), facts(sorted({*everyone, "R0B"} - {"RE9", "RLN"}), "2018-09-30")
    )
    found = by_subject(rows)
    assert found["trusts open on 2018-09-30 under another code"] == (0, 2, "merged away", "RE9; RLN")
    assert found["trusts not yet open on 2018-09-30"] == (1, 1, "not in scope", "R0B")
    assert "trusts open on 2018-09-30 without a row" not in found


def test_trusts_that_have_closed_since_are_named(organisations: Frames) -> None:
    (row,) = reported(organisations, source(), used(), facts(["RRP", "RJ1"], "2023-06-30"))[-1:]
    assert (row["subject"], row["org_codes"]) == ("trusts open on 2023-06-30 and closed since", "RRP")


def test_more_than_a_hundred_codes_are_counted_and_not_listed(organisations: Frames) -> None:
    found = by_subject(reported(organisations, source(), used(), facts(["RJ1"])))
    held, expected, _, codes = found["trusts open on 2025-06-30 without a row"]
    assert (held, codes) == (0, "")
    assert expected > 100


def test_coverage_refuses_a_reason_no_release_can_be_published_with() -> None:
    with pytest.raises(ValueError, match=r"expected one of complete, partial, .* found 'incomplete'"):
        Coverage("files", 1, 2, "incomplete", "")


def test_every_trust_open_in_the_period_of_an_edition_is_accounted_for(home: Home) -> None:
    """With a row, under another code, or named as missing: together they are all trusts that were open."""
    unaccounted = """
        select o.source, o.table_name, o.edition
        from coverage o left join coverage m
          on (m.source, m.table_name, m.edition) = (o.source, o.table_name, o.edition)
          and m.subject in (o.subject || ' under another code', o.subject || ' without a row')
        where regexp_full_match(o.subject, 'trusts open on [0-9-]+')
        group by o.source, o.table_name, o.edition, o.held, o.expected
        having o.held + coalesce(sum(m.expected), 0) <> o.expected"""
    assert ask(home.latest, unaccounted) == []
    counted = "select count(distinct (source, table_name, edition)) from coverage where subject like 'trusts open on%'"
    assert ask(home.latest, counted)[0][0] >= 20


def test_the_one_trust_that_the_assessment_of_2025_lacks_is_named(home: Home) -> None:
    found = ask(
        home.latest,
        "select held, expected, status, org_codes from coverage where table_name = 'maturity_score' and source = 'dma' "
        "and subject = 'trusts open on 2025-06-30 without a row'",
    )
    assert found == [(0, 1, "not published", "RVN")]


def test_a_source_counts_only_what_became_facts(organisations: Frames) -> None:
    rows = pd.DataFrame(
        {"edition": ["2025", "2025", "2024"], "org_name_as_published": ["A", "B", "A"], "value": [1, 2, 3]}
    )
    counted: list[list[int]] = []

    def coverage_of(frame: pd.DataFrame) -> list[Coverage]:
        counted.append(frame["value"].tolist())
        return []

    table = facts(["RJ1"])["epr_supplier"].assign(org_name_as_published="A")
    staged = {"epr": Staged(source(coverage=coverage_of), rows, used(), "fresh", "")}
    coverage(staged, organisations, {"epr_supplier": table}, [], {})
    unmatched = [{"source": "epr", "table_name": "epr_supplier", "edition": "2025", "status": "unmatched"}]
    coverage(staged, organisations, {}, unmatched, {})
    coverage(staged, organisations, {}, [], {})
    assert counted == [
        [1],
        [1, 2, 3],
    ]  # of unmatched rows only, nothing is counted; without facts, everything


@pytest.mark.parametrize(
    ("subject", "sql"),
    [
        (
            "trusts with a medical-records cost, ",
            "select edition, count(*) filter (where total_gbp is not null), count(*) from medical_records_cost group by 1",
        ),
        (
            "providers in the assessment of ",
            "select edition, count(distinct org_code), 205 from maturity_score where source = 'dma' group by 1",
        ),
        (
            "organisations kept of the list of ",
            "select edition, count(*), null from dspt_status group by 1",
        ),
    ],
)
def test_what_a_source_counts_is_what_the_fact_table_holds(home: Home, subject: str, sql: str) -> None:
    held = ask(
        home.latest,
        f"select replace(subject, '{subject}', ''), held, expected from coverage where starts_with(subject, '{subject}') "
        "order by all",
    )
    expected = ask(home.latest, f"from ({sql}) order by all")
    assert [row[:2] for row in held] == [row[:2] for row in expected]
    assert all(wanted in {None, row[2]} for row, (*_, wanted) in zip(held, expected, strict=True))


def test_members_held_are_those_of_the_fact_table(home: Home) -> None:
    held = dict(ask(home.latest, "select subject, held from coverage where subject like '% held by name'"))
    roles = (
        "select case role when 'aspirant_seed' then 'aspirant' else role end || ' held by name', count(*) "
        "from programme_membership group by 1"
    )
    assert held == dict(ask(home.latest, roles)) != {}


def test_boards_that_scored_themselves_are_counted_although_they_name_no_provider(home: Home) -> None:
    sql = "select held, expected, status from coverage where subject = 'integrated care boards in the assessment of 2025'"
    assert ask(home.latest, sql) == [(42, 42, "complete")]
