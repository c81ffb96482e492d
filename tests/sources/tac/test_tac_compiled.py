"""Values of the accounts that a re-user compiled: read by meaning, doubted where they must be, below the publisher's own."""

import csv
import io
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import pytest
from conftest import staged_rows
from tac_workbook import staged as staged_accounts
from tac_workbook import trusts, workbook

from assets.contract.columns import key_of
from assets.contract.parsed import Parsed, StructureError
from assets.reading.structure import problems
from assets.sources.tac.parse import TABLE
from assets.sources.tac.source import SOURCE, coverage
from pipelines.judging import comparisons
from pipelines.judging.expectation_results import validate
from pipelines.judging.sides import NOTHING, Found, Sides
from pipelines.storage.parquet import to_arrow, to_pandas

HEADERS = [
    "fy",
    "ods_code",
    "org_name",
    "trust_type",
    "sector",
    "region",
    "main_code",
    "sub_code",
    "measure",
    "value",
    "unit",
    "quality",
    "note",
]
CODES = {
    "operating_expenses": ("A08CY01", "EXP0390", "£000"),
    "staff_costs_incl_neds": ("A08CY01", "EXP0130+EXP0140", "£000"),
    "amortisation": ("A08CY01", "EXP0250", "£000"),
    "depreciation": ("A08CY01", "EXP0240", "£000"),
    "average_wte": ("A09CY01", "STA0490", "No."),
    "wte_medical_dental": ("A09CY01", "STA0370", "No."),
    "wte_other": ("A09CY01", "STA0480", "No."),
}
Line = dict[str, str]
TRUSTS = trusts(3)


def line(
    who: tuple[str, str], measure: str, value: object, quality: str = "exact", fy: str = "2022-23"
) -> Line:
    """Return a line of the table."""
    main, sub, unit = CODES[measure]
    found = (fy, *who, "Trust", "Acute", "London", main, sub, measure, str(value), unit, quality, "")
    return dict(zip(HEADERS, found, strict=True))


def lines(fy: str = "2022-23") -> list[Line]:
    """Return the lines of three trusts: amounts are artificial."""
    found = []
    for place, who in enumerate(TRUSTS, start=1):
        values = {
            "operating_expenses": 1111.5 * place,
            "staff_costs_incl_neds": 555 * place,
            "depreciation": 11,
        }
        values |= {"average_wte": 33 * place, "wte_medical_dental": 22 * place, "wte_other": 11 * place}
        found += [line(who, measure, value, fy=fy) for measure, value in values.items()]
    amortised = ((11, "exact"), (22.5, "unrounded_maybe_scaled"), (0, "zero_or_negative_in_source"))
    return found + [
        line(who, "amortisation", *one, fy=fy) for who, one in zip(TRUSTS, amortised, strict=True)
    ]


def table(found: list[Line], headers: list[str] = HEADERS) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, headers, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(found)
    return text.getvalue().encode()


def read(found: list[Line], edition: str = "2022/23") -> Parsed:
    return SOURCE.read(table(found), edition, "compiled")


def staged(found: list[Line], edition: str = "2022/23") -> pd.DataFrame:
    rows = read(found, edition).rows.assign(edition=edition, source_file_sha256="c" * 64)
    assert problems(rows, TABLE) == []
    return to_pandas(to_arrow(rows, TABLE))


def denominators(frame: pd.DataFrame) -> dict[tuple[str, str], Mapping[str, Any]]:
    """Return the rows of `denominator` by code and measure."""
    rows = SOURCE.facts(frame)["denominator"]
    return {(row["org_code_as_published"], row["measure"]): row for row in rows.to_dict("records")}


def test_one_year_is_read_and_everything_else_is_counted() -> None:
    parsed = read([*lines(), *lines("2023-24")])
    assert (parsed.rows_in, len(parsed.rows), parsed.rejected, parsed.drift) == (18, 18, (), ())
    assert parsed.ignored == ("21 rows about other financial years", "3 rows of measure 'depreciation'")
    first = parsed.rows.iloc[0]
    assert first[["org_code_as_published", "measure", "amount", "measure_unit", "quality"]].tolist() == [
        TRUSTS[0][0],
        "operating_expenses",
        1111.5,
        "GBP 000",
        "exact",
    ]
    assert (first["layout"], first["period"], first["financial_year"], first["source_row"]) == (
        "compiled",
        "CY",
        "2022/23",
        2,
    )


