"""Data Quality Maturity Index: no file of the publisher is at hand, so its layout is made from the headers public code reads.

Every figure here is artificial; names and codes of trusts are those of the list of trusts.
"""

from collections.abc import Sequence
from datetime import date

import pandas as pd
import pytest
import reading
from reading import csv_file, organisations, plain

from assets.contract.frozen_editions import frozen_editions
from assets.contract.parsed import StructureError
from assets.reading.structure import problems
from assets.sources import dqmi
from assets.sources.dqmi import dqmi_score
from pipelines.fetching.client import FetchError
from pipelines.fetching.links import offered
from pipelines.integration.resolver import Resolver

HEADERS = (
    "Dataset",
    "Data Provider Code",
    "Data Provider Name",
    "Org Type",
    "Recoded Data Item",
    "Complete Denominator",
    "Valid Numerator",
    "Default Numerator",
    "Threshold Value",
    "Defaults in Excess",
    "Coverage per dataset",
    "DQMI",
    "Dataset Score",
    "Data Item Score",
    "National Data Item Average",
    "Reporting Period",
    "Experimental DQMI Score",
    "Experimental Dataset Score",
    "Standard Item",
)
AIREDALE = ("RCF", "AIREDALE NHS FOUNDATION TRUST", "NHS TRUST")
PENNINE = ("RW6", "PENNINE ACUTE HOSPITALS NHS TRUST", "NHS TRUST")
CLINIC = ("NT9", "ARTIFICIAL CLINIC LTD", "INDEPENDENT SECTOR")


def item(dataset: str, provider: Sequence[str], name: str, figures: str, standard: str = "Y") -> list[str]:
    """Return a row: records, valid, defaults, threshold, excess, coverage, DQMI, data set, item, experimental twice."""
    cells = figures.split()
    return [dataset, *provider, name, *cells[:9], "91.5", "2025-07", *cells[9:], standard]


ROWS = (
    item("APC", AIREDALE, "NHS NUMBER", "1,000 900 - - - 1 80.5 90 90 79.5 89"),
    item("APC", AIREDALE, "POSTCODE", "200 100 10 5 0 1 80.5 90 50 79.5 89"),
    item("APC", AIREDALE, "NEW ITEM", "200 20 10 5 0 1 80.5 90 10 79.5 89", "N"),
    item("CSDS", AIREDALE, "NHS NUMBER", "- - - - - 0 80.5 0 - 79.5 0"),
    item("APC", PENNINE, "NHS NUMBER", "100 99 - - - 1 99 99 99 98 98"),
    item("APC", CLINIC, "NHS NUMBER", "10 1 - - - 1 10 10 10 9 9"),
)


def month(
    rows: Sequence[Sequence[str]] = ROWS, headers: Sequence[str] = HEADERS, encoding: str = "utf-8-sig"
) -> bytes:
    return csv_file([headers, *rows], encoding)


def changed(row: int, header: str, value: str) -> list[list[str]]:
    rows = [[*cells] for cells in ROWS]
    rows[row][HEADERS.index(header)] = value
    return rows


def staged(rows: Sequence[Sequence[str]] = ROWS, edition: str = "2025-07") -> pd.DataFrame:
    return reading.staged(dqmi.SOURCE, dqmi.parse(month(rows), edition), edition)


def scores(rows: Sequence[Sequence[str]] = ROWS, edition: str = "2025-07") -> pd.DataFrame:
    return dqmi.facts(staged(rows, edition))["dqmi_score"]


# Layout


