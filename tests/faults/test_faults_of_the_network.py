"""What publishers, and whoever is between, do to a download. Every test asks a real server under the publishers' names.

`world.survives` refreshes two sources, ours with the fault: its last good file stays in use, theirs is fetched, and
the sentence names the source, its module and the address.
"""

import gzip
import logging
import socket
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from fetching import BETTER, CSV, FILE, GOOD, HOSTS, NHS, PAGE, QUICK, REPORT, World, source, visit
from publisher import (
    DRIPS,
    Page,
    Publisher,
    chunks_cut_short,
    cut_short,
    dripping,
    endless,
    hanging,
    raw,
    without_tls,
)

from assets.contract.remote import Remote
from pipelines.fetching.address_rules import FetchError
from pipelines.fetching.client import USER_AGENT, Fetcher
from pipelines.fetching.discovery import discovered_on
from pipelines.fetching.transfer import Limits
from pipelines.storage.archive import Archive

SHORT = Limits(connect=0.3, read=0.3, total=1, slowest=0, backoff=0, interval=0)
SHORTEST = replace(SHORT, total=0.4)
"""For a fetch that never comes to an end."""
DIALECTS = {
    "gzip": gzip.compress(GOOD * 999, mtime=0),
    "members": gzip.compress(GOOD) + gzip.compress(GOOD * 998),
}


def took(fetcher: Fetcher, url: str = FILE) -> tuple[float, str]:
    """Return how long a failing fetch took, and what it said."""
    started = time.monotonic()
    with pytest.raises(FetchError) as caught:
        fetcher.fetch(url, HOSTS)
    return time.monotonic() - started, str(caught.value)


def test_f01_a_refused_connection_is_tried_three_times_and_leaves_the_source_stale(
    publisher: Publisher, world: World
) -> None:
    pauses: list[float] = []
    publisher.dead.add(NHS)
    world.survives(
        Fetcher(Limits(interval=0), locate=publisher.locate, sleep=pauses.append),
        r"no connection \(Connection refused\) \(tried 3 times\); try again later",
    )
    assert publisher.located.count(NHS) == 3
    first, second = pauses
    assert 0.5 <= first <= 1.5
    assert 1 <= second <= 3


def test_f01_a_name_nobody_knows_leaves_the_source_stale(publisher: Publisher, world: World) -> None:
    def locate(host: str) -> tuple[str, int]:
        if host == NHS:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return publisher.locate(host)

    world.survives(Fetcher(QUICK, locate=locate), r"no connection \(Name or service not known\)")


def test_f01_pauses_between_tries_are_never_the_same_twice(publisher: Publisher) -> None:
    pauses: list[float] = []
    publisher.dead.add(NHS)
    fetcher = Fetcher(Limits(interval=0, retries=8), locate=publisher.locate, sleep=pauses.append)
    with pytest.raises(FetchError):
        fetcher.fetch(FILE, HOSTS)
    ratios = [pause / 2**number for number, pause in enumerate(pauses)]
    assert len(set(ratios)) > 1
    assert all(0.5 <= ratio <= 1.5 for ratio in ratios)


@pytest.mark.parametrize("where", DRIPS)
def test_f02_a_byte_now_and_then_is_given_up_at_the_deadline(publisher: Publisher, where: str) -> None:
    publisher.serve(FILE, dripping(4, DRIPS[where]))
    seconds, _ = took(Fetcher(SHORTEST, locate=publisher.locate))
    assert seconds < 1


def test_f02_a_server_that_hangs_leaves_the_source_stale(publisher: Publisher, world: World) -> None:
    publisher.serve(FILE, hanging(4))
    started = time.monotonic()
    world.survives(Fetcher(SHORT, locate=publisher.locate), r"an answer that stopped \(.*tried \d times")
    assert time.monotonic() - started < 3


def test_f02_a_server_that_hangs_after_its_headers_is_given_up(publisher: Publisher, world: World) -> None:
    def send(handler: object) -> None:
        handler.wfile.write(DRIPS["body"])  # type: ignore[attr-defined]
        time.sleep(4)

    publisher.serve(FILE, Page(send=send))
    world.survives(Fetcher(SHORT, locate=publisher.locate), "an answer that stopped")