def test_pounds_are_published_with_the_doubt_of_each_value() -> None:
    made = denominators(staged(lines()))
    codes = [code for code, _ in TRUSTS]
    expenses = made[codes[0], "operating_expenses"]
    assert (expenses["value"], expenses["measure_unit"], expenses["value_status"]) == (
        1_111_500,
        "GBP",
        "published",
    )
    assert made[codes[1], "staff_costs_with_non_executives"]["value"] == 1_110_000
    assert (made[codes[1], "wte_total"]["value"], made[codes[1], "wte_total"]["months_reported"]) == (66, 12)
    amortised = [made[code, "amortisation_of_intangible_assets"] for code in codes]
    assert [(row["value_status"], row["value_flag"]) for row in amortised[1:]] == [
        ("e", "unrounded_maybe_scaled"),
        ("x", "zero_or_negative_in_source"),
    ]
    assert (amortised[0]["value"], amortised[1]["value"], pd.isna(amortised[2]["value"])) == (
        11_000,
        22_500,
        True,
    )
    assert pd.isna(amortised[0]["value_flag"])


def test_nothing_compiled_is_it_spend_or_an_asset_or_a_restatement() -> None:
    made = SOURCE.facts(pd.concat([staged(lines()), staged(lines("2023-24"), "2023/24")]))
    assert [len(made[name]) for name in ("it_spend", "it_asset", "it_spend_restated")] == [0, 0, 0]


def test_a_part_of_a_year_is_flagged_and_its_months_are_not_known() -> None:
    closed = ("RVY", "Southport And Ormskirk Hospital NHS Trust")
    values = {"operating_expenses": 111, "staff_costs_incl_neds": 55, "average_wte": 33, "wte_other": 33}
    found = [line(closed, measure, value, fy="2023-24") for measure, value in values.items()]
    made = denominators(staged([*lines("2023-24"), *found], "2023/24"))
    assert {row["value_flag"] for (code, _), row in made.items() if code == "RVY"} == {"part_of_a_year"}
    assert pd.isna(made["RVY", "wte_total"]["months_reported"])
    assert made[TRUSTS[0][0], "wte_total"]["months_reported"] == 12


def test_the_publishers_file_wins_for_each_provider_measure_and_year() -> None:
    one = TRUSTS[0]
    own = staged_accounts(workbook("2022/23", providers=[one]), "2022/23")
    made = denominators(pd.concat([staged(lines()), own]))
    sheets = {measure: row["source_sheet"] for (code, measure), row in made.items() if code == one[0]}
    assert set(sheets.values()) == {"All data"}
    assert "staff_costs" in sheets
    assert "staff_costs_with_non_executives" not in sheets
    assert made[one[0], "operating_expenses"]["value"] == 320_000_000
    others = {row["source_sheet"] for (code, _), row in made.items() if code != one[0]}
    assert others == {""}


def test_a_year_of_the_publisher_leaves_the_other_compiled_year() -> None:
    own = staged_accounts(workbook("2023/24", providers=TRUSTS), "2023/24")
    rows = SOURCE.facts(pd.concat([staged(lines()), own]))["denominator"]
    assert rows.groupby("edition")["source_sheet"].agg(set).to_dict() == {
        "2022/23": {""},
        "2023/24": {"All data"},
    }


def test_a_publishers_file_without_codes_wins_by_name() -> None:
    own = staged_accounts(workbook("2022/23", providers=[TRUSTS[0]]), "2022/23")
    own["org_code_as_published"] = pd.NA
    compiled = staged(lines())
    compiled["org_name_as_published"] = compiled["org_name_as_published"].str.title()
    rows = SOURCE.facts(pd.concat([compiled, own]))["denominator"]
    assert TRUSTS[0][0] not in set(rows["org_code_as_published"])


