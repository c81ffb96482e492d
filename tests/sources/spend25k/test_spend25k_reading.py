"""Payments over GBP 25,000: what is read of a file, whatever its layout, and what is refused and why."""

import csv
import io
import re
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from real_files import PUBLISHER_FILES

from assets.contract.parsed import Parsed, StructureError
from assets.reading import written_values as values
from assets.sources.spend25k import trusts
from assets.sources.spend25k.classification import classify
from assets.sources.spend25k.parsing import parse

FOLDER = PUBLISHER_FILES / "spend25k"
EDITION = "2020/21"
HEADERS = (
    "Department Family",
    "Entity",
    "Date",
    "Expense Type",
    "Expense Area",
    "Supplier",
    "Reference",
    "Amount",
)
BARTS = "Barts Health NHS Trust"
PART = "R1H.2020-07"
LINES: tuple[tuple[str, ...], ...] = (
    ("DH", BARTS, "13/07/2020", "Computer Software/License", "IT", "Artificial Person", "1", "30,000.50"),
    ("DH", BARTS, "02/07/2020", "Computer Software", "IT", "Artificial Ltd", "2", "(10,000.25)"),
    ("DH", BARTS, "03/07/2020", "Drugs - MHRA License", "Pharmacy", "Artificial Ltd", "3", "£40,000"),
    ("DH", BARTS, "04/07/2020", "Sundry", "Capital", "CAPITAL HOSPITALS LTD", "4", "50000"),
)


def spreadsheet(lines: Any = LINES, headers: Any = HEADERS, tail: str = "") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([headers, *lines])
    return (text.getvalue() + tail).encode("utf-8")


def dated(*days: str) -> bytes:
    return spreadsheet([(*LINES[0][:2], day, *LINES[0][3:]) for day in days])


def refused(content: bytes, part: str = PART, edition: str = EDITION) -> str:
    with pytest.raises(StructureError) as found:
        parse(content, edition, part)
    return str(found.value)


def summed(parsed: Parsed) -> list[list[Any]]:
    rows = parsed.rows[["month", "category", "matched_words", "lines", "amount_gbp", "source_row"]]
    return [[None if pd.isna(value) else value for value in row] for row in rows.to_numpy().tolist()]


# One layout


def test_lines_are_summed_by_month_category_and_words() -> None:
    parsed = parse(spreadsheet(), EDITION, PART)
    assert summed(parsed) == [
        ["2020-07", "it_software", "computer software", 2, 20_000.25, 2],
        ["2020-07", "not_it", None, 1, 40_000.0, 4],
        ["2020-07", "unclassified", None, 1, 50_000.0, 5],
    ]
    assert (parsed.rows_in, parsed.rows_used, parsed.rejected) == (4, 4, ())
    assert set(parsed.rows["org_code_as_published"]) == {"R1H"}
    assert "Artificial" not in parsed.rows.to_csv()


def test_columns_are_found_by_meaning_wherever_they_are() -> None:
    order = (7, 2, 3, 5)
    headers = (" Amount in Sterling £", "Payment Date", "9AN - Level 9 Account Name", "Supplier")
    moved = spreadsheet(
        [("Notes",), (), headers, *([line[place] for place in order] for line in LINES)], ("Payments",)
    )
    assert [row[:5] for row in summed(parse(moved, EDITION, PART))] == [
        row[:5] for row in summed(parse(spreadsheet(), EDITION, PART))
    ]


def test_an_xlsx_gives_the_same_rows_and_its_hidden_sheets_are_left_unread() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(HEADERS)
    for line in LINES:
        day = date(2020, 7, int(line[2][:2]))
        sheet.append([*line[:2], day, *line[3:7], values.amount(line[7])])
    book.create_sheet("Secret").append(HEADERS)
    book["Secret"].sheet_state = "hidden"
    content = io.BytesIO()
    book.save(content)
    parsed = parse(content.getvalue(), EDITION, PART)
    assert summed(parsed) == summed(parse(spreadsheet(), EDITION, PART))
    assert parsed.ignored == ("sheet 'Secret' is hidden",)


def test_a_day_column_beats_one_that_only_calls_itself_a_date() -> None:
    headers = ("Date", "Expense Type", "Transaction Date", "Amount")
    lines = [(line[2], line[3], line[6], line[7]) for line in LINES]
    assert parse(spreadsheet(lines, headers), EDITION, PART).rows_in == 4


def test_a_quarter_is_split_by_its_own_period_or_else_by_day() -> None:
    headers = ("Date", "Expense type", "Amount")
    lines = [("30/04/2020", "Software", "30000"), ("01/06/2020", "Software", "31000")]
    by_day = parse(spreadsheet(lines, headers), EDITION, "RKE.2020-04_2020-06").rows
    assert by_day["month"].tolist() == ["2020-04", "2020-06"]
    stated = spreadsheet([(*line, "3") for line in lines], (*headers, "Period"))
    by_period = parse(stated, EDITION, "RKE.2020-04_2020-06").rows
    assert by_period[["month", "lines"]].to_numpy().tolist() == [["2020-06", 2]]


