"""Payments over GBP 25,000 in layouts that no held file has: what is read by meaning, what is left out, what is refused."""

import csv
import io
from collections.abc import Sequence
from typing import Any

import openpyxl
import pytest
from test_spend25k_reading import summed

from assets.contract.parsed import Parsed, StructureError
from assets.sources.spend25k import trusts
from assets.sources.spend25k.classification import classify
from assets.sources.spend25k.parsing import parse

HOMERTON = "Homerton University Hospital NHS Foundation Trust"
HEADERS = ("Entity", "Date", "Expense Type", "Expense Area", "Supplier", "Transaction Number", "Amount")
Cells = Sequence[Any]
LINES: tuple[Cells, ...] = (
    (HOMERTON, "13/07/2020", "PC HARDWARE", "IT", "Artificial Ltd", "1", "30,000.50"),
    (HOMERTON, "02/07/2020", "Drugs", "Pharmacy", "Artificial Person", "2", "40,000.00"),
    (HOMERTON, "03/07/2020", "Sundry", "Estates", "Artificial Ltd", "3", "50,000.00"),
)
JULY = "RQX.2020-07"
READ = [
    ["2020-07", "it_hardware", "pc hardware", 1, 30_000.5],
    ["2020-07", "not_it", None, 1, 40_000.0],
    ["2020-07", "unclassified", None, 1, 50_000.0],
]


def text(rows: Sequence[Cells], separator: str = ",", encoding: str = "utf-8") -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator).writerows(rows)
    return out.getvalue().encode(encoding)


def book(**sheets: Sequence[Cells]) -> bytes:
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def named(*headers: str) -> tuple[Cells, ...]:
    return (headers, *LINES)


def changed(place: int, *cells: Any) -> tuple[Cells, ...]:
    """Return the lines with other cells in one column."""
    return tuple((*line[:place], cell, *line[place + 1 :]) for line, cell in zip(LINES, cells, strict=True))


def with_periods(header: str, *periods: str, days: bool = True) -> bytes:
    """Return the file with a column of periods in front, with or without its days."""
    rows = [(period, *line) for period, line in zip((header, *periods), (HEADERS, *LINES), strict=True)]
    return text(rows if days else [(*row[:2], *row[3:]) for row in rows])


def read(content: bytes, part: str = JULY, edition: str = "2020/21") -> list[list[Any]]:
    return [row[:5] for row in summed(parse(content, edition, part))]


def refused(content: bytes, part: str = JULY, edition: str = "2020/21") -> str:
    with pytest.raises(StructureError) as found:
        parse(content, edition, part)
    return str(found.value)


# Headers, titles, separators


@pytest.mark.parametrize(
    "headers",
    [
        ("Entity", "Payment Date", "Expense Type", "Expense Area", "Supplier", "Trans No", "AP Amount (£)"),
        ("ENTITY_NAME", "PAID_DATE", "ExpenseType", "ExpenseArea", "VENDOR_NAME", "INVOICE_NUM", "LINE_AMOUNT"),
        ("Organisation", "Posting Date", "Nature of spend", "Area", "Payee", "Ref", "Amount in Sterling (£)"),
        ("Trust", "Date of Payment", "Subjective Description", "CC", "Supplier Name", "No", "Gross (£)"),
        ("Entity", "Actual Payment Date", "Detailed Expense Type", "CC", "Supplier Name", "VAT Amount", "AP Amount"),
        ("Entity", "Date of GL Posting Date", "Nominal Code Desc", "CC", "Vendor Id", "Due Date", "Net Amount GBP"),
        ("Body Name", "Invoice Date", "Category", "Where", "Vendor", "VAT Registration Number", "£"),
        ("Entity", "Date Paid (dd/mm/yyyy)", "Expenditure Type", "Dept", "Creditor", "Voucher", "Amount excl. VAT"),
    ],
)  # fmt: skip
def test_headers_are_read_by_their_meaning(headers: Sequence[str]) -> None:
    assert read(text(named(*headers))) == READ


