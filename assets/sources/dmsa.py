"""Digital Maturity Self-Assessment 2015/16: what trusts answered on readiness, capabilities and infrastructure.

Five files on an open data portal; no copy of them was at hand when this was written. The publisher's page says that
every answer was given a score from 0 to 100 on one of four scales, and that two of the files hold the same answers:
one in a form for databases, one in a form for people. The contract is a row per answer, with its columns found by
their names; a file of another shape is refused with the headers it has. There is no care setting: an organisation
answered once.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import chain, pairwise
from typing import Any
from urllib.parse import unquote

import pandas as pd
import sqlalchemy as sa

from assets.contract import expectations, guards
from assets.contract.columns import column, org_code, staged
from assets.contract.edition_shape import Editions
from assets.contract.notes import Coverage, caveats, comparison
from assets.contract.parsed import Parsed, StructureError
from assets.contract.periods import over, year_days
from assets.contract.remote import Remote
from assets.contract.source import OGL, Facts, Source
from assets.reading.sniff import sniff
from assets.reading.structure import Record, Sheet, Workbook, find_table, normal, read_csv, tidy, unmapped
from assets.sources import dma
from assets.tables.status_words import missing, spelling

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
DMA_SCORES = (("2024", dma.OVERALL), *(("2025", measure) for measure in dma.MEASURES))
RESOLVE_ON = date(2015, 12, 31)
"""The questions were answered in late 2015."""

TABLE = staged(
    "dmsa",
    "Digital Maturity Self-Assessment answers: organisation x question.",
    [
        org_code("org_code_as_published", "ODS code as published."),
        column("org_name_as_published", sa.Text, "Organisation as published.", header="organisation name"),
        column("theme", sa.Text, "Theme of the question.", header="theme", allowed=MEASURES),
        column("section", sa.Text, "Section of the theme.", header="section"),
        column("question", sa.Text, "Question.", header="question"),
        column(
            "score",
            sa.Double,
            "Score the publisher gave to the answer; null where there is none.",
            unit="score 0 to 100",
            aggregation="mean",
            header="score",
            nullable=True,
            minimum=0,
            maximum=100,
        ),
        column(
            "value_status",
            sa.Text,
            "published; x: no answer; z: question not applicable.",
            allowed=["published", "x", "z"],
        ),
    ],
)


def parse(content: bytes, edition: str) -> Parsed:
    """Read a file of answers, CSV or xlsx: a row per organisation and question. Raises StructureError."""
    if edition != EDITION:
        raise StructureError([f"expected edition {EDITION}, the only one on the portal, found {edition!r}"])
    sheets, ignored, drift = _sheets(content)
    found = [(sheet, headers) for sheet in sheets if (headers := spelling(sheet, HEADERS))]
    if not found:
        raise missing(sheets, HEADERS, "a row per answer")
    if len(found) > 1:
        listed = ", ".join(repr(sheet.name) for sheet, _ in found)
        raise StructureError([f"expected answers in one sheet, found them in {listed}"])
    ((sheet, headers),) = found
    ignored += [f"sheet {other.name!r} holds no answers" for other in sheets if other is not sheet]
    records = find_table(sheet, list(headers.values()))
    fitting = _scales(records, headers)
    return tidy(
        records,
        lambda record: [_answer(record, headers, fitting)],
        drift=[*drift, *unmapped(sheet, list(headers.values()))],
        ignored=ignored,
    )


def _sheets(content: bytes) -> tuple[list[Sheet], list[str], list[str]]:
    """Return the sheets of a file, the ones left unread, and the oddities tolerated."""
    kind = sniff(content)
    if kind == "text":
        sheet, drift = read_csv(content, "")
        return [sheet], [], drift
    if kind != "xlsx":
        raise StructureError([f"expected answers in a CSV file or an xlsx workbook, found {kind}"])
    book = Workbook(content)
    return [book.sheet(name) for name in book.names], [f"sheet {n!r} is hidden" for n in book.hidden], []


Fitting = dict[tuple[str, str, str], set[int]]


def _question(record: Record, headers: dict[str, str]) -> tuple[str, str, str]:
    theme, section, question = (
        normal(record.cells[headers[name]]) for name in ("theme", "section", "question")
    )
    return theme, section, question


def _scales(records: Sequence[Record], headers: dict[str, str]) -> Fitting:
    """Return the scores that answers to each question may have: those of the scales that fit most of them."""
    given: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    for record in records:
        text = record.cells[headers["score"]].strip()
        if re.fullmatch(r"\d+(\.0+)?", text):
            given[_question(record, headers)].append(float(text))
    return {question: _of_best_scales(scores) for question, scores in given.items()}


def _of_best_scales(scores: Sequence[float]) -> set[int]:
    fits = {scale: sum(score in scale for score in scores) for scale in SCALES}
    return {score for scale, fit in fits.items() if fit == max(fits.values()) for score in scale}


def _answer(record: Record, headers: dict[str, str], fitting: Fitting) -> dict[str, Any]:
    status = NO_ANSWER.get(normal(record.cells[headers["score"]]), "published")
    score = record.number(headers["score"], 0, 100) if status == "published" else None
    allowed = fitting.get(_question(record, headers), EVERY_SCORE)
    if score is not None and score not in allowed:
        listed = ", ".join(map(str, sorted(allowed)))
        raise ValueError(
            f"column {headers['score']!r}: expected a score on the scale of the question ({listed}), found {score:g}"
        )
    return {
        "org_code_as_published": record.code(headers["organisation code"]),
        "org_name_as_published": record.text(headers["organisation name"]),
        "theme": record.one_of(headers["theme"], THEMES),
        "section": record.text(headers["section"]),
        "question": record.text(headers["question"]),
        "score": score,
        "value_status": status,
    }


def facts(frame: pd.DataFrame) -> Facts:
    """Map answers to `maturity_score`: unweighted means by theme, and of the three themes, all derived by this project.

    Where several files hold answers, they are the same ones: the file with the most is used.
    """
    answers = frame[frame["source_file_sha256"] == _fullest(frame)]
    answered = answers[answers["score"].notna()]
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


def _fullest(frame: pd.DataFrame) -> str:
    """Return the SHA-256 of the file with the most answers, the first of them by name."""
    answered = frame.groupby("source_file_sha256")["score"].count().sort_index()
    return str(answered.idxmax())


def _means(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Return the mean score of each group, with the name and place of its first row."""
    first = rows.drop_duplicates(by)[[*by, "org_name_as_published", "source_sheet", "source_row"]]
    means = rows.groupby(by, as_index=False)["score"].mean()
    return first.merge(means.assign(score=means["score"].round(6)), on=by)


