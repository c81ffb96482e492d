"""From staged tables to the published ones, layer by layer: organisations, facts, facts on today's organisations.

Plain functions over frames: no clock, no network, no database. A fact whose organisation is not certain is neither
dropped silently nor guessed: it is counted in `unmatched_organisation`.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from assets.contract.columns import METADATA
from assets.contract.source import Source, reports
from assets.organisations import model
from assets.tables import rollup
from assets.tables.current_tables import fact_of
from pipelines.integration.compact import Compact
from pipelines.integration.coverage import coverage
from pipelines.integration.frames import Frames, frame
from pipelines.integration.lineage import ORGANISATIONS, PLACES, TYPES, fact_tables
from pipelines.integration.metadata_tables import tables_about
from pipelines.integration.resolver import Resolver
from pipelines.staging.staged_tables import Staged


@dataclass(frozen=True)
class Made:
    """A table with its doubtful organisations, as rows of `unmatched_organisation`.

    `outside` counts the organisations that are not trusts, by source and edition.
    """

    rows: pd.DataFrame | Compact
    doubts: tuple[Mapping[str, Any], ...] = ()
    outside: Mapping[tuple[str, str], int] = field(default_factory=dict)


def organisations(staged: Mapping[str, Staged], names: Collection[str]) -> dict[str, Made]:
    """Return organisation tables by name, from the lists of trusts and the types and places in other sources."""
    made = model.build(staged[ORGANISATIONS].rows)
    grown = {TYPES, PLACES} & {*names}
    resolver = Resolver(made) if grown else None
    return {
        name: _facts(name, staged, resolver, begin=made[name])
        if resolver and name in grown
        else Made(made[name])
        for name in names
    }


def facts(staged: Mapping[str, Staged], organisations: Frames, names: Iterable[str]) -> dict[str, Made]:
    """Return fact tables by name, each fact with its organisation and the columns about it."""
    resolver = Resolver(organisations)
    if len(types := organisations[TYPES]):
        resolver.learn_types(types)
    return {name: _facts(name, staged, resolver) for name in names}


def _facts(
    table: str, staged: Mapping[str, Staged], resolver: Resolver, *, begin: pd.DataFrame | None = None
) -> Made:
    """Return the facts of all sources for a table, with their organisations resolved."""
    resolver.noted.clear()
    resolver.outside.clear()
    placed = [
        resolver.place(found[table], one.source, table)
        for one in staged.values()
        if table in (found := _mapped(one))
    ]
    begun = [] if begin is None else [begin]
    # The columns used to find the organisation are not published; the audit reports a column that a source left out.
    rows = Compact.of(METADATA.tables[table], (*begun, *(rows for one in placed for rows in one.slices())))
    doubts = [row for one in placed for row in one.unmatched]
    return Made(rows, (*doubts, *resolver.noted), dict(resolver.outside))


def _mapped(one: Staged) -> Frames:
    """Return the facts of a source. Raises ValueError for a table that it does not return without rows."""
    if more := sorted(one.facts.keys() - fact_tables(one.source)):
        raise ValueError(
            f"Mapping {one.source.name} into facts: expected tables among {', '.join(sorted(fact_tables(one.source)))}, which `facts` returns without rows too, found {', '.join(more)}; make `facts` return every table it fills."
        )
    return one.facts


def current(frames: Frames, names: Collection[str], sources: Iterable[Source]) -> dict[str, Made]:
    """Return `_current` tables by name, from the organisation tables and the facts they need."""
    rows = rollup.build(frames, reports(sources), [fact_of(name) for name in names])
    return {name: Made(rows[name]) for name in names}


def about(
    staged: Mapping[str, Staged],
    organisations: Frames,
    facts: Frames,
    doubts: Iterable[Mapping[str, Any]],
    outside: Counter[tuple[str, str]],
) -> Frames:
    """Return the tables about the data, except those that describe the finished tables.

    `doubts` and `outside` are those of all tables (see `Made`).
    """
    unmatched = [dict(row) for row in doubts]
    return {
        **tables_about(staged),
        "coverage": frame("coverage", coverage(staged, organisations, facts, unmatched, outside)),
        "unmatched_organisation": frame("unmatched_organisation", unmatched),
    }