def test_a_month_gives_a_row_per_provider_and_data_set() -> None:
    parsed = dqmi.parse(month(), "2025-07")
    assert (parsed.rows_in, parsed.rows_used, parsed.rejected, parsed.drift) == (6, 6, (), ())
    assert plain(parsed.rows)[1] == {
        "reporting_month": "2025-07",
        "org_code_as_published": "RCF",
        "org_name_as_published": AIREDALE[1],
        "org_type_as_published": "NHS TRUST",
        "dataset": "APC",
        "lines": 3,
        "items_expected": 2,
        "items_suppressed": 0,
        "provider_score_status": "published",
        "dataset_score_status": "published",
        "completeness": 0.7,
        "coverage": 1.0,
        "provider_score": 80.5,
        "dataset_score": 90.0,
        "provider_score_experimental": 79.5,
        "dataset_score_experimental": 89.0,
        "source_sheet": "",
        "source_row": 2,
    }
    assert parsed.rows[["org_code_as_published", "dataset", "lines", "source_row"]].to_numpy().tolist() == [
        ["NT9", "APC", 1, 7],
        ["RCF", "APC", 3, 2],
        ["RCF", "CSDS", 1, 5],
        ["RW6", "APC", 1, 6],
    ]


def test_blank_lines_are_no_data_rows_and_leave_the_others_their_numbers() -> None:
    lines = month().split(b"\r\n")
    parsed = dqmi.parse(b"\r\n".join([*lines[:3], b"", *lines[3:], b""]), "2025-07")
    assert parsed.rows["source_row"].tolist() == [8, 2, 6, 7]


def test_columns_may_move_gain_a_neighbour_and_change_their_case() -> None:
    rows = [[*row[::-1], "x"] for row in ROWS]
    parsed = dqmi.parse(month(rows, [*(name.upper() for name in HEADERS[::-1]), "Region"]), "2025-07")
    assert parsed.rows.equals(dqmi.parse(month(), "2025-07").rows)
    assert parsed.drift == ("the file: column 'Region' is new and not published",)


def test_a_file_without_a_mark_or_in_an_older_encoding_is_read() -> None:
    assert dqmi.parse(month(encoding="utf-8"), "2025-07").drift == ()
    rows = [[cell.replace("LTD", "\u2013") for cell in row] for row in ROWS]
    parsed = dqmi.parse(month(rows, encoding="cp1252"), "2025-07")
    assert parsed.drift == ("not utf-8: read as cp1252",)
    assert "ARTIFICIAL CLINIC \u2013" in set(parsed.rows["org_name_as_published"])


@pytest.mark.parametrize(
    ("content", "reported"),
    [
        (
            month(headers=[*HEADERS[:11], "DQMI Score", *HEADERS[12:]]),
            "expected column 'DQMI', found 'DQMI Score'",
        ),
        (month(headers=[*HEADERS[:-1], "DQMI"]), "expected column 'Standard Item', found"),
        (
            month([[*row, "1"] for row in ROWS], [*HEADERS, "dqmi"]),
            "expected column 'DQMI' once, found it twice",
        ),
        (month()[:-60], "Expected 19 columns, got"),
        (month() + b'APC,"RCF', "expected every quotation mark closed"),
        (month([]), "expected at least one usable data row, found none"),
        (b"<html><body>Page not found</body></html>", "expected a CSV file, found html"),
        (b"PK\x03\x04 artificial", "expected a CSV file, found zip"),
    ],
)
def test_another_layout_is_refused_with_what_was_found(content: bytes, reported: str) -> None:
    with pytest.raises(StructureError) as refused:
        dqmi.parse(content, "2025-07")
    assert reported in str(refused.value)


@pytest.mark.parametrize("edition", ["2025", "2025-13", "2025-07-01", "July 2025"])
def test_an_edition_is_a_month(edition: str) -> None:
    with pytest.raises(StructureError, match="expected an edition like 2025-07"):
        dqmi.parse(month(), edition)


@pytest.mark.parametrize("written", ["2025-07", "Jul-25", "July 2025", "01/07/2025", "202507", " 2025-07-31"])
def test_the_month_reported_is_read_however_it_is_written(written: str) -> None:
    rows = [[*row[:15], written, *row[16:]] for row in ROWS]
    assert set(staged(rows)["reporting_month"]) == {"2025-07"}


@pytest.mark.parametrize(
    ("written", "reported"), [("Q1 2025", "'Q1 2025'"), ("2025-08", "'2025-07', '2025-08'")]
)
def test_a_file_reports_one_month(written: str, reported: str) -> None:
    with pytest.raises(StructureError, match="expected one month") as refused:
        dqmi.parse(month(changed(2, "Reporting Period", written)), "2025-07")
    assert reported in str(refused.value)


