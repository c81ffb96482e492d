"""The analysis tables: each is one SQL file in `sql/` of the same name; its columns are defined here."""

import sqlalchemy as sa

from assets.columns import CARE_SETTINGS, column, org_code, table, tables_of
from assets.source import Expectation

MARTS = "marts"

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
        column("direction", sa.Text, "Tolerance 1e-9.", allowed=["rose", "fell", "unchanged"]),
        column(
            "boundary_changed",
            sa.Boolean,
            "Whether the organisation took over another between the two years: then the two scores are not about the "
            "same trust. Leave these rows out of headline counts.",
        ),
        column(
            "shared_score", sa.Boolean, "Whether another care setting of the provider has the same score."
        ),
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

MART_TABLES = tables_of(MARTS)
