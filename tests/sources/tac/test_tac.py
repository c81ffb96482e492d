"""Accounts of NHS providers: no real file is here, so workbooks are made with the publisher's layout."""

import csv
import gzip
import io
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from tac_workbook import (
    HEADERS,
    MARK,
    Row,
    continued,
    read,
    sound,
    trusts,
    workbook,
)

from assets.reading.structure import problems
from assets.sources.tac import cells as picking
from assets.sources.tac.measures import MEASURES, PERIODS, WTE, due
from assets.sources.tac.parse import TABLE

HEADERS_2021 = ("Organisation Name", *HEADERS[1:6], "Value number")


def value(rows: pd.DataFrame, measure: str, period: str = "CY", place: int = 0) -> float:
    name = trusts(place + 1)[place][1]
    found = rows[
        (rows["measure"] == measure) & (rows["period"] == period) & (rows["org_name_as_published"] == name)
    ]
    return float(found["amount"].item())


# Reading


@pytest.mark.parametrize(
    ("edition", "headers"), [("2023/24", HEADERS), ("2021/22", HEADERS_2021), ("2019/20", HEADERS)]
)
def test_every_used_cell_of_every_provider_is_staged_in_both_spellings(
    edition: str, headers: Sequence[str]
) -> None:
    parsed = read(workbook(edition, headers=headers), edition)
    year = int(edition[:4])
    due = sum(cell.is_due(period, year) for cell in MEASURES.values() for period in PERIODS)
    assert (parsed.rows_in, len(parsed.rows), parsed.rejected) == (3 * due, 3 * due, ())
    assert parsed.drift == ()
    assert "3 rows of codes that are not used" in parsed.ignored
    frame = parsed.rows.assign(edition=edition, source_file_sha256="0" * 64)
    assert problems(frame, TABLE) == []


def test_a_cell_keeps_its_amount_codes_and_place() -> None:
    rows = read(sound()).rows
    code, name = trusts(2)[1]
    first = rows[(rows["org_name_as_published"] == name) & (rows["measure"] == "it_equipment_gross_cost")]
    found = first[first["period"] == "CY"].iloc[0]
    book = openpyxl.load_workbook(io.BytesIO(sound()))["All data"]
    line = [cell.value for cell in book[int(found["source_row"])]]
    assert line[0] == name
    assert (line[3], line[5].strip(), line[6]) == (found["main_code"], found["sub_code"], found["amount"])
    assert line[5].startswith(" ")
    assert (found["org_code_as_published"], found["financial_year"], found["provider_comment"]) == (
        code,
        "2023/24",
        MARK,
    )


def test_current_and_prior_year_stay_apart() -> None:
    rows = read(sound()).rows
    assert value(rows, "software_additions") == 111
    assert value(rows, "software_additions", "PY") == 11
    years = rows.drop_duplicates(["period", "financial_year"])
    assert set(zip(years["period"], years["financial_year"], strict=True)) == {
        ("CY", "2023/24"),
        ("PY", "2022/23"),
    }
    codes = rows[rows["period"] == "PY"]["main_code"]
    assert codes.str.contains("PY").all()


def test_leases_are_due_from_2022_23_and_their_year_before_a_year_later() -> None:
    measures = {
        edition: set(
            read(sound(edition), edition).rows.query("measure == 'leased_it_liability'")["period"].unique()
        )
        for edition in ("2021/22", "2022/23", "2023/24")
    }
    assert measures == {"2021/22": set(), "2022/23": {"CY"}, "2023/24": {"CY", "PY"}}


def test_a_whole_year_of_real_codes_is_read(gathered_facts: Path) -> None:
    with gzip.open(gathered_facts / "tac_all_cells_by_year.csv.gz", "rt", encoding="utf-8") as lines:
        listed = [row for row in csv.DictReader(lines) if row["fy"] == "2023-24"]
    codes = {m.key(p) for m in MEASURES.values() for p in PERIODS}

    def whole(rows: list[Row]) -> list[Row]:
        others = [c for c in listed if f"{c['main_code']} x {c['sub_code'].strip()}" not in codes]
        return rows + [
            (name, c["worksheet_name"], int(c["table_id"]), c["main_code"], 1, c["sub_code"], 55_555)
            for _, name in trusts(2)
            for c in others
        ]

    plain = read(workbook(providers=trusts(2))).rows
    full = read(workbook(providers=trusts(2), edit=whole)).rows
    compared = ["org_name_as_published", "measure", "period", "amount", "identity_gap"]
    pd.testing.assert_frame_equal(full[compared], plain[compared])
    assert full["rows_of_provider"].iloc[0] > 7000


