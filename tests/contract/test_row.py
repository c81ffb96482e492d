"""A row that is declared once gives headers, values, staged columns and published columns."""

import pytest
import sqlalchemy as sa

from assets.contract import row
from assets.contract.prose import Prose
from assets.reading.structure import Record

PROSE = Prose(
    tables={"artificial_staged": "Artificial."},
    columns={"segment": "Segment of the trust.", "other.segment": "Segment elsewhere."},
)
ROW = row.Row(
    row.org_code("Code"),
    row.org_name("Name"),
    row.word("kind", "Kind", {"acute trust": "acute", "other": "other"}, comment="Kind of trust."),
    row.whole("segment", "Segment", "segment", (1, 5), missing="NA"),
    row.number("score", "Score", "score", (0, None), most=10, comment="Score of the trust."),
    row.flag("in_deficit", "Deficit", missing="NA", comment="Whether it is in deficit."),
    row.text("years", "Years", pattern=r"\d{4}", like="a year like 2024", comment="Years of the award."),
    row.given("rank", sa.Integer, minimum=1, comment="Rank that the parser works out."),
    prose=PROSE,
)
CELLS = {
    "Code": "RCF",
    "Name": "Artificial",
    "Kind": "Acute  Trust",
    "Segment": "3",
    "Score": "1.5",
    "Deficit": "No",
    "Years": "2024",
}


def record(**changed: str) -> Record:
    return Record("", 2, {**CELLS, **changed}, {})


def test_values_are_in_the_order_of_the_fields_and_what_is_worked_out_wins() -> None:
    assert list(ROW.read(record(), rank=7, score=2.0).items()) == [
        ("org_code_as_published", "RCF"),
        ("org_name_as_published", "Artificial"),
        ("kind", "acute"),
        ("segment", 3),
        ("score", 2.0),
        ("in_deficit", False),
        ("years", "2024"),
        ("rank", 7),
    ]


def test_cells_are_found_under_the_headers_as_a_file_spells_them() -> None:
    cells = {("ODS code" if name == "Code" else name): text for name, text in CELLS.items()}
    found = ROW.read(Record("", 2, cells, {}), {"Code": "ODS code"})
    assert found["org_code_as_published"] == "RCF"


@pytest.mark.parametrize("empty", ["", "NA", "na"])
def test_the_word_for_no_value_and_an_empty_cell_hold_none(empty: str) -> None:
    found = ROW.read(record(Segment=empty, Deficit=empty))
    assert (found["segment"], found["in_deficit"]) == (None, None)


@pytest.mark.parametrize(
    ("header", "text", "problem"),
    [
        ("Code", "rcf", "expected an ODS code"),
        ("Kind", "hospice", "expected one of acute trust, other"),
        ("Segment", "6", "expected 1 to 5, found 6"),
        ("Segment", "1.5", "expected a whole number, found 1.5"),
        ("Score", "11", "expected 0 to 10, found 11"),
        ("Score", "", "expected a number, found an empty cell"),
        ("Deficit", "maybe", "expected Yes or No, found 'maybe'"),
        ("Years", "last year", "expected a year like 2024, found 'last year'"),
    ],
)
def test_a_cell_that_breaks_the_rules_of_its_column_rejects_its_row(
    header: str, text: str, problem: str
) -> None:
    with pytest.raises(ValueError, match=f"column '{header}': {problem}"):
        ROW.read(record(**{header: text}))


def test_the_staged_and_the_published_column_are_one_declaration() -> None:
    staged = ROW.staged("artificial")
    (published,) = ROW.columns("segment")
    assert published is not staged.c.segment
    assert (published.comment, dict(published.info)) == (
        staged.c.segment.comment,
        dict(staged.c.segment.info),
    )
    assert dict(published.info) == {
        "label": "Segment",
        "unit": "segment",
        "aggregation": "none",
        "header": "Segment",
        "minimum": 1,
        "maximum": 5,
    }
    assert [c.name for c in ROW.columns(without=["rank", "years"])] == [
        "kind",
        "segment",
        "score",
        "in_deficit",
    ]
    assert "header" not in ROW.staged("artificial", own_headers=True).c.segment.info


def test_what_a_column_means_is_in_the_prose_and_may_differ_in_one_table() -> None:
    staged = ROW.staged("artificial")
    elsewhere = row.Row(*ROW.fields.values(), prose=PROSE).staged("artificial", "Artificial.")
    assert (staged.comment, staged.c.segment.comment) == ("Artificial.", "Segment of the trust.")
    assert elsewhere.c.rank.comment == "Rank that the parser works out."
    assert (PROSE.meaning("other", "segment"), PROSE.meaning("other", "rank")) == ("Segment elsewhere.", "")


def test_a_column_that_nothing_explains_is_refused() -> None:
    with pytest.raises(ValueError, match="Defining column 'beds': expected its meaning, found none"):
        row.Row(row.given("beds", sa.Integer)).staged("artificial", "Artificial.")
    with pytest.raises(ValueError, match="expected under tables what artificial_staged is, found nothing"):
        row.Row().staged("artificial")
