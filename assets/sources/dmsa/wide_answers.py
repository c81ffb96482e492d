"""The wide file of 2015/16: a row per submission, a pair of columns per question: the answer, then its score.

A section is the mean of its scored answers, a theme the mean of its sections. The wording of a question is not ours to
keep: `questions.csv` recognises each by a digest of its header, wherever its column stands. No answer leaves this
module.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assets.contract.data_file import rows_beside
from assets.contract.parsed import StructureError
from assets.reading.header_names import missing, spelling
from assets.reading.structure import Record, Sheet, find_table, normal
from assets.sources.dmsa.sections import COMMON, DONT_KNOW_MISSING, WHOLE, mean, themes

WHO = {
    "organisation code": (
        *("organisation_id", "organisation id", "organisation code", "organisation ods code"),
        *("ods code", "org code", "trust code"),
    ),
    "organisation name": ("organisation_name", "organisation name", "organisation", "trust name"),
}
"""The names that a column may have, by its meaning, in normal form."""
SERVICES = ("acute", "mental_health", "community", "ambulance", "social_care")
SUBMITTED_FOR = {f" - {one.replace('_', ' ')}": one for one in SERVICES[:4]}
"""The end of the name of a submission about one care setting: ` - Community`."""
WORDS = {line["answer"]: int(line["score"]) for line in rows_beside(__file__, "answers.csv")}
"""The score of each answer: agreement, share in bands, structure of records, uptake of the NHS number."""
EVERY_SCORE = frozenset(WORDS.values())
DONT_KNOW = "don't know"
NO_SCORE = frozenset({"", "n/a", "not scored"})
MOST_DISAGREEING = 0.001
"""Share of the scores that may differ from their answers; one does in the file that was seen, and stays as printed."""


@dataclass(frozen=True)
class Wide:
    """A sheet of wide answers: its header, its submissions, and the headers of code and name by meaning."""

    sheet: Sheet
    header: Sequence[str]
    records: Sequence[Record]
    spelt: Mapping[str, str]

    def cells(self, record: Record) -> list[str]:
        """Return the trimmed cells of a submission, as many as there are headers."""
        found = [cell.strip() for cell in self.sheet.rows[record.row - 1]]
        return [*found, *[""] * (len(self.header) - len(found))]


@dataclass(frozen=True)
class Question:
    """A scored question: its section, the column of the answer, and that of the score (the same without one)."""

    section: str
    answer: int
    score: int

    @property
    def has_score(self) -> bool:
        """Whether a column of scores stands beside the answers; else the answer itself is scored."""
        return self.answer != self.score


def wide(sheets: Sequence[Sheet], *headers: str) -> Wide:
    """Return the one sheet with codes, names and `headers` in one row. Raises StructureError."""
    found = [(sheet, spelt) for sheet in sheets if (spelt := spelling(sheet, WHO))]
    if not found:
        raise missing(sheets, WHO, "a row per organisation")
    if len(found) > 1:
        listed = ", ".join(repr(sheet.name) for sheet, _ in found)
        raise StructureError(f"expected answers in one sheet, found them in {listed}")
    ((sheet, spelt),) = found
    header = next(row for row in sheet.rows if set(spelt.values()) <= set(row))
    return Wide(sheet, header, find_table(sheet, [*spelt.values(), *headers]), spelt)


def digest(header: str) -> str:
    """Return what identifies a question: a digest of the letters and digits of its wording."""
    letters = "".join(re.findall("[a-z0-9]+", header.lower()))
    return hashlib.sha256(letters.encode()).hexdigest()[:16]


def known_questions() -> dict[str, tuple[str, str]]:
    """Return for each question by its digest what it is used for (section, service), and the name of that."""
    rows = rows_beside(__file__, "questions.csv")
    return {row["question"]: (row["used_as"], row["name"]) for row in rows}


def questions(answers: Wide) -> list[Question]:
    """Return the scored questions of a file. Raises StructureError where one is missing, reworded or there twice."""
    found = _columns(answers, "section")
    if not found:
        raise StructureError("expected the questions of 2015/16, found none of them; correct the edition")
    times = Counter(map(digest, answers.header))
    wrong = Counter(
        name for one, (use, name) in known_questions().items() if use == "section" and times[one] != 1
    )
    if wrong:
        listed = ", ".join(f"{number} on {name}" for name, number in wrong.items())
        raise StructureError(
            f"expected each question of 2015/16 in one column, found {wrong.total()} missing, there twice or worded differently: {listed}"
        )
    blank = {place for place, cell in enumerate(answers.header) if not cell.strip()}
    return [Question(name, place, place + (place + 1 in blank)) for place, name in found]


def services(answers: Wide) -> dict[str, int]:
    """Return the column in which each service is ticked. Raises StructureError where one is missing."""
    found = {name: place for place, name in _columns(answers, "service")}
    if absent := [name for name in SERVICES if name not in found]:
        raise StructureError(
            f"expected columns in which services are ticked, found none for {', '.join(absent)}"
        )
    return found


def _columns(answers: Wide, wanted: str) -> list[tuple[int, str]]:
    known = [known_questions().get(digest(cell), ("", "")) for cell in answers.header]
    return [(place, name) for place, (use, name) in enumerate(known) if use == wanted]


def differing(answers: Wide, asked: Sequence[Question]) -> list[str]:
    """Return where a score is not that of its answer; raise StructureError if that is more than a slip or two."""
    pairs = [
        (record.row, one, cells)
        for record in answers.records
        for cells in [answers.cells(record)]
        for one in asked
        if one.has_score and normal(cells[one.score]) not in NO_SCORE
    ]
    wrong = [
        (row, one.score + 1)
        for row, one, cells in pairs
        if str(WORDS.get(normal(cells[one.answer]))) != cells[one.score]
    ]
    if len(wrong) > MOST_DISAGREEING * len(pairs) + 1:
        row, column = wrong[0]
        raise StructureError(
            f"expected beside each answer the score it stands for, found another in {len(wrong)} of {len(pairs)} pairs, the first in row {row}, column {column}; answers and scores are shifted, or of another round"
        )
    return [
        f"row {row}, column {column}: not the score of the answer beside it; kept" for row, column in wrong
    ]


def scores(cells: Sequence[str], asked: Sequence[Question]) -> dict[str, float | None]:
    """Return the sections and themes of a submission; None where nothing was scored. Raises ValueError."""
    given: dict[str, list[float | None]] = {}
    known: dict[str, list[float | None]] = {name: [] for name in COMMON}
    for one in asked:
        score = _score(cells[one.score], one)
        given.setdefault(one.section, []).append(score)
        if one.section in known and normal(cells[one.answer]) != DONT_KNOW:
            known[one.section].append(score)
    sections = {name: mean(found) for name, found in given.items()}
    return {**sections, **themes(sections), DONT_KNOW_MISSING: mean(map(mean, known.values()))}


def _score(text: str, question: Question) -> int | None:
    word = normal(text)
    if word in NO_SCORE:
        return None
    found = (int(word) if re.fullmatch(r"\d{1,3}", word) else None) if question.has_score else WORDS.get(word)
    if found not in EVERY_SCORE:
        what = "a score" if question.has_score else "an answer"
        raise ValueError(f"column {question.score + 1}: expected {what} of the round, found {text[:40]!r}")
    return found


def submitted_for(name: str) -> str:
    """Return the care setting that a submission is about: named at the end of its name, else the whole organisation."""
    found: Any = [one for ending, one in SUBMITTED_FOR.items() if normal(name).endswith(ending)]
    return found[0] if found else WHOLE