@pytest.mark.parametrize(
    "content",
    [
        text((HEADERS, *LINES), ";"),
        text((HEADERS, *LINES), "\t"),
        text((HEADERS, *LINES), encoding="utf-16"),
        text((HEADERS, *LINES), encoding="cp1252"),
        text([("Spend over £25,000",), (), HEADERS, *LINES])[:-2],
        text([("", "", *row) for row in (HEADERS, *LINES)]) + b",,,,,,,,\r\n" * 16_000,
        text([(*HEADERS, *[""] * 240), *LINES]),
        text([HEADERS, *LINES[:1], HEADERS, *LINES[1:]]),
        book(Payments=[("Spend over £25,000",), HEADERS, *LINES], Notes=[("Read me",)]),
    ],
    ids=["semicolons", "tabs", "utf-16", "cp1252", "title", "blank ends", "wide", "header repeated", "workbook"],
)  # fmt: skip
def test_what_surrounds_a_list_changes_nothing(content: bytes) -> None:
    assert read(content) == READ
    assert parse(content, "2020/21", JULY).rows["names_trust"].all()


def test_a_header_may_be_two_rows_high() -> None:
    top = ("", "Payment", "Expense", "Expense", "Supplier", "Transaction", "AP")
    below = ("Entity", "Date", "Type", "Area", "", "Number", "Amount (£)")
    assert read(text([("Payments of July",), top, below, *LINES])) == READ


@pytest.mark.parametrize(
    ("cells", "total"),
    [
        (("30,000.50-", "£ 40,000", "(50,000)"), -40_000.5),
        (("30000.5 CR", "40000 GBP", "£50,000.00"), 59_999.5),
        ((" £30,000.50 ", "- £40,000", "£(50,000)"), -59_999.5),
    ],
)
def test_amounts_are_read_as_ledgers_write_them(cells: Cells, total: float) -> None:
    assert sum(row[4] for row in read(text([HEADERS, *changed(6, *cells)]))) == total


@pytest.mark.parametrize(
    "days",
    [
        ("13/07/2020 00:00", "02/07/2020 00:00", "03/07/2020 00:00"),
        ("2020-07-13T10:30:00", "2020-07-02", "20200703"),
        ("44025.5", "44014", "44015"),
        ("13 JULY 2020", "2nd July 2020", "03/Jul/20"),
        ("Jul-20", "Jul-20", "Jul-20"),
    ],
)
def test_days_are_read_as_ledgers_write_them(days: Cells) -> None:
    assert read(text([HEADERS, *changed(1, *days)])) == READ


def test_days_that_a_spreadsheet_turned_round_refuse_the_file() -> None:
    days = ["2020-01-07", "2020-02-07", "2020-03-07", "13/07/2020", "14/07/2020", "15/07/2020"]
    content = [HEADERS, *((HOMERTON, day, *LINES[0][2:]) for day in days)]
    assert "day and month of the former may be exchanged" in refused(text(content))
    assert parse(text([*content, (HOMERTON, "2020-07-20", *LINES[0][2:])]), "2020/21", JULY).rows_in == 7


# Two columns with one meaning


def test_amounts_with_and_without_vat_are_never_chosen_between() -> None:
    headers = (*HEADERS[:6], "Net Amount", "Gross Amount")
    content = text([headers, *((*line, "1,000") for line in LINES)])
    assert "expected one column that means amount, found ['Net Amount', 'Gross Amount'], which differ" in refused(
        content
    )  # fmt: skip
    assert "['Amount', 'Amount inc VAT']" in refused(content.replace(b"Net Amount,Gross Amount", b"Amount,Amount inc VAT"))  # fmt: skip


def test_two_columns_that_hold_the_same_are_one() -> None:
    assert read(text([(*HEADERS, "Gross Amount"), *((*line, line[6]) for line in LINES)])) == READ


def test_the_amount_of_a_line_beats_the_total_of_its_invoice() -> None:
    assert read(text([(*HEADERS, "Invoice Total"), *((*line, "99,999") for line in LINES)])) == READ


# Sheets


