"""Commands about the files that are kept: `ingest`, `freeze`, `sources`."""

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.commands.telling import DONE, CommandError, UsageError, known


def ingest(options: argparse.Namespace) -> int:
    """Judge a file, and keep it in the archive where it is accepted."""
    import hashlib

    from assets.source import sources as all_sources
    from pipelines.archive import Vintage
    from pipelines.home import Home
    from pipelines.lock import exclusive

    source = known(options.source, all_sources())
    if not options.file.is_file():
        raise UsageError(
            f"Reading {options.file}: expected a file, found {'a folder' if options.file.is_dir() else 'nothing'}; correct the path."
        )
    content = options.file.read_bytes()
    moment = (
        datetime.combine(options.retrieved_on, datetime.min.time(), UTC)
        if options.retrieved_on
        else datetime.now(UTC)
    )
    vintage = Vintage(
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
    home = Home.default()
    found = _judged(source, vintage, content, home)
    if not found.accepted:
        raise CommandError(
            found.why_refused(kept=False) + _looks_like(vintage, content, home, found.problems)
        )
    with exclusive(home.lock, "digital-maturity ingest"), home.shared():
        new = home.archive.add(content, vintage)
    print(
        f"{source.name} {options.edition}: {found.rows_in} rows, {len(found.rejected)} rejected; {'added' if new else 'already there, nothing changed'}."
    )
    return DONE


def _judged(source: Any, vintage: Any, content: bytes, home: Any) -> Any:
    """Judge a file before it is kept, in a scratch home of its own."""
    from tempfile import TemporaryDirectory

    from pipelines import staging
    from pipelines.home import Home

    with TemporaryDirectory(dir=_made(home.root)) as scratch:
        trial = Home(Path(scratch))
        trial.archive.add(content, vintage)
        copies = [
            (copy, origin) for copy, origin in staging.copies(source, trial) if copy.origin == "ingested"
        ]
        return staging.judge(source, *copies[0], trial)


def _looks_like(vintage: Any, content: bytes, home: Any, problems: Sequence[str]) -> str:
    """Say which other source reads this content, where one does; each tries in a process of its own.

    A file that was the end of one parser is not given to the next.
    """
    from dataclasses import replace

    from assets.source import sources as all_sources
    from pipelines.parsing import NOT_READ

    if not problems or problems[0].startswith(NOT_READ):
        return ""
    for name, source in all_sources().items():
        tried = replace(vintage, source=name, part="")
        if name != vintage.source and not _judged(source, tried, content, home).problems:
            return f" It looks like a file of {name}: try `digital-maturity ingest {name}`."
    return ""


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def freeze(options: argparse.Namespace) -> int:
    """Write a frozen edition and print where it is."""
    from assets.source import sources as all_sources
    from pipelines import freezing
    from pipelines.home import Home

    home, source = Home.default(), known(options.source, all_sources())
    with home.shared():
        for path in freezing.freeze(source, options.edition, home):
            print(path)
    return DONE


def sources(options: argparse.Namespace) -> int:
    """Print each source with its state."""
    del options
    from assets.source import sources as all_sources
    from pipelines.home import Home
    from pipelines.state import described

    home = Home.default()
    home.pull("archive", "status")
    for source in all_sources().values():
        print(f"{source.name}: {source.title} ({source.publisher})")
        for word, told in described(source, home, datetime.now(UTC).date()).items():
            print(f"  {word:<15}{told}")
    return DONE
