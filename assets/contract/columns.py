"""The one definition of a column.

A column is a SQLAlchemy `Column`. Its `comment` says what it means; its `info` holds its unit, how it may be
aggregated and which values are valid. DDL, structural checks, the data dictionary, Dagster's column metadata and
the Data Package all derive from it. Nothing here depends on a source or a pipeline.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from assets.contract.labels import words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping, Sequence

    import pandas as pd

    from assets.contract.expectations import Expectation

METADATA = sa.MetaData()
"""Every published table."""

MARTS = "marts"
"""The layer of the analysis tables: each has a module in `assets/marts`, and a SELECT of the same name in `sql/` unless it is
computed."""

VALUE_STATUS = {
    "published": "the publisher's value, as published",
    "x": "[x] not available",
    "z": "[z] not applicable",
    "c": "[c] confidential",
    "low": "[low] rounds to zero",
    "b": "[b] break in the series",
    "e": "[e] estimated or derived by this project",
    "p": "[p] provisional",
    "r": "[r] revised",
}
AGGREGATION = {
    "sum": "a flow: adds up over organisations and periods; a condition may follow",
    "stock": "adds up over organisations open at the date, never over dates",
    "average": "over a period: over organisations it is weighted by months_reported",
    "mean": "may be averaged",
    "none": "neither added up nor averaged",
    "see": "another column says",
}
"""How a column may be combined: the first word of its `aggregation`."""
EVIDENCE_GRADES = (
    "audited",
    "administrative",
    "regulator",
    "self-assessed",
    "peer-reviewed",
    "FOI",
    "press-reported",
    "transcribed",
    "unverified",
)
COMPILED = "transcribed"
"""The grade of what a re-user compiled from the publisher's files, whatever the grade of those."""
UNVERIFIED = EVIDENCE_GRADES[-1]
"""The grade of a fact whose origin is not stated: no analysis table shows, counts or ranks it."""
EPR_ANSWERS = {
    "yes": "it has an electronic patient record",
    "no": "it has none",
    "not_known": "no list we hold has an answer for its code",
}
CARE_SETTINGS = ("acute", "community", "mental_health", "ambulance")
PILLARS = (
    "well_led",
    "ensure_smart_foundations",
    "safe_practice",
    "support_workforce",
    "empower_people",
    "improve_care",
    "healthy_populations",
)
"""The pillars of What Good Looks Like that the Digital Maturity Assessment scores, in its order."""
ORG_CODE = r"^[A-Z0-9]{3,6}$"
"""An ODS organisation code: ASCII capitals and digits."""
FINANCIAL_YEAR = r"^\d{4}/\d{2}$"
"""A financial year, such as 2024/25."""
SHA256 = r"^[0-9a-f]{64}$"
PUBLISHER_FILE = "publisher_file_sha256"


def column(  # noqa: PLR0913 - the facts of a column are keyword arguments
    name: str,
    type_: type[sa.types.TypeEngine[Any]] | sa.types.TypeEngine[Any],
    comment: str,
    *,
    label: str | None = None,
    nullable: bool = False,
    unit: str | None = None,
    aggregation: str | None = None,
    header: str | None = None,
    allowed: Iterable[str] | None = None,
    pattern: str | None = None,
    minimum: float | None = None,
    maximum: float | None = None,
    explains: Iterable[str] | None = None,
    gathers: bool = False,
) -> sa.Column[Any]:
    """Define a column once.

    `label` is its name in words, by default those of its name. `unit` is the unit of a number, `aggregation` how it may be combined (first word: AGGREGATION), `header` the publisher's
    own header. `allowed`, `pattern`, `minimum` and `maximum` describe valid values. `explains` names the columns of the
    table that a status column explains; `value_status` explains the remaining ones. A column that `gathers` holds the
    words of all rows that are added up, in order, separated by spaces.
    """
    if aggregation and (word := aggregation.split()[0].rstrip(":")) not in AGGREGATION:
        raise ValueError(
            f"Defining column {name!r}: expected an aggregation that begins with {', '.join(AGGREGATION)}, found {word!r}."
        )
    facts = {
        "label": label or words_of(name),
        "unit": unit,
        "aggregation": aggregation,
        "header": header,
        "allowed": tuple(allowed) if allowed is not None else None,
        "pattern": pattern,
        "minimum": minimum,
        "maximum": maximum,
        "explains": tuple(explains) if explains is not None else None,
        "gathers": True if gathers else None,
    }
    info = {key: value for key, value in facts.items() if value is not None}
    return sa.Column(name, type_, comment=comment, nullable=nullable, info=info)