def without(*measures: str) -> Callable[[list[Line]], list[Line]]:
    """Return the change that takes a measure from the first trust."""
    return lambda found: [
        one for one in found if one["ods_code"] != TRUSTS[0][0] or one["measure"] not in measures
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda found: [{**one, "fy": "2021-22"} for one in found],
            "expected rows of financial year 2022/23, found 2021-22",
        ),
        (
            without("operating_expenses"),
            "expected measure operating_expenses of each of 3 trusts, found none of 1",
        ),
        (without("average_wte"), "expected measure wte_total of each of 3 trusts"),
        (lambda found: [*found, found[0]], "expected measure operating_expenses of .* once, found it again"),
        (
            lambda found: [{**one, "main_code": "A08PY01"} for one in found],
            "expected at least one usable data row",
        ),
    ],
)
def test_a_table_that_is_cut_doubled_or_of_another_year_is_refused(
    change: Callable[[list[Line]], list[Line]], message: str
) -> None:
    with pytest.raises(StructureError, match=message):
        read(change(lines()))


def test_a_table_without_a_column_is_refused() -> None:
    with pytest.raises(StructureError, match="expected column 'quality'"):
        SOURCE.read(table(lines(), [name for name in HEADERS if name != "quality"]), "2022/23", "compiled")


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"sub_code": "EXP0130"}, "expected A08CY01 x EXP0390 beside measure operating_expenses"),
        ({"unit": "No."}, "expected the sign of GBP 000"),
        ({"value": "-1"}, "column 'value': expected 0 to"),
        ({"value": "n/a"}, "column 'value': expected a number"),
        ({"quality": "made up"}, "column 'quality': expected one of"),
        ({"quality": "zero_or_negative_in_source"}, "expected 0 beside quality"),
        ({"ods_code": "5e+01"}, "expected an ODS code"),
    ],
)
def test_a_line_that_contradicts_itself_is_rejected_with_the_reason(changed: Line, reason: str) -> None:
    first, *rest = lines()
    parsed = read([{**first, **changed}, *rest])
    assert [row.row for row in parsed.rejected] == [2]
    assert reason in parsed.rejected[0].reason
    assert parsed.rows_in == len(parsed.rows) + 1


def failing(frame: pd.DataFrame) -> set[str]:
    results = validate(frame, SOURCE.expectations, key=key_of(TABLE))
    assert not [one for one in results if one.outcome == "raised"]
    return {one.check for one in results if not one.success}


def frozen(edition: str) -> pd.DataFrame:
    rows = staged_rows("tac")
    return rows[rows["edition"] == edition]


@pytest.mark.parametrize("edition", ["2022/23", "2023/24"])
def test_the_compiled_years_pass_every_check(edition: str) -> None:
    assert failing(frozen(edition)) == set()


@pytest.mark.parametrize(
    ("change", "failed"),
    [
        (lambda rows: rows.assign(amount=rows["amount"] * 1000), "amounts_are_in_thousands"),
        (
            lambda rows: rows[
                rows["org_code_as_published"].isin(sorted(set(rows["org_code_as_published"]))[:40])
            ],
            "about_as_many_providers_as_there_are",
        ),
        (
            lambda rows: rows.assign(
                identity_gap=rows["identity_gap"].where(rows["identity_gap"].isna(), 11)
            ),
            "accounts_add_up",
        ),
    ],
)
def test_a_plausible_table_that_is_wrong_fails_a_check(
    change: Callable[[pd.DataFrame], pd.DataFrame], failed: str
) -> None:
    assert failed in failing(change(frozen("2022/23")))


def test_staff_of_another_trust_leave_a_gap_beside_the_total() -> None:
    found = lines()
    groups = [one for one in found if one["measure"] == "wte_medical_dental"]
    for one, other in zip(groups, [*groups[1:], groups[0]], strict=True):
        one["value"], other["value"] = other["value"], one["value"]
    gaps = read(found).rows["identity_gap"].dropna()
    assert (gaps.abs() > 1).sum() >= 2


def compared(edition: str, now: pd.DataFrame) -> Found:
    """Compare a file with the known totals."""
    guard = next(one for one in SOURCE.guards if one.check == "compiled_expenses_are_as_known")
    return comparisons.compare(guard, Sides(edition, now, now.iloc[:0], now.iloc[:0]))


