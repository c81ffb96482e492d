"""Beds: one year from the compiled table, the trusts of each quarter add up to England, no other layout is read."""

from datetime import date
from functools import cache

import pandas as pd
import pytest
from conftest import staged_rows
from reading import checks, failed, resolver

from assets.contract.columns import key_of
from assets.contract.parsed import StructureError
from assets.reading.structure import problems
from assets.sources import kh03
from assets.tables import about_data
from assets.tables.facts import denominator

KEY = ("org_code_as_published", "quarter")
ENGLAND = {
    "2018/19": [101398.065934, 100454.086957, 100535.086957, 103021.277778],
    "2019/20": [101564.879121, 100369.771739, 101598.043478, 102193.835165],
    "2020/21": [92559.483516, 94786.739130, 95648.728261, 96297.633333],
    "2021/22": [97094.461538, 97954.423913, 100019.054348, 101975.488889],
    "2022/23": [103056.802198, 102305.478261, 103522.695652, 104542.988889],
    "2023/24": [103818.340659, 102922.097826, 104471.739130, 106474.835531],
    "2024/25": [105644.791209, 103656.228261, 106431.554348, 106068.136630],
}
"""England's beds by quarter, as compiled."""
LINES = (
    "org_code,period,org_name,financial_year,fy_quarter,kh03_avail_all_avg_beds,kh03_avail_ga_avg_beds",
    "NAN,2019-20 Q1,England,2019-20,Q1,9.9,30.75",
    "R1A,2019-20 Q1,FIRST ARTIFICIAL NHS TRUST,2019-20,Q1,9.9,20.5",
    "G6V2S,2019-20 Q1,SECOND ARTIFICIAL NHS TRUST,2019-20,Q1,9.9,10.25",
    "NAN,2019-20 Q4,England,2019-20,Q4,9.9,20",
    "R1A,2019-20 Q4,FIRST ARTIFICIAL NHS TRUST,2019-20,Q4,9.9,20",
    "G6V2S,2019-20 Q4,SECOND ARTIFICIAL NHS TRUST,2019-20,Q4,9.9,0.0",
    "NAN,2020-21 Q1,England,2020-21,Q1,9.9,5",
    "R1A,2020-21 Q1,FIRST ARTIFICIAL NHS TRUST,2020-21,Q1,9.9,5",
)


def table(*changes: tuple[str, str]) -> bytes:
    """Return a table laid out like the re-user's, with pieces of its text changed."""
    text = "\n".join(LINES) + "\n"
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text.encode()


def staged() -> pd.DataFrame:
    return staged_rows("kh03")


def held(edition: str) -> pd.DataFrame:
    return staged()[staged()["edition"] == edition].reset_index(drop=True)


@cache
def resolved() -> tuple[pd.DataFrame, int]:
    """Return the facts whose organisation is certain, and how many others there are."""
    kept, unmatched = resolver().resolve(kh03.facts(staged())["denominator"], kh03.SOURCE, "denominator")
    return kept, len(unmatched)


# Real file


def test_the_trusts_of_each_quarter_add_up_to_england() -> None:
    sums = staged().groupby(["edition", "quarter"])[kh03.MEASURE].sum()
    assert {edition: sums[edition].round(6).tolist() for edition in ENGLAND} == ENGLAND
    assert len(sums) == 28


def test_every_row_but_englands_is_held() -> None:
    assert len(staged()) == 5464 - 28
    assert not staged()["org_code_as_published"].eq("NAN").any()


@pytest.mark.parametrize("edition", ENGLAND)
def test_a_frozen_edition_is_accepted(edition: str) -> None:
    assert [result.check for result in checks(kh03.SOURCE, held(edition), KEY) if not result.success] == []


# Layout


def test_a_table_gives_the_quarters_of_one_year_without_england() -> None:
    parsed = kh03.parse(table(), "2019/20")
    assert list(parsed.rows.itertuples(index=False, name=None)) == [
        ("R1A", "FIRST ARTIFICIAL NHS TRUST", "Q1", 20.5, "", 3),
        ("G6V2S", "SECOND ARTIFICIAL NHS TRUST", "Q1", 10.25, "", 4),
        ("R1A", "FIRST ARTIFICIAL NHS TRUST", "Q4", 20.0, "", 6),
        ("G6V2S", "SECOND ARTIFICIAL NHS TRUST", "Q4", 0.0, "", 7),
    ]
    assert (parsed.rows_in, parsed.rejected, parsed.drift) == (4, (), ())
    assert parsed.ignored[:2] == (
        "2 rows about other financial years",
        "2 rows about England, which the trusts were compared with",
    )
    rows = parsed.rows.assign(edition="2019/20", source_file_sha256="0" * 64)
    assert problems(rows, kh03.TABLE) == []
    assert set(key_of(kh03.TABLE)) <= set(rows)


