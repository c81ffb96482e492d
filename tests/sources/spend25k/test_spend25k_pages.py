"""Where trusts publish payments over GBP 25,000: which links are files, which pages are visited, and when."""

import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from fetching import NOW, QUICK
from publisher import Page, publishing
from publisher_pages import page
from test_spend25k_layouts import HEADERS, JULY, LINES, text

from assets.catalogue import sources
from assets.sources.spend25k import pages, trusts
from assets.sources.spend25k.months import months_in
from assets.sources.spend25k.parsing import parse
from assets.sources.spend25k.source import SOURCE
from pipelines.cli import main
from pipelines.fetching.address_rules import FetchError
from pipelines.fetching.archive_update import Outcome, fetch_source
from pipelines.fetching.client import Fetcher, Network
from pipelines.fetching.discovery import discovered
from pipelines.fetching.links import Offers
from pipelines.storage.archive import Archive

AS_OF = "2020-04-16"
GENERAL, OWN = (
    "https://www.artificial.example/key-documents",
    "https://www.artificial.example/spend-over-25000",
)
ROWS = [{"org_code": "RQX", "page_url": url, "as_of": AS_OF} for url in (GENERAL, OWN)]


def found_on(content: dict[str, bytes]) -> Offers:
    def read(url: str) -> tuple[bytes, str]:
        if url not in content:
            raise FetchError(f"Fetching {url}: expected a file, found 404")
        return content[url], url

    return discovered(pages.remotes(ROWS), read)


def parts(offers: Offers) -> list[tuple[str | None, str, str]]:
    return sorted((file.edition, file.part, file.url.rpartition("/")[2]) for file in offers)


def test_files_are_found_by_month_year_and_what_a_link_says() -> None:
    links = (
        ("/a.xlsx", "Spend over £25,000 - July 2020"),
        ("/b.csv", "Expenditure over 25k Febuary 2021 (CSV, 21KB)"),
        ("/Spend-over-25k-Aug20.csv", "Download"),
        ("/c.csv", "Payments over £25k, April to June 2021"),
        ("/d.csv", "Transactions over £25k 2019/20"),
        ("/e.csv", "Board papers July 2020"),
        ("/f.csv", "Purchasing card spend July 2020"),
        ("/g.csv", "July 2020"),
        ("/over-25k-september-2020", "Spend over £25k September 2020"),
        ("/h.pdf", "Spend over £25k May 2020"),
        ("/i.pdf", "Spend over £25k June 2020"),
    )
    offers = found_on({GENERAL: page(*links)})
    assert parts(offers) == [
        ("2019/20", "RQX.2019-04_2020-03", "d.csv"),
        ("2020/21", "RQX.2020-07", "a.xlsx"),
        ("2020/21", "RQX.2020-08", "Spend-over-25k-Aug20.csv"),
        ("2020/21", "RQX.2021-02", "b.csv"),
        ("2021/22", "RQX.2021-04_2021-06", "c.csv"),
    ]
    assert offers.problems == ()
    pdf, gone = offers.waiting
    assert f"{GENERAL} has files in a format that is not read: 2, such as" in pdf
    assert f"Fetching {OWN}: expected a file, found 404" in gone


def test_on_a_page_about_spending_a_month_alone_is_a_file_and_one_format_is_taken() -> None:
    links = (
        ("/g.csv", "July 2020 (CSV, 30 kB)"),
        ("/g.xlsx", "July 2020 (Excel)"),
        ("/r.csv", "Risk register July 2020"),
    )
    assert parts(found_on({OWN: page(*links)})) == [("2020/21", "RQX.2020-07", "g.csv")]


def test_two_files_of_one_month_lose_that_month_only() -> None:
    links = (("/1.csv", "July 2020"), ("/2.csv", "July 2020"), ("/3.csv", "August 2020"))
    offers = found_on({OWN: page(*links)})
    assert [part for _, part, _ in parts(offers)] == ["RQX.2020-08"]
    assert "expected one link for 2020/21 RQX.2020-07, found" in str(offers.problems[0])


def test_pages_that_are_gone_are_passed_over_unless_all_are() -> None:
    assert found_on({OWN: page(("/g.csv", "July 2020"))}).problems == ()
    (problem,) = found_on({}).problems
    assert f"Fetching {GENERAL}" in str(problem)


