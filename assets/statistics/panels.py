"""Scores of the same bodies in two rounds, side by side."""

from collections.abc import Iterator

import pandas as pd

ABOUT = ["instrument", "edition", "period_before", "period_after"]
"""The columns that name a comparison; `edition` is empty where each round is an edition of its own."""
BODY = ["org_code", "care_setting"]
EVERYBODY = "all"


NEEDED = [
    *("instrument", "edition", "period", "period_start", "period_end", "measure", "care_type", *BODY),
    *("cohort", "membership", "is_proposed_follower", "panel", "score"),
]


def needed(cohort_score: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of `cohort_score` that are computed with, as plain objects: small groups of those are quick."""
    return cohort_score[NEEDED].astype(dict.fromkeys(set(NEEDED) - {"score", "is_proposed_follower"}, object))


def both_rounds(scores: pd.DataFrame) -> pd.DataFrame:
    """Return a row per body, care setting and measure that was scored in the first and the last round, as compared.

    `scores` is what `needed` returns. Columns: ABOUT, BODY, measure, before, after, and what the later row says of the body.
    """
    series = scores.assign(edition=scores["edition"].where(scores["instrument"] != "DMSA", ""))
    pairs = []
    for (instrument, edition, measure), rows in series.groupby(
        ["instrument", "edition", "measure"], sort=True
    ):
        first, last = rows["period"].min(), rows["period"].max()
        if first == last:
            continue
        before = rows[rows["period"] == first].set_index(BODY)["score"]
        after = rows[rows["period"] == last].rename(columns={"score": "after"})
        kept = after.join(before.rename("before"), on=BODY, how="inner")
        pairs.append(
            kept.assign(
                instrument=instrument,
                edition=edition,
                measure=measure,
                period_before=first,
                period_after=last,
            )
        )
    columns = [*ABOUT, *BODY, "care_type", "measure", "cohort", "membership", "is_proposed_follower", "panel"]
    found = pd.concat(pairs) if pairs else series.iloc[:0].reindex(columns=[*columns, "before", "after"])
    return found[[*columns, "before", "after"]].sort_values([*ABOUT, "measure", *BODY], ignore_index=True)


def groups(rows: pd.DataFrame, *columns: str) -> Iterator[tuple[tuple[str, ...], pd.DataFrame]]:
    """Yield the rows of each combination of words in `columns`, in the order of these."""
    for key, some in rows.groupby(list(columns), sort=True):
        yield tuple(map(str, key)), some


def by_care_type(rows: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the rows of each kind of care, and all of them."""
    for (care_type,), some in groups(rows, "care_type"):
        yield care_type, some
    yield EVERYBODY, rows
