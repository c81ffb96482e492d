"""The fact tables that only the accounts feed: IT spend, IT assets and their restatements."""

from typing import Any

import sqlalchemy as sa

from assets.contract import expectations, prose
from assets.contract.columns import FINANCIAL_YEAR, SHA256, column, fact
from assets.sources.tac.measures import MEASURES, WTE, used_in

PROSE = prose.beside(__file__)
CAPITAL = "Capital only: cloud, subscriptions and staff are revenue and have no line in the accounts."
KEY = ["org_code", "fy_end_year", "org_name_as_published", "edition"]
STOCK = "stock: sum over organisations open at the date"
LEASED = "IT leased (A14ACY05 x ROU0070 + ROU0071 + ROU0072); null before 2022/23: not applicable."
NARROW = "IT additions, narrow definition: IT equipment, software, IT intangible and leased IT together."
BROAD = "Broad definition: narrow, assets under construction of both kinds and what was reclassified as IT. Holds buildings; a project counts when it is built and again when it goes live: never add it over years."
EXPENSES = "Operating expenses; null where reported as 0 (A08CY01 x EXP0390)."
NO_SPEND = "Whether every component of the broad definition is 0: nothing spent or nothing reported, which the file does not tell apart."
COST = "IT equipment, software and IT intangible at cost, without leased IT."
VALUE = "Net book value of IT equipment, software, IT intangible and leased IT together."
NO_ASSET = (
    "Whether cost and value are all 0: nothing owned or nothing reported, which the file does not tell apart."
)
RESTATED = "Measure that was restated: a column of it_spend or it_asset, or a measure of denominator."
FIRST_FILE = "SHA-256 of the file the first value was read from; see source_file."


def _gbp(name: str, comment: str, aggregation: str = "sum") -> sa.Column[Any]:
    return column(name, sa.BigInteger, comment, unit="GBP", aggregation=aggregation, nullable=True)


def _cells(table_: str, *parts: str, aggregation: str = "sum") -> list[sa.Column[Any]]:
    """Return a column for each cell that feeds some parts of a table."""
    cells = [MEASURES[name] for name in used_in(table_, *parts)]
    return [_gbp(f"{cell.name}_gbp", f"{cell.label} ({cell.key()}).", aggregation) for cell in cells]


def _year() -> list[sa.Column[Any]]:
    return [
        column("financial_year", sa.Text, "Financial year, April to March.", pattern=FINANCIAL_YEAR),
        column("fy_end_year", sa.Integer, "Year in which the financial year ends.", minimum=2000),
    ]


def _value(name: str, comment: str) -> sa.Column[Any]:
    return column(name, sa.Double, comment, unit="see measure_unit", aggregation="none")


it_spend = fact(
    "it_spend",
    f"What trusts capitalised as IT in a year, and the expenses to set it against. {CAPITAL} Grain: organisation x "
    "financial year x name published; source_row is the row of the first component, tac_staged has them all.",
    [
        *_year(),
        *_cells("it_spend", "purchased"),
        _gbp("leased_it_additions_gbp", LEASED),
        _gbp("narrow_gbp", NARROW),
        *_cells("it_spend", "under_construction", "gone_live", "moved_out"),
        _gbp("broad_gbp", BROAD, "sum over organisations, not over years"),
        *_cells("it_spend", "used_up"),
        _gbp("operating_expenses_gbp", EXPENSES),
        column("nil_or_not_reported", sa.Boolean, NO_SPEND),
    ],
    key=KEY,
    expectations=PROSE.explained(
        [
            expectations.statistic("most_spend_is_reported", "mean", "nil_or_not_reported", (0, 0.1)),
            expectations.above("it_is_less_than_all_expenses", "operating_expenses_gbp", "narrow_gbp"),
        ]
    ),
)

it_asset = fact(
    "it_asset",
    f"What the IT of trusts is worth on 31 March. {CAPITAL} Grain: organisation x financial year x name published. "
    "A stock: add it only over organisations open on the day.",
    [
        *_year(),
        *_cells("it_asset", aggregation=STOCK),
        _gbp("gross_cost_gbp", COST, STOCK),
        _gbp("net_book_value_gbp", VALUE, STOCK),
        column("nil_or_not_reported", sa.Boolean, NO_ASSET),
    ],
    key=KEY,
    expectations=PROSE.explained(
        [
            expectations.above(
                "assets_are_worth_less_than_they_cost",
                "it_equipment_gross_cost_gbp",
                "it_equipment_net_book_value_gbp",
                or_equal=True,
                mostly=0.98,
            )
        ]
    ),
)

it_spend_restated = fact(
    "it_spend_restated",
    "Amounts that the accounts of the year after tell otherwise: the prior-year column of an edition against the "
    "current-year column of the edition before. Only amounts that differ. Grain: measure x organisation x year.",
    [
        column("measure", sa.Text, RESTATED, allowed=[n for n in MEASURES if n not in used_in("check")]),
        column("measure_unit", sa.Text, "Unit that both values are in.", allowed=["GBP", WTE]),
        *_year(),
        _value("value_first_published", "Value of the measure in the edition of the year itself."),
        _value("value_restated", "Value of the measure in the edition of the year after."),
        _value("difference", "Restated value less value first published."),
        column("first_edition", sa.Text, "Edition that value_first_published was read from."),
        column("first_source_file_sha256", sa.Text, FIRST_FILE, pattern=SHA256),
        column("first_source_sheet", sa.Text, "Sheet the first value was read from."),
        column("first_source_row", sa.Integer, "Row the first value was read from.", minimum=1),
    ],
    key=["measure", *KEY],
    expectations=PROSE.explained([expectations.never("a_restatement_differs", "difference", [0])]),
)
