"""From a file of payments to its sums: what was paid a month, by what it was for.

Lines are summed as they are read: no line, no supplier and no reference is ever staged.
"""

import hashlib
import math
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import Any

import pandas as pd

from assets.contract.columns import PUBLISHER_FILE
from assets.contract.parsed import Parsed, Rejected, StructureError
from assets.reading import written_values as values
from assets.reading.structure import safe_text
from assets.sources.spend25k import trusts
from assets.sources.spend25k.classification import classify
from assets.sources.spend25k.reader import Line, Payments, check_total, read

LEAST_MEDIAN = 5_000
"""GBP; half of the lines of a list of payments over 25,000 are larger, unless it is in thousands."""


@dataclass(frozen=True)
class Payment:
    """What is taken from a payment line."""

    row: int
    paid: date
    month: str
    amount: float
    category: str
    words: str | None
    repeats: bool


def parse(content: bytes, edition: str, part: str = "") -> Parsed:
    """Read one file of one trust: a row per month, category and words, with the lines and the amount they sum to.

    `part` names the trust and the months. Raises StructureError.
    """
    subject = trusts.about(edition, part)
    found = read(content)
    entities = [line.cells["entity"] for line in found.lines if line.cells.get("entity")]
    subject.check_entities(entities)
    day = values.day_reader([line.cells["date"] for line in found.lines], subject.months)
    payments, rejected = [], []
    for line in found.lines:
        try:
            payments.append(_payment(line, day, subject))
        except ValueError as error:
            # Never who was paid nor what for, even where a row is out of place.
            raw = f"{values.shape(line.cells['date'])} | {values.shape(line.cells['amount'])}"
            rejected.append(Rejected(found.sheet, line.row, "cell", str(error), raw))
    _check(payments, found, subject, complete=not rejected)
    name = entities[0] if entities else subject.trust["org_name"]
    who: dict[str, Any] = {"org_code_as_published": subject.trust["org_code"], "org_name_as_published": name}
    who |= {"names_trust": bool(entities), "layout": found.layout}
    where = {PUBLISHER_FILE: hashlib.sha256(content).hexdigest(), "source_sheet": found.sheet}
    rows = [{**who, **row, **where} for row in _summed(payments)]
    return Parsed(pd.DataFrame(rows), len(found.lines), tuple(rejected), found.drift, found.ignored)


def _payment(line: Line, day: values.ReadDay, subject: trusts.About) -> Payment:
    """Return what a line says; raise ValueError where a cell breaks the grammar of its column."""
    paid = day(line.cells["date"])
    category, words = classify(safe_text(line.cells["expense_type"], "expense type"))
    month = _month(line, paid, subject)
    amount = values.amount(line.cells["amount"])
    return Payment(line.row, paid, month, amount, category, words, line.repeats)


def _month(line: Line, paid: date, subject: trusts.About) -> str:
    """Return the month a line is reported under: its own column, the month of the file, or that of the payment."""
    if period := line.cells.get("period", ""):
        found = (
            subject.period(int(period)) if period.isdigit() and int(period) <= 12 else values.month(period)
        )
    elif text := line.cells.get("month", ""):
        found = values.month(text)
    else:
        found = f"{paid:%Y-%m}" if len(subject.months) > 1 else subject.months[0]
    if found not in subject.months:
        raise ValueError(f"expected a payment of {' to '.join(subject.span)}, found {found}")
    return found


def _check(payments: list[Payment], found: Payments, subject: trusts.About, *, complete: bool) -> None:
    """Refuse a file of another month, in another unit, or without some of its lines."""
    if not payments:
        raise StructureError(f"expected payments, found {len(found.lines)} lines that cannot be read")
    amounts = [payment.amount for payment in payments]
    if complete:
        check_total(found.total, amounts)
    if (middle := median(abs(amount) for amount in amounts)) < LEAST_MEDIAN:
        raise StructureError(
            f"expected payments in GBP, half of them over {LEAST_MEDIAN:,}, found a median of {middle:,.2f}"
        )
    stated = {"month", "period"} & set(found.lines[0].cells)
    inside = sum(f"{payment.paid:%Y-%m}" in subject.months for payment in payments)
    if not stated and inside * 2 < len(payments):
        raise StructureError(
            f"expected payments of {' to '.join(subject.span)} as the part says, found {inside} of {len(payments)} dated so; correct --part"
        )


def _summed(payments: list[Payment]) -> list[dict[str, Any]]:
    """Return a row per month, category and words, where the first of its lines is."""
    groups: dict[tuple[str, str, str], list[Payment]] = defaultdict(list)
    for payment in payments:
        groups[payment.month, payment.category, payment.words or ""].append(payment)
    return [
        {
            "month": month,
            "category": category,
            "matched_words": words or None,
            "lines": len(group),
            "lines_repeated": sum(payment.repeats for payment in group),
            "lines_negative": sum(payment.amount < 0 for payment in group),
            "amount_gbp": round(math.fsum(payment.amount for payment in group), 2),
            "largest_gbp": max(payment.amount for payment in group),
            "source_row": min(payment.row for payment in group),
        }
        for (month, category, words), group in sorted(groups.items())
    ]
