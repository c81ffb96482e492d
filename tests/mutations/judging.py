"""What happens to a case: its files arrive in a home, and the last is considered as `ingest` considers it."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from releases import KEPT

from assets.catalogue import Catalogue, published
from mutations.case import STRUCTURE, Case, Held
from pipelines.integration import acceptance
from pipelines.judging.file_verdicts import Verdict
from pipelines.storage.archive import Vintage
from pipelines.storage.home import Home


@contextmanager
def home_beside(kept: Path) -> Iterator[Home]:
    """Yield a home without files whose caches are those in `kept`."""
    with TemporaryDirectory() as folder:
        for name in KEPT:
            (kept / name).mkdir(parents=True, exist_ok=True)
            (Path(folder) / name).symlink_to(kept / name)
        yield Home(Path(folder))


def judged(case: Case, home: Home, catalogue: Catalogue | None = None) -> Verdict:
    """Return the verdict on the file of a case, beside the frozen editions and the files that are held before."""
    for day, held in enumerate(case.held, start=1):
        content = held.file()
        home.archive.add(content, _vintage(held, content, day))
    file = Held(case.source, case.edition, case.part, case.file)
    content = file.file()
    vintage = _vintage(file, content, len(case.held) + 1)
    return acceptance.consider(content, vintage, catalogue or published(), home)


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


def failed(one: Verdict, severity: str) -> set[str]:
    """Return the names of the checks of one severity that a file fails."""
    names = {check.check for check in one.checks if not check.success and check.severity == severity}
    return names | ({STRUCTURE} if one.problems and severity == "ERROR" else set())


def outcome(one: Verdict, case: Case) -> str:
    """Return what happened to a file: refused, warned, or passes."""
    if not one.accepted:
        return "refused"
    return "warned" if failed(one, "WARN") & set(case.checks) else "passes"
