"""The files that describe a release: its Data Package, and whom to name.

All is told from the one definition of tables, columns and sources; nothing here is written twice.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from assets.columns import key_of
from assets.source import Source
from pipelines.arrow import field_type
from pipelines.tables import published_tables

NAME = "digital_maturity"
TITLE = "Digital maturity of NHS trusts in England"


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
