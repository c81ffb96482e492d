"""Fetching survives what publishers do; each test is one thing they do."""

import gzip
import logging
import re
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
import requests
import sqlalchemy as sa
from publisher import (
    DRIPS,
    Page,
    Publisher,
    chunks_cut_short,
    cut_short,
    dripping,
    endless,
    hanging,
    publishing,
    redirect,
)

from assets.sniff import sniff
from assets.source import Parsed, Remote, Source
from pipelines import refreshing
from pipelines.archive import Archive
from pipelines.discovery import discover, offered
from pipelines.fetch import USER_AGENT, Fetcher, FetchError, Limits, Network, public_address
from pipelines.refreshing import fetch_all, fetch_source

PUBLISHER_FILES = Path(__file__).parents[2] / "shared" / "publisher-files"
NHS, ODS, OTHER = "digital.nhs.uk", "www.odsdatasearchandexport.nhs.uk", "www.england.nhs.uk"
HOSTS = frozenset({NHS, ODS})
FILE = f"https://{NHS}/data/file.csv"
REPORT = f"https://{ODS}/api/getReport?report=etr"
PAGE = f"https://{NHS}/landing/report"
CSV = b'"RJ1","GUY\'S AND ST THOMAS\' NHS FOUNDATION TRUST"\r\n'
NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
QUICK = Limits(connect=1, read=1, total=3, backoff=0.01, interval=0)


@pytest.fixture
def publisher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    with publishing(tmp_path, [NHS, ODS, OTHER]) as running:
        yield running


@pytest.fixture
def fetcher(publisher: Publisher) -> Fetcher:
    return Fetcher(QUICK, locate=publisher.locate)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive")


def source(*remotes: Remote, name: str = "ods") -> Source:
    table = sa.Table(name, sa.MetaData(), sa.Column("org_code", sa.Text, primary_key=True))
    return Source(
        name=name,
        title="Trusts",
        publisher="NHS England",
        landing_page=PAGE,
        licence="OGL-UK-3.0",
        attribution="",
        cadence="daily",
        max_age=timedelta(days=1),
        evidence_grade="administrative",
        table=table,
        parse=lambda content, edition: Parsed(pd.DataFrame(), 0),
        facts=lambda staged: {},
        expectations=(),
        remotes=remotes,
    )


def refresh(of: Source, archive: Archive, fetcher: Fetcher, *, later: int = 0):
    return fetch_source(of, archive, fetcher, now=NOW + timedelta(days=later), network=Network())


# What comes is kept


def test_a_new_file_is_archived_with_all_that_is_known_about_it(publisher, fetcher, archive):
    publisher.serve(
        REPORT, Page(CSV, headers={"ETag": '"1"', "Last-Modified": "Sun, 22 Nov 2026 03:00:00 GMT"})
    )
    outcome = refresh(source(Remote(REPORT, part="etr")), archive, fetcher)
    assert (outcome.status, outcome.why, outcome.checked_at) == ("fresh", "", "2026-11-23T06:00:00+00:00")
    [vintage] = archive.vintages("ods")
    assert outcome.new == (vintage,)
    assert archive.read(vintage) == CSV
    assert (vintage.edition, vintage.part, vintage.origin) == ("2026-11-23", "etr", "fetched")
    assert (vintage.etag, vintage.last_modified) == ('"1"', "Sun, 22 Nov 2026 03:00:00 GMT")
    assert (vintage.url, vintage.final_url) == (REPORT, REPORT)
    assert (vintage.licence, vintage.publisher_file_name) == ("OGL-UK-3.0", "getReport")
    assert publisher.headers_seen[0]["User-Agent"] == USER_AGENT
    assert USER_AGENT.startswith("nhs-digital-maturity/")


def test_a_changed_file_at_the_same_url_gives_a_second_vintage(publisher, fetcher, archive):
    publisher.serve(FILE, Page(b"v1,1\n", headers={"ETag": '"1"'}), Page(b"v2,1\n", headers={"ETag": '"2"'}))
    ours = source(Remote(FILE, edition="2025"))
    assert refresh(ours, archive, fetcher).status == "fresh"
    assert refresh(ours, archive, fetcher, later=3).status == "fresh"
    contents = sorted(archive.read(vintage) for vintage in archive.vintages("ods"))
    assert contents == [b"v1,1\n", b"v2,1\n"]
    assert {vintage.edition for vintage in archive.vintages("ods")} == {"2025"}


