"""Updating the archive: check every publisher for new files and keep them.

A publisher's fault is an outcome, never an exception: only faults of this machine or of a source's spec raise.
Running it again is safe: the same bytes change nothing.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import unquote, urlsplit

from assets.contract.remote import Remote
from assets.contract.source import Source
from assets.reading.sniff import sniff
from pipelines.fetching.address_rules import FetchError
from pipelines.fetching.client import Fetcher, Network
from pipelines.fetching.links import Offered, discover, offered
from pipelines.fetching.transfer import Fetched
from pipelines.storage.archive import Archive, Vintage

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
    if not source.remotes:
        why = f"{source.name} has no address to fetch from; add files by hand with `digital-maturity ingest`"
        return Outcome(source.name, "not_attempted", why, (), checked_at)
    visit = _Visit(source, archive, _getter(source, fetcher, network), checked_at)
    results = [one for remote in source.remotes for one in visit.fetch(remote)]
    new = [one for one in results if isinstance(one, Vintage)]
    problems = [one for one in results if isinstance(one, FetchError)]
    return Outcome(source.name, _status(new, problems), _why(source, problems), tuple(new), checked_at)


Get = Callable[[str, Vintage | None], Fetched]


def _getter(source: Source, fetcher: Fetcher, network: Network) -> Get:
    """Return a download function that requests each address once: files share their landing page, and its faults."""
    answers: dict[tuple[str, Vintage | None], Fetched | FetchError] = {}

    def get(url: str, known: Vintage | None) -> Fetched:
        if (url, known) not in answers:
            try:
                answers[url, known] = fetcher.fetch(
                    url,
                    source.allowed_hosts,
                    etag=known.etag if known else "",
                    network=network,
                )
            except FetchError as problem:
                answers[url, known] = problem
        answer = answers[url, known]
        if isinstance(answer, FetchError):
            raise answer
        return answer

    return get


@dataclass(frozen=True)
class _Visit:
    """One visit to the publisher of a source."""

    source: Source
    archive: Archive
    get: Get
    checked_at: str

    def fetch(self, remote: Remote) -> Iterator[Vintage | FetchError]:
        """Yield the vintages that `remote` added to the archive, and the errors: a bad file does not lose the others."""
        try:
            files = self._offered(remote)
        except FetchError as problem:
            yield problem
            return
        for file in files:
            try:
                vintage = self._take(remote, file)
            except FetchError as problem:
                yield problem
            else:
                if vintage is not None:
                    yield vintage

    def _offered(self, remote: Remote) -> list[Offered]:
        """Return the files of `remote`: itself, those its page links to, or the one on the page of the newest edition."""
        if remote.link is None:
            return [Offered(remote.url, remote.edition, remote.part)]
        page = self.get(remote.url, None)
        files = offered(page.content, page.final_url, remote)
        if remote.file is None:
            return files
        newest = max(files, key=lambda file: file.edition or "")
        page = self.get(newest.url, None)
        return [replace(newest, url=discover(page.content, page.final_url, remote.file))]

    def _take(self, remote: Remote, file: Offered) -> Vintage | None:
        """Return the vintage that one file added to the archive, or None if it is not new."""
        held = sorted(
            (
                v
                for v in self.archive.vintages(self.source.name, file.part)
                if v.part == file.part and file.edition in (None, v.edition) and v.origin == "fetched"
            ),
            key=lambda v: v.retrieved_at,
        )
        newest = held[-1] if held else None
        # at another address the publisher may have gone back to an older file; lost bytes are fetched again
        known = newest if newest and newest.url == file.url and self.archive.holds(newest) else None
        answer = self.get(file.url, known)
        if answer.not_modified:
            return None
        _refuse_another_kind(remote, file.url, answer.content)
        sha256 = hashlib.sha256(answer.content).hexdigest()
        if remote.immutable and newest and newest.sha256 != sha256:
            raise FetchError(
                f"Fetching {file.url}: expected the bytes of {newest.retrieved_at[:10]} again, as this file never "
                f"changes, found others (SHA-256 {sha256[:12]}, not {newest.sha256[:12]}); the file held stays in "
                "use, ask the publisher which one is right"
            )
        vintage = _vintage(self.source, remote, file, answer, self.checked_at)
        if newest and newest.sha256 == sha256:
            self.archive.restore(answer.content, newest)
            return None
        return vintage if self.archive.add(answer.content, vintage) else None


def _refuse_another_kind(remote: Remote, url: str, content: bytes) -> None:
    """Raise FetchError for nothing at all, for a web page instead of data, and for data instead of a web page."""
    kind = sniff(content)
    expected = "a web page" if remote.page else "data"
    found = {"html": "a web page", "empty": "nothing at all"}.get(kind, "data")
    if found != expected:
        raise FetchError(f"Fetching {url}: expected {expected}, found {found}; open the address in a browser")


def _vintage(source: Source, remote: Remote, file: Offered, answer: Fetched, checked_at: str) -> Vintage:
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
        how=f"linked from {remote.url}" if remote.link else "downloaded from a fixed address",
    )


def _status(new: list[Vintage], problems: list[FetchError]) -> Status:
    if any(problem.kind == "failed" for problem in problems):
        return "failed"
    if problems:
        return "no_network"
    return "fresh" if new else "unchanged"


def _why(source: Source, problems: list[FetchError]) -> str:
    """Return all distinct problems, after the names of the source and of its module."""
    sentences = "; ".join(dict.fromkeys(map(str, problems)))
    return f"{source.name} (assets.sources.{source.name}): {sentences}" if problems else ""
