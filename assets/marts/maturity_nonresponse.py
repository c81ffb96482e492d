"""Columns of `sql/maturity_nonresponse.sql`."""

import sqlalchemy as sa

from assets.contract.columns import MARTS, column, org_code, org_display_name, table
from assets.contract.expectations import Expectation
from assets.marts.cohort_score import cohort, instrument

maturity_nonresponse = table(
    "maturity_nonresponse",
    "Trusts that were open on the last day of a round of an assessment and have no score in it, by name. Grain: "
    "instrument x period x organisation.",
    [
        column("org_name", sa.Text, "Name of the trust."),
        org_display_name(),
        org_code(comment="ODS code of the trust."),
        cohort("Best known role of the trust in the exemplar programme."),
        instrument(),
        column("period", sa.Text, "Round of the assessment, such as 2017."),
        column("period_end", sa.Date, "Last day of the round."),
        column("open_date", sa.Date, "Day on which the trust opened."),
        column("close_date", sa.Date, "Last day of the trust; null if it is open.", nullable=True),
        column(
            "reason",
            sa.Text,
            "merged_in_round: it merged with a scored organisation within the round or on the day after, whose score stands "
            "for it; no_answer: none is held, and why is not known.",
            allowed=["merged_in_round", "no_answer"],
        ),
    ],
    key=["instrument", "period", "org_code"],
    layer=MARTS,
    expectations=(
        Expectation(
            "few_trusts_are_without_a_score",
            "expect_table_row_count_to_be_between",
            {"max_value": 60},
            "Assessments were answered by nearly all trusts: many without a score point to codes that were not matched.",
            "WARN",
        ),
    ),
)
