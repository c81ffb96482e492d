"""Which addresses a download may contact, and a connection that goes nowhere else.

An address must be https and on a host of the source, and the host must have public addresses only. The connection goes
to the address that was checked, so a second look-up cannot change it. Behind a proxy, the proxy resolves names and
connects: the only protection there is the list of hosts and the rules of the proxy.
"""

import re
import socket
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Literal, TypeVar
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import select_proxy
from urllib3 import HTTPConnectionPool

from assets.contract.errors import DigitalMaturityError

T = TypeVar("T")
Locate = Callable[[str], tuple[str, int]]
ROUTED = ip_network("2000::/3")  # all publicly routed addresses; Python counts site-local ones as global
TUNNELLED = ip_network("2002::/16")  # 6to4 wraps any IPv4 address, including private ones


class FetchError(DigitalMaturityError):
    """A download failed; the message is one sentence. `kind` is "no_network" if no publisher at all can be reached."""

    def __init__(self, sentence: str, kind: Literal["failed", "no_network"] = "failed") -> None:
        self.kind = kind
        super().__init__(sentence)


class MissingPageError(FetchError):
    """A publisher answers that it has no such page."""


def failure(url: str, found: str, advice: str) -> FetchError:
    """Return the error for an address that returned no file."""
    return FetchError(f"Fetching {plain(url)}: expected a file, found {plain(found)}; {advice}")


def plain(text: str, longest: int = 300) -> str:
    """Return a publisher's text for use in a sentence: printable, shortened, without a password."""
    printable = "".join(c if c.isprintable() else "?" for c in text[:longest])
    return re.sub(r"(?<=//)[^/@\s]*@", "", printable) + ("..." if len(text) > longest else "")


def checked_host(url: str, hosts: frozenset[str]) -> str:
    """Return the host of `url`; raise FetchError unless it is a plain https address on one of `hosts`."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "https" or parts.username or parts.password or parts.port not in (None, 443):
        raise failure(
            url, "an address that is not plain https", "find out why the publisher sends visitors there"
        )
    if host not in hosts:  # a bare address in any spelling is not in the list either
        raise failure(
            url, f"host {host or 'nowhere'}, which is not one of {', '.join(sorted(hosts))}",
            "add it to the hosts of the source if it belongs to the publisher",
        )  # fmt: skip
    return host


def public_address(host: str, resolve: Callable[[str], list[str]] | None = None) -> tuple[str, int]:
    """Return the (address, port) to connect to for `host`, one of the addresses that `resolve` finds.

    Raises FetchError if any of them is not public, OSError if there is none. IPv4 comes first: a broken IPv6 route
    costs a time-out.
    """
    found = resolve(host) if resolve else _look_up(host)
    addresses = sorted(map(ip_address, found), key=lambda address: address.version)
    for address in addresses:
        if not _is_public(address):
            raise FetchError(
                f"Fetching from {host}: expected a public address, found {address}; "
                "check the name service, or the redirect that led there"
            )
    return str(addresses[0]), 443


def _look_up(host: str) -> list[str]:
    found = socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    return [str(sockaddr[0]).split("%")[0] for *_, sockaddr in found]


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if address.version == 6 and (address not in ROUTED or address in TUNNELLED):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


class PinnedAdapter(HTTPAdapter):
    """Connects to the address that `locate` has checked, while TLS still verifies the publisher's name."""

    def __init__(self, locate: Locate, timeout: float) -> None:
        self.locate, self.timeout = locate, timeout
        super().__init__()

    def get_connection_with_tls_context(
        self,
        request: requests.PreparedRequest,
        verify: bool | str | None,  # noqa: FBT001 - the signature of requests
        proxies: Mapping[str, str] | None = None,
        cert: tuple[str, str] | str | None = None,
    ) -> HTTPConnectionPool:
        """Return the pool for one request; see requests for the arguments."""
        if select_proxy(str(request.url), proxies):
            return super().get_connection_with_tls_context(request, verify, proxies, cert)  # type: ignore[return-value]
        where, tls = self.build_connection_pool_key_attributes(request, verify, cert)  # type: ignore[arg-type]
        host = where["host"]
        try:
            address, port = within(self.timeout, lambda: self.locate(host))
        except TimeoutError as slow:
            raise requests.ConnectTimeout(f"no address for {host} within {self.timeout:g} s") from slow
        pool: HTTPConnectionPool = self.poolmanager.connection_from_host(
            address, port, scheme="https", pool_kwargs={**tls, "server_hostname": host}
        )
        return pool


def within(seconds: float, work: Callable[[], T]) -> T:
    """Return `work()`, or raise TimeoutError after `seconds` and let the thread end by itself.

    A socket's time-out restarts at each byte, and a name look-up has none: only a thread bounds a slow transfer.
    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as problem:  # raised again by future.result
            future.set_exception(problem)

    threading.Thread(target=run, daemon=True).start()
    return future.result(timeout=max(seconds, 0))
