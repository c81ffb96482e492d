"""The files that describe a release: its Data Package, CSVW and schema.org made from that, and whom to name.

Everything derives from the one definition of tables, columns and sources; nothing is written twice.
"""

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from assets.contract.columns import key_of
from assets.contract.source import Source
from pipelines.publishing.attribution import credits_of
from pipelines.publishing.empty_tables import described
from pipelines.staging.staged_tables import Staged
from pipelines.storage.parquet import field_type
from pipelines.storage.release_folder import NAME

TITLE = "Digital maturity of NHS trusts in England"
DESCRIPTION = (
    "Public, trust-level facts about digital maturity in the English NHS: joined, validated and traceable."
)
KEYWORDS = [
    "NHS",
    "England",
    "digital maturity",
    "NHS trusts",
    "Global Digital Exemplar",
    "electronic patient record",
    "health informatics",
]
PROJECT = "nhs-digital-maturity"
OGL = {
    "name": "OGL-UK-3.0",
    "title": "Open Government Licence v3.0",
    "path": "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
}
MISSING = [{"value": "", "label": "no value: value_status, a column of status or the description says why"}]
CONSTRAINTS = {"enum": "allowed", "pattern": "pattern", "minimum": "minimum", "maximum": "maximum"}
"""What Data Package calls what a column says of its values."""
REFERENCES = (
    (r"((.+_)?org|successor)_code", ("organisation", "org_code")),
    (r"source", ("source_status", "source")),
)
"""Columns, by name, that hold keys of another table. A predecessor may have ended before the first list held."""
FILE = ("source", "edition", "source_file_sha256")
"""The columns that name a file of `source_file`."""
CURATED = {"digital_journey", "organisation", "organisation_type", "source_file"}
"""Tables with rows from the curated tables of this project, which are not sources with a status."""
EXTRA = ("unit", "aggregation")


def data_package(
    staged: Mapping[str, Staged],
    defined: Iterable[sa.Table],
    tables: Mapping[str, pa.Table],
    folder: Path,
    facts: Mapping[str, str],
) -> dict[str, Any]:
    """Return the Data Package (version 2) descriptor of the CSV files in `folder`, which hold the rows of `tables`.

    `facts` are properties of its own: what the release is made of, and which release was before.
    """
    sources = [one.source for one in staged.values()]
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": NAME.replace("_", "-"),
        "title": TITLE,
        "description": DESCRIPTION,
        "version": facts["inputs_sha256"][:12],
        **facts,
        "keywords": KEYWORDS,
        "licenses": [OGL],
        "contributors": list(_contributors(sources)),
        "sources": [_source(one) for one in staged.values()],
        "resources": [_resource(table, tables, folder) for table in defined],
    }


def _contributors(sources: Iterable[Source]) -> Iterator[dict[str, Any]]:
    """Yield who joined the facts, and who published them."""
    yield {"title": PROJECT, "roles": ["wrangler", "publisher"]}
    for publisher in dict.fromkeys(source.publisher for source in sources):
        yield {"title": publisher, "roles": ["originator"]}


def _source(one: Staged) -> dict[str, Any]:
    """Return a source; its version is the newest edition in use."""
    editions = [judged.copy.edition for judged in one.manifest.used]
    return _filled(
        {
            "title": f"{one.source.publisher}: {one.source.title}",
            "path": one.source.landing_page,
            "version": max(editions, default=""),
            "name": one.source.name,
            "licence": one.source.licence,
            "attribution": one.source.attribution,
        }
    )


def _resource(table: sa.Table, tables: Mapping[str, pa.Table], folder: Path) -> dict[str, Any]:
    return {
        "name": table.name,
        "type": "table",
        **_file(folder, "csv", table.name),
        "title": table.name.replace("_", " "),
        "description": described(table, tables),
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "sources": [_named(row) for row in credits_of(table, tables)],
        # The same rows a second time: no resource, so that they are not counted twice.
        "parquet": _file(folder, "parquet", table.name),
        "schema": {
            "fields": [_field(c) for c in table.columns],
            "missingValues": MISSING,
            "primaryKey": key_of(table),
            **({"foreignKeys": keys} if (keys := list(_foreign_keys(table))) else {}),
        },
    }


def _named(row: Mapping[str, Any]) -> dict[str, str]:
    """Return the source of a table, from its row of `source_status`, with the title that it has in the whole package."""
    return _filled({"title": f"{row['publisher']}: {row['title']}", "path": row["landing_page"]})


def _file(folder: Path, kind: str, name: str) -> dict[str, Any]:
    path = f"{kind}/{name}.{kind}"
    content = (folder / path).read_bytes()
    return {"path": path, "bytes": len(content), "hash": f"sha256:{hashlib.sha256(content).hexdigest()}"}


def _foreign_keys(table: sa.Table) -> Iterator[dict[str, Any]]:
    """Yield what the columns of a table refer to; a reference of several columns only where none may be missing."""
    for name in (c.name for c in table.columns):
        for pattern, (other, key) in REFERENCES:
            own = table.name == other or (other == "source_status" and table.name in CURATED)
            if re.fullmatch(pattern, name) and not own:
                yield {"fields": [name], "reference": {"resource": other, "fields": [key]}}
    named = [table.c.get(name) for name in FILE]
    if table.name != "source_file" and all(c is not None and not c.nullable for c in named):
        yield {"fields": list(FILE), "reference": {"resource": "source_file", "fields": list(FILE)}}


