"""Accounts of NHS providers: no real file is here, so workbooks are made with the publisher's layout.

Codes, sheets and provider names are real, amounts are artificial: the list of providers says so of each, and a test
proves that such a workbook is refused before it could be published.
"""

import csv
import gzip
import hashlib
import io
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from assets.columns import METADATA, key_of
from assets.editions import frozen_editions, read_frozen
from assets.organisations import model
from assets.source import StructureError
from assets.sources import ods, tac
from assets.structure import problems
from pipelines import staging
from pipelines.archive import Vintage
from pipelines.arrow import to_arrow, to_pandas
from pipelines.discovery import offered
from pipelines.expectations import validate
from pipelines.fetch import FetchError
from pipelines.home import Home
from pipelines.resolver import Resolver

MARK = "ARTIFICIAL AMOUNTS"
HEADERS = ("OrganisationName", "WorkSheetName", "TableID", "MainCode", "RowNumber", "SubCode", "Total")
HEADERS_2021 = ("Organisation Name", *HEADERS[1:6], "Value number")
WHO = ("Full name of Provider", "NHS code", "Region", "Sector", "Comments ")
SHEETS = {
    "A02": "TAC02 SoCI",
    "A06": "TAC06 Op Inc 1",
    "A07": "TAC07 Op Inc 2",
    "A08": "TAC08 Op Exp",
    "A09": "TAC09 Staff",
    "A13": "TAC13 Intangibles",
    "A14": "TAC14 PPE",
    "A14A": "TAC14A RoU Assets",
}
LIFE = ("TAC14 PPE", 1, "A14CY08", 150, "PPE0540", 99)
"""The useful life of IT equipment in years: never pounds, so never read."""
ARTIFICIAL = {
    "it_equipment_additions": 1111,
    "software_additions": 111,
    "it_intangible_additions": 11,
    "leased_it_liability": 7,
    "leased_it_paid_up_front": 5,
    "leased_it_direct_costs": 3,
    "construction_additions": 2222,
    "intangible_construction_additions": 222,
    "it_equipment_reclassified": 333,
    "software_reclassified": 33,
    "it_intangible_reclassified": 13,
    "construction_reclassified": -1300,
    "intangible_construction_reclassified": -130,
    "it_equipment_gross_cost": 9999,
    "it_equipment_net_book_value": 4444,
    "software_gross_cost": 999,
    "software_net_book_value": 444,
    "it_intangible_gross_cost": 99,
    "it_intangible_net_book_value": 44,
    "leased_it_net_book_value": 14,
    "patient_care_income": 300_000,
    "other_operating_income": 30_000,
    "operating_expenses": 320_000,
    "operating_expenses_of_the_statement": -320_000,
    "operating_surplus": 10_000,
    "patient_care_income_of_the_note": 300_000,
    "other_operating_income_of_the_note": 30_000,
    "operating_income_of_the_note": 330_000,
    "equipment_and_property_additions": 11_111,
    "intangible_additions": 1_111,
    "wte_total": 5432.25,
    "wte_ambulance": 0,
}
NARROW = (1111 + 111 + 11) * 1000
LEASED = (7 + 5 + 3) * 1000
LANDING = tac.LANDING_PAGE

Row = tuple[Any, ...]
Change = Callable[[openpyxl.Workbook], Any]


@cache
def ods_rows() -> pd.DataFrame:
    frames = [
        read_frozen(frozen, ods.SOURCE.table).rows.assign(
            edition=frozen.descriptor.edition, source_file_sha256=frozen.descriptor.sha256
        )
        for frozen in frozen_editions("ods")
    ]
    return pd.concat(frames, ignore_index=True)


@cache
def trusts(most: int) -> tuple[tuple[str, str], ...]:
    """Return codes and names of real trusts that were open throughout."""
    rows = ods_rows()
    listed = rows[(rows["edition"] == "2020/21") & rows["close_date"].isna() & (rows["gor_code"] != "W")]
    return tuple(zip(listed["org_code"].head(most), listed["name"].head(most), strict=True))


def amount(measure: str, period: str, place: int) -> float:
    """Return the artificial amount of a cell; identities hold, and the year before is 100 less in one cell."""
    value = ARTIFICIAL.get(measure, 1000)
    return value - 100 if (measure, period, place) == ("software_additions", "PY", 0) else value


