"""Which organisation a fact is about, decided per source, period and code: with every real name and code that is held."""

import csv
import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from itertools import permutations
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from conftest import staged_rows

from assets.catalogue import sources
from assets.organisations.model import build, name_index
from assets.organisations.names import NameIndex, normalise
from pipelines.integration.resolver import Resolver

SIMILAR = {
    "Gloucestershire": ("RTE", "RTQ", "R1J"),
    "Oxford": ("RNU", "RTH"),
    "Dorset": ("RBD", "RDY", "R0D"),
    "Lancashire": ("RW5", "RXN", "RXR", "RBN"),
    "Orthopaedic": ("RAN", "RRJ"),
    "North Cumbria": ("RNN", "RNL"),
    "Liverpool": ("REM", "RQ6", "RBQ", "REP"),
    "Dudley": ("RYK", "RNA", "TAJ"),
}
FACTS = (
    ("digital_programmes.csv", "ods_code_at_time", "trust_name_at_time", "announced_on"),
    ("gde_accreditation_epr.csv", "ods_code_at_time", "trust_name_at_time", "as_of"),
    ("central_digital_funding.csv", "ods_code_at_time", "trust_name_as_published", "financial_years"),
    ("tac_provider_names_and_row_counts.csv", "ods_code", "org_name_raw", "first_fy_seen"),
    ("trust_name_history.csv", "ods_code", "name", "first_snapshot_seen"),
    ("trust_succession_2013_2026.csv", "predecessor_code", "predecessor_name", "succession_date"),
    ("trust_succession_2013_2026.csv", "successor_code", "successor_name_july_2026", "succession_date"),
)
UNMATCHED = {
    "GREAT WESTERN AMBULANCE SERVICE NHS TRUST": ["RYF", "RX7", "RX6"],
    "all seven mental health GDEs": ["RKL", "RXV", "RXY"],
    "(programme total, shared by RYE, RYA and RX6)": [],
}
"""What is gathered under a name that no list held has, and its candidates."""


@cache
def organisations() -> Mapping[str, pd.DataFrame]:
    return build(staged_rows("ods"))


@cache
def index() -> NameIndex:
    return name_index(organisations()["organisation_name"])


@cache
def held() -> Mapping[str, pd.DataFrame]:
    """Return the staged rows of every source that has frozen editions."""
    folder = Path(__file__).parents[2] / "assets" / "frozen"
    return {path.name: staged_rows(path.name) for path in sorted(folder.iterdir()) if path.name != "ods"}


def official_names(code: str) -> list[str]:
    return [name.name for name in index().names() if name.org_code == code and name.kind == "official"]


def shown(code: str, name: str, day: date) -> dict[str, Any]:
    """Return what stands beside a fact published under a code and a name, about a day."""
    published = {"org_code_as_published": code, "org_name_as_published": name, "resolve_on": day}
    asked = pd.DataFrame([{**published, "period_start": day, "period_end": day}])
    rows, unmatched = Resolver(organisations()).resolve(asked, sources()["kh03"], "denominator")
    assert unmatched == []
    found: dict[str, Any] = rows.iloc[0].to_dict()
    return found


# Similar names


@pytest.mark.parametrize("codes", SIMILAR.values(), ids=SIMILAR)
def test_no_name_of_a_trust_agrees_with_the_code_of_a_similar_one(codes: tuple[str, ...]) -> None:
    tried = 0
    for code, other in permutations(codes, 2):
        for name in official_names(other):
            for day in (date(2016, 4, 1), date(2020, 12, 1), date(2025, 5, 1)):
                match = index().resolve(name, day, code=code)
                assert match.org_code is None, (code, name)
                assert {text.split()[0] for text in match.candidates} == {code, other}
                tried += 1
    assert tried


