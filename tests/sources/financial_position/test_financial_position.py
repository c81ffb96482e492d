"""Income and cost of 2010/11 to 2018/19 as a research repository compiled them: read by year, zeros and doubts marked."""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import pytest
from conftest import staged_rows

from assets.contract.columns import key_of
from assets.contract.parsed import StructureError
from assets.reading.structure import problems
from assets.sources.financial_position import SOURCE, TABLE, coverage, facts
from pipelines.judging import comparisons
from pipelines.judging.expectation_results import validate
from pipelines.judging.sides import Sides
from pipelines.storage.parquet import to_arrow, to_pandas

HEADER = "ORG_CODE,YEAR,FINANCIAL_POSITION,OP_INCOME,OP_COST"
LINES = (
    "RA1,2010,111,1111,-1010.5",
    "RA2,2010,-222,2222,-3333",
    "RA3,2010,0,0,0",
    "RA4,2010,-11,0,-11",
    "RA5,2010,5.00E+03,1111,-1.11E+03",
    "RA1,2011,111,2222,-2121",
)


def table(*lines: str) -> bytes:
    return "\n".join((HEADER, *(lines or LINES), "")).encode()


def staged(content: bytes, edition: str = "2010/11") -> pd.DataFrame:
    rows = SOURCE.read(content, edition, "").rows.assign(edition=edition, source_file_sha256="f" * 64)
    assert problems(rows, TABLE) == []
    return to_pandas(to_arrow(rows, TABLE))


def by_code(frame: pd.DataFrame) -> dict[str, Mapping[str, Any]]:
    rows = frame.astype({"value_flag": object})
    rows["value_flag"] = rows["value_flag"].where(rows["value_flag"].notna(), None)
    return {row["org_code_as_published"]: row for row in rows.to_dict("records")}


def test_the_year_of_the_edition_is_read_and_the_others_are_counted() -> None:
    parsed = SOURCE.read(table(), "2010/11", "")
    assert (parsed.rows_in, len(parsed.rows), parsed.rejected) == (5, 5, ())
    assert parsed.ignored == ("1 rows about other years",)
    assert set(parsed.rows["financial_year"]) == {"2010/11"}


def test_pounds_are_published_and_cost_is_positive() -> None:
    row = by_code(facts(staged(table()))["financial_position"])["RA1"]
    names = ["operating_income_gbp", "operating_cost_gbp", "financial_position_gbp", "fy_end_year"]
    assert [row[name] for name in names] == [1_111_000, 1_010_500, 111_000, 2011]
    assert (row["value_status"], row["value_flag"]) == ("published", None)


def test_zeros_and_cut_digits_are_not_available_and_doubts_are_flagged() -> None:
    rows = by_code(facts(staged(table()))["financial_position"])
    assert (rows["RA2"]["value_flag"], rows["RA2"]["value_status"]) == ("cost_far_from_income", "published")
    names = ["operating_income_gbp", "operating_cost_gbp", "financial_position_gbp"]
    assert [pd.isna(rows["RA3"][name]) for name in names] == [True, True, True]
    assert (rows["RA3"]["value_flag"], rows["RA3"]["value_status"]) == (None, "x")
    assert (rows["RA4"]["value_flag"], rows["RA4"]["operating_cost_gbp"]) == ("cost_without_income", 11_000)
    assert [pd.isna(rows["RA5"][name]) for name in names] == [False, True, True]
    assert rows["RA5"]["value_status"] == "x"


def test_denominators_have_names_of_their_own() -> None:
    rows = facts(staged(table()))["denominator"]
    found = {(row["org_code_as_published"], row["measure"]): row for row in rows.to_dict("records")}
    assert set(rows["measure"]) == {"compiled_operating_income", "compiled_operating_cost"}
    assert set(rows["aggregation"]) == {"flow"}
    assert found["RA4", "compiled_operating_cost"]["value"] == 11_000
    income = found["RA4", "compiled_operating_income"]
    assert (pd.isna(income["value"]), income["value_status"]) == (True, "x")
    assert pd.isna(income["value_flag"])
    assert found["RA2", "compiled_operating_cost"]["value_flag"] == "cost_far_from_income"


@pytest.mark.parametrize(
    ("lines", "edition", "message"),
    [
        (LINES, "2012/13", "expected rows of year 2012, found 2010 to 2011; correct the edition"),
        (("RA1,2010,1,x,-1",), "2010/11", "column 'OP_INCOME': expected a number"),
        (("RA1,2010,1,1,1",), "2010/11", "column 'OP_COST': expected -5e"),
        (("RA1,2010,1,-1,-1",), "2010/11", "column 'OP_INCOME': expected 0 to"),
    ],
)
def test_another_year_or_another_sign_is_refused(lines: tuple[str, ...], edition: str, message: str) -> None:
    with pytest.raises(StructureError, match=message):
        SOURCE.read(table(*lines), edition, "")


