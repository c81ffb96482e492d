"""Care Quality Commission: a spreadsheet of the publisher's layout read as a stream, and what is refused.

No file of the publisher's is available here. Every value of a file made here is plainly artificial.
"""

import io
import tracemalloc
import zipfile
from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

import pandas as pd
import pytest
from conftest import staged_rows

from assets.editions import frozen_editions
from assets.organisations import model
from assets.source import Parsed, StructureError
from assets.sources import cqc
from assets.structure import problems
from pipelines.arrow import to_arrow, to_pandas
from pipelines.discovery import offered
from pipelines.expectations import validate, verdict
from pipelines.fetch import FetchError
from pipelines.resolver import Resolver

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
SPACES = "".join(
    f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for name in ("office", "table", "text")
)


def cell(text: str, attributes: str = "") -> str:
    return f"<table:table-cell{attributes}><text:p>{escape(text)}</text:p></table:table-cell>"


def line(cells: Sequence[str], attributes: str = "") -> str:
    """Return a row the way spreadsheets write it: the last, empty cell repeated to the edge."""
    edge = '<table:table-cell table:number-columns-repeated="16300"/>'
    return f"<table:table-row{attributes}>{''.join(map(cell, cells))}{edge}</table:table-row>"


def sheet(name: str, *lines: str) -> str:
    rest = '<table:table-row table:number-rows-repeated="1000000"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    return f'<table:table table:name="{name}">{"".join(lines)}{rest}</table:table>'


def document(*sheets: str, prolog: str = "") -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>{prolog}<office:document-content{SPACES}><office:body><office:spreadsheet>{"".join(sheets)}</office:spreadsheet></office:body></office:document-content>'


def packed(content: str | bytes, part: str = "content.xml") -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            zipfile.ZipInfo("mimetype"), "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED
        )
        archive.writestr(part, content)
    return held.getvalue()


def ratings(
    rows: Sequence[Sequence[str]] = ROWS,
    headers: Sequence[str] = HEADERS,
    banner: Sequence[str] = ("A banner",),
) -> bytes:
    """Return a file laid out like the latest ratings: other sheets first, a banner above the header."""
    lines = [*([line(banner)] if banner else []), line(headers), *map(line, rows)]
    places = sheet("Locations", *map(line, LOCATIONS))
    return packed(document(sheet("README", line(["Artificial"])), places, sheet("Providers", *lines)))


def raw(*lines: str) -> bytes:
    """Return a file with the header and rows written by hand."""
    return packed(document(sheet("Providers", line(HEADERS), *lines)))


def staged(parsed: Parsed, edition: str = EDITION) -> pd.DataFrame:
    frame = parsed.rows.assign(edition=edition, source_file_sha256="0" * 64)
    assert problems(frame, cqc.TABLE) == []
    return to_pandas(to_arrow(frame, cqc.TABLE))


@pytest.fixture(scope="module", autouse=True)
def library() -> None:
    """Import the slow library before the first test, not inside it."""
    import great_expectations  # noqa: F401


@cache
def resolver() -> Resolver:
    return Resolver(model.build(staged_rows("ods")))


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


def test_repeated_cells_and_rows_are_counted() -> None:
    empty = '<table:table-row table:number-rows-repeated="7"><table:table-cell/></table:table-row>'
    same = cell("Overall", ' table:number-columns-repeated="2"')
    cells = "".join(map(cell, ("RCF", "Airedale NHS Foundation Trust", NHS, "Artificial")))
    end = "".join(map(cell, ("Good", "01/05/2024")))
    parsed = cqc.parse(raw(empty, f"<table:table-row>{cells}{same}{end}</table:table-row>"), EDITION)
    assert parsed.rows[["rating", "source_row"]].to_numpy().tolist() == [["good", 9]]


