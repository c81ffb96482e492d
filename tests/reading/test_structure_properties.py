"""Parsers of cells and headers: what is valid comes back, all else is refused, and only by the exception declared."""

import re
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.contract.columns import ORG_CODE
from assets.contract.parsed import StructureError
from assets.contract.periods import day_of, financial_year, month_days, year_of
from assets.reading import csv_columns
from assets.reading.days import day_in
from assets.reading.structure import (
    CELL_LIMIT,
    Record,
    Sheet,
    find_table,
    normal,
    read_csv,
    safe_text,
    unmapped,
)

BOUND = 10**12
ANY = st.text(max_size=40)
CODES = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=3, max_size=6)
DAYS = st.dates(date(1948, 7, 5), date(2060, 12, 31))
PLAIN = st.text(st.characters(categories=("L", "N", "Zs"), include_characters=".,&'()/-"), max_size=60)
HEADERS = st.lists(
    st.text("abcdefgh ", min_size=1, max_size=8).filter(str.strip), min_size=1, max_size=6, unique_by=normal
)


def cell(text: str) -> Record:
    return Record("Sheet", 7, {"h": text}, {})


def answer(read: Any, *arguments: Any) -> Any:
    """Return what a parser says, or None where it refuses with a sentence; anything else it raises is a fault."""
    try:
        return read(*arguments)
    except ValueError:  # StructureError is one
        return None


def structure(read: Any, *arguments: Any) -> Any:
    """Return what a parser of files or editions says, or None where it refuses by the exception it declares."""
    try:
        return read(*arguments)
    except StructureError:
        return None


@given(st.integers(-BOUND, BOUND), st.sampled_from(["{}", "{:,}", " {} ", "{:,}\u00a0", "{}.0"]))
def test_a_whole_number_comes_back_however_it_is_written(number: int, layout: str) -> None:
    assert cell(layout.format(number)).number("h", -BOUND, BOUND) == number


@given(st.decimals(-BOUND, BOUND, places=4), st.booleans())
def test_a_decimal_comes_back_with_or_without_commas(number: Any, commas: bool) -> None:
    assert cell(f"{number:{',' if commas else ''}f}").number("h", -BOUND, BOUND) == float(number)


@given(ANY)
def test_any_text_is_a_number_of_the_grammar_or_refused(text: str) -> None:
    found = answer(cell(text).number, "h", -BOUND, BOUND)
    assert found is None or re.fullmatch(r"-?[0-9][0-9,]*(\.[0-9]+)?", text.strip())


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_a_number_is_within_its_limits_or_refused(number: int, most: int) -> None:
    assert (answer(cell(str(number)).number, "h", 0, most) == number) is (number <= most)


@given(CODES, st.sampled_from(["", " ", "\u00a0", "\n"]))
def test_a_code_comes_back_without_its_edges(code: str, edge: str) -> None:
    assert cell(edge + code + edge).code("h") == code


@given(ANY)
def test_any_text_is_a_code_in_ascii_or_refused(text: str) -> None:
    found = answer(cell(text).code, "h")
    assert found is None or (found.isascii() and re.fullmatch(ORG_CODE, found) and found in text)


@given(CODES, st.sampled_from("\u0410\u0412\u0421\u0420\u0391\uff21\u0661\u200b\u202e"), st.integers(0, 5))
def test_one_look_alike_anywhere_makes_a_code_none(code: str, odd: str, place: int) -> None:
    assert answer(cell(code[:place] + odd + code[place:]).code, "h") is None


@given(DAYS, st.sampled_from(["%d/%m/%Y", "%Y-%m-%d", "%Y%m%d", "%d-%b-%Y"]))
def test_a_day_comes_back_in_its_own_layout_only(day: date, layout: str) -> None:
    text = day.strftime(layout)
    assert cell(text).day("h", layout) == day
    assert answer(cell(text).day, "h", "%m.%d.%y") is None


@pytest.mark.parametrize(
    "layout", ["%Y-%m-%d 00:00:00", "%d/%m/%Y 00:00", "%d-%b-%y", "%d %B %Y", "%d/%m/%Y"]
)
@given(st.dates(date(2000, 1, 1), date(2060, 12, 31)))
def test_a_day_of_a_spreadsheet_is_read(layout: str, day: date) -> None:
    assert day_in(cell(day.strftime(layout)), "h", until=date(2061, 1, 1)) == day


