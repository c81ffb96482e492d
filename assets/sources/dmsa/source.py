"""Digital Maturity Self-Assessment 2015/16 and 2017: readiness, capabilities and infrastructure of trusts, by section.

The open data portal that published the first round is gone, and the second was released after an appeal and never had
an address: both are added by hand. What is kept are the scores of sections and themes. Answers to single questions are
read to work these out and are not kept: their wording is not ours, and answers of a trust about cyber security or
recovery do not belong in public tables.
"""

from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from typing import Any

import pandas as pd
import sqlalchemy as sa

from assets.contract import expectations, guards, prose, row
from assets.contract.columns import CARE_SETTINGS
from assets.contract.parsed import Parsed, StructureError
from assets.contract.periods import Days, organisation_types, over, year_days
from assets.contract.source import Coverage, Editions, Facts, Revision, Source, counted
from assets.reading.sheets import visible_sheets
from assets.reading.structure import Record, Sheet, tidy
from assets.sources.dmsa import printed_sections, wide_answers
from assets.sources.dmsa.sections import COMMON, DONT_KNOW_MISSING, SECTIONS, THEMES, WHOLE

PROSE = prose.beside(__file__)
FIRST, SECOND = "2015/16", "2017"
PERIODS: Mapping[str, Days] = {FIRST: year_days(2015), SECOND: (date(2017, 9, 1), date(2017, 11, 30))}
ANSWERED = {FIRST: date(2015, 12, 31), SECOND: date(2017, 10, 31)}
"""A day on which trusts answered: late 2015, and autumn 2017."""
ORGANISATIONS = {FIRST: 239, SECOND: 233}
"""Organisations that answered, as the press counted them."""
OVERALL, ON_COMMON, OF_ALL_SETTINGS = (
    *("theme_mean_derived", "capabilities_common_sections", "capabilities_all_sections"),
)
ON_SCALE: dict[str, Any] = {"unit": "score 0 to 100", "aggregation": "none", "minimum": 0, "maximum": 100}

ROW = row.Row(
    row.org_code("organisation_id"),
    row.org_name("organisation_name"),
    row.given("care_setting", sa.Text, allowed=[*CARE_SETTINGS, WHOLE]),
    row.given("services", sa.Text, nullable=True),
    row.given("measure", sa.Text, allowed=[*SECTIONS, *THEMES, DONT_KNOW_MISSING]),
    row.given("score", sa.Double, nullable=True, **ON_SCALE),
    row.given("value_status", sa.Text, allowed=["published", "e", "x"]),
    prose=PROSE,
)
TABLE = ROW.staged("dmsa", key=("measure",))
KEY = ("org_code_as_published", "care_setting", "measure")
SUBMISSION = ["edition", "source_file_sha256", *KEY[:2]]


def parse(content: bytes, edition: str) -> Parsed:
    """Read the wide file of a round, CSV or xlsx: a row per submission and section or theme. Raises StructureError."""
    sheets, ignored, drift = visible_sheets(content, ("text", "xlsx"), "a CSV file or an xlsx workbook")
    readers = {FIRST: _answers, SECOND: _printed}
    if edition not in readers:
        raise StructureError(
            f"expected edition {FIRST} or {SECOND}, the rounds there were, found {edition[:40]!r}"
        )
    parsed = readers[edition](sheets)
    held = set(parsed.rows["source_sheet"])
    others = [f"sheet {one.name!r} holds no submissions" for one in sheets if one.name not in held]
    noted = (*ignored, *others, *parsed.ignored)
    return Parsed(parsed.rows, parsed.rows_in, parsed.rejected, (*drift, *parsed.drift), noted)


