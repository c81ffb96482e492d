"""Columns of `sql/organisation_maturity_history.sql`."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from assets.contract.columns import CARE_SETTINGS, MARTS, column, org_code, table
from assets.contract.expectations import Expectation
from assets.marts.cohort_score import GDE_COHORTS

ROUNDS = {"2015_16": "2015/16", "2017": "2017"}
"""Rounds of the Digital Maturity Self-Assessment, as a column and as a period."""
YEARS = ("2024", "2025")
"""Years of the Digital Maturity Assessment that have comparable overall scores."""
THEMES = {
    "readiness": "Readiness",
    "capabilities": "Capabilities, on the sections of the round: never compared between rounds,",
    "capabilities_common_sections": "Capabilities, on the eight sections of both rounds,",
    "infrastructure": "Infrastructure",
}
ALONE = "null unless exactly one organisation was open in the round and became the trust of today"


def _scores() -> Iterator[sa.Column[Any]]:
    for name, period in ROUNDS.items():
        for theme, what in THEMES.items():
            of = f"{what} in the Digital Maturity Self-Assessment of {period}, of the whole organisation"
            yield from _score(f"dmsa_{name}_{theme}", of, "score 0 to 100", (0, 100))
    for year in YEARS:
        for setting in CARE_SETTINGS:
            of = f"Comparable overall score in the Digital Maturity Assessment of {year}, care setting {setting}"
            yield from _score(f"dma_{year}_{setting}", of, "score 1 to 5", (1, 5))


def _score(name: str, of: str, unit: str, limits: tuple[int, int]) -> Iterator[sa.Column[Any]]:
    parts = "; " if unit.endswith("5") else ", or where care settings were also answered separately; "
    yield column(
        name,
        sa.Double,
        f"{of}; {ALONE}{parts}another instrument has another scale: never subtract the two.",
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
        "the trust of today; (in part): care settings were also answered separately.",
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
    "Every maturity score that a trust of today or the organisations that became it published, side by side: each round has "
    "columns of its own and is never chained with another instrument. Trusts without any score are left out. Grain: "
    "organisation of today.",
    [
        column("org_name", sa.Text, "Name of the trust today."),
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
        column(
            "programme_role",
            sa.Text,
            "Best known role in the GDE programme of this organisation or of a member it absorbed; no_known_programme does not "
            "mean that there was none.",
            allowed=GDE_COHORTS,
        ),
        org_code(
            "programme_through", "ODS code of the organisation that held programme_role.", nullable=True
        ),
        column(
            "programme_status",
            sa.Text,
            "How the trust got programme_role; see inherited_status of programme_membership_current.",
            nullable=True,
            allowed=["same", "absorbed_member", "enlarged_by_non_member"],
        ),
        column(
            "programme_since",
            sa.Date,
            "First day of programme_status; null where it is the same body.",
            nullable=True,
        ),
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
