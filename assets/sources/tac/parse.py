"""From one workbook to the staged table: a row per provider, measure and period."""

from collections.abc import Iterator
from typing import Any

import pandas as pd
import sqlalchemy as sa

from assets.contract import row
from assets.contract.columns import FINANCIAL_YEAR
from assets.contract.parsed import Parsed, Rejected, StructureError, few
from assets.contract.periods import financial_year, year_of
from assets.reading.structure import find_table, normal
from assets.reading.workbook_columns import ColumnBook, solid
from assets.sources.tac.cells import COLUMNS, Cells, amiss, pick
from assets.sources.tac.checks import checked
from assets.sources.tac.compiled import ACCOUNTS, COMPILED, QUALITIES, WITH_NON_EXECUTIVES, compiled
from assets.sources.tac.measures import MEASURES, PERIODS, THOUSANDS, WTE, due
from assets.sources.tac.tables import PROSE

MOST_WITHOUT_ROWS = 0.02
"""Share of the listed providers that may be without accounts (2019/20: University Hospitals of Leicester)."""
PROVIDERS = "List of Providers"
COMMENTS = "Comments"
"""A column that files may lack."""
PARTS = {"trusts": "NHS trusts", "foundation_trusts": "NHS foundation trusts"}
"""The files of a year: an NHS trust cannot be named a foundation trust, and a foundation trust must be."""

CHECK: dict[str, Any] = {"aggregation": "none", "nullable": True}

WHO = row.Row(
    row.org_name("Full name of Provider"),
    row.org_code("NHS code", optional=True),
    row.text("region_as_published", "Region", missing=""),
    row.text("sector_as_published", "Sector", missing=""),
    row.text("provider_comment", "Comments", missing=""),
)
ROW = row.Row(
    *WHO.fields.values(),
    row.given("layout", sa.Text, allowed=(ACCOUNTS, COMPILED)),
    row.given("measure", sa.Text, allowed=(*MEASURES, WITH_NON_EXECUTIVES)),
    row.given("period", sa.Text, allowed=PERIODS),
    row.given("financial_year", sa.Text, pattern=FINANCIAL_YEAR),
    row.given("main_code", sa.Text, "MainCode"),
    row.given("sub_code", sa.Text, "SubCode"),
    row.given("table_id", sa.Integer, "TableID", minimum=1, nullable=True),
    row.given("amount", sa.Double, unit="see measure_unit", aggregation="see measure", nullable=True),
    row.given("quality", sa.Text, nullable=True, allowed=tuple(QUALITIES)),
    row.given("measure_unit", sa.Text, allowed=[THOUSANDS, WTE]),
    row.given("rows_of_provider", sa.Integer, minimum=1, nullable=True),
    row.given("identity_gap", sa.Double, unit=THOUSANDS, **CHECK),
    row.given("it_share_of_additions_pct", sa.Double, unit="percent", **CHECK),
    prose=PROSE,
)
TABLE = ROW.staged("tac")


def parse(content: bytes, edition: str, part: str) -> Parsed:
    """Read one workbook of `edition` (a financial year), of the kind of trusts that `part` names, or the compiled table.

    Raises StructureError naming every sheet, header, code and provider that is not as it must be.
    """
    if part == COMPILED:
        return compiled(content, edition)
    year = year_of(edition)
    book = ColumnBook(content, COLUMNS)
    providers = _providers(book)
    _verify_part(providers, part)
    cells = pick(book, year)
    if problems := list(amiss(cells, list(providers), year)):
        raise StructureError(problems)
    without = [who["org_name_as_published"] for name, who in providers.items() if name not in cells.counted]
    if len(without) > MOST_WITHOUT_ROWS * len(providers):
        raise StructureError(
            f"expected rows of every listed provider but {MOST_WITHOUT_ROWS:.0%}, found none of {len(without)} of {len(providers)}: {few(without)}"
        )
    bad = cells.rows["amount"].isna()
    return Parsed(
        checked(_staged(cells.rows[~bad], providers, cells, year)),
        len(cells.rows),
        tuple(_rejected(cells.rows[bad], book)),
        tuple(book.drift),
        tuple(_ignored(book, cells, without)),
    )


