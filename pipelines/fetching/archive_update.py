"""Updating the archive: check every publisher for new files and keep them.

A publisher's fault is an outcome, never an exception: only faults of this machine or of a source's spec raise.
Running it again is safe: the same bytes change nothing.
"""

import hashlib
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import unquote, urlsplit

from assets.contract.remote import FILE_TELLS, Remote
from assets.contract.source import Source
from assets.reading.sniff import sniff
from pipelines.fetching.address_rules import FetchError, plain
from pipelines.fetching.client import Fetcher, Network
from pipelines.fetching.crawl import Visitor
from pipelines.fetching.discovery import Read, discovered
from pipelines.fetching.links import Offered, Offers, one_each
from pipelines.fetching.transfer import Download
from pipelines.storage.archive import Archive, Vintage

MOST_NAMED = 20
"""Most problems that an outcome describes: a source may have a page for each of hundreds of organisations."""
Status = Literal["fresh", "unchanged", "failed", "no_network", "not_attempted"]


@dataclass(frozen=True)
class Outcome:
    """The result of fetching one source.

    `why` is a sentence, empty if nothing went wrong; `checked_at` is ISO 8601 in UTC.
    A failed source may have `new` vintages: its other files arrived.
    """

    source: str
    status: Status
    why: str
    new: tuple[Vintage, ...]
    checked_at: str


def fetch_all(
    sources: Iterable[Source], archive: Archive, fetcher: Fetcher, *, now: datetime, workers: int = 4
) -> dict[str, Outcome]:
    """Return the outcome of every source by name, in the given order; without a network it returns in seconds."""
    network = Network()

    def fetch(source: Source) -> Outcome:
        try:
            return fetch_source(source, archive, fetcher, now=now, network=network)
        except OSError:
            raise  # this machine
        except Exception as fault:  # an unexpected page of one source must not lose the other sources
            why = f"{source.name} (assets.sources.{source.name}): the visit stopped with {type(fault).__name__}: {fault}"
            return Outcome(source.name, "failed", why, (), now.astimezone(UTC).isoformat(timespec="seconds"))

    with ThreadPoolExecutor(workers) as pool:
        outcomes = {outcome.source: outcome for outcome in pool.map(fetch, sources)}
    if not network.down:
        return outcomes
    # nobody answered: the first sources failed before the network was known to be down
    return {name: _without_network(outcome) for name, outcome in outcomes.items()}


def _without_network(outcome: Outcome) -> Outcome:
    return replace(outcome, status="no_network") if outcome.status == "failed" else outcome


def fetch_source(
    source: Source, archive: Archive, fetcher: Fetcher, *, now: datetime, network: Network
) -> Outcome:
    """Fetch every remote of `source`, keep new files in `archive`, and return the outcome.

    A remote that fails does not affect the others; all problems are in `why`. `now` has a time zone.
    """
    checked_at = now.astimezone(UTC).isoformat(timespec="seconds")
    if not source.visited:
        more = f", or set {source.switch}=1 to visit {len(source.pages)} pages" if source.pages else ""
        why = f"{source.name} has no address to fetch from; add files by hand with `digital-maturity ingest`{more}"
        return Outcome(source.name, "not_attempted", why, (), checked_at)
    get = _getter(source, fetcher, network)
    visit = _Visit(source, archive, get, checked_at, _visitor(source, fetcher, get))
    offers = visit.offers()
    results = [visit.fetch(file) for file in offers]
    new = [one for one in results if isinstance(one, Vintage)]
    problems = [*offers.problems, *(one for one in results if isinstance(one, FetchError))]
    return Outcome(source.name, _status(new, problems), _why(source, problems), tuple(new), checked_at)


Get = Callable[[str, Vintage | None], Download]


