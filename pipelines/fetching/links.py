"""Finding files on their landing page, where the publisher gives every edition a new address.

For a single file, exactly one link must match; for a series, each edition and part must have one link. Anything else is
ambiguous and raises an error that lists the candidates.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from html import unescape
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from assets.contract.remote import Remote
from assets.reading.sniff import sniff
from pipelines.fetching.address_rules import FetchError, plain

LARGEST = 8 * 2**20
"""Most bytes of a landing page or catalogue."""
LONGEST = 2000
"""Most characters of an address or of the text of a link."""
TAG = re.compile(r"""(/?a|base)(?=[\s/>])((?:"[^"]*"|'[^']*'|[^"'>])*+)>(.*)""", re.IGNORECASE | re.DOTALL)
SCRIPT_ENDS = re.compile(r"</(?:script|style)\s{0,9}>", re.IGNORECASE)
HREF = re.compile(r"""(?<![\w-])href\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+)""", re.IGNORECASE)


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
    """A file that a publisher offers: its address, its edition (None: the day of retrieval) and its part."""

    url: str
    edition: str | None
    part: str


def offered(page: bytes, base_url: str, remote: Remote) -> list[Offered]:
    """Return the files that a landing page (HTML, or a catalogue in JSON) offers for `remote`.

    Raises FetchError, which lists candidates, if no link matches, if several match for a single file, or if two links
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
            label = " ".join(filter(None, named))
            raise FetchError(
                f"Reading {base_url}: expected one link for {label}, found {plain(held[1])} and {plain(link.url)}; "
                "make the pattern in the source's spec narrower"
            )
    if not found:
        raise _none_of(links, base_url, pattern, [])
    return [Offered(url, *named) for named, (_, url) in found.items()]


def discover(page: bytes, base_url: str, pattern: str) -> str:
    """Return the address of the one link of a page that matches `pattern`.

    Raises FetchError, which lists the candidates, if none or several links match.
    """
    links = _links(page, base_url)
    matches = list(dict.fromkeys(link.url for link in links if link.match(pattern)))
    if len(matches) == 1:
        return matches[0]
    raise _none_of(links, base_url, pattern, matches)


def _none_of(links: list[Link], base_url: str, pattern: str, matches: list[str]) -> FetchError:
    """Return the error that lists the matching links, or the nearest ones if none matches."""
    words = re.sub(r"[\W_]+", " ", pattern).lower()
    addresses = list(dict.fromkeys(link.url for link in links))[:1000]
    nearest = sorted(addresses, key=lambda url: -SequenceMatcher(None, words, _tail(url).lower()).ratio())
    candidates = ", ".join(map(plain, (matches or nearest)[:10])) or "none"
    return FetchError(
        f"Reading {base_url}: expected exactly one link matching {pattern!r}, found {len(matches)}; "
        f"correct the pattern in the source's spec, candidates: {candidates}"
    )


def _tail(link: str) -> str:
    return unquote(urlsplit(link).path.rstrip("/").rpartition("/")[2])


def _links(page: bytes, base_url: str) -> list[Link]:
    """Return the web addresses that a page links to, in order, with their texts."""
    if len(page) > LARGEST:
        raise FetchError(
            f"Reading {plain(base_url)}: expected a page of links, found {len(page)} bytes; correct the source's spec"
        )
    text = page.decode("utf-8", errors="replace")
    if sniff(page) == "json":
        try:
            return list(_catalogued(json.loads(text.removeprefix("\ufeff"))))
        except (ValueError, RecursionError) as problem:
            raise FetchError(
                f"Reading {base_url}: expected a catalogue in JSON, found invalid JSON ({problem}); "
                "open the address in a browser"
            ) from problem
    return [Link(url, words) for url, words in _anchors(text, base_url) if len(url) <= LONGEST]


def _anchors(page: str, base: str) -> Iterator[tuple[str, str]]:
    """Yield the address and the text of every link of a web page, outside comments and scripts."""
    url, words = "", ""
    for piece in _shown(page).split("<"):
        tag = TAG.match(piece)
        name, attributes, after = (
            (tag[1].lower(), tag[2], tag[3]) if tag else ("", "", piece.partition(">")[2])
        )
        href = HREF.search(attributes)
        if name in {"a", "/a"} and url:
            yield url, " ".join(unescape(words[:LONGEST]).split())
            url = ""
        if name == "a" and href:
            url, words = _absolute(base, href), ""
        elif name == "base" and href:
            base = _absolute(base, href) or base
        if url and len(words) < LONGEST:
            words += after
    if url:
        yield url, " ".join(unescape(words[:LONGEST]).split())


def _shown(page: str) -> str:
    """Return a page without its scripts and comments, in time linear in its length."""
    first, *scripts = re.split(r"<(?=(?:script|style)\b)", page, flags=re.IGNORECASE)
    page = first + "".join(after for part in scripts for after in SCRIPT_ENDS.split(part, maxsplit=1)[1:])
    first, *comments = page.split("<!--")
    return first + "".join(part.partition("-->")[2] for part in comments)


def _absolute(base: str, href: re.Match[str]) -> str:
    """Return the address of a link, or an empty text if it is not a web address."""
    to = unescape(href[1].strip("\"'")).strip()
    try:
        url = urldefrag(urljoin(base, to)).url if to else ""
    except ValueError:  # a broken address on a page is no reason to miss the others
        return ""
    return url if url.startswith(("https:", "http:")) else ""


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
