"""The DSPT lists: trusts among organisations of all kinds, statuses with and without a year, and what is never read."""

import csv
import gzip
import io
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
import reading
from conftest import staged_rows
from reading import csv_file, organisations, refusal, resolver

from assets.contract.frozen_editions import FrozenEdition, frozen_editions, read_frozen
from assets.contract.parsed import Parsed, StructureError
from assets.reading.security_statuses import read_status
from assets.reading.structure import Workbook, problems
from assets.sources import ods
from assets.sources.dspt import source as dspt
from pipelines.integration.resolver import Resolver
from pipelines.storage.parquet import to_arrow

FILES = "dspt"
DAY = "2023-10-17"
HEADERS = (
    "Code",
    "Organisation Name",
    "Status",
    "Date Of Publication",
    "Primary Sector",
    "Integrated Care Board (where available, from ODS)",
)
ROWS = (
    ("R9A", "FIRST ARTIFICIAL NHS TRUST", "22/23 Standards Met", "13/06/2023", "NHS Trust", "ANY"),
    ("T9B", "SECOND, ARTIFICIAL NHS TRUST", "21/22 Entry Level", "30/06/2022", "NHS Trust", ""),
    ("Z9Z9Z", "THIRD ARTIFICIAL NHS TRUST", "Not Published", "", "Company", ""),
    ("Z8Z8Z", "ARTIFICIAL TRUSTED PERSON", "22/23 Standards Met", "01/05/2023", "NHS Trust", ""),
    ("QZZ", "ARTIFICIAL ICB", "22/23 Standards Exceeded", "01/05/2023", "CCG / Integrated Care Board (ICB)", ""),
    ("8ZZ99", "ARTIFICIAL CARE HOME", "nonsense", "nonsense", "NHS Trust", ""),
    ("v12345", "ARTIFICIAL DENTIST", "22/23 Standards Met", "01/05/2023", "Dentist", ""),
)  # fmt: skip
OLD_HEADERS = ("OrganisationName", "ODSCode", "PublicationStatus", "DateOfPublication", "PrimarySector", "CCG (from ODS and CQC)")  # fmt: skip
OLD_ROWS = (
    ("FIRST ARTIFICIAL NHS TRUST", "R9A", "Standards not fully met (plan agreed)", "2019-03-28 00:00:00", "Acute"),
    ("SECOND ARTIFICIAL NHS TRUST", "T9B", "Entry Level (19-20)", "2019-06-11 00:00:00", "Acute"),
    ("THIRD ARTIFICIAL NHS TRUST (R9C)", "R9C", None, None, "Acute"),
    ("ARTIFICIAL OPTICIAN", "TP999", "Standards Met", "CompletedThroughQIO", "Optician"),
)  # fmt: skip
OTHER_NAMES = {
    "RBA": "TAUNTON AND SOMERSET NHS FOUNDATION TRUST (Archive)",
    "RBD": "DORSET COUNTY HOSPITALS NHS FOUNDATION TRUST",
    "RBN": "ST HELENS AND KNOWSLEY HOSPITALS NHS TRUST",
    "RC1": "BEDFORD HOSPITALS NHS TRUST",
    "RD1": "ROYAL UNITED HOSPITAL BATH NHS TRUST",
    "RD3": "POOLE HOSPITALS NHS TRUST",
    "REP": "LIVERPOOL WOMENS HOSPITAL NHS TRUST",
    "RF4": "BARKING, HAVERING AND REDBRIDGE HOSPITALS NHS TRUST",
    "RHM": "University Hospitals Southampton NHS Foundation Trust",
    "RM3": "SALFORD ROYAL HOSPITALS NHS TRUST",
    "RQ3": "Birmingham Women?s and Children?s NHS Foundation Trust",
    "RQF": "Velindre NHS Trust (Wales)",
    "RTG": "DERBY HOSPITALS NHS FOUNDATION TRUST",
    "RWA": "Hull University Teaching Hospitals NHS Trust (was Hull and East Yorkshire Hospitals NHS Trust)",
    "RY8": "Derbyshire Community Health Services NHS Trust (East Midlands)",
}
"""Trusts that the lists know by a name that no list of trusts ever gave them: an alias each, or unmatched."""


def listed(rows: Any = ROWS, headers: Any = HEADERS) -> bytes:
    """Return a list laid out like the publisher's CSV of 2023."""
    return csv_file([headers, *rows])


