"""GDP deflator: workbooks of the publisher's layout, files that are refused, facts without organisation, discovery.

Every index made here is plainly artificial: a straight line. The publisher's workbook of March 2020 is frozen.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pandas as pd
import pytest
from conftest import staged_rows

from assets.contract.parsed import Parsed, StructureError
from assets.contract.periods import financial_year
from assets.contract.remote import Remote
from assets.organisations import model
from assets.reading.structure import problems
from assets.sources import deflator
from pipelines.fetching.archive_update import fetch_source
from pipelines.fetching.client import Download, FetchError, Network
from pipelines.fetching.links import offered
from pipelines.integration.resolver import Resolver
from pipelines.judging.expectation_results import validate, verdict
from pipelines.storage.archive import Archive
from pipelines.storage.parquet import to_arrow, to_pandas

EDITION = "2026-06"
HEAD = 7
NOTE = "Outturn data are the Quarterly National Accounts figures from the ONS, 30 June 2026."
Change = Callable[[Any], Any]


def workbook(change: Change | None = None) -> bytes:
    """Return a workbook laid out like the Treasury's: two tables side by side, forecasts as changes, footnotes."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "30062026 deflator update"
    sheet["B1"] = "GDP DEFLATORS AT MARKET PRICES, AND MONEY GDP"
    sheet["B3"] = NOTE
    sheet["B5"], sheet["H5"] = "Financial year", "Calendar year"
    sheet["C6"], sheet["I6"] = "GDP deflator at market prices", "GDP deflator at market prices"
    heads = ("2025-26 = 100", "per cent change on previous year", "Cash £ million")
    _row(sheet, HEAD, ("Financial year", *heads, None, None, "Calendar year", "2025 = 100", *heads[1:]))
    for number, start in enumerate(range(1955, 2026), start=HEAD + 1):
        index = start - 1925.0
        step = None if start == 1955 else 100 / (index - 1)
        _row(sheet, number, (_label(start), index, step, 1111, None, None, start, index + 0.5, step, 1111))
    for number, start in ((HEAD + 72, 2026), (HEAD + 73, 2027)):
        _row(
            sheet, number, (f"{_label(start)} (1), (2)", "-", 2.5, None, None, None, f"{start} (1)", "-", 2.5)
        )
    sheet.cell(HEAD + 75, 2, "Sources and footnotes:")
    sheet.cell(HEAD + 76, 2, "(1) Artificial forecasts.")
    if change is not None:
        change(sheet)
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def _row(sheet: Any, number: int, cells: tuple[Any, ...]) -> None:
    for place, cell in enumerate(cells, start=2):
        sheet.cell(number, place, cell)


def _label(start: int) -> str:
    return financial_year(start).replace("/", "-")


def put(cell: str, value: Any) -> Change:
    return lambda sheet: sheet.__setitem__(cell, value)


def staged(parsed: Parsed, edition: str = EDITION, sha256: str = "0" * 64) -> pd.DataFrame:
    frame = parsed.rows.assign(edition=edition, source_file_sha256=sha256)
    assert problems(frame, deflator.TABLE) == []
    return to_pandas(to_arrow(frame, deflator.TABLE))


def published(frame: pd.DataFrame) -> pd.DataFrame:
    """Return what the pipeline publishes of staged rows."""
    resolver = Resolver(model.build(staged_rows("ods")))
    rows, unmatched = resolver.resolve(deflator.facts(frame)["deflator"], deflator.SOURCE, "deflator")
    assert unmatched == []
    return rows[list(deflator.deflator.columns.keys())]


# The frozen edition and the publisher's workbook


def test_b16_the_index_of_march_2020_has_70_years_and_its_known_sum(publisher_files: Path) -> None:
    content = (publisher_files / "deflator/GDP_Deflators_Budget_March_2020_update.xlsx").read_bytes()
    for rows in (deflator.parse(content, "2020-03").rows, staged_rows("deflator")):
        assert len(rows) == 70
        assert rows["index_value"].sum() == pytest.approx(2864.515425, abs=1e-9)


