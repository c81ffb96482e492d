"""Releases: write, audit, publish.

A release is built in a folder nobody reads, audited, and only then given its name; `latest` is a symbolic link that is
replaced in one step. A reader sees a whole release or the one before it. Nothing in a published table says when, where
or by whom it was made: the same inputs give the same bytes.
"""

import csv
import hashlib
import json
import os
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import sqlalchemy as sa

from assets.contract.columns import METADATA, key_of
from assets.contract.errors import BusyError, RefusedError
from assets.contract.source import Expectation
from assets.reading.structure import problems
from pipelines.integration import build_tables, metadata_tables, warehouse
from pipelines.integration.published_tables import frame, marts, published_tables
from pipelines.judging.expectation_results import CheckResult
from pipelines.judging.validator import meanwhile, submit
from pipelines.publishing.data_dictionary import dictionary
from pipelines.publishing.descriptors import NAME, TITLE, attribution, csvw, data_package, dataset
from pipelines.publishing.explorer.drawing import Draughtsman
from pipelines.publishing.explorer.page import page
from pipelines.publishing.previous_release import Before, DamagedReleaseError
from pipelines.publishing.release_workbook import write_from_parquet
from pipelines.publishing.spreadsheet_safety import spreadsheet_checks
from pipelines.publishing.sqlite import datasette_metadata, write_sqlite
from pipelines.staging.staged_tables import Staged
from pipelines.storage.archive import DamagedArchiveError, being_written, sync_folder
from pipelines.storage.home import BUILDING, Home, PointerError, refuse_foreign
from pipelines.storage.parquet import read_parquet, to_arrow, to_pandas, write_parquet

NAMED = re.compile(r"[0-9]{8}T[0-9]{6}Z")
"""What releases are called: the moment they were made, in UTC."""
MADE_WITH = ("altair", "great_expectations", "jinja2", "vl-convert-python")
"""Libraries whose version shows in what is published."""


class AuditError(RefusedError):
    """A release that was built and may not be published: every problem `found`, by table."""

    def __init__(self, found: Mapping[str, Sequence[str]]) -> None:
        self.found = {table: list(problems) for table, problems in found.items() if problems}
        message = "; ".join(problem for each in self.found.values() for problem in each)
        super().__init__(
            f"Auditing the release: {message}; the last release stays, correct the source or the mapping and refresh."
        )


def release_expectations() -> dict[str, tuple[Expectation, ...]]:
    """Return what must hold of each published table before a release, by table."""
    found = {name: table.info["expectations"] for name, table in published_tables().items()}
    return {name: rules for name, rules in found.items() if rules}


def inputs_digest(staged: Mapping[str, Staged]) -> str:
    """Name everything a release is made of but its state: the files in use and the code that reads and joins them."""
    parts = [f"{name} {one.manifest.digest}" for name, one in sorted(staged.items())]
    return hashlib.sha256("\n".join([*parts, _code_digest()]).encode()).hexdigest()


@cache
def _code_digest() -> str:
    """Name the code, the SQL and the curated tables a release depends on."""
    digest = hashlib.sha256(" ".join(map(version, MADE_WITH)).encode())
    for package in ("assets", "pipelines", "sql"):
        root = Path(str(files(package)))
        for path in sorted(
            path
            for kind in ("*.py", "*.sql", "*.csv", "*.html", "*.css", "*.js")
            for path in root.rglob(kind)
        ):
            if "frozen" not in path.relative_to(root).parts:  # those are named by the files in use
                digest.update(f"{package}/{path.relative_to(root).as_posix()}\n".encode() + path.read_bytes())
    return digest.hexdigest()


def published_inputs(home: Home) -> str:
    """Return the digest of the inputs of the latest release; empty where there is none that can be read. Raises PointerError."""
    refuse_foreign(home.latest)
    path = home.latest / "datapackage.json"
    try:
        return str(json.loads(path.read_text("utf-8")).get("inputs_sha256", ""))
    except (OSError, ValueError):
        return ""


