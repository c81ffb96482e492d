"""The names most like a given one, found among a bounded number of candidates however many names there are.

Names are compared letter by letter only with those that hold every word, else with those that share their rarest
three-letter parts. Up to `MOST_COMPARED` names are all compared; the trusts of England have fewer.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property

MOST_COMPARED = 500
"""Most names that one is compared with: the trusts have fewer than 400."""
PART = 3
"""Letters of a part."""


class NearNames:
    """Distinct names in normal form, in a fixed order that decides between equally similar ones."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = list(names)
        self._lengths = [*map(len, self._names)]

    def holding(self, name: str, most: int) -> list[str]:
        """Return the names that have every word of a name, most similar first; the shortest if there are very many."""
        found = set.intersection(*(self._by_word.get(word, set()) for word in name.split() or [""]))
        shortest = sorted(found, key=self._lengths.__getitem__)[:MOST_COMPARED]
        return self._closest(name, shortest, most, least=0)

    def like(self, name: str, most: int, *, least: int) -> list[str]:
        """Return the names whose similarity is at least `least` out of 100, most similar first."""
        return self._closest(name, self._sharing(name), most, least)

    def _closest(self, name: str, places: Iterable[int], most: int, least: int) -> list[str]:
        from rapidfuzz import fuzz, process  # most names are found without it

        compared = [self._names[place] for place in sorted(places)]
        close = process.extract(name, compared, scorer=fuzz.ratio, limit=most, score_cutoff=least)
        return [found for found, _, _ in close]

    def _sharing(self, name: str) -> Iterable[int]:
        """Return the places of the names to compare with: all, or those that share the rarest parts."""
        if len(self._names) <= MOST_COMPARED:
            return range(len(self._names))
        found: set[int] = set()
        for places in sorted((self._by_part.get(part, []) for part in set(_parts(name))), key=len):
            found.update(places[: MOST_COMPARED - len(found)])
        return found

    @cached_property
    def _by_word(self) -> dict[str, set[int]]:
        index: dict[str, set[int]] = defaultdict(set)
        for place, name in enumerate(self._names):
            for word in name.split():
                index[word].add(place)
        return index

    @cached_property
    def _by_part(self) -> dict[str, list[int]]:
        index: dict[str, list[int]] = defaultdict(list)
        for place, name in enumerate(self._names):
            for part in set(_parts(name)):
                index[part].append(place)
        return index


def _parts(name: str) -> Iterator[str]:
    """Yield every three letters in a row of a name, as if it began and ended with a space."""
    padded = f" {name} "
    return (padded[start : start + PART] for start in range(len(padded) - PART + 1))
