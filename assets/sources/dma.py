"""Digital Maturity Assessment: what trusts say of their own digital maturity, 2024 and 2025.

One workbook a year. Two of its sheets are about providers and are read: seven pillar scores of the newest year, and
one overall score for each of two years over the domains that can be compared. There is no ODS code in it: providers
are named. A provider answers once per care setting, so there is no single score of a trust.
"""

from datetime import date, timedelta
from typing import Any

import pandas as pd
import sqlalchemy as sa

from assets import expect, guards
from assets.columns import CARE_SETTINGS, column, staged
from assets.organisations.geography import place_named
from assets.source import (
    OGL,
    Caveat,
    Coverage,
    Facts,
    Parsed,
    Remote,
    Source,
    StructureError,
    caveats,
    comparison,
)
from assets.structure import Record, Workbook, find_table, tidy, unmapped

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
PROVIDER = ("Region", "ICS", "Provider", "Care Setting")
SETTINGS = {setting.replace("_", " "): setting for setting in CARE_SETTINGS}
IN_SCOPE = {"2025": 205}
"""Trusts in scope, as the introduction of the workbook says."""
COLLECTED = {"2025": (date(2025, 4, 1), date(2025, 6, 30))}
"""When a year's answers were collected (data quality statement); the year itself where that is not published."""

