"""Federated Data Platform (FDP): the trusts and integrated care boards that NHS England lists as live.

The page is overwritten each quarter and has no codes: each list is an edition, named after the day it was saved, and
organisations are matched by name. The list held is a re-user's transcript of the page; the codes, regions and types
that the re-user added are not read. There is no fixed address: lists are added by hand.
"""

from typing import Any

import pandas as pd
import sqlalchemy as sa

from assets.contract import expectations, guards, prose, row
from assets.contract.columns import ORG_CODE, provenance, snapshot
from assets.contract.parsed import Parsed
from assets.contract.periods import day_of, on_snapshot
from assets.contract.source import Coverage, Editions, Facts, Revision, Source, counted
from assets.organisations.geography import last_day_of_board
from assets.reading.rows import csv_rows

PROSE = prose.beside(__file__)
KINDS = {"nhs trust": "trust", "icb": "board"}
TRUE = {"true": True, "false": False}
LIVE = {"true": True}
RE_USERS = (
    *("list_index", "source_page", "source_file", "matched_nhs_code", "match_method", "match_confidence"),
    *("matched_region", "matched_sector", "matched_provider_type"),
)
"""Columns of the re-user: places in a printed copy of the page, and codes that were matched by likeness."""
BOARDS = {"2026-06-17": 42}
"""Integrated care boards there were when the content of an edition was true: it names boards that ended in March 2026."""

ROW = row.Row(
    row.word("kind", "organisation_type", KINDS),
    row.org_name("name"),
    row.made("live", sa.Boolean, "fdp_live", lambda r, h: r.one_of(h, LIVE)),
    row.made("reporting_benefits", sa.Boolean, "fdp_reporting_benefits", lambda r, h: r.one_of(h, TRUE)),
    prose=PROSE,
)
TABLE = ROW.staged("fdp", own_headers=True)

fdp_status = ROW.fact(
    "fdp_status", ["reporting_benefits", *snapshot("the list")], key=["org_code", "edition"]
)
icb_fdp_status = ROW.table(
    "icb_fdp_status",
    [
        *(row.given("icb_name", sa.Text), "reporting_benefits", row.given("open_on_snapshot", sa.Boolean)),
        row.given("as_of_date", sa.Date),
        row.given("icb_code", sa.Text, pattern=ORG_CODE),
        row.given(row.NAME, sa.Text),
        *(c for c in provenance() if c.name not in ("org_code", row.NAME)),
    ],
    key=["icb_code", "edition"],
)


def parse(content: bytes, edition: str) -> Parsed:
    """Read the list saved on `edition`, an ISO day: a row per trust or board. Raises StructureError."""
    day_of(edition)
    return csv_rows(ROW, content, unread=RE_USERS)


def facts(frame: pd.DataFrame) -> Facts:
    """Map staged rows to `fdp_status` and `icb_fdp_status`.

    The page still names boards that have ended: such a board is looked up on its last day and is not open on the day.
    """
    listed = on_snapshot(frame).assign(value_status="published")
    own = listed[listed["kind"] == "board"]
    ended = [last_day_of_board(name) for name in own["org_name_as_published"]]
    days = [min(on, last or on) for on, last in zip(own["as_of_date"], ended, strict=True)]
    dated = own.assign(
        region_as_published="",
        resolve_on=pd.Series(days, index=own.index, dtype=object),
        open_on_snapshot=[on == day for on, day in zip(own["as_of_date"], days, strict=True)],
    )
    return {"fdp_status": listed[_trusts(listed)], icb_fdp_status.name: dated}


def coverage(frame: pd.DataFrame) -> list[Coverage]:
    """Count the boards of each list beside those there were."""
    boards, why, name = frame[~_trusts(frame)].groupby("edition").size(), PROSE["boards"], icb_fdp_status.name
    return [
        counted(f"boards live in the list of {day}", held, BOARDS.get(str(day)), why, table_name=name)
        for day, held in boards.items()
    ]


def _trusts(frame: pd.DataFrame) -> "pd.Series[bool]":
    return frame["kind"] == "trust"


NAME = "org_name_as_published"
TRUST, BOARD = r"(?i)\btrust\b", r"(?i)\b(icb|integrated care board)\b"
WHO: dict[str, Any] = {"who": NAME}
SOURCE = Source(
    "fdp",
    PROSE,
    editions=Editions(("day",)),
    table=TABLE,
    parse=parse,
    facts=facts,
    coverage=coverage,
    claims=_trusts,
    absent={"fdp_status": PROSE["absent"]},
    once=("kind", NAME),
    revision=Revision(groups=("kind", "reporting_benefits")),
    expectations=(
        expectations.row_count("trusts_and_boards_are_listed", (60, 300)),
        expectations.unique("an_organisation_is_listed_once", ("kind", NAME)),
        expectations.exactly("both_lists_are_there", "kind", KINDS.values()),
        expectations.where(
            ("kind", "==", "trust"), expectations.like("trusts_are_called_trusts", NAME, TRUST, mostly=0.98)
        ),
        expectations.where(
            ("kind", "==", "board"), expectations.like("boards_are_called_boards", NAME, BOARD, mostly=0.98)
        ),
        expectations.statistic("some_report_benefits", "mean", "reporting_benefits", (0.1, 0.95)),
    ),
    guards=(
        *guards.usual("reporting_benefits", words=0.3, slipped=None, **WHO),
        guards.same_sizes(("kind",), (0.8, 2)),
        guards.nobody_gone(most=0.1, **WHO),
        guards.known_values("reporting_benefits", **WHO),
    ),
)
