"""What changed from the release before to this one, row by row, and why: pure comparison of tables, no clock.

A row that was only read from another place (file, sheet, row) has not changed. The reason for a
change is what the row was read from; for a row that names no file, it is what changed in the tables it is made from, its
own organisation first. Tables are compared in the order in which they are made, so that a table finds the changes of those
it is made from.
"""
# ruff: noqa: S608 - names of tables and columns come from their definition

from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any

import duckdb
import pyarrow as pa
import sqlalchemy as sa

from assets.contract.columns import MARTS, METADATA, key_of, reading
from assets.organisations.organisation_tables import ORGANISATIONS
from assets.tables.about_data import ABOUT, WHY
from assets.tables.current_tables import CURRENT, fact_of
from pipelines.integration.warehouse import tables_read
from pipelines.judging.equal_values import NOISE

Tables = Mapping[str, pa.Table]
FINE_SCALE = 6
"""Decimals from which the last one of a rounded mean may be noise; amounts and scores have fewer."""
LISTED = 1000
"""How many changes of one table are listed one by one; more are counted by column."""
WHERE = {"source_file_sha256", "source_sheet", "source_row"}
"""Where a row was read: not compared."""
SEEN = {"edition", "as_of_date"}
"""When an organisation was seen last: every new list of trusts says so of each, and none has changed by it."""
CODES = ("org_code", "current_org_code", "successor_code", "predecessor_code")
"""Columns that say which organisation a row is about, the first that is filled before the others."""
SHOWN = {c.name for c in reading()}
"""What a fact shows of its organisation."""
EDITION, VINTAGE, ORGANISATION, METHOD = range(len(WHY))


def changes(old: Tables, new: Tables, *, other_code: bool) -> list[dict[str, Any]]:
    """Return the rows of `release_change`, from the tables of the release before and of this one, in order of making.

    `other_code` is whether the code that made them differs.
    """
    with duckdb.connect() as connection:
        connection.execute("create table touched (table_name text, org_code text, why integer)")
        found = _Comparison(connection, old, new, other_code=other_code)
        compared = [METADATA.tables[name] for name in new if METADATA.tables[name].info["layer"] != ABOUT]
        return [row for table in compared for row in found.of(table)]


def made_from(table: sa.Table) -> Set[str]:
    """Return the names of the tables that a table is made from, where it is not read from files."""
    if table.info["layer"] == MARTS:
        return tables_read(table.name)
    return {fact_of(table.name)} if table.info["layer"] == CURRENT else set()


def files(tables: Tables) -> tuple[set[str], set[str]]:
    """Return the editions and the files of a release, as `source edition` and `source edition sha256`."""
    rows = tables["source_file"].select(["source", "edition", "source_file_sha256"]).to_pylist()
    return {f"{r['source']} {r['edition']}" for r in rows}, {" ".join(r.values()) for r in rows}