def coverage(frame: pd.DataFrame) -> list[Coverage]:
    """Count the organisations that answered, and the files of the publication that could be read."""
    held = int(frame["org_code_as_published"].nunique())
    files = int(frame["source_file_sha256"].nunique())
    return [
        Coverage(
            f"organisations that answered, {EDITION}",
            held,
            ORGANISATIONS,
            "complete" if held == ORGANISATIONS else "partial",
            "239 organisations answered, by the press of the day.",
        ),
        Coverage(
            "files of the publication that hold answers in rows",
            files,
            FILES,
            "complete" if files == FILES else "partial",
            "Two of the five files hold the same answers in two forms; the file with the most answers is used.",
        ),
    ]


def _name(match: re.Match[str]) -> tuple[str, str]:
    """Return the edition of a file on the portal, and its file name as the part."""
    return EDITION, re.sub(r"[^a-z0-9]+", "-", unquote(match[1]).lower()).strip("-")


SOURCE = Source(
    name="dmsa",
    title="Digital Maturity Self-Assessment 2015/16",
    publisher="NHS England",
    landing_page=LANDING_PAGE,
    licence=OGL,
    attribution="NHS England, Digital Maturity Assessment 2015/2016",
    editions=Editions(
        ("financial_year",), pattern=r"[a-z0-9]+(-[a-z0-9]+)*", pattern_words="the file name in small letters"
    ),
    cadence="closed: one round was published",
    max_age=timedelta(days=3650),
    evidence_grade="self-assessed",
    remotes=(Remote(CATALOGUE, link=r"([^/?#]+)\.(?:csv|xlsx)(?:$|[?#])", name=_name),),
    table=TABLE,
    parse=parse,
    facts=facts,
    coverage=coverage,
    expectations=(
        expectations.row_count(
            "enough_answers_for_every_organisation",
            (20 * ORGANISATIONS, 1000 * ORGANISATIONS),
            "Every organisation answers on three themes, each with several sections of several questions.",
        ),
        expectations.statistic(
            "as_many_organisations_as_answered",
            "unique_value_count",
            "org_code_as_published",
            (235, 241),
            "239 organisations answered.",
        ),
        expectations.exactly(
            "every_theme_is_there", "theme", list(MEASURES), "The assessment has three themes."
        ),
        expectations.unique(
            "an_organisation_answers_a_question_once",
            ["org_code_as_published", "theme", "section", "question"],
            "A question answered twice counts twice in the mean.",
        ),
        expectations.among(
            "scores_are_on_a_scale_of_the_publisher",
            "score",
            sorted(EVERY_SCORE),
            "Answers are scored on four scales; anything else is a mean, or another column.",
        ),
        expectations.filled(
            "most_questions_are_answered",
            "score",
            0.8,
            "A mean of few answers is no score of an organisation.",
        ),
        expectations.statistic(
            "mean_answer_is_plausible",
            "mean",
            "score",
            (40, 80),
            "The national means were 73, 40 and 68 by theme.",
            severity="WARN",
        ),
    ),
    once=("org_code_as_published", "theme", "section", "question"),
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
    caveats=caveats(
        "maturity_score",
        {
            "dmsa_self_assessed": "Trusts scored themselves in late 2015, knowing that funding might depend on it; nobody audited them.",
            "dmsa_means_are_ours": "DMSA theme scores are unweighted means of the answers, computed here (value_status e); a mean of section means, as others may have computed, differs. theme_mean_derived is the mean of the three themes.",
            "dmsa_ranking_depends_on_the_measure": "Published rankings differ: by the mean of three themes Salford Royal, University Hospitals Birmingham and Liverpool Women's lead; another article ranks Central Manchester among the first three.",
            "dmsa_before_the_programme": "DMSA predates the Global Digital Exemplars and informed who was chosen: it shows no effect of any programme.",
            "dmsa_2017_not_published": "The round of 2017 (233 trusts) was never on an open portal and is not here.",
        },
    ),
    comparability=tuple(
        comparison(
            ("DMSA", measure, EDITION),
            ("DMA", other, year),
            comparable=False,
            why="Another instrument: other questions, another scale (0 to 100, not 1 to 5), the whole organisation, not a care setting. Never chain the two.",
        )
        for measure in (*MEASURES, THEME_MEAN)
        for year, other in DMA_SCORES
    ),
)