@pytest.mark.parametrize("header", [{"ETag": '"1"'}, {"Last-Modified": "Sun, 22 Nov 2026 03:00:00 GMT"}])
def test_a_304_fetches_nothing(publisher, fetcher, archive, header):
    publisher.serve(FILE, Page(CSV, headers=header))
    refresh(source(Remote(FILE)), archive, fetcher)
    sent = publisher.bytes_sent
    outcome = refresh(source(Remote(FILE)), archive, fetcher, later=1)
    assert (outcome.status, outcome.new, outcome.why) == ("unchanged", (), "")
    assert publisher.bytes_sent == sent == len(CSV)
    assert len(archive.vintages("ods")) == 1


def test_the_same_bytes_sent_again_another_day_change_nothing(publisher, fetcher, archive):
    publisher.serve(FILE, CSV)
    refresh(source(Remote(FILE)), archive, fetcher)
    outcome = refresh(source(Remote(FILE)), archive, fetcher, later=1)
    assert (outcome.status, outcome.new) == ("unchanged", ())
    assert publisher.count(FILE) == 2
    assert len(archive.vintages("ods")) == 1


def test_a_file_that_moved_without_changing_changes_nothing(publisher, fetcher, archive):
    publisher.serve(FILE, CSV)
    publisher.serve(f"{FILE}?v=2", CSV)
    refresh(source(Remote(FILE, edition="2025")), archive, fetcher)
    assert refresh(source(Remote(f"{FILE}?v=2", edition="2025")), archive, fetcher).status == "unchanged"


def test_files_of_other_editions_and_parts_are_kept_even_when_their_bytes_are_the_same(
    publisher, fetcher, archive
):
    publisher.serve(FILE, CSV)
    remotes = Remote(FILE, edition="1"), Remote(FILE, edition="2"), Remote(FILE, edition="2", part="b")
    outcome = refresh(source(*remotes), archive, fetcher)
    assert [(vintage.edition, vintage.part) for vintage in outcome.new] == [("1", ""), ("2", ""), ("2", "b")]


def test_what_is_known_of_one_address_is_not_asked_of_another(publisher, fetcher, archive):
    publisher.serve(FILE, Page(b"v1\n", headers={"ETag": '"1"'}))
    publisher.serve(REPORT, Page(b"v2\n", headers={"ETag": '"1"'}))
    refresh(source(Remote(FILE, edition="2025")), archive, fetcher)
    assert refresh(source(Remote(REPORT, edition="2025")), archive, fetcher).status == "fresh"


@pytest.mark.parametrize("name", ["ods/etr_2026-07_dse.csv", "dma/dma_2024_2025_results_data_file.xlsx"])
def test_the_publishers_own_files_arrive_whole(publisher, fetcher, archive, name):
    path = PUBLISHER_FILES / name
    if not path.exists():
        pytest.skip(f"no {path}: the publisher's file is not kept in the project")
    publisher.serve(FILE, path.read_bytes())
    assert refresh(source(Remote(FILE)), archive, fetcher).status == "fresh"
    assert archive.read(archive.vintages("ods")[0]) == path.read_bytes()


# Landing pages

LINKS = b"""<html><base href="/files/"><a href="DMA+Results+Data+File+v2.xlsx#top">data</a>
<a href="https://digital.nhs.uk/files/DMA+Results+Data+File+v2.xlsx">again</a>
<a href="DMA+Methodology.pdf">how</a><a href="mailto:dma@nhs.net">mail</a><a href="//[broken">x</a>"""


def test_discovery_picks_exactly_one(publisher, fetcher, archive):
    file = f"https://{NHS}/files/DMA+Results+Data+File+v2.xlsx"
    publisher.serve(PAGE, LINKS)
    publisher.serve(file, CSV)
    assert discover(LINKS, PAGE, r"results\+data\+file.*\.xlsx$") == file
    outcome = refresh(source(Remote(PAGE, edition="2025", link=r"data\+file.*\.xlsx$")), archive, fetcher)
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


def test_a_page_no_parser_understands_is_one_clear_failure():
    with pytest.raises(FetchError, match="found markup that cannot be read"):
        discover(b"<a href='a.csv'></a><![nonsense[ >", PAGE, "csv")


def test_files_that_share_a_landing_page_ask_for_it_once_even_when_it_fails(publisher, fetcher, archive):
    publisher.serve(PAGE, Page(status=404))
    outcome = refresh(source(Remote(PAGE, link="a"), Remote(PAGE, part="b", link="b")), archive, fetcher)
    assert publisher.count(PAGE) == 1
    assert outcome.why.count("404") == 1