@pytest.mark.parametrize("codes", SIMILAR.values(), ids=SIMILAR)
def test_every_name_of_a_similar_trust_is_its_own(codes: tuple[str, ...]) -> None:
    for code in codes:
        for name in official_names(code):
            for day in (date(2016, 4, 1), date(2020, 12, 1), date(2025, 5, 1)):
                assert index().resolve(name, day).org_code == code
                assert index().resolve(name, day, code=code).org_code == code


# Codes that changed their meaning


@pytest.mark.parametrize(
    ("code", "name", "day", "current"),
    [
        ("REM", "Aintree University Hospital NHS Foundation Trust", date(2018, 3, 31), "REM"),
        ("REM", "Liverpool University Hospitals NHS Foundation Trust", date(2021, 3, 31), "REM"),
        ("RQ6", "Royal Liverpool and Broadgreen University Hospitals NHS Trust", date(2018, 3, 31), "REM"),
        ("RC9", "Luton and Dunstable University Hospital NHS Foundation Trust", date(2018, 3, 31), "RC9"),
        ("RC9", "Bedfordshire Hospitals NHS Foundation Trust", date(2022, 3, 31), "RC9"),
        ("RH5", "Somerset Partnership NHS Foundation Trust", date(2018, 3, 31), "RH5"),
        ("RM3", "Salford Royal NHS Foundation Trust", date(2018, 3, 31), "RM3"),
        ("RA7", "University Hospitals Bristol NHS Foundation Trust", date(2018, 3, 31), "RA7"),
        ("RNN", "Cumbria Partnership NHS Foundation Trust", date(2018, 3, 31), "RNN"),
        ("RNN", "North Cumbria Integrated Care NHS Foundation Trust", date(2021, 12, 31), "RNN"),
        ("RNL", "North Cumbria University Hospitals NHS Trust", date(2018, 3, 31), "RNN"),
        ("RYK", "Dudley and Walsall Mental Health Partnership NHS Trust", date(2018, 3, 31), "TAJ"),
        ("RYK", "Dudley Integrated Health and Care NHS Trust", date(2023, 3, 31), "TAJ"),
    ],
)
def test_a_fact_stays_under_the_code_and_name_of_its_day(
    code: str, name: str, day: date, current: str
) -> None:
    found = shown(code, name, day)
    assert (found["org_code"], found["current_org_code"]) == (code, current)
    assert normalise(found["org_name"]) == normalise(name)


def test_a_name_that_had_ended_is_shown_as_the_name_of_the_day() -> None:
    found = shown("REM", "Aintree University Hospital NHS Foundation Trust", date(2023, 3, 31))
    assert found["org_name"] == "LIVERPOOL UNIVERSITY HOSPITALS NHS FOUNDATION TRUST"


def test_every_code_with_several_names_keeps_each_to_itself() -> None:
    names = organisations()["organisation_name"].query("kind == 'official'")
    several = names.groupby("org_code").filter(lambda rows: rows["normalised_name"].nunique() > 1)
    assert several["org_code"].nunique() == 49
    for row in several.itertuples(index=False):
        for day in (row.valid_from, row.valid_to):
            if isinstance(day, date):
                assert index().resolve(row.name, day).org_code == row.org_code


# Every file held


