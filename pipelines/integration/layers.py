"""Making tables layer by layer in a working set, from staged tables and earlier tables, and only if they are new.

The key of a table consists of the files of its sources, the content of its input tables and the code. The audit
(`pipelines.integration.audit`) makes the layer `about`, because that layer describes the results of the audit.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

import duckdb
import pyarrow as pa
import sqlalchemy as sa

from assets.catalogue import Catalogue
from assets.contract.columns import MARTS, METADATA, is_computed, key_of
from assets.organisations.organisation_tables import ORGANISATIONS
from assets.reading.structure import problems
from assets.tables.current_tables import CURRENT
from assets.tables.facts import FACTS
from pipelines.integration import build_tables, lineage
from pipelines.integration.build_tables import Made
from pipelines.integration.compact import Compact
from pipelines.integration.frames import Frames
from pipelines.integration.metadata_tables import notes, tables_about
from pipelines.integration.refusal import refuse
from pipelines.integration.warehouse import computed, mart_sql, tables_read
from pipelines.integration.working_set import WorkingSet
from pipelines.staging.staged_tables import Staged
from pipelines.storage import code_version
from pipelines.storage.parquet import schema, to_arrow, to_pandas

MADE = (lineage.NOTES, ORGANISATIONS, FACTS, CURRENT, MARTS)
"""The layers made here, in order."""


@dataclass(frozen=True)
class Workshop:
    """Makes the tables of a catalogue from those of its sources that are staged, in a working set."""

    catalogue: Catalogue
    staged: Mapping[str, Staged]
    working: WorkingSet

    def make_everything(self) -> None:
        """Make every table of these layers that is not up to date. Raises AuditError."""
        for layer in MADE:
            self.make(layer, self.tables_in(layer))

    def tables_in(self, layer: str) -> list[str]:
        """Return the names of the tables of a layer."""
        return lineage.tables_in(layer, self.catalogue.tables)

    def make(self, layer: str, tables: Collection[str]) -> list[str]:
        """Make the given tables of a layer that are not up to date; return their names.

        Raises AuditError if a table does not match its definition, MissingTableError if an input table has not been made.
        """

        def late(name: str) -> bool:
            return is_computed(METADATA.tables[name])

        turns = [[*names] for _, names in groupby(sorted(tables, key=late), key=late)]
        return [name for names in turns for name in self._make(layer, names)]

    def _make(self, layer: str, tables: Collection[str]) -> list[str]:
        """Make tables of a layer none of which reads another."""
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
        refuse({name: _problems(one, METADATA.tables[name]) for name, one in made.items()})
        for name, one in made.items():
            self.working.put(name, keys[name], one)
        return lacking

    def key(self, table: str) -> str:
        """Return a digest of the inputs of a table: code, sources, files, content of tables. Raises MissingTableError."""
        read = lineage.inputs(table, self.catalogue)
        parts = [code_version.of_tables(), table, *sorted(self.catalogue.sources)]
        if table in lineage.FROM_CODE:
            parts += sorted(self.catalogue.tables)
        parts += [f"{name} {self.staged[name].manifest.digest}" for name in read.sources]
        parts += [f"{name} {self.working.digest(name)}" for name in read.tables]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def _made(self, layer: str, tables: Collection[str]) -> dict[str, Made]:
        if layer == lineage.NOTES:
            made = notes(self.catalogue)
            return {name: Made(made[name]) for name in tables}
        inputs = [lineage.inputs(table, self.catalogue) for table in tables]
        wanted = {name for read in inputs for name in read.sources}
        staged = {name: one for name, one in self.staged.items() if name in wanted}
        frames = _frames((name for read in inputs for name in read.tables), self.working)
        if layer == ORGANISATIONS:
            return build_tables.organisations(staged, tables)
        if layer == FACTS:
            return build_tables.facts(staged, frames, tables)
        return build_tables.current(frames, tables, self.catalogue.sources.values())

    def make_about(self, tables: Collection[str]) -> None:
        """Make the given tables about the data, none about finished tables. Raises AuditError, MissingTableError."""
        facts_needed = {*tables} & {*lineage.FROM_FACTS}
        made = self.about() if facts_needed else tables_about(self.staged)
        refuse({name: problems(made[name], METADATA.tables[name]) for name in tables})
        for name in tables:
            self.working.put(name, "", Made(made[name]))

    def about(self) -> Frames:
        """Return the tables about the data, except those that describe the finished tables."""
        grown = [*self.tables_in(ORGANISATIONS), *self.tables_in(FACTS)]
        outside: Counter[tuple[str, str]] = Counter()
        for name in grown:
            outside.update(self.working.outside(name))
        doubts = [row for name in grown for row in self.working.doubts(name)]
        organisations = _frames(self.tables_in(ORGANISATIONS), self.working)
        facts = _frames(self.tables_in(FACTS), self.working)
        return build_tables.about(self.staged, organisations, facts, doubts, outside)


def _problems(made: Made, table: sa.Table) -> list[str]:
    return made.rows.problems if isinstance(made.rows, Compact) else problems(made.rows, table)


def _frames(tables: Iterable[str], working: WorkingSet) -> Frames:
    return {name: working.frame(name) for name in dict.fromkeys(tables)}


def marts(names: Iterable[str], working: WorkingSet) -> dict[str, pa.Table]:
    """Return marts by name, each from the tables of the working set, in the order of its key."""
    made = {}
    with duckdb.connect(config={"threads": 1}) as connection:
        for name in names:
            if by := computed(name):
                made[name] = to_arrow(by.make(_frames(by.reads, working)), METADATA.tables[name])
                continue
            for read in tables_read(name):
                connection.register(read, working.rows(read))
            table = METADATA.tables[name]
            columns = ", ".join(f'"{column.name}"' for column in table.columns)
            select = f"SELECT {columns} FROM (\n{mart_sql(name)}\n) AS mart"  # noqa: S608 - names from the metadata, SQL from the project
            rows = connection.execute(select).to_arrow_table()
            made[name] = rows.cast(schema(table)).sort_by([(column, "ascending") for column in key_of(table)])
    return made
