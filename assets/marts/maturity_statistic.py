"""What a reader must know of the scores before comparing them: computed from `cohort_score`.

How alike the scores of one provider are, how far scores regress to the mean, how many changes are too small to speak
of, how many scores are near the top, and how many bodies are still the same.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
import sqlalchemy as sa
from numpy.typing import NDArray

from assets.contract.columns import MARTS, Computed, column, table
from assets.marts.cohort_score import COHORTS, FEWEST, care_type, count, instrument, rows_of, words
from assets.marts.exemplars_change import SMALLEST, comparable
from assets.statistics import intervals
from assets.statistics.panels import ABOUT, EVERYBODY, both_rounds, by_care_type, groups, needed

STATISTICS = {
    "mean_change": "mean of later minus earlier score; interval CR1 over providers by score, t by provider",
    "mean_change_if_independent": "the same with the interval that wrongly takes every score of a provider as another body",
    "slope_on_baseline": "points of change for each point of the earlier score; negative where scores regress to the mean",
    "change_of_bottom_quartile": "mean change of those that started in the lowest quarter (up to the lower quartile)",
    "change_of_top_quartile": "mean change of those that started in the highest quarter (above the upper quartile)",
    "share_of_small_changes": "share of changes smaller than the smallest change worth speaking of, in percent",
    "likeness_within_provider": "intraclass correlation of the scores that one provider gave its care settings (1: all the same)",
    "share_near_the_top": "share of scores at or above 90 of 100, in percent",
    "share_of_same_bodies": "share of the cohort of the earlier instrument that the later one assessed as the same body, in percent",
    "mean_share_of_lower_scores": "mean share of lower scores, in percent, among the bodies assessed in both instruments as the same body; edition is that of the DMA; two instruments give no change",
}
UNITS = ("score", "provider")
MEASURED = ("instrument", "edition", "period", "measure")
KEY = ["statistic", *MEASURED, "care_type", "cohort", "counted_by"]
Measured = tuple[str, ...]
THEMES = ("readiness", "capabilities", "infrastructure")
NEAR_THE_TOP = 90
FEWEST_PLACED = 3
PLACED = {"DMSA": "capabilities_common_sections", "DMA": "overall_comparable"}


def _made(
    statistic: str,
    measured: Measured,
    value: float | intervals.Estimate,
    rows: pd.DataFrame,
    *,
    among: tuple[str, str, str] = (EVERYBODY, EVERYBODY, "score"),
) -> dict[str, Any]:
    """Return a row: `measured` is in the words of MEASURED, `among` care type, cohort and way of counting."""
    found = value if isinstance(value, intervals.Estimate) else intervals.Estimate(float(value))
    return {
        **dict(zip(KEY, (statistic, *measured, *among), strict=True)),
        "n_organisations": rows["org_code"].nunique(),
        "n_scores": len(rows),
        "value": found.value,
        "standard_error": found.standard_error,
        "lower": found.lower,
        "upper": found.upper,
        "interval_status": "z" if found.lower is None else "published",
    }


def _changes(pairs: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield how much scores changed, how far they regressed to the mean, and how many changes are small."""
    for (name, edition, first, last, measure), rows in groups(comparable(pairs), *ABOUT, "measure"):
        if rows["org_code"].nunique() < FEWEST or rows["before"].nunique() < FEWEST:
            continue
        measured = (name, edition, f"{first} to {last}", measure)
        alone = intervals.mean(rows["change"])
        providers = rows.groupby("org_code", as_index=False)[["before", "after", "change"]].mean()
        if len(providers) == len(rows):
            yield _made("mean_change", measured, alone, rows)
            yield from _regression_to_the_mean(measured, rows, rows)
            continue
        bodies = rows["org_code"].to_numpy()
        yield _made("mean_change", measured, intervals.regression(rows["change"], clusters=bodies)[0], rows)
        yield _made("mean_change_if_independent", measured, alone, rows)
        yield from _regression_to_the_mean(measured, rows, rows, bodies)
        by_provider = (EVERYBODY, EVERYBODY, "provider")
        yield _made("mean_change", measured, intervals.mean(providers["change"]), rows, among=by_provider)
        yield from _regression_to_the_mean(measured, providers, rows)


def _regression_to_the_mean(
    measured: Measured, units: pd.DataFrame, rows: pd.DataFrame, clusters: NDArray[Any] | None = None
) -> Iterator[dict[str, Any]]:
    """Yield how change goes with the earlier score; `units` are the scores `rows`, or the providers with their means."""
    change, before = units["change"], units["before"]
    low, high = before.quantile([0.25, 0.75])
    lowest, highest = units[before <= low], units[before > high]
    found: dict[str, tuple[float | intervals.Estimate, pd.DataFrame]] = {
        "slope_on_baseline": (intervals.regression(change, before, clusters=clusters)[1], units),
        "change_of_bottom_quartile": (float(lowest["change"].mean()), lowest),
        "change_of_top_quartile": (float(highest["change"].mean()), highest),
        "share_of_small_changes": (100 * float((change.abs() < SMALLEST[measured[0]]).mean()), units),
    }
    by = "score" if units is rows else "provider"
    for statistic, (value, some) in found.items():
        scores = some if units is rows else rows[rows["org_code"].isin(some["org_code"])]
        yield _made(statistic, measured, value, scores, among=(EVERYBODY, EVERYBODY, by))


