"""What the trusts chosen as Global Digital Exemplars said of themselves then, and what they say now, beside others.

Open it with `.venv/bin/marimo edit examples/exemplars_then_and_now.py`, or run it with
`.venv/bin/python examples/exemplars_then_and_now.py`.
"""

import marimo

__generated_with = "0.25.2"

app = marimo.App(width="medium", app_title="Exemplars then and now")


@app.cell
def _():
    import altair as alt
    import marimo as mo
    from latest_release import COHORTS, Release, cohort_colours, table, words

    release = Release()
    return COHORTS, alt, cohort_colours, mo, release, table, words


@app.cell
def _(mo, release):
    named = release.ask("""
        select role, count(distinct org_code) as trusts from programme_membership where programme = 'GDE' group by role
    """).set_index("role")["trusts"]
    mo.vstack(
        [
            mo.md(f"""
        # Exemplars then and now

        From 2016 the NHS in England named some trusts Global Digital Exemplars and paired others with them as fast followers. This release
        holds {named["exemplar"]} organisations named as exemplars and {named["fast_follower"]} named as fast followers.

        This notebook sets acute trusts side by side in two self-assessments, of 2015/16 and 2017, and in two assessments, of 2024 and 2025.
        The two pairs are different instruments: two pictures, never one line.
        """),
            mo.callout(
                mo.md(
                    release.caveat(
                        "gde_no_programme_effect", "gde_followers_unknown", "dmsa_is_never_chained"
                    )
                ),
                kind="warn",
            ),
        ]
    )
    return (named,)


@app.cell
def _(release, words):
    means = release.ask("""
        select cohort, instrument, period, n_organisations, n_same_body, mean_score, mean_lower, mean_upper
        from exemplars_then_and_now
        where care_type = 'acute' and population = 'matched_panel' and measure in ('capabilities_common_sections', 'overall_comparable')
        order by instrument desc, period, cohort
    """)
    means["cohort"] = words(means["cohort"])
    then, now = means[means.instrument == "DMSA"], means[means.instrument == "DMA"]
    return now, then


@app.cell
def _(COHORTS, alt, cohort_colours):
    def drawn(rows, title, unit, scale):
        """Draw the mean of each cohort as a dot with its 95 % interval, in a panel for each round."""
        base = alt.Chart(rows).encode(
            alt.Y("cohort:N", title=None, sort=list(COHORTS)), cohort_colours().legend(None)
        )
        dots = base.mark_circle(size=90, opacity=1).encode(
            alt.X("mean_score:Q", title=unit, scale=scale), tooltip=list(rows.columns)
        )
        lines = base.mark_rule(strokeWidth=2).encode(alt.X("lower:Q", scale=scale), alt.X2("upper:Q"))
        panels = alt.Row(
            "period:N", title=None, sort=None, header=alt.Header(labelAngle=0, labelAlign="left")
        )
        return (
            alt.layer(lines, dots).properties(width=440, height=90).facet(row=panels).properties(title=title)
        )

    return (drawn,)


@app.cell
def _(mo):
    mo.md("""
    ## Then: the self-assessments of 2015/16 and 2017

    Capabilities, on the sections that both rounds have, from 0 to 100. Only bodies that were scored in both rounds and are the same body count.
    The line is the 95 % interval of the mean.
    """)


@app.cell
def _(alt, drawn, then):
    earlier = drawn(
        then.rename(columns={"mean_lower": "lower", "mean_upper": "upper"}),
        "Acute trusts, mean capabilities",
        "score, 0 to 100",
        alt.Scale(domain=[0, 100]),
    )
    earlier
    return (earlier,)


@app.cell
def _(mo, release):
    mo.callout(
        mo.md(release.caveat("dmsa_self_assessed", "dmsa_rounds_are_not_quite_one_scale")),
        kind="warn",
    )


@app.cell
def _(mo, now):
    chosen = now[now.cohort == "exemplar"].iloc[-1]
    mo.md(f"""
    ## Now: the assessments of 2024 and 2025

    The comparable overall score, from 1 to 5, again of the bodies that were scored in both years. An *exemplar* here is a body that was chosen,
    or that took over one that was: {chosen.n_same_body} of these {chosen.n_organisations} are the bodies that were chosen, neither absorbed
    nor enlarged.
    """)


@app.cell
def _(alt, drawn, now):
    later = drawn(
        now.rename(columns={"mean_lower": "lower", "mean_upper": "upper"}),
        "Acute trusts, mean comparable overall score",
        "score, 1 to 5",
        alt.Scale(domain=[1, 5]),
    )
    later
    return (later,)


