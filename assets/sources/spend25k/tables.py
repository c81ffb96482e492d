"""The staged table of payments over GBP 25,000, and the fact table that only they feed."""

import sqlalchemy as sa

from assets.contract.columns import column, org_code, provenance, publisher_file, reading, staged, table
from assets.contract.expectations import Expectation
from assets.sources.spend25k.classification import CATEGORIES
from assets.tables.facts import FACTS

MONTH = r"^\d{4}-\d\d$"

TABLE = staged(
    "spend25k",
    "Payments over GBP 25,000 summed: file x month x category x words that decided.",
    [
        org_code("org_code_as_published", "ODS code of the trust whose site the file is from."),
        column(
            "org_name_as_published", sa.Text, "Trust as the file names it, or as ODS does where it does not."
        ),
        column("month", sa.Text, "Month the file reports the lines under.", pattern=MONTH),
        column("category", sa.Text, "What the lines were for.", allowed=CATEGORIES),
        column(
            "matched_words",
            sa.Text,
            "Words of the expense type that decided; kept for IT and telecoms only.",
            nullable=True,
        ),
        column(
            "lines",
            sa.Integer,
            "How many payment lines were added up.",
            aggregation="sum",
            unit="lines",
            minimum=1,
        ),
        column(
            "lines_repeated",
            sa.Integer,
            "How many of the lines repeat an earlier line of the file in every cell.",
            aggregation="sum",
            unit="lines",
            minimum=0,
        ),
        column(
            "lines_negative",
            sa.Integer,
            "How many of the lines are refunds: their amount is negative.",
            aggregation="sum",
            unit="lines",
            minimum=0,
        ),
        column(
            "amount_gbp",
            sa.Double,
            "Payments of the category in the month, less refunds.",
            unit="GBP",
            aggregation="sum",
        ),
        column("largest_gbp", sa.Double, "Largest amount of one line.", unit="GBP", aggregation="none"),
        column("names_trust", sa.Boolean, "Whether the file names the trust it is from."),
        column("layout", sa.Text, "What the columns of the file mean, from left to right."),
        publisher_file(),
    ],
    key=["publisher_file_sha256"],
)

it_spend_over_25k = table(
    "it_spend_over_25k",
    "Payments over GBP 25,000 by what they were for. Grain: organisation x month x category x edition.",
    [
        *reading(),
        column("month", sa.Text, "Month the trust reports the lines under.", pattern=MONTH),
        column("category", sa.Text, "What the lines were for, by their expense type.", allowed=CATEGORIES),
        column("is_it", sa.Boolean, "Whether the category counts as IT; telecoms does not."),
        column(
            "amount_gbp",
            sa.Double,
            "Payments of the category in the month, less refunds.",
            unit="GBP",
            aggregation="sum",
        ),
        column(
            "lines",
            sa.Integer,
            "How many payment lines were added up.",
            unit="lines",
            aggregation="sum",
            minimum=1,
        ),
        column(
            "classified_pct",
            sa.Double,
            "Share of the lines of the trust's month whose expense type says what they were for.",
            unit="%",
            aggregation="none",
            minimum=0,
            maximum=100,
        ),
        column(
            "caution",
            sa.Text,
            "What is unusual about the month beside the other months of the trust; null where nothing is.",
            nullable=True,
        ),
        column("fy_end_year", sa.Integer, "Year in which the financial year ends.", minimum=2000),
        *provenance(),
    ],
    key=["org_code", "month", "category", "edition"],
    layer=FACTS,
    expectations=(
        Expectation(
            "every_category_is_known",
            "expect_column_values_to_be_in_set",
            {"column": "category", "value_set": list(CATEGORIES)},
            "A category that is not documented means nothing to a reader.",
        ),
        Expectation(
            "most_lines_can_be_classified",
            "expect_column_mean_to_be_between",
            {"column": "classified_pct", "min_value": 40, "max_value": 100},
            "Words that classify less than half of the lines are the words of other trusts.",
            "WARN",
        ),
    ),
)
