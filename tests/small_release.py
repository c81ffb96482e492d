"""Releases of two tables and two trusts, made in a moment: for what is done with releases, and not for what is in them."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import duckdb

from pipelines.publishing.release import hashes
from pipelines.storage.release_folder import SUMS, point

TABLES = {
    "trust_profile": "select * from (values ('R1A', 'FIRST ARTIFICIAL NHS TRUST'), ('R1B', 'SECOND & LAST <NHS> TRUST')) as t(org_code, org_name)",
    "organisation_current": "select * from (values ('R1A', 'R1A'), ('R1B', 'R1B'), ('R0X', 'R1B')) as t(org_code, current_org_code)",
    "organisation": "select * from (values ('R1A', 'FIRST ARTIFICIAL NHS TRUST'), ('R1B', 'SECOND & LAST <NHS> TRUST'), ('R0X', 'ENDED NHS TRUST')) "
    "as t(org_code, org_name)",
    "source_status": "select 'one' as source, 'Artificial list' as title, 'An artificial publisher' as publisher, '2025' as newest_edition, "
    "'https://example.org/list' as landing_page, 'OGL-UK-3.0' as licence, 'Contains artificial information.' as attribution",
    "caveat": "select 'no_more' as caveat, 'trust_profile' as table_name, '' as measure, 'Only two trusts are known.' as text",
    "data_dictionary": "select 'trust_profile' as table_name, 'org_code' as column_name",
}
PUBLISHED = ("trust_profile", "release_change")
CHANGE = "table_name varchar, row_key varchar, column_name varchar, change varchar, org_code varchar, old_value varchar, new_value varchar, rows integer, why varchar"
Change = tuple[str, str, str, str, str | None, str | None, str | None, int, str]
"""A row of release_change."""


def released(home: Path, name: str, changes: Sequence[Change] = (), **extra: str) -> Path:
    """Make a release in a home, the latest by then, and return its folder; `extra` are files by name and text."""
    folder = home / "releases" / name
    for below in ("csv", "parquet", "report"):
        (folder / below).mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute(f"create table release_change ({CHANGE})")
        if changes:
            connection.executemany("insert into release_change values (?, ?, ?, ?, ?, ?, ?, ?, ?)", changes)
        for table, sql in {**TABLES, "release_change": "from release_change"}.items():
            for kind in ("csv", "parquet") if table in PUBLISHED else ("parquet",):
                connection.execute(f"copy ({sql}) to '{folder / kind / table}.{kind}' (format {kind})")
    lines = "\n".join(f"- `{row[0]}`: 1 value {row[3]}." for row in changes) or "- The first release."
    texts = {
        "datapackage.json": json.dumps(_package(folder), indent=1),
        "CHANGELOG.md": f"# Changelog\n\nWhat changed.\n\n## {name}\n\n{lines}\n\n## before\n\n- Something older.\n",
        "index.html": f"<title>{name}</title>",
        "report/exemplars.html": "<title>Report</title>",
        "ATTRIBUTION.md": "# Attribution",
        "digital_maturity.xlsx": "",
        **extra,
    }
    for path, text in texts.items():
        (folder / path).write_text(text, "utf-8")
    sums = "".join(f"{digest}  {path}\n" for path, digest in hashes(folder))
    (folder / SUMS).write_text(sums, "utf-8")
    point(home / "releases" / "latest", name)
    return folder


def _package(folder: Path) -> dict[str, object]:
    resources = []
    for table in PUBLISHED:
        csv, parquet = (_file(folder, kind, table) for kind in ("csv", "parquet"))
        fields = [{"name": "org_code", "type": "string", "description": "Code.", "unit": "none"}]
        resources.append(
            {
                "name": table,
                "title": table.replace("_", " "),
                "description": f"Artificial rows: {table} <b>.",
                **csv,
                "parquet": parquet,
                "sources": [{"title": "An artificial publisher: Artificial list"}],
                "schema": {"fields": fields, "primaryKey": ["org_code"]},
            }
        )
    return {
        "title": "Artificial release",
        "description": "Nothing here is true.",
        "version": "0123456789ab",
        "keywords": ["artificial"],
        "licenses": [
            {"name": "OGL-UK-3.0", "title": "Open Government Licence", "path": "https://example.org/licence"}
        ],
        "contributors": [{"title": "nhs-digital-maturity"}],
        "resources": resources,
    }


def _file(folder: Path, kind: str, table: str) -> dict[str, object]:
    path = f"{kind}/{table}.{kind}"
    content = (folder / path).read_bytes()
    return {"path": path, "bytes": len(content), "hash": f"sha256:{hashlib.sha256(content).hexdigest()}"}
