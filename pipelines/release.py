"""Releases: write, audit, publish.

A release is built in a folder nobody reads, audited, and only then given its name; `latest` is a symbolic link that is
replaced in one step. A reader sees a whole release or the one before it. Nothing in a published table says when, where
or by whom it was made: the same inputs give the same bytes.
"""

import csv
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from assets.columns import METADATA, key_of
from assets.source import Expectation, Source
from assets.structure import problems
from pipelines import about, core, warehouse
from pipelines.arrow import field_type, read_parquet, to_arrow, to_pandas, write_parquet
from pipelines.expectations import CheckResult
from pipelines.explorer.drawing import Draughtsman
from pipelines.explorer.page import page
from pipelines.home import Home
from pipelines.staging import Staged
from pipelines.tables import marts, published_tables
from pipelines.validator import submit

NAME = "digital_maturity"
TITLE = "Digital maturity of NHS trusts in England"
MADE_WITH = ("altair", "great_expectations", "jinja2", "vl-convert-python")
"""Libraries whose version shows in what is published."""


class AuditError(Exception):
    """A release that was built and may not be published: every problem found."""


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
    """Return the digest of the inputs of the latest release; empty where there is none that can be read."""
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


def _checks_before(home: Home) -> pa.Table | None:
    """Return the checks of the latest release; None where there is none that can be read."""
    try:
        return read_parquet(home.latest / "parquet" / "check_result.parquet")
    except (OSError, pa.ArrowInvalid):
        return None


