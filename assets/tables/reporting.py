"""Missing reporters: open constituents of today's organisations that have no row where one is expected.

A sum over constituents is too small if one of them is missing, and a missing row looks like no spending. Whether it is
a gap depends on the publication, so each source says who reports (`Source.reports`): every trust, or those that report
something for a period at most a year away. If a source names nobody, as for awards, a missing row is not a gap.
"""

from collections.abc import Mapping

import pandas as pd

from assets.contract.source import EVERY_TRUST, KNOWN_REPORTERS
from assets.tables.current_tables import PERIOD, Adding

NEAR = pd.DateOffset(years=1)
MEASURE = "measure"
"""Reporters have a row for each measure. In other grain columns, such as a payment category, a missing row means nil."""


def absent(
    facts: pd.DataFrame, made: pd.DataFrame, current: pd.DataFrame, reports: Mapping[str, str], how: Adding
) -> "pd.Series[str]":
    """Return for each row of `made` the codes, in order, of open constituents that have no fact for its period.

    `facts` is the fact table, `made` its sums on today's organisations, `current` the result of `rollup.today`. An
    organisation counts if all its ways lead to that organisation and it was open on at least one day of the period.
    Rows without such codes, and rows that are not allocated, are not in the result.
    """
    subject = ["source", *([MEASURE] if MEASURE in how.group else [])]
    slot = [*dict.fromkeys([*subject, *PERIOD])]
    sums = made[(made["allocation"] == "whole") & (made[how.where].astype(bool) if how.where else True)]
    expected = sums[[*slot, "current_org_code"]].drop_duplicates()
    expected = expected[expected["source"].isin(list(reports))].merge(_whole(current), on="current_org_code")
    expected = expected[_open_in(expected)]
    reported = facts.loc[facts["org_code"].notna(), [*slot, "org_code"]].drop_duplicates()
    missing = _without(expected, reported, [*slot, "org_code"])
    rule = missing["source"].map(dict(reports))
    known = (rule == KNOWN_REPORTERS) & _known(missing, facts, [*subject, "org_code"], how)
    missing = missing[(rule == EVERY_TRUST) | known]
    where = [*slot, "current_org_code"]
    codes = missing.sort_values("org_code").groupby(where, dropna=False)["org_code"].agg(" ".join)
    found = sums[where].merge(codes.rename("codes").reset_index(), on=where, how="left")["codes"]
    return found.set_axis(sums.index).dropna()


def united(one: "pd.Series[str]", other: "pd.Series[str]") -> "pd.Series[str]":
    """Return the union of two series of space-separated codes, sorted and distinct, on the index of the first."""
    both = one.fillna("").str.cat(other.reindex(one.index).fillna(""), sep=" ")
    codes = both.map(lambda text: " ".join(sorted(set(text.split()))))
    return codes.where(codes != "", None)


def _whole(current: pd.DataFrame) -> pd.DataFrame:
    """Return the organisations whose ways all lead to one organisation of today, with the days they were open."""
    ends = current.groupby("org_code")["current_org_code"]
    whole = current[(ends.transform("nunique") == 1) & (ends.transform("count") == ends.transform("size"))]
    return whole[["org_code", "current_org_code", "open_date", "close_date"]].drop_duplicates()


def _open_in(rows: pd.DataFrame) -> "pd.Series[bool]":
    """Return whether the organisation of each row was open on at least one day of its period."""
    opened, closed, first, last = (
        pd.to_datetime(rows[name]) for name in ("open_date", "close_date", "period_start", "period_end")
    )
    return (opened <= last) & (closed.isna() | (closed >= first))


def _known(rows: pd.DataFrame, facts: pd.DataFrame, key: list[str], how: Adding) -> "pd.Series[bool]":
    """Return whether the organisation of each row reports something other than 0 for a period at most `NEAR` away."""
    something = facts[facts[list(how.values)].fillna(0).ne(0).any(axis=1)]
    days = something[key].assign(
        first=pd.to_datetime(something["period_start"]) - NEAR,
        last=pd.to_datetime(something["period_end"]) + NEAR,
    )
    spans = days.groupby(key, as_index=False).agg(first=("first", "min"), last=("last", "max"))
    reach = rows[key].merge(spans, on=key, how="left").set_axis(rows.index)
    begins, ends = (pd.to_datetime(rows[name]) for name in ("period_start", "period_end"))
    return (begins <= reach["last"]) & (ends >= reach["first"])


def _without(rows: pd.DataFrame, others: pd.DataFrame, on: list[str]) -> pd.DataFrame:
    """Return the rows that have no match among `others`, whose keys are unique."""
    unmatched = rows[on].merge(others, on=on, how="left", indicator=True)["_merge"] == "left_only"
    return rows[unmatched.to_numpy()]
