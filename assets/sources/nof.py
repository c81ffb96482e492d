"""NHS Oversight Framework: segment, average score and rank of each trust, quarterly since 2025/26.

A quarter has three league tables, one per type of trust. Those of the first quarter have no `Quarter` column and no
quarter in their names, and call the third type `non-acute-hospital`. Beside each table is a long file of metrics over
several quarters, in which segment and average score are metrics too: of an edition and part it can stand for the
table, without likely ranges and deficit. Where a trust has both, the league table counts.
"""

import re
from typing import Any

import pandas as pd
import sqlalchemy as sa

from assets.contract import expectations, guards, periods, prose, row
from assets.contract.parsed import Parsed, StructureError
from assets.contract.remote import FILE_TELLS, Remote, numbered
from assets.contract.source import Coverage, Editions, Facts, Revision, Source, counted
from assets.reading.structure import Record, Sheet, find_table, normal, read_csv, tidy, unmapped

PROSE = prose.beside(__file__)
PAGES = (
    "https://www.england.nhs.uk/long-read/nhs-oversight-framework-csv-metadata-file/",
    "https://www.england.nhs.uk/nhs-oversight-framework/segmentation-and-league-tables/",
)
"""The page with the files, and the landing page that leads to it and may link to files again."""
LEAGUES = ("acute", "ambulance", "mental-health-and-community", "non-acute-hospital")
LINK = (
    r"(?P<first>/2025/09/)?"
    rf"nhs-oversight-framework-(?P<type>{'|'.join(LEAGUES)})-trust-league-table"
    r"(-q(?P<quarter>[1-4]))?(-(?P<start>\d\d)-(?P<end>\d\d))?(-v(?P<version>\d+))?(-(?P<again>\d))?\.csv$"
)
"""Some files do not name their quarter: those of the first, by their folder, and others, which only the file tells."""
FIRST = "2025/26-Q1"
"""The edition whose files have no column for their quarter."""
QUARTER, RANK_HEADER = "Quarter", "Rank"
METRIC = "Metric_ID"
"""A column of the long file of metrics, which no league table has."""
VALUE, UNITS = "Value", "Units"
SEGMENT_METRIC, SCORE_METRIC = ("OF5000", "segment"), ("OF5002", "score")
"""The metrics that are the segment and the average score of a league table, with their units."""
LEAGUE_TABLE, METRICS = "league_table", "metrics"
FILES = 3
THIRD = ("mental-health-and-community", "non-acute-hospital")
"""The names of the third league, which may stand for each other in the first quarter."""
NA = "NA"

ROW = row.Row(
    row.org_code("Trust_code"),
    row.org_name("Trust_name"),
    row.text("region_as_published", "Region"),
    row.text("trust_type", "Trust_type"),
    row.text("trust_subtype", "Trust_subtype", missing=NA),
    row.whole("segment", "Segment", "segment 1 to 5", (1, 5), missing=NA),
    row.number("average_score", "Average_score", "score", (0, 5), missing=NA),
    row.text("average_score_likely_range", "Likely_range_of_average_score", missing=NA),
    row.flag("in_financial_deficit", "Trust_in_financial_deficit", missing=NA),
    row.whole("league_rank", RANK_HEADER, "rank", (1, None), most=500, missing=NA),
    row.text("league_rank_likely_range", "Likely_range_of_rank", missing=NA),
    row.given("read_from", sa.Text, allowed=[LEAGUE_TABLE, METRICS]),
    prose=PROSE,
)
HEADERS = ROW.headers
TABLE = ROW.staged("nof")

oversight_segment = ROW.fact(
    "oversight_segment",
    [
        row.given("quarter", sa.Text, pattern=r"^Q[1-4] \d{4}/\d\d$"),
        *ROW.columns(without=["region_as_published"]),
        "region_as_published",
    ],
    key=["org_code", "edition"],
    expectations=[expectations.filled("almost_every_ranked_trust_has_a_segment", "segment", 0.9)],
)


