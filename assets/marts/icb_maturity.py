"""Columns of `sql/icb_maturity.sql`."""

import sqlalchemy as sa

from assets.columns import CARE_SETTINGS, MARTS, VALUE_STATUS, column, org_code, table
from assets.source import Expectation


def _mean(name: str, comment: str, *, nullable: bool = False) -> sa.Column[float]:
    return column(name, sa.Numeric(9, 4), comment, unit="score 1 to 5", aggregation="none", nullable=nullable)


icb_maturity = table(
    "icb_maturity",
    "DMA scores of the providers of each integrated care board (ICB), as DMA itself places them. Grain: ICB x care "
    "setting x edition x period x measure. Few providers each: look at n_providers before ranking.",
    [
        org_code("icb_code", "ODS code of the ICB that DMA prints beside its providers."),
        column("icb_name", sa.Text, "Name of the integrated care board that DMA prints.", nullable=True),
        column(
            "icb_gss_code",
            sa.Text,
            "Code of the integrated care board in official statistics (GSS).",
            nullable=True,
        ),
        column("region", sa.Text, "NHS England region that DMA prints beside the providers.", nullable=True),
        column(
            "care_setting",
            sa.Text,
            "Care setting that the scores are about; all: every setting assessed.",
            allowed=[*CARE_SETTINGS, "all"],
        ),
        column(
            "edition", sa.Text, "Edition of the Digital Maturity Assessment (DMA) that the scores are from."
        ),
        column("period", sa.Text, "Year of the assessment, such as 2025."),
        column("measure", sa.Text, "Pillar or composite of the DMA that was scored; see comparability."),
        column(
            "n_providers",
            sa.Integer,
            "How many providers of the board have a score.",
            aggregation="none",
            minimum=1,
        ),
        column(
            "n_scores",
            sa.Integer,
            "How many scores there are: one for each provider and care setting.",
            aggregation="none",
            minimum=1,
        ),
        _mean("mean_of_scores", "Unweighted mean of the scores of the board's providers."),
        _mean(
            "mean_of_providers",
            "Unweighted mean over the board's providers, the care settings of each averaged first.",
        ),
        column(
            "n_weighted",
            sa.Integer,
            "How many of the providers have known operating expenses to weight by.",
            aggregation="none",
            minimum=0,
        ),
        _mean(
            "spend_weighted_mean",
            "Mean of providers weighted by operating expenses of the financial year that ends in the calendar year in "
            "which the assessment began; null unless those of all are known.",
            nullable=True,
        ),
        column(
            "spend_weighted_status",
            sa.Text,
            "x: the accounts of a provider are not held; e: derived by this project.",
            allowed=VALUE_STATUS,
            explains=["spend_weighted_mean"],
        ),
    ],
    key=["icb_code", "care_setting", "edition", "period", "measure"],
    layer=MARTS,
    expectations=(
        Expectation(
            "means_are_on_the_scale",
            "expect_column_values_to_be_between",
            {"column": "mean_of_scores", "min_value": 1, "max_value": 5},
            "A mean outside the scale is of another instrument.",
        ),
        Expectation(
            "every_board_is_there",
            "expect_column_unique_value_count_to_be_between",
            {"column": "icb_code", "min_value": 36, "max_value": 42},
            "There were 42 boards until April 2026 and are 36 since.",
        ),
    ),
)
