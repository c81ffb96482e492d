"""All sources, tables and marts put together."""

import importlib
import pkgutil
from functools import cache

import sqlalchemy as sa

import assets.marts
from assets.contract.columns import MARTS, METADATA, tables_of
from assets.contract.source import Source
from assets.organisations import organisation_tables
from assets.tables import about_data, facts
from assets.tables.current_tables import CURRENT, current_tables


def modules() -> dict[str, str]:
    """Return the module of every source: one in `assets/sources` (of a package, its module `source`)."""
    import assets.sources

    return {
        found.name: f"assets.sources.{found.name}" + (".source" if found.ispkg else "")
        for found in pkgutil.iter_modules(assets.sources.__path__)
    }


@cache
def sources() -> dict[str, Source]:
    """Return every source by name."""
    found = {name: importlib.import_module(module).SOURCE for name, module in sorted(modules().items())}
    for name, source in found.items():
        if source.name != name:
            raise ValueError(
                f"Loading the sources: expected assets/sources/{name}.py to define source {name!r}, found {source.name!r}; rename one of them."
            )
    return found


@cache
def marts() -> dict[str, sa.Table]:
    """Return the analysis tables by name, in the order in which they are built; none reads another."""
    for module in pkgutil.iter_modules(assets.marts.__path__):
        importlib.import_module(f"assets.marts.{module.name}")
    return tables_of(MARTS)


def published_tables() -> dict[str, sa.Table]:
    """Return every published table by name: organisations, facts, their `_current` tables, marts, tables about the data."""
    sources()  # a source may define a fact table that only it fills
    current_tables()
    marts()
    order = (organisation_tables.ORGANISATIONS, facts.FACTS, CURRENT, MARTS, about_data.ABOUT)
    found = sorted(METADATA.tables.values(), key=lambda t: (order.index(t.info["layer"]), t.name))
    return {table.name: table for table in found}
