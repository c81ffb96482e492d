"""Downloads from publishers who owe us nothing: slow, moved, cut short, or a web page instead of a workbook.

`Fetcher.fetch` returns a whole file or raises one FetchError. Which file of a landing page to download is for
`pipelines.discovery`, where to keep it for `pipelines.refreshing`, what it holds for its source's parser.

The rules on addresses (https, hosts of the source, public addresses) hold again at every redirect, and the
connection goes to the very address that was checked, so a second look-up cannot swap it. Behind a proxy, the
proxy looks names up and connects: there only the list of hosts protects, and what the proxy itself refuses.
"""

import logging
import random
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from ipaddress import ip_address
from typing import Literal, TypeVar
from urllib.parse import urljoin, urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.utils import select_proxy
from urllib3 import HTTPConnectionPool

log = logging.getLogger(__name__)

USER_AGENT = f"nhs-digital-maturity/{version('nhs-digital-maturity')} (research use of open NHS data)"
TRY_AGAIN = frozenset({408, 429, 500, 502, 503, 504})
INTERRUPTED = urllib3.exceptions.ProtocolError | urllib3.exceptions.TimeoutError
T = TypeVar("T")
Locate = Callable[[str], tuple[str, int]]


@dataclass(frozen=True)
class Limits:
    """How long (seconds), how much (bytes) and how often the fetcher tries."""

    connect: float = 5
    read: float = 20  # between two bytes, and for the first of them
    total: float = 120  # for one file, redirects and retries included
    bytes: int = 256 * 2**20
    slowest: float = 2048  # bytes a second, on average, once `read` has passed: less never arrives
    redirects: int = 5
    retries: int = 2
    patience: float = 25  # a failure later than this is not retried, so that a hang costs under a minute
    backoff: float = 1
    longest_wait: float = 30  # where Retry-After asks for more, nobody asks again in this run
    interval: float = 0.5  # between two requests to one host


class FetchError(Exception):
    """A download failed, in one sentence; `kind` is "no_network" where no publisher at all can be reached."""

    def __init__(self, sentence: str, kind: Literal["failed", "no_network"] = "failed") -> None:
        self.kind = kind
        super().__init__(sentence)


class _Transient(Exception):  # noqa: N818 - never leaves this module
    """A fault that may pass: `wait` is what the publisher asked for (seconds), `unreachable` the host."""

    def __init__(self, found: str, *, wait: float = 0, unreachable: str = "") -> None:
        self.wait, self.unreachable = wait, unreachable
        super().__init__(found)


@dataclass(frozen=True)
class Fetched:
    """One answer: a whole file, or `not_modified` and no bytes; `hops` are the addresses asked, in order."""

    content: bytes
    not_modified: bool
    etag: str
    last_modified: str
    hops: tuple[str, ...]

    @property
    def final_url(self) -> str:
        """The address that answered, after redirects."""
        return self.hops[-1]


@dataclass
class Network:
    """What one run has learnt, shared by its threads: one dead publisher is not a dead network."""

    answered: bool = False
    unreachable: set[str] = field(default_factory=set)

    def note(self, unreachable: str) -> None:
        """Remember a host that could not be reached; an empty name is none."""
        if unreachable:
            self.unreachable.add(unreachable)

    @property
    def down(self) -> bool:
        """Whether two hosts could not be reached and none has answered."""
        return not self.answered and len(self.unreachable) >= 2

    def require(self) -> None:
        """Raise FetchError where trying would be a waste of time."""
        if self.down:
            hosts = " nor ".join(sorted(self.unreachable)[:2])
            raise FetchError(
                f"Fetching from publishers: expected an answer, found that neither {hosts} can be reached; "
                "connect to the network or refresh offline",
                "no_network",
            )


def public_address(host: str, resolve: Callable[[str], list[str]] | None = None) -> tuple[str, int]:
    """Return the (address, port) to connect to for `host`, one address of those `resolve` finds.

    Raises FetchError where any of them is not public, OSError where there is none. IPv4 comes first: an IPv6
    route that leads nowhere costs a time-out.
    """
    addresses = sorted(
        resolve(host) if resolve else _look_up(host), key=lambda address: ip_address(address).version
    )
    for address in map(ip_address, addresses):
        if not address.is_global or address.is_multicast or address.is_reserved:
            raise FetchError(
                f"Fetching from {host}: expected a public address, found {address}; "
                "check the name service, or the redirect that led there"
            )
    return addresses[0], 443


def _look_up(host: str) -> list[str]:
    found = socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    return [str(sockaddr[0]).split("%")[0] for *_, sockaddr in found]