def test_a_typed_date_is_read_from_its_value_and_a_comment_is_not_read() -> None:
    day = '<table:table-cell office:value-type="date" office:date-value="2024-05-03T00:00:00"><office:annotation><text:p>secret</text:p></office:annotation><text:p>3 May</text:p></table:table-cell>'
    name = "<table:table-cell>\n\t<office:annotation><text:p>secret</text:p></office:annotation><text:p>Airedale<text:s/>NHS <text:span>Foundation</text:span></text:p><text:p>Trust</text:p>\n</table:table-cell>"
    middle = "".join(map(cell, (NHS, "Artificial", "Overall", "Overall", "Good")))
    parsed = cqc.parse(raw(f"<table:table-row>{cell('RCF')}{name}{middle}{day}</table:table-row>"), EDITION)
    assert parsed.rejected == ()
    assert parsed.rows[["org_name_as_published", "rating_published_on"]].to_numpy().tolist() == [
        ["Airedale NHS Foundation Trust", date(2024, 5, 3)]
    ]


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
    ((number, told),) = [(one.row, one.reason) for one in parsed.rejected]
    assert number == 10
    assert reason in told


@pytest.mark.parametrize(
    ("word", "status"),
    [("Not rated", "x"), ("NO PUBLISHED RATING", "x"), ("Not applicable", "z"), ("", "x")],
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
    parsed = cqc.parse(ratings([*ROWS, *more]), EDITION)
    assert [(one.row, one.rule) for one in parsed.rejected] == [
        (8, "conflict"),
        (10, "duplicate"),
        (11, "conflict"),
    ]
    assert parsed.rejected[0].reason == "expected one rating of RR8 for overall, found 2, which differ"
    assert parsed.rows["source_row"].tolist() == [4, 5, 9]


# Refusals


def test_a_file_without_the_sheet_or_the_rows_is_refused_by_name() -> None:
    other = packed(document(sheet("Locations", *map(line, LOCATIONS))))
    twice = packed(document(*[sheet("Providers", line(HEADERS), *map(line, ROWS))] * 2))
    care = ratings([row("R1A", "Artificial", "Overall", "Good", kind="Social Care Org")])
    for content, sentence in (
        (other, "expected one sheet 'Providers', found 0 among 'Locations'"),
        (twice, "expected one sheet 'Providers', found 2"),
        (care, r"found none among 1 \(types: 'Social Care Org'\)"),
        (ratings([]), r"found none among 0 \(types: no row\)"),
    ):
        with pytest.raises(StructureError, match=sentence):
            cqc.parse(content, EDITION)


def test_a_column_missing_renamed_or_doubled_is_refused_with_the_nearest() -> None:
    renamed = ["Newest Rating" if name == "Latest Rating" else name for name in HEADERS]
    for headers, sentence in (
        (renamed, "expected column 'Latest Rating', found 'Newest Rating', which may be its new name"),
        (HEADERS[1:], "expected column 'Provider ID'"),
        ((*HEADERS, "Domain"), "expected column 'Domain' once, found it twice"),
    ):
        with pytest.raises(StructureError, match=sentence):
            cqc.parse(ratings(headers=headers), EDITION)


def test_an_edition_is_a_day() -> None:
    with pytest.raises(StructureError, match="expected an edition like 2026-07-01, found 'July'"):
        cqc.parse(ratings(), "July")


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
ENDLESS = '<table:table-row table:number-rows-repeated="1001">' + cell("x") + "</table:table-row>"
FULL = '<table:table-row table:number-rows-repeated="1048574"><table:table-cell/></table:table-row>' + line(
    ["x"]
)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (packed(document(prolog=BOMB)), "found <!DOCTYPE"),
        (packed(document(prolog='<!DOCTYPE x SYSTEM "file:///etc/passwd">')), "found <!DOCTYPE"),
        (raw(ENDLESS), "expected a row at most 1000 times, found it 1001 times"),
        (raw(FULL), "expected fewer than 1048576 rows, found it full"),
        (raw(line(["x"], ' table:number-rows-repeated="-1"')), "expected a number of repeats, found '-1'"),
        (raw(line(["x"], ' table:number-rows-repeated="99999999"')), "expected a number of repeats"),
        (raw(f"<table:table-row>{sheet('Inner')}</table:table-row>"), "found a table in row 2"),
        (packed(document()[:-30]), "found a damaged one"),
        (packed("no xml"), "found a damaged one"),
        (packed(document(), "other.xml"), "expected one content.xml in the spreadsheet, found 0"),
        (ratings()[:-100], "found a damaged one"),
        (b"<!doctype html><html>Not found</html>", "expected an OpenDocument spreadsheet, found html"),
        (b"", "expected an OpenDocument spreadsheet, found empty"),
        (b"a,b\n1,2\n", "expected an OpenDocument spreadsheet, found"),
    ],
)
def test_a_hostile_or_damaged_file_is_refused_in_a_sentence(content: bytes, sentence: str) -> None:
    with pytest.raises(StructureError, match=sentence):
        cqc.parse(content, EDITION)


