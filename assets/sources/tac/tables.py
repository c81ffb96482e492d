"""The fact tables that only the accounts feed: IT spend, IT assets and their restatements."""

from typing import Any

import sqlalchemy as sa

from assets.contract.columns import FINANCIAL_YEAR, SHA256, column, provenance, reading, table
from assets.contract.expectations import Expectation
from assets.sources.tac.measures import MEASURES, WTE, used_in
from assets.tables.facts import FACTS

CAPITAL = "Capital only: cloud, subscriptions and staff are revenue and have no line in the accounts."
KEY = ["org_code", "fy_end_year", "org_name_as_published", "edition"]
STOCK = "stock: sum over organisations open at the date"


def _gbp(name: str, comment: str, aggregation: str = "sum") -> sa.Column[Any]:
    return column(name, sa.BigInteger, comment, unit="GBP", aggregation=aggregation, nullable=True)


def _cells(table_: str, *parts: str, aggregation: str = "sum") -> list[sa.Column[Any]]:
    """Return a column for each cell that feeds some parts of a table."""
    cells = [MEASURES[name] for name in used_in(table_, *parts)]
    return [_gbp(f"{cell.name}_gbp", f"{cell.told} ({cell.key()}).", aggregation) for cell in cells]


def _year() -> list[sa.Column[Any]]:
    return [
        column("financial_year", sa.Text, "Financial year, April to March.", pattern=FINANCIAL_YEAR),
        column("fy_end_year", sa.Integer, "Year in which the financial year ends.", minimum=2000),
    ]


it_spend = table(
    "it_spend",
    f"What trusts capitalised as IT in a year, and the expenses to set it against. {CAPITAL} Grain: organisation x "
    "financial year x name published; source_row is the row of the first component, tac_staged has them all.",
    [
        *reading(),
        *_year(),
        *_cells("it_spend", "purchased"),
        _gbp(
            "leased_it_additions_gbp",
            "IT leased (A14ACY05 x ROU0070 + ROU0071 + ROU0072); null before 2022/23: not applicable.",
        ),
        _gbp(
            "narrow_gbp",
            "IT additions, narrow definition: IT equipment, software, IT intangible and leased IT together.",
        ),
        *_cells("it_spend", "under_construction", "gone_live", "moved_out"),
        _gbp(
            "broad_gbp",
            "Broad definition: narrow, assets under construction of both kinds and what was reclassified as IT. Holds "
            "buildings; a project counts when it is built and again when it goes live: never add it over years.",
            "sum over organisations, not over years",
        ),
        *_cells("it_spend", "used_up"),
        _gbp("operating_expenses_gbp", "Operating expenses; null where reported as 0 (A08CY01 x EXP0390)."),
        column(
            "nil_or_not_reported",
            sa.Boolean,
            "Whether every component of the broad definition is 0: nothing spent or nothing reported, which the file "
            "does not tell apart.",
        ),
        *provenance(),
    ],
    key=KEY,
    layer=FACTS,
    expectations=(
        Expectation(
            "most_spend_is_reported",
            "expect_column_mean_to_be_between",
            {"column": "nil_or_not_reported", "min_value": 0, "max_value": 0.1},
            "A year in which many trusts capitalised no IT is a broken file.",
        ),
        Expectation(
            "it_is_less_than_all_expenses",
            "expect_column_pair_values_a_to_be_greater_than_b",
            {
                "column_A": "operating_expenses_gbp",
                "column_B": "narrow_gbp",
                "ignore_row_if": "either_value_is_missing",
            },
            "Trusts spend under 2 % on IT (NAO 2020); more than everything is another unit.",
        ),
    ),
)

it_asset = table(
    "it_asset",
    f"What the IT of trusts is worth on 31 March. {CAPITAL} Grain: organisation x financial year x name published. "
    "A stock: add it only over organisations open on the day.",
    [
        *reading(),
        *_year(),
        *_cells("it_asset", aggregation=STOCK),
        _gbp("gross_cost_gbp", "IT equipment, software and IT intangible at cost, without leased IT.", STOCK),
        _gbp(
            "net_book_value_gbp",
            "Net book value of IT equipment, software, IT intangible and leased IT together.",
            STOCK,
        ),
        column(
            "nil_or_not_reported",
            sa.Boolean,
            "Whether cost and value are all 0: nothing owned or nothing reported, which the file does not tell apart.",
        ),
        *provenance(),
    ],
    key=KEY,
    layer=FACTS,
    expectations=(
        Expectation(
            "assets_are_worth_less_than_they_cost",
            "expect_column_pair_values_a_to_be_greater_than_b",
            {
                "column_A": "it_equipment_gross_cost_gbp",
                "column_B": "it_equipment_net_book_value_gbp",
                "or_equal": True,
                "mostly": 0.98,
                "ignore_row_if": "either_value_is_missing",
            },
            "Depreciation is taken off the cost; the other way round, two codes are exchanged.",
        ),
    ),
)


def _value(name: str, comment: str) -> sa.Column[Any]:
    return column(name, sa.Double, comment, unit="see measure_unit", aggregation="none")


it_spend_restated = table(
    "it_spend_restated",
    "Amounts that the accounts of the year after tell otherwise: the prior-year column of an edition against the "
    "current-year column of the edition before. Only amounts that differ. Grain: measure x organisation x year.",
    [
        *reading(),
        column(
            "measure",
            sa.Text,
            "Measure that was restated: a column of it_spend or it_asset, or a measure of denominator.",
            allowed=[n for n in MEASURES if n not in used_in("check")],
        ),
        column("measure_unit", sa.Text, "Unit that both values are in.", allowed=["GBP", WTE]),
        *_year(),
        _value("value_first_published", "Value of the measure in the edition of the year itself."),
        _value("value_restated", "Value of the measure in the edition of the year after."),
        _value("difference", "Restated value less value first published."),
        column("first_edition", sa.Text, "Edition that value_first_published was read from."),
        column(
            "first_source_file_sha256",
            sa.Text,
            "SHA-256 of the file the first value was read from; see source_file.",
            pattern=SHA256,
        ),
        column("first_source_sheet", sa.Text, "Sheet the first value was read from."),
        column("first_source_row", sa.Integer, "Row the first value was read from.", minimum=1),
        *provenance(),
    ],
    key=["measure", *KEY],
    layer=FACTS,
    expectations=(
        Expectation(
            "a_restatement_differs",
            "expect_column_values_to_not_be_in_set",
            {"column": "difference", "value_set": [0]},
            "An amount told the same way twice is no restatement.",
        ),
    ),
)
