"""From staged cells to facts: pounds and people beside providers, with a status where a total is missing a part.

What a re-user compiled fills `denominator` only, and gives way to the publisher's file for the same provider, measure
and year. Amortisation of intangible assets stands there too, whichever file it is from.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd

from assets.contract.source import Facts
from assets.reading.structure import normal
from assets.sources.tac import compiled as re_used
from assets.sources.tac.compiled import ACCOUNTS, COMPILED, NO_VALUE, WITH_NON_EXECUTIVES
from assets.sources.tac.measures import FIRST_LEASES, MEASURES, PERIODS, THOUSANDS, WTE, used_in
from assets.sources.tac.tables import it_asset, it_spend, it_spend_restated
from assets.tables.facts import DOUBTS, denominator

AMORTISATION = {"amortisation": "amortisation_of_intangible_assets"}
"""The measure of `denominator` that is also a part of IT spend, and its name there: no IT spend by itself."""
NEVER_NIL = {"operating_income", "operating_expenses", "staff_costs", "wte_total"}
"""What no provider lives without: a zero was not reported."""
INCOME = ["patient_care_income", "other_operating_income"]
SPEND, ASSETS, DIVIDE_BY = used_in("it_spend"), used_in("it_asset"), used_in("denominator")
STOCKS = [*ASSETS, *used_in("denominator", "stock")]
KINDS = {
    **{name: MEASURES[name].part for name in DIVIDE_BY},
    **dict.fromkeys(("operating_income", WITH_NON_EXECUTIVES, *AMORTISATION.values()), "flow"),
}
"""How each measure of `denominator` rolls up."""
_ACCOUNTS = ["edition", "source_file_sha256", "org_name_as_published"]
_CARRIED = [
    *_ACCOUNTS,
    *("org_code_as_published", "financial_year", "fy_end_year", "period_start", "period_end", "resolve_on"),
    *("source_sheet", "source_row"),
]
_SOUND = ["value_flag", "value_status"]


def facts(frame: pd.DataFrame) -> Facts:
    """Map staged cells to `it_spend`, `it_asset` and `denominator` (current year only) and `it_spend_restated`."""
    ends = frame["financial_year"].str[:4].astype(int) + 1
    file_ends = frame["edition"].str[:4].astype(int) + 1
    rows = frame.assign(
        fy_end_year=ends,
        period_start=[date(year - 1, 4, 1) for year in ends],
        period_end=_closes(ends),
        # The list of a file names providers as they were in its own year, also beside the year before.
        resolve_on=_closes(file_ends),
        value=frame["amount"].where(frame["measure_unit"] == WTE, (frame["amount"] * 1000).round(2)),
        measure_unit=frame["measure_unit"].replace(THOUSANDS, "GBP"),
        provider=frame["org_code_as_published"].fillna(frame["org_name_as_published"].map(normal)),
    )
    own = rows[rows["layout"] == ACCOUNTS]
    current = own[own["period"] == "CY"]
    return {
        it_spend.name: _spend(current),
        it_asset.name: _assets(current),
        it_spend_restated.name: _restated(own),
        denominator.name: _denominators(current, _not_published(rows[rows["layout"] == COMPILED], current)),
    }


def _not_published(compiled: pd.DataFrame, current: pd.DataFrame) -> pd.DataFrame:
    """Return the compiled cells that no file of the publisher has for the same provider, by code or name, and year."""
    measures = compiled["measure"].replace(re_used.REPLACED_BY)
    taken = pd.Series(data=False, index=compiled.index)
    for who in ("org_code_as_published", "org_name_as_published"):
        names = [frame[who].map(normal, na_action="ignore") for frame in (current, compiled)]
        held = set(zip(names[0], current["measure"], current["financial_year"], strict=True))
        mine = zip(names[1], measures, compiled["financial_year"], strict=True)
        taken |= pd.Series([one in held for one in mine], index=compiled.index, dtype=bool)
    return compiled[~taken]


def _closes(years: "pd.Series[int]") -> list[date]:
    return [date(year, 3, 31) for year in years]


def _wide(current: pd.DataFrame, measures: Sequence[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a row per provider and year, read where its first measure was, and its values, one column a measure."""
    mine = current[current["measure"].isin(measures)]
    first = mine.sort_values("measure", key=lambda names: names.map(list(measures).index), kind="stable")
    head = first.drop_duplicates(_ACCOUNTS)[_CARRIED]
    head = head.set_index(_ACCOUNTS, drop=False).rename_axis([None] * len(_ACCOUNTS))
    values = mine.pivot(index=_ACCOUNTS, columns="measure", values="value")
    return head, values.reindex(index=head.index, columns=list(measures))


def _sum(values: pd.DataFrame, names: Sequence[str]) -> "pd.Series[float]":
    """Add columns; a sum with a missing part is missing."""
    return values[list(names)].sum(axis=1, skipna=False)


def _finished(
    head: pd.DataFrame, pounds: dict[str, "pd.Series[float]"], nil: Any, totals: Sequence[str]
) -> pd.DataFrame:
    """Put whole pounds beside providers, and a status: a total is missing a part, or the series breaks."""
    incomplete = pd.concat([pounds[name] for name in totals], axis=1).isna().any(axis=1)
    status = pd.Series("published", index=head.index)
    status = status.mask(head["fy_end_year"] == FIRST_LEASES + 1, "b").mask(incomplete, "x")
    whole = {f"{name}_gbp": series.round().astype("Int64") for name, series in pounds.items()}
    return head.assign(**whole, nil_or_not_reported=nil, value_status=status).reset_index(drop=True)


