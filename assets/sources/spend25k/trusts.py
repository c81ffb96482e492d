"""Which trusts, and what a file is about: all of it data or in the part, none of it guessed.

A file is known by its part, `CODE.YYYY-MM` or `CODE.YYYY-MM_YYYY-MM`: the ODS code of the trust at the time, and the
month or months the file is about. Where these are of two financial years, the file counts for the months of its edition
and is ingested once for each. A trust is added by adding a row to `trusts.csv`; `pages` says where trusts publish.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, lru_cache

from assets.contract.data_file import rows_beside
from assets.contract.parsed import StructureError
from assets.contract.periods import financial_year
from assets.organisations.names import normalise

PART = re.compile(
    r"(?P<code>[A-Z0-9]{3,6})\.(?P<first>\d{4}-(0[1-9]|1[0-2]))(_(?P<last>\d{4}-(0[1-9]|1[0-2])))?", re.ASCII
)
Row = Mapping[str, str]


def plain(text: str) -> str:
    """Return the form in which headers, names and expense types are compared: lower case, words of letters and digits."""
    return " ".join(re.findall(r"[a-z0-9]+", text.lower()))


def rows(name: str) -> tuple[dict[str, str], ...]:
    """Return the rows of one of the data files beside this module."""
    return rows_beside(__file__, f"{name}.csv")


@dataclass(frozen=True)
class About:
    """What a file is about: the trust as listed, the months its part names, and those of its edition, as YYYY-MM, oldest first."""

    trust: Row
    named: tuple[str, ...]
    months: tuple[str, ...]

    @property
    def span(self) -> tuple[str, ...]:
        """Return the first and the last month named; one where there is one."""
        return tuple(dict.fromkeys((self.named[0], self.named[-1])))

    def check_names(self, entities: Sequence[str], titles: Iterable[str]) -> str:
        """Return the trust as the file names it in a column or in a title above its header, or an empty text.

        Raises StructureError for a file that names other organisations and never the trust of its part.
        """
        every = {name for name in entities if plain(name) not in NO_NAME}
        named = sorted(name for name in every if self.may_name(name))
        strangers = [] if named else sorted(every)
        titled = [title for title in titles if _holds(title, self._names)]
        if not titled and not every:
            others = [_names(row) for row in rows("trusts") if row["org_code"] != self.trust["org_code"]]
            strangers = [title for title in titles if any(_holds(title, names) for names in others)]
        if strangers:
            shown = ", ".join(repr(name[:60]) for name in strangers[:3])
            raise StructureError(
                f"expected payments of {self.trust['org_name']} ({self.trust['org_code']}) as the part says, found {shown}; correct --part, or add the name to entity_in_files in trusts.csv"
            )
        if named:
            return next(name for name in entities if name in named)
        return self.trust["org_name"] if titled else ""

    @property
    def _names(self) -> frozenset[str]:
        return _names(self.trust)

    def may_name(self, name: str) -> bool:
        """Return whether a cell names the trust, or nobody: a name that is listed, its code, or a spelling no other trust has.

        Another spelling has the same distinctive words (`Hillingdon Hospital NHS Trust`), or some of them.
        """
        if plain(name) in NO_NAME:
            return True
        if not name[:1].isalpha():
            return False
        if normalise(name) in self._names or name.strip().upper() == self.trust["org_code"]:
            return True
        words = _distinctive(name) - {self.trust["org_code"]}
        return bool(words) and _bearers(words) == {self.trust["org_code"]}


NO_NAME = frozenset(
    {"", "nhs", "dh", "doh", "dhsc", "department of health", "department of health and social care"}
)
"""What stands in columns of entities and names no trust."""
GENERIC = frozenset(
    [
        *("ACUTE", "AND", "AT", "CARE", "FOR", "GENERAL", "GROUP", "HEALTH", "HEALTHCARE", "HOSPITAL"),
        *("HOSPITALS", "IN", "NHSFT", "NHST", "OF", "ON", "SERVICE", "SERVICES", "TEACHING", "UNIVERSITY"),
    ]
)
"""Words that trusts put into their names and leave out, beside those that `normalise` drops."""
MISSPELT = (*GENERIC, "FOUNDATION", "TRUST")


def _names(trust: Row) -> frozenset[str]:
    names = (trust["org_name"], *trust["entity_in_files"].split("|"))
    return frozenset(normalise(name) for name in names if name)


def _holds(title: str, names: frozenset[str]) -> bool:
    """Return whether a title has one of the names in it."""
    text = f" {normalise(title)} "
    return any(f" {name} " in text for name in names)


@lru_cache(1_000)
def _bearers(words: frozenset[str]) -> set[str]:
    """Return the trusts that have these distinctive words, or else those that have them among others."""
    same = {code for code, known in _word_sets() if words in known}
    return same or {code for code, known in _word_sets() if any(words < own for own in known)}


@lru_cache(1_000)
def _distinctive(name: str) -> frozenset[str]:
    """Return the words of a name that are of no other kind; words that no trust has may be misspelt."""
    words = frozenset(normalise(name).split()) - GENERIC
    return frozenset(
        word for word in words if word in _known() or not get_close_matches(word, MISSPELT, n=1, cutoff=0.8)
    )


@cache
def _known() -> frozenset[str]:
    return frozenset(word for row in rows("trusts") for name in _names(row) for word in name.split())


@cache
def _word_sets() -> tuple[tuple[str, frozenset[frozenset[str]]], ...]:
    return tuple((row["org_code"], frozenset(map(_distinctive, _names(row)))) for row in rows("trusts"))


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
            f"expected one of the {len(listed)} trusts of trusts.csv, found {match['code']}; add a row for it"
        )
    months = _months(match["first"], match["last"] or match["first"])
    of_edition = tuple(month for month in months if edition_of(month) == edition)
    if not of_edition:
        raise StructureError(f"expected months of {edition} in order, found {part!r}; correct --part")
    return About(listed[match["code"]], months, of_edition)


def edition_of(month: str) -> str:
    """Return the financial year of a month: 2021-03 gives 2020/21."""
    year, number = (int(text) for text in month.split("-"))
    return financial_year(year if number >= 4 else year - 1)


def _months(first: str, last: str) -> tuple[str, ...]:
    begin, end = (int(text[:4]) * 12 + int(text[5:]) - 1 for text in (first, last))
    return tuple(f"{count // 12}-{count % 12 + 1:02d}" for count in range(begin, end + 1))
