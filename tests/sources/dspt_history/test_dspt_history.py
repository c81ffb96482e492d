"""The page of a trust: its table of publications, whose page it is, and what must agree with the page before."""

from collections.abc import Sequence
from datetime import date
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from beside import File, judged, refused, said
from conftest import staged_rows
from reading import checks, csv_file, plain, resolver, staged

from assets.contract.frozen_editions import frozen_editions, frozen_rows
from assets.contract.parsed import Parsed, StructureError
from assets.organisations.open_trusts import open_trusts
from assets.sources import dspt_history
from assets.sources.dspt_history import SOURCE
from pipelines.storage.home import Home

DAY, LATER = "2026-06-21", "2026-12-01"
NAME = "DORSET HEALTHCARE UNIVERSITY NHS FOUNDATION TRUST"
HEADERS = ("Status", "Date Published")
Rows = Sequence[tuple[str, ...]]


def real() -> list[tuple[str, str]]:
    """Return the publications of the real trust as its page printed them, the newest first."""
    (frozen,) = frozen_editions("dspt_history")
    days = [
        (row["status_as_published"], date.fromisoformat(row["published_on"])) for row in frozen_rows(frozen)
    ]
    return [(status, f"{day:%d} {day:%B} {day:%Y}") for status, day in days]


def table(rows: Rows | None = None, headers: Sequence[str] = HEADERS) -> bytes:
    """Return the table as a re-user saved it."""
    return csv_file([headers, *(real() if rows is None else rows)])


def page(
    rows: Rows | None = None,
    headers: Sequence[str] = HEADERS,
    *,
    code: str = "Organisation code: RDY",
    name: str = NAME,
    more: str = "",
) -> bytes:
    """Return a page of the toolkit: a banner, menus, the organisation, other tables, its publications, a footer."""
    cells = "".join(f'<th scope="col">{escape(header)}</th>' for header in headers)
    lines = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>\n"
        for row in (real() if rows is None else rows)
    )
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Organisation search</title>
<script>var table = "<table><tr><th>Status</th><th>Date Published</th></tr></table>";</script></head>
<body><header><h2>Data Security and Protection Toolkit: an NHS trust</h2></header>
<nav><ul><li><a href="/OrganisationSearch">Organisation search</a></li><li>Code RXX</li></ul></nav>
<main><div><h1>Organisation <span>search</span></h1></div>
<div><p>Back to results<br></div>
<div><h2>{name}</h2><p>{code}</p><p>Sentinel House, Poole, Post code: BH17 0RB</p></div>
<table><tr><th>Sector<td>NHS Trust<tr><th>Headquarters<td>&nbsp;</table>
<h3>Publication history</h3>
<table id="orgSearchDetailsPublications" class="table"><caption>Publications</caption>
<thead><tr>{cells}</tr></thead><tbody>
{lines}</tbody></table>
{more}</main>
<footer><table><tr><td>Status</td><td>Date Published</td></tr></table></footer></body></html>""".encode()


def read(content: bytes, edition: str = DAY, part: str = "RDY") -> Parsed:
    return SOURCE.read(content, edition, part)


def refusal(content: bytes, edition: str = DAY, part: str = "RDY") -> str:
    """Return why a page is refused."""
    with pytest.raises(StructureError) as refused_:
        read(content, edition, part)
    return str(refused_.value)


def changed(place: int, *cells: str) -> list[tuple[str, ...]]:
    """Return the real publications with another one in a place."""
    rows: list[tuple[str, ...]] = [*real()]
    rows[place] = cells
    return rows


# The real history


def test_the_real_history_is_there_whole_and_counts_a_baseline_of_one_day_twice() -> None:
    rows = dspt_history.facts(staged_rows("dspt_history"))["dspt_history"].sort_values("publication")
    assert rows["publication"].tolist() == list(range(1, 17))
    shown = ["standard_year", "status", "regime"]
    assert [tuple(row) for row in rows[shown].to_numpy()][:6] == [
        ("2018/19", "baseline", "data_security_standards"),
        ("2018/19", "standards_not_met", "data_security_standards"),
        ("2018/19", "approaching_standards", "data_security_standards"),
        ("2019/20", "baseline", "data_security_standards"),
        ("2019/20", "baseline", "data_security_standards"),
        ("2019/20", "standards_met", "data_security_standards"),
    ]
    assert rows["published_on"].tolist()[3:5] == [date(2019, 10, 30)] * 2
    assert rows["published_on"].is_monotonic_increasing
    newest = rows.iloc[-1]
    assert (newest["regime"], newest["fy_end_year"], newest["published_on"]) == (
        *("caf_aligned", 2025),
        date(2025, 6, 30),
    )


def test_the_real_history_is_of_one_known_trust_that_was_open() -> None:
    facts = dspt_history.facts(staged_rows("dspt_history"))["dspt_history"]
    found, unmatched = resolver().resolve(facts, SOURCE, "dspt_history")
    assert (len(found), unmatched) == (16, [])
    assert {tuple(row) for row in found[["org_code", "org_name", "open_on_snapshot"]].to_numpy()} == {
        ("RDY", "DORSET HEALTHCARE UNIVERSITY NHS FOUNDATION TRUST", True)
    }


def test_the_last_status_of_a_year_is_that_of_the_lists() -> None:
    """The publisher's lists hold the latest status only; the list of June 2019 had another word for one."""
    lists = staged_rows("dspt").query("org_code_as_published == 'RDY'")
    rows = staged_rows("dspt_history").query("status != 'baseline'")
    last = rows.sort_values("publication").drop_duplicates("standard_year", keep="last")
    both = lists.merge(last, on="standard_year", suffixes=("", "_here")).set_index("standard_year")
    assert (both["published_on"] == both["published_on_here"]).all()
    words = dict(zip(both.index, zip(both["status"], both["status_here"], strict=True), strict=True))
    assert words == {
        "2018/19": ("plan_agreed", "approaching_standards"),
        "2021/22": ("standards_met", "standards_met"),
        "2022/23": ("standards_met", "standards_met"),
    }


