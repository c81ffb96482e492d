"""One release made offline, shared by every test that looks at a release, and ways to look at one."""

import hashlib
import importlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from functools import cache, lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

import duckdb
import pandas as pd
import pyarrow as pa
import pytest
from filelock import FileLock

from assets.catalogue import published, sources
from pipelines.fetching.client import Fetcher
from pipelines.integration.build_tables import Made
from pipelines.integration.compact import Compact
from pipelines.orchestration import refresh_steps
from pipelines.storage.home import Home
from pipelines.storage.parquet import read_parquet, to_pandas

DATABASE = "digital_maturity.duckdb"
KEPT = ("parsed", "verdicts")
"""Folders of a home with what was read and judged, which serve other homes too."""


def nobody() -> Fetcher:
    """Stand in for the fetcher of an offline run."""
    raise AssertionError("an offline refresh asks nobody")


def refresh_offline(home: Home) -> refresh_steps.Published:
    """Refresh as the main job does, without Dagster and without network."""
    refresh_steps.archive(sources(), sources(), home, nobody, offline=True)
    return refresh_steps.publish(published(), home)


def shared_folder(base: Path) -> Path:
    """Return the folder of a test session, which its workers share: the one above the base of each."""
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@cache
def offline_home(base: Path) -> Home:
    """Return the home with the one release of this test session, below `base`. Never change it: see `copy_of`.

    Workers share it: the first to ask makes it in the folder above theirs, the others wait.
    """
    home = Home(shared_folder(base) / "offline-release")
    with FileLock(f"{home.root}.lock"):
        if not _noted(home).exists():
            refresh_under_dagster(home)
    return home


def refresh_under_dagster(home: Home) -> None:
    """Run the main job without network, and note beside the home what Dagster recorded: see `recorded`."""
    import dagster as dg

    from pipelines.definitions import build_defs

    job = build_defs(home=home).resolve_job_def("refresh")
    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(
            instance=instance, run_config={"ops": {"archive": {"config": {"offline": True}}}}
        )
        made = [
            str(event.asset_key and event.asset_key.to_user_string())
            for event in result.get_asset_materialization_events()
        ]
        checked = [str(one.asset_check_key.to_user_string()) for one in result.get_asset_check_evaluations()]
    _noted(home).write_text(json.dumps({"materialized": made, "checked": checked}), "utf-8")


def recorded(base: Path) -> dict[str, list[str]]:
    """Return the assets that were materialised and the checks that were reported when the shared release was made."""
    found: dict[str, list[str]] = json.loads(_noted(offline_home(base)).read_text("utf-8"))
    return found


def _noted(home: Home) -> Path:
    return home.root.with_suffix(".json")


def judge_all(home: Home, base: Path) -> None:
    """Put into an empty home what is left of reading and judging every frozen file, but no release."""
    for kept in ("cache", "parsed", "staged", "verdicts"):
        shutil.copytree(offline_home(base).root / kept, home.root / kept)


def verdicts_so_far(base: Path) -> Path:
    """Return the folder of parsed rows and verdicts that all workers share: those of the release, if it has been made."""
    folder, release = shared_folder(base) / "verdicts", shared_folder(base) / "offline-release"
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            for name in KEPT if (release / "releases" / "latest").exists() else ():
                shutil.copytree(release / name, folder / name)
            folder.mkdir(exist_ok=True)
    return folder


def spare_copies(patch: pytest.MonkeyPatch, base: Path) -> None:
    """Let releases be made with the workbook, the SQLite copy and the explorer of the shared one.

    To write them is half the work of a release: for tests that are about how one comes to be published.
    """
    made = offline_home(base).latest.resolve()

    def copied(path: Path) -> None:
        shutil.copyfile(made / path.name, path)

    patch.setattr("pipelines.publishing.copies.write_workbook", lambda _, __, path, ___: copied(path))
    patch.setattr("pipelines.publishing.copies.write_sqlite", lambda _, __, path: copied(path))
    patch.setattr(
        "pipelines.publishing.release.meanwhile", lambda call, *given, **_: nullcontext(call(*given))
    )
    patch.setattr("pipelines.publishing.release.page", lambda *_: (made / "index.html").read_text("utf-8"))


def rows_made(made: Made) -> pd.DataFrame:
    """Return the rows of a table that was made, as a frame."""
    return to_pandas(pa.concat_tables(made.rows.slices())) if isinstance(made.rows, Compact) else made.rows


def copy_of(home: Home, folder: Path) -> Home:
    """Return a copy of a home that a test may change."""
    shutil.copytree(home.root, folder, symlinks=True)
    return Home(folder)


def tables_of(release: Path) -> dict[str, pa.Table]:
    """Return every published table of a release, from its Parquet."""
    return {name: read_parquet(release / "parquet" / f"{name}.parquet") for name in published().tables}


def ask(release: Path, sql: str) -> list[tuple[Any, ...]]:
    """Return the rows of a SELECT on the database of a release."""
    return opened(release).execute(sql).fetchall()


def opened(release: Path) -> duckdb.DuckDBPyConnection:
    """Return a cursor on the database of a release, which is read only."""
    path = release.resolve() / DATABASE
    return _attached(path, path.stat().st_mtime_ns).cursor().execute("use release")


@lru_cache(maxsize=1)
def _attached(path: Path, _written: int) -> duckdb.DuckDBPyConnection:
    """Open a database for all questions put to it: opening costs more than most of them."""
    connection = duckdb.connect()
    connection.execute(f"attach '{path}' as release (read_only)")
    return connection


def sums_of(release: Path) -> dict[str, str]:
    """Return what SHA256SUMS says, by path."""
    lines = (release / "SHA256SUMS").read_text("utf-8").splitlines()
    return {path: digest for digest, path in (line.split("  ", 1) for line in lines)}


def differences(release: Path) -> list[str]:
    """Return the files of a release that are not what SHA256SUMS says, missing and unnamed ones among them."""
    stated = sums_of(release)
    found = {
        path.relative_to(release).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in release.rglob("*")
        if path.is_file() and path.name != "SHA256SUMS"
    }
    return sorted(path for path in stated.keys() | found.keys() if stated.get(path) != found.get(path))


def everything_below(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Return every path below a folder with its inode, size and time of change: what writing would alter."""
    return {
        path.relative_to(folder).as_posix(): (stat.st_ino, stat.st_size, stat.st_mtime_ns)
        for path in [folder, *folder.rglob("*")]
        for stat in [path.lstat()]
    }


def optional(module: str, *, attributes: Iterable[str] = ()) -> ModuleType:
    """Return an optional module; where it is missing, skip the test, but fail it in continuous integration."""
    try:
        found = importlib.import_module(module)
    except ImportError as error:
        missing(f"{module} is not installed: {error}")
    lacking = [name for name in attributes if not hasattr(found, name)]
    if lacking:
        missing(f"{module} has no {', '.join(lacking)}")
    return found


def missing(why: str) -> NoReturn:
    """Skip the test; in continuous integration, where everything must be there, fail it."""
    if os.environ.get("CI"):
        pytest.fail(f"{why}; continuous integration must have it")
    pytest.skip(why)


def rows_of(table: pa.Table) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table as dictionaries."""
    yield from table.to_pylist()
