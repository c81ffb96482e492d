"""Resolving a name to an ODS code without guessing.

An exact code wins; then a name valid on the day; then a name of any day; then a dated alias. A name that several
organisations have is ambiguous and matches nothing. A name that does not say what it is (`Bristol`, `NHS Somerset`)
may be that of a board or a place, so only a dated alias matches it. A name without a match gets the nearest names,
including those of boards, as candidates. Plain Python without pandas: the command line resolves names in a fraction
of a second.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

from assets.organisations.near_names import NearNames

MatchedBy = Literal["code", "name_on_date", "name_any_date", "alias", "curated", ""]
_DROPPED = {"NHS", "FOUNDATION", "TRUST", "FT", "THE"}
"""Words that do not distinguish trusts. Dropping more (HOSPITAL, HEALTH, CARE...) would merge different trusts."""
_TRUST = {"TRUST", "TRUSTS", "FOUNDATION", "FT"}
_PROVIDER = {
    "AMBULANCE",
    "CANCER",
    "CARE",
    "CENTRE",
    "CHILDREN",
    "CHILDRENS",
    "COMMUNITY",
    "HEALTH",
    "HEALTHCARE",
    "HOSPITAL",
    "HOSPITALS",
    "INFIRMARY",
    "MENTAL",
    "ORTHOPAEDIC",
    "PARTNERSHIP",
    "ROYAL",
    "SERVICE",
    "SERVICES",
    "SPECIALIST",
    "TEACHING",
    "UNIVERSITY",
    "WOMEN",
    "WOMENS",
}
"""Words that mark the name of a provider. A board's name has CARE too, but is not the name of a trust."""
_BOARD = {"BOARD", "BOARDS", "CCG", "COMMISSIONING", "ICB", "ICS"}
"""Words that mark the name of a board."""
_NEUTRAL = _BOARD | {"CARE", "CLINICAL", "GROUP", "INTEGRATED", "SYSTEM"}
"""Words that do not distinguish boards."""


@cache
def normalise(name: str) -> str:
    """Return the form in which names are compared: `The Mid-Yorks & X NHS Trust` gives `MID YORKS AND X`."""
    text = name.upper().replace("&", " AND ").replace("'", "").replace("\u2019", "").replace("\u2018", "")
    text = re.sub(r"[^A-Z0-9]+", " ", text).replace("NATIONAL HEALTH SERVICE", "NHS")
    return " ".join(word for word in text.split() if word not in _DROPPED)


@cache
def _words(name: str) -> frozenset[str]:
    """Return every word of a name, including those that `normalise` drops."""
    return frozenset(re.sub(r"[^A-Z0-9]+", " ", re.sub("['\u2018\u2019]", "", name.upper())).split())


def is_bare(name: str) -> bool:
    """Return whether a name has no word that says what it is: a place (`Bristol`), a board's style (`NHS Medway`), a short name."""
    return not _words(name) & (_TRUST | _PROVIDER)


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
        """Return whether the name can have been valid on `day`."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day <= self.valid_to
        )


@dataclass(frozen=True)
class Match:
    """The result of resolving a name or code: `org_code` is None if it is not certain, and `reason` says why.

    With an `org_code`, `reason` says why code and name disagree although the code is kept.
    """

    org_code: str | None
    matched_by: MatchedBy = ""
    reason: str = ""
    candidates: tuple[str, ...] = ()


LEAST_ALIKE = 50
"""Least similarity, out of 100, for a name to be shown as the nearest."""
ANOTHERS = 90
"""Least similarity, out of 100, for a name to count as a misprint of another organisation's name."""
LAST_LATIN = 0x24F
"""The last code point of the Latin blocks of Unicode, the highest that names may have."""
BARE = "this is a place or a short name, which boards and trusts share"
BOARDS = "this is the name of a board, not of a trust"
UNKNOWN = "no organisation bears this name"
SEVERAL = "several organisations bear this name"


