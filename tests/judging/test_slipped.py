"""A block of rows with the values of their neighbours is found, in any order of rows; right files are not refused."""

import random
from collections.abc import Sequence
from typing import Any

import pandas as pd
import pytest

from assets.contract import guards
from assets.contract.guards import Guard
from pipelines.judging import comparisons
from pipelines.judging.comparisons import Found, Sides

MANY, FIRST, LONG = 100, 40, 15
CHANCE = random.Random(15)  # noqa: S311 - the same values each time are wanted
BEDS = [float(beds) for beds in CHANCE.sample(range(100, 2000), MANY)]
NEXT = [beds * CHANCE.uniform(0.9, 1.1) for beds in BEDS]
KINDS = [CHANCE.choice(["acute", "community", "mental health", "specialist"]) for _ in range(MANY)]
GUARD = guards.nothing_slipped("beds")
OF_WORDS = guards.nothing_slipped("kind")


def rows(beds: Sequence[Any] = BEDS, kinds: Sequence[Any] = KINDS) -> pd.DataFrame:
    codes = [f"R{number:02X}" for number in range(MANY)]
    frame = pd.DataFrame({"org_code_as_published": codes, "beds": beds, "kind": kinds})
    return frame.assign(source_sheet="", source_row=range(MANY))


def in_order(frame: pd.DataFrame, places: pd.Series) -> pd.DataFrame:
    return frame.assign(source_row=places.rank(method="first"))


def lower(cells: Sequence[Any], first: int = FIRST, many: int = LONG, by: int = 1) -> list[Any]:
    """Return a column in which a block of cells is some rows lower; what falls out comes in at the top of the block."""
    block = list(cells[first : first + many])
    return [*cells[:first], *block[-by:], *block[:-by], *cells[first + many :]]


def found(guard: Guard, now: pd.DataFrame, before: pd.DataFrame | None = None) -> Found:
    before = rows() if before is None else before
    here = now if guard.versus else comparisons.rows_of(guard, now)
    return comparisons.compare(guard, Sides("2025", here, comparisons.rows_of(guard, before), now.iloc[:0]))


@pytest.mark.parametrize(("by", "neighbour"), [(1, "above"), (-1, "below")])
def test_a_block_of_rows_that_slipped_is_found_where_whole_files_and_stretches_still_agree(
    by: int, neighbour: str
) -> None:
    now = rows(lower(NEXT, by=by))
    assert not found(guards.same_order("beds", 0.6), now).beyond
    assert not found(guards.same_order_everywhere("beds", 0.4), now).beyond
    one = found(GUARD, now)
    assert one.beyond
    assert (
        f"times as near to the values of the row {neighbour} as to their own, at most 1.4 expected"
        in one.observed
    )
    assert len(one.keys) == 12
    assert set(one.keys) <= {f"R{number:02X}" for number in range(FIRST, FIRST + LONG)}


def test_a_right_file_passes_in_any_order_of_its_rows() -> None:
    now = rows(NEXT)
    shuffled = pd.Series(random.Random(1).sample(range(MANY), MANY))  # noqa: S311 - no secret
    for places in (now["source_row"], now["beds"], -now["beds"], now["kind"], shuffled):
        for guard in (GUARD, OF_WORDS):
            assert not found(guard, in_order(now, places)).beyond


def test_trusts_that_left_came_or_merged_hide_no_slip_and_make_none() -> None:
    before = rows().drop(index=range(3, MANY, 9))
    for beds, slipped in ((NEXT, False), (lower(NEXT), True)):
        now = rows(beds).drop(index=range(5, MANY, 11))
        merged = now.assign(beds=now["beds"].where(now["source_row"] != 50, 2 * now["beds"]))
        assert found(GUARD, merged, before).beyond == slipped


def test_values_that_are_nearly_all_the_same_pass() -> None:
    tied = [0.0] * 60 + BEDS[60:]
    assert not found(GUARD, rows([0.0] * 58 + NEXT[58:]), rows(tied)).beyond
    assert not found(GUARD, rows([5.0] * MANY), rows([5.0] * MANY)).beyond


def test_a_slip_in_a_file_that_is_sorted_by_its_values_cannot_be_found() -> None:
    before = in_order(rows(), pd.Series(BEDS)).sort_values("source_row")
    now = before.assign(beds=lower(before["beds"].tolist()))
    assert not found(GUARD, now, before).beyond


def test_words_that_slipped_are_found_and_changes_of_every_second_row_are_none() -> None:
    moved = lower(KINDS)
    assert found(OF_WORDS, rows(kinds=moved)).beyond
    half = [new if place % 2 else old for place, (old, new) in enumerate(zip(KINDS, moved, strict=True))]
    assert not found(OF_WORDS, rows(kinds=half)).beyond


def few(beds: Sequence[Any] = BEDS[:30], kinds: Sequence[Any] = KINDS[:30]) -> pd.DataFrame:
    return rows([*beds, *BEDS[30:]], [*kinds, *KINDS[30:]]).head(30)


def test_a_trust_that_falls_to_the_end_of_a_small_sorted_table_moves_nobody() -> None:
    ranked = [float(number) for number in range(30)]
    one = found(GUARD, few([30.0, *ranked[1:]]), few(ranked))
    assert not one.beyond
    assert "1.33 times as near to the values of the row above" in one.observed


def test_eight_of_twelve_rows_with_the_word_of_the_row_above_are_a_block_and_seven_are_none() -> None:
    words = [str(number) for number in range(30)]
    for many, beyond in ((7, False), (8, True)):
        now = [*words[:9], *words[8 : 8 + many], *words[9 + many :]]
        assert found(OF_WORDS, few(kinds=now), few(kinds=words)).beyond is beyond


def test_words_in_another_spelling_have_not_slipped() -> None:
    assert not found(OF_WORDS, rows(kinds=[kind.upper().replace(" ", "-") for kind in KINDS])).beyond


def test_fewer_than_twenty_rows_say_nothing() -> None:
    assert found(GUARD, rows(lower(NEXT)).iloc[FIRST : FIRST + 19]).observed == "too few to compare"


def test_a_measure_that_slipped_against_another_one_of_the_file_is_found() -> None:
    guard = guards.nothing_slipped("beds", where={"kind": "full"}, versus={"kind": "open"})
    for beds, beyond in ((NEXT, False), (lower(NEXT), True)):
        both = pd.concat([rows(kinds=["open"] * MANY), rows(beds, ["full"] * MANY)], ignore_index=True)
        assert found(guard, both).beyond == beyond


def test_the_usual_comparisons_find_a_slip_unless_told_otherwise() -> None:
    limits: list[dict[str, Any]] = [{"order": 0.5}, {"words": 0.5}]
    for more in limits:
        (one,) = [guard for guard in guards.usual("beds", **more) if guard.kind == "slipped"]
        assert (one.check, one.threshold) == ("beds_stays_in_its_rows", 1.4)
        assert "slipped" not in {guard.kind for guard in guards.usual("beds", **more, slipped=None)}
    assert "slipped" not in {guard.kind for guard in guards.usual("beds", level=(0.8, 1.2))}


def test_values_that_jump_are_named_and_only_warned_of() -> None:
    guard = guards.no_jumps("beds")
    assert guard.severity == "WARN"
    assert not found(guard, rows(NEXT)).beyond
    one = found(guard, rows([*NEXT[:3], NEXT[3] * 10, *NEXT[4:]]))
    assert (one.beyond, one.keys) == (True, ("R03",))
    assert f"1 of 100 values moved by a factor of more than 8; R03: {BEDS[3]:g} is now " in one.observed
