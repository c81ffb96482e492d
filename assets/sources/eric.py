"""Estates Returns Information Collection (ERIC): what each trust spends on keeping medical records, and its type.

Two layouts. The publisher's own file is one CSV a year, headers found by text: notes may stand above them, older years
are not UTF-8, and `Mixed` became `3. Mixed`. Seven years are also in one table that a re-user compiled: it has every
trust in every year and 0 wherever the publisher has no number, whether the trust wrote `Not Applicable`, left the cell
empty or did not exist. The kind of records a trust names separates these zeros: beside `Mixed`, `Paper` or `Electronic`
a zero was reported (as all such zeros of 2018/19 are in the publisher's own file), otherwise it is a status.
"""

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd
import sqlalchemy as sa

from assets.contract import expectations, guards, prose, row
from assets.contract.columns import VALUE_STATUS
from assets.contract.parsed import Parsed
from assets.contract.periods import financial_year, organisation_types, over, year_days, year_of
from assets.contract.source import EVERY_TRUST, Coverage, Editions, Facts, Remote, Revision, Source, counted
from assets.reading.structure import Record, Sheet, find_table, normal, read_csv, tidy

PROSE = prose.beside(__file__)
TYPE_SCHEME = "eric_trust_type"
"""Scheme of its own under which trust types go to `organisation_type`."""
HIGHEST_COST = 100_000_000
"""Pounds; the highest cost published, 55,688,000, is about a hundred times what its trust reports in other years."""
STATUSES = {
    **dict.fromkeys(("", "-", "no data provided", "[x]"), "x"),
    **dict.fromkeys(("not applicable", "n/a", "[z]"), "z"),
}
"""What stands in the place of a number, and what it means."""
COSTS = ("onsite_gbp", "offsite_gbp")
RECORDS = ("paper", "electronic", "mixed")
FLAGS = ("implausible_zero", "onsite_equals_offsite")
"""What to doubt of a cost that is shown as published."""
TRUST_TYPES = (
    *("acute_large", "acute_medium", "acute_multi_service", "acute_small", "acute_specialist"),
    *("acute_teaching", "ambulance", "care_trust", "community", "mental_health_and_learning_disability"),
)
"""The types of 2018/19 and 2024/25, the years whose own files have been read."""
FILES = {
    2024: "9A/DF80E7/ERIC%20-%202024_25%20-%20Trust%20data.csv",
    2023: "AF/F737A9/ERIC%20-%202023_24%20-%20Trust%20data.csv",
    2022: "FB/BE3AC8/ERIC%20-%20202223%20-%20Trust%20data.csv",
    2021: "08/84C46C/ERIC%20-%20202122%20-%20Trust%20data.csv",
    2020: "81/4A77B0/ERIC%20-%20202021%20-%20Trust%20data.csv",
    2019: "84/07227E/ERIC%20-%20201920%20-%20TrustData.csv",
    2018: "83/4AF81B/ERIC%20-%20201819%20-%20TrustData%20v4.csv",
    2017: "1B/7C75CF/ERIC-201718-TrustData.csv",
}
"""Address of each year's file, by the year its financial year begins in; later ones are found on summary pages."""
MONEY: dict[str, Any] = {"unit": "GBP", "aggregation": "sum", "nullable": True, "minimum": 0}

ROW = row.Row(
    row.org_code("Trust Code"),
    row.org_name("Trust Name"),
    row.given("trust_type", sa.Text, "Trust Type", nullable=True),
    row.given("onsite_gbp", sa.BigInteger, "Medical Records cost - Onsite (£)", **MONEY),
    row.given("offsite_gbp", sa.BigInteger, "Medical Records cost - Offsite (£)", **MONEY),
    row.given("total_gbp", sa.BigInteger, **MONEY),
    row.given("records_type", sa.Text, "Type of Medical Records (Select)", nullable=True, allowed=RECORDS),
    row.given("cost_flag", sa.Text, nullable=True, allowed=FLAGS, gathers=True),
    row.given("value_status", sa.Text, allowed=VALUE_STATUS),
    prose=PROSE,
)
HEADERS = ROW.headers
TABLE = ROW.staged("eric")

medical_records_cost = ROW.fact(
    "medical_records_cost",
    [
        row.given("financial_year", sa.Text),
        row.YEARS[1],
        *ROW.columns(without=["trust_type", "value_status"]),
    ],
    key=["org_code", "financial_year", "edition"],
    expectations=[
        expectations.filled("most_rows_hold_a_cost", "total_gbp", 0.75),
        expectations.filled(
            "almost_every_cost_has_an_organisation_today", "current_org_code", 0.98, severity="WARN"
        ),
    ],
)