class NameIndex:
    """All names of all trusts, and of the boards they are confused with."""

    def __init__(self, names: Iterable[Name], boards: Iterable[Name] = ()) -> None:
        self._by_name: dict[str, list[Name]] = defaultdict(list)
        self._newest: dict[str, Name] = {}
        self._names = sorted(names, key=lambda n: (n.org_code, n.valid_from or date.min))
        for name in self._names:
            self._by_name[normalise(name.name)].append(name)
            if name.kind == "official":
                self._newest[name.org_code] = name
        self._boards = tuple(boards)
        self._near = NearNames(self._by_name)

    def names(self) -> list[Name]:
        """Return every name of a trust, oldest first within an organisation."""
        return self._names

    def resolve(self, name: str, on: date, *, code: str | None = None) -> Match:
        """Resolve `name` as of `on`; with `code`, the name must not be that of another organisation.

        `name` may itself be a code. Returns a Match whose `org_code` is None where nothing or several match, where a
        bare name has no alias, where the code is unknown, or where code and name belong to different organisations.
        """
        if code is not None:
            return self._agreed(name, code)
        text = name.strip().upper()
        if text in self._newest:
            return Match(text, "code")
        bearers = self._by_name.get(normalise(name), [])
        bare = is_bare(name)
        aliases = [n for n in bearers if n.kind == "alias" and n.valid_on(on) and is_bare(n.name) >= bare]
        official = [n for n in bearers if n.kind == "official" and not bare]
        tries: Sequence[tuple[MatchedBy, list[Name]]] = (
            ("name_on_date", [n for n in official if n.valid_on(on)]),
            ("name_any_date", official),
            ("alias", aliases),
        )
        for matched_by, found in tries:
            codes = sorted({n.org_code for n in found})
            if len(codes) == 1:
                return Match(codes[0], matched_by)
            if codes:
                return Match(None, reason=SEVERAL, candidates=self.shown(codes))
        shared = bare and self._has_every_word(normalise(name))
        return Match(None, reason=_why(name, bare=shared), candidates=self.nearest(name))

    def _agreed(self, name: str, code: str) -> Match:
        """Return the match of a code and its name: the code, unless the name belongs to another organisation."""
        if code not in self._newest:
            return Match(None, reason=f"code {code} is in no list of trusts", candidates=self.nearest(name))
        if name.strip() == code:
            return Match(
                code, "code"
            )  # a list without names: the code stands for the name, and none can disagree
        name = without_code(name, code)
        bearers = {bearer.org_code for bearer in self._by_name.get(normalise(name), [])}
        if code in bearers:
            return Match(code, "code")
        others = bearers or self._others(name, code)
        if others:
            reason = f"code {code} and the name belong to different organisations"
            return Match(None, reason=reason, candidates=self.shown([code, *sorted(others)]))
        if why := _no_name(name):
            reason = f"{UNKNOWN}, and it {why}, so code {code} cannot be confirmed"
            return Match(None, reason=reason, candidates=self.shown([code]))
        newest = self._newest[code].name
        return Match(code, "code", f"no list has this name; the newest one of {code} is {newest}")

    def _others(self, name: str, code: str) -> set[str]:
        """Return the other organisations that an unknown name beside `code` may belong to.

        They are one whose code ends the name, a board of that name, or the trust whose name it misprints.
        """
        ending = re.search(r"\(([A-Z0-9]{3,6})\)\s*$", name.upper())
        if ending and ending[1] in self._newest:
            return {ending[1]}
        key = normalise(name)
        if boards := {board.org_code for board in self._boards if normalise(board.name) == key}:
            return boards
        close = self._near.like(key, 5, least=ANOTHERS)
        nearest = [{n.org_code for n in self._by_name[found]} for found in close]
        return nearest[0] - {code} if nearest and not any(code in codes for codes in nearest) else set()

    def nearest(self, name: str, most: int = 3) -> tuple[str, ...]:
        """Return the organisations whose names have every word, else the nearest, as `code name`.

        Trusts come first, then boards with their kind; if the name looks like a board's, boards come first.
        """
        key = _place(name) if _is_board(name) else normalise(name)
        trusts = self._nearest_trusts(key, most)
        boards = () if _words(name) & _TRUST else self._nearest_boards(set(key.split()), most)
        return (*boards, *trusts) if _is_board(name) else (*trusts, *boards)

    def _has_every_word(self, key: str) -> bool:
        """Return whether a trust or a board has every word of a name in normal form."""
        return bool(self._near.holding(key, 1) or self._nearest_boards(set(key.split()), 1))

    def _nearest_trusts(self, key: str, most: int) -> tuple[str, ...]:
        close = self._near.holding(key, most) or self._near.like(key, most, least=LEAST_ALIKE)
        return self.shown(dict.fromkeys(n.org_code for found in close for n in self._by_name[found]))

    def _nearest_boards(self, words: set[str], most: int) -> tuple[str, ...]:
        """Return the boards whose names have every word, the shortest names first."""
        if not words:
            return ()
        holding = [board for board in self._boards if words <= _place_words(board.name)]
        holding.sort(key=lambda board: (len(_place(board.name)), board.valid_to is not None, board.org_code))
        return tuple(_board(board) for board in holding[:most])

    def shown(self, codes: Iterable[str]) -> tuple[str, ...]:
        """Return codes with their newest names, in the form of candidates."""
        return tuple(map(self._described, codes))

    def _described(self, code: str) -> str:
        if code in self._newest:
            return f"{code} {self._newest[code].name}"
        return next((_board(board) for board in reversed(self._boards) if board.org_code == code), code)


def _no_name(name: str) -> str:
    """Return why an unknown name cannot be the new name of a trust; empty if it can."""
    if is_bare(name) or not normalise(name):
        return "does not say that it is a trust's"
    if any(letter.isalpha() and ord(letter) > LAST_LATIN for letter in name):
        return "has letters of another alphabet"
    return ""


def _is_board(name: str) -> bool:
    """Return whether a name looks like that of a board."""
    words = _words(name)
    return bool(words & _BOARD) and not words & _TRUST


def _place(name: str) -> str:
    """Return the normal form of a board's name without the words that do not distinguish boards."""
    return " ".join(word for word in normalise(name).split() if word not in _NEUTRAL)


@cache
def _place_words(name: str) -> frozenset[str]:
    return frozenset(_place(name).split())


def _why(name: str, *, bare: bool) -> str:
    """Return why a name matches nothing."""
    if _is_board(name):
        return BOARDS
    return BARE if bare else UNKNOWN


def _board(board: Name) -> str:
    ended = f", closed {board.valid_to}" if board.valid_to else ""
    return f"{board.org_code} {board.name} ({board.kind}{ended})"
