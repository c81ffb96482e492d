"""The wide file of 2017: a row per submission and care setting, with sections and two themes as the publisher printed them.

The pairs of columns behind them, a score and its answer, are not read.
"""

import re
from collections.abc import Sequence

from assets.contract.parsed import StructureError
from assets.reading.structure import Record, Sheet, find_table, normal
from assets.sources.dmsa.sections import SECTIONS, THEMES, WHOLE, themes
from assets.sources.dmsa.wide_answers import Wide, wide

SETTING = ("care_setting", "care setting")
SETTINGS = {
    "general": WHOLE,
    **{one.replace("_", " "): one for one in ("acute", "community", "mental_health", "ambulance")},
}
PRINTED = (*SECTIONS, "readiness", "capabilities")
ROUNDING = 1.0
"""How far a printed theme may be from the mean of its printed sections: both are rounded to whole numbers."""


def printed(sheets: Sequence[Sheet]) -> tuple[Wide, dict[str, str]]:
    """Return the answers, and the header of the care setting and of each printed score. Raises StructureError."""
    first = wide(sheets)
    setting = [cell for cell in first.header if normal(cell) in SETTING]
    named = {_words(name): name for name in PRINTED}
    found = [(named[_words(cell)], cell) for cell in first.header if _words(cell) in named]
    if not found:
        problem = (
            "expected the scores of sections that the round of 2017 prints, found none; correct the edition"
        )
        raise StructureError(problem)
    held = [name for name, _ in found]
    problems = [f"expected one column {SETTING[0]!r}, found {len(setting)}"] * (len(setting) != 1)
    problems += [
        f"expected one column with the score {name!r}, found {held.count(name)}"
        for name in PRINTED
        if held.count(name) != 1
    ]
    if problems:
        raise StructureError(problems)
    headers = {SETTING[0]: setting[0], **dict(found)}
    records = find_table(first.sheet, [*first.spelt.values(), *headers.values()])
    return Wide(first.sheet, first.header, records, first.spelt), headers


def _words(header: str) -> tuple[str, ...]:
    """Return the words of a header: `records,_assessments_&_plans` is records, assessments, plans."""
    return tuple(word for word in re.findall("[a-z]+", header.lower()) if word != "and")


def scores(record: Record, headers: dict[str, str]) -> dict[str, float | None]:
    """Return the printed scores of a submission and its infrastructure; None where a cell is empty.

    Raises ValueError for a theme that is not the mean of its sections.
    """
    found = {name: _score(record, headers[name]) for name in PRINTED}
    expected = themes({name: found[name] for name in SECTIONS})
    for theme in THEMES:
        score, wanted = found.get(theme, expected[theme]), expected[theme]
        if (score is None) != (wanted is None) or abs((score or 0) - (wanted or 0)) > ROUNDING:
            raise ValueError(
                f"column {headers[theme]!r}: expected the mean of its sections, {wanted}, found {score}"
            )
    return {**found, "infrastructure": expected["infrastructure"]}


def _score(record: Record, header: str) -> float | None:
    return record.number(header, 0, 100) if record.cells[header].strip() else None
