"""The files that a new one is compared with: found by edition and part, each read as rarely as possible.

Files are judged in the order of their editions. Judged files are kept here by part, so that the cost of judging grows
with the number of files and not with its square: no search goes through all other files.
"""

import hashlib
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import pandas as pd

from assets.contract.columns import PUBLISHER_FILE
from assets.contract.edition_shape import series_of
from assets.contract.frozen_editions import frozen_editions
from assets.contract.guards import Guard
from assets.contract.source import Source
from pipelines.judging import sides
from pipelines.judging.file_verdicts import Verdict, parsed_path
from pipelines.storage.home import Home
from pipelines.storage.parquet import read_parquet, to_pandas

MOST_COMPARED = 24
"""Most earlier files to compare one with, if the newest is not enough: two years of monthly files."""
MOST_FRAMES = 6
"""Files whose rows are kept in memory: several guards compare a file, and so does the next edition."""
MOST_SELECTIONS = 16
"""Selections of rows that are kept in memory: most guards of a source share a few of them."""


@dataclass(frozen=True)
class Held:
    """An accepted file to compare with; `publisher_file` is the SHA-256 of one file within a frozen series."""

    judged: Verdict
    publisher_file: str = ""

    @property
    def name(self) -> str:
        """The name of the file in a cache key."""
        copy = self.judged.copy
        return f"{copy.key}-{copy.place}-{self.publisher_file}"


class Reader:
    """Reads the parsed rows of files and keeps the most recent ones in memory."""

    def __init__(self, source: Source, home: Home) -> None:
        self._source = source
        self._home = home
        self._frames: dict[str, pd.DataFrame] = {}
        self._selections: dict[tuple[str, str], pd.DataFrame] = {}

    def rows(self, held: Held) -> pd.DataFrame:
        """Return the parsed rows of a file."""
        frame = self._frame(Held(held.judged))
        if held.publisher_file:
            return frame[frame[PUBLISHER_FILE] == held.publisher_file]
        return frame

    def rows_of(self, guard: Guard, held: Held) -> pd.DataFrame:
        """Return the rows of a file that concern a guard; guards for the same rows share one selection."""
        key = (held.name, repr((guard.where, guard.filled, guard.column, guard.kind in sides.WHOLE)))
        selection = self._selections.pop(key, None)
        if selection is None:
            selection = sides.rows_of(guard, self.rows(held))
        self._selections[key] = selection
        while len(self._selections) > MOST_SELECTIONS:
            self._selections.pop(next(iter(self._selections)))
        return selection

    def _frame(self, held: Held) -> pd.DataFrame:
        frame = self._frames.pop(held.name, None)
        if frame is None:
            frame = read_rows(self._source, held.judged, self._home)
        self._frames[held.name] = frame
        while len(self._frames) > MOST_FRAMES:
            self._frames.pop(next(iter(self._frames)))
        return frame


def read_rows(source: Source, judged: Verdict, home: Home) -> pd.DataFrame:
    """Read the parsed rows of a file from the home folder."""
    return to_pandas(read_parquet(parsed_path(source, judged.copy, home)))


def _always(_: Held) -> bool:
    return True


