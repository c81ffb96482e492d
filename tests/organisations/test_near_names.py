"""The most similar names: all are compared while they are few, and a bounded number however many there are."""

from itertools import product

import pytest
from rapidfuzz import fuzz, process

from assets.organisations.near_names import MOST_COMPARED, NearNames

PLACES = ("NORTON", "SUTTON", "WESTLEY", "EASTHAM", "BRADWICK", "KINGSMERE", "OAKFORD", "REDHILL")
KINDS = ("HOSPITAL", "COMMUNITY CARE", "HEALTH CENTRE", "NURSING HOME", "SURGERY", "PHARMACY")
MANY = [f"{place} {other} {kind}" for place, other, kind in product(PLACES, [*PLACES, *"ABCDEFGH"], KINDS)]


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return how many names each search compares."""
    found: list[int] = []
    extract = process.extract

    def counted(name: str, choices: list[str], **how: object) -> object:
        found.append(len(choices))
        return extract(name, choices, **how)

    monkeypatch.setattr(process, "extract", counted)
    return found


def test_a_misprint_is_found_among_many_names_by_comparing_a_few(compared: list[int]) -> None:
    assert len(MANY) > MOST_COMPARED
    near = NearNames(MANY)
    for name in MANY[::40]:
        misprint = f"{name[:3]}X{name[4:]}"
        assert near.like(misprint, 1, least=90) == [name]
    assert max(compared) <= MOST_COMPARED


def test_few_names_are_all_compared(compared: list[int]) -> None:
    few = MANY[:MOST_COMPARED]
    near = NearNames(few)
    wanted = [name for name, _, _ in process.extract("SUTON WESTLY", few, scorer=fuzz.ratio, limit=3)]
    assert near.like("SUTON WESTLY", 3, least=50) == wanted
    assert compared == [len(few), len(few)]


def test_the_names_that_hold_every_word_come_by_similarity(compared: list[int]) -> None:
    near = NearNames(["OAKFORD A LONG NAME SURGERY", "OAKFORD SURGERY", "OAKFORD", "REDHILL SURGERY"])
    assert near.holding("SURGERY OAKFORD", 3) == ["OAKFORD SURGERY", "OAKFORD A LONG NAME SURGERY"]
    assert near.holding("OAKFORD PIER", 3) == near.holding("", 3) == []
    many = NearNames([f"HOSPITAL {number:04}" for number in range(2 * MOST_COMPARED)])
    assert many.holding("HOSPITAL", 2) == ["HOSPITAL 0000", "HOSPITAL 0001"]
    assert max(compared) <= MOST_COMPARED