def publish(
    staged: Mapping[str, Staged], home: Home, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> tuple[Path, dict[str, list[CheckResult]], dict[str, pa.Table]]:
    """Build, audit and publish a release; return its path, the checks made and its tables.

    Raises AuditError, leaving the latest release as it was.
    """
    home.releases.mkdir(parents=True, exist_ok=True)
    for leftover in home.releases.glob(".building-*"):
        shutil.rmtree(leftover)
    folder = home.releases / f".building-{os.getpid()}"
    folder.mkdir()
    draughtsman = Draughtsman(home)
    try:
        tables, checks = _build(staged, folder)
        explorer = page(tables, draughtsman.drawing(), inputs_digest(staged)[:12], _checks_before(home))
        (folder / "index.html").write_text(explorer, "utf-8", newline="\n")
        _describe(staged, folder)
        name = _free_name(home.releases, now())
        folder.rename(home.releases / name)
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


def _build(
    staged: Mapping[str, Staged], folder: Path
) -> tuple[dict[str, pa.Table], dict[str, list[CheckResult]]]:
    """Fill the warehouse, write every table, audit them all, and return the tables and the checks."""
    engine = warehouse.duckdb_engine(folder / f"{NAME}.duckdb")
    try:
        with engine.begin() as connection:
            frames = core.build(staged)
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
            tables["check_result"] = to_arrow(about.check_results(staged, checks), published["check_result"])
            warehouse.insert(connection, published["check_result"], tables["check_result"])
            write_parquet(tables["check_result"], folder / "parquet" / "check_result.parquet")
            write_csv(tables["check_result"], folder / "csv" / "check_result.csv")
        made_here = {name: published[name] for name in (*marts(), "check_result")}
        _audit({name: problems(to_pandas(tables[name]), table) for name, table in made_here.items()})
        _audit({name: _failed(name, results) for name, results in checks.items()})
    finally:
        engine.dispose()
    return tables, checks


def _failed(table: str, checks: Iterable[CheckResult]) -> list[str]:
    """Return the checks of severity ERROR that a table did not pass, as sentences."""
    return [
        f"table {table}: check {c.check} {c.outcome}: {c.observed}"
        for c in checks
        if not c.success and c.severity == "ERROR"
    ]


def _audit(found: Mapping[str, Sequence[str]]) -> None:
    told = [problem for each in found.values() for problem in each]
    if told:
        raise AuditError(
            f"Auditing the release: {'; '.join(told)}; the last release stays, correct the source or the mapping and refresh."
        )


def _describe(staged: Mapping[str, Staged], folder: Path) -> None:
    """Write the files that describe a release, SHA256SUMS last."""
    shutil.copyfile(folder / "csv" / "data_dictionary.csv", folder / "data_dictionary.csv")
    sources = [one.source for one in staged.values()]
    descriptor = data_package(sources, folder, inputs_digest(staged))
    (folder / "datapackage.json").write_text(
        json.dumps(descriptor, indent=1, ensure_ascii=False) + "\n", "utf-8"
    )
    (folder / "ATTRIBUTION.md").write_text(attribution(sources), "utf-8")
    sums = "".join(f"{digest}  {path}\n" for path, digest in hashes(folder))
    (folder / "SHA256SUMS").write_text(sums, "utf-8")


def write_csv(rows: pa.Table, path: Path) -> None:
    """Write a table as RFC 4180 CSV: UTF-8 without BOM, ISO dates, true and false, missing values empty."""
    columns = [[_cell(value) for value in column.to_pylist()] for column in rows.columns]
    with path.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(rows.column_names)
        writer.writerows(zip(*columns, strict=True))


def _cell(value: Any) -> Any:
    return ("false", "true")[value] if isinstance(value, bool) else value


def hashes(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the path and the SHA-256 of every file of a release, in order of path."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "SHA256SUMS"):
        yield path.relative_to(folder).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest()


def data_package(sources: Iterable[Source], folder: Path, inputs: str) -> dict[str, Any]:
    """Return the Data Package (version 2) descriptor of the CSV files in `folder`."""
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": NAME.replace("_", "-"),
        "title": TITLE,
        "description": "Public, trust-level facts about digital maturity in the English NHS: joined, validated and traceable.",
        "version": inputs[:12],
        "inputs_sha256": inputs,
        "licenses": [
            {
                "name": "OGL-UK-3.0",
                "title": "Open Government Licence v3.0",
                "path": "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
            }
        ],
        "sources": [
            {"title": f"{s.publisher}: {s.title}", **({"path": s.landing_page} if s.landing_page else {})}
            for s in sources
        ],
        "resources": [_resource(table, folder) for table in published_tables().values()],
    }


def _resource(table: sa.Table, folder: Path) -> dict[str, Any]:
    path = folder / "csv" / f"{table.name}.csv"
    content = path.read_bytes()
    return {
        "name": table.name,
        "type": "table",
        "path": f"csv/{table.name}.csv",
        "title": table.name.replace("_", " "),
        "description": table.comment,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": len(content),
        "hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
        "schema": {
            "fields": [_field(c) for c in table.columns],
            "missingValues": [""],
            "primaryKey": key_of(table),
        },
    }


def _field(defined: sa.Column[Any]) -> dict[str, Any]:
    """Return a column as a field; text without a pattern may be the empty text, which CSV cannot tell from missing."""
    info = defined.info
    constraints = {
        word: info[key]
        for word, key in {
            "enum": "allowed",
            "pattern": "pattern",
            "minimum": "minimum",
            "maximum": "maximum",
        }.items()
        if key in info
    }
    if not defined.nullable and (
        not isinstance(defined.type, sa.Text) or {"allowed", "pattern"} & info.keys()
    ):
        constraints["required"] = True
    if "enum" in constraints:
        constraints["enum"] = list(constraints["enum"])
    field = {"name": defined.name, "type": field_type(defined), "description": defined.comment}
    extra = {key: info[key] for key in ("unit", "aggregation") if key in info}
    return {**field, **extra, **({"constraints": constraints} if constraints else {})}


def attribution(sources: Iterable[Source]) -> str:
    """Return ATTRIBUTION.md: what to say about each source when its facts are used."""
    lines = [f"# Attribution\n\n{TITLE} contains facts from these sources.\n"]
    lines += [f"- **{s.title}** ({s.name}): {s.attribution}. Licence: {s.licence}." for s in sources]
    lines.append("\nPublic sector information is licensed under the Open Government Licence v3.0.")
    return "\n".join(lines) + "\n"


def _free_name(releases: Path, moment: datetime) -> str:
    """Return a name for a release of `moment` that no release has, later by seconds where need be."""
    while (releases / (name := f"{moment:%Y%m%dT%H%M%SZ}")).exists():
        moment += timedelta(seconds=1)
    return name


def _point(link: Path, name: str) -> None:
    """Make `link` point at the release `name` in one step."""
    temporary = link.with_name(f".{link.name}-{os.getpid()}")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(name)
    try:
        temporary.replace(link)
    finally:
        temporary.unlink(missing_ok=True)
