"""Beds: each of the three layouts, the choice between files of a quarter, occupancy, and what is refused."""

import io
from collections.abc import Callable, Sequence
from datetime import date
from functools import cache, partial
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from conftest import staged_rows
from reading import checks, counted, csv_file, failed, resolver

from assets.contract.columns import key_of
from assets.contract.parsed import Parsed, StructureError
from assets.reading.structure import problems
from assets.sources.kh03 import layouts
from assets.sources.kh03.layouts import AVAILABLE, OCCUPIED
from assets.sources.kh03.source import OCCUPANCY, SOURCE, chosen, facts
from assets.tables.facts import denominator
from pipelines.judging import comparisons, sides

KEY = ("org_code_as_published", "financial_year", "quarter", "measure")
ENGLAND = {
    "2018/19": [101398.065934, 100454.086957, 100535.086957, 103021.277778],
    "2019/20": [101564.879121, 100369.771739, 101598.043478, 102193.835165],
    "2020/21": [92559.483516, 94786.739130, 95648.728261, 96297.633333],
    "2021/22": [97094.461538, 97954.423913, 100019.054348, 101975.488889],
    "2022/23": [103056.802198, 102305.478261, 103522.695652, 104542.988889],
    "2023/24": [103818.340659, 102922.097826, 104471.739130, 106474.835531],
    "2024/25": [105644.791209, 103656.228261, 106431.554348, 106068.136630],
}
"""England's available beds by quarter, as compiled."""
LONG = "2024-06-30"
LINES = (
    "org_code,period,org_name,financial_year,fy_quarter,kh03_avail_all_avg_beds,kh03_avail_ga_avg_beds,kh03_occ_ga_avg_beds",
    "NAN,2019-20 Q1,England,2019-20,Q1,9.9,30.75,18",
    "R1A,2019-20 Q1,FIRST ARTIFICIAL NHS TRUST,2019-20,Q1,9.9,20.5,10",
    "G6V2S,2019-20 Q1,SECOND ARTIFICIAL NHS TRUST,2019-20,Q1,9.9,10.25,8",
    "NAN,2019-20 Q4,England,2019-20,Q4,9.9,20,15",
    "R1A,2019-20 Q4,FIRST ARTIFICIAL NHS TRUST,2019-20,Q4,9.9,20,15",
    "G6V2S,2019-20 Q4,SECOND ARTIFICIAL NHS TRUST,2019-20,Q4,9.9,0.0,0.0",
    "NAN,2020-21 Q1,England,2020-21,Q1,9.9,5,4",
    "R1A,2020-21 Q1,FIRST ARTIFICIAL NHS TRUST,2020-21,Q1,9.9,5,4",
)
compiled = partial(layouts.parse, part="compiled")


def table(*changes: tuple[str, str]) -> bytes:
    """Return a table laid out like the re-user's, with pieces of its text changed."""
    text = "\n".join(LINES) + "\n"
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text.encode()


def long_file(*rows: Sequence[Any]) -> bytes:
    """Return a file laid out like the publisher's long ones."""
    return csv_file([layouts.HISTORY, *rows])


GROUPS = {7: "Available", 13: "Occupied", 19: "% Occupied"}
SECTORS = ("Total", "General & Acute", "Learning Disabilities", "Maternity", "Mental Illness")
TRUSTS = (("R1A", "FIRST ARTIFICIAL NHS TRUST", 20.5, 10), ("G6V2S", "SECOND ARTIFICIAL NHS TRUST", 0, 0))
Change = Callable[[Any], Any]


def _total(least: int, beds: Any) -> Any:
    """Return beds of all sectors: no fewer than those of one, if these are a number."""
    return max(least, beds) if isinstance(beds, int | float) else least


