"""Where a download may lead: redirects, certificates, names, proxies.

`world.survives` refreshes two sources, ours with the fault: its last good file stays in use, theirs is fetched, and
the sentence names the source, its module and the address.
"""

import json
import re
import socket
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
import requests
from fetching import (
    BETTER,
    CSV,
    FILE,
    HOSTS,
    NHS,
    ODS,
    OTHER,
    QUICK,
    REPORT,
    World,
    source,
    visit,
)
from publisher import Page, Publisher, proxying, publishing, redirect, without_tls

from assets.catalogue import sources
from assets.contract.remote import Remote
from pipelines.fetching.address_rules import FetchError, public_address
from pipelines.fetching.client import Fetcher
from pipelines.storage.archive import Archive

CODE = Path(__file__).parents[2]


# Redirects and addresses


def test_f12_a_redirect_to_another_host_of_the_source_is_followed_and_each_hop_kept(
    publisher: Publisher, fetcher: Fetcher, archive: Archive
) -> None:
    publisher.serve(FILE, redirect("/data/moved.csv", 301))
    moved = publisher.serve(f"https://{NHS}/data/moved.csv", redirect(REPORT, 307))
    publisher.serve(REPORT, CSV)
    ours = replace(source(Remote(FILE)), hosts=frozenset({ODS}))
    assert visit(ours, archive, fetcher).status == "fresh"
    [vintage] = archive.vintages("ods")
    assert (vintage.hops, vintage.final_url) == ((FILE, moved, REPORT), REPORT)
    [sidecar] = archive.root.glob("ods/*/*.json")
    assert json.loads(sidecar.read_text("utf-8"))["hops"] == [FILE, moved, REPORT]


def test_f12_a_redirect_to_a_host_that_is_not_of_the_source_is_refused(
    publisher: Publisher, world: World, fetcher: Fetcher
) -> None:
    publisher.serve(FILE, redirect(f"https://{OTHER}/file.csv"))
    publisher.serve(f"https://{OTHER}/file.csv", BETTER)
    world.survives(fetcher, f"host {OTHER}, which is not one of {NHS}; add it to the hosts of the source if")
    assert OTHER not in publisher.located


def test_f12_nothing_that_one_host_says_is_sent_to_another(
    publisher: Publisher, fetcher: Fetcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login artificial password artificial\n", "utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    cookie = {"Location": REPORT, "Set-Cookie": "artificial=1; Domain=nhs.uk; Path=/"}
    publisher.serve(FILE, Page(status=302, headers=cookie))
    publisher.serve(REPORT, CSV)
    fetcher.fetch(FILE, HOSTS)
    assert len(publisher.headers_seen) == 2
    for headers in publisher.headers_seen:
        assert not headers.keys() & {"Cookie", "Authorization", "Proxy-Authorization", "Referer"}


@pytest.mark.parametrize(
    ("target", "found"),
    [
        (f"http://{NHS}/data/file.csv", "not plain https"),
        ("file:///etc/passwd", "not plain https"),
        (f"https://{NHS}:8443/file.csv", "not plain https"),
        (f"https://user:secret@{NHS}/file.csv", "not plain https"),
        ("https://127.0.0.1/", "host 127.0.0.1"),
        ("https://169.254.169.254/latest/meta-data", "host 169.254.169.254"),
        ("https://[::1]/", "host ::1"),
        ("https://2130706433/", "host 2130706433"),
        ("https://0x7f000001/", "host 0x7f000001"),
        ("https://0177.0.0.1/", "host 0177.0.0.1"),
        (f"https://{NHS}.artificial.example/", "host digital.nhs.uk.artificial.example"),
        (f"https://{NHS}@127.0.0.1/", "not plain https"),
        (f"//{OTHER}/", f"host {OTHER}"),
        ("https://[broken/", "cannot be read"),
    ],
)
def test_f13_a_redirect_that_breaks_the_rules_is_refused_before_connecting(
    publisher: Publisher, world: World, fetcher: Fetcher, target: str, found: str
) -> None:
    publisher.serve(FILE, redirect(target))
    world.survives(fetcher, re.escape(found))
    assert sorted(publisher.located) == [NHS, ODS]
    assert sum(publisher.requests.values()) == 2
    assert "secret" not in world.state(world.ours)[1]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "240.0.0.1",  # noqa: S104
        "::1", "fe80::1", "fc00::1", "fec0::1", "ff02::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::",
    ],
)  # fmt: skip
def test_f13_a_host_at_an_address_that_is_not_public_is_refused(
    publisher: Publisher, world: World, address: str
) -> None:
    guarded = partial(public_address, resolve=lambda _: ["20.49.104.1", address])
    world.survives(
        Fetcher(QUICK, locate=lambda host: guarded(host) if host == NHS else publisher.locate(host)),
        f"expected a public address, found {re.escape(address)}|expected a public address, found ::ffff:7f00:1",
    )


