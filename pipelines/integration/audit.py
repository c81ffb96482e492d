"""Make all tables from staged rows and audit them: the last word before anything is published.

The same function makes the tables of a release and of a trial of one, so that a file is refused if it would stop a
release.
"""

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import BrokenExecutor
from functools import partial
from typing import NamedTuple

import duckdb
import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

from assets.contract.columns import METADATA, key_of
from assets.contract.errors import BusyError, DamagedError
from assets.reading.structure import problems
from assets.tables.about_data import ABOUT
from assets.tables.facts import FACTS
from pipelines.integration import lineage
from pipelines.integration.build_tables import Made
from pipelines.integration.layers import Workshop
from pipelines.integration.refusal import AuditError, refuse
from pipelines.integration.spreadsheet_safety import spreadsheet_checks
from pipelines.integration.working_set import WorkingSet
from pipelines.judging.expectation_results import CheckResult, suite_version
from pipelines.judging.validator import submit
from pipelines.storage.parquet import schema, to_arrow

__all__ = [
    "AuditError",
    "Checked",
    "audited",
    "begin_checks",
    "failed",
    "is_fault_of_data",
]

Checks = Mapping[str, list[CheckResult]]
About = Callable[[Mapping[str, pa.Table], Checks, Checks], Mapping[str, pd.DataFrame]]
"""Makes the tables about the data from the other tables, their checks, and the checks of spreadsheet safety."""


def _nothing(_tables: Mapping[str, pa.Table], _checks: Checks, _opened: Checks) -> Mapping[str, pd.DataFrame]:
    return {}


def audited(workshop: Workshop, about: About = _nothing, *, key: str = "") -> Checks:
    """Make every table that is not up to date and audit all; return the checks that were run now.

    `about` makes the tables about the data from the others, their checks and the checks of spreadsheet safety. They are
    stored under `key`: if they are present, the audit has passed. Raises AuditError.
    """
    workshop.make_everything()
    names, working = workshop.tables_in(ABOUT), workshop.working
    if key and all(working.holds(name, key) for name in names):
        return {}
    finished = [name for name in workshop.catalogue.tables if name not in names]
    pending = {name: begin_checks(name, working) for name in finished}
    made = workshop.about()
    refuse({name: problems(frame, METADATA.tables[name]) for name, frame in made.items()})
    for name, frame in made.items():
        working.put(name, "", Made(frame))
    pending |= {name: begin_checks(name, working) for name in made}
    tables = {name: working.rows(name) for name in pending}
    tables |= {name: schema(METADATA.tables[name]).empty_table() for name in names if name not in made}
    opened = {
        name: spreadsheet_checks(rows, METADATA.tables[name])
        for name, rows in tables.items()
        if rows.num_rows
    }
    checked = {name: answer() for name, answer in pending.items()}
    checks = {name: found.results for name, found in checked.items() if found.results}
    added = about(tables, checks, opened)
    refuse({name: problems(frame, METADATA.tables[name]) for name, frame in added.items()})
    described = {name: to_arrow(frame, METADATA.tables[name]) for name, frame in added.items()}
    opened |= {name: spreadsheet_checks(rows, METADATA.tables[name]) for name, rows in described.items()}
    refuse({name: failed(name, [*checks.get(name, ()), *opened.get(name, ())]) for name in tables})
    for name in names:
        working.put_rows(name, key, described[name] if name in described else tables[name])
    return {name: found.results for name, found in checked.items() if found.newly}


class Checked(NamedTuple):
    """The results of the checks of a table, and whether they were run now."""

    results: list[CheckResult]
    newly: bool


def begin_checks(table: str, working: WorkingSet) -> Callable[[], Checked]:
    """Submit the checks of a table unless they are stored; return a function that waits for them and stores them."""
    rules = METADATA.tables[table].info["expectations"]
    # A fact table that no source has fed yet is empty by nature; source_status and coverage say why.
    if not rules or (lineage.layer_of(table) == FACTS and not working.count(table)):
        return partial(Checked, [], newly=False)
    suite = suite_version(rules, METADATA.tables[table])
    if (kept := working.checks(table, suite)) is not None:
        return partial(Checked, kept, newly=False)
    answer = submit(working.path(table), rules, key=key_of(METADATA.tables[table]))

    def finish() -> Checked:
        results = answer()
        working.put_checks(table, suite, results)
        return Checked(results, newly=True)

    return finish


def failed(table: str, checks: Iterable[CheckResult]) -> list[str]:
    """Return the failed checks of severity ERROR of a table, as sentences."""
    return [
        f"table {table}: check {c.check} {c.outcome}: {c.observed}"
        for c in checks
        if not c.success and c.severity == "ERROR"
    ]


NOT_OF_DATA = (
    OSError,
    MemoryError,
    DamagedError,
    BusyError,
    BrokenExecutor,
    duckdb.IOException,
    sqlite3.Error,
    sa.exc.OperationalError,
)
"""Exceptions of building that are caused by this machine, a store or the previous release."""


def is_fault_of_data(error: BaseException) -> bool:
    """Return whether building may have failed because of what a file holds."""
    return isinstance(error, Exception) and not isinstance(error, NOT_OF_DATA)