# Something else than the file


@pytest.mark.parametrize(
    "body",
    [
        b"<!DOCTYPE html><title>Not found</title>",
        b"\xef\xbb\xbf \r\n<HTML lang=en>",
        b"\n<!-- cookies --><p>Accept",
        b"<div class='wall'>",
        b"<script>location='/login'</script>",
        b"<?xml version='1.0'?>\n<!DOCTYPE html PUBLIC ''><html>",
        b"Warning: mysql_connect() <br><html><body>",
        "\ufeff<html>".encode("utf-16-le"),
    ],
)
def test_a_web_page_where_data_was_expected_is_refused(publisher, fetcher, archive, body):
    publisher.serve(FILE, Page(body, headers={"Content-Type": "text/csv"}))
    outcome = refresh(source(Remote(FILE)), archive, fetcher)
    assert outcome.status == "failed"
    assert "found a web page" in outcome.why
    assert archive.vintages("ods") == []


def test_an_empty_file_is_refused(publisher, fetcher, archive):
    publisher.serve(FILE, b"\r\n")
    assert "found nothing at all" in refresh(source(Remote(FILE)), archive, fetcher).why


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (CSV, "text"),
        (b"<5,12\n", "text"),
        (b"Provider,a<b\n", "text"),
        ("\ufeffProvider;Score\n".encode("utf-16"), "text"),
        ("St Mary\u2019s\n".encode("cp1252"), "text"),
        (b"\xef\xbb\xbf", "empty"),
        (b"", "empty"),
        (b"%PDF-1.7", "pdf"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", "xls"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
        (b"PK\x03\x04......[Content_Types].xml", "xlsx"),
        (b"PK\x03\x04" + b"." * 26 + b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet", "ods"),
        (b"PK\x03\x04......data.csv", "zip"),
        (gzip.compress(CSV), "gzip"),
        (b'{"success": true}', "json"),
        (b"<?xml version='1.0'?><Workbook>", "xml"),
        (b"a\x00\x01b", "binary"),
    ],
)
def test_a_file_is_known_by_its_bytes(content, kind):
    assert sniff(content) == kind


# Statuses


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_refusal_is_not_retried_and_names_the_source(publisher, fetcher, archive, status):
    publisher.serve(FILE, Page(status=status))
    outcome = refresh(source(Remote(FILE)), archive, fetcher)
    assert publisher.count(FILE) == 1
    assert outcome.status == "failed"
    assert outcome.why.startswith(
        f"ods (assets.sources.ods): Fetching {FILE}: expected a file, found {status} "
    )


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_passing_fault_is_retried_and_logged_once(publisher, fetcher, caplog, status):
    caplog.set_level(logging.INFO, "pipelines.fetch")
    publisher.serve(FILE, Page(status=status), CSV)
    assert fetcher.fetch(FILE, HOSTS).content == CSV
    assert publisher.count(FILE) == 2
    assert [record.levelname for record in caplog.records] == ["INFO"]


def test_a_lasting_fault_is_given_up_after_two_retries(publisher, fetcher):
    publisher.serve(FILE, Page(status=500))
    with pytest.raises(FetchError, match=r"500 .*\(tried 3 times\); try again later") as caught:
        fetcher.fetch(FILE, HOSTS)
    assert caught.value.kind == "failed"
    assert publisher.count(FILE) == 3


@pytest.mark.parametrize(
    ("asked", "least", "most"),
    [
        ("7", 7, 7),
        (timedelta(seconds=25), 10, 25),
        (timedelta(days=-1), 0, 0.1),
        ("soon", 0, 0.1),
    ],
)
def test_retry_after_is_honoured(publisher, asked, least, most):
    pauses: list[float] = []
    if isinstance(asked, timedelta):
        asked = format_datetime(datetime.now(UTC) + asked, usegmt=True)
    fetcher = Fetcher(Limits(backoff=0.01), locate=publisher.locate, sleep=pauses.append)
    publisher.serve(FILE, Page(status=429, headers={"Retry-After": asked}), CSV)
    fetcher.fetch(FILE, HOSTS)
    assert least <= pauses[0] <= most


