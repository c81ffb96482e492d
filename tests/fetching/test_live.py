"""A live refresh over every source at once, against servers that stand in for all publishers under their own names."""

import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from few_sources import only
from provenance import defects, fact_tables
from publisher import Page, Publisher, publishing
from publisher_pages import PAGES, page
from releases import ask, copy_of, judge_all, spare_copies
from sites import BROUGHT, SITES, hosts
from together import every

from assets.catalogue import published, sources
from assets.tables.facts import FACTS
from pipelines.fetching.client import Fetcher, Limits
from pipelines.orchestration import refresh_steps
from pipelines.storage.home import Home

QUICK = Limits(connect=1, read=5, total=10, backoff=0.01, interval=0)
TODAY = "of the day"
EDITIONS = {
    **{name: set(site().files) for name, site in PAGES.items()},
    "ods": {(TODAY, "ect"), (TODAY, "etr")},
    **{name: module.EDITIONS for name, module in BROUGHT.items()},
}
"""What the sites offer, by edition and part."""
DMA, NOF = (sources()[name].remotes[0].url for name in ("dma", "nof"))
"""The pages with the links to their files."""
SMALL = ("deflator", "dma", "nof", "ods")
"""Sources whose files take little time to judge; `make test-thorough` accepts those of all sites."""


@dataclass(frozen=True)
class Live:
    """A home with a release of what is fetched of some sources."""

    home: Home
    names: tuple[str, ...]


@pytest.fixture(scope="module")
def publisher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Publisher]:
    folder = tmp_path_factory.mktemp("authority")
    with pytest.MonkeyPatch.context() as patch, publishing(folder, hosts(SITES)) as running:
        for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy"):
            patch.delenv(name, raising=False)
        patch.setenv("REQUESTS_CA_BUNDLE", str(folder / "ca.pem"))
        for site in SITES.values():
            for url, content in site().items():
                tag = hashlib.sha256(content).hexdigest()
                running.serve(url, Page(content, headers={"ETag": f'"{tag}"'}))
        yield running


