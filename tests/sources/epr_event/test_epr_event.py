"""Events of patient records: each is read with its precision, confidence and page; what is held is as known."""

import pytest
from conftest import register, staged_rows
from reading import plain, resolver

from assets.sources.epr_event import SOURCE

EDITION = "2026-11"
HEADERS = (
    *("ods_code", "trust_name_as_stated", "supplier", "product", "event", "date", "date_precision"),
    *("scope_or_note", "source_url", "source_type", "confidence"),
)
HANSARD, PRESS = "https://hansard.parliament.uk/a", "https://example.org/b"
ROWS = (
    (
        "R1A",
        "First Artificial NHS Trust",
        "A",
        "Aa",
        "live_by",
        "2008-03-06",
        "day (upper bound)",
        "",
        HANSARD,
        "Hansard",
        "high",
    ),
    (
        "",
        "Second Artificial NHS Trust",
        "B",
        "",
        "went_live",
        "2008",
        "year",
        "roughly",
        PRESS,
        "press",
        "low",
    ),
    (
        "R1C",
        "Third Artificial NHS Trust",
        "C",
        "Cc",
        "planned_go_live",
        "2026-spring",
        "season",
        "",
        PRESS,
        "encyclopedia copy (CC BY-SA)",
        "medium",
    ),
)


def events(*rows: tuple[str, ...]) -> bytes:
    """Return a register in the layout of the transcribed one."""
    return register(HEADERS, rows or ROWS)


def test_a_row_is_an_event_with_its_precision_and_grade() -> None:
    rows = plain(SOURCE.read(events(), EDITION, "").rows)
    names = ("org_code_as_published", "event", "event_date", "date_precision", "date_basis", "evidence_grade")
    assert [tuple(row[name] for name in names) for row in rows] == [
        ("R1A", "live_by", "2008-03-06", "day", "latest", "administrative"),
        (None, "went_live", "2008", "year", "stated", "press-reported"),
        ("R1C", "planned_go_live", "2026-spring", "season", "stated", "transcribed"),
    ]
    assert (rows[1]["product"], rows[1]["note"], rows[1]["confidence"]) == (None, "roughly", "low")


@pytest.mark.parametrize(
    ("place", "cell", "problem"),
    [
        (4, "rumoured", "column 'event': expected one of supplier_chosen"),
        (10, "certain", "column 'confidence': expected one of high"),
        (6, "perhaps", "column 'date_precision'"),
    ],
)
def test_a_row_with_unknown_words_is_rejected(place: int, cell: str, problem: str) -> None:
    spoilt = tuple(cell if at == place else text for at, text in enumerate(ROWS[0]))
    parsed = SOURCE.read(events(spoilt, *ROWS[1:]), EDITION, "")
    assert (len(parsed.rows), len(parsed.rejected)) == (2, 1)
    assert problem in parsed.rejected[0].reason


def test_an_event_without_a_date_is_rejected() -> None:
    undated = (*ROWS[0][:5], "", "not stated", *ROWS[0][7:])
    parsed = SOURCE.read(events(undated, *ROWS[1:]), EDITION, "")
    assert "an event without one is no event here" in parsed.rejected[0].reason


# What is held


def test_sixty_events_are_held_as_counted() -> None:
    rows = staged_rows("epr_event")
    assert rows["event"].value_counts().to_dict() == {
        "went_live": 29,
        "live_by": 13,
        "planned_go_live": 8,
        "deferred": 5,
        "contract_announced": 2,
        "switched_off": 1,
        "contract_start": 1,
        "supplier_chosen": 1,
    }
    assert rows["confidence"].value_counts().to_dict() == {"high": 37, "medium": 21, "low": 2}
    assert rows["date_basis"].value_counts().to_dict() == {
        "stated": 42,
        "latest": 13,
        "missed": 3,
        "year_inferred": 2,
    }
    assert rows["source_url"].str.startswith("http").all()


def test_every_event_has_a_trust_also_those_without_a_code() -> None:
    one = resolver()
    kept, unmatched = one.resolve(SOURCE.facts(staged_rows("epr_event"))["epr_event"], SOURCE, "epr_event")
    assert (len(kept), unmatched) == (60, [])
    named = dict(zip(kept["org_name_as_published"], kept["org_code"], strict=True))
    assert named["Barts and The London NHS Trust"] == "RNJ"
    assert named["Queen Mary's Sidcup NHS Trust"] == "RGZ"
    assert (named["Milton Keynes"], named["St George's"]) == ("RD8", "RJ7")
    assert kept["org_code"].nunique() == 54 + 2
