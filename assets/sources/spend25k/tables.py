"""The staged table of payments over GBP 25,000, and the fact table that only they feed."""

from typing import Any

import sqlalchemy as sa

from assets.contract import expectations, prose, row
from assets.contract.columns import ORG_CODE, PUBLISHER_FILE, SHA256
from assets.sources.spend25k.classification import CATEGORIES

PROSE = prose.beside(__file__)
MONTH = r"^\d{4}-\d\d$"
COUNT: dict[str, Any] = {"aggregation": "sum", "unit": "lines"}
PER_CENT: dict[str, Any] = {"unit": "percent", "aggregation": "none", "minimum": 0, "maximum": 100}

ROW = row.Row(
    row.given("org_code_as_published", sa.Text, pattern=ORG_CODE),
    row.given("org_name_as_published", sa.Text),
    row.given("month", sa.Text, pattern=MONTH),
    row.given("category", sa.Text, allowed=CATEGORIES),
    row.given("matched_words", sa.Text, nullable=True),
    row.given("lines", sa.Integer, minimum=1, **COUNT),
    row.given("lines_repeated", sa.Integer, minimum=0, **COUNT),
    row.given("lines_negative", sa.Integer, minimum=0, **COUNT),
    row.given("amount_gbp", sa.Double, unit="GBP", aggregation="sum"),
    row.given("largest_gbp", sa.Double, unit="GBP", aggregation="none"),
    row.given("names_trust", sa.Boolean),
    row.given("layout", sa.Text),
    row.given(PUBLISHER_FILE, sa.Text, pattern=SHA256),
    prose=PROSE,
)
TABLE = ROW.staged("spend25k", key=(PUBLISHER_FILE,))

it_spend_over_25k = ROW.fact(
    "it_spend_over_25k",
    [
        *("month", "category"),
        row.given("is_it", sa.Boolean),
        *("amount_gbp", "lines"),
        row.given("classified_pct", sa.Double, **PER_CENT),
        row.given("caution", sa.Text, nullable=True),
        row.YEARS[1],
    ],
    key=["org_code", "month", "category", "edition"],
    expectations=[
        expectations.among("every_category_is_known", "category", CATEGORIES),
        expectations.statistic(
            "most_lines_can_be_classified", "mean", "classified_pct", (40, 100), severity="WARN"
        ),
    ],
)
