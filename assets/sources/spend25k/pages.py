"""The pages on which trusts publish their payments, and which links on them are files of which months.

`pages.csv` holds addresses as they were in April 2020, the last time somebody looked: compiled by a re-user who collected
the files of the time, many are dead by now. Pages of trusts that have closed since, and of one trust listed under
another, are left out, and so are addresses of single files. A link is a file by what it says: a month and a year, or a
financial year, and that it is about spending (or that it stands, without other words, on a page about spending).
"""

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise

from assets.contract.periods import MONTHS
from assets.contract.remote import Remote
from assets.sources.spend25k.trusts import Row, edition_of

LINK = r"^(?P<words>.*) (?P<address>https?://\S+)$"
PDF = r"\bpdf\b"
FILE = re.compile(r"\.(csv|xlsx?|xlsm)\b|download|attachment|getfile|docm|smbfolder|/file/", re.IGNORECASE)
SPENDING = re.compile(r"\b(25|30) ?(k|000)\b|\bspend|expenditure|\bpayments?\b|transactions|invoices")
OTHER = re.compile(
    r"\b(agenda|board|minutes|accounts|budget|contracts?|tenders?|policy|guidance|cards?|gpc|practice|better|pay gap|hospitality)\b"
)
FORMATS = frozenset(
    (
        *("csv", "xls", "xlsx", "xlsm", "pdf", "excel", "file", "download", "document", "spreadsheet"),
        *("size", "opens", "in", "new", "window", "the", "to", "and", "for", "of"),
        *("quarter", "q", "financial", "year", "fy"),
    )
)
"""Words that may stand beside the month of a link without making it one about something else."""
NEWEST = {"csv": 3, "xlsx": 2, "xlsm": 2, "xls": 1}
"""Which of the formats that one month is offered in is taken."""


def remotes(pages: Iterable[Row]) -> tuple[Remote, ...]:
    """Return the pages to look at."""
    return tuple(
        Remote(
            row["page_url"],
            link=LINK,
            name=_naming(row["org_code"], row["page_url"]),
            version=_version,
            unread=PDF,
            as_of=row["as_of"] or "2020-04",
        )
        for row in pages
    )


def _naming(code: str, page: str) -> Callable[[re.Match[str]], tuple[str, str] | None]:
    about_spending = SPENDING.search(_plain(page)) is not None

    def name(match: re.Match[str]) -> tuple[str, str] | None:
        """Return edition and part of a link, or None where it is no file of payments or names no month."""
        words, address = _plain(match["words"]), match["address"]
        tail = _plain(re.split(r"[?#]", address, maxsplit=1)[0].rpartition("/")[2])
        if OTHER.search(f"{words} {tail}") or not (FILE.search(address) or re.search(PDF, f"{words} {tail}")):
            return None
        bare = about_spending and all(_says_nothing(word) for word in words.split())
        if not bare and not SPENDING.search(f"{words} {tail}"):
            return None
        months = months_in(words) or months_in(tail)
        if not months:
            return None
        return edition_of(months[0]), f"{code}.{'_'.join(dict.fromkeys((months[0], months[-1])))}"

    return name


def _version(match: re.Match[str]) -> int:
    return max(
        (NEWEST.get(word, 0) for word in _plain(f"{match['words']} {match['address']}").split()), default=0
    )


def _plain(text: str) -> str:
    """Return the words and numbers of a text: `Spend-over%20£25k_Jul20.csv` gives `spend over 25 k jul 20 csv`."""
    decoded = re.sub(r"%[0-9a-f]{2}|\d[\d.,]*\s?[km]b\b", " ", text.lower())
    return " ".join(re.findall(r"[a-z]+|\d+", decoded))


def _says_nothing(word: str) -> bool:
    return word.isdigit() or word in FORMATS or _month(word) is not None


def _month(word: str) -> int | None:
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
        (number, _year(tokens, at, number)) for at, word in enumerate(tokens) if (number := _month(word))
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
