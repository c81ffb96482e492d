"""Beds available and occupied overnight (KH03): the averages of general and acute beds of each trust in a quarter.

Three layouts are read (`layouts`). The same quarter stands in several files, and one fact is published of each trust,
quarter and measure: the workbook of the quarter wins over the long files, and these over the compiled table. Only where
the publisher's number is whole and the compiled one, less than half a bed away, is not, the publisher's was rounded
and the compiled one is kept.
"""

import re
from typing import Any

import pandas as pd

from assets.contract import expectations, guards
from assets.contract.held_rules import Overlap
from assets.contract.periods import QUARTERS, financial_year, over, quarter_days
from assets.contract.source import KNOWN_REPORTERS, Coverage, Editions, Facts, Remote, Source, counted
from assets.sources.kh03.layouts import AVAILABLE, LAYOUTS, NEAR, OCCUPIED, PROSE, TABLE, parse

UPLOADS = "https://www.england.nhs.uk/statistics/wp-content/uploads/sites/2"
PAGE = "https://www.england.nhs.uk/statistics/statistical-work-areas/bed-availability-and-occupancy/bed-data-overnight/"
LINK = (
    r"/(?=[^/]*overnight)(?:[^/]*[-_])?q(?:uarter-)?(?P<quarter>[1-4])-(?P<start>20\d\d)-(?P<end>\d\d)"
    r"(?P<rest>[^/]*)\.xlsx$"
)
"""A workbook of beds overnight whose name gives its quarter, such as `Beds-Open-Overnight-Web_File-Q1-2025-26-revised.xlsx`."""
LONG = "2024-06-30"
"""The edition of the long files: the last day they hold."""
OCCUPANCY = "general_and_acute_bed_occupancy"
QUARTER = ["financial_year", "quarter"]
KEY = ["org_code_as_published", *QUARTER]
NOT_A_TRUST = r"^\d"
"""Codes of primary care trusts begin with a digit; they reported until March 2013."""
MOST_FULL = 0.05
"""Share of the rows in which more beds may be occupied than are available: no real file has one in a hundred."""
LEAST_FULL, FULL = 0.5, 0.98
"""Limits of the median share of beds occupied in a quarter: 0.62 (spring of 2020) to 0.93 in real files."""
NEARLY_EMPTY, MOST_EMPTY = 0.3, 0.05
"""A share of beds occupied, and the share of the rows below it: two in a hundred at most, in the spring of 2020."""


def _name(match: re.Match[str]) -> tuple[str, str]:
    """Return the quarter of a workbook. Raises ValueError where its name gives no financial year."""
    year = f"{match['start']}/{match['end']}"
    if year != financial_year(int(match["start"])):
        raise ValueError(f"{year} is no financial year")
    return f"{year}-Q{match['quarter']}", ""


def _version(match: re.Match[str]) -> int:
    """Return 1 for a revised workbook of a quarter, else 0."""
    return int("revised" in match["rest"].lower())


def facts(frame: pd.DataFrame) -> Facts:
    """Map staged rows to `denominator`: averages over a quarter of three months, and the share of beds occupied."""
    trusts = frame[~frame["org_code_as_published"].str.match(NOT_A_TRUST)]
    rows = chosen(trusts)
    codes = rows["org_code_as_published"]
    rows = rows.assign(org_name_as_published=rows["org_name_as_published"].fillna(codes))
    starts = rows["financial_year"].str[:4].astype(int)
    days = [quarter_days(start, name) for start, name in zip(starts, rows["quarter"], strict=True)]
    beds = over(rows, days).assign(
        measure_unit="beds",
        aggregation="average",
        fy_end_year=starts + 1,
        value=rows["amount"],
        months_reported=3,
        value_flag=None,
        value_status="published",
    )
    found = pd.concat([beds, _occupancy(beds)], ignore_index=True)
    return {"denominator": found}


