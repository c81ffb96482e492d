"""What no file of accounts may be: each is refused in a sentence that names the sheet, the code or the provider."""

import io
import re
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from tac_workbook import HEADERS, MARK, Change, Edit, Row, continued, key, put, read, sound, trusts, workbook

from assets.contract.parsed import StructureError
from assets.sources.tac import cells as picking
from assets.sources.tac import parse as parsing


def refusal(content: bytes, edition: str = "2023/24", part: str = "trusts") -> str:
    with pytest.raises(StructureError) as error:
        read(content, edition, part)
    return str(error.value)


def without(*codes: str) -> Edit:
    return lambda rows: [row for row in rows if key(row) not in codes]


def gone(sheet: str) -> Change:
    return lambda book: book.remove(book[sheet])


def first_again(rows: list[Row]) -> list[Row]:
    return [*rows, rows[0], *(r for r in rows[-2:])]


NAME = r"[A-Z&', ()-]+"
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a sheet is gone": (
        {"change": gone("All data")},
        r"expected one sheet 'All data', found 0 among 'Introduction', 'List of Providers'",
    ),
    "the list is gone": (
        {"change": gone("List of Providers")},
        r"expected one sheet 'List of Providers', found 0",
    ),
    "a header is renamed": (
        {"change": put("G1", "Amount")},
        r"sheet 'All data', row 1: expected column 'Total', found 'OrganisationName', 'WorkSheetName', 'TableID'",
    ),
    "a header is there twice": (
        {"change": put("H1", "Total")},
        r"sheet 'All data', row 1: expected column 'Total_1' once, found it again",
    ),
    "the header is not in row 1": (
        {"change": lambda book: book["All data"].insert_rows(1)},
        r"sheet 'All data', row 1: expected column 'OrganisationName', found '__UNNAMED__0'",
    ),
    "the list has no codes": (
        {"change": put("B1", "Code", "List of Providers")},
        r"sheet 'List of Providers', row 1: expected column 'NHS code', found 'Code', which may be its new name",
    ),
    "a code of the list has look-alike letters": (
        {"change": put("B2", "\u0420A2", "List of Providers")},
        r"sheet 'List of Providers', row 2: column 'NHS code': expected an ODS code",
    ),
    "used codes are gone": (
        {"edit": without("A13PY05 x INT0360", "A14CY08 x PPE0060")},
        (
            r"expected code A14CY08 x PPE0060 in table 1 \(it_equipment_additions, CY\), found no row with it; its meaning "
            r"may have moved to another code; expected code A13PY05 x INT0360 in table 3"
        ),
    ),
    "a code moved to another table": (
        {"edit": lambda rows: [(*r[:2], 3, *r[3:]) if r[5] == "PPE0420" else r for r in rows]},
        r"expected code A14CY08 x PPE0420 in table 4 \(it_equipment_net_book_value, CY\), found it in table 3",
    ),
    "a name is not in the list": (
        {"edit": lambda rows: [("ARTIFICIAL NHS TRUST", *r[1:]) if r[0] == rows[0][0] else r for r in rows]},
        r"expected every provider of the accounts in the list of providers, found 1 that are not: ARTIFICIAL NHS TRUST",
    ),
    "the file is cut": (
        {"edit": lambda rows: rows[:-5]},
        r"expected the same number of rows of each provider, found \d+ rows of 3 providers",
    ),
    "a row is there twice": (
        {"edit": first_again},
        (
            r"expected code A14CY08 x PPE0060 in table 1 \(it_equipment_additions, CY\) once for each provider, found it "
            r"again in row \d+"
        ),
    ),
    "one provider lacks a code": (
        {"edit": lambda rows: rows[1:]},
        rf"expected code A14CY08 x PPE0060 in table 1 \(it_equipment_additions, CY\) for each provider, found none for {NAME}",
    ),
    "a row has no provider": (
        {"change": put("A5", None)},
        r"sheet 'All data', row 5: expected a provider, found a code without one",
    ),
    "there are no accounts": (
        {"edit": lambda rows: []},
        r"expected rows of providers in the accounts, found none",
    ),
    "a provider is listed twice": (
        {
            "change": lambda book: book["List of Providers"].append(
                [c.value for c in book["List of Providers"][2]]
            )
        },
        rf"sheet 'List of Providers', row 5: expected a provider once, found {NAME.replace('A-Z', 'a-z')}",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_workbook_is_refused_in_a_sentence_when(case: str) -> None:
    how, sentence = REFUSED[case]
    assert re.search(sentence, refusal(workbook(**how)).replace('"', "'"))


def test_an_illustrative_workbook_is_refused(publisher_files: Path) -> None:
    path = publisher_files / "tac" / "2023-24-NHS-Provider-TAC-illustrative-file.xlsx"
    assert refusal(path.read_bytes()).startswith(
        "expected one sheet 'List of Providers', found 0 among 'Intro'"
    )


def test_what_is_no_workbook_or_a_damaged_one_is_refused() -> None:
    assert refusal(b"<html>log in</html>") == "expected an xlsx workbook, found html; download the file again"
    content = bytearray(sound())
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        info = archive.getinfo("xl/worksheets/sheet3.xml")
    at = info.header_offset + 200
    content[at : at + 20] = bytes(20)
    assert refusal(bytes(content)).startswith("expected a readable xlsx workbook, found a damaged one")
    assert refusal(sound()[:-40]).startswith("expected")


def test_a_full_sheet_that_does_not_go_on_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    content = sound()
    rows = openpyxl.load_workbook(io.BytesIO(content))["All data"].max_row
    monkeypatch.setattr(picking, "ROW_LIMIT", rows)
    assert refusal(content) == (
        f"sheet 'All data': expected fewer than {rows} rows or a continuation sheet, found a full sheet: "
        "the publisher's export was cut"
    )


def test_a_continuation_without_the_headers_is_refused() -> None:
    text = refusal(workbook(change=continued(100, HEADERS[:6])))
    assert "sheet 'All data (2)', row 1: expected column 'Total', found 'OrganisationName'" in text


def test_a_listed_provider_without_accounts_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def add(book: openpyxl.Workbook) -> None:
        book["List of Providers"].append(("ARTIFICIAL NHS TRUST", "R9Z", "Artificial region", "Acute", MARK))

    content = workbook(change=add)
    assert "found none of 1 of 4: ARTIFICIAL NHS TRUST" in refusal(content)
    monkeypatch.setattr(parsing, "MOST_WITHOUT_ROWS", 0.25)
    parsed = read(content)
    assert "provider 'ARTIFICIAL NHS TRUST' is listed and has no accounts" in parsed.ignored


def test_the_code_of_a_year_nobody_has_seen_must_be_there_too() -> None:
    assert refusal(workbook("2024/25", edit=without("A13CY02 x INT0060")), "2024/25") == (
        "expected code A13CY02 x INT0060 in table 1 (software_additions, CY), found no row with it; its meaning may "
        "have moved to another code"
    )


def test_the_file_of_the_other_kind_of_trusts_is_refused() -> None:
    assert refusal(sound(), part="foundation_trusts") == (
        "expected the accounts of NHS foundation trusts, found 0 of 3 providers that are foundation trusts; this is "
        "part 'trusts'"
    )
    foundation = workbook(providers=trusts(3, "foundation_trusts"))
    assert "found 3 of 3 providers that are foundation trusts; this is part 'foundation_trusts'" in refusal(
        foundation
    )


def test_a_file_added_by_hand_says_which_of_the_two_it_is() -> None:
    assert refusal(sound(), part="") == "expected one of trusts, foundation_trusts as the part, found ''"


@pytest.mark.parametrize("edition", ["2023", "2023/25", "2023-24", "newest"])
def test_an_edition_that_is_no_financial_year_is_refused(edition: str) -> None:
    assert refusal(sound(), edition) == (
        f"expected a financial year like 2018/19 as the edition, found {edition!r}"
    )
