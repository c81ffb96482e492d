"""Where this machine keeps things: one folder, `./data` unless `DIGITAL_MATURITY_HOME` or `--home` names another.

Only `archive` and `releases` matter; `parsed`, `verdicts` and `staged` can be rebuilt from the archive and the frozen
editions, `status` says how the last run went, `dagster` is the DAGSTER_HOME of the command line, the schedule and the
user interface alike.
"""

import json
import os
import shutil
from dataclasses import dataclass
from importlib.resources import files
from itertools import chain
from pathlib import Path
from typing import Any

from pipelines.archive import WRITING, Archive, write_atomically, written_by_the_living

VARIABLE = "DIGITAL_MATURITY_HOME"
BUILDING = ".building-"
"""How the name of a release begins while it is built."""


@dataclass(frozen=True)
class Home:
    """The folders below `root`."""

    root: Path

    @classmethod
    def default(cls) -> "Home":
        """Return the home that the environment names, or `./data`."""
        return cls(Path(os.environ.get(VARIABLE, "data")).absolute())

    @property
    def archive(self) -> Archive:
        """Every file ever fetched or ingested."""
        return Archive(self.root / "archive")

    @property
    def parsed(self) -> Path:
        """Parsed rows by file and parser version."""
        return self.root / "parsed"

    @property
    def verdicts(self) -> Path:
        """What the checks said, by file and suite version."""
        return self.root / "verdicts"

    @property
    def staged(self) -> Path:
        """The staged table of each source, as Parquet, and the manifest of the files in it."""
        return self.root / "staged"

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
        """The lock that lets one run work at a time."""
        return self.root / "lock"

    def lock_of(self, partition: str) -> Path:
        """Return the lock of a partition, or, without one, of all of this home."""
        return self.root / "locks" / partition if partition else self.lock

    def clear_away(self) -> None:
        """Remove what killed runs left half written. Only for who holds the lock."""
        kept = ("archive", "parsed", "verdicts", "staged", "status", "cache")
        written = chain(
            self.releases.glob(f"{WRITING}*"), *((self.root / name).rglob(f"{WRITING}*") for name in kept)
        )
        for left in written:
            if not written_by_the_living(left):
                left.unlink(missing_ok=True)
        for left in self.releases.glob(f"{BUILDING}*"):
            shutil.rmtree(left)

    def prepare_dagster(self) -> Path:
        """Make DAGSTER_HOME with its settings (no telemetry), name it in the environment and return it."""
        folder = self.root / "dagster"
        settings = (files("pipelines") / "dagster.yaml").read_bytes()
        target = folder / "dagster.yaml"
        if not target.exists():
            write_atomically(target, settings)
        os.environ["DAGSTER_HOME"] = str(folder)
        os.environ[VARIABLE] = str(self.root)
        return folder

    def write_status(self, name: str, status: dict[str, Any]) -> None:
        """Keep how something went (`run`, or a source)."""
        write_atomically(self.root / "status" / f"{name}.json", json.dumps(status, indent=1).encode())

    def read_status(self, name: str) -> dict[str, Any]:
        """Return how something went last time; empty where it never ran."""
        path = self.root / "status" / f"{name}.json"
        try:
            found: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
        except ValueError as error:
            raise ValueError(
                f"Reading {path}: expected JSON, found {error}; delete the file, a refresh writes it anew."
            ) from error
        return found
