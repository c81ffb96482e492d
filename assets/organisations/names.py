"""From a name to an ODS code, never by guess.

An exact code wins; then a name valid on the day; then a name of any day; then a dated alias. A name that several
organisations bear is ambiguous and matches nothing. What matches nothing gets its nearest names as candidates.
Plain Python without pandas: the command line resolves names in a fraction of a second.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

MatchedBy = Literal["code", "name_on_date", "name_any_date", "alias", ""]
_DROPPED = {"NHS", "FOUNDATION", "TRUST", "FT", "THE"}
"""Words that do not tell trusts apart. Dropping more (HOSPITAL, HEALTH, CARE...) would merge different trusts."""


@cache
def normalise(name: str) -> str:
    """Return the form in which names are compared: `The Mid-Yorks & X NHS Trust` gives `MID YORKS AND X`."""
    text = name.upper().replace("&", " AND ").replace("'", "").replace("\u2019", "").replace("\u2018", "")
    text = re.sub(r"[^A-Z0-9]+", " ", text).replace("NATIONAL HEALTH SERVICE", "NHS")
    return " ".join(word for word in text.split() if word not in _DROPPED)


def without_code(name: str, code: str) -> str:
    """Return a name without the code that publishers append to names that are not unique: `ARTIFICIAL TRUST (R1A)`."""
    return name.strip().removesuffix(f"({code})")


@dataclass(frozen=True)
class Name:
    """A name of an organisation and the days it can have been valid (None: not known)."""

    org_code: str
    name: str
    valid_from: date | None
    valid_to: date | None
    kind: str = "official"

    def valid_on(self, day: date) -> bool:
        """Tell whether the name can have been valid on `day`."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day <= self.valid_to
        )


@dataclass(frozen=True)
class Match:
    """What a name or code was resolved to: `org_code` is None where it cannot be told, and `reason` says why."""

    org_code: str | None
    matched_by: MatchedBy = ""
    reason: str = ""
    candidates: tuple[str, ...] = ()


LEAST_ALIKE = 50
"""How like a name another must be, of 100, to be told as the nearest."""


class NameIndex:
    """All names of all organisations, ready to be asked."""

    def __init__(self, names: Iterable[Name]) -> None:
        self._by_name: dict[str, list[Name]] = defaultdict(list)
        self._by_word: dict[str, list[str]] = defaultdict(list)
        self._newest: dict[str, Name] = {}
        self._names = sorted(names, key=lambda n: (n.org_code, n.valid_from or date.min))
        for name in self._names:
            key = normalise(name.name)
            if key not in self._by_name:
                for word in set(key.split()):
                    self._by_word[word].append(key)
            self._by_name[key].append(name)
            if name.kind == "official":
                self._newest[name.org_code] = name

    def names(self) -> list[Name]:
        """Return every name, oldest first within an organisation."""
        return self._names

    def resolve(self, name: str, on: date, *, code: str | None = None) -> Match:
        """Resolve `name` as of `on`; with `code`, the two must agree.

        `name` may itself be a code. Returns a Match whose `org_code` is None where nothing or several match, where the
        code is unknown, or where code and name belong to different organisations.
        """
        if code is not None:
            return self._agreed(name, on, code)
        text = name.strip().upper()
        if text in self._newest:
            return Match(text, "code")
        bearers = self._by_name.get(normalise(name), [])
        official = [n for n in bearers if n.kind == "official"]
        tries: Sequence[tuple[MatchedBy, list[Name]]] = (
            ("name_on_date", [n for n in official if n.valid_on(on)]),
            ("name_any_date", official),
            ("alias", [n for n in bearers if n.kind == "alias" and n.valid_on(on)]),
        )
        for matched_by, found in tries:
            codes = sorted({n.org_code for n in found})
            if len(codes) == 1:
                return Match(codes[0], matched_by)
            if codes:
                return Match(
                    None, reason="several organisations bear this name", candidates=self._shown(codes)
                )
        return Match(None, reason="no organisation bears this name", candidates=self.nearest(name))

    def _agreed(self, name: str, on: date, code: str) -> Match:
        if code not in self._newest:
            return Match(None, reason=f"code {code} is in no list of trusts", candidates=self.nearest(name))
        name = without_code(name, code)
        if any(bearer.org_code == code for bearer in self._by_name.get(normalise(name), [])):
            return Match(code, "code")
        by_name = self.resolve(name, on)
        if by_name.org_code is None:
            reason = f"{by_name.reason}, so code {code} cannot be confirmed"
            return Match(None, reason=reason, candidates=self._shown([code]))
        reason = f"code {code} and the name belong to different organisations"
        return Match(None, reason=reason, candidates=self._shown([code, by_name.org_code]))

    def nearest(self, name: str, most: int = 3) -> tuple[str, ...]:
        """Return the organisations whose names hold every word, else the nearest: `code name`, candidates only."""
        from rapidfuzz import fuzz, process  # most names are found without it

        asked = normalise(name)
        words = set(asked.split())
        rarest = min((self._by_word.get(word, []) for word in words), key=len, default=[])
        holding = [key for key in rarest if words <= set(key.split())]
        close = process.extract(
            asked,
            holding or list(self._by_name),
            scorer=fuzz.ratio,
            limit=most,
            score_cutoff=None if holding else LEAST_ALIKE,
        )
        return self._shown(dict.fromkeys(n.org_code for key, _, _ in close for n in self._by_name[key]))

    def _shown(self, codes: Iterable[str]) -> tuple[str, ...]:
        return tuple(f"{code} {self._newest[code].name}" if code in self._newest else code for code in codes)
