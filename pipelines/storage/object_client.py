"""Objects in a store, and a folder on this machine for copies of them: what is there, bring some, send some.

Any place that UPath can name; every copy is whole or not there at all, and what goes wrong is one sentence.
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
"""How long, in seconds, and how often again the SDK asks before an S3 server counts as silent."""


class StoreError(MachineError):
    """The object store cannot be used as it is named, or does not do what it is asked: one sentence."""


@cache
def _opened(url: str) -> "UPath":
    """Return the place that a URL names; nothing of it is remembered from one question to the next."""
    from upath import UPath

    of_s3: dict[str, Any] = {"config_kwargs": PATIENCE} if urlsplit(url).scheme in {"s3", "s3a"} else {}
    place: UPath = UPath(url, use_listings_cache=False, **of_s3)
    place.fs.retries = 2  # of its own, around those of the SDK
    return place


@dataclass(frozen=True)
class Objects:
    """The objects below `url`, and the folder `root` whose files have the same paths."""

    url: str
    root: Path

    def listed(self, *folders: str) -> dict[str, int]:
        """Return the size of every object in some folders, by its path."""
        found: dict[str, int] = {}
        with self.asking() as place:
            for folder in folders:
                for key, about in place.fs.find(self.key(folder), detail=True).items():
                    path = PurePosixPath(key).relative_to(place.path)
                    if ".." in path.parts:
                        raise ValueError(f"an object named {key}")
                    if about["type"] == "file":
                        found[path.as_posix()] = about["size"]
        return found

    def here(self, *folders: str) -> dict[str, int]:
        """Return the size of every whole file of some folders here, by its path."""
        return {
            self.name(path): path.stat().st_size
            for folder in folders
            for path in (self.root / folder).rglob("*")
            if path.is_file() and not path.name.startswith(".")
        }

    def bring(self, wanted: Iterable[str], target: Path | None = None) -> None:
        """Bring objects, each whole or not at all."""
        paths = sorted(wanted)
        self.root.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=self.root, prefix=".arriving-") as folder:
            landed = [f"{folder}/{number}" for number in range(len(paths))]
            with self.asking() as place:
                place.fs.get([self.key(path) for path in paths], landed)
            for path, file in zip(paths, landed, strict=True):
                whole = (target or self.root) / path
                whole.parent.mkdir(parents=True, exist_ok=True)
                Path(file).replace(whole)

    def send(self, files: Mapping[str, Path], **how: str) -> None:
        """Send files; each is there whole or not at all."""
        with self.asking() as place:
            place.fs.put([str(file) for file in files.values()], [self.key(p) for p in files], **how)

    def name(self, path: Path) -> str:
        """Return the path of an object by that of its copy here."""
        return path.relative_to(self.root).as_posix()

    def key(self, path: str) -> str:
        """Return what the store calls the object of a path."""
        return f"{_opened(self.url).path.rstrip('/')}/{path.rstrip('/')}"

    @contextmanager
    def asking(self) -> Iterator["UPath"]:
        """Yield the place; what goes wrong there becomes one sentence."""
        try:
            yield _opened(self.url)
        except ImportError as error:
            raise StoreError(
                f"Opening {self.url}: expected the library {error.name}, found none; install `nhs-digital-maturity[s3]`."
            ) from error
        except Exception as error:
            told = " ".join(str(error).split())[:300] or type(error).__name__
            raise StoreError(
                f"Working with {self.url}: expected it to answer, found {told}; correct the address, the credentials or the network, and try again."
            ) from error
