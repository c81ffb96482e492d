"""Months as people write them in a column of periods: how to read it, the file decides.

`202104` may be April 2021, the fourth period of the year that ends in 2021 (July 2020), or of the year that begins in
2021 (July 2021); `4` may be April or July. The reading that is close to the days of the payments is right; where the
file has no days, the one within the months that the part names. A file that fits several readings, or none, is refused.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from statistics import mean

from assets.contract.parsed import StructureError
from assets.reading import written_values as values

ReadMonth = Callable[[str, date | None], str]
CALENDAR, ENDING, BEGINNING = (
    "calendar months",
    "periods by the year's end",
    "periods by the year's beginning",
)
FARTHEST = 2.5
"""Months that periods may be away from the days, on average; two readings are three apart or more."""
FARTHEST_NAMED = 6
"""The same for months that are named: the days may be those of invoices, but not of another year."""
MOST_INSIDE = 0.9
_WORD = r"(?:period|month|p|m)? ?"
_YEAR_FIRST = re.compile(rf"(20\d\d)[-/ ]?{_WORD}(\d\d?)(?:\.0)?", re.ASCII | re.IGNORECASE)
_YEAR_LAST = re.compile(rf"{_WORD}(\d\d?)[-/. ](20\d\d)", re.ASCII | re.IGNORECASE)
_FINANCIAL = re.compile(
    r"(20\d\d)[-/](?:20)?(\d\d)(?:[-/ ]*(?:period|month|p|m)| ) ?(\d\d?)", re.ASCII | re.IGNORECASE
)
_NUMBER = re.compile(rf"{_WORD}(\d\d?)(?:\.0)?", re.ASCII | re.IGNORECASE)


def month_reader(texts: Sequence[tuple[str, date | None]], months: Sequence[str]) -> ReadMonth | None:
    """Return what reads the periods of a file, from pairs of period and day paid; None where no text is a period.

    `months` are those the part names. Raises StructureError where the file does not decide how its periods are meant.
    """
    read: list[tuple[Mapping[str, Sequence[int]], int | None]] = []
    for text, paid in texts:
        try:
            read.append((_ways(text), None if paid is None else paid.year * 12 + paid.month - 1))
        except ValueError:
            continue
    if not read:
        return None
    named = [_index(month) for month in months]
    way = _decided(read, named, texts[0][0])

    def month(text: str, paid: date | None) -> str:
        ways = _ways(text)
        near = named[0] if paid is None else paid.year * 12 + paid.month - 1
        found = ways.get(way, ways.get(""))
        if found is None:
            raise ValueError(f"expected a period like the others of the file, found {values.shape(text)!r}")
        number = min(found, key=lambda one: abs(one - near))
        return f"{number // 12}-{number % 12 + 1:02d}"

    return month


def _decided(
    read: Iterable[tuple[Mapping[str, Sequence[int]], int | None]], named: Sequence[int], example: str
) -> str:
    """Return the reading of the periods that the days, or the months named, leave."""
    away: dict[str, list[int]] = defaultdict(list)
    inside: dict[str, list[bool]] = defaultdict(list)
    for ways, paid in read:
        for way, found in ways.items():
            if paid is not None:
                away[way].append(min(abs(one - paid) for one in found))
            inside[way].append(any(one in named for one in found))
    if away:
        far = sorted((mean(months), way) for way, months in away.items())
        limit = FARTHEST if far[0][1] else FARTHEST_NAMED
        if far[0][0] <= limit and (len(far) == 1 or far[1][0] - far[0][0] >= 1):
            return far[0][1]
        seen = ", ".join(f"{months:.1f} as {way or 'written'}" for months, way in far)
        raise StructureError(
            f"expected periods like {example!r} that agree with the days of payment, found them months away: {seen}; ask the trust what its periods mean"
        )
    fitting = [way for way, found in inside.items() if mean(found) >= MOST_INSIDE]
    if len(fitting) == 1:
        return fitting[0]
    several = " or ".join(fitting or inside)
    raise StructureError(
        f"expected periods like {example!r} that can be read in one way, found no days and {several} in the months of the part; correct --part or ask the trust what its periods mean"
    )


def _index(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:]) - 1


def _ways(text: str) -> Mapping[str, Sequence[int]]:
    """Return the months (years * 12 + month - 1) that a period may stand for, by reading; raise ValueError for none."""
    plain = " ".join(text.split())
    if match := _FINANCIAL.fullmatch(plain):
        start, end, number = (int(part) for part in match.groups())
        if end == (start + 1) % 100 and 1 <= number <= 12:
            return {"": [start * 12 + number + 2]}
    elif match := _YEAR_FIRST.fullmatch(_YEAR_LAST.sub(r"\2 \1", plain)):
        year, number = int(match[1]), int(match[2])
        if 1 <= number <= 12:
            begins = year * 12 + number + 2
            return {CALENDAR: [begins - 3], ENDING: [begins - 12], BEGINNING: [begins]}
    elif match := _NUMBER.fullmatch(plain):
        number = int(match[1])
        if 1 <= number <= 12:
            years = range(2000 * 12, 2100 * 12, 12)
            return {
                CALENDAR: [year + number - 1 for year in years],
                BEGINNING: [year + number + 2 for year in years],
            }
    else:
        return {"": [_index(values.month(plain))]}
    raise ValueError(f"expected a period from 1 to 12 of a year, found {values.shape(text)!r}")
