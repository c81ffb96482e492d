"""Whether what comes is what was meant: other bytes at the same address, the same file at another one."""

from dataclasses import replace

import pytest
from fetching import BETTER, FILE, NHS, PAGE, World, source, visit
from publisher import Page, Publisher

from assets.catalogue import sources
from assets.contract.remote import FILE_TELLS, Remote
from pipelines.fetching.client import Fetcher
from pipelines.storage.archive import Archive


@pytest.mark.parametrize(
    "headers",
    [{}, {"Last-Modified": "Sun, 22 Nov 2026 03:00:00 GMT"}],
    ids=["nothing said", "same date"],
)
def test_f18_other_bytes_at_the_same_address_are_a_new_vintage(
    publisher: Publisher, fetcher: Fetcher, archive: Archive, headers: dict[str, str]
) -> None:
    publisher.serve(FILE, Page(b"v1,1\n", headers=headers), Page(b"v2,1\n", headers=headers))
    ours = source(Remote(FILE, edition="2025"))
    first, second = (visit(ours, archive, fetcher, later=day) for day in (0, 3))
    assert (first.status, second.status) == ("fresh", "fresh")
    assert [archive.read(vintage) for vintage in archive.vintages("ods")] == [b"v1,1\n", b"v2,1\n"]
    assert {vintage.edition for vintage in archive.vintages("ods")} == {"2025"}


def test_f18_other_bytes_under_the_same_tag_are_a_new_vintage_when_they_come(
    publisher: Publisher, fetcher: Fetcher, archive: Archive
) -> None:
    tagged = b'HTTP/1.1 200 OK\r\nETag: "1"\r\nContent-Length: 5\r\n\r\n'
    publisher.serve(
        FILE,
        *(
            Page(send=lambda handler, body=body: handler.wfile.write(tagged + body))
            for body in (b"v1,1\n", b"v2,1\n")
        ),
    )
    ours = source(Remote(FILE, edition="2025"))
    for day in (0, 3):
        visit(ours, archive, fetcher, later=day)
    assert [archive.read(vintage) for vintage in archive.vintages("ods")] == [b"v1,1\n", b"v2,1\n"]


LINKED = Remote(PAGE, edition="2025", link=r"data\+file.*\.csv$")


def linking(*names: str) -> bytes:
    return b"<html>" + b"".join(b'<a href="/files/%b">x</a>' % name.encode() for name in names)


def test_f19_a_new_name_is_found_on_the_landing_page(
    publisher: Publisher, fetcher: Fetcher, archive: Archive
) -> None:
    names = ("Data+File+v1.csv", "Data+File+v2.csv")
    publisher.serve(PAGE, *(linking(name, "Method.pdf") for name in names))
    for number, name in enumerate(names):
        publisher.serve(f"https://{NHS}/files/{name}", b"v%d\n" % number)
        assert visit(source(LINKED), archive, fetcher, later=number).status == "fresh"
    assert [vintage.publisher_file_name for vintage in archive.vintages("ods")] == list(names)


@pytest.mark.parametrize(
    ("names", "reported"),
    [
        (("Data+Table.csv", "Method.pdf"), "found 0; .*candidates: https://{}/files/Data\\+Table.csv, "),
        (("Data+File+a.csv", "Data+File+b.csv"), "found 2; .*candidates: https://{0}/files/Data\\+File\\+a.csv, https://{0}/files/Data\\+File\\+b.csv"),
    ],
)  # fmt: skip
def test_f19_no_link_or_several_are_an_error_that_lists_candidates(
    publisher: Publisher, world: World, fetcher: Fetcher, names: tuple[str, ...], reported: str
) -> None:
    publisher.serve(PAGE, linking(*names))
    world.ours = replace(world.ours, remotes=(LINKED,))
    world.survives(fetcher, f"Reading {PAGE}: expected exactly one link .*" + reported.format(NHS))


SERIES = Remote(
    PAGE, link=r"/(?P<year>20\d\d)-(?P<part>\w+)\.csv$", name=lambda found: (found["year"], found["part"])
)


