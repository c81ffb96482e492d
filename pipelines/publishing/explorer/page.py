"""The explorer: one HTML file that needs no other file.

The template renders every national table and the state of sources, so that the page can be read without JavaScript; the
script adds search, pages of trusts, charts and downloads. A Content-Security-Policy blocks all other scripts and every download. Nothing depends on the clock, the machine or the order of a set.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import pyarrow as pa
from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from pipelines.publishing.descriptors import TITLE
from pipelines.publishing.empty_tables import why_empty
from pipelines.publishing.explorer.board_map import board_map
from pipelines.publishing.explorer.drawing import Drawing
from pipelines.publishing.explorer.grid import SYMBOLS, Grid, ask, connect, grid, marked
from pipelines.publishing.explorer.overview import comparison, listed_on, todays_trusts
from pipelines.publishing.explorer.palette import band, names, style
from pipelines.publishing.explorer.pictures import pictures
from pipelines.publishing.explorer.row_origins import Origins
from pipelines.publishing.explorer.trust_pages import trusts
from pipelines.publishing.previous_release import check_of, outcomes
from pipelines.storage.release_folder import DATABASE, NAME, SUMS

FILES = {
    f"{NAME}.xlsx": "the workbook: the tables most people want, with notes; begin here",
    "report/exemplars.html": "the report: Exemplars then and now",
    DATABASE: "every table, for DuckDB",
    f"{NAME}.sqlite": "every table, for SQLite and Datasette",
    "metadata.json": "settings for Datasette: titles, units, facets and questions",
    "data_dictionary.csv": "what every column means",
    "datapackage.json": "the same for programs: files, columns, units, sources, licences (Data Package)",
    "dataset.jsonld": "the release as search engines for data read it",
    "ATTRIBUTION.md": "whom to credit, and under which licence",
    "CHANGELOG.md": "what changed since the release before",
    SUMS: "the SHA-256 of every file",
}
"""The files beside the page, and what each is for; every table is there as CSV and Parquet too."""

STYLES = ("style.css", "views.css")
SCRIPTS = (
    *("figures.js", "row_origins.js", "explorer.js"),
    *("near_matches.js", "browse.js", "board_map.js", "compare.js"),
)
"""The files of the style sheet and of the script, in the order in which the page holds them."""


def page(
    tables: Mapping[str, pa.Table], drawing: Drawing, version: str, before: pa.Table | None = None
) -> str:
    """Return the explorer of a release as HTML.

    `before` is the table check_result of the release before, if there is one.
    """  # fmt: skip
    folder = files("pipelines.publishing.explorer")
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=FunctionLoader(lambda name: (folder / name).read_text("utf-8")),
    )
    environment.filters.update(marked=marked, band=band)
    with connect(tables) as connection:
        sheet = style() + "\n".join((folder / name).read_text("utf-8") for name in STYLES)
        scripts = [drawing.library, "\n".join((folder / name).read_text("utf-8") for name in SCRIPTS)]
        origins = Origins(connection)
        day = connection.execute("select max(as_of_date) from organisation").fetchall()[0][0].isoformat()
        data = {**trusts(connection, origins), "specs": drawing.specs, "colours": names(), "symbols": SYMBOLS}
        drawn = pictures(connection, origins)
        data["grids"] = {g.name: [g.table, g.traces] for p in drawn for g in p.grids if g.traces}
        data["origins"] = origins.packed()
        data["release"] = {"title": TITLE, "version": version, "day": day}
        every = ask(connection, "checks")
        days = listed_on(connection)
        checks = _where(every, "checks", lambda row: row["checked"] != "csv")
        data |= {"map": board_map(connection, days), "comparison": comparison(connection), "days": days}
        return environment.get_template("page.html").render(
            style=Markup(sheet),  # noqa: S704 - ours
            scripts=list(map(Markup, scripts)),
            policy=policy(sheet, *scripts),
            data=_script_json(data),
            days=days,
            browse=todays_trusts(connection),
            boards_today=ask(connection, "boards_today"),
            version=version,
            pictures=drawn,
            files=FILES,
            symbols=SYMBOLS,
            sources=ask(connection, "sources"),
            caveats=ask(connection, "caveats"),
            comparability=ask(connection, "comparability"),
            checks=checks,
            check_counts=ask(connection, "check_counts"),
            failures=ask(connection, "failures"),
            not_passed=_where(
                checks, "checks_not_passed", lambda row: row["outcome"] != "passed" or row["failing_keys"]
            ),
            spreadsheets=_where(every, "spreadsheets", lambda row: row["checked"] == "csv"),
            trends=trends(tables["check_result"], before),
            day=day,
            current=len([1 for row in ask(connection, "trusts").rows if row[2]]),
            tables={name: why_empty(name, tables) for name in sorted(tables)},
        )


def policy(style: str, *scripts: str) -> str:
    """Return a Content-Security-Policy that allows these and nothing else: no address, no evaluation of text."""
    allowed = " ".join(map(_hash, scripts))
    return f"default-src 'none'; base-uri 'none'; form-action 'none'; style-src {_hash(style)}; script-src {allowed}"


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _script_json(value: Any) -> Markup:
    """Return a value as JSON for a script element: none of its characters ends the element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 - escaped above


def _where(table: Grid, name: str, keep: Any) -> Grid:
    names = [c.name for c in table.columns]
    rows = tuple(row for row in table.rows if keep(dict(zip(names, row, strict=True))))
    return Grid(name, table.columns, rows)


def trends(now: pa.Table, before: pa.Table | None) -> Grid:
    """Return the checks that were added, were removed or changed their outcome, with a column for each release, this one last."""
    made = {check_of(row): outcomes(row) for row in now.to_pylist()}
    count = max(map(len, made.values()), default=1)
    gone = (
        {check_of(row): [*outcomes(row), "no longer made"][-count:] for row in before.to_pylist()}
        if before
        else {}
    )
    names = [*(f"{ago} before" for ago in range(count - 1, 0, -1)), "this release"]
    rows = [
        (check, table, checked, *history)
        for (table, checked, check), history in sorted({**gone, **made}.items())
        if len(set(history)) > 1
    ]
    return grid("trends", ["check_name", "table_name", "checked", *names], rows)
