"""The map of integrated care boards: our own layout of 42 hexagons, one for each board of the assessment.

The layout is rough: who is beside whom, not distance or area. Boards of today and regions are drawn on the same
hexagons, as the union of those of the boards they are made of.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import duckdb

from assets.contract.columns import PILLARS
from pipelines.publishing.explorer.palette import BANDS, COLOURS

BOARDS = {
    "QHM": (8, 0, "N East"),
    "QE1": (5, 1, "Lancs"),
    "QWO": (7, 1, "W Yorks"),
    "QOQ": (9, 1, "Humber"),
    "QYG": (4, 2, "Cheshire"),
    "QOP": (6, 2, "Gtr Man."),
    "QF7": (8, 2, "S Yorks"),
    "QNC": (5, 3, "Staffs"),
    "QJ2": (7, 3, "Derby"),
    "QT1": (9, 3, "Notts"),
    "QJM": (11, 3, "Lincs"),
    "QOC": (4, 4, "Shrops"),
    "QUA": (6, 4, "Black Co."),
    "QHL": (8, 4, "B'ham"),
    "QK1": (10, 4, "Leics"),
    "QMM": (12, 4, "Norfolk"),
    "QGH": (5, 5, "Hereford"),
    "QWU": (7, 5, "Warks"),
    "QPM": (9, 5, "Northants"),
    "QUE": (11, 5, "Cambs"),
    "QJG": (13, 5, "Suffolk"),
    "QR1": (6, 6, "Glos"),
    "QU9": (8, 6, "Oxon"),
    "QHG": (10, 6, "Beds"),
    "QM7": (12, 6, "Herts"),
    "QH8": (14, 6, "Essex"),
    "QUY": (5, 7, "Bristol"),
    "QOX": (7, 7, "Wilts"),
    "QNQ": (9, 7, "Frimley"),
    "QRV": (11, 7, "NW Lond."),
    "QMJ": (13, 7, "NC Lond."),
    "QMF": (15, 7, "NE Lond."),
    "QSL": (4, 8, "Somerset"),
    "QVV": (6, 8, "Dorset"),
    "QRL": (8, 8, "Hants"),
    "QXU": (10, 8, "Surrey"),
    "QWE": (12, 8, "SW Lond."),
    "QKK": (14, 8, "SE Lond."),
    "QKS": (16, 8, "Kent"),
    "QJK": (3, 9, "Devon"),
    "QNX": (9, 9, "Sussex"),
    "QT6": (2, 10, "Cornwall"),
}
"""Place of each board of the assessment, in half hexagons from the left and rows from the top, and a short name that fits."""
MERGED = {
    "D7T5G": ("QH8",),
    "S1Y5D": ("QUE", "QHG", "QM7"),
    "T6Y0W": ("QMM", "QJG"),
    "Z9B2Z": ("QRV", "QMJ"),
    "S0E4D": ("QU9", "QNQ"),
    "S9B9J": ("QXU", "QNX"),
}
"""Hexagons of the six boards that began in April 2026: of the boards that went into them whole or for the most part.

QM7, QJG and QNQ were split (`icb_mergers.csv`); each is drawn with the board that got most of its listed headquarters.
"""
SHARES = (
    (
        "with_record_system",
        "of_those_who_answered",
        "Trusts with an electronic patient record",
        "epr_supplier",
        ("ods", "epr"),
    ),
    (
        "with_core_capabilities",
        "of_those_in_a_group",
        "Trusts whose record system has the core capabilities",
        "epr_group",
        ("ods", "epr_group"),
    ),
    (
        "security_standards_met",
        "of_those_with_a_status",
        "Trusts that met security standards",
        "security_status",
        ("ods", "dspt", "dspt_history"),
    ),
    (
        "exemplars_and_followers",
        "trusts",
        "Exemplars and fast followers, as far as known",
        "",
        ("ods", "gde"),
    ),
)
"""Columns of `boards_today` to be shown as a share: the trusts, of which trusts, the label, the fact whose day it names, the sources."""
DRAWN_IN = ("text", "quiet", "white", "band-1", "band-2", "band-3", "band-4", "band-5")
"""Colours of a map that is saved as a picture."""


def owners() -> dict[str, str]:
    """Return today's board of every hexagon."""
    merged = {old: new for new, parts in MERGED.items() for old in parts}
    return {code: merged.get(code, code) for code in BOARDS}


def board_map(connection: duckdb.DuckDBPyConnection, days: Mapping[str, str]) -> dict[str, Any]:
    """Return the layout and the measures to choose from, as JSON takes it: the script reads the numbers from tables of the page.

    `days` are those of the facts behind `SHARES`.
    """
    return {
        "bands": BANDS,
        "boards": BOARDS,
        "colours": {name: COLOURS[name] for name in DRAWN_IN},
        "today": owners(),
        "measures": [*_scores(connection), *_counts(days)],
    }


def _scores(connection: duckdb.DuckDBPyConnection) -> Iterator[dict[str, Any]]:
    """Yield the measures of the assessment, each a column of the table `boards`; none where no assessment is held."""
    sql = "select max(period), min(period) from icb_maturity where edition = (select max(edition) from icb_maturity)"
    ((newest, before),) = connection.execute(sql).fetchall()
    if newest is None:
        return
    pillars = {pillar: f"{pillar.replace('_', ' ').capitalize()}, {newest}" for pillar in PILLARS}
    labels = {
        "own_overall": f"Overall score, {newest} (may be compared with {before})",
        "own_overall_before": f"Overall score, {before} (may be compared with {newest})",
        **pillars,
        "mean_overall_of_trusts": f"Mean overall score of the trusts, {newest} (not a score of the board)",
    }
    yield from (
        {"key": key, "label": label, "table": "boards", "sources": ["dma"]} for key, label in labels.items()
    )


def _counts(days: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yield the measures of today's trusts, each a column of the table `boards_today`."""
    yield {"key": "trusts", "label": "Trusts, by headquarters", "table": "boards_today", "sources": ["ods"]}
    for key, of, label, fact, sources in SHARES:
        dated = f", {days[fact]}" if fact in days else ""
        yield {
            "key": key,
            "of": of,
            "label": label + dated,
            "table": "boards_today",
            "sources": sources,
        }
