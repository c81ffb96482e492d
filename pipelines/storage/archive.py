"""The archive: every file ever fetched or ingested, unchanged, named by its SHA-256.

Layout: `<root>/blobs/<sha256>` holds bytes; `<root>/<source>/<edition>/[<part>-]<retrieved at>-<sha256>.json` is the
sidecar of one vintage. A publisher who goes back to an older file creates a newer vintage. Sidecars are written after
the bytes and never changed, so a killed run leaves at most a blob without a sidecar. No name from a publisher is ever
used as a path.
"""

import glob
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args, get_origin

from assets.contract.edition_shape import slug
from assets.contract.errors import DamagedError, shortened
from pipelines.storage.atomic_files import write_atomically

if TYPE_CHECKING:
    from pipelines.storage.object_store import Store

T = TypeVar("T")
SHA256 = re.compile(r"[0-9a-f]{64}")
SAFE_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*$")


class DamagedArchiveError(DamagedError):
    """The bytes of a vintage are no longer what was archived."""


@dataclass(frozen=True)
class Vintage:
    """One exact file of an edition and how it was obtained. Times are ISO 8601 in UTC; unknown ones are empty."""

    source: str
    edition: str
    part: str
    sha256: str
    bytes: int
    origin: str  # fetched or ingested
    url: str
    final_url: str
    publisher_file_name: str
    retrieved_at: str
    published_at: str
    etag: str
    last_modified: str
    licence: str
    how: str
    hops: tuple[str, ...] = ()  # every address contacted, in order

    def __post_init__(self) -> None:
        """Turn the list that JSON makes of a tuple back into a tuple."""
        object.__setattr__(self, "hops", tuple(self.hops))


def read_record(path: Path, kind: Callable[..., T], moment: str) -> T:
    """Return the dataclass whose fields a JSON file in the archive holds, one of them the `moment` it was written.

    Raises ValueError or TypeError, which say what is wrong: somebody may have edited the file.
    """
    try:
        made = kind(**json.loads(path.read_text("utf-8")))
    except (IsADirectoryError, RecursionError) as error:
        raise ValueError("a folder" if isinstance(error, OSError) else "too many brackets") from None
    record: Any = made
    wrong = [one.name for one in fields(record) if not _fits(getattr(record, one.name), one.type)]
    if not wrong and not SHA256.fullmatch(record.sha256):
        wrong = ["sha256"]
    if not wrong and datetime.fromisoformat(getattr(record, moment)).tzinfo is None:
        wrong = [moment]
    if wrong:
        raise ValueError(f"{shortened(repr(getattr(record, wrong[0])))} as {wrong[0]}")
    return made


def _fits(value: object, kind: Any) -> bool:
    """Return whether a value read from JSON is of the type of its field."""
    if get_origin(kind) is Literal:
        return value in get_args(kind)
    if get_origin(kind) is tuple:
        return isinstance(value, tuple) and all(isinstance(one, str) for one in value)
    return type(value) is kind  # to Python, true is a number too


class Archive:
    """Content-addressed store of vintages under `root`; with a `store`, some bytes may be only there."""

    def __init__(self, root: Path, store: "Store | None" = None) -> None:
        self.root = root
        self.store = store

    def add(self, content: bytes, vintage: Vintage) -> bool:
        """Store `content` as `vintage`; return whether it is new.

        Bytes equal to the newest vintage of the same edition and part change nothing. Raises ValueError for an edition
        that cannot be a file name and for bytes that do not match the vintage.
        """
        for name in filter(None, (vintage.source, slug(vintage.edition), vintage.part)):
            if not SAFE_NAME.match(name):
                raise ValueError(
                    f"Archiving {vintage.source} {vintage.edition}: expected letters, digits, dot, dash or underscore, found {name!r}; use another edition name."
                )
        if hashlib.sha256(content).hexdigest() != vintage.sha256:
            raise ValueError(
                f"Archiving {vintage.source} {vintage.edition}: the bytes do not have the stated SHA-256; fetch them again."
            )
        same = [
            v
            for v in self.vintages(vintage.source, vintage.part)
            if (v.edition, v.part) == (vintage.edition, vintage.part)
        ]
        if same and same[-1].sha256 == vintage.sha256:
            self.restore(content, same[-1])
            return False
        vintage = _newer(vintage, same)
        write_atomically(self._blob(vintage.sha256), content)
        write_atomically(
            self._sidecar(vintage), json.dumps(asdict(vintage), indent=1, ensure_ascii=False).encode()
        )
        return True

    def holds(self, vintage: Vintage) -> bool:
        """Return whether the bytes of a vintage are present and complete."""
        blob = self._blob(vintage.sha256)
        if self.store and not blob.exists():
            return self.store.holds(blob, vintage.bytes)
        return blob.exists() and blob.stat().st_size == vintage.bytes

    def at_hand(self, vintage: Vintage) -> "Archive":
        """Return the archive on this machine, after downloading the bytes of a vintage if the store has them."""
        if not self.store:
            return self
        blob = self._blob(vintage.sha256)
        if not blob.exists() and self.holds(vintage):
            self.store.bring([self.store.name(blob)])
        return Archive(self.root)

    def restore(self, content: bytes, vintage: Vintage) -> None:
        """Store the bytes of a vintage again if they are missing or damaged."""
        try:
            self.read(vintage)
        except (FileNotFoundError, DamagedArchiveError):
            write_atomically(self._blob(vintage.sha256), content)

    def vintages(self, source: str, part: str = "") -> list[Vintage]:
        """Return the vintages of a source, oldest first; with `part`, only those whose part begins with it."""
        found = [v for v in self._read_sidecars(source, part) if v.part.startswith(part)]
        return sorted(found, key=lambda v: (v.edition, v.part, v.retrieved_at, v.sha256))

    def read(self, vintage: Vintage) -> bytes:
        """Return the bytes of a vintage; raise DamagedArchiveError if they are no longer what was archived."""
        content = self._blob(vintage.sha256).read_bytes()
        if hashlib.sha256(content).hexdigest() != vintage.sha256:
            raise DamagedArchiveError(
                f"Reading {vintage.source} {vintage.edition} from the archive: {self._blob(vintage.sha256)} is damaged; refresh with a network, or ingest the file again, to put a good copy in its place."
            )
        return content

    def _read_sidecars(self, source: str, part: str) -> Iterator[Vintage]:
        for path in (self.root / source).glob(f"*/{glob.escape(part)}*.json"):
            try:
                vintage = read_record(path, Vintage, "retrieved_at")
            except (ValueError, TypeError) as error:
                raise DamagedArchiveError(
                    f"Reading {path} from the archive: expected the sidecar of a file, found {error}; move it out of the archive and refresh, or ingest the file again."
                ) from error
            yield vintage

    def _blob(self, sha256: str) -> Path:
        return self.root / "blobs" / sha256

    def _sidecar(self, vintage: Vintage) -> Path:
        moment = re.sub(r"[^0-9T]", "", vintage.retrieved_at[:19])
        name = "-".join(filter(None, (vintage.part, moment, vintage.sha256))) + ".json"
        return self.root / vintage.source / slug(vintage.edition) / name


def _newer(vintage: Vintage, held: list[Vintage]) -> Vintage:
    """Return a fetched vintage dated as the newest: the last arrival is the latest, even if a clock was set back."""
    if vintage.origin != "fetched" or not held or vintage.retrieved_at > held[-1].retrieved_at:
        return vintage
    moment = datetime.fromisoformat(held[-1].retrieved_at) + timedelta(seconds=1)
    return replace(vintage, retrieved_at=moment.isoformat(timespec="seconds"))
