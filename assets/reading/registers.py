"""Registers of dated events transcribed from articles: each row names its article and says how sure its date is."""

import re
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import pandas as pd
import sqlalchemy as sa

from assets.contract import row
from assets.contract.columns import EVIDENCE_GRADES
from assets.contract.periods import Days, first_day, month_days, over
from assets.reading.structure import Record, normal

DATE, WORDS = "date", "date_precision"
"""Headers of a date and of the words about it."""
SHAPES = {
    "day": r"\d{4}-\d\d-\d\d",
    "month": r"\d{4}-\d\d",
    "season": r"\d{4}-(spring|summer|autumn)",
    "year": r"\d{4}",
}
"""What a date looks like, by its precision. A winter is in two years, so it is no date."""
SEASONS = {"spring": 3, "summer": 6, "autumn": 9}
"""The month in which each season begins, as meteorologists count."""
BASES = {
    "stated": "the source dates the event",
    "latest": "it had happened by then",
    "missed": "it was planned for then and did not happen",
    "year_inferred": "the source gives no year",
    "not_stated": "the source gives no date",
}
_QUALIFIED = {
    "": "stated",
    "(assessment)": "stated",
    "(earlier report)": "stated",
    "(theft); found nov 2025": "stated",
    "(upper bound)": "latest",
    "(publication by attacker)": "latest",
    "(missed date)": "missed",
    ", year inferred": "year_inferred",
}
"""What the words after a precision mean."""
_PRECISE = re.compile(rf"({'|'.join(SHAPES)})\b ?(.*)")
OFFICIAL = (".nhs.uk", ".gov.uk", ".parliament.uk")
CONFIDENCE = {word: word for word in ("high", "medium", "low")}
OF_DATE = "Date as precise as its source: a day, month, season or year; null where none is stated."
OF_PRECISION = "How precise the date of the event is; null where none is stated."
OF_BASIS = f"What the date of the event says. {'; '.join(f'{word}: {why}' for word, why in BASES.items())}."
OF_CONFIDENCE = "How sure the transcriber of the register is that the row is right."
SHAPE = f"^({'|'.join(SHAPES.values())})$"

FIELDS = (
    row.given("event_date", sa.Text, comment=OF_DATE, pattern=SHAPE, nullable=True),
    row.given("date_precision", sa.Text, comment=OF_PRECISION, allowed=SHAPES, nullable=True),
    row.given("date_basis", sa.Text, comment=OF_BASIS, allowed=BASES),
    row.word("confidence", "confidence", CONFIDENCE, comment=OF_CONFIDENCE),
    row.text("source_url", "source_url", comment="Page the event was read on.", pattern="^https?://.+$"),
    row.given("evidence_grade", sa.Text, comment="How well founded it is.", allowed=EVIDENCE_GRADES),
)
"""The fields of every register of events; `dated` and `graded` compute what is not in a cell."""
HEADERS = (DATE, WORDS)
PUBLISHED = tuple(field.name for field in FIELDS if field.name != "evidence_grade")
"""Columns for a fact table, which has the grade in its provenance."""


def dated(record: Record) -> dict[str, Any]:
    """Return date, precision and basis of the event in a row. Raises ValueError for words of no known meaning."""
    found, words = record.optional(DATE), normal(record.text(WORDS))
    precise, by_year = _PRECISE.fullmatch(words), re.fullmatch(r"by (\d{4})", words)
    if words == "not stated" and found is None:
        return _event(None, None, "not_stated")
    if by_year and found is None:
        return _event(by_year[1], "year", "latest")
    if precise is None or precise[2] not in _QUALIFIED:
        known = ", ".join(SHAPES)
        raise ValueError(f"column {WORDS!r}: expected {known} or known words about it, found {words[:40]!r}")
    if found is None or not re.fullmatch(SHAPES[precise[1]], found, re.ASCII):
        raise ValueError(f"column {DATE!r}: expected a {precise[1]}, found {(found or 'no date')[:40]!r}")
    days(found)
    return _event(found, precise[1], _QUALIFIED[precise[2]])


def _event(event_date: str | None, precision: str | None, basis: str) -> dict[str, Any]:
    return {"event_date": event_date, "date_precision": precision, "date_basis": basis}


def graded(url: str) -> str:
    """Return the grade of what stands on a page: that of the official body whose page it is, or of the press."""
    official = str(urlsplit(url).hostname).endswith(OFFICIAL)
    return "administrative" if official else "press-reported"


def days(event_date: str) -> Days:
    """Return the first and last day of a date of any precision; raise ValueError for an impossible one."""
    year, _, rest = event_date.partition("-")
    if rest in SEASONS:
        first = date(int(year), SEASONS[rest], 1)
        return first, month_days(f"{year}-{SEASONS[rest] + 2:02d}")[1]
    first = first_day(event_date)
    last = {4: date(first.year, 12, 31), 7: month_days(event_date)[1]}.get(len(event_date), first)
    return first, last


def on_their_days(frame: pd.DataFrame) -> pd.DataFrame:
    """Return events with the days of their dates; one without a date is about the month in which the register was made.

    The organisation is resolved on the first day, when it may still have been open.
    """
    texts = frame["event_date"].where(frame["event_date"].notna(), frame["edition"])
    dated = over(frame, [days(text) for text in texts])
    return dated.assign(resolve_on=dated["period_start"], value_status="published")
