"""Every kind of comparison by name, from all modules."""

from collections.abc import Callable, Mapping

from assets.contract.guards import Guard, Kind
from pipelines.judging import comparisons, lists, payments
from pipelines.judging.sides import Found, Sides

_OTHERS: Mapping[Kind, Callable[[Guard, Sides], Found]] = {**lists.KINDS, **payments.KINDS}


def compare(guard: Guard, sides: Sides) -> Found:
    """Run the comparison of a guard."""
    kind = _OTHERS.get(guard.kind)
    return kind(guard, sides) if kind else comparisons.compare(guard, sides)


def alone(guard: Guard) -> bool:
    """Return whether a guard needs no file of a previous edition."""
    return guard.kind in lists.ALONE | payments.ALONE or comparisons.alone(guard)