def _getter(source: Source, fetcher: Fetcher, network: Network) -> Get:
    """Return a download function that requests each page once, and no address that failed a second time.

    Files are not kept: all those of a source would not fit in memory.
    """
    answers: dict[tuple[str, Vintage | None], Download | FetchError] = {}

    def get(url: str, known: Vintage | None) -> Download:
        answer = answers.get((url, known))
        if answer is None:
            try:
                answer = fetcher.fetch(
                    url, source.allowed_hosts, etag=known.etag if known else "", network=network
                )
            except FetchError as problem:
                answer = problem
            if isinstance(answer, FetchError) or sniff(answer.content) in ("html", "json"):
                answers[url, known] = answer
        if isinstance(answer, FetchError):
            raise answer
        return answer

    return get


def _visitor(source: Source, fetcher: Fetcher, get: Get) -> Visitor | None:
    """Return who reads the pages of a source politely; None for a source whose files are not crawled."""
    if source.crawl is None:
        return None
    return Visitor(lambda url: get(url, None).content, fetcher.slow_down, source.crawl.pace)


def offers_now(source: Source, fetcher: Fetcher, network: Network) -> Offers:
    """Return what the publisher of `source` offers, reading its pages and downloading no file."""
    return discovered((*source.remotes, *source.pages), _reader(_getter(source, fetcher, network)))


def _reader(get: Get) -> Read:
    def read(url: str) -> tuple[bytes, str]:
        page = get(url, None)
        return page.content, page.final_url

    return read


@dataclass(frozen=True)
class _Visit:
    """One visit to the publisher of a source; `fetched` keeps what gave its own edition until it is taken."""

    source: Source
    archive: Archive
    get: Get
    checked_at: str
    visitor: Visitor | None = None
    fetched: dict[str, Download] = field(default_factory=dict)

    def offers(self) -> Offers:
        """Return the files on offer, each with its edition, those that only the file gives included."""
        offers = discovered(self.source.visited, _reader(self.get))
        named: list[Offered] = []
        problems = [*offers.problems]
        for file in offers:
            try:
                named.append(self._named(file))
            except FetchError as problem:
                problems.append(problem)
        settled = one_each(named)
        return Offers(settled.files, (*problems, *settled.problems))

    def fetch(self, file: Offered) -> Vintage | FetchError | None:
        """Return the vintage that one file added to the archive, None if it is not new, or why it was not taken."""
        try:
            return self._take(file)
        except FetchError as problem:
            return problem

    def _held(self, part: str) -> list[Vintage]:
        """Return what was fetched of a part before and is still there, oldest first."""
        vintages = (v for v in self.archive.vintages(self.source.name, part) if v.part == part)
        return sorted((v for v in vintages if v.origin == "fetched"), key=lambda v: v.retrieved_at)

    def _named(self, file: Offered) -> Offered:
        """Return a file with the edition that its content gives, where its link gives none."""
        if file.edition != FILE_TELLS or file.remote.edition_in is None:
            return file
        known = next((v for v in reversed(self._held(file.part)) if v.url == file.url), None)
        answer = self.get(file.url, known if known and self.archive.holds(known) else None)
        self.fetched[file.url] = answer
        if known and answer.not_modified:
            return replace(file, edition=known.edition)
        _refuse_another_kind(file.remote, file.url, answer.content)
        try:
            edition = file.remote.edition_in(answer.content)
        except ValueError as error:
            raise FetchError(
                f"Fetching {file.url}: expected a file that gives its edition, found {plain(str(error))}; "
                "add it with `digital-maturity ingest`"
            ) from error
        return replace(file, edition=edition)

    def _take(self, file: Offered) -> Vintage | None:
        held = [v for v in self._held(file.part) if file.edition in (None, v.edition)]
        newest = held[-1] if held else None
        # at another address the publisher may have gone back to an older file; lost bytes are fetched again
        known = newest if newest and newest.url == file.url and self.archive.holds(newest) else None
        if self.visitor:
            return None if known and self._is_recent(known) else self._crawl(file, self.visitor)
        answer = self.fetched.pop(file.url, None) or self.get(file.url, known)
        if answer.not_modified:
            return None
        _refuse_another_kind(file.remote, file.url, answer.content)
        sha256 = hashlib.sha256(answer.content).hexdigest()
        _refuse_others(file, sha256, newest)
        vintage = _vintage(self.source, file, answer, self.checked_at)
        if newest and newest.sha256 == sha256:
            self.archive.restore(answer.content, newest)
            return None
        return vintage if self.archive.add(answer.content, vintage) else None

    def _is_recent(self, held: Vintage) -> bool:
        """Return whether a page of a crawl was read so lately that it is not read again."""
        age = datetime.fromisoformat(self.checked_at) - datetime.fromisoformat(held.retrieved_at)
        return self.source.crawl is not None and age < timedelta(days=self.source.crawl.days)

    def _crawl(self, file: Offered, visitor: Visitor) -> Vintage | None:
        """Read a page of a crawl. One that has not changed is an edition of its day too: the archive knows when it was read."""
        visitor.page(file.url)
        try:
            answer = self.get(file.url, None)
            _refuse_another_kind(file.remote, file.url, answer.content)
        except FetchError as problem:
            visitor.note(file.url, problem)
            raise
        visitor.note(file.url, None)
        vintage = _vintage(self.source, file, answer, self.checked_at)
        return vintage if self.archive.add(answer.content, vintage) else None