def _before_leases(head: pd.DataFrame) -> "pd.Series[bool]":
    return head["fy_end_year"] <= FIRST_LEASES


def _spend(current: pd.DataFrame) -> pd.DataFrame:
    head, values = _wide(current, [*SPEND, "operating_expenses"])
    purchased, leases = used_in("it_spend", "purchased"), used_in("it_spend", "leased")
    more = used_in("it_spend", "under_construction", "gone_live")
    leased = _sum(values, leases)
    narrow = _sum(values, purchased) + leased.mask(_before_leases(head), 0)
    pounds = {name: values[name] for name in SPEND if name not in leases} | {
        "leased_it_additions": leased,
        "narrow": narrow,
        "broad": narrow + _sum(values, more),
        "operating_expenses": values["operating_expenses"].replace(0, float("nan")),
    }
    nil = (values[[*purchased, *leases, *more]].fillna(0) == 0).all(axis=1)
    return _finished(head, pounds, nil, ["broad"])


def _assets(current: pd.DataFrame) -> pd.DataFrame:
    head, values = _wide(current, ASSETS)
    leased = _sum(values, used_in("it_asset", "leased")).mask(_before_leases(head), 0)
    pounds = {name: values[name] for name in ASSETS} | {
        "gross_cost": _sum(values, used_in("it_asset", "gross_cost")),
        "net_book_value": _sum(values, used_in("it_asset", "net_book_value")) + leased,
    }
    nil = (values.fillna(0) == 0).all(axis=1)
    head["period_start"] = head["period_end"]
    return _finished(head, pounds, nil, ["gross_cost", "net_book_value"])


def _denominators(current: pd.DataFrame, compiled: pd.DataFrame) -> pd.DataFrame:
    """Return a row per provider and measure; what no provider lives without is missing where it is 0."""
    wanted = [*(set(DIVIDE_BY) - set(INCOME)), *AMORTISATION, WITH_NON_EXECUTIVES]
    own = [
        frame[frame["measure"].isin(wanted)].assign(value_status="published") for frame in (current, compiled)
    ]
    head, values = _wide(current, INCOME)
    income = head.assign(measure="operating_income", measure_unit="GBP", value=_sum(values, INCOME))
    income = income.assign(value_status="e", layout=ACCOUNTS)
    rows = pd.concat([*own, income], ignore_index=True)
    lost = rows["value"].isna() | ((rows["value"] == 0) & rows["measure"].isin(NEVER_NIL))
    doubted = rows["quality"].isin(set(DOUBTS) - {NO_VALUE})
    rows = rows.assign(
        measure=rows["measure"].replace(AMORTISATION),
        value=rows["value"].mask(lost),
        value_status=rows["value_status"].mask(doubted, "e").mask(lost, "x"),
        value_flag=_flags(rows),
    )
    rows = rows.assign(aggregation=rows["measure"].map(KINDS))
    whole = pd.MultiIndex.from_frame(rows[_ACCOUNTS]).isin(_whole_year(current).append(_whole_year(compiled)))
    averaged, stock = rows["aggregation"] == "average", rows["aggregation"] == "stock"
    return rows.assign(
        months_reported=pd.Series(12, index=rows.index, dtype="Int64").where(averaged & whole),
        period_start=rows["period_start"].mask(stock, rows["period_end"]),
    )[[*_CARRIED, "measure", "measure_unit", "aggregation", "value", "months_reported", *_SOUND]]


def _flags(rows: pd.DataFrame) -> "pd.Series[str]":
    """Return what to doubt of each compiled value: how it was changed, or that its year is not whole."""
    years = pd.MultiIndex.from_frame(rows[["org_code_as_published", "financial_year"]]).isin(
        [*re_used.PART_YEARS]
    )
    part = (rows["layout"] == COMPILED) & years
    return rows["quality"].where(rows["quality"].isin(DOUBTS)).astype(object).mask(part, re_used.PART_YEAR)


def _whole_year(current: pd.DataFrame) -> pd.MultiIndex:
    """Return the accounts of a whole year: no comment says otherwise, and the provider has no others in the year.

    A trust that became a foundation trust during a year has accounts in both files, each of some of its months.
    """
    accounts = current.drop_duplicates(_ACCOUNTS)
    several = accounts.duplicated(["edition", "provider"], keep=False)
    return pd.MultiIndex.from_frame(accounts.loc[accounts["provider_comment"].isna() & ~several, _ACCOUNTS])


def _restated(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the amounts that two editions tell differently of the same provider and year."""
    mine = rows[~rows["measure"].isin(used_in("check"))]
    same = ["provider", "measure", "financial_year"]
    current, prior = (mine[mine["period"] == p].drop_duplicates(same, keep=False) for p in PERIODS)
    places = {n: f"first_{n}" for n in ("edition", "source_file_sha256", "source_sheet", "source_row")}
    first = current[[*same, "value", *places]].rename(columns={"value": "value_first_published", **places})
    both = prior.merge(first, on=same).rename(columns={"value": "value_restated"})
    both = both.assign(
        difference=(both["value_restated"] - both["value_first_published"]).round(6),
        period_start=both["period_start"].mask(both["measure"].isin(STOCKS), both["period_end"]),
        value_status="r",
    )
    amounts = ["measure", "measure_unit", "value_first_published", "value_restated", "difference"]
    return both.loc[
        both["difference"] != 0, [*_CARRIED, *amounts, *places.values(), "value_status"]
    ].reset_index(drop=True)