def test_f96_two_links_of_one_edition_lose_that_edition_only_and_are_named(
    publisher: Publisher, fetcher: Fetcher, archive: Archive
) -> None:
    files = [
        f"https://{NHS}/{folder}/{name}.csv"
        for folder, name in (("a", "2024-x"), ("a", "2025-x"), ("b", "2025-x"))
    ]
    publisher.serve(PAGE, "".join(f'<a href="{url}">x</a>' for url in files).encode())
    for url in files:
        publisher.serve(url, BETTER)
    outcome = visit(source(SERIES), archive, fetcher)
    assert (outcome.status, [(vintage.edition, vintage.url) for vintage in outcome.new]) == (
        "failed", [("2024", files[0])]
    )  # fmt: skip
    assert (
        f"Reading {PAGE}: expected one link for 2025 x, found {files[1]} and {files[2]}; 2025 x is left out"
        in (outcome.why)
    )
    assert [publisher.count(url) for url in files] == [1, 0, 0]
    # the publisher corrects its page: the edition arrives, and nothing is fetched twice
    publisher.serve(PAGE, "".join(f'<a href="{url}">x</a>' for url in files[:2]).encode())
    again = visit(source(SERIES), archive, fetcher, later=1)
    assert (again.status, [vintage.edition for vintage in again.new]) == ("fresh", ["2025"])


def test_f96_an_edition_with_two_links_keeps_the_file_that_is_held(
    publisher: Publisher, fetcher: Fetcher, archive: Archive
) -> None:
    files = [f"https://{NHS}/{folder}/2025-x.csv" for folder in "ab"]
    publisher.serve(PAGE, f'<a href="{files[0]}">x</a>'.encode())
    publisher.serve(files[0], BETTER)
    visit(source(SERIES), archive, fetcher)
    publisher.serve(PAGE, "".join(f'<a href="{url}">x</a>' for url in files).encode())
    outcome = visit(source(SERIES), archive, fetcher, later=1)
    assert outcome.status == "failed"
    assert [archive.read(vintage) for vintage in archive.vintages("ods")] == [BETTER]


def test_f96_two_files_that_give_the_same_edition_lose_that_edition_only(
    publisher: Publisher, fetcher: Fetcher, archive: Archive
) -> None:
    files = {
        f"https://{NHS}/{name}.csv": content
        for name, content in (("a", b"1,1"), ("b", b"1,2"), ("c", b"2,1"))
    }
    publisher.serve(PAGE, "".join(f'<a href="{url}">x</a>' for url in files).encode())
    for url, content in files.items():
        publisher.serve(url, content)
    reported = Remote(
        PAGE,
        link=r"\.csv$",
        name=lambda _: (FILE_TELLS, ""),
        edition_in=lambda content: f"202{content[:1].decode()}",
    )
    outcome = visit(source(reported), archive, fetcher)
    assert [vintage.edition for vintage in outcome.new] == ["2022"]
    assert "expected one link for 2021, found " in outcome.why


def test_f20_other_bytes_for_a_file_that_never_changes_are_refused(
    publisher: Publisher, world: World, fetcher: Fetcher
) -> None:
    publisher.serve(FILE, BETTER)
    world.ours = replace(world.ours, remotes=(Remote(FILE, edition="2025", immutable=True),))
    world.survives(fetcher, "as this file never changes, found others .*the file held stays in use")


def test_f20_the_same_bytes_for_a_file_that_never_changes_are_nothing_new(
    publisher: Publisher, world: World, fetcher: Fetcher
) -> None:
    world.ours = replace(world.ours, remotes=(Remote(FILE, edition="2025", immutable=True),))
    world.refresh(fetcher)
    assert world.state(world.ours) == ("unchanged", "", [1111, 2222])


def test_f20_what_comes_from_the_web_archive_never_changes() -> None:
    remotes = [remote for one in sources().values() for remote in one.remotes]
    archived = [remote for remote in remotes if "webarchive" in remote.url]
    assert archived
    assert all(remote.immutable for remote in archived)
