"""The charts as Vega-Lite, made with Altair: each reads the rows of tables of the page by name.

Nothing here holds a figure. Charts show the spread before the middle, never a bar from an arbitrary zero, and say by
position and by label what they also say by colour.
"""

from collections.abc import Sequence
from typing import Any

import altair as alt

from assets.contract.columns import CARE_SETTINGS, PILLARS
from assets.marts.digital_journey import EVENT_TYPES
from pipelines.publishing.explorer.palette import COHORTS, COLOURS, MARKS

SETTINGS = [setting.replace("_", " ") for setting in CARE_SETTINGS]
ROW = 36
"""Height of a row, in pixels."""

CAPITALS = "replace(replace(replace(datum.label, 'epr', 'EPR'), 'cqc', 'CQC'), 'emram', 'EMRAM')"
"""How kinds of events are shown beside an axis."""
TWO_LINES = "split(replace(datum.label, /^(.{7,}?) /, '$1|'), '|')"
"""How long names of measures are shown beside an axis."""
ROUND = "datum.value ? '\u00a3' + datum.label : '0'"
"""How money is shown beside an axis; the label of zero has no unit."""


def specs() -> dict[str, dict[str, Any]]:
    """Return every chart by the name of the table it is about."""
    charts = {
        "spread": _spread(),
        "cohorts": _cohorts(),
        "change": _change(),
        "compare": _comparison(),
        "trust_journey": _journey(),
        "trust_scores": _profile(),
        "trust_spend": _money("trust_spend", "narrow_gbp", "IT capital, narrow"),
        "trust_records": _money("trust_records", "total_gbp", "Cost of medical records"),
    }
    return {name: _finished(chart) for name, chart in charts.items()}


def _finished(chart: Any) -> dict[str, Any]:
    """Return a chart as JSON, in the look of the page."""
    styled = (
        chart.properties(
            width="container",
            background=COLOURS["white"],
            autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
        )
        .configure(font="Arial, sans-serif")
        .configure_axis(
            labelColor=COLOURS["text"],
            titleColor=COLOURS["text"],
            labelFontSize=14,
            titleFontSize=14,
            titleFontWeight="normal",
            gridColor=COLOURS["grid"],
            domainColor=COLOURS["line"],
            labelLimit=190,
        )
        .configure_legend(labelColor=COLOURS["text"])
        .configure_view(stroke=None)
    )
    found: dict[str, Any] = styled.to_dict()
    return found


def _rows(name: str, count: int = len(CARE_SETTINGS)) -> Any:
    return alt.Chart(alt.NamedData(name=name)).properties(height=count * ROW)


def _setting(name: str, order: Sequence[str] | None) -> alt.Y:
    axis = alt.Axis() if order else alt.Axis(labelExpr="split(datum.label, ': ')", labelOffset=-8)
    return alt.Y(f"{name}:N", title=None, sort=list(order) if order else None, axis=axis)


def _score(name: str, title: str) -> alt.X:
    return alt.X(f"{name}:Q", title=title, scale=alt.Scale(domain=[1, 5]), axis=alt.Axis(tickCount=5))


def _tooltip(*names: str) -> list[alt.Tooltip]:
    """Say values as they are; scores with two decimals."""
    scores = {
        "score",
        "lowest",
        "lower_quartile",
        "median",
        "upper_quartile",
        "highest",
        "score_change",
        "mean_score",
    }
    return [
        alt.Tooltip(
            f"{name}:{'Q' if name in scores else 'N'}",
            title=name.replace("_", " "),
            format=".2f" if name in scores else "",
        )
        for name in names
    ]


def _spread() -> Any:
    each = (
        _rows("scores")
        .mark_tick(opacity=0.45, thickness=2, size=24, color=COLOURS["blue"])
        .encode(
            y=_setting("care_setting", SETTINGS),
            x=_score("score", "Comparable DMA score (1 to 5)"),
            tooltip=_tooltip("org_name", "org_code", "care_setting", "score"),
        )
    )
    box = (
        _rows("spread")
        .mark_bar(height=12, opacity=0.55, color=COLOURS["orange"])
        .encode(
            y=_setting("care_setting", SETTINGS),
            x="lower_quartile:Q",
            x2="upper_quartile:Q",
            tooltip=_tooltip("care_setting", "providers", "lower_quartile", "median", "upper_quartile"),
        )
    )
    middle = (
        _rows("spread")
        .mark_tick(thickness=4, size=28, color=COLOURS["text"])
        .encode(y=_setting("care_setting", SETTINGS), x="median:Q")
    )
    return each + box + middle


def _cohorts() -> Any:
    rows = _rows("cohorts", 13).encode(y=_setting("assessed", None))
    tooltip = _tooltip(
        "assessed", "n_scores", "lowest", "lower_quartile", "median", "upper_quartile", "highest"
    )
    whole = rows.mark_rule(strokeWidth=2, color=COLOURS["line"]).encode(
        x=_score("lowest", "Comparable DMA score (1 to 5)"), x2="highest:Q"
    )
    half = rows.mark_bar(height=16).encode(
        x="lower_quartile:Q",
        x2="upper_quartile:Q",
        color=alt.Color(
            "cohort:N", scale=alt.Scale(domain=list(COHORTS), range=list(COHORTS.values())), legend=None
        ),
        tooltip=tooltip,
    )
    middle = rows.mark_tick(
        thickness=4, size=24, opacity=1, color=COLOURS["mark"], stroke=COLOURS["text"], strokeWidth=1
    ).encode(x="median:Q", tooltip=tooltip)
    count = rows.mark_text(align="left", dx=8, fontSize=14, color=COLOURS["text"]).encode(
        x="highest:Q", text=alt.Text("counted:N")
    )
    return (whole + half + middle + count).transform_calculate(counted="'n = ' + datum.n_scores")