def parse(content: bytes, edition: str, part: str = "") -> Parsed:
    """Read a league table of `edition` (like 2025/26-Q4), or its rows of the long file of metrics: a row per trust.

    Raises StructureError for rows of another quarter, for trusts of another type than the `part` names, for metrics
    without the edition and for a column that is missing.
    """
    quarter = _quarter(edition)
    sheet, drift = read_csv(content, "")
    if _has(sheet, METRIC):
        return _metrics(sheet, edition, part, drift)
    headers = HEADERS if edition == FIRST and not _has(sheet, QUARTER) else (QUARTER, *HEADERS)
    records = find_table(sheet, headers)
    printed = {record.cells.get(QUARTER, quarter).strip() for record in records}
    if others := sorted(printed - {quarter}):
        problem = f"expected {quarter!r} in column {QUARTER!r} of every row, found {others[0][:40]!r}; name its edition"
        raise StructureError([problem])
    _refuse_other_types(records, edition, part)
    ignored = ["the long file of metrics beside the league table, which is another file"]
    drift += unmapped(sheet, headers)
    return tidy(records, lambda r: ROW.read(r, read_from=LEAGUE_TABLE), drift=drift, ignored=ignored)


def _refuse_other_types(records: list[Record], edition: str, part: str) -> None:
    """Refuse trusts of another league than the `part` names, such as an `Acute trust` in the part `ambulance`."""
    leagues = THIRD if edition == FIRST and part in THIRD else (part,)
    for record in records:
        found = record.cells["Trust_type"].strip()
        if part and found and not any(_of_league(found, league) for league in leagues):
            raise StructureError(
                f"row {record.row}: expected trusts of part {part!r}, found {found[:60]!r} in column 'Trust_type'; correct --part"
            )


def _of_league(trust_type: str, league: str) -> bool:
    """Return whether a type of trust has all the words of a league; `non-acute-hospital` is not a kind of `acute`."""
    found = set(re.findall("[a-z]+", trust_type.lower()))
    wanted = set(league.split("-")) - {"and"}
    return wanted <= found and ("non" in wanted) == ("non" in found)


def _metrics(sheet: Sheet, edition: str, part: str, drift: list[str]) -> Parsed:
    """Read the segments of one quarter from the long file of metrics, each with the average score of its trust."""
    quarter = _quarter(edition)
    headers = (QUARTER, *HEADERS[:5], METRIC, UNITS, VALUE, RANK_HEADER)
    records = find_table(sheet, headers)
    segments, scores = (_of_metric(records, quarter, *one) for one in (SEGMENT_METRIC, SCORE_METRIC))
    _refuse_other_types(segments, edition, part)
    by_code = {record.cells["Trust_code"].strip(): record for record in scores}
    codes = {record.cells["Trust_code"].strip() for record in segments}
    if len(by_code) < len(scores) or codes != by_code.keys():
        odd = sorted(codes ^ by_code.keys())[:5]
        problem = f"expected one segment and one average score for each trust in {quarter}, found one without the other or two for {', '.join(odd) or 'a trust'}"
        raise StructureError(problem)

    def trust(record: Record) -> dict[str, Any]:
        score = by_code[record.cells["Trust_code"].strip()].cells[VALUE]
        # the rank beside the segment is that of the league table; the one beside the average score is before overrides
        cells = {**record.cells, "Segment": record.cells[VALUE], "Average_score": score}
        return ROW.read(Record("", record.row, cells, {}), read_from=METRICS)

    used = len(segments) + len(scores)
    ignored = [
        f"{len(records) - used} rows of other metrics or other quarters",
        f"{len(scores)} rows of average scores, each of which is read into the row of its segment",
    ]
    return tidy(segments, trust, drift=drift, ignored=ignored)


def _of_metric(records: list[Record], quarter: str, metric: str, units: str) -> list[Record]:
    found = [r for r in records if r.cells[QUARTER].strip() == quarter and r.cells[METRIC].strip() == metric]
    if not found:
        held = ", ".join(sorted({r.cells[QUARTER].strip() for r in records}))
        raise StructureError(
            f"expected metric {metric} ({units}) of {quarter}, found none in the quarters {held[:200]}; correct the edition"
        )
    if wrong := [r for r in found if normal(r.cells[UNITS]) != units]:
        raise StructureError(
            f"row {wrong[0].row}: expected metric {metric} in units {units!r}, found {wrong[0].cells[UNITS][:40]!r}"
        )
    return found


def _has(sheet: Sheet, header: str) -> bool:
    return any(normal(cell) == normal(header) for row in sheet.rows[:50] for cell in row)


def _quarter(edition: str) -> str:
    """Return a quarter as the publisher prints it: 2025/26-Q4 gives Q4 2025/26."""
    start, name = periods.quarter_of(edition)
    return f"{name} {periods.financial_year(start)}"


