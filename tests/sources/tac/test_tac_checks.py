"""The checks of the accounts can fail, each for its own rule; artificial amounts never get past them."""

import csv
import hashlib
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from tac_workbook import LIFE, Edit, Row, scaled, sound, staged, trusts, workbook

from assets.contract.columns import key_of
from assets.contract.frozen_editions import frozen_editions
from assets.sources.tac.parse import TABLE
from assets.sources.tac.source import LANDING_PAGE, REMOTES, SOURCE, coverage
from pipelines.fetching.links import offered
from pipelines.judging import file_verdicts
from pipelines.judging.expectation_results import validate
from pipelines.staging import staged_tables
from pipelines.storage.archive import Vintage
from pipelines.storage.home import Home
from pipelines.storage.parquet import to_pandas


def checks(content: bytes, edition: str = "2023/24") -> dict[str, bool]:
    results = validate(staged(content, edition), SOURCE.expectations, key=key_of(TABLE))
    assert not [r for r in results if r.outcome == "raised"]
    return {result.check: result.success for result in results}


def failing(content: bytes, edition: str = "2023/24") -> set[str]:
    return {check for check, passed in checks(content, edition).items() if not passed}


SMALL = {
    "no_artificial_amounts",
    "about_as_many_providers_as_there_are",
    "providers_have_about_as_many_rows_as_ever",
}
"""What every small artificial workbook fails."""


def test_a_sound_workbook_fails_for_its_size_and_its_mark_only() -> None:
    assert failing(sound()) == SMALL


def uneven(rows: list[Row]) -> list[Row]:
    """Move the useful life of one provider to another: the total still divides."""
    names = list(dict.fromkeys(row[0] for row in rows))
    return [(names[1], *r[1:]) if r[0] == names[0] and r[5] == LIFE[4] else r for r in rows]


@pytest.mark.parametrize(
    ("edit", "failed"),
    [
        (uneven, {"every_provider_has_the_same_number_of_rows"}),
        (scaled("operating_surplus", 1.5), {"accounts_add_up", "all_accounts_add_up"}),
        (scaled("operating_income_of_the_note", 2), {"accounts_add_up", "all_accounts_add_up"}),
        (scaled("it_equipment_additions", 0), {"it_is_a_plausible_share_of_additions"}),
        (scaled("it_equipment_additions", 5), {"it_is_a_plausible_share_of_additions"}),
        (
            scaled("operating_expenses", 1000),
            {"accounts_add_up", "all_accounts_add_up", "amounts_are_in_thousands"},
        ),
    ],
)
def test_a_check_fails_where_its_rule_is_broken(edit: Edit, failed: set[str]) -> None:
    assert failing(workbook(edit=edit)) == SMALL | failed


def test_one_provider_whose_accounts_do_not_add_up_is_only_a_warning() -> None:
    content = workbook(providers=trusts(50), edit=scaled("operating_surplus", 1.5, most=1))
    assert failing(content) == {
        "no_artificial_amounts",
        "all_accounts_add_up",
        "providers_have_about_as_many_rows_as_ever",
    }


def test_files_without_comments_pass_the_check_of_the_mark() -> None:
    def uncommented(book: openpyxl.Workbook) -> None:
        book["List of Providers"].delete_cols(5)

    assert "no_artificial_amounts" not in failing(workbook(change=uncommented))


def test_leicester_in_2019_20_would_be_news() -> None:
    leicester = next(pair for pair in trusts(300) if pair[0] == "RWE")
    assert "leicester_is_missing_from_2019_20" not in failing(sound("2019/20"), "2019/20")
    assert "leicester_is_missing_from_2019_20" in failing(
        workbook("2019/20", providers=[leicester]), "2019/20"
    )
    assert "leicester_is_missing_from_2019_20" not in failing(workbook(providers=[leicester]))


