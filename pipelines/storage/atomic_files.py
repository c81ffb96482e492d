"""Files that a reader sees complete or not at all, and that survive a power cut."""

import json
import os
import shutil
from pathlib import Path
from secrets import token_hex
from typing import Any

WRITING = ".writing-"
"""Prefix of the name of an incomplete file: a leftover file with this prefix belongs to a process that died."""


def being_written(process: int | None = None) -> str:
    """Return the prefix of the names of files that a process (default: this one) is writing."""
    return f"{WRITING}{process or os.getpid()}-"


def written_by_the_living(path: Path) -> bool:
    """Return whether the process that writes a file is alive: runs of one partition work alongside a refresh."""
    process = path.name.removeprefix(WRITING).partition("-")[0]
    try:
        os.kill(int(process), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True


def read_json(path: Path) -> Any:
    """Return the content of a JSON file in a cache; None if it is absent, empty, cut short or unreadable."""
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None


def write_atomically(path: Path, content: bytes) -> None:
    """Write `content` to `path` so that a reader sees all of it or nothing; who may read it is as for any new file."""
    make_folder(path.parent)
    temporary = path.with_name(f"{being_written()}{token_hex(8)}")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        sync_folder(path.parent)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def make_folder(folder: Path) -> None:
    """Make a folder and those above it that are missing, each with its name on the disk."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)


def remove_folder(folder: Path) -> None:
    """Remove a folder with all in it, or a link to one: what a link leads to stays."""
    if folder.is_symlink():
        folder.unlink()
    else:
        shutil.rmtree(folder)


def sync_folder(folder: Path) -> None:
    """Flush the names in a folder to disk."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
