"""`digital-maturity discover`: the files that a publisher offers now, or that a saved page offers, without downloading them."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import click

from assets.contract.errors import UsageError
from pipelines.commands.command_line import command as declared
from pipelines.commands.console import ANSWER, complain, print_table, say, show
from pipelines.commands.exit_codes import DONE, REFUSED
from pipelines.commands.parameters import FilePath, known, source_argument

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from assets.contract.source import Source
    from pipelines.fetching.links import Offers

MOST_LISTED = 10
COLUMNS = ("source", "edition", "part", "url", "host_allowed")


@declared(
    "discover",
    "the files that a source would fetch, found on the publisher's pages or on a saved page, without downloading them",
    "digital-maturity discover tac",
    "digital-maturity discover nof --format csv",
    "digital-maturity discover dqmi --page saved.html --base https://digital.nhs.uk/data-and-information/data-tools-and-services/data-services/data-quality",
)
@source_argument()
@click.option(
    "--page",
    "pages",
    metavar="FILE",
    type=FilePath(),
    multiple=True,
    help="read this page, saved with a browser, instead of the publisher's; may be repeated, each with its --base",
)
@click.option(
    "--base",
    "bases",
    metavar="URL",
    multiple=True,
    help="address the page was saved from: it is taken for the page of the source that has this address",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    help="how to print it; an edition that only the file gives is empty (default: table)",
)
def command(source: str, pages: tuple[Path, ...], bases: tuple[str, ...], form: str) -> int:
    """Print what is on offer, and on standard error what is wrong; the exit code is 1 if anything is."""
    if len(pages) != len(bases):
        raise click.UsageError("expected one --base URL for each --page FILE, the address it was saved from")
    from assets.catalogue import sources

    found = known(source, sources())
    saved = {base: _content(page) for page, base in zip(pages, bases, strict=True)}
    offers = _on_pages(found, saved) if saved else _now(found)
    _print([_row(found, file.edition, file.part, file.url) for file in offers], form)
    remotes = (*found.remotes, *found.pages)
    if not remotes:
        say(f"{source} has no address to fetch from; add files by hand with `digital-maturity ingest`.")
    for sentence in offers.waiting:
        say(sentence)
    for problem in offers.problems:
        complain(str(problem))
    return REFUSED if offers.problems else DONE


def _now(source: Source) -> Offers:
    """Return what the publisher offers now; its pages are requested, no file is."""
    from pipelines.fetching.archive_update import offers_now
    from pipelines.fetching.client import Fetcher, Network

    return offers_now(source, Fetcher(), Network())


def _on_pages(source: Source, saved: Mapping[str, bytes]) -> Offers:
    """Return what saved pages offer, by their addresses. Raises UsageError for an address of no page of the source."""
    from pipelines.fetching.discovery import discovered_on

    try:
        return discovered_on((*source.remotes, *source.pages), saved)
    except KeyError as error:
        pages = list(dict.fromkeys(one.url for one in (*source.remotes, *source.pages) if one.link))
        more = f" or one of {len(pages) - MOST_LISTED} more" if len(pages) > MOST_LISTED else ""
        listed = (
            f"{', '.join(pages[:MOST_LISTED])}{more} or a page that it leads to"
            if pages
            else "none, as it has no page"
        )
        raise UsageError(
            f"Reading a saved page: expected an address of a page of {source.name} ({listed}), found {error.args[0]}; "
            "correct --base."
        ) from error


def _content(page: Path) -> bytes:
    from pipelines.storage import regular_file

    try:
        return regular_file.read(page)
    except regular_file.NotRegularError as error:
        raise UsageError(
            f"Reading {str(page)!r}: expected a saved page, found {error}; correct the path."
        ) from error


def _row(source: Source, edition: str | None, part: str, url: str) -> dict[str, Any]:
    """Return what is printed of a file; None and an empty text are editions that the link does not give."""
    from pipelines.fetching.address_rules import FetchError, checked_host

    try:
        checked_host(url, source.allowed_hosts)
        allowed = True
    except FetchError:
        allowed = False
    return dict(zip(COLUMNS, (source.name, edition or "", part, url, allowed), strict=True))


def _print(rows: Sequence[dict[str, Any]], form: str) -> None:
    if form == "json":
        show(json.dumps(rows, indent=1, ensure_ascii=False))
        return
    texts = [[str(cell).lower() if isinstance(cell, bool) else cell for cell in row.values()] for row in rows]
    if form == "csv":
        csv.writer(ANSWER, lineterminator="\n").writerows([COLUMNS, *texts])
    else:
        print_table(COLUMNS, texts)
