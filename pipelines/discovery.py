"""Finding a file on its landing page, where the publisher gives every edition a new address.

Exactly one link must match, or nobody knows which file is meant: none and several are errors that list candidates.
"""

import re
from difflib import SequenceMatcher
from html.parser import HTMLParser
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from pipelines.fetch import FetchError


def discover(html: bytes, base_url: str, pattern: str) -> str:
    """Return the address of the one link of a page that matches `pattern`, ignoring case.

    The regular expression is searched in the absolute address and in the decoded last segment of its path
    (`+` stays as written). Raises FetchError listing the candidates where none or several links match.
    """
    links = _links(html, base_url)
    matches = [
        link for link in links if any(re.search(pattern, text, re.IGNORECASE) for text in (link, _tail(link)))
    ]
    if len(matches) == 1:
        return matches[0]
    words = re.sub(r"[\W_]+", " ", pattern).lower()
    nearest = sorted(links, key=lambda link: -SequenceMatcher(None, words, _tail(link).lower()).ratio())
    candidates = ", ".join((matches or nearest)[:10]) or "none"
    raise FetchError(
        f"Reading {base_url}: expected exactly one link matching {pattern!r}, found {len(matches)}; "
        f"correct the pattern in the source's spec, candidates: {candidates}"
    )


def _tail(link: str) -> str:
    return unquote(urlsplit(link).path.rstrip("/").rpartition("/")[2])


def _links(html: bytes, base_url: str) -> list[str]:
    """Return the distinct absolute web addresses a page links to, in its order."""
    found: dict[str, None] = {}

    class Reader(HTMLParser):
        base = base_url

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            href = (dict(attrs).get("href") or "").strip()
            try:
                link = urldefrag(urljoin(self.base, href)).url
            except ValueError:  # a broken address on a page is no reason to miss the others
                return
            if tag == "base" and href:
                self.base = link
            elif tag == "a" and href and link.startswith(("https:", "http:")):
                found[link] = None

    try:
        Reader().feed(html.decode("utf-8", errors="replace"))
    except AssertionError as problem:  # how html.parser says that it is lost; half of the links would mislead
        raise FetchError(
            f"Reading {base_url}: expected a web page, found markup that cannot be read ({problem}); "
            "fetch the file by hand and ingest it"
        ) from problem
    return list(found)