class _Comparison:
    """Two releases, compared table by table."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, old: Tables, new: Tables, *, other_code: bool
    ) -> None:
        self.connection = connection
        self.old, self.new = old, new
        self.other_code = other_code
        self.organisations_changed = False
        for name, held in (("old", files(old)), ("new", files(new))):
            for kind, values in zip(("edition", "file"), held, strict=True):
                connection.register(f"{name}_{kind}", pa.table({"id": sorted(values)}))

    def of(self, table: sa.Table) -> Iterator[dict[str, Any]]:
        """Yield what changed in one table."""
        old, new = self.old.get(table.name), self.new[table.name]
        if old is None or not set(key_of(table)) <= set(old.column_names):
            yield from self._another(table, old, new)
            return
        yield from self._columns(table, old, new)
        if not old.equals(new):
            both = [name for name in new.column_names if name in old.column_names]
            other = [c for c in both if old.schema.field(c).type != new.schema.field(c).type]
            for name, rows in (("old_rows", old), ("new_rows", new)):
                self.connection.register(name, _as_text(rows.select(both), other))
            steps = {name: _noise(new.schema.field(name).type) for name in both if name not in other}
            self._compare(table, both, {name: step for name, step in steps.items() if step})
            yield from self._listed(table)

    @staticmethod
    def _another(table: sa.Table, old: pa.Table | None, new: pa.Table) -> Iterator[dict[str, Any]]:
        """Yield that a table is new, or has another grain than before."""
        for change, rows in (("removed", old), ("added", new)):
            if rows is not None and rows.num_rows:
                yield _summary(table, "", change, rows.num_rows)

    @staticmethod
    def _columns(table: sa.Table, old: pa.Table, new: pa.Table) -> Iterator[dict[str, Any]]:
        """Yield the columns that came and went, where they hold anything."""
        for change, here, there in (("removed", old, new), ("added", new, old)):
            for name in (name for name in here.column_names if name not in there.column_names):
                if filled := here.num_rows - here[name].null_count:
                    yield _summary(table, name, change, filled)

    def _compare(self, table: sa.Table, names: list[str], noise: Mapping[str, str]) -> None:
        """Fill `entry` with the columns both releases have: a row per row added or removed, and per value changed.

        `noise` is the SQL of what is no difference, by the name of each column of numbers with decimals.
        """
        left_out = WHERE | SEEN if table.info["layer"] == ORGANISATIONS else WHERE
        compared = [name for name in names if name not in {*left_out, *key_of(table)}]
        self.connection.execute(_delta(key_of(table), names, compared, noise))
        self.connection.execute(f"create or replace temp table judged as {self._why(table)}")
        whole = f"""select row_key, '' as column_name, change, codes, null as old_value, null as new_value,
            coalesce(why, {self._otherwise("")}) as why from judged where change <> 'changed'"""
        values = [
            f"""select row_key, '{c}', change, codes, "old {c}", "new {c}", coalesce(why, {self._otherwise(c)})
            from judged where change = 'changed' and "old {c}" is distinct from "new {c}" """
            for c in compared
        ]
        self.connection.execute(
            f"create or replace temp table entry as {' union all '.join([whole, *values])}"
        )

    def _why(self, table: sa.Table) -> str:
        """Return the SQL that adds to `delta` why a row changed, if its file or what it is made from gives the reason."""
        layer = table.info["layer"]
        if layer == ORGANISATIONS:
            return f"select *, {METHOD if files(self.old) == files(self.new) else ORGANISATION} as why from delta"
        above = ", ".join(f"'{name}'" for name in sorted(made_from(table))) or "null"
        touched = f"select * from touched where table_name in ({above})"
        organisations = ORGANISATION if self.organisations_changed and layer == CURRENT else "null"
        return f"""
            with own as (
                select row_key, min(t.why) as own_why
                from (select row_key, unnest(codes) as org_code from delta) inner join ({touched}) as t using (org_code)
                group by row_key
            )
            select delta.*, coalesce(
                case
                    when change <> 'removed' and edition_id not in (select id from old_edition) then {EDITION}
                    when change <> 'removed' and file_id not in (select id from old_file) then {VINTAGE}
                    when change = 'removed' and edition_id in (select id from new_edition)
                        and file_id not in (select id from new_file) then {VINTAGE}
                end, own_why, {organisations}, (select min(why) from ({touched}))) as why
            from delta left join own using (row_key)"""

    def _otherwise(self, column: str) -> int:
        """Return why a row of the same file changed: what it shows of its organisation, or how it is made."""
        shown = column in SHOWN or not self.other_code
        return ORGANISATION if shown and self.organisations_changed else METHOD

    def _listed(self, table: sa.Table) -> Iterator[dict[str, Any]]:
        """Yield the changes of a table: one by one, or counted where they are many."""
        counts = self.connection.execute("select count(*) from entry").fetchone()
        many = (counts or (0,))[0] > LISTED
        self.organisations_changed |= table.info["layer"] == ORGANISATIONS and counts != (0,)
        self.connection.execute(
            "insert into touched select distinct ?, unnest(list_filter(codes, lambda c: c is not null)), why from entry "
            "union select distinct ?, null, why from entry",
            [table.name, table.name],
        )
        one_by_one = """select row_key, column_name, change, list_filter(codes, lambda c: c is not null)[1] as org_code,
            old_value, new_value, 1 as rows, why from entry"""
        counted = """select '' as row_key, column_name, change, null as org_code, null as old_value,
            null as new_value, count(*) as rows, why from entry group by all"""
        for row in self.connection.execute(counted if many else one_by_one).to_arrow_table().to_pylist():
            yield {"table_name": table.name, **row, "why": WHY[row["why"]]}


def _as_text(rows: pa.Table, names: Iterable[str]) -> pa.Table:
    """Return rows with some columns as text: their type is not the one of the other release."""
    for name in names:
        rows = rows.set_column(rows.column_names.index(name), name, rows[name].cast(pa.string()))
    return rows


def _noise(kind: pa.DataType) -> str:
    """Return the SQL of the difference up to which two numbers `n` and `o` are published as the same; empty for others.

    A float that is computed again, or saved again by a spreadsheet, moves in its last digits; a mean that is rounded
    to nine decimals may then move by one of the last.
    """
    if pa.types.is_floating(kind):
        return f"{NOISE} * greatest(1, abs(o))"
    if pa.types.is_decimal(kind) and kind.scale >= FINE_SCALE:
        return f"1.5e-{kind.scale}"
    return ""


def _differ(name: str, noise: Mapping[str, str]) -> str:
    """Return the SQL of whether a value of both sides differs."""
    new, old = f'n."{name}"', f'o."{name}"'
    if name not in noise:
        return f"{new} is distinct from {old}"
    most = noise[name].replace("abs(o)", f"abs({old})")
    return f"({new} is distinct from {old} and coalesce(abs({new} - {old}) > {most}, true))"


def _delta(keys: list[str], names: list[str], compared: list[str], noise: Mapping[str, str]) -> str:
    """Return the SQL of `delta`: a row per row that differs, with both values of each column as text.

    Of two values that are published as the same, the old one stands on both sides.
    """
    either = {name: f'cast(coalesce(n."{name}", o."{name}") as varchar)' for name in names}
    codes = ", ".join(either[c] for c in CODES if c in names) or "null::varchar"
    place = [either[c] for c in ("source", "edition", "source_file_sha256") if c in names]
    read = [" || ' ' || ".join(place[:n]) if len(place) == 3 else "null::varchar" for n in (2, 3)]
    differs = {c: _differ(c, noise) for c in compared}
    values = [
        f', cast(o."{c}" as varchar) as "old {c}"'
        f', cast(case when {differs[c]} then n."{c}" else o."{c}" end as varchar) as "new {c}"'
        for c in compared
    ]
    joined = " and ".join(f'n."{key}" = o."{key}"' for key in keys)
    differ = "".join(f" or {differs[c]}" for c in compared)
    lost, came = f'n."{keys[0]}" is null', f'o."{keys[0]}" is null'
    return f"""
        create or replace temp table delta as
        select concat_ws('|', {", ".join(either[key] for key in keys)}) as row_key,
            case when {came} then 'added' when {lost} then 'removed' else 'changed' end as change,
            [{codes}] as codes, {read[0]} as edition_id, {read[1]} as file_id{"".join(values)}
        from new_rows as n full join old_rows as o on {joined}
        where {lost} or {came}{differ}"""


def _summary(table: sa.Table, column: str, change: str, rows: int) -> dict[str, Any]:
    """Return a row about a whole table or column that came or went: the making changed."""
    place = {"table_name": table.name, "row_key": "", "column_name": column, "change": change}
    return {**place, "org_code": None, "old_value": None, "new_value": None, "rows": rows, "why": WHY[METHOD]}


# --- in words

HEAD = """# Changelog

