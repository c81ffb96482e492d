"""F51 to F60: rows given twice, codes of nobody, trusts gone or closed, columns that slipped, cells that hide something."""

from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from beside import eric_file, judged, only, refused, returns, said
from conftest import OVERALL_SHEET, PILLAR_SHEET, dma_workbook, epr_workbook, ods_report, put, staged_rows
from reading import csv_file, refusal, resolver
from rolling import END, amounts, rolled, world
from tac_workbook import trusts, workbook

from assets.catalogue import sources
from assets.contract import guards
from assets.contract.held_rules import REVISES_LITTLE
from assets.contract.parsed import Parsed
from assets.contract.source import Source
from assets.organisations import succession
from assets.organisations.curation import curated
from assets.organisations.names import normalise
from assets.reading.structure import CELL_LIMIT, Record
from assets.sources import dma, epr, eric, ods
from assets.sources.tac.source import SOURCE as TAC
from assets.tables import facts
from pipelines.judging import comparisons, kinds
from pipelines.judging.sides import Sides
from pipelines.storage.home import Home

ERIC = only(eric.SOURCE, "unit", "doubled", "gone", "open")
EPR_SHEET, DAY = "EPR Suppliers 01.10.24", "2024-10-01"
GONE = "trusts_are_still_there"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def cells(**values: str) -> Record:
    return Record("Sheet", 7, values, {})


def read(source: Source, content: bytes, edition: str) -> Parsed:
    return source.read(content, edition, "")


# F51 One fact twice


def again(*cells_: Any, sheet: str = EPR_SHEET) -> Callable[[openpyxl.Workbook], Any]:
    return lambda book: book[sheet].append(cells_)


FIRST = ("RCF", "AIREDALE NHS FOUNDATION TRUST", "Acute")


def test_f51_a_trust_that_is_there_twice_alike_is_kept_once_and_logged() -> None:
    parsed = read(epr.SOURCE, epr_workbook(again(*FIRST, "Artificial Supplier A")), DAY)
    assert parsed.rows["org_code_as_published"].tolist() == ["RCF", "RVN", "RXT", "RX8"]
    assert [(one.row, one.rule, one.reason) for one in parsed.rejected] == [
        (6, "duplicate", "expected RCF once, found the same again")
    ]


def test_f51_a_trust_that_is_there_twice_and_differs_is_rejected_both_times() -> None:
    parsed = read(epr.SOURCE, epr_workbook(again(*FIRST, "Artificial Supplier B")), DAY)
    assert parsed.rows["org_code_as_published"].tolist() == ["RVN", "RXT", "RX8"]
    assert [(one.row, one.rule) for one in parsed.rejected] == [(2, "conflict"), (6, "conflict")]


def test_f51_a_row_of_scores_goes_as_a_whole_where_one_of_them_differs() -> None:
    def twice(book: openpyxl.Workbook) -> None:
        sheet = book[PILLAR_SHEET]
        row = [cell.value for cell in sheet[12]]
        sheet.insert_rows(13)
        for place, value in enumerate([*row[:-1], 3.9], start=1):
            sheet.cell(13, place, value)

    before, parsed = (read(dma.SOURCE, dma_workbook(how), "2025") for how in (None, twice))
    assert [(one.sheet, one.row, one.rule) for one in parsed.rejected] == [
        (PILLAR_SHEET, 12, "conflict"),
        (PILLAR_SHEET, 13, "conflict"),
    ]
    assert len(before.rows) - len(parsed.rows) == 7


def test_f51_more_conflicts_than_a_few_refuse_the_file(home: Home) -> None:
    rows = returns("2024/25")
    few, many = (
        pd.concat([rows, rows.head(count).assign(onsite_gbp=11)], ignore_index=True) for count in (2, 9)
    )
    one, other = judged(home, ERIC, ("2025/26", eric_file(few)), ("2026/27", eric_file(many)))
    assert (one.accepted, len(one.rejected)) == (True, 4)
    assert (other.accepted, len(other.rejected)) == (False, 18)
    assert "expected at most 5% of rows to be rejected, found 18 of" in other.why_refused()


