"""docs/tables.md: every published table and column, from their definitions."""

from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa

from assets.catalogue import published
from assets.contract.columns import AGGREGATION, key_of, provenance, reading
from assets.tables.current_tables import CURRENT, fact_of
from pipelines.storage.parquet import field_type
from tools.documents.markdown import link, names, table

LAYERS = {
    "organisations": "Which trusts there are, their names, types and places, and their successors.",
    "facts": "One row for each fact of a source, under the code in its publication.",
    "marts": "Analysis tables, joined and calculated from the facts, each by one file in `sql/`.",
    "current": "Facts on today's organisations: added up if possible, else listed.",
    "about": "Where the data came from, what was checked, what is missing.",
}
SHARED = "Columns that facts share"
INTRO = """# Tables

Every table of a release, with its key and its columns. Each release has the same as `data_dictionary` (with the
publishers' own headers and the periods held) and in `datapackage.json`. Generated from the definitions of the columns by
`python -m tools.documents`; a test fails when it differs. What a table must not be used for: [caveats](caveats.md).

The first word of *adds* says how a number may be combined:

"""
COLUMNS = ("column", "type", "unit", "adds", "meaning")


def page() -> str:
    """Return the page."""
    found = published().tables.values()
    layers = {layer: [t for t in found if t.info["layer"] == layer] for layer in LAYERS}
    parts = [INTRO + table(("adds", "means"), AGGREGATION.items()), _contents(layers), _shared_section()]
    for layer, tables in layers.items():
        parts.append(f"## {layer.capitalize()}\n\n{LAYERS[layer]}\n")
        parts += map(_section, tables)
    return "\n".join(parts)


def _contents(layers: dict[str, list[sa.Table]]) -> str:
    rows = [(link(t.name), _purpose(t)) for tables in layers.values() for t in tables]
    return "## Contents\n\n" + table(("table", "what"), rows)


def _purpose(found: sa.Table) -> str:
    """Return the first sentence of the purpose of a table."""
    first = (found.comment or "").split(". ")[0].rstrip(".") + "."
    listed = found.info["layer"] == CURRENT and "path" in key_of(found)
    return f"{first} Listed on today's organisations." if listed else first


def _shared_section() -> str:
    begin, end = (_listed(columns) for columns in (reading(), provenance()))
    return (
        f"## {SHARED}\n\nA fact begins with the organisation it is about:\n\n{begin}\n"
        f"It ends with where it came from and how strong the evidence is:\n\n{end}"
    )


def _section(found: sa.Table) -> str:
    """Return the section of a table; columns described elsewhere on the page are only named."""
    elsewhere = dict(_elsewhere(found))
    own = [c for c in found.columns if not any(c.name in shared for shared in elsewhere.values())]
    lines = [f"### `{found.name}`\n", f"{found.comment}\n", f"Key: {names(key_of(found))}.\n", _listed(own)]
    lines += [f"{where}: {names(shared)}.\n" for where, shared in elsewhere.items() if shared]
    return "\n".join(lines)


def _elsewhere(found: sa.Table) -> Iterator[tuple[str, list[str]]]:
    """Yield where columns have the same description as here, and the names of these columns."""
    shared = {c.name: _facts(c) for c in (*reading(), *provenance())}
    same = [c.name for c in found.columns if shared.get(c.name) == _facts(c)]
    yield f"As [all facts](#{SHARED.lower().replace(' ', '-')})", same
    if found.info["layer"] == CURRENT:
        fact = fact_of(found.name)
        origin = {c.name: _facts(c) for c in found.metadata.tables[fact].columns}
        as_there = [c.name for c in found.columns if c.name not in same and origin.get(c.name) == _facts(c)]
        yield f"As in {link(fact)}", as_there


def _facts(c: sa.Column[Any]) -> tuple[object, ...]:
    return (c.comment, str(c.type), c.info.get("unit"), c.info.get("aggregation"))


def _listed(columns: Iterable[sa.Column[Any]]) -> str:
    return table(COLUMNS, map(_row, columns))


def _row(c: sa.Column[Any]) -> tuple[object, ...]:
    return f"`{c.name}`", field_type(c), c.info.get("unit"), c.info.get("aggregation"), _meaning(c)


def _meaning(c: sa.Column[Any]) -> str:
    """Return the description of a column, with its allowed values unless the description names them all."""
    allowed = c.info.get("allowed", ())
    text = c.comment or ""
    return text if all(f"{word}:" in text for word in allowed) else f"{text} One of {names(allowed)}."
