"""NHS Oversight Framework league tables: segment, average score and rank of each trust, each quarter since 2025/26.

Three files a quarter, one per type of trust. Those of the first quarter have no `Quarter` column and no quarter in
their names, and call the third type `non-acute-hospital`. Beside each league table lies a long file of the metrics
behind it, which is another thing and is not read. Ranks are among trusts of one type: there is none across types.
"""

import re
from datetime import timedelta
from typing import Any

import pandas as pd
import sqlalchemy as sa

from assets.contract import expectations, guards
from assets.contract.columns import column, figure, org_code, provenance, reading, staged, table
from assets.contract.edition_shape import Editions
from assets.contract.held_rules import Revision
from assets.contract.notes import Coverage, another_instrument, caveats, comparison
from assets.contract.parsed import Parsed, StructureError
from assets.contract.periods import QUARTERS, Days, financial_year, over, quarter_days, year_of
from assets.contract.remote import Remote
from assets.contract.source import OGL, OGL_ATTRIBUTION, Facts, Source
from assets.reading.structure import Record, Sheet, find_table, normal, read_csv, tidy, unmapped

LANDING_PAGE = "https://www.england.nhs.uk/nhs-oversight-framework/segmentation-and-league-tables/"
LEAGUES = ("acute", "ambulance", "mental-health-and-community", "non-acute-hospital")
LINK = (
    rf"nhs-oversight-framework-(?P<type>{'|'.join(LEAGUES)})"
    r"-trust-league-table(-q(?P<quarter>[1-4])-(?P<start>\d\d)-(?P<end>\d\d))?(-v(?P<version>\d+))?\.csv$"
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
TYPE_SCHEME = "nof_trust_subtype"
"""Scheme under which the subtype goes to `organisation_type`."""


def _league() -> list[sa.Column[Any]]:
    """Return what a league table says of a trust: the same in the staged and in the published table."""
    return [
        column("trust_type", sa.Text, "Type of trust as published; a league holds one.", header="Trust_type"),
        column(
            "trust_subtype", sa.Text, "Subtype of trust, as published.", header="Trust_subtype", nullable=True
        ),
        figure(
            "segment",
            "Oversight segment of the trust in the quarter, as published.",
            "segment 1 to 5",
            (1, 5),
            header="Segment",
            type_=sa.Integer,
        ),
        figure(
            "average_score",
            "Average of the scores of the trust's metrics as published.",
            "score",
            (0, 5),
            header="Average_score",
        ),
        _range("average_score", "average score"),
        column(
            "in_financial_deficit",
            sa.Boolean,
            "Whether the publisher flags the trust as in financial deficit.",
            header="Trust_in_financial_deficit",
            nullable=True,
        ),
        figure(
            "league_rank",
            "Rank among the trusts of the same league table.",
            "rank",
            (1, None),
            header="Rank",
            type_=sa.Integer,
        ),
        _range("league_rank", "rank"),
    ]


def _range(name: str, of: str) -> sa.Column[Any]:
    comment = f"Likely range of the {of}, in the publisher's words."
    header = f"Likely_range_of_{of.replace(' ', '_')}"
    return column(f"{name}_likely_range", sa.Text, comment, header=header, nullable=True)


TABLE = staged(
    "nof",
    "NHS Oversight Framework league tables as published: a row per trust and quarter.",
    [
        org_code("org_code_as_published", "ODS code as published."),
        column("org_name_as_published", sa.Text, "Trust as published.", header="Trust_name"),
        column(
            "region_as_published", sa.Text, "NHS England region of the trust, as published.", header="Region"
        ),
        *_league(),
    ],
)

oversight_segment = table(
    "oversight_segment",
    "NHS Oversight Framework: segment, average score, rank in the league table. Grain: organisation x quarter (edition).",
    [
        *reading(),
        column(
            "quarter",
            sa.Text,
            "Quarter of the financial year that the segment is about.",
            pattern=r"^Q[1-4] \d{4}/\d\d$",
        ),
        *_league(),
        column(
            "region_as_published", sa.Text, "NHS England region of the trust, as published.", header="Region"
        ),
        *provenance(),
    ],
    key=["org_code", "edition"],
    layer="facts",
    expectations=(
        expectations.filled(
            "almost_every_ranked_trust_has_a_segment",
            "segment",
            0.9,
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
    headers = HEADERS if edition == FIRST and not _has(sheet, QUARTER) else (QUARTER, *HEADERS)
    records = find_table(sheet, headers)
    printed = {record.cells.get(QUARTER, quarter).strip() for record in records}
    if others := sorted(printed - {quarter}):
        raise StructureError(
            [
                f"expected {quarter!r} in column {QUARTER!r} of every row, found {others[0][:40]!r}; name its edition"
            ]
        )
    ignored = ["the long file of metrics beside the league table is another file and not read"]
    return tidy(
        records, lambda record: [_trust(record)], drift=[*drift, *unmapped(sheet, headers)], ignored=ignored
    )


def _quarter(edition: str) -> str:
    """Return a quarter as the publisher prints it: 2025/26-Q4 gives Q4 2025/26."""
    start, name = _parts(edition)
    return f"{name} {financial_year(start)}"


def _parts(edition: str) -> tuple[int, str]:
    """Return the year in which the financial year of an edition begins, and its quarter."""
    year, _, name = edition.partition("-")
    if name not in QUARTERS:
        raise StructureError([f"expected an edition like {FIRST}, found {edition[:40]!r}"])
    return year_of(year), name


def days(edition: str) -> Days:
    """Return the first and the last day of a quarter: 2025/26-Q4 gives 1 January and 31 March 2026."""
    return quarter_days(*_parts(edition))


def _has(sheet: Sheet, header: str) -> bool:
    return any(normal(cell) == normal(header) for row in sheet.rows[:50] for cell in row)


def _trust(record: Record) -> dict[str, Any]:
    return {
        "org_code_as_published": record.code("Trust_code"),
        "org_name_as_published": record.text("Trust_name"),
        "region_as_published": record.text("Region"),
        "trust_type": record.text("Trust_type"),
        "trust_subtype": _words(record, "Trust_subtype"),
        "segment": _whole(record, "Segment", 5),
        "average_score": _number(record, "Average_score", 0, 5),
        "average_score_likely_range": _words(record, "Likely_range_of_average_score"),
        "in_financial_deficit": _flag(record, "Trust_in_financial_deficit"),
        "league_rank": _whole(record, "Rank", 500),
        "league_rank_likely_range": _words(record, "Likely_range_of_rank"),
    }


def _words(record: Record, header: str) -> str | None:
    """Return the text of a cell, or None where it is empty or the publisher's NA."""
    found = record.optional(header)
    return None if found is None or normal(found) == NOT_AVAILABLE else found


def _number(record: Record, header: str, minimum: float, maximum: float) -> float | None:
    """Return the number in a cell, or None where it is empty or the publisher's NA."""
    found = _words(record, header)
    return None if found is None else record.number(header, minimum, maximum)


def _whole(record: Record, header: str, maximum: int) -> int | None:
    """Return the whole number from 1 in a cell, or None where it is empty or the publisher's NA."""
    found = _number(record, header, 1, maximum)
    if found is not None and not found.is_integer():
        raise ValueError(f"column {header!r}: expected a whole number, found {found:g}")
    return None if found is None else int(found)


def _flag(record: Record, header: str) -> bool | None:
    """Tell yes from no, or None where the cell is empty or the publisher's NA."""
    found = _words(record, header)
    if found is not None and normal(found) not in FLAGS:
        raise ValueError(f"column {header!r}: expected Yes or No, found {found[:40]!r}")
    return None if found is None else FLAGS[normal(found)]


def facts(frame: pd.DataFrame) -> Facts:
    """Map staged rows to `oversight_segment`, and the subtype to `organisation_type` under `TYPE_SCHEME`."""
    dated = over(frame, [days(edition) for edition in frame["edition"]]).assign(
        quarter=[_quarter(edition) for edition in frame["edition"]],
        value_status=frame["segment"].notna().map({True: "published", False: "x"}),
    )
    typed = dated[dated["trust_subtype"].notna()]
    types = typed.assign(
        scheme=TYPE_SCHEME,
        type=typed["trust_subtype"],
        as_of_date=typed["period_end"],
        value_status="published",
    )
    return {"oversight_segment": dated, "organisation_type": types}


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


def _name(match: re.Match[str]) -> tuple[str, str] | None:
    """Return edition and part of a link: `...-acute-trust-league-table-q4-25-26.csv` is 2025/26-Q4 acute."""
    kind = match["type"].lower()
    if match["quarter"] is None:
        return FIRST, kind
    year = f"20{match['start']}/{match['end']}"
    return (f"{year}-Q{match['quarter']}", kind) if year == financial_year(int(year[:4])) else None


def _version(match: re.Match[str]) -> int:
    """Return the number of a replaced file: the first has none in its name."""
    return int(match["version"] or 1)


SOURCE = Source(
    name="nof",
    title="NHS Oversight Framework: segments and league tables",
    publisher="NHS England",
    landing_page=LANDING_PAGE,
    licence=OGL,
    attribution=OGL_ATTRIBUTION.format(publisher="NHS England"),
    editions=Editions(("quarter",), parts=LEAGUES),
    cadence="quarterly",
    max_age=timedelta(days=150),
    evidence_grade="regulator",
    table=TABLE,
    parse=parse,
    facts=facts,
    coverage=coverage,
    remotes=(Remote(LANDING_PAGE, link=LINK, name=_name, version=_version),),
    expectations=(
        expectations.row_count(
            "as_many_trusts_as_a_league_has",
            (8, 170),
            "The smallest league holds the ambulance trusts, about ten; fewer rows are a cut of a file.",
        ),
        expectations.unique(
            "a_trust_is_ranked_once", ["org_code_as_published"], "A trust is in a league once."
        ),
        expectations.TRUST_CODES,
        expectations.filled(
            "most_trusts_have_a_segment", "segment", 0.9, "A league without segments is a broken file."
        ),
        expectations.filled(
            "most_trusts_have_a_rank", "league_rank", 0.9, "A league without ranks is a broken file."
        ),
        expectations.statistic(
            "the_league_has_a_first",
            "min",
            "league_rank",
            (1, 1),
            "A table without rank 1 is a part of a league.",
        ),
        expectations.statistic(
            "scores_are_spread", "stdev", "average_score", (0.01, 1.5), "A constant column is a broken file."
        ),
        expectations.statistic(
            "a_file_is_about_one_type",
            "unique_value_count",
            "trust_type",
            (1, 1),
            "Each type of trust has a league of its own.",
            severity="WARN",
        ),
    ),
    once=("org_code_as_published",),
    revision=Revision(groups=("region_as_published", "trust_type")),
    guards=(
        guards.same_unit("average_score", 10),
        *guards.usual("average_score", order=0.6, level=(0.8, 1.25)),
        *guards.usual("segment", order=0.5),
        *guards.usual("league_rank", order=0.6),
        *guards.usual("in_financial_deficit", words=0.2),
        *guards.usual("trust_subtype", words=0.5),
        *guards.usual("trust_type", words=0.5, filled=None),
        *guards.usual("region_as_published", words=0.8, filled=None),
        guards.no_repeat(("average_score",), 0.4),
        guards.goes_with("ranks_follow_average_scores", ("average_score", "league_rank"), 0.9),
        guards.goes_with("segments_follow_average_scores", ("average_score", "segment"), 0.6),
        guards.not_constant("average_score", by=("trust_type",)),
        guards.nobody_gone(),
        guards.everybody_open(),
    ),
    caveats=caveats(
        "oversight_segment",
        {
            "nof_ranks_within_a_league": "Ranks are among the trusts of one league table; ranks and averages of different types of trusts are no common scale.",
            "nof_segment_is_the_published_one": "The segment is the one in the league table, after the publisher's adjustments; it may differ from what the average score alone gives.",
            "nof_ranges_are_wide": "The publisher prints a likely range beside average score and rank, often wide: read a rank with its range.",
            "nof_first_quarter": "The files of 2025/26-Q1 do not name their quarter and call the third league `non-acute-hospital`: look at trust_type before following a trust's rank from it.",
            "nof_is_context": "Oversight segments say nothing of digital maturity: they are context, not an outcome of it.",
        },
        measures={
            "nof_ranks_within_a_league": "league_rank",
            "nof_segment_is_the_published_one": "segment",
            "nof_ranges_are_wide": "league_rank",
            "nof_first_quarter": "league_rank",
        },
    ),
    comparability=(
        another_instrument(
            "NOF", "segment", "A segment of oversight is context, not an outcome of digital maturity."
        ),
        comparison(
            ("NOF", "league_rank", "one league"),
            ("NOF", "league_rank", "another league"),
            comparable=False,
            why="Ranks are among the trusts of one league table; there is none across types of trusts.",
        ),
        comparison(
            ("NOF", "league_rank", FIRST),
            ("NOF", "league_rank", "later quarters"),
            comparable=False,
            why="The third league of the first quarter is of `non-acute-hospital` trusts, the later one of mental health and community trusts.",
        ),
    ),
)