def test_a_total_is_no_line_and_must_be_the_sum_of_the_lines() -> None:
    parsed = parse(spreadsheet(tail=',,,,,,Sum:,"110,000.25"\r\n'), EDITION, PART)
    assert (parsed.rows_in, parsed.ignored) == (4, ("row 6 is a total",))
    text = refused(spreadsheet(tail=',,,,,,Sum:,"110,001.25"\r\n'))
    assert "expected lines that add up to the total of the file, 110,001.25, found 110,000.25" in text


def test_a_note_is_no_line_and_a_line_without_day_and_type_is_no_total() -> None:
    parsed = parse(spreadsheet(tail="Note,,,,,,,see above\r\n,,,VAT included,,,,\r\n"), EDITION, PART)
    assert (parsed.rows_in, parsed.ignored) == (4, ("row 6 is a note", "row 7 is a note"))
    unsaid = parse(
        spreadsheet([*LINES, ("DH", BARTS, "", "", "", "Artificial Ltd", "5", "7")]), EDITION, PART
    )
    assert [(row.row, row.reason) for row in unsaid.rejected] == [(6, "expected a date, found ''")]


def test_a_file_without_a_header_is_refused_and_nothing_of_it_is_reported() -> None:
    assert refused(spreadsheet(LINES[1:], LINES[0])).endswith("found no header; add one")


def test_a_name_that_a_spreadsheet_would_run_is_not_that_of_the_trust() -> None:
    assert "found '=Barts Health" in refused(spreadsheet([("DH", f"={BARTS}", *LINES[0][2:])]))


def test_a_line_with_a_bad_cell_is_rejected_without_saying_who_was_paid() -> None:
    lines = [*LINES, (*LINES[0][:7], "n/a"), (*LINES[0][:2], "soon", *LINES[0][3:])]
    formula = (*LINES[0][:3], "=HYPERLINK(1)", *LINES[0][4:])
    parsed = parse(spreadsheet([*lines, formula]), EDITION, PART)
    assert [(row.row, row.reason.partition(",")[0]) for row in parsed.rejected] == [
        (6, "expected an amount like 1"),
        (7, "expected a date"),
        (8, "column 'expense type': expected plain text"),
    ]
    assert (parsed.rows_in, parsed.rows_used) == (7, 4)
    assert parsed.rejected[0].reason.endswith("found 'a/a'")  # a cell out of place may be a name
    assert not any("Artificial" in row.raw or "Computer" in row.raw for row in parsed.rejected)


# Amounts and days


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,234.50", 1234.5),
        (" £1,234.50 ", 1234.5),
        ("-£1,234", -1234.0),
        ("£-1,234", -1234.0),
        ("(1,234.50)", -1234.5),
        ("(£5)", -5.0),
        ("\u20131,000", -1000.0),
        ("60110413.539999977", 60110413.54),
    ],
)
def test_an_amount_is_read_as_trusts_write_it(text: str, value: float) -> None:
    assert values.amount(text) == value


@pytest.mark.parametrize(
    "text", ["", "-", "n/a", "(-5)", "--5", "(5", "5)", "1,23", "1.234,50", "5%", "£", "1e5", "\u0661"]
)
def test_anything_else_is_no_amount(text: str) -> None:
    with pytest.raises(ValueError, match="expected an amount"):
        values.amount(text)


@pytest.mark.parametrize(
    ("days", "months", "read"),
    [
        (["01/07/2020", "13/07/2020"], ["2020-07"], date(2020, 7, 1)),
        (["07/01/2020", "7/13/2020"], ["2020-07"], date(2020, 7, 1)),
        (["01/07/2020"], ["2020-07"], date(2020, 7, 1)),
        (["7/1/2020"], ["2020-07"], date(2020, 7, 1)),
        (["01-Jul-20"], ["2020-07"], date(2020, 7, 1)),
        (["01-JUL-2020 "], ["2020-07"], date(2020, 7, 1)),
        (["2020-07-01 00:00:00"], ["2020-07"], date(2020, 7, 1)),
        (["44013"], ["2020-07"], date(2020, 7, 1)),
    ],
)
def test_a_file_decides_whether_day_or_month_comes_first(
    days: list[str], months: list[str], read: date
) -> None:
    assert values.day_reader(days, months)(days[0]) == read


def test_a_file_that_does_not_decide_is_refused() -> None:
    assert "found dates that can be read either way" in refused(dated("07/07/2020", "07/07/2020"))
    assert "found both" in refused(dated("13/07/2020", "07/13/2020"))


