"""Trusts whose hospital appointments can be seen in the NHS App: a page with lists by region.

No copy of the page is held, so this is a contract with its description: lists of trusts, each under a heading with a
region and one with `core features` or `additional features`, in either order. A page laid out otherwise is refused.
The page is overwritten; each day on which it is fetched is an edition.
"""

from collections.abc import Iterable
from typing import Any

import pandas as pd
import sqlalchemy as sa

from assets.contract import expectations, guards, prose, row
from assets.contract.columns import snapshot
from assets.contract.parsed import Parsed, StructureError
from assets.contract.periods import day_of, on_snapshot
from assets.contract.source import Editions, Facts, Remote, Revision, Source
from assets.reading.page_lists import Item, page_items
from assets.reading.structure import Record, normal, tidy

PROSE = prose.beside(__file__)
PAGE = "https://digital.nhs.uk/services/nhs-app/nhs-app-features/hospital-referrals-and-appointments-in-the-nhs-app"
REGIONS = {
    name.lower(): name
    for name in (
        *("East of England", "London", "Midlands", "North East and Yorkshire", "North West"),
        *("South East", "South West"),
    )
}
FEATURES = {"core features": "core", "additional features": "additional"}
NAME, REGION, FEATURE = "trust", "region", "features"
"""The cells of a row; the page has headings and no header."""

ROW = row.Row(
    row.text("org_name_as_published", NAME, pattern=r"(?i)^.*\btrust\b.*$", like="a trust"),
    row.word("region_as_published", REGION, REGIONS),
    row.given("features", sa.Text, FEATURE, allowed=FEATURES.values()),
    prose=PROSE,
)
TABLE = ROW.staged("nhs_app", own_headers=True)

nhs_app_status = ROW.fact(
    "nhs_app_status",
    ["features", "region_as_published", *snapshot("the list")],
    key=["org_code", "features", "edition"],
)


def parse(content: bytes, edition: str) -> Parsed:
    """Read the page as it was on `edition`, an ISO day: a row per trust and features. Raises StructureError."""
    day_of(edition)
    items = page_items(content)
    records = [record for item in items if (record := _record(item)) is not None]
    unplaced = sorted({record.cells[REGION] for record in records if not record.cells[FEATURE]})
    if unplaced:
        raise StructureError(
            f"expected lists of trusts under a heading with {' or '.join(FEATURES)}, found one under {REGIONS[unplaced[0]]} alone: the page is laid out in another way"
        )
    if absent := REGIONS.keys() - {record.cells[REGION] for record in records}:
        named = ", ".join(REGIONS[region] for region in sorted(absent))
        raise StructureError(
            f"expected a list of trusts for every region, found none for {named}: the page is laid out in another way, or is not the page"
        )
    ignored = [f"{others} items of lists under no region"] if (others := len(items) - len(records)) else []
    return tidy(records, _live, ignored=ignored)


def _record(item: Item) -> Record | None:
    """Return the row of an item under a region; None for an item of another list."""
    headings = [normal(heading) for heading in item.headings]
    region = _last(
        heading.removesuffix(" region") for heading in headings if heading.removesuffix(" region") in REGIONS
    )
    if not region:
        return None
    features = _last(FEATURES[words] for heading in headings for words in FEATURES if words in heading)
    return Record("", item.row, {NAME: item.text, REGION: region, FEATURE: features}, {})


def _last(found: Iterable[str]) -> str:
    return ([*found] or [""])[-1]


def _live(record: Record) -> dict[str, Any]:
    return ROW.read(record, None, features=record.cells[FEATURE])


def facts(frame: pd.DataFrame) -> Facts:
    """Map staged rows to `nhs_app_status`; trusts are matched by name."""
    return {"nhs_app_status": on_snapshot(frame).assign(value_status="published")}


LISTED = ("org_name_as_published", "features")
WHO: dict[str, Any] = {"who": "org_name_as_published"}
SOURCE = Source(
    "nhs_app",
    PROSE,
    editions=Editions(("day",)),
    remotes=(Remote(PAGE, page=True),),
    table=TABLE,
    parse=parse,
    facts=facts,
    absent={"nhs_app_status": PROSE["absent"]},
    once=LISTED,
    revision=Revision(groups=("region_as_published",)),
    expectations=(
        expectations.row_count("many_trusts_are_live", (50, 600)),
        expectations.unique("a_trust_is_listed_once", LISTED),
        expectations.exactly("both_kinds_of_features_are_listed", "features", FEATURES.values()),
        expectations.exactly("every_region_has_a_list", "region_as_published", REGIONS.values()),
    ),
    guards=(
        *guards.usual("region_as_published", words=0.8, filled=None, by=("features",), **WHO),
        guards.same_sizes(("region_as_published", "features"), (0.7, 2)),
        guards.nobody_gone(most=0.1, **WHO),
    ),
)
