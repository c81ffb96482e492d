"""Publishers' files: their own in ../shared where that is, or rebuilt from the frozen facts in the same layout.

A rebuilt file has the publisher's sheets, headers, places and words, and every value of the frozen edition: a change
of one does what the same change of the publisher's file does, and every clone of the repository can make it.
"""

import random
from collections.abc import Sequence
from functools import cache
from typing import Any

import openpyxl  # noqa: F401 - read_workbook needs it
import pandas as pd
from conftest import PILLAR_HEADERS, PROVIDER_HEADERS, staged_rows
from real_files import PUBLISHER_FILES

from assets.sources import cqc, dma, epr, eric
from assets.sources.kh03 import layouts as kh03
from mutations.case import Base
from mutations.grid import Book, Grid, body, read_csv, read_workbook

PILLARS = "SC - 2025 Pillar Summary"
OVERALL = "SC - 24 vs 25 Overall DMA"
BOARD_PILLARS = "ICB - 2025 Pillar Summary"
BOARD_OVERALL = "ICB -24 vs 25 Overall DMA "
NEXT_PILLARS = "SC - 2026 Pillar Summary"
NEXT_OVERALL = "SC - 25 vs 26 Overall DMA"
EPR_SHEET = "EPR Suppliers 01.10.24"
NO_EPR = "No EPR -  in process of getting one"
CQC_HEADERS = tuple(cqc.HEADERS)
NOF_HEADERS = (
    *("Region", "Trust_type", "Trust_subtype", "Trust_code", "Trust_name"),
    *("Average_score", "Likely_range_of_average_score", "Segment", "Trust_in_financial_deficit"),
    *("Rank", "Likely_range_of_rank"),
)
AVERAGES = ("2025 Average", "2024 Average")


def publishers(name: str) -> bytes:
    """Return one of the publishers' own files."""
    return (PUBLISHER_FILES / name).read_bytes()


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
    own = rows[rows["org_name_as_published"].isna()]
    boards = own.pivot_table(index=where[:2], columns=["measure", "period"], values="score", sort=False)
    boards = boards.reset_index()
    boards.columns = pd.Index(
        [name if period else measure for name in boards.columns for measure, period in [name]],
        tupleize_cols=False,
    )
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


@cache
def dma_next(base: Base) -> Book:
    """Return a workbook of 2026: the scores of 2025 as they are held, and new ones that moved as scores do in a year."""
    chance = random.Random(2026)  # noqa: S311 - the same values each time are wanted
    book = dict(dma_book(base))
    moved: dict[tuple[str, str], float] = {}
    rows = []
    for row in _table(book[OVERALL], "Provider"):
        now = min(5.0, max(1.0, row["2025 Average"] + chance.gauss(0.15, 0.25)))
        moved[str(row["Provider"]), str(row["Care Setting"])] = now - row["2025 Average"]
        rows.append((None, *(row[name] for name in PROVIDER_HEADERS), now, row["2025 Average"]))
    pillars = []
    for row in _table(book[PILLARS], "Provider"):
        rise = moved[str(row["Provider"]), str(row["Care Setting"])]
        scores = [
            round(min(5.0, max(1.0, row[name] + rise + chance.gauss(0, 0.15))), 1) for name in PILLAR_HEADERS
        ]
        pillars.append((None, *(row[name] for name in PROVIDER_HEADERS), *scores))
    top = ((None, "Digital Maturity Assessment"), *(((None,),) * 9))
    averages = ("2026 Average", "2025 Average")
    return {
        "Introduction ": book["Introduction "],
        NEXT_PILLARS: (*top, (None, *PROVIDER_HEADERS, *PILLAR_HEADERS), *pillars, (None,)),
        NEXT_OVERALL: (*top, (None, *PROVIDER_HEADERS, *averages), *rows, (None,)),
        "ICB - 2026 Pillar Summary": book[BOARD_PILLARS],
        "ICB -25 vs 26 Overall DMA ": tuple(
            tuple({AVERAGES[0]: averages[0], AVERAGES[1]: averages[1]}.get(cell, cell) for cell in row)
            for row in book[BOARD_OVERALL]
        ),
    }


