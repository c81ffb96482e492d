"""The release before the one that is made: what a new release is compared with."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipelines import changes
from pipelines.arrow import read_parquet

RELEASES = 12
"""How many releases the trend of a check covers."""
NOT_MADE = "not made"


def check_of(row: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return which check a row of `check_result` is about."""
    return row["table_name"], row["checked"], row["check_name"]


def outcomes(row: Mapping[str, Any]) -> list[str]:
    """Return the outcomes of a check up to its release, which may be older than the column `trend`."""
    return str(row.get("trend") or row["outcome"]).split("; ")


@dataclass(frozen=True)
class Before:
    """The release before, as far as it can be trusted: `tables` is empty where there is none, or it was altered."""

    package: Mapping[str, Any]
    tables: Mapping[str, pa.Table]
    changelog_text: str

    @classmethod
    def of(cls, folder: Path) -> "Before":
        """Read the release in `folder`, which may be missing or damaged: neither keeps the next from being made."""
        try:
            lines = (line.split("  ", 1) for line in _text(folder / "SHA256SUMS").splitlines())
            stated = {path: digest for digest, path in lines}
            names = [path for path in stated if path.startswith("parquet/")]
            wanted = [*names, "datapackage.json", "CHANGELOG.md"]
            if any(_digest(folder / path) != stated.get(path) for path in wanted):
                return cls({}, {}, "")
            tables = {Path(path).stem: read_parquet(folder / path) for path in names}
            return cls(json.loads(_text(folder / "datapackage.json")), tables, _text(folder / "CHANGELOG.md"))
        except (OSError, ValueError):
            return cls({}, {}, "")

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
        """Tell whether other code than `code` made the release."""
        return bool(self.package.get("code_sha256") != code)

    def changes(self, tables: Mapping[str, pa.Table], code: str) -> list[dict[str, Any]]:
        """Return the rows of `release_change` of a release with these tables, made by `code`."""
        if not self.tables:
            return []
        return changes.changes(self.tables, tables, other_code=self.other_code(code))

    def changelog(self, version: str, tables: Mapping[str, pa.Table], code: str) -> str:
        """Return CHANGELOG.md of a release with these tables, `release_change` among them."""
        if not self.tables:
            return changes.changelog(version, "", changes.first_release(tables), "")
        told = changes.in_words(
            self.tables, tables, tables["release_change"].to_pylist(), other_code=self.other_code(code)
        )
        return changes.changelog(version, self.package["version"], told, self.changelog_text)


def _text(path: Path) -> str:
    return path.read_text("utf-8")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
