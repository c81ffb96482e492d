"""F39 to F50: a publisher who changes sheets, headers, units or codes is understood for certain, or refused."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from beside import eric_file, judged, only, refused, returns, said
from conftest import (
    BOARD_OVERALL_SHEET,
    BOARD_PILLAR_SHEET,
    OVERALL_SHEET,
    PILLAR_SHEET,
    dma_workbook,
    epr_workbook,
)
from reading import csv_file, refusal
from tac_workbook import LIFE, Edit, key, put, read, scaled, sound, trusts, workbook

from assets.contract.parsed import StructureError
from assets.contract.source import Source
from assets.reading.days import day_in
from assets.reading.structure import Record, Sheet, find_table
from assets.sources import dma, dqmi, epr, eric
from assets.sources.tac.measures import MEASURES, used_in
from assets.sources.tac.source import SOURCE as TAC
from pipelines.storage.home import Home

Change = Callable[[openpyxl.Workbook], Any]
EPR_SHEET, DAY = "EPR Suppliers 01.10.24", "2024-10-01"
ERIC = [
    ["R1A", "FIRST ARTIFICIAL NHS TRUST", "ACUTE - LARGE", "1,000,001", "2", "3. Mixed"],
    ["R1C", "SECOND ARTIFICIAL NHS TRUST", "CARE TRUST", "11", "22", "1. Paper"],
]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def titled(sheet: str, name: str) -> Change:
    return lambda book: setattr(book[sheet], "title", name)


def cells(**values: str) -> Record:
    return Record("Sheet", 7, values, {})


def returned(*cell: tuple[int, str]) -> bytes:
    """Return a return of two trusts, cells of the first one changed."""
    first = [dict(cell).get(place, value) for place, value in enumerate(ERIC[0])]
    return csv_file([eric.HEADERS, first, ERIC[1]])


# F39 A sheet by another spelling


@pytest.mark.parametrize(
    ("source", "sheet", "name", "content", "edition"),
    [
        (dma.SOURCE, PILLAR_SHEET, "SC -  2025 PILLAR summary ", dma_workbook, "2025"),
        (dma.SOURCE, OVERALL_SHEET, "SC-24vs25 Overall DMA", dma_workbook, "2025"),
        (epr.SOURCE, EPR_SHEET, "epr suppliers 01.10.24 ", epr_workbook, DAY),
    ],
)
def test_f39_a_sheet_spelt_with_other_blanks_and_capitals_is_found_and_reported(
    source: Source, sheet: str, name: str, content: Callable[[Change], bytes], edition: str
) -> None:
    parsed = source.read(content(titled(sheet, name)), edition, "")
    assert parsed.rows.drop(columns="source_sheet").equals(
        source.read(content(lambda _: None), edition, "").rows.drop(columns="source_sheet")
    )
    assert f"sheet {sheet!r} is spelt {name!r}" in parsed.drift


def test_f39_a_sheet_of_another_name_is_refused_with_the_nearest() -> None:
    text = refusal(dma.SOURCE, dma_workbook(titled(PILLAR_SHEET, "SC - 2025 Pillar Sumary")), "2025")
    assert "nearest is 'SC - 2025 Pillar Sumary'" in text


# F40 A header elsewhere


@pytest.mark.parametrize("rows", [1, 7])
def test_f40_a_header_moved_down_by_notes_is_found_by_its_names(rows: int) -> None:
    def with_notes(book: openpyxl.Workbook) -> None:
        for sheet in (PILLAR_SHEET, OVERALL_SHEET):
            book[sheet].insert_rows(3, rows)
            book[sheet]["B3"] = "Note: this edition has more notes"

    found, before = (dma.SOURCE.read(dma_workbook(how), "2025", "").rows for how in (with_notes, None))
    assert found["score"].equals(before["score"])
    moves = (found["source_row"] - before["source_row"]).groupby(found["source_sheet"]).unique()
    assert {name: list(moved) for name, moved in moves.items()} == {
        PILLAR_SHEET: [rows],
        OVERALL_SHEET: [rows],
        BOARD_PILLAR_SHEET: [0],
        BOARD_OVERALL_SHEET: [0],
    }


def test_f40_a_merged_row_above_the_header_is_no_header() -> None:
    def grouped(book: openpyxl.Workbook) -> None:
        book[EPR_SHEET].insert_rows(1)
        book[EPR_SHEET]["A1"] = "Who"
        book[EPR_SHEET].merge_cells("A1:B1")

    assert len(epr.SOURCE.read(epr_workbook(grouped), DAY, "").rows) == 4


def test_f40_a_header_in_two_rows_is_refused() -> None:
    def split(book: openpyxl.Workbook) -> None:
        book[EPR_SHEET].insert_rows(1)
        book[EPR_SHEET]["D1"], book[EPR_SHEET]["D2"] = "Supplier", "(Primary EPR)"

    assert "expected column 'Supplier (Primary EPR)', found" in refusal(epr.SOURCE, epr_workbook(split), DAY)


def test_f40_two_rows_that_could_be_the_header_are_refused_and_named() -> None:
    sheet = Sheet("Sheet", [["A", "B"], ["1", "2"], ["A", "B"]], [])
    with pytest.raises(StructureError, match=r"'Sheet': expected one header row, found 2 \(rows 1, 3\)"):
        find_table(sheet, ("A", "B"))


# F41, F42, F43 Columns


def test_f41_a_new_column_is_reported_and_not_published() -> None:
    def grown(book: openpyxl.Workbook) -> None:
        book[EPR_SHEET]["E1"], book[EPR_SHEET]["E2"] = "Contract ends", "2030"

    parsed = epr.SOURCE.read(epr_workbook(grown), DAY, "")
    assert f"sheet {EPR_SHEET!r}: column 'Contract ends' is new and not published" in parsed.drift
    assert parsed.rows.equals(epr.SOURCE.read(epr_workbook(), DAY, "").rows)


def test_f42_columns_in_another_order_give_the_same_rows() -> None:
    order = [3, 0, 5, 2, 4, 1]
    mixed = csv_file([[line[place] for place in order] for line in [list(eric.HEADERS), *ERIC]], "cp1252")
    assert eric.SOURCE.read(mixed, "2023/24", "").rows.equals(
        eric.SOURCE.read(returned(), "2023/24", "").rows
    )


@pytest.mark.parametrize(
    ("header", "found"),
    [("Trust Codes", "'Trust Codes', which may be its new name"), ("", "no column like it")],
    ids=["renamed", "removed"],
)
def test_f42_a_column_renamed_or_removed_refuses_the_file_with_the_nearest_match(
    header: str, found: str
) -> None:
    content = csv_file([[header, *eric.HEADERS[1:]], *ERIC], "cp1252")
    assert f"expected column 'Trust Code', found {found}" in refusal(eric.SOURCE, content, "2023/24")


def _dqmi_twice() -> bytes:
    return csv_file([[*dqmi.NAMES, "DQMI"], ["1"] * (len(dqmi.NAMES) + 1)])


@pytest.mark.parametrize(
    ("source", "edition", "content", "header"),
    [
        (epr.SOURCE, DAY, lambda: epr_workbook(put("E1", "organisation ", EPR_SHEET)), "Organisation"),
        (dma.SOURCE, "2025", lambda: dma_workbook(put("M11", "Well Led", PILLAR_SHEET)), "Well Led"),
        (
            eric.SOURCE,
            "2023/24",
            lambda: csv_file([[*eric.HEADERS, "Trust Type"], [*ERIC[0], "x"]], "cp1252"),
            "Trust Type",
        ),
        (dqmi.SOURCE, "2025-07", _dqmi_twice, "DQMI"),
    ],
)
def test_f43_two_columns_of_one_name_refuse_the_file(
    source: Source, edition: str, content: Callable[[], bytes], header: str
) -> None:
    assert f"expected column {header!r} once, found it twice" in refusal(source, content(), edition)


def test_f43_two_columns_of_amounts_refuse_the_accounts() -> None:
    with pytest.raises(StructureError, match="expected column 'Total_1' once, found it again"):
        read(workbook(change=put("H1", "Total")))


# F44, F45, F46 Cells


@pytest.mark.parametrize(
    "text",
    [
        *(
            "2,5",
            "1,2345",
            "5E1",
            "0x10",
            "true",
            "nan",
            "inf",
            "2.",
            ".5",
            "1_000",
            "1;2",
            "+3",
            "(3)",
            "3%",
        ),
        *("2\u00a05", "1 234", "\u00a33", "\u20133", "\u0662"),
    ],
)
def test_f44_what_only_resembles_a_number_rejects_its_row(text: str) -> None:
    with pytest.raises(ValueError, match=r"^column 'n': expected a number, found "):
        cells(n=text).number("n", -1e9, 1e9)
    parsed = eric.SOURCE.read(returned((3, text)), "2023/24", "")
    assert [(one.row, one.rule) for one in parsed.rejected] == [(2, "cell")]
    assert len(parsed.rows) == 1


@pytest.mark.parametrize(("text", "value"), [("1,234", 1234), ("12,345,678", 12345678), (" 7\u00a0", 7)])
def test_f44_thousands_have_their_commas_and_edges_their_blanks(text: str, value: float) -> None:
    assert eric.SOURCE.read(returned((3, text)), "2023/24", "").rows["onsite_gbp"][0] == value


@pytest.mark.parametrize(
    ("marker", "status"),
    [("No Data Provided", "x"), ("[x]", "x"), ("-", "x"), ("", "x"), ("Not Applicable", "z")],
)
def test_f45_a_known_marker_is_missing_with_a_status(marker: str, status: str) -> None:
    first = eric.SOURCE.read(returned((3, marker), (4, marker)), "2023/24", "").rows.iloc[0]
    assert (pd.isna(first["total_gbp"]), first["value_status"]) == (True, status)


@pytest.mark.parametrize("marker", ["[y]", "*", "..", "<5", "n.k.", "#N/A", "see note"])
def test_f45_an_unknown_marker_rejects_its_row_and_shows_it(marker: str) -> None:
    (one,) = eric.SOURCE.read(returned((3, marker)), "2023/24", "").rejected
    assert one.reason == f"column {eric.HEADERS[3]!r}: expected a number, found {marker!r}"


@pytest.mark.parametrize("text", ["2023-06-30", "30/06/2023", "2023-06-30 00:00:00"])
def test_f46_a_day_in_the_declared_layouts_is_read(text: str) -> None:
    assert day_in(cells(d=text), "d", until=date(2023, 12, 31)) == date(2023, 6, 30)


@pytest.mark.parametrize(
    "text", ["06/30/2023", "45107", "43645", "30.06.2023", "29/02/2023", "30/06/23", "2023-06"]
)
def test_f46_another_order_or_calendar_or_a_serial_number_is_no_day(text: str) -> None:
    with pytest.raises(ValueError, match="column 'd': expected a date like %d/%m/%Y, found"):
        day_in(cells(d=text), "d", until=date(2023, 12, 31))


def test_f46_a_day_has_one_layout() -> None:
    assert cells(d="20240229").day("d", "%Y%m%d") == date(2024, 2, 29)
    for wrong in ("20230229", "29/02/2024", "45351", "2024-02-29"):
        with pytest.raises(ValueError, match="column 'd': expected a date like %Y%m%d, found"):
            cells(d=wrong).day("d", "%Y%m%d")


# F47, F49, F50 The same file beside the one before


def accounts(edition: str, edit: Edit = lambda rows: rows, part: str = "trusts") -> tuple[str, bytes, str]:
    return edition, workbook(edition, providers=trusts(30, part), edit=edit), part


def all_amounts(factor: float) -> Edit:
    return lambda rows: [(*row[:6], row[6] * factor) for row in rows]


def test_f47_costs_in_thousands_of_pounds_are_refused_beside_the_year_before(home: Home) -> None:
    rows = returns("2024/25")
    costs = ["onsite_gbp", "offsite_gbp"]
    (one,) = judged(home, eric.SOURCE, ("2025/26", eric_file(rows.assign(**(rows[costs] / 1000)))))
    found = said(one, "total_gbp_keeps_its_unit")
    assert (one.accepted, found.outcome) == (False, "failed")
    assert found.observed.startswith("beside 2024/25: 1")
    assert "values moved by a factor of more than 100" in one.why_refused()
    assert one.why_refused().endswith("the file is refused and the last good one stays in use.")


def test_f47_a_few_values_that_moved_that_far_are_listed_and_not_refused(home: Home) -> None:
    rows = returns("2024/25")
    rows.loc[rows.index[:5], "onsite_gbp"] = 90_000_000 // (1 + rows.index[:5])
    (one,) = judged(home, eric.SOURCE, ("2025/26", eric_file(rows)))
    assert "total_gbp_keeps_its_unit" not in refused(one)


def test_f47_accounts_in_pounds_are_refused_beside_the_year_before(home: Home) -> None:
    before, after = judged(home, TAC, accounts("2022/23"), accounts("2023/24", all_amounts(1000)))
    assert before.accepted
    assert "amount_keeps_its_unit" in refused(after)


def test_f49_the_year_before_added_into_the_year_is_refused_within_one_file(home: Home) -> None:
    def summed(rows: list[Any]) -> list[Any]:
        return [(*row[:6], row[6] * 2) if "CY" in row[3] else row for row in rows]

    (one,) = judged(home, TAC, accounts("2023/24", summed))
    assert "the_year_before_is_not_added_in" in refused(one)
    assert "are 2.10 times the" in said(one, "the_year_before_is_not_added_in").observed


def test_f49_a_total_that_doubled_is_refused_beside_the_year_before(home: Home) -> None:
    rows = returns("2024/25")
    costs = ["onsite_gbp", "offsite_gbp"]
    doubled, grown = (rows.assign(**(rows[costs] * factor)) for factor in (1.85, 1.7))
    one, other = judged(home, eric.SOURCE, ("2025/26", eric_file(doubled)), ("2025/26", eric_file(grown)))
    assert "total_gbp_has_not_doubled" in refused(one)
    assert "total_gbp_has_not_doubled" not in refused(other)  # its level refuses it


def test_f49_only_the_current_year_enters_a_series() -> None:
    rows = read(sound()).rows
    rows = rows.assign(edition="2023/24", source_file_sha256="0" * 64)
    made = TAC.facts(rows)["it_spend"]
    purchased = rows[rows["measure"].isin(used_in("it_spend", "purchased")) & (rows["period"] == "CY")]
    assert made["fy_end_year"].unique().tolist() == [2024]
    leased = made["leased_it_additions_gbp"].sum()
    assert made["narrow_gbp"].sum() - leased == purchased["amount"].sum() * 1000


def test_f50_useful_lives_are_never_read() -> None:
    assert all(cell.sub_code not in {"PPE0540", "INT0390", "INT0430"} for cell in MEASURES.values())
    assert LIFE[4] not in set(read(sound()).rows["sub_code"])


def test_f50_lives_in_the_place_of_additions_are_refused_by_their_share_in_england(home: Home) -> None:
    def lives(rows: list[Any]) -> list[Any]:
        codes = {MEASURES[name].key("CY") for name in used_in("it_spend", "purchased")}
        return [(*row[:6], LIFE[5]) if key(row) in codes else row for row in rows]

    share = "it_is_a_plausible_share_of_additions_in_england"
    good, bad = judged(home, TAC, accounts("2023/24", part="foundation_trusts"), accounts("2023/24", lives))
    assert (good.accepted, share in refused(bad)) == (True, True)
    assert said(bad, share).observed == "0.7 % in this file, 5.4 % in all files of the edition that are here"


# F48 Codes whose meaning is that of a year


def test_f48_a_code_of_another_year_is_due_from_its_year_on() -> None:
    leases = [name for name in MEASURES if name.startswith("leased_it")]
    held = {
        edition: set(read(workbook(edition), edition).rows["measure"]) for edition in ("2021/22", "2022/23")
    }
    assert not held["2021/22"] & set(leases)
    assert set(leases) <= held["2022/23"]


def test_f48_a_code_nobody_uses_is_counted_and_a_used_one_that_is_missing_refuses_the_file() -> None:
    unknown = workbook(edit=lambda rows: [*rows, *(("TAC14 PPE", 1, "A14CY99", 1, "NEW0010", 11),)[:0]])
    more = workbook(
        edit=lambda rows: [
            r
            for row in rows
            for r in ([row, (*row[:3], "A14CY99", *row[4:])] if row[5] == "PPE0540" else [row])
        ]
    )
    counts = [
        next(text for text in read(content).ignored if "not used" in text) for content in (unknown, more)
    ]
    assert counts == ["3 rows of codes that are not used", "6 rows of codes that are not used"]
    with pytest.raises(StructureError, match="its meaning may have moved to another code"):
        read(workbook(edit=lambda rows: [row for row in rows if key(row) != "A14CY08 x PPE0060"]))


def test_f48_a_used_code_in_another_table_refuses_the_file() -> None:
    with pytest.raises(StructureError, match=r"in table 4 .*, found it in table 3"):
        read(workbook(edit=lambda rows: [(*r[:2], 3, *r[3:]) if r[5] == "PPE0420" else r for r in rows]))


def test_f47_one_measure_of_few_trusts_in_another_unit_stays(home: Home) -> None:
    for few, source in ((2, TAC), (3, only(TAC, "unit"))):  # three of the smallest of 30 upset the order
        files = accounts("2022/23"), accounts("2023/24", scaled("amortisation", 1000, few))
        before, after = judged(Home(home.root / str(few)), source, *files)
        assert (before.accepted, after.accepted) == (True, True)
        assert said(after, "amount_keeps_its_unit").success
