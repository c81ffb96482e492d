"""NHS Oversight Framework: league tables and the long file of metrics, files that are refused, organisations, discovery.

Every value of a table made here is plainly artificial; known figures are those of the frozen quarters.
"""

import csv
import io
import re
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import reading
from conftest import staged_rows
from reading import csv_file, failed, resolver

from assets.contract.edition_shape import slug
from assets.contract.parsed import Parsed, StructureError
from assets.organisations.organisation_tables import organisation_type
from assets.reading.structure import problems
from assets.sources import nof
from pipelines.fetching.links import offered
from pipelines.integration.resolver import Resolver
from pipelines.storage.archive import SAFE_NAME

HEADERS = (
    "Quarter",
    "Region",
    "Trust_type",
    "Trust_subtype",
    "Trust_code",
    "Trust_name",
    "Average_score",
    "Likely_range_of_average_score",
    "Segment",
    "Trust_in_financial_deficit",
    "Rank",
    "Likely_range_of_rank",
)
EDITION = "2025/26-Q3"
ACUTE = ("Artificial region", "Acute trust", "Artificial subtype")
AIREDALE = ("Q3 2025/26", *ACUTE, "RCF", "Airedale NHS Foundation Trust")
LEEDS = ("Q3 2025/26", *ACUTE, "RR8", "Leeds Teaching Hospitals NHS Trust")
ROWS = (
    (*AIREDALE, 1.25, "1.00 to 1.50", 1, "No", 1, "1 to 2"),
    (*LEEDS, 4, "3.50 to 4.00", 5, "Yes", 2, "1 to 2"),
)
SEGMENT = 8
"""Place of the segment in a row."""


def league(rows: Sequence[Sequence[Any]] = ROWS, headers: Sequence[str] = HEADERS) -> bytes:
    """Return a league table the publisher's way: text in quotes, numbers bare."""
    return csv_file([headers, *rows], "utf-8", quoting=csv.QUOTE_NONNUMERIC)


def first_quarter() -> bytes:
    """Return a league table of the first quarter: without the column that names it."""
    return league([row[1:] for row in ROWS], HEADERS[1:])


def with_cell(place: int, value: Any) -> tuple[tuple[Any, ...], ...]:
    """Return the rows with one cell of the last one replaced."""
    return (*ROWS[:-1], (*ROWS[-1][:place], value, *ROWS[-1][place + 1 :]))