def parse(content: bytes, edition: str) -> Parsed:
    """Read the file of a year, or that year from the compiled table: a row per trust. Raises StructureError."""
    start = year_of(edition)
    sheet, drift = read_csv(content, "")
    if {"trust_code", "trust_name"} <= {normal(cell) for cell in sheet.rows[0]}:
        return _compiled(sheet, drift, f"{start}{edition[-2:]}")
    records = find_table(sheet, HEADERS)
    others = _columns(sheet, HEADERS[0]) - len(HEADERS)
    ignored = [f"{others} columns about other subjects of the return"] if others else []
    return tidy(records, _trust, drift=drift, ignored=ignored)


def _columns(sheet: Sheet, header: str) -> int:
    """Return how many cells are filled in the row that holds `header`."""
    row = next(row for row in sheet.rows if normal(header) in {normal(cell) for cell in row})
    return sum(1 for cell in row if cell.strip())


def _trust(record: Record) -> dict[str, Any]:
    onsite, offsite = (_cost(record, header) for header in HEADERS[3:5])
    trust_type = re.sub(r"[^a-z]+", "_", record.text("Trust Type").lower()).strip("_")
    return ROW.read(record, trust_type=trust_type, **_return(onsite, offsite, record, HEADERS[5]))


def _return(onsite: int | str, offsite: int | str, record: Record, kind: str) -> dict[str, Any]:
    """Return what a trust returned: costs, what its records are kept on (column `kind`), status and flag.

    Where nothing is spent and no kind of records is named, there was no return of costs: what stands in the place of
    the kind says why.
    """
    records = _records(record, kind)
    if onsite == 0 and offsite == 0 and records is None:
        onsite = offsite = STATUSES[normal(record.cells.get(kind, ""))]
    costs = _costs(onsite, offsite)
    return {"records_type": records, **costs, "cost_flag": _doubt(records, costs)}


def _doubt(records: str | None, costs: Mapping[str, Any]) -> str | None:
    """Return the word of `FLAGS` that fits."""
    if costs["total_gbp"] == 0 and records in {"paper", "mixed"}:
        return "implausible_zero"
    twice = costs["onsite_gbp"] and costs["onsite_gbp"] == costs["offsite_gbp"]
    return "onsite_equals_offsite" if twice else None


def _cost(record: Record, header: str) -> int | str:
    """Return whole pounds, or the status that stands in their place."""
    marker = STATUSES.get(normal(record.cells.get(header, "")))
    if marker is not None:
        return marker
    found = record.number(header, 0, HIGHEST_COST)
    if not found.is_integer():
        raise ValueError(f"column {header!r}: expected whole pounds, found {found}")
    return int(found)


def _records(record: Record, header: str) -> str | None:
    """Return what the records are kept on: `3. Mixed` and `Mixed` are the same; None where none was given."""
    found = re.sub(r"^\d\. *", "", normal(record.cells.get(header, "")))
    if found in STATUSES:
        return None
    if found not in RECORDS:
        raise ValueError(f"column {header!r}: expected one of {', '.join(RECORDS)}, found {found[:40]!r}")
    return found


def _costs(onsite: int | str, offsite: int | str) -> dict[str, Any]:
    """Return both costs, their total and the status of the row.

    The total leaves out a cost that does not apply; beside a cost that is not available there is none.
    """
    known = [cost for cost in (onsite, offsite) if isinstance(cost, int)]
    unknown = "x" in (onsite, offsite)
    return {
        "onsite_gbp": onsite if isinstance(onsite, int) else None,
        "offsite_gbp": offsite if isinstance(offsite, int) else None,
        "total_gbp": sum(known) if known and not unknown else None,
        "value_status": "published" if known else ("x" if unknown else "z"),
    }


def _compiled(sheet: Sheet, drift: list[str], year: str) -> Parsed:
    """Read one year, such as 201718, of the compiled table."""
    on, off, total, kind = (f"mrc_{what}_{year}" for what in ("on", "off", "total", "type"))
    headers = ("trust_code", "trust_name", on, off, total, kind)
    spelt = {"Trust Code": "trust_code"}

    def trust(record: Record) -> dict[str, Any]:
        onsite, offsite = (record.number(header, 0, HIGHEST_COST) for header in (on, off))
        if record.number(total, 0, 2 * HIGHEST_COST) != onsite + offsite:
            raise ValueError(f"column {total!r}: expected the sum of {on!r} and {off!r}")
        name = _first_name(record.text("trust_name"))
        returned = _return(int(onsite), int(offsite), record, kind)
        return ROW.read(record, spelt, org_name_as_published=name, trust_type=None, **returned)

    records = find_table(sheet, headers)
    joined = sum(1 for record in records if _first_name(name := record.cells["trust_name"]) != name.strip())
    found = [f"{joined} trusts have two names joined by a comma: the first is kept"] if joined else []
    ignored = [f"{_columns(sheet, 'trust_code') - len(headers)} columns about other years and subjects"]
    return tidy(records, trust, drift=[*drift, *found], ignored=ignored)


def _first_name(names: str) -> str:
    """Return the first of several names: each ends in TRUST, and some hold a comma of their own."""
    return re.split(r"(?<=TRUST) *, *", names)[0].strip()