def cells(name: str, place: int, year: int) -> list[Row]:
    """Return the rows of one provider: every used cell of the year, SubCodes dirty here and there, and a useful life."""
    rows: list[Row] = []
    for measure, cell in tac.MEASURES.items():
        for at, period in enumerate(tac.PERIODS):
            if cell.is_due(period, year):
                dirty = " " if cell.sub_code == "PPE0190" else ""
                told = (SHEETS[cell.sheet], cell.tables[at], cell.main_code(period), 12 + at)
                rows.append((name, *told, dirty + cell.sub_code, amount(measure, period, place)))
    return [*rows, (name, *LIFE)]


def workbook(
    edition: str = "2023/24",
    *,
    providers: Sequence[tuple[str, str]] | None = None,
    headers: Sequence[str] = HEADERS,
    change: Change | None = None,
    edit: Callable[[list[Row]], list[Row]] = lambda rows: rows,
    sheet: str = "All data",
) -> bytes:
    """Return a workbook laid out like the publisher's; `edit` changes the rows of accounts, `change` the workbook."""
    who = providers or trusts(3)
    book = openpyxl.Workbook()
    book.active.title = "Introduction"
    listed = book.create_sheet("List of Providers")
    listed.append(WHO)
    for code, name in who:
        listed.append((name, code, "Artificial region", "Acute", MARK))
    rows = [row for place, (_, name) in enumerate(who) for row in cells(name, place, int(edition[:4]))]
    data = book.create_sheet(sheet)
    for row in [tuple(headers), *edit(rows)]:
        data.append(row)
    if change:
        change(book)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


@cache
def sound(edition: str = "2023/24") -> bytes:
    """Return the workbook of three providers that nobody has changed."""
    return workbook(edition)


def staged(content: bytes, edition: str = "2023/24") -> pd.DataFrame:
    """Return the rows of a workbook as they are staged and read back."""
    rows = tac.parse(content, edition).rows
    named = rows.assign(edition=edition, source_file_sha256=hashlib.sha256(content).hexdigest())
    return to_pandas(to_arrow(named, tac.TABLE))


def refusal(content: bytes, edition: str = "2023/24") -> str:
    with pytest.raises(StructureError) as error:
        tac.parse(content, edition)
    return str(error.value)


def value(rows: pd.DataFrame, measure: str, period: str = "CY", place: int = 0) -> float:
    name = trusts(place + 1)[place][1]
    found = rows[
        (rows["measure"] == measure) & (rows["period"] == period) & (rows["org_name_as_published"] == name)
    ]
    return float(found["amount"].item())


def without(main_code: str, sub_code: str) -> Callable[[list[Row]], list[Row]]:
    return lambda rows: [row for row in rows if (row[3], row[5].strip()) != (main_code, sub_code)]


# Reading


@pytest.mark.parametrize(
    ("edition", "headers"), [("2023/24", HEADERS), ("2021/22", HEADERS_2021), ("2019/20", HEADERS)]
)
def test_every_used_cell_of_every_provider_is_staged_in_both_spellings(
    edition: str, headers: Sequence[str]
) -> None:
    parsed = tac.parse(workbook(edition, headers=headers), edition)
    year = int(edition[:4])
    due = sum(cell.is_due(period, year) for cell in tac.MEASURES.values() for period in tac.PERIODS)
    assert (parsed.rows_in, len(parsed.rows), parsed.rejected) == (3 * due, 3 * due, ())
    assert parsed.drift == ()
    assert "3 rows of codes that are not used" in parsed.ignored
    frame = parsed.rows.assign(edition=edition, source_file_sha256="0" * 64)
    assert problems(frame, tac.TABLE) == []


def test_a_cell_keeps_its_amount_codes_and_place() -> None:
    rows = tac.parse(sound(), "2023/24").rows
    code, name = trusts(2)[1]
    first = rows[(rows["org_name_as_published"] == name) & (rows["measure"] == "it_equipment_gross_cost")]
    told = first[first["period"] == "CY"].iloc[0]
    book = openpyxl.load_workbook(io.BytesIO(sound()))["All data"]
    line = [cell.value for cell in book[int(told["source_row"])]]
    assert line[0] == name
    assert (line[3], line[5].strip(), line[6]) == (told["main_code"], told["sub_code"], told["amount"])
    assert line[5].startswith(" ")
    assert (told["org_code_as_published"], told["financial_year"], told["provider_comment"]) == (
        code,
        "2023/24",
        MARK,
    )


