"""Values of the accounts that a re-user compiled, held until the publisher's files are fetched: one table of two years.

It has a line for each trust, year and measure, with the codes of the accounts and how sound the value is. Read are
operating expenses, staff costs with non-executive directors, staff by group, and amortisation of intangible assets.
IT capital is not in it. A group of staff has no line where a trust employs nobody in it.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pandas as pd

from assets.contract import row
from assets.contract.data_file import rows_beside
from assets.contract.parsed import Parsed, StructureError
from assets.contract.periods import year_of
from assets.reading.rows import rows_about
from assets.reading.structure import Record, find_table, read_csv, tidy, unmapped
from assets.sources.tac.measures import MEASURES, THOUSANDS, WTE

ACCOUNTS, COMPILED = "accounts", "compiled"
"""The layouts of files: the publisher's, and the re-user's."""
WITH_NON_EXECUTIVES = "staff_costs_with_non_executives"
"""A measure of the compiled table only: staff costs and non-executive directors together."""
NON_EXECUTIVES = "EXP0140"
REPLACED_BY = {WITH_NON_EXECUTIVES: "staff_costs"}
"""The measure of the publisher's file before which another compiled one gives way."""
TOTAL = "wte_total"
MEANS = {cell.compiled_as: name for name, cell in MEASURES.items() if cell.compiled_as}
MEANS["staff_costs_incl_neds"] = WITH_NON_EXECUTIVES
"""Our measures by the words of the table."""
EVERY_TRUST_HAS = ("operating_expenses", WITH_NON_EXECUTIVES, TOTAL)
UNITS = {"£000": THOUSANDS, "No.": WTE}
NO_VALUE = "zero_or_negative_in_source"
VALUES = ("exact", "exact_unrounded", "recovered", "unrounded_maybe_scaled", "scaled_down_by_source")
QUALITIES = {word: word for word in (*VALUES, NO_VALUE)}
PART_YEAR = "part_of_a_year"
PART_YEARS = {
    (line[row.CODE], line["edition"]): line["comment"] for line in rows_beside(__file__, "part_years.csv")
}
"""Accounts in the compiled table that are not of a whole year, with the reason: it has no comments on providers."""
COLUMNS = ("fy", "ods_code", "org_name", "sector", "region", "main_code", "sub_code", "measure", "value")
HEADERS = (*COLUMNS, "unit", "quality")
UNUSED = ("trust_type", "note")
TEXTS = {row.NAME: "org_name", "region_as_published": "region", "sector_as_published": "sector"}
MOST = 5e6
"""More thousands of pounds, or people, than any trust has."""


def compiled(content: bytes, edition: str) -> Parsed:
    """Read one year of the compiled table: a row per trust and measure. Raises StructureError."""
    year_of(edition)
    sheet, drift = read_csv(content, "")
    records = find_table(sheet, HEADERS)
    mine = rows_about(records, "fy", edition.replace("/", "-"), f"financial year {edition}")
    unread = Counter(measure for r in mine if (measure := r.cells["measure"].strip()) not in MEANS)
    wanted = [record for record in mine if record.cells["measure"].strip() in MEANS]
    ignored = [
        f"{len(records) - len(mine)} rows about other financial years",
        *(f"{count} rows of measure {name!r}" for name, count in sorted(unread.items())),
    ]
    drift += unmapped(sheet, HEADERS, UNUSED)
    parsed = tidy(wanted, lambda record: [_row(record, edition)], drift=drift, ignored=ignored)
    if problems := list(_incomplete(parsed)):
        raise StructureError(problems)
    rows = parsed.rows.assign(identity_gap=_gaps(parsed.rows))
    return Parsed(rows, parsed.rows_in, parsed.rejected, parsed.drift, parsed.ignored)


def _row(record: Record, edition: str) -> dict[str, Any]:
    """Return the tidy row of a line. Raises ValueError where its codes, unit or value are not those of its measure."""
    measure = MEANS[record.text("measure")]
    codes = record.text("main_code"), record.text("sub_code")
    cell = MEASURES[REPLACED_BY.get(measure, measure)]
    more = f"+{NON_EXECUTIVES}" if measure == WITH_NON_EXECUTIVES else ""
    if codes != (expected := (cell.main_code("CY"), f"{cell.sub_code}{more}")):
        raise ValueError(
            f"columns 'main_code' and 'sub_code': expected {' x '.join(expected)} beside measure {measure}, found {' x '.join(codes)[:60]!r}"
        )
    unit = UNITS.get(record.text("unit"))
    if unit != (wanted := WTE if measure.startswith("wte_") else THOUSANDS):
        raise ValueError(
            f"column 'unit': expected the sign of {wanted} beside measure {measure}, found {record.text('unit')[:20]!r}"
        )
    quality = record.one_of("quality", QUALITIES)
    amount = record.number("value", 0, MOST)
    if quality == NO_VALUE and amount:
        raise ValueError(f"column 'value': expected 0 beside quality {NO_VALUE}, found {amount:g}")
    code = record.code("ods_code")
    return {
        **{name: record.text(header) for name, header in TEXTS.items()},
        row.CODE: code,
        "provider_comment": PART_YEARS.get((code, edition)),
        "layout": COMPILED,
        "measure": measure,
        "period": "CY",
        "financial_year": edition,
        "main_code": codes[0],
        "sub_code": codes[1],
        "measure_unit": unit,
        "quality": quality,
        "amount": None if quality == NO_VALUE else amount,
        **dict.fromkeys(("table_id", "rows_of_provider", "it_share_of_additions_pct")),
    }


def _incomplete(parsed: Parsed) -> Iterator[str]:
    """Yield what is there twice, and the measures that every trust has and some lack without a rejected row."""
    rows = parsed.rows
    twice = rows[rows.duplicated([row.CODE, "measure"])]
    for code, measure in twice[[row.CODE, "measure"]].head(5).itertuples(index=False):
        yield f"expected measure {measure} of {code} once, found it again"
    everyone = set(rows[row.CODE])
    for measure in () if parsed.rejected else EVERY_TRUST_HAS:
        lacking = sorted(everyone - set(rows.loc[rows["measure"] == measure, row.CODE]))
        if lacking:
            yield f"expected measure {measure} of each of {len(everyone)} trusts, found none of {len(lacking)}: {', '.join(lacking[:5])}"


def _gaps(rows: pd.DataFrame) -> "pd.Series[float]":
    """Return, beside the total of staff, what its groups leave over; beside staff costs, what exceeds all expenses."""
    wide = rows.pivot(index=row.CODE, columns="measure", values="amount")
    groups = [name for name in wide if str(name).startswith("wte_") and name != TOTAL]
    wide = wide.reindex(columns=[*groups, *EVERY_TRUST_HAS])
    left = wide[TOTAL] - wide[groups].sum(axis=1)
    more = (wide[WITH_NON_EXECUTIVES] - wide["operating_expenses"]).clip(lower=0)
    code, measure = rows[row.CODE], rows["measure"]
    gap = code.map(left).where(measure == TOTAL)
    return gap.fillna(code.map(more).where(measure == WITH_NON_EXECUTIVES)).round(6)