def facts(frame: pd.DataFrame) -> Facts:
    """Map staged rows to `medical_records_cost`, and trust types to `organisation_type`."""
    starts = [year_of(edition) for edition in frame["edition"]]
    dated = over(frame, [year_days(start) for start in starts])
    costs = dated.assign(financial_year=frame["edition"], fy_end_year=[start + 1 for start in starts])
    return {"medical_records_cost": costs, "organisation_type": _types(dated)}


def _types(dated: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `organisation_type`: what each trust was on the last day of the year.

    The subtype of an acute trust (teaching, large, medium, small, specialist, multi_service) stands under a scheme
    of its own too.
    """
    types = organisation_types(dated, TYPE_SCHEME, "trust_type")
    acute = types[types["type"].str.startswith("acute_")]
    subtypes = acute.assign(scheme="acute_subtype", type=acute["type"].str.removeprefix("acute_"))
    return pd.concat([types, subtypes], ignore_index=True)


def coverage(frame: pd.DataFrame) -> list[Coverage]:
    """Count the trusts with a cost in each year, and the years whose trust types are known."""
    found = []
    for edition, rows in frame.groupby("edition"):
        without = rows["value_status"].value_counts()
        why = PROSE["costs"].format(z=without.get("z", 0), x=without.get("x", 0))
        held, subject = rows["total_gbp"].notna().sum(), f"trusts with a medical-records cost, {edition}"
        found.append(counted(subject, held, len(rows), why, "not published"))
    typed, years = frame[frame["trust_type"].notna()], frame["edition"].nunique()
    known, subject = typed["edition"].nunique(), "years whose trust types are known"
    return [*found, counted(subject, known, years, PROSE["types"], "never fetched")]


RETURNED = ("total_gbp", "records_type")
"""Where nothing is spent, what the records are kept on shows that there was a return."""

COLLECTION = "https://digital.nhs.uk/data-and-information/publications/statistical/estates-returns-information-collection"
PAGE = r"/summary-page-and-dataset-for-eric-(?P<start>20\d\d)-(?P<end>\d\d)/?$"
TRUST_FILE = r"ERIC[^/]*[^a-z/]Trust[ _-]?data[^/]*\.csv$"


def _page_name(match: re.Match[str]) -> tuple[str, str]:
    """Return the edition of a summary page. Raises ValueError where its name is no financial year."""
    year = financial_year(int(match["start"]))
    if not year.endswith(match["end"]):
        raise ValueError("no financial year in the name of the page")
    return year, ""


SOURCE = Source(
    "eric",
    PROSE,
    editions=Editions(("financial_year",)),
    remotes=(
        *(
            Remote(f"https://files.digital.nhs.uk/{path}", edition=financial_year(start))
            for start, path in FILES.items()
        ),
        Remote(COLLECTION, link=PAGE, name=_page_name, file=TRUST_FILE),
    ),
    table=TABLE,
    parse=parse,
    facts=facts,
    coverage=coverage,
    reports={"medical_records_cost": EVERY_TRUST},
    once=("org_code_as_published",),
    revision=Revision(groups=("trust_type",)),
    expectations=(
        expectations.row_count("about_as_many_trusts_as_there_are", (190, 250)),
        expectations.unique("one_row_per_trust", ["org_code_as_published"]),
        expectations.TRUST_CODES,
        expectations.statistic("costs_add_up_to_what_england_spends", "sum", "total_gbp", (150e6, 350e6)),
        expectations.filled("most_trusts_report_a_cost", "total_gbp", 0.75),
        expectations.statistic("costs_are_spread", "stdev", "total_gbp", (500_000, 5_000_000)),
        expectations.among("trust_types_are_known", "trust_type", TRUST_TYPES, severity="WARN"),
    ),
    guards=(
        guards.same_unit("total_gbp"),
        # up to 8 of 211 trusts in a real year: a factor of ten is no reason to refuse a file
        guards.no_jumps("total_gbp"),
        guards.not_doubled("total_gbp"),
        *guards.usual("total_gbp", order=0.6, level=(0.85, 1.2)),
        *guards.usual(COSTS, order=0.6, level=(0.85, 1.2), filled=None),
        *guards.usual("records_type", words=0.25),
        *guards.usual("trust_type", words=0.5, filled=None),
        guards.same_order_everywhere("total_gbp", 0.4),
        guards.no_exchange(columns=COSTS),
        guards.seldom_above("records_are_seldom_dearer_offsite", COSTS, 0.5),
        guards.no_copy(0.2, columns=COSTS),
        *(guards.no_repeat((cost,), 0.15, check=f"{cost}_is_of_no_earlier_year") for cost in COSTS),
        guards.as_named("trust_type", {"AMBULANCE": "ambulance"}),
        guards.nobody_gone(filled=RETURNED),
        guards.everybody_open(filled=RETURNED),
        guards.known_values("total_gbp"),
        guards.known_values("total_gbp", check="england_is_as_known", who="edition", within=2_500_000),
    ),
)
