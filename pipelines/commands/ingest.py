"""`digital-maturity ingest`: a file downloaded by hand, through the checks of a refresh."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from assets.contract.errors import UsageError
from pipelines.commands.command_line import command as declared
from pipelines.commands.console import say, show
from pipelines.commands.exit_codes import DONE
from pipelines.commands.interruption import interrupted_alone
from pipelines.commands.parameters import Day, FilePath, WebAddress, by_option, known, source_argument

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from assets.contract.source import Source
    from pipelines.judging.file_verdicts import Verdict
    from pipelines.storage.archive import Vintage


MOST_SHOWN = 5
"""Rejected rows that are listed."""


@declared(
    "ingest",
    "add a file downloaded by hand, through the same checks",
    "digital-maturity ingest epr suppliers.xlsx --edition 2024-10-01",
    'digital-maturity ingest dspt OrganisationSearch.csv --edition 2026-11-20 --retrieved-on 2026-11-20 --how "saved from the search page"',
)
@source_argument("source the file is from, as `sources` names it")
@click.argument(
    "file",
    metavar="FILE",
    type=FilePath(),
    help="path of the file; it is copied, not moved",
)
@click.option(
    "--edition",
    required=True,
    metavar="E",
    help="edition as the publisher names it, e.g. 2025, 2023/24, 2023-10-17",
)
@click.option("--part", default="", metavar="P", help="which file of the edition, where it has several")
@click.option("--url", type=WebAddress(), default="", metavar="URL", help="address it was downloaded from")
@click.option("--retrieved-on", type=Day(), metavar="DAY", help="day it was downloaded (default: today)")
@click.option("--published-on", default="", metavar="DAY", help="day it was published, where known")
@click.option("--how", default="downloaded by hand", metavar="WORDS", help="how it was obtained")
@click.option(
    "--acknowledge",
    default="",
    metavar="WHY",
    help="accept what a guard refuses, and say why: the reason is published beside the check",
)
@by_option
def command(source: str, file: Path, acknowledge: str, by: str, **options: Any) -> int:
    """Judge a file as the next refresh would, and keep it in the archive where it is accepted."""
    content = _content(file)
    from assets.catalogue import published
    from pipelines.integration.ingestion import ingest
    from pipelines.judging.decisions import Reason
    from pipelines.storage.home import Home

    catalogue = published()
    found = known(source, catalogue.sources)
    vintage = _vintage(found, content, file.name, options)
    reason = Reason(acknowledge, by) if acknowledge else None
    with interrupted_alone():
        ingested = ingest(content, vintage, catalogue, Home.default(), acknowledged=reason)
    state = "added" if ingested.new else "already there, nothing changed"
    verdict = ingested.verdict
    show(
        f"{found.name} {vintage.edition}: {verdict.rows_in} rows, {len(verdict.rejected)} rejected; {state}."
    )
    for line in _left_out(verdict):
        say(line)
    return DONE


def _left_out(verdict: Verdict) -> Iterator[str]:
    """Yield which rows and sheets were left out, and why."""
    for row in verdict.rejected[:MOST_SHOWN]:
        place = f"sheet {row.sheet!r}, row" if row.sheet else "row"
        yield f"  {place} {row.row} is rejected: {row.reason}"
    if (more := len(verdict.rejected) - MOST_SHOWN) > 0:
        yield f"  and {more} more: see rejected_row in the next release"
    yield from (f"  {note}" for note in verdict.ignored)


def _content(path: Path) -> bytes:
    from pipelines.storage import regular_file

    try:
        return regular_file.read(path)
    except regular_file.NotRegularError as error:
        raise UsageError(
            f"Reading {str(path)!r}: expected a file, found {error}; correct the path."
        ) from error


def _vintage(source: Source, content: bytes, name: str, options: dict[str, Any]) -> Vintage:
    """Return the description of a file that its sidecar keeps, from its name and the options beside it."""
    from pipelines.storage.archive import Vintage

    day = options["retrieved_on"]
    moment = datetime.combine(day, datetime.min.time(), UTC) if day else datetime.now(UTC)
    return Vintage(
        source=source.name,
        edition=options["edition"],
        part=options["part"],
        sha256=hashlib.sha256(content).hexdigest(),
        bytes=len(content),
        origin="ingested",
        url=options["url"],
        final_url=options["url"],
        publisher_file_name=name,
        retrieved_at=moment.isoformat(timespec="seconds"),
        published_at=options["published_on"],
        etag="",
        last_modified="",
        licence=source.licence,
        how=options["how"],
    )