@pytest.mark.parametrize(
    ("change", "edition", "sentence"),
    [
        (
            ("kh03_avail_ga_avg_beds", "kh03_avail_ga_average_beds"),
            "2019/20",
            "the file, row 1: expected column 'kh03_avail_ga_avg_beds', found ",
        ),
        (
            ("9.9,30.75", "9.9,31.75"),
            "2019/20",
            "Q1: expected the trusts to add up to England's 31.8 beds, found 30.8",
        ),
        (("NAN,2019-20 Q4", "R1C,2019-20 Q4"), "2019/20", "Q4: expected a row about England"),
        (("9.9,30.75", "9.9,many"), "2019/20", "England: column 'kh03_avail_ga_avg_beds': expected a number"),
        (
            ("R1A", "R1A"),
            "2017/18",
            "expected rows of financial year 2017-18, found 2019-20 to 2020-21; correct the edition",
        ),
        (("R1A", "R1A"), "2019-20", "expected a financial year like 2018/19 as the edition, found '2019-20'"),
        (("R1A", "R1A"), "2019/21", "expected a financial year like 2018/19 as the edition, found '2019/21'"),
        (("org_code,period", "Org Code,Period End"), "2019/20", "expected column 'org_code'"),
    ],
)
def test_another_layout_is_refused_and_told(change: tuple[str, str], edition: str, sentence: str) -> None:
    with pytest.raises(StructureError) as refused:
        kh03.parse(table(change), edition)
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("9.9,20.5", "9.9,"), "expected a number, found an empty cell"),
        (("9.9,20.5", "9.9,-20.5"), "expected 0 to 5000, found -20.5"),
        (("9.9,20.5", "9.9,nan"), "expected a number, found 'nan'"),
        (
            ("R1A,2019-20 Q1", "R1A,2019-20 Q2"),
            "expected 2019-20 and one of Q1, Q2, Q3, Q4, found '2019-20 Q2'",
        ),
        (("R1A,2019-20 Q1", "r1a,2019-20 Q1"), "expected an ODS code"),
    ],
)
def test_a_cell_out_of_its_grammar_rejects_its_row_only(change: tuple[str, str], reason: str) -> None:
    parsed = kh03.parse(table(change), "2019/20")
    assert (parsed.rows_in, parsed.rows_used) == (4, 3)
    assert [rejected.row for rejected in parsed.rejected] == [3]
    assert reason in parsed.rejected[0].reason


def test_a_column_of_all_beds_or_a_trust_twice_is_refused() -> None:
    rows = held("2018/19")
    small = rows.assign(**{kh03.MEASURE: rows[kh03.MEASURE] / 91})
    assert failed(kh03.SOURCE, small, KEY) == {
        "mean_number_of_beds_is_plausible",
        "numbers_of_beds_are_spread",
    }
    assert failed(kh03.SOURCE, pd.concat([rows, rows.head(1)], ignore_index=True), KEY)


# Facts


def test_every_trust_with_beds_is_matched_and_the_rows_conform() -> None:
    kept, unmatched = resolved()
    assert (len(kept), unmatched) == (5436, 0)
    assert problems(kept[list(denominator.columns.keys())], denominator) == []


def test_beds_are_an_average_over_three_months() -> None:
    kept, _ = resolved()
    assert set(kept["measure"]) == {"available_general_and_acute_beds"}
    assert kept[["measure_unit", "aggregation", "months_reported"]].drop_duplicates().to_numpy().tolist() == [
        ["beds", "average", 3]
    ]
    periods = kept[kept["edition"] == "2019/20"][["period_start", "period_end", "fy_end_year"]]
    assert periods.drop_duplicates().to_numpy().tolist() == [
        [date(2019, 4, 1), date(2019, 6, 30), 2020],
        [date(2019, 7, 1), date(2019, 9, 30), 2020],
        [date(2019, 10, 1), date(2019, 12, 31), 2020],
        [date(2020, 1, 1), date(2020, 3, 31), 2020],
    ]


def test_a_reported_zero_stays_a_zero_and_is_counted() -> None:
    kept, _ = resolved()
    assert int((kept["value"] == 0).sum()) == 914
    assert set(kept["value_status"]) == {"published"}


def test_what_is_not_fetched_is_said() -> None:
    assert kh03.SOURCE.remotes == ()
    (row,) = kh03.coverage(staged())
    assert (row.held, row.expected, row.status) == (28, None, "never fetched")
    assert "has not been seen" in row.why
    assert problems(pd.DataFrame([{"source": "kh03", **vars(row)}]), about_data.coverage) == []
    assert {caveat.measure for caveat in kh03.SOURCE.caveats} == {kh03.MEASURE}