def changed(place: int, value: str) -> bytes:
    """Return a list whose first row has another value."""
    return listed([(*ROWS[0][:place], value, *ROWS[0][place + 1 :]), *ROWS[1:]])


def workbook(*sheets: str) -> bytes:
    """Return a workbook laid out like that of 2019, with more sheets after the list."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "DSPT Organisation Profile Progr"
    for row in (OLD_HEADERS, *OLD_ROWS):
        sheet.append(row)
    for name in sheets:
        book.create_sheet(name).sheet_state = "hidden" if name.startswith("hidden") else "visible"
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def shown(parsed: Parsed) -> list[list[Any]]:
    names = ["org_code_as_published", "status", "standard_year", "published_on", "source_row"]
    rows = parsed.rows[names].astype(object)
    return list(rows.where(rows.notna(), None).to_numpy().tolist())


def held(edition: str) -> FrozenEdition:
    (found,) = (
        f for f in frozen_editions("dspt") if (f.descriptor.edition, f.descriptor.part) == (edition, "")
    )
    return found


def staged() -> pd.DataFrame:
    return staged_rows("dspt")


@cache
def resolved(*, aliases: bool = False) -> tuple[pd.DataFrame, list[dict[str, Any]], dict[Any, int]]:
    """Return the facts with their organisation, the unmatched ones and the count of others, on the frozen lists."""
    known = dict(organisations())
    if aliases:
        more = pd.DataFrame(
            [{"org_code": code, "name": name, "kind": "alias"} for code, name in OTHER_NAMES.items()]
        )
        known["organisation_name"] = pd.concat([known["organisation_name"], more])
    resolver = Resolver(known)
    facts, unmatched = resolver.resolve(dspt.facts(staged())["dspt_status"], dspt.SOURCE, "dspt_status")
    return facts, unmatched, dict(resolver.outside)


def open_trusts(edition: str) -> pd.DataFrame:
    facts, _, _ = resolved(aliases=True)
    return facts[(facts["edition"] == edition) & facts["open_on_snapshot"]]


# Real files


def test_every_row_of_the_real_lists_is_kept_or_counted() -> None:
    counts = {subject[-10:]: found for subject, found in reading.counted(dspt.SOURCE, staged()).items()}
    assert counts == {
        "2019-06-17": (427, 31_970, "not in scope"),
        "2022-09-09": (409, 64_201, "not in scope"),
        "2023-10-17": (211 + 105, 211 + 106, "not in scope"),
        "2023-11-16": (42 + 5, 42 + 5, "complete"),
    }
    assert held("2022-09-09").descriptor.ignored[0].startswith(f"{64_201 - 409:,} rows")


def test_every_trust_of_the_real_lists_is_kept(publisher_files: Path) -> None:
    known = set(organisations()["organisation"]["org_code"])
    rows = csv.DictReader(
        io.StringIO(
            gzip.decompress(
                (publisher_files / FILES / "dspt_search_results_2022-09-09_full.csv.gz").read_bytes()
            ).decode()
        )
    )
    there = {row["Code"] for row in rows} & known
    kept = staged()[staged()["edition"] == "2022-09-09"]["org_code_as_published"]
    assert len(there) == 219
    assert there <= set(kept)


@pytest.mark.parametrize(
    ("file", "edition", "part", "rows"),
    [("dspt_ccg_2023-10-17.csv", DAY, "ccgs", 105), ("dspt_csu_2023-11-16.csv", "2023-11-16", "csus", 5)],
)
def test_a_list_of_commissioners_is_read_and_has_no_fact(
    publisher_files: Path, file: str, edition: str, part: str, rows: int
) -> None:
    content = (publisher_files / FILES / file).read_bytes()
    parsed = dspt.SOURCE.read(content, edition, part)
    assert (len(parsed.rows), parsed.rejected) == (rows, ())
    assert reading.failed(dspt.SOURCE, parsed.rows) == set()
    frame = reading.staged(dspt.SOURCE, parsed, edition)
    kept, unmatched = resolver().resolve(dspt.facts(frame)["dspt_status"], dspt.SOURCE, "dspt_status")
    assert (len(kept), unmatched) == (0, [])


@pytest.mark.parametrize("part", ["icbs", "ccgs", "csus"])
def test_trusts_are_refused_under_the_name_of_a_list_of_commissioners(part: str) -> None:
    commissioners = [row for row in ROWS if row[0] == "QZZ"]
    assert len(dspt.SOURCE.read(listed(commissioners), DAY, part).rows) == 1
    with pytest.raises(StructureError, match=f"only commissioners in part '{part}', found 3 other organis"):
        dspt.SOURCE.read(listed(), DAY, part)


def test_a_list_of_trusts_has_no_part_of_its_own() -> None:
    assert dspt.SOURCE.editions
    (problem,) = dspt.SOURCE.editions.problems(DAY, "trusts", until=date(2023, 10, 17))
    assert "expected no part or icbs or ccgs or csus as the part, found 'trusts'" in problem


def test_an_excerpt_of_a_list_of_trusts_is_refused() -> None:
    rows = (
        staged().query("edition == @DAY and sector == 'NHS Trust'").head(20).assign(organisations_in_list=20)
    )
    assert "a_list_and_not_an_excerpt" in reading.failed(dspt.SOURCE, rows)


def test_a_status_without_year_is_of_the_first_standard_as_a_later_list_shows(publisher_files: Path) -> None:
    (header, *rows) = (
        Workbook((publisher_files / FILES / "dspt_progress_2019-06-17.xlsx").read_bytes())
        .sheet("DSPT Organisation Profile Progr")
        .rows
    )
    old = pd.DataFrame(rows, columns=header)
    new = pd.read_csv(publisher_files / FILES / "dspt_search_results_2022-09-09_full.csv.gz", dtype=str)
    both = old.merge(new, left_on="ODSCode", right_on="Code")
    same = both[both["DateOfPublication"].str[:10] == both["Date Of Publication"].str[:10]]
    years = same["Status"].str[:5].groupby(same["PublicationStatus"].str.endswith("(19-20)"))
    assert {bool(k): v.value_counts().to_dict() for k, v in years} == {
        False: {"18/19": 1142},
        True: {"19/20": 8},
    }


# Layout


def test_a_list_gives_a_row_per_trust_and_commissioner_and_counts_the_rest() -> None:
    parsed = dspt.parse(listed(), DAY)
    assert shown(parsed) == [
        ["R9A", "standards_met", "2022/23", date(2023, 6, 13), 2],
        ["T9B", "entry_level", "2021/22", date(2022, 6, 30), 3],
        ["Z9Z9Z", "not_published", None, None, 4],
        ["QZZ", "standards_exceeded", "2022/23", date(2023, 5, 1), 6],
    ]
    assert (parsed.rows_in, parsed.rejected, parsed.drift) == (4, (), ())
    assert parsed.ignored[0].startswith("3 rows that are not about a trust")
    assert set(parsed.rows["organisations_in_list"]) == {7}
    assert len(reading.staged(dspt.SOURCE, parsed, DAY)) == 4


def test_the_workbook_of_2019_gives_years_from_what_it_prints() -> None:
    parsed = dspt.parse(workbook(), "2019-06-17")
    assert shown(parsed) == [
        ["R9A", "plan_agreed", "2018/19", date(2019, 3, 28), 2],
        ["T9B", "entry_level", "2019/20", date(2019, 6, 11), 3],
        ["R9C", "not_published", None, None, 4],
    ]


def test_a_packed_list_is_recognised_by_its_content() -> None:
    assert shown(dspt.parse(gzip.compress(listed()), DAY)) == shown(dspt.parse(listed(), DAY))


def test_the_column_of_the_status_may_be_called_latest_status() -> None:
    headers = ["Latest Status" if name == "Status" else name for name in HEADERS]
    assert shown(dspt.parse(listed(headers=headers), DAY)) == shown(dspt.parse(listed(), DAY))


def test_columns_of_a_re_user_are_tolerated_and_new_ones_of_the_publisher_reported() -> None:
    headers = ["", "National Grouping", "lat", *HEADERS, "Assurance Level"]
    parsed = dspt.parse(listed([["0", "Y99", "0.1", *row, "any"] for row in ROWS], headers), DAY)
    assert shown(parsed) == shown(dspt.parse(listed(), DAY))
    assert parsed.ignored[1] == (
        "columns National Grouping, lat: added by a re-user of the list, not the publisher's"
    )
    assert parsed.drift == ("the file: column 'Assurance Level' is new and not published",)


@pytest.mark.parametrize(
    ("text", "status", "year"),
    [
        ("23/24 Standards Exceeded", "standards_exceeded", 2023),
        ("2024-25 (version 7) - Standards met", "standards_met", 2024),
        ("24/25 Approaching Standards", "approaching_standards", 2024),
        ("20/21 Baseline", "baseline", 2020),
        ("22/23  standards not met", "standards_not_met", 2022),
        ("Not Published", "not_published", None),
        ("", "not_published", None),
    ],
)
def test_a_status_is_a_word_and_the_year_of_its_standard(text: str, status: str, year: int | None) -> None:
    assert read_status(text, date(2026, 7, 1)) == (status, year)


# What is refused


@pytest.mark.parametrize(
    ("place", "value", "why"),
    [
        (0, "R\u0410A", "expected an ODS code"),
        (0, "r9a", "expected an ODS code"),
        (1, "=HYPERLINK()", "a spreadsheet runs as a formula"),
        (2, "Standards Met", "expected a year like 22/23"),
        (2, "22/24 Standards Met", "expected a year from 18/19 to that of the list"),
        (2, "24/25 Standards Met", "expected a year from 18/19 to that of the list"),
        (2, "22/23 Standards Nearly Met", "expected a known status, found '22/23 Standards Nearly Met'"),
        (3, "", "expected a day beside '22/23 Standards Met'"),
        (3, "06/13/2023", "expected a date like %d/%m/%Y, found '06/13/2023'"),
        (3, "2023-6-13", "expected a date like %d/%m/%Y"),
        (3, "18/10/2023", "expected a day until 2023-10-17, found 2023-10-18"),
        (4, "", "column 'Primary Sector': expected a value"),
    ],
)
def test_a_row_that_breaks_the_grammar_is_rejected_with_its_reason(place: int, value: str, why: str) -> None:
    (rejected,) = dspt.parse(changed(place, value), DAY).rejected
    assert why in rejected.reason


@pytest.mark.parametrize(
    "header", ["Unsupported Devices", "Windows 7 count", "Number of servers end of life", "Device total"]
)
def test_a_list_with_counts_of_devices_is_refused(header: str) -> None:
    text = refusal(dspt.SOURCE, listed([[*row, "9"] for row in ROWS], [*HEADERS, header]), DAY)
    assert f"found column '{header}'" in text
    assert "are never read" in text


def test_counts_of_devices_are_found_in_a_heading_above_the_header_too() -> None:
    above = [("", "", "", "", "", "", "Unsupported devices"), (*HEADERS, "2020")]
    assert "found column 'Unsupported devices'" in refusal(
        dspt.SOURCE, listed([above[1], *ROWS], above[0]), DAY
    )


def test_an_organisation_may_have_devices_in_its_name() -> None:
    assert not dspt.parse(changed(1, "ARTIFICIAL WINDOWS AND DEVICES"), DAY).rejected


@pytest.mark.parametrize("other", ["Trusts", "hidden"])
def test_a_workbook_that_holds_more_than_the_list_is_refused(other: str) -> None:
    text = refusal(dspt.SOURCE, workbook(other), "2019-06-17")
    assert f"expected a workbook with one sheet, the publisher's list, found 'DSPT Organisation Profile Progr', '{other}'" in text  # fmt: skip


@pytest.mark.parametrize(
    ("content", "edition", "why"),
    [
        (listed(), "2023", "expected a day like 2023-10-17 as the edition, found '2023'"),
        (b"<html><body>Log in</body></html>", DAY, "expected a CSV file, found html"),
        (b"", DAY, "expected a CSV file, found empty"),
        (
            listed(headers=["Code", "Organisation Name", "State", *HEADERS[3:]]),
            DAY,
            "with columns for Status (one of 'status', 'latest status'",
        ),
        (
            listed(headers=["Code", "Code", *HEADERS[2:]]),
            DAY,
            "with columns for Organisation Name (one of 'organisation name'",
        ),
        (listed([ROWS[3]]), DAY, "expected at least one usable data row, found none"),
        (listed()[:-20], DAY, "the file is cut"),
        (gzip.compress(b"<html>", mtime=0), DAY, "expected a CSV file, found html"),
    ],
)
def test_a_file_of_another_layout_is_refused_in_a_sentence(content: bytes, edition: str, why: str) -> None:
    assert why in refusal(dspt.SOURCE, content, edition)


# Facts


def test_facts_say_what_is_missing_and_which_regime_a_standard_is_of() -> None:
    rows = [
        ("R9A", "A (R9A)", "2024-25 (version 7) - Standards met", "30/06/2025", "NHS Trust", ""),
        ("R9B", "B (R9A)", "23/24 Standards Met", "30/06/2024", "NHS Trust", ""),
        ("R9C", "C", "Not Published", "", "NHS Trust", ""),
    ]
    parsed = dspt.parse(listed(rows), "2025-09-01")
    facts = dspt.facts(reading.staged(dspt.SOURCE, parsed, "2025-09-01"))["dspt_status"]
    columns = ["org_name_as_published", "standard_year", "fy_end_year", "regime", "value_status"]
    found = facts[columns].astype(object)
    assert found.where(found.notna(), None).to_numpy().tolist() == [
        ["A (R9A)", "2024/25", 2025, "caf_aligned", "published"],
        ["B (R9A)", "2023/24", 2024, "data_security_standards", "published"],
        ["C", None, None, None, "x"],
    ]
    assert set(facts["as_of_date"]) == {date(2025, 9, 1)}


def test_facts_conform_to_their_table_once_the_organisation_is_known() -> None:
    facts, _, _ = resolved(aliases=True)
    rows = facts[list(dspt.dspt_status.columns.keys())]
    assert problems(rows, dspt.dspt_status) == []
    assert to_arrow(rows, dspt.dspt_status).num_rows == len(rows)


def test_what_stays_unmatched_is_a_known_name_that_no_list_of_trusts_gave() -> None:
    _, unmatched, _ = resolved()
    for row in unmatched:
        assert OTHER_NAMES[row["org_code_as_published"]] == row["org_name_as_published"]
        assert "cannot be confirmed" in row["reason"]
    assert {row["edition"] for row in unmatched} <= {"2019-06-17", "2022-09-09"}


def test_with_an_alias_for_each_of_those_names_every_trust_is_matched() -> None:
    facts, unmatched, _ = resolved(aliases=True)
    assert unmatched == []
    assert (facts["org_code"] == facts["org_code_as_published"]).all()


def test_organisations_that_are_no_trusts_are_counted() -> None:
    facts, unmatched, outside = resolved()
    assert outside["dspt", "2023-11-16"] == 42 + 5
    assert outside["dspt", "2023-10-17"] == 105
    assert not (facts["edition"] == "2023-11-16").any()
    for edition in ("2019-06-17", "2022-09-09"):
        there = (facts["edition"] == edition).sum() + sum(row["edition"] == edition for row in unmatched)
        assert there + outside["dspt", edition] == held(edition).descriptor.rows


# Acceptance


def test_the_list_of_october_2023_has_the_known_counts_of_all_and_of_open_trusts() -> None:
    facts, _, _ = resolved()
    listed_then = facts[facts["edition"] == DAY]
    words = ["standards_met", "approaching_standards", "standards_exceeded", "standards_not_met"]
    everyone = listed_then["status"].value_counts()
    still_open = listed_then[listed_then["open_on_snapshot"]]["status"].value_counts()
    assert [int(everyone[word]) for word in words] == [134, 60, 15, 2]
    assert [int(still_open[word]) for word in words] == [134, 60, 15, 1]
    assert (int(everyone.sum()), int(still_open.sum())) == (211, 210)
    assert list(listed_then[~listed_then["open_on_snapshot"]]["org_code"]) == ["RA4"]


def test_plans_were_agreed_with_91_trusts_of_the_trust_list_in_2019_and_one_care_trust() -> None:
    agreed = open_trusts("2019-06-17").query("status == 'plan_agreed'")
    trusts = {f.descriptor.edition: f for f in frozen_editions("ods")}["2020/21"]
    in_list = agreed["org_code"].isin(read_frozen(trusts, ods.TABLE).rows["org_code"])
    assert (len(agreed), int(in_list.sum())) == (92, 91)
    assert list(agreed[~in_list]["org_name"]) == ["SHEFFIELD HEALTH & SOCIAL CARE NHS FOUNDATION TRUST"]


def test_the_list_of_september_2022_shows_closed_trusts_with_their_last_status() -> None:
    facts, _, _ = resolved(aliases=True)
    closed = facts[(facts["edition"] == "2022-09-09") & ~facts["open_on_snapshot"]]
    assert sorted(closed["org_code"]) == ["RA3", "RBA", "RE9", "RM2", "RW3"]
    years = open_trusts("2022-09-09")["standard_year"].dropna()
    assert set(years) == {"2021/22"}


def test_nothing_is_fetched_because_the_list_is_behind_a_button() -> None:
    assert (dspt.SOURCE.remotes, dspt.SOURCE.allowed_hosts) == ((), frozenset())
    assert dspt.SOURCE.lists_others