def _table(grid: Grid, key: str) -> list[dict[str, Any]]:
    """Return the rows of a table by header."""
    first, last = body(grid, key)
    headers = ["" if cell is None else str(cell).strip() for cell in grid[first - 1]]
    return [dict(zip(headers, row, strict=False)) for row in grid[first:last]]


@cache
def epr_grid(base: Base) -> Grid:
    """Return the list of suppliers of 1 October 2024."""
    if base == "real":
        return read_workbook(publishers("epr/epr_primary_suppliers_20240101.xlsx"))[EPR_SHEET]
    words = {value: word.title() for word, value in epr.TRUST_TYPES.items()}
    rows = frozen("epr", "2024-10-01").astype(object)
    rows = rows.where(rows.notna(), None)
    return (
        epr.HEADERS,
        *(
            (r.org_code_as_published, r.org_name_as_published, words[r.trust_type], r.supplier or NO_EPR)
            for r in rows.itertuples()
        ),
    )


@cache
def dspt_grid(base: Base, edition: str = "2023-10-17") -> Grid:
    """Return the list of trusts of a day: one of 2022-09-09 and 2023-10-17."""
    headers = ("Code", "Organisation Name", "Status", "Date Of Publication", "Primary Sector")
    if base == "real" and edition == "2023-10-17":
        grid = read_csv(publishers("dspt/dspt_trusts_2023-10-17.csv"))
        return (headers, *(tuple(row[name] for name in headers) for row in _table(grid, "Code")))
    rows = frozen("dspt", edition)
    rows = rows[
        rows["org_code_as_published"].str.fullmatch(r"[RT][A-Z0-9]{2}") & rows["published_on"].notna()
    ]
    return (
        headers,
        *(
            (
                r.org_code_as_published,
                r.org_name_as_published,
                r.status_as_published,
                f"{r.published_on:%d/%m/%Y}",
                r.sector,
            )
            for r in rows.itertuples()
        ),
    )


@cache
def eric_grid() -> Grid:
    """Return the publisher's file of a year that is not held: made from 2024/25 a year on."""
    chance = random.Random(2025)  # noqa: S311 - the same values each time are wanted
    rows = frozen("eric", "2024/25")
    return (eric.HEADERS, *(_eric_row(row, chance) for row in rows.to_dict("records")))


def _eric_row(row: dict[str, Any], chance: random.Random) -> tuple[Any, ...]:
    factor = chance.lognormvariate(0.02, 0.25)
    name = str(row["org_name_as_published"])
    kind = str(row["trust_type"])
    costs = [
        "Not Applicable" if pd.isna(row[column]) else round(row[column] * factor) for column in eric.COSTS
    ]
    records = "" if pd.isna(row["records_type"]) else f"3. {str(row['records_type']).title()}"
    return (row["org_code_as_published"], name, kind.replace("_", " ").upper(), *costs, records)


@cache
def kh03_grid(base: Base, edition: str = "2024/25") -> Grid:
    """Return the compiled table of one year, with occupied beds and the rows about England."""
    headers = (*kh03.COMPILED, *kh03.BEDS.values())
    if base == "real":
        grid = read_csv(publishers("kh03/kh03_quarterly_2018-19_to_2024-25_derived.csv"))
        year = edition.replace("/", "-")
        wanted = [row for row in _table(grid, "org_code") if row["financial_year"] == year]
        return (headers, *(tuple(row[name] for name in headers) for row in wanted))
    rows = frozen("kh03", edition)
    year = edition.replace("/", "-")
    who = ["source_row", "org_code_as_published", "quarter", "org_name_as_published"]
    wide = rows.pivot(index=who, columns="measure", values="amount").sort_index().reset_index()
    lines = [
        (code, f"{year} {quarter}", name, year, quarter, *beds)
        for _, code, quarter, name, *beds in wide[[*who, *kh03.BEDS]].itertuples(index=False, name=None)
    ]
    return (headers, *with_england(lines))


