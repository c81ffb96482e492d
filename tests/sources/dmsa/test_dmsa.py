"""Digital Maturity Self-Assessment 2015/16: no file of the publisher is at hand, so its layout is made from its contract.

Every score here is artificial; names and codes are those of the list of trusts of the day.
"""

import io
import json
from collections.abc import Sequence
from datetime import date
from typing import Any

import openpyxl
import pandas as pd
import pytest
import reading
from reading import csv_file, organisations

from assets.contract.frozen_editions import frozen_editions
from assets.contract.parsed import Parsed, StructureError
from assets.reading.structure import problems
from assets.sources import dma, dmsa
from assets.tables.facts import maturity_score
from pipelines.fetching.client import FetchError
from pipelines.fetching.links import offered
from pipelines.integration.resolver import Resolver

HEADERS = ("Organisation Code", "Organisation Name", "Theme", "Section", "Question", "Score")
SALFORD = ("RM3", "SALFORD ROYAL NHS FOUNDATION TRUST")
DEVON = ("RWV", "DEVON PARTNERSHIP NHS TRUST")
AGREE = ("Readiness", "Leadership", "Artificial question on agreement")
PLAN = ("Readiness", "Strategy", "Artificial question on plans")
SHARE = ("Capabilities", "Records", "Artificial question on shares")
RECORD = ("Capabilities", "Records", "Artificial question on records")
NUMBERS = ("Enabling Infrastructure", "Standards", "Artificial question on NHS numbers")
ROWS = (
    (*SALFORD, *AGREE, "75"),
    (*SALFORD, *PLAN, "100"),
    (*SALFORD, *SHARE, "20"),
    (*SALFORD, *RECORD, "50"),
    (*SALFORD, *NUMBERS, "87"),
    (*DEVON, *AGREE, "25"),
    (*DEVON, *PLAN, "n/a"),
    (*DEVON, *SHARE, "0"),
    (*DEVON, *RECORD, ""),
    (*DEVON, *NUMBERS, "17"),
)


def answers(rows: Sequence[Sequence[str]] = ROWS, headers: Sequence[str] = HEADERS) -> bytes:
    return csv_file([headers, *rows], "utf-8")


def workbook(sheets: dict[str, Sequence[Sequence[Any]]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def staged(parsed: Parsed, sha256: str = "a" * 64) -> pd.DataFrame:
    return parsed.rows.assign(edition="2015/16", source_file_sha256=sha256)


def scores(rows: Sequence[Sequence[str]] = ROWS) -> pd.DataFrame:
    return dmsa.facts(staged(dmsa.parse(answers(rows), "2015/16")))["maturity_score"]


# Layout


def test_a_file_of_answers_gives_a_row_per_answer() -> None:
    parsed = dmsa.parse(answers(), "2015/16")
    assert problems(staged(parsed), dmsa.TABLE) == []
    assert (parsed.rows_in, parsed.rejected, parsed.drift, parsed.ignored) == (10, (), (), ())
    first, *_, no_answer, last = (
        parsed.rows.astype(object).where(parsed.rows.notna(), None).to_dict("records")
    )
    assert first == {
        "org_code_as_published": "RM3",
        "org_name_as_published": SALFORD[1],
        "theme": "readiness",
        "section": "Leadership",
        "question": AGREE[2],
        "score": 75.0,
        "value_status": "published",
        "source_sheet": "",
        "source_row": 2,
    }
    assert (no_answer["score"], no_answer["value_status"]) == (None, "x")
    assert (last["theme"], last["score"], last["source_row"]) == ("infrastructure", 17.0, 11)
    assert parsed.rows["value_status"].tolist().count("z") == 1


def test_headers_are_found_by_any_name_of_their_meaning_whatever_their_case_blanks_and_order() -> None:
    headers = ("ODS  code", "Trust Name", "THEME", "section name", "Question Text", " answer score ")
    parsed = dmsa.parse(answers([row[::-1] for row in ROWS], headers[::-1]), "2015/16")
    assert parsed.rows.drop(columns="source_row").equals(
        dmsa.parse(answers(), "2015/16").rows.drop(columns="source_row")
    )


def test_a_workbook_is_read_from_the_one_sheet_that_holds_answers() -> None:
    numbers = [(*row[:5], float(row[5]) if row[5].isdigit() else row[5]) for row in ROWS]
    book = workbook({"Notes": [("Artificial",)], "Data": [("Title",), (), HEADERS, *numbers]})
    parsed = dmsa.parse(book, "2015/16")
    assert parsed.rows["score"].equals(dmsa.parse(answers(), "2015/16").rows["score"])
    assert (parsed.rows["source_row"].min(), set(parsed.rows["source_sheet"])) == (4, {"Data"})
    assert parsed.ignored == ("sheet 'Notes' holds no answers",)


def test_a_new_column_is_reported_and_not_published() -> None:
    parsed = dmsa.parse(answers([(*row, "x") for row in ROWS], (*HEADERS, "Answer")), "2015/16")
    assert parsed.drift == ("the file: column 'Answer' is new and not published",)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (
            answers([row[:5] for row in ROWS], HEADERS[:5]),
            "columns for score (one of 'score', 'answer score', 'question score'), found the headers 'Organisation Code', 'Organisation Name', 'Theme', 'Section', 'Question' in the file",
        ),
        (
            answers([(*SALFORD, "75", "50")], ("Organisation Code", "Organisation Name", "Q1", "Q2")),
            "found the headers 'Organisation Code', 'Organisation Name', 'Q1', 'Q2' in the file",
        ),
        (
            answers([(*row, "1") for row in ROWS], (*HEADERS, "Answer score")),
            "expected one column for score, found 'Score' and 'Answer score'",
        ),
        (
            workbook({"A": [HEADERS, ROWS[0]], "B": [HEADERS, ROWS[1]]}),
            "in one sheet, found them in 'A', 'B'",
        ),
        (workbook({"A": [("only notes",)]}), "found the headers 'only notes' in sheet 'A'"),
        (b"%PDF-1.4 artificial", "expected answers in a CSV file or an xlsx workbook, found pdf"),
        (b"<!doctype html><html></html>", "found html"),
        (answers([], HEADERS), "expected at least one usable data row, found none"),
    ],
)
def test_another_layout_is_refused_with_what_it_looks_like(content: bytes, told: str) -> None:
    with pytest.raises(StructureError) as refused:
        dmsa.parse(content, "2015/16")
    assert told in str(refused.value)