@pytest.mark.parametrize("name", sorted(sources()))
def test_f51_every_source_of_rows_says_what_tells_them_apart(name: str) -> None:
    source = sources()[name]
    by_itself = {
        "dqmi",
        "tac",
        "spend25k",
        "deflator",
    }  # by column, by the density of the file, sums, by year
    assert bool(source.once) != (name in by_itself)
    assert set(source.once) <= set(source.table.columns.keys())


# F52, F53, F54 Organisations


def resolved(**who: str) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    rows = pd.DataFrame(
        [{**who, "edition": "2023/24", "resolve_on": date(2024, 3, 31), "value_status": "published"}]
    )
    return resolver().resolve(rows, eric.SOURCE, "medical_records_cost")


@pytest.mark.parametrize(
    ("code", "name", "candidate"),
    [
        ("R9Z", "ARTIFICIAL NHS TRUST", ""),
        ("RCF", "ARTIFICIAL", "RCF"),
        ("RCF", "BARTS HEALTH NHS TRUST", "R1H"),
        ("R9Z", "BARTS HEALTH NHS TRUST", "R1H"),
    ],
    ids=["unknown", "no name of a trust", "name of another", "unknown code, known name"],
)
def test_f52_a_code_or_name_that_does_not_fit_is_left_out_and_listed_with_candidates(
    code: str, name: str, candidate: str
) -> None:
    kept, unmatched = resolved(org_code_as_published=code, org_name_as_published=name)
    assert kept.empty
    ((found),) = unmatched
    assert (found["org_code_as_published"], found["org_name_as_published"]) == (code, name)
    assert found["reason"]
    assert candidate in found["candidates"]


def test_f52_two_names_of_one_code_are_one_organisation() -> None:
    for name in ("Airedale NHS Foundation Trust", "AIREDALE NHS  FOUNDATION TRUST"):
        kept, unmatched = resolved(org_code_as_published="RCF", org_name_as_published=name)
        assert (kept["org_code"].tolist(), unmatched) == (["RCF"], [])


def test_f53_a_trust_that_had_closed_is_warned_of_and_marked() -> None:
    rows = staged_rows("epr")
    made = epr.SOURCE.facts(rows)["epr_supplier"]
    kept, _ = resolver().resolve(made, epr.SOURCE, "epr_supplier")
    assert kept.loc[~kept["open_on_snapshot"].astype(bool), "org_code"].tolist() == ["R1C"]


def test_f53_trusts_outside_their_days_are_listed_and_the_file_is_accepted(home: Home) -> None:
    rows = returns("2024/25")
    opens_later = rows.tail(1).assign(org_code_as_published="R0D", org_name_as_published="LATER NHS TRUST")
    closed = rows.tail(1).assign(org_code_as_published="RW6", org_name_as_published="CLOSED NHS TRUST")
    one, other = judged(
        home,
        ERIC,
        ("2025/26", eric_file(pd.concat([rows, closed]))),
        ("2016/17", eric_file(pd.concat([returns("2017/18"), opens_later]))),
    )
    assert one.accepted
    found = said(one, "trusts_were_open")
    assert (found.severity, found.outcome, "RW6" in found.failing) == ("WARN", "failed", True)
    assert "R0D" in said(other, "trusts_were_open").failing


@pytest.mark.parametrize("circle", [("RA1", "RA1"), ("RA1", "RA2", "RA1"), ("RA1", "RA2", "RA3", "RA2")])
def test_f54_a_circle_of_successions_is_refused_and_named(circle: tuple[str, ...]) -> None:
    edges = [{"predecessor_code": before, "successor_code": after} for before, after in pairwise(circle)]
    with pytest.raises(
        ValueError, match=r"expected an end, found the circle .*; correct succession\.csv"
    ) as found:
        succession.refuse_circles(edges)
    assert circle[1] in str(found.value)


def test_f54_a_chain_of_mergers_is_followed_to_its_end_and_only_until_the_day() -> None:
    took_over = date(2019, 4, 1)  # RE9 followed AR3 in 1993 and was followed by R0B
    assert comparisons.heirs("AR3", took_over) == {"AR3", "RE9", "R0B"}
    assert comparisons.heirs("AR3", took_over - timedelta(days=1)) == {"AR3", "RE9"}


