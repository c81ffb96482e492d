"""Which months the words of a link name: `Spend over 25k April to June 2020`, `Q1 2020-21`, `Febuary`."""

import difflib
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from assets.contract.periods import MONTHS


def month_of(word: str) -> int | None:
    """Return the number of a month that is written out, shortened or misspelt (`Febuary`)."""
    if word in {"sept", *(month[:3] for month in MONTHS)}:
        return next(number for number, month in enumerate(MONTHS, 1) if month.startswith(word))
    near = difflib.get_close_matches(word, MONTHS, n=1, cutoff=0.8) if len(word) > 3 else []
    return MONTHS.index(near[0]) + 1 if near else None


def months_in(words: str) -> tuple[str, ...]:
    """Return the first and the last month that words name, as YYYY-MM: one month, a quarter, or a financial year."""
    tokens = words.split()
    year = next(_financial_years(tokens), None)
    alone = {int(word) for word in tokens if re.fullmatch(r"20\d\d", word)}
    found = [
        (number, _year(tokens, at, number)) for at, word in enumerate(tokens) if (number := month_of(word))
    ]
    if not found and year is not None:
        quarter = re.search(r"\b(?:q|quarter) ([1-4])\b", words)
        first, last = (3 * int(quarter[1]) + 1, 3 * int(quarter[1]) + 3) if quarter else (4, 15)
        return tuple(_text(year, number) for number in (first, last))
    counts: list[int] = []
    for number, own in reversed(found):
        started = own if own is not None else _missing_year(number, year, counts, alone)
        if started is None:
            return ()
        counts.append(started * 12 + number - 1)
    ordered = sorted({min(counts), max(counts)}) if counts else []
    return tuple(_text(count // 12, count % 12 + 1) for count in ordered)


def _missing_year(number: int, financial: int | None, later: Sequence[int], alone: set[int]) -> int | None:
    """Return the year of a month that has none beside it: of the financial year named, of the month after, or the only one."""
    if financial is not None:
        return financial + (number < 4)
    if later:  # April to June 2020
        return (later[-1] - number + 1) // 12
    return min(alone) if len(alone) == 1 else None


def _text(year: int, number: int) -> str:
    return f"{year + (number > 12)}-{(number - 1) % 12 + 1:02d}"


def _financial_years(tokens: Sequence[str]) -> Iterator[int]:
    """Yield the years in which the financial years named begin."""
    for first, second in pairwise(tokens):
        if (
            re.fullmatch(r"20\d\d", first)
            and int(second[-2:] if second.isdigit() else -1) == (int(first) + 1) % 100
        ):
            yield int(first)


def _year(tokens: Sequence[str], at: int, number: int) -> int | None:
    """Return the year beside a month, None where there is none or where it is the first of a financial year."""
    after, beyond = (*tokens[at + 1 : at + 3], "", "")[:2]
    before = tokens[at - 1] if at else ""
    if re.fullmatch(r"(20)?[12]\d", after) and beyond not in {"k", "000"}:
        financial = beyond.isdigit() and int(beyond) == (int(after) + 1) % 100
        return 2000 + int(after) % 100 + (financial and number < 4)
    return int(before) if re.fullmatch(r"20\d\d", before) else None
