"""Facts on today's organisations: flows, stocks and averages added up over constituents, everything else listed.

A flow belongs to the one organisation of today that every way of its code leads to. If there are several (a split)
or none (an end without successor), it stays in a separate row and is never divided by guess: the rows of a
`<fact>_current` table add up to its fact table. Plain functions over frames; `assets.tables.current_tables` decides how
each table is rolled up.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any

import pandas as pd
import sqlalchemy as sa

from assets.contract.columns import METADATA, key_of
from assets.tables import reporting
from assets.tables.current_tables import SHOWN, WAY, WEIGHT, Adding, adding, current_table
from assets.tables.facts import programme_membership

Frames = Mapping[str, pd.DataFrame]
Row = Mapping[Any, Any]
Reports = Mapping[str, Mapping[str, str]]
NOBODY: Mapping[str, str] = {}
DIGITS = 6
"""Decimals that sums keep: more than a penny needs, and fewer than floating-point noise."""
CAUTIONS = ("r", "b", "p")
"""Statuses of a constituent that its sum inherits (the last one wins): revised, a break, provisional."""


def build(frames: Frames, reports: Reports, facts: Collection[str]) -> dict[str, pd.DataFrame]:
    """Return the table of today's organisations of each of the fact tables, from these and the organisation tables.

    `reports` says, by fact table and source, who is expected to have a row (`Source.reports`).
    """
    current = today(frames)
    made = {
        current_table(METADATA.tables[name]).name: roll_up(
            frames[name], METADATA.tables[name], current, reports.get(name, {})
        )
        for name in facts
    }
    name = current_table(programme_membership).name
    if name not in made:
        return made
    return {**made, name: made[name].join(inherited(made[name], frames["organisation_succession"]))}


def today(frames: Frames) -> pd.DataFrame:
    """Return `organisation_current` with details of today's organisation and the days the original one was open."""
    current = frames["organisation_current"]
    known = frames["organisation"].set_index("org_code")
    types = frames["organisation_type"]
    broad = types[types["scheme"] == "primary_type"].sort_values(["as_of_date", "source", "edition"])
    newest = broad.drop_duplicates("org_code", keep="last").set_index("org_code")["type"]
    return current.assign(
        organisation_type=current["current_org_code"].map(newest),
        region=current["current_org_code"].map(known["region"]),
        icb_code=current["current_org_code"].map(known["icb_code"]),
        open_date=current["org_code"].map(known["open_date"]),
        close_date=current["org_code"].map(known["close_date"]),
    )


def roll_up(
    frame: pd.DataFrame, fact: sa.Table, current: pd.DataFrame, reports: Mapping[str, str] = NOBODY
) -> pd.DataFrame:
    """Return the rows of `current_table(fact)` for the rows of a fact table.

    `current` is the result of `today`: a row for every way of every organisation. `reports` says by source who is
    expected to have a row.
    """
    how = adding(fact)
    if how is None:
        shown = current[["org_code", *SHOWN, *WAY]]
        return frame.drop(columns=list(SHOWN)).merge(shown, on="org_code", how="left")
    columns = current_table(fact).columns.keys()
    if not len(frame):
        return pd.DataFrame(columns=columns)
    made = _added(frame, fact, current, how)
    without_row = reporting.absent(frame, made, current, reports, how)
    made["constituents_missing"] = reporting.united(made["constituents_missing"], without_row)
    return made[columns]


