"""The scale of an instrument beside each of its scores: its columns and their expectations."""

from typing import Any

import sqlalchemy as sa

from assets.contract.columns import column
from assets.contract.expectations import Expectation

WHERE_SCORED = {"or_equal": True, "ignore_row_if": "either_value_is_missing"}
ON_ITS_SCALE = (
    Expectation(
        "scores_are_on_their_scale",
        "expect_column_pair_values_a_to_be_greater_than_b",
        {"column_A": "scale_maximum", "column_B": "score", **WHERE_SCORED},
        "A score above its scale belongs to another instrument.",
    ),
    Expectation(
        "scores_are_above_the_lowest",
        "expect_column_pair_values_a_to_be_greater_than_b",
        {"column_A": "score", "column_B": "scale_minimum", **WHERE_SCORED},
        "A score below its scale belongs to another instrument.",
    ),
)
"""The expectations of the column `score` in a table with the columns of `scale`."""


def scale() -> list[sa.Column[Any]]:
    """Return the columns `scale_minimum` and `scale_maximum`, in the unit of the instrument."""
    limits = {
        "scale_minimum": "Lowest score the instrument can give.",
        "scale_maximum": "Highest score the instrument can give.",
    }
    return [
        column(name, sa.Double, comment, unit="score", aggregation="none") for name, comment in limits.items()
    ]