def chosen(frame: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each trust, quarter and measure: the best one, or the compiled one where that was rounded."""
    fact = [*KEY, "measure"]
    ranked = frame.assign(rank=frame["layout"].map({name: at for at, name in enumerate(LAYOUTS)}))
    ranked = ranked.sort_values(["rank", "edition"], ascending=[True, False], kind="stable").drop(
        columns="rank"
    )
    best = ranked.drop_duplicates(fact).set_index(fact)
    compiled = ranked[ranked["layout"] == "compiled"].drop_duplicates(fact).set_index(fact)
    finer = compiled["amount"].reindex(best.index)
    rounded = (best["amount"] % 1 == 0) & (finer % 1 != 0) & ((best["amount"] - finer).abs() <= NEAR)
    kept = pd.concat([best[~rounded], compiled.loc[best.index[rounded]]])
    return kept.reset_index().sort_values(fact, ignore_index=True)


def _occupancy(beds: pd.DataFrame) -> pd.DataFrame:
    """Return the beds occupied in per cent of those available: derived, not applicable without beds, else missing."""
    available, occupied = (beds[beds["measure"] == name].set_index(KEY) for name in (AVAILABLE, OCCUPIED))
    where = available[[]].join(occupied).fillna(available)  # the place of the beds occupied, if there are any
    full = occupied["value"].reindex(available.index)
    value = (100 * full / available["value"].where(available["value"] > 0)).round(6)
    status = pd.Series("e", index=available.index).mask(value.isna(), "x").mask(available["value"] == 0, "z")
    made: dict[str, Any] = {"measure": OCCUPANCY, "measure_unit": "percent", "aggregation": "none"}
    return where.assign(**made, value=value, months_reported=None, value_status=status).reset_index()


def coverage(frame: pd.DataFrame) -> list[Coverage]:
    """Count the quarters held from the first to the last, those read from the publisher's own files, and who is left out."""
    held = frame[QUARTER].drop_duplicates().sort_values(QUARTER)
    places = [int(year[:4]) * 4 + QUARTERS.index(name) for year, name in held.itertuples(index=False)]
    own = frame.loc[frame["layout"] != "compiled", QUARTER].drop_duplicates()
    published = "quarters read from the publisher's own files"
    others = frame.loc[frame["org_code_as_published"].str.match(NOT_A_TRUST), "org_code_as_published"]
    return [
        counted("quarters with beds by trust", len(held), max(places) - min(places) + 1, PROSE["quarters"]),
        counted(published, len(own), len(held), PROSE["own_files"], "never fetched"),
        Coverage("primary care trusts with beds", 0, others.nunique(), "not in scope", PROSE["primary_care"]),
    ]


MOST_REVISED = 0.05
"""Share of the beds of a quarter that may differ by more than half a bed from those held: one in 9,760 of real files."""
BY = ("measure",)
QUARTERLY = {"layout": ("workbook", "compiled")}
OF_ENGLAND: dict[str, Any] = {"who": "measure", "by": tuple(QUARTER), "within": 0.01}
SOURCE = Source(
    "kh03",
    PROSE,
    editions=Editions(
        ("financial_year", "quarter", "day"),
        parts=("", "available", "occupied", "compiled"),
        follows={"": ("compiled",)},
    ),
    remotes=(
        *(
            Remote(f"{UPLOADS}/2024/09/KH03-{part.capitalize()}-Overnight-only.csv", edition=LONG, part=part)
            for part in ("available", "occupied")
        ),
        Remote(PAGE, link=LINK, name=_name, version=_version),
    ),
    table=TABLE,
    parse=parse,
    reads_part=True,
    facts=facts,
    coverage=coverage,
    claims=lambda frame: ~frame["org_code_as_published"].str.match(NOT_A_TRUST),
    # trusts without beds make no return
    reports={"denominator": KNOWN_REPORTERS},
    once=(*KEY, "measure"),
    overlap=Overlap(key=(*KEY, "measure"), columns=("amount",), differing=MOST_REVISED, within=NEAR),
    expectations=(
        expectations.row_count("about_as_many_rows_as_trusts_and_quarters", (150, 40_000)),
        expectations.unique("one_row_per_trust_quarter_and_measure", [*KEY, "measure"]),
        expectations.where(("layout", "!=", "history"), expectations.TRUST_CODES),
        expectations.like("most_codes_are_trust_codes", KEY[0], expectations.TRUST_CODE, mostly=0.95),
        expectations.distinct("about_as_many_trusts_as_have_beds", KEY[0], (170, 420)),
        expectations.statistic("mean_number_of_beds_is_plausible", "mean", "amount", (300, 700)),
        expectations.statistic("numbers_of_beds_are_spread", "stdev", "amount", (200, 900)),
    ),
    guards=(
        guards.same_unit("amount", by=BY),
        guards.not_doubled("amount", by=("quarter", "measure"), where=QUARTERLY),
        *guards.usual("amount", order=0.9, by=BY),
        guards.same_level("amount", (0.85, 1.15), where={"measure": AVAILABLE}, by=BY),
        guards.same_level(
            "amount", (0.6, 1.6), where={"measure": OCCUPIED}, by=BY, check="occupied_beds_keep_their_level"
        ),
        guards.same_order_everywhere("amount", 0.7, by=BY),
        guards.same_order(
            "amount", 0.9, by=BY, earlier=QUARTER, check="beds_follow_those_of_the_quarter_before"
        ),
        guards.nothing_slipped(
            "amount", by=BY, earlier=QUARTER, check="beds_stay_in_the_rows_of_the_quarter_before"
        ),
        guards.same_level(
            "amount",
            (0.85, 1.15),
            where={"measure": AVAILABLE},
            by=BY,
            earlier=QUARTER,
            check="available_beds_keep_the_level_of_the_quarter_before",
        ),
        guards.level_of(
            "beds_are_as_full_as_usual",
            "amount",
            ({"measure": OCCUPIED}, {"measure": AVAILABLE}),
            (LEAST_FULL, FULL),
            by=QUARTER,
        ),
        guards.seldom_exceeds(
            "occupied_beds_seldom_exceed_available_ones", (AVAILABLE, OCCUPIED), MOST_FULL, by=QUARTER
        ),
        guards.seldom_exceeds(
            "beds_are_seldom_nearly_empty", (OCCUPIED, AVAILABLE), MOST_EMPTY, by=QUARTER, times=NEARLY_EMPTY
        ),
        guards.no_copy(0.4, column="amount", groups=("quarter",), where={"measure": AVAILABLE}),
        guards.no_copy(
            0.1, column="amount", groups=BY, by=QUARTER, check="available_and_occupied_beds_differ"
        ),
        guards.no_repeat(("amount",), 0.2, by=BY, groups=tuple(QUARTER), where=QUARTERLY),
        guards.same_sizes(("quarter",), may_be_absent=True, where=QUARTERLY),
        guards.even("every_quarter_has_as_many_trusts", ("quarter", "measure"), 0.85),
        guards.nobody_gone("amount"),
        guards.everybody_open(where=QUARTERLY),
        *(
            guards.known_values("amount", check=f"{measure}_of_england_are_as_known", **OF_ENGLAND)
            for measure in (AVAILABLE, OCCUPIED)
        ),
    ),
)