class _PinnedAdapter(HTTPAdapter):
    """Connects to the address `locate` has checked, while TLS still verifies the publisher's name."""

    def __init__(self, locate: Locate, timeout: float) -> None:
        self.locate, self.timeout = locate, timeout
        super().__init__()

    def get_connection_with_tls_context(
        self,
        request: requests.PreparedRequest,
        verify: bool | str | None,  # noqa: FBT001 - as requests has it
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


@dataclass(frozen=True)
class _Ask:
    """What stays the same over the redirects of one try; `deadline` is on the monotonic clock."""

    hosts: frozenset[str]
    headers: Mapping[str, str]
    network: Network
    deadline: float

    @property
    def left(self) -> float:
        """Seconds left."""
        return self.deadline - time.monotonic()


class Fetcher:
    """Downloads files politely; safe to share between threads.

    `locate` maps a host to the (address, port) to connect to and refuses what must not be reached; `sleep`
    waits. Both are parameters for the sake of tests.
    """

    def __init__(
        self,
        limits: Limits = Limits(),
        *,
        locate: Locate = public_address,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.limits, self.locate, self.sleep = limits, locate, sleep
        self._turn: dict[str, float] = {}
        self._closed: set[str] = set()
        self._lock = threading.Lock()

    def fetch(
        self,
        url: str,
        hosts: frozenset[str],
        *,
        etag: str = "",
        last_modified: str = "",
        network: Network | None = None,
    ) -> Fetched:
        """Return the file at `url`, asking no host but `hosts`.

        `etag` and `last_modified` are those of the copy at hand: where it is still the newest, the answer is
        `not_modified`. Retries 5xx, 408, 429, lost connections and time-outs; never 403, 404 or 410. Raises
        FetchError.
        """
        wanted = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        headers = {name: value for name, value in wanted.items() if value}
        started = time.monotonic()
        ask = _Ask(hosts, headers, network or Network(), started + self.limits.total)
        tries = 0
        while True:
            tries += 1
            ask.network.require()
            try:
                return self._try(url, ask)
            except _Transient as problem:
                ask.network.note(problem.unreachable)
                ask.network.require()
                if problem.wait > self.limits.longest_wait:
                    advice = f"the publisher asks to wait {problem.wait:.0f} s, try again later"
                    raise _failure(url, str(problem), advice) from problem
                pause = max(problem.wait, self.limits.backoff * 2 ** (tries - 1) * random.uniform(0.5, 1.5))  # noqa: S311
                late = time.monotonic() - started > self.limits.patience or pause > ask.left
                if late or tries > self.limits.retries:
                    raise _failure(url, f"{problem} (tried {tries} times)", "try again later") from problem
                log.info("Fetching %s: found %s; trying again in %.1f s", url, problem, pause)
                self.sleep(pause)

    def _try(self, url: str, ask: _Ask) -> Fetched:
        """Return the answer at the end of the redirects that start at `url`."""
        hops = [url]
        with requests.Session() as session:
            session.headers["User-Agent"] = USER_AGENT
            session.mount("https://", _PinnedAdapter(self.locate, self.limits.connect))
            while len(hops) <= self.limits.redirects + 1:
                try:
                    response = self._send(session, hops[-1], ask)
                    target = session.get_redirect_target(response)
                    if target is None:
                        return self._answer(response, tuple(hops), ask)
                    hops.append(urljoin(hops[-1], target))
                except (OSError, ValueError, urllib3.exceptions.HTTPError) as problem:
                    raise _explained(hops[-1], problem) from problem
        raise _failure(url, f"more than {self.limits.redirects} redirects", "open the address in a browser")

    def _send(self, session: requests.Session, url: str, ask: _Ask) -> requests.Response:
        """Return the head of one answer; its body is still to be read."""
        request = session.prepare_request(requests.Request("GET", url, ask.headers))
        address = str(request.url)  # as requests reads it: what is checked is what is asked
        host = _checked_host(address, ask.hosts)
        request.headers["Host"] = host  # the connection itself only knows the pinned address
        settings = session.merge_environment_settings(address, {}, True, None, None)  # noqa: FBT003
        self._wait_turn(host)
        timeout = (self.limits.connect, self.limits.read)
        response = within(
            min(sum(timeout), ask.left),
            lambda: session.send(request, timeout=timeout, allow_redirects=False, **settings),
        )
        ask.network.answered = True
        return response

    def _answer(self, response: requests.Response, hops: tuple[str, ...], ask: _Ask) -> Fetched:
        """Return what `response` brings, or raise for a status that brings nothing."""
        status = f"{response.status_code} {response.reason}".strip()
        if response.status_code in TRY_AGAIN:
            wait = _asked_wait(response)
            self._hold(str(urlsplit(hops[-1]).hostname), wait)
            raise _Transient(status, wait=wait)
        not_modified = response.status_code == 304 and bool(ask.headers)
        if response.status_code != 200 and not not_modified:
            raise _failure(hops[-1], status, "open the address in a browser and correct the source's spec")
        content = b"" if not_modified else within(ask.left, lambda: self._body(response, ask.deadline))
        etag, last_modified = (response.headers.get(name, "") for name in ("ETag", "Last-Modified"))
        return Fetched(content, not_modified, etag, last_modified, hops)

    def _body(self, response: requests.Response, deadline: float) -> bytes:
        """Return the whole body, decoded; urllib3 itself refuses one shorter than its declared length."""
        too_large = _failure(
            response.url, f"more than {self.limits.bytes} bytes", "check that this is the right file"
        )
        if int(response.headers.get("Content-Length") or 0) > self.limits.bytes:
            raise too_large
        body, started = bytearray(), time.monotonic()
        while piece := response.raw.read1(2**16, decode_content=True):
            body += piece
            now = time.monotonic()
            if len(body) > self.limits.bytes:
                raise too_large
            if now > deadline:
                raise TimeoutError("the deadline passed")
            if now - started > self.limits.read and len(body) < self.limits.slowest * (now - started):
                raise _failure(
                    response.url, f"{len(body)} bytes after {now - started:.0f} s", "try again later"
                )
        return bytes(body)

    def _hold(self, host: str, seconds: float) -> None:
        """Leave a host alone for as long as it asked for, whatever is wanted of it; where that is long, for good."""
        with self._lock:
            self._turn[host] = max(self._turn.get(host, 0), time.monotonic() + seconds)
            if seconds > self.limits.longest_wait:
                self._closed.add(host)

    def _wait_turn(self, host: str) -> None:
        with self._lock:
            if host in self._closed:
                raise FetchError(
                    f"Fetching from {host}: the publisher asked to be left alone; try again later"
                )
            now = time.monotonic()
            turn = max(now, self._turn.get(host, now))
            self._turn[host] = turn + self.limits.interval
        if turn > now:
            self.sleep(turn - now)


def within(seconds: float, work: Callable[[], T]) -> T:
    """Return `work()`, or raise TimeoutError after `seconds`, leaving the thread to end by itself.

    A socket's time-out starts again at each byte and a name look-up has none: only a thread stops a drip.
    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as problem:  # raised again by future.result
            future.set_exception(problem)

    threading.Thread(target=run, daemon=True).start()
    return future.result(timeout=max(seconds, 0))


def _checked_host(url: str, hosts: frozenset[str]) -> str:
    """Return the host of `url`; raise FetchError unless it is a plain https address on one of `hosts`."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "https" or parts.username or parts.password or parts.port not in (None, 443):
        raise _failure(
            url, "an address that is not plain https", "find out why the publisher sends visitors there"
        )
    if host not in hosts:  # nor is any spelling of a bare address
        raise _failure(
            url, f"host {host or 'nowhere'}, which is not one of {', '.join(sorted(hosts))}",
            "add it to the hosts of the source if it belongs to the publisher",
        )  # fmt: skip
    return host


def _asked_wait(response: requests.Response) -> float:
    """Return the seconds `Retry-After` asks for (a number or a date), 0 where it is absent or unreadable."""
    asked = response.headers.get("Retry-After", "").strip()
    if asked.isdecimal():
        return float(asked)
    try:
        return max(0.0, (parsedate_to_datetime(asked) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return 0.0


def _explained(url: str, problem: Exception) -> FetchError | _Transient:
    """Return what to raise for a fault below HTTP."""
    root: BaseException = problem
    while root.__context__ is not None:
        root = root.__context__
    cause = getattr(root, "strerror", None) or str(root) or type(root).__name__
    if isinstance(root, ssl.SSLCertVerificationError):
        return _failure(
            url, f"a certificate that does not hold ({cause})", "check REQUESTS_CA_BUNDLE and the clock"
        )
    reset = isinstance(next(iter(problem.args), None), urllib3.exceptions.ProtocolError)
    if reset or isinstance(problem, requests.ReadTimeout | TimeoutError | INTERRUPTED):
        return _Transient(f"an answer that stopped ({cause})")
    if isinstance(problem, requests.ConnectionError | socket.gaierror):
        return _Transient(f"no connection ({cause})", unreachable=str(urlsplit(url).hostname))
    return _failure(url, f"something that cannot be read ({cause})", "open the address in a browser")


def _failure(url: str, found: str, advice: str) -> FetchError:
    return FetchError(f"Fetching {url}: expected a file, found {found}; {advice}")
