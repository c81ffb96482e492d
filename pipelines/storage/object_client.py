"""Objects in a store, and a folder on this machine for copies of them: list, download and upload.

Any place that UPath supports. Every copy is complete or absent, and every failure is one sentence.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from assets.contract.errors import MachineError

if TYPE_CHECKING:
    from upath import UPath

PATIENCE = {"connect_timeout": 5, "read_timeout": 10, "retries": {"max_attempts": 1}}
"""Time-outs (seconds) and retries of the SDK before an S3 server counts as silent."""


class StoreError(MachineError):
    """The object store cannot be used under its address, or a request to it failed."""


def refuse_address(url: str, of: str) -> None:
    """Raise StoreError for the address of `of` (such as `the home`) that contains a secret or names no bucket."""
    parts = urlsplit(url)
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise StoreError(
            f"Reading the address of {of}: expected a bucket and a prefix such as s3://bucket/prefix, found a user name, a password or options in it; leave them out and name credentials in the environment (AWS_ACCESS_KEY_ID, AWS_PROFILE, ...)."
        )
    if not parts.netloc:
        raise StoreError(
            f"Reading the address of {of}: expected a bucket and a prefix such as s3://bucket/prefix, found {url}; name the bucket."
        )


@cache
def _opened(url: str) -> "UPath":
    """Return the place that a URL names; listings are not cached between requests."""
    from upath import UPath

    of_s3: dict[str, Any] = {"config_kwargs": PATIENCE} if urlsplit(url).scheme in {"s3", "s3a"} else {}
    place: UPath = UPath(url, use_listings_cache=False, **of_s3)
    place.fs.retries = 2  # the retries of s3fs, in addition to those of the SDK
    return place


@dataclass(frozen=True)
class Objects:
    """The objects under `url`, and the folder `root` whose files have the same paths."""

    url: str
    root: Path

    def listed(self, *folders: str) -> dict[str, int]:
        """Return the size of every object in some folders, by its path."""
        found: dict[str, int] = {}
        with self.opened() as place:
            for folder in folders:
                for key, about in place.fs.find(self.key(folder), detail=True).items():
                    path = PurePosixPath(key).relative_to(place.path)
                    if ".." in path.parts:
                        raise ValueError(f"an object named {key}")
                    if about["type"] == "file":
                        found[path.as_posix()] = about["size"]
        return found

    def here(self, *folders: str) -> dict[str, int]:
        """Return the size of every complete file of some folders on this machine, by its path."""
        return {
            self.name(path): path.stat().st_size
            for folder in folders
            for path in (self.root / folder).rglob("*")
            if path.is_file() and not path.name.startswith(".")
        }

    def bring(self, wanted: Iterable[str], target: Path | None = None) -> None:
        """Download objects, each completely or not at all."""
        paths = sorted(wanted)
        self.root.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=self.root, prefix=".arriving-") as folder:
            landed = [f"{folder}/{number}" for number in range(len(paths))]
            with self.opened() as place:
                place.fs.get([self.key(path) for path in paths], landed)
            for path, file in zip(paths, landed, strict=True):
                whole = (target or self.root) / path
                whole.parent.mkdir(parents=True, exist_ok=True)
                Path(file).replace(whole)

    def send(self, files: Mapping[str, Path], **how: str) -> None:
        """Upload files, each completely or not at all."""
        with self.opened() as place:
            place.fs.put([str(file) for file in files.values()], [self.key(p) for p in files], **how)

    def discard(self, paths: Iterable[str]) -> None:
        """Remove objects, and everything below those that are folders."""
        with self.opened() as place:
            place.fs.rm([self.key(path) for path in paths], recursive=True)

    def name(self, path: Path) -> str:
        """Return the path of an object from the path of its copy on this machine."""
        return path.relative_to(self.root).as_posix()

    def key(self, path: str) -> str:
        """Return the key in the store of the object at a path."""
        return f"{_opened(self.url).path.rstrip('/')}/{path.rstrip('/')}"

    @contextmanager
    def opened(self) -> Iterator["UPath"]:
        """Yield the place; a failure there becomes a StoreError with one sentence."""
        try:
            yield _opened(self.url)
        except ImportError as error:
            raise StoreError(
                f"Opening {self.url}: expected the library {error.name}, found none; install `nhs-digital-maturity[s3]`."
            ) from error
        except Exception as error:
            reason = " ".join(str(error).split())[:300] or type(error).__name__
            raise StoreError(
                f"Working with {self.url}: expected it to answer, found {reason}; correct the address, the credentials or the network, and try again."
            ) from error