def outside(rows: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Yield edition and code of the resolved rows whose organisation was not open on any day of their period."""
    known = organisations()["organisation"][["org_code", "open_date", "close_date"]]
    open_days = {code: (opened, closed) for code, opened, closed in known.itertuples(index=False)}
    for row in rows.dropna(subset=["org_code", "period_start", "period_end"]).itertuples(index=False):
        opened, closed = open_days[row.org_code]
        if row.period_end < opened or (isinstance(closed, date) and closed < row.period_start):
            yield row.edition, row.org_code


@cache
def resolved(source: str) -> list[tuple[str, pd.DataFrame, list[dict[str, Any]]]]:
    """Return the facts of a source, and what is unmatched, by table. Shared: never change a frame."""
    resolver = Resolver(organisations())
    facts = sources()[source].facts(held()[source])
    return [(table, *resolver.resolve(rows, sources()[source], table)) for table, rows in facts.items()]


STRANGERS = {"RQF", "RFW", "RX5", "NDA", "TAM", "TAN"}
"""A Welsh trust, a code beside the name of another trust, and codes of files without names that no list has."""


def test_what_is_unmatched_says_why_and_what_it_may_be() -> None:
    unmatched = [row for source in held() for _, _, rows in resolved(source) for row in rows]
    assert {row["org_code_as_published"] for row in unmatched} <= STRANGERS
    for row in unmatched:
        assert row["reason"]
        assert row["candidates"] or row["org_name_as_published"] == row["org_code_as_published"]


def test_a_file_whose_names_all_stand_beside_other_codes_is_listed_whole_and_ends_nothing() -> None:
    epr = sources()["epr"]
    rows = held()["epr"].assign(org_name_as_published=lambda rows: rows["org_name_as_published"].shift(-1))
    kept, unmatched = Resolver(organisations()).resolve(
        epr.facts(rows.iloc[:20].reset_index(drop=True))["epr_supplier"], epr, "epr_supplier"
    )
    assert (len(kept), sum(one["facts"] for one in unmatched)) == (0, 20)


def test_no_source_held_gives_a_value_to_a_code_outside_its_days() -> None:
    """A number for a code not in use would be a switch made late or early; the DSPT lists flag who was not open."""
    found = {
        (source, *where)
        for source in held()
        for _, rows, _ in resolved(source)
        if {"period_start", "org_code"} <= set(rows)
        for where in outside(rows[rows["value_status"] != "x"])
    }
    assert {where for where in found if where[0] != "dspt"} == {
        ("epr", "2024-10-01", "R1C"),
        ("epr_event", "2026-11", "RPL"),  # its hospitals left the system after its merger
        ("epr_group", "2023-05-26", "RA4"),
        ("fdp", "2026-06-17", "RYV"),
        ("kh03", "2024-06-30", "RBZ"),
    }
    beds = next(rows for table, rows, _ in resolved("kh03") if table == "denominator")
    late = beds[(beds["org_code"] == "RBZ") & (beds["period_start"] >= date(2022, 4, 1))]
    assert set(late["value"].dropna()) == {0.0}, "no bed is left under the code"


# Every fact gathered


def day_of(text: str) -> date:
    """Return the first day of the month or year a gathered fact names; of a financial year, the last day."""
    year, rest = map(int, re.match(r"(\d{4})(?:[-/](\d\d))?", text).groups(default="01"))  # type: ignore[union-attr]
    if rest == (year + 1) % 100:
        return date(year + 1, 3, 31)
    return date(year, rest, 1)


@pytest.mark.parametrize(("file", "code", "name", "when"), FACTS, ids=[f"{f[0]} {f[1]}" for f in FACTS])
def test_every_gathered_code_and_name_is_one_organisation_or_has_candidates(
    gathered_facts: Path, file: str, code: str, name: str, when: str
) -> None:
    with (gathered_facts / file).open(encoding="utf-8-sig") as lines:
        rows = [row for row in csv.DictReader(lines) if row[name]]
    assert rows
    for row in rows:
        match = index().resolve(row[name], day_of(row[when] or "2013-04"), code=row[code] or None)
        if row[name] in UNMATCHED:
            assert match.org_code is None
            assert [text.split()[0] for text in match.candidates] == UNMATCHED[row[name]]
        else:
            assert match.org_code is not None, (row[code], row[name])
            assert match.org_code == (row[code] or match.org_code)


def test_every_accredited_exemplar_leads_to_the_code_gathered_for_today(gathered_facts: Path) -> None:
    today = organisations()["organisation_current_main"].set_index("org_code")["current_org_code"]
    with (gathered_facts / "gde_accreditation_epr.csv").open(encoding="utf-8-sig") as lines:
        found = {(r["ods_code_at_time"], r["current_ods_code_july_2026"]) for r in csv.DictReader(lines)}
    assert found
    assert {(then, today[then]) for then, now in found if then and now} == {p for p in found if all(p)}