def figure(  # noqa: PLR0913 - the facts of a column are keyword arguments
    name: str,
    comment: str,
    unit: str,
    limits: tuple[float, float | None],
    *,
    type_: type[sa.types.TypeEngine[Any]] = sa.Double,
    header: str | None = None,
    nullable: bool = True,
) -> sa.Column[Any]:
    """Define a column of numbers that are never added up or averaged; `limits` are the smallest and largest value."""
    least, most = limits
    return column(
        name,
        type_,
        comment,
        nullable=nullable,
        unit=unit,
        aggregation="none",
        header=header,
        minimum=least,
        maximum=most,
    )


@dataclass(frozen=True)
class Computed:
    """What a mart is computed from where SQL cannot say it: the tables it reads, none of them computed, and a function.

    `make` takes their rows as frames, by name, and returns the rows of the mart.
    """

    reads: tuple[str, ...]
    make: Callable[[Mapping[str, pd.DataFrame]], pd.DataFrame]


def table(  # noqa: PLR0913 - the facts of a table are keyword arguments
    name: str,
    purpose: str,
    columns: Sequence[sa.Column[Any]],
    *,
    key: Sequence[str],
    layer: str,
    expectations: Sequence[Expectation] = (),
    metadata: sa.MetaData = METADATA,
    computed: Computed | None = None,
) -> sa.Table:
    """Define a table of `layer` (staged, organisations, facts, marts, about); `key` is also its total order.

    `expectations` must hold for the whole table before a release. A mart is one SQL file, or `computed` from other tables.
    """
    primary_key = sa.PrimaryKeyConstraint(*key)
    return sa.Table(
        name,
        metadata,
        *columns,
        primary_key,
        comment=purpose,
        info={"layer": layer, "expectations": tuple(expectations)}
        | ({"computed": computed} if computed else {}),
    )


def is_computed(table_: sa.Table) -> bool:
    """Return whether a mart is computed from other tables, which are made before it."""
    return "computed" in table_.info


def tables_of(layer: str) -> dict[str, sa.Table]:
    """Return the published tables of a layer by name, in the order they are defined."""
    return {name: found for name, found in METADATA.tables.items() if found.info["layer"] == layer}


def key_of(table_: sa.Table) -> list[str]:
    """Return the names of the key columns of a table, in order."""
    return [c.name for c in table_.primary_key.columns]


def staged(
    source: str, purpose: str, columns: Sequence[sa.Column[Any]], *, key: Sequence[str] = ()
) -> sa.Table:
    """Define the staged table of a source: its own columns, then where each row was read.

    `key` names the columns that distinguish the staged rows made from one row of the publisher's file.
    """
    where = [
        column("edition", sa.Text, "Edition of the source, as its publisher issued it."),
        column("source_file_sha256", sa.Text, "SHA-256 of the file the row was read from.", pattern=SHA256),
        *_locators(),
    ]
    own_key = ["source_file_sha256", "edition", "source_sheet", "source_row", *key]
    name = f"{source}_staged"
    return table(name, purpose, [*columns, *where], key=own_key, layer="staged", metadata=sa.MetaData())


def publisher_file() -> sa.Column[Any]:
    """Define the column of a staged table that says which publisher's file each row is from.

    Only a source with this column freezes the files of a series together: see `assets.contract.frozen_editions`.
    """
    return column(PUBLISHER_FILE, sa.Text, "SHA-256 of the publisher's file the row is from.", pattern=SHA256)


def status_of(table_: sa.Table) -> dict[str, str]:
    """Return, by the name of each nullable numeric column, the column that says why its value is missing."""
    numbers = [
        c.name
        for c in table_.columns
        if c.nullable and isinstance(c.type, (sa.Integer, sa.Numeric, sa.Float))
    ]
    found = dict.fromkeys(numbers, "value_status") if "value_status" in table_.columns else {}
    explained = {name: c.name for c in table_.columns for name in c.info.get("explains", ())}
    return found | explained


def epr_answer(when: str) -> sa.Column[Any]:
    """Define the column that says whether an organisation has an electronic patient record, in three words."""
    meanings = "; ".join(f"{word}: {meaning}" for word, meaning in EPR_ANSWERS.items())
    comment = f"Whether the organisation had an electronic patient record {when}. {meanings}."
    return column("epr_answer", sa.Text, comment, allowed=EPR_ANSWERS)


def dmsa_scores(of: str) -> list[sa.Column[Any]]:
    """Define the columns of the three themes of the earlier self-assessment; `of` says which scores they are."""
    return [
        column(
            f"dmsa_{theme}",
            sa.Double,
            f"{what} in the Digital Maturity Self-Assessment {of}: another scale and other questions than the DMA, so never "
            "subtracted from it.",
            unit="score 0 to 100",
            aggregation="none",
            nullable=True,
        )
        for theme, what in (
            ("readiness", "Readiness"),
            (
                "capabilities_common_sections",
                "Capabilities on the eight sections of both rounds, null where care settings were answered for separately,",
            ),
            ("infrastructure", "Infrastructure"),
        )
    ]