@pytest.mark.parametrize("asked", ["3600", timedelta(days=365)])
def test_who_asks_for_a_long_wait_is_not_asked_again(publisher, fetcher, asked):
    if isinstance(asked, timedelta):
        asked = format_datetime(datetime.now(UTC) + asked, usegmt=True)
    publisher.serve(FILE, Page(status=503, headers={"Retry-After": asked}), CSV)
    with pytest.raises(FetchError, match=r"found 503 .*; the publisher asks to wait \d+ s, try again later"):
        fetcher.fetch(FILE, HOSTS)
    assert publisher.count(FILE) == 1


def test_a_host_that_asks_for_a_wait_is_left_alone_whatever_is_wanted_of_it(publisher):
    pauses: list[float] = []
    fetcher = Fetcher(Limits(backoff=0.01, interval=0), locate=publisher.locate, sleep=pauses.append)
    publisher.serve(FILE, Page(status=429, headers={"Retry-After": "3600"}))
    publisher.serve(PAGE, CSV)
    publisher.serve(REPORT, CSV)
    with pytest.raises(FetchError, match="wait 3600 s"):
        fetcher.fetch(FILE, HOSTS)
    fetcher.fetch(REPORT, HOSTS)  # of another host
    with pytest.raises(FetchError, match="asked to be left alone"):
        fetcher.fetch(PAGE, HOSTS)
    assert (pauses, publisher.count(PAGE)) == ([], 0)


def test_one_host_is_asked_at_most_twice_a_second(publisher):
    pauses: list[float] = []
    fetcher = Fetcher(Limits(interval=500), locate=publisher.locate, sleep=pauses.append)
    publisher.serve(FILE, CSV)
    publisher.serve(REPORT, CSV)
    for url in (FILE, REPORT, FILE, FILE):
        fetcher.fetch(url, HOSTS)
    assert pauses == [pytest.approx(500, abs=50), pytest.approx(1000, abs=50)]
    assert Limits().interval == 0.5


# Redirects and addresses


def test_a_redirect_to_a_host_on_the_list_is_followed_and_recorded(publisher, fetcher):
    publisher.serve(FILE, redirect(REPORT))
    publisher.serve(REPORT, CSV)
    fetched = fetcher.fetch(FILE, HOSTS)
    assert (fetched.content, fetched.hops, fetched.final_url) == (CSV, (FILE, REPORT), REPORT)


@pytest.mark.parametrize(
    ("target", "found"),
    [
        (f"https://{OTHER}/file.csv", f"host {OTHER}, which is not one of"),
        (f"http://{NHS}/data/file.csv", "not plain https"),
        ("file:///etc/passwd", "not plain https"),
        (f"https://{NHS}:8443/file.csv", "not plain https"),
        (f"https://user:secret@{NHS}/file.csv", "not plain https"),
        ("https://127.0.0.1/", "host 127.0.0.1"),
        ("https://169.254.169.254/latest/meta-data", "host 169.254.169.254"),
        ("https://[::1]/", "host ::1"),
        ("https://2130706433/", "host 2130706433"),
        ("https://0x7f000001/", "host 0x7f000001"),
        ("https://[broken/", "cannot be read"),
    ],
)
def test_a_redirect_that_breaks_the_rules_is_refused_before_connecting(publisher, fetcher, target, found):
    publisher.serve(FILE, redirect(target))
    with pytest.raises(FetchError) as caught:
        fetcher.fetch(FILE, HOSTS)
    assert found in str(caught.value)
    assert publisher.located == [NHS]
    assert sum(publisher.requests.values()) == 1


def test_redirects_in_a_circle_are_refused(publisher, fetcher):
    publisher.serve(FILE, redirect(FILE))
    with pytest.raises(FetchError, match="more than 5 redirects"):
        fetcher.fetch(FILE, HOSTS)
    assert publisher.count(FILE) == 6


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104
        "224.0.0.1",
        "240.0.0.1",
        "::1",
        "fe80::1",
        "fc00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
    ],
)
def test_an_address_that_is_not_public_is_refused(publisher, address):
    guarded = partial(public_address, resolve=lambda host: ["20.49.104.1", address])
    with pytest.raises(FetchError, match="expected a public address"):
        Fetcher(QUICK, locate=guarded).fetch(FILE, HOSTS)
    assert not publisher.requests


