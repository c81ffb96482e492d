"""Facts on today's organisations: one table `<fact>_current` for each fact table, derived from its definition.

The `aggregation` of the columns decides how. If a column adds up over organisations (`sum`, `stock`, `average`, or
`see` another column), the facts of organisations that merged become one row, and a value that belongs to no single
organisation of today has a separate row, so that totals equal those of the fact table. If no column adds up, each fact
is listed once for every way its organisation went. `assets.tables.rollup` computes the rows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from assets.contract.columns import METADATA, column, key_of, provenance, reading, table
from assets.organisations.organisation_tables import organisation_current
from assets.tables.facts import programme_membership

CURRENT = "current"
ENDING = "_current"
"""How the name of a table on today's organisations ends: before it is the name of its fact table."""
SHOWN = ("current_org_code", "current_org_name", "organisation_type", "region", "icb_code")
"""The columns that describe an organisation of today."""
WAY = ("relation", "path", "since")
"""The columns that describe the way from an organisation to today's."""
WEIGHT = "months_reported"
"""The column an average is weighted by."""
ALLOCATION = {
    "whole": "the organisation of today has taken over all of the constituents",
    "unallocated_split": "the constituent was split, and how its values divide is not known",
    "closed": "the constituent ended without successor",
    "not_open": "a stock of a constituent that had closed or not opened on the day: its successor may report it too",
    "several_names": "a stock published more than once for the day under one code",
    "no_organisation": "published about several organisations together",
}
INHERITED = {
    "same": "the same legal body, under the same or a new code",
    "absorbed_member": "today's organisation took over the member",
    "enlarged_by_non_member": "the member took over organisations without its role",
    "part_by_split": "today's organisation took over a part of the member and is not a member itself",
    "closed": "the member ended without successor",
}
PERIOD = ("source", "edition", "period_start", "period_end")
_ONE_FACT = (
    "org_code",
    "org_name",
    "org_name_as_published",
    "source_file_sha256",
    "source_sheet",
    "source_row",
)
_DIFFER = "null where constituents differ"


@dataclass(frozen=True)
class Adding:
    """How the facts of a table add up over organisations.

    `values` are the columns that add up. All of them add up as `how` says (sum, stock, average), or as the column `see`
    says for each row (flow, stock, average). Only rows where the column `where` is true add up, within the same `group`.
    """

    values: tuple[str, ...]
    how: str
    see: str | None
    where: str | None
    group: tuple[str, ...]


def adding(fact: sa.Table) -> Adding | None:
    """Return how the facts of a table add up over organisations; None if they do not.

    Raises ValueError if columns add up in different ways: a row is either a flow, a stock or an average.
    """
    ways = {c.name: way for c in fact.columns if (way := _way(c)) is not None}
    if not ways:
        return None
    if len(found := sorted(set(ways.values()))) > 1:
        different = ", ".join("/".join(filter(None, way)) for way in found)
        raise ValueError(
            f"Rolling up table {fact.name}: expected columns that add up in one way, found {different}; make it two tables."
        )
    how, see, where = found[0]
    grain = [name for name in key_of(fact) if name not in (*_ONE_FACT, *PERIOD)]
    group = (*grain, *([where] if where else []), *PERIOD)
    return Adding(tuple(ways), how, see or None, where or None, group)


def _way(defined: sa.Column[Any]) -> tuple[str, str, str] | None:
    """Return how a column adds up, the column that says how, and the column that says for which rows."""
    how, *more = defined.info.get("aggregation", "none").replace(":", "").split()
    if how not in {"sum", "stock", "average", "see"}:
        return None
    return how, more[0] if how == "see" else "", more[1] if more[:1] == ["where"] else ""


def fact_of(current: str) -> str:
    """Return the name of the fact table that a `_current` table is made from."""
    return current.removesuffix(ENDING)


def current_table(fact: sa.Table) -> sa.Table:
    """Return the table that holds the facts of `fact` on today's organisations, and define it on the first call."""
    name = f"{fact.name}{ENDING}"
    if name in METADATA.tables:
        return METADATA.tables[name]
    how = adding(fact)
    if how is None:
        purpose = f"{fact.comment} Listed on today's organisations: a row for every way from then to today."
        return table(name, purpose, list(_listed(fact)), key=[*key_of(fact), "path"], layer=CURRENT)
    grain = ", ".join(how.group)
    purpose = (
        f"{fact.name} added up over the constituents of today's organisations. Grain: {grain}, constituents."
    )
    key = [*how.group, "constituents"]
    return table(name, purpose, list(_added(fact, how)), key=key, layer=CURRENT)


