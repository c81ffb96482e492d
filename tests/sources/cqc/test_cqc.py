"""Care Quality Commission: a spreadsheet of the publisher's layout read as a stream, and what is refused.

Of the publisher's own files none is here; two lists are held as a re-user compiled them. Every value of a file made
here is plainly artificial.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd
import pytest
import reading
from conftest import staged_rows
from opendocuments import document, line, packed, sheet
from reading import csv_file, resolver

from assets.contract.parsed import Parsed, StructureError
from assets.reading.structure import problems
from assets.sources import cqc
from pipelines.fetching.client import FetchError
from pipelines.fetching.links import offered

EDITION = "2026-07-01"
HEADERS = (
    "Provider ID",
    "Provider Name",
    "Provider Type",
    "Provider Region",
    "Service / Population Group",
    "Domain",
    "Latest Rating",
    "Publication Date",
    "URL",
)
NHS = "NHS Healthcare Organisation"


def row(
    code: str,
    name: str,
    question: str,
    rating: str,
    day: str = "01/05/2024",
    *,
    kind: str = NHS,
    group: str = "Overall",
) -> tuple[str, ...]:
    return (code, name, kind, "Artificial region", group, question, rating, day, "https://example.org")


AIREDALE = ("RCF", "Airedale NHS Foundation Trust")
LEEDS = ("RR8", "Leeds Teaching Hospitals NHS Trust")
ROWS = (
    row(*AIREDALE, "Safe", "Inadequate"),
    row(*AIREDALE, "Overall", "Good"),
    row(*AIREDALE, "Well-led", "Outstanding", "02/05/2024"),
    row(*AIREDALE, "Overall", "Inadequate", group="Maternity"),
    row("1-1234567", "Artificial Care Limited", "Overall", "Good", kind="Social Care Org"),
    row(*LEEDS, "Overall", "Requires improvement"),
    row(*LEEDS, "Well-led", "Inspected but not rated", ""),
)
LOCATIONS = (("Location ID", "Domain", "Latest Rating"), ("RCF01", "Overall", "Inadequate"))


def ratings(
    rows: Sequence[Sequence[str]] = ROWS,
    headers: Sequence[str] = HEADERS,
    banner: Sequence[str] = ("A banner",),
) -> bytes:
    """Return a file laid out like the latest ratings: other sheets first, a banner above the header."""
    lines = [*([line(banner)] if banner else []), line(headers), *map(line, rows)]
    places = sheet("Locations", *map(line, LOCATIONS))
    return packed(document(sheet("README", line(["Artificial"])), places, sheet("Providers", *lines)))


def staged(parsed: Parsed) -> pd.DataFrame:
    return reading.staged(cqc.SOURCE, parsed, EDITION)


@pytest.fixture(scope="module", autouse=True)
def library() -> None:
    """Import the slow library before the first test, not inside it."""
    import great_expectations  # noqa: F401


# Layout


def test_only_ratings_of_a_trust_as_a_whole_are_read() -> None:
    parsed = cqc.parse(ratings(), EDITION)
    assert staged(parsed)[
        ["org_code_as_published", "question", "rating", "rating_published_on", "value_status", "source_row"]
    ].astype(object).where(lambda f: f.notna(), None).to_numpy().tolist() == [
        ["RCF", "overall", "good", date(2024, 5, 1), "published", 4],
        ["RCF", "well_led", "outstanding", date(2024, 5, 2), "published", 5],
        ["RR8", "overall", "requires_improvement", date(2024, 5, 1), "published", 8],
        ["RR8", "well_led", None, None, "x", 9],
    ]
    assert (parsed.rows_in, parsed.rejected, parsed.drift) == (4, (), ())
    assert parsed.ignored == (
        "3 rows of sheet 'Providers' are about other providers, services or questions",
        "sheet 'README' is not about providers",
        "sheet 'Locations' is not about providers",
        "columns of sheet 'Providers' that are not published: Provider Region, URL",
    )


def test_the_banner_may_be_missing_and_the_question_have_its_older_name() -> None:
    older = ["Key Question" if name == "Domain" else name for name in HEADERS]
    with_banner = cqc.parse(ratings(), EDITION).rows
    without = cqc.parse(ratings(headers=older, banner=()), EDITION).rows
    assert without["source_row"].tolist() == [number - 1 for number in with_banner["source_row"]]
    assert without.drop(columns="source_row").equals(with_banner.drop(columns="source_row"))


def test_columns_in_another_order_change_nothing() -> None:
    turned = ratings([one[::-1] for one in ROWS], HEADERS[::-1])
    assert cqc.parse(turned, EDITION).rows.equals(cqc.parse(ratings(), EDITION).rows)


def test_the_name_of_the_sheet_may_gain_blanks() -> None:
    content = packed(document(sheet(" providers ", line(HEADERS), *map(line, ROWS))))
    parsed = cqc.parse(content, EDITION)
    assert len(parsed.rows) == 4
    assert parsed.drift == ("sheet 'Providers' is spelt ' providers '",)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        (row("\u0420CF", "Look Alike", "Overall", "Good"), "expected a code like"),
        (row("R1A", "=HYPERLINK(1)", "Overall", "Good"), "runs as a formula"),
        (row("R1A", "a" * 5_000, "Overall", "Good"), "expected at most 2000 characters"),
        (row("R1A", "Artificial", "Overall", "Splendid"), "found 'splendid'"),
        (row("R1A", "Artificial", "Overall", "Good", "2024/05/01"), "expected a date like"),
        (row("R1A", "Artificial", "Overall", "Good", "02/07/2026"), "expected a day until 2026-07-01"),
        (row("R1A", "", "Overall", "Good"), "expected a value, found an empty cell"),
    ],
)
def test_a_cell_that_breaks_its_grammar_rejects_its_row(changed: tuple[str, ...], reason: str) -> None:
    parsed = cqc.parse(ratings([*ROWS, changed]), EDITION)
    assert len(parsed.rows) == 4
    ((number, found),) = [(one.row, one.reason) for one in parsed.rejected]
    assert number == 10
    assert reason in found


@pytest.mark.parametrize(
    ("word", "status"), [("Not rated", "x"), ("NO PUBLISHED RATING", "x"), ("Not applicable", "z"), ("", "x")]
)
def test_no_rating_is_a_status_and_never_a_rating(word: str, status: str) -> None:
    (found,) = cqc.parse(ratings([row(*LEEDS, "Overall", word)]), EDITION).rows.to_dict("records")
    assert (found["rating"], found["rating_as_published"], found["value_status"]) == (
        None,
        word or None,
        status,
    )


def test_two_ratings_for_one_question_are_both_rejected_and_a_repeat_is_dropped() -> None:
    more = [row(*AIREDALE, "Overall", "Good"), row(*LEEDS, "Overall", "Good")]
    parsed = cqc.SOURCE.read(ratings([*ROWS, *more]), EDITION, "")
    assert [(one.row, one.rule) for one in parsed.rejected] == [
        (8, "conflict"),
        (10, "duplicate"),
        (11, "conflict"),
    ]
    assert parsed.rejected[0].reason == "expected RR8 overall once, found rows that differ"
    assert parsed.rows["source_row"].tolist() == [4, 5, 9]


# Refusals


def test_a_file_without_the_sheet_or_the_rows_is_refused_by_name() -> None:
    other = packed(document(sheet("Locations", *map(line, LOCATIONS))))
    twice = packed(document(*[sheet("Providers", line(HEADERS), *map(line, ROWS))] * 2))
    care = ratings([row("R1A", "Artificial", "Overall", "Good", kind="Social Care Org")])
    for content, sentence in (
        (other, "expected one sheet 'Providers', found 0 among 'Locations'"),
        (twice, "expected one sheet 'Providers', found 2"),
        (care, r"found none among 1 \(types: 'social care org'\)"),
        (ratings([]), r"found none among 0 \(types: no row\)"),
        (ratings(banner=(), headers=(), rows=[]), "expected a header row with Provider ID"),
    ):
        with pytest.raises(StructureError, match=sentence):
            cqc.parse(content, EDITION)


def test_a_column_missing_renamed_or_doubled_is_refused_with_the_nearest() -> None:
    renamed = ["Newest Rating" if name == "Latest Rating" else name for name in HEADERS]
    for headers, sentence in (
        (renamed, "expected column 'Latest Rating', found 'Newest Rating', which may be its new name"),
        (HEADERS[1:], "expected column 'Provider ID'"),
        ((*HEADERS, "Domain"), "expected one column for Domain, found 'Domain' and 'Domain'"),
    ):
        with pytest.raises(StructureError, match=sentence):
            cqc.parse(ratings(headers=headers), EDITION)


def test_an_edition_is_a_day() -> None:
    with pytest.raises(StructureError, match="expected a day like 2023-10-17 as the edition, found 'July'"):
        cqc.parse(ratings(), "July")


# Expectations


def many(count: int = 200) -> list[tuple[Any, ...]]:
    words = ("Good", "Outstanding", "Requires improvement", "Good", "Inadequate")
    return [
        row(f"R{i:03d}", f"Artificial {i}", question, words[i % 5])
        for i in range(count)
        for question in ("Overall", "Well-led")
    ]


def failed(rows: Sequence[Sequence[str]]) -> set[str]:
    return reading.failed(cqc.SOURCE, staged(cqc.parse(ratings(rows), EDITION)), cqc.KEY)


def test_ratings_of_every_trust_are_accepted() -> None:
    assert failed(many()) == set()


def test_a_short_file_one_question_and_one_rating_are_not() -> None:
    assert failed(many(20)) == {"about_two_rows_per_trust", "about_as_many_providers_as_there_are_trusts"}
    assert failed([one for one in many(340) if one[5] == "Overall"]) == {"both_questions_are_there"}
    assert failed([(*one[:6], "Good", *one[7:]) for one in many()]) == {"ratings_differ"}


# Lists that a re-user compiled

COMPILED_ROWS = (
    ("RCF", "01/05/2018", "Overall", "Safe", "0"),
    ("RCF", "01/05/2018", "Overall", "Overall", "2"),
    ("RCF", "02/05/2018", "Overall", "Well-led", "3"),
    ("RCF", "01/05/2018", "Maternity", "Overall", "0"),
    ("1-1234567", "01/05/2018", "Overall", "Overall", "1"),
)


def compiled(rows: Sequence[Sequence[str]] = COMPILED_ROWS, headers: Sequence[str] = cqc.COMPILED) -> bytes:
    return csv_file([headers, *rows])


def test_a_compiled_list_gives_ratings_of_providers_as_a_whole() -> None:
    parsed = cqc.parse(compiled(), "2018-10")
    names = ["org_code_as_published", "org_name_as_published", "question", "rating", "rating_as_published"]
    assert parsed.rows[[*names, "rating_published_on", "source_row"]].to_numpy().tolist() == [
        ["RCF", "RCF", "overall", "good", "Good", date(2018, 5, 1), 3],
        ["RCF", "RCF", "well_led", "outstanding", "Outstanding", date(2018, 5, 2), 4],
        [
            "1-1234567",
            "1-1234567",
            "overall",
            "requires_improvement",
            "Requires improvement",
            date(2018, 5, 1),
            6,
        ],
    ]
    assert (parsed.rows_in, parsed.rejected, parsed.ignored) == (
        3,
        (),
        ("2 rows about other services or questions",),
    )


def test_a_compiled_list_is_of_its_month_and_its_trusts_are_found_by_code() -> None:
    rows = reading.staged(cqc.SOURCE, cqc.parse(compiled(), "2018-10"), "2018-10")
    kept, unmatched = resolver().resolve(cqc.facts(rows)["cqc_rating"], cqc.SOURCE, "cqc_rating")
    assert (kept["org_code"].tolist(), unmatched) == (["RCF", "RCF"], [])
    assert set(kept["org_name"]) == {"AIREDALE NHS FOUNDATION TRUST"}
    assert set(kept["as_of_date"]) == {date(2018, 10, 1)}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        (("RR8", "02/10/2018", "Overall", "Overall", "2"), "expected a day until 2018-10-01"),
        (("RR8", "05/13/2018", "Overall", "Overall", "2"), "expected a date like"),
        (("RR8", "01/05/2018", "Overall", "Overall", "4"), "expected one of 0, 1, 2, 3, found '4'"),
        (("RR8", "01/05/2018", "Overall", "Overall", ""), "expected a value, found an empty cell"),
    ],
)
def test_a_compiled_row_that_breaks_its_grammar_is_rejected(changed: tuple[str, ...], reason: str) -> None:
    parsed = cqc.parse(compiled([*COMPILED_ROWS, changed]), "2018-10")
    assert [(one.row, reason in one.reason) for one in parsed.rejected] == [(7, True)]


def test_a_compiled_list_without_a_column_is_refused() -> None:
    with pytest.raises(StructureError, match="expected column 'RATING_SCORE', found 'RATING'"):
        cqc.parse(compiled(headers=(*cqc.COMPILED[:4], "RATING")), "2018-10")


def test_a31_the_frozen_lists_have_the_known_ratings() -> None:
    facts = cqc.facts(staged_rows("cqc"))["cqc_rating"]
    kept, unmatched = resolver().resolve(facts, cqc.SOURCE, "cqc_rating")
    assert unmatched == []
    counts = kept.groupby(["edition", "question"])["org_code"].nunique()
    assert set(counts) == {226}
    overall = kept[(kept["edition"] == "2019-03") & (kept["question"] == "overall")]
    assert overall["rating"].value_counts().to_dict() == {
        "good": 112,
        "requires_improvement": 87,
        "outstanding": 21,
        "inadequate": 6,
    }
    assert "R0A" not in set(kept["org_code"])
    assert (kept["rating_published_on"] <= kept["as_of_date"]).all()


# Facts


def test_trusts_are_looked_up_by_code_and_name_and_others_are_counted() -> None:
    more = [
        row("1-7654321", "Artificial NHS Body", "Overall", "Good"),
        row("RAE", "Barts Health NHS Trust", "Overall", "Good"),
    ]
    one = resolver()
    one.outside.clear()
    rows = staged(cqc.parse(ratings([*ROWS, *more]), EDITION))
    kept, unmatched = one.resolve(cqc.facts(rows)["cqc_rating"], cqc.SOURCE, "cqc_rating")
    assert kept["org_code"].tolist() == ["RCF", "RCF", "RR8", "RR8"]
    assert kept["open_on_snapshot"].all()
    assert [(row["org_code_as_published"], row["org_name_as_published"]) for row in unmatched] == [
        ("RAE", "Barts Health NHS Trust")
    ]
    assert dict(one.outside) == {("cqc", EDITION): 1}
    published = kept[list(cqc.cqc_rating.columns.keys())]
    assert problems(published, cqc.cqc_rating) == []
    assert set(published["as_of_date"]) == {date(2026, 7, 1)}


def test_ratings_that_were_not_given_are_counted() -> None:
    rows = staged(cqc.parse(ratings(), EDITION))
    assert reading.counted(cqc.SOURCE, rows) == {
        "NHS providers rated overall, 2026-07-01": (2, 2, "complete"),
        "NHS providers rated well_led, 2026-07-01": (1, 2, "not published"),
    }


# Discovery


def test_the_day_of_a_file_is_in_its_name() -> None:
    (remote,) = cqc.SOURCE.remotes
    content = b"""<a href="/sites/default/files/2026-07/01_July_2026_Latest_ratings.ods">Care directory with ratings</a>
    <a href="/sites/default/files/2026-07/01_July_2026_HSCA_Active_Locations.ods">Locations</a>
    <a href="/sites/default/files/2026-07/31_Smarch_2026_Latest_ratings.ods">no month</a>
    <a href="/sites/default/files/2026-07/31_June_2026_Latest_ratings.ods">no day</a>
    <a href="/sites/default/files/2026-06/2%20June%202026%20Latest%20ratings.ods">the month before</a>"""
    found = offered(content, cqc.LANDING_PAGE, remote)
    assert [(file.edition, file.part) for file in found] == [("2026-07-01", ""), ("2026-06-02", "")]
    address = "https://www.cqc.org.uk/sites/default/files/2026-07/01_July_2026_Latest_ratings.ods"
    assert found.files[0].url == address
    assert [str(problem).partition("found ")[2].partition(";")[0] for problem in found.problems] == [
        f"{address.replace('01_July', day)} ({why})"
        for day, why in (
            ("31_Smarch", "month must be in 1..12"),
            ("31_June", "day is out of range for month"),
        )
    ]


def test_the_name_of_a_file_may_end_in_the_suffix_of_its_upload() -> None:
    folder = "https://www.cqc.org.uk/system/files"
    names = (
        "2026-07/01_July_2026_Latest_ratings.ods",
        "2026-07/01_July_2026_Latest_ratings_0.ods",
        "2026-08/03_August_2026_Latest_ratings-ae87c164.ods",
        "2026-08/03_August_2026_Latest_ratings_guide.pdf",
    )
    content = "".join(f'<a href="{folder}/{name}">Ratings</a>' for name in names).encode()
    found = offered(content, cqc.LANDING_PAGE, cqc.SOURCE.remotes[0])
    assert [(file.edition, file.url.rpartition("ratings")[2]) for file in found] == [
        ("2026-07-01", "_0.ods"),
        ("2026-08-03", "-ae87c164.ods"),
    ]
    assert found.problems == ()


def test_a_page_without_the_file_lists_what_it_offers() -> None:
    (remote,) = cqc.SOURCE.remotes
    with pytest.raises(FetchError, match=r"candidates: https://www\.cqc\.org\.uk/other\.ods"):
        offered(b'<a href="/other.ods">Other</a>', cqc.LANDING_PAGE, remote)
