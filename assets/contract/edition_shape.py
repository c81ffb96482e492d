"""The valid names of editions and parts of a source, as data: their shape, and the dates an edition can have.

An edition is typed by a person, taken from a landing page or set by the clock. `latest`, `20260708`, `2099/00` and
`1024-10-01` are not valid editions: a file archived under such a name breaks every table that reads the name.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

Kind = Literal["day", "month", "quarter", "year", "financial_year"]
LONGEST = 60
"""Most characters of an edition or part."""
SLACK = timedelta(days=1)
"""How far after the day of retrieval an edition may begin: the date depends on the time zone."""
FIRST_TRUSTS = date(1991, 4, 1)
"""The first open date in the lists of trusts (`assets/frozen/ods`): no fact about a trust is older."""


def slug(edition: str) -> str:
    """Return the edition as a file name: 2015/16 gives 2015-16."""
    return edition.replace("/", "-")


def _iso(match: re.Match[str]) -> date:
    year, month, day = (int(text or 1) for text in match.groups())
    return date(year, month, day)


def _financial(match: re.Match[str]) -> date:
    start, end, quarter = int(match[1]), int(match[2]), int(match[3] or 1)
    if (start + 1) % 100 != end:
        raise ValueError(f"{match[0]} does not end in the year after it begins")
    return date(start + quarter // 4, 1 + 3 * (quarter % 4), 1)


_SHAPES: Mapping[Kind, tuple[str, Callable[[re.Match[str]], date], str]] = {
    "day": (r"(\d{4})-(\d\d)-(\d\d)", _iso, "a day like 2023-10-17"),
    "month": (r"(\d{4})-(\d\d)()", _iso, "a month like 2026-07"),
    "year": (r"(\d{4})()()", _iso, "a year like 2025"),
    "financial_year": (r"(\d{4})/(\d\d)()", _financial, "a financial year like 2023/24"),
    "quarter": (r"(\d{4})/(\d\d)-Q([1-4])", _financial, "a quarter like 2025/26-Q1"),
}


@dataclass(frozen=True)
class Editions:
    """The valid names of the editions and parts of a source.

    An edition is of one of `kinds`, may end with `suffix`, and begins on or after `first`. A part is one of
    `parts` (empty for a file without a part) or matches `pattern`, which `pattern_words` describe.

    A file is compared with earlier files of its part. `follows` names, for a part, other parts that hold the same
    rows: a file of it is compared with the newest of theirs as long as no earlier file of its own part is held.
    """

    kinds: tuple[Kind, ...]
    parts: tuple[str, ...] = ("",)
    first: date = FIRST_TRUSTS
    suffix: str = ""
    pattern: str = ""
    pattern_words: str = ""
    follows: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def problems(self, edition: str, part: str, *, until: date) -> list[str]:
        """Return what is wrong with the names of a file retrieved on the day `until`, one sentence per problem."""
        return [*self._edition_problems(edition, until), *self._part_problems(part)]

    def begins(self, edition: str) -> date | None:
        """Return the first day of the period an edition is named after; None for a name of another shape."""
        name = edition.removesuffix(self.suffix) if self.suffix else edition
        for kind in self.kinds:
            pattern, first_day, _ = _SHAPES[kind]
            match = re.fullmatch(pattern, name[:LONGEST], re.ASCII)
            try:
                if match:
                    return first_day(match)
            except ValueError:
                return None
        return None

    @property
    def words(self) -> str:
        """A description of what an edition looks like."""
        return " or ".join(_SHAPES[kind][2] for kind in self.kinds)

    def _edition_problems(self, edition: str, until: date) -> list[str]:
        begins = self.begins(edition)
        if begins is None:
            return [f"expected {self.words} as the edition, found {shown(edition)}; correct --edition"]
        if begins < self.first:
            return [f"expected an edition from {self.first} on, found {edition}; correct --edition"]
        if begins > until + SLACK:
            return [
                f"expected an edition that begins by the day the file was retrieved ({until}), found {edition}; correct --edition"
            ]
        return []

    def _part_problems(self, part: str) -> list[str]:
        if part in self.parts or (self.pattern and re.fullmatch(self.pattern, part[:LONGEST], re.ASCII)):
            return []
        named = [part or "no part" for part in self.parts] + [self.pattern_words] * bool(self.pattern)
        return [f"expected {' or '.join(named)} as the part, found {shown(part)}; correct --part"]


def shown(text: str) -> str:
    """Return user input for use in a sentence: quoted, shortened, without control characters."""
    return repr(text if len(text) <= LONGEST else f"{text[:LONGEST]}...")


def day_problems(name: str, text: str, *, until: date) -> list[str]:
    """Return what is wrong with an ISO date, of which only the first ten characters count; empty means not known."""
    try:
        if not text or _day(text) <= until + SLACK:
            return []
        found = f"{text[:10]}, which is after {until}"
    except ValueError:
        found = shown(text)
    return [f"expected a day by {until} as the day it was {name}, found {found}; correct --{name}-on"]


def _day(text: str) -> date:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-][\d:]+)?)?", text[:40], re.ASCII):
        raise ValueError(text)
    return date.fromisoformat(text[:10])


FORMULA = "=+@-\t\r"
"""Characters that make a spreadsheet run a text as a formula if it begins with one."""


def harmless_name(text: str) -> str:
    """Return the name or description of a file without control characters, extra spaces and leading formula signs."""
    printable = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(printable.split()).lstrip(f"{FORMULA} ")[:300]


def series_of(part: str) -> str:
    """Return the series that a part belongs to, named before the first dot: `R1H.2020-04` is of `R1H`."""
    return part.partition(".")[0]