def _ignored(book: ColumnBook, cells: Cells, without: list[str]) -> Iterator[str]:
    """Yield what was left unread, and why."""
    yield from (f"sheet {name!r} is hidden" for name in book.hidden)
    others = [n for n in book.names if n not in cells.sheets and solid(n) != solid(PROVIDERS)]
    yield from (f"sheet {name!r} holds no accounts" for name in others)
    yield f"{cells.unused} rows of codes that are not used"
    yield from (f"provider {name!r} is listed and has no accounts" for name in without)


def _providers(book: ColumnBook) -> dict[str, dict[str, Any]]:
    """Return what the list of providers says of each, by its name in normal form."""
    sheet = book.text(book.spelt(PROVIDERS))
    with_comments = any(normal(cell) == normal(COMMENTS) for cells in sheet.rows for cell in cells)
    headers = [header for header in WHO.headers if with_comments or header != COMMENTS]
    providers: dict[str, dict[str, Any]] = {}
    problems = []
    for record in find_table(sheet, headers):
        where = f"sheet {sheet.name!r}, row {record.row}"
        try:
            who = WHO.read(record)
        except ValueError as error:
            problems.append(f"{where}: {error}")
            continue
        name = normal(who["org_name_as_published"])
        if name in providers:
            problems.append(f"{where}: expected a provider once, found {name!r} again")
        providers[name] = who
    if problems:
        raise StructureError(problems)
    return providers


def _verify_part(providers: dict[str, dict[str, Any]], part: str) -> None:
    """Refuse the file of the other kind of trusts: the two would be taken for one another, or published twice."""
    if part not in PARTS:
        raise StructureError(f"expected one of {', '.join(PARTS)} as the part, found {part!r}")
    foundation = sum("foundation" in name for name in providers)
    found = "foundation_trusts" if foundation * 2 > len(providers) else "trusts"
    if found != part:
        raise StructureError(
            f"expected the accounts of {PARTS[part]}, found {foundation} of {len(providers)} providers that are foundation trusts; this is part {found!r}"
        )


def _rejected(bad: pd.DataFrame, book: ColumnBook) -> Iterator[Rejected]:
    """Yield the rows whose amount is no number."""
    for sheet, rows in bad.groupby("source_sheet"):
        texts = book.amounts_as_text(str(sheet))
        for number, provider, key in zip(rows["source_row"], rows["provider"], rows["key"], strict=True):
            text = texts[number - 2] or ""
            found = repr(text[:40]) if text else "an empty cell"
            reason = f"column 'Total': expected a number, found {found}"
            yield Rejected(str(sheet), int(number), "cell", reason, f"{provider} | {key} | {text}")


def _staged(
    rows: pd.DataFrame, providers: dict[str, dict[str, Any]], cells: Cells, year: int
) -> pd.DataFrame:
    """Return the picked cells in the shape of the staged table, without the columns that check."""
    wanted = pd.DataFrame.from_dict(due(year), orient="index", columns=["measure", "period", "table_id"])
    who = pd.DataFrame.from_dict(providers, orient="index")
    made = rows.join(wanted, on="key").join(who, on="provider")
    measures = made["measure"].map(MEASURES)
    codes = made["key"].str.split(" x ", expand=True)
    return made.assign(
        layout=ACCOUNTS,
        quality=None,
        main_code=codes[0],
        sub_code=codes[1],
        financial_year=made["period"].map({"CY": financial_year(year), "PY": financial_year(year - 1)}),
        measure_unit=[measure.unit for measure in measures],
        rows_of_provider=made["provider"].map(cells.counted).astype("int64"),
    ).drop(columns=["key", "table"])
