"""Boards that trusts are confused with: integrated care boards and the clinical commissioning groups before them.

No fact here is about a board. Their names are held so that `NHS Somerset` is not mistaken for the trust of that name,
and so that a user sees what else a name may mean. Plain Python without pandas.
"""

from functools import cache

from assets.organisations.curation import curated, day
from assets.organisations.names import Name

ICB = "integrated care board"
CCG = "clinical commissioning group"


@cache
def boards() -> tuple[Name, ...]:
    """Return the names of boards with their known dates; `kind` says what each is."""
    icbs = (
        Name(str(row["icb_code"]), row["icb_name"], day(row["valid_from"]), day(row["valid_to"]), ICB)
        for row in curated("icbs").rows
        if row["icb_name"]
    )
    groups = (
        Name(str(row["org_code"]), str(row["name"]), day(row["open_date"]), day(row["close_date"]), CCG)
        for row in curated("commissioners").rows
    )
    return (*icbs, *groups)