def test_a_sheet_for_each_month_is_read_and_a_summary_is_not() -> None:
    august = [(HOMERTON, "01/08/2020", "PC HARDWARE", "IT", "Artificial Ltd", "9", 60_000)]
    content = book(
        Summary=[("Expense Type", "Amount"), ("PC HARDWARE", 90_000.5)],
        July=[HEADERS, *LINES, ("Total", "", "", "", "", "", 120_000.5)],
        August=[HEADERS, *august],
    )
    parsed = parse(content, "2020/21", "RQX.2020-07_2020-08")
    assert [row[:5] for row in summed(parsed)] == [
        *READ,
        ["2020-08", "it_hardware", "pc hardware", 1, 60_000.0],
    ]
    assert parsed.rows["source_sheet"].tolist() == ["July", "July", "July", "August"]
    assert parsed.ignored == ("sheet 'Summary' holds no payments", "sheet 'July', row 5 is a total")


def test_a_payment_on_two_sheets_refuses_the_workbook() -> None:
    text_ = refused(book(All=[HEADERS, *LINES], IT=[HEADERS, LINES[0]]))
    assert "expected each payment on one sheet, found the one in row 2 of 'IT' on 'All' too" in text_


def test_a_total_at_the_foot_is_no_payment_and_must_agree() -> None:
    total = ("", "", "Grand Total", "", "", "", "120,000.50")
    assert read(text([HEADERS, *LINES, total])) == READ
    assert (
        read(
            text(
                [
                    HEADERS,
                    *LINES[:1],
                    ("", "", "", "", "Artificial Total", "", "30,000.50"),
                    *LINES[1:],
                    total,
                ]
            )
        )
        == READ
    )
    assert "expected lines that add up to the total of the file" in refused(
        text([HEADERS, *LINES, (*total[:6], "120,001.50")])
    )


# Periods and months


@pytest.mark.parametrize(
    ("header", "periods"),
    [
        ("Financial Period", ("202104", "202104", "202104")),
        ("Period", ("202004", "202004", "202004")),
        ("Fiscal Period", ("202007", "202007", "202007")),
        ("Period Name", ("JUL-20", "Jul-20", "July 2020")),
        ("Accounting Period", ("2020/21 P04", "2020-21 P4", "2020/21 Period 4")),
        ("Period", ("4", "04", "P4")),
        ("Payment Period", ("04-2021", "P4 2021", "4/2021")),
        ("AP Period (YYYYPP)", ("202104.0", "202104", "")),
        ("Month", ("7", "7", "7")),
        ("Month", ("44013", "Jul-20", "")),
    ],
)
def test_the_days_decide_how_periods_are_meant(header: str, periods: Sequence[str]) -> None:
    assert read(with_periods(header, *periods), "RQX.2020-04_2021-03") == READ


def test_without_days_the_months_of_the_part_decide_or_nothing_does() -> None:
    content = with_periods("Financial Period", "202104", "202104", "202104", days=False)
    assert read(content) == READ
    assert read(content, "RQX.2021-04", "2021/22") == [["2021-04", *row[1:]] for row in READ]
    both = refused(content, "RQX.2020-07_2021-07")
    assert "expected periods like '202104' that can be read in one way" in both
    assert "expected periods like '202104' that can be read in one way" in refused(content, "RQX.2020-09")


def test_periods_that_contradict_the_days_refuse_the_file() -> None:
    assert "expected periods like '202101' that agree with the days of payment" in refused(
        with_periods("Financial Period", "202101", "202101", "202101"), "RQX.2020-04_2021-03"
    )


def test_a_period_stands_in_for_a_day_that_is_missing() -> None:
    rows = [
        (period, *line)
        for period, line in zip(("202104", "202104", "202104"), changed(1, "13/07/2020", "", ""), strict=True)
    ]
    assert read(text([("Period", *HEADERS), *rows])) == READ
    assert [
        row.reason
        for row in parse(
            text([HEADERS, *changed(1, "13/07/2020", "02/07/2020", "")]), "2020/21", JULY
        ).rejected
    ] == ["expected a date, found ''"]


