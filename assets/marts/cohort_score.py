"""Columns of `sql/cohort_score.sql`, and the columns that every table about cohorts begins with."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pandas as pd
import sqlalchemy as sa

from assets.contract.columns import (
    CARE_SETTINGS,
    MARTS,
    column,
    org_code,
    org_display_name,
    successor_code,
    table,
)
from assets.contract.expectations import Expectation

COHORTS = ("exemplar", "fast_follower", "aspirant", "no_known_programme")
GDE_COHORTS = ("exemplar", "fast_follower", "no_known_programme")
"""The cohorts of tables that only ask for the role in the exemplar programme."""
CARE_TYPES = (*CARE_SETTINGS, "not_known", "all")
MEMBERSHIP = {
    "same": "the body that was chosen, neither absorbed nor enlarged",
    "enlarged_by_non_member": "the body that was chosen, after it took over others",
    "absorbed_member": "a body that took over one that was chosen",
}
PANEL = {
    "matched": "in both rounds, as the same body",
    "one_round_only": "scored in one of the two rounds",
    "boundary_changed": "took over another organisation between the rounds",
    "answered_by_setting": "answered for care settings apart in one of the rounds",
    "published_under_another_code": "published under the code of a body that had closed",
    "levels_differ": "one score for several settings in one round, a score of the setting in the other",
}


FEWEST = 5
"""Bodies below which no interval is given."""
METHODS = {
    "t": "Student's t over independent bodies",
    "cr1": "cluster-robust CR1 over bodies that have several scores, t with one degree less than bodies",
    "none": f"no interval: fewer than {FEWEST} bodies",
}


def words(meanings: Mapping[str, str]) -> str:
    """Return the words of a column with their meanings."""
    return "; ".join(f"{word}: {meaning}" for word, meaning in meanings.items())


CAUTIONS = ("gde_no_programme_effect", "gde_followers_unknown")
"""The caveats to state with every comparison of cohorts."""


def cautions(caveats: pd.DataFrame) -> str:
    """Return what to state with every comparison of cohorts, from the table `caveat`."""
    texts = (
        caveats[caveats["table_name"] == "cohort_score"].drop_duplicates("caveat").set_index("caveat")["text"]
    )
    return " ".join(str(texts[name]) for name in CAUTIONS if name in texts)


def rows_of(table_: sa.Table, rows: list[dict[str, Any]], **same: Any) -> pd.DataFrame:
    """Return computed rows as the table has them: its columns, its decimals; `same` holds what all rows have alike."""
    made = pd.DataFrame(rows, columns=list(table_.columns.keys())).assign(**same)
    for one in table_.columns:
        if isinstance(one.type, sa.Numeric):
            form = f".{one.type.scale or 0}f"
            exact = [None if pd.isna(v) else Decimal(format(v, form)) for v in made[one.name]]
            made[one.name] = pd.Series(exact, index=made.index, dtype=object)
    return made


def count(name: str, comment: str) -> sa.Column[Any]:
    """Define a column of a number of bodies or scores."""
    return column(name, sa.Integer, comment, aggregation="none", minimum=0)


def points(name: str, comment: str, *, nullable: bool = False) -> sa.Column[Any]:
    """Define a column of a score, or of a difference of scores, on the scale of the instrument."""
    unit = "points on the scale of the instrument"
    return column(name, sa.Numeric(9, 4), comment, unit=unit, aggregation="none", nullable=nullable)


def interval(of: str, what: str) -> list[sa.Column[Any]]:
    """Define the two ends of the 95 % interval of a mean, named `of`_lower and _upper, and the column of its method."""
    ends = {f"{of}_{end}": f"{end.title()} end of the 95 % interval of {what}." for end in ("lower", "upper")}
    method = f"How the interval was made. {words(METHODS)}."
    return [
        *(points(name, comment, nullable=True) for name, comment in ends.items()),
        column("interval", sa.Text, method, allowed=METHODS, explains=ends),
    ]


def ends_in_order(of: str, check: str) -> Expectation:
    """Return the expectation that the upper end of an interval is not below the lower one."""
    return Expectation(
        check,
        "expect_column_pair_values_a_to_be_greater_than_b",
        {
            "column_A": f"{of}_upper",
            "column_B": f"{of}_lower",
            "or_equal": True,
            "ignore_row_if": "either_value_is_missing",
        },
        "An interval with its ends swapped was computed wrongly.",
    )


def programme() -> list[sa.Column[Any]]:
    """Define the columns of the role of a trust of today in the exemplar programme, and how the trust got it."""
    return [
        column(
            "programme_role",
            sa.Text,
            "Best known role in the GDE programme of this organisation or of a member it absorbed; no_known_programme does "
            "not mean that there was none, and includes Digital Aspirants.",
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
            allowed=MEMBERSHIP,
        ),
        column(
            "programme_since",
            sa.Date,
            "First day on which the trust had programme_role through a takeover; null where it is the same body.",
            nullable=True,
        ),
    ]


def caveat() -> sa.Column[Any]:
    """Define the column of what must be said with every comparison of cohorts."""
    return column("caveat", sa.Text, "Caveat to state with every comparison of cohorts.")


def cohort(comment: str = "") -> sa.Column[Any]:
    """Define the column of the cohort."""
    default = (
        "Best known role of the body in a national digital programme: exemplar and fast follower whenever chosen, "
        "digital aspirant from when it became one. no_known_programme contains followers and aspirants that are not held."
    )
    return column("cohort", sa.Text, comment or default, allowed=COHORTS)


def care_type(*, whole: bool = True) -> sa.Column[Any]:
    """Define the column of the kind of care; `whole` allows the word for all kinds together."""
    comment = (
        "Kind of care. DMA: the care setting of the score. DMSA: the first of acute, mental health, community and "
        "ambulance that the organisation ticked in 2015/16, else its type today, else not_known"
    )
    everything = "; all: every kind together." if whole else "."
    return column(
        "care_type", sa.Text, comment + everything, allowed=CARE_TYPES if whole else CARE_TYPES[:-1]
    )


def instrument() -> sa.Column[Any]:
    """Define the column of the assessment."""
    return column(
        "instrument",
        sa.Text,
        "Assessment that gave the scores: DMSA (0 to 100, 2015/16 and 2017) or DMA (1 to 5); never to be chained.",
        allowed=["DMA", "DMSA"],
    )


cohort_score = table(
    "cohort_score",
    "Every score of an assessment beside the cohort it counts for: the rows behind all tables about exemplars. No effect "
    "of a programme is claimed. Grain: instrument x organisation x care setting x edition x period x measure.",
    [
        column("org_name", sa.Text, "Name of the organisation when assessed."),
        org_display_name(),
        org_code(comment="ODS code of the organisation when assessed."),
        successor_code("the organisation assessed"),
        column(
            "current_org_name",
            sa.Text,
            "Name of the successor today; null where there is none.",
            nullable=True,
        ),
        cohort(),
        column(
            "membership",
            sa.Text,
            f"How the body assessed came by its role in the exemplar programme. {words(MEMBERSHIP)}. Null without one.",
            allowed=MEMBERSHIP,
            nullable=True,
        ),
        column(
            "is_proposed_follower",
            sa.Boolean,
            "Whether the body was reported as a proposed fast follower and never confirmed.",
        ),
        care_type(whole=False),
        column(
            "care_setting",
            sa.Text,
            "Care setting that the score is about; whole_organisation for the DMSA.",
            allowed=[*CARE_SETTINGS, "whole_organisation"],
        ),
        instrument(),
        column("edition", sa.Text, "Edition of the assessment in which the score was published."),
        column("period", sa.Text, "Round of the assessment, such as 2015/16 or 2025."),
        column("period_start", sa.Date, "First day of the round.", nullable=True),
        column("period_end", sa.Date, "Last day of the round.", nullable=True),
        column("measure", sa.Text, "Theme, pillar or composite that was scored; see comparability."),
        column(
            "score",
            sa.Double,
            "Score on the scale of the instrument.",
            unit="score on the scale of the instrument",
            aggregation="none",
        ),
        column(
            "shared_score", sa.Boolean, "Whether another care setting of the provider has the same score."
        ),
        column(
            "panel",
            sa.Text,
            "Whether the body is compared between the first and last round of the instrument (of the edition, for the "
            f"DMA), and if not, why. {words(PANEL)}.",
            allowed=PANEL,
        ),
    ],
    key=["instrument", "org_code", "care_setting", "edition", "period", "measure"],
    layer=MARTS,
    expectations=(
        Expectation(
            "most_bodies_are_in_the_matched_panel",
            "expect_column_values_to_be_in_set",
            {"column": "panel", "value_set": ["matched"], "mostly": 0.6},
            "A panel of few says little about the others.",
            "WARN",
        ),
    ),
)
