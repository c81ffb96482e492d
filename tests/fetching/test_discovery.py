"""The one file that is meant, or every file of a series, is found on the page that links to it."""

import re
import time

import pytest
from fetching import CSV, NHS, NOW, PAGE, source, visit
from publisher import Page, Publisher

from assets.contract.remote import Remote
from pipelines.fetching.address_rules import FetchError
from pipelines.fetching.archive_update import fetch_source
from pipelines.fetching.client import Fetcher, Network
from pipelines.fetching.links import LARGEST, discover, offered
from pipelines.storage.archive import Archive

LINKS = b"""<html><base href="/files/"><a href="DMA+Results+Data+File+v2.xlsx#top">data</a>
<a href="https://digital.nhs.uk/files/DMA+Results+Data+File+v2.xlsx">again</a>
<a href="DMA+Methodology.pdf">how</a><a href="mailto:dma@nhs.net">mail</a><a href="//[broken">x</a>"""


def test_discovery_picks_exactly_one(publisher, fetcher, archive):
    file = f"https://{NHS}/files/DMA+Results+Data+File+v2.xlsx"
    publisher.serve(PAGE, LINKS)
    publisher.serve(file, CSV)
    assert discover(LINKS, PAGE, r"results\+data\+file.*\.xlsx$") == file
    outcome = visit(source(Remote(PAGE, edition="2025", link=r"data\+file.*\.xlsx$")), archive, fetcher)
    assert outcome.status == "fresh"
    assert outcome.new[0].url == file
    assert outcome.new[0].publisher_file_name == "DMA+Results+Data+File+v2.xlsx"


def test_discovery_reads_the_last_segment_decoded():
    page = b'<a href="/AF/F737A9/ERIC%20-%202023_24%20-%20Trust%20data.csv">'
    assert discover(page, f"https://{NHS}/x", "ERIC - 2023_24 - Trust").endswith("Trust%20data.csv")


def test_discovery_of_nothing_lists_the_nearest_links():
    with pytest.raises(
        FetchError, match=r"found 0.*candidates: \S+DMA\+Results\+Data\+File\+v2\.xlsx, "
    ) as caught:
        discover(LINKS, PAGE, r"DMA\+Results\+Data\+Archive\.xlsx")
    assert "mailto" not in str(caught.value)


def test_discovery_of_two_lists_both():
    with pytest.raises(FetchError, match=r"found 2.*candidates: \S+v2\.xlsx, \S+Methodology\.pdf$"):
        discover(LINKS, PAGE, "DMA")


def test_discovery_lists_at_most_ten_links():
    page = b"".join(b'<a href="/%d.csv">' % number for number in range(50))
    with pytest.raises(FetchError) as caught:
        discover(page, PAGE, "xlsx")
    assert str(caught.value).count(".csv") == 10


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (b"<a href='a.csv'></a><![nonsense[ >", ["a.csv"]),
        (b"<!-- <a href=old.csv> --><a href=a.csv>", ["a.csv"]),
        (b"<script>'<a href=old.csv>'</script><A\nHREF = a.csv >", ["a.csv"]),
        (b"<style>a</style ><a data-href=old.csv href=a.csv>", ["a.csv"]),
        (b"<a title='a > b' class=x href=\"a.csv?b=1&amp;c=2\">", ["a.csv?b=1&c=2"]),
        (b"<abbr href=old.csv><area href=old.csv><a href=a.csv", []),
        (b"<a name=top><a href=''><a href='  a.csv#top '>", ["a.csv"]),
        (b"<a href=javascript:x><a href=ftp://x/a.csv><a href=//[x>", []),
        (b"<a href=%b.csv>" % (b"a" * 3000), []),
    ],
)
def test_links_are_read_as_a_browser_shows_them(page, expected):
    every = Remote(PAGE, link="", name=lambda match: (match.string, ""))
    try:
        found = [file.url.removeprefix(f"https://{NHS}/landing/") for file in offered(page, PAGE, every)]
    except FetchError:
        found = []
    assert [name for name in found if name != PAGE] == expected