def many(count: int = 20) -> list[tuple[Any, ...]]:
    """Return as many rows as a small league has, the best first: each quarter of them is a segment."""
    return [
        (
            *("Q3 2025/26", *ACUTE, f"R{i:02d}", f"Artificial {i}"),
            *(1 + i / 10, "NA", 1 + 4 * i // count, "No", i + 1, "NA"),
        )
        for i in range(count)
    ]


def staged(parsed: Parsed, edition: str = EDITION) -> pd.DataFrame:
    return reading.staged(nof.SOURCE, parsed, edition)


@pytest.fixture(scope="module", autouse=True)
def library() -> None:
    """Import the slow library before the first test, not inside it."""
    import great_expectations  # noqa: F401


def sample(publisher_files: Path, kind: str) -> bytes:
    path = publisher_files / "nof" / f"nof_mh_community_{kind}_q4_2025-26_RDY_only.csv"
    if not path.exists():
        pytest.skip(f"{path.name} is not here")
    return path.read_bytes()


# Real files: cuts for one trust


def test_the_row_of_a_real_league_table_is_read_as_printed(publisher_files: Path) -> None:
    content = sample(publisher_files, "league")
    (printed,) = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
    parsed = nof.parse(content, "2025/26-Q4")
    assert (parsed.rows_in, parsed.rejected, parsed.drift) == (1, (), ())
    assert parsed.rows.iloc[0].to_dict() == {
        "org_code_as_published": printed["Trust_code"],
        "org_name_as_published": printed["Trust_name"],
        "region_as_published": printed["Region"],
        "trust_type": printed["Trust_type"],
        "trust_subtype": printed["Trust_subtype"],
        "segment": int(printed["Segment"]),
        "average_score": float(printed["Average_score"]),
        "average_score_likely_range": printed["Likely_range_of_average_score"],
        "in_financial_deficit": printed["Trust_in_financial_deficit"] == "Yes",
        "league_rank": int(printed["Rank"]),
        "league_rank_likely_range": printed["Likely_range_of_rank"],
        "read_from": "league_table",
        "source_sheet": "",
        "source_row": 2,
    }


def test_the_headers_here_are_the_publishers(publisher_files: Path) -> None:
    assert next(csv.reader(io.StringIO(sample(publisher_files, "league").decode("utf-8-sig")))) == list(
        HEADERS
    )


def test_the_real_row_is_about_a_trust_that_is_known(publisher_files: Path) -> None:
    rows = staged(nof.parse(sample(publisher_files, "league"), "2025/26-Q4"), "2025/26-Q4")
    kept, unmatched = resolver().resolve(
        nof.facts(rows)["oversight_segment"], nof.SOURCE, "oversight_segment"
    )
    assert unmatched == []
    assert kept[["org_code", "current_org_code", "quarter", "evidence_grade"]].iloc[0].tolist() == [
        "RDY",
        "RDY",
        "Q4 2025/26",
        "regulator",
    ]


@pytest.mark.parametrize("quarter", range(1, 5))
def test_f99_the_real_file_of_metrics_agrees_with_what_is_held(publisher_files: Path, quarter: int) -> None:
    long = publisher_files / "nof" / "nhs-oversight-framework-mental-health-and-community-trust-data.csv"
    parsed = nof.parse(long.read_bytes(), f"2025/26-Q{quarter}")
    held = staged_rows("nof").query(f"edition == '2025/26-Q{quarter}'").set_index("org_code_as_published")
    found = parsed.rows.set_index("org_code_as_published").loc[held.index]
    assert (parsed.rows_in, len(held), parsed.rejected) == (61, 61, ())
    for name in ("segment", "average_score", "league_rank", "org_name_as_published", "trust_subtype"):
        assert found[name].tolist() == held[name].tolist(), name


def test_a_cut_of_a_file_would_not_be_accepted_as_an_edition(publisher_files: Path) -> None:
    rows = staged(nof.parse(sample(publisher_files, "league"), "2025/26-Q4"), "2025/26-Q4")
    assert {"as_many_trusts_as_a_league_has", "the_league_has_a_first"} <= failed(nof.SOURCE, rows)


# The frozen quarters


def test_a30_the_fourth_quarter_is_the_whole_league_table() -> None:
    rows = staged_rows("nof").query("edition == '2025/26-Q4'")
    assert (len(rows), round(rows["average_score"].sum(), 2)) == (61, 142.32)
    assert rows["segment"].value_counts().to_dict() == {3: 17, 2: 16, 1: 14, 4: 14}
    assert set(rows["read_from"]) == {"league_table"}
    assert (
        rows[["average_score_likely_range", "league_rank_likely_range", "in_financial_deficit"]]
        .notna()
        .all()
        .all()
    )


def test_four_quarters_have_a_segment_and_a_score_of_every_trust() -> None:
    rows = staged_rows("nof")
    assert rows.groupby("edition").size().to_dict() == {f"2025/26-Q{number}": 61 for number in range(1, 5)}
    assert rows[["segment", "average_score", "league_rank"]].notna().all().all()
    assert set(rows.loc[rows["edition"] != "2025/26-Q4", "read_from"]) == {"metrics"}


def test_f94_a_renamed_trust_is_kept_by_its_code_and_listed() -> None:
    one = Resolver(reading.organisations())
    kept, unmatched = one.resolve(
        nof.facts(staged_rows("nof"))["oversight_segment"], nof.SOURCE, "oversight_segment"
    )
    assert (len(kept), unmatched) == (244, [])
    doubted = {(row["org_code"], row["status"], row["facts"]) for row in one.noted}
    assert doubted == {("TAH", "name_disagrees", 1)}


# Layout


def test_a_league_table_gives_a_row_per_trust() -> None:
    rows = staged(nof.parse(league(), EDITION))
    names = [
        "org_code_as_published",
        "average_score",
        "average_score_likely_range",
        "segment",
        "in_financial_deficit",
        "league_rank",
        "league_rank_likely_range",
        "source_row",
    ]
    assert rows[names].to_numpy().tolist() == [
        ["RCF", 1.25, "1.00 to 1.50", 1, False, 1, "1 to 2", 2],
        ["RR8", 4.0, "3.50 to 4.00", 5, True, 2, "1 to 2", 3],
    ]
    assert set(rows["trust_subtype"]) == {"Artificial subtype"}


def test_the_first_quarter_has_no_column_that_names_it() -> None:
    parsed = nof.parse(first_quarter(), "2025/26-Q1")
    assert parsed.rows_in == 2
    assert parsed.rows.equals(nof.parse(league(), EDITION).rows)
    with pytest.raises(StructureError, match="expected column 'Quarter', found no column like it"):
        nof.parse(first_quarter(), "2025/26-Q2")


METRIC_HEADERS = (*HEADERS[:6], "Metric_ID", "Units", "Value", "Rank")


def metrics(rows: Sequence[Sequence[Any]] = ROWS, headers: Sequence[str] = METRIC_HEADERS) -> bytes:
    """Return the long file: segment, average score and another metric of each trust, in two quarters."""
    lines = [
        (quarter, *row[1:6], metric, units, value, rank)
        for quarter in ("Q2 2025/26", "Q3 2025/26")
        for row in rows
        for metric, units, value, rank in (
            ("OF0001", "%", "55.5", 7),
            ("OF5002", "score", row[6], 9),
            ("OF5000", "segment", f"{row[SEGMENT]}.0", row[10]),
        )
    ]
    return csv_file([headers, *lines], "utf-8")


def test_f99_the_long_file_gives_the_quarter_without_ranges_and_deficit() -> None:
    parsed = nof.parse(metrics(), EDITION)
    names = ["org_code_as_published", "average_score", "segment", "league_rank", "read_from", "source_row"]
    assert parsed.rows[names].to_numpy().tolist() == [
        ["RCF", 1.25, 1, 1, "metrics", 10],
        ["RR8", 4.0, 5, 2, "metrics", 13],
    ]
    missing = ["average_score_likely_range", "league_rank_likely_range", "in_financial_deficit"]
    assert parsed.rows[missing].isna().all().all()
    assert (parsed.rows_in, parsed.ignored) == (
        2,
        (
            "8 rows of other metrics or other quarters",
            "2 rows of average scores, each of which is read into the row of its segment",
        ),
    )


def test_f99_a_trust_in_a_league_table_and_in_the_long_file_counts_once() -> None:
    both = pd.concat([staged(nof.parse(metrics(), EDITION)), staged(nof.parse(league(ROWS[:1]), EDITION))])
    found = nof.facts(both.reset_index(drop=True))
    kinds = found["oversight_segment"].set_index("org_code_as_published")["read_from"].to_dict()
    assert kinds == {"RCF": "league_table", "RR8": "metrics"}
    assert len(found["oversight_segment"]) == len(found["organisation_type"]) == 2


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ((b"OF5000", b"OF5001"), r"expected metric OF5000 \(segment\) of Q3 2025/26, found none in the quarters Q2"),
        ((b"Q3 2025/26", b"Q4 2025/26"), r"of Q3 2025/26, found none in the quarters Q2 2025/26, Q4 2025/26"),
        ((b"OF5000,segment", b"OF5000,score"), "expected metric OF5000 in units 'segment', found 'score'"),
        ((b"RR8,Leeds Teaching Hospitals NHS Trust,OF5002", b"RR9,Leeds Teaching Hospitals NHS Trust,OF5002"), "without the other or two for RR8, RR9"),
        ((b"RR8,Leeds Teaching Hospitals NHS Trust,OF5002", b"RCF,Leeds Teaching Hospitals NHS Trust,OF5002"), "without the other or two for RR8"),
        ((b"Value", b"Amount"), "expected column 'Value', found no column like it"),
    ],
)  # fmt: skip
def test_a_long_file_that_lacks_a_metric_or_a_trust_is_refused(change: tuple[bytes, bytes], why: str) -> None:
    with pytest.raises(StructureError, match=why):
        nof.parse(metrics().replace(*change), EDITION)