def test_the_frozen_edition_has_an_index_to_2018_19_and_changes_after() -> None:
    rows = published(staged_rows("deflator"))
    assert set(rows["edition"]) == {"2020-03"}
    assert set(rows["base_year"]) == {"2018/19"}
    outturn, forecast = rows[~rows["is_forecast"]], rows[rows["is_forecast"]]
    assert (outturn["financial_year"].min(), outturn["financial_year"].max()) == ("1955/56", "2018/19")
    assert forecast["value_status"].eq("x").all()
    assert len(forecast) == 6
    assert outturn["index_value"].sum() == pytest.approx(2864.515425, abs=1e-9)


# Reading


def test_every_financial_year_is_read_with_its_base_and_nothing_of_the_calendar_years() -> None:
    parsed = deflator.parse(workbook(), EDITION)
    assert (parsed.rows_in, parsed.rejected) == (73, ())
    assert parsed.rows.iloc[70].to_dict() == {
        "financial_year": "2025/26",
        "fy_end_year": 2026,
        "index_value": 100,
        "change_pct": pytest.approx(100 / 99),
        "is_forecast": False,
        "value_status": "published",
        "base_year": "2025/26",
        "outturn_on": date(2026, 6, 30),
        "source_sheet": "30062026 deflator update",
        "source_row": HEAD + 71,
    }
    assert parsed.rows.loc[44, ["financial_year", "fy_end_year", "index_value"]].tolist() == [
        "1999/00",
        2000,
        74,
    ]


def test_a_forecast_without_index_has_a_status_and_none_is_made_up() -> None:
    rows = deflator.parse(workbook(), EDITION).rows
    forecasts = rows[rows["is_forecast"]]
    assert forecasts["financial_year"].tolist() == ["2026/27", "2027/28"]
    assert forecasts["index_value"].isna().all()
    assert set(forecasts["value_status"]) == {"x"}


def test_an_index_of_a_forecast_is_kept_as_a_forecast() -> None:
    row = deflator.parse(workbook(put("C79", 102.5)), EDITION).rows.iloc[71]
    assert (row["index_value"], row["is_forecast"], row["value_status"]) == (102.5, True, "published")


def test_columns_further_right_and_rows_further_down_change_nothing() -> None:
    def shift(sheet: Any) -> None:
        sheet.insert_cols(1)
        sheet.insert_rows(4, 2)

    same = ["source_row"]
    expected = deflator.parse(workbook(), EDITION).rows.drop(columns=same)
    pd.testing.assert_frame_equal(deflator.parse(workbook(shift), EDITION).rows.drop(columns=same), expected)


def test_footnotes_in_two_columns_end_the_table() -> None:
    def note(sheet: Any) -> None:
        for number, (first, second) in enumerate(
            (
                ("GDP deflator:", "Financial years 2024-25 are artificial."),
                ("(1)", "So is this."),
                ("", "And this."),
            ),
            start=HEAD + 76,
        ):
            _row(sheet, number, (first, second))

    assert deflator.parse(workbook(note), EDITION).rows_in == 73


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ({"B84": "2028-29", "C84": "a note"}, "expected only footnotes after the last financial year"),
        ({"B80": "2027-82", "D80": 2.5}, "expected two years in a row"),
        ({"B80": "2O27-28", "D80": 2.5}, "expected a year like 2023-24, found '2O27-28'"),
    ],
)
def test_a_year_after_the_footnotes_or_a_number_beside_no_year_is_refused(
    cells: dict[str, Any], sentence: str
) -> None:
    def change(sheet: Any) -> None:
        sheet["B82"], sheet["C82"] = "(1)", "A note in two columns."
        for place, value in cells.items():
            sheet[place] = value

    with pytest.raises(StructureError, match=sentence):
        deflator.parse(workbook(change), EDITION)


