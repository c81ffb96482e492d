"""How much more or less a cohort changed than others, in four ways side by side: computed from `cohort_score`.

The sign depends on the way, which is why none is published alone. Unadjusted, those who start high are compared with
bodies that had more room and regress less. Adjusted for the score of the start, by a straight line, the error of a
self-assessed start makes the slope too flat and so favours whoever started high, as far as the choice rested on anything
but that score (Lord, F. M. (1967), "A paradox in the interpretation of group comparisons", Psychological Bulletin 68,
304-305).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa
from numpy.typing import NDArray

from assets.contract.columns import MARTS, Computed, column, table
from assets.marts.cohort_score import (
    COHORTS,
    FEWEST,
    care_type,
    cautions,
    caveat,
    count,
    ends_in_order,
    points,
    rows_of,
    words,
)
from assets.marts.exemplars_change import MANY, about, comparable
from assets.statistics import intervals, permutation
from assets.statistics.panels import ABOUT, both_rounds, by_care_type, groups, needed

MEASURES = {
    "published": {"DMSA": "capabilities"},
    "common": {"DMSA": "capabilities_common_sections", "DMA": "overall_comparable"},
}
"""The measure of each way, by instrument: DMA scores are only comparable on common questions."""
DONT_KNOW_MISSING = "capabilities_dont_know_missing"
COMPARED = {
    "exemplar": ("all_others", "no_known_programme"),
    "fast_follower": ("no_known_programme",),
    "aspirant": ("no_known_programme",),
}
OTHERS = ("all_others", "no_known_programme")
SUPPORT = {"DMSA": 50.0, "DMA": 2.5}
SAMPLES = {
    "matched_panel": "bodies in both rounds that are the same body",
    "all_pairs": "every body in both rounds, whatever happened in between",
    "chosen_bodies_only": "the matched panel without bodies that absorbed a member or others since they were chosen",
    "with_proposed_followers": "the matched panel, with bodies that were reported as proposed followers counted as followers",
    "without_proposed_followers": "the matched panel without bodies that were reported as proposed followers",
    "dont_know_missing": "the matched panel, with Don't Know left out of the common sections, which 2015/16 scores 0 (DMSA)",
    "common_support": "bodies of the matched panel that started at half of the scale or above (DMSA 50, DMA 2.5)",
}
WAYS = [f"{adjusted}_{measure}" for measure in MEASURES for adjusted in ("unadjusted", "adjusted")]
ENDS = ("", "_lower", "_upper", "_permutation_lower", "_permutation_upper")
KEY = [*ABOUT, "care_type", "sample", "cohort", "compared_with"]


def _samples(pairs: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    matched = pairs[pairs["panel"] == "matched"]
    yield "matched_panel", matched
    yield "all_pairs", pairs[pairs["panel"] != "one_round_only"]
    yield "chosen_bodies_only", matched[matched["membership"].isna() | (matched["membership"] == "same")]
    proposed = matched["is_proposed_follower"].astype(bool)
    yield "with_proposed_followers", matched.assign(cohort=matched["cohort"].mask(proposed, "fast_follower"))
    yield "without_proposed_followers", matched[~proposed]
    replaced = matched["measure"].replace(DONT_KNOW_MISSING, MEASURES["common"]["DMSA"])
    if not replaced.equals(matched["measure"]):
        on_common = matched["measure"] == MEASURES["common"]["DMSA"]
        yield "dont_know_missing", matched.assign(measure=replaced)[~on_common]
    yield "common_support", matched[matched["before"] >= matched["instrument"].map(SUPPORT)]


@dataclass(frozen=True)
class Pairs:
    """Scores in both rounds, as arrays: of whom, of which cohort, of what, at the start, and their change."""

    org_code: NDArray[Any]
    cohort: NDArray[Any]
    measure: NDArray[Any]
    before: NDArray[np.float64]
    change: NDArray[np.float64]

    @classmethod
    def of(cls, rows: pd.DataFrame) -> "Pairs":
        """Return the pairs of some rows: small selections of arrays are quick, of frames slow."""
        return cls(*(rows[one.name].to_numpy() for one in fields(cls)))

    def where(self, kept: NDArray[np.bool_]) -> "Pairs":
        """Return the pairs that a mask keeps."""
        return Pairs(*(getattr(self, one.name)[kept] for one in fields(self)))


def _bodies(pairs: Pairs) -> int:
    return len(set(pairs.org_code))


def _estimates(pairs: Pairs, cohort: str, way: str) -> dict[str, Any]:
    """Return both estimates of a measure with their intervals; none where a side has fewer than FEWEST bodies."""
    chosen = pairs.cohort == cohort
    sizes = [_bodies(pairs.where(side)) for side in (chosen, ~chosen)]
    status = f"{way}_status"
    if min(sizes) < FEWEST or len(set(pairs.before)) < FEWEST:
        return {status: "low" if len(pairs.change) else "z"}
    repeated = _bodies(pairs) < len(pairs.change)
    clusters = pairs.org_code if repeated else None
    found: dict[str, Any] = {status: "published"}
    in_cohort = chosen.astype(float)
    for name, baseline in (("unadjusted", ()), ("adjusted", (pairs.before,))):
        estimate = intervals.regression(pairs.change, in_cohort, *baseline, clusters=clusters)[1]
        ends = None
        if min(sizes) < MANY and not repeated:
            ends = permutation.difference(pairs.change, in_cohort, *baseline)
        values = (estimate.value, estimate.lower, estimate.upper, *(ends or (None, None)))
        found |= {f"{name}_{way}{end}": value for end, value in zip(ENDS, values, strict=True)}
        found["interval"] = "cr1" if repeated else "hc3"
        found["permutation"] = "published" if ends else "z"
    return found


def _sides(pairs: Pairs) -> Iterator[tuple[str, str, Pairs]]:
    for cohort, others in COMPARED.items():
        for other in others:
            chosen = pairs.cohort == cohort
            kept = pairs if other == "all_others" else pairs.where(chosen | (pairs.cohort == other))
            yield cohort, other, kept


def _row(pairs: Pairs, cohort: str, instrument: str) -> dict[str, Any]:
    found: dict[str, Any] = {"interval": "none", "permutation": "z"}
    for way, measures in MEASURES.items():
        found |= _estimates(pairs.where(pairs.measure == measures.get(instrument, "")), cohort, way)
    headline = pairs.where(pairs.measure == MEASURES["common"][instrument])
    chosen = headline.cohort == cohort
    for side, some in ((chosen, "cohort"), (~chosen, "others")):
        those = headline.where(side)
        found[f"n_{some}"] = _bodies(those)
        found[f"baseline_{some}"] = those.before.mean() if len(those.before) else None
    return found


def make(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the differences between cohorts, from `cohort_score` and `caveat`."""
    pairs = comparable(both_rounds(needed(frames["cohort_score"])))
    compared_on = {measure for measures in MEASURES.values() for measure in measures.values()}
    named = pairs["measure"].isin({*compared_on, DONT_KNOW_MISSING})
    rows = []
    for key, compared in groups(pairs[named], *ABOUT):
        for kind, some in by_care_type(compared):
            for sample, members in _samples(some):
                for cohort, other, sides in _sides(Pairs.of(members)):
                    made_of = (*key, kind, sample, cohort, other)
                    made = _row(sides, cohort, key[0])
                    if made["n_cohort"] and made["n_others"]:
                        rows.append(dict(zip(KEY, made_of, strict=True)) | made)
    return rows_of(exemplars_difference, rows, caveat=cautions(frames["caveat"]))