def _answers(sheets: list[Sheet]) -> Parsed:
    """Read the round of 2015/16, whose sections are worked out from its answers."""
    answers = wide_answers.wide(sheets)
    asked, ticked = wide_answers.questions(answers), wide_answers.services(answers)

    def submission(record: Record) -> list[dict[str, Any]]:
        cells = answers.cells(record)
        setting = wide_answers.submitted_for(record.text(answers.spelt["organisation name"]))
        services = ", ".join(name for name, place in ticked.items() if cells[place] == "1") or None
        scores = wide_answers.scores(cells, asked)
        who = {"care_setting": setting, "services": services}
        return [_row(record, answers, score, "e", **who, measure=one) for one, score in scores.items()]

    ignored = [f"the answers to {len(asked)} questions, of which only the means are kept"]
    return tidy(answers.records, submission, drift=wide_answers.differing(answers, asked), ignored=ignored)


def _printed(sheets: list[Sheet]) -> Parsed:
    """Read the round of 2017: the whole submission, and what four organisations printed by care setting instead."""
    answers, headers = printed_sections.printed(sheets)
    code, setting = answers.spelt["organisation code"], headers[printed_sections.SETTING[0]]
    elsewhere = {
        (record.cells[code].strip(), name)
        for record in answers.records
        for name in SECTIONS
        if record.cells[headers[name]].strip()
    }

    def submission(record: Record) -> list[dict[str, Any]]:
        where = record.one_of(setting, printed_sections.SETTINGS)
        scores = printed_sections.scores(record, headers)
        # a blank is a missing score only where no other setting of the organisation has it
        shown = {
            name: score
            for name, score in scores.items()
            if score is not None or (where == WHOLE and (record.cells[code].strip(), name) not in elsewhere)
        }
        status = {name: "e" if name == "infrastructure" else "published" for name in shown}
        who = {"care_setting": where, "services": None}
        return [
            _row(record, answers, score, status[name], **who, measure=name) for name, score in shown.items()
        ]

    ignored = ["the answers behind the printed scores, which are not read"]
    return tidy(answers.records, submission, ignored=ignored)


def _row(
    record: Record, answers: wide_answers.Wide, score: float | None, status: str, **found: str | None
) -> dict[str, Any]:
    code, name = (answers.spelt[f"organisation {what}"] for what in ("code", "name"))
    known = {"score": score, "value_status": "x" if score is None else status}
    return ROW.read(record, {"organisation_id": code, "organisation_name": name}, **found, **known)


def facts(frame: pd.DataFrame) -> Facts:
    """Map scores to `maturity_score` with the composites this project adds, and ticked services to `organisation_type`."""
    made = pd.concat([frame, *_composites(frame)], ignore_index=True)
    made["score"] = made["score"].round(9)
    scores = made.assign(
        shared_score=made["score"].notna()
        & made.duplicated([*SUBMISSION[:3], "measure", "score"], keep=False),
        instrument="DMSA",
        period=made["edition"],
        scale_minimum=0.0,
        scale_maximum=100.0,
    )
    ticked = frame[frame["services"].notna() & (frame["care_setting"] == WHOLE)].drop_duplicates(SUBMISSION)
    types = organisation_types(_dated(ticked), "services_ticked", "services")
    types = types.assign(as_of_date=types["resolve_on"])
    return {"maturity_score": _dated(scores), "organisation_type": types}


def _dated(frame: pd.DataFrame) -> pd.DataFrame:
    dated = over(frame, [PERIODS[edition] for edition in frame["edition"]])
    return dated.assign(
        resolve_on=pd.Series([ANSWERED[e] for e in frame["edition"]], index=frame.index, dtype=object)
    )


