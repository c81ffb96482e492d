"""Whether a release is still what was published: every file against its hash in SHA256SUMS."""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

from assets.contract.errors import DigitalMaturityError
from pipelines.storage.release_folder import PRUNED, SUMS, removed

SHOWN = 3
EXTRA = "extra: SHA256SUMS does not name it"
OF_THE_DESKTOP = re.compile(r"[.~].*|Thumbs\.db|desktop\.ini")
"""Names of files that the programs of a reader leave beside what they open: they say nothing about a release."""
LINE = re.compile(r"([0-9a-f]{64})  (.+)")


class VerifyError(DigitalMaturityError):
    """A release that cannot be verified: one sentence."""


def damage(folder: Path) -> list[str]:
    """Return the files of a release that are missing or not as published; SHA256SUMS alone where that is no list of hashes.

    A file more is no damage, though `differences` names it: what was published is there.
    """
    try:
        return [path for path, what in differences(folder)[0].items() if what != EXTRA]
    except VerifyError:
        return [SUMS]


def listed(paths: Sequence[str]) -> str:
    """Return the first few paths for a sentence, and how many more there are."""
    more = f" and {len(paths) - SHOWN} more" if len(paths) > SHOWN else ""
    return ", ".join(paths[:SHOWN]) + more


def differences(folder: Path) -> tuple[dict[str, str], int]:
    """Return what is wrong with each file of a release that is not as published, by path, and how many it should have.

    Raises VerifyError where SHA256SUMS is missing or is not a list of hashes.
    """
    stated = _stated(folder / SUMS)
    found = {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if (path.is_file() or path.is_symlink())
        and path != folder / SUMS
        and not OF_THE_DESKTOP.fullmatch(path.name)
    }
    wrong = dict.fromkeys(stated.keys() - found.keys() - removed(folder), "missing")
    wrong |= dict.fromkeys(found.keys() - stated.keys() - {PRUNED}, EXTRA)
    for path in stated.keys() & found.keys():
        digest = _sha256(found[path])
        if digest != stated[path]:
            wrong[path] = f"differs: SHA-256 expected {stated[path]}, found {digest}"
    return dict(sorted(wrong.items())), len(stated)


def _stated(path: Path) -> dict[str, str]:
    """Return the hashes that SHA256SUMS states, by path."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise VerifyError(
            f"Verifying {path.parent.name}: expected {SUMS}, found {error}; the release is damaged: run `digital-maturity refresh` if it is the latest, otherwise get a new copy."
        ) from error
    matches = [LINE.fullmatch(line) for line in lines]
    if not lines or None in matches:
        raise VerifyError(
            f"Verifying {path.parent.name}: expected a hash and a path in each line of {SUMS}, found other lines; the release is damaged: run `digital-maturity refresh` if it is the latest, otherwise get a new copy."
        )
    return {match[2]: match[1] for match in matches if match}


def _sha256(path: Path) -> str:
    """Return the hash of a file, or why it cannot be read."""
    try:
        with path.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as error:
        return error.strerror or str(error)