def test_artificial_amounts_never_enter_a_release(tmp_path: Path) -> None:
    """A workbook that meets every other rule is refused for its mark, and nothing of it is staged."""
    home = Home(tmp_path)
    content = workbook(providers=trusts(50))
    sha256 = hashlib.sha256(content).hexdigest()
    home.archive.add(
        content,
        Vintage(
            source="tac",
            edition="2023/24",
            part="trusts",
            sha256=sha256,
            bytes=len(content),
            origin="ingested",
            url="",
            final_url="",
            publisher_file_name="artificial.xlsx",
            retrieved_at="2026-01-01T00:00:00+00:00",
            published_at="",
            etag="",
            last_modified="",
            licence="none",
            how="made for a test",
        ),
    )
    (judged,) = (one for one in file_verdicts.judge_all(SOURCE, home) if one.copy.origin == "ingested")
    errors = {check.check for check in judged.checks if not check.success and check.severity == "ERROR"}
    assert (judged.accepted, judged.problems, errors) == (False, (), {"no_artificial_amounts"})
    manifest = staged_tables.stage(SOURCE, [judged], home)
    assert manifest.used == ()
    assert len(to_pandas(staged_tables.read_parquet(staged_tables.staged_path("tac", home)))) == 0


def test_nothing_artificial_is_frozen() -> None:
    held = frozen_editions("tac")
    assert [(one.descriptor.edition, one.descriptor.part) for one in held] == [
        ("2022/23", "compiled"),
        ("2023/24", "compiled"),
    ]
    assert not [one for one in held if "artificial" in one.path.read_text("utf-8").lower()]


def test_coverage_counts_files_providers_and_money_and_names_the_known_gap() -> None:
    frame = pd.concat([staged(sound("2019/20"), "2019/20"), staged(sound("2023/24"), "2023/24")])
    found = {row.subject: (row.held, row.expected, row.status) for row in coverage(frame)}
    money = "millions of pounds of operating expenses of"
    assert found == {
        "files of 2019/20": (1, 2, "partial"),
        "providers of 2019/20": (3, 226, "partial"),
        f"{money} 2019/20": (960, None, "partial"),
        "RWE University Hospitals of Leicester, 2019/20": (0, 1, "not published"),
        "files of 2023/24": (1, 2, "partial"),
        "providers of 2023/24": (3, 206, "partial"),
        f"{money} 2023/24": (960, 130_800, "partial"),
    }


@pytest.mark.parametrize(("held", "status"), [(130_899, "complete"), (130_901, "partial")])
def test_expenses_of_a_whole_year_are_what_others_have_added_up(held: int, status: str) -> None:
    frame = pd.concat([staged(sound()), staged(workbook(providers=trusts(3)[:1]))])
    first = (frame["measure"] == "operating_expenses") & (frame["period"] == "CY")
    frame.loc[first, "amount"] = held * 1000 / first.sum()
    (found,) = (row for row in coverage(frame) if row.subject.startswith("millions"))
    assert (found.held, found.status) == (held, status)


# Finding the files

PAGE = """
<a href="/a/financial-accounting">Financial accounting and reporting 2023/24</a>
<a href="/wp-content/uploads/2025/01/TAC-NHS-trusts-2023-24.xlsx">TAC data published in NHS trusts' accounts 2023/24</a>
<a href="/wp-content/uploads/2025/01/ft-2324.xlsx">TAC data published in NHS foundation trusts' accounts 2023/24</a>
<a href="/wp-content/uploads/2025/01/2023-24-NHS-Provider-TAC-illustrative-file.xlsx">Illustrative TAC file: NHS trusts and NHS foundation trusts 2023/24</a>
<a href="/wp-content/uploads/2021/02/1920-nhs-provider-tac-ilustrative-file.xlsx">NHS trusts ilustrative file 2019/20</a>
<a href="/wp-content/uploads/2021/12/202021-TAC-data-foundation-trusts.xlsx">Foundation trusts</a>
<a href="/wp-content/uploads/2021/12/tac-2020-to-2021.xlsx">NHS trusts: TAC data 2020 to 2021</a>
<a href="https://webarchive.nationalarchives.gov.uk/x/NHS_trusts_accounts_for_2018-19.xlsx">NHS trusts 2018/19</a>
<a href="/b">All NHS trusts and NHS foundation trusts 2022/23</a>
"""


