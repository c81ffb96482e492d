"""Digital Maturity Self-Assessment 2015/16: what trusts answered on readiness, capabilities and infrastructure.

Five files on an open data portal; no copy of them was at hand when this was written. The publisher's page says that
every answer was given a score from 0 to 100 on one of four scales, and that two of the files hold the same answers.
The contract is a row per answer, with its columns found by their names; a file of another shape is refused with the
headers it has. There is no care setting: an organisation answered once.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from itertools import chain, pairwise
from typing import Any
from urllib.parse import unquote

import pandas as pd
import sqlalchemy as sa

from assets.contract import expectations, guards, prose, row
from assets.contract.edition_shape import Editions
from assets.contract.notes import Coverage, counted
from assets.contract.parsed import Parsed, StructureError
from assets.contract.periods import over, year_days
from assets.contract.remote import Remote
from assets.contract.source import Facts, Source
from assets.reading.header_names import missing, spelling
from assets.reading.sheets import visible_sheets
from assets.reading.structure import Record, find_table, normal, tidy, unmapped

PROSE = prose.beside(__file__)
LANDING_PAGE = "https://data.england.nhs.uk/dataset/digital-maturity-assessment-2015-2016"
CATALOGUE = "https://data.england.nhs.uk/api/3/action/package_show?id=digital-maturity-assessment-2015-2016"
EDITION = "2015/16"
"""The only round on the portal: the one of 2017 was never published there."""
FILES = 5
ORGANISATIONS = 239
HEADERS = {
    "organisation code": ("organisation code", "organisation ods code", "org code", "ods code", "trust code"),
    "organisation name": ("organisation name", "organisation", "org name", "trust name", "provider name"),
    "theme": ("theme", "theme name"),
    "section": ("section", "section name"),
    "question": ("question", "question text", "question name"),
    "score": ("score", "answer score", "question score"),
}
"""The names that a column may have, by its meaning, in normal form."""
THEMES = {
    "readiness": "readiness",
    "capabilities": "capabilities",
    "infrastructure": "infrastructure",
    "enabling infrastructure": "infrastructure",
}
MEASURES = tuple(dict.fromkeys(THEMES.values()))
THEME_MEAN = "theme_mean_derived"
SCALES = ((0, 25, 50, 75, 100), (0, 20, 40, 60, 80, 100), (0, 50, 100), (0, 17, 35, 52, 70, 87, 100))
"""Scores an answer may have: agreement, share in bands, structure of records, uptake of the NHS number (publisher's page)."""
EVERY_SCORE = set(chain.from_iterable(SCALES))
NO_ANSWER = {"n/a": "z", "not applicable": "z", "": "x"}
RESOLVE_ON = date(2015, 12, 31)
"""The questions were answered in late 2015."""
SCORE = "Score the publisher gave to the answer; null where there is none."
STATUS = "published; x: no answer; z: question not applicable."
ON_SCALE: dict[str, Any] = {"unit": "score 0 to 100", "aggregation": "mean", "minimum": 0, "maximum": 100}

ROW = row.Row(
    row.org_code("organisation code"),
    row.org_name("organisation name", "Organisation as published."),
    row.word("theme", "theme", "Theme of the question.", THEMES),
    row.text("section", "section", "Section of the theme."),
    row.text("question", "question", "Question."),
    row.given("score", sa.Double, SCORE, "score", nullable=True, **ON_SCALE),
    row.given("value_status", sa.Text, STATUS, allowed=["published", "x", "z"]),
)
TABLE = ROW.staged("dmsa", "Digital Maturity Self-Assessment answers: organisation x question.")
ANSWER = ("org_code_as_published", "theme", "section", "question")


def parse(content: bytes, edition: str) -> Parsed:
    """Read a file of answers, CSV or xlsx: a row per organisation and question. Raises StructureError."""
    if edition != EDITION:
        raise StructureError(f"expected edition {EDITION}, the only one on the portal, found {edition!r}")
    sheets, ignored, drift = visible_sheets(
        content, ("text", "xlsx"), "answers in a CSV file or an xlsx workbook"
    )
    found = [(sheet, headers) for sheet in sheets if (headers := spelling(sheet, HEADERS))]
    if not found:
        raise missing(sheets, HEADERS, "a row per answer")
    if len(found) > 1:
        listed = ", ".join(repr(sheet.name) for sheet, _ in found)
        raise StructureError(f"expected answers in one sheet, found them in {listed}")
    ((sheet, headers),) = found
    ignored += [f"sheet {other.name!r} holds no answers" for other in sheets if other is not sheet]
    records = find_table(sheet, list(headers.values()))
    fitting = _scales(records, headers)
    drift += unmapped(sheet, list(headers.values()))
    return tidy(records, lambda record: _answer(record, headers, fitting), drift=drift, ignored=ignored)


Question = tuple[str, ...]
"""Theme, section and question."""


def _question(record: Record, headers: dict[str, str]) -> Question:
    return tuple(normal(record.cells[headers[name]]) for name in ("theme", "section", "question"))


def _scales(records: Sequence[Record], headers: dict[str, str]) -> dict[Question, set[int]]:
    """Return the scores that answers to each question may have: those of the scales that fit most of them."""
    given: dict[Question, list[float]] = defaultdict(list)
    for record in records:
        text = record.cells[headers["score"]].strip()
        if re.fullmatch(r"\d+(\.0+)?", text):
            given[_question(record, headers)].append(float(text))
    return {question: _of_best_scales(scores) for question, scores in given.items()}


def _of_best_scales(scores: Sequence[float]) -> set[int]:
    fits = {scale: sum(score in scale for score in scores) for scale in SCALES}
    return {score for scale, fit in fits.items() if fit == max(fits.values()) for score in scale}


def _answer(record: Record, headers: dict[str, str], fitting: dict[Question, set[int]]) -> dict[str, Any]:
    status = NO_ANSWER.get(normal(record.cells[headers["score"]]), "published")
    score = record.number(headers["score"], 0, 100) if status == "published" else None
    allowed = fitting.get(_question(record, headers), EVERY_SCORE)
    if score is not None and score not in allowed:
        scale = f"a score on the scale of the question ({', '.join(map(str, sorted(allowed)))})"
        raise ValueError(f"column {headers['score']!r}: expected {scale}, found {score:g}")
    return ROW.read(record, headers, score=score, value_status=status)


def facts(frame: pd.DataFrame) -> Facts:
    """Map answers to `maturity_score`: unweighted means by theme, and of the three themes, all derived by this project.

    Where several files hold answers, they are the same ones: the file with the most is used, the first of them by name.
    """
    answers = frame.groupby("source_file_sha256")["score"].count().sort_index()
    fullest = answers.idxmax() if len(answers) else ""  # without rows the table is fed all the same
    answered = frame[(frame["source_file_sha256"] == fullest) & frame["score"].notna()]
    same = ["edition", "source_file_sha256", "org_code_as_published"]
    themes = _means(answered.rename(columns={"theme": "measure"}), [*same, "measure"])
    whole = themes.groupby(same)["measure"].transform("size") == len(MEASURES)
    overall = _means(themes[whole], same).assign(measure=THEME_MEAN)
    scores = pd.concat([themes, overall], ignore_index=True).assign(
        # An organisation answered once, whatever its care settings.
        care_setting="whole_organisation",
        shared_score=False,
        instrument="DMSA",
        period=EDITION,
        scale_minimum=0.0,
        scale_maximum=100.0,
        value_status="e",
    )
    return {"maturity_score": over(scores, [year_days(2015)] * len(scores)).assign(resolve_on=RESOLVE_ON)}


def _means(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Return the mean score of each group, with the name and place of its first row."""
    first = rows.drop_duplicates(by)[[*by, "org_name_as_published", "source_sheet", "source_row"]]
    means = rows.groupby(by, as_index=False)["score"].mean()
    return first.merge(means.assign(score=means["score"].round(6)), on=by)


def coverage(frame: pd.DataFrame) -> list[Coverage]:
    """Count the organisations that answered, and the files of the publication that could be read."""
    held, files = frame["org_code_as_published"].nunique(), frame["source_file_sha256"].nunique()
    return [
        counted(f"organisations that answered, {EDITION}", held, ORGANISATIONS, PROSE["organisations"]),
        counted("files of the publication that hold answers in rows", files, FILES, PROSE["files"]),
    ]


def _name(match: re.Match[str]) -> tuple[str, str]:
    """Return the edition of a file on the portal, and its file name as the part."""
    return EDITION, re.sub(r"[^a-z0-9]+", "-", unquote(match[1]).lower()).strip("-")


PART = r"[a-z0-9]+(-[a-z0-9]+)*"
SOURCE = Source(
    "dmsa",
    PROSE,
    max_age_days=3650,
    evidence_grade="self-assessed",
    editions=Editions(("financial_year",), pattern=PART, pattern_words="the file name in small letters"),
    remotes=(Remote(CATALOGUE, link=r"([^/?#]+)\.(?:csv|xlsx)(?:$|[?#])", name=_name),),
    table=TABLE,
    parse=parse,
    facts=facts,
    coverage=coverage,
    once=ANSWER,
    expectations=(
        expectations.row_count(
            "enough_answers_for_every_organisation", (20 * ORGANISATIONS, 1000 * ORGANISATIONS)
        ),
        expectations.distinct("as_many_organisations_as_answered", "org_code_as_published", (235, 241)),
        expectations.exactly("every_theme_is_there", "theme", MEASURES),
        expectations.unique("an_organisation_answers_a_question_once", ANSWER),
        expectations.among("scores_are_on_a_scale_of_the_publisher", "score", sorted(EVERY_SCORE)),
        expectations.filled("most_questions_are_answered", "score", 0.8),
        expectations.statistic("mean_answer_is_plausible", "mean", "score", (40, 80), severity="WARN"),
    ),
    guards=(
        guards.nobody_gone(),
        guards.not_constant("score", by=("theme",)),
        *(
            guards.follows(f"{one}_goes_with_{other}", "score", ({"theme": one}, {"theme": other}), 0.15)
            for one, other in pairwise(MEASURES)
        ),
        guards.same_keys(
            "themes_are_answered_by_the_same", {"theme": MEASURES[0]}, {"theme": MEASURES[1]}, 0.1
        ),
    ),
)
