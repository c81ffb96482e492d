"""The folder of a release: its name, the names of its files, the pointer to the latest, and a value as its files show it."""

import re
from pathlib import Path
from typing import Any

from pipelines.storage.atomic_files import being_written, sync_folder

NAME = "digital_maturity"
"""The name, without suffix, of the files that hold a whole release."""
DATABASE = f"{NAME}.duckdb"
SUMS = "SHA256SUMS"
PRUNED = "PRUNED"
"""The file of a release that names the files which were removed to save space."""
COMPRESSED = ".gz"
"""The suffix that a CSV file gets when `digital-maturity prune` compresses it."""
NAMED = re.compile(r"[0-9]{8}T[0-9]{6}Z")
"""The name of a release: the time it was made, in UTC."""


def point(link: Path, name: str) -> None:
    """Make `link` point at the release `name` in one step."""
    temporary = link.with_name(f"{being_written()}{link.name}")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(name)
    try:
        temporary.replace(link)
        sync_folder(link.parent)
    finally:
        temporary.unlink(missing_ok=True)


def has_content(folder: Path) -> bool:
    """Return whether a path is a folder that is not empty: an empty one under the name of a release is none."""
    return folder.is_dir() and any(folder.iterdir())


def removed(folder: Path) -> set[str]:
    """Return the paths of the files that `digital-maturity prune` removed from a release."""
    path = folder / PRUNED
    return set(path.read_text("utf-8").splitlines()) if path.exists() else set()


def shown(value: Any) -> str:
    """Return a value as the CSV files show it; a missing one as `none`."""
    if value is None:
        return "none"
    return str(value).lower() if isinstance(value, bool) else str(value)