def test_current_and_prior_year_stay_apart() -> None:
    rows = tac.parse(sound(), "2023/24").rows
    assert value(rows, "software_additions") == 111
    assert value(rows, "software_additions", "PY") == 11
    years = rows.drop_duplicates(["period", "financial_year"])
    assert set(zip(years["period"], years["financial_year"], strict=True)) == {
        ("CY", "2023/24"),
        ("PY", "2022/23"),
    }
    codes = rows[rows["period"] == "PY"]["main_code"]
    assert codes.str.contains("PY").all()


def test_useful_lives_are_never_read() -> None:
    rows = tac.parse(sound(), "2023/24").rows
    assert not rows["sub_code"].isin(["PPE0540", "INT0390", "INT0430"]).any()


def test_leases_are_due_from_2022_23_and_their_year_before_a_year_later() -> None:
    measures = {
        edition: set(
            tac.parse(sound(edition), edition)
            .rows.query("measure == 'leased_it_liability'")["period"]
            .unique()
        )
        for edition in ("2021/22", "2022/23", "2023/24")
    }
    assert measures == {"2021/22": set(), "2022/23": {"CY"}, "2023/24": {"CY", "PY"}}


def test_a_whole_year_of_real_codes_is_read(shared: Path) -> None:
    with gzip.open(shared / "facts" / "tac_all_cells_by_year.csv.gz", "rt", encoding="utf-8") as lines:
        listed = [row for row in csv.DictReader(lines) if row["fy"] == "2023-24"]
    codes = {f"{m.main_code(p)} {m.sub_code}" for m in tac.MEASURES.values() for p in tac.PERIODS}

    def whole(rows: list[Row]) -> list[Row]:
        others = [c for c in listed if f"{c['main_code']} {c['sub_code'].strip()}" not in codes]
        return rows + [
            (name, c["worksheet_name"], int(c["table_id"]), c["main_code"], 1, c["sub_code"], 55_555)
            for _, name in trusts(2)
            for c in others
        ]

    plain = tac.parse(workbook(providers=trusts(2)), "2023/24").rows
    full = tac.parse(workbook(providers=trusts(2), edit=whole), "2023/24").rows
    compared = ["org_name_as_published", "measure", "period", "amount", "identity_gap"]
    pd.testing.assert_frame_equal(full[compared], plain[compared])
    assert full["rows_of_provider"].iloc[0] > 7000


@pytest.mark.parametrize("year", ["2019-20", "2020-21", "2021-22", "2022-23", "2023-24"])
def test_every_used_code_is_in_the_illustrative_workbook_of_its_year(shared: Path, year: str) -> None:
    with gzip.open(shared / "facts" / "tac_all_cells_by_year.csv.gz", "rt", encoding="utf-8") as lines:
        found = {
            f"{row['main_code']} {row['sub_code'].strip()}": (int(row["table_id"]), row["unit"])
            for row in csv.DictReader(lines)
            if row["fy"] == year
        }
    for key, (measure, _, table_id) in tac._wanted(int(year[:4])).items():
        unit = "No." if tac.MEASURES[measure].unit == tac.WTE else "£000"
        unit = "" if year <= "2020-21" and key[:3] in {"A06", "A07", "A08"} else unit  # none was printed
        assert found[key] == (table_id, unit), key


def test_columns_may_be_reordered_and_spelt_otherwise() -> None:
    def turned(book: openpyxl.Workbook) -> None:
        data = book["All data"]
        rows = [tuple(cell.value for cell in row) for row in data]
        del book["All data"]
        again = book.create_sheet("ALL  data")
        for place, row in enumerate(rows):
            line = (*reversed(row), "new" if place == 0 else None)
            again.append([f"{cell} " if place == 0 else cell for cell in line])

    parsed = tac.parse(workbook(change=turned), "2023/24")
    plain = tac.parse(sound(), "2023/24")
    compared = ["org_name_as_published", "measure", "period", "amount", "source_row"]
    pd.testing.assert_frame_equal(parsed.rows[compared], plain.rows[compared])
    assert "sheet 'All data' is spelt 'ALL  data'" in parsed.drift
    assert "sheet 'ALL  data': column 'new ' is new and not published" in parsed.drift


def test_a_name_with_other_blanks_and_capitals_is_the_provider_of_the_list() -> None:
    name = trusts(1)[0][1]

    def respelt(rows: list[Row]) -> list[Row]:
        return [(f"  {name.title().replace(' ', '  ', 1)} ", *r[1:]) if r[0] == name else r for r in rows]

    assert set(tac.parse(workbook(edit=respelt), "2023/24").rows["org_name_as_published"]) == {
        name for _, name in trusts(3)
    }


