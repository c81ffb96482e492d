"""The fetcher is polite, patient within limits, and tells what it did. (What goes wrong: tests/faults.)"""

import pytest
from fetching import CSV, FILE, HOSTS, REPORT
from publisher import dripping, hanging, raw

from pipelines.fetching.address_rules import FetchError, plain, within
from pipelines.fetching.client import Fetcher
from pipelines.fetching.transfer import Limits


def test_one_host_is_asked_at_most_twice_a_second(publisher):
    pauses: list[float] = []
    fetcher = Fetcher(Limits(interval=500, total=9999), locate=publisher.locate, sleep=pauses.append)
    publisher.serve(FILE, CSV)
    publisher.serve(REPORT, CSV)
    for url in (FILE, REPORT, FILE, FILE):
        fetcher.fetch(url, HOSTS)
    assert pauses == [pytest.approx(500, abs=50), pytest.approx(1000, abs=50)]
    assert Limits().interval == 0.5


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


def test_what_a_publisher_wrote_is_reported_in_print():
    assert plain("a\x1b[31m\r\nb") == "a?[31m??b"
    assert plain("https://user:secret@digital.nhs.uk/a@b") == "https://digital.nhs.uk/a@b"
    assert len(plain("a" * 70_000)) == 303


def test_a_reason_of_a_publisher_is_reported_in_print(publisher, fetcher):
    publisher.serve(FILE, raw(b"HTTP/1.1 404 \x1b[31m" + b"a" * 9000 + b"\r\nContent-Length: 0\r\n\r\n"))
    with pytest.raises(FetchError) as caught:
        fetcher.fetch(FILE, HOSTS)
    assert "found 404 ?[31maaa" in str(caught.value)
    assert len(str(caught.value)) < 600


def test_a_bundle_that_is_not_there_is_reported(publisher, fetcher, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/artificial/ca.pem")
    with pytest.raises(FetchError, match=r"/artificial/ca\.pem.*check REQUESTS_CA_BUNDLE"):
        fetcher.fetch(FILE, HOSTS)


def test_work_that_takes_too_long_is_left_behind():
    with pytest.raises(TimeoutError):
        within(0, lambda: __import__("time").sleep(1))
    assert within(5, lambda: 7) == 7
