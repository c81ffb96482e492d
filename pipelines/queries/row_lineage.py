"""What a published row was made from, in words: the rows behind a row of a mart, and the facts behind a sum on today's organisations.

Each row it was made from is named as `explain` takes it, so that every number can be followed to its file.
"""

import re
from collections.abc import Iterator
from importlib.resources import files

from pipelines.queries.opened_release import LISTED, Condition, Release, Row, section, wrapped
from pipelines.queries.organisation_history import steps_of, succession_steps
from pipelines.queries.rows_behind import BEHIND, condition, literal
from pipelines.storage.release_folder import shown

PERIODS = ("period", "financial_year", "fy_end_year")
"""Columns that distinguish rows even if they are not part of a key."""
ASSESSED = ("edition", "measure", "period")
"""Columns that mean something else in a table that is not about the instruments of an assessment."""


def made_from(release: Release, table: str, row: Row) -> Iterator[str]:
    """Yield the sections about what a row was made from."""
    fact, script = fact_of(release, table), files("sql") / f"{table}.sql"
    if fact and "constituents" in row:
        yield section("What it was added from", _added(release, fact, table, row))
    elif fact:
        yield section("The fact that is listed", _named(release, fact, row))
        yield section("Its way to today", succession_steps(steps_of(release, [row["path"]])))
    elif script.is_file() or table in BEHIND:
        text = script.read_text("utf-8") if script.is_file() else ""
        yield section("What it was made from", _mart(release, table, text, row))
    elif "source" in row:
        sql = "from source_file where source = ? and edition = coalesce(?, edition) order by edition, part"
        found = release.rows(sql, row["source"], row.get("edition"))
        lines = [f"  {one['edition']}  {one['publisher_file_name'] or one['how']}" for one in found]
        yield section("Files of this source", lines or ["  none in this release"])
    else:
        code = row.get("org_code") or row.get("predecessor_code")
        see = f"; see `digital-maturity explain organisation {code}`" if code else ""
        yield section("What it was made from", wrapped(f"read from no file: made by this project{see}"))


def fact_of(release: Release, table: str) -> str:
    """Return the fact table whose facts a table holds on today's organisations; empty if it is not such a table."""
    fact = table.removesuffix("_current")
    is_one = fact != table and "org_name_as_published" in release.tables.get(fact, ())
    return fact if is_one else ""


def _added(release: Release, fact: str, table: str, row: Row) -> Iterator[str]:
    """Yield the facts that were added up: those of the same group under the code of a constituent."""
    group = [name for name in release.keys[table] if name != "constituents"]
    conditions: list[Condition] = [(f'"{name}" is not distinct from ?', [row[name]]) for name in group]
    whose = (
        "list_contains(string_split(?, ' '), org_code) or (org_code is null and org_name_as_published = ?)"
    )
    count, rows = release.fitting(fact, [*conditions, (whose, [row["constituents"]] * 2)])
    allocation = release.meaning(table, "allocation", row["allocation"])
    yield from wrapped(f"{_rows(fact, count)}: {row['allocation']}, {allocation}")
    values = release.adding(fact)
    for one in rows:
        yield from _named(release, fact, one)
        amounts = [f"{name} {shown(one[name])}" for name in values]
        who = " ".join(filter(None, (one["org_code"], one["org_name_as_published"])))
        yield from wrapped(f"{who}: {', '.join(amounts)} ({one['value_status']})", "      ")


def _named(release: Release, table: str, row: Row) -> Iterator[str]:
    yield f'    explain {table} "{release.name(table, row)}"'


def _rows(table: str, count: int) -> str:
    return f"{table}: {count} row{'s' * (count != 1)}{f', the first {LISTED}' if count > LISTED else ''}"


def _mart(release: Release, table: str, script: str, row: Row) -> Iterator[str]:
    """Yield the tables a mart reads, and the rows of them that are behind `row`."""
    read = {*BEHIND.get(table, ()), *(release.connection.get_table_names(script) if script else ())}
    yield "  it was made from some or all of these rows; run `explain` on one to see its file"
    for one in sorted(read & release.tables.keys()):
        where = condition(table, one, row) or _about_the_same(release, script, row, one)
        if where:
            yield from _listed(release, one, where)
        else:
            yield f"  {one}: read as a whole"


def _listed(release: Release, table: str, where: str) -> Iterator[str]:
    """Yield the rows of a table that meet a condition, and the query that shows all of them where they are many."""
    count, rows = release.fitting(table, [(where, [])])
    yield f"  {_rows(table, count)}"
    for one in rows:
        yield from _named(release, table, one)
    if count > len(rows):
        yield f'    all of them: digital-maturity query "from {table} where {where}"'


def _about_the_same(release: Release, script: str, row: Row, table: str) -> str:
    """Return the condition on the rows of a table that a mart's row can have been made from; empty if it is read as a whole.

    The same organisation (today's, unless the mart itself has both codes), the same key and period where the mart
    has them, and of a key column that the SQL compares with words one of these words, where the table has any of them.
    Editions and measures are those of an assessment: they say nothing of a table that is not about instruments.
    """
    columns = release.tables[table]
    today = "current_org_code" in columns and "current_org_code" not in row
    codes = [name for name, has in (("org_code", "org_code" in columns), ("current_org_code", today)) if has]
    same, among = ("org_code", codes) if "org_code" in row else ("icb_code", ["icb_code"])
    if not {*among} & columns.keys() or same not in row:
        return ""
    key = [name for name in release.keys[table] if name != same]
    foreign = () if "instrument" in columns else ASSESSED
    found = [" or ".join(f"{name} = {literal(row[same])}" for name in among)]
    for name in dict.fromkeys([*key, *PERIODS]):
        words = _words(script, name)
        if name in columns and name not in foreign and row.get(name) is not None:
            found.append(f"cast({name} as varchar) = {literal(shown(row[name]))}")
        elif name in key and words:
            one = f"{name} in ({', '.join(map(literal, words))})"
            found += [one] if release.fitting(table, [(one, [])])[0] else []
    return " and ".join(f"({one})" if " or " in one else one for one in found)


def _words(script: str, column: str) -> list[str]:
    """Return the words a script compares a column with: `= 'word'`, `in ('word', 'word')`."""
    compared = re.findall(rf"\b{column} (?:=|in) \(?((?:'[^']*'[,\s]*)+)", script)
    return re.findall(r"'([^']*)'", " ".join(compared))
