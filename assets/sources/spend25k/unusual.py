"""What is unusual about a trust's month beside its other months: limits, guards that warn, and cautions beside figures.

Months of a trust differ: in 114 real files lines reach 0.46 to 3.5 times, totals 0.58 to 6.2 times, and the largest
payment 29 times the median of the trust's other months. No such limit separates a wrong file from a year end, so these
never refuse a file; the month carries a caution instead.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from assets.contract.guards import Guard
from assets.contract.usual import times_the_usual

WHO = "org_code_as_published"


@dataclass(frozen=True)
class Limit:
    """From how many times the median of a trust's other months on a figure is unusual, below and above."""

    column: str
    words: str
    least: float
    most: float
    how: str = "sum"
    """How the rows of a month come to one figure: their sum, or the largest."""

    @property
    def guard(self) -> Guard:
        """Return the guard that warns of a file with such a month."""
        return Guard(
            f"{self.column}_is_usual_for_the_trust",
            "typical",
            self.column,
            self.most,
            severity="WARN",
            by=("month",),
            least=self.least,
            pattern=self.how,
        )


LIMITS = (
    Limit("lines", "lines", 0.6, 1.8),
    Limit("amount_gbp", "total", 0.6, 2.5),
    Limit("largest_gbp", "largest payment", 0, 4, "largest"),
)


def cautions(rows: pd.DataFrame) -> "pd.Series[str]":
    """Return for each staged row the caution of its month, None where nothing is unusual.

    `rows` are those of one file per trust and month: a month that is there twice would be its own median.
    """
    months = list(zip(rows[WHO], rows["month"], strict=True))
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for limit in LIMITS:
        for month, said in _said(limit, months, rows[limit.column].astype(float).tolist()):
            found[month].append(said)
    texts = ["; ".join(found[month]) if month in found else None for month in months]
    return pd.Series(texts, index=rows.index, dtype=object)


def _said(
    limit: Limit, months: Sequence[tuple[str, str]], values: Sequence[float]
) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield the months whose figure is unusual, and the words for it."""
    parts: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for (who, month), value in zip(months, values, strict=True):
        parts[who][month].append(value)
    for who, by_month in parts.items():
        figures = {
            month: (max if limit.how == "largest" else sum)(found) for month, found in by_month.items()
        }
        for month, figure in figures.items():
            others = [other for name, other in figures.items() if name != month]
            times = times_the_usual(figure, others)
            if times is not None and not limit.least <= times <= limit.most:
                text = f"{limit.words} {times:.1f} times the median of the trust's {len(others)} other months"
                yield (who, month), text
