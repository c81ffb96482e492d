"""Digital Maturity Assessment: four sheets of one workbook, read again with openpyxl.

Rules (`sources.md`, section 3 and 13): the header is the row with the column names; a row without a provider (or, on
the boards' sheets, without an ICS) is a footnote; hidden sheets are not data. The mean of the seven pillars is ours.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import fmean
from types import MappingProxyType
from typing import Any

from . import files
from .core import Expected
from .ods import plain_name

PILLARS = {
    "Well Led": "well_led",
    "Ensure Smart Foundations": "ensure_smart_foundations",
    "Safe Practice": "safe_practice",
    "Support Workforce": "support_workforce",
    "Empower People": "empower_people",
    "Improve Care": "improve_care",
    "Healthy Populations": "healthy_populations",
}
AVERAGES = {"2025 Average": "2025", "2024 Average": "2024"}
EDITION = "2025"
TRUSTS = ("SC - 2025 Pillar Summary", "SC - 24 vs 25 Overall DMA")
BOARDS = ("ICB - 2025 Pillar Summary", "ICB -24 vs 25 Overall DMA ")
Book = dict[str, list[tuple[Any, ...]]]
Scores = dict[tuple[str, str], tuple[float, str]]
"""Score and header by measure and period."""


NONE: Mapping[str, str] = MappingProxyType({})


def facts(
    path: Path, codes: Mapping[str, str] = NONE, boards: Mapping[str, str] = NONE
) -> Iterator[Expected]:
    """Yield the scores of trusts, then those of boards.

    `codes` are those of trusts by `ods.plain_name`, `boards` those of boards by their names in capitals.
    """
    book = files.sheets(path)
    yield from _trusts(path, book, codes)
    yield from _boards(path, book, boards)


def places(path: Path, boards: Mapping[str, str]) -> Iterator[Expected]:
    """Yield where each provider is by its own row; `boards` are the codes of boards by their names in capitals."""
    book, seen = files.sheets(path), set()
    for line in _lines(book, TRUSTS[0], "Provider"):
        printed = line.text("Provider"), line.text("Region"), line.text("ICS")
        if printed not in seen:
            seen.add(printed)
            region = line.text("Region").title().replace(" And ", " and ").replace(" Of ", " of ")
            yield Expected(
                "organisation_geography",
                files.place(path, line.row, TRUSTS[0]),
                {"edition": EDITION, "relation": "as_reported_in_dma"},
                {
                    "region": region,
                    "icb_code": boards[line.text("ICS").upper()],
                    "org_name_as_published": line.text("Provider"),
                },
                {"region": "Region", "icb_code": "ICS"},
            )


def _lines(book: Book, sheet: str, who: str) -> list[files.Line]:
    headers = PILLARS if "Pillar" in sheet else AVERAGES
    rows = book[sheet]
    found = files.under(rows, files.header_row(rows, "Region", "ICS", who, *headers))
    return [
        line for line in found if line.text(who) and isinstance(line.cells[next(iter(headers))], float | int)
    ]


def _scores(line: files.Line) -> Scores:
    found = {
        (name, EDITION): (line.cells[header], header)
        for header, name in PILLARS.items()
        if header in line.cells
    }
    if found:
        mean = round(fmean(score for score, _ in found.values()), 6)
        return found | {("pillar_mean_derived", EDITION): (mean, "mean of the seven pillars")}
    return {("overall_comparable", year): (line.cells[header], header) for header, year in AVERAGES.items()}


def _trusts(path: Path, book: Book, codes: Mapping[str, str]) -> Iterator[Expected]:
    for sheet in TRUSTS:
        lines = _lines(book, sheet, "Provider")
        shared = _shared(lines)
        for line in lines:
            code = codes.get(plain_name(line.text("Provider")))
            setting = line.text("Care Setting").lower().replace(" ", "_")
            for (measure, period), (score, header) in _scores(line).items():
                derived = measure == "pillar_mean_derived"
                yield Expected(
                    "maturity_score",
                    files.place(path, line.row, sheet),
                    {"edition": EDITION, "care_setting": setting, "period": period, "measure": measure},
                    {
                        "score": score,
                        "value_status": "e" if derived else "published",
                        "shared_score": shared[line.row, period],
                        "org_name_as_published": line.text("Provider"),
                        **({"org_code": code} if code else {}),
                    },
                    {"score": header, "org_name_as_published": "Provider"},
                )


def _shared(lines: list[files.Line]) -> dict[tuple[int, str], bool]:
    """Tell of each row and period whether another setting of the provider has the same scores on every measure."""
    answers: dict[tuple[str, str], Counter[tuple[float, ...]]] = defaultdict(Counter)
    own = {}
    for line in lines:
        scores = _scores(line)
        for period in {period for _, period in scores}:
            values = tuple(score for (_, year), (score, _) in scores.items() if year == period)
            own[line.row, period] = (line.text("Provider"), period), values
            answers[line.text("Provider"), period][values] += 1
    return {place: answers[who][values] > 1 for place, (who, values) in own.items()}


def _boards(path: Path, book: Book, boards: Mapping[str, str]) -> Iterator[Expected]:
    for sheet in BOARDS:
        for line in _lines(book, sheet, "ICS"):
            name = line.text("ICS")
            code = {"icb_code": boards[name.upper()]} if boards else {}
            for (measure, period), (score, header) in _scores(line).items():
                if measure != "pillar_mean_derived":
                    yield Expected(
                        "icb_score",
                        files.place(path, line.row, sheet),
                        {"edition": EDITION, "measure": measure, "period": period},
                        {"score": score, "value_status": "published", "org_name_as_published": name, **code},
                        {"score": header, "org_name_as_published": "ICS", "icb_code": "ICS"},
                    )