def test_f13_the_address_that_was_checked_is_the_address_that_is_used(
    publisher: Publisher, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher.serve(FILE, CSV)
    looked_up: list[str] = []
    real = socket.getaddrinfo

    def getaddrinfo(host: str, *args: object, **kwargs: object) -> object:
        looked_up.append(host)
        return real(host, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    fetcher.fetch(FILE, HOSTS)
    assert set(looked_up) == {"127.0.0.1"}  # never the name, which could have another answer by now
    assert public_address(NHS, lambda _: ["2a02:26f0::1", "20.49.104.1"]) == ("20.49.104.1", 443)


def test_f14_redirects_in_a_circle_are_refused(publisher: Publisher, world: World, fetcher: Fetcher) -> None:
    publisher.serve(FILE, redirect(FILE))
    world.survives(fetcher, "more than 5 redirects")
    assert publisher.count(FILE) == 6


def test_f14_redirects_in_a_circle_of_hosts_are_refused(publisher: Publisher, fetcher: Fetcher) -> None:
    publisher.serve(FILE, redirect(REPORT))
    publisher.serve(REPORT, redirect(FILE))
    with pytest.raises(FetchError, match=f"Fetching {FILE}: .* more than 5 redirects"):
        fetcher.fetch(FILE, HOSTS)
    assert (publisher.count(FILE), publisher.count(REPORT)) == (3, 3)


# Certificates


@pytest.mark.parametrize(
    ("kind", "reported"),
    [
        ({"ends": timedelta(hours=-1)}, "certificate has expired"),
        ({"certified": [OTHER]}, "Hostname mismatch"),
        ({"known": False}, "self-signed certificate"),
    ],
    ids=["expired", "of another host", "self-signed"],
)
def test_f15_a_certificate_that_does_not_hold_is_refused(
    publisher: Publisher, world: World, tmp_path: Path, kind: dict[str, object], reported: str
) -> None:
    trusted = (tmp_path / "ca.pem").read_bytes()
    (tmp_path / "there").mkdir()
    with publishing(tmp_path / "there", [NHS], **kind) as impostor:  # type: ignore[arg-type]
        if kind.get("known", True):
            trusted += (tmp_path / "there/ca.pem").read_bytes()
        (tmp_path / "ca.pem").write_bytes(trusted)
        impostor.serve(FILE, BETTER)
        places = {NHS: impostor.locate, ODS: publisher.locate}
        world.survives(
            Fetcher(QUICK, locate=lambda host: places[host](host)),
            f"an invalid certificate .*{reported}.*; check REQUESTS_CA_BUNDLE and the clock",
        )
        assert not impostor.requests


def test_f15_an_authority_nobody_named_is_not_trusted(
    publisher: Publisher, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher.serve(FILE, CSV)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", requests.certs.where())
    with pytest.raises(FetchError, match="an invalid certificate"):
        fetcher.fetch(FILE, HOSTS)
    assert not publisher.requests


def test_f15_a_server_without_tls_is_refused(publisher: Publisher, world: World) -> None:
    with without_tls(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndata") as port:
        world.survives(
            Fetcher(
                QUICK,
                locate=lambda host: ("127.0.0.1", port) if host == NHS else publisher.locate(host),
            ),
            "no connection .*SSL",
        )


def test_f15_no_code_can_switch_the_check_off() -> None:
    switches = re.compile(r"verify\s*=\s*False|CERT_NONE|check_hostname\s*=\s*False|_unverified_context")
    written = [path for folder in ("assets", "pipelines") for path in (CODE / folder).rglob("*.py")]
    assert len(written) > 50
    assert [path.name for path in written if switches.search(path.read_text("utf-8"))] == []


# What a source says of itself, and names


@pytest.mark.parametrize(
    "url",
    [
        "https://digital.nhs.uk/data/../../etc/passwd",
        "https://digital.nhs.uk/data/%2e%2e/passwd",
        "/etc/passwd",
        "file:///etc/passwd",
        "http://digital.nhs.uk/file.csv",
        "https://user:secret@digital.nhs.uk/file.csv",
        "https://token@digital.nhs.uk/file.csv",
        "https://digital.nhs.uk:8443/file.csv",
        "https:///file.csv",
    ],
)
def test_f16_an_address_that_is_not_plain_https_is_an_error_when_definitions_load(url: str) -> None:
    with pytest.raises(
        ValueError, match=r"expected a plain https address, found .*; correct the source module"
    ):
        Remote(url)


@pytest.mark.parametrize(
    "name", ["../x", "/etc/passwd", "a/../b", "..", "a\\b", "C:x", "a\0", ".hidden", "a/"]
)
@pytest.mark.parametrize("where", ["edition", "part"])
def test_f16_a_name_that_is_a_path_is_an_error_when_definitions_load(where: str, name: str) -> None:
    with pytest.raises(ValueError, match="expected an edition or part of letters"):
        Remote(FILE, **{where: name})


def test_f16_every_address_and_page_of_every_source_is_plain_https() -> None:
    for one in sources().values():
        for url in filter(None, (one.landing_page, *(remote.url for remote in one.remotes))):
            Remote(url)
        assert all(re.fullmatch(r"[a-z0-9.-]+\.[a-z]+", host) for host in one.allowed_hosts)


@pytest.mark.parametrize("name", ["../../x", "/etc/x", "..\\x", "a\0b"])
def test_f17_no_name_that_a_server_sends_is_a_path(
    publisher: Publisher, fetcher: Fetcher, archive: Archive, name: str, tmp_path: Path
) -> None:
    to = f"https://{NHS}/data/{requests.utils.quote(name, safe='')}"
    publisher.serve(FILE, redirect(to))
    publisher.serve(
        to, Page(CSV, headers={"Content-Disposition": f'attachment; filename="{name}"'.replace("\0", "")})
    )
    before = {path for path in tmp_path.rglob("*") if archive.root not in path.parents}
    assert visit(source(Remote(FILE, edition="2025")), archive, fetcher).status == "fresh"
    [vintage] = archive.vintages("ods")
    files = {path.relative_to(archive.root).as_posix() for path in archive.root.rglob("*") if path.is_file()}
    assert files == {f"blobs/{vintage.sha256}", f"ods/2025/20261123T060000-{vintage.sha256}.json"}
    assert {path for path in tmp_path.rglob("*") if archive.root not in path.parents} - before <= {
        archive.root
    }


# Without a network, or with somebody in between


def test_f21_offline_the_archive_gives_the_same_bytes_and_nobody_is_asked(
    publisher: Publisher, world: World, fetcher: Fetcher
) -> None:
    world.refresh(fetcher)
    staged = {path: path.read_bytes() for path in world.home.staged.iterdir()}
    world.home.staged.rename(world.home.root / "aside")
    world.refresh(Fetcher(locate=pytest.fail), offline=True)
    assert [world.state(one)[2] for one in (world.ours, world.theirs)] == [[1111, 2222], [3333, 4444]]
    assert {path: path.read_bytes() for path in staged} == staged


def test_f21_a_file_comes_through_a_proxy_and_the_list_of_hosts_still_holds(
    publisher: Publisher, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher.serve(FILE, CSV)
    with proxying(publisher) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        assert fetcher.fetch(FILE, HOSTS).content == CSV
        for target in (
            f"https://{OTHER}/x",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://169.254.169.254/",
        ):
            publisher.serve(FILE, redirect(target))
            with pytest.raises(FetchError, match="not one of"):
                fetcher.fetch(FILE, HOSTS)
    assert set(proxy.asked) == {f"{NHS}:443"}
    assert publisher.located == []


def test_f21_a_proxy_that_refuses_is_named_and_the_file_stays(
    publisher: Publisher, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxying(publisher) as proxy:
        proxy.refuses = True
        monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("//", "//user:secret@"))
        monkeypatch.setenv("NO_PROXY", ODS)
        world.survives(
            Fetcher(QUICK, locate=publisher.locate),
            r"no connection \(Tunnel connection failed: 403 Forbidden",
        )
    assert "secret" not in world.state(world.ours)[1]
    assert publisher.located == [ODS]
