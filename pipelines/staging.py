"""From files to staged tables: parse each file once, judge it once, stage the newest accepted one of each edition.

A file is accepted or refused as a whole, and for good: the verdict belongs to its bytes and to the version of the
rules. A refused file changes nothing: the last good file of the edition stays, and the sentence that says why is kept.
Running again parses and judges nothing that has been parsed and judged. Nothing here raises for a publisher's fault.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd

from assets.columns import key_of
from assets.editions import Frozen, frozen_editions, read_frozen, slug
from assets.source import Parsed, Rejected, Source, StructureError
from assets.structure import problems
from pipelines.archive import Vintage, write_atomically
from pipelines.arrow import read_parquet, to_arrow, to_pandas, write_parquet
from pipelines.expectations import CheckResult, suite_version, validate, verdict
from pipelines.home import Home

MOST_REJECTED = 0.05
"""Share of a file's rows that may be rejected before the whole file is."""


@dataclass(frozen=True)
class Copy:
    """One file of an edition, from the archive or frozen. `key` is the SHA-256 of what is read here."""

    source: str
    edition: str
    part: str
    sha256: str
    key: str
    bytes: int
    origin: str
    file_url: str
    publisher_file_name: str
    retrieved_on: str
    published_on: str
    how: str

    @property
    def label(self) -> str:
        """Name the file in a sentence."""
        name = self.publisher_file_name or self.file_url or f"file {self.sha256[:12]}"
        return " ".join(filter(None, (self.edition, self.part, f"({name})")))


@dataclass(frozen=True)
class Judged:
    """A copy, what was found in it and whether it is accepted."""

    copy: Copy
    accepted: bool
    problems: tuple[str, ...]
    checks: tuple[CheckResult, ...]
    rows_in: int = 0
    rows_used: int = 0
    rows_staged: int = 0
    rejected: tuple[Rejected, ...] = ()
    drift: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    newly: bool = field(default=False, compare=False)

    def why_refused(self) -> str:
        """Say in one sentence why the file was refused."""
        failed = [
            f"check {c.check} {c.outcome}: {c.observed}"
            for c in self.checks
            if not c.success and c.severity == "ERROR"
        ]
        return f"Reading {self.copy.source} {self.copy.label}: {'; '.join([*self.problems, *failed])}; the file is refused and the last good one stays in use."


@dataclass(frozen=True)
class Manifest:
    """What the staged table of a source is made of: accepted files in use, and the refusals that matter."""

    source: str
    used: tuple[Judged, ...]
    refused: tuple[str, ...]

    @property
    def digest(self) -> str:
        """Name the content of the staged table."""
        return hashlib.sha256(
            "".join(f"{one.copy.edition} {one.copy.part} {one.copy.key};" for one in self.used).encode()
        ).hexdigest()


def copies(source: Source, home: Home) -> Iterator[tuple[Copy, Vintage | Frozen]]:
    """Yield every file of a source: frozen editions first, then the archive, oldest first."""
    for frozen in frozen_editions(source.name):
        stated = frozen.descriptor
        yield (
            Copy(
                source=source.name,
                edition=stated.edition,
                part=stated.part,
                sha256=stated.sha256,
                key=frozen.sha256,
                bytes=stated.bytes,
                origin=stated.origin,
                file_url=stated.file_url,
                publisher_file_name=stated.publisher_file_name,
                retrieved_on=stated.retrieved_on,
                published_on=stated.published_on,
                how=stated.how,
            ),
            frozen,
        )
    for vintage in sorted(home.archive.vintages(source.name), key=lambda v: (v.retrieved_at, v.sha256)):
        yield (
            Copy(
                source=source.name,
                edition=vintage.edition,
                part=vintage.part,
                sha256=vintage.sha256,
                key=vintage.sha256,
                bytes=vintage.bytes,
                origin=vintage.origin,
                file_url=vintage.url,
                publisher_file_name=vintage.publisher_file_name,
                retrieved_on=vintage.retrieved_at[:10],
                published_on=vintage.published_at[:10],
                how=vintage.how,
            ),
            vintage,
        )


def judge_all(source: Source, home: Home) -> list[Judged]:
    """Parse and judge every file of a source that has not been; return all, oldest first."""
    return [judge(source, copy, origin, home) for copy, origin in copies(source, home)]


