"""Columns of `sql/peer_group.sql`."""

import sqlalchemy as sa

from assets.contract.columns import (
    CARE_SETTINGS,
    MARTS,
    column,
    org_code,
    org_display_name,
    successor_code,
    table,
)
from assets.contract.expectations import Expectation


def _of_group(name: str, comment: str) -> sa.Column[float]:
    return column(name, sa.Numeric(9, 4), comment, unit="score 1 to 5", aggregation="none")


peer_group = table(
    "peer_group",
    "Scores of the newest DMA among peers: providers of the same care setting, type and band. Grain: organisation "
    "x care setting x measure. Scores are self-assessed: a rank among few peers says little.",
    [
        column("org_name", sa.Text, "Name of the organisation when assessed."),
        org_display_name(),
        org_code(comment="ODS code of the organisation when assessed."),
        successor_code("the organisation assessed"),
        column("care_setting", sa.Text, "Care setting that the score is about.", allowed=CARE_SETTINGS),
        column(
            "edition", sa.Text, "Edition of the Digital Maturity Assessment (DMA) that the scores are from."
        ),
        column("period", sa.Text, "Year of the assessment, such as 2025."),
        column("measure", sa.Text, "Pillar or composite of the DMA that was scored."),
        column(
            "score",
            sa.Double,
            "DMA score of the organisation for the care setting and measure.",
            unit="score 1 to 5",
            aggregation="none",
        ),
        column(
            "peer_type",
            sa.Text,
            "Broad type of the organisation: its primary_type in organisation_type, from the newest list; not_known if no list has one.",
        ),
        column(
            "peer_band",
            sa.Text,
            "Who the peers are within the type. For an acute trust: the newest subtype held (estates return), which "
            "separates specialist, teaching and multi-service trusts. For any other: the third of the trusts by operating "
            "expenses of the financial year that ends in the year in which the assessment began. not_known where neither "
            "is held.",
            allowed=["small", "medium", "large", "teaching", "specialist", "multi_service", "not_known"],
        ),
        column(
            "peer_band_from",
            sa.Text,
            "Source and edition from which peer_band was read, or operating expenses; null where it is not known.",
            nullable=True,
        ),
        column(
            "peer_band_as_of_date",
            sa.Date,
            "Day that peer_band is about: a trust may have changed since; null where it is not known.",
            nullable=True,
        ),
        column(
            "n_peers",
            sa.Integer,
            "How many peers have a score, including the organisation itself.",
            aggregation="none",
            minimum=1,
        ),
        column(
            "percentile",
            sa.Numeric(5, 1),
            "Share of the peers that score lower, plus half of those that score the same; null for fewer than five peers.",
            unit="percent",
            aggregation="none",
            nullable=True,
            minimum=0,
            maximum=100,
        ),
        _of_group("lowest", "Lowest score of the peers."),
        _of_group("lower_quartile", "Score below which a quarter of the peers lie."),
        _of_group("median", "Median score of the peers."),
        _of_group("upper_quartile", "Score above which a quarter of the peers lie."),
        _of_group("highest", "Highest score of the peers."),
    ],
    key=["org_code", "care_setting", "measure"],
    layer=MARTS,
    expectations=(
        Expectation(
            "a_median_lies_between_the_quartiles",
            "expect_column_pair_values_a_to_be_greater_than_b",
            {"column_A": "upper_quartile", "column_B": "lower_quartile", "or_equal": True},
            "An upper quartile below the lower one means that groups were mixed up.",
        ),
    ),
)
