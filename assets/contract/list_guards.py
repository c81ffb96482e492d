"""Builders of guards for a list of organisations: the list alone, and in comparison with the previous list."""

from typing import Any

from assets.contract.guards import Guard

STAY_TOGETHER = 0.9
"""Share of the organisations that stay with their group when groups are reorganised."""
_CODE = "org_code"


def steady(cell: str, most: float, **more: Any) -> Guard:
    """Refuse a list in which a cell changed for more than `most` of the codes, plus `per_year` for each year between lists."""
    why = "Little changes for a code from one list to the next: a cell that changed for many is shifted against the codes."
    return Guard(
        f"{cell}_belongs_to_the_same_trusts",
        "changed",
        "",
        most,
        why,
        who=_CODE,
        cell=cell,
        least=STAY_TOGETHER,
        **more,
    )


def not_those_of_others(cell: str, most: int = 1) -> Guard:
    """Refuse a list in which more than `most` codes have the value that another code had before."""
    why = (
        "A renamed organisation takes a new name, not that of another: rows are shifted, or two were swapped."
    )
    return Guard(f"{cell}_is_not_that_of_another", "of_others", "", most, why, who=_CODE, cell=cell)


def not_shared(cell: str, opened: str, closed: str) -> Guard:
    """Refuse a list in which two organisations that are open on its day have the same name in `cell`."""
    why = "Two organisations that are open have different names: one has the name of another, which would get its values."
    return Guard(
        f"{cell}_is_that_of_one_trust", "shared", "", 0, why, who=_CODE, cell=cell, by=(opened, closed)
    )


def never_undone(cell: str, most: int = 1) -> Guard:
    """Refuse a list in which more than `most` dates are missing or changed."""
    why = "A date once set stays: missing or changed dates mean an old list, or shifted rows."
    return Guard(f"{cell}_stays_set", "undone", "", most, why, who=_CODE, cell=cell)


def few_at_once(cell: str, most: int, *, per_year: float) -> Guard:
    """Refuse a list in which more than `most` dates are new, plus `per_year` for each year between lists."""
    why = "Few organisations close at a time: many at once are dates beside the wrong codes."
    return Guard(
        f"{cell}_is_new_for_few", "set_at_once", "", most, why, who=_CODE, cell=cell, per_year=per_year
    )


def still_listed(most: float) -> Guard:
    """Refuse a list that lacks more than `most` of the codes of the previous list, including closed ones."""
    why = "Lists keep closed organisations or drop a few at a time: with many codes gone, the list is cut short or old."
    return Guard("codes_are_still_listed", "kept", "", most, why, who=_CODE)


def not_older(*cells: str) -> Guard:
    """Refuse a list whose newest dates are older than those of the previous list."""
    why = "A newer list has at least the dates of the previous one: an older newest date is an old list under a new date."
    return Guard("list_is_newer_than_the_one_before", "advances", "", 0, why, who=_CODE, by=cells)


def no_opening_ahead(cell: str, *, days: int) -> Guard:
    """Refuse a list with an opening more than `days` after the date of the list."""
    why = "Openings are listed weeks ahead, not longer: the list is newer than its stated date."
    return Guard("list_is_not_older_than_its_dates", "dated", "", days, why, who=_CODE, by=(cell,))


def no_closing_far_ahead(cell: str, *, days: int) -> Guard:
    """Refuse a list with a closing more than `days` after the date of the list."""
    why = "Closings are announced up to a year ahead: a later one is mistyped, or the list is newer than its stated date."
    return Guard(f"{cell}_is_not_far_ahead", "dated", "", days, why, who=_CODE, by=(cell,))


def follows(column: str, other: str, least: float, *, pattern: str = "") -> Guard:
    """Refuse a list in which fewer than `least` of the codes have the `other` that is usual for their `column`."""
    why = f"Codes of one {column} share their {other}: where they do not, one of the two is shifted against the codes."
    return Guard(
        f"{other}_follows_{column}",
        "in_groups",
        column,
        0,
        why,
        who=_CODE,
        by=(other,),
        least=least,
        pattern=pattern,
    )
