"""Publishers' files: their own in ../shared where that is, or rebuilt from the frozen facts in the same layout.

A rebuilt file has the publisher's sheets, headers, places and words, and every value of the frozen edition: a change
of one does what the same change of the publisher's file does, and every clone of the repository can make it.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl  # noqa: F401 - read_workbook needs it
import pandas as pd
from conftest import PILLAR_HEADERS, PROVIDER_HEADERS, staged_rows

from assets.sources import dma
from mutations.case import Base
from mutations.grid import Book, Grid, read_workbook

PUBLISHER = Path(__file__).parents[3] / "shared/publisher-files"
PILLARS = "SC - 2025 Pillar Summary"
OVERALL = "SC - 24 vs 25 Overall DMA"
BOARD_PILLARS = "ICB - 2025 Pillar Summary"
BOARD_OVERALL = "ICB -24 vs 25 Overall DMA "
AVERAGES = ("2025 Average", "2024 Average")


def present() -> bool:
    """Say whether the publishers' own files are here."""
    return PUBLISHER.is_dir()


def publishers(name: str) -> bytes:
    """Return one of the publishers' own files."""
    return (PUBLISHER / name).read_bytes()


def frozen(source: str, edition: str) -> pd.DataFrame:
    """Return the rows of a frozen edition in the order of the publisher's file."""
    rows = staged_rows(source)
    return rows[rows["edition"] == edition].sort_values(["source_sheet", "source_row"], kind="stable")


@cache
def dma_book(base: Base) -> Book:
    """Return the workbook of the Digital Maturity Assessment 2025."""
    if base == "real":
        return read_workbook(publishers("dma/dma_2024_2025_results_data_file.xlsx"))
    rows = frozen("dma", "2025")
    where = ["region_as_published", "ics_as_published", "org_name_as_published", "care_setting"]
    wide = rows.pivot_table(
        index=["source_sheet", "source_row", *where],
        columns=["measure", "period"],
        values="score",
        sort=False,
    ).reset_index()
    wide.columns = pd.Index(
        [name if period else measure for name in wide.columns for measure, period in [name]],
        tupleize_cols=False,
    )
    wide["care_setting"] = wide["care_setting"].str.replace("_", " ").str.title()
    pillars = [(pillar, "2025") for pillar in dma.PILLARS.values()]
    averages = [(dma.OVERALL, year) for year in ("2025", "2024")]
    by_sheet = {str(name): sheet for name, sheet in wide.groupby("source_sheet")}
    boards = wide.groupby(where[:2], as_index=False)[[*pillars, *averages]].mean().round(1)
    return {
        "Introduction ": ((None,), (None, "Digital Maturity Assessment 2025")),
        PILLARS: _dma_sheet((*PROVIDER_HEADERS, *PILLAR_HEADERS), by_sheet[PILLARS], [*where, *pillars]),
        OVERALL: _dma_sheet((*PROVIDER_HEADERS, *AVERAGES), by_sheet[OVERALL], [*where, *averages]),
        BOARD_PILLARS: _dma_sheet((*PROVIDER_HEADERS[:2], *PILLAR_HEADERS), boards, [*where[:2], *pillars]),
        BOARD_OVERALL: _dma_sheet((*PROVIDER_HEADERS[:2], *AVERAGES), boards, [*where[:2], *averages]),
    }


def _dma_sheet(headers: Sequence[str], rows: pd.DataFrame, columns: Sequence[Any]) -> Grid:
    """Return a sheet: column A empty, a title, headers in row 11, the table, an empty row and notes."""
    title = ((None, "Digital Maturity Assessment"), *(((None,),) * 8), (None, "Organisation Details"))
    lines = [(None, *(row[name] for name in columns)) for row in rows.to_dict("records")]
    return (*title, (None, *headers), *lines, (None,), (None, "Source: rebuilt from frozen facts"))