def days(edition: str) -> periods.Days:
    """Return the first and the last day of a quarter: 2025/26-Q4 gives 1 January and 31 March 2026."""
    return periods.quarter_days(*periods.quarter_of(edition))


def facts(frame: pd.DataFrame) -> Facts:
    """Map staged rows to `oversight_segment`, and the subtype to `organisation_type` under a scheme of its own."""
    trust = ["edition", "org_code_as_published"]
    in_a_league = frame[frame["read_from"] == LEAGUE_TABLE].set_index(trust).index
    twice = (frame["read_from"] == METRICS) & frame.set_index(trust).index.isin(in_a_league)
    frame = frame[~twice]
    dated = periods.over(frame, [days(edition) for edition in frame["edition"]]).assign(
        quarter=[_quarter(edition) for edition in frame["edition"]],
        value_status=frame["segment"].notna().map({True: "published", False: "x"}),
    )
    types = periods.organisation_types(dated, "nof_trust_subtype", "trust_subtype")
    return {"oversight_segment": dated, "organisation_type": types}


def coverage(frame: pd.DataFrame) -> list[Coverage]:
    """Count the league tables of each quarter: there are three, and a trust is in one of them."""
    held = frame.groupby("edition")["source_file_sha256"].nunique()
    return [
        counted(f"league tables of {_quarter(str(edition))}", count, FILES, PROSE["league_tables"])
        for edition, count in held.items()
    ]


def _name(match: re.Match[str]) -> tuple[str, str] | None:
    """Return edition and part of a link: `...-acute-trust-league-table-q4-25-26.csv` is 2025/26-Q4 acute."""
    kind, quarter = match["type"].lower(), match["quarter"]
    if match["start"] is None:
        return FIRST if match["first"] and quarter in (None, "1") else FILE_TELLS, kind
    year = f"20{match['start']}/{match['end']}"
    if quarter is None or year != periods.financial_year(int(year[:4])):
        raise ValueError("no quarter of a financial year in the file name")
    return f"{year}-Q{quarter}", kind


def _version(match: re.Match[str]) -> int:
    """Return how new a link is among those of one name: by its version, then by the number of its upload."""
    return 10 * numbered(match) + int(match["again"] or 0)


def _edition_in(content: bytes) -> str:
    """Return the quarter that a league table is about. Raises StructureError where it is none, or several."""
    sheet, _ = read_csv(content, "")
    if not _has(sheet, QUARTER):
        return FIRST
    printed = {record.cells[QUARTER].strip() for record in find_table(sheet, (QUARTER, *HEADERS))}
    (found, *others) = sorted(printed)
    name, _, year = found.partition(" ")
    if others or name not in periods.QUARTERS or not re.fullmatch(r"\d{4}/\d\d", year):
        raise StructureError(
            f"column {QUARTER!r}: expected one quarter, found {', '.join(sorted(printed))[:80]}"
        )
    return f"{year}-{name}"


SOURCE = Source(
    "nof",
    PROSE,
    editions=Editions(("quarter",), parts=LEAGUES),
    remotes=tuple(
        Remote(page, link=LINK, name=_name, version=_version, edition_in=_edition_in) for page in PAGES
    ),
    table=TABLE,
    parse=parse,
    reads_part=True,
    facts=facts,
    coverage=coverage,
    once=("org_code_as_published",),
    revision=Revision(groups=("region_as_published", "trust_type"), ignored=("read_from",)),
    expectations=(
        expectations.row_count("as_many_trusts_as_a_league_has", (8, 170)),
        expectations.unique("a_trust_is_ranked_once", ["org_code_as_published"]),
        expectations.TRUST_CODES,
        expectations.filled("most_trusts_have_a_segment", "segment", 0.9),
        expectations.filled("most_trusts_have_a_rank", "league_rank", 0.9),
        expectations.statistic("the_league_has_a_first", "min", "league_rank", (1, 1)),
        expectations.statistic("scores_are_spread", "stdev", "average_score", (0.01, 1.5)),
        expectations.distinct("a_file_is_about_one_type", "trust_type", (1, 1), severity="WARN"),
    ),
    guards=(
        guards.same_unit("average_score", 10),
        *guards.usual("average_score", order=0.6, level=(0.8, 1.25)),
        *guards.usual("segment", order=0.5, level=(0.8, 1.2)),
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
)
