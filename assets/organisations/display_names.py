"""Names of organisations as people write them: lists of trusts print them in capitals.

A rule makes `Guy's and St Thomas' NHS Foundation Trust` of `GUY'S AND ST THOMAS' NHS FOUNDATION TRUST`. A name that the
rule gets wrong is a row of the curated table `display_names`. Only the case of letters changes. Plain Python without
pandas.
"""

import re
from functools import cache

from assets.organisations.curation import curated

_CAPITALS = {"CCG", "CIC", "ICB", "NHS", "PLC"}
"""Words that stay in capitals."""
_SMALL = {"AND", "AT", "BY", "DE", "FOR", "IN", "LE", "OF", "ON", "THE", "TO", "UNDER", "UPON", "WITH"}
"""Words that are small, except the first of a name."""
_WORD = re.compile(r"\([A-Z0-9]{3,6}\)|\w+(?:['\u2019]\w+)*")
"""A code in brackets, or a word with its apostrophes."""


@cache
def display_name(name: str) -> str:
    """Return a name in mixed case; a name already in mixed case, a single word or a code is returned unchanged."""
    letters = [letter for letter in name if letter.isalpha()]
    if " " not in name.strip() or 2 * sum(map(str.isupper, letters)) <= len(letters):
        return name
    return _exceptions().get(name) or _WORD.sub(_written, name)


def _written(found: re.Match[str]) -> str:
    word = found[0]
    if word in _CAPITALS or word.startswith("(") or not word.isupper():
        return word
    return word.lower() if word in _SMALL and found.start() else word.capitalize()


@cache
def _exceptions() -> dict[str, str]:
    return {str(row["name"]): str(row["display_name"]) for row in curated("display_names").rows}