def latest_checks(home: Home) -> dict[str, list[CheckResult]]:
    """Return the checks that the latest release passed, by table."""
    rows = read_parquet(home.latest / "parquet" / "check_result.parquet").to_pylist()
    found: dict[str, list[CheckResult]] = {}
    for row in rows:
        if row["checked"] == "release":
            result = CheckResult(
                check=row["check_name"],
                expectation_type=row["expectation_type"],
                severity=row["severity"],
                success=row["outcome"] == "passed",
                outcome=row["outcome"],
                observed=row["observed"],
                failing=tuple(filter(None, row["failing_keys"].split("; "))),
                why=row["why"],
            )
            found.setdefault(row["table_name"], []).append(result)
    return found


def publish(
    staged: Mapping[str, Staged], home: Home, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> tuple[Path, dict[str, list[CheckResult]], dict[str, pa.Table]]:
    """Build, audit and publish a release; return its path, the checks made and its tables.

    Raises AuditError, leaving the latest release as it was.
    """
    refuse_foreign(home.latest)
    home.releases.mkdir(parents=True, exist_ok=True)
    folder = home.releases / f"{BUILDING}{os.getpid()}"
    folder.mkdir()
    draughtsman = Draughtsman(home)
    try:
        before = Before.of(home.latest)
        tables, checks = build(staged, folder, before)
        # The workbook takes as long as all that is written here.
        with meanwhile(write_from_parquet, folder / "parquet", folder / f"{NAME}.xlsx", TITLE):
            write_sqlite(tables, folder / f"{NAME}.sqlite")
            _write_json(datasette_metadata(tables, TITLE, NAME), folder / "metadata.json")
            checks_before = before.tables.get("check_result")
            explorer = page(tables, draughtsman.drawing(), inputs_digest(staged)[:12], checks_before)
            (folder / "index.html").write_text(explorer, "utf-8", newline="\n")
        _describe(staged, folder, before, tables)
        name = _free_name(home.releases, now())
        sync(folder)
        home.publish(folder, name)
        folder.rename(home.releases / name)
        sync_folder(home.releases)
    except BaseException:
        draughtsman.close()
        shutil.rmtree(folder, ignore_errors=True)
        raise
    try:
        _point(home.latest, name)
    except BaseException:
        if home.latest.resolve() != (home.releases / name).resolve():
            shutil.rmtree(home.releases / name, ignore_errors=True)
        raise
    return home.releases / name, checks, tables


def build(
    staged: Mapping[str, Staged], folder: Path, before: Before
) -> tuple[dict[str, pa.Table], dict[str, list[CheckResult]]]:
    """Fill the warehouse, write every table, audit them all, and return the tables and the checks. Raises AuditError."""
    path = folder / f"{NAME}.duckdb"
    engine = warehouse.duckdb_engine(path)
    try:
        with engine.begin() as connection:
            frames = build_tables.build(staged)
            _audit({name: problems(frame, METADATA.tables[name]) for name, frame in frames.items()})
            warehouse.create(connection)
            warehouse.load(connection, frames)
            warehouse.build_marts(connection)
            published = published_tables()
            tables = {name: warehouse.read(connection, table) for name, table in published.items()}
            for name, rows in tables.items():
                write_parquet(rows, folder / "parquet" / f"{name}.parquet")
            asked = {
                name: submit(folder / "parquet" / f"{name}.parquet", rules, key=key_of(published[name]))
                for name, rules in release_expectations().items()
                # A fact table that no source has fed yet is empty by nature; source_status and coverage say why.
                if tables[name].num_rows or published[name].info["layer"] != "facts"
            }
            (folder / "csv").mkdir()
            for name, rows in tables.items():
                write_csv(rows, folder / "csv" / f"{name}.csv")
            checks = {name: answer() for name, answer in asked.items()}
            opened = {
                name: spreadsheet_checks(rows, published[name])
                for name, rows in tables.items()
                if rows.num_rows
            }
            told = {
                "check_result": frame(
                    "check_result", before.with_trend(metadata_tables.check_results(staged, checks, opened))
                ),
                "data_dictionary": frame("data_dictionary", list(dictionary(tables))),
                "release_change": frame("release_change", before.changes(tables, _code_digest())),
            }
            for name, rows in told.items():
                tables[name] = to_arrow(rows, published[name])
                warehouse.insert(connection, published[name], tables[name])
                write_parquet(tables[name], folder / "parquet" / f"{name}.parquet")
                write_csv(tables[name], folder / "csv" / f"{name}.csv")
            opened |= {name: spreadsheet_checks(tables[name], published[name]) for name in told}
        made_here = {name: published[name] for name in (*marts(), *told)}
        _audit({name: problems(to_pandas(tables[name]), table) for name, table in made_here.items()})
        _audit({name: failed(name, [*checks.get(name, ()), *opened.get(name, ())]) for name in published})
    finally:
        engine.dispose()
    warehouse.refuse_unwritten(path)
    return tables, checks


def failed(table: str, checks: Iterable[CheckResult]) -> list[str]:
    """Return the checks of severity ERROR that a table did not pass, as sentences."""
    return [
        f"table {table}: check {c.check} {c.outcome}: {c.observed}"
        for c in checks
        if not c.success and c.severity == "ERROR"
    ]


def _audit(found: Mapping[str, Sequence[str]]) -> None:
    if any(found.values()):
        raise AuditError(found)


NOT_OF_DATA = (
    OSError,
    MemoryError,
    DamagedReleaseError,
    DamagedArchiveError,
    PointerError,
    BusyError,
    BrokenExecutor,
    duckdb.IOException,
    sqlite3.Error,
    sa.exc.OperationalError,
)
"""What building raises for a reason that lies with this machine, a store or the release before."""


def is_fault_of_data(error: BaseException) -> bool:
    """Tell whether building may have failed because of what a file holds."""
    return isinstance(error, Exception) and not isinstance(error, NOT_OF_DATA)


def _describe(
    staged: Mapping[str, Staged], folder: Path, before: Before, tables: Mapping[str, pa.Table]
) -> None:
    """Write the files that describe a release, SHA256SUMS last."""
    shutil.copyfile(folder / "csv" / "data_dictionary.csv", folder / "data_dictionary.csv")
    package = data_package(
        staged, folder, {"inputs_sha256": inputs_digest(staged), "code_sha256": _code_digest()}
    )
    _write_json(package, folder / "datapackage.json")
    _write_json(dataset(package), folder / "dataset.jsonld")
    for resource in package["resources"]:
        _write_json(csvw(resource), folder / f"{resource['path']}-metadata.json")
    (folder / "ATTRIBUTION.md").write_text(attribution(staged.values()), "utf-8")
    told = before.changelog(package["version"], tables, _code_digest())
    (folder / "CHANGELOG.md").write_text(told, "utf-8")
    sums = "".join(f"{digest}  {path}\n" for path, digest in hashes(folder))
    (folder / "SHA256SUMS").write_text(sums, "utf-8")


def _write_json(content: Mapping[str, Any], path: Path) -> None:
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")


def write_csv(rows: pa.Table, path: Path) -> None:
    """Write a table as RFC 4180 CSV: UTF-8 without BOM, ISO dates, true and false, missing values empty."""
    with path.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(rows.column_names)
        writer.writerows(zip(*map(_cells, rows.columns), strict=True))


def _cells(column: pa.ChunkedArray) -> list[Any]:
    """Return values as they are written: numbers by Python, which tells them shortest, all else by Arrow at once."""
    cells: list[Any]
    if pa.types.is_floating(column.type):
        cells = column.to_pylist()
    else:
        cells = column.cast(pa.string()).to_numpy().tolist()
    return cells


def hashes(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the path and the SHA-256 of every file of a release, in order of path."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "SHA256SUMS"):
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
    held = max((path.name for path in releases.iterdir() if NAMED.fullmatch(path.name)), default="")
    if f"{moment:%Y%m%dT%H%M%SZ}" <= held:
        moment = datetime.fromisoformat(held) + timedelta(seconds=1)
    return f"{moment:%Y%m%dT%H%M%SZ}"


def _point(link: Path, name: str) -> None:
    """Make `link` point at the release `name` in one step."""
    temporary = link.with_name(f"{being_written()}{link.name}")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(name)
    try:
        temporary.replace(link)
        sync_folder(link.parent)
    finally:
        temporary.unlink(missing_ok=True)
