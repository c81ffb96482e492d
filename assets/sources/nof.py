"""NHS Oversight Framework league tables: segment, average score and rank of each trust, each quarter since 2025/26.

Three files a quarter, one per type of trust. Those of the first quarter have no `Quarter` column and no quarter in
their names, and call the third type `non-acute-hospital`. Beside each league table lies a long file of the metrics
behind it, which is another thing and is not read. Ranks are among trusts of one type: there is none across types.
"""

import re
from datetime import date, timedelta
from typing import Any

import pandas as pd
import sqlalchemy as sa

from assets.columns import column, org_code, provenance, reading, staged, table
from assets.source import (
    OGL,
    OGL_ATTRIBUTION,
    Caveat,
    Coverage,
    Expectation,
    Facts,
    Parsed,
    Remote,
    Source,
    StructureError,
)
from assets.structure import Record, Sheet, find_table, normal, read_csv, tidy, unmapped

LANDING_PAGE = "https://www.england.nhs.uk/nhs-oversight-framework/segmentation-and-league-tables/"
LINK = (
    r"nhs-oversight-framework-(?P<type>acute|ambulance|mental-health-and-community|non-acute-hospital)"
    r"-trust-league-table(-q(?P<quarter>[1-4])-(?P<start>\d\d)-(?P<end>\d\d))?(-v\d+)?\.csv$"
)
FIRST = "2025/26-Q1"
"""The edition whose files do not name their quarter."""
HEADERS = (
    "Region",
    "Trust_type",
    "Trust_subtype",
    "Trust_code",
    "Trust_name",
    "Average_score",
    "Likely_range_of_average_score",
    "Segment",
    "Trust_in_financial_deficit",
    "Rank",
    "Likely_range_of_rank",
)
QUARTER = "Quarter"
METRIC = "Metric_ID"
"""A column of the long file of metrics, which no league table has."""
NOT_AVAILABLE = "na"
FLAGS = {"yes": True, "no": False}
FILES = 3
TYPE_SCHEME: str | None = "nof_trust_subtype"
"""Scheme under which the subtype goes to `organisation_type`; None where it should not."""


def _league_columns() -> list[sa.Column[Any]]:
    """Return what a league table says of a trust: the same in the staged and in the published table."""
    return [
        column("trust_type", sa.Text, "Type of trust as published; a league holds one.", header="Trust_type"),
        column("trust_subtype", sa.Text, "Subtype as published.", header="Trust_subtype", nullable=True),
        column(
            "segment",
            sa.Integer,
            "Segment as published.",
            header="Segment",
            unit="segment 1 to 5",
            aggregation="none",
            nullable=True,
            minimum=1,
            maximum=5,
        ),
        column(
            "average_score",
            sa.Double,
            "Average of the scores of the trust's metrics as published.",
            header="Average_score",
            unit="score",
            aggregation="none",
            nullable=True,
            minimum=0,
            maximum=5,
        ),
        column(
            "average_score_likely_range",
            sa.Text,
            "Likely range of the average score, in the publisher's words.",
            header="Likely_range_of_average_score",
            nullable=True,
        ),
        column(
            "in_financial_deficit",
            sa.Boolean,
            "Whether the publisher flags the trust as in financial deficit.",
            header="Trust_in_financial_deficit",
            nullable=True,
        ),
        column(
            "league_rank",
            sa.Integer,
            "Rank among the trusts of the same league table.",
            header="Rank",
            unit="rank",
            aggregation="none",
            nullable=True,
            minimum=1,
        ),
        column(
            "league_rank_likely_range",
            sa.Text,
            "Likely range of the rank, in the publisher's words.",
            header="Likely_range_of_rank",
            nullable=True,
        ),
    ]


TABLE = staged(
    "nof",
    "NHS Oversight Framework league tables as published: a row per trust and quarter.",
    [
        org_code("org_code_as_published", "ODS code as published."),
        column("org_name_as_published", sa.Text, "Trust as published.", header="Trust_name"),
        column("region_as_published", sa.Text, "NHS England region as published.", header="Region"),
        *_league_columns(),
    ],
)

oversight_segment = table(
    "oversight_segment",
    "NHS Oversight Framework: segment, average score, rank in the league table. Grain: organisation x quarter (edition).",
    [
        *reading(),
        column("quarter", sa.Text, "Quarter of the financial year.", pattern=r"^Q[1-4] \d{4}/\d\d$"),
        *_league_columns(),
        column("region_as_published", sa.Text, "NHS England region as published.", header="Region"),
        *provenance(),
    ],
    key=["org_code", "edition"],
    layer="facts",
    expectations=(
        Expectation(
            "almost_every_ranked_trust_has_a_segment",
            "expect_column_values_to_not_be_null",
            {"column": "segment", "mostly": 0.9},
            "The league tables exist to publish the segment.",
        ),
    ),
)


