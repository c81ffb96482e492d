"""Digital Maturity Assessment: what trusts and integrated care boards say of their own digital maturity, 2024 and 2025.

One workbook a year. Two of its sheets are about providers and two about boards: seven pillar scores of the newest year,
and one overall score for each of two years over the domains that can be compared. It holds no ODS code: providers and
boards are named. A provider answers once per care setting, so there is no single score of a trust; a board answers once.
"""

from datetime import date
from typing import Any

import pandas as pd
import sqlalchemy as sa

from assets.contract import expectations, guards, prose, row
from assets.contract.columns import CARE_SETTINGS
from assets.contract.columns import PILLARS as ALL_PILLARS
from assets.contract.parsed import Parsed, StructureError
from assets.contract.source import Coverage, Editions, Facts, Overlap, Remote, Revision, Source, counted
from assets.organisations.geography import place_named
from assets.reading.structure import Record, Workbook, find_table, tidy, unmapped
from assets.tables.icb_score import icb_score

PROSE = prose.beside(__file__)
LANDING_PAGE = "https://digital.nhs.uk/data-and-information/digital-maturity-assessment-report-2024-and-2025-results/report"
LINK = r"Digital.{1,3}Maturity.*Results.*Data.*File.*\.xlsx$"
PILLARS = {pillar.replace("_", " ").title(): pillar for pillar in ALL_PILLARS}
"""The seven pillars of What Good Looks Like, by the publisher's header."""
OVERALL = "overall_comparable"
PILLAR_MEAN = "pillar_mean_derived"
OF_BOARDS = "DMA boards"
"""The instrument by which boards assess themselves: its scores are not compared with those of providers."""
BOARD = ("Region", "ICS")
PROVIDER = (*BOARD, "Provider", "Care Setting")
SETTINGS = {setting.replace("_", " "): setting for setting in CARE_SETTINGS}
IN_SCOPE = {"2025": 205}
"""Trusts in scope, as the introduction of the workbook says."""
BOARDS = {"2025": 42}
"""Integrated care boards when an edition was collected."""
COLLECTED = {"2025": (date(2025, 4, 1), date(2025, 6, 30))}
"""When a year's answers were collected (data quality statement); the year itself where that is not published."""
SCORED = (*ALL_PILLARS, OVERALL)
SCALE: dict[str, Any] = {"unit": "score 1 to 5", "aggregation": "none", "minimum": 1, "maximum": 5}

OF_A_BOARD = row.Row(row.text("region_as_published", "Region"), row.text("ics_as_published", "ICS"))
OF_A_PROVIDER = row.Row(
    *OF_A_BOARD.fields.values(),
    row.text("org_name_as_published", "Provider", nullable=True),
    row.word("care_setting", "Care Setting", SETTINGS, nullable=True),
)
ROW = row.Row(
    *OF_A_PROVIDER.fields.values(),
    row.given("measure", sa.Text, allowed=SCORED),
    row.given("period", sa.Text, pattern=r"^\d{4}$"),
    row.given("score", sa.Double, **SCALE),
    prose=PROSE,
)
TABLE = ROW.staged("dma", key=("measure", "period"))
Measures = dict[str, tuple[str, str]]
"""Measure and year by the publisher's header."""


def parse(content: bytes, edition: str) -> Parsed:
    """Read the workbook of `edition` (a year): a row per provider and care setting, or board, x measure x year.

    Raises StructureError naming every sheet and column that is missing or renamed.
    """
    book = Workbook(content)
    records: list[Record] = []
    by_sheet: dict[str, Measures] = {}
    found: list[str] = []
    drift: list[str] = []
    for wanted, (who, measures) in _layout(edition).items():
        try:
            sheet = book.sheet(wanted)
            records += find_table(sheet, (*who, *measures))
            drift += unmapped(sheet, (*who, *measures))
            by_sheet[sheet.name] = measures
        except StructureError as error:
            found += error.problems
    if found:
        raise StructureError(found)
    ignored = [f"sheet {n!r} is hidden" for n in book.hidden]
    ignored += [f"sheet {n!r} holds no scores" for n in book.names if n not in by_sheet]
    return tidy(records, lambda one: _scores(one, by_sheet[one.sheet]), drift=drift, ignored=ignored)


