"""What holds of a roll-up whatever became of whom: nothing lost, nothing twice, nothing to the closed."""

import math
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rolling import END, LONG_AGO, Edge, Row, amounts, fact_rows, rolled, world

from assets.organisations import succession
from assets.tables import facts, rollup

CODES = [f"R{n:02}" for n in range(7)]
DAYS = st.dates(date(2018, 1, 1), date(2023, 12, 31))


@st.composite
def histories(draw: st.DrawFn) -> rollup.Frames:
    """Draw organisations that open, close, merge and split; who has successors has closed, others may have."""
    closed: dict[str, date | None] = {}
    edges: list[Edge] = []
    for place, code in enumerate(CODES):
        after = (
            draw(st.lists(st.sampled_from(CODES[place + 1 :]), max_size=2, unique=True))
            if CODES[place + 1 :]
            else []
        )
        closed[code] = draw(DAYS) if after else draw(st.none() | DAYS)
        edges += [(code, one, closed[code] + timedelta(days=1)) for one in after]  # type: ignore[operator]
    opened = {
        code: draw(st.just(LONG_AGO) | st.dates(LONG_AGO, last or date(2023, 12, 31)))
        for code, last in closed.items()
    }
    return world(closed, edges, **opened)


FACT_ROWS = st.lists(
    st.tuples(
        st.sampled_from(CODES),
        st.sampled_from(["flow", "average", "stock"]),
        st.none() | st.integers(-(10**13), 10**13).map(lambda pence: pence / 100),
        st.integers(1, 12),
    ),
    min_size=10,
    unique_by=lambda row: row[:2],
)
whatever = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def total(rows: Iterable[Row], kind: str) -> float:
    """Return the total of a kind: pounds of flows and stocks, months times value of averages."""
    return math.fsum(
        row["value"] * (row["months_reported"] if kind == "average" else 1)
        for row in rows
        if row["aggregation"] == kind and row["value"] is not None
    )


@whatever
@given(histories(), FACT_ROWS)
def test_rows_and_remainders_add_up_to_the_facts_and_belong_to_nobody_closed_and_stocks_count_once(
    organisations: rollup.Frames, rows: list[tuple[str, str, float | None, int]]
) -> None:
    found = rolled(amounts(*rows), facts.denominator, organisations)
    for kind in ("flow", "stock", "average"):
        # Sums keep six decimals, so an average over twelve months is exact to the hundred-thousandth.
        given_ = math.fsum(
            v * (m if kind == "average" else 1) for _, k, v, m in rows if k == kind and v is not None
        )
        assert total(found, kind) == pytest.approx(given_, abs=0.004, rel=1e-14)
    assert sum(row["n_facts"] for row in found) == len(rows)
    is_open = dict(organisations["organisation"][["org_code", "close_date"]].itertuples(index=False))
    for row in found:
        assert (row["current_org_code"] is None) == (row["allocation"] != "whole")
        assert row["current_org_code"] is None or pd.isna(is_open[row["current_org_code"]])
    stocks_are_counted_once(organisations, rows, [row for row in found if row["aggregation"] == "stock"])


def stocks_are_counted_once(
    organisations: rollup.Frames, rows: list[tuple[str, str, float | None, int]], found: list[Row]
) -> None:
    """Fail unless each stock is in one row, and in one of an organisation only if it was open on the day."""
    used = [code for row in found for code in row["constituents"].split()]
    assert sorted(used) == sorted(code for code, kind, *_ in rows if kind == "stock")
    days = {
        code: (opened, END if pd.isna(closed) else closed)
        for code, opened, closed in organisations["organisation"][
            ["org_code", "open_date", "close_date"]
        ].itertuples(index=False)
    }
    for row in found:
        codes = row["constituents"].split()
        assert row["allocation"] != "whole" or all(days[c][0] <= END <= days[c][1] for c in codes)


@whatever
@given(histories(), FACT_ROWS)
def test_rolling_up_what_is_rolled_up_changes_nothing(
    organisations: rollup.Frames, rows: list[tuple[str, str, float | None, int]]
) -> None:
    once = rolled(amounts(*rows), facts.denominator, organisations)
    # A code that was not open on the day is left over although it may lead to the very same organisation.
    once = [row for row in once if row["allocation"] != "not_open"]
    again = fact_rows(
        facts.denominator,
        [{**row, "org_code": row["current_org_code"] or row["constituents"]} for row in once],
    )
    # Today's organisation stands for those it is made of, also for the time before it opened itself.
    known = organisations["organisation"]
    since = {
        **organisations,
        "organisation": known.assign(
            open_date=known["open_date"].where(known["close_date"].notna(), LONG_AGO)
        ),
    }
    found = ["current_org_code", "measure", "value", "months_reported", "allocation", "value_status"]
    twice = once and rolled(again, facts.denominator, since)
    assert {tuple(row[name] for name in found) for row in twice} == {
        tuple(row[name] for name in found) for row in once
    }
    assert len(twice) == len(once)


@whatever
@given(histories(), FACT_ROWS, st.randoms(use_true_random=False))
def test_the_order_of_the_facts_does_not_matter(
    organisations: rollup.Frames, rows: list[tuple[str, str, float | None, int]], chance: Any
) -> None:
    current = rollup.today(organisations)
    frame = amounts(*rows)
    mixed = frame.sample(frac=1, random_state=chance.randrange(2**32))
    expected, found = (rollup.roll_up(each, facts.denominator, current) for each in (frame, mixed))
    pd.testing.assert_frame_equal(found, expected, check_exact=True)


@given(st.permutations(CODES), st.integers(1, len(CODES)))
def test_a_circle_is_refused_and_named_wherever_it_is(codes: list[str], length: int) -> None:
    circle = codes[:length]
    steps = [
        *zip(circle, [*circle[1:], circle[0]], strict=True),
        *((code, circle[0]) for code in codes[length:]),
    ]
    edges = [{"predecessor_code": before, "successor_code": after} for before, after in steps]
    with pytest.raises(ValueError, match="found the circle") as refused:
        succession.refuse_circles(edges)
    assert set(str(refused.value).split("circle ")[1].split(";")[0].split(">")) == set(circle)