def test_the_address_that_was_checked_is_the_address_that_is_used(publisher, fetcher, monkeypatch):
    publisher.serve(FILE, CSV)
    looked_up: list[str] = []
    real = socket.getaddrinfo

    def getaddrinfo(host, *args, **kwargs):
        looked_up.append(host)
        return real(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    fetcher.fetch(FILE, HOSTS)
    assert set(looked_up) == {"127.0.0.1"}
    assert public_address(NHS, lambda host: ["2a02:26f0::1", "20.49.104.1"]) == ("20.49.104.1", 443)


def test_behind_a_proxy_the_list_of_hosts_still_holds(publisher, fetcher, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with pytest.raises(FetchError, match="not one of"):
        fetcher.fetch(f"https://{OTHER}/file.csv", HOSTS)
    with pytest.raises(FetchError, match="no connection"):
        fetcher.fetch(FILE, HOSTS)
    assert publisher.located == []


# TLS


def test_a_certificate_of_an_unknown_authority_is_refused(publisher, fetcher, monkeypatch):
    publisher.serve(FILE, CSV)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", requests.certs.where())
    with pytest.raises(FetchError, match="certificate that does not hold"):
        fetcher.fetch(FILE, HOSTS)
    assert not publisher.requests


def test_a_certificate_for_another_name_is_refused(tmp_path, publisher):
    with publishing(tmp_path, [NHS], certified=[OTHER]) as impostor:
        impostor.serve(FILE, CSV)
        with pytest.raises(FetchError, match=r"certificate that does not hold.*Hostname mismatch"):
            Fetcher(QUICK, locate=impostor.locate).fetch(FILE, HOSTS)
        assert not impostor.requests


# Transfers that go wrong


@pytest.mark.parametrize("page", [cut_short(CSV), chunks_cut_short(CSV)])
def test_a_truncated_file_is_refused(publisher, fetcher, archive, page):
    publisher.serve(FILE, page)
    outcome = refresh(source(Remote(FILE)), archive, fetcher)
    assert outcome.status == "failed"
    assert "an answer that stopped" in outcome.why
    assert archive.vintages("ods") == []
    assert not list(archive.root.rglob("*"))


def test_a_compressed_file_with_the_length_of_the_compressed_form_is_accepted(publisher, fetcher):
    publisher.serve(FILE, Page(gzip.compress(CSV * 9999), headers={"Content-Encoding": "gzip"}))
    assert fetcher.fetch(FILE, HOSTS).content == CSV * 9999


@pytest.mark.parametrize(
    "page",
    [
        Page(b"a" * 200_001),
        Page(gzip.compress(b"a" * 50_000_000), headers={"Content-Encoding": "gzip"}),
        endless(),
    ],
    ids=["declared", "compressed", "endless"],
)
def test_a_file_over_the_cap_is_refused(publisher, page):
    publisher.serve(FILE, page)
    fetcher = Fetcher(Limits(bytes=200_000), locate=publisher.locate)
    with pytest.raises(FetchError, match="more than 200000 bytes"):
        fetcher.fetch(FILE, HOSTS)
    assert publisher.count(FILE) == 1


@pytest.mark.parametrize("where", DRIPS)
def test_a_slow_drip_ends_within_the_deadline(publisher, where):
    publisher.serve(FILE, dripping(4, DRIPS[where]))
    fetcher = Fetcher(Limits(connect=0.5, read=0.5, total=1, slowest=0, backoff=0), locate=publisher.locate)
    started = time.monotonic()
    with pytest.raises(FetchError):
        fetcher.fetch(FILE, HOSTS)
    assert time.monotonic() - started < 1.5


def test_a_file_too_slow_to_ever_arrive_is_given_up_long_before_the_deadline(publisher):
    publisher.serve(FILE, dripping(4))
    with pytest.raises(FetchError, match=r"found \d+ bytes after"):
        Fetcher(Limits(read=0.3), locate=publisher.locate).fetch(FILE, HOSTS)
    assert publisher.count(FILE) == 1


def test_a_server_that_hangs_is_asked_again_and_given_up(publisher):
    publisher.serve(FILE, hanging(4))
    limits = Limits(connect=0.2, read=0.2, total=3, backoff=0, interval=0)
    with pytest.raises(FetchError, match=r"an answer that stopped.*tried 3 times"):
        Fetcher(limits, locate=publisher.locate).fetch(FILE, HOSTS)
    assert publisher.count(FILE) == 3


def test_a_hang_costs_less_than_a_minute_by_default():
    limits = Limits()
    assert limits.patience + limits.backoff * 3 + limits.connect + limits.read < 60


# One publisher's fault is not another's


def test_one_dead_publisher_leaves_the_other_fresh(publisher, fetcher, archive):
    publisher.dead.add(ODS)
    publisher.serve(FILE, CSV)
    outcomes = fetch_all(
        [source(Remote(REPORT)), source(Remote(FILE), name="dma"), source(name="dspt")],
        archive,
        fetcher,
        now=NOW,
    )
    assert {name: outcome.status for name, outcome in outcomes.items()} == {
        "ods": "failed",
        "dma": "fresh",
        "dspt": "not_attempted",
    }
    assert "no connection (Connection refused)" in outcomes["ods"].why
    assert "has no address to fetch from" in outcomes["dspt"].why


def test_one_failing_file_does_not_lose_the_others_of_its_source(publisher, fetcher, archive):
    publisher.serve(REPORT, CSV)
    remotes = Remote(FILE, part="gone"), Remote(REPORT, part="etr"), Remote(f"{FILE}?2", part="gone-too")
    outcome = refresh(source(*remotes), archive, fetcher)
    assert outcome.status == "failed"
    assert [vintage.part for vintage in outcome.new] == ["etr"]
    assert outcome.why.count("found 404") == 2


def test_no_network_is_known_within_seconds(archive):
    def locate(host: str) -> tuple[str, int]:
        asked.append(host)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    asked: list[str] = []
    every = [source(Remote(f"https://host{number}.nhs.uk/"), name=f"s{number}") for number in range(30)]
    started = time.monotonic()
    outcomes = fetch_all(every, archive, Fetcher(locate=locate), now=NOW)
    assert time.monotonic() - started < 4
    assert {outcome.status for outcome in outcomes.values()} == {"no_network"}
    assert len(asked) <= 4
    assert "connect to the network or refresh offline" in outcomes["s29"].why


def test_without_network_the_first_to_fail_says_so_too_and_nobody_else_is_tried_twice(archive, publisher):
    pauses: list[float] = []
    publisher.dead |= {NHS, ODS}
    fetcher = Fetcher(Limits(interval=0), locate=publisher.locate, sleep=pauses.append)
    every = [source(Remote(url), name=f"s{number}") for number, url in enumerate((FILE, REPORT, FILE))]
    outcomes = fetch_all(every, archive, fetcher, now=NOW, workers=1)
    assert [outcome.status for outcome in outcomes.values()] == ["no_network"] * 3
    assert publisher.located == [NHS, NHS, NHS, ODS]
    assert len(pauses) == 2


def test_a_name_service_that_never_answers_is_no_network(archive, publisher):
    def locate(host: str) -> tuple[str, int]:
        time.sleep(3)
        return publisher.locate(host)

    fetcher = Fetcher(Limits(connect=0.2), locate=locate)
    every = [source(Remote(url), name=f"s{number}") for number, url in enumerate((FILE, REPORT))]
    started = time.monotonic()
    outcomes = fetch_all(every, archive, fetcher, now=NOW)
    assert time.monotonic() - started < 2.5
    assert {outcome.status for outcome in outcomes.values()} == {"no_network"}


def test_two_dead_publishers_are_not_a_dead_network_once_another_has_answered(publisher, fetcher, archive):
    publisher.serve(FILE, CSV)
    publisher.dead |= {ODS, OTHER}
    urls = {"a": FILE, "b": REPORT, "c": f"https://{OTHER}/x", "d": FILE}
    every = [source(Remote(url), name=name) for name, url in urls.items()]
    outcomes = fetch_all(every, archive, fetcher, now=NOW, workers=1)
    assert [outcome.status for outcome in outcomes.values()] == ["fresh", "failed", "failed", "fresh"]


# A series of files on one landing page.


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


def test_two_links_for_one_file_of_a_series_are_an_error_that_names_both() -> None:
    twice = LISTED + b'<a href="/uploads/c1.xlsx">TAC data for NHS trusts 2023/24</a>'
    with pytest.raises(
        FetchError, match=r"expected one link for 2023/24 trusts, found .*a1\.xlsx and .*c1\.xlsx"
    ):
        offered(twice, PAGE, SERIES)


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
        FetchError, match=r"^Reading https://.*: expected a catalogue in JSON, found text that is none"
    ):
        offered(page, PAGE, SERIES)


def test_a_source_whose_visit_stops_unforeseen_does_not_lose_the_others(tmp_path, monkeypatch, fetcher):
    def stop(*_: object, **__: object) -> None:
        raise ZeroDivisionError("artificial")

    monkeypatch.setattr(refreshing, "fetch_source", stop)
    (outcome,) = fetch_all([source(SERIES)], Archive(tmp_path), fetcher, now=NOW).values()
    assert outcome.status == "failed"
    assert "the visit stopped with ZeroDivisionError: artificial" in outcome.why