def series() -> Iterator[tuple[str, str, str]]:
    for one in offered(PAGE.encode(), LANDING_PAGE, REMOTES[-1]):
        yield str(one.edition), one.part, one.url.rpartition("/")[2]


def test_files_are_distinguished_by_year_and_kind_of_trust() -> None:
    assert sorted(series()) == [
        ("2020/21", "foundation_trusts", "202021-TAC-data-foundation-trusts.xlsx"),
        ("2020/21", "trusts", "tac-2020-to-2021.xlsx"),
        ("2023/24", "foundation_trusts", "ft-2324.xlsx"),
        ("2023/24", "trusts", "TAC-NHS-trusts-2023-24.xlsx"),
    ]


def test_two_links_for_one_file_lose_that_file_only() -> None:
    page = PAGE + '<a href="/other.xlsx">NHS trusts 2023/24</a>'
    found = offered(page.encode(), LANDING_PAGE, REMOTES[-1])
    assert ("2023/24", "trusts") not in {(one.edition, one.part) for one in found}
    assert len(found.files) == 3
    (clash,) = map(str, found.problems)
    assert "expected one link for 2023/24 trusts" in clash


def test_the_publishers_names_are_read_in_the_singular_and_the_plural() -> None:
    uploads = "https://www.england.nhs.uk/wp-content/uploads"
    names = {
        f"2023/07/TAC-data-published-in-NHS-{kind}-accounts-for-{year}.xlsx": (f"{year[:4]}/{year[5:]}", part)
        for year in ("2020-21", "2021-22", "2022-23", "2023-24", "2024-25")
        for kind, part in (
            ("trust" if year == "2020-21" else "trusts", "trusts"),
            ("foundation-trust", "foundation_trusts"),
        )
    }
    menu = '<a href="/publication/accounts/">Accounts of NHS trusts 2024/25</a><a href="/x/NHS-trusts-2024-25.pdf">NHS trusts</a>'
    links = "".join(f'<a href="{uploads}/{name}">Download</a>' for name in names)
    found = offered((menu + links).encode(), LANDING_PAGE, REMOTES[-1])
    assert [(one.edition, one.part) for one in found] == list(names.values())
    assert found.problems == ()


@pytest.mark.parametrize(
    ("text", "file", "why"),
    [
        ("NHS foundation trusts 2023/24", "NHS-trusts-2023-24.xlsx", "foundation trusts in one name"),
        ("NHS trusts 2022/23", "NHS-trusts-2023-24.xlsx", "the years from 2022 and 2023 in one name"),
    ],
)
def test_a_link_whose_text_and_address_differ_is_reported_and_not_fetched(
    text: str, file: str, why: str
) -> None:
    found = offered(f'<a href="/{file}">{text}</a>'.encode(), LANDING_PAGE, REMOTES[-1])
    assert found.files == ()
    (problem,) = map(str, found.problems)
    assert why in problem


def test_the_pages_of_2019_20_are_found_by_their_address() -> None:
    page = "".join(
        f'<a href="/publication/tac-data-published-in-nhs-{kind}-2019-20-accounts/">Data of 2019/20</a>'
        for kind in ("trust", "foundation-trust")
    )
    found = offered(page.encode(), LANDING_PAGE, REMOTES[-2])
    assert [(one.edition, one.part) for one in found] == [
        ("2019/20", "trusts"),
        ("2019/20", "foundation_trusts"),
    ]


def test_the_first_two_years_have_addresses_of_their_own() -> None:
    fixed = {(remote.edition, remote.part) for remote in REMOTES if remote.link is None}
    assert fixed == {(y, p) for y in ("2017/18", "2018/19") for p in ("trusts", "foundation_trusts")}
    assert SOURCE.allowed_hosts == {"webarchive.nationalarchives.gov.uk", "www.england.nhs.uk"}


def test_the_workbooks_known_are_those_of_the_facts(gathered_facts: Path) -> None:
    rows = csv.DictReader((gathered_facts / "tac_official_files.csv").read_text("utf-8").splitlines())
    listed = {row["sha256"]: (row["fy"].replace("-", "/"), "trusts") for row in rows}
    assert REMOTES[-1].known == REMOTES[-2].known == listed