What changed from release to release, newest first. Each row that changed, and why: `release_change`.
"""
KEPT = 100
"""How many releases the changelog covers."""


def changelog(version: str, before: str, lines: Iterable[str], earlier: str) -> str:
    """Return CHANGELOG.md: this release `version`, which follows `before` (empty: none), and what `earlier` said."""
    title = f"## {version}, after {before}" if before else f"## {version}"
    entries = ["\n".join([title, "", *(f"- {line}" for line in lines)]), *earlier.split("\n## ")[1:]]
    first, *others = [entry.strip() for entry in entries][:KEPT]
    return "\n\n".join([HEAD.strip(), first, *(f"## {entry}" for entry in others)]) + "\n"


def first_release(new: Tables) -> Iterator[str]:
    """Yield what the first release holds, in words."""
    yield "The first release: nothing to compare with."
    yield f"Editions held: {'; '.join(sorted(files(new)[0]))}."


def in_words(
    old: Tables, new: Tables, changed: Iterable[Mapping[str, Any]], *, other_code: bool
) -> Iterator[str]:
    """Yield what changed, a line each: editions and files, code, then tables."""
    (old_editions, old_files), (new_editions, new_files) = files(old), files(new)
    replaced = {file.rsplit(" ", 1)[0] for file in new_files - old_files} & old_editions
    for what, names in (
        ("New editions", new_editions - old_editions),
        ("Replaced by the publisher", replaced),
        ("No longer held", old_editions - new_editions),
    ):
        if names:
            yield f"{what}: {'; '.join(sorted(names))}."
    if other_code:
        yield "The code that reads and joins the data changed."
    yield from _tables_in_words(changed) or ["No row of a table changed."]


def _tables_in_words(changed: Iterable[Mapping[str, Any]]) -> list[str]:
    counted: dict[str, dict[tuple[str, str, bool], int]] = {}
    for row in changed:
        counts = counted.setdefault(row["table_name"], {})
        what = (row["change"], row["why"], bool(row["column_name"]))
        counts[what] = counts.get(what, 0) + row["rows"]
    return [
        f"`{name}`: {'; '.join(_counted(*each) for each in sorted(of.items()))}."
        for name, of in counted.items()
    ]


def _counted(what: tuple[str, str, bool], count: int) -> str:
    change, why, values = what
    return f"{count} {'value' if values else 'row'}{'s' * (count != 1)} {change} ({why})"
