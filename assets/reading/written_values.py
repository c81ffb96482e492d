"""Amounts and days as people write them in files of payments; a file must decide its order of day and month itself."""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta

from assets.contract.parsed import StructureError
from assets.contract.periods import MONTHS as WHOLE_MONTHS

MONTHS = tuple(month[:3] for month in WHOLE_MONTHS)
_AMOUNT = re.compile(
    r"(?:£ ?(?=\())?(?P<open>\()?(?P<minus>-)? ?(?:GBP|£)? ?(?P<late>-)?(?P<number>(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)"
    r"(?: ?GBP)?(?P<after> ?(?:-|CR))?(?P<close>\))?",
    re.ASCII,
)
_TIME = re.compile(r"[ T]\d{1,2}:\d\d(:\d\d(\.\d+)?)?( ?[AaPp][Mm])?$", re.ASCII)
_ISO = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)", re.ASCII)
_NAMED = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[ /-]([A-Za-z]{3})[A-Za-z]*[ /-](\d{2}|\d{4})", re.ASCII)
_NUMBERED = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})", re.ASCII)
_SERIAL = re.compile(r"(\d{5})(?:\.\d+)?", re.ASCII)
_MONTH = re.compile(r"([A-Za-z]{3})[A-Za-z]*[ /'-]?(\d{4}|\d{2})", re.ASCII)
_SERIAL_ZERO = date(1899, 12, 30)
"""Day 0 of a spreadsheet's day numbers (1900 system, past its leap-year error)."""

LEAST_TURNED = 3
"""Days of either form from which on it is no accident that all of one form are up to the 12th."""
ReadDay = Callable[[str], date]


def amount(text: str) -> float:
    """Return an amount in GBP to the penny: `1,234.50`, `£1,234.50`, `-£5`, `(5.00)`, `5.00-`, `5 CR`; raise ValueError otherwise."""
    plain = re.sub(r"[\u2012\u2013\u2212]", "-", text.replace("\u00a0", " ").strip())
    match = _AMOUNT.fullmatch(plain)
    signs = (
        [] if match is None else [match[name] for name in ("open", "minus", "late", "after") if match[name]]
    )
    if match is None or bool(match["open"]) != bool(match["close"]) or len(signs) > 1:
        raise ValueError(f"expected an amount like 1,234.50 or (1,234.50), found {shape(text)!r}")
    value = round(float(match["number"].replace(",", "")), 2)
    return -value if signs else value


def shape(text: str) -> str:
    """Return text with every letter masked: a cell out of place may be somebody's name."""
    return re.sub(r"[^\W\d_]", "a", text.strip())[:40]


def day_reader(texts: Iterable[str], months: Sequence[str]) -> ReadDay:
    """Return what reads the days of a file, once the file has decided the order of day and month.

    A number over 12 decides. Where there is none, the order that puts more days into the months the file is about
    does. A file that says both, or neither, is refused.
    """
    plain = {_without_time(text) for text in texts}
    _refuse_turned(plain)
    pairs = {match.groups() for text in plain if (match := _NUMBERED.fullmatch(text))}
    day_first = any(int(first) > 12 for first, _, _ in pairs)
    month_first = any(int(second) > 12 for _, second, _ in pairs)
    if not day_first and not month_first and pairs:
        fits = [
            sum(f"{_year(year)}-{int(numbers[place]):02d}" in months for *numbers, year in pairs)
            for place in (1, 0)
        ]
        day_first, month_first = fits[0] > fits[1], fits[1] > fits[0]
    if pairs and day_first == month_first:
        found = "both" if day_first else "dates that can be read either way"
        raise StructureError(
            f"expected dates that show whether day or month comes first, found {found} (such as {'/'.join(min(pairs))}); ask the trust for unambiguous dates"
        )

    def read(text: str) -> date:
        return _day(_without_time(text), month_first=month_first)

    return read


def _refuse_turned(texts: Iterable[str]) -> None:
    """Refuse days of which a spreadsheet took those it could for month first, and left the others as text."""
    taken = [_day(text, month_first=False).day for text in texts if _is_a_day(text)]
    left = [max(int(match[1]), int(match[2])) for text in texts if (match := _NUMBERED.fullmatch(text))]
    if min(len(taken), len(left)) >= LEAST_TURNED and max(taken) <= 12 < min(left):
        raise StructureError(
            "expected days in one form, found days up to the 12th as days of a spreadsheet and later ones as text: day and month of the former may be exchanged; ask the trust for its own file"
        )


def _is_a_day(text: str) -> bool:
    """Return whether a text is a day as spreadsheets store it: a number, or year, month and day."""
    try:
        return bool(_SERIAL.fullmatch(text) or _ISO.fullmatch(text)) and bool(_day(text, month_first=False))
    except ValueError:
        return False


def _without_time(text: str) -> str:
    return _TIME.sub("", text.strip())


def _day(text: str, *, month_first: bool) -> date:
    """Return a day; raise ValueError where the text is none."""
    try:
        if match := _ISO.fullmatch(text):
            return date(*(int(number) for number in match.groups()))
        if match := _NAMED.fullmatch(text):
            return date(_year(match[3]), MONTHS.index(match[2].lower()) + 1, int(match[1]))
        if match := _NUMBERED.fullmatch(text):
            numbers = [int(match[1]), int(match[2])]
            return date(_year(match[3]), numbers[not month_first], numbers[month_first])
        if match := _SERIAL.fullmatch(text):
            return _SERIAL_ZERO + timedelta(days=int(match[1]))
    except ValueError:
        pass
    raise ValueError(f"expected a date, found {shape(text)!r}")


def names_month(text: str) -> bool:
    """Return whether a text is a month and a year without a day: `Jun-20`, `June 2020`."""
    match = _MONTH.fullmatch(_without_time(text))
    return match is not None and match[1].lower() in MONTHS


def month(text: str) -> str:
    """Return the month of `Jun-20`, of a day number of a spreadsheet, or of an ISO day, as YYYY-MM."""
    plain = _without_time(text)
    if names_month(plain) and (match := _MONTH.fullmatch(plain)):
        return f"{_year(match[2])}-{MONTHS.index(match[1].lower()) + 1:02d}"
    return f"{_day(plain, month_first=False):%Y-%m}"


def _year(text: str) -> int:
    return int(text) if len(text) == 4 else 2000 + int(text)