def _refuse_another_kind(remote: Remote, url: str, content: bytes) -> None:
    """Raise FetchError for nothing at all, for a web page instead of data, and for data instead of a web page."""
    kind = sniff(content)
    expected = "a web page" if remote.page else "data"
    found = {"html": "a web page", "empty": "nothing at all"}.get(kind, "data")
    if found != expected:
        raise FetchError(f"Fetching {url}: expected {expected}, found {found}; open the address in a browser")


def _refuse_others(file: Offered, sha256: str, newest: Vintage | None) -> None:
    """Raise FetchError if the bytes are known to be those of another file, or not those that never change."""
    remote = file.remote
    own = remote.known.get(sha256, (file.edition, file.part))
    if own != (file.edition, file.part):
        known, named = (" ".join(filter(None, one)) for one in (own, (file.edition, file.part)))
        raise FetchError(
            f"Fetching {file.url}: expected the file of {named}, found the bytes of the one of {known}; "
            "ask the publisher which link is right"
        )
    if remote.immutable and newest and newest.sha256 != sha256:
        raise FetchError(
            f"Fetching {file.url}: expected the bytes of {newest.retrieved_at[:10]} again, as this file never "
            f"changes, found others (SHA-256 {sha256[:12]}, not {newest.sha256[:12]}); the file held stays in "
            "use, ask the publisher which one is right"
        )


def _vintage(source: Source, file: Offered, answer: Download, checked_at: str) -> Vintage:
    return Vintage(
        source=source.name,
        edition=file.edition or checked_at[:10],
        part=file.part,
        sha256=hashlib.sha256(answer.content).hexdigest(),
        bytes=len(answer.content),
        origin="fetched",
        url=file.url,
        final_url=answer.final_url,
        hops=answer.hops,
        publisher_file_name=unquote(urlsplit(answer.final_url).path.rpartition("/")[2]),
        retrieved_at=checked_at,
        published_at="",  # Last-Modified is when a server wrote the file, not when it was published
        etag=answer.etag,
        last_modified=answer.last_modified,
        licence=source.licence,
        how=f"linked from {file.remote.url}" if file.remote.link else "downloaded from a fixed address",
    )


def _status(new: list[Vintage], problems: list[FetchError]) -> Status:
    if any(problem.kind == "failed" for problem in problems):
        return "failed"
    if problems:
        return "no_network"
    return "fresh" if new else "unchanged"


def _why(source: Source, problems: list[FetchError]) -> str:
    """Return the distinct problems, after the names of the source and of its module; of very many, the first and their number."""
    distinct = list(dict.fromkeys(map(str, problems)))
    more = [f"{left} more problems like these"] if (left := len(distinct) - MOST_NAMED) > 0 else []
    sentences = "; ".join([*distinct[:MOST_NAMED], *more])
    return f"{source.name} (assets.sources.{source.name}): {sentences}" if problems else ""
