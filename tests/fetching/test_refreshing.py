"""What comes is kept, once, and one publisher's fault is not another's. (Faults: tests/faults.)"""

import json
import socket
import time

import pytest
from fetching import CSV, FILE, NHS, NOW, ODS, OTHER, PAGE, REPORT, source, visit
from publisher import Page

from assets.contract.remote import Remote
from pipelines.fetching import archive_update
from pipelines.fetching.archive_update import fetch_all
from pipelines.fetching.client import USER_AGENT, Fetcher
from pipelines.fetching.transfer import Limits
from pipelines.storage.archive import Archive


def test_a_new_file_is_archived_with_all_that_is_known_about_it(publisher, fetcher, archive):
    publisher.serve(
        REPORT, Page(CSV, headers={"ETag": '"1"', "Last-Modified": "Sun, 22 Nov 2026 03:00:00 GMT"})
    )
    outcome = visit(source(Remote(REPORT, part="etr")), archive, fetcher)
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


def test_a_304_fetches_nothing(publisher, fetcher, archive):
    publisher.serve(FILE, Page(CSV, headers={"ETag": '"1"'}))
    visit(source(Remote(FILE)), archive, fetcher)
    sent = publisher.bytes_sent
    outcome = visit(source(Remote(FILE)), archive, fetcher, later=1)
    assert (outcome.status, outcome.new, outcome.why) == ("unchanged", (), "")
    assert publisher.bytes_sent == sent == len(CSV)
    assert len(archive.vintages("ods")) == 1


def test_the_same_bytes_sent_again_another_day_change_nothing(publisher, fetcher, archive):
    publisher.serve(FILE, CSV)
    visit(source(Remote(FILE)), archive, fetcher)
    outcome = visit(source(Remote(FILE)), archive, fetcher, later=1)
    assert (outcome.status, outcome.new) == ("unchanged", ())
    assert publisher.count(FILE) == 2
    assert len(archive.vintages("ods")) == 1


def test_a_file_that_moved_without_changing_changes_nothing(publisher, fetcher, archive):
    publisher.serve(FILE, CSV)
    publisher.serve(f"{FILE}?v=2", CSV)
    visit(source(Remote(FILE, edition="2025")), archive, fetcher)
    assert visit(source(Remote(f"{FILE}?v=2", edition="2025")), archive, fetcher).status == "unchanged"


def test_files_of_other_editions_and_parts_are_kept_even_when_their_bytes_are_the_same(
    publisher, fetcher, archive
):
    publisher.serve(FILE, CSV)
    remotes = Remote(FILE, edition="1"), Remote(FILE, edition="2"), Remote(FILE, edition="2", part="b")
    outcome = visit(source(*remotes), archive, fetcher)
    assert [(vintage.edition, vintage.part) for vintage in outcome.new] == [("1", ""), ("2", ""), ("2", "b")]


def test_what_is_known_of_one_address_is_not_asked_of_another(publisher, fetcher, archive):
    publisher.serve(FILE, Page(b"v1\n", headers={"ETag": '"1"'}))
    publisher.serve(REPORT, Page(b"v2\n", headers={"ETag": '"1"'}))
    visit(source(Remote(FILE, edition="2025")), archive, fetcher)
    assert visit(source(Remote(REPORT, edition="2025")), archive, fetcher).status == "fresh"


@pytest.mark.parametrize("name", ["ods/etr_2026-07_dse.csv", "dma/dma_2024_2025_results_data_file.xlsx"])
def test_the_publishers_own_files_arrive_whole(publisher, fetcher, archive, publisher_files, name):
    path = publisher_files / name
    publisher.serve(FILE, path.read_bytes())
    assert visit(source(Remote(FILE)), archive, fetcher).status == "fresh"
    assert archive.read(archive.vintages("ods")[0]) == path.read_bytes()


def test_files_that_share_a_landing_page_ask_for_it_once_even_when_it_fails(publisher, fetcher, archive):
    publisher.serve(PAGE, Page(status=404))
    outcome = visit(source(Remote(PAGE, link="a"), Remote(PAGE, part="b", link="b")), archive, fetcher)
    assert publisher.count(PAGE) == 1
    assert outcome.why.count("404") == 1


def test_an_empty_file_is_refused(publisher, fetcher, archive):
    publisher.serve(FILE, b"\r\n")
    assert "found nothing at all" in visit(source(Remote(FILE)), archive, fetcher).why


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
    outcome = visit(source(*remotes), archive, fetcher)
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


def test_a_source_whose_visit_stops_unforeseen_does_not_lose_the_others(tmp_path, monkeypatch, fetcher):
    def stop(*_: object, **__: object) -> None:
        raise ZeroDivisionError("artificial")

    monkeypatch.setattr(archive_update, "fetch_source", stop)
    (outcome,) = fetch_all([source(Remote(FILE))], Archive(tmp_path), fetcher, now=NOW).values()
    assert outcome.status == "failed"
    assert "the visit stopped with ZeroDivisionError: artificial" in outcome.why


@pytest.mark.parametrize("left", [None, CSV[:5]], ids=["lost", "cut"])
@pytest.mark.parametrize("headers", [{"ETag": '"1"'}, {}], ids=["tagged", "not tagged"])
def test_bytes_that_the_archive_lost_are_fetched_again_and_are_nothing_new(
    publisher, fetcher, archive, left, headers
):
    publisher.serve(FILE, Page(CSV, headers=headers))
    visit(source(Remote(FILE)), archive, fetcher)
    [vintage] = archive.vintages("ods")
    blob = archive.root / "blobs" / vintage.sha256
    blob.unlink()
    if left:
        blob.write_bytes(left)
    assert visit(source(Remote(FILE)), archive, fetcher, later=1).status == "unchanged"
    assert archive.read(vintage) == CSV
    assert archive.vintages("ods") == [vintage]


def test_bytes_that_were_damaged_are_replaced_when_they_come_again(publisher, fetcher, archive):
    publisher.serve(FILE, CSV)
    visit(source(Remote(FILE)), archive, fetcher)
    [vintage] = archive.vintages("ods")
    (archive.root / "blobs" / vintage.sha256).write_bytes(CSV.swapcase())
    visit(source(Remote(FILE)), archive, fetcher, later=1)
    assert archive.read(vintage) == CSV


def test_a_sidecar_from_before_hops_were_kept_is_read(publisher, fetcher, archive):
    publisher.serve(FILE, CSV)
    visit(source(Remote(FILE)), archive, fetcher)
    [sidecar] = archive.root.glob("ods/*/*.json")
    found = json.loads(sidecar.read_text("utf-8"))
    del found["hops"]
    sidecar.write_text(json.dumps(found), "utf-8")
    assert archive.vintages("ods")[0].hops == ()