def test_a_hidden_sheet_is_listed_and_never_read() -> None:
    def hide(book: openpyxl.Workbook) -> None:
        book.copy_worksheet(book["All data"]).title = "All data 2"
        book["All data 2"].sheet_state = "veryHidden"

    parsed = tac.parse(workbook(change=hide), "2023/24")
    assert "sheet 'All data 2' is hidden" in parsed.ignored
    assert len(parsed.rows) == len(tac.parse(sound(), "2023/24").rows)


def continued(at: int, headers: Sequence[str] = HEADERS) -> Change:
    """Return the change that moves the rows after `at` to a continuation sheet."""

    def change(book: openpyxl.Workbook) -> None:
        data = book["All data"]
        rows = list(data.iter_rows(min_row=at + 1, values_only=True))
        data.delete_rows(at + 1, len(rows))
        more = book.create_sheet("All data (2)")
        for row in [tuple(headers), *rows]:
            more.append(row)

    return change


def test_a_full_sheet_goes_on_in_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tac, "ROW_LIMIT", 250)
    parsed = tac.parse(workbook(change=continued(250)), "2023/24")
    monkeypatch.undo()
    plain = tac.parse(sound(), "2023/24")
    compared = ["org_name_as_published", "measure", "period", "amount"]
    pd.testing.assert_frame_equal(parsed.rows[compared], plain.rows[compared])
    assert parsed.rows["source_sheet"].value_counts().index.sort_values().tolist() == [
        "All data",
        "All data (2)",
    ]
    assert parsed.rows[parsed.rows["source_sheet"] == "All data (2)"]["source_row"].min() == 2


def test_a_full_sheet_that_does_not_go_on_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    content = sound()
    rows = openpyxl.load_workbook(io.BytesIO(content))["All data"].max_row
    monkeypatch.setattr(tac, "ROW_LIMIT", rows)
    assert refusal(content) == (
        f"sheet 'All data': expected fewer than {rows} rows or a continuation sheet, found a full sheet: "
        "the publisher's export was cut"
    )


def test_a_continuation_without_the_headers_is_refused() -> None:
    told = refusal(workbook(change=continued(100, HEADERS[:6])))
    assert "sheet 'All data (2)', row 1: expected column 'Total', found 'OrganisationName'" in told


def test_an_amount_that_is_no_number_rejects_its_row_and_no_other() -> None:
    def spoil(book: openpyxl.Workbook) -> None:
        book["All data"]["G2"] = "1,234 approx"
        book["All data"]["G3"] = None

    parsed = tac.parse(workbook(change=spoil), "2023/24")
    assert [(row.row, row.reason) for row in parsed.rejected] == [
        (2, "column 'Total': expected a number, found '1,234 approx'"),
        (3, "column 'Total': expected a number, found an empty cell"),
    ]
    assert parsed.rows_in == len(parsed.rows) + 2


def test_a_listed_provider_without_accounts_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def add(book: openpyxl.Workbook) -> None:
        book["List of Providers"].append(("ARTIFICIAL NHS TRUST", "R9Z", "Artificial region", "Acute", MARK))

    content = workbook(change=add)
    assert "found none of 1 of 4: ARTIFICIAL NHS TRUST" in refusal(content)
    monkeypatch.setattr(tac, "MOST_WITHOUT_ROWS", 0.25)
    parsed = tac.parse(content, "2023/24")
    assert "provider 'ARTIFICIAL NHS TRUST' is listed and has no accounts" in parsed.ignored


# What is refused