@pytest.mark.parametrize(
    ("edition", "trusts_", "thousands"), [("2022/23", 212, 124_215_067), ("2023/24", 206, 130_840_535)]
)
def test_b15_expenses_are_those_of_the_published_totals(edition: str, trusts_: int, thousands: int) -> None:
    rows = SOURCE.facts(staged_rows("tac"))["denominator"]
    mine = rows[(rows["edition"] == edition) & (rows["measure"] == "operating_expenses")]
    assert (len(mine), mine["org_code_as_published"].nunique()) == (trusts_, trusts_)
    assert round(mine["value"].sum() / 1000) == thousands
    whole = frozen(edition)
    whole = whole[whole["measure"] == "operating_expenses"]
    assert not compared(edition, whole).beyond
    assert compared(edition, whole.iloc[1:]).beyond
    assert compared(edition, pd.concat([whole, whole.iloc[:1]])).beyond


def test_b15_amortisation_is_about_386_8_million_and_13_are_missing() -> None:
    rows = SOURCE.facts(staged_rows("tac"))["denominator"]
    mine = rows[rows["measure"] == "amortisation_of_intangible_assets"]
    assert set(mine["edition"]) == {"2022/23"}
    assert round(mine["value"].sum() / 1e6, 1) == 386.8
    assert mine["value_status"].value_counts().to_dict() == {"published": 138, "e": 61, "x": 13}
    assert (mine["value"].isna() == (mine["value_status"] == "x")).all()
    assert not (mine["value"] == 0).any()


def test_staff_costs_of_ry5_are_flagged_and_five_providers_are_missing_in_2023_24() -> None:
    rows = SOURCE.facts(staged_rows("tac"))["denominator"]
    scaled = rows[rows["value_flag"] == "scaled_down_by_source"]
    assert scaled[["org_code_as_published", "edition", "measure", "value_status"]].to_numpy().tolist() == [
        ["RY5", "2023/24", "staff_costs_with_non_executives", "e"]
    ]
    codes = rows.groupby("edition")["org_code_as_published"].agg(set)
    gone = {"RF4", "RJ6", "RQ3", "RV9", "RWK"}
    assert gone <= codes["2022/23"]
    assert not gone & codes["2023/24"]
    part = rows[rows["value_flag"] == "part_of_a_year"]
    assert set(part["org_code_as_published"] + part["edition"]) == {"RVY2023/24"}


def test_coverage_says_that_it_capital_is_not_held_and_what_is() -> None:
    found = coverage(staged_rows("tac"))
    first = {row.table_name: row.why for row in found if row.subject == "why a table has no rows"}
    assert set(first) == {"it_spend", "it_asset", "it_spend_restated"}
    assert all(
        why.startswith("IT capital itself is not held until the accounts are fetched.")
        for why in first.values()
    )
    held = {row.subject: (row.held, row.expected, row.status) for row in found if not row.table_name}
    assert held == {
        "publisher's files of 2022/23": (0, 2, "never fetched"),
        "providers of 2022/23 in the compiled table": (212, 212, "complete"),
        "providers of 2022/23 with amortisation in the compiled table": (199, 212, "partial"),
        "publisher's files of 2023/24": (0, 2, "never fetched"),
        "providers of 2023/24 in the compiled table": (206, 206, "complete"),
        "providers of 2023/24 with amortisation in the compiled table": (0, 206, "never fetched"),
    }


def test_coverage_no_longer_says_so_once_a_file_of_the_publisher_is_held() -> None:
    own = staged_accounts(workbook("2023/24"), "2023/24")
    found = {row.subject: row.held for row in coverage(pd.concat([staged_rows("tac"), own]))}
    assert "why a table has no rows" not in found
    assert (found["publisher's files of 2022/23"], found["publisher's files of 2023/24"]) == (0, 1)


def test_a_share_of_it_is_not_asked_of_a_table_without_it() -> None:
    share = next(one for one in SOURCE.guards if one.kind == "share")
    rows = frozen("2022/23")
    assert comparisons.compare(share, Sides("2022/23", rows, rows.iloc[:0], rows.iloc[:0])) == NOTHING