def _ways() -> Iterator[sa.Column[Any]]:
    adjusted = {
        "unadjusted": "Mean change of the cohort minus that of the others",
        "adjusted": "Difference of change between the cohort and others after a straight-line adjustment for the score of the start",
    }
    measured = {
        "published": "capabilities as published",
        "common": "the eight common sections (DMSA) or the comparable overall score (DMA)",
    }
    for way in MEASURES:
        names = [f"{name}_{way}" for name in adjusted]
        for name, meaning in adjusted.items():
            yield points(f"{name}_{way}", f"{meaning}, on {measured[way]}.", nullable=True)
            yield points(f"{name}_{way}_lower", "Lower end of its 95 % interval.", nullable=True)
            yield points(f"{name}_{way}_upper", "Upper end of its 95 % interval.", nullable=True)
            yield points(
                f"{name}_{way}_permutation_lower", "Lower end of its permutation interval.", nullable=True
            )
            yield points(
                f"{name}_{way}_permutation_upper", "Upper end of its permutation interval.", nullable=True
            )
        yield column(
            f"{way}_status",
            sa.Text,
            f"published; low: fewer than {FEWEST} bodies on a side; z: the instrument has no such measure.",
            allowed=["published", "low", "z"],
            explains=[f"{name}{end}" for name in names for end in ENDS[:3]],
        )


exemplars_difference = table(
    "exemplars_difference",
    "How much more (or less) a cohort changed than others, always in four ways side by side: unadjusted and adjusted for "
    "the score of the start, on the measure as published and on common questions. The sign depends on the way: never "
    "quote one alone. No effect of a programme is claimed. Grain: comparison x care type x sample x cohort x others.",
    [
        column("cohort", sa.Text, "Cohort whose change is compared.", allowed=COHORTS),
        column(
            "compared_with",
            sa.Text,
            "Who the others are: all bodies outside of the cohort, or those without a known programme.",
            allowed=OTHERS,
        ),
        care_type(),
        *about(),
        column(
            "sample",
            sa.Text,
            f"Which bodies are compared. {words(SAMPLES)}.",
            allowed=SAMPLES,
        ),
        count("n_cohort", "How many bodies of the cohort are compared, on common questions."),
        count("n_others", "How many others they are compared with, on common questions."),
        points("baseline_cohort", "Mean score of the cohort in the earlier round, on common questions."),
        points("baseline_others", "Mean score of the others in the earlier round, on common questions."),
        *_ways(),
        column(
            "interval",
            sa.Text,
            "How intervals were made. hc3: robust to unequal spread, one score per body; cr1: cluster-robust over bodies with "
            "several scores; none: too few bodies.",
            allowed=["hc3", "cr1", "none"],
        ),
        column(
            "permutation",
            sa.Text,
            f"published where a side has from {FEWEST} to {MANY - 1} bodies with one score each ({permutation.DRAWS} draws, seed "
            f"{permutation.SEED}), else z. A permutation assumes the same spread on both sides: it is wider where the cohort "
            "is more alike than the others.",
            allowed=["published", "z"],
            explains=[f"{way}{end}" for way in WAYS for end in ENDS[3:]],
        ),
        caveat(),
    ],
    key=KEY,
    layer=MARTS,
    computed=Computed(("caveat", "cohort_score"), make),
    expectations=(ends_in_order("unadjusted_common", "a_difference_lies_within_its_interval"),),
)