def _layout(edition: str) -> dict[str, tuple[tuple[str, ...], Measures]]:
    """Return the sheets of an edition: who each is about, and its measures by header."""
    last_year = str(int(edition) - 1)
    pillars = {header: (name, edition) for header, name in PILLARS.items()}
    overall = {f"{year} Average": (OVERALL, year) for year in (edition, last_year)}
    years = f"{last_year[2:]} vs {edition[2:]}"
    return {
        f"SC - {edition} Pillar Summary": (PROVIDER, pillars),
        f"SC - {years} Overall DMA": (PROVIDER, overall),
        f"ICB - {edition} Pillar Summary": (BOARD, pillars),
        f"ICB -{years} Overall DMA ": (BOARD, overall),
    }


def _scores(record: Record, measures: Measures) -> list[dict[str, Any]]:
    """Return a row per measure; the provider and the care setting of a board's own are None."""
    own = {"org_name_as_published": None, "care_setting": None}
    who = OF_A_PROVIDER.read(record) if "Provider" in record.cells else OF_A_BOARD.read(record) | own
    return [
        {**who, "measure": measure, "period": year, "score": record.number(header, 1, 5)}
        for header, (measure, year) in measures.items()
    ]


def facts(frame: pd.DataFrame) -> Facts:
    """Map staged scores to `maturity_score`, adding the mean of the seven pillars under its own name, and `icb_score`."""
    by_board = frame["org_name_as_published"].isna()
    own = _dated(frame[by_board].assign(value_status="published", instrument=OF_BOARDS))
    scores = _dated(_with_pillar_means(frame[~by_board]).assign(instrument="DMA"))
    scores["shared_score"] = _shared(scores)
    own = own.drop(columns=["org_name_as_published", "care_setting"])
    return {
        "maturity_score": scores,
        "organisation_geography": _places(scores),
        icb_score.name: own.rename(columns={"ics_as_published": "org_name_as_published"}),
    }


