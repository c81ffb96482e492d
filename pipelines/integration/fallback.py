"""When a release cannot be built: which files to set aside so that everything else is published.

A file that passed every check may still fail the audit, in its own tables or, if it is a list of trusts, in others.
The suspects are then the files that arrived since the last release or, if these are not enough, all files that are not
frozen. The smallest set without which the release passes its audit is set aside: each of its sources is `refused`, with
the file, the reason and the next step, and uses the previous file. The result is stored under the digest of the inputs,
so that the next refresh with the same files decides the same without building anything.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TypeVar

from assets.catalogue import Catalogue
from assets.contract.columns import METADATA
from assets.organisations.organisation_tables import ORGANISATIONS as LAYER
from pipelines.integration import acceptance, audit, trial
from pipelines.integration.known_trusts import ORGANISATIONS
from pipelines.judging.file_verdicts import Candidate
from pipelines.staging import source_status, staged_tables
from pipelines.staging.staged_tables import Staged
from pipelines.storage.home import Home
from pipelines.storage.parquet import read_parquet

T = TypeVar("T")
STATUS = "set_aside"
"""Name of the status file that records the files set aside."""


@dataclass(frozen=True, order=True)
class Aside:
    """A file that is set aside, and what is wrong with a release that includes it."""

    source: str
    edition: str
    part: str
    sha256: str
    why: str = ""

    @property
    def advice(self) -> str:
        """Why the file is set aside, and what a maintainer can do."""
        part = f" --part {self.part}" if self.part else ""
        return (
            f"a release with this file fails ({self.why}), so it is set aside; put a corrected file in its place, or run "
            f"`digital-maturity withdraw {self.source} {self.edition}{part} --why TEXT`"
        )


@dataclass(frozen=True)
class Kept:
    """Those sources of a catalogue that are staged in a home, as they are staged."""

    catalogue: Catalogue
    staged: Mapping[str, Staged]
    home: Home

    def without(self, aside: Iterable[Aside]) -> dict[str, Staged]:
        """Return the sources without some files, which count as refused."""
        by_source: dict[str, dict[tuple[str, str, str], Aside]] = {}
        for one in aside:
            by_source.setdefault(one.source, {})[one.edition, one.part, one.sha256] = one
        return {
            name: self._smaller(one, by_source[name]) if name in by_source else one
            for name, one in self.staged.items()
        }

    def _smaller(self, one: Staged, aside: Mapping[tuple[str, str, str], Aside]) -> Staged:
        judged = [
            replace(found, accepted=False, problems=(aside[_key(found.copy)].advice,), checks=())
            if found.accepted and _key(found.copy) in aside
            else found
            for found in acceptance.judge_all(one.source, self.catalogue.sources, self.home)
        ]
        manifest = staged_tables.select(one.source, judged)
        rows = trial.rows_of(one.source, manifest, self.home)
        status = source_status.at_publication(*source_status.live(one.source, manifest, self.home))
        return Staged(one.source, rows, manifest, *status)

    def suspects(self) -> Iterable[list[Aside]]:
        """Yield files that may be at fault: those that arrived since the last release, then all that are not frozen."""
        used = [
            Aside(name, copy.edition, copy.part, copy.sha256)
            for name, one in self.staged.items()
            for copy in (judged.copy for judged in one.manifest.used)
            if copy.origin not in {"frozen", "transcribed"}
        ]
        published = _published(self.home)
        new = [one for one in used if (one.source, one.edition, one.part, one.sha256) not in published]
        yield from filter(None, (new, used if len(new) < len(used) else []))


def attempt(kept: Kept, action: Callable[[Mapping[str, Staged]], T]) -> tuple[Mapping[str, Staged], T]:
    """Return the sources as they were used, and what `action` made of them.

    Files that are known to spoil a release of these inputs are set aside; where `action` shows that there are more, the
    files are found, set aside and remembered. Raises what `action` raises where no set of files helps.
    """
    used = kept.without(remembered(kept))
    try:
        return used, action(used)
    except Exception as error:
        if not audit.is_fault_of_data(error):
            raise
        aside = find(kept, error)
    used = kept.without(aside)
    result = action(used)
    remember(kept, aside)
    return used, result


def remembered(kept: Kept) -> list[Aside]:
    """Return the files that a run with the same inputs set aside."""
    found = kept.home.read_status(STATUS)
    if found.get("inputs") != staged_tables.inputs_digest(kept.staged):
        return []
    return [Aside(**one) for one in found.get("files", [])]


def remember(kept: Kept, aside: Iterable[Aside]) -> None:
    """Store which files were set aside for these inputs."""
    files = [asdict(one) for one in aside]
    kept.home.write_status(STATUS, {"inputs": staged_tables.inputs_digest(kept.staged), "files": files})


def find(kept: Kept, error: Exception) -> list[Aside]:
    """Return the files without which a release passes its audit; raise `error` if no set of files helps."""
    problems = error.found if isinstance(error, audit.AuditError) else {"": [trial.stopped(error)]}
    for suspects in kept.suspects():
        for group in _groups(kept, suspects, set(problems)):
            if not _wrong(kept, group):
                return _needed(group, [], lambda aside: _wrong(kept, aside), why=_words(problems))
    raise error


def _groups(kept: Kept, suspects: list[Aside], tables: set[str]) -> Iterable[list[Aside]]:
    """Yield the suspects whose sources fill the tables with problems, then all suspects."""
    blamed = [one for one in suspects if _feeds(kept.staged[one.source], tables)]
    yield from [group for group in (blamed, suspects) if group][: 1 if blamed == suspects else 2]


def _feeds(one: Staged, tables: set[str]) -> bool:
    if one.source.name == ORGANISATIONS:
        return any(
            table in METADATA.tables and METADATA.tables[table].info["layer"] == LAYER for table in tables
        )
    try:
        return bool(tables & one.facts.keys())
    except Exception as error:
        if not audit.is_fault_of_data(error):
            raise
        return True


def _needed(
    group: list[Aside], others: list[Aside], wrong: Callable[[list[Aside]], str], *, why: str = ""
) -> list[Aside]:
    """Return the files of a group that must be set aside in addition to `others`, found by halving, each with its problem.

    `why` is the problem with none of the group set aside, if it is known.
    """
    why = why or wrong(others)
    if not why:
        return []
    if len(group) == 1:
        return [replace(group[0], why=why)]
    middle = len(group) // 2
    first = _needed(group[:middle], [*others, *group[middle:]], wrong)
    return [*first, *_needed(group[middle:], [*others, *first], wrong, why="" if first else why)]


def _wrong(kept: Kept, aside: list[Aside]) -> str:
    """Return what is wrong with a release without some files; empty if nothing is."""
    return _words(trial.of_everything(kept.catalogue, kept.without(aside)))


def _words(problems: Mapping[str, Sequence[str]]) -> str:
    return "; ".join(problem for found in problems.values() for problem in found)[: trial.LONGEST]


def _key(copy: Candidate) -> tuple[str, str, str]:
    return copy.edition, copy.part, copy.sha256


def _published(home: Home) -> set[tuple[str, str, str, str]]:
    """Return the files of the last release; none if there is no readable release."""
    path = home.latest / "parquet" / "source_file.parquet"
    if not path.exists():
        return set()
    columns = read_parquet(path).select(["source", "edition", "part", "source_file_sha256"]).to_pydict()
    return set(zip(*columns.values(), strict=True))
