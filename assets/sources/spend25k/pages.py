"""The pages on which trusts publish their payments, and which links on them are files of which months.

`pages.csv` holds addresses as they were in April 2020, the last time somebody looked: compiled by a re-user who collected
the files of the time, many are dead by now. Pages of trusts that have closed since, and of one trust listed under
another, are left out, and so are addresses of single files. A link is a file by what it says: a month and a year, or a
financial year, and that it is about spending (or that it stands, without other words, on a page about spending).
"""

import re
from collections.abc import Callable, Iterable

from assets.contract.remote import Remote
from assets.sources.spend25k.months import month_of, months_in
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
    return word.isdigit() or word in FORMATS or month_of(word) is not None
