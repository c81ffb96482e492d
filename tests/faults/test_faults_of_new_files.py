"""Whether what comes is what was meant: other bytes at the same address, the same file at another one."""

from dataclasses import replace

import pytest
from fetching import BETTER, FILE, NHS, PAGE, World, source, visit
from publisher import Page, Publisher

from assets.catalogue import sources
from assets.contract.remote import Remote
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
    ("names", "told"),
    [
        (("Data+Table.csv", "Method.pdf"), "found 0; .*candidates: https://{}/files/Data\\+Table.csv, "),
        (("Data+File+a.csv", "Data+File+b.csv"), "found 2; .*candidates: https://{0}/files/Data\\+File\\+a.csv, https://{0}/files/Data\\+File\\+b.csv"),
    ],
)  # fmt: skip
def test_f19_no_link_or_several_are_an_error_that_lists_candidates(
    publisher: Publisher, world: World, fetcher: Fetcher, names: tuple[str, ...], told: str
) -> None:
    publisher.serve(PAGE, linking(*names))
    world.ours = replace(world.ours, remotes=(LINKED,))
    world.survives(fetcher, f"Reading {PAGE}: expected exactly one link .*" + told.format(NHS))


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