# What belongs to a provider or a data set


@pytest.mark.parametrize(
    ("header", "value", "reported"),
    [
        ("DQMI", "81", "in all rows of RCF, found 80.5 (row 2) and 81.0 (row 3)"),
        ("DQMI", "", "in all rows of RCF, found 80.5 (row 2) and nan (row 3)"),
        ("Dataset Score", "91", "in all rows of RCF APC, found 90.0 (row 2) and 91.0 (row 3)"),
        ("Coverage per dataset", "0.5", "in all rows of RCF APC, found 1.0 (row 2) and 0.5 (row 3)"),
        ("Experimental DQMI Score", "1", "in all rows of RCF, found 79.5 (row 2) and 1.0 (row 3)"),
        (
            "Data Provider Name",
            "OTHER",
            "in all rows of RCF, found AIREDALE NHS FOUNDATION TRUST (row 2) and OTHER",
        ),
    ],
)
def test_a_repeated_score_that_is_not_the_same_refuses_the_file(
    header: str, value: str, reported: str
) -> None:
    with pytest.raises(StructureError) as refused:
        dqmi.parse(month(changed(1, header, value)), "2025-07")
    assert f"column {header!r}: expected one value {reported}" in str(refused.value)


def test_an_experimental_score_may_be_left_blank_on_some_rows() -> None:
    found = scores(changed(0, "Experimental DQMI Score", ""))
    ours = found[(found["org_code_as_published"] == "RCF") & (found["dataset"] == "all")]
    assert ours["experimental_score"].tolist() == [79.5]


# Cells


@pytest.mark.parametrize(
    ("header", "value", "reported"),
    [
        ("Coverage per dataset", "1.01", "expected a number from 0 to 1, found '1.01'"),
        ("Coverage per dataset", "100%", "expected a number from 0 to 1, found '100%'"),
        ("Data Item Score", "-1", "expected a number from 0 to 100, found '-1'"),
        ("Data Item Score", "n/a", "expected a number from 0 to 100, found 'n/a'"),
        ("Valid Numerator", "1001", "expected at most the 1000 of 'Complete Denominator', found 1001"),
        ("Data Provider Code", "rcf", "expected an ODS code"),
        ("Data Provider Code", "\u0420CF", "expected an ODS code"),
        ("Data Provider Name", "=1+1", "a spreadsheet runs as a formula"),
        ("Dataset", "", "column 'Dataset': expected a value, found an empty cell"),
        ("Standard Item", "maybe", "column 'Standard Item': expected one of"),
    ],
)
def test_a_bad_cell_rejects_its_row_and_says_why(header: str, value: str, reported: str) -> None:
    parsed = dqmi.parse(month(changed(0, header, value)), "2025-07")
    (rejected,) = parsed.rejected
    assert (parsed.rows_in, parsed.rows_used, rejected.row, rejected.rule) == (6, 5, 2, "cell")
    assert reported in rejected.reason
    assert value in rejected.raw.split(" | ")


def test_an_item_there_twice_is_taken_once_and_not_at_all_where_its_rows_differ() -> None:
    same = dqmi.parse(month([*ROWS, ROWS[0]]), "2025-07")
    assert [(row.row, row.rule) for row in same.rejected] == [(8, "duplicate")]
    other = changed(0, "Data Item Score", "1")[0]
    different = dqmi.parse(month([*ROWS, other]), "2025-07")
    assert [(row.row, row.rule) for row in different.rejected] == [(2, "conflict"), (8, "conflict")]
    assert (different.rows_in, different.rows_used) == (7, 5)


# Facts


def test_the_completeness_of_a_provider_is_the_mean_over_all_its_items() -> None:
    more = item("CSDS", AIREDALE, "POSTCODE", "10 1 - - - 0 80.5 0 - 79.5 0")
    found = scores([*ROWS, more]).set_index(["org_code_as_published", "dataset"])["completeness"]
    assert found.loc["RCF"].to_dict() == {"all": 0.5, "APC": 0.7, "CSDS": 0.1}


