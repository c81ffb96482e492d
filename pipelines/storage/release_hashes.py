"""Whether a release is still what was published: every file against its hash in SHA256SUMS."""

import gzip
import hashlib
import re
import zlib
from collections.abc import Sequence
from pathlib import Path

from assets.contract.errors import DigitalMaturityError
from pipelines.storage.release_folder import COMPRESSED, PRUNED, SUMS, removed

SHOWN = 3
EXTRA = "extra: SHA256SUMS does not name it"
OF_THE_DESKTOP = re.compile(r"[.~].*|Thumbs\.db|desktop\.ini")
"""Names of files that the programs of a reader leave beside what they open: they say nothing about a release."""
LINE = re.compile(r"([0-9a-f]{64})  (.+)")


class VerifyError(DigitalMaturityError):
    """A release that cannot be verified: one sentence."""


def damage(folder: Path) -> list[str]:
    """Return the files of a release that are missing or not as published; SHA256SUMS alone where that is no list of hashes.

    An extra file is not damage, although `differences` names it.
    """
    try:
        return [path for path, what in differences(folder)[0].items() if what != EXTRA]
    except VerifyError:
        return [SUMS]


def listed(things: Sequence[str], between: str = ", ") -> str:
    """Return the first few things for a sentence, and how many more there are."""
    more = f" and {len(things) - SHOWN} more" if len(things) > SHOWN else ""
    return between.join(things[:SHOWN]) + more


def differences(folder: Path) -> tuple[dict[str, str], int]:
    """Return what is wrong with each file of a release that is not as published, by path, and how many it should have.

    Raises VerifyError where SHA256SUMS is missing or is not a list of hashes.
    """
    expected = stated(folder)
    found = {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if (path.is_file() or path.is_symlink())
        and path != folder / SUMS
        and not OF_THE_DESKTOP.fullmatch(path.name)
    }
    csv = (path for path in expected if path.endswith(".csv") and f"{path}{COMPRESSED}" in found)
    compressed = {path: found.pop(f"{path}{COMPRESSED}") for path in csv}
    found = compressed | found
    wrong = dict.fromkeys(expected.keys() - found.keys() - removed(folder), "missing")
    wrong |= dict.fromkeys(found.keys() - expected.keys() - {PRUNED}, EXTRA)
    for path in expected.keys() & found.keys():
        digest = sha256_of(found[path], compressed=found[path] == compressed.get(path))
        if digest != expected[path]:
            wrong[path] = f"differs: SHA-256 expected {expected[path]}, found {digest}"
    return dict(sorted(wrong.items())), len(expected)


def stated(folder: Path) -> dict[str, str]:
    """Return the hashes that SHA256SUMS of a release states, by path; raise VerifyError where it is no list of hashes."""
    path = folder / SUMS
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, ValueError) as error:
        words = error.strerror if isinstance(error, OSError) else "bytes that are no text"
        found = "none" if isinstance(error, FileNotFoundError) else words
        raise VerifyError(
            f"Verifying {path.parent.name}: expected a file {SUMS} in the release, found {found}; the release is damaged: run `digital-maturity refresh` if it is the latest, otherwise get a new copy."
        ) from error
    matches = [LINE.fullmatch(line) for line in lines]
    if not lines or None in matches:
        raise VerifyError(
            f"Verifying {path.parent.name}: expected a hash and a path in each line of {SUMS}, found other lines; the release is damaged: run `digital-maturity refresh` if it is the latest, otherwise get a new copy."
        )
    return {match[2]: match[1] for match in matches if match}


def sha256_of(path: Path, *, compressed: bool = False) -> str:
    """Return the hash of a file, or of what was compressed in it, or why it cannot be read."""
    try:
        with gzip.open(path) if compressed else path.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except (OSError, EOFError, zlib.error) as error:
        return getattr(error, "strerror", None) or str(error)
