"""The headline of a trust: one sentence made from its rows, in parts that lead to where they were read.

It says what is held and names what is not. It never says that one thing led to another.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from assets.contract.columns import CARE_SETTINGS

Clause = tuple[str, str]
"""A part of the sentence, and the section of the trust's page that it is made from; empty for the head of the page."""
FORMS = {"foundation_trust": "foundation trust", "nhs_trust": "NHS trust", "care_trust": "care trust"}
ROLES = {
    ("GDE", "exemplar"): "an exemplar of the Global Digital Exemplar programme",
    ("GDE", "fast_follower"): "a fast follower of the Global Digital Exemplar programme",
    ("digital_aspirant", "aspirant"): "a Digital Aspirant",
    ("digital_aspirant", "aspirant_seed"): "a Digital Aspirant with a seed award",
}
BANDS = {
    "rose": "rose by {size:.2f} from {before}",
    "fell": "fell by {size:.2f} from {before}",
    "about_the_same": "about the same as in {before}, {moved:+.2f}",
}
SELF_ASSESSED = "its self-assessed {} of 1 to 5 in the Digital Maturity Assessment of {}{} {}"
WITHOUT_ARTICLE = {"London"}


def headline(name: str, facts: Mapping[str, Any]) -> list[Clause]:
    """Return the headline of the trust `name`; `facts` is its row of the query headlines.

    The texts joined are one sentence. What is not held is named in the last of them.
    """
    parts = (
        (
            "trust_programmes",
            [_role(role) for role in facts["memberships"] or ()],
            "a role in a digital programme",
        ),
        ("trust_change", _scores(facts), "a score of the Digital Maturity Assessment"),
        ("trust_epr", _record_system(facts), "an answer about its electronic patient record"),
    )
    clauses = [
        (f"{name} is {_kind(facts)}", ""),
        *((text, section) for section, texts, _ in parts for text in texts),
    ]
    missing = [wanted for _, texts, wanted in parts if not texts]
    if missing:
        clauses.append((f"not held here: {' and '.join(missing)}", ""))
    ends = [";"] * (len(clauses) - 1) + ["."]
    return [(text + end, section) for (text, section), end in zip(clauses, ends, strict=True)]


def _kind(facts: Mapping[str, Any]) -> str:
    """Return type, form and region: an acute foundation trust in the North West."""
    words = (facts["organisation_type"] or "").replace("_", " ")
    kind = " ".join(filter(None, (words, FORMS[facts["legal_form"]])))
    article = "an" if kind[0] in "aeiouN" else "a"
    of_no_type = "" if words else ", its type not held"
    if not facts["region"]:
        return f"{article} {kind}{of_no_type}, its region not held"
    region = facts["region"] if facts["region"] in WITHOUT_ARTICLE else f"the {facts['region']}"
    return f"{article} {kind} in {region}{of_no_type}"


def _role(role: Sequence[Any]) -> str:
    """Return a role with its days, and how the trust got it."""
    programme, kind, setting, start, end, accredited, basis, inherited, through = role
    took_over = {"absorbed_member": "took over {}, which ", "part_by_split": "took over a part of {}, which "}
    takeover = took_over.get(inherited, "").format(through)
    about = f" for {setting.replace('_', ' ')} care" if setting else ""
    until = f" until {_day(end)[3:]}" if end else ""
    then = f", accredited {_day(accredited)}" if accredited else ""
    known = " (inferred)" if basis == "inferred" else ""
    return f"it {takeover}was named {ROLES[programme, kind]}{about} {_day(start)}{until}{then}{known}"


def _scores(facts: Mapping[str, Any]) -> list[str]:
    """Return the newest comparable score of each care setting with its change, and that the trust scored itself."""
    changes = {change[0]: _change(change) for change in facts["changes"] or ()}
    scores = {setting: facts[f"dma_overall_{setting}"] for setting in CARE_SETTINGS}
    held = [
        (f"{score:.2f} for {setting.replace('_', ' ')} care", changes.get(setting, "no earlier score held"))
        for setting, score in scores.items()
        if score is not None
    ]
    if not held:
        return []
    each = [f"{score} ({change})" for score, change in held]
    if len({change for _, change in held}) == 1:
        change = f"each {held[0][1]}" if held[1:] else held[0][1]
        each = [*(score for score, _ in held[:-1]), f"{held[-1][0]} ({change})"]
    words = " and ".join(filter(None, (", ".join(each[:-1]), each[-1])))
    merged = (
        f", before it took over {_listed(facts['dma_merged_since'])}," if facts["dma_merged_since"] else ""
    )
    nouns = ("score", "is") if len(held) == 1 else ("scores", "are")
    return [SELF_ASSESSED.format(nouns[0], facts["dma_period"], merged, f"{nouns[1]} {words}")]


def _change(change: Sequence[Any]) -> str:
    """Return the band and the size of a change, or why there is none."""
    _, before, moved, band, comparable, boundary_changed = change
    if boundary_changed:
        return f"not comparable with {before}: it took over another trust in between"
    if not comparable:
        return f"not comparable with {before}: one year has one score for several care settings"
    return BANDS[band].format(size=abs(moved), moved=moved, before=before)


def _record_system(facts: Mapping[str, Any]) -> list[str]:
    """Return the record system on the day of the newest list; nothing where the trust gave no answer."""
    if facts["has_epr"] is None:
        return []
    supplier = f"with an electronic patient record (primary supplier: {facts['epr_supplier'] or 'not named'})"
    which = supplier if facts["has_epr"] else "without an electronic patient record"
    merged = (
        f", before it took over {_listed(facts['epr_merged_since'])}" if facts["epr_merged_since"] else ""
    )
    return [f"it was listed {which} {_day(facts['epr_as_of_date'].isoformat())}{merged}"]


def _listed(codes: str) -> str:
    return " and ".join(codes.split())


def _day(text: str) -> str:
    """Return a day, month or year as one says it: on 7 September 2016, in September 2016, in 2016."""
    parts = text.split("-")
    if len(parts) == 1:
        return f"in {text}"
    month = dt.date(int(parts[0]), int(parts[1]), 1)
    return f"on {int(parts[2])} {month:%B %Y}" if parts[2:] else f"in {month:%B %Y}"
