"""How much the matched panel of each cohort changed between two rounds: computed from `cohort_score`."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import sqlalchemy as sa

from assets.contract.columns import MARTS, Computed, column, table
from assets.marts.cohort_score import (
    FEWEST,
    care_type,
    cautions,
    caveat,
    cohort,
    count,
    ends_in_order,
    instrument,
    interval,
    points,
    rows_of,
)
from assets.marts.exemplars_then_and_now import mean_of
from assets.statistics import permutation
from assets.statistics.panels import ABOUT, both_rounds, by_care_type, groups, needed

MANY = 20
"""Bodies from which no permutation interval stands beside the other one."""
SMALLEST = {"DMSA": 2.5, "DMA": 0.1}
"""The smallest change worth speaking of, in points: 2.5 % of the scale. A quarter of all DMA changes are smaller."""
COMPARABLE = {
    "DMSA": (
        "capabilities",
        "capabilities_common_sections",
        "capabilities_dont_know_missing",
        "readiness",
        "infrastructure",
        "theme_mean_derived",
    ),
    "DMA": ("overall_comparable",),
}
KEY = [*ABOUT, "measure", "care_type", "cohort"]


def comparable(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs whose measure has been asked alike enough in both rounds, with their change."""
    alike = [(name, measure) for name, measures in COMPARABLE.items() for measure in measures]
    kept = pairs[pd.MultiIndex.from_frame(pairs[["instrument", "measure"]]).isin(alike)]
    return kept.assign(change=(kept["after"] - kept["before"]).round(9))


def _row(rows: pd.DataFrame, instrument_: str) -> dict[str, Any]:
    change, bodies = rows["change"], rows["org_code"]
    estimate, method = mean_of(change.to_numpy(), bodies.to_numpy())
    number = bodies.nunique()
    shuffled = FEWEST <= number < MANY
    ends = permutation.change(rows.groupby("org_code")["change"].mean()) if shuffled else None
    band = SMALLEST[instrument_]
    return {
        "n_organisations": number,
        "n_scores": len(rows),
        "mean_before": rows["before"].mean(),
        "mean_after": rows["after"].mean(),
        "mean_change": estimate.value,
        "change_lower": estimate.lower,
        "change_upper": estimate.upper,
        "interval": method,
        "permutation_lower": ends and ends[0],
        "permutation_upper": ends and ends[1],
        "permutation": "published" if ends else "z",
        "smallest_change": band,
        "n_rose": int((change >= band).sum()),
        "n_about_the_same": int((change.abs() < band).sum()),
        "n_fell": int((change <= -band).sum()),
    }


def make(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the change of each cohort, from `cohort_score` and `caveat`."""
    pairs = comparable(both_rounds(needed(frames["cohort_score"])))
    rows = []
    for key, panel in groups(pairs[pairs["panel"] == "matched"], *ABOUT, "measure"):
        for kind, some in by_care_type(panel):
            for (name,), members in groups(some, "cohort"):
                rows.append(dict(zip(KEY, (*key, kind, name), strict=True)) | _row(members, key[0]))
    return rows_of(exemplars_change, rows, caveat=cautions(frames["caveat"]))


def about() -> list[sa.Column[Any]]:
    """Return the columns that name a comparison of two rounds."""
    return [
        instrument(),
        column(
            "edition",
            sa.Text,
            "Edition of the DMA in which both scores were published; empty for the DMSA, whose rounds are editions.",
        ),
        column("period_before", sa.Text, "Earlier round, such as 2015/16."),
        column("period_after", sa.Text, "Later round, such as 2017."),
    ]


exemplars_change = table(
    "exemplars_change",
    "Change of the matched panel of each cohort between two rounds of one instrument, with a 95 % interval. Bodies are in "
    "it that were scored in both rounds and are the same body. Grain: comparison x measure x care type x cohort.",
    [
        cohort(),
        care_type(),
        *about(),
        column(
            "measure",
            sa.Text,
            "What was scored. capabilities is as published; capabilities_common_sections holds the eight sections that both "
            "rounds have, and is the one to quote; capabilities_dont_know_missing is the same without Don't Know, which 2015/16 scores 0.",
        ),
        count("n_organisations", "How many bodies are compared."),
        count("n_scores", "How many scores are compared: one for each care setting."),
        points("mean_before", "Mean score of the panel in the earlier round."),
        points("mean_after", "Mean score of the panel in the later round."),
        points("mean_change", "Mean of later minus earlier score."),
        *interval("change", "the mean change"),
        points(
            "permutation_lower",
            f"Lower end of the interval by flipping signs ({permutation.DRAWS} draws, seed {permutation.SEED}); a body counts once.",
            nullable=True,
        ),
        points("permutation_upper", "Upper end of the interval by flipping signs.", nullable=True),
        column(
            "permutation",
            sa.Text,
            f"published, or z where there are fewer than 6 bodies, of which no sign could be rejected, or {MANY} and more.",
            allowed=["published", "z"],
            explains=["permutation_lower", "permutation_upper"],
        ),
        points("smallest_change", "Smallest change worth speaking of: 2.5 % of the scale."),
        count("n_rose", "How many scores rose by at least smallest_change."),
        count("n_about_the_same", "How many scores changed by less than smallest_change."),
        count("n_fell", "How many scores fell by at least smallest_change."),
        caveat(),
    ],
    key=KEY,
    layer=MARTS,
    computed=Computed(("caveat", "cohort_score"), make),
    expectations=(ends_in_order("change", "a_change_lies_within_its_interval"),),
)
