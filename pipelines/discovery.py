"""Finding files on their landing page, where the publisher gives every edition a new address.

Where one file is meant, exactly one link must match; where a series is meant, every edition and part must be one link.
Anything else is an error that lists candidates: nobody knows which file is meant.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from html.parser import HTMLParser
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from assets.sniff import sniff
from assets.source import Remote
from pipelines.fetch import FetchError


@dataclass(frozen=True)
class Link:
    """A link of a page: its absolute address and its text."""

    url: str
    text: str

    def match(self, pattern: str) -> re.Match[str] | None:
        """Search a pattern, ignoring case, in the address, the decoded file name (`+` as written) and the text."""
        found = (re.search(pattern, where, re.IGNORECASE) for where in (self.url, _tail(self.url), self.text))
        return next((match for match in found if match), None)


@dataclass(frozen=True)
class Offered:
    """A file that a publisher offers: where it is, and which edition and part it is (None: of the day)."""

    url: str
    edition: str | None
    part: str


def offered(page: bytes, base_url: str, remote: Remote) -> list[Offered]:
    """Return the files that a landing page (HTML, or a catalogue in JSON) offers for `remote`.

    Raises FetchError listing candidates where none matches, where several match and one is meant, and where two links
    are the same edition and part of a series.
    """
    pattern = remote.link or ""
    if remote.name is None:
        return [Offered(discover(page, base_url, pattern), remote.edition, remote.part)]
    links = _links(page, base_url)
    found: dict[tuple[str, str], tuple[int, str]] = {}
    for link in links:
        match = link.match(pattern)
        named = remote.name(match) if match else None
        if match is None or named is None:
            continue
        this = (remote.version(match) if remote.version else 0, link.url)
        held = found.setdefault(named, this)
        if this[0] > held[0]:
            found[named] = this
        elif this[0] == held[0] and this[1] != held[1]:
            told = " ".join(filter(None, named))
            raise FetchError(
                f"Reading {base_url}: expected one link for {told}, found {held[1]} and {link.url}; "
                "make the pattern in the source's spec narrower"
            )
    if not found:
        raise _none_of(links, base_url, pattern, [])
    return [Offered(url, *named) for named, (_, url) in found.items()]


def discover(page: bytes, base_url: str, pattern: str) -> str:
    """Return the address of the one link of a page that matches `pattern`.

    Raises FetchError listing the candidates where none or several links match.
    """
    links = _links(page, base_url)
    matches = list(dict.fromkeys(link.url for link in links if link.match(pattern)))
    if len(matches) == 1:
        return matches[0]
    raise _none_of(links, base_url, pattern, matches)


def _none_of(links: list[Link], base_url: str, pattern: str, matches: list[str]) -> FetchError:
    """Return the error that lists the links that match, or the nearest where none does."""
    words = re.sub(r"[\W_]+", " ", pattern).lower()
    addresses = dict.fromkeys(link.url for link in links)
    nearest = sorted(addresses, key=lambda url: -SequenceMatcher(None, words, _tail(url).lower()).ratio())
    candidates = ", ".join((matches or nearest)[:10]) or "none"
    return FetchError(
        f"Reading {base_url}: expected exactly one link matching {pattern!r}, found {len(matches)}; "
        f"correct the pattern in the source's spec, candidates: {candidates}"
    )


def _tail(link: str) -> str:
    return unquote(urlsplit(link).path.rstrip("/").rpartition("/")[2])


def _links(page: bytes, base_url: str) -> list[Link]:
    """Return the web addresses a page links to, in its order, with their texts."""
    text = page.decode("utf-8", errors="replace")
    if sniff(page) == "json":
        try:
            return list(_catalogued(json.loads(text.removeprefix("\ufeff"))))
        except ValueError as problem:
            raise FetchError(
                f"Reading {base_url}: expected a catalogue in JSON, found text that is none ({problem}); "
                "open the address in a browser"
            ) from problem
    reader = _Reader(base_url)
    try:
        reader.feed(text)
        reader.close()
    except AssertionError as problem:  # how html.parser says that it is lost; half of the links would mislead
        raise FetchError(
            f"Reading {base_url}: expected a web page, found markup that cannot be read ({problem}); "
            "fetch the file by hand and ingest it"
        ) from problem
    return [Link(url, " ".join("".join(words).split())) for url, words in reader.found]


class _Reader(HTMLParser):
    """Collects the links of a page and the words inside them."""

    def __init__(self, base_url: str) -> None:
        super().__init__()
        self._base = base_url
        self._inside = False
        self.found: list[tuple[str, list[str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a link, or the base of the addresses of the page."""
        href = (dict(attrs).get("href") or "").strip()
        try:
            link = urldefrag(urljoin(self._base, href)).url
        except ValueError:  # a broken address on a page is no reason to miss the others
            return
        if tag == "base" and href:
            self._base = link
        elif tag == "a":
            self._inside = bool(href) and link.startswith(("https:", "http:"))
            if self._inside:
                self.found.append((link, []))

    def handle_endtag(self, tag: str) -> None:
        """Note that a link has ended."""
        if tag == "a":
            self._inside = False

    def handle_data(self, data: str) -> None:
        """Note the words of a link."""
        if self._inside:
            self.found[-1][1].append(data)


def _catalogued(found: object) -> Iterator[Link]:
    """Yield every address of a catalogue in JSON, with the name of its entry."""
    if isinstance(found, dict):
        url = found.get("url")
        if isinstance(url, str) and url.startswith(("https:", "http:")):
            yield Link(url, str(found.get("name") or found.get("title") or ""))
        found = list(found.values())
    if isinstance(found, list):
        for one in found:
            yield from _catalogued(one)
