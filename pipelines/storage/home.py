"""The home folder with all data: `./data`, unless `DIGITAL_MATURITY_HOME` or `--home` names another.

A home at a URL is shared: it is in an object store (`pipelines.storage.object_store`), and this machine works in a copy
of it.

Only `archive` and `releases` matter; `parsed`, `verdicts`, `staged` and `tables` can be rebuilt from the archive and the frozen
editions, `status` says how the last run went, `dagster` is the DAGSTER_HOME of the command line, the schedule and the
user interface alike.
"""

import hashlib
import json
import os
import stat
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from importlib.resources import files
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assets.contract.errors import DamagedError, MachineError, shortened
from pipelines.storage.archive import Archive
from pipelines.storage.atomic_files import (
    WRITING,
    read_json,
    remove_folder,
    write_atomically,
    written_by_the_living,
)
from pipelines.storage.home_format import bring_up_to_date
from pipelines.storage.release_folder import has_content

if TYPE_CHECKING:
    from pipelines.storage.object_store import Store

VARIABLE = "DIGITAL_MATURITY_HOME"
BUILDING = ".building-"
"""Prefix of the name of a release while it is built."""


class PointerError(DamagedError):
    """The pointer `latest` leads to a place outside the releases of this home."""


def refuse_foreign(latest: Path) -> None:
    """Raise PointerError if `latest` leads out of the folder of releases: nothing there is read, compared or changed."""
    if not latest.is_symlink() or _leads_beside(latest):
        return
    held = sorted(path.name for path in latest.parent.glob("2*Z") if path.is_dir())
    advice = f"point it at one of {', '.join(held[-3:])}" if held else "take the link away"
    raise PointerError(
        f"Opening {latest}: expected a link to a release beside it, found one to {latest.readlink()}; {advice} and try again."
    )


def _leads_beside(link: Path) -> bool:
    try:
        found = link.resolve()
    except (OSError, RuntimeError):  # up to Python 3.12, a link that leads to itself is an error
        return False
    return found.parent == link.parent.resolve() and not found.is_symlink()


_QUESTION = "a question mark, at which DuckDB ends the name of a file"


def _refuse_no_folder(root: Path) -> Path:
    """Return the path of a home. Raises MachineError for a file, a name too long, with `?` or not in UTF-8, or a folder this user may not enter."""
    try:
        found = "" if stat.S_ISDIR(root.stat().st_mode) else "something that is not a folder"
    except FileNotFoundError:
        found = ""
    except (OSError, ValueError) as error:  # a name with a null character is a ValueError
        found = getattr(error, "strerror", None) or str(error)
    if str(root) != str(root).encode(errors="ignore").decode():
        found = "bytes that are not UTF-8"
    if found := found or _QUESTION * ("?" in str(root)):
        raise MachineError(
            f"Opening the home {shortened(str(root))}: expected a folder, or a place where one can be made, found {found}; name another with --home or {VARIABLE}."
        )
    return root


def _readable_by_dagster(folder: Path) -> Path:
    """Return a path to a folder that Dagster can read: it puts the path into patterns and URLs as it is.

    A path with a sign that means something there is led to by a link in the cache of this user.
    """
    if not {*"%*["} & {*str(folder)}:
        return folder
    from pipelines.storage.object_store import cache_folder

    link = cache_folder() / "homes" / hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    link.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        link.symlink_to(folder)
    return link