def _listed(fact: sa.Table) -> Iterator[sa.Column[Any]]:
    today = {c.name: c for c in _today()}
    for c in fact.columns:
        yield today.get(c.name, _like(c))
        if c.name == SHOWN[-1]:
            yield from (_like(organisation_current.c[name]) for name in WAY)
            yield from _inherited() if fact is programme_membership else ()


def _added(fact: sa.Table, how: Adding) -> Iterator[sa.Column[Any]]:
    yield from _today()
    last = [c.name for c in provenance()]
    for c in fact.columns:
        if c.name not in (*_ONE_FACT, *SHOWN, *last):
            yield _combined(c, how)
    yield from _constituents()
    for c in fact.columns:
        if c.name in last and c.name not in ("org_code", "org_name_as_published"):
            yield _like(c) if c.name == "value_status" else _combined(c, how)


def _combined(c: sa.Column[Any], how: Adding) -> sa.Column[Any]:
    """Return a column of the rolled-up table: a group column, a column that adds up, or one that all facts agree on."""
    if c.name in how.group:
        return _like(c, nullable=False)
    if c.name in how.values:
        return _like(c, nullable=True, maximum=None)
    if c.name == WEIGHT:
        comment = (
            "Months the value is about: those of the constituents together, at most the months of the period."
        )
        return _like(c, comment, nullable=True)
    comment = (c.comment or "").rstrip(".")
    if c.info.get("gathers"):
        words = "|".join(c.info["allowed"])
        pattern = f"^({words})( ({words}))*$"
        return _like(
            c,
            f"{comment}; those of all constituents, separated by spaces.",
            nullable=True,
            allowed=None,
            pattern=pattern,
        )
    return _like(c, f"{comment}; {_DIFFER}.", nullable=True)


def _like(c: sa.Column[Any], comment: str | None = None, **changed: Any) -> sa.Column[Any]:
    """Return a copy of the column `c` with the given changes."""
    facts = {"nullable": bool(c.nullable), **c.info, **changed}
    return column(c.name, c.type, comment or c.comment or "", **facts)


def _today() -> Sequence[sa.Column[Any]]:
    """Return the columns a row begins with: the organisation of today it is about."""
    comments = {
        c.name: (c.comment or "").replace("today's main successor", "that organisation") for c in reading()
    }
    comments["current_org_code"] = "ODS code of the organisation of today; null where there is none."
    comments["current_org_name"] = "Name of the organisation of today."
    return [_like(c, comments[c.name]) for c in reading() if c.name in SHOWN]


def _constituents() -> Iterator[sa.Column[Any]]:
    meanings = "; ".join(f"{word}: {meaning}" for word, meaning in ALLOCATION.items())
    yield column(
        "allocation",
        sa.Text,
        f"Whether the value belongs to one organisation of today, or why it does not. {meanings}.",
        allowed=ALLOCATION,
    )
    yield column(
        "constituents",
        sa.Text,
        "ODS codes under which the facts were published, in order, separated by spaces; the published name where there "
        "is no code.",
    )
    yield column(
        "n_constituents",
        sa.Integer,
        "How many constituents the row has facts of; constituents_missing names those that add nothing.",
        aggregation="none",
        minimum=1,
    )
    yield column(
        "n_facts",
        sa.Integer,
        "How many facts the row is made of; if it is one, the row says where that fact was read.",
        aggregation="sum",
        minimum=1,
    )
    yield column(
        "constituents_missing",
        sa.Text,
        "Codes of constituents that were open on at least one day of the period and have no value: no row at all "
        "where their source expects one (methodology), or none to add where another constituent has one: no value, or a "
        "mean over months that are not known. The value does not include them, unless another constituent reported for them; null where none is missing.",
        nullable=True,
    )


def _inherited() -> Iterator[sa.Column[Any]]:
    meanings = "; ".join(f"{word}: {meaning}" for word, meaning in INHERITED.items())
    yield column(
        "inherited_status",
        sa.Text,
        f"How the membership relates to today's organisation. {meanings}.",
        allowed=INHERITED,
    )
    yield column(
        "inherited_through",
        sa.Text,
        "ODS code of the member that was taken over or split, or of those the member took over, separated by spaces; "
        "null where inherited_status is same.",
        nullable=True,
    )
    yield column(
        "inherited_since",
        sa.Date,
        "First day of inherited_status; null where it is same.",
        nullable=True,
    )
