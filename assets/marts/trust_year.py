"""Columns of `sql/trust_year.sql`."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from assets.contract.columns import (
    CARE_SETTINGS,
    EVIDENCE_GRADES,
    FINANCIAL_YEAR,
    MARTS,
    VALUE_STATUS,
    column,
    dmsa_scores,
    epr_answer,
    org_code,
    org_display_name,
    successor,
    table,
)
from assets.contract.expectations import Expectation
from assets.marts.cohort_score import GDE_COHORTS

CAPITAL = "Capital only: cloud, subscriptions and staff are revenue and have no line in the accounts."
UNKNOWN = "Null where the source has nothing for the year; coverage says why."


def _gbp(name: str, comment: str, aggregation: str = "sum") -> sa.Column[Any]:
    return column(name, sa.BigInteger, comment, unit="GBP", aggregation=aggregation, nullable=True)


def _ratio(name: str, comment: str, unit: str) -> sa.Column[Any]:
    return column(name, sa.Numeric(14, 4), comment, unit=unit, aggregation="none", nullable=True)


def _status(name: str, comment: str, explains: Sequence[str]) -> sa.Column[Any]:
    return column(name, sa.Text, comment, allowed=VALUE_STATUS, explains=explains)


trust_year = table(
    "trust_year",
    f"What is known about a trust in a financial year, side by side. {UNKNOWN} Grain: organisation (under its code at "
    "the time) x financial year.",
    [
        column("org_name", sa.Text, "Newest name of the organisation."),
        org_display_name(),
        org_code(),
        *successor(),
        column("financial_year", sa.Text, "Financial year, April to March.", pattern=FINANCIAL_YEAR),
        column("fy_end_year", sa.Integer, "Calendar year in which the financial year ends.", minimum=2000),
        column(
            "open_all_year",
            sa.Boolean,
            "Whether the organisation was open from the first to the last day of the year; where not, amounts may be of a "
            "part of it.",
        ),
        _gbp("it_capital_narrow_gbp", f"IT additions, narrow definition of it_spend. {CAPITAL}"),
        _gbp(
            "it_capital_broad_gbp",
            f"IT additions, broad definition of it_spend: never add them up over years. {CAPITAL}",
            "sum over organisations, not over years",
        ),
        _status(
            "it_capital_status",
            "Why IT additions are as they are, or missing; b: leases are included from 2022/23.",
            [
                "it_capital_narrow_gbp",
                "it_capital_broad_gbp",
                "it_capital_pct_of_operating_expenses",
                "it_capital_gbp_per_wte",
                "it_capital_gbp_per_bed",
            ],
        ),
        _gbp(
            "it_capital_narrow_real_gbp",
            "IT additions, narrow definition, in prices of prices_of; null until a deflator is fetched.",
        ),
        _gbp(
            "it_capital_broad_real_gbp",
            "IT additions, broad definition, in prices of prices_of; null until a deflator is fetched.",
            "sum over organisations, not over years",
        ),
        column(
            "prices_of", sa.Text, "Financial year in whose prices real amounts are stated.", nullable=True
        ),
        column(
            "deflator_edition",
            sa.Text,
            "Edition of the GDP deflator used for amounts in real terms.",
            nullable=True,
        ),
        _status(
            "real_terms_status",
            "x: no amount or no deflator is held for the year; e: derived by this project.",
            [
                "it_capital_narrow_real_gbp",
                "it_capital_broad_real_gbp",
                "it_capital_real_gbp_per_wte",
                "it_capital_real_gbp_per_bed",
            ],
        ),
        _gbp(
            "it_gross_cost_gbp",
            "IT equipment, software and IT intangible at cost on 31 March.",
            "stock: sum over organisations open at the date",
        ),
        _gbp(
            "it_net_book_value_gbp",
            "IT assets, including leased IT, at net book value on 31 March.",
            "stock: sum over organisations open at the date",
        ),
        _gbp("operating_income_gbp", "Operating income of the financial year."),
        _gbp("operating_expenses_gbp", "Operating expenses of the financial year."),
        _gbp("staff_costs_gbp", "Staff and executive directors costs of the financial year."),
        _gbp("surplus_gbp", "Surplus of the financial year, or deficit where negative."),
        column(
            "wte",
            sa.Double,
            "Average staff over the financial year, in whole-time equivalents.",
            unit="WTE",
            aggregation="none",
            nullable=True,
        ),
        column(
            "accounts_evidence_grade",
            sa.Text,
            "Evidence of income, expenses, staff costs, surplus and staff, the weakest of them: transcribed where a re-user "
            "compiled one; null without any.",
            nullable=True,
            allowed=EVIDENCE_GRADES,
        ),
        column(
            "beds",
            sa.Numeric(12, 2),
            "Average available general and acute beds, weighted by the months reported.",
            unit="beds",
            aggregation="average over beds_months_reported",
            nullable=True,
        ),
        column(
            "beds_months_reported",
            sa.Integer,
            "Months of the financial year for which beds were reported.",
            nullable=True,
            minimum=1,
            maximum=12,
        ),
        _ratio(
            "it_capital_pct_of_operating_expenses",
            "IT additions, narrow definition, as a share of operating expenses of the same year.",
            "percent",
        ),
        _ratio(
            "it_capital_pct_over_three_years",
            "IT additions, narrow definition, as a share of operating expenses over this and the two previous years, where "
            "all three are known: additions vary a lot from year to year.",
            "percent",
        ),
        _ratio(
            "it_capital_gbp_per_wte",
            "IT additions, narrow definition, per whole-time equivalent of staff.",
            "GBP per WTE",
        ),
        _ratio(
            "it_capital_real_gbp_per_wte",
            "IT additions, narrow definition, per whole-time equivalent of staff, in prices of prices_of.",
            "GBP per WTE",
        ),
        _ratio(
            "it_capital_gbp_per_bed",
            "IT additions, narrow definition, per general and acute bed.",
            "GBP per bed",
        ),
        _ratio(
            "it_capital_real_gbp_per_bed",
            "IT additions, narrow definition, per general and acute bed, in prices of prices_of.",
            "GBP per bed",
        ),
        _gbp("medical_records_cost_gbp", "Cost of keeping medical records, on site and off."),
        _status(
            "medical_records_cost_status",
            "Why medical_records_cost_gbp is as it is, or missing.",
            ["medical_records_cost_gbp"],
        ),
        column(
            "medical_records_cost_flag",
            sa.Text,
            "Doubts about medical_records_cost_gbp; see cost_flag of medical_records_cost.",
            nullable=True,
        ),
        *(
            column(
                f"dma_overall_{setting}",
                sa.Double,
                f"Comparable overall DMA score, care setting {setting}, assessed in the year.",
                unit="score 1 to 5",
                aggregation="none",
                nullable=True,
            )
            for setting in CARE_SETTINGS
        ),
        *dmsa_scores("whose round ended in the year"),
        column(
            "has_epr",
            sa.Boolean,
            "Whether the organisation had an electronic patient record on a day of the year; null means not known, never no.",
            nullable=True,
        ),
        epr_answer("on a day of the year"),
        column(
            "epr_supplier",
            sa.Text,
            "Primary supplier of the electronic patient record, as published.",
            nullable=True,
        ),
        column(
            "dspt_status",
            sa.Text,
            "Data security and protection (DSPT) status under the standard of the year, from the newest list that has it.",
            nullable=True,
        ),
        column("dspt_as_of_date", sa.Date, "Day of the list from which dspt_status was read.", nullable=True),
        column(
            "dqmi_mean_score",
            sa.Numeric(9, 2),
            "Mean of the monthly DQMI of the year, without diagnostic imaging.",
            unit="score 0 to 100",
            aggregation="none",
            nullable=True,
        ),
        column(
            "dqmi_months",
            sa.Integer,
            "How many months are in dqmi_mean_score.",
            nullable=True,
            minimum=1,
            maximum=12,
        ),
        column(
            "oversight_segment",
            sa.Integer,
            "NHS Oversight Framework segment of the last quarter held for the year.",
            unit="segment 1 to 5",
            aggregation="none",
            nullable=True,
        ),
        column(
            "cqc_overall",
            sa.Text,
            "CQC rating overall, newest published by the end of the year; null for years without a list of March to June: a later list no longer has the ratings that were replaced since.",
            nullable=True,
        ),
        column(
            "cqc_well_led",
            sa.Text,
            "CQC rating well led, newest published by the end of the year; null for years without a list of March to June: a later list no longer has the ratings that were replaced since.",
            nullable=True,
        ),
        column(
            "programme_role",
            sa.Text,
            "Best role in the GDE programme of this organisation or of a member it had absorbed, as announced by the end "
            "of the year; no_known_programme does not mean that there was none, and includes Digital Aspirants.",
            allowed=GDE_COHORTS,
        ),
        _gbp("digital_funding_gbp", "Exact and rounded central awards whose last year this is."),
    ],
    key=["org_code", "fy_end_year"],
    layer=MARTS,
    expectations=(
        Expectation(
            "one_row_per_trust_and_year",
            "expect_compound_columns_to_be_unique",
            {"column_list": ["org_code", "fy_end_year"]},
            "A join that doubles a trust doubles its amounts.",
        ),
        Expectation(
            "shares_of_expenses_are_plausible",
            "expect_column_values_to_be_between",
            {"column": "it_capital_pct_of_operating_expenses", "min_value": 0, "max_value": 25},
            "IT was under 2 % of trusts' spending (NAO 2020); more than a quarter means another unit.",
            "WARN",
        ),
    ),
)
