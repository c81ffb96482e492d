"""The themes of the self-assessment, their sections, and the arithmetic of both."""

from collections.abc import Iterable, Mapping
from itertools import chain
from statistics import fmean

THEMES = {
    "readiness": (
        *("strategic_alignment", "leadership", "resourcing", "governance", "information_governance"),
    ),
    "capabilities": (
        *("records_assessments_and_plans", "transfers_of_care", "orders_and_results_management"),
        *("medicines_optimisation", "decision_support", "remote_and_assistive_care"),
        *("asset_and_resource_optimisation", "standards", "business_and_clinical_intelligence"),
    ),
    "infrastructure": ("enabling_infrastructure",),
}
SECTIONS = tuple(chain.from_iterable(THEMES.values()))
NEW_IN_2017 = "business_and_clinical_intelligence"
COMMON = tuple(name for name in THEMES["capabilities"] if name != NEW_IN_2017)
"""The sections of capabilities that both rounds have."""
DONT_KNOW_MISSING = "capabilities_dont_know_missing"
"""Capabilities on the common sections with `Don't Know` left out, as 2017 leaves it out, where 2015/16 scores it 0."""
WHOLE = "whole_organisation"


def themes(sections: Mapping[str, float | None]) -> dict[str, float | None]:
    """Return the score of each theme: the unweighted mean of its scored sections, never of answers."""
    return {theme: mean(sections.get(name) for name in names) for theme, names in THEMES.items()}


def mean(scores: Iterable[float | None]) -> float | None:
    """Return the mean of the scores that there are; None if there is none."""
    found = [score for score in scores if score is not None]
    return fmean(found) if found else None
