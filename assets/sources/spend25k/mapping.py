"""From staged sums to the facts of each trust and month, and what is held of what trusts publish."""

import pandas as pd

from assets.contract.columns import PUBLISHER_FILE
from assets.contract.source import Coverage, Facts, counted
from assets.sources.spend25k.classification import IT_CATEGORIES, UNCLASSIFIED
from assets.sources.spend25k.tables import PROSE
from assets.sources.spend25k.unusual import cautions


def facts(frame: pd.DataFrame) -> Facts:
    """Sum staged rows to `it_spend_over_25k`: trust x month x category.

    Where two files report the same month of a trust, the one about fewer months counts, so that none counts twice.
    """
    once = _without_overlaps(frame)
    once = once.assign(caution=cautions(once))
    month = ["edition", "org_code_as_published", "month"]
    grouped = once.sort_values("source_row").groupby([*month, "category"], as_index=False, sort=True)
    summed = grouped.agg(
        org_name_as_published=("org_name_as_published", "first"),
        amount_gbp=("amount_gbp", "sum"),
        lines=("lines", "sum"),
        caution=("caution", "first"),
        source_file_sha256=(PUBLISHER_FILE, "first"),
        source_sheet=("source_sheet", "first"),
        source_row=("source_row", "first"),
    )
    known = summed["lines"].where(summed["category"] != UNCLASSIFIED, 0)
    by_month = [summed[name] for name in month]
    share = known.groupby(by_month).transform("sum") / summed["lines"].groupby(by_month).transform("sum")
    first = pd.PeriodIndex(summed["month"], freq="M")
    rows = summed.assign(
        amount_gbp=summed["amount_gbp"].round(2),
        is_it=summed["category"].isin(IT_CATEGORIES),
        classified_pct=(share * 100).round(2),
        fy_end_year=[int(edition[:4]) + 1 for edition in summed["edition"]],
        period_start=list(first.start_time.date),
        period_end=list(first.end_time.date),
        resolve_on=list(first.start_time.date),
        value_status="e",
    )
    return {"it_spend_over_25k": rows}


def _without_overlaps(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of one file per trust and month."""
    file = (
        frame["source_file_sha256"] + frame[PUBLISHER_FILE]
    )  # the same file may be in a series and by itself
    months = frame["month"].groupby(file).transform("nunique")
    ordered = frame.assign(file=file, months=months).sort_values(["months", "file"])
    month = ["edition", "org_code_as_published", "month"]
    chosen = ordered.groupby(month)["file"].transform("first")
    return frame[chosen.reindex(frame.index) == file]


def coverage(frame: pd.DataFrame) -> list[Coverage]:
    """Return for each edition the trusts held, the lines classified, and the months held of each trust."""
    return [found for edition, rows in frame.groupby("edition") for found in _held(str(edition), rows)]


def _held(edition: str, rows: pd.DataFrame) -> list[Coverage]:
    once = _without_overlaps(rows)
    lines = once["lines"]
    known = lines[once["category"] != UNCLASSIFIED].sum()
    by_trust = once.groupby("org_code_as_published")["month"].nunique()
    subject = f"trusts whose payments are held, {edition}"
    return [
        Coverage(subject, len(by_trust), None, "partial", PROSE["trusts"]),
        Coverage(f"lines classified, {edition}", int(known), int(lines.sum()), "partial", PROSE["lines"]),
        *(
            counted(f"months of {code}, {edition}", held, 12, PROSE["months"])
            for code, held in by_trust.items()
        ),
    ]