def test_a_table_without_a_column_is_refused() -> None:
    with pytest.raises(StructureError, match="expected column 'OP_COST', found 'OP_COSTS'"):
        SOURCE.read(table().replace(b"OP_COST", b"OP_COSTS"), "2010/11", "")


def year(edition: str) -> pd.DataFrame:
    rows = staged_rows("financial_position")
    return to_pandas(to_arrow(rows[rows["edition"] == edition], TABLE))


def failing(frame: pd.DataFrame) -> set[str]:
    return {one.check for one in validate(frame, SOURCE.expectations, key=key_of(TABLE)) if not one.success}


def refusing(now: pd.DataFrame, before: pd.DataFrame, edition: str, since: str) -> set[str]:
    """Return the guards that refuse a year beside the year before."""
    sides = Sides(edition, now, before, now.iloc[:0], (), since)
    return {
        one.check
        for one in SOURCE.guards
        if one.severity == "ERROR" and comparisons.compare(one, sides).beyond
    }


def shifted(frame: pd.DataFrame, *names: str) -> pd.DataFrame:
    return frame.assign(**{name: frame[name].shift(1).fillna(frame[name].iloc[-1]) for name in names})


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        (lambda rows: rows, set()),
        (
            lambda rows: shifted(rows, "operating_income"),
            {"operating_income_belongs_to_the_same_trusts", "cost_follows_income"},
        ),
        (
            lambda rows: shifted(rows, "operating_cost"),
            {"operating_cost_belongs_to_the_same_trusts", "cost_follows_income"},
        ),
        (lambda rows: shifted(rows, "financial_position"), {"financial_position_belongs_to_the_same_trusts"}),
        (
            lambda rows: rows.assign(operating_income=rows["operating_income"] * 1000),
            {"operating_income_keeps_its_unit"},
        ),
        (
            lambda rows: rows.assign(operating_income=rows["operating_income"] * 2),
            {"operating_income_has_not_doubled"},
        ),
        (lambda rows: rows.iloc[:200], {"trusts_are_still_there"}),
        (lambda _: year("2014/15"), {"the_file_is_no_earlier_one"}),
    ],
)
def test_a_plausible_file_that_is_wrong_is_refused(
    change: Callable[[pd.DataFrame], pd.DataFrame], refused: set[str]
) -> None:
    found = refusing(change(year("2015/16")), year("2014/15"), "2015/16", "2014/15")
    assert refused <= found
    assert bool(found) == bool(refused)


@pytest.mark.parametrize(
    ("change", "failed"),
    [
        (lambda rows: rows.iloc[:150], "about_as_many_rows_as_trusts"),
        (
            lambda rows: rows.assign(operating_income=rows["operating_income"] * 1000),
            "income_is_in_thousands",
        ),
        (
            lambda rows: shifted(rows, "cost_pct_of_income").assign(cost_pct_of_income=200.0),
            "cost_fits_income",
        ),
        (lambda rows: pd.concat([rows, rows.iloc[:1]]), "a_trust_has_one_row"),
    ],
)
def test_a_file_that_is_cut_or_in_another_unit_fails_a_check(
    change: Callable[[pd.DataFrame], pd.DataFrame], failed: str
) -> None:
    rows = year("2015/16")
    assert failing(rows) == set()
    assert failed in failing(change(rows))


def test_the_known_doubts_and_gaps_are_those_published() -> None:
    rows = facts(staged_rows("financial_position"))["financial_position"]
    assert len(rows) == 2183
    assert rows["value_flag"].value_counts().to_dict() == {
        "cost_far_from_income": 14,
        "cost_without_income": 2,
    }
    where = rows["org_code_as_published"] + " " + rows["financial_year"]
    assert set(where[rows["operating_income_gbp"].isna()]) == {
        *("RBB 2015/16", "RD7 2015/16", "RJD 2015/16", "RJD 2016/17"),
        "RTH 2016/17",
    }
    doubted = rows[where == "RGN 2010/11"].iloc[0]
    assert (doubted["operating_income_gbp"], doubted["operating_cost_gbp"], doubted["value_flag"]) == (
        224_635_000,
        386_049_000,
        "cost_far_from_income",
    )
    assert not (rows[["operating_income_gbp", "operating_cost_gbp"]] == 0).any().any()


def test_coverage_counts_years_and_doubts() -> None:
    held = {
        row.subject: (row.held, row.expected, row.status)
        for row in coverage(staged_rows("financial_position"))
    }
    assert held == {
        "financial years with income and cost": (9, 9, "complete"),
        "income and cost that fit each other": (2183 - 14 - 4, 2183, "partial"),
    }
