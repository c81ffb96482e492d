"""Recognising the page that a publisher's gatekeeper serves instead of a file to machines it takes for robots.

Cloudflare serves digital.nhs.uk, and the Care Quality Commission at times. It lets homes and offices in and keeps data
centres and continuous integration out, with 403 or with 200, and no retry helps. Only the title of a page counts:
Cloudflare adds its scripts to ordinary pages too.
"""

import re
from collections.abc import Mapping

import requests
import urllib3

from assets.reading.sniff import sniff
from pipelines.fetching.address_rules import failure, within

HEAD = 2**16
"""Most bytes of a page that are looked at."""
TITLE = re.compile(
    r"<title[^>]{0,200}>\s{0,99}"
    r"(just a moment|attention required! \| cloudflare|access denied|request rejected|pardon our interruption"
    r"|checking your browser|verify(ing)? you are human|ddos-guard)",
    re.IGNORECASE,
)
SENTENCE = re.compile(
    r"enable javascript and cookies to continue|incapsula incident id|checking if the site connection is secure",
    re.IGNORECASE,
)
ADVICE = (
    "the publisher blocked this machine, as it does with data centres: open the address in a browser at home or in an "
    "office, save the file, and add it with `digital-maturity ingest SOURCE FILE --edition E`; until then the last good "
    "edition stays in use (`digital-maturity discover SOURCE --page SAVED --base URL` lists the files of a saved page)"
)


WALLED = frozenset({401, 403, 429, 503})
"""The statuses that a gatekeeper's page comes with, beside 200."""


def bot_wall(content: bytes, headers: Mapping[str, str]) -> str:
    """Return how a page of a gatekeeper calls itself, e.g. "Just a moment"; empty for any other content."""
    if headers.get("cf-mitigated", "").lower() == "challenge":
        return "cf-mitigated: challenge"
    if sniff(content) != "html":
        return ""
    head = content[:HEAD].decode("utf-8", errors="replace")
    found = TITLE.search(head) or SENTENCE.search(head)
    return found[found.lastindex or 0] if found else ""


def refuse_wall(response: requests.Response, content: bytes) -> None:
    """Raise FetchError if `content` is the page of a gatekeeper."""
    if wall := bot_wall(content, response.headers):
        status = f"{response.status_code} {response.reason}".strip()
        raise failure(response.url, f"{status}, a page that keeps programs out ({wall!r})", ADVICE)


def beginning(response: requests.Response, seconds: float) -> bytes:
    """Return the first bytes of the page that came with an error, or none where they do not arrive in time."""
    try:
        return within(seconds, lambda: response.raw.read(HEAD, decode_content=True))
    except (OSError, urllib3.exceptions.HTTPError):  # the status says enough
        return b""
