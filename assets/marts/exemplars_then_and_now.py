"""The scores of each cohort in each round, with their spread: computed from `cohort_score`."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa
from numpy.typing import NDArray

from assets.contract.columns import MARTS, Computed, column, table
from assets.contract.expectations import Expectation
from assets.marts.cohort_score import (
    COHORTS,
    FEWEST,
    care_type,
    cautions,
    caveat,
    cohort,
    count,
    ends_in_order,
    instrument,
    interval,
    points,
    rows_of,
    words,
)
from assets.statistics import intervals
from assets.statistics.panels import by_care_type, groups, needed

POPULATIONS = {
    "all_scores": "every score, except those of an earlier year of a trust that took over another since (DMA)",
    "matched_panel": "bodies scored in both rounds that are the same body, see panel in cohort_score",
}
KEY = ["instrument", "edition", "period", "measure", "care_type", "population", "cohort"]


def mean_of(scores: intervals.Numbers, bodies: NDArray[Any]) -> tuple[intervals.Estimate, str]:
    """Return the mean of scores with its interval, and by which method; bodies may have several scores."""
    number = len(set(bodies))
    if number < FEWEST:
        return intervals.Estimate(float(scores.mean())), "none"
    if number < len(scores):
        return intervals.regression(scores, clusters=bodies)[0], "cr1"
    return intervals.mean(scores), "t"


def _populations(scores: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    recalculated = (
        (scores["instrument"] == "DMA")
        & (scores["panel"] == "boundary_changed")
        & (scores["period"] < scores["edition"])
    )
    yield "all_scores", scores[~recalculated]
    compared = scores.groupby(["instrument", "measure"])["period"].transform("nunique") > 1
    yield "matched_panel", scores[(scores["panel"] == "matched") & compared]


def _row(rows: pd.DataFrame) -> dict[str, Any]:
    score, bodies = rows["score"].to_numpy(), rows["org_code"].to_numpy()
    estimate, method = mean_of(score, bodies)
    lowest, lower_quartile, median, upper_quartile, highest = np.quantile(score, [0, 0.25, 0.5, 0.75, 1])
    return {
        "n_organisations": len(set(bodies)),
        "n_scores": len(rows),
        "n_same_body": len(set(bodies[rows["membership"].to_numpy() == "same"])),
        "mean_score": estimate.value,
        "mean_lower": estimate.lower,
        "mean_upper": estimate.upper,
        "interval": method,
        "standard_deviation": score.std(ddof=1) if len(score) > 1 else None,
        "spread": "published" if len(score) > 1 else "z",
        "lowest": lowest,
        "lower_quartile": lower_quartile,
        "median": median,
        "upper_quartile": upper_quartile,
        "highest": highest,
    }


def make(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the scores of each cohort, from `cohort_score` and `caveat`."""
    rows = []
    for population, populated in _populations(needed(frames["cohort_score"])):
        scores = populated[[*KEY[:5], "cohort", "org_code", "membership", "score"]]
        for key, measured in groups(scores, "instrument", "edition", "period", "measure"):
            for kind, some in by_care_type(measured):
                for (name,), members in groups(some, "cohort"):
                    made_of = (*key, kind, population, name)
                    rows.append(dict(zip(KEY, made_of, strict=True)) | _row(members))
    return rows_of(exemplars_then_and_now, rows, caveat=cautions(frames["caveat"]))


exemplars_then_and_now = table(
    "exemplars_then_and_now",
    "Scores of each cohort in each round of the self-assessment (2015/16, 2017) and of the assessment (2024, 2025), with "
    "spread and a 95 % interval. Compare cohorts within a row's instrument, period and measure only. "
    "Grain: instrument x edition x period x measure x care type x population x cohort.",
    [
        cohort(),
        care_type(),
        instrument(),
        column("edition", sa.Text, "Edition of the assessment in which the scores were published."),
        column("period", sa.Text, "Round of the assessment, such as 2015/16 or 2025."),
        column("measure", sa.Text, "Theme, pillar or composite that was scored; see comparability."),
        column(
            "population",
            sa.Text,
            f"Which scores are counted. {words(POPULATIONS)}.",
            allowed=POPULATIONS,
        ),
        count("n_organisations", "How many bodies of the cohort have a score."),
        count("n_scores", "How many scores they have: one for each care setting."),
        count(
            "n_same_body",
            "How many of the bodies are those that were chosen for the exemplar programme, neither absorbed nor enlarged.",
        ),
        points("mean_score", "Unweighted mean of the scores of the cohort."),
        *interval("mean", "the mean"),
        points(
            "standard_deviation",
            "Standard deviation (n - 1) of the scores; null for a single score.",
            nullable=True,
        ),
        column(
            "spread",
            sa.Text,
            "published, or z where a single score has no spread.",
            allowed=["published", "z"],
            explains=["standard_deviation"],
        ),
        points("lowest", "Lowest score of the cohort."),
        points("lower_quartile", "Score below which a quarter of the cohort lie."),
        points("median", "Median of the scores of the cohort."),
        points("upper_quartile", "Score above which a quarter of the cohort lie."),
        points("highest", "Highest score of the cohort."),
        caveat(),
    ],
    key=KEY,
    layer=MARTS,
    computed=Computed(("caveat", "cohort_score"), make),
    expectations=(
        Expectation(
            "every_cohort_is_there",
            "expect_column_distinct_values_to_equal_set",
            {"column": "cohort", "value_set": list(COHORTS)},
            "Members are compared with trusts without a known programme.",
        ),
        ends_in_order("mean", "a_mean_lies_within_its_interval"),
    ),
)
