"""Bad CSV files: a file is refused in sentences that say what was expected and found; a bad cell rejects its row only."""

from collections.abc import Callable

import pytest
from conftest import (
    ACCREDITATION_ROWS,
    FUNDING_HEADERS,
    FUNDING_ROWS,
    ODS_ROWS,
    PROGRAMME_ROWS,
    accreditations_register,
    epr_workbook,
    funding_register,
    ods_report,
    programmes_register,
    register,
)

from assets.contract.parsed import Parsed, StructureError
from assets.reading.structure import find_table, read_csv
from assets.sources import funding, gde, ods

CYRILLIC_ES = "\u0421"  # looks like a Latin C
BELL = "\x07"


PAGE = b"<html>"


def refused(parse: Callable[[bytes, str], Parsed], content: bytes, edition: str = "2025") -> tuple[str, ...]:
    """Return the sentences with which a file is refused."""
    with pytest.raises(StructureError) as error:
        parse(content, edition)
    return error.value.problems


# CSV


@pytest.mark.parametrize("parse", [ods.parse, gde.parse, funding.parse])
@pytest.mark.parametrize(("content", "kind"), [(b"", "empty"), (PAGE, "html"), (epr_workbook(), "xlsx")])
def test_what_is_no_csv_is_refused_by_its_kind_and_not_by_its_name(
    parse: Callable[[bytes, str], Parsed], content: bytes, kind: str
) -> None:
    assert refused(parse, content) == (f"expected a CSV file, found {kind}; download the file again",)


def test_a_register_with_a_header_and_no_rows_is_refused() -> None:
    for parse, content in (
        (funding.parse, funding_register([])),
        (gde.parse, programmes_register([])),
    ):
        assert refused(parse, content) == ("expected at least one usable data row, found none",)


def test_accreditations_without_a_single_one_are_refused() -> None:
    (problem,) = refused(gde.parse, accreditations_register(ACCREDITATION_ROWS[1:]))
    assert problem == "expected rows with fact 'gde_accredited' and an address, found none"


@pytest.mark.parametrize(("width", "columns"), [(24, 2), (27, 2), (24, 20), (27, 20)])
def test_a_report_cut_between_two_cells_of_its_last_row_is_refused(width: int, columns: int) -> None:
    *whole, last = ods_report(width=width).splitlines(keepends=True)
    cut = b"".join([*whole, b",".join(last.split(b",")[:columns])])
    assert refused(ods.parse, cut) == (
        f"expected {width} columns in every row, found {columns} in row 3, the last: the file is cut",
    )


def test_a_report_cut_within_quotes_is_refused() -> None:
    content = ods_report()
    (problem,) = refused(ods.parse, content[: content.rindex(b"ARTIFICIAL AMB") + 5])
    assert "cut" in problem


def test_a_register_in_no_known_encoding_is_refused() -> None:
    refused(funding.parse, funding_register() + b"\x81\x8d,,,,,,,,\n")


def test_a_register_in_cp1252_is_read_and_reported() -> None:
    rows = [list(FUNDING_ROWS[0])]
    rows[0][3] = "St Artificial\u2019s NHS Trust"
    content = register(FUNDING_HEADERS, rows).decode().encode("cp1252")
    parsed = funding.parse(content, "2026-07")
    assert parsed.rows["org_name_as_published"].tolist() == ["St Artificial\u2019s NHS Trust"]
    assert parsed.drift == ("not utf-8-sig: read as cp1252",)


def test_a_list_saved_as_utf_8_is_read_as_such_and_its_curly_apostrophes_are_straightened() -> None:
    name = "ST ARTIFICIAL'S NHS TRUST"
    plain = ods_report([{**ODS_ROWS[0], "name": name}, *ODS_ROWS[1:]])
    curly = plain.decode().replace("'", "\u2019")
    for content in (
        curly.encode(),
        curly.encode("utf-8-sig"),
        plain.decode().encode("utf-8-sig"),
        curly.encode("cp1252"),
    ):
        parsed = ods.parse(content, "2026-07-08")
        assert parsed.rows["name"].tolist()[0] == name
        read_as = "cp1252" if content == curly.encode("cp1252") else "utf-8-sig"
        assert parsed.drift == (f"not ascii: read as {read_as}",)


def test_a_header_damaged_by_another_encoding_is_no_new_name() -> None:
    content = funding_register().replace(b"amount_gbp", "amount_\u00c2\u00a3".encode())
    sheet, _ = read_csv(content, "")
    with pytest.raises(StructureError, match="its characters are damaged"):
        find_table(sheet, ["amount_\u00a3", "role"])


def test_a_byte_order_mark_is_no_part_of_the_first_header() -> None:
    parsed = funding.parse(b"\xef\xbb\xbf" + funding_register(), "2026-07")
    assert (parsed.rows_in, parsed.drift) == (5, ())


