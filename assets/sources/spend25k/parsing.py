"""From a file of payments to its sums: what was paid a month, by what it was for.

Lines are summed as they are read: no line, no supplier and no reference is ever staged.
"""

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import Any

import pandas as pd

from assets.contract.columns import PUBLISHER_FILE
from assets.contract.parsed import Parsed, Rejected, StructureError
from assets.reading import written_values as values
from assets.reading.structure import safe_text
from assets.reading.written_months import ReadMonth, month_reader
from assets.sources.spend25k import trusts
from assets.sources.spend25k.classification import classify
from assets.sources.spend25k.reader import Line, Payments, check_total, read

LEAST_MEDIAN = 5_000
"""GBP; half of the lines of a list of payments over 25,000 are larger, unless it is in thousands."""


LARGE = 25_000
LEAST_LARGE = 0.1
"""Share of lines over 25,000 in a list whose invoices are split into smaller lines; in thousands, one is 25 million."""


@dataclass(frozen=True)
class Payment:
    """What is taken from a payment line."""

    sheet: str
    row: int
    paid: date | None
    month: str
    amount: float
    category: str
    words: str | None
    repeats: bool


def parse(content: bytes, edition: str, part: str = "") -> Parsed:
    """Read one file of one trust: a row per month, category and words, with the lines and the amount they sum to.

    `part` names the trust and the months. Lines of other months, and of other years than the edition, are left out and
    counted. Raises StructureError.
    """
    subject = trusts.about(edition, part)
    found = read(content)
    named = subject.check_names([line.cells.get("entity", "") for line in found.lines], found.titles)
    payments, rejected = _payments(found, subject)
    for sheet, total in found.totals.items():
        if all(row.sheet != sheet for row in rejected):
            check_total(total, [one.amount for one in payments if one.sheet == sheet])
    kept = [payment for payment in payments if payment.month in subject.months]
    _check(payments, kept, found, subject)
    who: dict[str, Any] = {"org_code_as_published": subject.trust["org_code"]}
    who |= {"org_name_as_published": named or subject.trust["org_name"]}
    who |= {"names_trust": bool(named), "layout": found.layout}
    sha256 = hashlib.sha256(content).hexdigest()
    rows = [{**who, **row, PUBLISHER_FILE: sha256} for row in _summed(kept)]
    ignored = (*found.ignored, *_left_out(payments, subject))
    return Parsed(pd.DataFrame(rows), len(kept) + len(rejected), tuple(rejected), found.drift, ignored)


def _payments(found: Payments, subject: trusts.About) -> tuple[list[Payment], list[Rejected]]:
    """Return what the lines say, and the lines in which a cell breaks the grammar of its column."""
    days = [line.cells["date"] for line in found.lines if line.cells.get("date")]
    day = values.day_reader(days, subject.named)
    periods = _periods(found.lines, day, subject)
    payments, rejected = [], []
    for line in found.lines:
        try:
            payments.append(_payment(line, day, periods, subject))
        except ValueError as error:
            # Never who was paid nor what for, even where a row is out of place.
            raw = " | ".join(values.shape(line.cells.get(one, "")) for one in ("date", "amount"))
            rejected.append(Rejected(line.sheet, line.row, "cell", str(error), raw))
    return payments, rejected


def _paid(line: Line, day: values.ReadDay) -> date | None:
    """Return the day a line was paid, the first of a month that is named alone; None where a period stands instead."""
    if not line.cells.get("date") and _period(line):
        return None
    text = line.cells.get("date", "")
    try:
        return day(text)
    except ValueError:
        if not values.names_month(text):
            raise
        return date.fromisoformat(f"{values.month(text)}-01")


def _periods(lines: Sequence[Line], day: values.ReadDay, subject: trusts.About) -> ReadMonth | None:
    """Return what reads the column of periods or months; None where the file has none that can be read."""
    texts = []
    for line in lines:
        try:
            texts.append((_period(line), _paid(line, day)))
        except ValueError:
            continue
    return month_reader([pair for pair in texts if pair[0]], subject.named)


def _period(line: Line) -> str:
    return line.cells.get("period", "") or line.cells.get("month", "")


def _payment(line: Line, day: values.ReadDay, periods: ReadMonth | None, subject: trusts.About) -> Payment:
    """Return what a line says; raise ValueError where a cell breaks the grammar of its column, or names another payer."""
    if not subject.may_name(entity := line.cells.get("entity", "")):
        raise ValueError(
            f"expected a payment of {subject.trust['org_name']}, found one of {values.shape(entity)!r}"
        )
    paid = _paid(line, day)
    category, words = classify(safe_text(line.cells["expense_type"], "expense type"))
    amount = values.amount(line.cells["amount"])
    if periods and _period(line):
        month = periods(_period(line), paid)
    elif len(subject.named) == 1:
        month = subject.named[0]
    elif paid is not None:
        month = f"{paid:%Y-%m}"
    else:
        raise ValueError("expected a date or a period, found neither")
    return Payment(line.sheet, line.row, paid, month, amount, category, words, line.repeats)


def _check(payments: list[Payment], kept: list[Payment], found: Payments, subject: trusts.About) -> None:
    """Refuse a file of other months, in another unit, or that cannot be read."""
    if not payments:
        raise StructureError(f"expected payments, found {len(found.lines)} lines that cannot be read")
    middle = median(abs(payment.amount) for payment in payments)
    large = sum(abs(payment.amount) >= LARGE for payment in payments)
    if middle < LEAST_MEDIAN and large < LEAST_LARGE * len(payments):
        raise StructureError(
            f"expected payments in GBP, half of them over {LEAST_MEDIAN:,}, found a median of {middle:,.2f}"
        )
    about = [payment.month for payment in payments]
    if not {"month", "period"} & set(found.lines[0].cells):
        about = [f"{payment.paid:%Y-%m}" for payment in payments if payment.paid]
    inside = sum(month in subject.named for month in about)
    if inside * 2 < len(payments) or not kept:
        raise StructureError(
            f"expected payments of {' to '.join(subject.span)} as the part says, found {inside} of {len(payments)} dated so, and payments of {min(about)} to {max(about)}; correct --part, which may name several months"
        )


def _left_out(payments: Sequence[Payment], subject: trusts.About) -> Iterator[str]:
    """Yield a sentence for each financial year of which lines are left out: which, and how to add them."""
    others: dict[str, list[Payment]] = defaultdict(list)
    for payment in payments:
        if payment.month not in subject.months:
            others[trusts.edition_of(payment.month)].append(payment)
    for edition, group in sorted(others.items()):
        months = sorted({payment.month for payment in group})
        span = "_".join(dict.fromkeys((months[0], months[-1])))
        rows = [payment.row for payment in group]
        yield (
            f"{len(group)} lines (rows {min(rows)} to {max(rows)}) are of {', '.join(months)} and left out, as this file counts for {', '.join(dict.fromkeys((subject.months[0], subject.months[-1])))}; "
            f"to add them, ingest it again with --edition {edition} --part {subject.trust['org_code']}.{span}"
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
            "source_sheet": group[0].sheet,
            "source_row": group[0].row,
        }
        for (month, category, words), group in sorted(groups.items())
    ]