TABLE = staged(
    "dma",
    "Digital Maturity Assessment scores as published: provider x care setting x measure x year.",
    [
        column(
            "region_as_published", sa.Text, "NHS England region as the publisher prints it.", header="Region"
        ),
        column(
            "ics_as_published", sa.Text, "Integrated care system as the publisher prints it.", header="ICS"
        ),
        column("org_name_as_published", sa.Text, "Provider as the publisher prints it.", header="Provider"),
        column(
            "care_setting", sa.Text, "Care setting assessed.", header="Care Setting", allowed=CARE_SETTINGS
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


def parse(content: bytes, edition: str) -> Parsed:
    """Read the workbook of `edition` (a year): a row per provider, care setting, measure and year.

    Raises StructureError naming every sheet and column that is missing or renamed.
    """
    book = Workbook(content)
    last_year = str(int(edition) - 1)
    tables = {
        f"SC - {edition} Pillar Summary": {header: (name, edition) for header, name in PILLARS.items()},
        f"SC - {last_year[2:]} vs {edition[2:]} Overall DMA": {
            f"{year} Average": (OVERALL, year) for year in (edition, last_year)
        },
    }
    records: list[tuple[Record, dict[str, tuple[str, str]]]] = []
    found: list[str] = []
    drift: list[str] = []
    read: list[str] = []
    for wanted, measures in tables.items():
        try:
            sheet = book.sheet(wanted)
            records += [(r, measures) for r in find_table(sheet, (*PROVIDER, *measures))]
            drift += unmapped(sheet, (*PROVIDER, *measures))
            read.append(sheet.name)
        except StructureError as error:
            found += error.problems
    if found:
        raise StructureError(found)
    by_record = {(record.sheet, record.row): measures for record, measures in records}
    ignored = [f"sheet {n!r} is hidden" for n in book.hidden]
    ignored += [f"sheet {n!r} is not about providers" for n in book.names if n not in read]
    return tidy(
        (record for record, _ in records),
        lambda record: _scores(record, by_record[record.sheet, record.row]),
        drift=drift,
        ignored=ignored,
    )


def _scores(record: Record, measures: dict[str, tuple[str, str]]) -> list[dict[str, Any]]:
    provider = {
        "region_as_published": record.text("Region"),
        "ics_as_published": record.text("ICS"),
        "org_name_as_published": record.text("Provider"),
        "care_setting": record.one_of("Care Setting", SETTINGS),
    }
    return [
        {**provider, "measure": measure, "period": year, "score": record.number(header, 1, 5)}
        for header, (measure, year) in measures.items()
    ]


def facts(frame: pd.DataFrame) -> Facts:
    """Map staged scores to `maturity_score`, adding the mean of the seven pillars under its own name."""
    pillars = frame[frame["measure"].isin(PILLARS.values())]
    same = ["edition", "source_file_sha256", "source_sheet", "source_row", "period"]
    first = pillars.drop_duplicates(same).drop(columns=["measure", "score"])
    means = pillars.groupby(same, as_index=False)["score"].mean()
    means["score"] = means["score"].round(6)
    derived = first.merge(means, on=same).assign(measure=PILLAR_MEAN)
    scores = pd.concat([frame.assign(value_status="published"), derived.assign(value_status="e")])
    settings = scores.groupby(["edition", "org_name_as_published", "measure", "period", "score"])[
        "care_setting"
    ]
    scores["shared_score"] = settings.transform("size") > 1
    scores["period_start"] = [COLLECTED.get(y, (date(int(y), 1, 1),))[0] for y in scores["period"]]
    scores["period_end"] = [COLLECTED.get(y, (date(int(y), 12, 31),))[-1] for y in scores["period"]]
    # The file names providers as they were when its edition was collected, also beside the scores of the year before.
    scores["resolve_on"] = [COLLECTED.get(e, (date(int(e), 5, 1),))[0] for e in scores["edition"]]
    scores = scores.assign(instrument="DMA", scale_minimum=1.0, scale_maximum=5.0)
    return {
        "maturity_score": scores.drop(columns=["region_as_published", "ics_as_published"]),
        "organisation_geography": _places(scores),
    }


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
    """Count the providers of each edition beside the number it says are in scope."""
    return [
        Coverage(
            f"providers in the assessment of {edition}",
            held := int(rows["org_name_as_published"].nunique()),
            expected := IN_SCOPE.get(str(edition)),
            "complete" if held == expected else "not published",
            "The workbook says how many trusts are in scope; one without scores is not in it.",
        )
        for edition, rows in frame.groupby("edition")
    ]


ASSESSED: dict[str, Any] = {"who": "org_name_as_published", "by": ("care_setting", "measure")}
ANSWERED: dict[str, Any] = {"who": "org_name_as_published", "by": ("care_setting",)}
OF_A_YEAR: dict[str, Any] = {"who": "org_name_as_published", "by": ("care_setting", "period")}
ALL_PILLARS = tuple(PILLARS.values())
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


SOURCE = Source(
    name="dma",
    title="Digital Maturity Assessment",
    publisher="NHS England",
    landing_page=LANDING_PAGE,
    licence=OGL,
    attribution="NHS England, Digital Maturity Assessment 2024 and 2025 results",
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
        expect.values(
            "score_is_on_the_scale",
            "score",
            (1, 5),
            "The assessment scores from 1 to 5; anything else is another scale or a shifted column.",
        ),
        expect.exactly(
            "every_measure_is_there",
            "measure",
            [*PILLARS.values(), OVERALL],
            "Seven pillars and the comparable overall score make an edition.",
        ),
        expect.exactly(
            "every_care_setting_is_there",
            "care_setting",
            list(CARE_SETTINGS),
            "Trusts of all four care settings answer.",
        ),
        expect.unique(
            "one_score_per_provider_setting_measure_and_year",
            ["org_name_as_published", "care_setting", "measure", "period"],
            "A provider answers once per care setting.",
        ),
        expect.statistic(
            "about_as_many_providers_as_there_are_trusts",
            "unique_value_count",
            "org_name_as_published",
            (190, 215),
            "About 205 trusts are in scope and all answer.",
        ),
        expect.statistic(
            "scores_are_spread", "stdev", "score", (0.2, 1.2), "A constant column is a broken file."
        ),
        expect.statistic(
            "mean_score_is_plausible",
            "mean",
            "score",
            (1.8, 3.5),
            "The acute means were 2.36 in 2024 and 2.53 in 2025; a jump beyond this range needs a look.",
            severity="WARN",
        ),
    ),
    once=("org_name_as_published", "care_setting", "measure", "period"),
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
    ),
    caveats=(
        *caveats(
            "maturity_score",
            {
                "dma_self_assessed": "Trusts score themselves; peer reviews and validation checks do not make the scores audited.",
                "dma_no_trust_score": "The grain is provider and care setting. There is no single score of a trust: never average settings silently, and look at shared_score, because many trusts gave all their settings the same answers.",
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
    ),
)
