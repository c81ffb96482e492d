"""The scores of each cohort in each round, with their spread: computed from `cohort_score`."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa
from numpy.typing import NDArray

from assets.contract.columns import MARTS, Computed, column, table
from assets.contract.expectations import Expectation
from assets.marts.cohort_score import COHORTS, care_type, cautions, cohort, instrument, rows_of
from assets.statistics import intervals
from assets.statistics.panels import by_care_type, groups, used

FEWEST = 5
"""Bodies below which no interval is given."""
METHODS = {
    "t": "Student's t over independent bodies",
    "cr1": "cluster-robust CR1 over bodies that have several scores, t with one degree less than bodies",
    "none": f"no interval: fewer than {FEWEST} bodies",
}
POPULATIONS = {
    "all_scores": "every score, except those of an earlier year of a trust that took over another since (DMA)",
    "matched_panel": "bodies scored in both rounds that are the same body, see panel in cohort_score",
}
KEY = ["instrument", "edition", "period", "measure", "care_type", "population", "cohort"]


def mean_of(scores: intervals.Numbers, bodies: NDArray[Any]) -> tuple[intervals.Estimate, str]:
    """Return the mean of scores with its interval, and by which method; bodies may have several scores."""
    count = len(set(bodies))
    if count < FEWEST:
        return intervals.Estimate(float(scores.mean())), "none"
    if count < len(scores):
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
    score = rows["score"].to_numpy()
    estimate, method = mean_of(score, rows["org_code"].to_numpy())
    lowest, lower_quartile, median, upper_quartile, highest = np.quantile(score, [0, 0.25, 0.5, 0.75, 1])
    return {
        "n_organisations": rows["org_code"].nunique(),
        "n_scores": len(rows),
        "n_same_body": rows.loc[rows["membership"] == "same", "org_code"].nunique(),
        "mean_score": estimate.value,
        "mean_lower": estimate.lower,
        "mean_upper": estimate.upper,
        "interval": method,
        "standard_deviation": score.std(ddof=1) if len(score) > 1 else None,
        "spread": "published" if len(rows) > 1 else "z",
        "lowest": lowest,
        "lower_quartile": lower_quartile,
        "median": median,
        "upper_quartile": upper_quartile,
        "highest": highest,
    }


def make(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the scores of each cohort, from `cohort_score` and `caveat`."""
    rows = []
    for population, scores in _populations(used(frames["cohort_score"])):
        for key, measured in groups(scores, "instrument", "edition", "period", "measure"):
            for kind, some in by_care_type(measured):
                for (name,), members in groups(some, "cohort"):
                    made_of = (*key, kind, population, name)
                    rows.append(dict(zip(KEY, made_of, strict=True)) | _row(members))
    return rows_of(exemplars_then_and_now, rows, caveat=cautions(frames["caveat"]))


def _count(name: str, comment: str) -> sa.Column[Any]:
    return column(name, sa.Integer, comment, aggregation="none", minimum=0)


def _score(name: str, comment: str, *, nullable: bool = False) -> sa.Column[Any]:
    return column(
        name,
        sa.Numeric(9, 4),
        comment,
        unit="score on the scale of the instrument",
        aggregation="none",
        nullable=nullable,
    )


def methods() -> str:
    """Return the words of the column `interval` with their meanings."""
    return "; ".join(f"{word}: {meaning}" for word, meaning in METHODS.items())


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
            "Which scores are counted. " + "; ".join(f"{w}: {m}" for w, m in POPULATIONS.items()) + ".",
            allowed=POPULATIONS,
        ),
        _count("n_organisations", "How many bodies of the cohort have a score."),
        _count("n_scores", "How many scores they have: one for each care setting."),
        _count(
            "n_same_body",
            "How many of the bodies are those that were chosen for the exemplar programme, neither absorbed nor enlarged.",
        ),
        _score("mean_score", "Unweighted mean of the scores of the cohort."),
        _score("mean_lower", "Lower end of the 95 % interval of the mean.", nullable=True),
        _score("mean_upper", "Upper end of the 95 % interval of the mean.", nullable=True),
        column(
            "interval",
            sa.Text,
            f"How the interval was made. {methods()}.",
            allowed=METHODS,
            explains=["mean_lower", "mean_upper"],
        ),
        _score(
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
        _score("lowest", "Lowest score of the cohort."),
        _score("lower_quartile", "Score below which a quarter of the cohort lie."),
        _score("median", "Median of the scores of the cohort."),
        _score("upper_quartile", "Score above which a quarter of the cohort lie."),
        _score("highest", "Highest score of the cohort."),
        column("caveat", sa.Text, "Caveat to state with every comparison of cohorts."),
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
        Expectation(
            "a_mean_lies_within_its_interval",
            "expect_column_pair_values_a_to_be_greater_than_b",
            {
                "column_A": "mean_upper",
                "column_B": "mean_lower",
                "or_equal": True,
                "ignore_row_if": "either_value_is_missing",
            },
            "An interval with its ends swapped was computed wrongly.",
        ),
    ),
)
