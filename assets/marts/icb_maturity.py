"""Columns of `sql/icb_maturity.sql`."""

import sqlalchemy as sa

from assets.contract.columns import CARE_SETTINGS, MARTS, VALUE_STATUS, column, org_code, table
from assets.contract.expectations import Expectation


def _mean(name: str, comment: str, *, nullable: bool = False) -> sa.Column[float]:
    return column(name, sa.Numeric(9, 4), comment, unit="score 1 to 5", aggregation="none", nullable=nullable)


def _count(name: str, comment: str) -> sa.Column[int]:
    return column(name, sa.Integer, comment, aggregation="none", minimum=0)


def _rank(name: str, comment: str) -> sa.Column[int]:
    return column(name, sa.Integer, comment, unit="rank", aggregation="none", nullable=True, minimum=1)


def _status(name: str, comment: str, explains: list[str]) -> sa.Column[str]:
    return column(name, sa.Text, comment, allowed=VALUE_STATUS, explains=explains)


icb_maturity = table(
    "icb_maturity",
    "The score that each integrated care board (ICB) gave its own digital maturity (board_score), and the means over "
    "its providers, as assigned by DMA: two different things. Grain: ICB x care setting x edition x period x measure; "
    "care setting all has the board's own score.",
    [
        org_code("icb_code", "ODS code of the ICB that DMA prints beside its providers."),
        column("icb_name", sa.Text, "Name of the integrated care board at the time.", nullable=True),
        column(
            "icb_gss_code",
            sa.Text,
            "Code of the integrated care board in official statistics (GSS).",
            nullable=True,
        ),
        column("region", sa.Text, "NHS England region that DMA prints beside the board.", nullable=True),
        column(
            "care_setting",
            sa.Text,
            "Care setting that the means are about; all: every setting assessed, and the board itself.",
            allowed=[*CARE_SETTINGS, "all"],
        ),
        column(
            "edition", sa.Text, "Edition of the Digital Maturity Assessment (DMA) that the scores are from."
        ),
        column("period", sa.Text, "Year of the assessment, such as 2025."),
        column("measure", sa.Text, "Pillar or composite of the DMA that was scored; see comparability."),
        column(
            "board_score",
            sa.Double,
            "Score that the board gave itself (icb_score); not a score of its providers.",
            unit="score 1 to 5",
            aggregation="none",
            nullable=True,
        ),
        _rank("board_score_rank", "Rank of board_score among all boards, 1 for the highest."),
        _status(
            "board_score_status",
            "published: the board's own score; x: it has no score for the measure; z: a board has no care settings.",
            ["board_score", "board_score_rank"],
        ),
        _count("n_providers", "How many providers of the board have a score that is in the means."),
        _count(
            "n_boundary_changed",
            "How many providers are left out of the means: they took over another after the score of an earlier year.",
        ),
        _count("n_scores", "How many scores are in the means: one for each provider and care setting."),
        _mean("mean_of_scores", "Unweighted mean of the scores of the board's providers.", nullable=True),
        _mean(
            "mean_of_providers",
            "Unweighted mean over the board's providers, the care settings of each averaged first.",
            nullable=True,
        ),
        _status(
            "mean_status",
            "e: derived by this project; x: no provider has a score that may be used.",
            ["mean_of_scores", "mean_of_providers"],
        ),
        _rank(
            "mean_of_providers_rank",
            "Rank of mean_of_providers among boards of at least three providers, 1 for the highest.",
        ),
        _status(
            "mean_of_providers_rank_status",
            "e: derived by this project; z: fewer than three providers are not ranked; x: there is no mean.",
            ["mean_of_providers_rank"],
        ),
        _count("n_weighted", "How many of the providers have known operating expenses, used as weights."),
        _mean(
            "spend_weighted_mean",
            "Mean of providers weighted by operating expenses of the financial year that ends in the calendar year in "
            "which the assessment began; null unless all of these are known.",
            nullable=True,
        ),
        _status(
            "spend_weighted_status",
            "x: the accounts of a provider are not held; e: derived by this project.",
            ["spend_weighted_mean"],
        ),
    ],
    key=["icb_code", "care_setting", "edition", "period", "measure"],
    layer=MARTS,
    expectations=(
        Expectation(
            "means_are_on_the_scale",
            "expect_column_values_to_be_between",
            {"column": "mean_of_scores", "min_value": 1, "max_value": 5},
            "A mean outside the scale comes from another instrument.",
        ),
        Expectation(
            "every_board_is_there",
            "expect_column_unique_value_count_to_be_between",
            {"column": "icb_code", "min_value": 36, "max_value": 42},
            "There were 42 boards until April 2026; there have been 36 since.",
        ),
    ),
)