@app.cell
def _(mo, release):
    mo.callout(mo.md(release.caveat("dma_self_assessed", "dma_2024_rows_on_2025_trusts")), kind="warn")


@app.cell
def _(mo):
    mo.md("""
    ## Change within each instrument

    Mean of later minus earlier score on the scale of the instrument, with its 95 % interval. A change of less than 2.5 % of the scale is counted as about the same.
    """)


@app.cell
def _(release, table, words):
    changes = release.ask("""
        select period_before || ' to ' || period_after as years, cohort, n_organisations as bodies, mean_before as start, mean_change as change,
            change_lower as lower, change_upper as upper, n_rose as rose, n_about_the_same as "about the same", n_fell as fell
        from exemplars_change
        where care_type = 'acute' and measure in ('capabilities_common_sections', 'overall_comparable')
        order by instrument desc, cohort
    """).round(2)
    changes["cohort"] = words(changes["cohort"])
    table(changes)
    return (changes,)


@app.cell
def _(mo, release):
    mo.callout(mo.md(release.caveat("dmsa_before_the_programme")), kind="warn")


@app.cell
def _(mo):
    mo.md("""
    ## Did exemplars change more than others? Four answers

    The change of exemplars minus the change of all other acute trusts, from 2015/16 to 2017, in four ways: as they are or adjusted for the
    score of the start, and on capabilities as published or on the sections that both rounds have.
    """)


@app.cell
def _(release, table):
    ways = release.ask("""
        with compared as (
            from exemplars_difference
            where instrument = 'DMSA' and care_type = 'acute' and sample = 'matched_panel' and cohort = 'exemplar'
                and compared_with = 'all_others'
        )
        select 'unadjusted' as adjustment, 'as published' as sections, unadjusted_published as difference,
            unadjusted_published_lower as lower, unadjusted_published_upper as upper, n_cohort, n_others from compared
        union all
        select 'unadjusted', 'common sections', unadjusted_common, unadjusted_common_lower, unadjusted_common_upper, n_cohort, n_others
        from compared
        union all
        select 'adjusted for the start', 'as published', adjusted_published, adjusted_published_lower, adjusted_published_upper, n_cohort,
            n_others from compared
        union all
        select 'adjusted for the start', 'common sections', adjusted_common, adjusted_common_lower, adjusted_common_upper, n_cohort, n_others
        from compared
    """).round(2)
    table(ways)
    return (ways,)


@app.cell
def _(alt, ways):
    _base = alt.Chart(ways).encode(alt.Y("sections:N", title=None), color=alt.value("#003087"))
    _rows = alt.Row(
        "adjustment:N",
        title=None,
        sort=["unadjusted", "adjusted for the start"],
        header=alt.Header(labelAngle=0, labelAlign="left"),
    )
    four = (
        alt.layer(
            alt.Chart(ways).mark_rule(color="#aeb7bd").encode(x=alt.datum(0)),
            _base.mark_rule(strokeWidth=2).encode(
                alt.X("lower:Q", title="points, of 100"), alt.X2("upper:Q")
            ),
            _base.mark_circle(size=90, opacity=1).encode(alt.X("difference:Q"), tooltip=list(ways.columns)),
        )
        .properties(width=400, height=60)
        .facet(row=_rows)
        .properties(title="Change of exemplars minus change of others, with 95 % interval")
    )
    four
    return (four,)


@app.cell
def _(mo, ways):
    higher, lower = int((ways.difference > 0).sum()), int((ways.difference < 0).sum())
    apart = int(((ways.lower > 0) | (ways.upper < 0)).sum())
    mo.md(f"""
    Of the four, {higher} are above zero and {lower} below; the interval leaves zero out in {apart}. None of the ways is wrong, so none is
    quoted alone. The report in every release, `report/exemplars.html`, says more.
    """)
    return apart, higher, lower


@app.cell
def _(mo, release):
    mo.vstack(
        [
            mo.callout(mo.md(release.caveat("gde_no_programme_effect")), kind="warn"),
            mo.accordion(release.caveats("exemplars_difference")),
        ]
    )


@app.cell
def _(mo, release, table):
    mo.vstack(
        [
            mo.md("## Source and citation"),
            table(release.sources("exemplars_then_and_now", "exemplars_change", "exemplars_difference")),
            mo.md(f"> {release.citation}"),
        ]
    )


if __name__ == "__main__":
    app.run()
