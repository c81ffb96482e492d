"""Homes for a run: empty, or with workbooks in the archive as if they had been fetched; and what a run wrote there."""

import hashlib
import shutil
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.corpus import Book
from pipelines.storage.archive import Vintage
from pipelines.storage.home import Home

FIRST = datetime(2026, 1, 1, tzinfo=UTC)


def arrive(home: Path, books: Iterable[Book], *, day: int = 0) -> None:
    """Put workbooks into the archive of a home, a minute after one another."""
    for minute, book in enumerate(books):
        content = book.path.read_bytes()
        vintage = Vintage(
            source="tac",
            edition=book.edition,
            part=book.part,
            sha256=hashlib.sha256(content).hexdigest(),
            bytes=len(content),
            origin="fetched",
            url="https://example.org/artificial.xlsx",
            final_url="https://example.org/artificial.xlsx",
            publisher_file_name=book.path.name,
            retrieved_at=(FIRST + timedelta(days=day, minutes=minute)).isoformat(timespec="seconds"),
            published_at="",
            etag="",
            last_modified="",
            licence="Artificial",
            how="made for a benchmark",
        )
        Home(home).archive.add(content, vintage)


def copy(home: Path, to: Path) -> None:
    """Copy a home into an empty folder."""
    shutil.copytree(home, to, symlinks=True, dirs_exist_ok=True)


def written(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Return every path below a folder with what writing would alter."""
    return {
        str(path.relative_to(folder)): (stat.st_ino, stat.st_size, stat.st_mtime_ns)
        for path in [folder, *folder.rglob("*")]
        for stat in [path.lstat()]
    }
