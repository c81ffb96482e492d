"""The fact tables that only the accounts feed: IT spend, IT assets and their restatements."""

import sqlalchemy as sa

from assets.contract import expectations, prose, row
from assets.contract.columns import SHA256
from assets.sources.tac.measures import MEASURES, WTE, used_in

PROSE = prose.beside(__file__)
KEY = ["org_code", "fy_end_year", "org_name_as_published", "edition"]
STOCK = "stock: sum over organisations open at the date"
PUBLISHED = row.Row(prose=PROSE)


def _gbp(name: str, aggregation: str = "sum", comment: str = "") -> row.Field:
    return row.given(name, sa.BigInteger, comment=comment, unit="GBP", aggregation=aggregation, nullable=True)


def _cells(table: str, *parts: str, aggregation: str = "sum") -> list[row.Field]:
    """Return a column for each cell that feeds some parts of a table."""
    cells = [MEASURES[name] for name in used_in(table, *parts)]
    return [_gbp(f"{cell.name}_gbp", aggregation, f"{cell.label} ({cell.key()}).") for cell in cells]


it_spend = PUBLISHED.fact(
    "it_spend",
    [
        *row.YEARS,
        *_cells("it_spend", "purchased"),
        _gbp("leased_it_additions_gbp"),
        _gbp("narrow_gbp"),
        *_cells("it_spend", "under_construction", "gone_live", "moved_out"),
        _gbp("broad_gbp", "sum over organisations, not over years"),
        *_cells("it_spend", "used_up"),
        _gbp("operating_expenses_gbp"),
        row.given("nil_or_not_reported", sa.Boolean),
    ],
    key=KEY,
    expectations=[
        expectations.statistic("most_spend_is_reported", "mean", "nil_or_not_reported", (0, 0.1)),
        expectations.above("it_is_less_than_all_expenses", "operating_expenses_gbp", "narrow_gbp"),
    ],
)

it_asset = PUBLISHED.fact(
    "it_asset",
    [
        *row.YEARS,
        *_cells("it_asset", aggregation=STOCK),
        _gbp("gross_cost_gbp", STOCK),
        _gbp("net_book_value_gbp", STOCK),
        row.given("nil_or_not_reported", sa.Boolean),
    ],
    key=KEY,
    expectations=[
        expectations.above(
            "assets_are_worth_less_than_they_cost",
            "it_equipment_gross_cost_gbp",
            "it_equipment_net_book_value_gbp",
            or_equal=True,
            mostly=0.98,
        )
    ],
)

it_spend_restated = PUBLISHED.fact(
    "it_spend_restated",
    [
        row.given("measure", sa.Text, allowed=[n for n in MEASURES if n not in used_in("check")]),
        row.given("measure_unit", sa.Text, allowed=["GBP", WTE]),
        *row.YEARS,
        *(
            row.given(name, sa.Double, unit="see measure_unit", aggregation="none")
            for name in ("value_first_published", "value_restated", "difference")
        ),
        row.given("first_edition", sa.Text),
        row.given("first_source_file_sha256", sa.Text, pattern=SHA256),
        row.given("first_source_sheet", sa.Text),
        row.given("first_source_row", sa.Integer, minimum=1),
    ],
    key=["measure", *KEY],
    expectations=[expectations.never("a_restatement_differs", "difference", [0])],
)