def test_there_is_no_other_round() -> None:
    with pytest.raises(StructureError, match=r"expected edition 2015/16, .* found '2017'"):
        dmsa.parse(answers(), "2017")


# Scales


def test_every_score_of_every_scale_of_the_publisher_is_taken() -> None:
    rows = [
        (f"R{place:02}", f"ARTIFICIAL {place}", "Readiness", "Artificial", f"scale {number}", str(score))
        for number, scale in enumerate(dmsa.SCALES)
        for place, score in enumerate(scale)
    ]
    parsed = dmsa.parse(answers(rows), "2015/16")
    assert (parsed.rows["score"].tolist(), parsed.rejected) == ([float(row[5]) for row in rows], ())


@pytest.mark.parametrize("score", ["10", "33", "49.5", "101", "-25", "75%", "Agree completely"])
def test_a_score_on_no_scale_rejects_its_row(score: str) -> None:
    parsed = dmsa.parse(answers([*ROWS, ("R1A", "ARTIFICIAL", *AGREE, score)]), "2015/16")
    (rejected,) = parsed.rejected
    assert (len(parsed.rows), rejected.row) == (10, 12)
    assert "column 'Score': expected" in rejected.reason


def test_a_score_of_another_scale_than_its_question_rejects_its_row() -> None:
    parsed = dmsa.parse(answers([*ROWS, ("R1A", "ARTIFICIAL", *AGREE, "20")]), "2015/16")
    assert [row.reason for row in parsed.rejected] == [
        "column 'Score': expected a score on the scale of the question (0, 25, 50, 75, 100), found 20"
    ]


@pytest.mark.parametrize(
    ("place", "value", "told"),
    [
        (0, "rm3", "expected an ODS code"),
        (1, "=HYPERLINK()", "a spreadsheet runs as a formula"),
        (2, "Funding", "expected one of readiness, capabilities, infrastructure"),
        (4, "", "'Question': expected a value, found an empty cell"),
    ],
)
def test_a_bad_cell_rejects_its_row(place: int, value: str, told: str) -> None:
    bad = [*ROWS[0]]
    bad[place] = value
    parsed = dmsa.parse(answers([*ROWS[1:], bad]), "2015/16")
    assert [told in row.reason for row in parsed.rejected] == [True]


# Facts


def test_a_theme_is_the_unweighted_mean_of_its_answers() -> None:
    found = scores().set_index(["org_code_as_published", "measure"])["score"].to_dict()
    assert found == {
        ("RM3", "readiness"): 87.5,
        ("RM3", "capabilities"): 35.0,
        ("RM3", "infrastructure"): 87.0,
        ("RM3", "theme_mean_derived"): 69.833333,
        ("RWV", "readiness"): 25.0,
        ("RWV", "capabilities"): 0.0,
        ("RWV", "infrastructure"): 17.0,
        ("RWV", "theme_mean_derived"): 14.0,
    }


def test_who_left_a_theme_out_has_no_score_for_it_and_no_mean_of_the_three() -> None:
    rows = [row if row[:3] != (*DEVON, NUMBERS[0]) else (*row[:5], "") for row in ROWS]
    found = scores(rows)
    assert set(found[found["org_code_as_published"] == "RWV"]["measure"]) == {"readiness", "capabilities"}