# A page, and its table alone


def test_a_page_is_read_like_its_table_alone_and_says_who_the_trust_is() -> None:
    of_page, alone = read(page()), read(table())
    assert (of_page.rows_in, of_page.rejected, of_page.drift) == (16, (), ())
    assert set(of_page.rows["org_name_as_published"]) == {NAME}
    assert alone.rows["org_name_as_published"].isna().all()
    left_out = ["org_name_as_published"]
    pd.testing.assert_frame_equal(of_page.rows.drop(columns=left_out), alone.rows.drop(columns=left_out))
    frame = staged(SOURCE, of_page, DAY)
    assert [one.check for one in checks(SOURCE, frame, key=["publication"]) if not one.success] == []


@pytest.mark.parametrize(
    "content",
    [
        page(code="ODS code (RDY)"),
        page(code="<dl><dt>Code</dt><dd>RDY</dd></dl>"),
        page(code="", name=f"{NAME} (RDY)"),
        page(headers=("STATUS ", "Date  of publication")),
        page([(day, status) for status, day in real()], HEADERS[::-1]),
        page([*reversed(real())]),
        page(
            more="<table><tr><th>Status</th><th>Assured by</th></tr><tr><td>any</td><td>nobody</td></tr></table>"
        ),
        page().replace(b"</td>", b"").replace(b"</tr>", b"").replace(b"</th>", b""),
        page().replace(b"<td>2", b'<td><span aria-hidden="true">Status <span>of</span> </span>2'),
        page().replace(b"Standards met", b"<b>Standards</b> <i>m</i>et"),
    ],
)
def test_a_page_may_be_laid_out_otherwise(content: bytes) -> None:
    kept = ["publication", "status", "standard_year", "published_on"]
    rows = read(content).rows.sort_values("publication", ascending=False)[kept]
    assert rows.to_numpy().tolist() == read(table()).rows[kept].to_numpy().tolist()


def test_days_may_be_written_with_figures_and_a_column_that_is_new_is_reported() -> None:
    rows = [("2024-25 (version 7) - Standards exceeded", "30/06/2025", "yes")]
    found = read(page(rows, (*HEADERS, "Assured")))
    assert found.rows["published_on"].tolist() == [date(2025, 6, 30)]
    assert found.drift == ("the file: column 'Assured' is new and not published",)


def test_a_page_without_a_name_of_a_trust_is_read_and_reported() -> None:
    found = read(page(name="Organisation"))
    assert found.drift == ("no heading of the page names a trust",)
    assert found.rows["org_name_as_published"].isna().all()
    facts = dspt_history.facts(staged(SOURCE, found, DAY))["dspt_history"]
    assert set(facts["org_name_as_published"]) == {"RDY"}


def test_of_several_pages_of_a_trust_the_newest_is_published() -> None:
    newer = [("2025-26 (version 8) - Standards met", "30 June 2026"), *real()]
    frames = [staged(SOURCE, read(table()), DAY), staged(SOURCE, read(page(newer), LATER), LATER)]
    rows = dspt_history.facts(pd.concat(frames, ignore_index=True))["dspt_history"]
    assert (len(rows), set(rows["edition"])) == (17, {LATER})
    assert plain(rows.nlargest(1, "publication")[["publication", "standard_year"]]) == [
        {"publication": 17, "standard_year": "2025/26"}
    ]