def renamed(cell: str, text: Any, sheet: str = "All data") -> Change:
    def change(book: openpyxl.Workbook) -> None:
        book[sheet][cell] = text

    return change


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
        {"change": renamed("G1", "Amount")},
        r"sheet 'All data', row 1: expected column 'Total', found 'OrganisationName', 'WorkSheetName', 'TableID'",
    ),
    "a header is there twice": (
        {"change": renamed("H1", "Total")},
        r"sheet 'All data', row 1: expected column 'Total_1' once, found it again",
    ),
    "the header is not in row 1": (
        {"change": lambda book: book["All data"].insert_rows(1)},
        r"sheet 'All data', row 1: expected column 'OrganisationName', found '__UNNAMED__0'",
    ),
    "the list has no codes": (
        {"change": renamed("B1", "Code", "List of Providers")},
        r"sheet 'List of Providers', row 1: expected column 'NHS code', found 'Code', which may be its new name",
    ),
    "a code of the list has look-alike letters": (
        {"change": renamed("B2", "\u0420A2", "List of Providers")},
        r"sheet 'List of Providers', row 2: column 'NHS code': expected an ODS code",
    ),
    "used codes are gone": (
        {"edit": lambda rows: without("A13PY05", "INT0360")(without("A14CY08", "PPE0060")(rows))},
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
        {"change": renamed("A5", None)},
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


def test_an_illustrative_workbook_is_refused(shared: Path) -> None:
    path = shared / "publisher-files" / "tac" / "2023-24-NHS-Provider-TAC-illustrative-file.xlsx"
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


# Checks


def checks(content: bytes, edition: str = "2023/24") -> dict[str, bool]:
    results = validate(staged(content, edition), tac.SOURCE.expectations, key=key_of(tac.TABLE))
    assert not [r for r in results if r.outcome == "raised"]
    return {result.check: result.success for result in results}


def failing(content: bytes, edition: str = "2023/24") -> set[str]:
    return {check for check, passed in checks(content, edition).items() if not passed}


SMALL = {
    "no_artificial_amounts",
    "about_as_many_providers_as_there_are",
    "providers_have_about_as_many_rows_as_ever",
}
"""What every small artificial workbook fails."""


def test_a_sound_workbook_fails_for_its_size_and_its_mark_only() -> None:
    assert failing(sound()) == SMALL


def scaled(measure: str, factor: float, most: int = 99) -> Callable[[list[Row]], list[Row]]:
    """Return the edit that multiplies the cells of a measure for some providers."""
    cell = tac.MEASURES[measure]
    codes = {(cell.main_code(period), cell.sub_code) for period in tac.PERIODS}

    def edit(rows: list[Row]) -> list[Row]:
        names = list(dict.fromkeys(row[0] for row in rows))[:most]
        return [
            (*r[:6], r[6] * factor) if (r[3], r[5].strip()) in codes and r[0] in names else r for r in rows
        ]

    return edit


def uneven(rows: list[Row]) -> list[Row]:
    """Move the useful life of one provider to another: the total still divides."""
    names = list(dict.fromkeys(row[0] for row in rows))
    return [(names[1], *r[1:]) if r[0] == names[0] and r[5] == LIFE[4] else r for r in rows]


@pytest.mark.parametrize(
    ("edit", "failed"),
    [
        (uneven, {"every_provider_has_the_same_number_of_rows"}),
        (scaled("operating_surplus", 1.5), {"accounts_add_up", "all_accounts_add_up"}),
        (scaled("operating_income_of_the_note", 2), {"accounts_add_up", "all_accounts_add_up"}),
        (scaled("it_equipment_additions", 0), {"it_is_a_plausible_share_of_additions"}),
        (scaled("it_equipment_additions", 5), {"it_is_a_plausible_share_of_additions"}),
        (
            scaled("operating_expenses", 1000),
            {"accounts_add_up", "all_accounts_add_up", "amounts_are_in_thousands"},
        ),
    ],
)
def test_a_check_fails_where_its_rule_is_broken(
    edit: Callable[[list[Row]], list[Row]], failed: set[str]
) -> None:
    assert failing(workbook(edit=edit)) == SMALL | failed


def test_one_provider_whose_accounts_do_not_add_up_is_only_a_warning() -> None:
    content = workbook(providers=trusts(50), edit=scaled("operating_surplus", 1.5, most=1))
    assert failing(content) == {
        "no_artificial_amounts",
        "all_accounts_add_up",
        "providers_have_about_as_many_rows_as_ever",
    }


def test_files_without_comments_pass_the_check_of_the_mark() -> None:
    def uncommented(book: openpyxl.Workbook) -> None:
        book["List of Providers"].delete_cols(5)

    assert "no_artificial_amounts" not in failing(workbook(change=uncommented))


def test_leicester_in_2019_20_would_be_news() -> None:
    leicester = next(pair for pair in trusts(300) if pair[0] == "RWE")
    assert "leicester_is_missing_from_2019_20" not in failing(sound("2019/20"), "2019/20")
    assert "leicester_is_missing_from_2019_20" in failing(
        workbook("2019/20", providers=[leicester]), "2019/20"
    )
    assert "leicester_is_missing_from_2019_20" not in failing(workbook(providers=[leicester]))


def test_artificial_amounts_never_enter_a_release(tmp_path: Path) -> None:
    """A workbook that meets every other rule is refused for its mark, and nothing of it is staged."""
    home = Home(tmp_path)
    content = workbook(providers=trusts(50))
    sha256 = hashlib.sha256(content).hexdigest()
    home.archive.add(
        content,
        Vintage(
            source="tac",
            edition="2023/24",
            part="trusts",
            sha256=sha256,
            bytes=len(content),
            origin="ingested",
            url="",
            final_url="",
            publisher_file_name="artificial.xlsx",
            retrieved_at="2026-01-01T00:00:00+00:00",
            published_at="",
            etag="",
            last_modified="",
            licence="none",
            how="made for a test",
        ),
    )
    (judged,) = staging.judge_all(tac.SOURCE, home)
    errors = {check.check for check in judged.checks if not check.success and check.severity == "ERROR"}
    assert (judged.accepted, judged.problems, errors) == (False, (), {"no_artificial_amounts"})
    manifest = staging.stage(tac.SOURCE, [judged], home)
    assert manifest.used == ()
    assert len(to_pandas(staging.read_parquet(staging.staged_path("tac", home)))) == 0


def test_nothing_artificial_is_frozen() -> None:
    assert frozen_editions("tac") == ()


# Facts


def test_spend_is_in_pounds_of_the_current_year_by_both_definitions() -> None:
    spend = tac.facts(staged(sound()))["it_spend"]
    assert len(spend) == 3
    first = spend[spend["org_code_as_published"] == trusts(1)[0][0]].iloc[0]
    assert first["software_additions_gbp"] == 111_000
    assert first["leased_it_additions_gbp"] == LEASED
    assert first["narrow_gbp"] == NARROW + LEASED
    assert first["broad_gbp"] == NARROW + LEASED + (2222 + 222 + 333 + 33 + 13) * 1000
    assert first["construction_reclassified_gbp"] == -1_300_000
    assert first["operating_expenses_gbp"] == 320_000_000
    assert (first["financial_year"], first["fy_end_year"], first["value_status"]) == (
        "2023/24",
        2024,
        "published",
    )
    assert (first["period_start"], first["period_end"], first["source_row"]) == (
        date(2023, 4, 1),
        date(2024, 3, 31),
        2,
    )


def test_the_narrow_definition_has_no_leases_before_2022_23_and_that_year_is_a_break() -> None:
    frame = pd.concat([staged(sound(e), e) for e in ("2021/22", "2022/23", "2023/24")])
    facts = tac.facts(frame)
    spend = facts["it_spend"].drop_duplicates("financial_year").set_index("financial_year")
    assert spend["narrow_gbp"].to_dict() == {
        "2021/22": NARROW,
        "2022/23": NARROW + LEASED,
        "2023/24": NARROW + LEASED,
    }
    assert pd.isna(spend["leased_it_additions_gbp"]["2021/22"])
    assert spend["value_status"].to_dict() == {"2021/22": "published", "2022/23": "b", "2023/24": "published"}
    assets = facts["it_asset"].drop_duplicates("financial_year").set_index("financial_year")
    assert assets["net_book_value_gbp"].to_dict() == {
        "2021/22": 4_932_000,
        "2022/23": 4_946_000,
        "2023/24": 4_946_000,
    }
    assert assets["value_status"]["2022/23"] == "b"


def test_assets_are_about_the_last_day_of_the_year() -> None:
    asset = tac.facts(staged(sound()))["it_asset"].iloc[0]
    assert asset["gross_cost_gbp"] == 11_097_000
    assert asset["period_start"] == asset["period_end"] == date(2024, 3, 31)


def test_a_zero_stays_a_zero_and_is_marked_where_there_is_nothing_else() -> None:
    def nil(rows: list[Row]) -> list[Row]:
        kept = {(m.main_code("CY"), m.sub_code) for m in tac.DIVIDE_BY.values()}
        name = rows[0][0]
        return [(*r[:6], 0) if r[0] == name and (r[3], r[5].strip()) not in kept else r for r in rows]

    facts = tac.facts(staged(workbook(edit=nil)))
    for table, column in (("it_spend", "narrow_gbp"), ("it_asset", "net_book_value_gbp")):
        rows = facts[table].set_index("org_code_as_published")
        code = trusts(1)[0][0]
        assert rows.loc[code, [column, "nil_or_not_reported", "value_status"]].tolist() == [
            0,
            True,
            "published",
        ]
        assert not rows.drop(index=code)["nil_or_not_reported"].any()


def test_a_total_with_a_rejected_part_is_missing_and_says_so() -> None:
    spend = tac.facts(staged(workbook(change=renamed("G2", "n/a"))))["it_spend"]
    first = spend[spend["org_code_as_published"] == trusts(1)[0][0]].iloc[0]
    assert pd.isna(first["narrow_gbp"])
    assert pd.isna(first["broad_gbp"])
    assert (first["value_status"], first["software_additions_gbp"]) == ("x", 111_000)
    assert spend["value_status"].value_counts().to_dict() == {"published": 2, "x": 1}


def test_denominators_say_how_they_roll_up() -> None:
    rows = tac.facts(staged(sound()))["denominator"]
    first = rows[rows["org_code_as_published"] == trusts(1)[0][0]].set_index("measure")
    assert set(first.index) == {
        "operating_income",
        *(set(tac.DIVIDE_BY) - {"patient_care_income", "other_operating_income"}),
    }
    told = ["value", "measure_unit", "aggregation", "value_status"]
    assert first.loc["operating_income", told].tolist() == [330_000_000, "GBP", "flow", "e"]
    assert first.loc["net_book_value", told].tolist() == [1_000_000, "GBP", "stock", "published"]
    assert first.loc["wte_total", told].tolist() == [5432.25, "WTE", "average", "published"]
    assert first.loc["wte_ambulance", told].tolist() == [0, "WTE", "average", "published"]
    assert first.loc["net_book_value", "period_start"] == date(2024, 3, 31)


def test_what_no_provider_lives_without_is_missing_where_it_is_0() -> None:
    rows = tac.facts(staged(workbook(edit=scaled("staff_costs", 0))))["denominator"]
    costs = rows[rows["measure"] == "staff_costs"]
    assert costs["value"].isna().all()
    assert (costs["value_status"] == "x").all()


def test_months_are_twelve_only_without_a_comment() -> None:
    def uncommented(book: openpyxl.Workbook) -> None:
        book["List of Providers"]["E2"] = None

    rows = tac.facts(staged(workbook(change=uncommented)))["denominator"]
    months = rows[rows["measure"] == "wte_total"].set_index("org_code_as_published")["months_reported"]
    assert months[trusts(1)[0][0]] == 12
    assert months.drop(trusts(1)[0][0]).isna().all()
    assert rows[rows["aggregation"] != "average"]["months_reported"].isna().all()


def test_restatements_are_what_the_next_edition_tells_otherwise() -> None:
    frame = pd.concat([staged(sound(e), e) for e in ("2022/23", "2023/24")])
    restated = tac.facts(frame)["it_spend_restated"]
    assert len(restated) == 1
    row = restated.iloc[0]
    assert row[
        ["org_code_as_published", "measure", "financial_year", "edition", "first_edition", "value_status"]
    ].tolist() == [trusts(1)[0][0], "software_additions", "2022/23", "2023/24", "2022/23", "r"]
    assert row[["value_first_published", "value_restated", "difference"]].tolist() == [
        111_000,
        11_000,
        -100_000,
    ]
    assert row["first_source_file_sha256"] == hashlib.sha256(sound("2022/23")).hexdigest()
    assert row["source_file_sha256"] == hashlib.sha256(sound("2023/24")).hexdigest()
    assert row["resolve_on"] == date(2024, 3, 31)


def test_the_year_before_is_in_no_series() -> None:
    facts = tac.facts(staged(sound()))
    for table in ("it_spend", "it_asset", "denominator"):
        assert set(facts[table]["fy_end_year"]) == {2024}
    assert facts["it_spend_restated"].empty


def test_every_fact_conforms_to_its_table_once_resolved() -> None:
    frame = pd.concat([staged(sound(e), e) for e in ("2022/23", "2023/24")])
    resolver = Resolver(model.build(ods_rows()))
    for name, rows in tac.facts(frame).items():
        resolved, unmatched = resolver.resolve(rows, tac.SOURCE, name)
        assert unmatched == []
        table = METADATA.tables[name]
        made = to_pandas(to_arrow(resolved, table))
        assert problems(resolved[[c.name for c in table.columns]], table) == [], name
        assert len(made) == len(rows)
        results = validate(made, table.info["expectations"], key=key_of(table))
        assert all(result.success for result in results), results


def test_nearly_every_provider_of_the_past_is_an_organisation(shared: Path) -> None:
    """Code and name must agree on the last day of the year; what does not is listed, never guessed."""
    index = model.name_index(model.build(ods_rows())["organisation_name"])
    with (shared / "facts" / "tac_provider_names_and_row_counts.csv").open(encoding="utf-8") as lines:
        names = list(csv.DictReader(lines))
    unmatched = {
        row["org_name_raw"]
        for row in names
        for year in range(int(row["first_fy_seen"][:4]), int(row["last_fy_seen"][:4]) + 1)
        if index.resolve(row["org_name_raw"], date(year + 1, 3, 31), code=row["ods_code"] or None).org_code
        is None
    }
    assert len(names) == 294
    assert unmatched <= {
        "Aintree University Hospitals NHS Foundation Trust",
        "Birmingham Women's and Children's Hospital NHS Foundation Trust",
        "Chelsea and Westminster NHS Foundation Trust",
        "Northern Lincolnshire and Goole Hospitals NHS Foundation Trust",
    }


def test_coverage_counts_files_and_providers_and_names_the_known_gap() -> None:
    frame = pd.concat([staged(sound("2019/20"), "2019/20"), staged(sound("2023/24"), "2023/24")])
    told = {row.subject: (row.held, row.expected, row.status) for row in tac.coverage(frame)}
    assert told == {
        "files of 2019/20": (1, 2, "incomplete"),
        "providers of 2019/20": (3, None, "incomplete"),
        "RWE University Hospitals of Leicester, 2019/20": (0, 1, "[x] not available"),
        "files of 2023/24": (1, 2, "incomplete"),
        "providers of 2023/24": (3, 206, "incomplete"),
    }


# Finding the files

PAGE = """
<a href="/a/financial-accounting">Financial accounting and reporting 2023/24</a>
<a href="/wp-content/uploads/2025/01/TAC-NHS-trusts-2023-24.xlsx">TAC data published in NHS trusts' accounts 2023/24</a>
<a href="/wp-content/uploads/2025/01/ft-2324.xlsx">TAC data published in NHS foundation trusts' accounts 2023/24</a>
<a href="/wp-content/uploads/2025/01/2023-24-NHS-Provider-TAC-illustrative-file.xlsx">Illustrative TAC file: NHS trusts and NHS foundation trusts 2023/24</a>
<a href="/wp-content/uploads/2021/02/1920-nhs-provider-tac-ilustrative-file.xlsx">NHS trusts ilustrative file 2019/20</a>
<a href="/wp-content/uploads/2021/12/202021-TAC-data-foundation-trusts.xlsx">Foundation trusts</a>
<a href="/wp-content/uploads/2021/12/tac-2020-to-2021.xlsx">NHS trusts: TAC data 2020 to 2021</a>
<a href="https://webarchive.nationalarchives.gov.uk/x/NHS_trusts_accounts_for_2018-19.xlsx">NHS trusts 2018/19</a>
<a href="/b">All NHS trusts and NHS foundation trusts 2022/23</a>
"""


def series() -> Iterator[tuple[str, str, str]]:
    for one in offered(PAGE.encode(), LANDING, tac.REMOTES[-1]):
        yield str(one.edition), one.part, one.url.rpartition("/")[2]


def test_files_are_told_apart_by_year_and_kind_of_trust() -> None:
    assert sorted(series()) == [
        ("2020/21", "foundation_trusts", "202021-TAC-data-foundation-trusts.xlsx"),
        ("2020/21", "trusts", "tac-2020-to-2021.xlsx"),
        ("2023/24", "foundation_trusts", "ft-2324.xlsx"),
        ("2023/24", "trusts", "TAC-NHS-trusts-2023-24.xlsx"),
    ]


def test_two_links_for_one_file_are_refused() -> None:
    page = PAGE + '<a href="/other.xlsx">NHS trusts 2023/24</a>'
    with pytest.raises(FetchError, match="expected one link for 2023/24 trusts"):
        offered(page.encode(), LANDING, tac.REMOTES[-1])


def test_the_first_two_years_have_addresses_of_their_own() -> None:
    fixed = {(remote.edition, remote.part) for remote in tac.REMOTES[:-1]}
    assert fixed == {(y, p) for y in ("2017/18", "2018/19") for p in ("trusts", "foundation_trusts")}
    assert tac.SOURCE.allowed_hosts == {"webarchive.nationalarchives.gov.uk", "www.england.nhs.uk"}