def test_a_flipped_byte_never_passes_for_another_rating() -> None:
    content, expected = ratings(), cqc.parse(ratings(), EDITION).rows
    for place in range(60, len(content), 97):
        spoilt = bytearray(content)
        spoilt[place] ^= 0x55
        try:
            assert cqc.parse(bytes(spoilt), EDITION).rows.equals(expected)
        except StructureError:
            continue


def test_what_unpacks_to_too_much_is_refused_before_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cqc, "MOST_INFLATED", 1_000)
    with pytest.raises(StructureError, match="expected content of at most 0 MiB"):
        cqc.parse(ratings(), EDITION)


def test_one_endless_comment_is_given_up_early() -> None:
    content = packed(document(f"<!--{'a' * (40 << 20)}-->"))
    with pytest.raises(StructureError, match="found one of more than 8 MiB"):
        cqc.parse(content, EDITION)


def test_memory_does_not_grow_with_the_file() -> None:
    def peak(count: int) -> int:
        filling = "".join(line([f"artificial {i} {c}" for c in range(20)]) for i in range(count))
        content = packed(
            document(sheet("Locations", filling), sheet("Providers", line(HEADERS), *map(line, ROWS)))
        )
        tracemalloc.start()
        try:
            assert len(cqc.parse(content, EDITION).rows) == 4
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(10)
    assert peak(8_000) < peak(2_000) + (1 << 20)  # the files differ by 9 MiB of XML


# Expectations


def many(count: int = 200) -> list[tuple[Any, ...]]:
    words = ("Good", "Outstanding", "Requires improvement", "Good", "Inadequate")
    return [
        row(f"R{i:03d}", f"Artificial {i}", question, words[i % 5])
        for i in range(count)
        for question in ("Overall", "Well-led")
    ]


def failed(rows: Sequence[Sequence[str]]) -> set[str]:
    frame = staged(cqc.parse(ratings(rows), EDITION))
    checks = validate(frame, cqc.SOURCE.expectations, key=["org_code_as_published", "question"])
    found = {check.check for check in checks if not check.success and check.severity == "ERROR"}
    assert verdict(checks) is not bool(found)
    return found


def test_ratings_of_every_trust_are_accepted() -> None:
    assert failed(many()) == set()


def test_a_short_file_one_question_and_one_rating_are_not() -> None:
    assert failed(many(20)) == {"about_two_rows_per_trust", "about_as_many_providers_as_there_are_trusts"}
    assert failed([one for one in many(340) if one[5] == "Overall"]) == {"both_questions_are_there"}
    assert failed([(*one[:6], "Good", *one[7:]) for one in many()]) == {"ratings_differ"}


def test_nothing_is_frozen_because_no_file_was_seen() -> None:
    assert frozen_editions("cqc") == ()


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
    assert [(c.subject, c.held, c.expected, c.status) for c in cqc.coverage(rows)] == [
        ("NHS providers rated overall, 2026-07-01", 2, 2, "complete"),
        ("NHS providers rated well_led, 2026-07-01", 1, 2, "not rated"),
    ]


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
    assert (
        found[0].url == "https://www.cqc.org.uk/sites/default/files/2026-07/01_July_2026_Latest_ratings.ods"
    )


def test_a_page_without_the_file_lists_what_it_offers() -> None:
    (remote,) = cqc.SOURCE.remotes
    with pytest.raises(FetchError, match=r"candidates: https://www\.cqc\.org\.uk/other\.ods"):
        offered(b'<a href="/other.ods">Other</a>', cqc.LANDING_PAGE, remote)
