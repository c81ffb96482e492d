"""Columns of `sql/trust_profile.sql`."""

import sqlalchemy as sa

from assets.contract.columns import (
    CARE_SETTINGS,
    MARTS,
    VALUE_STATUS,
    column,
    dmsa_scores,
    epr_answer,
    icb_name,
    org_code,
    org_display_name,
    table,
)
from assets.contract.expectations import Expectation
from assets.marts.cohort_score import programme

trust_profile = table(
    "trust_profile",
    "One row per current English trust: the latest of everything. Grain: organisation.",
    [
        column("org_name", sa.Text, "Name of the trust today."),
        org_display_name(),
        org_code(comment="ODS code of the trust today."),
        column("legal_form", sa.Text, "Legal form of the trust today."),
        column(
            "organisation_type",
            sa.Text,
            "Broad type of the trust: its primary_type in organisation_type, from the newest list; null if no list has one.",
            nullable=True,
        ),
        column("region_code", sa.Text, "Code of the NHS England region of the headquarters.", nullable=True),
        column("region", sa.Text, "NHS England region of the headquarters of the trust.", nullable=True),
        org_code("icb_code", "ODS code of the ICB of the headquarters.", nullable=True),
        icb_name(),
        column("open_date", sa.Date, "First day on which the trust legally existed."),
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
        column(
            "dma_period",
            sa.Text,
            "Year of the DMA scores in the columns dma_overall_...; null where the trust was not assessed.",
            nullable=True,
        ),
        column(
            "dma_merged_since",
            sa.Text,
            "Organisations that were assessed separately and are part of this one today, separated by spaces: their "
            "scores are in maturity_score and are never averaged in.",
            nullable=True,
        ),
        *dmsa_scores("of the newest round held, of the organisation under this code"),
        column(
            "dmsa_period",
            sa.Text,
            "Round of the scores in the columns dmsa_...; null where no score is held under this code.",
            nullable=True,
        ),
        column(
            "dmsa_merged_since",
            sa.Text,
            "Organisations that answered separately in any round and are part of this one today, separated by spaces: "
            "their scores are in maturity_score and are never averaged in.",
            nullable=True,
        ),
        column(
            "has_epr",
            sa.Boolean,
            "Whether the trust had an electronic patient record on epr_as_of_date; null means not known, never no.",
            nullable=True,
        ),
        epr_answer("on epr_as_of_date"),
        column(
            "epr_supplier",
            sa.Text,
            "Primary supplier of the trust's electronic patient record, as published.",
            nullable=True,
        ),
        column("epr_as_of_date", sa.Date, "Day that has_epr and epr_supplier are about.", nullable=True),
        column(
            "epr_merged_since",
            sa.Text,
            "Organisations that the newest EPR list with them lists separately and that are part of this one today, "
            "separated by spaces.",
            nullable=True,
        ),
        column(
            "frontline_group",
            sa.Integer,
            "Group of the trust in the Frontline Digitisation programme: 0 without a record system to 3 with one that "
            "has the core capabilities.",
            unit="group",
            aggregation="none",
            nullable=True,
        ),
        column(
            "frontline_status",
            sa.Text,
            "What the trust was doing about its record system on frontline_as_of_date, as the programme recorded it.",
            nullable=True,
        ),
        column(
            "frontline_as_of_date",
            sa.Date,
            "Day that frontline_group and frontline_status are about; null where the trust is not on the list.",
            nullable=True,
        ),
        column(
            "frontline_merged_since",
            sa.Text,
            "Organisations that a list of groups has separately and that are part of this one today, separated by spaces.",
            nullable=True,
        ),
        column(
            "fdp_listed_on",
            sa.Date,
            "Day on which the newest list that names the trust as live on the Federated Data Platform was saved; the list itself "
            "is older, and what it says may be. Null where no list held "
            "names it, which does not mean that it is not live.",
            nullable=True,
        ),
        *programme(),
        column(
            "digital_funding_gbp",
            sa.BigInteger,
            "Exact and rounded central awards to this organisation and those it took over, as far as awards are held by "
            "name; null where none is known.",
            unit="GBP",
            aggregation="sum",
            nullable=True,
        ),
        column(
            "it_capital_narrow_gbp",
            sa.BigInteger,
            "IT additions, narrow definition, of the newest year held, including trusts it took over. Capital only: "
            "cloud, subscriptions and staff are not included.",
            unit="GBP",
            aggregation="sum",
            nullable=True,
        ),
        column(
            "it_capital_pct_of_operating_expenses",
            sa.Numeric(14, 4),
            "IT additions, narrow definition, as a share of operating expenses of the same financial year.",
            unit="percent",
            aggregation="none",
            nullable=True,
        ),
        column(
            "it_capital_fy_end_year",
            sa.Integer,
            "Calendar year in which the financial year of the IT additions ends.",
            nullable=True,
        ),
        column(
            "it_capital_without",
            sa.Text,
            "Constituents open in that year without a value, which the sum does not include; null where there is none.",
            nullable=True,
        ),
        column(
            "it_capital_status",
            sa.Text,
            "Why IT additions are as they are, or missing. x: no accounts with them are held, see coverage; e: added up "
            "over constituents; b: leases are included from 2022/23.",
            allowed=VALUE_STATUS,
            explains=["it_capital_narrow_gbp", "it_capital_pct_of_operating_expenses"],
        ),
        column(
            "medical_records_cost_gbp",
            sa.BigInteger,
            "Cost of keeping medical records in the newest year that has one, including trusts it took over.",
            unit="GBP",
            aggregation="sum",
            nullable=True,
        ),
        column(
            "medical_records_fy_end_year",
            sa.Integer,
            "Calendar year in which the financial year of medical_records_cost_gbp ends.",
            nullable=True,
        ),
        column(
            "medical_records_without",
            sa.Text,
            "Constituents open in that year without a value, which the sum does not include; null where there is none.",
            nullable=True,
        ),
        column(
            "medical_records_flag",
            sa.Text,
            "Doubts about medical_records_cost_gbp; see cost_flag of medical_records_cost_current.",
            nullable=True,
        ),
        column(
            "dspt_status",
            sa.Text,
            "Data security and protection (DSPT) status in the newest list that names the trust.",
            nullable=True,
        ),
        column("dspt_as_of_date", sa.Date, "Day of the list from which dspt_status was read.", nullable=True),
        column(
            "dspt_merged_since",
            sa.Text,
            "Organisations with a separate DSPT status that are part of this one today, separated by spaces.",
            nullable=True,
        ),
        column(
            "dqmi_score",
            sa.Double,
            "Data Quality Maturity Index (DQMI) of the trust in the newest month, without diagnostic imaging.",
            unit="score 0 to 100",
            aggregation="none",
            nullable=True,
        ),
        column("dqmi_month", sa.Text, "Month that dqmi_score is about, such as 2025-07.", nullable=True),
        column(
            "oversight_segment",
            sa.Integer,
            "NHS Oversight Framework segment of the trust in the newest quarter.",
            unit="segment 1 to 5",
            aggregation="none",
            nullable=True,
        ),
        column(
            "oversight_quarter",
            sa.Text,
            "Quarter of the financial year that oversight_segment is about.",
            nullable=True,
        ),
        column(
            "cqc_overall",
            sa.Text,
            "Newest rating of the trust overall by the Care Quality Commission (CQC).",
            nullable=True,
        ),
        column(
            "cqc_overall_published_on",
            sa.Date,
            "Day on which the rating in cqc_overall was published.",
            nullable=True,
        ),
        column("cqc_well_led", sa.Text, "Newest CQC rating of whether the trust is well led.", nullable=True),
        column(
            "cqc_well_led_published_on",
            sa.Date,
            "Day on which the rating in cqc_well_led was published.",
            nullable=True,
        ),
        column(
            "cqc_merged_since",
            sa.Text,
            "Organisations that were rated separately in a list held and are part of this one today, separated by spaces: a "
            "rating older than a merger is not about the trust of today.",
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
            "Only trusts newer than the newest list of types have no type.",
            "WARN",
        ),
    ),
)