def test_columns_in_another_order_and_one_more_change_nothing() -> None:
    turned = league([(*row[::-1], "new") for row in ROWS], (*HEADERS[::-1], "Artificial"))
    parsed = nof.parse(turned, EDITION)
    assert parsed.rows.equals(nof.parse(league(), EDITION).rows)
    assert parsed.drift == ("the file: column 'Artificial' is new and not published",)


def test_what_is_not_available_is_null_with_a_status() -> None:
    unknown = (*LEEDS[:3], "NA", *LEEDS[4:], "NA", "NA", "NA", "NA", "NA", "NA")
    rows = staged(nof.parse(league([ROWS[0], unknown]), EDITION))
    found = nof.facts(rows)["oversight_segment"]
    assert found["value_status"].tolist() == ["published", "x"]
    known = [c.name for c in nof.ROW.columns(without=["trust_type", "region_as_published", "read_from"])]
    assert found[known].iloc[1].isna().all()
    assert found[known].iloc[0].notna().all()


@pytest.mark.parametrize(
    ("place", "value", "reason"),
    [
        (4, "\u0420R8", "expected an ODS code"),
        (5, "=1+1", "runs as a formula"),
        (6, "7.5", "expected 0 to 5, found 7.5"),
        (SEGMENT, "6", "expected 1 to 5, found 6"),
        (SEGMENT, "1.5", "expected a whole number, found 1.5"),
        (SEGMENT, "<2", "expected a number, found '<2'"),
        (9, "Maybe", "expected Yes or No, found 'Maybe'"),
        (10, "0", "expected 1 to 500, found 0"),
    ],
)
def test_a_cell_that_breaks_its_grammar_rejects_its_row(place: int, value: Any, reason: str) -> None:
    parsed = nof.parse(league(with_cell(place, value)), EDITION)
    assert len(parsed.rows) == 1
    ((row, found),) = [(one.row, one.reason) for one in parsed.rejected]
    assert row == 3
    assert reason in found