def test_a_provider_and_each_of_its_data_sets_have_a_row() -> None:
    found = scores()
    ours = found[found["org_code_as_published"] == "RCF"].set_index("dataset")
    columns = ["score", "experimental_score", "coverage", "completeness", "missed_submission", "source_row"]
    assert plain(ours[columns]) == [
        dict(zip(columns, (80.5, 79.5, None, 0.7, True, 2), strict=True)),
        dict(zip(columns, (90.0, 89.0, 1.0, 0.7, False, 2), strict=True)),
        dict(zip(columns, (0.0, 0.0, 0.0, None, True, 5), strict=True)),
    ]
    assert list(ours.index) == ["all", "APC", "CSDS"]
    assert len(found) == 3 + 2 + 2


def test_a_score_is_about_its_month() -> None:
    found = scores()
    assert set(found["period_start"]) == set(found["as_of_date"]) == {date(2025, 7, 1)}
    assert set(found["period_end"]) == {date(2025, 7, 31)}
    assert set(found["reporting_month"]) == {"2025-07"}


def test_a_score_that_is_not_published_is_not_replaced_by_the_experimental_one() -> None:
    rows = [[*row] for row in ROWS[4:]]
    rows[0][HEADERS.index("Dataset Score")] = ""
    found = scores(rows).set_index(["org_code_as_published", "dataset"])
    apc = found.loc[("RW6", "APC")]
    assert (pd.isna(apc["score"]), apc["experimental_score"], apc["value_status"]) == (True, 98, "x")
    assert found.loc[("RW6", "all"), "value_status"] == "published"


def test_the_index_with_diagnostic_imaging_is_another_edition() -> None:
    both = pd.concat([scores(), scores(edition="2025-07-did")])
    assert dict(zip(both["edition"], both["with_diagnostic_imaging"], strict=True)) == {
        "2025-07": False,
        "2025-07-did": True,
    }
    assert not both.duplicated(["org_code_as_published", "dataset", "edition"]).any()


def test_trusts_are_kept_others_are_counted_and_a_closed_trust_is_marked() -> None:
    resolver = Resolver(organisations())
    wrong = [["APC", "RXF", *AIREDALE[1:], *ROWS[4][4:]]]
    kept, unmatched = resolver.resolve(scores([*ROWS, *wrong]), dqmi.SOURCE, "dqmi_score")
    assert dict(zip(kept["org_code"], kept["open_on_snapshot"], strict=True)) == {"RCF": True, "RW6": False}
    assert resolver.outside == {("dqmi", "2025-07"): 1}
    assert {(row["org_code_as_published"], row["reason"], row["facts"]) for row in unmatched} == {
        ("RXF", "code RXF and the name belong to different organisations", 2)
    }
    kept = kept.assign(evidence_grade="administrative")[[c.name for c in dqmi_score.columns]]
    assert problems(kept, dqmi_score) == []


def test_coverage_counts_months_and_data_sets() -> None:
    assert reading.counted(dqmi.SOURCE, staged()) == {
        "months held": (1, None, "partial"),
        "data sets in 2025-07": (2, 8, "partial"),
    }


# Small numbers


def test_suppressed_numbers_are_kept_as_such_and_reject_no_row() -> None:
    rows = [
        item("APC", AIREDALE, "NHS NUMBER", "1,000 900 - - - 1 80.5 90 90 79.5 89"),
        item("APC", AIREDALE, "POSTCODE", "* * * 5 * 1 80.5 90 * 79.5 89"),
        item("APC", CLINIC, "NHS NUMBER", "* * - - - 1 * * * * *"),
    ]
    parsed = dqmi.parse(month(rows), "2025-07")
    assert (parsed.rows_in, parsed.rows_used, parsed.rejected) == (3, 3, ())
    found = scores(rows).set_index(["org_code_as_published", "dataset"])
    ours, clinic = found.loc[("RCF", "APC")], found.loc[("NT9", "APC")]
    assert (ours["score"], ours["value_status"], ours["completeness"]) == (90, "published", 0.9)
    assert (pd.isna(clinic["score"]), clinic["value_status"]) == (True, "c")
    assert found.loc[("NT9", "all"), "value_status"] == "c"
    assert staged(rows).set_index("org_code_as_published")["items_suppressed"].to_dict() == {
        "NT9": 1,
        "RCF": 1,
    }