def _change() -> Any:
    each = (
        _rows("change")
        .mark_tick(opacity=0.65, thickness=2, size=24)
        .encode(
            y=_setting("care_setting", SETTINGS),
            x=alt.X("score_change:Q", axis=alt.Axis(tickCount=7), title="Change of the comparable score"),
            color=alt.Color(
                "direction:N",
                title=None,
                scale=alt.Scale(
                    domain=["rose", "fell", "unchanged"],
                    range=[COLOURS["blue"], COLOURS["red"], COLOURS["text"]],
                ),
                legend=alt.Legend(orient="top", labelFontSize=14, symbolOpacity=1),
            ),
            tooltip=_tooltip(
                "org_name", "org_code", "care_setting", "score_before", "score_after", "score_change"
            ),
        )
    )
    middle = (
        _rows("change_counts")
        .mark_tick(thickness=4, size=28, color=COLOURS["text"])
        .encode(y=_setting("care_setting", SETTINGS), x="median_change:Q")
        .transform_filter(alt.FieldOneOfPredicate("care_setting", SETTINGS))
    )
    none = alt.Chart().mark_rule(aria=False, strokeDash=[4, 4], color=COLOURS["text"]).encode(x=alt.datum(0))
    return each + middle + none


def _profile() -> Any:
    order = [pillar.replace("_", " ") for pillar in PILLARS]
    rows = (
        _rows("trust_scores", len(PILLARS))
        .encode(y=_setting("measure", order))
        .transform_filter(alt.FieldOneOfPredicate("measure", order))
    )
    tooltip = _tooltip(
        "measure", "org_name", "score", "lower_quartile", "median", "upper_quartile", "n_peers"
    )
    whole = rows.mark_rule(strokeWidth=2, color=COLOURS["line"]).encode(
        x=_score("lowest", "Score (1 to 5)"), x2="highest:Q"
    )
    half = rows.mark_bar(height=16, color=COLOURS["band-3"]).encode(
        x="lower_quartile:Q", x2="upper_quartile:Q", tooltip=tooltip
    )
    middle = rows.mark_tick(thickness=3, size=22, color=COLOURS["text"]).encode(x="median:Q", tooltip=tooltip)
    own = rows.mark_point(
        filled=True, size=140, opacity=1, shape="diamond", color=COLOURS["orange"], stroke=COLOURS["white"]
    ).encode(x="score:Q", tooltip=tooltip)
    return whole + half + middle + own


def _comparison() -> Any:
    """Return the trusts chosen, each on a line of its own within each measure, before what all providers scored.

    The page sets the height, which depends on how many are chosen.
    """
    order = alt.EncodingSortField("line", op="min")
    rows = _rows("compare").encode(
        y=alt.Y("measure:N", title=None, sort=order, axis=alt.Axis(labelExpr=TWO_LINES, labelOffset=-6)),
    )
    tooltip = _tooltip(
        "measure", "org_name", "org_code", "score", "lower_quartile", "median", "upper_quartile"
    )
    band = alt.ExprRef("bandwidth('y')")  # without it a bar takes the height of one trust
    half = rows.mark_bar(color=COLOURS["band-1"], height=band).encode(
        x=_score("lower_quartile", "Score (1 to 5)"), x2="upper_quartile:Q"
    )
    middle = rows.mark_tick(color=COLOURS["quiet"], thickness=2, size=band).encode(x="median:Q")
    own = rows.mark_point(filled=True, size=110, opacity=1).encode(
        x="score:Q",
        yOffset=alt.YOffset("place:O"),
        color=_mark(alt.Color, 0),
        shape=_mark(alt.Shape, 1),
        tooltip=tooltip,
    )
    return half + middle + own


def _mark(channel: Any, part: int) -> Any:
    scale = alt.Scale(domain=[*range(len(MARKS))], range=[mark[part] for mark in MARKS])
    return channel("place:N", scale=scale, legend=None)


def _journey() -> Any:
    order = [kind.replace("_", " ") for kind in EVENT_TYPES]
    return (
        _rows("trust_journey", 10)
        .mark_point(filled=True, size=90, opacity=0.8, color=COLOURS["blue"], stroke=COLOURS["white"])
        .encode(
            y=alt.Y("event_type:N", title=None, sort=order, axis=alt.Axis(grid=True, labelExpr=CAPITALS)),
            x=alt.X(
                "event_date:T",
                title="Date",
                scale=alt.Scale(type="utc", padding=10),
                axis=alt.Axis(tickCount=6, labelOverlap="greedy"),
            ),
            tooltip=[
                alt.Tooltip(f"{name}:N", title=name.replace("_", " "))
                for name in ("event_date", "date_precision", "event", "figure", "unit", "org_code")
            ],
        )
    )


def _money(name: str, value: str, title: str) -> Any:
    return (
        alt.Chart(alt.NamedData(name=name), height=220)
        .mark_bar(color=COLOURS["blue"])
        .encode(
            x=alt.X("financial_year:N", title="Financial year", axis=alt.Axis(labelAngle=-45)),
            y=alt.Y(f"{value}:Q", title=title, axis=alt.Axis(format="~s", tickCount=5, labelExpr=ROUND)),
            tooltip=[
                alt.Tooltip("financial_year:N"),
                alt.Tooltip(f"{value}:Q", title=f"{title} (GBP)", format=","),
            ],
        )
    )
