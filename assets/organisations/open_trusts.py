"""The trusts that are open now, without reading a staged table: for sources that have an address for each of them."""

from functools import cache

from assets.contract.frozen_editions import frozen_editions, frozen_rows
from assets.organisations.curation import curated


@cache
def open_trusts() -> tuple[str, ...]:
    """Return the codes of the English trusts that are open in the newest frozen list, and of the open care trusts."""
    lists = [frozen for frozen in frozen_editions("ods") if frozen.descriptor.part == "etr"]
    newest = max(lists, key=lambda frozen: frozen.descriptor.edition)
    codes = [
        row["org_code"] for row in frozen_rows(newest) if not row["close_date"] and row["gor_code"] != "W"
    ]
    codes += [str(row["org_code"]) for row in curated("care_trusts").rows if not row["close_date"]]
    return tuple(sorted(set(codes)))
