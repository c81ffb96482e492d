"""What a refresh says at its end: what was published, what is not held and how to get it, how long it took, what to open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assets.contract.notes import NO_ROWS
from pipelines.integration.lineage import LAYERS, NOTES
from pipelines.queries.opened_release import Release, opened, pairs, section, wrapped
from pipelines.queries.release_query import database

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pipelines.storage.home import Home

Line = dict[str, Any]
"""The line of a source: its name, newest edition, rows, status and why it is not fresh."""
STATES = ("never_fetched", "refused", "stale", "frozen")
"""States of sources that lack something, the most pressing first."""
HELD = "frozen"
"""The state in which the page of the publisher is not shown: the editions of the project are in use."""
ADVICE = (
    "With a network, `digital-maturity refresh` asks the publishers. `digital-maturity ingest SOURCE FILE --edition E` "
    "adds a file that you downloaded. docs/operation.md says how."
)
RELEASE = "release"
TO_OPEN = {
    "explorer": "index.html",
    "workbook": "digital_maturity.xlsx",
    "report": "report/exemplars.html",
}


def sections(status: Mapping[str, Any], home: Home) -> Iterator[str]:
    """Yield the sections below the table of sources; `status` is that of the run, with the seconds of its steps."""
    folder = f"{home.address}/releases/{status['release']}"
    latest = folder if home.store else home.latest
    with opened(database()) as release:
        notes = [line for note in status.get("notes", ()) for line in wrapped(note)]
        yield section(_published(status, release), wrapped(folder) + notes + list(_left_out(release, folder)))
        yield section("Not held, or not the newest", _not_held(status["sources"], release))
        yield section("Tables without rows", _empty(release))
    yield section("Time", wrapped(_times(status["seconds"])))
    yield section("Open next", pairs({what: f"{latest}/{name}" for what, name in TO_OPEN.items()}))


def _published(status: Mapping[str, Any], release: Release) -> str:
    """Return in one line what was published, and how many rows were rejected."""
    (files,) = release.rows(
        "select coalesce(sum(rows_in), 0) as n, coalesce(sum(rows_rejected), 0) as rejected from source_file"
    )
    if status["outcome"] == "unchanged":
        return f"unchanged: there is nothing new; release {status['release']} stays the latest"
    return f"published: release {status['release']}; {files['rejected']:,} of {files['n']:,} rows rejected"


def _left_out(release: Release, folder: str) -> Iterator[str]:
    """Yield where the rows and the facts that were left out are listed with the reason."""
    (rows,) = release.rows("select count(*) as n from rejected_row")
    if rows["n"]:
        yield from wrapped(f"rejected rows, each with the reason: {folder}/csv/rejected_row.csv")
    sql = "select count(*) as n, sum(facts) as facts from unmatched_organisation where status = 'unmatched'"
    (doubts,) = release.rows(sql)
    if doubts["n"]:
        what = f"{doubts['facts']:,} facts are left out because no list of trusts has their organisation"
        yield from wrapped(f"{what}: {folder}/csv/unmatched_organisation.csv")


def _not_held(lines: Iterable[Line], release: Release) -> Iterator[str]:
    """Yield the sources that lack something, those with one reason together, and how to get it."""
    pages = {row["source"]: row["landing_page"] for row in release.rows("from source_status")}
    reasons: dict[tuple[str, str], list[str]] = {}
    for line in lines:
        if line["status"] in STATES:
            reasons.setdefault((line["status"], line["why"]), []).append(line["source"])
    for (state, why), names in sorted(reasons.items(), key=lambda found: STATES.index(found[0][0])):
        yield from wrapped(f"{', '.join(names)}: {why}", hang=4)
        if state != HELD:
            yield from pairs({f"  {name}": pages[name] for name in names if pages.get(name)})
    if reasons:
        yield from wrapped(ADVICE)


def _empty(release: Release) -> Iterator[str]:
    """Yield the fact tables without rows, those with one reason together."""
    sql = """
        select string_agg(distinct coverage.table_name, ', ' order by coverage.table_name) as tables, why
        from (
            select c.table_name, coalesce(max(c.why) filter (where c.subject = ?), max(s.why)) as why
            from coverage as c join source_status as s using (source)
            group by c.table_name
        ) as coverage
        join duckdb_tables() as held on held.table_name = coverage.table_name and held.estimated_size = 0
        group by why order by 1"""
    for row in release.rows(sql, NO_ROWS):
        yield from wrapped(f"{row['tables']}: {row['why']}", hang=4)


def _times(seconds: Mapping[str, float]) -> str:
    """Return how long the sources, each layer of tables and the release took."""
    layers = [layer for layer in (*LAYERS, RELEASE) if layer != NOTES]
    rest = sum(took for step, took in seconds.items() if step not in layers)
    each = {"sources": rest} | {layer: seconds[layer] for layer in layers if layer in seconds}
    return ", ".join(f"{name} {took:.1f} s" for name, took in each.items())