def test_a_file_over_two_financial_years_counts_for_the_year_of_its_edition() -> None:
    later = [
        (HOMERTON, f"0{day}/05/2021", "PC HARDWARE", "IT", "Artificial", day, "70,000") for day in (3, 4)
    ]
    content = text([HEADERS, *LINES, *later])
    part = "RQX.2020-07_2021-05"
    first = parse(content, "2020/21", part)
    assert [row[:5] for row in summed(first)] == READ
    (left_out,) = first.ignored
    assert left_out.startswith("2 lines (rows 5 to 6) are of 2021-05 and left out, as this file counts for ")
    assert left_out.endswith("ingest it again with --edition 2021/22 --part RQX.2021-05")
    assert read(content, part, "2021/22") == [["2021-05", "it_hardware", "pc hardware", 2, 140_000.0]]
    assert read(content, "RQX.2020-07_2020-09") == READ  # most lines are of the months it names
    assert "found 2 of 5 dated so, and payments of 2020-07 to 2021-05; correct --part" in refused(
        content, "RQX.2021-05", "2021/22"
    )


# Names


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("RAS", "Hillingdon Hospital NHS Trust"),
        ("RQX", "Homerton Hospital NHS Trust"),
        ("RQX", "HOMERTON UNIVERSITY HOSPITALS NHSFT"),
        ("RQX", "Homerton Univeristy Hosptial NHS Foundaton Trust (RQX)"),
        ("RJZ", "Kings College Hospital NHS Trust"),
        ("RJ7", "St Georges Healthcare NHS Trust"),
        ("RJ2", "Lewisham Healthcare NHS Trust"),
        ("RQX", "RQX"),
        ("RQX", "Department of Health"),
    ],
)
def test_a_trust_is_known_by_its_distinctive_words(code: str, name: str) -> None:
    parsed = parse(text([HEADERS, *changed(0, name, name, name)]), "2020/21", f"{code}.2020-07")
    assert set(parsed.rows["names_trust"]) == {name != "Department of Health"}


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("RQX", "Homerton and Barts NHS Trust"),
        ("RQX", "University Hospital NHS Trust"),
        ("RJ7", "South West London and St George's Mental Health NHS Trust"),
        ("RRK", "Birmingham Community Healthcare NHS Trust"),
        ("RTE", "Gloucestershire Hospital and Care NHS Trust"),
        ("RQX", "London NHS Trust"),
        ("RQX", "RJ7"),
    ],
)
def test_another_name_refuses_the_file(code: str, name: str) -> None:
    assert f"found {name!r}" in refused(text([HEADERS, *changed(0, name, name, name)]), f"{code}.2020-07")


def test_a_line_of_another_payer_is_rejected_where_the_others_are_the_trusts() -> None:
    parsed = parse(
        text([HEADERS, *changed(0, HOMERTON, HOMERTON, "Homerton Facilities Ltd")]), "2020/21", JULY
    )
    (rejected,) = parsed.rejected
    assert (rejected.row, parsed.rows_used) == (4, 2)
    assert rejected.reason == f"expected a payment of {HOMERTON}, found one of 'aaaaaaaa aaaaaaaaaa aaa'"


def test_a_title_above_the_header_names_the_trust_or_another() -> None:
    def titled(title: str) -> Parsed:
        rows = [row[1:] for row in (HEADERS, *LINES)]
        return parse(text([(title,), *rows]), "2020/21", JULY)

    assert titled("Homerton University Hospital NHS FT: spend over 25k").rows["names_trust"].all()
    assert not titled("Spend over 25k").rows["names_trust"].any()
    with pytest.raises(StructureError, match="found 'Barts Health NHS Trust July'"):
        titled("Barts Health NHS Trust July")


def test_no_two_trusts_have_a_name_in_common() -> None:
    bearers: dict[str, set[str]] = {}
    for row in trusts.rows("trusts"):
        for name in (row["org_name"], *filter(None, row["entity_in_files"].split("|"))):
            bearers.setdefault(trusts.normalise(name), set()).add(row["org_code"])
    assert {name: codes for name, codes in bearers.items() if len(codes) > 1} == {}


@pytest.mark.parametrize(
    ("expense_type", "category"),
    [
        ("PC HARDWARE", "it_hardware"),
        ("I.T. Equipment", "it_hardware"),
        ("IM&T", "it_other"),
        ("IT Project Costs", "it_services"),
    ],
)
def test_words_of_other_ledgers_are_known(expense_type: str, category: str) -> None:
    assert classify(expense_type)[0] == category