def _likeness(scores: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield how alike the scores are that a provider gave its care settings."""
    overall = scores[scores["measure"] == "overall_comparable"]
    for measured, rows in groups(overall, *MEASURED):
        several = rows[rows.groupby("org_code")["score"].transform("size") > 1]
        if several["org_code"].nunique() >= FEWEST:
            value = intervals.intraclass_correlation(several["score"], several["org_code"].to_numpy())
            yield _made("likeness_within_provider", measured, value, several)


def _ceiling(scores: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield how many scores have little room to rise."""
    themes = scores[(scores["instrument"] == "DMSA") & scores["measure"].isin(THEMES)]
    for measured, rows in groups(themes, *MEASURED):
        for kind, some in by_care_type(rows):
            share = 100 * float((some["score"] >= NEAR_THE_TOP).mean())
            yield _made("share_near_the_top", measured, share, some, among=(kind, EVERYBODY, "score"))


def _standing(scores: pd.DataFrame, succession: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield what became of the bodies of the last DMSA in the newest year of each edition of the DMA, by kind of care."""
    first = scores[(scores["instrument"] == "DMSA") & (scores["measure"] == PLACED["DMSA"])]
    first = first[first["period"] == first["period"].max()]
    later = scores[(scores["instrument"] == "DMA") & (scores["measure"] == PLACED["DMA"])]
    for (edition,), published in groups(later, "edition"):
        last = published[published["period"] == published["period"].max()]
        if len(first):
            yield from _followed(first.assign(edition=edition), last, succession)


def _followed(first: pd.DataFrame, last: pd.DataFrame, succession: pd.DataFrame) -> Iterator[dict[str, Any]]:
    days = succession["succession_date"]
    between = (days >= first["period_start"].min()) & (days <= last["period_end"].max())
    changed = set(succession.loc[between, "successor_code"])
    years = f"{first['period'].max()} to {last['period'].max()}"
    measured = ("DMA", last["edition"].max(), years, PLACED["DMA"])
    for kind in sorted({*first["care_type"]} & {*last["care_type"]}):
        earlier, later = (side[side["care_type"] == kind].set_index("org_code") for side in (first, last))
        same = sorted({*earlier.index} & {*later.index} - changed)
        for (cohort,), members in groups(earlier.reset_index(), "cohort"):
            share = 100 * float(members["org_code"].isin(same).mean())
            yield _made("share_of_same_bodies", measured, share, members, among=(kind, cohort, "score"))
        cohorts = later.loc[same, "cohort"].to_numpy()
        for side in (earlier, later):
            yield from _mean_shares(side.loc[same].reset_index().assign(cohort=cohorts), kind)


def _mean_shares(rows: pd.DataFrame, kind: str) -> Iterator[dict[str, Any]]:
    """Yield the mean place of each cohort among `rows`, of one instrument and kind of care."""
    score = rows["score"].to_numpy()
    places = [100 * float((score < one).mean() + (score == one).mean() / 2) for one in score]
    for (*measured, cohort), members in groups(rows.assign(place=places), *MEASURED, "cohort"):
        if len(members) >= FEWEST_PLACED:
            value = float(members["place"].mean())
            yield _made(
                "mean_share_of_lower_scores", tuple(measured), value, members, among=(kind, cohort, "score")
            )


def make(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the statistics, from `cohort_score` and `organisation_succession`."""
    scores = needed(frames["cohort_score"])
    rows = [
        *_changes(both_rounds(scores)),
        *_likeness(scores),
        *_ceiling(scores),
        *_standing(scores, frames["organisation_succession"]),
    ]
    return rows_of(maturity_statistic, rows)


def _number(name: str, comment: str, *, nullable: bool = False) -> sa.Column[Any]:
    return column(
        name, sa.Numeric(12, 6), comment, unit="see statistic", aggregation="none", nullable=nullable
    )


maturity_statistic = table(
    "maturity_statistic",
    "What must be known of the scores before they are compared: likeness within providers, regression to the mean, small "
    "changes, ceiling, bodies that are still the same. Changes are of all bodies with both scores, also of those that took over "
    "another or have one score for several settings in one year: `exemplars_change` leaves these out of its matched panel. Grain: statistic x instrument x edition x period x measure x care type x "
    "cohort x way of counting.",
    [
        column(
            "statistic",
            sa.Text,
            f"What was computed. {words(STATISTICS)}.",
            allowed=STATISTICS,
        ),
        instrument(),
        column(
            "edition",
            sa.Text,
            "Edition of the assessment; empty for two rounds of the DMSA, which are editions.",
        ),
        column("period", sa.Text, "Round, or two rounds as 2024 to 2025."),
        column("measure", sa.Text, "Theme or composite that was scored."),
        care_type(),
        column("cohort", sa.Text, "Cohort; all: every body.", allowed=[*COHORTS, EVERYBODY]),
        column(
            "counted_by",
            sa.Text,
            "Whether each score counts once, or each provider with the mean of its care settings.",
            allowed=UNITS,
        ),
        count("n_organisations", "How many bodies it was computed from."),
        count("n_scores", "How many scores it was computed from."),
        _number("value", "The value, in the unit that statistic says."),
        _number("standard_error", "Standard error of the value.", nullable=True),
        _number("lower", "Lower end of the 95 % interval.", nullable=True),
        _number("upper", "Upper end of the 95 % interval.", nullable=True),
        column(
            "interval_status",
            sa.Text,
            "published, or z where the statistic has no interval.",
            allowed=["published", "z"],
            explains=["standard_error", "lower", "upper"],
        ),
    ],
    key=KEY,
    layer=MARTS,
    computed=Computed(("cohort_score", "organisation_succession"), make),
)
