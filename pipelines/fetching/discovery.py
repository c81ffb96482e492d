"""Every file that the publisher of a source offers, from its fixed addresses, its landing pages and the pages these lead to.

What is unambiguous is kept: a page that cannot be read and an edition with two links lose their own files only.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from assets.contract.remote import Remote
from pipelines.fetching.address_rules import FetchError, plain
from pipelines.fetching.bot_walls import ADVICE, bot_wall
from pipelines.fetching.links import Link, NoLinkError, Offered, Offers, discover, matching, one_each

Read = Callable[[str], tuple[bytes, str]]
"""Returns the content of a page, and the address that its links are relative to; raises FetchError."""


class NotSavedError(FetchError):
    """A page is not among those that were saved."""


@dataclass
class _Found:
    """What has been found so far."""

    files: list[Offered] = field(default_factory=list)
    problems: list[FetchError] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)

    def offers(self) -> Offers:
        """Return one file for each edition and part; one on a page replaces the same one at a fixed address."""
        settled = one_each(self.files)
        linked = {(file.edition, file.part) for file in settled.files if file.remote.link is not None}
        kept = tuple(
            file
            for file in settled.files
            if file.remote.link is not None or (file.edition, file.part) not in linked
        )
        return Offers(kept, (*self.problems, *settled.problems), tuple(dict.fromkeys(self.waiting)))


def discovered(remotes: Iterable[Remote], read: Read) -> Offers:
    """Return the files that `remotes` offer, one for each edition and part, reading pages with `read`."""
    found, empty, full = _Found(), list[tuple[Remote, FetchError]](), set[str | None]()
    gone: list[FetchError] = []
    answered = False
    for remote in remotes:
        if remote.link is None:
            found.files.append(Offered(remote.url, remote.edition, remote.part, remote))
            continue
        try:
            page = read(remote.url)
            answered = True
            offers = matching(*page, remote)
        except FetchError as problem:
            if remote.as_of and problem.kind == "failed":
                gone.append(problem)
            elif isinstance(problem, NoLinkError):
                empty.append((remote, problem))
            else:
                _report(problem, found)
            continue
        full.add(remote.link)
        found.problems += offers.problems
        found.waiting += offers.waiting
        if remote.file is None:
            found.files += offers.files
        else:
            _open(remote, offers.files, read, found)
    found.waiting += [str(problem) for problem in gone if answered]
    found.problems += [] if answered else gone[:1]
    # the pages of a series need not all have a file
    found.problems += [problem for remote, problem in empty if remote.link not in full]
    return found.offers()


def _open(remote: Remote, pages: Iterable[Offered], read: Read, found: _Found) -> None:
    """Add the files on the pages of editions, the newest first; with `newest`, only that of the first that has one."""
    settled = one_each(pages)
    found.problems += settled.problems
    none: FetchError | None = None
    for page in sorted(settled.files, key=lambda page: page.edition or "", reverse=True):
        try:
            url = discover(*read(page.url), remote.file or "")
        except NoLinkError as problem:
            none = none or problem
            found.waiting.append(f"{plain(page.url)} has no file of {page.edition} yet")
        except FetchError as problem:
            _report(problem, found)
        else:
            found.files.append(Offered(url, page.edition, page.part, remote))
            if remote.newest:
                return
    if remote.newest and none is not None:
        found.problems.append(none)


def _report(problem: FetchError, found: _Found) -> None:
    if isinstance(problem, NotSavedError):
        found.waiting.append(str(problem))
    else:
        found.problems.append(problem)


def _same(url: str) -> str:
    """Return an address without what does not distinguish pages: scheme, fragment, last slash, encoding, capitals."""
    return unquote(url.partition("#")[0].partition("://")[2]).rstrip("/").lower()


def discovered_on(remotes: Iterable[Remote], saved: Mapping[str, bytes]) -> Offers:
    """Return the files that saved pages (content by address) offer; each page is taken for the one of its address.

    Raises KeyError for an address that is no page of `remotes`.
    """
    pages = {_same(url): (content, url) for url, content in saved.items()}

    def read(url: str) -> tuple[bytes, str]:
        if _same(url) not in pages:
            raise NotSavedError(
                f"{plain(url)} leads to the file: save that page too, and give it with --page"
            )
        content, base = pages[_same(url)]
        if wall := bot_wall(content, {}):
            raise FetchError(f"Reading {plain(base)}: expected the page, found {wall!r}; {ADVICE}")
        return content, base

    linking = [remote for remote in remotes if remote.link is not None]
    landing = [remote for remote in linking if _same(remote.url) in pages]
    opened = [(remote, page) for remote in linking if remote.file for page in _pages(remote, saved)]
    known = {_same(remote.url) for remote in landing} | {_same(page.url) for _, page in opened}
    for url in saved:
        if _same(url) not in known:
            raise KeyError(url)
    offers = discovered(landing, read)
    found = _Found(list(offers.files), list(offers.problems), list(offers.waiting))
    for remote, page in opened:
        _open(remote, [page], read, found)
    return found.offers()


def _pages(remote: Remote, saved: Iterable[str]) -> Iterable[Offered]:
    """Yield the saved pages that `remote` would open, by their addresses alone."""
    for url in saved:
        match = Link(url, "").match(remote.link or "")
        named = remote.name(match) if match and remote.name else None
        if named:
            yield Offered(url, *named, remote)
