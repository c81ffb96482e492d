"""Each kind of agreement on a table that fits on a page: what it lets through, and what it finds."""

from itertools import accumulate
from typing import Any

import pandas as pd
import pytest

from assets.contract import guards
from assets.contract.guards import Guard
from pipelines.judging import comparisons

MANY = 30


def rows(**columns: Any) -> pd.DataFrame:
    frame = pd.DataFrame({"org_code_as_published": [f"R{n:02d}" for n in range(MANY)], **columns})
    return frame.assign(org_name_as_published="TRUST", source_sheet="", source_row=range(MANY))


VALUES = [float((n * 7) % MANY + 1) for n in range(MANY)]
OTHERS = [float((n * 11) % MANY + 40) for n in range(MANY)]
WORDS = ["paper", "mixed", "electronic"] * (MANY // 3)
BEFORE = rows(a=VALUES, b=OTHERS, word=WORDS, day=pd.Timestamp("2024-01-01"))


def found(guard: Guard, now: pd.DataFrame, before: pd.DataFrame = BEFORE) -> comparisons.Found:
    sides = comparisons.Sides(
        "2025", comparisons.rows_of(guard, now), comparisons.rows_of(guard, before), now.iloc[:0]
    )
    return comparisons.compare(guard, sides)


def lower(values: list[Any]) -> list[Any]:
    return values[-1:] + values[:-1]


CASES = {
    "order": (guards.same_order("a", 0.5), {"a": lower(VALUES)}),
    "stretch": (guards.same_order_everywhere("a", 0.5, stretch=20), {"a": VALUES[:10] + lower(VALUES[10:])}),
    "steps": (guards.Guard("c", "steps", "a", 0.5), {"a": lower(sorted(VALUES))}),
    "slipped": (guards.nothing_slipped("a"), {"a": [*VALUES[:8], *lower(VALUES[8:22]), *VALUES[22:]]}),
    "words": (guards.same_words("word"), {"word": lower(WORDS)}),
    "level": (guards.same_level("a", (0.9, 1.1)), {"a": [value * 0.8 for value in VALUES]}),
    "exchanged": (guards.no_exchange(columns=("a", "b")), {"a": OTHERS, "b": VALUES}),
    "filled": (guards.still_filled("a"), {"a": [None, *VALUES[1:15], *[None] * 15]}),
    "unmoved": (guards.same_while_dated("day", ("a", "word"), 0.03), {"word": ["mixed"] * MANY}),
    "back": (guards.dates_advance("day"), {"day": pd.Timestamp("2023-12-31")}),
    "copy": (guards.no_copy(columns=("a", "b")), {"b": VALUES}),
    "above": (guards.seldom_above("c", ("b", "a"), 0.5, "why"), {"a": OTHERS, "b": VALUES}),
    "together": (guards.goes_with("c", ("a", "c"), 0.9), {"c": lower(VALUES)}),
    "stale": (guards.not_stale("day", 1000), {"day": pd.Timestamp("2020-01-01")}),
    "sizes": (guards.same_sizes(("word",)), {"word": ["paper"] * MANY}),
}


@pytest.mark.parametrize("kind", sorted(CASES))
def test_a_kind_passes_what_is_as_before_and_finds_what_is_not(kind: str) -> None:
    guard, changed = CASES[kind]
    sound = BEFORE.assign(c=VALUES)
    assert not found(guard, sound).beyond
    one = found(guard, sound.assign(**changed))
    assert one.beyond
    assert "expected" in one.observed or "nearer" in one.observed


def test_a_column_one_row_lower_among_alike_neighbours_ranks_much_as_it_did_and_its_steps_do_not() -> None:
    walk = list(accumulate((n * 7) % 11 - 4.0 for n in range(MANY)))
    before, now = rows(a=walk), rows(a=lower(walk))
    assert not found(guards.same_order("a", 0.5), now, before).beyond
    one = found(Guard("c", "steps", "a", 0.5), now, before)
    assert one.beyond
    assert one.observed.startswith("rank correlation of the steps from row to row")


def test_a_repeat_is_found_and_one_changed_value_of_a_list_is_none() -> None:
    guard = guards.no_repeat(("a", "word"), 1)
    assert found(guard, BEFORE).beyond
    assert not found(guard, BEFORE.assign(a=[99.0, *VALUES[1:]])).beyond


def test_words_that_were_all_the_same_agree_with_none_by_chance() -> None:
    """Also flags: a share of words that one side lacks is 0."""
    before = rows(flag=[True] * MANY, word="paper")
    now = rows(flag=[True] * 12 + [False] * (MANY - 12), word="paper")
    one = found(guards.same_words("flag", 0.2), now, before)
    assert one.beyond
    assert "12 of 30 are as before, agreement beyond chance 0.000" in one.observed


def test_what_changed_beside_a_new_date_and_one_change_beside_an_old_one_are_let_through() -> None:
    guard = guards.same_while_dated("day", ("a", "word"), 0.03)
    days = [pd.Timestamp("2024-02-01")] * 8 + [pd.Timestamp("2024-01-01")] * (MANY - 8)
    now = BEFORE.assign(day=days, a=[0.0] * 9 + VALUES[9:])
    assert not found(guard, now).beyond
    one = found(guard, now.assign(word=[*WORDS[:-1], "none"]))
    assert one.beyond
    assert one.keys == ("R08", "R29")
    assert one.observed.startswith(
        "a, word changed in 2 of 22 rows whose day is as before, at most 3% expected"
    )


def test_words_in_another_spelling_are_the_same_words() -> None:
    guard = guards.same_words("word", 0.5)
    before = BEFORE.assign(word="Mental health and community trust")
    assert not found(guard, before.assign(word="Mental-health & Community  trust"), before).beyond
    assert found(guard, before.assign(word="Acute trust"), before).beyond
    assert found(guard, before.assign(word="-1"), before.assign(word="1")).beyond


def test_fewer_than_twenty_values_say_nothing() -> None:
    guard = guards.same_order("a", 0.5)
    assert not found(guard, rows(a=lower(VALUES)).head(19)).beyond


def test_a_name_that_says_what_an_organisation_is_refuses_another_value() -> None:
    guard = guards.as_named("word", {"AMBULANCE": "ambulance"})
    now = rows(word=["ambulance"] * 5 + ["acute"] * (MANY - 5))
    names = ["AN AMBULANCE SERVICE"] * 5 + ["A TRUST"] * (MANY - 5)
    assert not found(guard, now.assign(org_name_as_published=names)).beyond
    assert found(guard, now.assign(org_name_as_published=names[::-1])).beyond
