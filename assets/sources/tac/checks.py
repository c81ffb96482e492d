"""What must hold of a file of accounts, and the columns that these checks look at."""

import pandas as pd

from assets.contract import expectations, guards
from assets.sources.tac.accounts_agreement import AGREEMENT, ALL_ADDITIONS, CY, EXPENSES, PY
from assets.sources.tac.compiled import ACCOUNTS
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


IT = "it_share_of_additions_pct"
EXPECTATIONS = (
    expectations.unlike("no_artificial_amounts", "provider_comment", r"(?i).*artificial"),
    expectations.distinct("about_as_many_providers_as_there_are", "org_name_as_published", (50, 230)),
    expectations.where(
        ("layout", "==", ACCOUNTS),
        expectations.distinct("no_more_providers_than_of_one_kind", "org_name_as_published", (0, 170)),
    ),
    # a compiled table has no number of rows
    expectations.distinct("every_provider_has_the_same_number_of_rows", "rows_of_provider", (0, 1)),
    expectations.values(
        "providers_have_about_as_many_rows_as_ever", "rows_of_provider", (5000, 9000), severity="WARN"
    ),
    expectations.values("accounts_add_up", "identity_gap", (-1, 1), mostly=0.98),
    expectations.values("all_accounts_add_up", "identity_gap", (-1, 1), severity="WARN"),
    expectations.values("it_is_a_plausible_share_of_additions", IT, (2, 30)),
    expectations.where(
        ("measure", "==", "operating_expenses"),
        expectations.statistic("amounts_are_in_thousands", "median", "amount", (50_000, 3_000_000)),
    ),
    expectations.where(
        ("edition", "==", "2019/20"),
        expectations.never(
            "leicester_is_missing_from_2019_20", "org_code_as_published", ["RWE"], severity="WARN"
        ),
    ),
)
GUARDS = (
    guards.same_unit("amount", where=CY, by=("measure",)),
    guards.not_doubled("amount", where=EXPENSES),
    guards.not_doubled(
        "amount", check="the_year_before_is_not_added_in", where=EXPENSES, versus={**EXPENSES, **PY}
    ),
    guards.nobody_gone("amount", where=EXPENSES),
    guards.everybody_open(where=EXPENSES),
    guards.plausible_share(
        "it_is_a_plausible_share_of_additions_in_england",
        (used_in("it_spend", "purchased"), ALL_ADDITIONS),
        (3, 20),
        where=CY,
    ),
    guards.known_values(
        "amount",
        check="compiled_expenses_are_as_known",
        who="layout",
        where={"measure": "operating_expenses"},
        within=1,
    ),
    *AGREEMENT,
)
