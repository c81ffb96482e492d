"""Organisation Data Service: which trusts there are, where they are, when they opened and closed.

Two nightly reports without a header: `etr` (NHS trusts, Welsh ones among them) and `ect` (care trusts). The publisher
keeps no history of names, so every edition ever seen is kept: an edition is the day a report was retrieved, or the
financial year its content belongs to. Older copies have 24 columns and no quotes; newer ones have 27.
"""

import re
from datetime import timedelta
from typing import Any

import pandas as pd
import sqlalchemy as sa

from assets.contract import guards
from assets.contract.columns import ORG_CODE, column, org_code, staged
from assets.contract.edition_shape import Editions
from assets.contract.expectations import Expectation
from assets.contract.held_rules import Overlap, Revision
from assets.contract.list_guards import (
    few_at_once,
    follows,
    never_undone,
    no_date_ahead,
    not_older,
    not_those_of_others,
    steady,
    still_listed,
)
from assets.contract.notes import Caveat, Coverage
from assets.contract.parsed import Parsed, StructureError
from assets.contract.remote import Remote
from assets.contract.source import OGL, Facts, Source
from assets.organisations.curation import curated
from assets.organisations.model import REPORT
from assets.reading.structure import Record, read_csv, safe_text, tidy

FIELDS = {
    "code": 0,
    "name": 1,
    "region": 2,
    "geography": 3,
    "postcode": 9,
    "open date": 10,
    "close date": 11,
    "GOR": 23,
}
"""Places of the fields in the publisher's fixed layout (etr.pdf, "standard 27 field format")."""
WIDTHS = (24, 27)

TABLE = staged(
    "ods",
    "NHS trusts and care trusts as listed by the Organisation Data Service on a day.",
    [
        org_code(comment="ODS code."),
        column("name", sa.Text, "Name, upper case as listed."),
        column(
            "region_code",
            sa.Text,
            "National grouping: NHS England region.",
            pattern=r"^[YW]\d\d$",
            nullable=True,
        ),
        org_code(
            "icb_code", "High level health geography of the headquarters postcode: the ICB.", nullable=True
        ),
        column("postcode", sa.Text, "Postcode of the headquarters.", nullable=True),
        column("gor_code", sa.Text, "Government office region; W is Wales.", pattern="^[A-Z]$"),
        column("open_date", sa.Date, "First legal day."),
        column("close_date", sa.Date, "Last legal day; null while open.", nullable=True),
    ],
)


def parse(content: bytes, edition: str) -> Parsed:  # noqa: ARG001 - every edition has the same layout
    """Read an `etr` or `ect` report: a row per organisation. Raises StructureError where it has another width."""
    sheet, drift = read_csv(content, "", encoding="ascii")
    widths = sorted({len(row) for row in sheet.rows})
    if len(widths) != 1 or widths[0] not in WIDTHS:
        expected = " or ".join(map(str, WIDTHS))
        raise StructureError(
            [f"expected {expected} columns in every row, found {', '.join(map(str, widths))}"]
        )
    if not re.match(ORG_CODE, sheet.rows[0][0]):
        raise StructureError(
            [f"row 1: expected an organisation code in column 1, found {sheet.rows[0][0][:40]!r}"]
        )
    records = [
        Record("", number, {field: row[place] for field, place in FIELDS.items()}, {})
        for number, row in enumerate(sheet.rows, start=1)
    ]
    return tidy(records, _organisation, drift=drift)


def _organisation(record: Record) -> list[dict[str, Any]]:
    return [
        {
            "org_code": record.code("code"),
            "name": safe_text(" ".join(record.text("name").split()), "name"),
            "region_code": record.optional("region"),
            "icb_code": record.optional("geography"),
            "postcode": record.optional("postcode"),
            "gor_code": record.text("GOR"),
            "open_date": record.day("open date", "%Y%m%d"),
            "close_date": record.day("close date", "%Y%m%d") if record.optional("close date") else None,
        }
    ]


def facts(frame: pd.DataFrame) -> Facts:
    """Map nothing: organisations are not facts about trusts but the trusts themselves (`assets.organisations`)."""
    del frame
    return {}


def coverage(frame: pd.DataFrame) -> list[Coverage]:
    """Say what of the service is not read: its report of succession."""
    del frame
    why = "The layout of its new succession report (succ) was never seen; edges are curated, each with its evidence."
    return [Coverage("succession report of the new service", 0, 1, "never fetched", why)]


def _reorganised(column: str) -> tuple[tuple[str, str], ...]:
    """Return the first and last day of each time when a column was given new codes."""
    rows = curated("reorganisations").rows
    return tuple((str(row["first_day"]), str(row["last_day"])) for row in rows if row["column"] == column)