@pytest.mark.parametrize("year", ["2019-20", "2020-21", "2021-22", "2022-23", "2023-24"])
def test_every_used_code_is_in_the_illustrative_workbook_of_its_year(gathered_facts: Path, year: str) -> None:
    with gzip.open(gathered_facts / "tac_all_cells_by_year.csv.gz", "rt", encoding="utf-8") as lines:
        found = {
            f"{row['main_code']} x {row['sub_code'].strip()}": (int(row["table_id"]), row["unit"])
            for row in csv.DictReader(lines)
            if row["fy"] == year
        }
    for code, (measure, _, table_id) in due(int(year[:4])).items():
        unit = "No." if MEASURES[measure].unit == WTE else "£000"
        unit = "" if year <= "2020-21" and code[:3] in {"A06", "A07", "A08"} else unit  # none was printed
        assert found[code] == (table_id, unit), code


def test_columns_may_be_reordered_and_spelt_otherwise() -> None:
    def turned(book: openpyxl.Workbook) -> None:
        data = book["All data"]
        rows = [tuple(cell.value for cell in row) for row in data]
        del book["All data"]
        again = book.create_sheet("ALL  data")
        for place, row in enumerate(rows):
            line = (*reversed(row), "new" if place == 0 else None)
            again.append([f"{cell} " if place == 0 else cell for cell in line])

    parsed = read(workbook(change=turned))
    plain = read(sound())
    compared = ["org_name_as_published", "measure", "period", "amount", "source_row"]
    pd.testing.assert_frame_equal(parsed.rows[compared], plain.rows[compared])
    assert "sheet 'All data' is spelt 'ALL  data'" in parsed.drift
    assert "sheet 'ALL  data': column 'new ' is new and not published" in parsed.drift


def test_a_name_with_other_blanks_and_capitals_is_the_provider_of_the_list() -> None:
    name = trusts(1)[0][1]

    def respelt(rows: list[Row]) -> list[Row]:
        return [(f"  {name.title().replace(' ', '  ', 1)} ", *r[1:]) if r[0] == name else r for r in rows]

    assert set(read(workbook(edit=respelt)).rows["org_name_as_published"]) == {name for _, name in trusts(3)}


def test_a_hidden_sheet_is_listed_and_never_read() -> None:
    def hide(book: openpyxl.Workbook) -> None:
        book.copy_worksheet(book["All data"]).title = "All data 2"
        book["All data 2"].sheet_state = "veryHidden"

    parsed = read(workbook(change=hide))
    assert "sheet 'All data 2' is hidden" in parsed.ignored
    assert len(parsed.rows) == len(read(sound()).rows)


def test_a_full_sheet_goes_on_in_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picking, "ROW_LIMIT", 250)
    parsed = read(workbook(change=continued(250)))
    monkeypatch.undo()
    plain = read(sound())
    compared = ["org_name_as_published", "measure", "period", "amount"]
    pd.testing.assert_frame_equal(parsed.rows[compared], plain.rows[compared])
    assert parsed.rows["source_sheet"].value_counts().index.sort_values().tolist() == [
        "All data",
        "All data (2)",
    ]
    assert parsed.rows[parsed.rows["source_sheet"] == "All data (2)"]["source_row"].min() == 2


def test_an_amount_that_is_no_number_rejects_its_row_and_no_other() -> None:
    def spoil(book: openpyxl.Workbook) -> None:
        book["All data"]["G2"] = "1,234 approx"
        book["All data"]["G3"] = None

    parsed = read(workbook(change=spoil))
    assert [(row.row, row.reason) for row in parsed.rejected] == [
        (2, "column 'Total': expected a number, found '1,234 approx'"),
        (3, "column 'Total': expected a number, found an empty cell"),
    ]
    assert parsed.rows_in == len(parsed.rows) + 2
