"""What is removed from a home so that it stays small: releases that newer ones replaced, and databases within them.

A release in a folder loses its name in one step, and what a killed run left of it goes at the next refresh. One in an object
store loses its SHA256SUMS first, without which it does not count as whole. A release without its databases
says so in its file `PRUNED`, which `digital-maturity verify` reads; its Parquet and CSV files hold the same rows. The latest
release is never touched.
"""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass

from assets.contract.errors import UsageError
from pipelines.storage.atomic_files import sync_folder, write_atomically
from pipelines.storage.home import BUILDING, Home
from pipelines.storage.release_folder import DATABASE, NAME, PRUNED, SUMS

KEEP = "DIGITAL_MATURITY_KEEP"
"""The environment variable with the number of releases that are kept after each run."""
DATABASES = (DATABASE, f"{NAME}.sqlite")


@dataclass(frozen=True)
class Removal:
    """A release, or with `files` only these of its files, and how many bytes that frees."""

    release: str
    size: int
    files: tuple[str, ...] = ()


def keep_of_environment() -> int | None:
    """Return how many releases the environment says to keep; None where it says nothing. Raises UsageError."""
    written = os.environ.get(KEEP, "")
    if not written:
        return None
    if not (written.isascii() and written.isdigit() and int(written)):
        raise UsageError(
            f"Reading {KEEP}: expected the number of releases to keep, at least 1, found {written!r}; correct it or unset it."
        )
    return int(written)


def removals(home: Home, keep: int | None, keep_databases: int | None = None) -> list[Removal]:
    """Return what goes if the newest `keep` releases stay, and the databases of the newest `keep_databases` of these.

    None keeps all. Raises PointerError where `latest` leads out of the home.
    """
    names, latest = home.release_names(), home.latest_name()
    old = _older(names, keep, latest)
    staying = [name for name in names if name not in old]
    gone = [Removal(name, sum(home.release_sizes(name).values())) for name in old]
    for name in _older(staying, keep_databases, latest):
        sizes = home.release_sizes(name)
        if files := tuple(file for file in DATABASES if file in sizes):
            gone.append(Removal(name, sum(sizes[file] for file in files), files))
    return gone


def _older(names: Sequence[str], newest: int | None, latest: str) -> list[str]:
    """Return the names before the newest ones; never the latest release, or one that is newer and not published yet."""
    return [] if newest is None else [name for name in names[: max(len(names) - newest, 0)] if name < latest]


def remove(home: Home, removal: Removal) -> None:
    """Remove a release, or files of it, from the home. Call it only while holding the lock."""
    path = f"releases/{removal.release}"
    files = [f"{path}/{file}" for file in removal.files]
    if files:
        note = home.root / path / PRUNED
        write_atomically(note, "".join(f"{file}\n" for file in DATABASES).encode())
        if home.store:
            home.store.send({f"{path}/{PRUNED}": note})
    if home.store:
        if not files:
            home.store.discard([f"{path}/{SUMS}"])
        home.store.discard(files or [path])
    for file in files:
        (home.root / file).unlink(missing_ok=True)
    if not files and (home.root / path).exists():
        nameless = home.releases / f"{BUILDING}{removal.release}"
        (home.root / path).rename(nameless)
        sync_folder(home.releases)
        shutil.rmtree(nameless)
