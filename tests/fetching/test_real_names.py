"""On pages with the publishers' real names every edition is found once, none is invented, and the command lists them."""

import csv
import json
from pathlib import Path

import pytest
from publisher_pages import PAGES

from assets.catalogue import sources
from assets.contract.remote import FILE_TELLS
from pipelines.cli import main
from pipelines.fetching.address_rules import FetchError
from pipelines.fetching.discovery import discovered
from pipelines.fetching.links import Offers

NAMED_BY_THE_FILE = {("nof", "2025/26-Q4")}
"""Editions that neither a link nor an address names."""


def found_on(name: str, pages: dict[str, bytes]) -> Offers:
    def read(url: str) -> tuple[bytes, str]:
        if url not in pages:
            raise FetchError(f"Fetching {url}: expected a file, found 404 Not Found; correct the address")
        return pages[url], url

    return discovered(sources()[name].remotes, read)


@pytest.mark.parametrize("name", PAGES)
def test_every_edition_is_found_once_and_none_is_invented(name: str) -> None:
    site = PAGES[name]()
    found = found_on(name, site.pages)
    expected = {
        (url, FILE_TELLS if (name, edition) in NAMED_BY_THE_FILE else edition, part)
        for (edition, part), url in site.files.items()
    }
    assert found.problems == ()
    assert sorted((file.url, file.edition or "", file.part) for file in found) == sorted(expected)


@pytest.mark.parametrize(
    ("name", "reported"),
    [("eric", "eric-2025-26 has no file of 2025/26 yet"), ("deflator", "no file of 2026-09 yet")],
)
def test_f97_a_page_that_only_announces_its_file_is_passed_over_and_named(name: str, reported: str) -> None:
    found = found_on(name, PAGES[name]().pages)
    assert found.problems == ()
    (waiting,) = found.waiting
    assert reported in waiting


def test_f97_a_menu_link_a_document_and_an_illustration_are_no_files() -> None:
    site = PAGES["tac"]()
    links = {file.url for file in found_on("tac", site.pages)}
    assert links == set(site.files.values())
    page = b"".join(site.pages.values()).decode()
    for resembling in (
        "Accounts of NHS trusts 2024/25",
        "NHS-trusts-accounts-2023-24.pdf",
        "illustrative-file.xlsx",
    ):
        assert resembling in page


def test_f97_a_page_in_place_of_a_page_of_files_loses_only_what_it_would_have() -> None:
    site = PAGES["tac"]()
    lost = next(url for url in site.pages if "nhs-trusts-2019-20-accounts" in url)
    found = found_on(
        "tac", {**site.pages, lost: b"<!doctype html><html><title>Page not found</title></html>"}
    )
    editions = {(file.edition, file.part) for file in found}
    assert editions == site.files.keys() - {("2019/20", "trusts")}
    assert any("has no file of 2019/20 yet" in sentence for sentence in found.waiting)


# The command


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "saved.html"
    path.write_bytes(PAGES["nof"]().pages[sources()["nof"].remotes[0].url])
    return path


def listed(saved: Path, *more: str) -> list[str]:
    return ["discover", "nof", "--page", str(saved), "--base", sources()["nof"].remotes[0].url, *more]


def test_the_files_of_a_saved_page_are_listed_without_a_network(
    saved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(listed(saved, "--format", "csv")) == 0
    output = capsys.readouterr()
    rows = list(csv.DictReader(output.out.splitlines()))
    assert output.err == ""
    assert list(rows[0]) == ["source", "edition", "part", "url", "host_allowed"]
    assert {(row["edition"], row["part"], row["url"]) for row in rows} == {
        ("" if ("nof", edition) in NAMED_BY_THE_FILE else edition, part, url)
        for (edition, part), url in PAGES["nof"]().files.items()
    }
    assert {(row["source"], row["host_allowed"]) for row in rows} == {("nof", "true")}
    assert main(listed(saved, "--format", "json")) == 0
    as_json = json.loads(capsys.readouterr().out)
    assert [{**row, "host_allowed": "true"} for row in as_json] == rows
    assert {row["host_allowed"] for row in as_json} == {True}
    assert main(listed(saved)) == 0
    header, rule, *lines = capsys.readouterr().out.splitlines()
    assert (header.split(), set(rule), len(lines)) == (list(rows[0]), {"-", " "}, len(rows))


def test_a_clash_and_an_unreadable_link_are_named_on_standard_error_and_the_rest_is_listed(
    saved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "nhs-oversight-framework-acute-trust-league-table"
    wrong = f'<a href="/a/{name}-q3-25-26.csv">x</a><a href="/a/{name}-q2-25-27.csv">x</a>'
    saved.write_bytes(saved.read_bytes() + wrong.encode())
    assert main(listed(saved, "--format", "csv")) == 1
    output = capsys.readouterr()
    editions = {(row["edition"], row["part"]) for row in csv.DictReader(output.out.splitlines())}
    assert ("2025/26-Q3", "acute") not in editions
    assert {("2025/26-Q3", "ambulance"), ("2025/26-Q2", "acute"), ("2025/26-Q1", "acute")} < editions
    clash, unreadable = sorted(output.err.splitlines(), key=len, reverse=True)
    assert "expected one link for 2025/26-Q3 acute, found https://www.england.nhs.uk/" in clash
    assert f"found https://www.england.nhs.uk/a/{name}-q2-25-27.csv" in unreadable


def test_a_file_on_a_host_that_is_not_the_publishers_is_shown_as_not_allowed(
    saved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved.write_text(
        '<a href="https://example.org/nhs-oversight-framework-acute-trust-league-table-q3-25-26.csv">x</a>'
    )
    assert main(listed(saved, "--format", "json")) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row["host_allowed"] is False


def test_a_page_of_an_edition_is_read_like_a_landing_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = PAGES["tac"]()
    for number, content in enumerate(site.pages.values()):
        (tmp_path / f"{number}.html").write_bytes(content)
    landing, first, _ = site.pages
    pages = ["--page", str(tmp_path / "0.html"), "--base", landing.rstrip("/")]
    assert main(["discover", "tac", "--format", "json", *pages]) == 0
    output = capsys.readouterr()
    assert len(json.loads(output.out)) == 10
    assert output.err.count("save that page too") == 2
    assert (
        main(["discover", "tac", "--format", "json", "--page", str(tmp_path / "1.html"), "--base", first])
        == 0
    )
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["edition"], row["part"]) == ("2019/20", "trusts")
    assert row["url"] == site.files["2019/20", "trusts"]


@pytest.mark.parametrize(
    ("arguments", "reported"),
    [
        (["--page", "x.html"], "one --base URL for each --page FILE"),
        (["--base", "https://www.england.nhs.uk/"], "one --base URL for each --page FILE"),
        (
            ["--page", "x.html", "--base", "https://www.england.nhs.uk/"],
            "expected a saved page, found nothing",
        ),
        (["--page", __file__, "--base", "https://www.england.nhs.uk/other"], "correct --base"),
    ],
)
def test_a_page_or_an_address_that_is_none_of_the_source_is_wrong_usage(
    arguments: list[str], reported: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["discover", "nof", *arguments]) == 2
    assert reported in capsys.readouterr().err


def test_a_source_without_an_address_offers_nothing_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["discover", "epr", "--format", "csv"]) == 0
    output = capsys.readouterr()
    assert output.out == "source,edition,part,url,host_allowed\n"
    assert "epr has no address to fetch from" in output.err
