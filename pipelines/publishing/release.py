"""Releases: write, audit, publish.

A release is built in a folder nobody reads, audited, and only then given its name; `latest` is a symbolic link that is
replaced in one step. A reader sees a whole release or the one before it. Nothing in a published table says when, where
or by whom it was made: the same inputs give the same bytes.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from assets.catalogue import Catalogue
from assets.tables.about_data import ABOUT
from pipelines.integration import audit, metadata_tables, warehouse
from pipelines.integration.frames import frame
from pipelines.integration.layers import Workshop
from pipelines.integration.working_set import WorkingSet
from pipelines.judging.validator import meanwhile
from pipelines.publishing import copies
from pipelines.publishing.copies import write_copies, write_spreadsheet
from pipelines.publishing.data_dictionary import dictionary
from pipelines.publishing.descriptors import TITLE, attribution, csvw, data_package, dataset
from pipelines.publishing.explorer import drawing
from pipelines.publishing.explorer.page import page
from pipelines.publishing.previous_release import Before
from pipelines.publishing.report import exemplars_report
from pipelines.publishing.sqlite import datasette_metadata
from pipelines.staging.staged_tables import Staged, inputs_digest
from pipelines.storage import code_version
from pipelines.storage.atomic_files import make_folder, sync_folder
from pipelines.storage.home import BUILDING, Home, refuse_foreign
from pipelines.storage.parquet import read_parquet
from pipelines.storage.release_folder import DATABASE, NAME, NAMED, SUMS, has_content, point
from pipelines.storage.release_hashes import damage


def published_inputs(home: Home) -> str:
    """Return the digest of the inputs of the latest release; empty where there is none that can be read. Raises PointerError.

    It is read first from the status of the last run, which is there even if the release is damaged.
    """
    refuse_foreign(home.latest)
    run = home.read_status("run")
    if run.get("release") == home.latest.resolve().name and "inputs_sha256" in run:
        return str(run["inputs_sha256"])
    path = home.latest / "datapackage.json"
    try:
        return str(json.loads(path.read_text("utf-8")).get("inputs_sha256", ""))
    except (OSError, ValueError):
        return ""


def is_published(staged: Mapping[str, Staged], home: Home) -> bool:
    """Return whether the latest release is made of these inputs and undamaged. Raises PointerError."""
    return published_inputs(home) == inputs_digest(staged) and not damage(home.latest)


def before(staged: Mapping[str, Staged], home: Home) -> Before:
    """Return what a release of these inputs is compared with: the latest one.

    If that has the same inputs, it is damaged and being replaced: the newest undamaged release of other inputs takes its
    place. Raises PointerError and DamagedReleaseError.
    """
    inputs, latest = inputs_digest(staged), home.latest.resolve().name
    if published_inputs(home) != inputs:
        return Before.of(home.latest)
    older = (home.whole_release(name) for name in reversed(home.release_names()) if name < latest)
    return Before.of_other_inputs(older, inputs)


def describe(catalogue: Catalogue, staged: Mapping[str, Staged], home: Home) -> audit.Checks:
    """Make the tables about the data and audit every table, in the working set; return the checks made just now.

    Where the latest release is made of these inputs, its tables about the data are those. Raises AuditError.
    """
    workshop = Workshop(catalogue, staged, WorkingSet(home.tables))
    if is_published(staged, home):
        _take_back(home.latest / "parquet", workshop.tables_in(ABOUT), workshop.working)
        return {}
    about = _about(catalogue, staged, lambda: before(staged, home))
    return audit.audited(workshop, about, key=_key(catalogue, staged, home))


def _take_back(released: Path, names: Iterable[str], working: WorkingSet) -> None:
    """Have the working set hold the tables about the data of a release."""
    for name in names:
        path = released / f"{name}.parquet"
        if path.exists() and not working.is_copy(name, path):
            working.put_rows(name, "released", read_parquet(path))


def _key(catalogue: Catalogue, staged: Mapping[str, Staged], home: Home) -> str:
    """Name what the tables about the data are made of: inputs, their state, other tables, and the release before."""
    states = [f"{name} {one.status} {one.why}" for name, one in sorted(staged.items())]
    parts = [inputs_digest(staged), home.latest.resolve().name, *states, *sorted(catalogue.tables)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def publish(
    catalogue: Catalogue,
    staged: Mapping[str, Staged],
    home: Home,
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> tuple[Path, audit.Checks, dict[str, pa.Table]]:
    """Make and audit every table that is not in the working set, and publish a release.

    Return its path, the checks made just now and its tables. Raises AuditError, leaving the latest release as it was.
    """
    refuse_foreign(home.latest)
    make_folder(home.releases)
    folder = home.releases / f"{BUILDING}{os.getpid()}"
    folder.mkdir()
    drawing.begin(home)
    try:
        last = before(staged, home)
        workshop = Workshop(catalogue, staged, WorkingSet(home.tables))
        about = _about(catalogue, staged, lambda: last)
        checks = audit.audited(workshop, about, key=_key(catalogue, staged, home))
        tables = _copied(workshop, folder / "parquet")
        with (
            meanwhile(write_spreadsheet, catalogue.tables, folder, TITLE, patience=copies.PATIENCE),
            meanwhile(write_copies, catalogue.tables, folder, patience=copies.PATIENCE),
        ):
            warehouse.write(tables, folder / DATABASE)
            _write_json(datasette_metadata(tables, TITLE, NAME), folder / "metadata.json")
            checks_before = last.tables.get("check_result")
            explorer = page(tables, drawing.drawing_of(home), inputs_digest(staged)[:12], checks_before)
            (folder / "index.html").write_text(explorer, "utf-8", newline="\n")
            (folder / "report").mkdir()
            report = exemplars_report.page(tables, inputs_digest(staged)[:12])
            (folder / "report" / "exemplars.html").write_text(report, "utf-8", newline="\n")
        _describe(catalogue, staged, folder, last, tables)
        name = _free_name(home.releases, now())
        sync(folder)
        home.publish(folder, name)
        folder.rename(home.releases / name)
        sync_folder(home.releases)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    try:
        point(home.latest, name)
    except BaseException:
        if home.latest.resolve() != (home.releases / name).resolve():
            shutil.rmtree(home.releases / name, ignore_errors=True)
        raise
    return home.releases / name, checks, tables


def _about(catalogue: Catalogue, staged: Mapping[str, Staged], compared: Callable[[], Before]) -> audit.About:
    """Return what makes the tables about a release: its checks, its columns, and what changed since the one before."""

    def tables_about(
        tables: Mapping[str, pa.Table], checks: audit.Checks, opened: audit.Checks
    ) -> dict[str, pd.DataFrame]:
        last = compared()
        rows = last.with_trend(metadata_tables.check_results(staged, checks, opened))
        return {
            "check_result": frame("check_result", rows),
            "data_dictionary": frame("data_dictionary", list(dictionary(tables, catalogue.sources))),
            "release_change": frame("release_change", last.changes(tables, code_version.of_release())),
        }

    return tables_about


def _copied(workshop: Workshop, folder: Path) -> dict[str, pa.Table]:
    """Copy the published tables of the working set into a folder; return them by name."""
    folder.mkdir()
    tables = {name: workshop.working.rows(name) for name in workshop.catalogue.tables}
    for name in tables:
        shutil.copyfile(workshop.working.path(name), folder / f"{name}.parquet")
    return tables


def _describe(
    catalogue: Catalogue,
    staged: Mapping[str, Staged],
    folder: Path,
    last: Before,
    tables: Mapping[str, pa.Table],
) -> None:
    """Write the files that describe a release, SHA256SUMS last."""
    shutil.copyfile(folder / "csv" / "data_dictionary.csv", folder / "data_dictionary.csv")
    digests = {"inputs_sha256": inputs_digest(staged), "code_sha256": code_version.of_release()}
    package = data_package(staged, catalogue.tables.values(), tables, folder, digests)
    _write_json(package, folder / "datapackage.json")
    _write_json(dataset(package), folder / "dataset.jsonld")
    for resource in package["resources"]:
        _write_json(csvw(resource), folder / f"{resource['path']}-metadata.json")
    (folder / "ATTRIBUTION.md").write_text(attribution(staged.values()), "utf-8")
    changes = last.changelog(package["version"], tables, code_version.of_release())
    (folder / "CHANGELOG.md").write_text(changes, "utf-8")
    sums = "".join(f"{digest}  {path}\n" for path, digest in hashes(folder))
    (folder / SUMS).write_text(sums, "utf-8")


def _write_json(content: Mapping[str, Any], path: Path) -> None:
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")


def hashes(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the path and the SHA-256 of every file of a release, in order of path."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.name != SUMS):
        yield path.relative_to(folder).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest()


def sync(folder: Path) -> None:
    """Have this machine write all of a folder to its disk: what `latest` will name must outlast a power cut."""
    for path in [*folder.rglob("*")]:
        if path.is_file():
            with path.open("rb") as content:
                os.fsync(content.fileno())
    for path in [*(path for path in folder.rglob("*") if path.is_dir()), folder]:
        sync_folder(path)


def _free_name(releases: Path, moment: datetime) -> str:
    """Return a name for a release of `moment` that sorts after every other, also where the clock went back."""
    named = (path for path in releases.iterdir() if NAMED.fullmatch(path.name))
    held = max((path.name for path in named if has_content(path)), default="")
    if f"{moment:%Y%m%dT%H%M%SZ}" <= held:
        moment = datetime.fromisoformat(held) + timedelta(seconds=1)
    return f"{moment:%Y%m%dT%H%M%SZ}"