# Discovery

FOLDER = "/binaries/content/assets/website-assets/data-and-information/data-tools-and-services/data-services/data-quality"
MENU = f'<nav><a href="{dqmi.ENTRY_PAGE}">Data quality</a> <a href="{dqmi.PAGES[1]}">DQMI archive (Jan 2026)</a></nav>'


def landing(*links: str, texts: Sequence[str] = ()) -> bytes:
    named = zip(links, [*texts, *["CSV"] * len(links)], strict=False)
    listed = "".join(f'<li><a href="{FOLDER}/{link}">{text}</a></li>' for link, text in named)
    return f"<!doctype html><html><body>{MENU}<ul>{listed}</ul></body></html>".encode()


def found_on(page: bytes) -> list[tuple[str | None, str]]:
    remote = dqmi.SOURCE.remotes[0]
    return [(file.edition, file.part) for file in offered(page, remote.url, remote)]


def test_an_edition_is_the_month_reported_and_not_the_folder_of_its_publication() -> None:
    page = landing(
        "dqmi-2026/april/dqmi_100_csv-v1.csv",
        "dqmi-2026/april/dqmi_100_csv-v1-did.csv",
        "dqmi-2026/april/dqmi_99_csv-v2.csv",
        "dqmi-2026/april/dqmi_98_csv-v1.csv",
        "dqmi-2026/april/dqmi_100.pdf",
        texts=["DQMI-100 (Jan 2026) CSV", "DQMI-100 with DID (Jan 2026) CSV"],
    )
    assert found_on(page) == [("2026-01", ""), ("2026-01-did", ""), ("2025-12", ""), ("2025-11", "")]


def test_the_month_in_the_text_of_a_link_counts_where_issues_are_numbered_otherwise() -> None:
    page = landing("dqmi-2019/05/dqmi_7_csv-v1.csv", texts=["DQMI-7 (January 2019) CSV"])
    assert found_on(page) == [("2019-01", "")]


def test_a_file_about_another_month_than_its_link_is_refused() -> None:
    with pytest.raises(StructureError, match="'Reporting Period': expected 2025-06, found 2025-07"):
        dqmi.parse(month(), "2025-06")
    with pytest.raises(StructureError, match="expected 2026-01, found 2025-07"):
        dqmi.parse(month(), "2026-01-did")


def test_of_two_versions_of_a_month_the_newer_is_taken() -> None:
    versions = [f"dqmi-2026/april/dqmi_100_csv-v{version}.csv" for version in (2, 10, 9)]
    (found,) = offered(landing(*versions), dqmi.ENTRY_PAGE, dqmi.SOURCE.remotes[0])
    assert found.url.endswith("/dqmi_100_csv-v10.csv")


def test_one_version_of_a_month_in_two_files_loses_that_month_only() -> None:
    page = landing(
        "dqmi-2026/april/dqmi_100_csv-v2.csv",
        "dqmi-2026/may/dqmi_100_csv-v2.csv",
        "dqmi-2026/april/dqmi_99_csv-v1.csv",
    )
    found = offered(page, dqmi.ENTRY_PAGE, dqmi.SOURCE.remotes[0])
    assert [file.edition for file in found] == ["2025-12"]
    (clash,) = map(str, found.problems)
    assert "expected one link for 2026-01, found" in clash
    assert "april/dqmi_100_csv-v2.csv and " in clash


def test_a_landing_page_without_a_file_is_an_error() -> None:
    with pytest.raises(FetchError, match="expected exactly one link"):
        found_on(landing("dqmi-2025/july/notes.pdf"))


def test_nothing_is_frozen_before_a_file_was_seen() -> None:
    assert frozen_editions("dqmi") == ()
    assert dqmi.SOURCE.allowed_hosts == {"digital.nhs.uk"}
