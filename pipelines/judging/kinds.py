"""Every kind of comparison by its name, whichever module it is in."""

from collections.abc import Callable, Mapping

from assets.contract.guards import Guard, Kind
from pipelines.judging import comparisons, lists, payments
from pipelines.judging.sides import Found, Sides

_OTHERS: Mapping[Kind, Callable[[Guard, Sides], Found]] = {**lists.KINDS, **payments.KINDS}


def compare(guard: Guard, sides: Sides) -> Found:
    """Compare as a guard says."""
    kind = _OTHERS.get(guard.kind)
    return kind(guard, sides) if kind else comparisons.compare(guard, sides)


def alone(guard: Guard) -> bool:
    """Say whether a guard needs no file of an edition before."""
    return guard.kind in lists.ALONE | payments.ALONE or comparisons.alone(guard)