def with_england(lines: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return rows of beds after one about England for each quarter: what they add up to."""
    trusts = [line for line in lines if line[0] != kh03.ENGLAND]
    totals: dict[str, list[Any]] = {}
    for line in trusts:
        total = totals.setdefault(line[1], [kh03.ENGLAND, line[1], "England", line[3], line[4], 0.0, 0.0])
        for place in (5, 6):
            total[place] += float(line[place] or 0)
    return [*map(tuple, totals.values()), *trusts]


@cache
def nof_grids(base: Base) -> tuple[Grid, Grid]:
    """Return the league table of the fourth quarter of 2025/26, and one of the next whose scores moved as scores do."""
    chance = random.Random(7)  # noqa: S311 - the same values each time are wanted
    name = "nof/nhs-oversight-framework-mental-health-and-community-trust-league-table.csv"
    last = read_csv(publishers(name)) if base == "real" else _nof_rebuilt()
    rows = _table(last, "Quarter")
    scores = [round(min(4.5, max(1.0, float(r["Average_score"]) + chance.gauss(0, 0.15))), 2) for r in rows]
    places = pd.Series(scores).rank(method="min").astype(int)
    lines = [
        (
            *("Q1 2026/27", *(row[header] for header in NOF_HEADERS[:5]), score, "1 to 4"),
            *(min(4, 1 + int((score - 1.4) / 0.5)), row["Trust_in_financial_deficit"], place, "1 to 60"),
        )
        for row, score, place in zip(rows, scores, places, strict=True)
    ]
    return last, (("Quarter", *NOF_HEADERS), *lines)


def _nof_rebuilt() -> Grid:
    columns = (
        *(
            "region_as_published",
            "trust_type",
            "trust_subtype",
            "org_code_as_published",
            "org_name_as_published",
        ),
        *("average_score", "average_score_likely_range", "segment", "deficit"),
        *("league_rank", "league_rank_likely_range"),
    )
    rows = frozen("nof", "2025/26-Q4")
    rows = rows.assign(deficit=rows["in_financial_deficit"].map({True: "Yes", False: "No"}))
    lines = [("Q4 2025/26", *row) for row in rows[[*columns]].itertuples(index=False, name=None)]
    return (("Quarter", *NOF_HEADERS), *lines)


@cache
def cqc_grids(base: Base) -> tuple[Grid, Grid]:
    """Return the ratings of trusts in two of the publisher's files: as held of October 2018, and of a month after March.

    In the later one every twelfth trust has a rating of its own of March 2019.
    """
    names = frozen("dspt", "2019-06-17").drop_duplicates("org_code_as_published")
    known = names.set_index("org_code_as_published")["org_name_as_published"].to_dict()
    known = {code: name for code, name in known.items() if str(code)[0] in "RT" and len(str(code)) == 3}
    first, second = (_cqc_rows(base, month) for month in ("2018-10", "2019-03"))
    inspected = set(sorted({str(row["ORG_CODE"]) for row in second})[::12])
    later = [
        {**row, "DATE": "11/03/2019", "RATING_SCORE": (int(row["RATING_SCORE"]) + 1) % 4}
        if row["ORG_CODE"] in inspected
        else row
        for row in second
    ]
    return _cqc_table(first, known), _cqc_table(later, known)


def _cqc_rows(base: Base, month: str) -> list[dict[str, Any]]:
    """Return the ratings of a month, in the columns of the re-user who compiled them."""
    if base == "real":
        return _table(read_csv(publishers(f"cqc/cqc_trust_ratings_{month}_by_reuser.csv")), "ORG_CODE")
    words = {"overall": "Overall", "well_led": "Well-led"}
    return [
        {
            "ORG_CODE": row["org_code_as_published"],
            "DATE": f"{row['rating_published_on']:%d/%m/%Y}",
            "POPULATION": "Overall",
            "QUESTION": words[row["question"]],
            "RATING_SCORE": cqc.BEST_LAST[row["rating"]] - 1,
        }
        for row in frozen("cqc", month).to_dict("records")
    ]


def _cqc_table(rows: list[dict[str, Any]], names: dict[str, str]) -> Grid:
    words = ("Inadequate", "Requires improvement", "Good", "Outstanding")
    found: dict[tuple[str, str], tuple[Any, ...]] = {}
    for row in rows:
        code, question = str(row["ORG_CODE"]), str(row["QUESTION"])
        if code in names and row["POPULATION"] == "Overall" and question in ("Overall", "Well-led"):
            where = (code, names[code], "NHS Healthcare Organisation", "Overall", question)
            found[code, question] = (*where, words[int(row["RATING_SCORE"])], row["DATE"])
    return (CQC_HEADERS, *found.values())