@pytest.mark.parametrize(
    ("content", "edition", "sentence"),
    [
        (league(with_cell(0, "Q2 2025/26")), EDITION, "expected 'Q3 2025/26' .* found 'Q2 2025/26'"),
        (league(), "2025/26", "expected a quarter like 2025/26-Q1 as the edition, found '2025/26'"),
        (league(), "2025/27-Q3", "expected a financial year like 2018/19 as the edition, found '2025/27'"),
        (league(headers=[*HEADERS[:8], "Segments", *HEADERS[9:]]), EDITION, "'Segment', found 'Segments'"),
        (league(headers=[*HEADERS[:8], "Rank", *HEADERS[9:]]), EDITION, "column 'Segment'"),
        (league(headers=(*HEADERS, "Rank")), EDITION, "expected column 'Rank' once, found it twice"),
        (league([]), EDITION, "expected at least one usable data row, found none"),
        (league()[:-20], EDITION, "the file is cut"),
        (b"<!doctype html><html>Not found</html>", EDITION, "expected a CSV file, found html"),
        (b"", EDITION, "expected a CSV file, found empty"),
    ],
)
def test_a_file_of_another_layout_or_quarter_is_refused(content: bytes, edition: str, sentence: str) -> None:
    with pytest.raises(StructureError, match=sentence):
        nof.parse(content, edition)


@pytest.mark.parametrize(
    ("edition", "first", "last"),
    [
        ("2025/26-Q1", date(2025, 4, 1), date(2025, 6, 30)),
        ("2025/26-Q2", date(2025, 7, 1), date(2025, 9, 30)),
        ("2025/26-Q3", date(2025, 10, 1), date(2025, 12, 31)),
        ("2027/28-Q4", date(2028, 1, 1), date(2028, 3, 31)),
    ],
)
def test_a_quarter_has_its_days(edition: str, first: date, last: date) -> None:
    assert nof.days(edition) == (first, last)


def test_editions_sort_by_time() -> None:
    editions = ["2026/27-Q1", "2025/26-Q4", "2025/26-Q1", "2025/26-Q3"]
    assert sorted(editions) == sorted(editions, key=nof.days)


# Expectations


def test_a_whole_league_is_accepted() -> None:
    results = reading.checks(nof.SOURCE, staged(nof.parse(league(many()), EDITION)))
    assert [check.check for check in results if not check.success] == []


def test_a_trust_twice_and_a_constant_score_are_not() -> None:
    rows = [(*row[:6], 2, *row[7:]) for row in many()]
    frame = staged(nof.parse(league([*rows, rows[0]]), EDITION))
    assert failed(nof.SOURCE, frame) == {"a_trust_is_ranked_once", "scores_are_spread"}


# Facts