def test_a_calendar_index_with_the_same_base_is_not_taken_for_it() -> None:
    rows = deflator.parse(workbook(put("I7", "2025-26 = 100")), EDITION).rows
    assert rows["index_value"].tolist()[:2] == [30, 31]


def test_the_note_of_the_outturn_may_stand_left_of_the_table() -> None:
    def move(sheet: Any) -> None:
        sheet.move_range("B3:B3", cols=-1)

    rows = deflator.parse(workbook(move), EDITION).rows
    assert set(rows["outturn_on"]) == {date(2026, 6, 30)}


def test_without_a_note_of_the_outturn_its_day_is_missing() -> None:
    assert deflator.parse(workbook(put("B3", None)), EDITION).rows["outturn_on"].isna().all()


@pytest.mark.parametrize(
    ("cell", "value", "reason"),
    [
        ("B20", "1967-69", "expected two years in a row, found '1967-69'"),
        ("C20", "n/a", "column '2025-26 = 100': expected a number, found 'n/a'"),
        ("D20", 400, "expected -50 to 100, found 400"),
    ],
)
def test_a_year_that_breaks_its_grammar_refuses_the_file(cell: str, value: Any, reason: str) -> None:
    with pytest.raises(StructureError, match=r"expected every financial year once from 1956 on") as refused:
        deflator.parse(workbook(put(cell, value)), EDITION)
    assert reason in str(refused.value)


@pytest.mark.parametrize(
    ("change", "edition", "sentence"),
    [
        (put("C7", "Index"), EDITION, "a base such as '2024-25 = 100', found 0 in sheets '30062026"),
        (put("B7", "Year"), EDITION, "expected one header row with 'Financial year'"),
        (put("D7", "change"), EDITION, "expected column 'per cent change on previous year'"),
        (put("C78", 99), EDITION, "expected index 100 in 2025/26, found 99"),
        (put("C7", "2026-27 = 100"), "2026-12", "a base that ended in the year of edition 2026-12"),
        (put("B70", "2017-18 (1)"), EDITION, "expected forecasts after the outturn only"),
        (None, "2024-06", "a base that ended in the year of edition 2024-06 or in the one before"),
        (put("D20", 9), EDITION, "found 1 of 70 years that differ, such as 1967/68 9, by the index 2.439"),
        (put("C20", "-"), EDITION, "expected forecasts after the outturn only"),
        (None, "2026-12", "expected figures of the ONS of 2026-08-03 to 2026-12-31 in edition 2026-12"),
        (None, "2026-05", "in edition 2026-05, found those of 2026-06-30"),
        (None, "June 2026", "expected a month like 2026-06 as the edition, found 'June 2026'"),
    ],
)
def test_a_file_of_another_layout_or_edition_is_refused(
    change: Change | None, edition: str, sentence: str
) -> None:
    with pytest.raises(StructureError) as refused:
        deflator.parse(workbook(change), edition)
    assert sentence in str(refused.value)


def unmarked(sheet: Any) -> None:
    """Give the forecasts an index and take their footnote marks away."""
    for row, start in ((79, 2026), (80, 2027)):
        index = start - 1925
        sheet[f"B{row}"], sheet[f"C{row}"], sheet[f"D{row}"] = _label(start), index, 100 / (index - 1)


@pytest.mark.parametrize(
    ("note", "known"),
    [(NOTE, "2026-06-30, the day of its figures"), (None, "2026-06-30, the end of its month")],
)
def test_a_year_that_had_not_ended_is_no_outturn(note: str | None, known: str) -> None:
    def change(sheet: Any) -> None:
        unmarked(sheet)
        sheet["B3"] = note

    with pytest.raises(StructureError) as refused:
        deflator.parse(workbook(change), EDITION)
    assert f"had not ended before {known}; found 2026/27, 2027/28 as outturn" in str(refused.value)


def test_a_year_that_ends_after_the_figures_is_no_outturn_even_in_the_month_of_the_edition() -> None:
    def change(sheet: Any) -> None:
        of_march(sheet)
        sheet["B78"] = "2025-26"

    with pytest.raises(StructureError, match="2026-03-20, the day of its figures; found 2025/26 as outturn"):
        deflator.parse(workbook(change), "2026-03")


