"""A table on a terminal: it fits, no number is cut, and what is shortened is said."""

from decimal import Decimal
from typing import Any

import pytest

from pipelines.commands.terminal_table import fitted, in_lines, rounded

TEXT = "A long sentence about how a number was made, which no terminal shows beside three other columns."
WIDTH = 60


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (2.357142857, 2.357),
        (0.000123456, 0.000123),
        (Decimal("1234567.8912"), Decimal("1234567.891")),
        (1e20, 1e20),
        (float("inf"), float("inf")),
        (12345678, 12345678),
        (True, True),
        ("2.357142857", "2.357142857"),
        (None, None),
    ],
)
def test_a_number_is_rounded_to_what_can_be_read(value: Any, shown: Any) -> None:
    assert rounded(value) == shown


def test_what_fits_is_shown_as_it_is_and_nothing_is_said() -> None:
    found = fitted(["org_code", "n"], [("RM3", 7), ("R0A", 11)], WIDTH)
    assert found.lines == ["org_code   n", "--------  --", "RM3        7", "R0A       11"]
    assert not found.note


def test_long_text_is_cut_and_numbers_are_rounded_and_a_sentence_says_so() -> None:
    rows = [("RM3", TEXT, 2.357142857, 20260708123456), ("R0A", None, 1.5, 2)]
    found = fitted(["org_code", "text", "mean", "day"], rows, WIDTH, "do this")
    assert max(map(len, found.lines)) <= WIDTH
    assert "…" in found.lines[2]
    assert found.lines[2].endswith("  2.357  20260708123456")
    assert found.note == "Cut to fit: text. Rounded: mean. To see all, do this."


def test_where_columns_do_not_fit_each_row_is_in_lines_and_whole() -> None:
    header = [f"column_number_{number}" for number in range(9)]
    found = fitted(header, [(TEXT, *range(8))], WIDTH)
    assert max(map(len, found.lines)) <= WIDTH
    assert " ".join(" ".join(found.lines[:3]).split()).startswith(f"column_number_0: {TEXT[:30]}")
    assert (
        TEXT.split()
        == [
            word
            for line in found.lines
            if not line.startswith("column_number_") or "_0:" in line
            for word in line.split()
        ][1:]
    )
    assert "The 9 columns are too wide for 60 characters" in found.note


def test_a_single_column_is_wrapped_with_each_row_in_sight() -> None:
    lines = fitted(["text"], [(TEXT,), ("short",)], 40).lines
    assert " ".join(" ".join(lines[2:-1]).split()) == TEXT
    assert [line for line in lines[2:] if not line.startswith("  ")] == [lines[2], "short"]
    assert max(map(len, lines)) <= 40


def test_without_a_row_a_terminal_says_so() -> None:
    assert fitted(["one", "two"], [], WIDTH).note == "The answer has no rows."


@pytest.mark.parametrize("width", [1, 10, 20, 80])
def test_any_terminal_will_do(width: int) -> None:
    assert fitted(["org_code", "text"], [("RM3", TEXT)], width).lines
    assert list(in_lines(["a_long_name_of_a_column"], [(TEXT,)], width))
