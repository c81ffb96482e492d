"""Columns of `sql/maturity_change.sql`."""

import sqlalchemy as sa

from assets.columns import CARE_SETTINGS, MARTS, column, org_code, table
from assets.source import Expectation

maturity_change = table(
    "maturity_change",
    "Comparable overall DMA score of one year against the year before. Grain: organisation x care setting x edition.",
    [
        column("org_name", sa.Text, "Name of the organisation when assessed."),
        org_code(comment="ODS code when assessed."),
        org_code("current_org_code", "Today's main successor.", nullable=True),
        column("current_org_name", sa.Text, "Its name.", nullable=True),
        column("organisation_type", sa.Text, "Its broad type.", nullable=True),
        column("region", sa.Text, "Its NHS England region.", nullable=True),
        column("care_setting", sa.Text, "Care setting assessed.", allowed=CARE_SETTINGS),
        column("edition", sa.Text, "Edition both scores were published in."),
        column("period_before", sa.Text, "Year before."),
        column("period_after", sa.Text, "Year."),
        column(
            "score_before", sa.Double, "Score of the year before.", unit="score 1 to 5", aggregation="none"
        ),
        column("score_after", sa.Double, "Score of the year.", unit="score 1 to 5", aggregation="none"),
        column(
            "score_change",
            sa.Numeric(12, 9),
            "Difference, rounded to nine decimals.",
            unit="score points",
            aggregation="none",
        ),
        column(
            "direction",
            sa.Text,
            "Direction of score_change, tolerance 1e-9.",
            allowed=["rose", "fell", "unchanged"],
        ),
        column(
            "provider_change",
            sa.Numeric(12, 9),
            "Mean difference over the care settings of the provider: count providers by it, not rows.",
            unit="score points",
            aggregation="none",
        ),
        column(
            "provider_direction",
            sa.Text,
            "Direction of provider_change.",
            allowed=["rose", "fell", "unchanged"],
        ),
        column(
            "boundary_changed",
            sa.Boolean,
            "Whether the organisation took over another between the two years: then the two scores are not about the "
            "same trust. Leave these rows out of headline counts.",
        ),
        column(
            "shared_score", sa.Boolean, "Whether another care setting of the provider has the same score."
        ),
        column(
            "comparable",
            sa.Boolean,
            "Whether the two scores may be compared; null where nobody has said.",
            nullable=True,
        ),
        column("comparable_because", sa.Text, "Why, or why not.", nullable=True),
    ],
    key=["org_code", "care_setting", "edition"],
    layer=MARTS,
    expectations=(
        Expectation(
            "changes_are_plausible",
            "expect_column_values_to_be_between",
            {"column": "score_change", "min_value": -2, "max_value": 2},
            "A change of two points in a year is a mismatched row.",
        ),
    ),
)