def _added(frame: pd.DataFrame, fact: sa.Table, current: pd.DataFrame, how: Adding) -> pd.DataFrame:
    """Add up the facts that belong to the same organisation of today, or to the same remainder."""
    facts = _placed(frame.sort_values(key_of(fact)), current, how)
    groups = facts.groupby([*how.group, "unit"], dropna=False)
    facts = facts.assign(row=groups.ngroup(), several=groups["unit"].transform("size") > 1)
    facts = _weighted(facts, fact, how)
    rows = facts.groupby("row")
    made = _agreed(facts.drop(columns=["unit", "constituent", *how.values]))
    values = rows[list(how.values)].sum(min_count=1)
    if WEIGHT in facts:
        months = _months(facts, made, how)
        values = values.div(months.fillna(1), axis=0)
        made[WEIGHT] = months.combine_first(made[WEIGHT]).astype("Int64")
    gathered = {
        name: words.reindex(made.index).astype(object) for name, words in _gathered(facts, fact).items()
    }
    return made.assign(
        **values.round(DIGITS),
        **gathered,
        constituents=_codes(facts[facts["several"]]).combine_first(rows["constituent"].first()),
        n_constituents=rows["constituent"].nunique(),
        n_facts=rows.size(),
        constituents_missing=_missing(facts, how),
        value_status=_statuses(facts, values),
    )


def _placed(facts: pd.DataFrame, current: pd.DataFrame, how: Adding) -> pd.DataFrame:
    """Assign each fact to the one organisation of today that all ways lead to, or state why there is none.

    `unit` is what the facts of a group add up to: an organisation of today, or the constituent alone.
    """
    code = facts["org_code"]
    facts = facts.assign(how=facts[how.see] if how.see else how.how)
    allocation = code.map(_ends(current)).where(code.notna(), "no_organisation")
    stock = (allocation == "whole") & (facts["how"] == "stock")
    allocation = allocation.mask(
        stock & facts.duplicated([*how.group, "org_code"], keep=False), "several_names"
    )
    allocation = allocation.mask(stock & ~_open(facts, current, "period_end"), "not_open")
    whole = allocation == "whole"
    any_way = current.drop_duplicates("org_code").set_index("org_code")[list(SHOWN)]
    shown = any_way.reindex(code).set_axis(facts.index).where(whole)
    constituent = code.fillna(facts["org_name_as_published"])
    adds = whole & (facts["how"] != "none")
    adds = adds & facts[how.where].astype(bool) if how.where else adds
    return facts.assign(
        **shown,
        allocation=allocation,
        constituent=constituent,
        was_open=_open(facts, current, "period_start"),
        unit=shown["current_org_code"].where(adds, "alone " + constituent),
    )


def _ends(current: pd.DataFrame) -> "pd.Series[str]":
    """Return the allocation of the facts of each code: whole if all ways lead to one organisation open today."""
    ends = current.groupby("org_code")["current_org_code"]
    allocation = pd.Series("unallocated_split", index=ends.size().index)
    return allocation.mask(ends.nunique(dropna=False) == 1, "whole").mask(ends.count() == 0, "closed")


def _open(facts: pd.DataFrame, current: pd.DataFrame, since: str) -> "pd.Series[bool]":
    """Return whether the organisation of each fact was open at all from the day in `since` to the end of its period."""
    known = current.drop_duplicates("org_code").set_index("org_code")
    opened, closed = (
        facts["org_code"].map(pd.to_datetime(known[name])) for name in ("open_date", "close_date")
    )
    first, last = pd.to_datetime(facts[since]), pd.to_datetime(facts["period_end"])
    return (opened <= last) & (closed.isna() | (closed >= first))


def _weighted(facts: pd.DataFrame, fact: sa.Table, how: Adding) -> pd.DataFrame:
    """Return the facts with values as numbers; averages that are added up are multiplied by their months.

    A value that must not be added to the others of its group is set to missing.
    """
    numbers = pd.DataFrame(
        {
            name: facts[name].astype("Int64" if isinstance(fact.c[name].type, sa.Integer) else "float64")
            for name in how.values
        }
    )
    if WEIGHT in facts:
        averaged = facts["several"] & (facts["how"] == "average")
        weight = facts[WEIGHT].astype("float64").where(averaged, 1)
        numbers = numbers.mul(weight, axis=0)
    if how.where:
        numbers = numbers.mask(facts["several"] & ~facts[how.where].astype(bool))
    return facts.assign(**numbers)