def rounded(decimals: int, wrong: float = 0) -> Change:
    """Return the change to a growing index that is printed to some decimals, with the changes of the exact one."""

    def change(sheet: Any) -> None:
        for row in range(HEAD + 1, HEAD + 72):
            sheet.cell(row, 3, round(100 * 1.05 ** (row - HEAD - 71), decimals))
            sheet.cell(row, 4, None if row == HEAD + 1 else 5 + (wrong if row == 70 else 0))

    return change


@pytest.mark.parametrize("decimals", [1, 2, 3, 9])
def test_changes_may_differ_from_an_index_as_much_as_its_rounding_explains(decimals: int) -> None:
    assert deflator.parse(workbook(rounded(decimals)), EDITION).rows_in == 73


@pytest.mark.parametrize(("decimals", "wrong"), [(1, 0.3), (2, 0.06), (9, 0.03)])
def test_a_change_further_from_the_index_than_its_rounding_is_refused(decimals: int, wrong: float) -> None:
    with pytest.raises(StructureError, match="found 1 of 70 years that differ, such as 2017/18"):
        deflator.parse(workbook(rounded(decimals, wrong)), EDITION)


def test_a_page_instead_of_the_workbook_is_refused() -> None:
    with pytest.raises(StructureError, match="expected an xlsx workbook, found html"):
        deflator.parse(b"<!doctype html><html>", EDITION)


def test_an_edition_is_accepted_and_a_cut_of_one_is_not() -> None:
    rows = staged(deflator.parse(workbook(), EDITION))
    assert verdict(validate(rows, deflator.SOURCE.expectations, key=["fy_end_year"]))
    failed = [
        c for c in validate(rows.tail(20), deflator.SOURCE.expectations, key=["fy_end_year"]) if not c.success
    ]
    assert {"as_many_years_as_the_series_has"} <= {check.check for check in failed}


# Facts


def test_a_deflator_is_about_no_organisation_and_says_where_it_was_read() -> None:
    rows = published(staged(deflator.parse(workbook(), EDITION)))
    assert problems(rows, deflator.deflator) == []
    row = rows.iloc[0]
    assert (row["period_start"], row["period_end"]) == (date(1955, 4, 1), date(1956, 3, 31))
    assert (row["source"], row["edition"], row["source_file_sha256"], row["source_row"]) == (
        "deflator",
        EDITION,
        "0" * 64,
        HEAD + 1,
    )


def of_march(sheet: Any) -> None:
    """Make it the workbook of an edition before, in which prices of 2024/25 were half of those of the base."""
    sheet["B3"] = NOTE.replace("30 June", "20 March")
    sheet["B78"] = "2025-26 (1)"
    sheet["C77"], sheet["D77"], sheet["D78"] = 50, 100 * (50 / 98 - 1), 100


def two_editions() -> pd.DataFrame:
    parsed = deflator.parse(workbook(), EDITION)
    older = staged(deflator.parse(workbook(of_march), "2026-03"), "2026-03", "1" * 64)
    return pd.concat([older, staged(parsed)], ignore_index=True)


def test_every_edition_is_kept_and_the_newest_is_named() -> None:
    rows = published(two_editions())
    assert problems(rows, deflator.deflator) == []
    assert rows.groupby("edition")["is_newest_edition"].unique().map(list).to_dict() == {
        "2026-03": [False],
        EDITION: [True],
    }


