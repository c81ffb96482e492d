"""A product of a few sources: what shows with two sources need not wait for fifteen."""

import pytest

from assets.catalogue import Catalogue, published
from assets.contract.columns import MARTS
from assets.tables.current_tables import CURRENT, fact_of
from assets.tables.facts import FACTS
from pipelines.integration.lineage import fact_tables
from pipelines.integration.warehouse import tables_read


def few(*names: str) -> Catalogue:
    """Return some sources, with every table of the product: those that only other sources fill are empty."""
    return Catalogue({name: published().sources[name] for name in names}, published().tables)


def only(*names: str) -> Catalogue:
    """Return some sources, with the facts they fill, what is made of those alone, and the tables about them."""
    sources = few(*names).sources
    kept = {table for source in sources.values() for table in fact_tables(source)}
    for name, table in published().tables.items():  # a table comes after those it is made of
        layer = table.info["layer"]
        made_of = {FACTS: {name}, CURRENT: {fact_of(name)}}.get(layer, set())
        if layer == MARTS:
            made_of = set(tables_read(name))
        if made_of <= kept:
            kept.add(name)
    return Catalogue(sources, {name: table for name, table in published().tables.items() if name in kept})


def leave_out_the_explorer(patch: pytest.MonkeyPatch) -> None:
    """Let a release without the tables of the explorer be made: its page shows what all sources fill."""
    patch.setattr("pipelines.publishing.release.page", lambda *_: "<!doctype html><title>none</title>")
    patch.setattr("pipelines.publishing.explorer.drawing.begin", lambda _: None)
    patch.setattr("pipelines.publishing.explorer.drawing.drawing_of", lambda _: None)