def test_f54_money_of_a_split_trust_stays_unallocated_and_is_shown_as_such() -> None:
    organisations_ = world({"RA1": END, "RB1": None, "RB2": None}, [("RA1", "RB1", END), ("RA1", "RB2", END)])
    (row,) = rolled(amounts(("RA1", "flow", 111.0, 12)), facts.denominator, organisations_)
    assert (row["value"], row["current_org_code"]) == (111.0, None)
    assert row["allocation"] == "unallocated_split"


def test_f54_every_succession_has_a_day() -> None:
    edges = [row for row in curated("succession").rows if row["successor_code"]]
    assert [row for row in edges if not row["succession_date"]] == []
    ended = [row for row in curated("succession").rows if not row["successor_code"]]
    assert [row for row in ended if not row["predecessor_close_date"]] == []


# F55 Trusts gone


def without(rows: pd.DataFrame, *codes: str) -> bytes:
    return eric_file(rows[~rows["org_code_as_published"].isin(codes)])


def test_f55_two_per_cent_may_be_gone_and_are_listed_and_more_refuse_the_file(home: Home) -> None:
    rows = returns("2024/25")
    codes = rows["org_code_as_published"].tolist()
    few, many = codes[:3], [*codes[:6], "RAP"]  # the successor of RAP reports
    one, other = judged(home, ERIC, ("2025/26", without(rows, *few)), ("2025/26", without(rows, *many)))
    assert (one.accepted, said(one, GONE).failing) == (True, tuple(few))
    assert refused(other) == {GONE, REVISES_LITTLE}
    assert f"6 of {len(codes)} trusts are gone (3.0 %)" in other.why_refused()


def test_f55_a_predecessor_whose_successor_reports_is_not_gone(home: Home) -> None:
    before = set(returns("2019/20")["org_code_as_published"])
    after = set(returns("2023/24")["org_code_as_published"])
    assert len(before - after) > 0.02 * len(before)
    files = [("2010/11", eric_file(returns("2019/20"))), ("2012/13", eric_file(returns("2019/20")))]
    assert [one.accepted for one in judged(home, ERIC, *files)] == [True, True]
    gone = comparisons.compare(
        next(guard for guard in ERIC.guards if guard.kind == "gone"),
        comparisons.Sides("2023/24", returns("2023/24"), returns("2019/20"), returns("2023/24").iloc[:0]),
    )
    assert not gone.beyond


def accounts(edition: str, who: tuple[tuple[str, str], ...]) -> tuple[str, bytes, str]:
    return edition, workbook(edition, providers=who), "trusts"


LEICESTER = next(pair for pair in trusts(300) if pair[0] == "RWE")
OTHERS = tuple(pair for pair in trusts(30) if pair[0] != "RWE")


def test_f55_the_known_exception_of_2019_20_is_acknowledged_beside_its_reason(home: Home) -> None:
    before, after = judged(home, TAC, accounts("2018/19", (*OTHERS, LEICESTER)), accounts("2019/20", OTHERS))
    found = said(after, GONE)
    assert (before.accepted, after.accepted, found.failing) == (True, True, ("RWE",))
    assert "acknowledged: RWE until 2019/20 (University Hospitals of Leicester" in found.observed
    assert said(after, guards.ACKNOWLEDGED).success


def test_f55_the_exception_is_for_that_trust_and_that_year_only(home: Home) -> None:
    everyone = (LEICESTER, *OTHERS)  # the last one goes: amounts depend on the place in the list
    _, other, later = judged(
        home,
        TAC,
        accounts("2018/19", everyone),
        accounts("2019/20", everyone[:-1]),
        accounts("2020/21", OTHERS),
    )
    assert (refused(other), said(other, GONE).failing) == ({GONE}, (OTHERS[-1][0],))
    assert (refused(later), said(later, GONE).failing) == ({GONE}, ("RWE",))


