"""Ways from the organisations of any day to today's: every one, dated, without circles, one of them the main one."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.organisations.succession import RELATIONS, current, current_main, refuse_circles

Row = dict[str, Any]
DAY_ONE = date(2001, 1, 1)


def organisations(*codes: str, open_: Sequence[str]) -> dict[str, Row]:
    """Return artificial organisations, those in `open_` still open."""
    return {
        code: {
            "org_code": code,
            "org_name": f"ARTIFICIAL {code}",
            "is_current": code in open_,
            "close_date": None if code in open_ else DAY_ONE,
        }
        for code in codes
    }


def edge(way: str, kind: str = "merger", *, is_main: bool = True, days: int = 0) -> Row:
    """Return an edge written `A>B`."""
    before, after = way.split(">")
    return {
        "predecessor_code": before,
        "successor_code": after,
        "succession_date": DAY_ONE + timedelta(days=days),
        "kind": kind,
        "is_main": is_main,
    }


def test_a_split_has_a_way_to_each_part_and_one_main_way() -> None:
    edges = [edge("A>B", "split"), edge("A>C", "split", is_main=False), edge("B>D", "acquisition", days=9)]
    rows = [row for row in current(organisations(*"ABCD", open_="CD"), edges) if row["org_code"] == "A"]
    assert [(row["path"], row["current_org_code"], row["is_main"]) for row in rows] == [
        ("A>B>D", "D", True),
        ("A>C", "C", False),
    ]
    assert {(row["relation"], row["is_split"]) for row in rows} == {("part_by_split", True)}
    assert [row["since"] for row in rows] == [DAY_ONE + timedelta(days=9), DAY_ONE]


@pytest.mark.parametrize(("kind", "relation"), RELATIONS.items())
def test_the_relation_says_how_the_last_step_came_about(kind: str, relation: str) -> None:
    edges = [edge("A>B", "merger"), edge("B>C", kind)]
    (row, *_) = current(organisations(*"ABC", open_="C"), edges)
    assert (row["path"], row["relation"]) == ("A>B>C", relation)


def test_an_end_without_successor_is_closed_from_the_day_after_and_keeps_the_way() -> None:
    rows = list(current(organisations(*"AB", open_=""), [edge("A>B")]))
    assert [(row["path"], row["relation"], row["current_org_code"]) for row in rows] == [
        ("A>B", "closed", None),
        ("B", "closed", None),
    ]
    assert {row["since"] for row in rows} == {DAY_ONE + timedelta(days=1)}
    mains = list(current_main(rows, {"B": "dissolved"}))
    assert [row["why"] for row in mains] == ["dissolved", "dissolved"]


def test_an_open_organisation_is_itself_even_where_it_gave_something_away() -> None:
    (row, *_) = current(organisations(*"AB", open_="AB"), [edge("A>B", "transfer")])
    assert (row["path"], row["relation"], row["since"]) == ("A", "same", None)


@st.composite
def successions(draw: st.DrawFn) -> tuple[dict[str, Row], list[Row]]:
    """Draw organisations and dated edges that lead forward only; each predecessor has one main successor."""
    codes = [f"R{number:02d}" for number in range(draw(st.integers(1, 9)))]
    edges = []
    for place, code in enumerate(codes):
        after = draw(st.lists(st.sampled_from(codes[place + 1 :] or [code]), unique=True, max_size=3))
        kind = "split" if len(after) > 1 else draw(st.sampled_from(sorted(set(RELATIONS) - {"split"})))
        edges += [
            edge(f"{code}>{other}", kind, is_main=number == 0, days=place)
            for number, other in enumerate(after)
            if other != code
        ]
    still_open = draw(st.lists(st.sampled_from(codes), unique=True))
    return organisations(*codes, open_=still_open), edges


@given(successions())
def test_every_way_is_made_of_dated_steps_that_exist_and_ends_where_today_is(
    drawn: tuple[dict[str, Row], list[Row]],
) -> None:
    known, edges = drawn
    days = {(e["predecessor_code"], e["successor_code"]): e["succession_date"] for e in edges}
    rows = list(current(known, edges))
    assert len({(row["org_code"], row["path"]) for row in rows}) == len(rows)
    for row in rows:
        path = row["path"].split(">")
        assert path[0] == row["org_code"]
        assert len(set(path)) == len(path)
        steps = [days[step] for step in pairwise(path)]
        assert steps == sorted(steps)
        assert not any(known[code]["is_current"] for code in path[:-1])
        assert row["current_org_code"] == (path[-1] if known[path[-1]]["is_current"] else None)
        assert (row["relation"] == "same") is (row["since"] is None) is known[path[0]]["is_current"]


@given(successions())
def test_one_way_of_each_code_is_the_main_one(drawn: tuple[dict[str, Row], list[Row]]) -> None:
    rows = list(current(*drawn))
    mains = list(current_main(rows, {}))
    assert [row["org_code"] for row in mains] == sorted(drawn[0])
    held = {(row["org_code"], row["path"]): row for row in rows if row["is_main"]}
    for row in mains:
        same = held[row["org_code"], row["path"]]
        assert all(row[key] == same[key] for key in same if key != "is_main")


@given(successions(), st.data())
def test_a_circle_is_refused_and_named(drawn: tuple[dict[str, Row], list[Row]], data: st.DataObject) -> None:
    _, edges = drawn
    refuse_circles(edges)
    circle = data.draw(st.lists(st.sampled_from(["RX1", "RX2", "RX3"]), unique=True, min_size=1))
    closing = [edge(f"{a}>{b}") for a, b in zip(circle, [*circle[1:], circle[0]], strict=True)]
    with pytest.raises(ValueError, match="found the circle") as refused:
        refuse_circles(data.draw(st.permutations([*edges, *closing])))
    assert all(code in str(refused.value) for code in circle)
