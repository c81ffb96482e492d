"""Digital Maturity Assessment: what trusts and integrated care boards say of their own digital maturity, 2024 and 2025.

One workbook a year. Two of its sheets are about providers and two about boards: seven pillar scores of the newest year,
and one overall score for each of two years over the domains that can be compared. There is no ODS code in it: providers
and boards are named. A provider answers once per care setting, so there is no single score of a trust. A board answers
once, for itself: its score is no mean of its trusts.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pandas as pd
import sqlalchemy as sa

from assets.contract import expectations, guards
from assets.contract.columns import CARE_SETTINGS, column, staged
from assets.contract.edition_shape import Editions
from assets.contract.held_rules import Overlap, Revision
from assets.contract.notes import Caveat, Coverage, caveats, comparison
from assets.contract.parsed import Parsed, StructureError
from assets.contract.remote import Remote
from assets.contract.source import OGL, Facts, Source
from assets.organisations.geography import place_named
from assets.reading.structure import Record, Workbook, find_table, tidy, unmapped
from assets.tables.icb_score import icb_score

LANDING_PAGE = "https://digital.nhs.uk/data-and-information/digital-maturity-assessment-report-2024-and-2025-results/report"
PILLARS = {
    "Well Led": "well_led",
    "Ensure Smart Foundations": "ensure_smart_foundations",
    "Safe Practice": "safe_practice",
    "Support Workforce": "support_workforce",
    "Empower People": "empower_people",
    "Improve Care": "improve_care",
    "Healthy Populations": "healthy_populations",
}
"""The seven pillars of What Good Looks Like, by the publisher's header."""
OVERALL = "overall_comparable"
PILLAR_MEAN = "pillar_mean_derived"
MEASURES = (*PILLARS.values(), PILLAR_MEAN, OVERALL)
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

TABLE = staged(
    "dma",
    "Digital Maturity Assessment scores as published: provider x care setting, or board, x measure x year.",
    [
        column(
            "region_as_published", sa.Text, "NHS England region as the publisher prints it.", header="Region"
        ),
        column(
            "ics_as_published", sa.Text, "Integrated care board as the publisher prints it.", header="ICS"
        ),
        column(
            "org_name_as_published",
            sa.Text,
            "Provider as the publisher prints it; null where the board assessed itself.",
            header="Provider",
            nullable=True,
        ),
        column(
            "care_setting",
            sa.Text,
            "Care setting assessed; null where the board assessed itself.",
            header="Care Setting",
            allowed=CARE_SETTINGS,
            nullable=True,
        ),
        column("measure", sa.Text, "Pillar, or the overall score.", allowed=[*PILLARS.values(), OVERALL]),
        column("period", sa.Text, "Year of the assessment.", pattern=r"^\d{4}$"),
        column(
            "score",
            sa.Double,
            "Self-assessed score.",
            unit="score 1 to 5",
            aggregation="none",
            minimum=1,
            maximum=5,
        ),
    ],
    key=["measure", "period"],
)


Measures = dict[str, tuple[str, str]]
"""Measure and year by the publisher's header."""


def parse(content: bytes, edition: str) -> Parsed:
    """Read the workbook of `edition` (a year): a row per provider and care setting, or board, x measure x year.

    Raises StructureError naming every sheet and column that is missing or renamed.
    """
    book = Workbook(content)
    records: list[tuple[Record, Measures]] = []
    found: list[str] = []
    drift: list[str] = []
    read: list[str] = []
    for wanted, (who, measures) in _layout(edition).items():
        try:
            sheet = book.sheet(wanted)
            records += [(r, measures) for r in find_table(sheet, (*who, *measures))]
            drift += unmapped(sheet, (*who, *measures))
            read.append(sheet.name)
        except StructureError as error:
            found += error.problems
    if found:
        raise StructureError(found)
    by_record = {(record.sheet, record.row): measures for record, measures in records}
    ignored = [f"sheet {n!r} is hidden" for n in book.hidden]
    ignored += [f"sheet {n!r} holds no scores" for n in book.names if n not in read]
    return tidy(
        (record for record, _ in records),
        lambda record: _scores(record, by_record[record.sheet, record.row]),
        drift=drift,
        ignored=ignored,
    )


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
    is_provider = "Provider" in record.cells
    who = {
        "region_as_published": record.text("Region"),
        "ics_as_published": record.text("ICS"),
        "org_name_as_published": record.text("Provider") if is_provider else None,
        "care_setting": record.one_of("Care Setting", SETTINGS) if is_provider else None,
    }
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
    return {
        "maturity_score": scores.drop(columns=["region_as_published", "ics_as_published"]),
        "organisation_geography": _places(scores),
        icb_score.name: own.drop(columns=["org_name_as_published", "care_setting"]).rename(
            columns={"ics_as_published": "org_name_as_published"}
        ),
    }