@given(ANY)
def test_any_text_is_a_day_or_refused(text: str) -> None:
    for found in (answer(cell(text).day, "h", "%d/%m/%Y"), answer(cell(text).day, "h", "%Y%m%d")):
        assert found is None or isinstance(found, date)
    found = answer(lambda: day_in(cell(text), "h", until=date(2100, 1, 1)))
    assert found is None or isinstance(found, date)


@given(DAYS, st.integers(0, 50))
def test_a_day_after_the_last_possible_one_is_refused(last: date, days: int) -> None:
    day = last + timedelta(days=days)
    found = answer(lambda: day_in(cell(day.isoformat()), "h", until=last))
    assert found == (day if days == 0 else None)


@given(st.integers(1000, 9998), DAYS, ANY)
def test_an_edition_comes_back_or_is_refused(year: int, day: date, text: str) -> None:
    assert year_of(financial_year(year)) == year
    assert day_of(day.isoformat()) == day
    assert month_days(f"{day:%Y-%m}")[0] == day.replace(day=1)
    for read in (year_of, day_of):
        assert structure(read, text) is None or re.match(r"\d{4}[/-]", text)


@given(PLAIN)
def test_plain_text_comes_back_trimmed(text: str) -> None:
    found = answer(cell(text).text, "h")
    assert found in (None, text.strip(" \n\u00a0"))
    assert found is not None or not text.strip() or text.strip(" \n\u00a0").startswith(("-", "="))


@given(st.text(max_size=2 * 60))
def test_no_text_that_is_let_through_begins_like_a_formula_or_holds_a_control(text: str) -> None:
    found = answer(safe_text, text, "h")
    if found is not None:
        assert not found.startswith(("=", "+", "-", "@", "\t", "\r"))
        assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]", found)
        assert len(found) <= CELL_LIMIT


@given(HEADERS, st.integers(0, 4), st.randoms(use_true_random=False))
def test_a_header_is_found_wherever_it_stands_in_whatever_order(
    headers: list[str], notes: int, random: Any
) -> None:
    mixed = random.sample(headers, len(headers))
    rows = [
        *([["Note"]] * notes),
        [f" {name.upper()} " for name in mixed],
        [f"value of {normal(n)}" for n in mixed],
    ]
    records = find_table(Sheet("Sheet", rows, []), headers)
    expected = [{name: f"value of {normal(name)}" for name in headers}] if len(headers) > 1 else []
    assert [record.cells for record in records] == expected


@given(st.lists(st.lists(st.text("ab ", max_size=3), max_size=5), max_size=6), HEADERS)
def test_any_rows_are_a_table_or_refused(rows: list[list[str]], headers: list[str]) -> None:
    sheet = Sheet("Sheet", rows, [])
    records = structure(find_table, sheet, headers)
    if records is not None:
        assert all(set(record.cells) == set(headers) for record in records)
        assert all(isinstance(found, str) for found in unmapped(sheet, headers))


@given(st.binary(max_size=200))
def test_any_bytes_are_a_csv_file_or_refused(content: bytes) -> None:
    found = structure(read_csv, content, "")
    assert found is None or isinstance(found[0], Sheet)
    found = structure(csv_columns.read, content, ["a", "b"], [])
    assert found is None or found[0].column_names == ["a", "b", "row"]


@pytest.mark.parametrize("header", [b"\r!", b"a,b\rc\n1,2\n"])
def test_a_header_that_no_reader_understands_is_refused(header: bytes) -> None:
    with pytest.raises(StructureError, match="expected"):
        csv_columns.read(header, ["a", "b"], [])


@given(st.lists(ANY, min_size=1, max_size=8))
def test_a_column_of_numbers_is_read_as_cells_are(texts: list[str]) -> None:
    values, wrong = csv_columns.numbers(pa.table({"h": pa.array(texts, pa.string())}), "h", BOUND)
    for place, text in enumerate(texts):
        found = None if values.isna()[place] or place in wrong else values[place]
        plain = text.strip(csv_columns.EDGES)
        alone = (
            answer(Record("", 1, {"h": plain}, {}).number, "h", 0, BOUND) if plain == plain.strip() else None
        )
        if plain.startswith("-"):
            alone = None
        assert found == alone


@pytest.mark.parametrize("text", ["1,234.5", "0", "12,345,678"])
def test_a_column_and_a_cell_agree_on_a_number(text: str) -> None:
    values, wrong = csv_columns.numbers(pa.table({"h": [text]}), "h", BOUND)
    assert (values[0], wrong) == (cell(text).number("h", 0, BOUND), {})
