"""The organisation tables: which trusts there are, their names, types and places, and their successors."""

from collections.abc import Sequence

import sqlalchemy as sa

from assets.contract.columns import (
    EVIDENCE_GRADES,
    SHA256,
    column,
    icb_name,
    org_code,
    org_display_name,
    provenance,
    table,
)
from assets.organisations.succession import RELATIONS

ORGANISATIONS = "organisations"
_WHERE = ("source", "edition", "source_file_sha256", "source_sheet", "source_row", "evidence_grade")


def _where() -> list[sa.Column[object]]:
    """Return the provenance columns of a row that is about an organisation itself, not about a fact."""
    return [c for c in provenance() if c.name in _WHERE]


organisation = table(
    "organisation",
    "Every trust seen in any edition of the Organisation Data Service, and care trusts. Grain: organisation.",
    [
        org_code(comment="ODS code of the organisation."),
        column("org_name", sa.Text, "Newest name of the organisation in any list of trusts held."),
        org_display_name(),
        column(
            "legal_form",
            sa.Text,
            "Legal form by its newest name and the list it is in.",
            allowed=["nhs_trust", "foundation_trust", "care_trust"],
        ),
        column(
            "region_code",
            sa.Text,
            "Code of its NHS England region in the newest list that has it.",
            nullable=True,
        ),
        column(
            "region", sa.Text, "Name of its NHS England region in the newest list that has it.", nullable=True
        ),
        org_code(
            "icb_code", "ODS code of the ICB at the headquarters postcode, newest sighting.", nullable=True
        ),
        icb_name(),
        column(
            "postcode", sa.Text, "Postcode of its headquarters in the newest list that has it.", nullable=True
        ),
        column("open_date", sa.Date, "First day on which it legally existed."),
        column(
            "close_date",
            sa.Date,
            "Last day on which it legally existed; null while it is open.",
            nullable=True,
        ),
        column("is_current", sa.Boolean, "Whether the organisation was open on as_of_date."),
        column("in_scope", sa.Boolean, "Whether it is an English trust; the list holds three Welsh ones."),
        column(
            "as_of_date",
            sa.Date,
            "Day of the newest list of trusts held. This release calls it today.",
        ),
        *_where(),
    ],
    key=["org_code"],
    layer=ORGANISATIONS,
)

organisation_name = table(
    "organisation_name",
    "Every known name of an organisation: when lists showed it, and when it can have been in use. Grain: "
    "organisation x name x time.",
    [
        org_code(comment="ODS code of the organisation."),
        column("name", sa.Text, "Name of the organisation as listed or printed."),
        column("display_name", sa.Text, "The name in upper and lower case, as people write it."),
        column(
            "position",
            sa.Integer,
            "Position of the name within its organisation: listed names from the oldest, then aliases.",
            aggregation="none",
            minimum=1,
        ),
        column(
            "kind",
            sa.Text,
            "Whether the name was listed by ODS (official) or is one used in print (alias).",
            allowed=["official", "alias"],
        ),
        column(
            "first_seen",
            sa.Date,
            "First day of the oldest list that shows the name, not before its organisation opened; null for an alias.",
            nullable=True,
        ),
        column(
            "last_seen",
            sa.Date,
            "Last day of the newest list that shows the name, not after its organisation closed; null for an alias.",
            nullable=True,
        ),
        column(
            "valid_from",
            sa.Date,
            "Earliest day on which the name can have been in use, not the day it began: the day its organisation opened, "
            "the last sighting of the previous name, or the day of the renaming where that is known; null where unknown.",
            nullable=True,
        ),
        column(
            "valid_to",
            sa.Date,
            "Latest day on which the name can have been in use: the first sighting of the next name, the day before a "
            "known renaming, or the day its organisation closed; null where none is known.",
            nullable=True,
        ),
        column("normalised_name", sa.Text, "Form of the name in which names are compared."),
        column("source_url", sa.Text, "Address at which the name was read."),
        column(
            "evidence_grade",
            sa.Text,
            "How well founded the name or the succession is.",
            allowed=EVIDENCE_GRADES,
        ),
    ],
    key=["org_code", "position"],
    layer=ORGANISATIONS,
)

organisation_type = table(
    "organisation_type",
    "Types of organisations, dated, each with its source. Grain: organisation x scheme x source x edition.",
    [
        column("org_name", sa.Text, "Name of the organisation on as_of_date (ODS).", nullable=True),
        column(
            "scheme",
            sa.Text,
            "What kind of type it is: legal_form, or the classification of a source.",
            pattern="^[a-z_]+$",
        ),
        column("type", sa.Text, "Type of the organisation in the words of the scheme, such as Acute."),
        column("as_of_date", sa.Date, "Day on which the organisation was of the type."),
        *(c for c in provenance() if c.name not in {"period_start", "period_end"}),
    ],
    key=["org_code", "scheme", "source", "edition"],
    layer=ORGANISATIONS,
)

