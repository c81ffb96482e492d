"""A home that machines share, at a URL such as `s3://bucket/prefix`: an object store, and a folder on each machine.

Each machine works in its own folder, laid out like any home, which may be lost at any time. Before a step it downloads
the work of other machines; after the step it uploads its own. Archived, parsed, judged and released files never change
under their names, so a local copy is as good as the one in the store; only `status` and the pointer `releases/latest`
are read each time. The pointer is a small object that is written last, and only if it still names the release that the
new one follows: of two runs on two machines one is published, and the other reports the conflict.

Credentials and the endpoint come from the environment variables of the SDK (`AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT_URL`, ...).
"""

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from assets.contract.errors import BusyError
from pipelines.storage.object_client import Objects, StoreError, refuse_address
from pipelines.storage.release_folder import COMPRESSED, SUMS, point
from pipelines.storage.release_hashes import VerifyError, damage, sha256_of, stated

CACHE = "DIGITAL_MATURITY_CACHE"
"""The environment variable that names the folder under which a machine keeps its copies."""
SHARED = ("archive", "parsed", "verdicts", "status")
BLOBS, STATUS, POINTER = "archive/blobs/", "status/", "releases/latest"
IN_ORDER = (BLOBS, "archive/", "parsed/", "verdicts/", STATUS)
"""The order of uploads: a name is uploaded after the bytes it refers to."""
CLAIM = "datapackage.json"
"""The file of a release that is uploaded first, unless it exists; SUMS is uploaded last."""
WRITTEN = "LastModified"
"""What S3 calls the time at which an object was written."""
NAMED = re.compile(r"[0-9]{8}T[0-9]{6}Z")