@dataclass
class HeldFiles:
    """The accepted files of a source so far, while its files are judged in the order of their editions.

    `everyone` are all files as judged alone: guards compare with other parts of an edition before those are finished.
    """

    source: Source
    everyone: Iterable[Verdict]
    _now: dict[str, Held] = field(default_factory=dict)
    _before: dict[str, list[Held]] = field(default_factory=dict)
    _digest: dict[str, str] = field(default_factory=dict)
    _parts: dict[str, dict[str, Held]] = field(default_factory=dict)
    _useful: dict[tuple[str, str], bool] = field(default_factory=dict)
    _edition_digests: dict[str, str] = field(default_factory=dict)
    _in_series: dict[tuple[str, str], Held] = field(default_factory=dict)
    _by_series: dict[str, list[Held]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Index all files by edition and part."""
        for one in self.everyone:
            if one.accepted:
                self._parts.setdefault(one.copy.edition, {})[one.copy.part] = Held(one)
        for one in sorted(self.everyone, key=lambda one: (one.copy.edition, one.copy.part, one.copy.key)):
            if one.accepted:
                self._by_series.setdefault(series_of(one.copy.part), []).append(Held(one))
        series = {frozen.sha256: frozen.descriptor for frozen in frozen_editions(self.source.name)}
        for one in self.everyone:
            stated = series.get(one.copy.key)
            for file in stated.files if stated else ():
                self._in_series[one.copy.edition, file["part"]] = Held(one, file["sha256"])

    def replaced(self, one: Verdict) -> Held | None:
        """Return the held file of the same edition and part that a file would replace, if its bytes differ."""
        copy = one.copy
        held = self._now.get(copy.part) or self._in_series.get((copy.edition, copy.part))
        return None if held is None or held.judged.copy.key == copy.key else held

    def newest_before(
        self,
        part: str,
        check: str,
        useful: Callable[[Held], bool] = _always,
        fits: Callable[[Held], bool] = _always,
    ) -> Held | None:
        """Return the newest file of a part in earlier editions that is `useful` to a check and `fits` the file judged.

        Without any file of the part, it is one of the parts that it follows (`Editions.follows`). Whether a file is useful
        is determined once. Only the newest few are tried for whether they fit.
        """
        tried = 0
        for held in reversed(self._before.get(part) or self._files_followed(part)):
            known = (check, held.name)
            if known not in self._useful:
                self._useful[known] = useful(held)
            if self._useful[known]:
                if fits(held):
                    return held
                tried += 1
            if tried == MOST_COMPARED:
                break
        return None

    def before(self, part: str) -> tuple[Held, ...]:
        """Return the newest files of a part, then those of the parts it follows, in earlier editions, newest first."""
        files = [*self._files_followed(part), *self._before.get(part, ())]
        return tuple(reversed(files[-MOST_COMPARED:]))

    def _files_followed(self, part: str) -> list[Held]:
        """Return the files of the parts that a part follows, oldest first; of one edition the part named first is newest."""
        parts = reversed(self._parts_followed(part))
        files = [held for other in parts for held in self._before.get(other, ())]
        return sorted(files, key=lambda held: held.judged.copy.edition)

    def series(self, one: Verdict) -> tuple[Held, ...]:
        """Return the closest files in the series of a file (`CODE` of `CODE.2020-04`), of its edition and earlier ones."""
        mine = one.copy
        files = self._by_series.get(series_of(mine.part), [])
        end = bisect_right(files, mine.edition, key=lambda held: held.judged.copy.edition)
        nearest = files[max(0, end - MOST_COMPARED) : end]
        return tuple(held for held in nearest if held.judged.copy.key != mine.key)

    def parts(self, edition: str) -> dict[str, Held]:
        """Return the newest file of each part of an edition that is accepted when judged alone, in the order of parts."""
        return dict(sorted(self._parts.get(edition, {}).items()))

    def before_digest(self, part: str) -> str:
        """Return a digest of all files in earlier editions of a part and of the parts it follows."""
        parts = (part, *self._parts_followed(part))
        return " ".join(self._digest.get(one, "") for one in parts)

    def edition_digest(self, edition: str) -> str:
        """Return a digest of the files of all parts of an edition."""
        if edition not in self._edition_digests:
            parts = self._parts.get(edition, {})
            self._edition_digests[edition] = _digest(parts[part].name for part in sorted(parts))
        return self._edition_digests[edition]

    def _parts_followed(self, part: str) -> tuple[str, ...]:
        return self.source.editions.follows.get(part, ()) if self.source.editions else ()

    def add(self, one: Verdict) -> None:
        """Add an accepted file of the edition that is being judged."""
        self._now[one.copy.part] = Held(one)

    def close_edition(self) -> None:
        """Move the files of the finished edition to the earlier ones."""
        for part, held in self._now.items():
            self._before.setdefault(part, []).append(held)
            self._digest[part] = _digest([self._digest.get(part, ""), held.name])
        self._now = {}


def _digest(names: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(names).encode()).hexdigest()
