"""Why an organisation changed since a release: every change that a later release recorded, with its reason.

Asks the releases on this machine alone, each about the one before it: nothing is compared again. They are asked by their
Parquet files, because `prune` may have removed their databases.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import duckdb

from pipelines.queries.named_organisation import code_of
from pipelines.queries.opened_release import ExplainError, Release, Row, opened, page, section, wrapped
from pipelines.queries.release_query import database
from pipelines.storage.home import Home
from pipelines.storage.release_folder import shown

CHANGES = "parquet/release_change.parquet"
RECORDED = "from read_parquet(?) where {} order by table_name, row_key, column_name, change, why"


def tell(name: str, since: str) -> str:
    """Return what changed of the organisation with an ODS code or a name after the release `since`, as text.

    Raises ExplainError for an unknown organisation or release.
    """
    latest = database()
    Home.default().of_every_release(CHANGES)
    after = _after(latest.parents[1], latest.parent.name, since)
    with opened(latest) as release:
        title, codes = _organisation(release, code_of(name).strip().upper())
    sections = [section(path.name, _changes(path, codes)) for path in after]
    title = f"{codes[0]}  {title}, changes since {since}"
    return page(
        [title, *sections] if any(sections) else [title, "No release after it changed a row about it."]
    )


def _after(releases: Path, latest: str, since: str) -> list[Path]:
    """Return the releases after one, up to the latest, oldest first."""
    names = sorted(path.name for path in releases.glob("[0-9]*Z") if path.name <= latest)
    if since not in names:
        raise ExplainError(
            f"Explaining what changed since {since!r}: expected a release that is here, found none of that name; choose one of {', '.join(names)}."
        )
    return [releases / name for name in names if name > since]


def _organisation(release: Release, code: str) -> tuple[str, list[str]]:
    """Return the name of an organisation, and its code with those of all it took over."""
    found = release.rows("select org_name from organisation where org_code = ?", code)
    if not found:
        raise ExplainError(
            f"Explaining organisation {code!r}: expected the ODS code of an NHS trust, found none of that code; look for its name with `digital-maturity resolve`."
        )
    sql = "select distinct org_code from organisation_current where current_org_code = ? order by org_code"
    before = [row["org_code"] for row in release.rows(sql, code)]
    return found[0]["org_name"], [code, *(each for each in before if each != code)]


def _changes(path: Path, codes: list[str]) -> Iterator[str]:
    """Yield the changes that one release recorded of some organisations, then the changes it only counted."""
    file = path / CHANGES
    if not file.exists():
        yield "  This release does not record what changed."
        return
    with duckdb.connect() as connection:
        release = Release(connection)
        yield from _listed(release.rows(RECORDED.format("list_contains(?, org_code)"), str(file), codes))
        counted = release.rows(RECORDED.format("row_key = ''"), str(file))
    if counted:
        yield "  Counted only, not organisation by organisation:"
    for row in counted:
        what = f"{row['column_name'] or 'rows'} {row['change']}"
        yield from wrapped(f"{row['table_name']}: {what} {row['rows']} times ({row['why']})", "    ", hang=6)


def _listed(rows: Iterable[Row]) -> Iterator[str]:
    previous = None
    for row in rows:
        place = f"{row['table_name']}  {row['row_key']}"
        if place != previous:
            yield f"  {place}"
        previous = place
        values = f": {shown(row['old_value'])} -> {shown(row['new_value'])}" if row["column_name"] else ""
        what = f"{row['column_name'] or 'row ' + row['change']}{values} ({row['why']})"
        yield from wrapped(what, "    ", hang=6)