def _with_pillar_means(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the scores of providers with the mean of the seven pillars of each row of the publisher's."""
    pillars = frame[frame["measure"].isin(ALL_PILLARS)]
    same = ["edition", "source_file_sha256", "source_sheet", "source_row", "period"]
    first = pillars.drop_duplicates(same).drop(columns=["measure", "score"])
    means = pillars.groupby(same, as_index=False)["score"].mean()
    means["score"] = means["score"].round(6)
    derived = first.merge(means, on=same).assign(measure=PILLAR_MEAN)
    return pd.concat([frame.assign(value_status="published"), derived.assign(value_status="e")])


def _days(year: str) -> tuple[date, date]:
    return COLLECTED.get(year, (date(int(year), 1, 1), date(int(year), 12, 31)))


def _dated(scores: pd.DataFrame) -> pd.DataFrame:
    """Return scores with the days they are about, the day on which names are looked up, and their scale."""
    return scores.assign(
        period_start=[_days(year)[0] for year in scores["period"]],
        period_end=[_days(year)[1] for year in scores["period"]],
        # The file names providers and boards as they were when its edition was collected, also beside the year before.
        resolve_on=[COLLECTED.get(e, (date(int(e), 5, 1),))[0] for e in scores["edition"]],
        scale_minimum=1.0,
        scale_maximum=5.0,
    )


def _shared(scores: pd.DataFrame) -> "pd.Series[bool]":
    """Return whether another care setting of the provider has the same answers.

    One pillar has a decimal only, so two settings often meet in it by chance: pillars are shared where all of them are.
    """
    provider = ["edition", "source_file_sha256", "org_name_as_published", "period"]
    setting = [*provider, "care_setting"]
    shared = pd.Series(data=False, index=pd.RangeIndex(len(scores)))
    rows = scores.reset_index(drop=True)
    for measures in ([OVERALL], [*ALL_PILLARS, PILLAR_MEAN]):
        part = rows[rows["measure"].isin(measures)]
        answers = part.pivot(index=setting, columns="measure", values="score").reset_index()
        answers["shared"] = answers.duplicated([*provider, *answers.columns.difference(setting)], keep=False)
        shared[part.index] = part.merge(answers[[*setting, "shared"]], on=setting)["shared"].to_numpy()
    return shared.set_axis(scores.index)


def _places(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `organisation_geography`: the region and ICS printed beside each provider of an edition."""
    printed = ["region_as_published", "ics_as_published"]
    where = ["edition", "source_file_sha256", "source_sheet", "source_row"]
    rows = scores.sort_values(["source_sheet", "source_row"])
    rows = rows.drop_duplicates(["edition", "org_name_as_published", *printed]).reset_index(drop=True)
    places = [place_named(region, ics) for region, ics in rows[printed].itertuples(index=False)]
    return rows[[*where, "org_name_as_published", "resolve_on"]].assign(
        **pd.DataFrame(places),
        relation="as_reported_in_dma",
        valid_from=[_days(edition)[0] for edition in rows["edition"]],
        valid_to=[_days(edition)[1] for edition in rows["edition"]],
        evidence_grade="administrative",
        value_status="published",
    )


def coverage(frame: pd.DataFrame) -> list[Coverage]:
    """Count the providers and boards of each edition beside the number in scope."""
    return [row for edition, rows in frame.groupby("edition") for row in _covered(str(edition), rows)]


def _covered(edition: str, rows: pd.DataFrame) -> list[Coverage]:
    boards = rows.loc[rows["org_name_as_published"].isna(), "ics_as_published"].nunique()
    providers = rows["org_name_as_published"].nunique()
    subject, other = f"{{}} in the assessment of {edition}", "not published"
    return [
        counted(subject.format(who), held, expected.get(edition), PROSE[who], other, table_name=table)
        for who, held, expected, table in (
            ("providers", providers, IN_SCOPE, ""),
            ("integrated care boards", boards, BOARDS, icb_score.name),
        )
    ]


PROVIDERS = "org_name_as_published"
BY_MEASURE: dict[str, Any] = {"who": PROVIDERS, "by": ("care_setting", "measure")}
BY_SETTING: dict[str, Any] = {"who": PROVIDERS, "by": ("care_setting",)}
BY_YEAR: dict[str, Any] = {"who": PROVIDERS, "by": ("care_setting", "period")}
EXACT: dict[str, Any] = {"within": 0.05, "by": ("care_setting", "measure", "period")}
IN_PILLARS, IN_OVERALL = {"measure": ALL_PILLARS}, {"measure": OVERALL}
SIDE_BY_SIDE = (IN_PILLARS, IN_OVERALL)
OF_BOARD = {"org_name_as_published": ""}
"""Rows in which a board, not a provider, is scored."""


def _follow(check: str, least: float, **more: Any) -> guards.Guard:
    """Return how the pillars of a provider go with its overall score."""
    return guards.follows(check, "score", SIDE_BY_SIDE, least, **BY_YEAR, **more)


AS_BEFORE = (
    guards.same_unit("score", 10, **BY_MEASURE),
    guards.same_order("score", 0.5, where=IN_OVERALL, **BY_MEASURE),
    guards.same_order(
        "score",
        0.2,
        check="pillars_belong_to_the_same_trusts",
        where=IN_PILLARS,
        groups=("measure",),
        **BY_MEASURE,
    ),
    guards.same_level("score", (0.9, 1.2), groups=("measure",), **BY_MEASURE),
    # scores move too much in a year; a new workbook repeats those of the year before
    guards.nothing_slipped(
        "score",
        check="scores_held_before_stay_in_their_rows",
        who=PROVIDERS,
        by=("care_setting", "measure", "period"),
        groups=("measure",),
    ),
    guards.no_exchange(column="score", groups=("measure",), **BY_SETTING),
    guards.no_repeat(("score",), 0.5, **BY_MEASURE),
    guards.same_sizes(("region_as_published", "care_setting", "measure")),
)
"""The same providers beside the edition before."""
WITHIN = (
    guards.same_keys("both_sheets_hold_the_same_providers", *SIDE_BY_SIDE, 0.05, **BY_SETTING),
    guards.even("every_measure_has_as_many_scores", ("measure", "period"), 0.95),
    guards.even("every_region_answers", ("region_as_published",), 0.25),
    # of the seven pillars: 0.40 to 0.71, and below 0 with one of them a row lower
    guards.steps_with(
        "each_pillar_rises_and_falls_with_the_overall_score",
        "score",
        SIDE_BY_SIDE,
        0.2,
        groups=("measure",),
        **BY_YEAR,
    ),
    _follow("pillars_go_with_the_overall_score", 0.85, groups=()),
    _follow("pillars_go_with_the_overall_score_in_every_stretch", 0.7, stretch=40),
    guards.nothing_slipped(
        "score",
        check="pillars_stay_in_the_rows_of_the_overall_score",
        where=IN_PILLARS,
        versus=IN_OVERALL,
        groups=(),
        **BY_YEAR,
    ),
    # of 42 boards: 0.90, and 0.16 with the pillars a row lower
    guards.follows(
        "pillars_of_boards_go_with_their_overall_score",
        "score",
        ({**IN_PILLARS, **OF_BOARD}, {**IN_OVERALL, **OF_BOARD}),
        0.6,
        groups=(),
        who="ics_as_published",
        by=("period",),
    ),
    guards.same_level(
        "score",
        (0.9, 1.1),
        check="pillars_are_as_high_as_the_overall_score",
        where=IN_PILLARS,
        versus=IN_OVERALL,
        groups=(),
        **BY_YEAR,
    ),
    guards.no_copy(0.4, column="score", groups=("measure", "period"), **BY_SETTING),
    guards.as_named("care_setting", {"AMBULANCE": "ambulance"}),
    guards.nobody_gone(who=PROVIDERS),
    guards.not_constant("score", by=("measure", "period")),
    guards.known_values("score", who=PROVIDERS, **EXACT),
    guards.known_values("score", who="ics_as_published", check="score_of_boards_is_as_known", **EXACT),
)
"""The two sheets, and the measures, of one file."""
ANSWER = (PROVIDERS, "care_setting", "measure", "period")
SOURCE = Source(
    "dma",
    PROSE,
    editions=Editions(("year",)),
    remotes=(Remote(LANDING_PAGE, edition="2025", link=LINK),),
    hosts=frozenset({"files.digital.nhs.uk"}),
    table=TABLE,
    parse=parse,
    facts=facts,
    coverage=coverage,
    once=ANSWER,
    revision=Revision(
        key=("ics_as_published", *ANSWER),
        groups=("region_as_published", "care_setting", "measure", "period"),
        by_key=False,
        changed_in_group=0.1,
        reason="A measure of a year is one column of the workbook: a quarter of it wrong is hidden among all scores.",
    ),
    overlap=Overlap(key=ANSWER, columns=("score",), differing=0.25),
    expectations=(
        expectations.values("score_is_on_the_scale", "score", (1, 5)),
        expectations.exactly("every_measure_is_there", "measure", SCORED),
        expectations.exactly("every_care_setting_is_there", "care_setting", CARE_SETTINGS),
        expectations.unique("one_score_per_provider_setting_measure_and_year", ("ics_as_published", *ANSWER)),
        expectations.distinct("about_as_many_providers_as_there_are_trusts", PROVIDERS, (190, 215)),
        expectations.where_empty(
            PROVIDERS, expectations.distinct("every_board_answers", "ics_as_published", (36, 42))
        ),
        expectations.where_empty(
            PROVIDERS, expectations.exactly("every_measure_of_boards_is_there", "measure", SCORED)
        ),
        expectations.statistic("scores_are_spread", "stdev", "score", (0.2, 1.2)),
        expectations.statistic("mean_score_is_plausible", "mean", "score", (1.8, 3.5), severity="WARN"),
    ),
    guards=(*AS_BEFORE, *WITHIN),
)
