"""From staged tables to published ones: organisations, facts with their organisation, tables about the data.

Plain functions over frames: no clock, no network, no database. A fact whose organisation is not certain is neither
dropped silently nor guessed: it is counted in `unmatched_organisation`.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from assets.contract.columns import METADATA, tables_of
from assets.contract.source import reports
from assets.organisations import model
from assets.tables import facts, rollup
from pipelines.integration.coverage import coverage
from pipelines.integration.metadata_tables import tables_about
from pipelines.integration.published_tables import Frames, frame
from pipelines.integration.resolver import Resolver
from pipelines.staging.staged_tables import Staged


def build(staged: Mapping[str, Staged]) -> Frames:
    """Return every published table by name, except marts and the tables that describe finished tables."""
    organisations = model.build(staged["ods"].rows)
    resolver = Resolver(organisations)
    gathered: dict[str, list[pd.DataFrame]] = {name: [] for name in tables_of(facts.FACTS)}
    # Sources add rows to two tables of organisations.
    for name in ("organisation_type", "organisation_geography"):
        gathered[name] = [organisations[name]]
    unmatched: list[dict[str, Any]] = []
    mapped = [
        (one, name, rows)
        for one in staged.values()
        if len(one.rows)
        for name, rows in one.source.facts(one.rows).items()
    ]
    # Types first: every other fact shows the type of its organisation.
    for one, name, rows in sorted(mapped, key=lambda item: item[1] != "organisation_type"):
        resolved, missing = resolver.resolve(rows, one.source, name)
        gathered[name].append(resolved)
        unmatched += missing
        if name == "organisation_type":
            resolver.learn_types(resolved)
    unmatched += resolver.noted
    # The columns used to find the organisation are not published; the audit reports a column that a source left out.
    made = {
        name: pd.concat(frames)[list(METADATA.tables[name].columns.keys())] if frames else frame(name, [])
        for name, frames in gathered.items()
    }
    return {
        **organisations,
        **made,
        **rollup.build({**organisations, **made}, reports(one.source for one in staged.values())),
        **tables_about(staged),
        "coverage": frame(
            "coverage",
            coverage(
                staged,
                organisations,
                {name: made[name] for name in tables_of(facts.FACTS)},
                unmatched,
                resolver.outside,
            ),
        ),
        "unmatched_organisation": frame("unmatched_organisation", unmatched),
    }
