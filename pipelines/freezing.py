"""Freezing: write an accepted edition of the archive into the repository, as tidy rows with a descriptor."""

from pathlib import Path

from assets.editions import FROZEN, Descriptor, write_frozen
from assets.source import Parsed, Source
from pipelines.arrow import read_parquet, to_pandas
from pipelines.home import Home
from pipelines.staging import Judged, judge_all, parsed_path


def freeze(source: Source, edition: str, home: Home, root: Path = FROZEN) -> list[Path]:
    """Write the newest accepted file of each part of an edition; return the paths of the rows.

    Raises ValueError where the archive holds no accepted file of the edition.
    """
    newest: dict[str, Judged] = {}
    for judged in judge_all(source, home):
        if (
            judged.copy.edition == edition
            and judged.accepted
            and judged.copy.origin in {"fetched", "ingested"}
        ):
            newest[judged.copy.part] = judged
    if not newest:
        raise ValueError(
            f"Freezing {source.name} {edition}: expected an accepted file in the archive, found none; fetch or ingest it first."
        )
    return [_write(source, judged, home, root) for judged in newest.values()]


def _write(source: Source, judged: Judged, home: Home, root: Path) -> Path:
    copy = judged.copy
    frame = to_pandas(read_parquet(parsed_path(source, copy, home)))
    parsed = Parsed(
        frame.drop(columns=["edition", "source_file_sha256"]),
        judged.rows_in,
        judged.rejected,
        judged.drift,
        judged.ignored,
    )
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
        rows=len(parsed.rows),
        rejected=tuple(vars(row) for row in judged.rejected),
        ignored=judged.ignored,
        drift=judged.drift,
    )
    return write_frozen(descriptor, parsed, source.table, root)