@dataclass(frozen=True)
class Store(Objects):
    """A home at `url`, and the folder `root` in which this machine works."""

    @classmethod
    def at(cls, url: str) -> "Store":
        """Return the store that a URL names, without contacting it; raise StoreError for a URL that contains a secret."""
        refuse_address(url, "the home")
        named = url.rstrip("/")
        endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL", "")
        digest = hashlib.sha256(f"{named} {endpoint}".encode()).hexdigest()[:8]
        folder = re.sub(r"[^A-Za-z0-9.-]+", "-", named.partition("://")[2])
        return cls(named, cache_folder() / f"{folder}-{digest}")

    # Steps of a refresh

    @contextmanager
    def shared(self, *, released: bool) -> Iterator[None]:
        """Download the work of other machines, with `released` also the latest release, and upload this machine's work.

        A step that fails uploads nothing; the files it left in the folder are uploaded after the next step.
        """
        held = self.listed(*SHARED)
        self.bring(self._lacking(held))
        if released:
            self._bring_latest()
        before = self._statuses()
        yield
        after = self._statuses()
        new = [path for path, size in self.here(*SHARED).items() if held.get(path) != size]
        new += [path for path in after if after[path] != before.get(path)]
        for kind in IN_ORDER:
            self.send({path: self.root / path for path in new if _kind(path) == kind})

    def pull(self, *folders: str) -> None:
        """Download the content of these folders, except the bytes of the archive."""
        self.bring(self._lacking(self.listed(*folders)))

    def publish(self, folder: Path, name: str, after: str) -> None:
        """Upload the release in `folder` file by file, then make the pointer name it instead of `after`.

        Raises BusyError and leaves nothing behind if the pointer names another release by now. A run that is killed
        earlier leaves a folder to which nothing points.
        """
        if (found := self.latest()) != after:
            raise _elsewhere(found)
        files = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file()]
        pairs = {f"releases/{name}/{file}": folder / file for file in files}
        claim, last = (
            {path: pairs.pop(path)} for path in (f"releases/{name}/{one}" for one in (CLAIM, SUMS))
        )
        try:
            self.send(claim, mode="create")
        except StoreError:
            if name in self.names():
                raise _elsewhere(name) from None
            raise
        self.send(pairs)
        self.send(last)
        try:
            self._point(name, after)
        except BusyError:
            with self.opened() as place:
                place.fs.rm(self.key(f"releases/{name}"), recursive=True)
            raise

    # Releases, for readers

    def names(self) -> list[str]:
        """Return the names of the releases in the store, oldest first."""
        with self.opened() as place:
            try:
                found = place.fs.ls(self.key("releases"), detail=False)
            except FileNotFoundError:
                return []
        return sorted(filter(NAMED.fullmatch, (PurePosixPath(path).name for path in found)))

    def latest(self) -> str:
        """Return the name of the latest release; empty if there is none."""
        return self._pointed()[0]

    def release(self, name: str, file: str) -> Path:
        """Return the folder of a release (default: the latest) with a file of it, downloaded if it is not here."""
        name = name or self.latest()
        if not name:
            raise StoreError(
                f"Opening the latest release in {self.url}: expected one, found none; run `digital-maturity refresh` first."
            )
        if not (self.root / "releases" / name / file).exists():
            self.bring([f"releases/{name}/{file}"])
        return self.root / "releases" / name

    def of_every_release(self, file: str) -> None:
        """Download a file of every completely published release, up to the latest."""
        held, latest = self.listed("releases"), self.latest()
        whole = [name for name in self.names() if name <= latest and f"releases/{name}/{SUMS}" in held]
        wanted = [f"releases/{name}/{file}" for name in whole]
        self.bring(path for path in wanted if path in held and not (self.root / path).exists())

    def mirror(self, name: str) -> Path:
        """Return the folder of a release that has exactly the files of the store.

        The copy here may be damaged, so this downloads SHA256SUMS (written last), every file that differs in size or was
        written after it, and every file that does not match its hash.
        """
        path = f"releases/{name}"
        held, here = self.described(path), self.here(path)
        for extra in here.keys() - held.keys():
            (self.root / extra).unlink()
        written = held.get(f"{path}/{SUMS}", {}).get(WRITTEN)
        self.bring(
            one
            for one, about in held.items()
            if here.get(one) != about["size"] or one.endswith(SUMS) or (written and about[WRITTEN] > written)
        )
        damaged = (f"{path}/{file}" for file in damage(self.root / path))
        self.bring(one for file in damaged for one in (file, f"{file}{COMPRESSED}") if one in held)
        return self.root / path

    def damaged(self, name: str) -> list[str]:
        """Return the files of the latest release that the store lacks, or that were written again with other content.

        SHA256SUMS is written last: only that and the files written after it are downloaded. A store that does not say when
        an object was written shows only what is missing.
        """
        path = f"releases/{name}"
        held = self.described(path)
        if (sums := held.get(f"{path}/{SUMS}")) is None:
            return [SUMS]
        self.root.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=self.root, prefix=".fresh-") as place:
            folder = Path(place)
            self.bring([f"{path}/{SUMS}"], folder)
            try:
                expected = stated(folder / path)
            except VerifyError:
                return [SUMS]
            missing = {file for file in expected if f"{path}/{file}" not in held}
            when = {file: held[f"{path}/{file}"].get(WRITTEN) for file in expected.keys() - missing}
            late = [file for file, written in when.items() if written and written > sums[WRITTEN]]
            self.bring((f"{path}/{file}" for file in late), folder)
            altered = {file for file in late if sha256_of(folder / path / file) != expected[file]}
        return sorted(missing | altered)

    @contextmanager
    def fresh(self, name: str) -> Iterator[Path]:
        """Yield a new copy of a release from the store, whatever is on this machine."""
        self.root.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=self.root, prefix=".fresh-") as folder:
            self.bring(self.listed(f"releases/{name}"), Path(folder))
            yield Path(folder) / "releases" / name

    def holds(self, path: Path, size: int) -> bool:
        """Return whether the store has the object for `path` in the folder, with that size."""
        with self.opened() as place:
            try:
                return bool(place.fs.info(self.key(self.name(path)))["size"] == size)
            except FileNotFoundError:
                return False

    # Differences between this machine and the store

    def _lacking(self, held: Mapping[str, int]) -> Iterator[str]:
        """Yield what the store has and this machine lacks, except bytes of the archive, which are downloaded when read."""
        here = self.here(*{path.partition("/")[0] for path in held})
        for path, size in held.items():
            changes = not path.startswith(IN_ORDER) or path.startswith(STATUS)
            if not path.startswith(BLOBS) and (changes or here.get(path) != size):
                yield path

    def _statuses(self) -> dict[str, bytes]:
        return {path: (self.root / path).read_bytes() for path in self.here(STATUS)}

    def _bring_latest(self) -> None:
        """Download the whole latest release, and make the local `latest` name it."""
        name, link = self.latest(), self.root / POINTER
        if not name:
            link.unlink(missing_ok=True)
            return
        self.mirror(name)
        point(link, name)

    # The pointer

    def _pointed(self) -> tuple[str, dict[str, str]]:
        """Return the release that the pointer names, and the condition under which it may be written."""
        with self.opened() as place:
            try:
                about = place.fs.info(self.key(POINTER))
                name = place.fs.cat_file(self.key(POINTER)).decode("ascii").strip()
            except FileNotFoundError:
                return "", {"mode": "create"}
            if not NAMED.fullmatch(name):
                raise ValueError(f"{name[:40]!r} in the object {POINTER}")
        return name, {"IfMatch": about["ETag"]} if "ETag" in about else {}

    def _point(self, name: str, after: str) -> None:
        """Make the pointer name a release, unless it no longer names `after`."""
        found, condition = self._pointed()
        try:
            if found == after:
                with self.opened() as place:
                    place.fs.pipe_file(self.key(POINTER), f"{name}\n".encode(), **condition)
                return
        except StoreError:
            found = self.latest()
            if found == after:
                raise
        if found != name:
            raise _elsewhere(found)


def _kind(path: str) -> str:
    return next(kind for kind in IN_ORDER if path.startswith(kind))


def _elsewhere(name: str) -> BusyError:
    return BusyError(f"Another run on another machine publishes release {name} meanwhile; refresh again.")


def cache_folder() -> Path:
    """Return the folder under which this machine keeps its copies."""
    named, usual = os.environ.get(CACHE), os.environ.get("XDG_CACHE_HOME")
    return Path(named) if named else (Path(usual) if usual else Path.home() / ".cache") / "digital-maturity"