@pytest.mark.parametrize("piece", [b"<a ", b"<a href='", b"<!--", b"<script>", b"</a", b"<a x='\""])
def test_a_page_made_to_keep_its_reader_busy_is_read_in_no_time(piece):
    started = time.monotonic()
    with pytest.raises(FetchError, match="expected exactly one link"):
        discover(piece * (300_000 // len(piece)), PAGE, "csv")
    assert time.monotonic() - started < 3


def test_a_page_too_large_to_be_one_is_not_read():
    with pytest.raises(FetchError, match="expected a page of links, found"):
        discover(b" " * (LARGEST + 1), PAGE, "csv")


def test_a_catalogue_nested_beyond_reason_is_a_fault_of_its_publisher():
    with pytest.raises(FetchError, match="expected a catalogue in JSON"):
        discover(b"[" * 100_000, PAGE, "csv")


def test_candidates_are_reported_in_print():
    with pytest.raises(FetchError) as caught:
        discover(b"<a href='\x1b[31m%b'>" % (b"a" * 1500), PAGE, "csv")
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 700


# A series of files on one landing page


def series(match: re.Match[str]) -> tuple[str, str] | None:
    kind = "foundation_trusts" if "foundation" in match["kind"].lower() else "trusts"
    return (f"{match['start']}/{match['end']}", kind)


SERIES = Remote(
    PAGE,
    link=r"TAC data for NHS (?P<kind>foundation trusts|trusts) (?P<start>\d{4})/(?P<end>\d\d)$",
    name=series,
)


LISTED = b"""<html><body><ul>
<li><a href="/uploads/a1.xlsx">TAC data for <b>NHS trusts</b> 2023/24</a></li>
<li><a href="/uploads/a2.xlsx">TAC data for NHS foundation trusts 2023/24</a></li>
<li><a href="/uploads/a0.xlsx">Illustrative TAC file 2023/24</a></li>
<li><a href="/uploads/b1.xlsx">TAC data for NHS trusts
  2022/23</a></li></ul></body></html>"""


def test_every_file_of_a_series_is_found_by_the_text_of_its_link() -> None:
    assert [
        (file.edition, file.part, file.url.rpartition("/")[2]) for file in offered(LISTED, PAGE, SERIES)
    ] == [
        ("2023/24", "trusts", "a1.xlsx"),
        ("2023/24", "foundation_trusts", "a2.xlsx"),
        ("2022/23", "trusts", "b1.xlsx"),
    ]


def test_two_links_for_one_file_of_a_series_lose_that_file_only() -> None:
    twice = LISTED + b'<a href="/uploads/c1.xlsx">TAC data for NHS trusts 2023/24</a>'
    found = offered(twice, PAGE, SERIES)
    assert [(file.edition, file.part) for file in found] == [
        ("2023/24", "foundation_trusts"),
        ("2022/23", "trusts"),
    ]
    (clash,) = found.problems
    assert re.search(r"expected one link for 2023/24 trusts, found .*a1\.xlsx and .*c1\.xlsx", str(clash))


def test_a_series_without_any_link_lists_what_the_page_offers() -> None:
    with pytest.raises(FetchError, match=r"found 0; .*candidates: https://digital\.nhs\.uk/other\.pdf"):
        offered(b'<a href="/other.pdf">Something else</a>', PAGE, SERIES)


def test_a_catalogue_in_json_is_read_like_a_page() -> None:
    catalogue = b'{"result": {"resources": [{"name": "TAC data for NHS trusts 2019/20", "url": "https://files.example/x.csv"}]}}'
    assert [file.url for file in offered(catalogue, PAGE, SERIES)] == ["https://files.example/x.csv"]


def test_one_bad_file_of_a_series_does_not_lose_the_others(
    publisher: Publisher, fetcher: Fetcher, archive: Archive
) -> None:
    publisher.serve(PAGE, LISTED)
    publisher.serve(f"https://{NHS}/uploads/a1.xlsx", CSV)
    publisher.serve(f"https://{NHS}/uploads/a2.xlsx", Page(b"gone", status=404))
    publisher.serve(f"https://{NHS}/uploads/b1.xlsx", CSV + b"\r\n")
    outcome = fetch_source(source(SERIES), archive, fetcher, now=NOW, network=Network())
    assert outcome.status == "failed"
    assert "404" in outcome.why
    assert [(v.edition, v.part) for v in outcome.new] == [("2023/24", "trusts"), ("2022/23", "trusts")]


def test_a_name_without_a_pattern_is_refused_when_definitions_load() -> None:
    with pytest.raises(ValueError, match="expected a link pattern"):
        Remote(PAGE, name=series)


@pytest.mark.parametrize(
    "page", [b'{"result": {"resources": [', b"[not a catalogue", b'\xef\xbb\xbf{"result": ']
)
def test_a_catalogue_that_is_cut_is_a_fault_of_its_publisher(page: bytes) -> None:
    with pytest.raises(
        FetchError, match=r"^Reading https://.*: expected a catalogue in JSON, found invalid JSON"
    ):
        offered(page, PAGE, SERIES)
