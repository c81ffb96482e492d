"""The inputs of each published table: staged tables and other published tables, derived from the code that makes it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

import pandas as pd
import sqlalchemy as sa

from assets.catalogue import Catalogue
from assets.contract.columns import MARTS, METADATA
from assets.contract.source import Facts, Source
from assets.organisations import organisation_tables
from assets.tables import about_data, facts
from assets.tables.current_tables import CURRENT, fact_of
from assets.tables.facts import programme_membership
from pipelines.integration.boards import about_boards
from pipelines.integration.warehouse import tables_read
from pipelines.storage.parquet import schema, to_pandas

ORGANISATIONS = "ods"
"""The source with the lists of all organisations."""
TYPES, PLACES = "organisation_type", "organisation_geography"
"""The organisation tables to which other sources add rows."""
NOTES = "notes"
"""The tables about the data that contain only prose, so that any other table may read them."""
LAYERS = (NOTES, organisation_tables.ORGANISATIONS, facts.FACTS, CURRENT, MARTS, about_data.ABOUT)
"""The layers of published tables, in the order in which they are made; no table reads one of a later layer."""
READ_BY_FACTS = ("organisation", "organisation_current_main", "organisation_name", TYPES)
READ_BY_CURRENT = ("organisation", "organisation_current", TYPES)
FROM_STAGED = ("source_file", "source_status", "rejected_row")
FROM_CODE = ("caveat", "comparability")
FROM_FACTS = ("coverage", "unmatched_organisation")
FROM_TABLES = ("check_result", "data_dictionary", "release_change")
"""Tables about all other tables: their checks, the meaning of their columns, the changes since the last release."""


@dataclass(frozen=True)
class Inputs:
    """The inputs of a table: the sources whose staged tables it reads, and published tables."""

    sources: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()


def layer_of(table: str) -> str:
    """Return the layer in which a published table is made."""
    return NOTES if table in FROM_CODE else str(METADATA.tables[table].info["layer"])


def tables_in(layer: str, tables: Iterable[str]) -> list[str]:
    """Return those of some published tables that are in a layer."""
    return [name for name in tables if layer_of(name) == layer]


def fact_tables(source: Source) -> frozenset[str]:
    """Return the tables that a source fills, whether or not it has rows."""
    return _of_no_rows(source.facts, source.table)


@cache
def _of_no_rows(mapping: Callable[[pd.DataFrame], Facts], table: sa.Table) -> frozenset[str]:
    return frozenset(mapping(to_pandas(schema(table).empty_table())))


def inputs(table: str, catalogue: Catalogue) -> Inputs:
    """Return the inputs of a published table."""
    made = {
        organisation_tables.ORGANISATIONS: _organisations,
        facts.FACTS: _facts,
        CURRENT: _current,
        MARTS: _mart,
        NOTES: lambda _table, _catalogue: Inputs(),
        about_data.ABOUT: _about,
    }
    return made[layer_of(table)](table, catalogue)


def feeding(table: str, sources: Iterable[Source]) -> tuple[str, ...]:
    """Return the names of the sources that fill a table."""
    return tuple(source.name for source in sources if table in fact_tables(source))


def _organisations(table: str, catalogue: Catalogue) -> Inputs:
    lists = (ORGANISATIONS,) if ORGANISATIONS in catalogue.sources else ()
    more = feeding(table, catalogue.sources.values()) if table in {TYPES, PLACES} else ()
    return Inputs((*lists, *more))


def _facts(table: str, catalogue: Catalogue) -> Inputs:
    known = () if about_boards(METADATA.tables[table]) else READ_BY_FACTS
    return Inputs(
        feeding(table, catalogue.sources.values()), tuple(name for name in known if name in catalogue.tables)
    )


def _current(table: str, catalogue: Catalogue) -> Inputs:
    del catalogue
    fact = fact_of(table)
    more = ("organisation_succession",) if fact == programme_membership.name else ()
    return Inputs((), (fact, *READ_BY_CURRENT, *more))


def _mart(table: str, catalogue: Catalogue) -> Inputs:
    del catalogue
    return Inputs((), tuple(sorted(tables_read(table))))


def _about(table: str, catalogue: Catalogue) -> Inputs:
    everyone, names = tuple(catalogue.sources), tuple(catalogue.tables)
    if table in FROM_STAGED:
        return Inputs(everyone)
    if table in FROM_FACTS:
        layers = {organisation_tables.ORGANISATIONS, facts.FACTS}
        return Inputs(everyone, tuple(name for name in names if layer_of(name) in layers))
    return Inputs((), tuple(name for name in names if name not in FROM_TABLES))
