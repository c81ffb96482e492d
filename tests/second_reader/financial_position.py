"""Income, cost and position of 2010/11 to 2018/19, read again with the csv module.

Rules (`sources.md`, section 5): YEAR is the first calendar year of the financial year, amounts are in thousands of
pounds, cost is negative, a zero is x. A figure written as 5.00E+03 has lost its digits and is x too.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from . import files
from .core import Expected

HEADERS = {
    "operating_income_gbp": "OP_INCOME",
    "operating_cost_gbp": "OP_COST",
    "financial_position_gbp": "FINANCIAL_POSITION",
}
MEASURES = {
    "compiled_operating_income": "operating_income_gbp",
    "compiled_operating_cost": "operating_cost_gbp",
}
UNLISTED = {"RX5"}
"""Codes that are in no list of trusts: their rows are unmatched."""


def facts(path: Path) -> Iterator[Expected]:
    """Yield a row of `financial_position` and two of `denominator` for each line."""
    for line in files.csv_lines(path):
        start, code, place = int(line.text("YEAR")), line.text("ORG_CODE"), files.place(path, line.row)
        edition = f"{start}/{(start + 1) % 100:02d}"
        found = {name: _pounds(line.text(header)) for name, header in HEADERS.items()}
        income, cost = found["operating_income_gbp"], found["operating_cost_gbp"]
        found["operating_cost_gbp"] = cost = None if cost is None else -cost
        flag = "cost_far_from_income" if income and cost and not 0.75 <= cost / income <= 1.3 else None
        if cost and line.text("OP_INCOME") == "0":
            flag = "cost_without_income"
        if (income or cost) and not float(line.text("FINANCIAL_POSITION") or 0):
            found["financial_position_gbp"] = 0
        status = "x" if None in found.values() else "published"
        yield Expected(
            "financial_position",
            place,
            {"edition": edition, "financial_year": edition, "org_code": code},
            {**found, "value_flag": flag, "value_status": status},
            HEADERS,
            optional=code in UNLISTED,
        )
        for measure, column in MEASURES.items():
            known = found[column] is not None
            values = {"value": found[column], "value_flag": flag if known else None}
            yield Expected(
                "denominator",
                place,
                {
                    "edition": edition,
                    "measure": measure,
                    "period_end": date(start + 1, 3, 31),
                    "org_code": code,
                },
                {**values, "value_status": "published" if known else "x", "measure_unit": "GBP"},
                {"value": HEADERS[column]},
                optional=code in UNLISTED,
            )


def _pounds(text: str) -> int | None:
    """Return whole pounds; a zero, and a number without its digits, is not available."""
    return None if "E" in text or not float(text) else round(float(text) * 1000)
