"""Columns of `sql/trust_profile.sql`."""

import sqlalchemy as sa

from assets.columns import CARE_SETTINGS, MARTS, column, org_code, table
from assets.source import Expectation

trust_profile = table(
    "trust_profile",
    "One row per current English trust: the latest of everything. Grain: organisation.",
    [
        column("org_name", sa.Text, "Name today."),
        org_code(comment="ODS code today."),
        column("legal_form", sa.Text, "Legal form."),
        column("organisation_type", sa.Text, "Broad type, from the newest dated source.", nullable=True),
        column("region", sa.Text, "NHS England region of the headquarters.", nullable=True),
        org_code("icb_code", "ODS code of the ICB of the headquarters.", nullable=True),
        column("open_date", sa.Date, "First legal day."),
        *(
            column(
                f"dma_overall_{setting}",
                sa.Double,
                f"Comparable overall DMA score of the newest year, care setting {setting}, of the organisation under "
                "this code; null where it was not assessed.",
                unit="score 1 to 5",
                aggregation="none",
                nullable=True,
            )
            for setting in CARE_SETTINGS
        ),
        column("dma_period", sa.Text, "Year of these scores.", nullable=True),
        column(
            "dma_merged_since",
            sa.Text,
            "Organisations assessed on their own that are part of this one today, separated by blanks: their scores "
            "are in maturity_score and are never averaged in.",
            nullable=True,
        ),
        column("has_epr", sa.Boolean, "Whether it had an electronic patient record.", nullable=True),
        column("epr_supplier", sa.Text, "Primary supplier.", nullable=True),
        column("epr_as_of_date", sa.Date, "Day the EPR facts are about.", nullable=True),
        column(
            "programme_role",
            sa.Text,
            "Best known role in the GDE programme of this organisation or of one it took over as main successor; "
            "no_known_programme does not mean that there was none.",
            allowed=["exemplar", "fast_follower", "no_known_programme"],
        ),
        column("programme_through", sa.Text, "Code under which that role was held.", nullable=True),
        column(
            "digital_funding_gbp",
            sa.BigInteger,
            "Exact and rounded central awards known by name, of this organisation and those it took over; null where "
            "none is known.",
            unit="GBP",
            aggregation="sum",
            nullable=True,
        ),
    ],
    key=["org_code"],
    layer=MARTS,
    expectations=(
        Expectation(
            "about_as_many_trusts_as_there_are",
            "expect_table_row_count_to_be_between",
            {"min_value": 190, "max_value": 220},
            "England has about 200 trusts.",
        ),
        Expectation(
            "almost_every_trust_has_a_type",
            "expect_column_values_to_not_be_null",
            {"column": "organisation_type", "mostly": 0.97},
            "Only trusts newer than the newest list of types have none.",
            "WARN",
        ),
    ),
)
