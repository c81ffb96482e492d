"""Freezing: write an accepted edition of the archive into the repository, as tidy rows with a descriptor."""

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd

from assets.contract.columns import PUBLISHER_FILE
from assets.contract.edition_shape import series_of
from assets.contract.errors import RefusedError
from assets.contract.frozen_editions import (
    FOUND,
    FROZEN,
    LISTS,
    OF_A_FILE,
    Descriptor,
    frozen_editions,
    read_frozen,
    write_frozen,
)
from assets.contract.parsed import Parsed, Rejected
from assets.contract.source import Source
from pipelines.judging.file_verdicts import Verdict, parsed_path
from pipelines.storage.home import Home
from pipelines.storage.parquet import read_parquet, to_pandas

Edition = tuple[Descriptor, pd.DataFrame]
"""The descriptor and the rows to write."""


def freeze(
    source: Source, edition: str, files: Iterable[Verdict], home: Home, root: Path = FROZEN
) -> list[Path]:
    """Write the newest accepted file of each part of an edition; return the paths of the rows.

    `files` are all files of the source with their verdicts, oldest first.

    A source whose rows say which file they are from gets one edition for each series, including the files of the series
    that are already frozen and not in the archive. Raises RefusedError if the archive holds no accepted file of the
    edition.
    """
    newest: dict[str, Verdict] = {}
    for judged in files:
        if (
            judged.copy.edition == edition
            and judged.accepted
            and judged.copy.origin in {"fetched", "ingested"}
        ):
            newest[judged.copy.part] = judged
    if not newest:
        raise RefusedError(
            f"Freezing {source.name} {edition}: expected an accepted file in the archive, found none; fetch or ingest it first."
        )
    editions = [_edition(source, judged, home) for judged in newest.values()]
    if PUBLISHER_FILE in source.table.columns:
        editions += [one for one in _frozen_files(source, edition, root) if one[0].part not in newest]
        groups = groupby(
            sorted(editions, key=lambda one: one[0].part), key=lambda one: series_of(one[0].part)
        )
        changed = {series_of(part) for part in newest}
        editions = [together(series, list(group)) for series, group in groups if series in changed]
    return [_write(source, descriptor, rows, root) for descriptor, rows in editions]


def together(series: str, files: list[Edition]) -> Edition:
    """Return the files of a series as one edition."""
    stated = [{key: asdict(descriptor)[key] for key in OF_A_FILE + FOUND} for descriptor, _ in files]
    found: dict[str, Any] = {key: sum(one[key] for one in stated) for key in ("bytes", "rows_in", "rows")}
    found |= {key: tuple(value for one in stated for value in one[key]) for key in LISTS}
    descriptor = replace(
        files[0][0],
        part=series,
        file_url="",
        publisher_file_name=f"{len(files)} files",
        sha256=hashlib.sha256("".join(one["sha256"] for one in stated).encode()).hexdigest(),
        retrieved_on=max(one["retrieved_on"] for one in stated),
        published_on="",
        how="each file was read by itself; see files",
        files=tuple(stated),
        **found,
    )
    return descriptor, pd.concat([rows for _, rows in files], ignore_index=True)


def _frozen_files(source: Source, edition: str, root: Path) -> list[Edition]:
    """Return the already frozen files of an edition, one by one."""
    return [
        (replace(frozen.descriptor, **file, files=()), rows[rows[PUBLISHER_FILE] == file["sha256"]])
        for frozen in frozen_editions(source.name, root)
        if frozen.descriptor.edition == edition
        for rows in [read_frozen(frozen, source.table).rows]
        for file in frozen.descriptor.files
    ]


def _edition(source: Source, judged: Verdict, home: Home) -> Edition:
    """Return the descriptor and the rows to write for a file."""
    copy = judged.copy
    rows = to_pandas(read_parquet(parsed_path(source, copy, home)))
    descriptor = Descriptor(
        source=source.name,
        edition=copy.edition,
        part=copy.part,
        title=source.title,
        publisher=source.publisher,
        landing_page=source.landing_page,
        file_url=copy.file_url,
        publisher_file_name=copy.publisher_file_name,
        licence=source.licence,
        attribution=source.attribution,
        sha256=copy.sha256,
        bytes=copy.bytes,
        retrieved_on=copy.retrieved_on,
        published_on=copy.published_on,
        origin="transcribed" if source.transcribed else "frozen",
        how=copy.how,
        rows_in=judged.rows_in,
        rows=len(rows),
        rejected=tuple(vars(row) for row in judged.rejected),
        ignored=judged.ignored,
        drift=judged.drift,
    )
    return descriptor, rows.drop(columns=["edition", "source_file_sha256"])


def _write(source: Source, descriptor: Descriptor, rows: pd.DataFrame, root: Path) -> Path:
    rejected = tuple(Rejected(**row) for row in descriptor.rejected)
    parsed = Parsed(rows, descriptor.rows_in, rejected, descriptor.drift, descriptor.ignored)
    return write_frozen(descriptor, parsed, source.table, root)