def judge(source: Source, copy: Copy, origin: Vintage | Frozen, home: Home) -> Judged:
    """Return the verdict on one file, from the files of earlier verdicts where it has one."""
    version = suite_version(source.expectations, source.table) + parser_version(source.name)
    path = home.verdicts / f"{copy.key}-{slug(copy.edition)}-{version[:32]}.json"
    if path.exists():
        return _judged(copy, json.loads(path.read_text("utf-8")))
    found, parsed = _problems(source, copy, origin, home)
    checks: list[CheckResult] = []
    if parsed is not None and not found:
        frame = to_pandas(read_parquet(parsed_path(source, copy, home)))
        checks = validate(frame, source.expectations, key=key_of(source.table))
    judged = Judged(
        copy,
        accepted=parsed is not None and not found and verdict(checks),
        problems=tuple(found),
        checks=tuple(checks),
        newly=True,
        **({} if parsed is None else _counts(parsed)),
    )
    stored = {key: value for key, value in asdict(judged).items() if key not in {"copy", "newly"}}
    write_atomically(path, json.dumps(stored, ensure_ascii=False).encode())
    return judged


def _counts(parsed: Parsed) -> dict[str, Any]:
    return {
        "rows_in": parsed.rows_in,
        "rows_used": parsed.rows_used,
        "rows_staged": len(parsed.rows),
        "rejected": parsed.rejected,
        "drift": parsed.drift,
        "ignored": parsed.ignored,
    }


def _judged(copy: Copy, stored: dict[str, Any]) -> Judged:
    lists = {key: tuple(stored[key]) for key in ("problems", "drift", "ignored")}
    checks = tuple(CheckResult.from_dict(check) for check in stored["checks"])
    rejected = tuple(Rejected(**row) for row in stored["rejected"])
    return Judged(copy, **{**stored, **lists, "checks": checks, "rejected": rejected})


def _problems(
    source: Source, copy: Copy, origin: Vintage | Frozen, home: Home
) -> tuple[list[str], Parsed | None]:
    """Parse one file into Parquet; return what is wrong with its structure, and what was parsed."""
    try:
        if isinstance(origin, Frozen):
            parsed = read_frozen(origin, source.table)
        else:
            parsed = source.parse(home.archive.read(origin), copy.edition)
    except StructureError as error:
        return list(error.problems), None
    except Exception as error:
        return [f"the parser stopped with {type(error).__name__}: {error}"], None
    frame = parsed.rows.assign(edition=copy.edition, source_file_sha256=copy.sha256)
    found = problems(frame, source.table)
    if len(parsed.rejected) > MOST_REJECTED * parsed.rows_in:
        found.append(
            f"expected at most {MOST_REJECTED:.0%} of rows to be rejected, found {len(parsed.rejected)} of {parsed.rows_in}, the first in row {parsed.rejected[0].row} ({parsed.rejected[0].reason})"
        )
    if not found:
        write_parquet(to_arrow(frame, source.table), parsed_path(source, copy, home))
    return found, parsed


def parsed_path(source: Source, copy: Copy, home: Home) -> Path:
    """Return where the parsed rows of a file are."""
    return home.parsed / f"{copy.key}-{slug(copy.edition)}-{parser_version(source.name)}.parquet"


def stage(source: Source, judged: Iterable[Judged], home: Home) -> Manifest:
    """Write the staged table of a source from its newest accepted files, unless it is there already."""
    newest: dict[tuple[str, str], Judged] = {}
    accepted: dict[tuple[str, str], Judged] = {}
    for one in judged:
        newest[one.copy.edition, one.copy.part] = one
        if one.accepted:
            accepted[one.copy.edition, one.copy.part] = one
    refused = tuple(one.why_refused() for one in newest.values() if not one.accepted)
    manifest = Manifest(source.name, tuple(accepted[key] for key in sorted(accepted)), refused)
    path = staged_path(source.name, home)
    marker = path.with_suffix(".digest")
    digest = f"{manifest.digest} {parser_version(source.name)}"
    if not path.exists() or not marker.exists() or marker.read_text("utf-8") != digest:
        frames = [to_pandas(read_parquet(parsed_path(source, one.copy, home))) for one in manifest.used]
        rows = (
            pd.concat(frames, ignore_index=True)
            if frames
            else pd.DataFrame({c.name: [] for c in source.table.columns})
        )
        write_parquet(to_arrow(rows, source.table), path)
        write_atomically(marker, digest.encode())
    return manifest


def staged_path(source: str, home: Home) -> Path:
    """Return where the staged table of a source is."""
    return home.staged / f"{source}.parquet"


@cache
def parser_version(source: str) -> str:
    """Name the code that reads a source: its module and the shared modules it may use."""
    root = Path(str(files("assets")))
    paths = (
        sorted(root.glob("*.py"))
        + sorted((root / "sources").glob(f"{source}.py"))
        + sorted((root / "sources" / source).rglob("*.py"))
    )
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()[:16]