def workbook(
    change: Change = lambda sheet: None,
    trusts: Sequence[tuple[Any, ...]] = TRUSTS,
    year: str = "2025-26",
    end: str = "June",
) -> bytes:
    """Return a workbook of a quarter laid out like the publisher's: three groups of equal headers in row 15."""
    book = openpyxl.Workbook()
    book.active.title = "Region by Sector"
    sheet = book.create_sheet("NHS Trust by Sector")
    sheet["C3"] = "Average daily number of available and occupied beds open overnight by sector"
    for place, name in zip(
        "BCDEF", ("Year", "Period End", "Region Code", "Org Code", "Org Name"), strict=True
    ):
        sheet[f"{place}15"] = name
    for first, group in GROUPS.items():
        sheet.cell(14, first, group)
        for place, sector in enumerate(SECTORS):
            sheet.cell(15, first + place, sector)
    england = ("-", "England", sum(one[2] for one in trusts), sum(one[3] for one in trusts))
    for number, (code, name, available, occupied) in zip(
        (16, *range(18, 18 + len(trusts))), (england, *trusts), strict=True
    ):
        cells = {2: year, 3: end, 4: "Y56", 5: code, 6: name, 8: available, 14: occupied, 20: 0.5}
        totals = {7: _total(999, available), 13: _total(888, occupied)}
        for place, cell in {**cells, **totals, 10: 5}.items():
            sheet.cell(number, place, cell)
    change(sheet)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def staged(parsed: Parsed, edition: str, sha256: str = "0" * 64) -> pd.DataFrame:
    frame = parsed.rows.assign(edition=edition, source_file_sha256=sha256)
    assert problems(frame, layouts.TABLE) == []
    return frame


def held(edition: str) -> pd.DataFrame:
    rows = staged_rows("kh03")
    return rows[rows["edition"] == edition].reset_index(drop=True)