def test_a_score_says_that_it_is_derived_and_of_which_instrument_scale_and_period() -> None:
    found = scores()
    constant = {name: set(found[name]) for name in ("instrument", "period", "value_status", "shared_score")}
    assert constant == {
        "instrument": {"DMSA"},
        "period": {"2015/16"},
        "value_status": {"e"},
        "shared_score": {False},
    }
    assert set(zip(found["scale_minimum"], found["scale_maximum"], strict=True)) == {(0.0, 100.0)}
    assert set(zip(found["period_start"], found["period_end"], strict=True)) == {
        (date(2015, 4, 1), date(2016, 3, 31))
    }
    assert set(found["care_setting"]) == {"whole_organisation"}


def test_the_same_answers_in_two_files_count_once_and_the_fuller_file_is_used() -> None:
    whole = staged(dmsa.parse(answers(), "2015/16"), "b" * 64)
    part = staged(dmsa.parse(answers(ROWS[:5]), "2015/16"), "a" * 64)
    found = dmsa.facts(pd.concat([part, whole], ignore_index=True))["maturity_score"]
    assert set(found["source_file_sha256"]) == {"b" * 64}
    assert len(found) == len(scores())


def test_organisations_are_found_by_code_and_name_of_the_day() -> None:
    stranger = ("RM3", "DEVON PARTNERSHIP NHS TRUST")
    unknown = ("ZZ9", "ARTIFICIAL HOSPITALS NHS TRUST")
    frame = scores([*ROWS, (*unknown, *AGREE, "50")])
    resolver = Resolver(organisations())
    kept, unmatched = resolver.resolve(frame, dmsa.SOURCE, "maturity_score")
    assert set(kept["org_code"]) == {"RM3", "RWV"}
    assert set(kept["org_name"]) == {SALFORD[1], DEVON[1]}
    assert [(row["org_code_as_published"], row["reason"]) for row in unmatched] == [
        ("ZZ9", "code ZZ9 is in no list of trusts")
    ]
    published = kept[[c.name for c in maturity_score.columns]]
    assert problems(published, maturity_score) == []
    mixed, why = resolver.resolve(scores([(*stranger, *AGREE, "50")]), dmsa.SOURCE, "maturity_score")
    assert (len(mixed), why[0]["reason"]) == (0, "code RM3 and the name belong to different organisations")


def test_the_self_assessment_is_never_comparable_with_the_assessment() -> None:
    rows = dmsa.SOURCE.comparability
    assert {row.with_instrument for row in rows} == {"DMA"}
    assert not any(row.comparable for row in rows)
    pairs = {(row.measure, row.with_measure, row.with_period) for row in rows}
    assert len(pairs) == len(rows) == 4 * 10
    assert {measure for measure, _, _ in pairs} == {
        "readiness",
        "capabilities",
        "infrastructure",
        "theme_mean_derived",
    }
    assert {other for _, other, _ in pairs} == {*dma.PILLARS.values(), dma.OVERALL, dma.PILLAR_MEAN}


def test_coverage_counts_organisations_and_files() -> None:
    found = reading.counted(dmsa.SOURCE, staged(dmsa.parse(answers(), "2015/16")))
    assert list(found.values()) == [(2, 239, "partial"), (1, 5, "partial")]


# Discovery


def catalogue(*resources: tuple[str, str]) -> bytes:
    listed = [{"name": name, "url": url} for name, url in resources]
    return json.dumps({"success": True, "result": {"url": "", "resources": listed}}).encode()


def resource(number: int, file: str) -> str:
    return f"https://data.england.nhs.uk/dataset/artificial/resource/{number}/download/{file}"


def test_every_readable_file_of_the_catalogue_is_a_part_of_the_edition() -> None:
    (remote,) = dmsa.SOURCE.remotes
    page = catalogue(
        ("Full data, database format", resource(1, "dma_database.csv")),
        ("Full data, tabular", resource(2, "DMA%20tabular.xlsx")),
        ("Guide", resource(3, "guide.pdf")),
    )
    found = [(file.edition, file.part, file.url) for file in offered(page, remote.url, remote)]
    assert found == [
        ("2015/16", "dma-database", resource(1, "dma_database.csv")),
        ("2015/16", "dma-tabular", resource(2, "DMA%20tabular.xlsx")),
    ]


def test_a_catalogue_without_readable_files_is_an_error_that_lists_what_there_is() -> None:
    (remote,) = dmsa.SOURCE.remotes
    with pytest.raises(FetchError, match=r"candidates: .*guide\.pdf"):
        offered(catalogue(("Guide", resource(3, "guide.pdf"))), remote.url, remote)


def test_nothing_is_frozen_before_a_file_was_seen() -> None:
    assert frozen_editions("dmsa") == ()
    assert dmsa.SOURCE.allowed_hosts == {"data.england.nhs.uk"}
