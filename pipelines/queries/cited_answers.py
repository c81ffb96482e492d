"""Answers with the caveats and the sources of the tables they were read from, bounded in rows, size and time.

They are for programs that ask for a reader, such as a language model, which knows nothing that is not in the answer. Every question
opens the latest release, so one that is published in between is read at the next question.
"""

import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import wraps
from itertools import islice
from typing import Any, ParamSpec, TypeVar

from pipelines.queries import explain_row, organisation_history
from pipelines.queries.opened_release import Release, opened
from pipelines.queries.release_query import QueryError, database
from pipelines.queries.resolve_names import ADDED, answers
from pipelines.queries.sql_sandbox import SCREENFUL, Row, answer, plain

ROWS = 200
"""Rows of an answer."""
SIZE = 40_000
"""Characters of the rows or the text of an answer."""
NAMES = 200
"""Names of one question."""
PATIENCE = 30
"""Seconds for a SELECT: clients give a tool up after about a minute."""
RULES = "(self_assessed|never_chained|no_trust_score|ceilings|no_programme_effect)$"
"""The endings of the names of caveats that hold for whatever is asked."""
HISTORY = (
    "organisation", "organisation_current", "organisation_current_main", "organisation_geography", "organisation_name",
    "organisation_succession", "organisation_type", "programme_membership_current", "programme_candidate_current",
    "digital_funding",
)  # fmt: skip
"""The tables whose rows the history of an organisation shows."""
TABLES = "select table_name as name, comment as purpose, estimated_size as rows from duckdb_tables()"
HIDES = "json_execute_serialized_sql"
"""A function of DuckDB that runs a SELECT which the plan does not show."""
NAMED = ("organisation", "organisation_current", "organisation_current_main", "organisation_name")
"""The tables in which a name is looked up."""

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class SourceCited:
    """A source of the tables that were read, as it was when the release was published."""

    source: str
    title: str | None
    publisher: str | None
    licence: str | None
    attribution: str | None
    landing_page: str | None
    editions: str | None
    status: str | None
    why: str | None


@dataclass(frozen=True)
class CaveatCited:
    """What to know before using some tables; about the whole of them where it names no measure."""

    text: str
    tables: list[str]
    measures: list[str]


@dataclass(frozen=True)
class Cited:
    """The release that answered, the tables that were read, their caveats and their sources."""

    release: str
    tables: list[str]
    caveats: list[CaveatCited]
    sources: list[SourceCited]


@dataclass(frozen=True)
class TableListed:
    """A table of the release: what it is for, its grain, and how many rows it has."""

    name: str
    purpose: str
    rows: int


@dataclass(frozen=True)
class TableList:
    """Every table of the release, and the rules for every question."""

    release: str
    rules: list[str]
    tables: list[TableListed]


@dataclass(frozen=True)
class Column:
    """A column: what it means, its unit, and how its numbers may be combined."""

    name: str
    type: str
    description: str
    unit: str | None
    aggregation: str | None
    allowed_values: str | None


@dataclass(frozen=True)
class Description(Cited):
    """One table: what it is for, its key and its columns."""

    purpose: str
    rows: int
    key: list[str]
    columns: list[Column]


@dataclass(frozen=True)
class Rows(Cited):
    """The answer to a SELECT; `cut` is empty, or says how many rows there are beside those that are here."""

    cut: str
    columns: list[str]
    rows: list[list[Any]]


@dataclass(frozen=True)
class Match:
    """What a name or code was and is today; empty where nothing matches with certainty."""

    name: str
    org_code: str
    current_org_code: str
    current_org_name: str
    matched_by: str
    note: str
    candidates: str


@dataclass(frozen=True)
class Matches(Cited):
    """A match for each name that was asked about, in its order."""

    matches: list[Match]


@dataclass(frozen=True)
class Explanation(Cited):
    """Where a row came from, or the history of an organisation, in words."""

    text: str


def _of_one_release(question: Callable[P, T]) -> Callable[P, T]:
    """Ask again where another release was published meanwhile, so that an answer and its caveats are of the same one."""

    @wraps(question)
    def asked(*args: P.args, **kwargs: P.kwargs) -> T:
        while True:
            before, found = database(), question(*args, **kwargs)
            if database() == before:
                return found

    return asked


@_of_one_release
def list_tables() -> TableList:
    """Return the tables of the latest release, and the rules for every question."""
    with opened(database()) as release:
        listed = [TableListed(**row) for row in release.rows(f"{TABLES} order by name")]
    return TableList(database().parent.name, rules(), listed)


@_of_one_release
def describe_table(table: str) -> Description:
    """Return what a table and its columns mean; raise QueryError for an unknown one."""
    sql = """
        select column_name as name, type, description, unit, aggregation, allowed_values
        from data_dictionary where table_name = ? order by position"""
    with opened(database()) as release:
        if table not in release.tables:
            near = " or ".join(get_close_matches(table.lower(), release.tables))
            raise QueryError(
                f"Describing {table!r}: expected a table of the release, found none of that name; "
                + (f"did you mean {near}?" if near else "list the tables first.")
            )
        one = TableListed(**release.rows(f"{TABLES} where table_name = ?", table)[0])
        columns = [Column(**row) for row in release.rows(sql, table)]
        key = release.keys.get(table, [])
        return Description(*_cited(release, [table]), one.purpose, one.rows, key, columns)


