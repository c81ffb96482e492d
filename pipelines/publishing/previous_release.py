"""The release before the one that is being made: a new release is compared with it."""

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from assets.contract.errors import DamagedError
from pipelines.publishing import release_changes
from pipelines.storage.home import refuse_foreign
from pipelines.storage.parquet import read_parquet
from pipelines.storage.release_folder import SUMS
from pipelines.storage.release_hashes import VerifyError, sha256_of, stated

DESCRIPTIONS = ("datapackage.json", "CHANGELOG.md")
"""What is read of a release beside its tables."""
RELEASES = 12
"""How many releases the trend of a check covers."""
NOT_MADE = "not made"


class DamagedReleaseError(DamagedError):
    """The release that the next one would be compared with is not as it was published."""

    def __init__(self, folder: Path, changed: str) -> None:
        super().__init__(
            f"Comparing with release {folder.name}: expected it as it was published, found {changed} missing or "
            f"altered; no release is built on it: restore a good copy, or remove {folder}, and refresh again."
        )


def check_of(row: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return which check a row of `check_result` is about."""
    return row["table_name"], row["checked"], row["check_name"]


def outcomes(row: Mapping[str, Any]) -> list[str]:
    """Return the outcomes of a check up to its release, which may be older than the column `trend`."""
    return str(row.get("trend") or row["outcome"]).split("; ")


@dataclass(frozen=True)
class Before:
    """The release before: `tables` is empty if there is none."""

    package: Mapping[str, Any]
    tables: Mapping[str, pa.Table]
    changelog_text: str

    @classmethod
    def of(cls, latest: Path) -> "Before":
        """Read the release that `latest` points at; if it was removed, the one before that.

        Raises DamagedReleaseError if it is not as it was published: no release is built on it.
        """
        refuse_foreign(latest)
        folder = _release(latest)
        return cls._read(folder) if folder else cls({}, {}, "")

    @classmethod
    def of_other_inputs(cls, folders: Iterable[Path], inputs: str) -> "Before":
        """Read the first of some releases that is as it was published and made of other inputs."""
        for folder in folders:
            with suppress(DamagedReleaseError):
                found = cls._read(folder)
                if found.package.get("inputs_sha256") != inputs:
                    return found
        return cls({}, {}, "")

    @classmethod
    def _read(cls, folder: Path) -> "Before":
        _refuse_altered(folder, DESCRIPTIONS)
        package = json.loads(_text(folder / "datapackage.json"))
        held = {resource["name"]: resource["parquet"]["path"] for resource in package["resources"]}
        _refuse_altered(folder, held.values())
        tables = {name: read_parquet(folder / path) for name, path in held.items()}
        return cls(package, tables, _text(folder / "CHANGELOG.md"))

    def with_trend(self, checks: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return rows of `check_result` with the outcomes of each check from release to release, the newest last."""
        held = self.tables["check_result"].to_pylist() if self.tables else []
        past = {check_of(row): outcomes(row) for row in held}
        unknown = [NOT_MADE] * max(map(len, past.values()), default=0)
        return [
            {**row, "trend": "; ".join([*past.get(check_of(row), unknown), row["outcome"]][-RELEASES:])}
            for row in checks
        ]

    def other_code(self, code: str) -> bool:
        """Return whether different code from `code` made the release."""
        return bool(self.package.get("code_sha256") != code)

    def changes(self, tables: Mapping[str, pa.Table], code: str) -> list[dict[str, Any]]:
        """Return the rows of `release_change` of a release with these tables, made by `code`."""
        if not self.tables:
            return []
        return release_changes.changes(self.tables, tables, other_code=self.other_code(code))

    def changelog(self, version: str, tables: Mapping[str, pa.Table], code: str) -> str:
        """Return CHANGELOG.md of a release with these tables, `release_change` among them."""
        if not self.tables:
            return release_changes.changelog(version, "", release_changes.first_release(tables), "")
        lines = release_changes.in_words(
            self.tables, tables, tables["release_change"].to_pylist(), other_code=self.other_code(code)
        )
        return release_changes.changelog(version, self.package["version"], lines, self.changelog_text)


def _release(latest: Path) -> Path | None:
    """Return the folder to compare with, if there is one."""
    if latest.exists() or not latest.is_symlink():
        return latest.resolve() if latest.exists() else None
    older = (path for path in latest.parent.glob("[0-9]*Z") if path.name < latest.readlink().name)
    return max(older, default=None)


def _refuse_altered(folder: Path, paths: Iterable[str]) -> None:
    """Raise DamagedReleaseError if a file does not match its hash."""
    try:
        hashes = stated(folder)
    except VerifyError:
        raise DamagedReleaseError(folder, SUMS) from None
    changed = [path for path in paths if sha256_of(folder / path) != hashes.get(path)]
    if changed:
        raise DamagedReleaseError(folder, ", ".join(changed))


def _text(path: Path) -> str:
    return path.read_text("utf-8")