def _months(facts: pd.DataFrame, made: pd.DataFrame, how: Adding) -> "pd.Series[float]":
    """Return how many months the averages over several facts cover; missing for every other row."""
    first, last = (pd.to_datetime(made[name]).dt for name in ("period_start", "period_end"))
    whole = (last.year - first.year) * 12 + last.month - first.month + 1
    averaged = facts["several"] & (facts["how"] == "average") & facts[list(how.values)].notna().any(axis=1)
    months = facts[WEIGHT].astype("float64").where(averaged).groupby(facts["row"]).sum(min_count=1)
    return months.clip(upper=whole)


def _agreed(facts: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each group of facts: the values they share, missing where they differ."""
    first = facts.groupby("row").first()
    differ = facts[facts["several"]].groupby("row").nunique(dropna=False) > 1
    return first.mask(differ.reindex(first.index, fill_value=False))


def _gathered(facts: pd.DataFrame, fact: sa.Table) -> dict[str, "pd.Series[str]"]:
    """Return, for each column that gathers words, the words of all facts of each group; missing if there are none."""
    names = [c.name for c in fact.columns if c.info.get("gathers")]
    words = {name: facts[facts[name].notna()].groupby("row")[name] for name in names}
    return {name: each.agg(lambda found: " ".join(sorted(set(found)))) for name, each in words.items()}


def _missing(facts: pd.DataFrame, how: Adding) -> "pd.Series[str]":
    """Return for each group the constituents, open in its period, that lack a value another constituent has."""
    known = facts[list(how.values)].notna()
    lacking = (known.groupby(facts["row"]).transform("any") & ~known).any(axis=1)
    return _codes(facts[lacking & facts["was_open"]])


def _statuses(facts: pd.DataFrame, values: pd.DataFrame) -> "pd.Series[str]":
    """Return the status of each group: that of its only fact, else derived, a caution, or why the value is missing."""
    rows = facts.groupby("row")["value_status"]
    own = rows.first()
    status = own.where(rows.size() == 1, "e")
    for caution in CAUTIONS:
        bears = (facts["several"] & (facts["value_status"] == caution)).groupby(facts["row"]).any()
        status = status.mask(bears, caution)
    nothing = (rows.size() > 1) & values.isna().all(axis=1)
    why = own.where((rows.nunique() == 1) & (own != "published"), "x")
    return status.mask(nothing, why)


def _codes(facts: pd.DataFrame) -> "pd.Series[str]":
    """Return the constituents of each group, in order, separated by spaces."""
    return facts.groupby("row")["constituent"].agg(lambda codes: " ".join(sorted(set(codes))))


def inherited(members: pd.DataFrame, succession: pd.DataFrame) -> pd.DataFrame:
    """Return how each membership relates to today's organisation, through which member and since when."""
    steps = succession.sort_values(["succession_date", "predecessor_code"]).to_dict("records")
    held = set(zip(members["programme"], members["role"], members["org_code"], strict=True))
    names = ["inherited_status", "inherited_through", "inherited_since"]
    rows = [_inherited(row, steps, held) for row in members.to_dict("records")]
    return pd.DataFrame(rows, columns=names, index=members.index)


def _inherited(
    row: Row, steps: Sequence[Row], held: Collection[tuple[str, str, str]]
) -> tuple[str, str | None, date | None]:
    if row["relation"] in {"part_by_split", "closed"}:
        return row["relation"], row["org_code"], row["since"]
    path = row["path"].split(">")
    ways = set(pairwise(path))
    for step in steps:
        if (step["predecessor_code"], step["successor_code"]) in ways and step["kind"] != "rename":
            return "absorbed_member", row["org_code"], step["succession_date"]
    joined = {
        step["predecessor_code"]: step["succession_date"]
        for step in steps
        if step["successor_code"] in path
        and step["predecessor_code"] not in path
        and step["succession_date"].isoformat() > row["start_date"]
        and (row["programme"], row["role"], step["predecessor_code"]) not in held
    }
    if not joined:
        return "same", None, None
    return "enlarged_by_non_member", " ".join(joined), min(joined.values())