@dataclass(frozen=True)
class Home:
    """The folders under `root`, and the object store of which they are a copy, if there is one."""

    root: Path
    store: "Store | None" = None

    @classmethod
    def default(cls) -> "Home":
        """Return the home that the environment names, or `./data`; a store is not contacted yet."""
        named = os.environ.get(VARIABLE) or "data"
        if "://" not in named:
            return cls(_refuse_no_folder(Path(named).absolute()))
        from pipelines.storage.object_store import Store

        store = Store.at(named)
        return cls(store.root, store)

    @property
    def address(self) -> str:
        """The URL or path of the home, as in the environment."""
        return self.store.url if self.store else str(self.root)

    @property
    def archive(self) -> Archive:
        """Every file ever fetched or ingested."""
        return Archive(self.root / "archive", self.store)

    @property
    def parsed(self) -> Path:
        """Parsed rows by file and parser version."""
        return self.root / "parsed"

    @property
    def verdicts(self) -> Path:
        """The results of the checks, by file and suite version."""
        return self.root / "verdicts"

    @property
    def staged(self) -> Path:
        """The staged table of each source, as Parquet, and the manifest of the files in it."""
        return self.root / "staged"

    @property
    def tables(self) -> Path:
        """The working set: each published table as Parquet, and what it was made of."""
        return self.root / "tables"

    @property
    def releases(self) -> Path:
        """Immutable releases and the pointer `latest`."""
        return self.root / "releases"

    @property
    def latest(self) -> Path:
        """The newest release."""
        return self.releases / "latest"

    @property
    def lock(self) -> Path:
        """The lock that allows one run at a time."""
        return self.root / "lock"

    def lock_of(self, partition: str) -> Path:
        """Return the lock of a partition, or of the whole home without one."""
        return self.root / "locks" / partition if partition else self.lock

    def clear_away(self) -> None:
        """Remove the incomplete files of killed runs. Call it only while holding the lock."""
        kept = ("archive", "parsed", "verdicts", "staged", "tables", "status", "cache", "releases")
        written = chain(*((self.root / name).rglob(f"{WRITING}*") for name in kept))
        for left in written:
            if not written_by_the_living(left):
                left.unlink(missing_ok=True)
        for left in self.releases.glob(f"{BUILDING}*"):
            remove_folder(left)

    def prepare_dagster(self) -> Path:
        """Make DAGSTER_HOME with its settings (no telemetry), name it in the environment and return it.

        A home of an earlier version is brought up to date. Raises NewerHomeError for one of a later version, MachineError
        where nothing can be written.
        """
        from pipelines.storage.disk_errors import writing

        folder = self.root / "dagster"
        self.pull("dagster")
        with writing("Dagster's settings", self.root):
            bring_up_to_date(self.root, (files("pipelines") / "dagster.yaml").read_text("utf-8"))
            os.environ["DAGSTER_HOME"] = str(_readable_by_dagster(folder))
        os.environ[VARIABLE] = self.address
        return folder

    def shared(self, *, released: bool = False) -> AbstractContextManager[None]:
        """Download the work of other machines, with `released` also the latest release, and upload this machine's work.

        These methods do nothing for a home in a local folder.
        """
        return self.store.shared(released=released) if self.store else nullcontext()

    def pull(self, *folders: str) -> None:
        """Download the work of other machines in some folders."""
        if self.store:
            self.store.pull(*folders)

    def publish(self, folder: Path, name: str) -> None:
        """Upload the release in `folder` to the store, under its name."""
        if self.store:
            self.store.publish(folder, name, self.latest.resolve().name if self.latest.exists() else "")

    def release_names(self) -> list[str]:
        """Return the names of the releases, oldest first."""
        if self.store:
            return self.store.names()
        return sorted(path.name for path in self.releases.glob("2*") if has_content(path))

    def release_sizes(self, name: str) -> dict[str, int]:
        """Return the size of every file of a release, by its path within the release."""
        if self.store:
            found = self.store.listed(f"releases/{name}")
            return {path.removeprefix(f"releases/{name}/"): size for path, size in found.items()}
        folder = self.releases / name
        files_ = (path for path in folder.rglob("*") if path.is_file())
        return {path.relative_to(folder).as_posix(): path.stat().st_size for path in files_}

    def latest_name(self) -> str:
        """Return the name of the latest release, which may not exist."""
        if self.store:
            return self.store.latest()
        refuse_foreign(self.latest)
        return self.latest.resolve().name

    def release(self, file: str, name: str = "") -> Path:
        """Return the folder of a release (default: the latest), which contains `file` if the release has it."""
        if self.store:
            return self.store.release(name, file)
        refuse_foreign(self.latest)
        return self.releases / (name or "latest")

    def whole_release(self, name: str) -> Path:
        """Return the folder of a release, with every file that the home has of it."""
        return self.store.mirror(name) if self.store else self.releases / name

    def of_every_release(self, file: str) -> None:
        """Download a file of every release."""
        if self.store:
            self.store.of_every_release(file)

    def fresh(self, name: str) -> AbstractContextManager[Path]:
        """Return a context with the folder of a release as it is in the home now."""
        return self.store.fresh(name) if self.store else nullcontext(self.releases / name)

    def write_status(self, name: str, status: dict[str, Any], *, at_once: bool = False) -> None:
        """Store the status of `run` or of a source; a store gets it when the step ends (see `shared`), or at once."""
        path = self.root / "status" / f"{name}.json"
        write_atomically(path, json.dumps(status, indent=1).encode())
        if self.store and at_once:
            self.store.send({path.relative_to(self.root).as_posix(): path})

    def read_status(self, name: str) -> dict[str, Any]:
        """Return the last status; empty if there is none, or if the stored one is damaged."""
        found = read_json(self.root / "status" / f"{name}.json")
        return found if isinstance(found, dict) else {}
