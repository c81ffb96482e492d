"""Tables made layer by layer in a working set: each from staged tables and the tables before it, and only where it is new.

A table is keyed by the files of its sources, the content of the tables it is made of and the code. The layer `about` is
made by the audit (`pipelines.integration.audit`), for it describes what the audit finds.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from assets.contract.columns import MARTS, METADATA, key_of
from assets.contract.source import Source
from assets.organisations.organisation_tables import ORGANISATIONS
from assets.reading.structure import problems
from assets.tables.current_tables import CURRENT
from assets.tables.facts import FACTS
from pipelines.integration import build_tables, lineage
from pipelines.integration.build_tables import Made
from pipelines.integration.frames import Frames
from pipelines.integration.metadata_tables import notes, tables_about
from pipelines.integration.refusal import refuse
from pipelines.integration.warehouse import mart_sql, tables_read
from pipelines.integration.working_set import WorkingSet
from pipelines.staging.staged_tables import Staged
from pipelines.storage import code_version
from pipelines.storage.parquet import schema, to_pandas

MADE = (lineage.NOTES, ORGANISATIONS, FACTS, CURRENT, MARTS)
"""The layers that are made here, in their order."""


@dataclass(frozen=True)
class Workshop:
    """Where tables are made, and from what: the sources there are, those that are staged, and a working set."""

    sources: Mapping[str, Source]
    staged: Mapping[str, Staged]
    working: WorkingSet

    @classmethod
    def of(cls, staged: Mapping[str, Staged], working: WorkingSet) -> "Workshop":
        """Return the workshop whose sources are all staged."""
        return cls({name: one.source for name, one in staged.items()}, staged, working)

    def make_everything(self) -> None:
        """Make every table of every layer here that is not held of these inputs. Raises AuditError."""
        for layer in MADE:
            self.make(layer, lineage.tables_in(layer))

    def make(self, layer: str, tables: Collection[str]) -> list[str]:
        """Make those of some tables of a layer that are not held of these inputs; return their names.

        Raises AuditError where what was made is not as its definition says, MissingTableError where a table that they
        are made of has not been made.
        """
        keys = {table: self.key(table) for table in tables}
        lacking = [table for table in tables if not self.working.holds(table, keys[table])]
        if not lacking:
            return []
        if layer == MARTS:
            rows = marts(lacking, self.working)
            refuse({name: problems(to_pandas(rows[name]), METADATA.tables[name]) for name in lacking})
            for name in lacking:
                self.working.put_rows(name, keys[name], rows[name])
            return lacking
        made = self._made(layer, lacking)
        refuse({name: problems(one.rows, METADATA.tables[name]) for name, one in made.items()})
        for name, one in made.items():
            self.working.put(name, keys[name], one)
        return lacking

    def key(self, table: str) -> str:
        """Name what a table is made of: code, sources, files in use and the content of tables. Raises MissingTableError."""
        read = lineage.inputs(table, self.sources)
        parts = [code_version.of_tables(), table, *sorted(self.sources)]
        parts += [f"{name} {self.staged[name].manifest.digest}" for name in read.sources]
        parts += [f"{name} {self.working.digest(name)}" for name in read.tables]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def _made(self, layer: str, tables: Collection[str]) -> dict[str, Made]:
        if layer == lineage.NOTES:
            made = notes(self.sources.values())
            return {name: Made(made[name]) for name in tables}
        inputs = [lineage.inputs(table, self.sources) for table in tables]
        wanted = {name for read in inputs for name in read.sources}
        staged = {name: one for name, one in self.staged.items() if name in wanted}
        frames = _frames((name for read in inputs for name in read.tables), self.working)
        if layer == ORGANISATIONS:
            return build_tables.organisations(staged, tables)
        if layer == FACTS:
            return build_tables.facts(staged, frames, tables)
        return build_tables.current(frames, tables, self.sources.values())

    def make_about(self, tables: Collection[str]) -> None:
        """Make some tables about the data that do not describe finished tables. Raises AuditError, MissingTableError."""
        facts_needed = {*tables} & {*lineage.FROM_FACTS}
        made = self.about() if facts_needed else tables_about(self.staged)
        refuse({name: problems(made[name], METADATA.tables[name]) for name in tables})
        for name in tables:
            self.working.put(name, "", Made(made[name]))

    def about(self) -> Frames:
        """Return the tables about the data, except those that describe the finished tables."""
        grown = [*lineage.tables_in(ORGANISATIONS), *lineage.tables_in(FACTS)]
        outside: Counter[tuple[str, str]] = Counter()
        for name in grown:
            outside.update(self.working.outside(name))
        doubts = [row for name in grown for row in self.working.doubts(name)]
        organisations = _frames(lineage.tables_in(ORGANISATIONS), self.working)
        facts = _frames(lineage.tables_in(FACTS), self.working)
        return build_tables.about(self.staged, organisations, facts, doubts, outside)


def _frames(tables: Iterable[str], working: WorkingSet) -> Frames:
    return {name: working.frame(name) for name in dict.fromkeys(tables)}


def marts(names: Iterable[str], working: WorkingSet) -> dict[str, pa.Table]:
    """Return analysis tables by name, each from its SQL file over the tables of the working set, in the order of its key."""
    made = {}
    with duckdb.connect(config={"threads": 1}) as connection:
        for name in names:
            for read in tables_read(name):
                connection.register(read, working.rows(read))
            table = METADATA.tables[name]
            columns = ", ".join(f'"{column.name}"' for column in table.columns)
            select = f"SELECT {columns} FROM (\n{mart_sql(name)}\n) AS mart"  # noqa: S608 - names from the metadata, SQL from the project
            rows = connection.execute(select).to_arrow_table()
            made[name] = rows.cast(schema(table)).sort_by([(column, "ascending") for column in key_of(table)])
    return made