def parse(content: bytes, edition: str) -> Parsed:
    """Read one league table of `edition` (like 2025/26-Q4): a row per trust.

    Raises StructureError for the long file of metrics, for rows of another quarter and for a column that is missing.
    """
    quarter = _quarter(edition)
    sheet, drift = read_csv(content, "")
    if _has(sheet, METRIC):
        raise StructureError(
            [
                f"expected a league table, found the long file of metrics (column {METRIC!r}); take the league table"
            ]
        )
    bare = edition == FIRST and not _has(sheet, QUARTER)
    headers = HEADERS if bare else (QUARTER, *HEADERS)
    records = find_table(sheet, headers)
    others = sorted({record.cells[QUARTER].strip() for record in records} - {quarter}) if not bare else []
    if others:
        raise StructureError(
            [
                f"expected {quarter!r} in column {QUARTER!r} of every row, found {others[0][:40]!r}; name its edition"
            ]
        )
    ignored = ["the long file of metrics beside the league table is another file and not read"]
    return tidy(records, _trust, drift=[*drift, *unmapped(sheet, headers)], ignored=ignored)


def _quarter(edition: str) -> str:
    """Return a quarter as the publisher prints it: 2025/26-Q4 gives Q4 2025/26."""
    found = re.fullmatch(r"(\d{4})/(\d\d)-(Q[1-4])", edition, re.ASCII)
    if not found or (int(found[1]) + 1) % 100 != int(found[2]):
        raise StructureError([f"expected an edition like {FIRST}, found {edition[:40]!r}"])
    return f"{found[3]} {found[1]}/{found[2]}"


def _has(sheet: Sheet, header: str) -> bool:
    return any(normal(cell) == normal(header) for row in sheet.rows[:50] for cell in row)


def _trust(record: Record) -> list[dict[str, Any]]:
    segment = _number(record, "Segment", 1, 5)
    rank = _number(record, "Rank", 1, 500)
    flag = _words(record, "Trust_in_financial_deficit")
    if flag is not None and normal(flag) not in FLAGS:
        raise ValueError(f"column 'Trust_in_financial_deficit': expected Yes or No, found {flag[:40]!r}")
    return [
        {
            "org_code_as_published": record.code("Trust_code"),
            "org_name_as_published": record.text("Trust_name"),
            "region_as_published": record.text("Region"),
            "trust_type": record.text("Trust_type"),
            "trust_subtype": _words(record, "Trust_subtype"),
            "segment": None if segment is None else _whole(segment, "Segment"),
            "average_score": _number(record, "Average_score", 0, 5),
            "average_score_likely_range": _words(record, "Likely_range_of_average_score"),
            "in_financial_deficit": None if flag is None else FLAGS[normal(flag)],
            "league_rank": None if rank is None else _whole(rank, "Rank"),
            "league_rank_likely_range": _words(record, "Likely_range_of_rank"),
        }
    ]


def _words(record: Record, header: str) -> str | None:
    """Return the text of a cell, or None where it is empty or the publisher's NA."""
    found = record.optional(header)
    return None if found is None or normal(found) == NOT_AVAILABLE else found


def _number(record: Record, header: str, minimum: float, maximum: float) -> float | None:
    """Return the number in a cell, or None where it is empty or the publisher's NA."""
    found = _words(record, header)
    return None if found is None else record.number(header, minimum, maximum)


def _whole(value: float, header: str) -> int:
    if not value.is_integer():
        raise ValueError(f"column {header!r}: expected a whole number, found {value:g}")
    return int(value)


