"""What a site says of a release: read from its own descriptor, changelog and tables, of earlier releases from three files.

Nothing here knows the clock: the time of a release is its name.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from pipelines.storage.parquet import read_parquet

CHANGES = "parquet/release_change.parquet"
NEEDED = ("datapackage.json", "CHANGELOG.md", CHANGES)
"""The files of an earlier release that a site is made from; an early version of the project made only the first."""


@dataclass(frozen=True)
class PublishedRelease:
    """A release by its name, in a folder with at least the files of NEEDED."""

    name: str
    folder: Path

    @cached_property
    def package(self) -> Mapping[str, Any]:
        """The Data Package descriptor."""
        found: Mapping[str, Any] = json.loads((self.folder / "datapackage.json").read_text("utf-8"))
        return found

    @property
    def made(self) -> datetime:
        """The time at which it was made."""
        return datetime.strptime(self.name, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)

    @property
    def day(self) -> str:
        """The day on which it was made, as 2026-11-23."""
        return self.made.date().isoformat()

    @property
    def lines(self) -> list[str]:
        """What changed in it, a sentence each, from its changelog."""
        if not (self.folder / "CHANGELOG.md").exists():
            return ["This release does not record what changed."]
        newest = (self.folder / "CHANGELOG.md").read_text("utf-8").split("\n## ")[1]
        return [line.removeprefix("- ") for line in newest.splitlines() if line.startswith("- ")]

    @cached_property
    def changes(self) -> list[dict[str, Any]]:
        """The rows of its release_change, in the order of their key."""
        if not (self.folder / CHANGES).exists():
            return []
        return self.rows("release_change", "table_name", "row_key", "column_name", "change", "why")

    def rows(self, table: str, *order: str) -> list[dict[str, Any]]:
        """Return the rows of a table, in the order of columns, from its Parquet file: a pruned release has no databases."""
        found = read_parquet(self.folder / "parquet" / f"{table}.parquet")
        return list(found.sort_by([(name, "ascending") for name in order]).to_pylist())


def as_xml(root: ET.Element) -> bytes:
    """Return a document for programs, indented."""
    ET.indent(root, " ")
    return b"%s\n" % ET.tostring(root, "utf-8", xml_declaration=True)
