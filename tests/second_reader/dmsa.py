"""Digital Maturity Self-Assessment: the wide answers of both rounds, read by the places of their columns.

Rules (`sources.md`, section 4): a section of 2015/16 is the mean of its scored answers and a theme the mean of its
sections; 2017 prints sections and two themes. Column 64 of 2015/16 has an answer and no score.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

from . import files
from .core import Expected, Place

SECTIONS = {
    "strategic_alignment": range(26, 35, 2),
    "leadership": range(36, 45, 2),
    "resourcing": range(46, 55, 2),
    "governance": range(56, 65, 2),
    "information_governance": range(66, 77, 2),
    "records_assessments_and_plans": range(78, 119, 2),
    "transfers_of_care": range(120, 143, 2),
    "orders_and_results_management": range(144, 181, 2),
    "medicines_optimisation": range(182, 217, 2),
    "decision_support": range(218, 237, 2),
    "remote_and_assistive_care": range(238, 243, 2),
    "asset_and_resource_optimisation": range(244, 253, 2),
    "standards": range(254, 265, 2),
    "enabling_infrastructure": range(266, 287, 2),
}
"""Sections of 2015/16 by the places of their answers, counted from 0."""
READINESS, CAPABILITIES = tuple(SECTIONS)[:5], tuple(SECTIONS)[5:13]
WORDED = 64
AGREED = (
    "Disagree Completely",
    "Somewhat Disagree",
    "Neither Agree nor Disagree",
    "Mostly Agree",
    "Agree Completely",
)
PRINTED = (
    *("strategic_alignment", "leadership", "resourcing", "governance", "information_governance"),
    *("records_assessments_and_plans", "orders_and_results_management", "transfers_of_care"),
    *("medicines_optimisation", "decision_support", "remote_and_assistive_care"),
    *("asset_and_resource_optimisation", "business_and_clinical_intelligence", "standards"),
    *("enabling_infrastructure", "readiness", "capabilities"),
)
"""What columns 3 to 19 of 2017 hold."""
SERVICES = {2: "acute", 4: "mental_health", 6: "community", 8: "ambulance", 10: "social_care"}
MOVED = {"R1G": "RA9"}
"""Organisations that 2015/16 has under a code that was closed by then."""
Scores = Mapping[str, float | None]


def first(path: Path) -> Iterator[Expected]:
    """Yield the facts of 2015/16."""
    for number, row in enumerate(files.csv_rows(path)[1:], start=2):
        sections = {name: _mean([_score(row, at) for at in places]) for name, places in SECTIONS.items()}
        readiness = _mean([sections[name] for name in READINESS])
        capabilities = _mean([sections[name] for name in CAPABILITIES])
        infrastructure = sections["enabling_infrastructure"]
        themes = {"readiness": readiness, "capabilities": capabilities, "infrastructure": infrastructure}
        code, name = row[1], row[0]
        setting = "community" if code == "RKE2" else "whole_organisation"
        place = files.place(path, number)
        without = [_mean([_known(row, at) for at in SECTIONS[name]]) for name in CAPABILITIES]
        themes["capabilities_dont_know_missing"] = _mean(without)
        composites = _composites(themes, {name: sections[name] for name in CAPABILITIES})
        scores = {**sections, **themes, **composites}
        for fact in _scores("2015/16", place, scores, dict.fromkeys(scores, "e")):
            yield _by(fact, setting, name)
        ticked = [service for at, service in SERVICES.items() if row[at].strip() == "1"]
        if ticked and setting != "community":
            yield Expected(
                "organisation_type",
                place,
                {"edition": "2015/16", "scheme": "services_ticked", "org_code": MOVED.get(code, code)},
                {"type": ", ".join(ticked), "as_of_date": date(2015, 12, 31), "value_status": "published"},
            )


def second(path: Path) -> Iterator[Expected]:
    """Yield the facts of 2017."""
    rows = list(enumerate(files.csv_rows(path)[1:], start=2))
    held: dict[str, dict[str, list[float]]] = {}
    for _, row in rows:
        for name, score in _printed(row).items():
            if score is not None:
                held.setdefault(row[2], {}).setdefault(name, []).append(score)
    split = {row[2] for _, row in rows if row[1] != "General"}
    for number, row in rows:
        printed, general = _printed(row), row[1] == "General"
        setting = "whole_organisation" if general else row[1].lower().replace(" ", "_")
        shown = {
            name: score
            for name, score in printed.items()
            if score is not None or (general and name not in held[row[2]])
        }
        statuses = dict.fromkeys(shown, "published")
        if general:
            themes = {
                **{t: printed[t] for t in ("readiness", "capabilities")},
                "infrastructure": printed["enabling_infrastructure"],
            }
            derived = _composites(themes, {name: printed[name] for name in CAPABILITIES})
            derived["infrastructure"] = themes["infrastructure"]
            if "capabilities_common_sections" in derived:
                derived["capabilities_dont_know_missing"] = derived["capabilities_common_sections"]
            if row[2] in split:
                of_all = [_mean([*held[row[2]][name]]) for name in PRINTED[5:14] if name in held[row[2]]]
                derived["capabilities_all_sections"] = _mean(of_all)
            shown |= derived
            statuses |= dict.fromkeys(derived, "e")
        for fact in _scores("2017", files.place(path, number), shown, statuses):
            yield _by(fact, setting, row[0])


def _composites(themes: Scores, common: Scores) -> dict[str, float | None]:
    """Return the composites there are: without readiness there is no submission about a whole organisation."""
    if themes["readiness"] is None:
        return {}
    themes = {name: themes[name] for name in ("readiness", "capabilities", "infrastructure")}
    found = {"capabilities_common_sections": _mean([*common.values()])}
    if None not in themes.values():
        found["theme_mean_derived"] = _mean([*themes.values()])
    return {name: score for name, score in found.items() if score is not None}


def _scores(edition: str, place: Place, scores: Scores, statuses: Mapping[str, str]) -> Iterator[Expected]:
    for measure, score in scores.items():
        status = "x" if score is None else statuses[measure]
        yield Expected(
            "maturity_score",
            place,
            {"edition": edition, "period": edition, "measure": measure},
            {"score": score, "value_status": status, "instrument": "DMSA"},
        )


def _by(fact: Expected, setting: str, name: str) -> Expected:
    """Return a fact with the care setting and the name of its submission."""
    key, values = {**fact.key, "care_setting": setting}, {**fact.values, "org_name_as_published": name}
    return replace(fact, key=key, values=values)


def _score(row: list[str], at: int) -> float | None:
    if at == WORDED:
        return 25.0 * AGREED.index(row[at]) if row[at] in AGREED else 0.0 if row[at] == "Don't Know" else None
    return float(row[at + 1]) if row[at + 1].strip().isdigit() else None


def _known(row: list[str], at: int) -> float | None:
    """Return the score of an answer, but none for one that is not known."""
    return None if row[at].strip() == "Don't Know" else _score(row, at)


def _printed(row: list[str]) -> dict[str, float | None]:
    cells = dict(zip(PRINTED, row[3:20], strict=True))
    return {name: float(cell) if cell.strip() else None for name, cell in cells.items()}


def _mean(values: list[float | None]) -> float | None:
    found = [value for value in values if value is not None]
    return sum(found) / len(found) if found else None
