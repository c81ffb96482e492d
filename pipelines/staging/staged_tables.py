"""The staged table of a source: the newest accepted file of each edition and part.

A refused file changes nothing: the last good file of the edition stays, and the reason is kept as a sentence.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

from assets.contract.columns import COMPILED
from assets.contract.source import Facts, Source
from pipelines.judging.file_verdicts import Candidate, Verdict, judged_from, parsed_path
from pipelines.storage import code_version
from pipelines.storage.atomic_files import read_json, write_atomically
from pipelines.storage.home import Home
from pipelines.storage.parquet import is_whole, read_parquet, schema, write_batches


@dataclass(frozen=True)
class Manifest:
    """The files behind the staged table of a source: accepted files in use, and the refusals that matter."""

    source: str
    used: tuple[Verdict, ...]
    refused: tuple[str, ...]
    refused_files: tuple[Candidate, ...] = ()

    @property
    def digest(self) -> str:
        """A digest of the files that the staged table is made of: their editions, parts and content."""
        return hashlib.sha256(
            "".join(f"{one.copy.edition} {one.copy.part} {one.copy.key};" for one in self.used).encode()
        ).hexdigest()


@dataclass(frozen=True)
class Staged:
    """A source with its staged rows, the files they come from, and its state at publication."""

    source: Source
    given: pd.DataFrame | Callable[[], pd.DataFrame]
    manifest: Manifest
    status: str
    why: str

    @cached_property
    def rows(self) -> pd.DataFrame:
        """The staged rows that no newer file has replaced, read on first use."""
        return self.given() if callable(self.given) else self.given

    @cached_property
    def facts(self) -> Facts:
        """The rows as facts, by fact table; empty without rows. What a re-user compiled is graded as transcribed."""
        found = self.source.facts(self.rows) if len(self.rows) else {}
        compiled = {one.copy.sha256 for one in self.manifest.used if one.copy.compiled_by}
        return {table: self._graded(rows, compiled) for table, rows in found.items()}

    def _graded(self, rows: pd.DataFrame, compiled: set[str]) -> pd.DataFrame:
        own = rows.get("evidence_grade", pd.Series(self.source.evidence_grade, index=rows.index))
        return rows.assign(evidence_grade=own.mask(rows["source_file_sha256"].isin(compiled), COMPILED))


def stage(source: Source, judged: Iterable[Verdict], home: Home) -> Manifest:
    """Write the staged table of a source from its newest accepted files, unless it is up to date."""
    manifest = select(source, judged)
    path = staged_path(source.name, home)
    made_of = f"{manifest.digest} {code_version.of_parser(source.name)}"
    if not is_whole(path) or _kept(path).get("made_of") != made_of:
        _write(source, manifest.used, home, path)
    _keep(path, made_of, manifest)
    return manifest


def held(source: Source, home: Home) -> Manifest | None:
    """Return the manifest of the staged table of a source; None if there is no complete table."""
    path = staged_path(source.name, home)
    kept = _kept(path)
    try:
        used = tuple(_file(stored) for stored in kept["used"])
        aside = tuple(Candidate(**stored) for stored in kept["refused_files"])
        manifest = Manifest(source.name, used, tuple(kept["refused"]), aside)
    except (KeyError, TypeError):  # cut short, or of another version
        return None
    return manifest if is_whole(path) else None


def _keep(path: Path, made_of: str, manifest: Manifest) -> None:
    """Write the manifest of a staged table beside it, unless it is unchanged."""
    used = tuple(replace(one, newly=False) for one in manifest.used)
    kept = {"made_of": made_of, **asdict(replace(manifest, used=used))}
    content = json.dumps(kept, ensure_ascii=False).encode()
    target = path.with_suffix(".json")
    if not target.exists() or target.read_bytes() != content:
        write_atomically(target, content)


def _kept(path: Path) -> Mapping[str, Any]:
    found = read_json(path.with_suffix(".json"))
    return found if isinstance(found, dict) else {}


def _file(stored: Mapping[str, Any]) -> Verdict:
    more = {name: value for name, value in stored.items() if name != "copy"}
    return judged_from(Candidate(**stored["copy"]), more)


def select(source: Source, judged: Iterable[Verdict]) -> Manifest:
    """Choose the files of a staged table: the newest accepted one of each edition and part."""
    newest: dict[tuple[str, str], Verdict] = {}
    accepted: dict[tuple[str, str], Verdict] = {}
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


def _write(source: Source, used: Iterable[Verdict], home: Home, path: Path) -> None:
    """Write a staged table in the order of its key: the order of the files, whose rows are already sorted.

    A series may have tens of thousands of files: they are read one after the other.
    """
    write_batches(rows_of(source, used, home), source.table, path)


def rows_of(source: Source, used: Iterable[Verdict], home: Home) -> Iterator[pa.Table]:
    """Yield the rows of files in the order of a staged table, one file after the other."""
    for one in sorted(used, key=lambda one: (one.copy.sha256, one.copy.edition, one.copy.part)):
        yield read_parquet(parsed_path(source, one.copy, home))


def together(paths: Iterable[Path], table: sa.Table) -> pa.Table:
    """Return the rows of parsed files as one staged table."""
    return pa.concat_tables([schema(table).empty_table(), *map(read_parquet, paths)])


def _superseded(source: Source, refused: Verdict, accepted: Iterable[Verdict]) -> bool:
    """Return whether a refused file of a series with a new edition every day was followed by a good one."""
    remotes = (*source.remotes, *source.pages)
    daily = {remote.part for remote in remotes if remote.edition is None and remote.name is None}
    copy = refused.copy
    return copy.part in daily and any(
        one.copy.part == copy.part and one.copy.edition > copy.edition for one in accepted
    )


def staged_path(source: str, home: Home) -> Path:
    """Return the path of the staged table of a source."""
    return home.staged / f"{source}.parquet"


def inputs_digest(staged: Mapping[str, Staged]) -> str:
    """Return a digest of what a release depends on, except its state: the files in use and the code that joins them."""
    parts = [f"{name} {one.manifest.digest}" for name, one in sorted(staged.items())]
    return hashlib.sha256("\n".join([*parts, code_version.of_release()]).encode()).hexdigest()