@pytest.mark.parametrize(
    ("words", "months"),
    [
        ("Spend over £25k July 2020", ("2020-07",)),
        ("Spend-over-25k_Jul20.csv", ("2020-07",)),
        ("2020 April", ("2020-04",)),
        ("January 2020-21", ("2021-01",)),
        ("Jan 20/21", ("2021-01",)),
        ("January 2020 (21 KB)", ("2020-01",)),
        ("March 25k spend 2020", ("2020-03",)),
        ("March 25,000 spend", ()),
        ("Q1 2020/21", ("2020-04", "2020-06")),
        ("Quarter 4 2020-21", ("2021-01", "2021-03")),
        ("2020/21", ("2020-04", "2021-03")),
        ("Dec - Feb 2021", ("2020-12", "2021-02")),
        ("June", ()),
        ("Over 25k", ()),
    ],
)
def test_months_are_read_as_people_write_them(words: str, months: tuple[str, ...]) -> None:
    assert months_in(pages._plain(words)) == months


def test_pages_are_of_listed_trusts_and_no_two_trusts_share_one() -> None:
    listed = {row["org_code"] for row in trusts.rows("trusts")}
    rows = trusts.rows("pages")
    assert len(rows) == len({row["page_url"].lower() for row in rows}) == 307
    assert len({row["org_code"] for row in rows} & listed) == len({row["org_code"] for row in rows}) == 162
    assert all(re.fullmatch(r"(2020-04-\d\d|2021-04-15)?", row["as_of"]) for row in rows)


def test_the_pages_are_visited_only_where_they_are_switched_on(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (SOURCE.remotes, SOURCE.visited) == ((), ())
    monkeypatch.setenv(SOURCE.switch, "1")
    assert {remote.url for remote in SOURCE.visited} == {row["page_url"] for row in trusts.rows("pages")}


def test_a_saved_page_of_a_trust_lists_its_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base = next(row["page_url"] for row in trusts.rows("pages") if row["org_code"] == "RQX")
    (tmp_path / "page.html").write_bytes(
        page(("/media/july.csv", "July 2020"), ("/media/june.pdf", "June 2020"))
    )
    saved = ["--page", str(tmp_path / "page.html"), "--base", base, "--format", "csv"]
    assert main(["discover", "spend25k", *saved]) == 0
    printed = capsys.readouterr()
    assert printed.out.splitlines()[1:] == [
        "spend25k,2020/21,RQX.2020-07,https://www.homerton.nhs.uk/media/july.csv,true"
    ]
    assert "has files in a format that is not read: 1, such as" in printed.out + printed.err
    assert sources()["spend25k"].allowed_hosts


def test_a_refresh_with_the_switch_on_fetches_what_the_pages_offer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alive, dead = (next(one for one in SOURCE.pages if code in one.url) for code in ("homerton", "kch"))
    source = replace(SOURCE, pages=(alive, dead))
    hosts = [str(urlsplit(one.url).hostname) for one in source.pages]
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    with publishing(tmp_path, hosts) as publisher:
        file = f"https://{hosts[0]}/media/july.csv"
        publisher.serve(alive.url, Page(page(("/media/july.csv", "July 2020"), ("/june.pdf", "June 2020"))))
        publisher.serve(file, Page(text((HEADERS, *LINES))))
        archive, fetcher = Archive(tmp_path / "archive"), Fetcher(QUICK, locate=publisher.locate)

        def visit() -> Outcome:
            return fetch_source(source, archive, fetcher, now=NOW, network=Network())

        off = visit()
        assert (off.status, off.new) == ("not_attempted", ())
        assert off.why.endswith("or set DIGITAL_MATURITY_SPEND25K_PAGES=1 to visit 2 pages")
        assert not publisher.requests
        monkeypatch.setenv(source.switch, "1")
        on, again = visit(), visit()
    (new,) = on.new
    assert (on.status, on.why, again.status) == ("fresh", "", "unchanged")
    assert (new.edition, new.part, new.url, new.how) == ("2020/21", JULY, file, f"linked from {alive.url}")
    assert parse(archive.read(new), new.edition, new.part).rows_in == len(LINES)
