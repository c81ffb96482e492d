"""Objects in a store, and a folder on this machine for copies of them: list, download and upload.

Every copy is complete or absent, and every failure is one sentence. A server that does not
answer, or only byte by byte, is given up after a total deadline for each object; then nothing is asked of it for a minute,
so that the other steps of a run fail at once.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from assets.contract.errors import MachineError, shortened

if TYPE_CHECKING:
    from upath import UPath

LIBRARIES = {"s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "az": "adlfs"}
"""The stores that an address may name, each with the library that UPath needs for it."""
PATIENCE = {"connect_timeout": 5, "read_timeout": 10, "retries": {"max_attempts": 1}}
"""Time-outs (seconds) and retries of the SDK before an S3 server counts as silent."""
DEADLINE = 60
"""Seconds in which an object must arrive, whatever the server sends meanwhile."""
AT_ONCE = 8
"""How many objects share the line: each has its own deadline."""
TRANSFERS = ("_call_s3", "_lsdir", "_get_file", "_put_file", "_cat_file")
"""The coroutines of s3fs that ask about or move one object, or list one folder."""
SILENCE = {"TimeoutError", "ConnectionError", "HTTPClientError"}
"""Names of the errors, Python's and the SDK's, of a server that did not answer."""
_silent: dict[str, float] = {}
"""When a place did not answer, by its URL."""


class StoreError(MachineError):
    """The object store cannot be used under its address, or a request to it failed."""


def refuse_address(url: str, of: str) -> None:
    """Raise StoreError for the address of `of` (such as `the home`) that contains a secret, or names no bucket or store."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise StoreError(
            f"Reading the address of {of}: expected a bucket and a prefix such as s3://bucket/prefix, found another ({error}); correct it."
        ) from error
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise StoreError(
            f"Reading the address of {of}: expected a bucket and a prefix such as s3://bucket/prefix, found a user name, a password or options in it; leave them out and name credentials in the environment (AWS_ACCESS_KEY_ID, AWS_PROFILE, ...)."
        )
    if url.partition("://")[0] not in LIBRARIES:
        raise StoreError(
            f"Reading the address of {of}: expected a folder, or an address that begins with s3://, gs:// or az://, found {shortened(url)}; correct it."
        )
    if not parts.netloc:
        raise StoreError(
            f"Reading the address of {of}: expected a bucket and a prefix such as s3://bucket/prefix, found {url}; name the bucket."
        )


@cache
def _opened(url: str) -> "UPath":
    """Return the place that a URL names; listings are not cached between requests."""
    from upath import UPath

    if urlsplit(url).scheme not in {"s3", "s3a"}:
        return UPath(url, use_listings_cache=False)
    place = UPath(url, use_listings_cache=False, config_kwargs=PATIENCE)
    place.fs.batch_size = AT_ONCE
    place.fs.retries = 2  # the retries of s3fs, in addition to those of the SDK
    for name in TRANSFERS:
        setattr(place.fs, name, _within_the_deadline(getattr(place.fs, name)))
    return place


def _within_the_deadline(transfer: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def bounded(*given: Any, **named: Any) -> Any:
        async with asyncio.timeout(DEADLINE):
            return await transfer(*given, **named)

    return bounded


def _is_silence(error: Exception) -> bool:
    return not SILENCE.isdisjoint(cls.__name__ for cls in type(error).__mro__)


@dataclass(frozen=True)
class Objects:
    """The objects under `url`, and the folder `root` whose files have the same paths."""

    url: str
    root: Path

    def listed(self, *folders: str) -> dict[str, int]:
        """Return the size of every object in some folders, by its path."""
        return {path: about["size"] for path, about in self.described(*folders).items()}

    def described(self, *folders: str) -> dict[str, dict[str, Any]]:
        """Return what the store says about every object in some folders, by its path."""
        found: dict[str, dict[str, Any]] = {}
        with self.opened() as place:
            for folder in folders:
                for key, about in place.fs.find(self.key(folder), detail=True).items():
                    path = PurePosixPath(key).relative_to(place.path)
                    if ".." in path.parts:
                        raise ValueError(f"an object named {key}")
                    if about["type"] == "file":
                        found[path.as_posix()] = about
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
        if time.monotonic() - _silent.get(self.url, -DEADLINE) < DEADLINE:
            raise self._failed(
                f"that it did not answer within the last {DEADLINE} s, so it was not tried again"
            )
        try:
            yield _opened(self.url)
        except ImportError as error:
            library = LIBRARIES.get(urlsplit(self.url).scheme, error.name)
            advice = "`nhs-digital-maturity[s3]`" + f" and {library}" * (library != "s3fs")
            raise StoreError(
                f"Opening {self.url}: expected the library {library}, found none; install {advice}."
            ) from error
        except Exception as error:
            if _is_silence(error):
                _silent[self.url] = time.monotonic()
            reason = shortened(str(error))
            late = f"an object that took more than {DEADLINE} s"
            raise self._failed(
                reason or (late if isinstance(error, TimeoutError) else type(error).__name__)
            ) from error

    def _failed(self, found: str) -> StoreError:
        return StoreError(
            f"Working with {self.url}: expected it to answer, found {found}; correct the address, the credentials or the network, and try again."
        )