def _with_pillar_means(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the scores of providers with the mean of the seven pillars of each row of the publisher's."""
    pillars = frame[frame["measure"].isin(PILLARS.values())]
    same = ["edition", "source_file_sha256", "source_sheet", "source_row", "period"]
    first = pillars.drop_duplicates(same).drop(columns=["measure", "score"])
    means = pillars.groupby(same, as_index=False)["score"].mean()
    means["score"] = means["score"].round(6)
    derived = first.merge(means, on=same).assign(measure=PILLAR_MEAN)
    return pd.concat([frame.assign(value_status="published"), derived.assign(value_status="e")])


def _dated(scores: pd.DataFrame) -> pd.DataFrame:
    """Return scores with the days they are about, the day on which names are looked up, and their scale."""
    return scores.assign(
        period_start=[COLLECTED.get(y, (date(int(y), 1, 1),))[0] for y in scores["period"]],
        period_end=[COLLECTED.get(y, (date(int(y), 12, 31),))[-1] for y in scores["period"]],
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
    for measures in ([OVERALL], [*PILLARS.values(), PILLAR_MEAN]):
        part = rows[rows["measure"].isin(measures)]
        answers = part.pivot(index=setting, columns="measure", values="score").reset_index()
        answers["shared"] = answers.duplicated([*provider, *answers.columns.difference(setting)], keep=False)
        shared[part.index] = part.merge(answers[[*setting, "shared"]], on=setting)["shared"].to_numpy()
    return shared.set_axis(scores.index)


def _places(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `organisation_geography`: the region and ICS printed beside each provider of an edition."""
    printed = ["region_as_published", "ics_as_published"]
    rows = scores.sort_values(["source_sheet", "source_row"])
    rows = rows.drop_duplicates(["edition", "org_name_as_published", *printed]).reset_index(drop=True)
    places = [place_named(region, ics) for region, ics in rows[printed].itertuples(index=False)]
    days = [COLLECTED.get(e, (date(int(e), 1, 1), date(int(e), 12, 31))) for e in rows["edition"]]
    where = [
        "edition",
        "source_file_sha256",
        "source_sheet",
        "source_row",
        "org_name_as_published",
        "resolve_on",
    ]
    return rows[where].assign(
        **pd.DataFrame(places),
        relation="as_reported_in_dma",
        valid_from=[first for first, _ in days],
        valid_to=[last for _, last in days],
        evidence_grade="administrative",
        value_status="published",
    )


def coverage(frame: pd.DataFrame) -> list[Coverage]:
    """Count the providers and boards of each edition beside the number in scope."""
    return [row for edition, rows in frame.groupby("edition") for row in _covered(str(edition), rows)]


def _covered(edition: str, rows: pd.DataFrame) -> Iterator[Coverage]:
    boards = rows.loc[rows["org_name_as_published"].isna(), "ics_as_published"]
    for who, held, expected, why, table in (
        (
            "providers",
            rows["org_name_as_published"].nunique(),
            IN_SCOPE.get(edition),
            "The workbook says how many trusts are in scope; one without scores is not in it.",
            "",
        ),
        (
            "integrated care boards",
            boards.nunique(),
            BOARDS.get(edition),
            "There were 42 boards when the assessment was collected, 36 since April 2026.",
            icb_score.name,
        ),
    ):
        status = "complete" if held == expected else "not published"
        subject = f"{who} in the assessment of {edition}"
        yield Coverage(subject, int(held), expected, status, why, table_name=table)


ASSESSED: dict[str, Any] = {"who": "org_name_as_published", "by": ("care_setting", "measure")}
ANSWERED: dict[str, Any] = {"who": "org_name_as_published", "by": ("care_setting",)}
OF_A_YEAR: dict[str, Any] = {"who": "org_name_as_published", "by": ("care_setting", "period")}
ALL_PILLARS = tuple(PILLARS.values())
BOARDS_OWN = {"org_name_as_published": ""}
"""Rows in which a board, not a provider, is scored."""
KNOWN = {
    "2025": {
        f"{name} NHS FOUNDATION TRUST|{setting}|{OVERALL}|2025": score
        for name, setting, score in (
            ("TORBAY AND SOUTH DEVON", "community", 1.487),
            ("MANCHESTER UNIVERSITY", "acute", 3.643),
            ("BERKSHIRE HEALTHCARE", "community", 3.798),
        )
    }
}
"""The lowest score, the highest of an acute trust and the highest of all; corrections move a score by less than 0.05."""
KNOWN_BOARDS = {
    "2025": {
        f"NHS {name} INTEGRATED CARE BOARD||{OVERALL}|{year}": score
        for name, year, score in (
            ("NORTHAMPTONSHIRE", "2025", 3.736),
            ("SHROPSHIRE, TELFORD AND WREKIN", "2024", 1.569),
        )
    }
}
"""The highest and the lowest overall score of a board."""


SOURCE = Source(
    name="dma",
    title="Digital Maturity Assessment",
    publisher="NHS England",
    landing_page=LANDING_PAGE,
    licence=OGL,
    attribution="NHS England, Digital Maturity Assessment 2024 and 2025 results",
    editions=Editions(("year",)),
    cadence="annual",
    max_age=timedelta(days=400),
    evidence_grade="self-assessed",
    remotes=(
        Remote(LANDING_PAGE, edition="2025", link=r"Digital.{1,3}Maturity.*Results.*Data.*File.*\.xlsx$"),
    ),
    hosts=frozenset({"files.digital.nhs.uk"}),
    table=TABLE,
    parse=parse,
    facts=facts,
    coverage=coverage,
    expectations=(
        expectations.values(
            "score_is_on_the_scale",
            "score",
            (1, 5),
            "The assessment scores from 1 to 5; anything else is another scale or a shifted column.",
        ),
        expectations.exactly(
            "every_measure_is_there",
            "measure",
            [*PILLARS.values(), OVERALL],
            "Seven pillars and the comparable overall score make an edition.",
        ),
        expectations.exactly(
            "every_care_setting_is_there",
            "care_setting",
            list(CARE_SETTINGS),
            "Trusts of all four care settings answer.",
        ),
        expectations.unique(
            "one_score_per_provider_setting_measure_and_year",
            ["ics_as_published", "org_name_as_published", "care_setting", "measure", "period"],
            "A provider answers once per care setting, a board once.",
        ),
        expectations.statistic(
            "about_as_many_providers_as_there_are_trusts",
            "unique_value_count",
            "org_name_as_published",
            (190, 215),
            "About 205 trusts are in scope and all answer.",
        ),
        expectations.where_empty(
            "org_name_as_published",
            expectations.statistic(
                "every_board_answers",
                "unique_value_count",
                "ics_as_published",
                (36, 42),
                "There were 42 boards until March 2026 and are 36 since; all of them answer.",
            ),
        ),
        expectations.where_empty(
            "org_name_as_published",
            expectations.exactly(
                "every_measure_of_boards_is_there",
                "measure",
                [*PILLARS.values(), OVERALL],
                "Boards are scored on the same seven pillars and the comparable overall score.",
            ),
        ),
        expectations.statistic(
            "scores_are_spread", "stdev", "score", (0.2, 1.2), "A constant column is a broken file."
        ),
        expectations.statistic(
            "mean_score_is_plausible",
            "mean",
            "score",
            (1.8, 3.5),
            "The acute means were 2.36 in 2024 and 2.53 in 2025; a jump beyond this range needs a look.",
            severity="WARN",
        ),
    ),
    once=("org_name_as_published", "care_setting", "measure", "period"),
    revision=Revision(
        key=("ics_as_published", "org_name_as_published", "care_setting", "measure", "period"),
        groups=("region_as_published", "care_setting", "measure", "period"),
        by_key=False,
    ),
    overlap=Overlap(
        "Each edition prints the overall scores of the year before again. No second edition is held to measure how many "
        "are revised, so a quarter may be; with the years swapped nine in ten differ.",
        key=("org_name_as_published", "care_setting", "measure", "period"),
        columns=("score",),
        differing=0.25,
    ),
    guards=(
        guards.same_unit("score", 10, **ASSESSED),
        # the same providers beside the edition before
        guards.same_order("score", 0.5, where={"measure": OVERALL}, **ASSESSED),
        guards.same_order(
            "score",
            0.2,
            check="pillars_belong_to_the_same_trusts",
            where={"measure": ALL_PILLARS},
            groups=("measure",),
            **ASSESSED,
        ),
        guards.same_level("score", (0.9, 1.2), groups=("measure",), **ASSESSED),
        guards.no_exchange(
            column="score", who="org_name_as_published", by=("care_setting",), groups=("measure",)
        ),
        guards.no_repeat(("score",), 0.5, who="org_name_as_published", by=("care_setting", "measure")),
        guards.same_sizes(("region_as_published", "care_setting", "measure")),
        # the two sheets, and the measures, of one file
        guards.same_keys(
            "both_sheets_hold_the_same_providers",
            {"measure": ALL_PILLARS},
            {"measure": OVERALL},
            0.05,
            **ANSWERED,
        ),
        guards.even(
            "every_measure_has_as_many_scores",
            ("measure", "period"),
            0.95,
            "All measures are of the same providers.",
        ),
        guards.even(
            "every_region_answers",
            ("region_as_published",),
            0.25,
            "The smallest of seven regions has two fifths of the rows of the largest.",
        ),
        guards.follows(
            "each_pillar_goes_with_the_overall_score",
            "score",
            ({"measure": ALL_PILLARS}, {"measure": OVERALL}),
            0.25,
            groups=("measure",),
            **OF_A_YEAR,
        ),
        guards.follows(
            "pillars_go_with_the_overall_score",
            "score",
            ({"measure": ALL_PILLARS}, {"measure": OVERALL}),
            0.85,
            groups=(),
            **OF_A_YEAR,
        ),
        guards.follows(
            "pillars_go_with_the_overall_score_in_every_stretch",
            "score",
            ({"measure": ALL_PILLARS}, {"measure": OVERALL}),
            0.7,
            stretch=40,
            **OF_A_YEAR,
        ),
        # of 42 boards: 0.90, and 0.16 with the pillars a row lower
        guards.follows(
            "pillars_of_boards_go_with_their_overall_score",
            "score",
            ({"measure": ALL_PILLARS, **BOARDS_OWN}, {"measure": OVERALL, **BOARDS_OWN}),
            0.6,
            groups=(),
            who="ics_as_published",
            by=("period",),
        ),
        guards.same_level(
            "score",
            (0.9, 1.1),
            check="pillars_are_as_high_as_the_overall_score",
            where={"measure": ALL_PILLARS},
            versus={"measure": OVERALL},
            groups=(),
            **OF_A_YEAR,
        ),
        guards.no_copy(
            0.4,
            column="score",
            who="org_name_as_published",
            by=("care_setting",),
            groups=("measure", "period"),
        ),
        guards.as_named("care_setting", {"AMBULANCE": "ambulance"}),
        guards.nobody_gone(who="org_name_as_published"),
        guards.not_constant("score", by=("measure", "period")),
        guards.known_values(
            "score", KNOWN, within=0.05, who="org_name_as_published", by=("care_setting", "measure", "period")
        ),
        guards.known_values(
            "score",
            KNOWN_BOARDS,
            within=0.05,
            who="ics_as_published",
            by=("care_setting", "measure", "period"),
            check="score_of_boards_is_as_known",
        ),
    ),
    caveats=(
        *caveats(
            "maturity_score",
            {
                "dma_self_assessed": "Trusts score themselves; peer reviews and validation checks do not make the scores audited.",
                "dma_no_trust_score": "The grain is provider and care setting. There is no single score of a trust: never average settings silently, and look at shared_score. Of 79 providers with several settings 44 have one overall score of 2024 for all of them, 10 one of 2025, and 8 the same seven pillars.",
                "dma_pillars_not_comparable_2024": "Pillar scores hold all domains of 2025 and must not be compared with 2024; only overall_comparable is.",
                "dma_pillar_mean_is_ours": "The mean of the seven 2025 pillars is this project's arithmetic, not a score of the publisher's.",
                "dma_2024_rows_on_2025_trusts": "2024 scores exist for trusts that did not exist in 2024; how they were made is not documented.",
                "dma_avon_and_wiltshire_absent": "The workbook says 205 providers and holds 204: Avon and Wiltshire (RVN) is not in it.",
            },
            measures={
                "dma_pillars_not_comparable_2024": "well_led",
                "dma_pillar_mean_is_ours": PILLAR_MEAN,
                "dma_2024_rows_on_2025_trusts": OVERALL,
            },
        ),
        *caveats(
            icb_score.name,
            {
                "dma_boards_assess_themselves": "Boards score themselves, as organisations. It is another assessment than the mean of their trusts: over the 42 boards the two correlate with r = 0.134 in 2025 and 0.010 in 2024 (comparable overall score; providers weighted alike, boundary changes included).",
                "dma_boards_of_few_trusts": "Eight of the 42 boards have fewer than three trusts in the assessment: a mean of their trusts says little.",
                "dma_boards_of_2025": "Scores are of the 42 boards of 2025. On 1 April 2026 twelve of them became six and 36 were left; QM7, QJG and QNQ were split. A score is never carried over to a board of today.",
                "dma_boards_pillars_not_comparable_2024": "Pillar scores hold all domains of 2025 and must not be compared with 2024; only overall_comparable is.",
            },
        ),
        Caveat(
            "dma_prints_its_own_ics",
            "organisation_geography",
            "The ICS printed beside a provider is not always the one of its headquarters: it differs for 11 trusts, "
            "four of the regional ambulance services among them.",
        ),
    ),
    comparability=(
        comparison(
            ("DMA", OVERALL, "2025"),
            ("DMA", OVERALL, "2024"),
            comparable=True,
            why="The publisher restricts both to the domains asked in both years.",
        ),
        *(
            comparison(
                ("DMA", measure, "2025"),
                ("DMA", OVERALL, "2024"),
                comparable=False,
                why="The question set changed between 2024 and 2025; this measure holds all domains of 2025.",
            )
            for measure in (*PILLARS.values(), PILLAR_MEAN)
        ),
        comparison(
            (OF_BOARDS, OVERALL, "2025"),
            (OF_BOARDS, OVERALL, "2024"),
            comparable=True,
            why="The publisher restricts both to the domains asked in both years.",
        ),
        *(
            comparison(
                (OF_BOARDS, measure, "2025"),
                (OF_BOARDS, OVERALL, "2024"),
                comparable=False,
                why="The question set changed between 2024 and 2025; this measure holds all domains of 2025.",
            )
            for measure in PILLARS.values()
        ),
        *(
            comparison(
                (OF_BOARDS, OVERALL, year),
                ("DMA", OVERALL, year),
                comparable=False,
                why="Boards assess themselves, not their trusts; r = 0.134 in 2025 and 0.010 in 2024.",
            )
            for year in ("2025", "2024")
        ),
    ),
)
