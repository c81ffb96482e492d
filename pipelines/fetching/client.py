"""Downloads from unreliable servers: slow, moved, cut short, or a web page instead of a workbook.

`Fetcher.fetch` returns a whole file or raises one FetchError. `pipelines.fetching.address_rules` decides which addresses
may be contacted (also at every redirect), `pipelines.fetching.transfer` reads the body of a response,
`pipelines.fetching.links` finds the file on a landing page, and `pipelines.fetching.archive_update` stores it.

No state is carried from one response to the next, and nothing is sent from this machine: no cookie, no `.netrc`. Of the
environment, only the proxies and REQUESTS_CA_BUNDLE count.
"""

import logging
import random
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from urllib.parse import urljoin, urlsplit

import requests
import urllib3

from pipelines.fetching.address_rules import (
    FetchError,
    Locate,
    MissingPageError,
    PinnedAdapter,
    checked_host,
    failure,
    plain,
    public_address,
    within,
)
from pipelines.fetching.bot_walls import ADVICE, WALLED, beginning, refuse_wall
from pipelines.fetching.transfer import Download, Limits, whole_body

log = logging.getLogger(__name__)

AGENT = "nhs-digital-maturity"
"""The name under which a robots.txt may have rules for this program."""
USER_AGENT = f"{AGENT}/{version(AGENT)} (research use of open NHS data)"
HEADERS = {"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "gzip"}
USUAL = Limits()
TRY_AGAIN = frozenset({408, 429, 500, 502, 503, 504})
FAULTS = (OSError, ValueError, OverflowError, EOFError, zlib.error, urllib3.exceptions.HTTPError)
"""The exceptions of the libraries below for a response, or for a missing one."""
INTERRUPTED = (
    urllib3.exceptions.ProtocolError
    | urllib3.exceptions.TimeoutError
    | requests.ReadTimeout
    | TimeoutError
    | EOFError
)


class _Transient(Exception):  # noqa: N818 - never leaves this module
    """A temporary fault of `host`: `wait` is the wait it requests (seconds); `unreachable` says nothing answered."""

    def __init__(self, found: str, host: str, *, wait: float = 0, unreachable: bool = False) -> None:
        self.host, self.wait, self.unreachable = host, wait, unreachable
        super().__init__(found)


@dataclass
class Network:
    """What one run knows about the network, shared by its threads: one dead publisher is not a dead network."""

    answered: set[str] = field(default_factory=set)
    unreachable: set[str] = field(default_factory=set)
    given_up: set[str] = field(default_factory=set)

    @property
    def down(self) -> bool:
        """Whether two hosts could not be reached and none has answered."""
        return not self.answered and len(self.unreachable) >= 2

    def require(self) -> None:
        """Raise FetchError if the network is down."""
        if self.down:
            hosts = " nor ".join(sorted(self.unreachable)[:2])
            raise FetchError(
                f"Fetching from publishers: expected an answer, found that neither {hosts} can be reached; "
                "connect to the network or refresh offline",
                "no_network",
            )

    def require_host(self, host: str, url: str) -> None:
        """Raise FetchError for a host that has been given up and has never answered."""
        if host in self.given_up - self.answered:
            raise failure(url, f"that {host} did not answer the previous request", "try again later")


@dataclass(frozen=True)
class _Request:
    """What stays the same over the redirects and retries of one download; `deadline` is on the monotonic clock."""

    hosts: frozenset[str]
    headers: Mapping[str, str]
    network: Network
    deadline: float

    @property
    def left(self) -> float:
        """The seconds left until the deadline."""
        return self.deadline - time.monotonic()


class Fetcher:
    """Downloads files politely; safe to share between threads.

    `locate` maps a host to the (address, port) to connect to and refuses forbidden addresses; `sleep` waits. Both are
    parameters for tests.
    """

    def __init__(
        self,
        limits: Limits = USUAL,
        *,
        locate: Locate = public_address,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.limits, self.locate, self.sleep = limits, locate, sleep
        self._turn: dict[str, float] = {}
        self._paces: dict[str, float] = {}
        self._closed: set[str] = set()
        self._lock = threading.Lock()

    def slow_down(self, host: str, seconds: float) -> None:
        """Let at least `seconds` pass between two requests to a host from now on."""
        with self._lock:
            self._paces[host] = max(self._paces.get(host, 0), seconds)

    def fetch(
        self, url: str, hosts: frozenset[str], *, etag: str = "", network: Network | None = None
    ) -> Download:
        """Return the file at `url`, contacting only `hosts`.

        `etag` is that of the copy we hold: if it is still the newest, the result is `not_modified`. (The date of the
        copy is not sent: files have been replaced without a new date.) Retries 5xx, 408, 429, lost connections and
        time-outs; never 403, 404 or 410. Raises FetchError.
        """
        started = time.monotonic()
        headers = {"If-None-Match": etag} if etag else {}
        request = _Request(hosts, headers, network or Network(), started + self.limits.total)
        tries = 0
        while True:
            tries += 1
            request.network.require()
            try:
                return self._try(url, request)
            except FetchError as problem:
                raise _named(url, problem) from problem
            except _Transient as problem:
                if problem.unreachable:
                    request.network.unreachable.add(problem.host)
                request.network.require()
                pause = self._pause(url, problem, tries)
                late = time.monotonic() - started > self.limits.patience or pause > request.left
                if late or tries > self.limits.retries:
                    request.network.given_up.add(problem.host)
                    raise failure(url, f"{problem} (tried {tries} times)", "try again later") from problem
                log.info("Fetching %s: found %s; trying again in %.1f s", url, problem, pause)
                self.sleep(pause)

    def _pause(self, url: str, problem: _Transient, tries: int) -> float:
        """Return the seconds until the next try; raise FetchError if the publisher requests too long a wait."""
        if problem.wait > self.limits.longest_wait:
            advice = f"the publisher asks to wait {problem.wait:.0f} s, try again later"
            raise failure(url, str(problem), advice) from problem
        backoff = self.limits.backoff * (1 << tries - 1) * random.uniform(0.5, 1.5)  # noqa: S311
        return max(problem.wait, backoff)

    def _try(self, url: str, request: _Request) -> Download:
        """Return the response at the end of the redirects that start at `url`."""
        hops = [url]
        with requests.Session() as session:
            session.mount("https://", PinnedAdapter(self.locate, self.limits.connect))
            while len(hops) <= self.limits.redirects + 1:
                try:
                    response = self._send(session, hops[-1], request)
                    target = session.get_redirect_target(response)
                    if target is None:
                        return self._answer(response, tuple(hops), request)
                    response.close()  # the body of a redirect is not read
                    hops.append(urljoin(hops[-1], target))
                except FAULTS as problem:
                    raise _explained(hops[-1], problem) from problem
        raise failure(url, f"more than {self.limits.redirects} redirects", "open the address in a browser")

    def _send(self, session: requests.Session, url: str, request: _Request) -> requests.Response:
        """Return one response with its body still unread."""
        prepared = requests.Request("GET", url, {**HEADERS, **request.headers}).prepare()
        address = str(prepared.url)  # as requests parses it, so that the checked address is the one contacted
        host = checked_host(address, request.hosts)
        prepared.headers["Host"] = host  # the connection itself only knows the pinned address
        request.network.require_host(host, url)
        settings = session.merge_environment_settings(address, {}, True, None, None)  # noqa: FBT003
        self._wait_turn(host, request.left)
        timeout = (self.limits.connect, self.limits.read)
        adapter = session.get_adapter(address)  # session.send would read the whole body of a redirect
        response = within(
            min(sum(timeout), request.left),
            lambda: adapter.send(prepared, timeout=timeout, **settings),  # type: ignore[arg-type]
        )
        request.network.answered.add(host)
        return response

    def _answer(self, response: requests.Response, hops: tuple[str, ...], request: _Request) -> Download:
        """Return the content of `response`, or raise for a status without content."""
        code, status = response.status_code, f"{response.status_code} {response.reason}".strip()
        if code == 200:
            content = within(request.left, lambda: whole_body(response, self.limits, request.deadline))
            refuse_wall(response, content)
            return Download.of(response, content, hops)
        if code in WALLED:
            refuse_wall(response, beginning(response, min(request.left, self.limits.read)))
        response.close()
        if code == 304 and request.headers:
            return Download.of(response, b"", hops)
        if code in TRY_AGAIN:
            host, wait = str(urlsplit(hops[-1]).hostname), _requested_wait(response)
            self._hold(host, wait)
            raise _Transient(plain(status), host, wait=wait)
        advice = "open the address in a browser and correct the source's spec"
        problem = failure(hops[-1], status, ADVICE if code in {401, 403} else advice)
        raise MissingPageError(str(problem)) if code in {404, 410} else problem

    def _hold(self, host: str, seconds: float) -> None:
        """Send no request to a host for as long as it requested, or for the rest of the run if that is long."""
        with self._lock:
            self._turn[host] = max(self._turn.get(host, 0), time.monotonic() + seconds)
            if seconds > self.limits.longest_wait:
                self._closed.add(host)

    def _wait_turn(self, host: str, left: float) -> None:
        """Wait until `host` may be contacted again; raise FetchError if that is never, or after the time left."""
        with self._lock:
            if host in self._closed:
                raise FetchError(
                    f"Fetching from {host}: the publisher requested a longer pause; try again later"
                )
            now = time.monotonic()
            turn = max(now, self._turn.get(host, now))
            if turn - now > left:
                raise FetchError(f"Fetching from {host}: its turn comes after the deadline; try again later")
            self._turn[host] = turn + max(self.limits.interval, self._paces.get(host, 0))
        if turn > now:
            self.sleep(turn - now)


def _named(url: str, problem: FetchError) -> FetchError:
    """Return the error with the requested address added if it only names the address of a redirect."""
    complete = plain(url) in str(problem) or problem.kind == "no_network"
    return problem if complete else type(problem)(f"{problem} (requested: {plain(url)})")


def _requested_wait(response: requests.Response) -> float:
    """Return the seconds that `Retry-After` requests (a number or a date); 0 if it is absent or unreadable."""
    header = response.headers.get("Retry-After", "").strip()
    if header.isdecimal():
        return float(header)
    try:
        return max(0.0, (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError, OverflowError):
        return 0.0


def _explained(url: str, problem: Exception) -> FetchError | _Transient:
    """Return the error to raise for a fault below HTTP."""
    root: BaseException = problem
    while root.__context__ is not None:
        root = root.__context__
    cause = plain(getattr(root, "strerror", None) or str(root) or type(root).__name__)
    host = str(urlsplit(url).hostname)
    if isinstance(root, ssl.SSLCertVerificationError):
        return failure(url, f"an invalid certificate ({cause})", "check REQUESTS_CA_BUNDLE and the clock")
    if isinstance(problem, OSError) and "TLS CA certificate bundle" in cause:
        return failure(url, cause, "check REQUESTS_CA_BUNDLE")
    reset = isinstance(next(iter(problem.args), None), urllib3.exceptions.ProtocolError)
    if reset or isinstance(problem, INTERRUPTED):
        return _Transient(f"an answer that stopped ({cause})", host)
    if isinstance(problem, requests.ConnectionError | socket.gaierror):
        return _Transient(f"no connection ({cause})", host, unreachable=True)
    return failure(url, f"something that cannot be read ({cause})", "open the address in a browser")
