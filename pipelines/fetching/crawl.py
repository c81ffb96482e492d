"""Reading the pages of a publisher one by one, as its robots.txt allows, and stopping where it does not want that.

The rules of a host are read once, by the same client. Where it has none (404), everything is allowed; where they cannot be
read, nothing is. Protego reads them, because the library of Python takes a `*` within a path literally and would request
what is disallowed.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from protego import Protego

from assets.reading.sniff import sniff
from pipelines.fetching.address_rules import FetchError, MissingPageError, plain
from pipelines.fetching.client import AGENT

FAILURES = 3
"""Failures in a row, missing pages not counted, after which a publisher is left alone until the next refresh."""
LARGEST = 500 * 1024
"""Bytes of a robots.txt that are read, as RFC 9309 wants at least."""


@dataclass
class Visitor:
    """One crawl: `read` returns the content of an address, `slow_down` keeps a distance between requests to a host."""

    read: Callable[[str], bytes]
    slow_down: Callable[[str, float], None]
    pace: float
    _rules: dict[str, Protego | FetchError] = field(default_factory=dict)
    _failures: dict[str, int] = field(default_factory=dict)

    def page(self, url: str) -> None:
        """Raise FetchError for a page that is not to be requested."""
        host = str(urlsplit(url).hostname)
        if host not in self._rules:
            self.slow_down(host, self.pace)
            self._rules[host] = self._read_rules(host)
        rules = self._rules[host]
        if isinstance(rules, FetchError):
            raise rules
        if not rules.can_fetch(url, AGENT):
            raise FetchError(
                f"Fetching {plain(url)}: expected a page that programs may read, found that the robots.txt of {host} "
                "disallows it; save it with a browser and add it with `digital-maturity ingest`"
            )
        if self._failures.get(host, 0) >= FAILURES:
            raise FetchError(
                f"Fetching from {host}: expected pages, found {FAILURES} failures in a row; the other pages are left for "
                "the next refresh"
            )

    def note(self, url: str, problem: FetchError | None) -> None:
        """Count how many pages in a row failed."""
        if not isinstance(problem, MissingPageError):
            host = str(urlsplit(url).hostname)
            self._failures[host] = self._failures.get(host, 0) + 1 if problem else 0

    def _read_rules(self, host: str) -> Protego | FetchError:
        address = f"https://{host}/robots.txt"
        try:
            content = self.read(address)
        except MissingPageError:
            content = b""
        except FetchError as problem:
            return type(problem)(
                f"{problem} (without these rules no page of {host} is requested)", problem.kind
            )
        if sniff(content) == "html":
            return FetchError(
                f"Fetching {address}: expected rules for programs, found a web page (without these rules no page of {host} is requested)"
            )
        rules = Protego.parse(content[:LARGEST].decode("utf-8-sig", errors="replace"))
        self.slow_down(host, float(rules.crawl_delay(AGENT) or 0))
        return rules