organisation_geography = table(
    "organisation_geography",
    "Regions and integrated care boards (ICBs) of organisations, with dates and the source that reports them. Grain: "
    "organisation x relation x place.",
    [
        column("org_name", sa.Text, "Name of the organisation when it was there (ODS)."),
        column(
            "relation",
            sa.Text,
            "Who reports the place: hq_postcode: ODS, from the postcode of the headquarters; as_reported_in_ and a "
            "source: what that source prints beside the organisation.",
            pattern="^(hq_postcode|as_reported_in_[a-z]+)$",
        ),
        column("region_code", sa.Text, "Code of the NHS England region of the place.", nullable=True),
        column(
            "region",
            sa.Text,
            "Name of the NHS England region of the place; null where no file held gives one.",
            nullable=True,
        ),
        org_code(
            "icb_code",
            "ODS code of the integrated care board. Lists before July 2022 hold its forerunner, mostly under the same code; one of another code has no name here.",
            nullable=True,
        ),
        column(
            "icb_name",
            sa.Text,
            "Name of the ICB in December 2024; null where no file held gives one.",
            nullable=True,
        ),
        column(
            "icb_gss_code",
            sa.Text,
            "Code of the ICB in official statistics (GSS); null where not held.",
            pattern=r"^E54\d{6}$",
            nullable=True,
        ),
        column(
            "valid_from",
            sa.Date,
            "First day on which it can have been there: last sighting of the previous place, or the day ICBs merged; "
            "null where none is known.",
            nullable=True,
        ),
        column(
            "valid_to",
            sa.Date,
            "Last day on which it can have been there: first sighting of the next place, or the day before ICBs "
            "merged; null where none is known.",
            nullable=True,
        ),
        *(c for c in provenance() if c.name not in {"period_start", "period_end"}),
    ],
    key=["org_code", "relation", "edition", "source_row"],
    layer=ORGANISATIONS,
)

organisation_succession = table(
    "organisation_succession",
    "Which organisation took over from which, and when, as far as evidence is held. Grain: predecessor x successor.",
    [
        org_code("predecessor_code", "ODS code of the organisation that ended."),
        column(
            "predecessor_name",
            sa.Text,
            "Last name of the predecessor; null where it ended before the lists begin and only its code is known.",
            nullable=True,
        ),
        org_code("successor_code", "ODS code of the organisation that took over."),
        column("successor_name", sa.Text, "Newest name of the successor."),
        column(
            "succession_date",
            sa.Date,
            "First day on which the successor was responsible for the predecessor.",
        ),
        column("stated_date", sa.Date, "Day the evidence gives; null where it gives none.", nullable=True),
        column(
            "predecessor_close_date",
            sa.Date,
            "Last legal day of the predecessor; null where not listed.",
            nullable=True,
        ),
        column(
            "date_note",
            sa.Text,
            "How days that disagree were reconciled; null where they agree.",
            nullable=True,
        ),
        column(
            "kind",
            sa.Text,
            "Derived: split where a predecessor has several successors; acquisition where the successor was open "
            "before; merger where it opened on the day for several predecessors; else rename where it has the name of "
            "its predecessor, transfer where it has another.",
            allowed=list(RELATIONS),
        ),
        column(
            "is_main",
            sa.Boolean,
            "Whether this is the main successor of the predecessor; null where a split before the lists begin names none.",
            nullable=True,
        ),
        column(
            "basis",
            sa.Text,
            "Whether the evidence states the succession, or it is inferred.",
            allowed=["stated", "inferred"],
        ),
        column("evidence", sa.Text, "Document or list that the succession rests on."),
        column("source_url", sa.Text, "Address of the evidence for the succession."),
        column(
            "evidence_grade",
            sa.Text,
            "How well founded the name or the succession is.",
            allowed=EVIDENCE_GRADES,
        ),
        column(
            "note", sa.Text, "What else is known about the succession; null where nothing is.", nullable=True
        ),
        column(
            "source_file_sha256",
            sa.Text,
            "SHA-256 of the curated table that the succession was read from; see source_file.",
            pattern=SHA256,
        ),
        column("source_row", sa.Integer, "Row of the curated table, counted from 1.", minimum=1),
    ],
    key=["predecessor_code", "successor_code"],
    layer=ORGANISATIONS,
)


def _way(name: str, purpose: str, *, own: Sequence[sa.Column[object]], key: Sequence[str]) -> sa.Table:
    """Define a bridge from the organisations of any day to the ones open on `as_of_date`."""
    columns = [
        org_code(comment="ODS code of the organisation."),
        column("org_name", sa.Text, "Newest name of the organisation in any list of trusts held."),
        org_code(
            "current_org_code",
            "Organisation open today at the end of the way; null where none is.",
            nullable=True,
        ),
        column(
            "current_org_name",
            sa.Text,
            "Name of the organisation open today at the end of the way.",
            nullable=True,
        ),
        column(
            "relation",
            sa.Text,
            "same: still open; part_by_split: the way passes a split; closed: ended without successor; else the kind "
            "of the last step of the way.",
            allowed=["same", *RELATIONS.values(), "closed"],
        ),
        column("is_split", sa.Boolean, "Whether the way to today passes a split."),
        column("path", sa.Text, "Codes from then to today, separated by >."),
        column(
            "since",
            sa.Date,
            "First day of the relation: the day of the last step, or the day after it closed; null while same.",
            nullable=True,
        ),
        *own,
    ]
    return table(name, purpose, columns, key=key, layer=ORGANISATIONS)


organisation_current = _way(
    "organisation_current",
    "Every way from an organisation to today's: a split has several, so a join may double rows; is_main picks one. "
    "Grain: organisation x path.",
    own=[
        column(
            "is_main", sa.Boolean, "Whether the way follows only main successors; one way of each code does."
        )
    ],
    key=["org_code", "path"],
)

organisation_current_main = _way(
    "organisation_current_main",
    "Today's main successor of every organisation: joins on org_code never double a row. Grain: organisation.",
    own=[column("why", sa.Text, "Why there is no successor; empty where there is one.")],
    key=["org_code"],
)
