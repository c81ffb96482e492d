"""Downloads from publishers who owe us nothing: slow, moved, cut short, or a web page instead of a workbook.

`Fetcher.fetch` returns a whole file or raises one FetchError. Which addresses may be asked is for `pipelines.fetching.address_rules`
(its rules hold again at every redirect), the body of an answer for `pipelines.fetching.transfer`, which file of a landing page to
download for `pipelines.fetching.links`, where to keep it for `pipelines.fetching.archive_update`.

Nothing is carried from one answer to the next, nor from this machine to a publisher: no cookie, no `.netrc`. Of the
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
    PinnedAdapter,
    checked_host,
    failure,
    plain,
    public_address,
    within,
)
from pipelines.fetching.transfer import Fetched, Limits, whole_body

log = logging.getLogger(__name__)

USER_AGENT = f"nhs-digital-maturity/{version('nhs-digital-maturity')} (research use of open NHS data)"
HEADERS = {"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "gzip"}
USUAL = Limits()
TRY_AGAIN = frozenset({408, 429, 500, 502, 503, 504})
FAULTS = (OSError, ValueError, OverflowError, EOFError, zlib.error, urllib3.exceptions.HTTPError)
"""What the libraries below raise for an answer, or for none."""
INTERRUPTED = (
    urllib3.exceptions.ProtocolError
    | urllib3.exceptions.TimeoutError
    | requests.ReadTimeout
    | TimeoutError
    | EOFError
)


class _Transient(Exception):  # noqa: N818 - never leaves this module
    """A fault of `host` that may pass: `wait` is what it asked for (seconds); `unreachable` says nobody was there."""

    def __init__(self, found: str, host: str, *, wait: float = 0, unreachable: bool = False) -> None:
        self.host, self.wait, self.unreachable = host, wait, unreachable
        super().__init__(found)


@dataclass
class Network:
    """What one run has learnt, shared by its threads: one dead publisher is not a dead network."""

    answered: set[str] = field(default_factory=set)
    unreachable: set[str] = field(default_factory=set)
    given_up: set[str] = field(default_factory=set)

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

    def require_host(self, host: str, url: str) -> None:
        """Raise FetchError for a host that was given up before and has never answered."""
        if host in self.given_up - self.answered:
            raise failure(url, f"that {host} gave no answer to the request before", "try again later")


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
        limits: Limits = USUAL,
        *,
        locate: Locate = public_address,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.limits, self.locate, self.sleep = limits, locate, sleep
        self._turn: dict[str, float] = {}
        self._closed: set[str] = set()
        self._lock = threading.Lock()

    def fetch(
        self, url: str, hosts: frozenset[str], *, etag: str = "", network: Network | None = None
    ) -> Fetched:
        """Return the file at `url`, asking no host but `hosts`.

        `etag` is that of the copy at hand: where it is still the newest, the answer is `not_modified`. (Its date is
        not sent: files have been replaced under the same one.) Retries 5xx, 408, 429, lost connections and
        time-outs; never 403, 404 or 410. Raises FetchError.
        """
        started = time.monotonic()
        headers = {"If-None-Match": etag} if etag else {}
        ask = _Ask(hosts, headers, network or Network(), started + self.limits.total)
        tries = 0
        while True:
            tries += 1
            ask.network.require()
            try:
                return self._try(url, ask)
            except FetchError as problem:
                raise _named(url, problem) from problem
            except _Transient as problem:
                if problem.unreachable:
                    ask.network.unreachable.add(problem.host)
                ask.network.require()
                pause = self._pause(url, problem, tries)
                late = time.monotonic() - started > self.limits.patience or pause > ask.left
                if late or tries > self.limits.retries:
                    ask.network.given_up.add(problem.host)
                    raise failure(url, f"{problem} (tried {tries} times)", "try again later") from problem
                log.info("Fetching %s: found %s; trying again in %.1f s", url, problem, pause)
                self.sleep(pause)

    def _pause(self, url: str, problem: _Transient, tries: int) -> float:
        """Return the seconds until the next try; raise FetchError where the publisher wants too long a wait."""
        if problem.wait > self.limits.longest_wait:
            advice = f"the publisher asks to wait {problem.wait:.0f} s, try again later"
            raise failure(url, str(problem), advice) from problem
        backoff = self.limits.backoff * (1 << tries - 1) * random.uniform(0.5, 1.5)  # noqa: S311
        return max(problem.wait, backoff)

    def _try(self, url: str, ask: _Ask) -> Fetched:
        """Return the answer at the end of the redirects that start at `url`."""
        hops = [url]
        with requests.Session() as session:
            session.mount("https://", PinnedAdapter(self.locate, self.limits.connect))
            while len(hops) <= self.limits.redirects + 1:
                try:
                    response = self._send(session, hops[-1], ask)
                    target = session.get_redirect_target(response)
                    if target is None:
                        return self._answer(response, tuple(hops), ask)
                    response.close()  # whatever its body holds
                    hops.append(urljoin(hops[-1], target))
                except FAULTS as problem:
                    raise _explained(hops[-1], problem) from problem
        raise failure(url, f"more than {self.limits.redirects} redirects", "open the address in a browser")

    def _send(self, session: requests.Session, url: str, ask: _Ask) -> requests.Response:
        """Return the head of one answer; its body is still to be read."""
        request = requests.Request("GET", url, {**HEADERS, **ask.headers}).prepare()
        address = str(request.url)  # as requests reads it: what is checked is what is asked
        host = checked_host(address, ask.hosts)
        request.headers["Host"] = host  # the connection itself only knows the pinned address
        ask.network.require_host(host, url)
        settings = session.merge_environment_settings(address, {}, True, None, None)  # noqa: FBT003
        self._wait_turn(host, ask.left)
        timeout = (self.limits.connect, self.limits.read)
        adapter = session.get_adapter(address)  # session.send would read the whole body of a redirect
        response = within(
            min(sum(timeout), ask.left),
            lambda: adapter.send(request, timeout=timeout, **settings),  # type: ignore[arg-type]
        )
        ask.network.answered.add(host)
        return response

    def _answer(self, response: requests.Response, hops: tuple[str, ...], ask: _Ask) -> Fetched:
        """Return what `response` brings, or raise for a status that brings nothing."""
        code, status = response.status_code, f"{response.status_code} {response.reason}".strip()
        if code == 200:
            content = within(ask.left, lambda: whole_body(response, self.limits, ask.deadline))
            return Fetched.of(response, content, hops)
        response.close()
        if code == 304 and ask.headers:
            return Fetched.of(response, b"", hops)
        if code in TRY_AGAIN:
            host, wait = str(urlsplit(hops[-1]).hostname), _asked_wait(response)
            self._hold(host, wait)
            raise _Transient(plain(status), host, wait=wait)
        if code in {401, 403}:
            advice = "the publisher refuses programs: download it in a browser and add it with `ingest`"
        else:
            advice = "open the address in a browser and correct the source's spec"
        raise failure(hops[-1], status, advice)

    def _hold(self, host: str, seconds: float) -> None:
        """Leave a host alone for as long as it asked for, whatever is wanted of it; where that is long, for good."""
        with self._lock:
            self._turn[host] = max(self._turn.get(host, 0), time.monotonic() + seconds)
            if seconds > self.limits.longest_wait:
                self._closed.add(host)

    def _wait_turn(self, host: str, left: float) -> None:
        """Wait until `host` may be asked again; raise FetchError where that is never, or not in the time left."""
        with self._lock:
            if host in self._closed:
                raise FetchError(
                    f"Fetching from {host}: the publisher asked to be left alone; try again later"
                )
            now = time.monotonic()
            turn = max(now, self._turn.get(host, now))
            if turn - now > left:
                raise FetchError(f"Fetching from {host}: its turn comes after the deadline; try again later")
            self._turn[host] = turn + self.limits.interval
        if turn > now:
            self.sleep(turn - now)


def _named(url: str, problem: FetchError) -> FetchError:
    """Return the error, with the address that was asked for where it only tells where that led."""
    told = plain(url) in str(problem) or problem.kind == "no_network"
    return problem if told else FetchError(f"{problem} (asked for {plain(url)})")


def _asked_wait(response: requests.Response) -> float:
    """Return the seconds `Retry-After` asks for (a number or a date), 0 where it is absent or unreadable."""
    asked = response.headers.get("Retry-After", "").strip()
    if asked.isdecimal():
        return float(asked)
    try:
        return max(0.0, (parsedate_to_datetime(asked) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError, OverflowError):
        return 0.0


def _explained(url: str, problem: Exception) -> FetchError | _Transient:
    """Return what to raise for a fault below HTTP."""
    root: BaseException = problem
    while root.__context__ is not None:
        root = root.__context__
    cause = plain(getattr(root, "strerror", None) or str(root) or type(root).__name__)
    host = str(urlsplit(url).hostname)
    if isinstance(root, ssl.SSLCertVerificationError):
        return failure(
            url, f"a certificate that does not hold ({cause})", "check REQUESTS_CA_BUNDLE and the clock"
        )
    if isinstance(problem, OSError) and "TLS CA certificate bundle" in cause:
        return failure(url, cause, "check REQUESTS_CA_BUNDLE")
    reset = isinstance(next(iter(problem.args), None), urllib3.exceptions.ProtocolError)
    if reset or isinstance(problem, INTERRUPTED):
        return _Transient(f"an answer that stopped ({cause})", host)
    if isinstance(problem, requests.ConnectionError | socket.gaierror):
        return _Transient(f"no connection ({cause})", host, unreachable=True)
    return failure(url, f"something that cannot be read ({cause})", "open the address in a browser")