def test_f55_an_exception_that_is_no_longer_needed_is_reported(home: Home) -> None:
    everyone = (*OTHERS, LEICESTER)
    _, after = judged(home, TAC, accounts("2018/19", everyone), accounts("2019/20", everyone))
    found = said(after, guards.ACKNOWLEDGED)
    assert (after.accepted, found.severity, found.outcome) == (True, "WARN", "failed")
    assert found.observed == f"RWE of {GONE} is no longer needed"


# F56, F57 Values


@pytest.mark.parametrize("score", [0.9, 5.1, 0, -1, 100, "high"])
def test_f56_a_score_out_of_range_rejects_its_row(score: float | str) -> None:
    parsed = read(dma.SOURCE, dma_workbook(put(OVERALL_SHEET, "F12", score)), "2025")
    (one,) = parsed.rejected
    assert (one.sheet, one.row, one.rule) == (OVERALL_SHEET, 12, "cell")


def scores() -> pd.DataFrame:
    return staged_rows("dma")


def guard_of(source: Source, kind: str) -> guards.Guard:
    return next(guard for guard in source.guards if guard.kind == kind)


def compared(
    source: Source, kind: str, now: pd.DataFrame, edition: str, before: Any = None
) -> comparisons.Found:
    guard = guard_of(source, kind)
    rows = comparisons.rows_of(guard, now)
    other = rows.iloc[:0] if before is None else comparisons.rows_of(guard, before)
    return comparisons.compare(guard, comparisons.Sides(edition, rows, other, rows.iloc[:0]))


def test_f57_a_pillar_with_one_score_for_everybody_is_refused() -> None:
    rows = scores()
    flat = rows.assign(score=rows["score"].mask(rows["measure"] == "improve_care", 2.5))
    assert compared(dma.SOURCE, "constant", flat, "2025").keys == ("improve_care|2025",)
    assert not compared(dma.SOURCE, "constant", rows, "2025").beyond


