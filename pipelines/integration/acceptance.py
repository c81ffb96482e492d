"""Whether a file is accepted: alone, against the lists of trusts, against the files held, and in a trial build.

`judge_all` gives the verdicts of a refresh on the archived files. `consider` does the same for a file that is not
archived yet: everything the next refresh would do with it, without adding anything to the home.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from assets.catalogue import Catalogue
from assets.contract.edition_shape import day_problems, harmless_name, series_of
from assets.contract.source import Source
from pipelines.integration import known_trusts, trial
from pipelines.integration.known_trusts import ORGANISATIONS, Lists
from pipelines.judging import decisions, file_verdicts, guard_results
from pipelines.judging.file_verdicts import Verdict
from pipelines.staging import source_status, staged_tables
from pipelines.staging.staged_tables import Staged
from pipelines.storage.archive import Vintage
from pipelines.storage.home import Home


def judge_all(source: Source, sources: Mapping[str, Source], home: Home) -> list[Verdict]:
    """Parse and judge every unjudged file of a source; return all files, oldest first.

    One of `sources` has the lists of trusts that the files of the others are checked against.
    """
    alone = file_verdicts.judge_all(source, home)
    lists = Lists.of(sources, home) if known_trusts.names_trusts(source) else None
    return beside(source, alone, home, lists)


def beside(source: Source, judged: Sequence[Verdict], home: Home, lists: Lists | None) -> list[Verdict]:
    """Return files that were judged alone, now also checked against the lists of trusts and the files held.

    Their parsed rows are in `home`; the lists may come from another home.
    """
    return guard_results.guarded(source, known_trusts.judged(source, judged, lists, home), home)


def consider(
    content: bytes, vintage: Vintage, catalogue: Catalogue, home: Home, *, acknowledged: str = ""
) -> Verdict:
    """Return the verdict of the next refresh on a file that is not archived yet; the archive stays unchanged.

    The source of the vintage is one of the catalogue. `acknowledged` says who accepts the file although guards refuse
    it, and why. Verdicts on held files are read from the home and stored there if they are new. Raises OSError for a
    fault of this machine.
    """
    source, clean = catalogue.sources[vintage.source], cleaned(vintage)
    copy = file_verdicts.copy_of(clean)
    wrong = named_wrongly(source, clean, datetime.now(UTC).date(), home)
    if wrong:
        return Verdict(copy, accepted=False, problems=tuple(wrong), checks=(), newly=True)
    with _scratch(clean, content) as own:
        alone = file_verdicts.judge(source, copy, clean, own)
        if not alone.accepted:
            return alone
        candidate = replace(alone, acknowledged=acknowledged)
        held, place = _held(source, clean, home)
        lists = Lists.of(catalogue.sources, home)
        beside(source, held, home, lists)  # stores their verdicts in the home, from which they are lent
        _lend(source, held, home, own)
        judged = beside(source, [*held[:place], candidate, *held[place:]], own, lists)
        return _Considered(source, judged, place, catalogue, lists, home, own).verdict


OPTIONS = ("correct --part", "correct --retrieved-on", "correct --published-on")
"""Endings of problems with the options, which another file would not solve."""


def of_options(problems: Sequence[str]) -> bool:
    """Return whether problems are about the options of the user, not about the file or its edition."""
    return all(problem.endswith(OPTIONS) for problem in problems)


def alone(source: Source, content: bytes, vintage: Vintage) -> Verdict:
    """Return the verdict on a file alone: its names, its structure, the checks of its rows."""
    copy = file_verdicts.copy_of(vintage)
    if wrong := file_verdicts.misnamed(source, copy):
        return Verdict(copy, accepted=False, problems=tuple(wrong), checks=(), newly=True)
    with _scratch(vintage, content) as own:
        return file_verdicts.judge(source, copy, vintage, own)


def cleaned(vintage: Vintage) -> Vintage:
    """Return a vintage with texts that are safe to publish: no control characters, no leading formula signs."""
    return replace(
        vintage,
        publisher_file_name=harmless_name(vintage.publisher_file_name),
        how=harmless_name(vintage.how),
        url=harmless_name(vintage.url),
        final_url=harmless_name(vintage.final_url),
    )


def named_wrongly(source: Source, vintage: Vintage, today: date, home: Home) -> list[str]:
    """Return what is wrong with the edition, the part and the days of a file, one sentence per problem."""
    found = day_problems("retrieved", vintage.retrieved_at, until=today)
    until = today if found else date.fromisoformat(vintage.retrieved_at[:10])
    if source.editions is not None:
        found = [*source.editions.problems(vintage.edition, vintage.part, until=until), *found]
    found += day_problems("published", vintage.published_at, until=until)
    withdrawn = decisions.in_force(source.name, home)["withdrawn"].get(decisions.key_of(vintage))
    if withdrawn:
        found.append(f"this file is {withdrawn.words}; undo that with `digital-maturity withdraw --undo`")
    return found


@dataclass(frozen=True)
class _Considered:
    """The files of a source with a new one at `place`, all judged together; the rows of all are in `own`."""

    source: Source
    judged: Sequence[Verdict]
    place: int
    catalogue: Catalogue
    lists: Lists | None
    home: Home
    own: Home

    @property
    def candidate(self) -> Verdict:
        return self.judged[self.place]

    @property
    def verdict(self) -> Verdict:
        """Return the new file, refused if it would spoil other files or the tables."""
        if not self.candidate.accepted:
            return self.candidate
        problems = [] if self.candidate.acknowledged else self._spoilt()
        problems = problems or self._built()
        return replace(self.candidate, accepted=not problems, problems=tuple(problems))

    def _spoilt(self) -> list[str]:
        """Return the first file in use that would be refused because of the new one."""
        others = [*self.judged[: self.place], *self.judged[self.place + 1 :]]
        lost = [one for one in others if not one.accepted]
        held = judge_all(self.source, self.catalogue.sources, self.home) if lost else []
        good = {one.copy for one in held if one.accepted}
        return [
            f"beside it a file in use would be refused: {one.why_refused(kept=False)}"
            for one in lost
            if one.copy in good
        ][:1]

    def _built(self) -> list[str]:
        """Return what is wrong with the tables built from the files that would be in use."""
        manifest = staged_tables.select(self.source, self.judged)
        if self.candidate not in manifest.used:
            return []
        rows = trial.rows_of(self.source, manifest, self.own)
        if self.source.name == ORGANISATIONS:
            new = {self.source.name: Staged(self.source, rows, manifest, "fresh", "")}
            return [
                problem
                for found in trial.of_everything(
                    self.catalogue, staged_now(self.catalogue.sources, self.home) | new
                ).values()
                for problem in found
            ]
        return trial.of_facts(self.source, rows, self.lists.known.resolver) if self.lists else []


def staged_now(sources: Mapping[str, Source], home: Home) -> dict[str, Staged]:
    """Return every source staged from the files held, without writing a staged table."""
    found = {}
    for name, source in sources.items():
        manifest = staged_tables.select(source, judge_all(source, sources, home))
        status = source_status.at_publication(*source_status.live(source, manifest, home))
        found[name] = Staged(source, trial.rows_of(source, manifest, home), manifest, *status)
    return found


@contextmanager
def _scratch(vintage: Vintage, content: bytes) -> Iterator[Home]:
    """Yield a temporary home with one file."""
    with TemporaryDirectory(prefix="digital-maturity-") as folder:
        home = Home(Path(folder))
        home.archive.add(content, vintage)
        yield home


def _held(source: Source, vintage: Vintage, home: Home) -> tuple[list[Verdict], int]:
    """Return the files held, each judged alone, oldest first, and the position of a new one among them."""
    series = series_of(vintage.part) if source.by_trust else ""
    files = list(file_verdicts.copies(source, home, series))
    held = file_verdicts.judge_all(source, home, series)
    earlier = [
        not isinstance(origin, Vintage)
        or (origin.retrieved_at, origin.sha256) <= (vintage.retrieved_at, vintage.sha256)
        for _, origin in files
    ]
    return held, sum(earlier)


def _lend(source: Source, held: Sequence[Verdict], home: Home, own: Home) -> None:
    """Link the parsed rows and the verdicts of held files into a temporary home."""
    for folder in (own.parsed, own.verdicts):
        folder.mkdir(parents=True, exist_ok=True)
    for one in held:
        _link(file_verdicts.parsed_path(source, one.copy, home), own.parsed)
    keys = {one.copy.key for one in held}
    for path in home.verdicts.glob("*.json"):
        if path.name[:64] in keys:
            _link(path, own.verdicts)


def _link(path: Path, folder: Path) -> None:
    target = folder / path.name
    if path.exists() and not target.exists():
        target.symlink_to(path.resolve())