def _composites(frame: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the mean of three themes, capabilities on the sections of both rounds, and capabilities over settings.

    Only a submission about a whole organisation (it has readiness) has the first two. 2017 leaves out `Don't Know` itself.
    """
    scored = frame[frame["score"].notna()]
    whole = scored[scored["measure"] == "readiness"].set_index(SUBMISSION).index
    of_whole = scored[scored.set_index(SUBMISSION).index.isin(whole)]
    of_themes = of_whole[of_whole["measure"].isin(THEMES)]
    every_theme = of_themes.groupby(SUBMISSION)["measure"].transform("size") == len(THEMES)
    by_setting = scored[~scored.set_index(SUBMISSION).index.isin(whole)]
    organisation = SUBMISSION[:3]
    several = scored.set_index(organisation).index.isin(by_setting.set_index(organisation).index)
    capabilities = scored[several & scored["measure"].isin(THEMES["capabilities"])]
    # the row of the whole organisation stands for the mean over settings
    capabilities = capabilities.sort_values("care_setting", key=lambda one: one != WHOLE, kind="stable")
    sections = _means(capabilities, [*organisation, "measure"])
    on_common = _means(of_whole[of_whole["measure"].isin(COMMON)], SUBMISSION)
    return [
        _means(of_themes[every_theme], SUBMISSION).assign(measure=OVERALL),
        on_common.assign(measure=ON_COMMON),
        on_common[on_common["edition"] == SECOND].assign(measure=DONT_KNOW_MISSING),
        _means(sections, organisation).assign(measure=OF_ALL_SETTINGS, care_setting=WHOLE),
    ]


def _means(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Return the mean score of each group in the place of its first row."""
    first = rows.drop_duplicates(by).drop(columns="score")
    means = rows.groupby(by, as_index=False)["score"].mean()
    return first.merge(means, on=by).assign(value_status="e")


def coverage(frame: pd.DataFrame) -> list[Coverage]:
    """Count the submissions with a score, and the sections without one, of each round."""
    found = []
    for edition, rows in frame.groupby("edition"):
        scored = rows.loc[rows["score"].notna() & (rows["care_setting"] == WHOLE), "org_code_as_published"]
        answered, everyone = scored.nunique(), ORGANISATIONS[str(edition)]
        found.append(
            counted(f"organisations that answered, {edition}", answered, everyone, PROSE["organisations"])
        )
        scores = rows.loc[rows["measure"].isin(SECTIONS), "score"]
        subject = f"sections with a score, {edition}"
        found.append(counted(subject, scores.count(), len(scores), PROSE["sections"]))
    return found


def _of(measure: str) -> dict[str, str]:
    return {"measure": measure, "care_setting": WHOLE}


SOURCE = Source(
    "dmsa",
    PROSE,
    editions=Editions(("financial_year", "year")),
    table=TABLE,
    parse=parse,
    facts=facts,
    coverage=coverage,
    absent={"maturity_score": PROSE["absent"]},
    once=KEY,
    revision=Revision(groups=("measure",)),
    expectations=(
        expectations.row_count("as_many_scores_as_sections_and_themes", (200 * 17, 250 * 18)),
        expectations.distinct("as_many_organisations_as_answered", "org_code_as_published", (230, 241)),
        expectations.unique("a_submission_has_a_score_once", KEY),
        expectations.filled("almost_every_section_is_scored", "score", 0.97),
        *(
            expectations.where(
                ("measure", "==", theme),
                expectations.statistic(
                    f"mean_of_{theme}_is_plausible", "mean", "score", limits, PROSE["means"]
                ),
            )
            for theme, limits in {
                "readiness": (65, 90),
                "capabilities": (35, 60),
                "infrastructure": (60, 85),
            }.items()
        ),
    ),
    guards=(
        guards.nobody_gone(),
        guards.everybody_open(),
        guards.not_constant("score", by=("measure",)),
        guards.no_repeat(("score",), 0.5, by=KEY[1:]),
        *(
            guards.follows(f"{one}_goes_with_{other}", "score", (_of(one), _of(other)), 0.2)
            for one, other in pairwise(THEMES)
        ),
        guards.same_keys("themes_are_scored_for_the_same", _of("readiness"), _of("infrastructure"), 0.05),
        guards.known_values("score", by=KEY[1:], within=0.06),
    ),
)
