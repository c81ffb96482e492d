"""What several benchmarks share in one temporary folder, each made once when first asked for."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from benchmarks import corpus, homes
from benchmarks.corpus import Book
from benchmarks.harness import PROGRAM, Run, Scale, measure


def refresh(home: Path) -> Run:
    """Refresh a home without network, as a user does."""
    return measure([*PROGRAM, "refresh", "--offline", "--home", str(home)])


@dataclass
class Place:
    """A temporary folder and the scale of everything in it."""

    folder: Path
    scale: Scale

    def fresh(self, name: str) -> Path:
        """Return an empty folder; what an earlier run left there is gone."""
        path = self.folder / name
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
        return path

    @cached_property
    def books(self) -> Sequence[Book]:
        """Return the workbooks of all years, two a year."""
        return corpus.make(self.fresh("books"), self.scale.years, self.scale.share)

    @cached_property
    def released(self) -> Path:
        """Return a home with the release of all frozen editions."""
        home = self.fresh("released")
        refresh(home)
        return home

    @cached_property
    def with_accounts(self) -> Path:
        """Return a home with a release of all frozen editions and six workbooks of accounts."""
        home = self.fresh("with-accounts")
        homes.arrive(home, self.books[:6])
        refresh(home)
        return home