def test_a_trust_is_looked_up_by_code_and_name_and_never_guessed() -> None:
    wrong = (
        *ROWS,
        (*LEEDS[:4], "RXX", "Airedale NHS Foundation Trust", 2, "NA", 2, "No", 3, "NA"),
        (*LEEDS[:4], "RR8", "Barts Health NHS Trust", 2, "NA", 2, "No", 4, "NA"),
    )
    rows = staged(nof.parse(league(wrong), EDITION))
    kept, unmatched = resolver().resolve(
        nof.facts(rows)["oversight_segment"], nof.SOURCE, "oversight_segment"
    )
    assert kept["org_code"].tolist() == ["RCF", "RR8"]
    assert [(row["org_code_as_published"], row["org_name_as_published"]) for row in unmatched] == [
        ("RXX", "Airedale NHS Foundation Trust"),
        ("RR8", "Barts Health NHS Trust"),
    ]
    published = kept[list(nof.oversight_segment.columns.keys())]
    assert problems(published, nof.oversight_segment) == []


def test_a_fact_is_about_its_quarter() -> None:
    found = nof.facts(staged(nof.parse(league(), EDITION)))["oversight_segment"]
    assert set(found["quarter"]) == {"Q3 2025/26"}
    assert found[["period_start", "period_end", "resolve_on"]].iloc[0].tolist() == [
        date(2025, 10, 1),
        date(2025, 12, 31),
        date(2025, 12, 31),
    ]


def test_the_subtype_is_a_type_of_organisation_and_a_missing_one_is_none() -> None:
    untyped = (*LEEDS[:3], "NA", *LEEDS[4:], *ROWS[1][6:])
    rows = staged(nof.parse(league([ROWS[0], untyped]), EDITION))
    kept, _ = resolver().resolve(nof.facts(rows)["organisation_type"], nof.SOURCE, "organisation_type")
    assert kept[["org_code", "scheme", "type", "as_of_date", "value_status"]].to_numpy().tolist() == [
        ["RCF", "nof_trust_subtype", "Artificial subtype", date(2025, 12, 31), "published"]
    ]
    assert problems(kept[list(organisation_type.columns.keys())], organisation_type) == []


def test_leagues_that_are_not_here_are_counted() -> None:
    rows = staged(nof.parse(league(), EDITION))
    assert reading.counted(nof.SOURCE, rows) == {"league tables of Q3 2025/26": (1, 3, "partial")}


# Discovery

UPLOADS = "https://www.england.nhs.uk/wp-content/uploads"


def page(*files: str) -> bytes:
    return "".join(f'<a href="{UPLOADS}/{name}">Artificial</a>' for name in files).encode()


def test_every_league_table_of_the_page_is_found_and_no_file_of_metrics() -> None:
    start = "nhs-oversight-framework"
    remote = nof.SOURCE.remotes[0]
    content = page(
        f"2025/09/{start}-acute-trust-league-table.csv",
        f"2025/09/{start}-non-acute-hospital-trust-league-table.csv",
        f"2025/09/{start}-ambulance-trust-league-table.csv",
        f"2025/09/{start}-acute-trust-data.csv",
        f"2026/03/{start}-acute-trust-league-table-q3-25-26-v2.csv",
        f"2026/03/{start}-mental-health-and-community-trust-league-table-q3-25-26.csv",
        f"2026/03/{start}-mental-health-and-community-trust-data-q3-25-26.csv",
        f"2026/03/{start}-acute-trust-league-table-q3-25-27.csv",
        f"2026/06/{start}-mental-health-and-community-trust-league-table.csv",
        f"2025/12/{start}-ambulance-trust-league-table-q2.csv",
    )
    found = offered(content, nof.PAGES[0], remote)
    assert [(file.edition, file.part, file.url.rpartition("trust-")[2]) for file in found] == [
        ("2025/26-Q1", "acute", "league-table.csv"),
        ("2025/26-Q1", "non-acute-hospital", "league-table.csv"),
        ("2025/26-Q1", "ambulance", "league-table.csv"),
        ("2025/26-Q3", "acute", "league-table-q3-25-26-v2.csv"),
        ("2025/26-Q3", "mental-health-and-community", "league-table-q3-25-26.csv"),
        ("", "mental-health-and-community", "league-table.csv"),
        ("", "ambulance", "league-table-q2.csv"),
    ]
    (unread,) = map(str, found.problems)
    assert "acute-trust-league-table-q3-25-27.csv (no quarter of a financial year" in unread


def test_a_table_without_a_quarter_in_its_name_gives_it_in_its_column() -> None:
    (reported,) = {remote.edition_in for remote in nof.SOURCE.remotes}
    assert reported
    assert reported(league(many())) == "2025/26-Q3"
    assert reported(league([row[1:] for row in many()], HEADERS[1:])) == nof.FIRST
    mixed = [("Q4 2025/26", *row[1:]) if number else row for number, row in enumerate(many())]
    with pytest.raises(StructureError, match="column 'Quarter': expected one quarter"):
        reported(league(mixed))


