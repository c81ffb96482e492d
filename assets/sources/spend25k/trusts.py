"""Which trusts, where they publish, and what a file is about: all of it data or in the part, none of it guessed.

A file is known by its part, `CODE.YYYY-MM` or `CODE.YYYY-MM_YYYY-MM`: the ODS code of the trust at the time, and the
month or months the file is about. A trust is added by adding a row to `trusts.csv`; one with a `page_url` and a
`file_pattern` (a regular expression with the groups `month` and `year`) is fetched from then on.
"""

import csv
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from assets.contract.parsed import StructureError
from assets.contract.periods import financial_year
from assets.contract.remote import Remote
from assets.organisations.names import normalise

PART = re.compile(
    r"(?P<code>[A-Z0-9]{3,6})\.(?P<first>\d{4}-(0[1-9]|1[0-2]))(_(?P<last>\d{4}-(0[1-9]|1[0-2])))?", re.ASCII
)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
Row = Mapping[str, str]


@cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    """Return the rows of one of the data files beside this module."""
    text = (files("assets.sources.spend25k") / f"{name}.csv").read_text("utf-8")
    return tuple(csv.DictReader(text.splitlines()))


@dataclass(frozen=True)
class About:
    """What a file is about: the trust as listed, and the months, oldest first, as YYYY-MM."""

    trust: Row
    months: tuple[str, ...]

    @property
    def span(self) -> tuple[str, ...]:
        """Return the first and the last month; one where there is one."""
        return tuple(dict.fromkeys((self.months[0], self.months[-1])))

    def period(self, number: int) -> str:
        """Return the month that a period number of the financial year (1 is April) stands for."""
        start = int(self.months[0][:4]) - (self.months[0][5:] < "04")
        return f"{start + (number > 9)}-{(number + 2) % 12 + 1:02d}"

    def check_entities(self, found: Iterable[str]) -> None:
        """Refuse a file that names another organisation than the trust of its part."""
        names = [self.trust["org_name"], *self.trust["entity_in_files"].split("|")]
        own = {normalise(name) for name in names if name}
        strangers = sorted({name for name in found if normalise(name) not in own or not name[:1].isalpha()})
        if strangers:
            shown = ", ".join(repr(name[:60]) for name in strangers[:3])
            raise StructureError(
                f"expected payments of {self.trust['org_name']} ({self.trust['org_code']}) as the part says, found {shown}; correct --part, or add the name to entity_in_files in trusts.csv"
            )


def about(edition: str, part: str) -> About:
    """Return what the part of an edition (a financial year) says; raise StructureError where it says too little."""
    match = PART.fullmatch(part)
    if match is None:
        raise StructureError(
            f"expected the part to name trust and month like R1H.2020-04 or R1H.2020-04_2020-06, found {part!r}; add --part"
        )
    listed = {row["org_code"]: row for row in rows("trusts")}
    if match["code"] not in listed:
        raise StructureError(
            f"expected a trust of trusts.csv ({', '.join(listed)}), found {match['code']}; add a row for it"
        )
    months = _months(match["first"], match["last"] or match["first"])
    outside = [month for month in months if edition_of(month) != edition]
    if outside or not months:
        raise StructureError(f"expected months of {edition} in order, found {part!r}; correct --part")
    return About(listed[match["code"]], months)


def edition_of(month: str) -> str:
    """Return the financial year of a month: 2021-03 gives 2020/21."""
    year, number = (int(text) for text in month.split("-"))
    return financial_year(year if number >= 4 else year - 1)


def _months(first: str, last: str) -> tuple[str, ...]:
    begin, end = (int(text[:4]) * 12 + int(text[5:]) - 1 for text in (first, last))
    return tuple(f"{count // 12}-{count % 12 + 1:02d}" for count in range(begin, end + 1))


def remotes(trusts: Iterable[Row]) -> tuple[Remote, ...]:
    """Return the pages to look at: one for each trust whose row gives an address."""
    return tuple(
        Remote(row["page_url"], link=row["file_pattern"], name=_naming(row["org_code"]))
        for row in trusts
        if row["page_url"]
    )


def hosts(trusts: Iterable[Row]) -> frozenset[str]:
    """Return the hosts that keep the files of the pages."""
    return frozenset(host for row in trusts for host in row["file_hosts"].split("|") if host)


def _naming(code: str) -> Callable[[re.Match[str]], tuple[str, str] | None]:
    def name(match: re.Match[str]) -> tuple[str, str] | None:
        """Return edition and part of a link, or None where it names no month."""
        word = match["month"].lower()
        number = int(word) if word.isdigit() else _number_of(word)
        if not 1 <= number <= 12:
            return None
        year = int(match["year"])
        month = f"{year if year > 99 else 2000 + year}-{number:02d}"
        return edition_of(month), f"{code}.{month}"

    return name


def _number_of(word: str) -> int:
    return MONTHS.index(word[:3]) + 1 if word[:3] in MONTHS else 0