DATES = ("open_date", "close_date")
GUARDS = (
    guards.nobody_gone(who="org_code"),
    still_listed(0.15),
    steady("name", 0.03, per_year=0.04),
    steady("postcode", 0.03, per_year=0.05),
    steady("gor_code", 0.03, per_year=0.04),
    steady("region_code", 0.03, per_year=0.01, days=_reorganised("region_code")),
    steady("icb_code", 0.03, per_year=0.02, days=_reorganised("icb_code")),
    steady("open_date", 0.01),
    not_those_of_others("name"),
    never_undone("close_date"),
    few_at_once("close_date", 6, per_year=5),
    not_older(*DATES),
    no_date_ahead(*DATES, days=92),
    follows("icb_code", "region_code", 0.98),
    follows("postcode", "gor_code", 0.94, pattern="^([A-Z]+)"),
)
"""Each limit lies between the worst real pair of lists and the mutation: docs/reliability.md has both."""

SOURCE = Source(
    name="ods",
    title="Organisation Data Service: NHS trusts and care trusts",
    publisher="NHS England",
    landing_page="https://www.odsdatasearchandexport.nhs.uk/",
    licence=OGL,
    attribution="NHS England, Organisation Data Service",
    editions=Editions(("day", "financial_year"), parts=("etr", "ect")),
    cadence="nightly",
    max_age=timedelta(days=2),
    evidence_grade="administrative",
    remotes=tuple(Remote(REPORT.format(report), part=report) for report in ("etr", "ect")),
    table=TABLE,
    parse=parse,
    facts=facts,
    coverage=coverage,
    expectations=(
        Expectation(
            "one_row_per_organisation",
            "expect_column_values_to_be_unique",
            {"column": "org_code"},
            "An organisation has one row in a report.",
        ),
        Expectation(
            "codes_are_trust_codes",
            "expect_column_values_to_match_regex",
            {"column": "org_code", "regex": "^([RT][A-Z0-9]{2}|[A-Z][0-9][A-Z][0-9][A-Z])$"},
            "Trust codes have three characters, or five since April 2020.",
        ),
        Expectation(
            "names_are_trust_names",
            "expect_column_values_to_match_regex",
            {"column": "name", "regex": "TRUST|HEALTH BOARD", "mostly": 0.98},
            "A shifted or swapped name column does not say trust.",
        ),
        Expectation(
            "closing_follows_opening",
            "expect_column_pair_values_a_to_be_greater_than_b",
            {
                "column_A": "close_date",
                "column_B": "open_date",
                "or_equal": True,
                "ignore_row_if": "either_value_is_missing",
            },
            "An organisation closes after it opens.",
        ),
        Expectation(
            "as_many_organisations_as_a_report_holds",
            "expect_table_row_count_to_be_between",
            {"min_value": 3, "max_value": 400},
            "Care trusts are a handful, trusts about 270 with the closed ones.",
        ),
        Expectation(
            "regions_are_known",
            "expect_column_values_to_be_in_set",
            {
                "column": "region_code",
                "value_set": ["Y54", "Y55", "Y56", "Y57", "Y58", "Y59", "Y60", "Y61", "Y62", "Y63", "W00"],
            },
            "A new region code means that NHS England was reorganised.",
            "WARN",
        ),
    ),
    once=("org_code",),
    revision=Revision(groups=("region_code",)),
    overlap=Overlap(
        "A code keeps its open date: none of 1,188 changed in the five pairs of successive lists that are held.",
        key=("org_code",),
        columns=("open_date",),
        differing=0.02,
    ),
    guards=GUARDS,
    caveats=(
        Caveat(
            "ods_no_name_history",
            "organisation_name",
            "The publisher keeps no history of names. first_seen and last_seen are the days of lists that show a name; "
            "valid_from and valid_to are the limits within which it can have been in use. They run from the last sighting "
            "of the name before it to the first sighting of the name after it, so those of two names may overlap, unless "
            "the day of the renaming is curated; no name reaches outside the days on which its organisation was open.",
        ),
        Caveat(
            "ods_succession_is_curated",
            "organisation_succession",
            "The publisher's succession report is not fetched. Edges come from its extract of January 2022 and, later "
            "ones, from evidence named in each row. Predecessors that ended before the lists begin have no name, and "
            "their splits no main successor.",
        ),
        Caveat(
            "ods_place_is_that_of_the_postcode",
            "organisation_geography",
            "hq_postcode is where a list places the postcode of the headquarters, also of trusts long closed. Lists "
            "before July 2022 hold forerunners of ICBs; area teams and regions before 2019 have no name here, nor have "
            "the six ICBs of April 2026, because no file held gives one. Care trusts that no list held names are absent.",
        ),
        Caveat(
            "ods_welsh_trusts_left_out",
            "organisation",
            "The trust report holds three Welsh trusts; they are kept with in_scope false and counted nowhere.",
        ),
    ),
)
