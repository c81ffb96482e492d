"""Columns of `sql/gde_cohort.sql`."""

import sqlalchemy as sa

from assets.contract.columns import CARE_SETTINGS, MARTS, column, table
from assets.contract.expectations import Expectation

COHORTS = ("exemplar", "fast_follower", "no_known_programme")


def _score(name: str, comment: str, *, nullable: bool = False) -> sa.Column[float]:
    return column(name, sa.Numeric(9, 4), comment, unit="score 1 to 5", aggregation="none", nullable=nullable)


gde_cohort = table(
    "gde_cohort",
    "DMA scores of members of the GDE programme and of trusts without a known programme, with their spread. No effect "
    "of the programme is claimed. If a trust has taken over another since an earlier year, its scores of that year are "
    "left out: they are not about the same trust. Grain: cohort x care setting x edition x period x measure.",
    [
        column(
            "cohort",
            sa.Text,
            "Best known role of the trust assessed: its own, that of a member it absorbed, or one it kept while it "
            "absorbed others; a part of a split member does not count as a member.",
            allowed=COHORTS,
        ),
        column("care_setting", sa.Text, "Care setting that the scores are about.", allowed=CARE_SETTINGS),
        column(
            "edition", sa.Text, "Edition of the Digital Maturity Assessment (DMA) that the scores are from."
        ),
        column("period", sa.Text, "Year of the assessment, such as 2025."),
        column("measure", sa.Text, "Pillar or composite of the DMA that was scored; see comparability."),
        column(
            "n_scores",
            sa.Integer,
            "How many trusts of the cohort have a score.",
            aggregation="none",
            minimum=1,
        ),
        column(
            "n_same_body",
            sa.Integer,
            "How many of these are the legal bodies that were members, since neither absorbed nor enlarged.",
            aggregation="none",
            minimum=0,
        ),
        _score("mean_score", "Unweighted mean of the scores of the cohort."),
        _score(
            "standard_deviation",
            "Standard deviation (n - 1) of the scores of the cohort; null for a single score.",
            nullable=True,
        ),
        _score("lowest", "Lowest score of the cohort."),
        _score("lower_quartile", "Score below which a quarter of the cohort lie."),
        _score("median", "Median of the scores of the cohort."),
        _score("upper_quartile", "Score above which a quarter of the cohort lie."),
        _score("highest", "Highest score of the cohort."),
        column("caveat", sa.Text, "Caveat to state with every comparison of cohorts."),
    ],
    key=["cohort", "care_setting", "edition", "period", "measure"],
    layer=MARTS,
    expectations=(
        Expectation(
            "every_cohort_is_there",
            "expect_column_distinct_values_to_equal_set",
            {"column": "cohort", "value_set": list(COHORTS)},
            "Members are compared with trusts without a known programme.",
        ),
    ),
)
