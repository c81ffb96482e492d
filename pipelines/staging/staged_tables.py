"""The staged table of a source: the newest accepted file of each edition and part.

A refused file changes nothing: the last good file of the edition stays, and the sentence that says why is kept.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

from assets.contract.source import Source
from pipelines.judging.file_verdicts import Copy, Judged, parsed_path
from pipelines.storage import code_version
from pipelines.storage.atomic_files import write_atomically
from pipelines.storage.home import Home
from pipelines.storage.parquet import is_whole, read_parquet, schema, write_batches


@dataclass(frozen=True)
class Manifest:
    """What the staged table of a source is made of: accepted files in use, and the refusals that matter."""

    source: str
    used: tuple[Judged, ...]
    refused: tuple[str, ...]
    refused_files: tuple[Copy, ...] = ()

    @property
    def digest(self) -> str:
        """Name the content of the staged table."""
        return hashlib.sha256(
            "".join(f"{one.copy.edition} {one.copy.part} {one.copy.key};" for one in self.used).encode()
        ).hexdigest()


@dataclass(frozen=True)
class Staged:
    """A source with its staged rows, the files they came from, and its state at publication."""

    source: Source
    rows: pd.DataFrame
    manifest: Manifest
    status: str
    why: str


def stage(source: Source, judged: Iterable[Judged], home: Home) -> Manifest:
    """Write the staged table of a source from its newest accepted files, unless it is there already."""
    manifest = select(source, judged)
    path = staged_path(source.name, home)
    marker = path.with_suffix(".digest")
    digest = f"{manifest.digest} {code_version.of_parser(source.name)}"
    if not is_whole(path) or not marker.exists() or marker.read_bytes() != digest.encode():
        _write(source, manifest.used, home, path)
        write_atomically(marker, digest.encode())
    return manifest


def select(source: Source, judged: Iterable[Judged]) -> Manifest:
    """Choose the files a staged table is made of: of each edition and part the newest accepted one."""
    newest: dict[tuple[str, str], Judged] = {}
    accepted: dict[tuple[str, str], Judged] = {}
    for one in judged:
        newest[one.copy.edition, one.copy.part] = one
        if one.accepted:
            accepted[one.copy.edition, one.copy.part] = one
    turned_away = {
        key: one
        for key, one in newest.items()
        if not one.accepted and not _superseded(source, one, accepted.values())
    }
    return Manifest(
        source.name,
        tuple(accepted[key] for key in sorted(accepted)),
        tuple(one.why_refused(kept=key in accepted) for key, one in turned_away.items()),
        tuple(one.copy for one in turned_away.values()),
    )


def _write(source: Source, used: Iterable[Judged], home: Home, path: Path) -> None:
    """Write a staged table in the order of its key: that of the files, within which rows are sorted already.

    A series may be of tens of thousands of files: they are read one after the other.
    """
    write_batches(rows_of(source, used, home), source.table, path)


def rows_of(source: Source, used: Iterable[Judged], home: Home) -> Iterator[pa.Table]:
    """Yield the rows of files as they stand in a staged table, one file after the other."""
    for one in sorted(used, key=lambda one: (one.copy.sha256, one.copy.edition, one.copy.part)):
        yield read_parquet(parsed_path(source, one.copy, home))


def together(paths: Iterable[Path], table: sa.Table) -> pa.Table:
    """Return the rows of parsed files as one staged table."""
    return pa.concat_tables([schema(table).empty_table(), *map(read_parquet, paths)])


def _superseded(source: Source, refused: Judged, accepted: Iterable[Judged]) -> bool:
    """Tell whether a refused file of a series that is a new edition every day was followed by a good one."""
    daily = {remote.part for remote in source.remotes if remote.edition is None and remote.name is None}
    copy = refused.copy
    return copy.part in daily and any(
        one.copy.part == copy.part and one.copy.edition > copy.edition for one in accepted
    )


def staged_path(source: str, home: Home) -> Path:
    """Return where the staged table of a source is."""
    return home.staged / f"{source}.parquet"


def inputs_digest(staged: Mapping[str, Staged]) -> str:
    """Name everything a release is made of but its state: the files in use and the code that reads and joins them."""
    parts = [f"{name} {one.manifest.digest}" for name, one in sorted(staged.items())]
    return hashlib.sha256("\n".join([*parts, code_version.of_release()]).encode()).hexdigest()
