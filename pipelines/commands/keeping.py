"""Commands about the files that are kept: `ingest`, `withdraw`, `acknowledge`, `freeze`, `sources`."""

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assets.contract.errors import UsageError
from pipelines.commands.telling import DONE, CommandError, known


def ingest(options: argparse.Namespace) -> int:
    """Judge a file as the next refresh would, and keep it in the archive where it is accepted."""
    content = _content(options.file)
    from assets.contract.source import sources as all_sources
    from pipelines.integration import acceptance
    from pipelines.judging import decisions
    from pipelines.storage.home import Home
    from pipelines.storage.lock import exclusive

    source = known(options.source, all_sources())
    vintage = acceptance.cleaned(_vintage(options, source, content))
    reason = decisions.Reason(options.acknowledge, options.by)
    accepted_by = decisions.words("acknowledged", reason) if options.acknowledge else ""
    home = Home.default()
    with exclusive(home.lock, "digital-maturity ingest"), home.shared():
        found = acceptance.consider(source, content, vintage, home, acknowledged=accepted_by)
        if not found.accepted:
            raise CommandError(found.why_refused(kept=False) + _looks_like(vintage, content, found.problems))
        new = home.archive.add(content, vintage)
        if accepted_by:
            decisions.decide("acknowledged", vintage, reason, home)
    print(
        f"{source.name} {options.edition}: {found.rows_in} rows, {len(found.rejected)} rejected; {'added' if new else 'already there, nothing changed'}."
    )
    return DONE


def _content(path: Path) -> bytes:
    from pipelines.storage import regular_file

    try:
        return regular_file.read(path)
    except regular_file.NotRegularError as error:
        raise UsageError(
            f"Reading {str(path)!r}: expected a file, found {error}; correct the path."
        ) from error


def _vintage(options: argparse.Namespace, source: Any, content: bytes) -> Any:
    import hashlib

    from pipelines.storage.archive import Vintage

    day = options.retrieved_on
    moment = datetime.combine(day, datetime.min.time(), UTC) if day else datetime.now(UTC)
    return Vintage(
        source=source.name,
        edition=options.edition,
        part=options.part,
        sha256=hashlib.sha256(content).hexdigest(),
        bytes=len(content),
        origin="ingested",
        url=options.url,
        final_url=options.url,
        publisher_file_name=options.file.name,
        retrieved_at=moment.isoformat(timespec="seconds"),
        published_at=options.published_on,
        etag="",
        last_modified="",
        licence=source.licence,
        how=options.how,
    )


def _looks_like(vintage: Any, content: bytes, problems: Sequence[str]) -> str:
    """Name another source that reads this content, where one does; each tries in a process of its own.

    A file that was the end of one parser is not given to the next.
    """
    from dataclasses import replace

    from assets.contract.source import sources as all_sources
    from pipelines.integration import acceptance
    from pipelines.judging.parser_process import NOT_READ

    if not problems or problems[0].startswith(NOT_READ) or acceptance.of_options(problems):
        return ""
    for name, source in all_sources().items():
        tried = replace(vintage, source=name, part="")
        if name != vintage.source and not acceptance.alone(source, content, tried).problems:
            return f" It looks like a file of {name}: try `digital-maturity ingest {name}`."
    return ""


def withdraw(options: argparse.Namespace) -> int:
    """Set the newest file of an edition aside, or undo that."""
    return _decide("withdrawn", options, undo=options.undo)


def acknowledge(options: argparse.Namespace) -> int:
    """Record that a file is right although a guard refuses it."""
    return _decide("acknowledged", options, undo=options.undo)


def _decide(kind: Any, options: argparse.Namespace, *, undo: bool) -> int:
    from assets.contract.source import sources as all_sources
    from pipelines.judging import decisions
    from pipelines.storage.home import Home
    from pipelines.storage.lock import exclusive

    home, source = Home.default(), known(options.source, all_sources())
    reason = decisions.Reason(options.why, options.by)
    decisions.reason_of(options.why, kind)
    with exclusive(home.lock, f"digital-maturity {options.name}"), home.shared():
        vintage = decisions.choose(kind, (source.name, options.edition, options.part), home, undo=undo)
        decisions.decide(kind, vintage, reason, home, undone=undo)
    file = " ".join(filter(None, (source.name, vintage.edition, vintage.part)))
    done = f"no longer {kind}" if undo else kind
    print(
        f"{file} ({vintage.publisher_file_name or vintage.sha256[:12]}, retrieved {vintage.retrieved_at[:10]}) is {done}; the next `digital-maturity refresh` takes that into account."
    )
    return DONE


def freeze(options: argparse.Namespace) -> int:
    """Write a frozen edition and print where it is."""
    from assets.contract.source import sources as all_sources
    from pipelines.staging import freeze_edition
    from pipelines.storage.home import Home

    home, source = Home.default(), known(options.source, all_sources())
    with home.shared():
        for path in freeze_edition.freeze(source, options.edition, home):
            print(path)
    return DONE


def sources(options: argparse.Namespace) -> int:
    """Print each source with its state."""
    del options
    from assets.contract.source import sources as all_sources
    from pipelines.staging.source_status import described
    from pipelines.storage.home import Home

    home = Home.default()
    home.pull("archive", "status")
    for source in all_sources().values():
        print(f"{source.name}: {source.title} ({source.publisher})")
        for word, told in described(source, home, datetime.now(UTC).date()).items():
            print(f"  {word:<15}{told}")
    return DONE
