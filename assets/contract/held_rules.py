"""Rules that compare a new file with the files already held, as data of a source. Nothing here runs a comparison.

Two rules. A new file of a held edition may correct it but not replace it with something else (`Revision`).
A new edition that repeats values of an earlier period must repeat the values published then (`Overlap`).
"""

from dataclasses import dataclass

REVISES_LITTLE = "revises_little_of_what_is_held"
"""The check under which `Revision` is published; acknowledgements refer to it."""
WHY_REVISES_LITTLE = (
    "A new file of an edition corrects some of its values. One that changes more, lacks rows or gives organisations the "
    "values of others is damaged, of another edition, or about other organisations."
)
AGREES = "agrees_with_other_editions"
"""The check under which `Overlap` is published."""


@dataclass(frozen=True)
class Revision:
    """How much a new file may differ from the held file of its edition and part. Shares are from 0 to 1.

    `changed` is the share of the values of one column that may change, `changed_in_group` the share within one group,
    `lost` the share of the rows of any group that may be missing. `reason` says why a source differs from the defaults.
    Rows match by `key` (default: `Source.once`); without either nothing is compared. Groups are the values of each key
    column with few values (unless `by_key` is false) and of each column in `groups`. Columns in `ignored` are not
    compared. The sum of each column in `sums` may fall by the share `lost_of_sums`, in the whole file and in each group.
    Against rows that a re-user compiled, differences up to `changed_of_compiled` and `lost_of_compiled` are
    only a warning: the publisher's own file wins.
    """

    changed: float = 0.03
    changed_in_group: float = 0.25
    lost: float = 0.01
    reason: str = ""
    key: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    by_key: bool = True
    ignored: tuple[str, ...] = ()
    sums: tuple[str, ...] = ()
    lost_of_sums: float = 0.25
    changed_of_compiled: float = 0.3
    lost_of_compiled: float = 0.3


@dataclass(frozen=True)
class Overlap:
    """Values that a new edition and an earlier one both hold, and how closely they must agree.

    Rows match by `key`, which includes the period. Of the values of `columns` in both editions, at most the share
    `differing` may differ by more than `within` (in the unit of the column). Without columns nothing is compared.
    `why` is the reason for the limit, or the reason why there is nothing to compare.
    """

    why: str = ""
    key: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    differing: float = 0.1
    within: float = 0.0


NO_OVERLAP = Overlap("An edition covers only its own period: no other edition holds its values.")
