"""Columns of `sql/acute_2024_25.sql`."""

import sqlalchemy as sa

from assets.contract.columns import (
    MARTS,
    PILLARS,
    VALUE_STATUS,
    column,
    org_code,
    org_display_name,
    successor_code,
    table,
)
from assets.contract.expectations import Expectation

STAFF = (
    "medical_and_dental",
    "ambulance",
    "administration_and_estates",
    "healthcare_assistants_and_other_support",
    "nursing_midwifery_and_health_visiting",
    "nursing_midwifery_and_health_visiting_learners",
    "scientific_therapeutic_and_technical",
    "healthcare_science",
    "social_care",
    "other",
    "total",
)
UNTIL_FETCHED = "Null until the accounts of the year have been fetched."


def _score(name: str, comment: str) -> sa.Column[float]:
    return column(name, sa.Double, comment, unit="score 1 to 5", aggregation="none", nullable=True)


def _gbp(name: str, comment: str) -> sa.Column[int]:
    return column(
        name, sa.BigInteger, f"{comment} {UNTIL_FETCHED}", unit="GBP", aggregation="sum", nullable=True
    )


acute_2024_25 = table(
    "acute_2024_25",
    "Acute trusts of 2024/25 with the inputs of a study of technical efficiency (arXiv 2606.01137: 111 acute trusts, "
    "neither specialist nor multi-service). Grain: organisation.",
    [
        column("org_name", sa.Text, "Newest name of the trust in any list of trusts held."),
        org_display_name(),
        org_code(),
        successor_code("the trust"),
        column("region", sa.Text, "NHS England region of the headquarters of the trust.", nullable=True),
        org_code(
            "icb_code",
            "ODS code of the integrated care board of the headquarters of the trust.",
            nullable=True,
        ),
        column(
            "acute_subtype",
            sa.Text,
            "Subtype of the acute trust in the list closest to 31 March 2025 that states one.",
            nullable=True,
        ),
        column(
            "acute_subtype_read_in",
            sa.Text,
            "Source and edition from which acute_subtype was read.",
            nullable=True,
        ),
        column(
            "is_included",
            sa.Boolean,
            "Whether the trust is in the study's population; null while a file needed for this has not been fetched.",
            nullable=True,
        ),
        column(
            "excluded_because",
            sa.Text,
            "Every reason why the trust is not in the study's population; null where it is.",
            nullable=True,
        ),
        column(
            "waits_for",
            sa.Text,
            "What has to be fetched before is_included is known; null if nothing.",
            nullable=True,
        ),
        *(_score(name, f"DMA 2025, acute: pillar {name}.") for name in PILLARS),
        _score("overall_comparable", "DMA 2025, acute: the publisher's comparable overall score."),
        _score("pillar_mean_derived", "DMA 2025, acute: mean of the seven pillars, by this project."),
        *(
            column(
                f"wte_{group}",
                sa.Double,
                f"Average staff of 2024/25: {group.replace('_', ' ')}. {UNTIL_FETCHED}",
                unit="WTE",
                aggregation="none",
                nullable=True,
            )
            for group in STAFF
        ),
        _gbp("staff_costs_gbp", "Staff and executive directors costs of 2024/25."),
        _gbp("non_labour_spend_gbp", "Operating expenses less staff costs of 2024/25."),
        _gbp("physical_capital_gbp", "Net book value of property, plant and equipment on 31 March 2025."),
        _gbp("surplus_gbp", "Surplus of 2024/25, or deficit where negative."),
        _gbp("it_capital_narrow_gbp", "IT additions of 2024/25, narrow definition of it_spend."),
        column(
            "accounts_status",
            sa.Text,
            "Why figures of the accounts are as they are, or missing. x: the accounts are not held, or cover parts of the year.",
            allowed=VALUE_STATUS,
            explains=[
                "staff_costs_gbp",
                "non_labour_spend_gbp",
                "physical_capital_gbp",
                "surplus_gbp",
                "it_capital_narrow_gbp",
            ],
        ),
        column(
            "cost_weighted_activity_status",
            sa.Text,
            "Why cost-weighted activity is missing. x: an input of the study for which this project has no source.",
            allowed=VALUE_STATUS,
        ),
        column(
            "catchment_deprivation_status",
            sa.Text,
            "Why the deprivation of the catchment is missing. x: an input of the study for which this project has no source.",
            allowed=VALUE_STATUS,
        ),
    ],
    key=["org_code"],
    layer=MARTS,
    expectations=(
        Expectation(
            "about_as_many_acute_trusts_as_there_are",
            "expect_table_row_count_to_be_between",
            {"min_value": 120, "max_value": 150},
            "The DMA of 2025 assessed 134 acute trusts.",
        ),
    ),
)
