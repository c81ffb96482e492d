"""Federated Data Platform: trusts and boards by name, never by a re-user's code; what is held is as counted."""

from datetime import date

import pytest
from conftest import register, staged_rows
from reading import counted, plain, resolver

from assets.contract.parsed import StructureError
from assets.organisations.geography import board_key, board_names, last_day_of_board
from assets.sources.fdp import RE_USERS, SOURCE

DAY = "2026-06-17"
HEADERS = (
    "organisation_type",
    "list_index",
    "name",
    "fdp_live",
    "fdp_reporting_benefits",
    "matched_nhs_code",
)
ROWS = (
    ("NHS trust", "1", "First Artificial NHS Trust", "True", "True", "R1A"),
    ("NHS trust", "2", "Second Artificial NHS Foundation Trust", "True", "False", "RT1"),
    ("ICB", "1", "NHS Artificial ICB", "True", "False", "RT1"),
)


def listed(*rows: tuple[str, ...]) -> bytes:
    """Return a list in the layout of the transcribed page."""
    return register(HEADERS, rows or ROWS)


def test_a_row_is_a_trust_or_a_board_by_name_without_the_code_of_the_re_user() -> None:
    parsed = SOURCE.read(listed(), DAY, "")
    names = ("kind", "org_name_as_published", "reporting_benefits")
    assert [tuple(row[name] for name in names) for row in plain(parsed.rows)] == [
        ("trust", "First Artificial NHS Trust", True),
        ("trust", "Second Artificial NHS Foundation Trust", False),
        ("board", "NHS Artificial ICB", False),
    ]
    assert not set(RE_USERS) & set(parsed.rows.columns)
    assert parsed.drift == ()


@pytest.mark.parametrize(
    ("place", "cell", "problem"),
    [
        (0, "Hospice", "column 'organisation_type': expected one of nhs trust, icb"),
        (3, "False", "column 'fdp_live': expected one of true"),
        (4, "soon", "column 'fdp_reporting_benefits': expected one of true, false"),
    ],
)
def test_a_row_of_another_kind_or_not_live_is_rejected(place: int, cell: str, problem: str) -> None:
    spoilt = tuple(cell if at == place else text for at, text in enumerate(ROWS[0]))
    parsed = SOURCE.read(listed(spoilt, *ROWS[1:]), DAY, "")
    assert problem in parsed.rejected[0].reason


def test_a_list_without_the_mark_for_benefits_or_of_no_day_is_refused() -> None:
    with pytest.raises(StructureError, match="expected column 'fdp_reporting_benefits'"):
        SOURCE.read(listed().replace(b"fdp_reporting_benefits", b"notes"), DAY, "")
    with pytest.raises(StructureError, match="expected a day"):
        SOURCE.read(listed(), "2026-Q1", "")


def test_a_board_that_has_ended_is_looked_up_on_its_last_day() -> None:
    rows = (
        ("ICB", "1", "NHS Frimley ICB", "True", "False", ""),
        ("ICB", "2", "NHS Devon ICB", "True", "False", ""),
    )
    frame = SOURCE.read(listed(*rows), DAY, "").rows.assign(edition=DAY, source_file_sha256="0" * 64)
    kept, unmatched = resolver().resolve(SOURCE.facts(frame)["icb_fdp_status"], SOURCE, "icb_fdp_status")
    columns = ["icb_code", "open_on_snapshot", "resolve_on", "as_of_date"]
    assert unmatched == []
    assert kept[columns].to_numpy().tolist() == [
        ["QNQ", False, date(2026, 3, 31), date(2026, 6, 17)],
        ["QJK", True, date(2026, 6, 17), date(2026, 6, 17)],
    ]


def test_names_of_boards_are_compared_without_their_style_and_stay_apart() -> None:
    names = board_names()
    assert len({board_key(name) for name in names}) == len(names)
    assert board_key("NHS Staffordshire Stoke-on-Trent ICB") == board_key(
        "NHS Staffordshire and Stoke-on-Trent Integrated Care Board"
    )
    assert last_day_of_board("NHS Leicester Leicestershire and Rutland ICB") is None
    assert last_day_of_board("NHS Nowhere ICB") is None


# What is held


def test_123_trusts_and_41_boards_are_live_and_80_trusts_report_benefits() -> None:
    rows = staged_rows("fdp")
    assert rows["kind"].value_counts().to_dict() == {"trust": 123, "board": 41}
    assert rows[rows["reporting_benefits"].astype(bool)]["kind"].value_counts().to_dict() == {"trust": 80}
    assert counted(SOURCE, rows) == {f"boards live in the list of {DAY}": (41, 42, "partial")}


def test_every_trust_and_every_board_is_found_by_its_name() -> None:
    made = SOURCE.facts(staged_rows("fdp"))
    for table, count in (("fdp_status", 123), ("icb_fdp_status", 41)):
        kept, unmatched = resolver().resolve(made[table], SOURCE, table)
        assert (len(kept), unmatched) == (count, [])
    assert set(board_names().values()) - set(kept["icb_code"]) == {"QOP"}
    assert kept["open_on_snapshot"].value_counts().to_dict() == {True: 29, False: 12}
