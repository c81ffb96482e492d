"""The staged table of payments over GBP 25,000, and the fact table that only they feed."""

from typing import Any

import sqlalchemy as sa

from assets.contract import expectations, prose, row
from assets.contract.columns import ORG_CODE, PUBLISHER_FILE, SHA256, column, fact
from assets.sources.spend25k.classification import CATEGORIES

PROSE = prose.beside(__file__)
MONTH = r"^\d{4}-\d\d$"
CODE = "ODS code of the trust whose site the file is from."
NAME = "Trust as the file names it, or as ODS does where it does not."
WORDS = "Words of the expense type that decided; kept for IT and telecoms only."
REPEATED = "How many of the lines repeat an earlier line of the file in every cell."
NEGATIVE = "How many of the lines are refunds: their amount is negative."
PAID = "Payments of the category in the month, less refunds."
SHARE = "Share of the lines of the trust's month whose expense type says what they were for."
CAUTION = "What is unusual about the month beside the other months of the trust; null where nothing is."
COUNT: dict[str, Any] = {"aggregation": "sum", "unit": "lines"}
PER_CENT: dict[str, Any] = {"unit": "%", "aggregation": "none", "minimum": 0, "maximum": 100}

ROW = row.Row(
    row.given("org_code_as_published", sa.Text, CODE, pattern=ORG_CODE),
    row.given("org_name_as_published", sa.Text, NAME),
    row.given("month", sa.Text, "Month the trust reports the lines under.", pattern=MONTH),
    row.given("category", sa.Text, "What the lines were for, by their expense type.", allowed=CATEGORIES),
    row.given("matched_words", sa.Text, WORDS, nullable=True),
    row.given("lines", sa.Integer, "How many payment lines were added up.", minimum=1, **COUNT),
    row.given("lines_repeated", sa.Integer, REPEATED, minimum=0, **COUNT),
    row.given("lines_negative", sa.Integer, NEGATIVE, minimum=0, **COUNT),
    row.given("amount_gbp", sa.Double, PAID, unit="GBP", aggregation="sum"),
    row.given("largest_gbp", sa.Double, "Largest amount of one line.", unit="GBP", aggregation="none"),
    row.given("names_trust", sa.Boolean, "Whether the file names the trust it is from."),
    row.given("layout", sa.Text, "What the columns of the file mean, from left to right."),
    row.given(PUBLISHER_FILE, sa.Text, "SHA-256 of the publisher's file the row is from.", pattern=SHA256),
)
TABLE = ROW.staged(
    "spend25k",
    "Payments over GBP 25,000 summed: file x month x category x words that decided.",
    key=(PUBLISHER_FILE,),
)

it_spend_over_25k = fact(
    "it_spend_over_25k",
    "Payments over GBP 25,000 by what they were for. Grain: organisation x month x category x edition.",
    [
        *ROW.columns("month", "category"),
        column("is_it", sa.Boolean, "Whether the category counts as IT; telecoms does not."),
        *ROW.columns("amount_gbp", "lines"),
        column("classified_pct", sa.Double, SHARE, **PER_CENT),
        column("caution", sa.Text, CAUTION, nullable=True),
        column("fy_end_year", sa.Integer, "Year in which the financial year ends.", minimum=2000),
    ],
    key=["org_code", "month", "category", "edition"],
    expectations=PROSE.explained(
        [
            expectations.among("every_category_is_known", "category", CATEGORIES),
            expectations.statistic(
                "most_lines_can_be_classified", "mean", "classified_pct", (40, 100), severity="WARN"
            ),
        ]
    ),
)