@pytest.mark.parametrize("delimiter", [b";", b"\t"])
def test_another_delimiter_is_refused_by_its_name(delimiter: bytes) -> None:
    name = "a semicolon (;)" if delimiter == b";" else "a tab"
    sentence = f"expected cells separated by a comma, found them separated by {name}; save it again as CSV"
    for parse, content in ((funding.parse, funding_register()), (ods.parse, ods_report(width=24))):
        assert refused(parse, content.replace(b",", delimiter)) == (sentence,)
    assert refused(ods.parse, ods_report().replace(b",", delimiter)) == (sentence,)  # with every cell quoted


def test_commas_within_a_few_cells_do_not_hide_another_delimiter() -> None:
    content = b"code;name;status\n" + b"RA1;North;met\n" * 9 + b"RA2;South, East, West;met\n" * 3
    with pytest.raises(StructureError, match=r"found them separated by a semicolon"):
        read_csv(content, "")


def test_one_column_of_text_is_no_other_delimiter() -> None:
    sheet, _ = read_csv(b"notes\nfirst; second\nthird\nfourth\n", "")
    assert sheet.rows[1] == ["first; second"]


def test_a_report_of_another_width_is_refused() -> None:
    assert refused(ods.parse, ods_report(width=26)) == ("expected 24 or 27 columns in every row, found 26",)
    mixed = ods_report(width=27) + ods_report(width=27).replace(b',""\r\n', b"\r\n")
    assert refused(ods.parse, mixed) == ("expected 24 or 27 columns in every row, found 26, 27",)


def test_a_report_that_does_not_begin_with_a_code_is_refused() -> None:
    header = [{"code": "Organisation Code", "name": "Name"}, *ODS_ROWS]
    (problem,) = refused(ods.parse, ods_report(header))
    assert problem == "row 1: expected an organisation code in column 1, found 'Organisation Code'"


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("code", "R 1", "column 'code': expected an ODS code like"),
        ("name", "@ARTIFICIAL TRUST", "found text that a spreadsheet runs"),
        ("open", "2011-07-01", "column 'open date': expected a date like %Y%m%d"),
        ("close", "99999999", "column 'close date': expected a date like %Y%m%d"),
    ],
)
def test_a_bad_field_of_a_report_rejects_its_row(field: str, value: str, reason: str) -> None:
    parsed = ods.parse(ods_report([ODS_ROWS[0], {**ODS_ROWS[1], field: value}, ODS_ROWS[2]]), "2026-07-08")
    (rejected,) = parsed.rejected
    assert rejected.row == 2
    assert reason in rejected.reason
    assert parsed.rows["source_row"].tolist() == [1, 3]


@pytest.mark.parametrize(
    ("place", "value", "reason"),
    [
        (4, "5E1", "column 'amount_gbp': expected a number, found '5E1'"),
        (4, "10m", "column 'amount_gbp': expected a number, found '10m'"),
        (4, "", "column 'amount_gbp': expected a number, found an empty cell"),
        (5, "about", "column 'amount_basis': expected words like"),
        (2, "2018", "column 'financial_years': expected 2018/19 or"),
        (8, f"R{CYRILLIC_ES}F", "column 'ods_code_at_time': expected an ODS code"),
        (3, f"Trust{BELL}", "column 'trust_name_as_published': expected plain text, found control"),
    ],
)
def test_a_bad_cell_of_a_register_rejects_its_row(place: int, value: str, reason: str) -> None:
    filler = [[*FUNDING_ROWS[0][:3], f"Trust {n}", *FUNDING_ROWS[0][4:]] for n in range(60)]
    bad = list(FUNDING_ROWS[1])
    bad[place] = value
    parsed = funding.parse(funding_register([*filler, bad]), "2026-07")
    (rejected,) = parsed.rejected
    assert rejected.row == 62
    assert rejected.reason.startswith(reason)


def test_a_role_nobody_knows_rejects_its_row() -> None:
    bad = list(PROGRAMME_ROWS[0])
    bad[1] = "leader"
    (rejected,) = gde.parse(programmes_register([*PROGRAMME_ROWS[1:], bad]), "2026-07").rejected
    assert rejected.reason.startswith("column 'role': expected one of exemplar, ")


def test_a_date_of_another_layout_rejects_its_row() -> None:
    bad = list(PROGRAMME_ROWS[0])
    bad[7] = "7 Sep 2016"[:9]
    parsed = gde.parse(programmes_register([*PROGRAMME_ROWS[1:], bad]), "2026-07")
    assert [r.row for r in parsed.rejected] == [6]


def test_an_accreditation_in_a_role_nobody_knows_rejects_its_row() -> None:
    bad = list(ACCREDITATION_ROWS[0])
    bad[3] = "leader"
    parsed = gde.parse(accreditations_register([*ACCREDITATION_ROWS, bad]), "2026-07")
    assert [r.row for r in parsed.rejected] == [5]


def test_quoted_newlines_and_commas_are_part_of_a_cell() -> None:
    sheet, drift = read_csv(b'a,b\n"x,\ny",2\n', "")
    assert (sheet.rows, drift) == ([["a", "b"], ["x,\ny", "2"]], [])
