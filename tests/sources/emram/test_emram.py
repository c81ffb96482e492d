"""Validations of records: a stage of a hospital with its date, if it has one; what is held is as known."""

from conftest import register, staged_rows
from reading import plain, resolver

from assets.sources.emram import SOURCE

EDITION = "2026-11"
HEADERS = (
    *("ods_code", "hospital_or_trust", "model", "stage", "date", "date_precision", "note", "source_url"),
    "confidence",
)
URL = "https://example.org/a"
ROWS = (
    ("R1A", "First Artificial Hospital", "EMRAM", "7", "2020-12-08", "day", "hospital", URL, "high"),
    ("R1C", "Second Artificial Hospital", "EMRAM", "6", "", "by 2022", "", URL, "medium"),
    ("R1D", "Third Artificial Hospital", "EMRAM", "5", "", "not stated", "", URL, "medium"),
)


def validations(*rows: tuple[str, ...]) -> bytes:
    """Return a register in the layout of the transcribed one."""
    return register(HEADERS, rows or ROWS)


def test_a_row_is_a_validation_with_its_date_if_it_has_one() -> None:
    rows = plain(SOURCE.read(validations(), EDITION, "").rows)
    names = ("org_code_as_published", "model", "stage", "event_date", "date_basis", "note")
    assert [tuple(row[name] for name in names) for row in rows] == [
        ("R1A", "EMRAM", 7, "2020-12-08", "stated", "hospital"),
        ("R1C", "EMRAM", 6, "2022", "latest", None),
        ("R1D", "EMRAM", 5, None, "not_stated", None),
    ]


def test_a_stage_or_scale_that_does_not_exist_is_rejected() -> None:
    eighth = (*ROWS[0][:3], "8", *ROWS[0][4:])
    half = (*ROWS[0][:3], "6.5", *ROWS[0][4:])
    other = (*ROWS[0][:2], "O-EMRAM", *ROWS[0][3:])
    parsed = SOURCE.read(validations(eighth, half, other, *ROWS), EDITION, "")
    assert len(parsed.rows) == 3
    reasons = [rejected.reason for rejected in parsed.rejected]
    assert ["0 to 7" in reasons[0], "whole number" in reasons[1], "emram" in reasons[2]] == [True] * 3


def test_eleven_validations_of_ten_trusts_are_held() -> None:
    rows = staged_rows("emram")
    assert rows["stage"].value_counts().to_dict() == {7: 5, 6: 5, 5: 1}
    kept, unmatched = resolver().resolve(SOURCE.facts(rows)["emram_validation"], SOURCE, "emram_validation")
    assert (len(kept), unmatched, kept["org_code"].nunique()) == (11, [], 10)
    assert kept["event_date"].isna().sum() == 1