def test_real_terms_are_in_prices_of_the_newest_outturn_year_of_the_newest_edition() -> None:
    deflators = to_arrow(published(two_editions()), deflator.deflator)  # noqa: F841 - read by the query
    sql = """
    with newest as (
        select fy_end_year, index_value,
            first_value(index_value) over (order by is_forecast, fy_end_year desc) as base_index
        from deflators where is_newest_edition and index_value is not null
    )
    select spent.fy_end_year, round(cast(spent.gbp * newest.base_index / newest.index_value as numeric), 0)
    from (values (2025, 99), (2026, 5), (2027, 5)) as spent (fy_end_year, gbp)
    left join newest on newest.fy_end_year = spent.fy_end_year order by 1
    """
    assert duckdb.sql(sql).fetchall() == [(2025, 100), (2026, 5), (2027, None)]


# Discovery

START = "/government/statistics/gdp-deflators-at-market-prices-and-money-gdp-"
MEDIA = "https://assets.publishing.service.gov.uk/media"


def pages(*links: str) -> bytes:
    return "".join(f'<a href="{link}">Artificial</a>' for link in links).encode()


class Publisher:
    """Serves pages by address."""

    def __init__(self, served: dict[str, bytes]) -> None:
        self.served = served
        self.asked: list[str] = []

    def fetch(self, url: str, hosts: frozenset[str], **_: object) -> Download:
        assert url.split("/")[2] in hosts
        self.asked.append(url)
        if url not in self.served:
            raise FetchError(f"Fetching {url}: expected a page, found none")
        return Download(self.served[url], not_modified=False, etag="", last_modified="", hops=(url,))


def visit(served: dict[str, bytes], folder: Path) -> tuple[Any, Publisher]:
    publisher = Publisher(served)
    when = datetime(2026, 11, 23, tzinfo=UTC)
    outcome = fetch_source(
        deflator.SOURCE,
        Archive(folder),
        publisher,
        now=when,
        network=Network(),  # type: ignore[arg-type]
    )
    return outcome, publisher


def test_pages_of_editions_are_sorted_by_month_and_the_later_of_a_month_wins() -> None:
    links = (
        f"{START}march-2026-spring-statement",
        f"{START}march-2026-quarterly-national-accounts",
        f"{START}december-2025-quarterly-national-accounts",
        f"{START}march-2013",
        f"{START}some-2026-notes",
        "/government/collections/gdp-deflators-at-market-prices-and-money-gdp",
    )
    (remote,) = deflator.SOURCE.remotes
    found = offered(pages(*links), deflator.COLLECTION, remote)
    assert [(one.edition, one.url.rpartition("-gdp-")[2]) for one in found] == [
        ("2026-03", "march-2026-quarterly-national-accounts"),
        ("2025-12", "december-2025-quarterly-national-accounts"),
    ]


def test_the_workbook_of_the_newest_edition_is_fetched_from_its_page(tmp_path: Path) -> None:
    newest = f"https://www.gov.uk{START}june-2026-quarterly-national-accounts"
    file = f"{MEDIA}/0a/GDP_Deflators_Qtrly_National_Accounts_June_2026_update.xlsx"
    served = {
        deflator.COLLECTION: pages(f"{START}march-2026-quarterly-national-accounts", newest),
        newest: pages(file, file, f"{MEDIA}/0b/users_guide.pdf"),
        file: workbook(),
    }
    outcome, publisher = visit(served, tmp_path)
    assert (outcome.status, outcome.why) == ("fresh", "")
    assert [(v.edition, v.url) for v in outcome.new] == [(EDITION, file)]
    assert publisher.asked == [deflator.COLLECTION, newest, file]


def test_a_page_with_two_workbooks_is_a_failure_that_names_both(tmp_path: Path) -> None:
    newest = f"https://www.gov.uk{START}june-2026-quarterly-national-accounts"
    files = [f"{MEDIA}/0{i}/GDP_Deflators_v{i}.xlsx" for i in (1, 2)]
    outcome, _ = visit({deflator.COLLECTION: pages(newest), newest: pages(*files)}, tmp_path)
    assert outcome.status == "failed"
    assert all(file in outcome.why for file in files)


def test_a_page_of_editions_needs_to_tell_them_apart() -> None:
    with pytest.raises(ValueError, match="expected a name beside the file"):
        Remote(deflator.COLLECTION, link="x", file="y")