def test_of_two_versions_of_one_table_the_newer_is_taken() -> None:
    name = "nhs-oversight-framework-acute-trust-league-table-q3-25-26"
    remote = nof.SOURCE.remotes[0]
    versions = (f"2026/03/{name}-v2.csv", f"2026/03/{name}.csv", f"2026/04/{name}-v10.csv")
    (found,) = offered(page(*versions), nof.PAGES[0], remote)
    assert found.url.endswith("-v10.csv")
    (again,) = offered(page(versions[0], f"2026/03/{name}-v2-1.csv"), nof.PAGES[0], remote)
    assert again.url.endswith("-v2-1.csv")


def test_one_version_of_a_table_in_two_places_loses_that_table_only() -> None:
    name = "nhs-oversight-framework-{}-trust-league-table-q3-25-26-v2.csv"
    places = [f"2026/0{month}/{name.format('acute')}" for month in (3, 4)]
    found = offered(page(*places, f"2026/03/{name.format('ambulance')}"), nof.PAGES[0], nof.SOURCE.remotes[0])
    assert [(file.edition, file.part) for file in found] == [("2025/26-Q3", "ambulance")]
    (clash,) = map(str, found.problems)
    assert re.search("one link for 2025/26-Q3 acute, found .*2026/03/.* and .*2026/04/", clash)


def test_an_edition_can_be_a_file_name() -> None:
    assert re.fullmatch(SAFE_NAME, slug(nof.FIRST))


# The part


def typed(trust_type: str) -> bytes:
    """Return a league table whose second row is of another type."""
    return league(with_cell(2, trust_type))


@pytest.mark.parametrize(
    ("part", "spelt"),
    [
        ("acute", "ACUTE TRUSTS"),
        ("ambulance", "Ambulance trust"),
        ("mental-health-and-community", "Mental health & community trust"),
        ("mental-health-and-community", "Mental Health and Community Trust"),
        ("non-acute-hospital", "Non-acute hospital trust"),
    ],
)
def test_a_type_in_any_spelling_fits_its_part_and_no_other(part: str, spelt: str) -> None:
    rows = [(*row[:2], spelt, *row[3:]) for row in ROWS]
    assert len(nof.SOURCE.read(league(rows), EDITION, part).rows) == 2
    for other in {*nof.LEAGUES} - {part}:
        with pytest.raises(
            StructureError, match=f"trusts of part '{other}', found '{spelt}'.*correct --part"
        ):
            nof.SOURCE.read(league(rows), EDITION, other)


def test_one_trust_of_another_type_is_refused_with_its_row() -> None:
    with pytest.raises(
        StructureError, match="row 3: expected trusts of part 'acute', found 'Ambulance trust'"
    ):
        nof.SOURCE.read(typed("Ambulance trust"), EDITION, "acute")


def test_metrics_of_another_league_are_refused_too() -> None:
    assert len(nof.SOURCE.read(metrics(), EDITION, "acute").rows) > 0
    with pytest.raises(StructureError, match="expected trusts of part 'ambulance', found 'Acute trust'"):
        nof.SOURCE.read(metrics(), EDITION, "ambulance")


def test_the_third_league_has_both_names_in_the_first_quarter_only() -> None:
    rows = [(*row[1:2], "Mental health and community trust", *row[3:]) for row in ROWS]
    content = league(rows, HEADERS[1:])
    assert len(nof.SOURCE.read(content, nof.FIRST, "non-acute-hospital").rows) == 2
    with pytest.raises(StructureError, match="expected trusts of part 'acute'"):
        nof.SOURCE.read(content, nof.FIRST, "acute")


def test_segments_keep_their_level() -> None:
    """Between held quarters the median trust keeps its segment; one too high everywhere is 1.25 times at the least."""
    quarters = [
        held.set_index("org_code_as_published")["segment"]
        for _, held in staged_rows("nof").groupby("edition")
    ]
    assert len(quarters) >= 4
    (level,) = (one for one in nof.SOURCE.guards if one.check == "segment_keeps_its_level")
    for before, now in pairwise(quarters):
        assert level.least < (now / before).median() < level.threshold < ((now + 1) / before).median()
