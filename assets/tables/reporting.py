"""Who has no row where one is expected: open constituents of today's organisations that a period holds nothing of.

A sum over constituents is short by whoever is missing, and a row that is not there looks like nothing spent. Whether a
missing row means anything depends on the publication, so each source says who reports (`Source.reports`): every trust,
or those that report something for a period at most a year away. Where a source says nothing, as for awards, a missing
row is no gap.
"""

from collections.abc import Mapping

import pandas as pd

from assets.contract.source import EVERY_TRUST, KNOWN_REPORTERS
from assets.tables.current_tables import PERIOD, Adding

NEAR = pd.DateOffset(years=1)
MEASURE = "measure"
"""Reporters have a row for each measure; in other columns of the grain, such as a category of payments, no row is nil."""


def absent(
    facts: pd.DataFrame, made: pd.DataFrame, current: pd.DataFrame, reports: Mapping[str, str], how: Adding
) -> "pd.Series[str]":
    """Return for each row of `made` the codes, in order, of open constituents that have no fact for its period.

    `facts` is the fact table, `made` its sums on today's organisations, `current` what `rollup.today` returns. An
    organisation counts where all its ways lead to that organisation and it was open on at least one day of the period.
    Rows without such codes, and what is left over, are not in the result.
    """
    subject = ["source", *([MEASURE] if MEASURE in how.group else [])]
    slot = [*dict.fromkeys([*subject, *PERIOD])]
    sums = made[(made["allocation"] == "whole") & (made[how.where].astype(bool) if how.where else True)]
    asked = sums[[*slot, "current_org_code"]].drop_duplicates()
    asked = asked[asked["source"].isin(list(reports))].merge(_whole(current), on="current_org_code")
    asked = asked[_open_in(asked)]
    reported = facts.loc[facts["org_code"].notna(), [*slot, "org_code"]].drop_duplicates()
    missing = _without(asked, reported, [*slot, "org_code"])
    rule = missing["source"].map(dict(reports))
    known = (rule == KNOWN_REPORTERS) & _known(missing, facts, [*subject, "org_code"], how)
    missing = missing[(rule == EVERY_TRUST) | known]
    where = [*slot, "current_org_code"]
    codes = missing.sort_values("org_code").groupby(where, dropna=False)["org_code"].agg(" ".join)
    found = sums[where].merge(codes.rename("codes").reset_index(), on=where, how="left")["codes"]
    return found.set_axis(sums.index).dropna()


def united(one: "pd.Series[str]", other: "pd.Series[str]") -> "pd.Series[str]":
    """Return the codes of two series of codes separated by blanks, in order and each once, on the index of the first."""
    both = one.fillna("").str.cat(other.reindex(one.index).fillna(""), sep=" ")
    codes = both.map(lambda text: " ".join(sorted(set(text.split()))))
    return codes.where(codes != "", None)


def _whole(current: pd.DataFrame) -> pd.DataFrame:
    """Return the organisations all ways of which lead to one organisation of today, with their days."""
    ends = current.groupby("org_code")["current_org_code"]
    whole = current[(ends.transform("nunique") == 1) & (ends.transform("count") == ends.transform("size"))]
    return whole[["org_code", "current_org_code", "open_date", "close_date"]].drop_duplicates()


def _open_in(rows: pd.DataFrame) -> "pd.Series[bool]":
    """Say whether the organisation of each row was open on at least one day of its period."""
    opened, closed, first, last = (
        pd.to_datetime(rows[name]) for name in ("open_date", "close_date", "period_start", "period_end")
    )
    return (opened <= last) & (closed.isna() | (closed >= first))


def _known(rows: pd.DataFrame, facts: pd.DataFrame, key: list[str], how: Adding) -> "pd.Series[bool]":
    """Say whether the organisation of each row reports something other than 0 for a period at most `NEAR` away."""
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