@cache
def resolved() -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Return the facts whose organisation is certain, and the entries about the others."""
    return resolver().resolve(facts(staged_rows("kh03"))["denominator"], SOURCE, "denominator")


def of(rows: pd.DataFrame, code: str, measure: str, end: date) -> Any:
    (found,) = rows[
        (rows["org_code"] == code) & (rows["measure"] == measure) & (rows["period_end"] == end)
    ].to_dict("records")
    return found


# Held editions


def test_the_trusts_of_each_compiled_quarter_add_up_to_england() -> None:
    rows = staged_rows("kh03")
    rows = rows[(rows["layout"] == "compiled") & (rows["measure"] == AVAILABLE)]
    sums = rows.groupby(["edition", "quarter"])["amount"].sum()
    assert {edition: sums[edition].round(6).tolist() for edition in ENGLAND} == ENGLAND
    assert len(sums) == 28
    assert len(rows) == 5464 - 28
    assert not rows["org_code_as_published"].eq("NAN").any()


@pytest.mark.parametrize(("measure", "england"), [(AVAILABLE, 105_634.32), (OCCUPIED, 96_359.68)])
def test_june_2024_is_as_published_in_the_long_files(measure: str, england: float) -> None:
    rows = held(LONG)
    rows = rows[(rows["measure"] == measure) & (rows["financial_year"] == "2024/25")]
    assert (len(rows), round(rows["amount"].sum(), 2)) == (187, england)


def test_available_beds_of_june_2024_in_the_release_are_those_of_england() -> None:
    kept, _ = resolved()
    june = kept[kept["period_end"] == date(2024, 6, 30)]
    assert round(june.loc[june["measure"] == AVAILABLE, "value"].sum(), 2) == 105_634.32
    occupancy = june[june["measure"] == OCCUPANCY]
    assert occupancy["value_status"].value_counts().to_dict() == {"e": 156, "z": 31}
    assert occupancy.loc[occupancy["value_status"] == "z", "value"].isna().all()


@pytest.mark.parametrize("edition", [*ENGLAND, LONG])
def test_a_frozen_edition_is_accepted(edition: str) -> None:
    for _, rows in held(edition).groupby("source_file_sha256"):
        assert [result.check for result in checks(SOURCE, rows, KEY) if not result.success] == []


# The compiled table


def test_a_table_gives_the_quarters_of_one_year_without_england() -> None:
    parsed = compiled(table(), "2019/20")
    shown = ["org_code_as_published", "org_name_as_published", "quarter", "measure", "amount", "source_row"]
    assert list(parsed.rows[shown].itertuples(index=False, name=None))[:4] == [
        ("R1A", "FIRST ARTIFICIAL NHS TRUST", "Q1", AVAILABLE, 20.5, 3),
        ("R1A", "FIRST ARTIFICIAL NHS TRUST", "Q1", OCCUPIED, 10, 3),
        ("G6V2S", "SECOND ARTIFICIAL NHS TRUST", "Q1", AVAILABLE, 10.25, 4),
        ("G6V2S", "SECOND ARTIFICIAL NHS TRUST", "Q1", OCCUPIED, 8, 4),
    ]
    assert (parsed.rows_in, parsed.rejected, parsed.drift) == (4, (), ())
    assert parsed.ignored[:2] == (
        "2 rows about other financial years",
        "2 rows about England, which the trusts were compared with",
    )
    assert set(key_of(layouts.TABLE)) <= set(staged(parsed, "2019/20"))


@pytest.mark.parametrize(
    ("change", "edition", "sentence"),
    [
        (
            ("kh03_avail_ga_avg_beds", "kh03_avail_ga_average_beds"),
            "2019/20",
            "the file, row 1: expected column 'kh03_avail_ga_avg_beds', found ",
        ),
        (
            ("9.9,30.75", "9.9,31.75"),
            "2019/20",
            "Q1, available general and acute beds: expected the trusts to add up to England's 31.8, found 30.8",
        ),
        (("30.75,18", "30.75,20"), "2019/20", "Q1, occupied general and acute beds: expected the trusts"),
        (
            ("NAN,2019-20 Q4", "R1C,2019-20 Q4"),
            "2019/20",
            "Q4, available general and acute beds: expected a row",
        ),
        (("9.9,30.75", "9.9,many"), "2019/20", "England: column 'kh03_avail_ga_avg_beds': expected a number"),
        (
            ("R1A", "R1A"),
            "2017/18",
            "expected rows of financial year 2017-18, found 2019-20 to 2020-21; correct the edition",
        ),
        (("R1A", "R1A"), "2019-20", "expected a financial year like 2018/19 as the edition, found '2019-20'"),
        (("R1A", "R1A"), "2019/21", "expected a financial year like 2018/19 as the edition, found '2019/21'"),
        (("org_code,period", "Org Code,Period End"), "2019/20", "expected column 'org_code'"),
    ],
)
def test_another_layout_is_refused_with_a_sentence(
    change: tuple[str, str], edition: str, sentence: str
) -> None:
    with pytest.raises(StructureError) as refused:
        compiled(table(change), edition)
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("9.9,20.5", "9.9,"), "expected a number, found an empty cell"),
        (("9.9,20.5", "9.9,-20.5"), "expected 0 to 5000, found -20.5"),
        (("9.9,20.5", "9.9,nan"), "expected a number, found 'nan'"),
        (
            ("R1A,2019-20 Q1", "R1A,2019-20 Q2"),
            "expected 2019-20 and one of Q1, Q2, Q3, Q4, found '2019-20 Q2'",
        ),
        (("R1A,2019-20 Q1", "r1a,2019-20 Q1"), "expected an ODS code"),
    ],
)
def test_a_cell_out_of_its_grammar_rejects_its_row_only(change: tuple[str, str], reason: str) -> None:
    parsed = compiled(table(change), "2019/20")
    assert (parsed.rows_in, parsed.rows_used) == (4, 3)
    assert [rejected.row for rejected in parsed.rejected] == [3]
    assert reason in parsed.rejected[0].reason


def test_a_column_of_all_beds_or_a_trust_twice_is_refused() -> None:
    rows = held("2018/19")
    small = rows.assign(amount=rows["amount"] / 91)
    assert failed(SOURCE, small, KEY) == {"mean_number_of_beds_is_plausible", "numbers_of_beds_are_spread"}
    assert failed(SOURCE, pd.concat([rows, rows.head(1)], ignore_index=True), KEY)


# The long files


def test_a_long_file_gives_general_and_acute_beds_by_code() -> None:
    content = long_file(
        ("R1A", "General & Acute", "1,508.5", "30/06/2024"),
        ("R1A", "Mental illness", "7", "30/06/2024"),
        ("R1A", "General & Acute", "12", "31/03/2012"),
        ("5CQ", "General & Acute", "4", "31/03/2012"),
        ("5.00E+04", "Maternity", "NULL", "31/03/2001"),
        ("", "", "", ""),
    )
    parsed = layouts.parse(content, LONG, "occupied")
    shown = ["org_code_as_published", "financial_year", "quarter", "measure", "amount", "source_row"]
    assert list(parsed.rows[shown].itertuples(index=False, name=None)) == [
        ("R1A", "2024/25", "Q1", OCCUPIED, 1508.5, 2),
        ("R1A", "2011/12", "Q4", OCCUPIED, 12, 4),
        ("5CQ", "2011/12", "Q4", OCCUPIED, 4, 5),
    ]
    assert [(one.row, "5.00E+04" in one.reason) for one in parsed.rejected] == [(6, True)]
    assert (parsed.rows_in, parsed.ignored) == (4, ("1 rows of sector 'Mental illness'",))
    assert staged(parsed, LONG)["org_name_as_published"].isna().all()


@pytest.mark.parametrize(
    ("edition", "day", "sentence"),
    [
        ("2024-09-30", "30/06/2024", "expected quarters up to 2024-09-30, found 2024/25 Q1 as the newest"),
        ("2024-03-31", "30/06/2024", "expected the last day of a quarter up to"),
        (LONG, "29/06/2024", "expected the last day of a quarter up to"),
        ("2024/25", "30/06/2024", "expected a day like 2023-10-17 as the edition"),
    ],
)
def test_a_long_file_of_another_day_is_refused(edition: str, day: str, sentence: str) -> None:
    with pytest.raises(StructureError, match=sentence):
        layouts.parse(long_file(("R1A", "General & Acute", "5", day)), edition, "available")


@pytest.mark.parametrize(("first", "second"), [(0, 0), (1, 1)])
def test_f74_parts_that_were_exchanged_are_refused(first: int, second: int) -> None:
    guard = next(one for one in SOURCE.guards if one.kind == "exceeds")
    rows = held(LONG)
    parts = [rows[rows["measure"] == measure].reset_index(drop=True) for measure in (AVAILABLE, OCCUPIED)]
    wrong = [part.assign(measure=name) for part, name in zip(parts, (OCCUPIED, AVAILABLE), strict=True)]
    for files, beyond in ((parts, False), (wrong, True)):
        both = sides.Sides(LONG, files[first], rows.iloc[:0], files[1 - second])
        assert comparisons.compare(guard, both).beyond is beyond
    known = [one for one in SOURCE.guards if one.kind == "known"]
    spoilt = [
        comparisons.compare(one, sides.Sides(LONG, part, part, part)).beyond
        for one, part in zip(known, wrong[::-1], strict=True)
    ]
    sound = [
        comparisons.compare(one, sides.Sides(LONG, part, part, part)).beyond
        for one, part in zip(known, parts, strict=True)
    ]
    assert (spoilt, sound) == ([True, True], [False, False])


@pytest.mark.parametrize(("word", "measure"), [("Available", AVAILABLE), ("Occupied", OCCUPIED)])
def test_the_publishers_long_file_has_12_319_rows_and_28_mangled_codes(
    publisher_files: Path, word: str, measure: str
) -> None:
    content = (publisher_files / f"kh03/KH03-{word}-Overnight-only.csv").read_bytes()
    parsed = layouts.parse(content, LONG, word.lower())
    assert (parsed.rows_in, len(parsed.rows), len(parsed.rejected)) == (12_347, 12_319, 28)
    assert set(parsed.rows["measure"]) == {measure}
    assert parsed.rows["financial_year"].min() == "2010/11"


# The workbook of a quarter


def shown(parsed: Parsed) -> list[tuple[Any, ...]]:
    names = ["org_code_as_published", "financial_year", "quarter", "measure", "amount", "source_row"]
    return list(parsed.rows[names].itertuples(index=False, name=None))


BEDS = [
    ("R1A", "2025/26", "Q1", AVAILABLE, 20.5, 18),
    ("R1A", "2025/26", "Q1", OCCUPIED, 10, 18),
    ("G6V2S", "2025/26", "Q1", AVAILABLE, 0, 19),
    ("G6V2S", "2025/26", "Q1", OCCUPIED, 0, 19),
]


def test_a_workbook_gives_beds_available_and_occupied_by_the_group_above_the_header() -> None:
    parsed = layouts.parse(workbook(), "2025/26-Q1", "")
    assert shown(parsed) == BEDS
    assert (parsed.rows_in, parsed.rejected) == (2, ())
    assert staged(parsed, "2025/26-Q1")["layout"].eq("workbook").all()


def test_groups_decide_where_they_are_in_another_order_and_the_place_where_there_are_none() -> None:
    def exchange(sheet: Any) -> None:
        sheet["G14"], sheet["M14"] = "Occupied", "Available"

    def without(sheet: Any) -> None:
        for place in ("G14", "M14", "S14"):
            sheet[place] = None

    amounts = [row[4] for row in shown(layouts.parse(workbook(without), "2025/26-Q1", ""))]
    assert amounts == [20.5, 10, 0, 0]
    changed = [row[3:5] for row in shown(layouts.parse(workbook(exchange), "2025/26-Q1", ""))]
    assert changed[:2] == [(AVAILABLE, 10), (OCCUPIED, 20.5)]


def test_columns_further_right_rows_further_down_and_a_date_for_the_month_change_nothing() -> None:
    def shift(sheet: Any) -> None:
        sheet["C16"] = sheet["C18"] = date(2025, 6, 30)
        sheet.insert_cols(1)
        sheet.insert_rows(2, 3)

    moved = layouts.parse(workbook(shift), "2025/26-Q1", "")
    assert shown(moved) == [(*row[:5], row[5] + 3) for row in BEDS]


def put(cell: str, value: Any) -> Change:
    return lambda sheet: sheet.__setitem__(cell, value)


@pytest.mark.parametrize(
    ("change", "edition", "sentence"),
    [
        (put("H16", 30), "2025/26-Q1", "expected the trusts to add up to England's 30.0, found 20.5"),
        (put("N16", 30), "2025/26-Q1", "occupied general and acute beds: expected the trusts to add up"),
        (put("F16", "Wales"), "2025/26-Q1", "expected a row about England to compare the trusts with"),
        (lambda sheet: None, "2025/26-Q2", "expected 2025/26 Q2, found 2025/26 Q1; correct the edition"),
        (lambda sheet: None, "2025/26-Q5", "expected a quarter like 2025/26-Q1 as the edition"),
        (lambda sheet: None, "2025/26", "expected a quarter like 2025/26-Q1 as the edition"),
        (put("N15", "Critical care"), "2025/26-Q1", "expected column 'General & Acute, occupied'"),
        (put("E15", "Code"), "2025/26-Q1", "expected column 'Org Code'"),
        (
            lambda sheet: setattr(sheet, "title", "Trusts"),
            "2025/26-Q1",
            "expected one sheet 'NHS Trust by Sector'",
        ),
    ],
)
def test_another_workbook_is_refused_with_a_sentence(change: Change, edition: str, sentence: str) -> None:
    with pytest.raises(StructureError) as refused:
        layouts.parse(workbook(change), edition, "")
    assert sentence in str(refused.value)


def test_a_trust_of_another_quarter_is_rejected() -> None:
    parsed = layouts.parse(workbook(put("C19", "March")), "2025/26-Q1", "")
    assert [one.row for one in parsed.rejected] == [19]
    assert "expected 2025/26 Q1, found 2025/26 Q4" in parsed.rejected[0].reason


# Which file a fact is from


def files(long: float, table_says: float, book: float | None = None) -> pd.DataFrame:
    """Return the beds available of a trust in one quarter according to a long file, the table and a workbook."""
    made = {"history": (LONG, long), "compiled": ("2023/24", table_says), "workbook": ("2023/24-Q4", book)}
    rows = [
        ("R1A", layout, "2023/24", "Q4", AVAILABLE, amount, edition)
        for layout, (edition, amount) in made.items()
        if amount is not None
    ]
    names = ["org_code_as_published", "layout", "financial_year", "quarter", "measure", "amount", "edition"]
    return pd.DataFrame(rows, columns=names)


@pytest.mark.parametrize(
    ("rows", "layout"),
    [
        (files(20.5, 20.5), "history"),
        (files(20, 20.4), "compiled"),
        (files(20, 20.6), "history"),
        (files(20.5, 20.4), "history"),
        (files(20, 20), "history"),
        (files(20, 20.4, 20.5), "workbook"),
        (files(20, 20.4, 19.5), "workbook"),
    ],
)
def test_the_publishers_number_wins_unless_it_was_rounded(rows: pd.DataFrame, layout: str) -> None:
    assert chosen(rows)["layout"].tolist() == [layout]


def test_rte_of_june_2024_is_the_publishers_and_rounded_cells_are_the_compiled_ones() -> None:
    kept, _ = resolved()
    assert of(kept, "RTE", AVAILABLE, date(2024, 6, 30))["value"] == 861.362637
    beds = kept[kept["period_end"] <= date(2024, 6, 30)]
    used = beds[beds["edition"] != LONG].groupby("measure").size().to_dict()
    assert (used[AVAILABLE], used[OCCUPIED]) == (72, 63)


# Facts


def test_every_trust_with_beds_is_matched_and_the_rows_conform() -> None:
    kept, unmatched = resolved()
    assert sorted((entry["org_code_as_published"], entry["facts"]) for entry in unmatched) == [
        ("NDA", 3),
        ("TAM", 12),
        ("TAN", 12),
    ]
    assert kept.groupby("measure").size().to_dict() == dict.fromkeys((AVAILABLE, OCCUPANCY, OCCUPIED), 12_517)
    assert problems(kept[list(denominator.columns.keys())], denominator) == []


def test_beds_are_an_average_over_three_months_and_occupancy_is_their_share() -> None:
    made = facts(staged(compiled(table(), "2019/20"), "2019/20"))["denominator"]
    shown = [
        "org_code_as_published",
        "measure",
        "measure_unit",
        "aggregation",
        "value",
        "months_reported",
        "value_status",
    ]
    rows = made[made["period_end"] == date(2019, 6, 30)][shown].astype(object)
    rows = rows.where(rows.notna(), None).sort_values(["org_code_as_published", "measure"])
    assert rows.to_numpy().tolist() == [
        ["G6V2S", AVAILABLE, "beds", "average", 10.25, 3, "published"],
        ["G6V2S", OCCUPANCY, "percent", "none", 78.04878, None, "e"],
        ["G6V2S", OCCUPIED, "beds", "average", 8, 3, "published"],
        ["R1A", AVAILABLE, "beds", "average", 20.5, 3, "published"],
        ["R1A", OCCUPANCY, "percent", "none", 48.780488, None, "e"],
        ["R1A", OCCUPIED, "beds", "average", 10, 3, "published"],
    ]
    none = made[(made["period_end"] == date(2020, 3, 31)) & (made["measure"] == OCCUPANCY)]
    assert none.set_index("org_code_as_published")["value_status"].to_dict() == {"G6V2S": "z", "R1A": "e"}
    days = made[["period_start", "period_end", "fy_end_year"]].drop_duplicates().to_numpy().tolist()
    assert days[:2] == [
        [date(2019, 4, 1), date(2019, 6, 30), 2020],
        [date(2020, 1, 1), date(2020, 3, 31), 2020],
    ]


def test_occupancy_without_occupied_beds_is_missing() -> None:
    rows = staged(compiled(table(), "2019/20"), "2019/20")
    made = facts(rows[rows["measure"] == AVAILABLE])["denominator"]
    found = made[made["measure"] == OCCUPANCY]
    assert found["value_status"].value_counts().to_dict() == {"x": 3, "z": 1}
    assert found["source_row"].notna().all()


def test_a_reported_zero_stays_a_zero() -> None:
    kept, _ = resolved()
    assert set(kept.loc[kept["measure"] != OCCUPANCY, "value_status"]) == {"published"}
    assert int((kept.loc[kept["measure"] == AVAILABLE, "value"] == 0).sum()) == 2169


def test_primary_care_trusts_are_no_facts_and_are_counted() -> None:
    assert counted(SOURCE, staged_rows("kh03")) == {
        "quarters with beds by trust": (60, 60, "complete"),
        "quarters read from the publisher's own files": (57, 60, "never fetched"),
        "primary care trusts with beds": (0, 74, "not in scope"),
    }
    kept, _ = resolved()
    assert not kept["org_code"].str.match(r"\d").any()
