"""What must hold of a file of accounts, and the columns that these checks look at."""

import pandas as pd

from assets.contract import guards
from assets.contract.expectations import Expectation
from assets.sources.tac.accounts_agreement import AGREEMENT, ALL_ADDITIONS, EXPENSES
from assets.sources.tac.measures import MEASURES, used_in

IDENTITIES = {
    "operating_expenses": {"operating_expenses": 1, "operating_expenses_of_the_statement": 1},
    "operating_surplus": {
        "patient_care_income": 1,
        "other_operating_income": 1,
        "operating_expenses_of_the_statement": 1,
        "operating_surplus": -1,
    },
    "operating_income_of_the_note": {
        "patient_care_income_of_the_note": 1,
        "other_operating_income_of_the_note": 1,
        "operating_income_of_the_note": -1,
    },
}
"""Sums that are zero in sound accounts, by the measure they are written beside. Expenses are negative in TAC02."""


def checked(rows: pd.DataFrame) -> pd.DataFrame:
    """Add the columns that check the accounts: what identities leave over, and the share of IT."""
    who = ["provider", "period"]
    wide = rows.pivot(index=who, columns="measure", values="amount").reindex(columns=list(MEASURES))
    gaps = pd.DataFrame({name: wide[list(terms)] @ pd.Series(terms) for name, terms in IDENTITIES.items()})
    beside = pd.MultiIndex.from_frame(rows[[*who, "measure"]])
    sums = wide.groupby("period").sum()
    it, everything = (sums[names].sum(axis=1) for names in (used_in("it_spend", "purchased"), ALL_ADDITIONS))
    additions = rows["measure"] == ALL_ADDITIONS[0]
    return rows.assign(
        identity_gap=gaps.rename_axis(columns="measure").stack().reindex(beside).round(6).to_numpy(),
        it_share_of_additions_pct=rows["period"].map((100 * it / everything).round(6)).where(additions),
    ).drop(columns="provider")


EXPECTATIONS = (
    Expectation(
        "no_artificial_amounts",
        "expect_column_values_to_not_match_regex",
        {"column": "provider_comment", "regex": r"(?i).*artificial"},
        "Workbooks made for tests mark their providers as artificial; none may ever be published.",
    ),
    Expectation(
        "about_as_many_providers_as_there_are",
        "expect_column_unique_value_count_to_be_between",
        {"column": "org_name_as_published", "min_value": 50, "max_value": 170},
        "In 2023/24 there were 66 NHS trusts and 140 foundation trusts.",
    ),
    Expectation(
        "every_provider_has_the_same_number_of_rows",
        "expect_column_unique_value_count_to_be_between",
        {"column": "rows_of_provider", "min_value": 1, "max_value": 1},
        "The files are dense: a provider with other rows than the rest was cut or is there twice.",
    ),
    Expectation(
        "providers_have_about_as_many_rows_as_ever",
        "expect_column_values_to_be_between",
        {"column": "rows_of_provider", "min_value": 5000, "max_value": 9000},
        "5,628 to 7,290 rows a provider from 2017/18 to 2023/24.",
        "WARN",
    ),
    Expectation(
        "accounts_add_up",
        "expect_column_values_to_be_between",
        {"column": "identity_gap", "min_value": -1, "max_value": 1, "mostly": 0.98},
        "Income less expenses is the operating surplus and notes agree with statements; otherwise codes have moved.",
    ),
    Expectation(
        "all_accounts_add_up",
        "expect_column_values_to_be_between",
        {"column": "identity_gap", "min_value": -1, "max_value": 1},
        "A gap of more than 1,000 pounds in the accounts of one provider needs a look.",
        "WARN",
    ),
    Expectation(
        "it_is_a_plausible_share_of_additions",
        "expect_column_values_to_be_between",
        {"column": "it_share_of_additions_pct", "min_value": 2, "max_value": 30},
        "IT was about 10 % of capital additions in 2017/18; far from it, useful lives or another column are added.",
    ),
    Expectation(
        "amounts_are_in_thousands",
        "expect_column_median_to_be_between",
        {
            "column": "amount",
            "min_value": 50_000,
            "max_value": 3_000_000,
            "row_condition": 'measure=="operating_expenses"',
            "condition_parser": "pandas",
        },
        "A trust spends some hundred million pounds a year; in other units the median is a thousand times off.",
    ),
    Expectation(
        "leicester_is_missing_from_2019_20",
        "expect_column_values_to_not_be_in_set",
        {
            "column": "org_code_as_published",
            "value_set": ["RWE"],
            "row_condition": 'edition=="2019/20"',
            "condition_parser": "pandas",
        },
        "University Hospitals of Leicester is a known gap; where it is filled, correct the coverage.",
        "WARN",
    ),
)
GUARDS = (
    guards.same_unit("amount", where={"period": "CY"}, by=("measure",)),
    guards.not_doubled("amount", where=EXPENSES),
    guards.not_doubled(
        "amount",
        check="the_year_before_is_not_added_in",
        where=EXPENSES,
        versus={**EXPENSES, "period": "PY"},
    ),
    guards.nobody_gone("amount", where=EXPENSES),
    guards.everybody_open(where=EXPENSES),
    guards.plausible_share(
        "it_is_a_plausible_share_of_additions_in_england",
        (used_in("it_spend", "purchased"), ALL_ADDITIONS),
        (3, 20),
        "IT was about 10 % of the capital additions of all trusts in 2017/18; far from it, useful lives or another "
        "column are added.",
        where={"period": "CY"},
    ),
    *AGREEMENT,
)
