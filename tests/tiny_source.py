"""What tests do with the tiny artificial source: its files arrive, are answered for and are looked at."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from artificial_sources import BETTER, FAILING_A_CHECK, GOOD, RENAMED, SENTENCE, TABLE, Tiny

from assets.contract.source import Source
from pipelines.fetching.archive_update import Outcome
from pipelines.staging import source_status, staged_tables
from pipelines.storage.archive import Vintage
from pipelines.storage.home import Home
from pipelines.storage.parquet import read_parquet

__all__ = ["BETTER", "FAILING_A_CHECK", "GOOD", "RENAMED", "SENTENCE", "TABLE", "Tiny"]


def arrive(
    home: Home,
    content: bytes,
    *,
    source: str = "tiny",
    edition: str = "2025",
    day: int = 1,
    part: str = "",
    name: str = "artificial.csv",
) -> None:
    """Put a file into the archive as if it had been fetched on a day of January 2027, after every edition of a test."""
    home.archive.add(
        content,
        Vintage(
            source=source,
            edition=edition,
            part=part,
            sha256=hashlib.sha256(content).hexdigest(),
            bytes=len(content),
            origin="fetched",
            url=f"https://example.org/{name}",
            final_url=f"https://example.org/{name}",
            publisher_file_name=name,
            retrieved_at=datetime(2027, 1, day, tzinfo=UTC).isoformat(timespec="seconds"),
            published_at="",
            etag="",
            last_modified="",
            licence="Artificial",
            how="made for a test",
        ),
    )


def answer(
    home: Home, status: Any, why: str = "", source: str = "tiny", *, ago: timedelta = timedelta(0)
) -> None:
    """Record what a publisher answered, now or some time ago."""
    source_status.record(Outcome(source, status, why, (), (datetime.now(UTC) - ago).isoformat()), home)


def scores(source: Source, home: Home) -> list[float]:
    """Return the scores staged, in order."""
    return sorted(read_parquet(staged_tables.staged_path(source.name, home))["score"].to_pylist())


def fail(error: type[BaseException], *reported: object) -> None:
    """Raise an error, where a function is wanted."""
    raise error(*reported)