def test_f02_a_server_that_never_shakes_hands_is_given_up() -> None:
    with without_tls() as port:
        seconds, found = took(Fetcher(SHORTEST, locate=lambda _: ("127.0.0.1", port)))
    assert seconds < 1
    assert "found" in found


def test_f02_a_host_that_hung_once_and_never_answered_costs_its_other_files_nothing(
    publisher: Publisher, archive: Archive
) -> None:
    urls = [f"{FILE}?{number}" for number in range(9)]
    for url in urls:
        publisher.serve(url, hanging(4))
    limits = Limits(connect=0.2, read=0.2, total=3, backoff=0, interval=0)
    started = time.monotonic()
    outcome = visit(source(*(Remote(url) for url in urls)), archive, Fetcher(limits, locate=publisher.locate))
    assert time.monotonic() - started < 2
    assert [publisher.count(url) for url in urls] == [3] + [0] * 8
    assert f"Fetching {urls[8]}: expected a file, found that {NHS} did not answer" in outcome.why


def test_f02_waiting_for_ones_turn_counts_towards_the_deadline(publisher: Publisher) -> None:
    publisher.serve(FILE, CSV)
    pauses: list[float] = []
    fetcher = Fetcher(Limits(interval=500), locate=publisher.locate, sleep=pauses.append)
    fetcher.fetch(FILE, HOSTS)
    _, text = took(fetcher)
    assert f"Fetching from {NHS}: its turn comes after the deadline" in text
    assert pauses == []


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_f03_a_passing_fault_is_retried_and_logged_once(
    publisher: Publisher, fetcher: Fetcher, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    caplog.set_level(logging.INFO, "pipelines.fetching.client")
    publisher.serve(FILE, Page(status=status), CSV)
    assert fetcher.fetch(FILE, HOSTS).content == CSV
    assert publisher.count(FILE) == 2
    [record] = caplog.records
    assert f"Fetching {FILE}: found {status}" in record.getMessage()


def test_f03_a_fault_that_lasts_leaves_the_source_stale(publisher: Publisher, world: World) -> None:
    publisher.serve(FILE, Page(status=500))
    world.survives(Fetcher(QUICK, locate=publisher.locate), r"found 500 .*\(tried 3 times\); try again later")
    assert publisher.count(FILE) == 3


@pytest.mark.parametrize(
    ("asked", "least", "most"),
    [("7", 7, 7), (timedelta(seconds=25), 10, 25), (timedelta(days=-1), 0, 0.1), ("soon", 0, 0.1)],
)
def test_f04_the_wait_asked_for_is_honoured(
    publisher: Publisher, asked: str | timedelta, least: float, most: float
) -> None:
    pauses: list[float] = []
    if isinstance(asked, timedelta):
        asked = format_datetime(datetime.now(UTC) + asked, usegmt=True)
    fetcher = Fetcher(Limits(backoff=0.01), locate=publisher.locate, sleep=pauses.append)
    publisher.serve(FILE, Page(status=429, headers={"Retry-After": asked}), CSV)
    fetcher.fetch(FILE, HOSTS)
    assert least <= pauses[0] <= most


@pytest.mark.parametrize("asked", ["3600", "9" * 400, timedelta(days=365)])
def test_f04_who_asks_for_an_absurd_wait_is_not_asked_again(
    publisher: Publisher, world: World, asked: str | timedelta
) -> None:
    if isinstance(asked, timedelta):
        asked = format_datetime(datetime.now(UTC) + asked, usegmt=True)
    publisher.serve(FILE, Page(status=429, headers={"Retry-After": asked}), CSV)
    world.survives(
        Fetcher(QUICK, locate=publisher.locate),
        r"found 429 .*; the publisher asks to wait (\d+|inf) s, try again later",
    )
    assert publisher.count(FILE) == 1


@pytest.mark.parametrize("asked", ["Wed, 21 Oct 99999999999999999999 07:28:00 GMT", "-5", "1e9", "\xb2"])
def test_f04_a_wait_that_cannot_be_read_is_none(publisher: Publisher, fetcher: Fetcher, asked: str) -> None:
    publisher.serve(FILE, Page(status=503, headers={"Retry-After": asked}), CSV)
    assert fetcher.fetch(FILE, HOSTS).content == CSV


def test_f04_a_host_that_asks_for_a_wait_is_left_alone_whatever_is_wanted_of_it(publisher: Publisher) -> None:
    pauses: list[float] = []
    fetcher = Fetcher(Limits(backoff=0.01, interval=0), locate=publisher.locate, sleep=pauses.append)
    publisher.serve(FILE, Page(status=429, headers={"Retry-After": "3600"}))
    publisher.serve(REPORT, CSV)
    assert "wait 3600 s" in took(fetcher)[1]
    fetcher.fetch(REPORT, HOSTS)  # of another host
    assert "requested a longer pause" in took(fetcher, f"{FILE}?other")[1]
    assert (pauses, publisher.count(f"{FILE}?other")) == ([], 0)


def test_f05_who_forbids_is_asked_once_and_named(publisher: Publisher, world: World) -> None:
    publisher.serve(FILE, Page(status=403))
    world.survives(
        Fetcher(QUICK, locate=publisher.locate),
        "found 403 Forbidden; the publisher blocked this machine, as it does with data centres: open the address in a "
        "browser at home or in an office, save the file, and add it with `digital-maturity ingest SOURCE FILE",
    )
    assert publisher.count(FILE) == 1
    assert {headers["User-Agent"] for headers in publisher.headers_seen} == {USER_AGENT}
    assert USER_AGENT.startswith("nhs-digital-maturity/")


MOMENT = (
    b'<!DOCTYPE html><html lang="en-US"><head><title>Just a moment...</title></head><body>x</body></html>'
)
WALLS = {
    "403 of Cloudflare": Page(MOMENT, status=403),
    "503 of Cloudflare": Page(MOMENT, status=503),
    "200 of Cloudflare": Page(MOMENT),
    "Access denied": Page(b"<html><head><title>Access Denied</title></head></html>", status=403),
    "header": Page(b"<html></html>", status=403, headers={"cf-mitigated": "challenge"}),
}


@pytest.mark.parametrize("wall", WALLS.values(), ids=WALLS)
def test_f98_the_page_that_keeps_programs_out_is_named_once_with_how_to_add_the_file_by_hand(
    publisher: Publisher, world: World, wall: Page
) -> None:
    publisher.serve(FILE, wall)
    world.survives(
        Fetcher(QUICK, locate=publisher.locate),
        r"a page that keeps programs out \('(Just a moment|Access Denied|cf-mitigated: challenge)'\); the publisher "
        r"blocked this machine, as it does with data centres: .*`digital-maturity ingest SOURCE FILE --edition E`; "
        r"until then the last good edition stays in use",
    )
    assert publisher.count(FILE) == 1


def test_f98_a_landing_page_behind_a_wall_is_no_page_without_links(
    publisher: Publisher, fetcher: Fetcher, archive: Archive
) -> None:
    publisher.serve(PAGE, Page(MOMENT))
    outcome = visit(source(Remote(PAGE, edition="2025", link=r"\.csv$")), archive, fetcher)
    assert outcome.status == "failed"
    assert "'Just a moment'" in outcome.why
    assert "expected exactly one link" not in outcome.why


def test_f98_an_ordinary_page_that_carries_scripts_of_the_same_gatekeeper_is_read(
    publisher: Publisher, fetcher: Fetcher, archive: Archive
) -> None:
    publisher.serve(
        PAGE,
        b'<html><title>Data</title><script src="/cdn-cgi/challenge-platform/x.js"></script>'
        + f'<a href="{FILE}">Just a moment...</a>'.encode(),
    )
    publisher.serve(FILE, CSV)
    outcome = visit(source(Remote(PAGE, edition="2025", link=r"file\.csv$")), archive, fetcher)
    assert (outcome.status, outcome.why) == ("fresh", "")


def test_f98_a_saved_page_of_a_wall_is_refused_by_name() -> None:
    found = discovered_on([Remote(PAGE, edition="2025", link=r"\.csv$")], {PAGE: MOMENT})
    (problem,) = map(str, found.problems)
    assert (found.files, "found 'Just a moment'; the publisher blocked this machine" in problem) == ((), True)


@pytest.mark.parametrize("status", [404, 410])
def test_f06_what_is_gone_is_asked_for_once(publisher: Publisher, world: World, status: int) -> None:
    publisher.serve(FILE, Page(status=status))
    found = rf"^ours \(assets\.sources\.ours\): Fetching {FILE}: expected a file, found {status} .*correct the source's spec"
    world.survives(Fetcher(QUICK, locate=publisher.locate), found)
    assert publisher.count(FILE) == 1


@pytest.mark.parametrize("status", [204, 206, 304, 400, 418])
def test_f06_a_status_that_brings_no_whole_file_is_refused(
    publisher: Publisher, fetcher: Fetcher, status: int
) -> None:
    publisher.serve(FILE, Page(GOOD[:9] if status == 206 else b"", status=status))
    assert f"found {status}" in took(fetcher)[1]
    assert publisher.count(FILE) == 1


PAGES = {
    "soft 404": b"<!DOCTYPE html><title>Not found</title>",
    "mark and blanks": b"\xef\xbb\xbf \r\n<HTML lang=en>",
    "comment": b"\n<!-- cookies --><p>Accept",
    "cookie wall": b"<div class='wall'>",
    "login": b"<script>location='/login'</script>",
    "bot challenge": b"<?xml version='1.0'?>\n<!DOCTYPE html PUBLIC ''><html>",
    "message first": b"Warning: mysql_connect() <br><html><body>",
    "wide": "\ufeff<html>".encode("utf-16-le"),
    "far down": b" \r\n" * 9999 + b"<html>",
}


@pytest.mark.parametrize("body", PAGES.values(), ids=PAGES)
@pytest.mark.parametrize("name", ["file.csv", "file.xlsx"])
def test_f07_a_page_in_place_of_the_file_is_refused_by_its_content(
    publisher: Publisher, fetcher: Fetcher, archive: Archive, body: bytes, name: str
) -> None:
    url = publisher.serve(f"https://{NHS}/{name}", Page(body, headers={"Content-Type": "text/csv"}))
    outcome = visit(source(Remote(url)), archive, fetcher)
    assert outcome.status == "failed"
    assert f"Fetching {url}: expected data, found a web page" in outcome.why
    assert not list(archive.root.rglob("*"))


def test_f07_a_page_in_place_of_the_file_leaves_the_source_stale(publisher: Publisher, world: World) -> None:
    publisher.serve(FILE, PAGES["cookie wall"])
    world.survives(Fetcher(QUICK, locate=publisher.locate), "expected data, found a web page")


def test_f08_fewer_bytes_than_announced_are_refused(publisher: Publisher, world: World) -> None:
    publisher.serve(FILE, cut_short(BETTER))
    world.survives(Fetcher(QUICK, locate=publisher.locate), "an answer that stopped")
    assert publisher.count(FILE) == 3


@pytest.mark.parametrize("length", ["seven", "5, 7", "9" * 5000])
def test_f08_a_length_that_is_none_is_refused(publisher: Publisher, fetcher: Fetcher, length: str) -> None:
    publisher.serve(FILE, Page(BETTER, headers={"Content-Length": length}))
    assert "found" in took(fetcher)[1]


def test_f09_chunks_that_end_early_are_refused(publisher: Publisher, world: World) -> None:
    publisher.serve(FILE, chunks_cut_short(BETTER))
    world.survives(Fetcher(QUICK, locate=publisher.locate), "an answer that stopped")


def test_f09_a_length_beside_chunks_is_not_believed(publisher: Publisher, fetcher: Fetcher) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
    publisher.serve(FILE, raw(head + b"%x\r\n%b\r\n0\r\n\r\n" % (len(GOOD), GOOD)))
    assert fetcher.fetch(FILE, HOSTS).content == GOOD


@pytest.mark.parametrize("body", DIALECTS.values(), ids=DIALECTS)
def test_f10_a_compressed_answer_is_accepted_when_it_decodes_in_full(
    publisher: Publisher, fetcher: Fetcher, body: bytes
) -> None:
    publisher.serve(FILE, Page(body, headers={"Content-Encoding": "gzip"}))
    assert fetcher.fetch(FILE, HOSTS).content == GOOD * 999


@pytest.mark.parametrize(
    ("body", "reported"),
    [
        (gzip.compress(BETTER, mtime=0)[:-9], "an answer that stopped"),
        (gzip.compress(BETTER, mtime=0)[:-8] + b"artifici", "something that cannot be read"),
        (gzip.compress(BETTER, mtime=0) + b"garbage", "something that cannot be read"),
        (b"not compressed at all", "something that cannot be read"),
    ],
)
def test_f10_a_compressed_answer_that_does_not_decode_in_full_is_refused(
    publisher: Publisher, world: World, body: bytes, reported: str
) -> None:
    publisher.serve(FILE, Page(body, headers={"Content-Encoding": "gzip"}))
    world.survives(Fetcher(QUICK, locate=publisher.locate), reported)


@pytest.mark.parametrize("encoding", ["br", "zstd", "deflate", "gzip, gzip"])
def test_f10_only_gzip_is_asked_for_and_what_was_not_asked_for_is_refused(
    publisher: Publisher, world: World, encoding: str
) -> None:
    publisher.serve(FILE, Page(b"artificial", headers={"Content-Encoding": encoding}))
    world.survives(
        Fetcher(QUICK, locate=publisher.locate), f"bytes encoded as {encoding}, which was not requested"
    )
    assert {headers["Accept-Encoding"] for headers in publisher.headers_seen} == {"gzip"}


BOMB = gzip.compress(gzip.compress(bytes(20_000_000)))


@pytest.mark.parametrize(
    "page",
    [
        Page(b"a" * 200_001),
        Page(gzip.decompress(BOMB), headers={"Content-Encoding": "gzip"}),
        endless(),
    ],
    ids=["declared", "compressed", "endless"],
)
def test_f11_more_bytes_than_allowed_are_not_read(publisher: Publisher, world: World, page: Page) -> None:
    publisher.serve(FILE, page)
    limits = Limits(bytes=200_000, interval=0)
    world.survives(Fetcher(limits, locate=publisher.locate), "more than 200000 bytes")
    assert publisher.count(FILE) == 1


def test_f11_the_endless_body_of_a_redirect_is_not_read(publisher: Publisher, fetcher: Fetcher) -> None:
    sent: list[int] = []

    def send(handler: object) -> None:
        out = handler.wfile  # type: ignore[attr-defined]
        out.write(b"HTTP/1.1 302 Found\r\nLocation: /data/moved.csv\r\n\r\n")
        sent.extend(out.write(b"a" * 65536) for _ in range(999))

    publisher.serve(FILE, Page(send=send))
    publisher.serve(f"https://{NHS}/data/moved.csv", CSV)
    assert fetcher.fetch(FILE, HOSTS).content == CSV
    assert sum(sent) < 20_000_000


@pytest.mark.parametrize(
    "head",
    [b"".join(b"X-%d: artificial\r\n" % number for number in range(999)), b"X: " + b"a" * 99_999 + b"\r\n"],
    ids=["many", "long"],
)
def test_f11_headers_without_end_are_not_read(publisher: Publisher, world: World, head: bytes) -> None:
    publisher.serve(FILE, raw(b"HTTP/1.1 200 OK\r\n" + head + b"Content-Length: 0\r\n\r\n"))
    world.survives(Fetcher(QUICK, locate=publisher.locate), "found an answer that stopped")
