"""Columns of `sql/organisation_maturity_history.sql`."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from assets.contract.columns import CARE_SETTINGS, MARTS, column, org_code, org_display_name, table
from assets.contract.expectations import Expectation
from assets.marts.cohort_score import programme

ROUNDS = {"2015_16": "2015/16", "2017": "2017"}
"""Rounds of the Digital Maturity Self-Assessment, as a column and as a period."""
YEARS = ("2024", "2025")
"""Years of the Digital Maturity Assessment that have comparable overall scores."""
THEMES = {
    "readiness": "Readiness",
    "capabilities": "Capabilities on all sections of the round",
    "capabilities_common_sections": "Capabilities on the eight sections of both rounds",
    "infrastructure": "Infrastructure",
}
ALONE = "null unless exactly one organisation was open in the round and became the trust of today"


def _scores() -> Iterator[sa.Column[Any]]:
    for name, period in ROUNDS.items():
        for theme, what in THEMES.items():
            of = f"{what} in the Digital Maturity Self-Assessment of {period}, of the whole organisation"
            in_part = theme.startswith("capabilities")
            yield from _score(f"dmsa_{name}_{theme}", of, "score 0 to 100", (0, 100), in_part=in_part)
    for year in YEARS:
        for setting in CARE_SETTINGS:
            of = f"Comparable overall score in the Digital Maturity Assessment of {year}, care setting {setting}"
            yield from _score(f"dma_{year}_{setting}", of, "score 1 to 5", (1, 5))


def _score(
    name: str, of: str, unit: str, limits: tuple[int, int], *, in_part: bool = False
) -> Iterator[sa.Column[Any]]:
    """Yield the columns of a score; `in_part` where care settings may also have been answered separately."""
    parts = ", or where care settings were also answered separately; " if in_part else "; "
    means = "; (in part): care settings were also answered separately" if in_part else ""
    yield column(
        name,
        sa.Double,
        f"{of}; {ALONE}{parts}never compare it with the other instrument, whose scale differs.",
        unit=unit,
        aggregation="none",
        nullable=True,
        minimum=limits[0],
        maximum=limits[1],
    )
    yield column(
        f"{name}_of_each",
        sa.Text,
        f"{of}: code and score of each organisation that has one, separated by semicolons. (split): only a part of it became "
        f"the trust of today{means}.",
        nullable=True,
    )


def _organisations(name: str, when: str) -> sa.Column[Any]:
    return column(
        name,
        sa.Integer,
        f"Organisations open on any day of {when} that became the trust of today or a part of it, itself included; null where "
        "there is none.",
        aggregation="none",
        nullable=True,
        minimum=1,
    )


organisation_maturity_history = table(
    "organisation_maturity_history",
    "Theme scores of the self-assessments of 2015/16 and 2017 and comparable overall scores of the assessments of 2024 and "
    "2025, for each trust of today and the organisations that became it. Each round has its own columns; scores of different "
    "instruments are never chained. Trusts without any score are left out. Grain: organisation of today.",
    [
        column("org_name", sa.Text, "Name of the trust today."),
        org_display_name(),
        org_code(comment="ODS code of the trust today."),
        column("region", sa.Text, "NHS England region of the headquarters of the trust.", nullable=True),
        column(
            "constituent_codes",
            sa.Text,
            "Every organisation that became the trust of today or a part of it, itself included, separated by spaces.",
        ),
        column(
            "n_constituents",
            sa.Integer,
            "How many constituents there are, the trust itself included.",
            aggregation="none",
            minimum=1,
        ),
        column(
            "same_body_since_2015_16",
            sa.Boolean,
            "Whether the trust has been the same body since April 2015, the start of the first round: open under this code, "
            "without taking over an organisation or giving away a part.",
        ),
        *programme(),
        *(_organisations(f"n_organisations_{name}", f"the round of {when}") for name, when in ROUNDS.items()),
        *(_organisations(f"n_organisations_{year}", f"the assessment of {year}") for year in YEARS),
        *_scores(),
    ],
    key=["org_code"],
    layer=MARTS,
    expectations=(
        Expectation(
            "almost_every_trust_has_a_history",
            "expect_table_row_count_to_be_between",
            {"min_value": 190, "max_value": 220},
            "England has about 200 trusts, and almost all were assessed in 2025.",
        ),
        Expectation(
            "most_trusts_are_what_they_were",
            "expect_column_mean_to_be_between",
            {"column": "same_body_since_2015_16", "min_value": 0.7, "max_value": 0.95},
            "One trust in six merged since 2015/16; another share means that successions are missing or misread.",
            "WARN",
        ),
    ),
)