# What is refused


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (page(headers=("State", "Date Published")), "expected a table of publications with columns for Status (one of 'status',"),
        (table(headers=("Status", "When")), "expected a row per publication with columns for Date Published (one of"),
        (page(code="Organisation code: RXX"), "expected the page of RDY, found that of RXX; correct --part"),
        (page(code=""), "expected the page of RDY, found a page without that code"),
        (page([]), "expected at least one usable data row, found none"),
        (
            b"<!doctype html><h1>RDY NHS TRUST</h1><p>Nothing was published.</p>",
            "expected one table with columns for Status and Date Published on the page, found no table",
        ),
        (
            page(more="<table><tr><th>Status<th>Date published<tr><td>a<td>b</table>"),
            "expected one table with columns for Status and Date Published on the page, found 2",
        ),
        (page(headers=("Status", "Date Published", "status")), "expected one column for Status, found 'Status' and 'status'"),
        (b"%PDF-1.7", "expected a CSV file, found pdf"),
    ],
)  # fmt: skip
def test_a_page_of_another_layout_or_trust_is_refused(content: bytes, problem: str) -> None:
    assert problem in refusal(content)


def test_a_page_is_of_a_day() -> None:
    assert "expected a day like 2023-10-17 as the edition, found '2026'" in refusal(page(), "2026")


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (("2024-25 (version 7) - Standards wonderful", "30 June 2025"), "expected a known status"),
        (("Standards met", "30 June 2025"), "expected a year like 22/23"),
        (("2024-26 (version 7) - Standards met", "30 June 2025"), "expected a year from 18/19"),
        (("Not published", "30 June 2025"), "expected a published status and its day"),
        (("2024-25 (version 7) - Standards met", ""), "expected a published status and its day"),
        (("", "30 June 2025"), "expected a value, found an empty cell"),
        (("2024-25 (version 7) - Standards met", "31 June 2025"), "expected a day like 30 June 2023"),
        (("2024-25 (version 7) - Standards met", "30 June 2027"), "expected a day until 2026-06-21"),
        (("2024-25 (version 7) - Standards met", "30 June 2019"), "expected a day from 2024 on beside"),
        (("=2024-25 - Standards met", "30 June 2025"), "a spreadsheet runs as a formula"),
    ],
)
def test_a_publication_that_cannot_be_read_is_kept_with_the_reason(
    cells: tuple[str, str], reason: str
) -> None:
    for content in (page(changed(0, *cells)), table(changed(0, *cells))):
        found = read(content)
        (rejected,) = found.rejected
        assert (rejected.row, found.rows_in, len(found.rows)) == (2, 16, 15)
        assert reason in rejected.reason


def test_the_part_is_the_code_of_a_trust() -> None:
    assert SOURCE.editions is not None
    valid = [
        part
        for part in ("RDY", "TAD", "G6V2S")
        if not SOURCE.editions.problems(DAY, part, until=date(2026, 7, 1))
    ]
    assert valid == ["RDY", "TAD", "G6V2S"]
    for part in ("", "rdy", "QVV", "RDY.1", "8KM29"):
        (problem,) = SOURCE.editions.problems(DAY, part, until=date(2026, 7, 1))
        assert "expected the code of a trust like RDY as the part" in problem


# Beside the page before


NEXT = ("2025-26 (version 8) - Standards met", "30 June 2026")


def beside(home: Home, *files: File) -> Any:
    """Return what becomes of the last of some files that arrive beside the frozen one."""
    return judged(home, SOURCE, *files)[-1]


def test_a_history_grows(tmp_path: Path) -> None:
    one = beside(Home(tmp_path), (LATER, page([NEXT, *real()]), "RDY"))
    assert one.accepted, one.why_refused()
    assert [check.check for check in one.checks if not check.success] == []


@pytest.mark.parametrize(
    ("rows", "check"),
    [
        (real()[:-1], "publications_keep_their_days"),
        ([NEXT, *real()[:4], *real()[5:]], "publications_keep_their_days"),
        (changed(2, real()[2][0], "28 February 2024"), "publications_keep_their_days"),
        (real()[1:], "list_is_newer_than_the_one_before"),
    ],
)
def test_a_history_that_lost_or_changed_a_publication_is_refused(
    rows: Rows, check: str, tmp_path: Path
) -> None:
    one = beside(Home(tmp_path), (LATER, page(rows), "RDY"))
    assert check in refused(one)


def test_a_status_in_other_words_is_a_warning(tmp_path: Path) -> None:
    other = changed(
        7,
        real()[7][0].replace("Approaching standards", "Standards not fully met (plan agreed)"),
        real()[7][1],
    )
    one = beside(Home(tmp_path), (LATER, page(other), "RDY"))
    assert one.accepted
    found = said(one, "publications_keep_their_statuses")
    assert (found.success, found.severity) == (False, "WARN")
    assert "9 'approaching_standards' to 'plan_agreed'" in found.observed


def test_every_trust_that_is_open_has_a_page() -> None:
    rows = staged_rows("ods")
    newest = rows[(rows["edition"] == "2026-07-08") & rows["close_date"].isna() & (rows["gor_code"] != "W")]
    assert set(open_trusts()) == {*newest["org_code"], "TAD", "TAH", "TAJ"}
    assert [(one.part, one.url) for one in SOURCE.pages] == [
        (code, f"https://www.dsptoolkit.nhs.uk/OrganisationSearch/{code}") for code in open_trusts()
    ]
    assert len(open_trusts()) == 202