@pytest.mark.parametrize("text", ["31/06/2020", "32/01/2020", "2020-13-01", "1 Foo 2020", "", "7/2020"])
def test_a_day_that_does_not_exist_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="expected a date"):
        values.day_reader(["13/07/2020"], ["2020-07"])(text)


# Trust and month


@pytest.mark.parametrize(
    ("part", "edition", "sentence"),
    [
        ("", EDITION, "expected the part to name trust and month like R1H.2020-04"),
        ("R1H", EDITION, "expected the part to name trust and month"),
        ("R1H.2020-13", EDITION, "expected the part to name trust and month"),
        (
            "BART.2020-07",
            EDITION,
            "expected one of the 221 trusts of trusts.csv, found BART; add a row for it",
        ),
        ("R1H.2020-07", "2021/22", "expected months of 2021/22 in order"),
        ("R1H.2020-07_2020-06", EDITION, "expected months of 2020/21 in order"),
        ("RYJ.2020-07", EDITION, "expected payments of Imperial College .* found 'Barts Health NHS Trust'"),
        ("R1H.2020-08", EDITION, "expected payments of 2020-08 as the part says, found 0 of 4 dated so"),
    ],
)
def test_a_file_under_a_wrong_part_is_refused(part: str, edition: str, sentence: str) -> None:
    assert re.search(sentence, refused(spreadsheet(), part, edition))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"%PDF-1.7 artificial", "expected a CSV, xlsx or xls file, found pdf; ask the trust for a spreadsheet"),
        (b"<!doctype html><html></html>", "found html"),
        (b"", "found empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "expected a readable xls workbook, found a damaged one"),
        (spreadsheet(headers=(*HEADERS[:7], "Betrag")), r"found none for amount in .*'Betrag'.*add it to headers.csv"),
        (spreadsheet(headers=(*HEADERS[:6], "Amount", "Amount")), "expected one column that means amount, found"),
        (spreadsheet([]), "expected at least one payment under the header"),
        (spreadsheet([(*line[:7], "50") for line in LINES]), "expected payments in GBP, .* found a median of 50.00"),
        (spreadsheet([(*line[:7], "x") for line in LINES]), "found 4 lines that cannot be read"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_list_of_payments_is_refused(content: bytes, sentence: str) -> None:
    assert re.search(sentence, refused(content))


def test_a_workbook_with_two_lists_of_payments_is_refused() -> None:
    book = openpyxl.Workbook()
    for sheet in (book.worksheets[0], book.create_sheet("Again")):
        sheet.append(HEADERS)
        sheet.append(LINES[0])
    content = io.BytesIO()
    book.save(content)
    assert "expected each payment on one sheet, found the one in row 2 of 'Again' on 'Sheet' too" in refused(
        content.getvalue()
    )


def test_a_damaged_xls_is_refused_and_stops_nothing_else(publisher_files: Path) -> None:
    (old,) = (path for path in FOLDER.glob("*/*.xls"))
    spoilt = bytearray(old.read_bytes())
    spoilt[44:76] = b"\x05" * 32  # where the container says how long it is
    assert "found a damaged one" in refused(bytes(spoilt), "R1H.2020-12")


# Classification


@pytest.mark.parametrize(
    ("expense_type", "category"),
    [
        ("Computer Software/License", "it_software"),
        ("Computer Maintenance", "it_services"),
        ("IT SERVICES", "it_services"),
        ("ICT", "it_other"),
        ("CAPITAL IT", "it_capital"),
        ("Data Lines", "it_network"),
        ("I.T. Expenditure", "it_other"),
        ("P.A.C.S", "it_clinical_systems"),
        ("Telephones: Rental", "telecoms"),
        ("Drugs - MHRA License", "not_it"),
        ("JAC SINGLE STOCK SYSTEM", "not_it"),
        ("Electricity", "not_it"),
        ("Capital Hospitals", "unclassified"),
        ("Purch Tang FA Addns Gr", "unclassified"),
        ("Office & IT Equipment", "unclassified"),
        ("Other Non-Clinical Supplies", "unclassified"),
        ("Fitness", "unclassified"),
        ("", "unclassified"),
    ],
)
def test_whole_words_of_the_expense_type_decide(expense_type: str, category: str) -> None:
    assert classify(expense_type)[0] == category


def test_every_rule_of_the_words_can_still_decide_something() -> None:
    unreachable = [
        rule["words"]
        for rule in trusts.rows("words")
        if classify(rule["words"].rstrip("*"))[0] != rule["category"]
    ]
    assert unreachable == []
    assert max(Counter(rule["words"] for rule in trusts.rows("words")).values()) == 1
