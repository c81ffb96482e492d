"""NHS Oversight Framework: a league table and a long file of metrics, read again with the csv module.

Rules (`sources.md`, section 12): `NA` and an empty cell are no value; a quarter of the financial year is the period.
The long file has segments and ranks (OF5000) and average scores (OF5002) of four quarters; the last is in the league table.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from . import files
from .core import Expected

FLAGS = {"Yes": True, "No": False}


PATTERN = "nhs-oversight-framework-mental-health-and-community-trust-{}.csv"


def everything(folder: Path) -> Iterator[Expected]:
    """Yield the facts of the league table, and of the quarters that only the long file has."""
    league, long = (folder / PATTERN.format(kind) for kind in ("league-table", "data"))
    yield from facts(league)
    held = {line.text("Quarter") for line in files.csv_lines(league)}
    lines = [line for line in files.csv_lines(long) if line.text("Quarter") not in held]
    scores = {
        (line.text("Quarter"), line.text("Trust_code")): line
        for line in lines
        if line.text("Metric_ID") == "OF5002"
    }
    for line in lines:
        if line.text("Metric_ID") == "OF5000":
            score = scores[line.text("Quarter"), line.text("Trust_code")]
            merged = {**line.cells, "Segment": line.text("Value"), "Average_score": score.text("Value")}
            yield from _facts(files.Line(line.row, merged), long, "metrics")


def facts(path: Path) -> Iterator[Expected]:
    for line in files.csv_lines(path):
        yield from _facts(line, path, "league_table")


def _facts(line: files.Line, path: Path, kind: str) -> Iterator[Expected]:
    cells = {header: None if line.text(header) in {"", "NA"} else line.text(header) for header in line.cells}
    quarter, year = line.text("Quarter").split()
    start = int(year[:4])
    first = date(start, 1 + 3 * int(quarter[1]), 1) if quarter != "Q4" else date(start + 1, 1, 1)
    edition = f"{year}-{quarter}"
    rank, segment, score = (cells[name] for name in ("Rank", "Segment", "Average_score"))
    yield Expected(
        "oversight_segment",
        files.place(path, line.row),
        {"edition": edition, "org_code": line.text("Trust_code")},
        {
            "segment": None if segment is None else int(float(segment)),
            "average_score": None if score is None else float(score),
            "league_rank": None if rank is None else int(float(rank)),
            "average_score_likely_range": cells.get("Likely_range_of_average_score"),
            "league_rank_likely_range": cells.get("Likely_range_of_rank"),
            "in_financial_deficit": FLAGS.get(line.text("Trust_in_financial_deficit")),
            "read_from": kind,
            "trust_type": cells["Trust_type"],
            "trust_subtype": cells["Trust_subtype"],
            "quarter": line.text("Quarter"),
            "period_start": first,
            "value_status": "x" if segment is None and score is None and rank is None else "published",
            "org_name_as_published": line.text("Trust_name"),
        },
        {"segment": "Segment", "average_score": "Average_score", "league_rank": "Rank"},
    )
    if cells["Trust_subtype"]:
        yield Expected(
            "organisation_type",
            files.place(path, line.row),
            {"edition": edition, "scheme": "nof_trust_subtype", "org_code": line.text("Trust_code")},
            {"type": cells["Trust_subtype"], "value_status": "published"},
            {"type": "Trust_subtype"},
        )
