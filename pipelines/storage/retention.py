"""What is removed from a home so that it stays small: releases that newer ones replaced, databases within them, plain CSV.

A release in a folder loses its name in one step, and what a killed run left of it goes at the next refresh. One in an object
store loses its SHA256SUMS first, without which it does not count as whole. A release without its databases
says so in its file `PRUNED`, which `digital-maturity verify` reads; its Parquet and CSV files hold the same rows. A large
CSV file of an older release may become a `.csv.gz` with the same content. The latest release is never touched.
"""

import gzip
import os
from collections.abc import Sequence
from dataclasses import dataclass

from assets.contract.errors import UsageError
from pipelines.storage.atomic_files import remove_folder, sync_folder, write_atomically
from pipelines.storage.home import BUILDING, Home
from pipelines.storage.release_folder import COMPRESSED, DATABASE, NAME, PRUNED, SUMS
from pipelines.storage.release_hashes import damage

KEEP = "DIGITAL_MATURITY_KEEP"
"""The environment variable with the number of releases that are kept after each run."""
KEEP_DATABASES = f"{KEEP}_DATABASES"
KEEP_CSV = f"{KEEP}_CSV"
"""Environment variables with the number of releases that keep their databases, and their CSV files as they are."""
DATABASES = (DATABASE, f"{NAME}.sqlite")
LARGE = 100_000
"""Bytes of a CSV file that is worth compressing."""
READ_AGAIN = "csv/source_file.csv"
"""The file that `digital-maturity explain` reads of every release, so it stays as it is."""


@dataclass(frozen=True)
class Removal:
    """A release, or with `files` only these of its files, and how many bytes they take; with `compress` their content stays."""

    release: str
    size: int
    files: tuple[str, ...] = ()
    compress: bool = False


def keep_of_environment() -> tuple[int | None, ...]:
    """Return how many releases, databases and plain CSV the environment says to keep; None for all. Raises UsageError."""
    return tuple(map(_number, (KEEP, KEEP_DATABASES, KEEP_CSV)))


def _number(variable: str) -> int | None:
    written = os.environ.get(variable, "")
    if not written:
        return None
    if not (written.isascii() and written.isdigit() and int(written)):
        raise UsageError(
            f"Reading {variable}: expected the number of releases to keep, at least 1, found {written!r}; correct it or unset it."
        )
    return int(written)


def removals(
    home: Home, keep: int | None, keep_databases: int | None = None, keep_csv: int | None = None
) -> list[Removal]:
    """Return what goes if the newest `keep` releases stay, and of these the newest with databases and with plain CSV.

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
    for name in _older(staying, keep_csv, latest):
        sizes = home.release_sizes(name)
        large = (file for file in sizes if file.startswith("csv/") and sizes[file] >= LARGE)
        if files := tuple(sorted(file for file in large if file.endswith(".csv") and file != READ_AGAIN)):
            gone.append(Removal(name, sum(sizes[file] for file in files), files, compress=True))
    return gone


def _older(names: Sequence[str], newest: int | None, latest: str) -> list[str]:
    """Return the names before the newest ones; never the latest release, or one that is newer and not published yet."""
    return [] if newest is None else [name for name in names[: max(len(names) - newest, 0)] if name < latest]


def remove(home: Home, removal: Removal) -> None:
    """Remove a release, or files of it, from the home. Call it only while holding the lock."""
    path = f"releases/{removal.release}"
    files = [f"{path}/{file}" for file in removal.files]
    if removal.compress:
        _compress(home, removal)
        return
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
        remove_folder(nameless)


def _compress(home: Home, removal: Removal) -> None:
    """Put a compressed file in the place of each; the original goes when the other is there, and a damaged one stays."""
    path = f"releases/{removal.release}"
    with home.fresh(removal.release) as folder:
        damaged = damage(folder)
        for file in removal.files:
            if file in damaged:
                continue
            compressed = folder / f"{file}{COMPRESSED}"
            write_atomically(compressed, gzip.compress((folder / file).read_bytes(), mtime=0))
            if home.store:
                home.store.send({f"{path}/{file}{COMPRESSED}": compressed})
                home.store.discard([f"{path}/{file}"])
            (home.root / path / file).unlink(missing_ok=True)
