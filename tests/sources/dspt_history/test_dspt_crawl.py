"""The pages of all trusts are read only where that is switched on, slowly, as robots.txt allows, and none twice in a month."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from fetching import NOW, PROXIES, QUICK
from publisher import Page, Publisher, publishing
from test_dspt_history import page

from assets.contract.remote import Crawl, Remote
from assets.sources import dspt_history
from assets.sources.dspt_history import SOURCE
from pipelines.fetching.archive_update import MOST_NAMED, Outcome, fetch_source
from pipelines.fetching.client import Fetcher, Network
from pipelines.fetching.crawl import FAILURES
from pipelines.storage.archive import Archive

HOST = "www.dsptoolkit.nhs.uk"
ROBOTS = f"https://{HOST}/robots.txt"
TRUSTS = ("RDY", "RM3", "RJE")
OTHER = b"<!doctype html><p>Not found</p>"
WALL = b"<!doctype html><html><head><title>Just a moment...</title></head><body></body></html>"


def address(code: str) -> str:
    return f"{dspt_history.PAGES}/{code}"


@dataclass
class Toolkit:
    """The publisher, and an archive that is filled from it."""

    publisher: Publisher
    archive: Archive
    pauses: list[float]
    source = replace(
        SOURCE,
        pages=tuple(Remote(address(code), part=code, page=True) for code in TRUSTS),
        crawl=Crawl(pace=0.001),
    )

    def visit(self, *, later: int = 0, pace: float = 0.001) -> Outcome:
        """Refresh some days after NOW."""
        fetcher = Fetcher(replace(QUICK, total=30), locate=self.publisher.locate, sleep=self.pauses.append)
        source = replace(self.source, crawl=Crawl(pace=pace))
        return fetch_source(source, self.archive, fetcher, now=NOW + timedelta(days=later), network=Network())

    def requested(self) -> list[str]:
        """Return the paths that were requested since this was asked last, each once for every request."""
        found = [path.rpartition("/")[2] for _, path in self.publisher.requests.elements()]
        self.publisher.requests.clear()
        return sorted(found)

    def held(self) -> list[tuple[str, str]]:
        """Return the editions and parts that are held."""
        return [(one.edition, one.part) for one in self.archive.vintages(SOURCE.name)]


@pytest.fixture
def toolkit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Toolkit]:
    """Return a publisher with a page for each of three trusts and no robots.txt; reading them is switched on."""
    for name in (*PROXIES, "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    monkeypatch.setenv(SOURCE.switch, "1")
    with publishing(tmp_path, [HOST]) as publisher:
        for code in TRUSTS:
            publisher.serve(address(code), Page(page(code=f"Code: {code}"), headers={"ETag": f'"{code}"'}))
        yield Toolkit(publisher, Archive(tmp_path / "archive"), [])


def test_nothing_is_asked_where_it_is_not_switched_on(
    toolkit: Toolkit, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert SOURCE.switch == "DIGITAL_MATURITY_DSPT_CRAWL"
    for value in ("0", ""):
        monkeypatch.setenv(SOURCE.switch, value)
        outcome = toolkit.visit()
        assert (outcome.status, outcome.new) == ("not_attempted", ())
        assert outcome.why.endswith("or set DIGITAL_MATURITY_DSPT_CRAWL=1 to visit 3 pages")
    assert SOURCE.visited == ()
    assert toolkit.requested() == []


def test_every_page_is_an_edition_of_its_day_after_the_rules_for_robots(toolkit: Toolkit) -> None:
    outcome = toolkit.visit()
    assert (outcome.status, outcome.why) == ("fresh", "")
    assert [(one.edition, one.part, one.url) for one in outcome.new] == [
        ("2026-11-23", code, address(code)) for code in TRUSTS
    ]
    assert toolkit.requested() == ["RDY", "RJE", "RM3", "robots.txt"]
    assert SOURCE.read(toolkit.archive.read(outcome.new[0]), "2026-11-23", "RDY").rows_in == 16


def test_a_second_passes_between_two_requests(toolkit: Toolkit) -> None:
    assert SOURCE.crawl == Crawl(pace=1, days=30)
    toolkit.publisher.serve(ROBOTS, b"User-agent: *\nCrawl-delay: 0\nDisallow: /Account\n")
    toolkit.visit(pace=1)
    assert toolkit.pauses == [pytest.approx(second, abs=0.9) for second in (1, 2, 3)]


def test_a_longer_distance_that_the_publisher_wants_is_kept(toolkit: Toolkit) -> None:
    toolkit.publisher.serve(ROBOTS, b"\xef\xbb\xbfUser-agent: *\r\nCrawl-delay: 2.0\r\n")
    toolkit.visit()
    assert toolkit.pauses[-2:] == [pytest.approx(second, abs=0.9) for second in (2, 4)]


# robots.txt


@pytest.mark.parametrize("path", ["/OrganisationSearch/RM3", "/*/RM3$"])
def test_a_page_that_robots_may_not_read_is_not_asked_for_and_the_outcome_says_so(
    toolkit: Toolkit, path: str
) -> None:
    rules = f"User-agent: other\nDisallow: /\n\nUser-agent: *\nDisallow: {path}\n".encode()
    toolkit.publisher.serve(ROBOTS, rules)
    outcome = toolkit.visit()
    assert toolkit.requested() == ["RDY", "RJE", "robots.txt"]
    assert [one.part for one in outcome.new] == ["RDY", "RJE"]
    assert outcome.status == "failed"
    assert outcome.why.startswith(
        f"dspt_history (assets.sources.dspt_history): Fetching {address('RM3')}: expected a page that programs may read, "
        f"found that the robots.txt of {HOST} disallows it"
    )


def test_rules_may_be_for_this_program_alone(toolkit: Toolkit) -> None:
    rules = b"User-agent: NHS-Digital-Maturity\nDisallow: /\n\nUser-agent: *\nDisallow:\n"
    toolkit.publisher.serve(ROBOTS, rules)
    assert toolkit.visit().new == ()
    assert toolkit.requested() == ["robots.txt"]


@pytest.mark.parametrize(
    "page_", [Page(status=500), Page(status=403), Page(WALL, 403), Page(WALL), Page(OTHER)]
)
def test_without_the_rules_no_page_is_requested(toolkit: Toolkit, page_: Page) -> None:
    toolkit.publisher.serve(ROBOTS, page_)
    outcome = toolkit.visit()
    assert (outcome.status, set(toolkit.requested())) == ("failed", {"robots.txt"})
    assert outcome.why.count("Fetching") == 1
    assert f"(without these rules no page of {HOST} is requested)" in outcome.why


def test_a_host_that_cannot_be_reached_is_left_alone_at_once(toolkit: Toolkit) -> None:
    toolkit.publisher.dead.add(HOST)
    outcome = toolkit.visit()
    assert (outcome.status, toolkit.requested()) == ("failed", [])
    assert outcome.why.count("no connection (Connection refused)") == 1
    assert len(toolkit.publisher.located) == 3


# An interruption, and another round


def test_pages_read_in_the_last_month_are_not_read_again(toolkit: Toolkit) -> None:
    toolkit.publisher.serve(address("RM3"), Page(status=500))
    first = toolkit.visit()
    assert ([one.part for one in first.new], first.status) == (["RDY", "RJE"], "failed")
    toolkit.requested()
    toolkit.publisher.serve(address("RM3"), page(code="Code: RM3"))
    second = toolkit.visit(later=1)
    assert ([one.part for one in second.new], second.status) == (["RM3"], "fresh")
    assert toolkit.requested() == ["RM3", "robots.txt"]
    third = toolkit.visit(later=29)
    assert (third.new, third.status, toolkit.requested()) == ((), "unchanged", [])


def test_a_page_that_has_not_changed_in_a_month_is_an_edition_of_the_day_it_was_read(
    toolkit: Toolkit,
) -> None:
    toolkit.visit()
    again = toolkit.visit(later=30)
    assert [(one.edition, one.part) for one in again.new] == [("2026-12-23", code) for code in TRUSTS]
    toolkit.requested()
    assert toolkit.visit(later=31).status == "unchanged"
    assert toolkit.requested() == []
    assert len(toolkit.held()) == 6
    assert len(list((toolkit.archive.root / "blobs").iterdir())) == 3


def test_a_page_whose_bytes_were_lost_is_read_again(toolkit: Toolkit) -> None:
    first = toolkit.visit().new[0]
    (toolkit.archive.root / "blobs" / first.sha256).unlink()
    toolkit.requested()
    toolkit.visit()
    assert toolkit.requested() == ["RDY", "robots.txt"]
    assert toolkit.archive.read(first)


# What goes wrong


def test_a_page_that_is_missing_loses_its_trust_only(toolkit: Toolkit) -> None:
    toolkit.publisher.serve(address("RDY"), Page(status=404))
    outcome = toolkit.visit()
    assert [one.part for one in outcome.new] == ["RM3", "RJE"]
    assert outcome.status == "failed"
    assert f"Fetching {address('RDY')}: expected a file, found 404" in outcome.why


def many(toolkit: Toolkit, served: Page) -> Outcome:
    """Return what becomes of a round over 30 pages that are all the same."""
    codes = [f"R{number:02d}" for number in range(30)]
    toolkit.source = replace(
        SOURCE, pages=tuple(Remote(address(code), part=code, page=True) for code in codes)
    )
    for code in codes:
        toolkit.publisher.serve(address(code), served)
    return toolkit.visit()


@pytest.mark.parametrize("served", [Page(WALL, 403), Page(WALL), Page(status=403), Page(b"a,b\n1,2\n")])
def test_a_publisher_who_refuses_is_left_alone_after_a_few_pages(toolkit: Toolkit, served: Page) -> None:
    outcome = many(toolkit, served)
    assert toolkit.requested() == ["R00", "R01", "R02", "robots.txt"]
    assert outcome.status == "failed"
    assert f"found {FAILURES} failures in a row; the other pages are left for the next refresh" in outcome.why


def test_missing_pages_end_no_round_and_very_many_are_counted(toolkit: Toolkit) -> None:
    outcome = many(toolkit, Page(status=404))
    assert len(toolkit.requested()) == 31
    assert outcome.why.count("found 404") == MOST_NAMED
    assert outcome.why.endswith("; 10 more problems like these")
