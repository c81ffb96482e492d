"""The folder of a release: what it and its files are called, and the pointer to the latest."""

import re
from pathlib import Path

from pipelines.storage.atomic_files import being_written, sync_folder

NAME = "digital_maturity"
"""What the files that hold a whole release are called, less their ending."""
DATABASE = f"{NAME}.duckdb"
SUMS = "SHA256SUMS"
NAMED = re.compile(r"[0-9]{8}T[0-9]{6}Z")
"""What releases are called: the moment they were made, in UTC."""


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