def org_code(
    name: str = "org_code",
    comment: str = "ODS code of the organisation at the time of the fact.",
    *,
    nullable: bool = False,
) -> sa.Column[Any]:
    """Define a column that holds an ODS code."""
    return column(name, sa.Text, comment, nullable=nullable, pattern=ORG_CODE)


def org_display_name(*, nullable: bool = False) -> sa.Column[Any]:
    """Define the column that holds `org_name` for readers."""
    comment = "The name in upper and lower case; lists of trusts print it in capitals."
    return column("org_display_name", sa.Text, comment, nullable=nullable)


def icb_name() -> sa.Column[Any]:
    """Define the column that names the board in `icb_code`."""
    comment = (
        "Name of the ICB; null where there is no code, or where no source names the board. No source names the six boards "
        "formed in April 2026."
    )
    return column("icb_name", sa.Text, comment, nullable=True)


def open_all_period() -> sa.Column[Any]:
    """Define the column that says whether an amount can be of its whole period; the resolver fills it."""
    return column(
        "open_all_period",
        sa.Boolean,
        "Whether the organisation was open from the first to the last day of the period; where not, the value may be of a "
        "part of it.",
    )


def snapshot(what: str) -> list[sa.Column[Any]]:
    """Return the columns of a fact about one day: whether the organisation was open, and the day `what` is about."""
    return [
        column("open_on_snapshot", sa.Boolean, f"Whether the organisation was open on the day of {what}."),
        column("as_of_date", sa.Date, f"Day {what} is about."),
    ]


def successor_code(of: str = "") -> sa.Column[Any]:
    """Define the column for the main successor of an organisation; `of` says which organisation, where it is unclear."""
    whose = f" of {of}" if of else ""
    return org_code(
        "current_org_code",
        f"ODS code of today's main successor{whose}; null where there is none.",
        nullable=True,
    )


def successor(of: str = "", *, without: Container[str] = ()) -> list[sa.Column[Any]]:
    """Return the columns that identify and describe a successor; `without` names the columns to leave out."""
    columns = [
        successor_code(of),
        column("current_org_name", sa.Text, "Name of today's main successor.", nullable=True),
        column(
            "organisation_type",
            sa.Text,
            "Broad type of today's main successor: its primary_type in organisation_type, from the newest list; null if no list has one.",
            nullable=True,
        ),
        column(
            "region",
            sa.Text,
            "NHS England region of today's main successor, according to the postcode of its headquarters.",
            nullable=True,
        ),
        org_code(
            "icb_code",
            "ODS code of the ICB at the headquarters postcode of today's main successor.",
            nullable=True,
        ),
    ]
    return [found for found in columns if found.name not in without]


def reading() -> list[sa.Column[Any]]:
    """Return the columns a fact row begins with: the readable names of the organisation it is about."""
    return [
        column(
            "org_name", sa.Text, "Name of the organisation when the fact was recorded (ODS).", nullable=True
        ),
        *successor(),
    ]


def provenance(*, org_nullable: bool = False) -> list[sa.Column[Any]]:
    """Return the columns a fact row ends with: where the fact comes from and how strong the evidence is."""
    statuses = "; ".join(f"{key}: {meaning}" for key, meaning in VALUE_STATUS.items())
    return [
        org_code(nullable=org_nullable),
        column("org_name_as_published", sa.Text, "Name of the organisation exactly as published."),
        column("source", sa.Text, "Source the fact came from; see source_status."),
        column("edition", sa.Text, "Edition of the source, as its publisher issued it."),
        column("period_start", sa.Date, "First day the fact is about.", nullable=True),
        column("period_end", sa.Date, "Last day the fact is about.", nullable=True),
        column(
            "source_file_sha256",
            sa.Text,
            "SHA-256 of the file the fact was read from; see source_file.",
            pattern=SHA256,
        ),
        *_locators(),
        column("evidence_grade", sa.Text, "How well founded the fact is.", allowed=EVIDENCE_GRADES),
        column(
            "value_status",
            sa.Text,
            f"Why the value is as it is, or missing. {statuses}.",
            allowed=VALUE_STATUS,
        ),
    ]


def _locators() -> list[sa.Column[Any]]:
    return [
        column("source_sheet", sa.Text, "Sheet of the workbook; empty for a file without sheets."),
        column("source_row", sa.Integer, "Row of the sheet or file, counted from 1.", minimum=1),
    ]
