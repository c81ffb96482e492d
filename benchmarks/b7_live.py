"""B7: what a first live refresh costs: every publisher asked, with all years of accounts of the publisher's size.

The publishers are a server on this machine under their own names and addresses (`tests/sites.py`): the seconds hold
certificates, discovery and transfer, but no waiting for a network.
"""

import os
import sys
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from benchmarks.b2_cold import in_use
from benchmarks.corpus import Book, make
from benchmarks.harness import FULL, ROOT, Line, Run, Table, at_most, measure, small, table
from benchmarks.place import Place

if TYPE_CHECKING:
    from publisher import Publisher

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
sys.path += [str(ROOT / folder) for folder in PROJECT["tool"]["pytest"]["ini_options"]["pythonpath"]]
OURS = "ours, from nothing to a release"
MOST = 240
CALL = "from benchmarks.b7_live import refresh; refresh({!r}, {})"


def refresh(root: str, port: int) -> None:
    """Refresh an empty home from the server at a port, and refuse to end without every source fresh; a process of its own."""
    from assets.catalogue import published
    from pipelines.fetching.client import Fetcher
    from pipelines.fetching.transfer import Limits
    from pipelines.orchestration import refresh_steps
    from pipelines.storage.home import Home

    home, catalogue = Home(Path(root)), published()
    limits = Limits(interval=0)
    refresh_steps.archive(
        catalogue.sources,
        catalogue.sources,
        home,
        lambda: Fetcher(limits, locate=lambda _: ("127.0.0.1", port)),
        offline=False,
    )
    refresh_steps.publish(catalogue, home)
    late = [
        f"{name} is {done.status}: {done.why}"
        for name, source in catalogue.sources.items()
        if source.remotes
        for done in [refresh_steps.stage(source, catalogue.sources, home)]
        if done.status != "fresh"
    ]
    if late:
        sys.exit("; ".join(late))


def serve(publisher: "Publisher", books: Sequence[Book]) -> None:
    """Serve the pages of every publisher, with these workbooks as accounts."""
    from publisher_pages import PAGES
    from sites import SITES

    for site in SITES.values():
        for url, content in site().items():
            publisher.serve(url, content)
    files = PAGES["tac"]().files
    for book in books:
        publisher.serve(files[book.edition, book.part], book.path.read_bytes())


def benchmark(place: Place) -> Iterable[Table]:
    """Yield a table of the first live refresh."""
    from publisher import publishing
    from publisher_pages import PAGES
    from sites import SITES, hosts

    with (
        TemporaryDirectory(prefix="authority-") as folder,
        publishing(Path(folder), hosts(SITES)) as publisher,
    ):
        # With fewer years the others would be those of the tests, whose trusts differ in size.
        books = (
            place.books if place.scale.full else make(place.fresh("accounts"), FULL.years, place.scale.share)
        )
        serve(publisher, books)
        trusted = {"REQUESTS_CA_BUNDLE": f"{folder}{os.sep}ca.pem", "HTTPS_PROXY": "", "ALL_PROXY": ""}

        def run() -> Run:
            home = place.fresh("live")
            return measure(
                [sys.executable, "-c", CALL.format(str(home), publisher.port)], environment=trusted
            )

        runs = tuple(run() for _ in range(place.scale.slow_runs))
    in_use(place.folder / "live", len(PAGES["tac"]().files))
    line = Line(OURS, runs)
    judged = place.scale.full
    yield table(
        f"B7 First live refresh with {len(books)} workbooks of accounts, {sum(book.rows for book in books):,} rows",
        f"Every source that has an address is asked; {len(publisher.requests)} addresses, {publisher.bytes_sent / 2**20:,.0f} MiB.",
        [line],
        [at_most(line, MOST, judged=judged), small([line], judged=judged)],
    )
