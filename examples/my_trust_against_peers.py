"""One trust beside its peers: pillar by pillar, from 2024 to 2025, and what has happened there.

Open it with `.venv/bin/marimo edit examples/my_trust_against_peers.py` and choose your trust, or run it with
`.venv/bin/python examples/my_trust_against_peers.py`.
"""

import marimo

__generated_with = "0.25.2"

app = marimo.App(width="medium", app_title="My trust against its peers")


@app.cell
def _():
    import altair as alt
    import marimo as mo
    from latest_release import Release, table, words

    release = Release()
    return alt, mo, release, table, words


@app.cell
def _(mo, release):
    choices = release.ask("""
        select distinct org_name || ' (' || org_code || '), ' || replace(care_setting, '_', ' ') as label, org_code, care_setting
        from peer_group order by label
    """).set_index("label")
    first = choices.index[(choices.org_code == "RTH") & (choices.care_setting == "acute")][0]
    choice = mo.ui.dropdown(list(choices.index), value=first, full_width=True)
    mo.vstack(
        [
            mo.md("""
        # My trust against its peers

        Choose a trust and one of the care settings it was assessed for. Everything below follows.
        """),
            choice,
        ]
    )
    return choice, choices


@app.cell
def _(choice, choices, release, words):
    code, setting = choices.loc[choice.value]
    pillars = release.ask(
        """
        select * from peer_group
        where org_code = ? and care_setting = ? and measure not in ('overall_comparable', 'pillar_mean_derived') order by measure""",
        code,
        setting,
    )
    pillars["pillar"] = words(pillars.measure)
    me = pillars.iloc[0]
    return code, me, pillars, setting


@app.cell
def _(me, mo, pillars):
    above = int((pillars.score > pillars["median"]).sum())
    mo.md(f"""
    ## Pillar by pillar

    The peers are the {me.n_peers} providers of the same care setting, type and band ({me.peer_type.replace("_", " ")},
    {me.peer_band.replace("_", " ")}), this one among them. In {me.period} its score is above the median of its peers on {above} of
    {len(pillars)} pillars. The bar is the middle half of the peers, the line their median, the dot this trust.
    """)
    return (above,)


@app.cell
def _(alt, pillars):
    _base = alt.Chart(pillars).encode(alt.Y("pillar:N", title=None))
    scale = alt.Scale(domain=[1, 5])
    among_peers = alt.layer(
        _base.mark_bar(color="#c7dff4", height=16).encode(
            alt.X("lower_quartile:Q", title="score, 1 to 5", scale=scale), alt.X2("upper_quartile:Q")
        ),
        _base.mark_tick(color="#425563", thickness=2, height=16).encode(alt.X("median:Q")),
        _base.mark_circle(color="#003087", size=110, opacity=1).encode(
            alt.X("score:Q"),
            tooltip=["pillar", "score", "lower_quartile", "median", "upper_quartile", "n_peers"],
        ),
    ).properties(width=480, title="Scores beside the middle half of the peers")
    among_peers
    return (among_peers,)


@app.cell
def _(pillars, table, words):
    beside = pillars[
        [
            "pillar",
            "score",
            "lowest",
            "lower_quartile",
            "median",
            "upper_quartile",
            "highest",
            "percentile",
            "n_peers",
        ]
    ]
    beside.columns = words(beside.columns.to_series())
    table(beside)
    return (beside,)


@app.cell
def _(mo, release):
    mo.vstack(
        [
            mo.callout(
                mo.md(release.caveat("dma_self_assessed", "dma_pillars_not_comparable_2024")), kind="warn"
            ),
            mo.accordion(release.caveats("peer_group")),
        ]
    )


@app.cell
def _(mo):
    mo.md("""
    ## From 2024 to 2025

    Only the comparable overall score may be set beside the year before. `band` says *about the same*
    where the change is too small to speak of. Where `in_matched_panel` is false the two scores are not about the same body or the same
    settings.
    """)


@app.cell
def _(code, release, setting, table):
    change = release.ask(
        """
        select period_before || ' to ' || period_after as years, round(score_before, 2) as before, round(score_after, 2) as after,
            round(score_change, 2) as change, replace(band, '_', ' ') as band, in_matched_panel
        from maturity_change where org_code = ? and care_setting = ?""",
        code,
        setting,
    )
    table(change)
    return (change,)


@app.cell
def _(mo, release):
    mo.vstack(
        [
            mo.callout(
                mo.md(release.caveat("dma_no_trust_score", "dma_2024_rows_on_2025_trusts")), kind="warn"
            ),
            mo.accordion(release.caveats("maturity_change")),
        ]
    )


@app.cell
def _(mo):
    mo.md("""
    ## What has happened there

    Dated events of the trust of today and of those that became part of it: programmes, awards, record systems, assessments, mergers. That an
    event comes before a score says nothing about the score.
    """)


@app.cell
def _(code, release, table):
    events = release.ask(
        """
        select cast(event_date as varchar) as date, replace(date_precision, '_', ' ') as "exact to", event, org_code as organisation, evidence_grade as evidence
        from digital_journey
        where current_org_code = (select current_org_code from organisation_current_main where org_code = ?)
            and event_type not in ('cqc_rating', 'medical_records_cost', 'security_status')
        order by event_date, event_number""",
        code,
    )
    table(events)
    return (events,)


@app.cell
def _(mo, release):
    mo.accordion(release.caveats("digital_journey"))


@app.cell
def _(mo, release, table):
    mo.vstack(
        [
            mo.md("## Source and citation"),
            table(release.sources("peer_group", "maturity_change")),
            mo.md(f"> {release.citation}"),
        ]
    )


if __name__ == "__main__":
    app.run()
