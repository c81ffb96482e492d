"""Where a site goes: a folder, or a bucket at a URL such as `s3://bucket/prefix`. Paths are relative to it, with slashes.

A file is written completely or not at all; of many, the reader of a site may meet some new and some old ones, so the caller
writes last what leads to the others.
"""

import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from assets.contract.errors import DigitalMaturityError
from pipelines.storage.atomic_files import being_written
from pipelines.storage.disk_errors import reason_of
from pipelines.storage.object_client import Objects, refuse_address

WEB = ("http", "https")


class SiteError(DigitalMaturityError):
    """A site that cannot be written: one sentence."""


class Target(Protocol):
    """A place for a site."""

    def names(self) -> set[str]:
        """Return the path of every file that is there."""

    def bring(self, paths: Iterable[str], folder: Path) -> None:
        """Copy files that are there below a folder of this machine."""

    def put(self, files: Mapping[str, Path]) -> None:
        """Write files of this machine, by the path that each is to have."""

    def remove(self, paths: Iterable[str]) -> None:
        """Remove files that are there."""


class FolderTarget:
    """A folder of this machine."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def names(self) -> set[str]:
        """Return the path of every file that is there."""
        return {path.relative_to(self.root).as_posix() for path in self.root.rglob("*") if path.is_file()}

    def bring(self, paths: Iterable[str], folder: Path) -> None:
        """Copy files that are there below a folder of this machine."""
        for path in paths:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.root / path, folder / path)

    def put(self, files: Mapping[str, Path]) -> None:
        """Write files, each in one step; raise SiteError where the disk does not take them."""
        with self._writing():
            for path, file in files.items():
                whole = self.root / path
                whole.parent.mkdir(parents=True, exist_ok=True)
                partial = whole.with_name(f"{being_written()}{whole.name}")
                try:
                    shutil.copyfile(file, partial)
                    partial.replace(whole)
                finally:
                    partial.unlink(missing_ok=True)

    def remove(self, paths: Iterable[str]) -> None:
        """Remove files that are there, and the folders that they leave empty; raise SiteError where that fails."""
        with self._writing():
            for path in paths:
                (self.root / path).unlink()
                parent = (self.root / path).parent
                while parent != self.root and not any(parent.iterdir()):
                    parent.rmdir()
                    parent = parent.parent

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise SiteError(
                f"Writing the site below {self.root}: expected room and permission, found {reason_of(error)}; correct that and try again."
            ) from error


class BucketTarget:
    """A bucket; `cache` is a folder of this machine for what arrives."""

    def __init__(self, url: str, cache: Path) -> None:
        self.objects = Objects(url.rstrip("/"), cache)

    def names(self) -> set[str]:
        """Return the path of every object that is there."""
        return set(self.objects.listed(""))

    def bring(self, paths: Iterable[str], folder: Path) -> None:
        """Download objects below a folder of this machine."""
        self.objects.bring(paths, folder)

    def put(self, files: Mapping[str, Path]) -> None:
        """Upload files."""
        if files:
            self.objects.send(files)

    def remove(self, paths: Iterable[str]) -> None:
        """Delete objects."""
        if found := list(paths):
            self.objects.discard(found)


def target_at(place: str, cache: Path) -> Target:
    """Return the target that a path or URL names, without contacting it; raise SiteError, StoreError for one that cannot be."""
    if "://" not in place:
        if Path(place).exists() and not Path(place).is_dir():
            raise SiteError(
                f"Writing the site to {place}: expected a folder, found a file; name a folder with --to."
            )
        return FolderTarget(Path(place).absolute())
    if place.partition("://")[0] in WEB:
        raise SiteError(
            f"Writing the site to {place}: expected a folder or a bucket such as s3://bucket/prefix, found the address of a web page; name where its files lie with --to, and this address with --base-url."
        )
    refuse_address(place, "the site")
    return BucketTarget(place, cache)