@pytest.fixture(scope="module")
def fetched(publisher: Publisher, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return a home that asked every publisher once; the frozen files are judged. Never change it: see `copy_of`."""
    home = Home(tmp_path_factory.mktemp("fetched") / "home")
    judge_all(home, tmp_path_factory.getbasetemp())
    assert {outcome.status for name, outcome in asked(home, publisher).items() if name in SITES} == {"fresh"}
    return home


@pytest.fixture(
    scope="module", params=[SMALL, pytest.param(tuple(SITES), marks=pytest.mark.thorough)], ids=len
)
def live(fetched: Home, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Live:
    """Return a release of what is fetched of some sources. Never change it: see `copy_of`.

    Its workbook, SQLite copy and explorer are those of the shared release, which nobody looks at here.
    """
    home = copy_of(fetched, tmp_path_factory.mktemp("live") / "home")
    with pytest.MonkeyPatch.context() as patch:
        spare_copies(patch, tmp_path_factory.getbasetemp())
        assert refresh_steps.publish(only(*request.param), home).outcome.startswith("published")
    return Live(home, request.param)


def asked(home: Home, publisher: Publisher) -> dict[str, refresh_steps.Outcome]:
    return refresh_steps.archive(
        sources(), sources(), home, lambda: Fetcher(QUICK, locate=publisher.locate), offline=False
    )


def states(home: Home, *names: str) -> dict[str, str]:
    return {name: refresh_steps.stage(sources()[name], sources(), home).status for name in names}


def test_every_source_that_is_fetched_has_a_site_here() -> None:
    fetched = {name for name, source in sources().items() if source.remotes}
    assert SITES.keys() == fetched, "write a site for the new source: tests/sources/<name>/publisher_site.py"
    assert EDITIONS.keys() == fetched


def offered(home: Home, name: str) -> set[tuple[str, str]]:
    """Return what the site of a source offered on the day when a home asked it, by edition and part."""
    day = home.read_status(name)["checked_at"][:10]
    return {(day if edition == TODAY else edition, part) for edition, part in EDITIONS[name]}


@every("name", SITES)
def test_every_edition_on_offer_is_found_and_fetched(fetched: Home, name: str) -> None:
    assert {(v.edition, v.part) for v in fetched.archive.vintages(name)} == offered(fetched, name)


def test_every_edition_that_is_fetched_is_accepted(live: Live) -> None:
    for name in live.names:
        found = refresh_steps.stage(sources()[name], sources(), live.home)
        used = {(o.copy.edition, o.copy.part) for o in found.manifest.used if o.copy.origin == "fetched"}
        assert (used, found.manifest.refused) == (offered(live.home, name), ()), name
        assert (found.status, found.why) == ("fresh", ""), name


def test_a_release_of_fetched_sources_passes_its_audit_and_lacks_no_file(live: Live) -> None:
    facts = [name for name, table in only(*live.names).tables.items() if table.info["layer"] == FACTS]
    assert [name for name in facts if not ask(live.home.latest, f"from {name} limit 1")] == []
    lacking = ask(
        live.home.latest,
        "select source, edition from coverage where status = 'never fetched' "
        "and (subject like 'files of %' or subject = 'editions on offer')",
    )
    assert lacking == []


@pytest.mark.thorough
def test_a_release_of_all_sources_passes_its_audit_with_what_was_fetched(
    fetched: Home, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = copy_of(fetched, tmp_path / "home")
    spare_copies(monkeypatch, tmp_path_factory.getbasetemp())
    assert refresh_steps.publish(published(), home).outcome.startswith("published")
    filled = [name for name, table in published().tables.items() if table.info["layer"] == FACTS]
    assert [name for name in filled if not ask(home.latest, f"from {name} limit 1")] == []


def test_every_fact_of_fetched_sources_says_where_it_came_from(live: Live) -> None:
    facts = [table for name, table in fact_tables().items() if name in only(*live.names).tables]
    assert len(facts) >= len(live.names)
    assert [found for table in facts for found in defects(live.home.latest, table)] == []


def test_asking_again_fetches_no_file_twice_and_says_who_asks(
    fetched: Home, publisher: Publisher, tmp_path: Path
) -> None:
    home, before = copy_of(fetched, tmp_path / "home"), publisher.bytes_sent
    publisher.headers_seen.clear()
    outcomes = asked(home, publisher)
    assert {outcomes[name].status for name in SITES} == {"unchanged"}
    served = {url: content for name in SITES for url, content in SITES[name]().items()}
    landing = {r.url for name in SITES for r in sources()[name].remotes if r.link}
    pages = landing | {url for url, content in served.items() if content.startswith(b"<!doctype html>")}
    assert publisher.bytes_sent - before == sum(len(served[url]) for url in pages)
    agents = {headers["User-Agent"].partition("/")[0] for headers in publisher.headers_seen}
    assert agents == {"nhs-digital-maturity"}


@pytest.fixture(scope="module")
def troubled(
    fetched: Home, publisher: Publisher, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Home, dict[str, refresh_steps.Outcome]]:
    """Return a home that asked again while one publisher had renamed a link, one was dead and one failed, and its outcomes."""
    home = copy_of(fetched, tmp_path_factory.mktemp("troubled") / "home")
    shutil.rmtree(home.root / "archive" / "cqc")
    pages = {key: list(answers) for key, answers in publisher.pages.items()}
    publisher.serve(DMA, page(("/xx/Maturity.xlsx", "Data"), ("/xx/Notes.pdf", "Notes")))
    publisher.dead.add("www.cqc.org.uk")
    publisher.serve(NOF, Page(status=500))
    try:
        return home, asked(home, publisher)
    finally:
        publisher.pages = pages
        publisher.dead.clear()


def test_publishers_in_trouble_are_stale_and_the_others_are_fresh(
    troubled: tuple[Home, dict[str, refresh_steps.Outcome]],
) -> None:
    home, outcomes = troubled
    assert {name for name in SITES if outcomes[name].status != "unchanged"} == {"cqc", "dma", "nof"}
    assert states(home, "cqc", "deflator", "dma", "nof") == {
        "cqc": "stale", "deflator": "unchanged", "dma": "stale", "nof": "stale",
    }  # fmt: skip


def test_a_renamed_link_is_reported_with_its_page_and_the_candidates(
    troubled: tuple[Home, dict[str, refresh_steps.Outcome]],
) -> None:
    _, outcomes = troubled
    assert outcomes["dma"].status == "failed"
    assert f"Reading {DMA}: expected exactly one link" in outcomes["dma"].why
    assert "candidates: https://digital.nhs.uk/xx/Maturity.xlsx" in outcomes["dma"].why


def test_dead_and_failing_publishers_are_reported_with_what_was_found(
    troubled: tuple[Home, dict[str, refresh_steps.Outcome]],
) -> None:
    home, outcomes = troubled
    assert "Fetching https://www.cqc.org.uk/" in outcomes["cqc"].why
    assert "no connection (Connection refused)" in refresh_steps.stage(sources()["cqc"], sources(), home).why
    assert (
        f"Fetching {NOF}: expected a file, found 500"
        in refresh_steps.stage(sources()["nof"], sources(), home).why
    )
