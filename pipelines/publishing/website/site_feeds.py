"""Atom feeds (RFC 4287) of a site: what changed from release to release, and the same for each trust.

An entry is named by its release and trust alone, so that a reader who moves with the site to another address sees no entry
twice. Times are those of the releases.
"""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any
from xml.etree import ElementTree as ET

from pipelines.publishing.website.citation_files import AUTHOR
from pipelines.publishing.website.published_release import PublishedRelease, as_xml
from pipelines.storage.release_folder import shown

ATOM = "http://www.w3.org/2005/Atom"
PROJECT = "nhs-digital-maturity"
LISTED = 50
"""How many changes of a trust one entry lists."""
Entry = tuple[PublishedRelease, list[str]]
"""A release, and what an entry says of it, a line each."""


def of_releases(releases: Sequence[PublishedRelease], base: str) -> bytes:
    """Return the feed of all releases, given oldest first; `base` is the address of the site, empty if it is not known."""
    entries = [(release, release.lines) for release in releases]
    return _feed("Digital maturity of NHS trusts in England", "", entries, base, "")


def of_trust(
    code: str, name: str, codes: Iterable[str], releases: Sequence[PublishedRelease], base: str
) -> bytes:
    """Return the feed of the trust `code`, which `codes` (its own among them) have become."""
    own = frozenset(codes)
    entries = [(release, lines) for release in releases if (lines := list(_changes(release, own)))]
    first = releases[0]
    if not entries or entries[0][0] is not first:
        entries.insert(0, (first, ["The first release here: nothing to compare with."]))
    return _feed(f"{name} ({code}): digital maturity", code, entries, base, "../")


def _changes(release: PublishedRelease, codes: frozenset[str]) -> Iterator[str]:
    """Yield the changes of a trust in a release, then the tables whose many changes are counted only."""
    own = [row for row in release.changes if row["org_code"] in codes]
    yield from map(_in_words, own[:LISTED])
    if len(own) > LISTED:
        yield f"{len(own) - LISTED} more changes: see release_change."
    if counted := {row["table_name"]: None for row in release.changes if not row["row_key"]}:
        yield f"Many values changed, which are counted and not listed by trust: {', '.join(counted)}."


def _in_words(row: Mapping[str, Any]) -> str:
    what = f"{row['table_name']} {row['row_key']}: "
    if not row["column_name"]:
        return f"{what}{row['change']} ({row['why']})."
    values = f"{shown(row['old_value'])} → {shown(row['new_value'])}"
    return f"{what}{row['column_name']} {values} ({row['why']})."


def _feed(title: str, code: str, entries: Sequence[Entry], base: str, root: str) -> bytes:
    """Return a feed as XML; `root` leads from the feed to the site, `code` names its trust."""
    path = f"trusts/{code}.xml" if code else "feed.xml"
    feed = ET.Element("feed", xmlns=ATOM)
    _text(feed, "id", _identity(code))
    _text(feed, "title", title)
    _text(feed, "updated", entries[-1][0].made.isoformat())
    _text(ET.SubElement(feed, "author"), "name", AUTHOR)
    _link(feed, "self", f"{base}{path}" if base else path.rpartition("/")[2], "application/atom+xml")
    page = f"latest/index.html#trust/{code}" if code else "index.html"
    _link(feed, "alternate", f"{base or root}{page}", "text/html")
    for release, lines in reversed(entries):
        entry = ET.SubElement(feed, "entry")
        _text(entry, "id", _identity(f"{code}/{release.name}"))
        _text(entry, "title", f"Release {release.name}")
        _text(entry, "updated", release.made.isoformat())
        page = f"releases/{release.name}/index.html" + (f"#trust/{code}" if code else "")
        _link(entry, "alternate", f"{base or root}{page}", "text/html")
        listed = "".join(f"<li>{escape(line)}</li>" for line in lines)
        _text(entry, "content", f"<ul>{listed}</ul>", type="html")
    return as_xml(feed)


def _identity(name: str) -> str:
    return uuid.uuid5(uuid.NAMESPACE_DNS, f"{PROJECT}/{name}").urn


def _text(parent: ET.Element, tag: str, text: str, **attributes: str) -> None:
    ET.SubElement(parent, tag, attributes).text = text


def _link(parent: ET.Element, relation: str, address: str, kind: str) -> None:
    ET.SubElement(parent, "link", rel=relation, href=address, type=kind)
