"""The national pictures: each with its numbers, what it shows, and what it must not be used for."""

from dataclasses import dataclass

import duckdb

from assets.contract.columns import tables_of
from assets.tables.facts import FACTS
from pipelines.publishing.explorer.chart_words import change_words, cohort_words, spread_words
from pipelines.publishing.explorer.grid import Grid, answer, ask, grid
from pipelines.publishing.explorer.row_origins import Origins, traced


@dataclass(frozen=True)
class Picture:
    """A picture: the first table is the one it is named after; `csv` are the published files behind it.

    `words` is what its chart shows, for those who do not see it; empty for a picture that is a table.
    """

    name: str
    title: str
    shows: str
    never: str
    grids: tuple[Grid, ...]
    csv: tuple[str, ...]
    words: str = ""
    sources: str = "dma"
    caveats: tuple[str, ...] = ()

    @property
    def example(self) -> str:
        """Return what `explain` takes for the first of its rows that were read from a file; empty where none was."""
        return next((f'{g.table} "{trace[0]}"' for g in self.grids for trace in g.traces if trace), "")


def pictures(connection: duckdb.DuckDBPyConnection, origins: Origins) -> list[Picture]:
    """Return the national pictures of a release, in the order of the page."""

    def rows(name: str, table: str) -> Grid:
        return traced(ask(connection, name), table, origins)

    spread, cohorts, change = (
        ask(connection, "spread"),
        rows("cohorts", "exemplars_then_and_now"),
        ask(connection, "change_counts"),
    )
    return [
        Picture(
            "spread",
            "How mature providers say they are, by care setting",
            "One line for each provider and care setting assessed in the newest Digital Maturity Assessment (DMA), on the "
            "score that NHS England made comparable between years. The bar holds the middle half; the dark mark is the median.",
            "ranking providers, or judging their care. Trusts score themselves, many gave all their settings the same "
            "answers, and there is no single score of a trust.",
            (spread, rows("scores", "maturity_score")),
            ("maturity_score",),
            spread_words(spread),
        ),
        Picture(
            "cohorts",
            "Global Digital Exemplars beside other trusts",
            "Comparable DMA scores of the newest year by the best role known of a trust in the exemplar programme. The line "
            "runs from the lowest to the highest score, the bar holds the middle half, the mark is the median; n counts scores.",
            "claiming an effect of the programme, in either direction. Look at how far the bars overlap, and at n.",
            (cohorts,),
            ("exemplars_then_and_now",),
            cohort_words(cohorts),
            caveats=_cohort_caveats(connection),
        ),
        Picture(
            "change",
            "Who rose and who fell from 2024 to 2025",
            "Change of the comparable DMA score, one line for each provider and care setting; the tall mark is the median. "
            f"Left out: {_left_out(connection, 'boundary_changed')} scores of providers that took over another in between, and "
            f"{_left_out(connection, 'levels_differ and not boundary_changed')} that are one score for several settings in one "
            "year and a score of the setting in the other; columns that begin with All include these.",
            "pillar scores (their questions changed between the years), or trusts that merged. A small change of a "
            "self-assessment is not a finding about a single trust.",
            (change, rows("change", "maturity_change")),
            ("maturity_change",),
            change_words(change),
        ),
        Picture(
            "boards",
            "How mature integrated care boards (ICBs) say they are, by region",
            "Scores that the boards gave themselves in the newest DMA: the overall score that may be compared with the year "
            "before, and the seven pillars. Trusts and Mean of trusts are about something else: how many trusts a board has, "
            "and the mean of their overall scores, the care settings of a trust averaged first. A region shows the means of "
            "its boards and of its trusts. The stronger the colour, the higher; the bands are fixed at 1.75, 2.25, 2.75 and 3.25.",
            "ranking boards, or taking a board for its trusts: boards and trusts are scored separately and hardly agree, and eight "
            "boards have one or two trusts. Do not compare pillars with earlier years, nor these boards with those of today.",
            (rows("boards", "icb_maturity"),),
            ("icb_maturity", "icb_score"),
        ),
        Picture(
            "held",
            "What this release holds: source by year",
            "Organisations with at least one row, by source, table and calendar year in which the period of the row ends. "
            "0 is a year without rows here: not held, which is not the same as not existing.",
            "reading a gap as a fact about trusts. The table coverage says why something is missing, by edition.",
            (_held(connection), answer(connection, "coverage", "from coverage select subject, source, table_name, edition, held, expected, status, why order by source, table_name, edition, subject")),
            ("coverage",),
        ),
    ]  # fmt: skip


def _cohort_caveats(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """Return what must be said beside every comparison of cohorts."""
    names = "('gde_no_programme_effect', 'gde_followers_unknown')"
    sql = f"select distinct text from caveat where caveat in {names} order by text"  # noqa: S608 - our names
    return tuple(str(row[0]) for row in connection.execute(sql).fetchall())


def _left_out(connection: duckdb.DuckDBPyConnection, why: str) -> int:
    sql = f"select count(*) from maturity_change where {why}"  # noqa: S608 - our conditions
    return int(connection.execute(sql).fetchall()[0][0])


def _held(connection: duckdb.DuckDBPyConnection) -> Grid:
    """Return the number of organisations with a row, by source, table and year; every source has a line."""
    facts = [
        t.name for t in tables_of(FACTS).values() if {"source", "org_code", "period_end"} <= {*t.c.keys()}
    ]
    counted = " union all ".join(
        f"select source, '{name}' as table_name, year(coalesce(period_end, period_start)) as year, "  # noqa: S608 - names from the metadata
        f'count(distinct org_code) as held from "{name}" group by all'
        for name in sorted(facts)
    )
    sql = f"select * from ({counted}) where year is not null order by source, table_name, year"  # noqa: S608
    found = {(s, t, y): n for s, t, y, n in connection.execute(sql).fetchall()}
    years = sorted({year for _, _, year in found})
    sources = [row[0] for row in connection.execute("select source from source_status order by 1").fetchall()]
    lines = sorted(
        {(s, t) for s, t, _ in found} | {(s, "") for s in sources if s not in {f[0] for f in found}}
    )
    rows = [
        (f"{source}: {table}" if table else f"{source}: no facts", *(found.get((source, table, year), 0) for year in years))
        for source, table in lines
    ]  # fmt: skip
    return grid("held", ["source_and_table", *map(str, years)], rows)
