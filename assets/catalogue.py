"""All sources and tables put together: the catalogue of what is published, passed to whatever refreshes and publishes it."""

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import sqlalchemy as sa

import assets.marts
from assets.contract.columns import MARTS, METADATA, is_computed, tables_of
from assets.contract.source import Source
from assets.organisations import organisation_tables
from assets.tables import about_data, facts
from assets.tables.current_tables import CURRENT, current_table

LAYERS = (organisation_tables.ORGANISATIONS, facts.FACTS, CURRENT, MARTS, about_data.ABOUT)
"""The layers of published tables, in the order in which a release lists them."""


@dataclass(frozen=True)
class Catalogue:
    """The sources that are read and the tables that are published, both by name; every table is defined in METADATA."""

    sources: Mapping[str, Source]
    tables: Mapping[str, sa.Table]

    @property
    def marts(self) -> dict[str, sa.Table]:
        """The analysis tables; only those computed read others."""
        return {name: table for name, table in self.tables.items() if table.info["layer"] == MARTS}

    @property
    def current(self) -> dict[str, sa.Table]:
        """The tables on today's organisations, by their own name."""
        return {name: table for name, table in self.tables.items() if table.info["layer"] == CURRENT}


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
def published() -> Catalogue:
    """Return the catalogue of the product: every source, and every table that is published."""
    read = sources()  # before the tables: a source may define a fact table that only it fills
    for module in pkgutil.iter_modules(assets.marts.__path__):
        importlib.import_module(f"assets.marts.{module.name}")
    for fact in tables_of(facts.FACTS).values():
        if "org_code" in fact.c:
            current_table(fact)
    found = sorted(
        METADATA.tables.values(), key=lambda t: (LAYERS.index(t.info["layer"]), is_computed(t), t.name)
    )
    return Catalogue(read, {table.name: table for table in found})