def _field(defined: sa.Column[Any]) -> dict[str, Any]:
    """Return a column as a field; text without a pattern may be the empty text, which CSV cannot tell from missing."""
    info = defined.info
    constraints = {word: info[key] for word, key in CONSTRAINTS.items() if key in info}
    if not defined.nullable and (
        not isinstance(defined.type, sa.Text) or {"allowed", "pattern"} & info.keys()
    ):
        constraints["required"] = True
    if "enum" in constraints:
        constraints["enum"] = list(constraints["enum"])
    field = {
        "name": defined.name,
        "title": info["label"],
        "type": field_type(defined),
        "description": defined.comment,
    }
    extra = {key: info[key] for key in EXTRA if key in info}
    return {**field, **extra, **({"constraints": constraints} if constraints else {})}


def csvw(resource: Mapping[str, Any]) -> dict[str, Any]:
    """Return the CSV on the Web metadata of a resource of the Data Package, to lie beside its CSV file.

    Only the Data Package has the foreign keys: CSVW supports them only between tables of one metadata file.
    """
    schema = resource["schema"]
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "url": Path(resource["path"]).name,
        "dc:title": resource["title"],
        "dc:description": resource["description"],
        "dc:license": {"@id": OGL["path"]},
        "tableSchema": {
            "columns": [_csvw_column(field) for field in schema["fields"]],
            "primaryKey": schema["primaryKey"],
        },
    }


def _csvw_column(field: Mapping[str, Any]) -> dict[str, Any]:
    """Return a field as a CSVW column; the values it may hold are a pattern, as CSVW knows no lists."""
    limits = field.get("constraints", {})
    listed = "|".join(re.sub(r"[^\w\s]", r"\\\g<0>", value) for value in limits.get("enum", []))
    narrowed = {
        "format": limits.get("pattern") or listed or None,
        "minimum": limits.get("minimum"),
        "maximum": limits.get("maximum"),
    }
    datatype = {"base": field["type"], **_filled(narrowed)}
    return {
        "name": field["name"],
        "titles": [field["name"], field["title"]],
        "dc:description": field["description"],
        **_filled({"schema:unitText": field.get("unit"), "skos:scopeNote": field.get("aggregation")}),
        "datatype": datatype if len(datatype) > 1 else field["type"],
        **({"required": True} if limits.get("required") else {}),
    }


def _filled(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties that say something."""
    return {word: value for word, value in properties.items() if value not in (None, "")}


def dataset(package: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema.org `Dataset` of a Data Package, as search engines for data read it."""
    return {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "name": package["title"],
        "description": package["description"],
        "version": package["version"],
        "license": OGL["path"],
        "isAccessibleForFree": True,
        "inLanguage": "en-GB",
        "keywords": package["keywords"],
        "spatialCoverage": {"@type": "Place", "name": "England"},
        "creator": {"@type": "Organization", "name": PROJECT},
        "isBasedOn": [_based_on(source) for source in package["sources"]],
        "variableMeasured": list(_variables(package["resources"])),
        "distribution": [
            _download(resource, file, kind)
            for resource in package["resources"]
            for file, kind in (
                (resource, "text/csv"),
                (resource["parquet"], "application/vnd.apache.parquet"),
            )
        ],
    }


def _based_on(source: Mapping[str, str]) -> dict[str, str]:
    properties = {
        "url": source.get("path"),
        "version": source.get("version"),
        "creditText": source["attribution"],
    }
    return {"@type": "CreativeWork", "name": source["title"], **_filled(properties)}


def _variables(resources: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, str]]:
    """Yield every figure once: the first column of a name that has a unit."""
    seen: set[str] = set()
    for field in (field for resource in resources for field in resource["schema"]["fields"]):
        if "unit" in field and field["name"] not in seen:
            seen.add(field["name"])
            yield {
                "@type": "PropertyValue",
                "name": field["name"],
                "description": field["description"],
                "unitText": field["unit"],
            }


def _download(resource: Mapping[str, Any], file: Mapping[str, Any], kind: str) -> dict[str, str]:
    return {
        "@type": "DataDownload",
        "name": resource["title"],
        "contentUrl": file["path"],
        "encodingFormat": kind,
        "contentSize": f"{file['bytes']} B",
        "sha256": file["hash"].removeprefix("sha256:"),
    }


def attribution(staged: Collection[Staged]) -> str:
    """Return ATTRIBUTION.md: what to say about each source when its facts are used, and which gave nothing."""
    held, waiting = (
        [one.source for one in staged if bool(one.manifest.used) is used] for used in (True, False)
    )
    lines = [f"# Attribution\n\n{TITLE} contains facts from these sources.\n", *map(_credit, held)]
    lines.append("\nPublic sector information is licensed under the Open Government Licence v3.0.")
    if waiting:
        lines.append("\nNot in this release, as no file of theirs was accepted yet:\n")
        lines += [f"- {s.title} ({s.name}), {s.publisher}" for s in waiting]
    return "\n".join(lines) + "\n"


def _credit(source: Source) -> str:
    said = source.attribution.rstrip(".")
    return f"- **{source.title}** ({source.name}): {said}. Licence: {source.licence.rstrip('.')}."
