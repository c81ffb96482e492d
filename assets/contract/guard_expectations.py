"""The guards of a source as expectations, so that they are listed beside the checks of a file."""

from typing import Any

from assets.contract import held_rules
from assets.contract.expectations import Expectation
from assets.contract.guards import ACKNOWLEDGED, KNOWN_TRUSTS, NEEDED
from assets.contract.source import Source


def expected(source: Source) -> tuple[Expectation, ...]:
    """Return everything expected of the files of a source: of each file alone and in comparison with others."""
    excused = Expectation(ACKNOWLEDGED, "guard_acknowledged", {}, NEEDED, "WARN")
    described = [*(guard.described for guard in source.guards), *_described_held(source)]
    named = "org_name_as_published" in source.table.columns
    return (
        *source.expectations,
        *described,
        *([excused] if described else []),
        *([KNOWN_TRUSTS] if named else []),
    )


def _described_held(source: Source) -> list[Expectation]:
    """Return the rules that compare a file with the files already held, as expectations."""
    rules = (
        (
            held_rules.REVISES_LITTLE,
            "guard_revision",
            source.revision if source.natural_key else None,
            held_rules.WHY_REVISES_LITTLE,
        ),
        (
            held_rules.AGREES,
            "guard_overlap",
            source.overlap if source.overlap.columns else None,
            source.overlap.why,
        ),
    )
    return [Expectation(check, kind, _shown(rule), why) for check, kind, rule, why in rules if rule]


def _shown(rule: held_rules.Revision | held_rules.Overlap) -> dict[str, Any]:
    return {name: value for name, value in vars(rule).items() if value and name != "why"}
