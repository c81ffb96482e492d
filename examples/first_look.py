"""A first look at the latest release: what is in it, how mature trusts say they are, and where one number comes from.

Open it with `.venv/bin/marimo edit examples/first_look.py`, or run it with `.venv/bin/python examples/first_look.py`.
"""

import marimo

__generated_with = "0.25.2"

app = marimo.App(width="medium", app_title="A first look")


@app.cell
def _():
    import altair as alt
    import marimo as mo
    from latest_release import Release, table, words

    release = Release()
    return alt, mo, release, table, words


@app.cell
def _(mo, release):
    held = release.ask("select count(*) as tables from duckdb_tables()").tables[0]
    trusts = release.ask("select count(*) as trusts from trust_profile").trusts[0]
    mo.md(f"""
    # A first look

    A *release* is a folder of finished files about digital maturity in the English NHS, trust by trust. This notebook reads the latest
    one, `{release.folder.name}`. Its database has {held} tables; each is described in `docs/tables.md`. The one to start with is
    `trust_profile`, with a row for each of today's {trusts} trusts.
    """)
    return (trusts,)


@app.cell
def _(mo):
    mo.md("""
    ## Where the data come from

    Every fact was read from a file of one of these sources. *Frozen* means that the copy kept in the project is in use; *never fetched*,
    that the table is empty until somebody fetches it.
    """)


@app.cell
def _(release, table):
    sources = release.ask("""
        select title, publisher, replace(status, '_', ' ') as status, newest_edition as newest, rows_staged as rows
        from source_status order by rows desc
    """)
    table(sources)
    return (sources,)


@app.cell
def _(mo):
    mo.md("""
    ## How mature do trusts say they are?

    In the Digital Maturity Assessment each provider scores itself, once for each of its care settings, on a scale from 1 to 5. One measure
    was made comparable between the two years by the publisher: `overall_comparable`. Each tick is a provider.
    """)


@app.cell
def _(release, words):
    scores = release.ask("""
        select care_setting, period as year, org_name, score
        from maturity_score where instrument = 'DMA' and measure = 'overall_comparable'
    """)
    scores["care_setting"] = words(scores.care_setting)
    summary = (
        scores.groupby(["care_setting", "year"]).score.describe()[["count", "25%", "50%", "75%"]].round(2)
    )
    summary = summary.reset_index().rename(columns={"care_setting": "care setting"})
    summary.columns = [
        *summary.columns[:2],
        "providers",
        "a quarter is below",
        "median",
        "a quarter is above",
    ]
    return scores, summary


@app.cell
def _(alt, scores):
    ticks = (
        alt.Chart(scores)
        .mark_tick(opacity=0.5)
        .encode(
            alt.X("score:Q", title="score, 1 to 5", scale=alt.Scale(domain=[1, 5])),
            alt.Y("year:O", title=None),
            alt.Row("care_setting:N", title=None, header=alt.Header(labelAngle=0, labelAlign="left")),
            tooltip=["org_name", "year", "score"],
        )
        .properties(width=480, title="Comparable overall score of each provider")
    )
    ticks
    return (ticks,)


@app.cell
def _(summary, table):
    table(summary)
    return


@app.cell
def _(mo, release):
    mo.vstack(
        [
            mo.callout(mo.md(release.caveat("dma_self_assessed", "dma_no_trust_score")), kind="warn"),
            mo.accordion(release.caveats("maturity_score")),
        ]
    )


@app.cell
def _(mo):
    mo.md("""
    ## Which trusts have an electronic patient record?

    There are three answers, not two: a trust that is on no list we hold is *not known*, which is not a *no*.
    """)


@app.cell
def _(release, words):
    records = release.ask("""
        select coalesce(organisation_type, 'type not known') as type, epr_answer as answer, count(*) as trusts
        from trust_profile group by all order by all
    """)
    records["type"], records["answer"] = words(records.type), words(records.answer)
    return (records,)


@app.cell
def _(alt, records):
    bars = (
        alt.Chart(records)
        .mark_bar()
        .encode(
            alt.X("trusts:Q", title="trusts of today"),
            alt.Y("type:N", title=None),
            alt.Color(
                "answer:N",
                title="has a record",
                legend=alt.Legend(orient="top"),
                scale=alt.Scale(domain=["yes", "no", "not known"], range=["#005eb8", "#b35c00", "#aeb7bd"]),
            ),
            tooltip=["type", "answer", "trusts"],
        )
        .properties(width=480, title="Electronic patient records by type of trust")
    )
    bars
    return (bars,)


@app.cell
def _(mo, release):
    mo.callout(mo.md(release.caveat("epr_one_day", "epr_no_epr")), kind="warn")


@app.cell
def _(mo):
    mo.md("""
    ## Where does a number come from?

    Every row of a table of facts names the file, the sheet and the row it was read from. Here is one score of the trust `RM3`. On the command line,
    `digital-maturity explain` shows more: the checks it passed, and what to read before using it.
    """)


@app.cell
def _(release, table):
    origin = release.ask("""
        select measure, score, publisher_file_name as file, source_sheet as sheet, source_row as row
        from maturity_score inner join source_file using (source_file_sha256)
        where org_code = 'RM3' and care_setting = 'acute' and measure = 'well_led' and period = '2025'
    """)
    table(origin)
    return (origin,)


@app.cell
def _(mo):
    mo.md("""
    ## What is missing?

    `coverage` counts what a source should hold and what the release holds, and says why the rest is missing. Here it is for the two sources
    above.
    """)


@app.cell
def _(release, table):
    gaps = release.ask("""
        select title as source, subject, held, expected, coverage.why
        from coverage inner join source_status using (source)
        where table_name in ('maturity_score', 'epr_supplier') and edition = newest_edition and source <> 'dmsa'
        order by source, subject
    """)
    table(gaps)
    return (gaps,)


@app.cell
def _(mo, release, table):
    cited = ("maturity_score", "epr_supplier")
    mo.vstack(
        [
            mo.md("## Source and citation"),
            table(release.sources(*cited)),
            mo.md(f"> {release.citation}"),
        ]
    )
    return (cited,)


if __name__ == "__main__":
    app.run()