def shifted(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return rows whose values stand beside the name of the row above."""
    return rows.assign(**{column: rows[column].shift(-1).fillna(rows[column].iloc[0])})


@pytest.mark.parametrize(
    ("name", "edition", "column"),
    [("eric", "2023/24", "total_gbp"), ("kh03", "2024/25", "amount")],
)
def test_f57_a_column_shifted_against_the_names_is_refused_beside_the_year_before(
    name: str, edition: str, column: str
) -> None:
    rows = staged_rows(name)
    year = f"{int(edition[:4]) - 1}/{edition[2:4]}"
    now, before = (rows[rows["edition"] == one].reset_index(drop=True) for one in (edition, year))
    assert compared(sources()[name], "order", shifted(now, column), edition, before).beyond
    assert not compared(sources()[name], "order", now, edition, before).beyond


@pytest.mark.parametrize("name", ["dma", "epr", "eric", "dspt"])
def test_f57_values_known_from_elsewhere_refuse_a_shifted_file_and_hold_in_the_real_ones(name: str) -> None:
    guard = guard_of(sources()[name], "known")
    for edition in guard.known:
        rows = staged_rows(name)
        rows = rows[rows["edition"] == edition].reset_index(drop=True)
        assert not compared(sources()[name], "known", rows, edition).beyond
        found = compared(sources()[name], "known", shifted(rows, guard.column), edition)
        assert found.beyond
        assert "expected" in found.observed


@pytest.mark.parametrize("cell", ["name", "postcode", "gor_code", "icb_code"])
def test_f57_texts_shifted_against_the_codes_are_refused_beside_the_list_before(cell: str) -> None:
    rows = staged_rows("ods")
    now, before = (
        rows[rows["edition"] == day].reset_index(drop=True) for day in ("2026-07-08", "2026-04-09")
    )
    (guard,) = (one for one in ods.SOURCE.guards if one.check == f"{cell}_belongs_to_the_same_trusts")
    spoilt, sound = (
        kinds.compare(guard, Sides("2026-07-08", found, before, before.iloc[:0], since="2026-04-09"))
        for found in (shifted(now, cell), now)
    )
    assert (spoilt.beyond, sound.beyond) == (True, False)


# F59, F60 Cells that hide something


@pytest.mark.parametrize("text", ["'); DROP TABLE x;--", '"; --', "Robert'); DELETE FROM staged;--"])
def test_f59_sql_in_a_cell_is_text_and_stays_what_it_is(text: str) -> None:
    parsed = read(epr.SOURCE, epr_workbook(put(EPR_SHEET, "D2", text)), DAY)
    assert parsed.rows["supplier"][0] == text


@pytest.mark.parametrize("name", ['"; --', "'); DROP TABLE x"])
def test_f59_sql_in_the_name_of_a_sheet_or_column_is_reported_and_never_run(name: str) -> None:
    def change(book: openpyxl.Workbook) -> None:
        book.create_sheet(name[:20].replace("'", ""))
        book[EPR_SHEET]["E1"] = name

    parsed = read(epr.SOURCE, epr_workbook(change), DAY)
    assert any(repr(name) in found for found in parsed.drift)
    assert set(parsed.rows) <= set(epr.TABLE.columns.keys())


OTHER = ["R1C", "SECOND ARTIFICIAL NHS TRUST", "CARE TRUST", "11", "22", "1. Paper"]


def named(name: str) -> bytes:
    return csv_file([eric.HEADERS, ["R1A", name, *OTHER[2:]], OTHER])


@pytest.mark.parametrize("text", ["a\u202eb", "a\u2066b", "a\x7fb"])
def test_f59_control_characters_reject_the_row(text: str) -> None:
    (one,) = read(eric.SOURCE, named(text), "2023/24").rejected
    assert one.reason == "column 'Trust Name': expected plain text, found control characters"


@pytest.mark.parametrize("text", ["a\x00b", "a\x07b"])
def test_f59_bytes_that_no_text_has_refuse_the_file(text: str) -> None:
    assert "expected a CSV file, found binary" in refusal(eric.SOURCE, named(text), "2023/24")
    with pytest.raises(ValueError, match="found control characters"):
        cells(t=text).text("t")


@pytest.mark.parametrize("length", [CELL_LIMIT + 1, 1_000_000])
def test_f59_an_oversized_cell_rejects_the_row(length: int) -> None:
    with pytest.raises(ValueError, match=f"expected at most {CELL_LIMIT} characters, found {length}"):
        cells(t="x" * length).text("t")
    assert cells(t="x" * CELL_LIMIT).text("t") == "x" * CELL_LIMIT


LOOK_ALIKE = [
    "R\u0421F",
    "\u0420CF",
    "\uff32CF",
    "RC\u0661",
    "rcf",
    "RC",
    "RCF0000",
    "R-1",
    "R CF",
    "RCF\u200b",
]


@pytest.mark.parametrize("code", LOOK_ALIKE)
def test_f60_letters_of_another_alphabet_are_no_code(code: str) -> None:
    with pytest.raises(ValueError, match="column 'c': expected an ODS code"):
        cells(c=code).code("c")
    (one,) = read(epr.SOURCE, epr_workbook(put(EPR_SHEET, "A2", code)), DAY).rejected
    assert (one.row, one.reason.partition(":")[0]) == (2, "column 'Organisation Code'")


def test_f60_a_look_alike_letter_in_the_code_of_a_list_of_trusts_refuses_it() -> None:
    content = ods_report().replace(b"R1A", "R1\u0410".encode())
    assert "expected an organisation code in column 1, found 'R1\u0410'" in refusal(ods.SOURCE, content, "2026-07-08")  # fmt: skip


def test_f60_a_look_alike_letter_in_a_name_of_a_list_of_trusts_refuses_it() -> None:
    content = ods_report().replace(b"FIRST ARTIFICIAL", "FIRST \u0410RTIFICIAL".encode())
    assert "row 1: expected a name in ASCII, found 'FIRST \u0410RTIFICIAL" in refusal(ods.SOURCE, content, "2026-07-08")  # fmt: skip


def test_f60_a_look_alike_letter_gives_another_name() -> None:
    assert normalise("\u0410IREDALE NHS TRUST") != normalise("AIREDALE NHS TRUST")
    _, unmatched = resolved(
        org_code_as_published="RCF", org_name_as_published="\u0410IREDALE NHS FOUNDATION TRUST"
    )
    assert len(unmatched) == 1
