"""Where a published row came from, in words: its file, sheet and row, its checks and revisions, and its caveats.

This reads only the latest release and the sidecars of the archive. It starts no pipeline, so it answers at once.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from assets.contract.edition_shape import series_of
from assets.contract.errors import DigitalMaturityError
from pipelines.queries.named_organisation import find
from pipelines.queries.opened_release import ExplainError, Release, Row, opened, page, pairs, section, wrapped
from pipelines.queries.release_query import database
from pipelines.queries.row_lineage import fact_of, made_from
from pipelines.storage.home import Home
from pipelines.storage.release_folder import DATABASE, shown

WHERE = ("source_file_sha256", "source_sheet", "source_row", "evidence_grade", "value_status")
"""Columns that say where a row was read: shown after its values."""


def explain(table: str, key: str) -> str:
    """Return where the row of `table` with `key` came from, as text.

    `key` is the values of the primary key joined by `|`, in its order; some may be left out, or be in another order, if one row
    fits. The name of an organisation may stand for its code. Raises ExplainError for an unknown table, and if no row or several rows fit.
    """
    with opened(database()) as release:
        tables = release.tables
        if table not in tables:
            near = get_close_matches(table.lower(), tables) or tables
            raise ExplainError(
                f"Explaining {table!r}: expected `organisation` or a table of the release, found neither; choose one of {', '.join(near)}."
            )
        row, taken = find(release, table, key)
        title = f"{table}  {release.name(table, row)}"
        return page(
            [
                section(title, [*(wrapped(taken) if taken else ()), *wrapped(release.purpose(table), "")]),
                section("Values", pairs(_values(row, tables[table]))),
                *origin(release, table, row),
                section(
                    "Read before using it",
                    [*_caveats(release, table, row), *_comparable(release, row)],
                ),
            ]
        )


def origin(release: Release, table: str, row: Row) -> Iterator[str]:
    """Yield sections: where a row was read, and what it was made from if it is not itself a row of a file."""
    if fact_of(release, table) or not _is_read(row):
        yield from made_from(release, table, row)
    if _is_read(row):
        yield from _read_from(release, table, row)


def _is_read(row: Row) -> bool:
    """Return whether a row was read from one place of a file; a sum of several facts was not."""
    return bool(row.get("source_file_sha256")) and row.get("source_row", 1) is not None


def _values(row: Row, meanings: Mapping[str, str]) -> dict[str, str]:
    shown_later = WHERE if _is_read(row) else ()
    return {
        name: f"{'(empty)' if value == '' else shown(value)} ({meanings[name].rstrip('.')})"
        for name, value in row.items()
        if name not in shown_later
    }


def _read_from(release: Release, table: str, row: Row) -> Iterator[str]:
    """Yield the sections about a row that was read from a file."""
    file = _file(release, row)
    status = release.meaning(table, "value_status", row.get("value_status"))
    place = _place(row, file, status)
    yield section("Where it was read", pairs({word: text for word, text in place.items() if text}))
    yield section("Checks", _checks(release, table, row, file))
    yield section("Other files of this edition", _revisions(release, table, row, file))


def _file(release: Release, row: Row) -> Row:
    """Return the file a row was read from, with what is known of its source."""
    sql = """
        select f.*, s.title, s.publisher, s.landing_page, s.licence
        from source_file as f left join source_status as s on f.source = s.source
        where f.source_file_sha256 = ? and f.source = coalesce(?, f.source) and f.edition = coalesce(?, f.edition)
        order by f.source, f.edition, f.part
        limit 1"""
    return release.rows(sql, row["source_file_sha256"], row.get("source"), row.get("edition"))[0]


def _place(row: Row, file: Row, status: str) -> dict[str, Any]:
    """Return what is known of the place a row was read; `status` is what its value_status means."""
    return {
        "source": ": ".join(filter(None, (file["source"], file["title"]))),
        "publisher": file["publisher"],
        "edition": " ".join(filter(None, (file["edition"], file["part"]))),
        "file": file["publisher_file_name"],
        "sheet": row.get("source_sheet"),
        "row": f"{row['source_row']}, counted from 1" if "source_row" in row else "",
        "value": status,
        "evidence": row.get("evidence_grade"),
        "address": file["file_url"],
        "announced": file["landing_page"],
        "published": file["published_on"],
        "retrieved": file["retrieved_on"],
        "sha256": file["source_file_sha256"],
        "obtained": f"{file['origin']}: {file['how']}",
        "rows": f"{file['rows_in']} in the file, {file['rows_used']} used, {file['rows_rejected']} rejected",
        "ignored": file["ignored"],
        "oddities": file["drift"],
        "licence": file["licence"],
    }


def _checks(release: Release, table: str, row: Row, file: Row) -> Iterator[str]:
    """Yield the checks of the file and of the table, with their outcomes."""
    place = "|".join(
        shown(row.get(name)) for name in ("source_file_sha256", "edition", "source_sheet", "source_row")
    )
    for of, on, title, key in (
        (f"{file['source']}_staged", _checked(release, file), "the file", place),
        (table, "release", "the table", release.name(table, row)),
    ):
        sql = "from check_result where table_name = ? and checked = ? order by check_name"
        found = release.rows(sql, of, on)
        yield from wrapped(f"of {title}: {_tally(found)}")
        for check in found:
            failing = check["failing_keys"].split("; ")
            here = (
                " This row is among those not as expected."
                if any(f"{one}|".startswith(f"{key}|") for one in failing)
                else ""
            )
            yield from wrapped(
                f"{check['check_name']}: found {check['observed']}. {check['why']}{here}",
                f"    {check['outcome']:<8}",
            )


def _checked(release: Release, file: Row) -> str:
    """Return what the checks of a file are recorded under: edition, part and file, or those of the series it is in.

    A series that is frozen together is checked together; its part is that of its files up to the first dot.
    """
    series = series_of(file["part"])
    alone = " ".join(filter(None, (file["edition"], file["part"], file["source_file_sha256"][:12])))
    sql = """
        select checked from check_result where table_name = ? and (checked = ? or starts_with(checked, ?))
        order by checked = ? desc, checked limit 1"""
    found = release.rows(sql, f"{file['source']}_staged", alone, f"{file['edition']} {series} ", alone)
    return str(found[0]["checked"]) if found else alone


def _tally(checks: Sequence[Row]) -> str:
    passed = sum(check["outcome"] == "passed" for check in checks)
    return f"{passed} of {len(checks)} checks passed" if checks else "no check is recorded"


def _revisions(release: Release, table: str, row: Row, file: Row) -> Iterator[str]:
    """Yield the other files known of the same edition: in the archive, and in other releases with this row there."""
    home = Home.default()
    home.pull("archive")
    home.of_every_release("csv/source_file.csv")
    this = (file["source"], file["edition"], file["part"])
    archived = {
        v.sha256: f"retrieved {v.retrieved_at[:10]}"
        + (f", published {v.published_at[:10]}" if v.published_at else "")
        for v in home.archive.vintages(file["source"])
        if (v.source, v.edition, v.part) == this
    }
    used = {
        sha: path.parts[-3]
        for path in sorted(home.releases.glob("2*/csv/source_file.csv"))
        for sha in _used(path, this)
    }
    others = [sha for sha in {**archived, **used} if sha != file["source_file_sha256"]]
    for sha in others:
        yield from wrapped(f"sha256 {sha}, {archived.get(sha, 'no longer in the archive')}")
        use = _then(release, table, row, used[sha]) if sha in used else "No release here used it."
        yield from wrapped(use, "    ")
    if not others:
        yield "  none known in the archive or in the releases here"


def _used(path: Path, file: tuple[str, str, str]) -> list[str]:
    """Return the files that a release used for an edition and part; none if its list cannot be read."""
    try:
        rows = list(csv.DictReader(path.read_text("utf-8").splitlines()))
        return [
            one["source_file_sha256"] for one in rows if (one["source"], one["edition"], one["part"]) == file
        ]
    except (OSError, ValueError, LookupError, csv.Error):
        return []


def _then(release: Release, table: str, row: Row, name: str) -> str:
    """Return how the row was in another release."""
    key = release.name(table, row)
    try:
        with opened(Home.default().release(DATABASE, name) / DATABASE) as other:
            before = other.find(table, key)
    except (ExplainError, LookupError):
        return f"Release {name} used it and has no such row."
    except DigitalMaturityError:
        return f"Release {name} used it; its database is not here, so the row as it was then cannot be shown."
    changed = [
        f"{column} was {shown(before[column])}, is {shown(value)}"
        for column, value in row.items()
        if column in before and column not in WHERE and before[column] != value
    ]
    return f"Release {name} used it; {'; '.join(changed) or 'the row had the same values'}."


def _caveats(release: Release, table: str, row: Row) -> Iterator[str]:
    """Yield what to know about the table, the measure and the columns of a row."""
    sql = """
        from caveat
        where table_name = ? and source = coalesce(?, source) and list_contains(?, measure)
        order by measure, caveat"""
    measures = ["", row["measure"]] if "measure" in row else ["", *row]
    for one in release.rows(sql, table, row.get("source"), measures):
        yield from wrapped(one["text"], "  - ")


def _comparable(release: Release, row: Row) -> Iterator[str]:
    """Yield what the row may be compared with, and what not."""
    sql = """
        with pairs as (
            from comparability
            union
            select with_instrument, with_measure, with_period, instrument, measure, period, comparable, why
            from comparability
        )
        select comparable, why, with_instrument, with_period, string_agg(with_measure, ', ' order by with_measure) as measures
        from pairs
        where instrument = ? and list_contains(?, measure) and (list_contains(?, period) or period like 'any %')
        group by all order by all"""
    instrument = row.get("instrument") or shown(row.get("source")).upper()
    measures = [row["measure"]] if "measure" in row else list(row)
    for one in release.rows(sql, instrument, measures, [shown(value) for value in row.values()]):
        may = "May be compared" if one["comparable"] else "NOT comparable"
        yield from wrapped(
            f"{may} with {one['with_instrument']} {one['with_period']} ({one['measures']}): {one['why']}",
            "  - ",
        )
