"""What becomes of a case: its files arrive in a home, and the last is judged as it will be at the next refresh."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

from assets.source import Source, sources
from mutations.case import STRUCTURE, Case, Held
from pipelines import guards, parsing, staging
from pipelines.archive import Archive, Vintage
from pipelines.home import Home
from pipelines.staging import Judged

KEPT = ("parsed", "verdicts")
"""Folders that the homes of all cases share: what was read and judged for one case serves the next."""


@contextmanager
def home_beside(kept: Path) -> Iterator[Home]:
    """Yield a home without files whose caches are those in `kept`."""
    with TemporaryDirectory() as folder:
        for name in KEPT:
            (kept / name).mkdir(parents=True, exist_ok=True)
            (Path(folder) / name).symlink_to(kept / name)
        yield Home(Path(folder))


def judged(case: Case, home: Home) -> Judged:
    """Return the verdict on the file of a case, beside the frozen editions and the files that are held before."""
    file = Held(case.source, case.edition, case.part, case.file)
    for day, held in enumerate((*case.held, file), start=1):
        content = held.file()
        home.archive.add(content, _vintage(held, content, day))
    vintage = _vintage(file, content, day)
    with (
        mock.patch.object(parsing, "submit", _parse_here),
        mock.patch.object(staging, "submit", return_value=list),
    ):
        everything = guards.judge_all(sources()[case.source], home)
    return next(
        one
        for one in reversed(everything)
        if (one.copy.edition, one.copy.part, one.copy.key) == (case.edition, case.part, vintage.sha256)
    )


def _parse_here(
    source: Source, archive: Archive, vintage: Vintage, path: Path
) -> Callable[[], parsing.Found]:
    """Parse in this process: a child for each of a hundred small files takes longer than all the rest."""
    job = parsing.Job(archive, vintage, source.parse, source.reads_part, source.once, source.table, path)
    where = {"edition": vintage.edition, "source_file_sha256": vintage.sha256}
    return lambda: parsing.examine(job.read, source.table, where, path)


def _vintage(held: Held, content: bytes, day: int) -> Vintage:
    return Vintage(
        source=held.source,
        edition=held.edition,
        part=held.part,
        sha256=hashlib.sha256(content).hexdigest(),
        bytes=len(content),
        origin="ingested",
        url="",
        final_url="",
        publisher_file_name=f"mutated-{day}",
        retrieved_at=f"2026-11-{day:02d}T00:00:00+00:00",
        published_at="",
        etag="",
        last_modified="",
        licence="none",
        how="made for a test",
    )


def failed(one: Judged, severity: str) -> set[str]:
    """Return the names of the checks of one severity that a file fails."""
    names = {check.check for check in one.checks if not check.success and check.severity == severity}
    return names | ({STRUCTURE} if one.problems and severity == "ERROR" else set())


def outcome(one: Judged, case: Case) -> str:
    """Return what became of a file: refused, warned, or passes."""
    if not one.accepted:
        return "refused"
    return "warned" if failed(one, "WARN") & set(case.checks) else "passes"