@_of_one_release
def query(sql: str) -> Rows:
    """Return the first rows of one SELECT; raise QueryError for anything else, and for what the sandbox gives up."""
    columns, found = answer(sql, patience=PATIENCE)
    rows, cut = _first(found)
    tables = _tables_read(sql)
    with opened(database()) as release:
        return Rows(*_cited(release, tables), cut, columns, rows)


@_of_one_release
def resolve(names: list[str], on: date | None = None) -> Matches:
    """Return what names or codes in use on a day (None: of the newest list of trusts) are today; raise QueryError for too many."""
    if len(names) > NAMES:
        raise QueryError(
            f"Resolving names: expected at most {NAMES}, found {len(names)}; ask for fewer at a time."
        )
    of = answers(on)
    matches = [Match(name, **dict(zip(ADDED, of(name), strict=True))) for name in names]
    with opened(database()) as release:
        return Matches(*_cited(release, NAMED), matches)


@_of_one_release
def explain(table: str, key: str) -> Explanation:
    """Return where the row of a table with a key came from, or the history of an organisation; raise ExplainError for an unknown one."""
    history = table == "organisation"
    text = organisation_history.tell(key) if history else explain_row.explain(table, key)
    if len(text) > SIZE:
        text = f"{text[:SIZE]}\n(cut: the whole has {len(text):,} characters)"
    with opened(database()) as release:
        return Explanation(*_cited(release, HISTORY if history else [table]), text)


def rules() -> list[str]:
    """Return what the latest release says must be kept in mind with any question: caveats, and what is never compared."""
    compared = """
        select distinct instrument || ' with ' || with_instrument as pair
        from comparability where not comparable and instrument <> with_instrument order by pair"""
    known = """
        select distinct title || ': ' || text as rule
        from caveat inner join source_status on caveat.source = source_status.source
        where regexp_matches(caveat, ?) order by rule"""
    with opened(database()) as release:
        pairs = ", ".join(row["pair"] for row in release.rows(compared))
        known_rules = [row["rule"] for row in release.rows(known, RULES)]
    return [f"Never compare {pairs}: the table comparability says why.", *known_rules]


def _cited(
    release: Release, tables: Collection[str]
) -> tuple[str, list[str], list[CaveatCited], list[SourceCited]]:
    """Return the fields of `Cited` for some tables."""
    caveats = """
        select
            text, list_sort(list(distinct table_name)) as tables,
            coalesce(list_sort(list(distinct measure) filter (measure <> '')), []) as measures
        from caveat where list_contains(?, table_name)
        group by text order by measures, text"""
    sources = """
        select
            read.source, coalesce(s.title, f.how) as title, s.publisher, s.licence, s.attribution, s.landing_page,
            f.editions, s.status, s.why
        from (select unnest(?) as source) as read
        left join source_status as s on read.source = s.source
        left join (
            select source, any_value(how) as how, string_agg(distinct edition, ', ' order by edition) as editions
            from source_file group by source
        ) as f on read.source = f.source
        order by read.source"""
    names = sorted(tables)
    return (
        database().parent.name,
        names,
        [CaveatCited(**row) for row in release.rows(caveats, names)],
        [SourceCited(**row) for row in release.rows(sources, _sources(release, names))],
    )


def _sources(release: Release, tables: list[str]) -> list[str]:
    """Return the sources of tables: those of their caveats and coverage, and those that their rows name as evidence."""
    sql = """
        select source from caveat where list_contains(?, table_name)
        union select source from coverage where list_contains(?, table_name)"""
    naming = [name for name in tables if {"source", "evidence_grade"} <= release.tables.get(name, {}).keys()]
    of_rows = [f'union select source from "{name}"' for name in naming]  # noqa: S608 - tables of the release
    return [row["source"] for row in release.rows(" ".join([sql, *of_rows]), tables, tables)]


def _tables_read(sql: str) -> list[str]:
    """Return the tables that a SELECT reads, by the plan that DuckDB makes of it; raise QueryError where the plan hides them."""
    if HIDES in sql.lower():
        raise QueryError(
            f"Finding the tables that the SELECT reads: expected a SELECT that names them, found {HIDES}; write that SELECT itself."
        )
    escaped = sql.replace("'", "''")
    wanted = f"""
        select json_extract_string(plan, '$..function_data.table'), plan ->> 'error_message'
        from (select json_serialize_plan('{escaped}') as plan)"""  # noqa: S608 - a text, escaped, in the sandbox
    tables, problem = next(answer(wanted, patience=PATIENCE)[1])
    if problem:
        raise QueryError(
            f"Finding the tables that the SELECT reads: expected a plan of it, found {problem.splitlines()[0]}; write it in another way."
        )
    return sorted(set(tables))


def _first(found: Iterable[Row]) -> tuple[list[list[Any]], str]:
    """Return the first rows and an empty text, or one that says how many rows there are; raise QueryError where none is short enough."""
    rows: list[list[Any]] = []
    room, seen = SIZE, 0
    for row in islice(found, SCREENFUL + 1):
        seen += 1
        if seen <= ROWS and room > 0:
            values = [plain(value) for value in row]
            room -= len(json.dumps(values))
            if room >= 0:
                rows.append(values)
    if seen and not rows:
        raise QueryError(
            f"Asking the release: expected rows of up to {SIZE:,} characters, found a longer one; select fewer columns, or a part of the text."
        )
    if len(rows) == seen:
        return rows, ""
    total = f"more than {SCREENFUL:,}" if seen > SCREENFUL else f"{seen:,}"
    cut = f"These are the first {len(rows)} of {total} rows; the others were cut. Count, group or filter in SQL, or page with ORDER BY, LIMIT and OFFSET."
    return rows, cut
