"""Columns of `sql/maturity_change.sql`."""

import sqlalchemy as sa

from assets.contract.columns import CARE_SETTINGS, MARTS, column, org_code, org_display_name, successor, table
from assets.contract.expectations import Expectation

maturity_change = table(
    "maturity_change",
    "Comparable overall DMA score of one year against the previous year. Grain: organisation x care setting x edition.",
    [
        column("org_name", sa.Text, "Name of the organisation when assessed."),
        org_display_name(),
        org_code(comment="ODS code of the organisation when assessed."),
        *successor("the organisation assessed", without=["icb_code"]),
        column("care_setting", sa.Text, "Care setting that both scores are about.", allowed=CARE_SETTINGS),
        column("edition", sa.Text, "Edition of the DMA in which both scores were published."),
        column("period_before", sa.Text, "Year of the earlier assessment, such as 2024."),
        column("period_after", sa.Text, "Year of the later assessment, such as 2025."),
        column(
            "score_before",
            sa.Double,
            "Comparable overall DMA score of the earlier year.",
            unit="score 1 to 5",
            aggregation="none",
        ),
        column(
            "score_after",
            sa.Double,
            "Comparable overall DMA score of the later year.",
            unit="score 1 to 5",
            aggregation="none",
        ),
        column(
            "score_change",
            sa.Numeric(12, 9),
            "Later score minus earlier score, rounded to nine decimals.",
            unit="score points",
            aggregation="none",
        ),
        column(
            "direction",
            sa.Text,
            "Whether the score rose or fell; unchanged within 1e-9.",
            allowed=["rose", "fell", "unchanged"],
        ),
        column(
            "band",
            sa.Text,
            "Whether score_change is worth speaking of: a change of less than 0.1 points, as a quarter of all are, is about_the_same. "
            "Count bands, not signs.",
            label="Change in words",
            allowed=["rose", "about_the_same", "fell"],
        ),
        column(
            "provider_change",
            sa.Numeric(12, 9),
            "Mean difference over the care settings of the provider. Use it to count providers instead of rows.",
            unit="score points",
            aggregation="none",
        ),
        column(
            "provider_direction",
            sa.Text,
            "Whether provider_change is a rise or a fall; unchanged within 1e-9.",
            allowed=["rose", "fell", "unchanged"],
        ),
        column(
            "provider_band",
            sa.Text,
            "Whether provider_change is worth speaking of: a change of less than 0.1 points, as a quarter of all are, is about_the_same. "
            "Count bands, not signs.",
            label="Change of the provider in words",
            allowed=["rose", "about_the_same", "fell"],
        ),
        column(
            "boundary_changed",
            sa.Boolean,
            "Whether the organisation took over another between the two years. If so, the two scores are not about the "
            "same trust: leave these rows out of headline counts.",
        ),
        column(
            "shared_score_before",
            sa.Boolean,
            "Whether another care setting of the provider has the same earlier score.",
        ),
        column(
            "shared_score_after",
            sa.Boolean,
            "Whether another care setting of the provider has the same later score.",
        ),
        column(
            "levels_differ",
            sa.Boolean,
            "Whether care settings share the score in only one of the years: a score of the provider is then compared "
            "with a score of one setting. Leave these rows out of headline counts.",
        ),
        column(
            "provider_levels_differ",
            sa.Boolean,
            "Whether levels_differ for any care setting of the provider: leave it out of headline counts of providers.",
        ),
        column(
            "in_matched_panel",
            sa.Boolean,
            "Whether both scores are about the same body and the same settings: neither boundary_changed nor levels_differ.",
        ),
        column(
            "comparable",
            sa.Boolean,
            "Whether the two scores may be compared; null where comparability has no entry.",
            nullable=True,
        ),
        column(
            "comparable_because",
            sa.Text,
            "Why the two scores may be compared, or why not; null where comparability has no entry.",
            nullable=True,
        ),
    ],
    key=["org_code", "care_setting", "edition"],
    layer=MARTS,
    expectations=(
        Expectation(
            "changes_are_plausible",
            "expect_column_values_to_be_between",
            {"column": "score_change", "min_value": -2, "max_value": 2},
            "A change of more than two points in a year points to a mismatched row.",
        ),
    ),
)
