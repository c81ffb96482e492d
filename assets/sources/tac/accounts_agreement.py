"""How accounts must agree with those of the year before, and their two years with each other, as data.

A file has one column of amounts, so what may move is said by measure. The figures that the limits rest on are in tac.yml.
"""

from assets.contract import guards
from assets.contract.guards import Guard
from assets.sources.tac.measures import used_in

BY, OF_YEAR = ("measure",), ("measure", "financial_year")
CY, PY = {"period": "CY"}, {"period": "PY"}
EXPENSES = {**CY, "measure": "operating_expenses"}
ALL_ADDITIONS = ["equipment_and_property_additions", "intangible_additions"]
MIXED = (
    "wte_ambulance",
    "wte_other",
    "wte_social_care",
    "wte_nursing_midwifery_and_health_visiting_learners",
)
"""Staff that most trusts have none or few of."""
SIZES = (
    *("patient_care_income", "patient_care_income_of_the_note", "operating_income_of_the_note"),
    *("operating_expenses", "operating_expenses_of_the_statement", "staff_costs", "net_book_value"),
    *(name for name in used_in("denominator", "average") if name not in MIXED),
)
"""What follows the size of a trust."""
OTHER_INCOME = ("other_operating_income", "other_operating_income_of_the_note")
RESULTS = ("surplus", "operating_surplus")
STOCKS = (*used_in("it_asset", "gross_cost"), *used_in("it_asset", "net_book_value"))
ADDITIONS = ("it_equipment_additions", "software_additions", *ALL_ADDITIONS)
PROFILES = (
    *("it_equipment_additions", "software_additions"),
    *("it_equipment_gross_cost", "it_equipment_net_book_value"),
    *("software_gross_cost", "software_net_book_value"),
    *("amortisation", "operating_expenses", "staff_costs", "net_book_value"),
    *("wte_medical_and_dental", "wte_administration_and_estates"),
    *("wte_nursing_midwifery_and_health_visiting", "wte_healthcare_assistants_and_other_support"),
)
"""Measures of which none is nearly another. Income is nearly expenses, and IT intangible mostly zero."""
LIMITS = {
    "sizes": (SIZES, 0.7, (0.75, 1.35)),
    "other_amounts": ((*MIXED, *OTHER_INCOME, *RESULTS, *STOCKS, "amortisation"), 0.3, (0.3, 3)),
    "additions": (ADDITIONS, 0.2, (0.2, 5)),
}
"""Measures, the least rank agreement with the year before, and the limits of the median ratio."""


def _as_before(name: str) -> tuple[Guard, ...]:
    """Return how some measures agree with the edition before, and the two years of a file with each other."""
    measures, least, limits = LIMITS[name]
    now, before = {**CY, "measure": measures}, {**PY, "measure": measures}
    return (
        guards.same_order("amount", least, check=f"{name}_belong_to_the_same_trusts", where=now, by=BY),
        guards.same_order(
            "amount", least, check=f"{name}_of_both_years_go_together", where=now, versus=before, by=BY
        ),
        guards.same_level("amount", limits, check=f"{name}_keep_their_level", where=now, by=BY),
    )


def _follow(check: str, measure: str, least: float) -> Guard:
    """Return how a measure follows the operating expenses of a trust."""
    return guards.follows(check, "amount", ({**CY, "measure": measure}, EXPENSES), least)


OF_PROFILES = {**CY, "measure": PROFILES}
AGREEMENT = (
    *(guard for name in LIMITS for guard in _as_before(name)),
    guards.same_order("amount", 0.5, check="the_year_before_is_as_it_was_published", by=OF_YEAR, groups=BY),
    guards.nothing_slipped("amount", check="sizes_stay_in_their_rows", where={**CY, "measure": SIZES}, by=BY),
    guards.nothing_slipped("amount", check="the_year_before_stays_in_its_rows", by=OF_YEAR, groups=BY),
    _follow("people_follow_expenses", "wte_total", 0.6),
    _follow("amortisation_follows_expenses", "amortisation", 0.2),
    guards.same_level(
        "amount",
        (0.99, 1.3),
        check="expenses_grow_by_little_in_a_year",
        where=EXPENSES,
        versus={**EXPENSES, **PY},
        by=BY,
    ),
    guards.no_copy(0.35, check="no_year_is_a_copy_of_the_other", column="amount", groups=("period",), by=BY),
    guards.no_copy(check="no_measure_is_a_copy", column="amount", groups=BY, where=OF_PROFILES),
    guards.no_exchange(column="amount", groups=BY, where=OF_PROFILES),
    guards.no_repeat(("amount",), 0.35, where=CY, by=BY),
    guards.not_constant(
        "amount", by=BY, where={**CY, "measure": (*SIZES, *RESULTS, *OTHER_INCOME, *ADDITIONS)}
    ),
    guards.same_words("sector_as_published", 0.5, where=EXPENSES),
    guards.same_words("region_as_published", 0.5, where=EXPENSES, severity="WARN"),
)
"""Regions were drawn anew in 2019: other regions are only a warning."""