def days(edition: str) -> tuple[date, date]:
    """Return the first and the last day of a quarter: 2025/26-Q4 gives 1 January and 31 March 2026."""
    start, quarter = int(edition[:4]), int(edition[-1])
    first = date(start + quarter // 4, 1 + 3 * (quarter % 4), 1)
    after = date(first.year + first.month // 10, (first.month + 2) % 12 + 1, 1)
    return first, after - timedelta(days=1)


def facts(frame: pd.DataFrame) -> Facts:
    """Map staged rows to `oversight_segment`, and the subtype to `organisation_type` under `TYPE_SCHEME`."""
    dated = frame.assign(
        quarter=[_quarter(edition) for edition in frame["edition"]],
        period_start=[days(edition)[0] for edition in frame["edition"]],
        period_end=[days(edition)[1] for edition in frame["edition"]],
        resolve_on=[days(edition)[1] for edition in frame["edition"]],
        value_status=frame["segment"].notna().map({True: "published", False: "x"}),
    )
    if TYPE_SCHEME is None:
        return {"oversight_segment": dated}
    typed = dated[dated["trust_subtype"].notna()].assign(scheme=TYPE_SCHEME, value_status="published")
    types = typed.assign(type=typed["trust_subtype"], as_of_date=typed["period_end"])
    own = [c.name for c in _league_columns()]
    return {
        "oversight_segment": dated,
        "organisation_type": types.drop(
            columns=[*own, "quarter", "region_as_published", "period_start", "period_end"]
        ),
    }


def coverage(frame: pd.DataFrame) -> list[Coverage]:
    """Count the league tables of each quarter: there are three, and a trust is in one of them."""
    held = frame.groupby("edition")["source_file_sha256"].nunique()
    return [
        Coverage(
            f"league tables of {_quarter(str(edition))}",
            int(count),
            FILES,
            "complete" if count == FILES else "partial",
            "Acute, ambulance, and mental health and community trusts each have a table of their own.",
        )
        for edition, count in held.items()
    ]


def name(match: re.Match[str]) -> tuple[str, str] | None:
    """Return edition and part of a link: `...-acute-trust-league-table-q4-25-26.csv` is 2025/26-Q4 acute."""
    kind = match["type"].lower()
    if match["quarter"] is None:
        return FIRST, kind
    if (int(match["start"]) + 1) % 100 != int(match["end"]):
        return None
    return f"20{match['start']}/{match['end']}-Q{match['quarter']}", kind


SOURCE = Source(
    name="nof",
    title="NHS Oversight Framework: segments and league tables",
    publisher="NHS England",
    landing_page=LANDING_PAGE,
    licence=OGL,
    attribution=OGL_ATTRIBUTION.format(publisher="NHS England"),
    cadence="quarterly",
    max_age=timedelta(days=150),
    evidence_grade="regulator",
    table=TABLE,
    parse=parse,
    facts=facts,
    coverage=coverage,
    remotes=(Remote(LANDING_PAGE, link=LINK, name=name),),
    expectations=(
        Expectation(
            "as_many_trusts_as_a_league_has",
            "expect_table_row_count_to_be_between",
            {"min_value": 8, "max_value": 170},
            "The smallest league holds the ambulance trusts, about ten; fewer rows are a cut of a file.",
        ),
        Expectation(
            "a_trust_is_ranked_once",
            "expect_column_values_to_be_unique",
            {"column": "org_code_as_published"},
            "A trust is in a league once.",
        ),
        Expectation(
            "codes_are_trust_codes",
            "expect_column_values_to_match_regex",
            {"column": "org_code_as_published", "regex": "^([RT][A-Z0-9]{2}|[A-Z][0-9][A-Z][0-9][A-Z])$"},
            "Trust codes have three characters, or five since April 2020.",
        ),
        Expectation(
            "most_trusts_have_a_segment",
            "expect_column_values_to_not_be_null",
            {"column": "segment", "mostly": 0.9},
            "A league without segments is a broken file.",
        ),
        Expectation(
            "most_trusts_have_a_rank",
            "expect_column_values_to_not_be_null",
            {"column": "league_rank", "mostly": 0.9},
            "A league without ranks is a broken file.",
        ),
        Expectation(
            "the_league_has_a_first",
            "expect_column_min_to_be_between",
            {"column": "league_rank", "min_value": 1, "max_value": 1},
            "A table without rank 1 is a part of a league.",
        ),
        Expectation(
            "scores_are_spread",
            "expect_column_stdev_to_be_between",
            {"column": "average_score", "min_value": 0.01, "max_value": 1.5},
            "A constant column is a broken file.",
        ),
        Expectation(
            "a_file_is_about_one_type",
            "expect_column_unique_value_count_to_be_between",
            {"column": "trust_type", "min_value": 1, "max_value": 1},
            "Each type of trust has a league of its own.",
            "WARN",
        ),
    ),
    caveats=(
        Caveat(
            "nof_ranks_within_a_league",
            "oversight_segment",
            "Ranks are among the trusts of one league table; ranks and averages of different types of trusts are no common scale.",
            "league_rank",
        ),
        Caveat(
            "nof_segment_is_the_published_one",
            "oversight_segment",
            "The segment is the one in the league table, after the publisher's adjustments; it may differ from what the average score alone gives.",
            "segment",
        ),
        Caveat(
            "nof_ranges_are_wide",
            "oversight_segment",
            "The publisher prints a likely range beside average score and rank, often wide: read a rank with its range.",
            "league_rank",
        ),
        Caveat(
            "nof_is_context",
            "oversight_segment",
            "Oversight segments say nothing of digital maturity: they are context, not an outcome of it.",
        ),
    ),
)
