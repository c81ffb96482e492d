"""Finding files on their landing page, where the publisher gives every edition a new address.

For a single file, exactly one link must match, else an error lists the candidates. For a series, each edition and part
must have one link: one with two is left out and reported, and the others are kept.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from html import unescape
from urllib.parse import unquote, urldefrag, urljoin

from assets.contract.remote import FILE_TELLS, Remote
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
    """A link of a page: its absolute address (as written, if it is none) and its text."""

    url: str
    text: str

    @property
    def readable(self) -> bool:
        """Whether the address is one of the web."""
        return self.url.startswith(("https:", "http:"))

    def match(self, pattern: str) -> re.Match[str] | None:
        """Search a pattern, ignoring case, in the address, the decoded file name (`+` as written), the text, and text and address in one line."""
        places = (self.url, _tail(self.url), self.text, f"{self.text} {self.url}")
        found = (re.search(pattern, where, re.IGNORECASE) for where in places)
        return next((match for match in found if match), None)


@dataclass(frozen=True)
class Offered:
    """A file that a publisher offers: its address, its edition (None: the day of retrieval) and its part."""

    url: str
    edition: str | None
    part: str
    remote: Remote
    version: int = 0


@dataclass(frozen=True)
class Offers:
    """The files on offer, what is wrong with the others, and what is passed over (pages without a file yet), a sentence each."""

    files: tuple[Offered, ...]
    problems: tuple[FetchError, ...] = ()
    waiting: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Offered]:
        """Iterate over the files."""
        return iter(self.files)


class NoLinkError(FetchError):
    """A page has no link that matches."""


def offered(page: bytes, base_url: str, remote: Remote) -> Offers:
    """Return the files that a landing page (HTML, or a catalogue in JSON) offers for `remote`.

    Two links of one edition and part lose that edition only. Raises FetchError, which lists candidates, if no link
    matches, or if several match for a single file.
    """
    found = matching(page, base_url, remote)
    settled = one_each(found.files)
    return Offers(settled.files, (*found.problems, *settled.problems), found.waiting)


def matching(page: bytes, base_url: str, remote: Remote) -> Offers:
    """Return every link of a page that is a file of `remote`, replaced files included. Raises FetchError."""
    pattern = remote.link or ""
    if remote.name is None:
        url = discover(page, base_url, pattern)
        return Offers((Offered(url, remote.edition, remote.part, remote),))
    links = _links(page, base_url)
    files: list[Offered] = []
    problems: list[FetchError] = []
    unread: set[str] = set()
    for link in links:
        match = link.match(pattern)
        try:
            if match is None or (named := remote.name(match)) is None:
                continue
            if remote.unread and link.match(remote.unread):
                unread.add(link.url)
            else:
                files.append(_file(link, match, named, remote))
        except ValueError as error:
            problems.append(_unreadable(base_url, link, str(error)))
    if not files and not problems and not unread:
        raise _none_of(links, base_url, pattern, [])
    example = plain(min(unread, default=""))
    passed = f"{plain(base_url)} has files in a format that is not read: {len(unread)}, such as {example}"
    return Offers(tuple(files), tuple(problems), (passed,) * bool(unread))


def _file(link: Link, match: re.Match[str], named: tuple[str, str], remote: Remote) -> Offered:
    if not link.readable:
        raise ValueError("no address of the web")
    return Offered(link.url, *named, remote, remote.version(match) if remote.version else 0)


def _unreadable(base_url: str, link: Link, found: str) -> FetchError:
    return FetchError(
        f"Reading {base_url}: expected a link that gives its file's edition, found {plain(link.url)} ({plain(found)}); "
        "download the file in a browser and add it with `digital-maturity ingest`"
    )


def one_each(files: Iterable[Offered]) -> Offers:
    """Return one file for each edition and part, the newest version, and a problem for each that has two.

    Files that give their own edition, and those at fixed addresses, are all kept.
    """
    kept: dict[tuple[str | None, ...], list[Offered]] = {}
    for file in files:
        own = (file.url,) if file.edition == FILE_TELLS or file.remote.link is None else ()
        held = kept.setdefault((file.edition, file.part, *own), [])
        newest = max((other.version for other in held), default=file.version)
        if file.version > newest:
            held[:] = [file]
        elif file.version == newest and all(file.url != other.url for other in held):
            held.append(file)
    single = tuple(found[0] for found in kept.values() if len(found) == 1)
    return Offers(single, tuple(map(_clash, (found for found in kept.values() if len(found) > 1))))


def _clash(files: list[Offered]) -> FetchError:
    label = " ".join(filter(None, (files[0].edition, files[0].part)))
    addresses = " and ".join(plain(file.url) for file in files[:3])
    return FetchError(
        f"Reading {files[0].remote.url}: expected one link for {label}, found {addresses}; {label} is left out, "
        "download the right file in a browser and add it with `digital-maturity ingest`"
    )


def discover(page: bytes, base_url: str, pattern: str) -> str:
    """Return the address of the one link of a page that matches `pattern`.

    Raises FetchError, which lists the candidates, if none or several links match.
    """
    links = [link for link in _links(page, base_url) if link.readable]
    matches = list(dict.fromkeys(link.url for link in links if link.match(pattern)))
    if len(matches) == 1:
        return matches[0]
    raise _none_of(links, base_url, pattern, matches)


def _none_of(links: list[Link], base_url: str, pattern: str, matches: list[str]) -> FetchError:
    """Return the error that lists the matching links, or the nearest ones if none matches."""
    words = re.sub(r"[\W_]+", " ", pattern).lower()
    addresses = list(dict.fromkeys(link.url for link in links if link.readable))[:1000]
    nearest = sorted(addresses, key=lambda url: -SequenceMatcher(None, words, _tail(url).lower()).ratio())
    candidates = ", ".join(map(plain, (matches or nearest)[:10])) or "none"
    error = FetchError if matches else NoLinkError
    return error(
        f"Reading {base_url}: expected exactly one link matching {pattern!r}, found {len(matches)}; "
        f"correct the pattern in the source's spec, candidates: {candidates}"
    )


def _tail(link: str) -> str:
    path = re.split(r"[?#]", link, maxsplit=1)[0]
    return unquote(path.rstrip("/").rpartition("/")[2])


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
        elif name == "base" and href and Link(to := _absolute(base, href), "").readable:
            base = to
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
    """Return the address of a link, as written if it is broken; an empty text if it is not a web address."""
    to = unescape(href[1].strip("\"'")).strip()
    try:
        url = urldefrag(urljoin(base, to)).url if to else ""
    except ValueError:  # a broken address on a page is no reason to miss the others
        return to
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
